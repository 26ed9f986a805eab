"""CUDA kernels over the numbers of all rows: their sum, sums of some, the share of each.

One block does what is over all: its threads run through the rows, and their sums are compensated.
"""

import functools
import math

from numba import cuda, types

from .._compile.inline import inlined
from .._formulas.vectormath import two_sum
from .arrays import flat, merged, span
from .copy import launch, place
from .teams import WARP, block, part_of_warp

_THREADS = 512
# Threads of a block whose teams are parts of warps.
_FEW = 128
_TEAM = block(_THREADS)
_room_size, _sum_of_pair = _TEAM.room, _TEAM.sum_of_pair


@inlined
def _sum(values, room, scale):
    high, low = 0.0, 0.0
    for i in range(cuda.threadIdx.x, values.size, _THREADS):
        value = types.float64(values[i]) * scale
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
        high = _sum(values, room, 1.0)
        if cuda.threadIdx.x == 0:
            out[0] = high

    return cuda.jit(total)


@functools.cache
def _shares():
    def shares(weights, counted, out):
        if cuda.blockIdx.x > 0:
            return
        room = cuda.shared.array(_room_size, types.float64)
        scale = 1.0
        high = _sum(counted, room, scale)
        if not math.isfinite(high):  # all threads agree; perhaps only the sum has overflowed
            scale = 2.0**-100
            high = _sum(counted, room, scale)
        for i in range(cuda.threadIdx.x, out.size, _THREADS):
            out[i] = types.float64(weights[i]) * scale / high

    return cuda.jit(shares)


@functools.cache
def _added(size):
    # Sums over `count` rows each, by so many threads each.
    team = block(size) if size > WARP else part_of_warp(size, _FEW // size)
    row, index, room_size, sum_of_pair = team.row, team.index, team.room, team.sum_of_pair

    def added(arrays, start, strides, shape, count, out):
        r = row()
        if r >= out.size:
            return
        room = cuda.shared.array(room_size, types.float64)
        high, low = 0.0, 0.0
        for i in range(index(), count, size):
            at = place(r * count + i, shape, start, strides)
            for values in arrays:
                high, lost = two_sum(high, types.float64(values[at]))
                low += lost
        high, low = sum_of_pair(room, high, low)
        if index() == 0:
            out[r] = high

    return team.per_block, cuda.jit(added)


def total(values, out, stream):
    """The sum of an array, in out[0]."""
    launch(_total(), 1, _THREADS, stream, flat(values), flat(out))


def shares(weights, counted, out, stream):
    """Weights over the sum of what is counted; NaN if one of that is NaN, or all are 0."""
    launch(_shares(), 1, _THREADS, stream, flat(weights), flat(counted), flat(out))


def added(arrays, out, stream):
    """The sum of arrays that lie alike, over the axes that `out` has not or has with length 1."""
    first = arrays[0]
    lead = first.ndim - out.ndim
    repeated = [i for i, k in enumerate(out.shape, lead) if k == 1 and first.shape[i] != 1]
    repeated = [*range(lead), *repeated]
    kept = [i for i in range(first.ndim) if i not in repeated]
    count = math.prod(first.shape[i] for i in repeated)
    shape, turned = merged([u.transpose(*kept, *repeated) for u in arrays])
    memory, starts, strides = zip(*map(span, turned))
    size = 1 if count == 1 else WARP if count <= _THREADS else _THREADS
    per_block, kernel = _added(size)
    args = memory, starts[0], strides[0], shape, count, flat(out)
    launch(kernel, -(-out.size // per_block), size * per_block, stream, *args)
