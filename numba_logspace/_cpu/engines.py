"""Which kernel does the work: by the shape (outer, n, inner) and the number of threads.

Every engine of rows is called with the same arguments, all arrays flat, or None:

    engine(x, g, t, c, values, outs, outer, n, inner, workers)

x, g and t have a number for each entry (g and t also labels, see `entries`), c one for each row.
The results for the rows go into `values`, those for the entries into the two arrays `outs`.
"""

import functools

import numpy as np
from numba.extending import register_jitable

from .._formulas.simd import VECTOR_BYTES
from . import (
    alone,
    kernels,
    moments,
    pieces,
    scan,
    stream,
    tile_kernels,
    weigh,
    weigh_lines,
    weighted,
)
from .entries import KEEP
from .groups import MOST_OF_MAPS, MOST_OF_REDUCTIONS, go_in_groups
from .workers import THRESHOLD, share

# Rows up to this length go side by side through the lanes of vectors, longer ones along them.
_SHORT = 40
# The same of maps in float64: along vectors these go in groups, which costs less sooner.
_SHORT_OF_MAPS = 31
# Columns up to this length are copied together, so that they lie in the cache between sweeps.
_TILE = 8192
# Rows of so many bytes and more are shared in pieces where they are few.
_LONG = 1 << 21
# Sums of weighted terms over so many entries are shared among threads where rows are too few.
_WEIGHED_TOGETHER = 1 << 19

# The ways of one thread: rows side by side in the lanes of vectors, row by row, tiles of columns.
SHORT, ROWS, COLUMNS = range(3)
_STREAM, _PIECES = 3, 4


@register_jitable
def way(itemsize, outer, n, inner, of_map):
    """The way of one thread through memory, and its units of work; also inside jitted code."""
    width, rows = VECTOR_BYTES // itemsize, outer * inner
    short = _SHORT_OF_MAPS if of_map and itemsize == 8 else _SHORT
    if inner < width // 2 and rows >= width // 2 and n <= (short if inner == 1 else _TILE):
        return SHORT, rows
    if inner == 1:
        return ROWS, outer
    return COLUMNS, outer * -(-inner // width)


class _Engine:
    """What maps and reductions share: the choice of a way through memory."""

    of_nothing = 0.0  # the value of a row without entries
    ordered = False  # whether the entries of a row follow each other in C order
    counts = False  # whether the length of a row is part of its value
    in_place = True  # whether results in the place of x cost no more
    of_map = False  # whether it is a map
    in_parts = True  # whether summaries of the parts of a row are enough, merged

    def __init__(self, condition, second):
        self.condition = condition
        self.second = second
        self._seconds = kernels.SECONDS[second]

    def _way(self, x, outer, n, inner, workers):
        chosen, units = way(x.itemsize, outer, n, inner, self.of_map)
        if chosen == SHORT:
            return chosen, units
        if chosen == ROWS:
            few = workers > 1 and outer < 4 * workers and n * x.itemsize >= _LONG
            return (_PIECES if few else ROWS), units
        if n > _TILE or (units < workers and n * inner >= THRESHOLD // 4):
            return _STREAM, outer
        return chosen, units

    @functools.cached_property
    def kernels(self):
        """The kernels for jitted code, where those of groups would take too long to compile."""
        return self._short, self._rows, self._columns

    def _summaries(self, x, block, n, inner, workers):
        lines = stream.Lines(x, block * n * inner, n, inner, workers)
        summary = second = lines.summary()
        if self.wants_second(summary, n):
            look = lines.without_max if self.second == "without max" else lines.with_shortfall
            second = look(summary)
        return lines, summary, second

    @functools.cached_property
    def wants_second(self):
        """The kernel (summary, n) that says whether any row wants a second look."""
        return stream.wants_second(self.condition)


class Map(_Engine):
    """A function with a result for every entry, from its formulas.

    `keeps` says that `element` wants the scaled term and not the entry. With `beside` it wants
    both, so that terms are kept along rows alone, where they have a place of their own.

    `lighter` is (condition on what `prepare` returns, formula that does for `element` along rows
    that fulfil it), or nothing. `light` is (what a long row prepares, formula that does for
    `element` at entries below a limit, the first number of that), or nothing.
    """

    in_place, of_map = False, True

    def __init__(
        self,
        prepare,
        element,
        condition,
        second="none",
        keeps=True,
        beside=False,
        lighter=(),
        light=(),
    ):
        super().__init__(condition, second)
        self.prepare, self.element, self.keeps = prepare, element, keeps
        self.lighter, self.light = lighter, light
        self.beside = keeps or beside
        self._formulas = prepare, element, condition

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill the first of `outs` from x; they may be the same array."""
        out = outs[0]
        chosen, units = self._way(x, outer, n, inner, workers)
        if chosen == _STREAM:
            for block in range(units):
                self._stream(x, out, block, n, inner, workers)
            return
        if chosen == _PIECES:
            found = pieces.summaries(self, x, outer, n, workers)
            pieces.finish(self, x, found, outer, n, out, workers)
            return
        if chosen == ROWS:
            # The exponentials are kept in `out`, unless that is where x is still needed.
            cached = self.beside and n * x.itemsize <= KEEP and not np.may_share_memory(x, out)
            kept = out if cached else None
            in_groups = go_in_groups(x, n, MOST_OF_MAPS)
            rows = self._groups if in_groups else self._rows
            share(rows, (x, kept, out, n), units, workers)
            return
        kept = out if self.keeps else None
        kernel = self._short if chosen == SHORT else self._columns
        share(kernel, (x, kept, out, n, inner), units, workers)

    def _stream(self, x, out, block, n, inner, workers):
        lines, summary, second = self._summaries(x, block, n, inner, workers)
        row = np.empty_like(summary)
        self._prepare_columns(summary, second, n, row)
        lines.finish(self._finish_columns, summary[0], row, out)

    @functools.cached_property
    def _rows(self):
        return kernels.map_rows(*self._formulas, self._seconds, self.lighter, self.light)

    @functools.cached_property
    def _groups(self):
        return kernels.map_groups(*self._formulas, self._seconds, self.lighter)

    @functools.cached_property
    def one_row(self):
        """The kernel (x, out) of one row, x and `out` flat and different."""
        return kernels.map_one_row(
            *self._formulas, self._seconds, self.lighter, self.light, self.beside
        )

    @functools.cached_property
    def _columns(self):
        return tile_kernels.map_columns(self.prepare, self.element, self.condition, self._seconds)

    @functools.cached_property
    def _short(self):
        return tile_kernels.map_short_rows(
            self.prepare, self.element, self.condition, self._seconds
        )

    @functools.cached_property
    def _prepare_columns(self):
        return stream.prepare_columns(self.prepare)

    @functools.cached_property
    def _finish_columns(self):
        return stream.finish_columns(self.element)


class Reduction(_Engine):
    """A function with one result for every row, from its formulas.

    `counts` says that the length of a row is part of it, so that absent entries must not be
    there at all: it is not enough that they are -inf.
    """

    of_nothing = -np.inf

    def __init__(self, reduce, condition, second="none", counts=False):
        super().__init__(condition, second)
        self.reduce, self.counts = reduce, counts

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill `values`, (outer, inner), from x."""
        out = values
        chosen, units = self._way(x, outer, n, inner, workers)
        if chosen == _STREAM:
            for block in range(units):
                _, summary, second = self._summaries(x, block, n, inner, workers)
                self._reduce_columns(summary, second, n, out[block * inner : (block + 1) * inner])
        elif chosen == _PIECES:
            pieces.reduce(self, pieces.summaries(self, x, outer, n, workers), n, out)
        elif chosen == ROWS:
            in_groups = go_in_groups(x, n, MOST_OF_REDUCTIONS)
            rows = self._groups if in_groups else self._rows
            share(rows, (x, out, n), units, workers)
        else:
            kernel = self._short if chosen == SHORT else self._columns
            share(kernel, (x, out, n, inner), units, workers)

    @functools.cached_property
    def _rows(self):
        return kernels.reduce_rows(self.reduce, self.condition, self._seconds)

    @functools.cached_property
    def _groups(self):
        return kernels.reduce_groups(self.reduce, self.condition, self._seconds)

    @functools.cached_property
    def one_row(self):
        """The kernel (x) of one row, flat."""
        return kernels.reduce_one_row(self.reduce, self.condition, self._seconds)

    @functools.cached_property
    def _columns(self):
        return tile_kernels.reduce_columns(self.reduce, self.condition, self._seconds)

    @functools.cached_property
    def _short(self):
        return tile_kernels.reduce_short_rows(self.reduce, self.condition, self._seconds)

    @functools.cached_property
    def _reduce_columns(self):
        return stream.reduce_columns(self.reduce)


class Weighing(_Engine):
    """A derivative, or a loss and its gradient, from its formulas (see `weigh.Formulas`).

    `keeps` says that the formulas want the scaled terms after they have been summed.
    """

    def __init__(self, formulas, condition, second="none", keeps=True):
        super().__init__(condition, second)
        self.formulas, self.keeps = formulas, keeps

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill `values` and `outs`, of which the first may be any of the inputs."""
        chosen, units = way(x.itemsize, outer, n, inner, self.of_map)
        few = chosen != SHORT and units < workers and n * inner >= _WEIGHED_TOGETHER
        if few and not any(u is not None and u.dtype.kind == "i" for u in (g, t)):
            self._stream(x, g, t, c, values, outs, outer, n, inner, workers)
            return
        if outer * inner == 1:
            # As small arrays go, so that a row has the same bits however it comes.
            self.one_row(x, g, t, c, values, outs)
            return
        keep = x if self.keeps and n * x.itemsize <= KEEP else None
        arrays = x, keep, g, t, c, values, *outs
        if chosen == ROWS:
            share(self._rows, (*arrays, n), units, workers)
        elif chosen == SHORT:
            share(self._short, (*arrays, n, inner), units, workers)
        else:
            kernel = self._columns if n <= _TILE else self._long_columns
            share(kernel, (*arrays, n, inner), units, workers)

    def _stream(self, x, g, t, c, values, outs, outer, n, inner, workers):
        for block in range(outer):
            of_block = slice(block * inner, (block + 1) * inner)
            own_c, own = (None if u is None else u[of_block] for u in (c, values))
            segments = weigh_lines.Segments(x, block * n * inner, n, inner, workers)
            found = self._summaries_of_block(x, block, n, inner, workers)
            self._together(segments, *found, g, t, own_c, own, outs)

    def _summaries_of_block(self, x, block, n, inner, workers):
        if inner == 1:
            return pieces.summaries(self, x[block * n : (block + 1) * n], 1, n, workers)
        return self._summaries(x, block, n, inner, workers)[1:]

    @functools.cached_property
    def _together(self):
        return weigh_lines.Shared(self.formulas)

    def one_row(self, x, g, t, c, values, outs):
        """The shortest way for one row."""
        number = self.lone_row(x, self.keep_of(x), g, t, c, *outs)
        if values is not None:
            values[0] = number

    def keep_of(self, x):
        """What says that the exponentials of rows as this are kept between sweeps."""
        return x if self.keeps and x.nbytes <= KEEP else None

    @functools.cached_property
    def lone_row(self):
        """The kernel (x, keep, g, t, c, *outs) of one row, all flat, which gives its number."""
        return weigh.weigh_one_row(self.formulas, self.condition, self._seconds)

    @functools.cached_property
    def _rows(self):
        return weigh.weigh_rows(self.formulas, self.condition, self._seconds)

    @functools.cached_property
    def _columns(self):
        return weigh.weigh_columns(self.formulas, self.condition, self._seconds)

    @functools.cached_property
    def _long_columns(self):
        return weigh.weigh_long_columns(self.formulas, self.condition, self._seconds)

    @functools.cached_property
    def _short(self):
        return weigh.weigh_short_rows(self.formulas, self.condition, self._seconds)


class Moment(Weighing):
    """A reduction whose sums are relative to the summary, from formulas as of a derivative.

    It is called, and has kernels, as a Reduction.
    """

    of_nothing, counts, in_parts = -np.inf, True, False

    def __init__(self, formulas, condition, second="none"):
        super().__init__(formulas, condition, second, keeps=False)

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill `values`, (outer, inner), from x."""
        chosen, units = way(x.itemsize, outer, n, inner, self.of_map)
        if chosen == ROWS:
            share(self._rows, (x, values, n), units, workers)
        else:
            of_columns = self._columns if n <= _TILE else self._long_columns
            kernel = self._short if chosen == SHORT else of_columns
            share(kernel, (x, values, n, inner), units, workers)

    @functools.cached_property
    def one_row(self):
        """The kernel (x) of one row, flat."""
        return moments.sum_one_row(self.formulas, self.condition, self._seconds)

    @functools.cached_property
    def _rows(self):
        return moments.sum_rows(self.formulas, self.condition, self._seconds)

    def _tiles(self, make):
        return moments.sum_tiles(make, self.formulas, self.condition, self._seconds)

    @functools.cached_property
    def _columns(self):
        return self._tiles(weigh.weigh_columns)

    @functools.cached_property
    def _long_columns(self):
        return self._tiles(weigh.weigh_long_columns)

    @functools.cached_property
    def _short(self):
        return self._tiles(weigh.weigh_short_rows)


class MomentDerivative(Weighing):
    """A derivative of a Moment: the length of a row is part of it, too."""

    counts = True


class Entries(Weighing):
    """A loss in which each entry is a row, from its formulas; they lie side by side."""

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill `values` and the first of `outs`, which may be x."""
        share(self.entries, (x, g, t, c, values, outs[0]), units_of(x), workers)

    @functools.cached_property
    def entries(self):
        """The kernel (x, g, t, c, values, out, start, stop)."""
        return alone.weigh_entries(self.formulas)


@register_jitable
def units_of(x):
    """The vectors that entries fill, the last of them perhaps in part."""
    return -(-x.size // (VECTOR_BYTES // x.itemsize))


@functools.cache
def two_rows(first, second):
    """The kernel (x, y, keep, g, h, c, values, out, out2) of a row of each of two Weighings."""
    parts = ((each.formulas, each.condition, each._seconds) for each in (first, second))
    return weigh.weigh_two_rows(*parts)


class Jacobian(_Engine):
    """A Jacobian, by a kernel factory of `_jacobian`; the unit of work is a row.

    `entries` are its formulas, for kernels that are made of them elsewhere.
    """

    def __init__(self, rows, entries, prepare, condition, second="none"):
        super().__init__(condition, second)
        self._make, self.entries, self.prepare = rows, entries, prepare

    def __call__(self, x, out, n, workers):
        """Fill `out`, (rows, n, n) and flat, from x, flat."""
        share(self.kernel, (x, out, n), x.size // n, workers)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, out, n, start, stop)."""
        return self._make(self.prepare, self.condition, self._seconds)


class Scan:
    """The running logsumexp; the unit of work is an outer block."""

    of_nothing, ordered, counts, in_place = 0.0, True, False, True

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill the first of `outs` from x; they may be the same array."""
        share(self.kernel, (x, outs[0], n, inner), outer, workers)

    def one_row(self, x, out):
        """The shortest way for one row."""
        self.kernel(x, out, x.size, 1, 0, 1)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, out, n, inner, start, stop)."""
        return scan.scan_rows()


class ScanDerivative:
    """A derivative of the running logsumexp, by a kernel factory of `scan_derivatives`."""

    of_nothing, ordered, counts, in_place = 0.0, True, False, True

    def __init__(self, rows):
        self.rows = rows

    def __call__(self, x, g, t, c, values, outs, outer, n, inner, workers):
        """Fill the first of `outs` from x and the weights g; it may be either of them."""
        share(self.kernel, (x, g, outs[0], n, inner), outer, workers)

    def one_row(self, x, g, t, c, values, outs):
        """The shortest way for one row."""
        self.kernel(x, g, outs[0], x.size, 1, 0, 1)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, g, out, n, inner, start, stop)."""
        return self.rows()


class WeightedSum:
    """The logarithm of a weighted sum of exponentials and its sign, in float64."""

    def __call__(self, x, b, values, signs, n):
        """Fill `values` and `signs`, one for each row, from x and b, all flat."""
        self.kernel(x, b, values, signs, n, 0, values.size)

    @functools.cached_property
    def kernel(self):
        """The kernel (x, b, values, signs, n, start, stop)."""
        return weighted.weighted_rows()
