"""Elementwise functions of arrays in jitted code: the bits of the array functions."""

import time

import numba
import numpy as np
import pytest

import numba_logspace as nl

_TWO = numba.njit(lambda x, y: nl.logaddexp(x, y))
_INTO = numba.njit(lambda x, y, out: nl.logaddexp(x, y, out))


def _same(result, expected):
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


def _numbers():
    x = np.random.default_rng(0).normal(size=(5, 7))
    x[0, :4] = np.inf, np.nan, -np.inf, -0.0
    return x


def test_out_may_overlap_and_broadcast():
    x, numbers = np.random.default_rng(1).normal(size=40), _numbers()
    expected = nl.logaddexp(x[:-1], x[1:])
    for part in (slice(1, None), slice(None, -1)):
        memory = x.copy()
        result = _INTO(memory[:-1], memory[1:], memory[part])
        _same(memory[part], expected)
        assert result.ctypes.data == memory[part].ctypes.data
    out = np.empty((5, 7))
    with np.errstate(all="raise"):
        _INTO(numbers, numbers[:1], out)
    _same(out, nl.logaddexp(numbers, numbers[:1]))
    with pytest.raises(ValueError, match="broadcast"):
        _INTO(np.ones(3), np.ones(4), np.ones(4))


def test_a_call_into_out_compiles_in_seconds():
    # LLVM took up to a minute for the loop that Numba makes of a ufunc.
    x = np.ones(3)
    _INTO(x, x, x.copy())  # the kernel
    function = numba.njit(lambda x, y, out: nl.logaddexp(x, y, out))
    start = time.process_time()
    function(x, x, x.copy())
    assert time.process_time() - start < 4.0


@pytest.mark.slow
def test_all_layouts_and_kinds():
    x = _numbers()
    given = {
        "C": x,
        "F": np.asfortranarray(x),
        "strided": np.repeat(x, 2, 1)[:, ::2],
        "row": x[0].copy(),
        "column": x[:, :1],
        "number": 0.5,
        "int": np.arange(7),
        "bool": np.ones((5, 7), bool),
    }
    others = ("F", "F"), ("F", "strided"), ("row", "column"), ("number", "int")
    for a, b in (*((kind, "C") for kind in given), *others):
        _same(_TWO(given[a], given[b]), nl.logaddexp(given[a], given[b]))
    for out in (np.empty((7, 5)).T, np.empty((5, 14))[:, ::2], np.empty((5, 7), np.float32)):
        for a in ("C", "F"):
            expected = np.empty_like(out)
            nl.logaddexp(given[a], x, out=expected, casting="same_kind")
            _INTO(given[a], x, out)
            _same(out, expected)
    single = numba.njit(lambda t, x: nl.log_mix(t, x, x[0]))
    x = x.astype(np.float32)
    _same(single(np.full(7, 0.25, np.float32), x), nl.log_mix(np.float32(0.25), x, x[0]))
