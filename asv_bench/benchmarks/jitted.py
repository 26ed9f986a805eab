"""The functions inside jitted code: a loop over rows over the array function on all of them."""

import time

import numba
import numpy as np

import numba_logspace as nl

from .common import ratio

_ENTRIES = 1_000_000


@numba.njit
def _map_rows(x, out):
    for i in range(len(x)):
        out[i] = nl.log1m_softmax(x[i])


@numba.njit
def _map_rows_into(x, out):
    for i in range(len(x)):
        nl.log1m_softmax(x[i], out=out[i])


@numba.njit
def _map_all(x, out):
    nl.log1m_softmax(x, out=out)


@numba.njit
def _reduce_rows(x, out):
    for i in range(len(x)):
        out[i, 0] = nl.logsumexp(x[i])


_LOOPS = {
    "log1m_softmax, row by row": (_map_rows, nl.log1m_softmax),
    "log1m_softmax, row by row with out": (_map_rows_into, nl.log1m_softmax),
    "log1m_softmax, all rows": (_map_all, nl.log1m_softmax),
    "logsumexp, row by row": (_reduce_rows, nl.logsumexp),
}


class Loops:
    """A million entries in rows of 10 and 100."""

    params = (list(_LOOPS), [10, 100], ["float32", "float64"])
    param_names = ("loop", "length", "dtype")
    unit = "ratio"

    def setup(self, loop, length, dtype):
        """Make the arrays, and compile both."""
        self.x = np.random.default_rng(0).normal(size=(_ENTRIES // length, length)).astype(dtype)
        self.out = np.empty_like(self.x)
        self.inside, self.outside = _LOOPS[loop]
        self.inside(self.x, self.out)
        self.outside(self.x, workers=1)

    def track_over_array_function(self, loop, length, dtype):
        """The time in jitted code over that of the array function."""
        return ratio(lambda: self.inside(self.x, self.out), lambda: self.outside(self.x, workers=1))


class Compile:
    """How long a user's function takes to compile, once the kernels are on the disk."""

    params = (["log1m_softmax", "logsumexp", "log1m_softmax_vjp"],)
    param_names = ("function",)
    unit = "seconds"

    def track_seconds(self, function):
        """Of a function of one row."""
        call = getattr(nl, function)
        call(np.zeros(3))
        x = np.zeros(3)
        for _ in range(2):  # the first time it also loads what Numba loads once
            jitted = numba.njit(lambda x: call(x))
            start = time.perf_counter()
            jitted(x)
            seconds = time.perf_counter() - start
        return seconds
