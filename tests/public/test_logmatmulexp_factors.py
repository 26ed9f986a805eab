"""Products of logarithms large enough for sums of products of exponentials."""

import multiprocessing
import tracemalloc

import numpy as np
import pytest
from budgets import BUDGETS
from error import check
from test_logmatmulexp import LAYOUTS, expected
from test_vector_code import compiled, faults

from numba_logspace import logmatmulexp
from numba_logspace._cpu import factors, logmatmul
from numba_logspace._cpu.sampled import DIRECT, NARROW, WIDE, choose

inf, nan = np.inf, np.nan
each_dtype = pytest.mark.parametrize("dtype", (np.float32, np.float64))
ROWS, TERMS, COLUMNS = 26, 67, 37


# --- the error ---------------------------------------------------------------------------------


def _log_stochastic(x):
    x = x - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def _cases(rng, dtype, rows=ROWS, k=TERMS, n=COLUMNS):
    """(name, a, b) of matrices that hurt."""

    def normal(spread):
        return rng.normal(size=(rows, k)) * spread, rng.normal(size=(k, n)) * spread

    for spread in (1e-3, 0.3, 1.0, 3.0, 30.0, 300.0, 3000.0):
        yield f"normal * {spread}", *normal(spread)
    for spread in (1.0, 30.0):
        yield f"stochastic, {spread}", *map(_log_stochastic, normal(spread))
    for spread in (1.0, 100.0):
        a, b = normal(spread)
        a[:, k // 2 :] -= 5000.0
        b[: k // 2] -= 5000.0
        yield f"maxima that never meet, {spread}", a, b
        a[0] += 5000.0
        yield f"maxima that seldom meet, {spread}", a, b
    shift = rng.normal(size=k) * 400
    a, b = normal(1e-3)
    yield "shifts that cancel", a + shift, b - shift[:, None] - np.log(k)
    # One dominant term, and others that each lack half an ulp of it.
    little = np.log(np.finfo(dtype).eps / 2)
    a = np.full((rows, k), little)
    a[:, 0] = 0.0
    b = rng.uniform(-0.3, 0.0, (k, n))
    for offset in (0.0, 1.02, 2.04, 4.1, 8.1):
        yield f"one dominant at {offset}", a + offset, b
    for result in (0.0, 1.01, -1.01, 2.01, 4.01, -4.01, 7.9):
        yield (
            f"near {result}",
            np.full((rows, k), 0.1),
            rng.normal(size=(k, n)) * 0.2 - (np.log(k) + 0.1 - result),
        )
    for offset in (1e3, -1e6, 1e15, -1e17):
        a, b = normal(1.0)
        yield f"at {offset}", a + offset, b
        yield f"opposite at {offset}", a + offset, b - offset
    a, b = normal(5.0)
    a[rng.random(a.shape) < 0.6] = -inf
    b[rng.random(b.shape) < 0.6] = -inf
    yield "holes", a, b
    yield "tiny", *normal(1e-40)
    band = np.abs(np.subtract.outer(np.arange(rows), np.arange(k)))
    yield "a band", np.where(band < 3, a, -inf), b


def _chosen(a, b, result, rng, count=24):
    # The Target of some entries, and these: those furthest from what all terms give, and others.
    direct = np.empty_like(result)
    logmatmul.fill(a, b, direct, "columns", 1)
    with np.errstate(all="ignore"):
        off = np.abs(result - direct) / np.abs(direct)
    order = np.argsort(-np.nan_to_num(off), axis=None)[: count // 2]
    order = np.concatenate([order, rng.integers(0, result.size, count // 2)])
    for i, j in zip(*np.unravel_index(order, result.shape)):
        yield expected(a[i : i + 1], b[:, j : j + 1]), result[i, j].reshape(1)


@each_dtype
def test_accuracy(dtype):
    rng = np.random.default_rng(11)
    for name, a, b in _cases(rng, dtype):
        a, b = a.astype(dtype), b.astype(dtype)
        for target, entry in _chosen(a, b, logmatmulexp(a, b), rng, 8):
            check(target, entry, BUDGETS["logmatmulexp"], name)


@pytest.mark.slow
@each_dtype
def test_random_search(dtype):
    rng = np.random.default_rng(12)
    for _ in range(20):
        rows, k, n = rng.integers((6, 16, 40), (80, 300, 80))
        for name, a, b in _cases(rng, dtype, rows, k, n):
            # Errors are largest where the unit is finest.
            finest = 2.0 ** rng.integers(-1, 4) * rng.choice([-1.0, 1.0])
            a = a + finest - np.nan_to_num(np.median(logmatmulexp(a, b)), posinf=0, neginf=0)
            a, b = a.astype(dtype), b.astype(dtype)
            for target, entry in _chosen(a, b, logmatmulexp(a, b), rng, 6):
                check(target, entry, 1.5, f"{name} {(rows, k, n)}")


@pytest.mark.slow
@each_dtype
@pytest.mark.parametrize("spread", [0.0, 1.0, 30.0])
def test_long_sums(dtype, spread):
    rng = np.random.default_rng(13)
    a, b = rng.normal(size=(7, 100_003)) * spread + 0.1, rng.normal(size=(100_003, 40)) * spread
    a, b = a.astype(dtype), b.astype(dtype)
    assert factors.fill(a, b, np.empty((7, 40), dtype), 1)
    for target, entry in _chosen(a, b, logmatmulexp(a, b), rng, 4):
        check(target, entry, BUDGETS["logmatmulexp"], f"{spread}")


# --- which way ---------------------------------------------------------------------------------


def _arrays(shapes, dtype=np.float64, spread=3.0):
    rng = np.random.default_rng(3)
    return [(rng.normal(size=s) * spread).astype(dtype) for s in shapes]


SQUARE = (40, 40), (40, 40)


def _chosen_way(a, b):
    (rows, k), n, at = a.shape, b.shape[1], np.zeros(1, np.intp)
    return choose()(a.ravel(), b.ravel(), at, at, n, 1, rows, k, n)


def _parted(a, b, share=1.0):
    # Maxima that never meet, in that share of the rows.
    a, b, half, first = a.copy(), b.copy(), a.shape[1] // 2, round(a.shape[0] * (1 - share))
    a[first:, half:] -= 1e4
    b[:half] -= 1e4
    a[:first, :half] -= 1e4
    return a, b


def test_what_the_numbers_allow():
    a, b = _arrays([(64, 64)] * 2)
    for dtype, wide in ((np.float64, NARROW), (np.float32, WIDE)):
        a, b = a.astype(dtype), b.astype(dtype)
        assert _chosen_way(a, b) == NARROW
        assert _chosen_way(100 * a, 100 * b) == wide
        assert _chosen_way(*_parted(a, b)) == _chosen_way(*_parted(a, b, 0.8)) == DIRECT
        assert _chosen_way(*_parted(a, b, 0.1)) == NARROW
        assert _chosen_way(np.full_like(a, nan), b) == DIRECT
        assert _chosen_way(np.full_like(a, inf), b) == DIRECT
        assert _chosen_way(np.full_like(a, -inf), b) == NARROW
        near_0 = a / 10, b / 10 - np.log(dtype(64))
        assert _chosen_way(*near_0) == (WIDE if dtype == np.float32 else DIRECT)


def test_float64_has_room_for_float32():
    for spread in (300.0, 0.1):
        a, b = _arrays(SQUARE, np.float32, spread)
        b -= spread < 1 and np.log(np.float32(40))
        assert _chosen_way(a, b) == WIDE
        wide = logmatmulexp(*(u.astype(np.float64) for u in (a, b)))
        np.testing.assert_array_equal(logmatmulexp(a, b), wide.astype(np.float32))


# --- shapes, layouts, threads ------------------------------------------------------------------

SHAPES = [
    ((64, 64), (64, 64)),
    ((6, 100), (100, 33)),
    ((33, 100), (100, 7)),
    ((13, 1100), (1100, 40)),
    ((205, 17), (17, 35)),
    ((3, 40, 20), (20, 35)),
    ((5, 30, 20), (5, 20, 35)),
    ((2, 1, 30, 20), (3, 20, 35)),
    ((30, 20), (4, 20, 35)),
]


@pytest.mark.one_in(3)
@each_dtype
@pytest.mark.parametrize("shapes", SHAPES)
def test_shapes_layouts_and_threads(shapes, dtype):
    a, b = _arrays(shapes, dtype)
    result = logmatmulexp(a, b, workers=1)
    wide_a, wide_b = a.astype(float), b.astype(float)
    exact = np.log(np.matmul(np.exp(wide_a), np.exp(wide_b)))
    np.testing.assert_allclose(result, exact, rtol=4 * np.finfo(dtype).eps)
    for workers in (2, 3):
        np.testing.assert_array_equal(logmatmulexp(a, b, workers=workers), result)
    for name, change in LAYOUTS.items():
        if name != "list":
            np.testing.assert_array_equal(logmatmulexp(change(a), change(b)), result)
    out = np.empty((*result.shape[:-1], 2 * result.shape[-1]), dtype)[..., ::-2]
    assert logmatmulexp(a, b, out=out) is out
    np.testing.assert_array_equal(out, result)


def test_an_entry_depends_on_its_row_and_column():
    for spread in (0.5, 3.0, 300.0):
        a, b = _arrays([(120, 50), (50, 90)], spread=spread)
        whole = logmatmulexp(a, b)
        np.testing.assert_array_equal(logmatmulexp(a[7:61], b[:, 5:64]), whole[7:61, 5:64])


def test_memory():
    a, b = _arrays([(300, 200), (200, 400)])
    logmatmulexp(a, b, workers=1)
    tracemalloc.start()
    try:
        result = logmatmulexp(a, b, workers=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.1 * (result.nbytes + a.nbytes) + 100_000


def _in_a_child(queue, a, b):
    queue.put(logmatmulexp(a, b, workers=2))


def test_after_a_fork():
    a, b = _arrays(SQUARE)
    result = logmatmulexp(a, b, workers=2)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_a_child, args=(queue, a, b))
    child.start()
    np.testing.assert_array_equal(queue.get(), result)
    child.join()


# --- special values ----------------------------------------------------------------------------


@each_dtype
def test_special_values_stay_in_their_row_and_column(dtype):
    a, b = _arrays([(40, 30), (30, 50)], dtype)
    exact = logmatmulexp(a, b)
    a[3, 4], a[5, 6], a[7] = nan, inf, -inf
    b[8, 9], b[10, 11], b[:, 12] = nan, inf, -inf
    with np.errstate(all="raise"):
        result = logmatmulexp(a, b)
    special = np.zeros(result.shape, bool)
    special[[3, 5, 7]] = special[:, [9, 11, 12]] = True
    np.testing.assert_array_equal(result[~special], exact[~special])
    assert np.isnan(result[3]).all() and np.isnan(result[:, 9]).all()
    rest = np.delete(np.arange(50), [9, 11, 12])
    assert (result[5, rest] == inf).all() and np.isnan(result[5, 12])
    assert (result[7, rest] == -inf).all() and np.isnan(result[7, 11])
    rest = np.delete(np.arange(40), [3, 5, 7])
    assert (result[rest, 11] == inf).all() and result[5, 11] == inf
    assert (result[rest, 12] == -inf).all() and result[7, 12] == -inf


@each_dtype
def test_sums_that_overflow(dtype):
    large = np.finfo(dtype).max
    a, b = np.full((30, 30), large, dtype), np.full((30, 30), large, dtype)
    assert (logmatmulexp(a, b) == inf).all()
    assert (logmatmulexp(-a, -b) == -inf).all()
    result = logmatmulexp(a, -b)
    np.testing.assert_array_max_ulp(result, np.full_like(result, np.log(30.0)), 1)


# --- vector code -------------------------------------------------------------------------------


@each_dtype
def test_vector_code(dtype):
    flat, zero = np.zeros(1, dtype), np.zeros(1, np.intp)
    kernels = (
        (factors.row_factors(), (flat, flat, flat, 1, 0, 1)),
        (factors.products(), (*[flat] * 5, zero, zero, 1, 1, 1, 1.0, 1, 1, 1, 0, 1)),
    )
    found = [f for kernel, args in kernels for f in faults(compiled(kernel.py_func, *args), False)]
    assert not found, "\n".join(found)
