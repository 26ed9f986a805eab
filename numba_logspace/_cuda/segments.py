"""CUDA arrays of segments: what the host checks, and a team of threads for each segment."""

import functools

import numpy as np
from numba import cuda, types

from .._arguments.segments import Segments as SegmentsOfCpu
from .._cpu.entries import number_of_row, of_row
from .._cpu.memory import put_number
from .._formulas.simd import const
from . import grouping, teams
from .arrays import flat
from .call import Call
from .copy import fill_with, launch, unpack
from .engines import formulas_of
from .kernels import NOTHING, given, many_equal, row_of, sum_of_strip

_INT = np.dtype(np.int64)
# Threads of a block, and (mean length up to which, threads that share a segment).
_THREADS, _SIZES = 128, ((24, 8), (384, 32))


def _unequal_rows(team, formulas, condition, second, dtype, of_nothing):
    # Rows of unequal lengths, of `inner` columns; `offsets` say where they begin and end.
    one_row = row_of(team, formulas, condition, second, many_equal, sum_of_strip)
    size, room_size, row_of_team, index_in_team = team.size, team.room, team.row, team.index

    def rows(x, g, c, values, out, offsets, inner, count):
        r = row_of_team()
        if r >= count:
            return
        room = cuda.shared.array(room_size, dtype)
        g, c, values, out = given(g), given(c), given(values), given(out)
        index, segment, length = index_in_team(), r // inner, x.size // inner
        # Of wrong offsets no memory is touched that is not ours.
        first = min(max(offsets[segment], 0), length)
        n = min(max(offsets[segment + 1], first), length) - first
        if n == 0:
            if index == 0:
                put_number(values, r, const(x[0], of_nothing))
            return
        base = (first + index) * inner + (r - segment * inner)
        strip = x, base, size * inner, max(0, (n - index + size - 1) // size)
        along = of_row(g, r), None, index, size
        number = number_of_row(c, r, x[0])
        result = one_row(room, strip, strip, n, (None, 0, 0), along, number, out, None)
        if index == 0:
            put_number(values, r, result)

    return cuda.jit(rows)


@functools.cache
def _kernel(engine, size, dtype):
    # (teams of a block, the kernel)
    team = teams.part_of_warp(size, _THREADS // size) if size <= teams.WARP else teams.block(size)
    what = formulas_of(engine), engine.condition, engine.second, getattr(types, dtype.name)
    return team.per_block, _unequal_rows(team, *what, engine.of_nothing)


class Segments(SegmentsOfCpu):
    """As on the CPU, of CUDA arrays; what is checked are their headers.

    What is wrong with the numbers of ids and offsets is noted in `faults`.
    """

    def __init__(self, x, segment_ids, offsets, num_segments, stream):
        self.call = Call(x, "x", stream)
        self.faults = self.call.new(1, _INT)
        fill_with(self.faults, 0, self.call.stream)
        super().__init__(self.call.x, segment_ids, offsets, num_segments)

    def taken(self, array, name):
        """The header of an argument."""
        return self.call.header(array, name)

    def whole_numbers(self, given, name, otherwise):
        """The header of an argument that holds ints, which are not looked at."""
        return self.call.whole_numbers(given, name, otherwise)

    def of_int64(self, array, name):
        """Whole numbers as a flat array of int64."""
        return self.call.flat(array, _INT)

    def check_offsets(self, offsets):
        """Note whether they are wrong."""
        grouping.look_at_offsets(offsets, len(self.x), self.faults, self.call.stream)

    def group(self, ids, count):
        """Find the offsets, and the order that sorts the entries."""
        if count is None:
            raise TypeError(
                "num_segments must be an int beside segment_ids that are a CUDA array, got None: "
                "the host would have to wait for the largest id"
            )
        stream = self.call.stream
        self.offsets = self.call.new(count + 1, _INT)
        if not ids.size:
            fill_with(self.offsets, 0, stream)
            return
        grouping.look_at_ids(ids, count, self.faults, stream)
        self.order = grouping.order_of(ids, count, self.call)
        grouping.find_offsets(ids, self.order, self.offsets, stream)

    def out(self, out, shape, inputs, may_be=()):
        """The header of an array for results, made or checked."""
        if out is None:
            return self.call.new(shape, self.result)
        return super().out(self.call.header(out, "out"), shape, inputs, may_be)

    def handed_out(self, out):
        """What the caller gets for a header."""
        return self.call.handed_out(out)

    def _sorted(self, header):
        if header is None:
            return None
        numbers = self.call.flat(header, self.dtype)
        if self.order is None or not numbers.size:
            return numbers
        copy = self.call.new(numbers.size, self.dtype)
        grouping.move(numbers, self.order, self.columns, copy, self.call.stream)
        return copy

    def run(self, function, out, g=None, c=None):
        """Fill `out` from x, and from g or c, which have a number for each entry or segment."""
        if not out.size:
            return
        reduces, stream = function.kind == "segment reduction", self.call.stream
        sorts = self.order is not None and not reduces
        lies = out.dtype == self.dtype and out.flags.c_contiguous
        results = out.reshape(-1) if lies and not sorts else self.call.new(out.size, self.dtype)
        if self.x.size:
            c = None if c is None else self.call.flat(c, self.dtype)
            arrays = self._sorted(self.x), self._sorted(g), c
            self._launch(function.engine.rows, arrays, results, reduces)
        else:
            fill_with(results, function.engine.rows.of_nothing, stream)
        grouping.spoil(self.faults, results, stream)
        if sorts:
            place = out.reshape(-1) if lies else self.call.new(out.size, self.dtype)
            grouping.move(results, self.order, self.columns, place, stream, back=True)
            results = place
        if not lies:
            unpack(results, out, stream)

    def _launch(self, engine, arrays, results, reduces):
        mean = len(self.x) // max(1, self.count)
        size = next((size for most, size in _SIZES if mean <= most), _THREADS)
        per_block, kernel = _kernel(engine, size, self.dtype)
        outs = (flat(results), NOTHING) if reduces else (NOTHING, flat(results))
        rows = self.count * self.columns
        launch(
            kernel, -(-rows // per_block), size * per_block, self.call.stream,
            *map(flat, arrays), *outs, flat(self.offsets), self.columns, rows,
        )  # fmt: skip
