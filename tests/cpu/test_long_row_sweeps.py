"""Sweeps along long rows: chunks with the maximum and without, and results past the caches."""

import numpy as np
import pytest

from numba_logspace import log1m_softmax
from numba_logspace._formulas.simd import VECTOR_BYTES

# Whole chunks, a vector that is in none, and an end.
N = 33 * (VECTOR_BYTES // 4) + 5
DTYPE = np.float32


@pytest.fixture
def row():
    return np.random.default_rng(0).normal(size=N).astype(DTYPE)


def of_row(x):
    """log(1 - softmax) of a row in float64, where the maximum is far above the rest, or tied."""
    x = x.astype(np.float64)
    k = x.argmax()
    e = np.exp(x - x[k])
    rest = np.delete(e, k).sum()
    y = np.log1p(-e / (1 + rest))
    y[k] = np.log(rest) - np.log1p(rest)
    return y


@pytest.mark.parametrize("place", [0, 7, N // 2, N - 7, N - 1])
def test_the_maximum_lies_anywhere(row, place):
    row[place] = 9
    exact = of_row(row)
    error = np.abs(log1m_softmax(row) - exact) / np.spacing(np.abs(exact).astype(DTYPE))
    assert error.max() < 4


@pytest.mark.parametrize("value", [-9, 0.5, 3.5, 9, 60])
def test_equal_entries_have_the_same_bits(row, value):
    row[::3] = value
    row[-1] = value
    assert np.unique(log1m_softmax(row)[::3]).size == 1
    assert log1m_softmax(row)[-1] == log1m_softmax(row)[0]


@pytest.mark.parametrize(
    ("values", "at_values", "elsewhere"),
    [
        ((np.inf,), (-np.inf,), -0.0),
        ((np.inf, np.inf), (np.nan, np.nan), -0.0),
        ((np.nan,), (np.nan,), np.nan),
    ],
)
def test_special_entries_of_one_chunk_count_in_all(row, values, at_values, elsewhere):
    row[40 : 40 + len(values)] = values
    y = log1m_softmax(row)
    np.testing.assert_array_equal(y[40 : 40 + len(values)], at_values)
    others = np.delete(y, range(40, 40 + len(values)))
    np.testing.assert_array_equal(others, np.full(others.size, elsewhere, DTYPE))
    assert np.isnan(elsewhere) or np.signbit(others).all()


def test_rows_without_a_maximum_are_nan(row):
    row[:] = -np.inf
    assert np.isnan(log1m_softmax(row)).all()


@pytest.mark.parametrize("offset", [0, 1, 15])
def test_results_past_the_caches_are_the_same(row, offset):
    # Rows end inside lines of the cache, and begin there too.
    n = 1601
    rows = (1 << 23) // (4 * n) + 2
    x = np.resize(row, (rows, n))
    room = np.full(x.size + 32, 7, DTYPE)
    out = room[offset : offset + x.size].reshape(x.shape)
    log1m_softmax(x, out=out, workers=1)
    few = slice(None, None, 97)
    np.testing.assert_array_equal(out[few], log1m_softmax(x[few], workers=1))
    assert (room[:offset] == 7).all() and (room[offset + x.size :] == 7).all()
