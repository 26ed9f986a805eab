"""A value and a reduction over ten million entries, from a million short rows to one long one."""

import functools

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio

FUNCTIONS = ("log1m_softmax", "logsumexp")
ENTRIES = 10_000_000
LOG10_LENGTHS = [1, 2, 3, 5, 7]  # an axis of a graph has no logarithmic scale of its own


class Lengths(Timed):
    """One thread; the length of a row is the axis of the graph, the rows are as many as fit."""

    params = (FUNCTIONS, LOG10_LENGTHS, DTYPES)
    param_names = ("function", "log10_length", "dtype")

    def setup(self, name, log10_length, dtype):
        """Make the arguments, and compile."""
        self.call = function(name)
        length = 10**log10_length
        self.x = normals((ENTRIES // length, length), dtype)
        self.out = np.empty_like(self.x if name == "log1m_softmax" else self.x[:, 0])
        self.time_value(name, log10_length, dtype)

    def time_value(self, name, log10_length, dtype):
        """One call."""
        self.call(self.x, -1, out=self.out, workers=1)

    def track_over_copy(self, name, log10_length, dtype):
        """Its time over that of np.copyto of the same array: the limit that memory sets."""
        copy = np.zeros_like(self.x)
        ours = functools.partial(self.time_value, name, log10_length, dtype)
        return ratio(ours, lambda: np.copyto(copy, self.x), rounds=3)
