"""Arrays of Dask in and out: lazy, and the same numbers whatever the chunks."""

import functools
import itertools

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from every import (
    AXIS,
    ELEMENTWISE,
    ENTRIES,
    OVER_ROWS,
    PLAIN,
    SHAPE,
    arrays_of,
    as_tuple,
    elementwise_inputs,
)
from flint import arb, ctx
from oracle import LOSSES, Row

import numba_logspace as nl
from numba_logspace._family import FAMILY

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

CHUNKS = 2, 5, 3  # whole rows
LOSSES_OF_ROWS = [name for name in OVER_ROWS if "entropy" in name]


def computed(block):
    raise AssertionError("a block has been computed")


def untouchable(array, chunks):
    """An array of Dask that must not be computed."""
    lazy = da.from_array(array, chunks=chunks)
    return lazy.map_blocks(computed, dtype=array.dtype, meta=lazy._meta)


def chunks_of(role, chunks=CHUNKS, axis=AXIS):
    return chunks if role == ENTRIES else tuple(np.delete(chunks, axis).tolist())


def lazily(arrays, chunks=CHUNKS, make=da.from_array):
    return {name: make(u, chunks_of(role, chunks)) for name, (u, role) in arrays.items()}


def plain(arrays):
    return {name: u for name, (u, _) in arrays.items()}


def results(y):
    # Dask's own account of a result and what it holds must agree.
    arrays = as_tuple(y)
    assert all(isinstance(lazy, da.Array) for lazy in arrays)
    blocks = [lazy.to_delayed().ravel().tolist() for lazy in arrays]
    found, blocks = dask.compute(arrays, blocks, scheduler="sync")
    for lazy, array, parts in zip(arrays, found, blocks, strict=True):
        own = lazy.shape, lazy.dtype, type(lazy._meta)
        assert own == (array.shape, array.dtype, np.ndarray)
        assert list(map(np.shape, parts)) == list(itertools.product(*lazy.chunks))
    return found


def of_blocks(function, arrays, **options):
    """The results of the plain arrays, cut as CHUNKS cuts them, so that bits can be compared."""
    parts = [
        as_tuple(function(**{k: u[i : i + 2] for k, (u, _) in arrays.items()}, **options))
        for i in range(0, SHAPE[0], 2)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def assert_same(found, wanted):
    for y, right in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(y, right, strict=True)


# --- every function ------------------------------------------------------------------------------


@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", OVER_ROWS)
def test_whole_rows(name, labels):
    arrays, function = arrays_of(name, labels=labels), getattr(nl, name)
    found = results(function(**lazily(arrays), axis=AXIS))
    assert_same(found, of_blocks(function, arrays, axis=AXIS))


@pytest.mark.parametrize("name", OVER_ROWS)
@pytest.mark.parametrize("chunks", [CHUNKS, (2, 2, 2), (4, 1, 3)])
def test_nothing_is_computed_before_it_is_asked_for(name, chunks):
    arrays, function = arrays_of(name, labels=True), getattr(nl, name)
    wanted = as_tuple(function(**plain(arrays), axis=AXIS))
    for kept in range(len(arrays)):
        # With plain arrays beside, before it and behind it.
        given = lazily(arrays, chunks, untouchable)
        given |= {k: plain(arrays)[k] for k in list(arrays)[:kept]}
        for y, right in zip(as_tuple(function(**given, axis=AXIS)), wanted, strict=True):
            assert isinstance(y, da.Array)
            assert (y.shape, y.dtype) == (right.shape, right.dtype)
            with pytest.raises(AssertionError, match="has been computed"):
                y.compute(scheduler="sync")


@pytest.mark.parametrize("name", OVER_ROWS)
def test_some_arrays_may_be_plain(name):
    arrays, function = arrays_of(name, labels=True), getattr(nl, name)
    wanted = of_blocks(function, arrays, axis=AXIS)
    for mine in arrays:
        given = plain(arrays) | {mine: lazily(arrays)[mine]}
        found = results(function(**given, axis=AXIS))
        if mine == next(iter(arrays)):
            assert_same(found, wanted)
        for y, right in zip(found, wanted, strict=True):
            np.testing.assert_allclose(y, right, rtol=1e-13)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_functions(name):
    inputs = elementwise_inputs(name, SHAPE)
    getattr(nl, name)(*(untouchable(u, CHUNKS) for u in inputs))
    found = results(getattr(nl, name)(*(da.from_array(u, chunks=(2, 2, 2)) for u in inputs)))
    assert_same(found, [getattr(nl, name)(*inputs)])


@pytest.mark.parametrize("dtype", ["float16", "float32", "int32", "bool"])
@pytest.mark.parametrize("name", ["log1m_softmax", "logsumexp", "cross_entropy_value_and_grad"])
def test_dtypes(name, dtype):
    arrays = {k: (u.astype(dtype), r) for k, (u, r) in arrays_of(name).items()}
    function = getattr(nl, name)
    found = results(function(**lazily(arrays), axis=AXIS))
    assert_same(found, of_blocks(function, arrays, axis=AXIS))


def test_axes():
    x = arrays_of("softmax")["x"][0]
    lazy = da.from_array(x, chunks=CHUNKS)
    for axis in (None, (0, 2), -1, (1,)):
        for name in ("softmax", "logcumsumexp", "logsumexp"):
            right = getattr(nl, name)(x, axis=axis)
            (found,) = results(getattr(nl, name)(lazy, axis=axis))
            np.testing.assert_allclose(found, right, rtol=1e-14)
    kept = nl.logsumexp(lazy, axis=AXIS, keepdims=True)
    assert_same(results(kept), [np.expand_dims(results(nl.logsumexp(lazy, axis=AXIS))[0], AXIS)])
    assert_same(results(nl.softmax(da.from_array(np.array(3.0)))), [np.array(1.0)])


def test_masks_and_weights():
    rng, x = np.random.default_rng(3), arrays_of("softmax")["x"][0]
    lazy = da.from_array(x, chunks=(2, 2, 2))
    mask, b = rng.random(SHAPE) < 0.7, rng.standard_normal((3, 1, 5, 3))
    for where in (mask, da.from_array(mask, chunks=2), mask[0], True):
        for name in ("log1m_softmax", "logmeanexp"):
            (found,) = results(getattr(nl, name)(lazy, axis=AXIS, where=where))
            right = getattr(nl, name)(x, axis=AXIS, where=where)
            np.testing.assert_allclose(found, right, rtol=1e-14)
    for weights in (b, da.from_array(b, chunks=2), b[0, 0], 2.0):
        found = results(nl.logsumexp(lazy, axis=2, b=weights, return_sign=True))
        right = nl.logsumexp(x, axis=2, b=weights, return_sign=True)
        for y, z in zip(found, right, strict=True):
            np.testing.assert_allclose(y, z, rtol=1e-14)
    with pytest.raises(ValueError, match="x and b must broadcast together"):
        nl.logsumexp(lazy, b=b[:2, :, :2])


# --- losses as one number ------------------------------------------------------------------------


@pytest.mark.parametrize("chunks", [CHUNKS, (1, 2, 2)])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", LOSSES_OF_ROWS)
def test_losses_as_one_number(name, reduction, chunks):
    arrays, function = arrays_of(name, labels=True), getattr(nl, name)
    options = {"axis": AXIS, "reduction": reduction}
    function(**lazily(arrays, chunks, untouchable), **options)
    weights = arrays.get("weights")
    cases = [arrays]
    if weights and weights[1] != ENTRIES:
        without = {k: u for k, u in arrays.items() if k != "weights"}
        cases += [without, without | {"weights": (weights[0][:1], weights[1])}]
    for given in cases:
        found = results(function(**lazily(given, chunks), **options))
        right = as_tuple(function(**plain(given), **options))
        for y, z in zip(found, right, strict=True):
            np.testing.assert_allclose(y, z, rtol=2e-15, atol=1e-16, strict=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_means_of_many_rows(dtype):
    rows = np.array([[0.5, -1, 0.25], [0, 3, -2], [-0.1, 0, 0.1]], dtype)
    weights, counts = np.array([0.3, 1e-3, 7], dtype), (30_000, 20_000, 1)
    x = da.from_array(np.repeat(rows, counts, axis=0), chunks=(700, 2))
    labels = np.repeat([0, 2, 1], counts)
    with ctx.workprec(500):
        exact = [
            LOSSES["cross_entropy"](Row(row.tolist()), [arb(int(i == k)) for i in range(3)])[0][0]
            for row, k in zip(rows, [0, 2, 1], strict=True)
        ]
        for given in (None, weights):
            numbers = np.ones(3) if given is None else given.tolist()
            shares = [arb(float(w)) * n for w, n in zip(numbers, counts, strict=True)]
            total = sum((s * y for s, y in zip(shares, exact, strict=True)), arb(0))
            whole = None if given is None else np.repeat(given, counts)
            for reduction, right in (("sum", total), ("mean", total / sum(shares, arb(0)))):
                y = nl.cross_entropy(x, labels, weights=whole, reduction=reduction)
                target = Target([right], np.dtype(dtype).type)
                check(target, y.compute()[None], BUDGETS["cross_entropy"], reduction)


# Their sums leave the range of doubles, or have few digits there.
@pytest.mark.parametrize(
    "weights",
    [(1.7e308, 1e308, 3e307), (5e-324, 1e-322, 2e-320), (1e308, 1e-308, 1.0), (0.0, 1e308, 0.0)],
)
def test_means_whose_weights_leave_the_range(weights):
    rows = np.array([[0.5, -1, 0.25], [0, 3, -2], [-0.1, 0, 0.1]])
    counts, labels = (30, 20, 7), [0, 2, 1]
    x, y, w = (np.repeat(np.asarray(u), counts, axis=0) for u in (rows, labels, weights))
    with ctx.workprec(3000):
        exact = [
            LOSSES["cross_entropy"](Row(row.tolist()), [arb(int(i == k)) for i in range(3)])[0][0]
            for row, k in zip(rows, labels, strict=True)
        ]
        shares = [arb(v) * n for v, n in zip(weights, counts, strict=True)]
        mean = sum((s * v for s, v in zip(shares, exact, strict=True)), arb(0))
        target = Target([mean / sum(shares, arb(0))], np.float64)
    options = {"weights": da.from_array(w, chunks=4), "reduction": "mean"}
    found, slope = nl.cross_entropy_value_and_grad(da.from_array(x, chunks=(4, 2)), y, **options)
    check(target, found.compute()[None], BUDGETS["cross_entropy"], weights)
    right = nl.cross_entropy_value_and_grad(x, y, weights=w, reduction="mean")[1]
    np.testing.assert_array_max_ulp(slope.compute(), right, 2)


def test_means_that_are_none():
    x = da.zeros((4, 3), chunks=2)
    labels = np.zeros(4, int)
    mean = functools.partial(nl.cross_entropy, x, labels, reduction="mean")
    with pytest.raises(ValueError, match="'mean' of weights that add up to 0"):
        mean(weights=np.zeros(4)).compute()
    with pytest.raises(ValueError, match="weights must be finite and >= 0, got -1.0"):
        mean(weights=np.array([1.0, 1.0, 2.0, -1.0])).compute()
    with pytest.raises(ValueError, match="'mean' of no rows"):
        nl.cross_entropy(x[:0], labels[:0], reduction="mean")
    with pytest.raises(ValueError, match="the number of rows is not known.*compute_chunk_sizes"):
        nl.cross_entropy(x[x[:, 0] == 0], x[x[:, 0] == 0, 0], reduction="mean")
    with pytest.raises(ValueError, match="stands for lengths that are not known: call logits.c"):
        nl.cross_entropy(x[x[:, 0] == 0], labels)
    half = nl.cross_entropy(x.astype("f2"), labels, reduction="sum")
    assert half.dtype == np.float16 and half.compute() == np.float16(4 * np.log(3))


# --- matrices, and two sets ----------------------------------------------------------------------


def test_matrices():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 1, 3, 4)), rng.standard_normal((5, 4, 6))
    for first, second in ((a, b), (a[0, 0], b[0]), (a[0, 0, 0], b), (a, b[0, :, 0]), (b, b[0].T)):
        right = nl.logmatmulexp(first, second)
        nl.logmatmulexp(*(untouchable(u, 2) for u in (first, second)))
        for chunks in (2, -1):
            one, two = (da.from_array(u, chunks=chunks) for u in (first, second))
            for given in ((one, two), (first, two), (one, second)):
                (found,) = results(nl.logmatmulexp(*given))
                np.testing.assert_allclose(found, right, rtol=1e-14, atol=1e-15)
    row = a[0, 0, 0]
    (found,) = results(nl.logmatmulexp(da.from_array(row, chunks=2), row))
    np.testing.assert_allclose(found, nl.logmatmulexp(row, row), rtol=1e-14)
    with pytest.raises(ValueError, match="the last axis of a must be as long"):
        nl.logmatmulexp(da.from_array(a), b[:, 1:])


@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_gates(axis):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 4, 5)), rng.standard_normal((3, 4, 5))
    b = b.take(range(2), axis)
    rows = tuple(np.delete(a.shape, axis).tolist())
    gates = rng.standard_normal(rows), rng.standard_normal((rows[0], 1)), rng.standard_normal(())
    for gate in (*gates, np.expand_dims(gates[0], axis)):
        lazy = [da.from_array(u, chunks=2) for u in (gate, a, b)]
        y = nl.gated_log_softmax(*lazy, axis=axis)
        right = nl.gated_log_softmax(gate, a, b, axis=axis)
        np.testing.assert_allclose(results(y)[0], right, rtol=1e-14)
        for g in (None, right):
            found = results(nl.gated_log_softmax_vjp(*lazy, g, axis=axis))
            wanted = nl.gated_log_softmax_vjp(gate, a, b, g, axis=axis)
            for one, of in zip(found, wanted, strict=True):
                np.testing.assert_allclose(one, of, rtol=1e-13, atol=1e-15, strict=False)
                assert one.shape == np.shape(of)
    nl.gated_log_softmax_vjp(0.5, untouchable(a, 2), untouchable(b, 2), axis=axis)


# --- what is refused -----------------------------------------------------------------------------


def test_bad_arguments_are_refused_at_once():
    x = untouchable(np.zeros(SHAPE), CHUNKS)
    y = untouchable(np.zeros((4, 6)), 2)
    for call, error, message in (
        (lambda: nl.softmax(x, axis=3), np.exceptions.AxisError, "axis 3 is out of bounds"),
        (lambda: nl.cross_entropy(x, x, axis=None), TypeError, "axis must be an int"),
        (lambda: nl.softmax_vjp(x, y), ValueError, "g of shape .4, 6. cannot be broadcast"),
        (lambda: nl.softmax(x, where=x), TypeError, "where must be boolean"),
        (lambda: nl.logsumexp_vjp(x, y), ValueError, "g of shape .* the result"),
        (lambda: nl.cross_entropy(x, y), ValueError, "targets of shape .4, 6. are neither"),
        (lambda: nl.cross_entropy(x, x, reduction="max"), ValueError, "reduction must be one of"),
        (lambda: nl.softmax_jvp(x, None), TypeError, "t must be an array"),
        (lambda: nl.softmax(x.astype(complex)), TypeError, "x has dtype complex128"),
        (lambda: nl.softmax(x, workers=0), ValueError, "workers must be"),
        (lambda: nl.softmax(x, out=np.empty(SHAPE)), TypeError, "out must be None where x is a"),
        (lambda: nl.softmax(x, stream=3), TypeError, "stream must be None where x is a Array"),
        (lambda: nl.gated_log_softmax(0.0, x, y), ValueError, "a and b must have the same shape"),
        (lambda: nl.log_softmax_jacobian(x, 7), np.exceptions.AxisError, "axis 7"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_other_objects_of_dask():
    delayed = pytest.importorskip("dask").delayed(np.zeros)(3)
    with pytest.raises(TypeError, match="x is a Delayed: pass an array of dask.array"):
        nl.softmax(delayed)
    masked = da.from_array(np.ma.masked_array(np.zeros(3), [0, 1, 0]))
    with pytest.raises(TypeError, match="x is a masked array"):
        nl.softmax(masked)


def test_chunks_of_unknown_length():
    x = np.arange(24.0).reshape(8, 3)
    lazy = da.from_array(x, chunks=(4, 3))
    some = lazy[lazy[:, 0] > 5]
    found = nl.softmax_vjp(some, np.ones(3))
    np.testing.assert_array_equal(found.compute(), nl.softmax_vjp(x[2:]))
    assert nl.logsumexp(some).compute().shape == (6,)
    with pytest.raises(ValueError, match=r"x has chunks of unknown length along axis 0.*x.compute"):
        nl.logcumsumexp(some, axis=0)


# --- how it runs ---------------------------------------------------------------------------------


def test_schedulers():
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((200, 7)), rng.integers(0, 7, 200)
    lazy = da.from_array(x, chunks=(50, 3))
    right = nl.log1m_softmax(x).sum(), nl.cross_entropy(x, labels, reduction="mean")
    loss, gradient = nl.cross_entropy_value_and_grad(lazy, labels, reduction="mean")
    together = da.stack([nl.log1m_softmax(lazy).sum(), loss, gradient.sum()])
    for scheduler in ("sync", "threads", "processes"):
        found = together.compute(scheduler=scheduler, num_workers=2)
        np.testing.assert_allclose(found, [*right, 0.0], rtol=1e-13, atol=1e-13)


def threads_of_block(block):
    # How many threads a call inside a block would be given.
    from numba_logspace._cpu.workers import count_for

    return np.full(block.shape, count_for(None, 1 << 30))


def test_blocks_run_in_one_thread_each(monkeypatch):
    from numba_logspace._interop import PUBLIC, blocks

    monkeypatch.setitem(PUBLIC, "softmax", lambda x, axis, **options: threads_of_block(x))
    assert (blocks.call_block("softmax", ("x",), {"axis": 0}, np.zeros(3)) == 1).all()


@pytest.mark.slow
def test_two_processes_of_a_cluster():
    distributed = pytest.importorskip("distributed")
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((300, 40)), rng.integers(0, 40, 300)
    lazy = da.from_array(x, chunks=(100, 10))
    cluster = distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        values = [getattr(nl, name)(lazy) for name in ("log1m_softmax", "logsumexp", "softmax_vjp")]
        values += nl.cross_entropy_value_and_grad(lazy, labels, reduction="mean")
        values += nl.gated_log_softmax_vjp(lazy[:, 0], lazy, lazy[:, :3])
        values.append(nl.logmatmulexp(lazy, lazy.T))
        futures = client.compute(values)
        for future, value in zip(futures, values, strict=True):
            np.testing.assert_array_equal(future.result(), value.compute(scheduler="sync"))


def test_every_kind_is_tried():
    others = {"elementwise", "product", "gated", "gated vjp"} | PLAIN
    assert {FAMILY[name].kind for name in OVER_ROWS} == {f.kind for f in FAMILY.values()} - others
