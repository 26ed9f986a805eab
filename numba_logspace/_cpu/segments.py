"""Engines of segments: rows of unequal length, one after the other in a flat array.

An array of offsets says where: segment r is x[offsets[r] : offsets[r + 1]], and may be empty. The
formulas and sweeps are those of the rows. Where as many short segments follow each other as a
vector has lanes, they go side by side; what a lane lacks to the longest of them is -inf, which no
function here counts. Nothing here knows what the formulas compute.
"""

import functools
import math

import numpy as np
from numba import types
from numba.core import cgutils
from numba.np.arrayobj import populate_array

from .._compile.inline import overload
from .._compile.jit import kernel
from .._compile.trace import formula, loop, primitive
from .._formulas.simd import VECTOR_BYTES
from .._formulas.vectormath import larger, lesser
from .entries import KEEP, kept, number_of_row, numbers_of_rows
from .kernels import SECONDS, map_row_of, reduce_row_of
from .memory import lanes, lanes_of, number_at, on_stack, store
from .tile_kernels import map_tile_of, reduce_tile_of
from .turning import lanes_to_rows, rows_to_lanes
from .weigh import one_row_of, tile_of
from .workers import run_all

# Segments up to this length go side by side through the lanes of vectors.
_SHORT = 40


@primitive
def _tile_on_stack(typing_context, like):
    """Room for a tile of the longest short segments, which takes no memory of the heap."""
    kind = types.Array(like.dtype, 1, "C")
    # Whole blocks are written, of at most as many rows as a vector has lanes.
    count, size = (_SHORT + lanes_of(like)) * lanes_of(like), like.dtype.bitwidth // 8

    def generate(context, builder, sig, args):
        array = context.make_array(kind)(context, builder)
        number = functools.partial(context.get_constant, types.intp)
        populate_array(
            array,
            data=builder.inttoptr(on_stack(context, builder, count * size), array.data.type),
            shape=cgutils.pack_array(builder, [number(count)]),
            strides=cgutils.pack_array(builder, [number(size)]),
            itemsize=number(size),
            meminfo=None,
        )
        return array._getvalue()

    return kind(like), generate


@formula
def _bounds(offsets, r):
    # (the first entry, the number of entries) of a segment
    base = number_at(offsets, r)
    return base, number_at(offsets, r + 1) - base


@formula
def _longest(offsets, first, count):
    def one_more(r, most):
        return larger(_bounds(offsets, r)[1], most)

    return loop(first + count, one_more, 0, first)


def _places(offsets, first):
    # (the first entry, the number of entries) of segment `first` + r
    return lambda r: _bounds(offsets, first + r)


@formula
def _gather(x, offsets, first, count, longest, absent, tile):
    # Make segments lanes. Lanes without one repeat the last, so that they ask for nothing.
    if x is not None:
        rows_to_lanes(x, _places(offsets, first), count, longest, absent, tile)


@formula
def _scatter(tile, offsets, first, count, longest, out):
    lanes_to_rows(tile, _places(offsets, first), count, longest, out)


def _part_of(e, base, n):
    # Where the terms of one segment are kept; None where none are.
    raise NotImplementedError("only inside compiled code")


@overload(_part_of)
def _overload_part_of(e, base, n):
    if e == types.none:
        return lambda e, base, n: None
    return lambda e, base, n: e[base : base + n]


def _map_segments(prepare, element, condition, second, lighter, light):
    row = map_row_of(prepare, element, condition, SECONDS[second], lighter, light)
    tile_map = map_tile_of(prepare, element, condition, SECONDS[second][1])

    def segments(x, e, out, offsets, start, stop):
        w, tile, terms = lanes(x), _tile_on_stack(x), _tile_on_stack(x)
        for first in range(start, stop, w):
            count = lesser(w, stop - first)
            longest = _longest(offsets, first, count)
            if longest == 0:
                continue
            if longest <= _SHORT:
                _gather(x, offsets, first, count, longest, -math.inf, tile)
                tile_map(tile, 0, longest, kept(e, terms), 0, tile, 0, w, None, None)
                _scatter(tile, offsets, first, count, longest, out)
            else:
                for r in range(first, first + count):
                    base, n = _bounds(offsets, r)
                    row(x, base, n, e, base, out, None)

    return kernel(segments)


def _reduce_segments(reduce, condition, second):
    tile_reduce = reduce_tile_of(reduce, condition, SECONDS[second][1])
    row = reduce_row_of(reduce, condition, SECONDS[second])

    def segments(x, out, offsets, start, stop):
        w, tile = lanes(x), _tile_on_stack(x)
        for first in range(start, stop, w):
            count = lesser(w, stop - first)
            longest = _longest(offsets, first, count)
            if 0 < longest <= _SHORT:
                _gather(x, offsets, first, count, longest, -math.inf, tile)
                store(out, first, count, tile_reduce(tile, 0, longest))
            else:
                for r in range(first, first + count):
                    base, n = _bounds(offsets, r)
                    out[r] = row(x, base, n) if n > 0 else -math.inf

    return kernel(segments)


def _weigh_segments(formulas, condition, second):
    row = one_row_of(formulas, condition, SECONDS[second])
    tile_weigh = tile_of(formulas, condition, SECONDS[second][1])

    def segments(x, e, g, c, out, offsets, start, stop):
        w, tile, terms = lanes(x), _tile_on_stack(x), _tile_on_stack(x)
        g_tile = kept(g, _tile_on_stack(x))
        for first in range(start, stop, w):
            count = lesser(w, stop - first)
            longest = _longest(offsets, first, count)
            if longest == 0:
                continue
            if longest <= _SHORT:
                _gather(x, offsets, first, count, longest, -math.inf, tile)
                _gather(g, offsets, first, count, longest, 0.0, g_tile)
                number = numbers_of_rows(c, first, count, x)
                mine = kept(e, terms), None, g_tile, None, number
                tile_weigh(tile, 0, w, longest, None, *mine, tile, None)
                _scatter(tile, offsets, first, count, longest, out)
            else:
                for r in range(first, first + count):
                    base, n = _bounds(offsets, r)
                    number = number_of_row(c, r, x[0])
                    row(x, base, n, _part_of(e, base, n), None, g, None, number, out, None)

    return kernel(segments)


def _share(segments, arguments, offsets, workers):
    # Parts of about as many entries, a few for each thread.
    count = offsets.size - 1
    parts = min(count, 4 * workers) if workers > 1 else 1
    ends = np.linspace(0, offsets[-1], parts + 1)[1:-1]
    # Whole vectors of segments, so that the same go side by side for any number of threads.
    lanes_of_x = VECTOR_BYTES // arguments[0].itemsize
    inner = np.searchsorted(offsets[:-1], ends) // lanes_of_x * lanes_of_x
    bounds = [0, *inner.tolist(), count]
    run_all([(segments, *arguments, *pair) for pair in zip(bounds, bounds[1:])], workers)


class Segments:
    """A function of segments, from the engine `rows` of the function of rows."""

    def __init__(self, rows):
        self.rows = rows

    @property
    def keeps(self):
        """Whether the formulas want the scaled terms after they have been summed."""
        return self.rows.keeps


class SegmentMap(Segments):
    """A function with a result for every entry."""

    def __call__(self, x, g, c, out, offsets, longest, workers):
        """Fill `out` from x, both flat; they may be the same array."""
        cached = longest * x.itemsize <= KEEP and not np.may_share_memory(x, out)
        kept_in = out if self.keeps and cached else None
        _share(self.kernel, (x, kept_in, out, offsets), offsets, workers)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, e, out, offsets, start, stop)."""
        rows = self.rows
        formulas = rows.prepare, rows.element, rows.condition
        return _map_segments(*formulas, rows.second, rows.lighter, rows.light)


class SegmentReduction(Segments):
    """A function with one result for every segment."""

    def __call__(self, x, g, c, out, offsets, longest, workers):
        """Fill `out`, with a number for each segment, from x."""
        _share(self.kernel, (x, out, offsets), offsets, workers)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, out, offsets, start, stop)."""
        return _reduce_segments(self.rows.reduce, self.rows.condition, self.rows.second)


class SegmentWeighing(Segments):
    """A derivative with a result for every entry."""

    def __call__(self, x, g, c, out, offsets, longest, workers):
        """Fill `out` from x, and from g or c, a number for each entry or segment; None for ones."""
        apart = not any(u is not None and np.may_share_memory(u, out) for u in (x, g))
        kept_in = out if self.keeps and apart and longest * x.itemsize <= KEEP else None
        _share(self.kernel, (x, kept_in, g, c, out, offsets), offsets, workers)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, e, g, c, out, offsets, start, stop)."""
        return _weigh_segments(self.rows.formulas, self.rows.condition, self.rows.second)
