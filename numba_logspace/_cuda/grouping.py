"""CUDA kernels that find segments: the order that sorts ids, offsets, and whether all is right.

The order is that of a radix sort, digit by digit: threads count the digits of a piece each, and
put its entries where those of all pieces before leave off, so that equal ids stay in order.
"""

import functools

import numpy as np
from numba import cuda, types

from .arrays import flat
from .copy import THREADS, blocks, launch

_BITS = 4
_DIGITS = 1 << _BITS
# The most pieces, and the least entries of one.
_PIECES, _LEAST = 1 << 12, 64
_SUMMING = 512


@functools.cache
def _look_at_ids():
    def look(ids, count, faults):
        i = cuda.grid(1)
        if i < ids.size and not 0 <= ids[i] < count:
            faults[0] = 1

    return cuda.jit(look)


@functools.cache
def _look_at_offsets():
    def look(offsets, n, faults):
        i = cuda.grid(1)
        if i < offsets.size:
            before = offsets[i - 1] if i > 0 else 0
            last = i == offsets.size - 1
            if offsets[i] < before or offsets[i] > n or (last and offsets[i] != n):
                faults[0] = 1
            if i == 0 and offsets[i] != 0:
                faults[0] = 1

    return cuda.jit(look)


@functools.cache
def _count():
    def count(ids, order, shift, first, piece, counts, pieces):
        p = cuda.grid(1)
        if p >= pieces:
            return
        mine = cuda.local.array(_DIGITS, types.int64)
        for d in range(_DIGITS):
            mine[d] = 0
        for i in range(p * piece, min((p + 1) * piece, ids.size)):
            mine[(ids[i if first else order[i]] >> shift) & (_DIGITS - 1)] += 1
        for d in range(_DIGITS):
            counts[d * pieces + p] = mine[d]

    return cuda.jit(count)


@functools.cache
def _sum_up():
    # Make each number the sum of those before it: one block, a thread a piece.
    def sum_up(counts):
        if cuda.blockIdx.x > 0:
            return
        sums = cuda.shared.array(_SUMMING, types.int64)
        share = (counts.size + _SUMMING - 1) // _SUMMING
        first = cuda.threadIdx.x * share
        last = min(first + share, counts.size)
        total = 0
        for i in range(first, last):
            total += counts[i]
        sums[cuda.threadIdx.x] = total
        cuda.syncthreads()
        before = 0
        for k in range(cuda.threadIdx.x):
            before += sums[k]
        for i in range(first, last):
            own = counts[i]
            counts[i] = before
            before += own

    return cuda.jit(sum_up)


@functools.cache
def _put():
    def put(ids, order, shift, first, piece, counts, pieces, out):
        p = cuda.grid(1)
        if p >= pieces:
            return
        places = cuda.local.array(_DIGITS, types.int64)
        for d in range(_DIGITS):
            places[d] = counts[d * pieces + p]
        for i in range(p * piece, min((p + 1) * piece, ids.size)):
            entry = i if first else order[i]
            d = (ids[entry] >> shift) & (_DIGITS - 1)
            out[places[d]] = entry
            places[d] += 1

    return cuda.jit(put)


@functools.cache
def _find_offsets():
    def find(ids, order, offsets):
        r = cuda.grid(1)
        if r < offsets.size:
            low, high = 0, ids.size
            while low < high:
                middle = (low + high) // 2
                if ids[order[middle]] < r:
                    low = middle + 1
                else:
                    high = middle
            offsets[r] = low

    return cuda.jit(find)


@functools.cache
def _move():
    def move(x, order, back, inner, out):
        i = cuda.grid(1)
        if i < x.size:
            r = i // inner
            other = order[r] * inner + i - r * inner
            if back:
                out[other] = x[i]
            else:
                out[i] = x[other]

    return cuda.jit(move)


@functools.cache
def _spoil():
    def spoil(faults, out):
        i = cuda.grid(1)
        if i < out.size and faults[0] != 0:
            out[i] = np.nan

    return cuda.jit(spoil)


def look_at_ids(ids, count, faults, stream):
    """Note whether an id is no segment."""
    launch(_look_at_ids(), blocks(ids.size), THREADS, stream, flat(ids), count, flat(faults))


def look_at_offsets(offsets, n, faults, stream):
    """Note whether offsets do not begin with 0, decrease, or do not end with n."""
    args = flat(offsets), n, flat(faults)
    launch(_look_at_offsets(), blocks(offsets.size), THREADS, stream, *args)


def order_of(ids, count, call):
    """The order that sorts ids below `count` and leaves equal ones in theirs."""
    stream, size = call.stream, ids.size
    pieces = max(1, min(_PIECES, size // _LEAST))
    piece = -(-size // pieces)
    order, other, counts = (call.new(k, ids.dtype) for k in (size, size, _DIGITS * pieces))
    for shift in range(0, max(1, (count - 1).bit_length()), _BITS):
        args = flat(ids), flat(order), shift, shift == 0, piece, flat(counts), pieces
        launch(_count(), blocks(pieces), THREADS, stream, *args)
        launch(_sum_up(), 1, _SUMMING, stream, flat(counts))
        launch(_put(), blocks(pieces), THREADS, stream, *args, flat(other))
        order, other = other, order
    return order


def find_offsets(ids, order, offsets, stream):
    """Fill the offsets of ids that an order sorts."""
    launch(
        _find_offsets(),
        blocks(offsets.size),
        THREADS,
        stream,
        flat(ids),
        flat(order),
        flat(offsets),
    )


def move(x, order, inner, out, stream, back=False):
    """Put blocks of `inner` numbers in order, or back to where they were."""
    launch(_move(), blocks(x.size), THREADS, stream, flat(x), flat(order), back, inner, flat(out))


def spoil(faults, out, stream):
    """Make all NaN where there is a fault."""
    launch(_spoil(), blocks(out.size), THREADS, stream, flat(faults), flat(out))
