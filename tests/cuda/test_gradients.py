"""Derivatives and losses on the GPU against their definitions, on rows that hurt."""

import numpy as np
import pytest
from batches import WAYS, each_way
from budgets import BUDGETS
from corpus import DTYPES, regimes, targets_of, weights_of
from error import check
from on_device import MORE, download, on_cuda, upload
from oracle import (
    JACOBIANS,
    LOSSES,
    MAP_DERIVATIVES,
    REDUCTION_JVPS,
    REDUCTION_VJPS,
    VJPS,
    expected,
)
from special import GRADIENTS, TANGENTS, assert_same

import numba_logspace as nl
from numba_logspace._family import FAMILY

MAP_DERIVATIVES = {name for name in MAP_DERIVATIVES if FAMILY[name].runs("cuda")}
VJPS = {name for name in VJPS if FAMILY[name].runs("cuda")}

LONGEST_HESSIAN = 20  # the exact one takes the third power
# Kernels of derivatives are large, and take long to compile.
LATER = {("float64", "few entries"), ("float64", "warp"), ("float32", "columns")}
each_main_way = each_way("warp", "columns", later=LATER)
# Of these an entry of -inf counts, so that rows cannot be filled up.
OF_VARIANCE = {"logvarexp_vjp", "logvarexp_jvp"}
SPECIAL = sorted({name for name, *_ in GRADIENTS + TANGENTS} - JACOBIANS.keys() - OF_VARIANCE)


def rows_of(dtype, longest):
    """The rows of the corpus up to a length."""
    rows = (r for rows in regimes(DTYPES[dtype]).values() for r in rows)
    return [r for r in rows if r.size <= longest]


def pairs_of(dtype, longest):
    """Rows of the corpus, each with weights of one or two of the three kinds."""
    pairs = [(r, w) for r in rows_of(dtype, longest) for w in weights_of(r).values()]
    return list(zip(*pairs[::2]))


def check_rows(name, results, *columns):
    """Check the results of each row, whose arguments are in the columns."""
    for i, (*args, result) in enumerate(zip(*columns, results, strict=True)):
        what = f"{name}, row {i}{tuple(a[:8] for a in args)}"
        check(expected(name, *args), result, BUDGETS[name] + MORE, what)


@each_main_way
@pytest.mark.parametrize("name", sorted((MAP_DERIVATIVES | REDUCTION_JVPS.keys()) - OF_VARIANCE))
def test_derivatives(name, dtype, way):
    rows, weights = pairs_of(dtype, WAYS[way].length)
    ((_, batch),) = WAYS[way].batches(rows)
    arrays = batch.array(rows), batch.array(weights, 0.0)
    result = on_cuda(getattr(nl, name))(*arrays, axis=batch.way.axis)
    assert result.dtype == dtype
    check_rows(name, batch.results(result, name in REDUCTION_JVPS), rows, weights)


@each_main_way
@pytest.mark.parametrize("name", sorted(REDUCTION_VJPS.keys() - OF_VARIANCE))
def test_gradients_of_reductions(name, dtype, way):
    rows = rows_of(dtype, WAYS[way].length)
    g = np.resize(np.array([-1.375, 2.5, 1e-3], dtype), (len(rows), 1))
    ((_, batch),) = WAYS[way].batches(rows)
    result = on_cuda(getattr(nl, name))(batch.array(rows), batch.numbers(g), axis=batch.way.axis)
    check_rows(name, batch.results(result), rows, g)


@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
@pytest.mark.parametrize("shape, axis", [((30, 6), 1), ((6, 200), 1), ((40, 30), 0)])
def test_derivatives_of_the_variance(shape, axis, dtype):
    rng = np.random.default_rng(9)
    x, t = rng.normal(size=(2, *shape)).astype(dtype)
    x[:, ::3] *= np.array(1e-3, dtype)
    x[1, 2] = -np.inf
    g = rng.normal(size=np.delete(shape, axis)).astype(dtype)
    gradients = on_cuda(nl.logvarexp_vjp)(x, g, axis)
    slopes = on_cuda(nl.logvarexp_jvp)(x, t, axis)
    rows, tangents, gradients = (np.moveaxis(u, axis, -1) for u in (x, t, gradients))
    check_rows("logvarexp_vjp", gradients, rows, g[:, None])
    check_rows("logvarexp_jvp", slopes[:, None], rows, tangents)


@pytest.mark.parametrize("shape, axis", [((5, 6), 1), ((4, 3, 50), (0, 2))])
def test_derivatives_of_the_variance_of_what_is_present(shape, axis):
    rng = np.random.default_rng(9)
    x, t = rng.normal(size=(2, *shape))
    where = rng.random(shape) < 0.7
    where[:, 0], where[:, 1] = False, np.eye(*where[:, 1].shape) if where.ndim > 2 else False
    t[~where] = np.nan  # what is absent may hold anything
    g = rng.normal(size=np.sum(x, axis).shape)
    for name, second in (("logvarexp_vjp", g), ("logvarexp_jvp", t)):
        function = getattr(nl, name)
        found = on_cuda(function)(x, second, axis, where=where)
        np.testing.assert_allclose(
            found, function(x, second, axis, where=where), 1e-13, 1e-300, strict=True
        )
    out = upload(np.ones(shape))
    assert nl.logvarexp_vjp(upload(x), upload(g), axis, where=upload(where), out=out) is out
    assert_same(download(out), on_cuda(nl.logvarexp_vjp)(x, g, axis, where=where))


@each_main_way
def test_second_derivatives(dtype, way):
    rows, t = pairs_of(dtype, LONGEST_HESSIAN)
    g = [*t[1:], t[0]]
    g = [other if other.size == w.size else w for other, w in zip(g, t)]
    ((_, batch),) = WAYS[way].batches(rows)
    arrays = batch.array(rows), batch.array(g, 0.0), batch.array(t, 0.0)
    result = on_cuda(nl.log1m_softmax_hvp)(*arrays, axis=batch.way.axis)
    check_rows("log1m_softmax_hvp", batch.results(result), rows, g, t)


@each_main_way
def test_value_and_gradient_at_once(dtype, way):
    rows, weights = pairs_of(dtype, WAYS[way].length)
    ((_, batch),) = WAYS[way].batches(rows)
    arrays = batch.array(rows), batch.array(weights, 0.0)
    value, slope = on_cuda(nl.log1m_softmax_value_and_vjp)(*arrays, axis=batch.way.axis)
    check_rows("log1m_softmax", batch.results(value), rows)
    check_rows("log1m_softmax_vjp", batch.results(slope), rows, weights)


@each_main_way
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, dtype, way):
    # Nothing is promised where log P itself overflows.
    kept = [r for r in rows_of(dtype, WAYS[way].length) if not _overflows(r)]
    rows, targets = zip(*((r, m) for r in kept for m in targets_of(r)))
    ((_, batch),) = WAYS[way].batches(rows)
    arrays = batch.array(rows), batch.array(targets, 0.0)
    loss, slope = on_cuda(getattr(nl, f"{name}_value_and_grad"))(*arrays, batch.way.axis)
    assert loss.dtype == slope.dtype == dtype
    check_rows(name, batch.results(loss, True), rows, targets)
    alone = on_cuda(getattr(nl, name))(*arrays, batch.way.axis)
    check_rows(name, batch.results(alone, True), rows, targets)
    finite = np.isfinite(loss[: len(rows)])
    slopes = [s for s, good in zip(batch.results(slope), finite) if good]
    columns = ([c for c, good in zip(column, finite) if good] for column in (rows, targets))
    check_rows(f"{name}_gradient", slopes, *columns)


def _overflows(row):
    return bool((np.isneginf(nl.log_softmax(row)) & np.isfinite(row)).any())


@each_way("few entries", "warp", "columns", later=LATER)
@pytest.mark.parametrize("name", SPECIAL)
def test_special_derivatives(name, dtype, way):
    cases = [[a, *more] for of, a, *more in GRADIENTS + TANGENTS if of == name]
    rows, *t, exact = ([np.array(v, dtype) for v in column] for column in zip(*cases))
    if name in VJPS:
        # None would be ones for the absent entries too.
        t = ([np.ones_like(row) for row in rows],)
    ((_, batch),) = WAYS[way].batches(rows)
    arrays = [batch.array(rows), *(batch.array(weights, 0.0) for weights in t)]
    result = on_cuda(getattr(nl, name))(*arrays, axis=batch.way.axis)
    for values, right in zip(batch.results(result, name in REDUCTION_JVPS), exact, strict=True):
        if name == "logsumexp_excluding_max_vjp":
            np.testing.assert_array_max_ulp(values, right, 2)
        else:
            np.testing.assert_array_equal(values, right)
