"""Rows that are summed up in groups, and columns whose results go past the caches."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES
from error import check
from oracle import expected

import numba_logspace
from numba_logspace._formulas.simd import VECTOR_BYTES


def _rows(rng, n, dtype):
    # More rows than one group has, and not a multiple of it; each kind beside the others.
    rows = [rng.normal(shift, scale, n) for scale in (1e-3, 1, 30) for shift in (0, -30, 999)]
    tied = rng.normal(0, 3, n)
    tied[[0, n // 2, n - 1]] = 9
    dominant = rng.normal(0, 1, n)
    dominant[n - 1] = 200
    nearly = np.where(np.arange(n) == n // 3, 0.0, -700.0)
    infinite = np.where(np.arange(n) % 7 == 0, -np.inf, rng.normal(0, 1, n))
    rows += [tied, dominant, nearly, infinite, np.zeros(n), -rng.exponential(80, n)]
    return np.array([*rows, *rng.normal(0, 5, (4, n))]).astype(dtype)


@pytest.mark.parametrize("name", ["log1m_softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_a_group(name, dtype):
    rng, function = np.random.default_rng(5), getattr(numba_logspace, name)
    w = VECTOR_BYTES // np.dtype(DTYPES[dtype]).itemsize
    for n in (41 + w // 2, 2 * w + w // 4, 4 * w):
        x = _rows(rng, n, DTYPES[dtype])
        results = function(x)
        if name == "log_softmax":
            y = x.copy()
            np.testing.assert_array_equal(function(y, out=y), results)
        for i, row in enumerate(x):
            check(expected(name, row), np.atleast_1d(results[i]), BUDGETS[name], f"{name} {i}")


def test_specials_stay_in_their_rows():
    x = np.random.default_rng(6).normal(0, 1, (40, 100))
    apart = x.copy()
    x[3, 99], x[17, 0], x[17, 50], x[20], x[30, 5] = np.nan, np.inf, np.inf, -np.inf, np.inf
    mended = np.delete(np.arange(40), [3, 17, 20, 30])
    for name in ("log1m_softmax", "logsumexp"):
        function = getattr(numba_logspace, name)
        results = function(x)
        np.testing.assert_array_equal(results[mended], function(apart)[mended])
        for i in (3, 17, 20, 30):
            np.testing.assert_array_equal(results[i], function(x[[i, i]])[0])


@pytest.mark.parametrize("first", [0, 5])
def test_columns_in_lines_of_the_cache(first):
    # Large enough to go past the caches; the lines of memory begin inside a line of the cache.
    n, columns = 9, 1 << 18
    room = np.empty(n * columns + 64, np.float32)
    start = -room.ctypes.data % 64 // 4 + first
    out = room[start : start + n * columns].reshape(n, columns)
    room[:] = 7
    x = np.random.default_rng(7).normal(0, 1, out.shape).astype(np.float32)
    chosen = np.r_[0:70, 9000:9100, columns - 70 : columns]
    wanted = numba_logspace.log1m_softmax(np.ascontiguousarray(x[:, chosen]), axis=0)
    for workers in (1, 2):
        out[:] = 7
        numba_logspace.log1m_softmax(x, axis=0, out=out, workers=workers)
        np.testing.assert_array_equal(out[:, chosen], wanted)
        assert (out < 0).all()
    assert (room[:start] == 7).all()
    assert (room[start + out.size :] == 7).all()
