"""The CUDA kernel of products of matrices of logarithms: a thread for each result.

A block takes a tile of the result, and brings tiles of a and b together in shared memory; twice,
first for the largest sum a + b, then for the sum of exponentials relative to it. Arrays are read
and written where they lie.
"""

import functools
import math

from numba import cuda, types

from .._compile.inline import inlined
from .._cpu.passes import BLOCK, merged, no_sums, one_less
from .._formulas.softsum import add_sum, reduce_logsumexp
from .._formulas.vectormath import larger
from .arrays import span
from .copy import launch, place

# Rows and columns of the result that a block takes, and terms of a sum that are brought together;
# a product of a vector is as a matrix with few rows or columns.
_SQUARE, _WIDE, _HIGH, _TERMS, _FEW = (16, 16), (1, 128), (128, 1), 16, 2


def fetcher(height, width, kind):
    """The function (tile, array, at, down, across, rows, columns) that brings a tile.

    It has `height` rows and `width` columns, of a matrix that is `rows` by `columns` from `at` on;
    what is beyond is -inf.
    """
    size = height * width

    @inlined
    def fetch(tile, array, at, down, across, rows, columns):
        for e in range(cuda.threadIdx.x, size, cuda.blockDim.x):
            i = e // width
            j = e - i * width
            if i < rows and j < columns:
                tile[types.uint64(e)] = array[types.uint64(at + i * down + j * across)]
            else:
                tile[types.uint64(e)] = kind(-math.inf)

    return fetch


@functools.cache
def _kernel(shape, dtype):
    height, width = shape
    kind = getattr(types, dtype.name)
    size_a, size_b, terms = height * _TERMS, _TERMS * width, _TERMS
    fetch_a, fetch_b = fetcher(height, terms, kind), fetcher(terms, width, kind)

    @inlined
    def fetch(first, tiles, a, b, lengths):
        # The tiles of terms from `first` on.
        (array, at, down, across), (rows, k, columns) = a, lengths
        fetch_a(tiles[0], array, at + first * across, down, across, rows, k - first)
        array, at, down, across = b
        fetch_b(tiles[1], array, at + first * down, down, across, k - first, columns)
        cuda.syncthreads()

    def product(
        a, a_start, a_steps, b, b_start, b_steps, out, start, steps, batch, rows, k, n, count
    ):
        down, across = (rows + height - 1) // height, (n + width - 1) // width
        number = cuda.blockIdx.x // (down * across)
        if number >= count:
            return
        unit = cuda.blockIdx.x - number * down * across
        row, column = unit // across * height, unit % across * width
        a_from = place(number, batch, a_start, a_steps[:-2]) + row * a_steps[-2]
        b_from = place(number, batch, b_start, b_steps[:-2]) + column * b_steps[-1]
        tiles = cuda.shared.array(size_a, kind), cuda.shared.array(size_b, kind)
        a_tile, b_tile = tiles
        of_a = a, a_from, a_steps[-2], a_steps[-1]
        of_b = b, b_from, b_steps[-2], b_steps[-1]
        lengths = rows - row, k, n - column
        i, j = cuda.threadIdx.x // width, cuda.threadIdx.x % width
        # What is unsigned is not looked at for whether it counts from the end.
        i_at, one, line = types.uint64(i * terms), types.uint64(1), types.uint64(width)
        m = kind(-math.inf)
        for first in range(0, k, terms):
            fetch(first, tiles, of_a, of_b, lengths)
            at, b_at, end = i_at, types.uint64(j), i_at + types.uint64(min(terms, k - first))
            while at < end:
                m = larger(a_tile[at] + b_tile[b_at], m)
                at, b_at = at + one, b_at + line
            cuda.syncthreads()
        before = sums = no_sums(m)
        for first in range(0, k, terms):
            if first > 0 and first % BLOCK == 0:
                before, sums = merged(before, sums), no_sums(m)
            fetch(first, tiles, of_a, of_b, lengths)
            at, b_at, end = i_at, types.uint64(j), i_at + types.uint64(min(terms, k - first))
            while at < end:
                sums = add_sum(sums, a_tile[at], b_tile[b_at], m)
                at, b_at = at + one, b_at + line
            cuda.syncthreads()
        if row + i < rows and column + j < n:
            ties, rest, error = one_less(merged(before, sums) if k > BLOCK else sums)
            to = place(number, batch, start, steps[:-2])
            to += (row + i) * steps[-2] + (column + j) * steps[-1]
            out[to] = reduce_logsumexp((m, ties, rest, error), m, m)

    return cuda.jit(product)


def tile_of(rows, n):
    """(rows, columns) of the part of a result (rows, n) that a block takes."""
    return _WIDE if rows <= _FEW else _HIGH if n <= _FEW else _SQUARE


def fill(a, b, out, stream):
    """The products of headers (..., rows, k) and (..., k, n) with the same leading axes."""
    *batch, rows, n = out.shape
    k, count = a.shape[-1], math.prod(batch)
    height, width = shape = tile_of(rows, n)
    blocks = count * -(-rows // height) * -(-n // width)
    arrays = [part for header in (a, b, out) for part in span(header)]
    lengths = tuple(batch), rows, k, n, count
    launch(_kernel(shape, out.dtype), blocks, height * width, stream, *arrays, *lengths)
