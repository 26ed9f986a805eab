"""CUDA kernels of the derivatives of products of matrices of logarithms, by tiles as products.

As on the CPU an entry of the result leaves the largest of its exact sums, and its cotangent over
the total of the terms. A gradient is then itself like a product: a thread has an entry of it, and
adds up what that has in the entries of the result. Cotangents and tangents come times a power of
two, see `lift` of the CPU, which is found on the device.
"""

import functools
import math

import numpy as np
from numba import cuda, types

from .._arguments.layout import broadcast_axes
from .._compile.inline import inlined
from .._compile.trace import formula, loop
from .._cpu.lift import exponent_of, lifts, room_of
from .._cpu.memory import number_at
from .._formulas.products import (
    exact_sum,
    inverse_total,
    larger_sum,
    scaled_share,
    weighted_share,
)
from .._formulas.simd import constant, select
from .._formulas.vectormath import two_sum
from .arrays import flat, merged, span
from .copy import fill_with, launch, place
from .logmatmul import fetcher, tile_of
from .teams import block

# Terms of a sum that are brought together, and where a tile is so high that three of them are more
# than there is room for.
_TERMS, _FEWER, _HIGH = 16, 8, 128
# The blocks that look for the largest weight, and their threads.
_LOOKING, _THREADS = 128, 256
_TEAM = block(_THREADS)
_room_size, _largest_of = _TEAM.room, _TEAM.largest

# A matrix comes to a kernel as (memory, start, steps) of an array with leading axes; in it it is
# (memory, where the entry begins that the block begins with, how far apart rows and columns are).


@inlined
def _of_product(matrix, number, batch, row, column):
    memory, start, steps = matrix
    at = place(number, batch, start, steps[:-2])
    return memory, at + row * steps[-2] + column * steps[-1], steps[-2], steps[-1]


# What a thread does with the terms that have been brought: entries of a row of the tile on the
# left, and entries of a column, `width` apart, of that on the right.


@formula
def _largest_of_tiles(m, a, a_at, b, b_at, width, count):
    def one_more(e, m):
        sums = exact_sum(number_at(a, a_at + e), number_at(b, b_at + e * width))
        return larger_sum(*m, *sums)

    return loop(count, one_more, m)


@formula
def _with_shares(total, m, a, a_at, b, b_at, width, count):
    def one_more(e, total):
        v, low = exact_sum(number_at(a, a_at + e), number_at(b, b_at + e * width))
        summed, lost = two_sum(total[0], scaled_share(v, low, *m))
        return summed, total[1] + lost

    return loop(count, one_more, total)


@formula
def _with_weighted_shares(sums, entry, y, y_at, width, h, m, m_low, at, count):
    def one_more(e, sums):
        v, low = exact_sum(entry, number_at(y, y_at + e * width))
        share = scaled_share(v, low, number_at(m, at + e), number_at(m_low, at + e))
        total, lost = two_sum(sums[0], weighted_share(v, share, number_at(h, at + e)))
        return total, sums[1] + lost

    return loop(count, one_more, sums)


@formula
def _with_slopes(sums, m, up, tiles, beside, a_at, b_at, width, count):
    def one_more(e, sums):
        (total, error), (slope, lack) = sums
        near, far = a_at + e, b_at + e * width
        v, low = exact_sum(number_at(tiles[0], near), number_at(tiles[1], far))
        term = scaled_share(v, low, *m)
        t = number_at(beside[0], near) * up * up + number_at(beside[1], far) * up * up
        total, lost = two_sum(total, term)
        slope, lost_too = two_sum(slope, weighted_share(v, term, t))
        return (total, error + lost), (slope, lack + lost_too)

    return loop(count, one_more, sums)


@formula
def _whole(total, error):
    # What is no number has no error.
    whole = total + error
    return select(whole == whole, whole, total)


@formula
def _scaled_back(y, back):
    factor = constant(y, "half_unscale") * back
    return y * factor * factor


def _corner(height, width):
    @inlined
    def corner(rows, n):
        # (the number of a product, the row and the column that the block begins with).
        down, across = (rows + height - 1) // height, (n + width - 1) // width
        number = cuda.blockIdx.x // (down * across)
        unit = cuda.blockIdx.x - number * down * across
        return number, unit // across * height, unit % across * width

    return corner


def _bringing(height, width, terms, kind):
    # What brings the terms from `first` on of a matrix on the left, and of one on the right.
    fetch_left, fetch_right = fetcher(height, terms, kind), fetcher(terms, width, kind)

    @inlined
    def left(tile, matrix, first, rows, k):
        array, at, down, across = matrix
        fetch_left(tile, array, at + first * across, down, across, rows, k - first)

    @inlined
    def right(tile, matrix, first, k, columns):
        array, at, down, across = matrix
        fetch_right(tile, array, at + first * down, down, across, k - first, columns)

    return left, right


def _terms_of(height):
    return _FEWER if height >= _HIGH else _TERMS


def _largest(height, width, terms, kind):
    left, right = _bringing(height, width, terms, kind)

    @inlined
    def largest(tiles, a, b, rows, k, columns, i, j):
        # The largest exact sum of the entry of a thread.
        m = kind(-math.inf), kind(0.0)
        for first in range(0, k, terms):
            left(tiles[0], a, first, rows, k)
            right(tiles[1], b, first, k, columns)
            cuda.syncthreads()
            brought = min(terms, k - first)
            m = _largest_of_tiles(m, tiles[0], i * terms, tiles[1], j, width, brought)
            cuda.syncthreads()
        return m

    return largest


@functools.cache
def _references(shape, dtype):
    height, width = shape
    kind, terms = getattr(types, dtype.name), _terms_of(height)
    size_a, size_b = height * terms, terms * width
    corner, largest = _corner(height, width), _largest(height, width, terms, kind)
    left, right = _bringing(height, width, terms, kind)

    def references(a, b, g, lift, m, m_low, h, batch, rows, k, n, count):
        number, row, column = corner(rows, n)
        if number >= count:
            return
        tiles = cuda.shared.array(size_a, kind), cuda.shared.array(size_b, kind)
        of_a = _of_product(a, number, batch, row, 0)
        of_b = _of_product(b, number, batch, 0, column)
        down, across = rows - row, n - column
        i, j = cuda.threadIdx.x // width, cuda.threadIdx.x % width
        top = largest(tiles, of_a, of_b, down, k, across, i, j)
        total = kind(0.0), kind(0.0)
        for first in range(0, k, terms):
            left(tiles[0], of_a, first, down, k)
            right(tiles[1], of_b, first, k, across)
            cuda.syncthreads()
            brought = min(terms, k - first)
            total = _with_shares(total, top, tiles[0], i * terms, tiles[1], j, width, brought)
            cuda.syncthreads()
        if i < down and j < across:
            memory, at, of_rows, of_columns = _of_product(g, number, batch, row, column)
            lifted = memory[at + i * of_rows + j * of_columns] * lift[0] * lift[0]
            to = (number * rows + row + i) * n + column + j
            m[to], m_low[to] = top
            h[to] = lifted * inverse_total(total[0], total[1], top[0])

    return cuda.jit(references)


@functools.cache
def _gradient(shape, dtype):
    height, width = shape
    kind, terms = getattr(types, dtype.name), _terms_of(height)
    size_h, size_y = height * terms, terms * width
    corner = _corner(height, width)
    left, right = _bringing(height, width, terms, kind)

    def gradient(x, y, h, m, m_low, lift, out, batch, together, rows, k, n, count):
        # x and out are (rows, n), h and m (rows, k), y is (k, n); an entry of x counts in
        # `together` products.
        number, row, column = corner(rows, n)
        if number >= count:
            return
        h_tile, m_tile = cuda.shared.array(size_h, kind), cuda.shared.array(size_h, kind)
        low_tile, y_tile = cuda.shared.array(size_h, kind), cuda.shared.array(size_y, kind)
        down, across = rows - row, n - column
        i, j = cuda.threadIdx.x // width, cuda.threadIdx.x % width
        is_there = i < down and j < across
        memory, at, of_rows, of_columns = _of_product(x, number * together, batch, row, column)
        entry = memory[at + i * of_rows + j * of_columns] if is_there else kind(0.0)
        sums = kind(0.0), kind(0.0)
        for product in range(number * together, (number + 1) * together):
            of_y = _of_product(y, product, batch, 0, column)
            of_h = _of_product(h, product, batch, row, 0)
            of_m = _of_product(m, product, batch, row, 0)
            of_low = _of_product(m_low, product, batch, row, 0)
            for first in range(0, k, terms):
                left(h_tile, of_h, first, down, k)
                left(m_tile, of_m, first, down, k)
                left(low_tile, of_low, first, down, k)
                right(y_tile, of_y, first, k, across)
                cuda.syncthreads()
                sums = _with_weighted_shares(
                    sums, entry, y_tile, j, width, h_tile, m_tile, low_tile, i * terms,
                    min(terms, k - first),
                )  # fmt: skip
                cuda.syncthreads()
        if is_there:
            memory, at, of_rows, of_columns = _of_product(
                out, number * together, batch, row, column
            )
            memory[at + i * of_rows + j * of_columns] = _scaled_back(
                _whole(sums[0], sums[1]), lift[1]
            )

    return cuda.jit(gradient)


@functools.cache
def _tangent(shape, dtype):
    height, width = shape
    kind, terms = getattr(types, dtype.name), _terms_of(height)
    size_a, size_b = height * terms, terms * width
    corner, largest = _corner(height, width), _largest(height, width, terms, kind)
    left, right = _bringing(height, width, terms, kind)

    def tangent(a, b, ta, tb, lift, out, batch, rows, k, n, count):
        number, row, column = corner(rows, n)
        if number >= count:
            return
        tiles = cuda.shared.array(size_a, kind), cuda.shared.array(size_b, kind)
        beside = cuda.shared.array(size_a, kind), cuda.shared.array(size_b, kind)
        of_a = _of_product(a, number, batch, row, 0)
        of_b = _of_product(b, number, batch, 0, column)
        of_ta = _of_product(ta, number, batch, row, 0)
        of_tb = _of_product(tb, number, batch, 0, column)
        down, across = rows - row, n - column
        i, j = cuda.threadIdx.x // width, cuda.threadIdx.x % width
        top = largest(tiles, of_a, of_b, down, k, across, i, j)
        sums = (kind(0.0), kind(0.0)), (kind(0.0), kind(0.0))
        up, back = lift[0], lift[1]
        for first in range(0, k, terms):
            left(tiles[0], of_a, first, down, k)
            left(beside[0], of_ta, first, down, k)
            right(tiles[1], of_b, first, k, across)
            right(beside[1], of_tb, first, k, across)
            cuda.syncthreads()
            brought = min(terms, k - first)
            sums = _with_slopes(sums, top, up, tiles, beside, i * terms, j, width, brought)
            cuda.syncthreads()
        if i < down and j < across:
            (total, error), (slope, lack) = sums
            memory, at, of_rows, of_columns = _of_product(out, number, batch, row, column)
            whole = _whole(slope, lack) * inverse_total(total, error, top[0])
            memory[at + i * of_rows + j * of_columns] = _scaled_back(whole, back)

    return cuda.jit(tangent)


# --- the power of two ----------------------------------------------------------------------------


@functools.cache
def _look(dtype):
    kind = getattr(types, dtype.name)

    def look(u, start, strides, shape, count, first, found):
        # The largest finite modulus that each block comes across.
        if cuda.blockIdx.x >= _LOOKING:
            return
        room = cuda.shared.array(_room_size, kind)
        largest = kind(0.0)
        for i in range(cuda.grid(1), count, _LOOKING * _THREADS):
            number = abs(u[place(i, shape, start, strides)])
            if largest < number < math.inf:
                largest = number
        largest = _largest_of(room, largest)
        if cuda.threadIdx.x == 0:
            found[first + cuda.blockIdx.x] = largest

    return cuda.jit(look)


@functools.cache
def _settle(room):
    def settle(found, lift):
        if cuda.grid(1) == 0:
            lift[0], lift[1] = lifts(exponent_of(found, 0, 1, found.size), room)

    return cuda.jit(settle)


def _lifts_of(weights, dtype, call):
    # What to multiply all weights by twice, and what undoes it, in two numbers on the device.
    found = call.new(_LOOKING * len(weights), dtype)
    for i, u in enumerate(weights):
        shape, (header,) = merged([u])
        args = *span(header), shape, u.size, i * _LOOKING, flat(found)
        launch(_look(dtype), _LOOKING, _THREADS, call.stream, *args)
    lift = call.new(2, dtype)
    launch(_settle(room_of(dtype)), 1, 32, call.stream, flat(found), flat(lift))
    return flat(lift)


# --- the calls -----------------------------------------------------------------------------------


def _launch(kernel, form, dtype, call, *args):
    *_, rows, n = form
    height, width = shape = tile_of(rows, n)
    blocks = math.prod(form[:-2]) * -(-rows // height) * -(-n // width)
    launch(kernel(shape, dtype), blocks, height * width, call.stream, *args)


def fill_gradients(a, b, g, outs, call):
    """The gradients in a and b, headers (..., rows, k) and (..., k, n), of cotangents g."""
    batch, (rows, n), dtype = g.shape[:-2], g.shape[-2:], g.dtype
    k, lift = a.shape[-1], _lifts_of([g], dtype, call)
    m, m_low, h = references = [call.new(g.shape, dtype) for _ in range(3)]
    arrays = *(span(_broadcast(u, batch)) for u in (a, b)), span(g), lift, *map(flat, references)
    _launch(_references, g.shape, dtype, call, *arrays, batch, rows, k, n, math.prod(batch))
    _fill_gradient(a, b, (h, m, m_low), lift, outs[0], call)
    b, a, h, m, m_low, out = (u.swapaxes(-1, -2) for u in (b, a, h, m, m_low, outs[1]))
    _fill_gradient(b, a, (h, m, m_low), lift, out, call)


def _broadcast(u, batch):
    return np.broadcast_to(u, batch + u.shape[-2:])


def _fill_gradient(x, y, references, lift, out, call):
    # Of x (..., rows, k), with y (..., k, n); the axes along which x is broadcast come last.
    *batch, rows, n = references[0].shape
    batch, k = tuple(batch), x.shape[-1]
    repeated = broadcast_axes(x.shape[:-2], batch)
    kept = [i for i in range(len(batch)) if i not in repeated]
    order = *kept, *repeated, len(batch), len(batch) + 1
    arrays = x, y.swapaxes(-1, -2), *references, out
    x, y, h, m, m_low, out = (span(_broadcast(u, batch).transpose(order)) for u in arrays)
    form = *(batch[i] for i in kept), rows, k
    together, ordered = math.prod(batch[i] for i in repeated), tuple(batch[i] for i in order[:-2])
    arrays, lengths = (x, y, h, m, m_low, lift, out), (rows, n, k, math.prod(form[:-2]))
    _launch(_gradient, form, references[0].dtype, call, *arrays, ordered, together, *lengths)


def fill_tangents(a, b, ta, tb, out, call):
    """The derivative of products of headers along ta and tb, of which one may be None, for 0."""
    *batch, rows, n = out.shape
    batch, dtype = tuple(batch), out.dtype
    lift = _lifts_of([t for t in (ta, tb) if t is not None], dtype, call)
    zero = call.new((), dtype)
    fill_with(zero, 0.0, call.stream)
    ta, tb = (np.broadcast_to(zero, u.shape) if t is None else t for t, u in ((ta, a), (tb, b)))
    arrays = [span(_broadcast(u, batch)) for u in (a, b, ta, tb)]
    lengths = batch, rows, a.shape[-1], n, math.prod(batch)
    _launch(_tangent, out.shape, dtype, call, *arrays, lift, span(out), *lengths)
