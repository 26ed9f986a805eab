"""CUDA kernels over the numbers of all rows: their sum, and the share of each in it.

One block does it all: its threads run through the rows, and their sums are compensated.
"""

import functools
import math

from numba import cuda, types

from .._compile.inline import inlined
from .._formulas.vectormath import two_sum
from .arrays import flat
from .copy import launch
from .teams import block

_THREADS = 512
_TEAM = block(_THREADS)
_room_size, _sum_of_pair = _TEAM.room, _TEAM.sum_of_pair


@inlined
def _sum(values, room, of_weights, scale):
    high, low = 0.0, 0.0
    for i in range(cuda.threadIdx.x, values.size, _THREADS):
        value = types.float64(values[i]) * scale
        if of_weights and not value >= 0.0:
            value = math.nan
        high, lost = two_sum(high, value)
        low += lost
    high, low = _sum_of_pair(room, high, low)
    return high


@functools.cache
def _total():
    def total(values, out):
        if cuda.blockIdx.x > 0:
            return
        room = cuda.shared.array(_room_size, types.float64)
        high = _sum(values, room, False, 1.0)
        if cuda.threadIdx.x == 0:
            out[0] = high

    return cuda.jit(total)


@functools.cache
def _shares():
    def shares(weights, out):
        if cuda.blockIdx.x > 0:
            return
        room = cuda.shared.array(_room_size, types.float64)
        scale = 1.0
        high = _sum(weights, room, True, scale)
        if not math.isfinite(high):  # all threads agree; perhaps only the sum has overflowed
            scale = 2.0**-100
            high = _sum(weights, room, True, scale)
        for i in range(cuda.threadIdx.x, out.size, _THREADS):
            out[i] = types.float64(weights[i]) * scale / high

    return cuda.jit(shares)


def total(values, out, stream):
    """The sum of an array, in out[0]."""
    launch(_total(), 1, _THREADS, stream, flat(values), flat(out))


def shares(weights, out, stream):
    """Weights over their sum; NaN if one is NaN or negative, or all are 0."""
    launch(_shares(), 1, _THREADS, stream, flat(weights), flat(out))
