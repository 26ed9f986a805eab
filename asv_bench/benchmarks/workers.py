"""Calls shared by two threads against one."""

import functools
import os

import numba
import numpy as np

import numba_logspace as nl

from .common import Timed, function, normals, ratio

# Many rows, one long row, columns.
SHAPES = {
    "10000 x 1000": ((10_000, 1_000), -1),
    "1 x 10000000": ((1, 10_000_000), -1),
    "1000 x 10000, axis 0": ((1_000, 10_000), 0),
}


def _two_or_skip():
    if min(os.cpu_count(), numba.config.NUMBA_NUM_THREADS) < 2:
        raise NotImplementedError("there is one core, or NUMBA_NUM_THREADS is 1")


class Workers(Timed):
    """log1m_softmax and its gradient in float64."""

    params = (("log1m_softmax", "log1m_softmax_vjp"), list(SHAPES), [1, 2])
    param_names = ("function", "shape", "workers")

    def setup(self, name, shape, workers):
        """Make the arguments, and compile."""
        if workers == 2:
            _two_or_skip()
        size, axis = SHAPES[shape]
        x = normals(size, "float64")
        options = {"axis": axis, "out": np.zeros_like(x), "workers": workers}
        arguments = (x, x) if name.endswith("vjp") else (x,)
        self.call = functools.partial(function(name), *arguments, **options)
        self.call()

    def time_call(self, name, shape, workers):
        """One call."""
        self.call()


class TwoOverOne:
    """Both in turn."""

    params = (list(SHAPES),)
    param_names = ("shape",)

    def setup(self, shape):
        """Make the arguments."""
        _two_or_skip()
        size, self.axis = SHAPES[shape]
        self.x = normals(size, "float64")
        self.out = np.zeros_like(self.x)

    def track_two_over_one(self, shape):
        """The time of log1m_softmax with two threads over that with one: 0.5 at best."""
        call = functools.partial(nl.log1m_softmax, self.x, self.axis, out=self.out)
        two, one = (functools.partial(call, workers=k) for k in (2, 1))
        return ratio(two, one, rounds=5)
