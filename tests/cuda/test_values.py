"""Every value on the GPU against its definition, on rows that hurt, through every kernel."""

import numpy as np
import pytest
from batches import WAYS, each_way
from budgets import BUDGETS
from corpus import DTYPES, regimes
from error import check
from on_device import MORE, on_cuda
from oracle import LEAST_SHARE, MAPS, REDUCTIONS, exact_sign, expected, share_left
from special import SPECIAL, WEIGHTED, assert_same

import numba_logspace as nl

CORPUS = {name: [r for rows in regimes(t).values() for r in rows] for name, t in DTYPES.items()}
each_function = pytest.mark.parametrize("name", MAPS | REDUCTIONS)


# Reductions of which what is absent is no part, and not -inf.
COUNTING = ("logmeanexp", "logvarexp")


def _counts_absent(name, exact):
    # Whether absent entries would be part of the result: of a variance unless it is NaN.
    return name in COUNTING and (np.isfinite(exact) or (name == "logvarexp" and exact == exact))


def _call(name, batch, rows):
    result = on_cuda(getattr(nl, name))(batch.array(rows), axis=batch.way.axis)
    assert result.dtype == rows[0].dtype
    return batch.results(result, name in REDUCTIONS)


@each_way(*(way for way in WAYS if way != "as they are"))
@each_function
def test_rows(name, dtype, way):
    corpus = CORPUS[dtype]
    for numbers, batch in WAYS[way].batches(corpus):
        rows = [corpus[i] for i in numbers]
        # A mean counts absent entries.
        whole = batch.rows(rows, -np.inf) if name in COUNTING else rows
        for i, row, results in zip(numbers, whole, _call(name, batch, rows)):
            what = f"{name}, row {i} ({row[:8]}{'...' * (row.size > 8)})"
            check(expected(name, row), results, BUDGETS[name] + MORE, what)


@each_way(*WAYS)
@each_function
def test_special_rows(name, dtype, way):
    cases = [
        (np.array(row, dtype), exact)
        for of, row, exact in SPECIAL
        if of == name and not (WAYS[way].length and _counts_absent(name, exact))
    ]
    rows, exact = zip(*cases)
    for numbers, batch in WAYS[way].batches(rows):
        results = _call(name, batch, [rows[i] for i in numbers])
        for i, result in zip(numbers, results):
            assert_same(result, exact[i])


@each_way("few entries", "odd", "warp", "block", "long", "columns")
@pytest.mark.parametrize("name", sorted(MAPS.keys() - {"logcumsumexp"}))
def test_equal_entries_have_equal_results(name, dtype, way):
    values = np.random.default_rng(2).normal(size=18).astype(dtype) * 3
    rows = [[2, 2, 1, 1, -30, -30], [5, 5], [-700, 0, 0, -700], values[:6], values]
    rows = [np.sort(np.repeat(np.asarray(row, dtype), 2)) for row in rows]
    for numbers, batch in WAYS[way].batches(rows):
        for results in _call(name, batch, [rows[i] for i in numbers]):
            assert_same(results[::2], results[1::2])


@pytest.mark.parametrize("dtype", DTYPES)
@each_function
def test_a_row_has_the_same_results_in_any_grid(name, dtype):
    function = on_cuda(getattr(nl, name))
    x = np.random.default_rng(3).normal(size=(700, 336)).astype(dtype) * 5
    whole = function(x)
    for first, last in ((0, 1), (3, 10), (699, 700), (130, 530)):
        assert_same(function(x[first:last]), whole[first:last])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("signed", [False, True])
def test_weighted_sums(signed, dtype):
    rng = np.random.default_rng(5)
    rows = [row for row in CORPUS[dtype] if row.size <= 336]
    b = [rng.choice([1e-3, 0.7, 1, 40], size=row.size).astype(dtype) for row in rows]
    b = [w * rng.choice([-1, 1], size=w.size).astype(dtype) for w in b] if signed else b
    ((_, batch),) = WAYS["warp"].batches(rows)
    arrays = batch.array(rows), batch.array(b, 0.0)
    results, signs = on_cuda(nl.logsumexp)(arrays[0], b=arrays[1], return_sign=True)
    assert results.dtype == signs.dtype == dtype
    pairs = zip(batch.results(results, True), batch.results(signs, True), strict=True)
    for row, w, (result, sign) in zip(rows, b, pairs, strict=True):
        target = expected("weighted_logsumexp", row, w)
        if share_left(row, w) < LEAST_SHARE:
            continue  # nothing is promised
        check(target, result, BUDGETS["weighted_logsumexp"] + MORE, f"{row[:8]}, b {w[:8]}")
        assert sign == (exact_sign(row, w) if signed else 1)


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_weights(dtype):
    rows, b = (np.array([case[i] for case in WEIGHTED], dtype) for i in range(2))
    exact, exact_sign = (np.array([case[i] for case in WEIGHTED], dtype) for i in (2, 3))
    results, signs = on_cuda(nl.logsumexp)(rows, b=b, return_sign=True)
    assert_same(results, exact)
    np.testing.assert_array_equal(signs, exact_sign)
    alone = on_cuda(nl.logsumexp)(rows, b=b)
    assert_same(alone, np.where(exact_sign == -1, np.nan, exact).astype(dtype))
