"""Arguments of jitted code of which no references are counted: they stay, and so do results."""

import sys

import numba
import numpy as np

import numba_logspace as nl


@numba.njit
def _last_row(n):
    # The arguments are gone when the results are looked at.
    out = np.empty(n)
    kept = nl.log_softmax(np.arange(n) * 1.0, out=out)
    value, sign = nl.logsumexp(np.arange(n) * 1.0, return_sign=True)
    pair = nl.log1m_softmax_value_and_vjp(np.arange(n) * 1.0, np.ones(n))
    return kept, value, sign, pair


@numba.njit
def _new_out(x):
    return nl.softmax(x, out=np.empty_like(x))


@numba.njit
def _loss_into(x, label, out):
    return nl.cross_entropy_value_and_grad(x, label, out=out)


def test_results_outlive_the_arguments():
    for n in (10,):
        kept, value, sign, pair = _last_row(n)
        again = _last_row(n)  # would take memory that was given back too early
        x = np.arange(n) * 1.0
        np.testing.assert_array_equal(kept, nl.log_softmax(x))
        assert (value, sign) == nl.logsumexp(x, return_sign=True)
        for mine, its in zip(pair, nl.log1m_softmax_value_and_vjp(x, np.ones(n)), strict=True):
            np.testing.assert_array_equal(mine, its)
        assert again[0].ctypes.data != kept.ctypes.data
        results = [_new_out(x) for _ in range(20)]
        for result in results:
            np.testing.assert_array_equal(result, nl.softmax(x))


def test_no_reference_is_kept_or_lost():
    x, out = np.linspace(0.0, 1.0, 10), np.empty(10)
    value, gradient = _loss_into(x, 3, out)
    assert gradient is out or gradient.base is not None
    assert value == nl.cross_entropy(x, np.asarray(3))
    del gradient
    before = sys.getrefcount(x), sys.getrefcount(out)
    for _ in range(10):
        _loss_into(x, 3, out)
    assert (sys.getrefcount(x), sys.getrefcount(out)) == before
