"""CUDA kernels of Jacobians: a team of threads takes some lines of the matrix of a row.

Each thread takes columns. What the entries of a row give to their lines is worked out once, and
lies in shared memory; teams that share a row find out all else about it again.
"""

import functools
from typing import Any

from numba import cuda, types
from numba.extending import overload

from .arrays import flat
from .copy import launch
from .kernels import many_equal, sum_of_strip, summaries_of
from .teams import WARP, block, part_of_warp

_INLINED: Any = {"error_model": "numpy", "forceinline": True}
# Threads of a block, and rows up to which a warp takes one.
_THREADS, _FOR_WARP = 128, 128
# The most lines of a team: enough that the sums of a row, found out again, count little.
_LINES = 64


def _keep(room, at, numbers):
    raise NotImplementedError("only inside compiled code")


@overload(_keep, jit_options=_INLINED)
def _overload_keep(room, at, numbers):
    if numbers.count == 0:
        return lambda room, at, numbers: None

    def keep(room, at, numbers):
        room[at] = numbers[0]
        _keep(room, at + 1, numbers[1:])

    return keep


def _kept(width):
    # The function that gives so many numbers from there on, as a tuple.
    def kept(room, at):
        raise NotImplementedError("only inside compiled code")

    further = _kept(width - 1) if width else None

    @overload(kept, jit_options=_INLINED)
    def _overload_kept(room, at):
        if width == 0:
            return lambda room, at: ()
        # What is unsigned is not looked at for whether it counts from the end.
        return lambda room, at: (room[types.uint64(at)],) + further(room, at + 1)

    return kept


@functools.cache
def _kernel(engine, size, dtype):
    # (teams of a block, the kernel) of teams of so many threads.
    in_warp, kind = size <= WARP, getattr(types, dtype.name)
    team = part_of_warp(size, _THREADS // size) if in_warp else block(size)
    number_of_team, index_in_team, room_size, sync = team.row, team.index, team.room, team.sync
    summaries = summaries_of(team, engine.condition, engine.second, many_equal, sum_of_strip)
    prepare = engine.prepare
    others_of, column_of, line_of, entry, diagonal, width = engine.entries
    most = min(size, _LINES) if size < WARP else _LINES
    kept, lines_size = _kept(width), team.per_block * most * width

    def jacobian(x, out, n, parts, count):
        number = number_of_team()
        r = number // parts
        if r >= count:
            return
        room = cuda.shared.array(room_size, kind)
        lines = cuda.shared.array(lines_size, kind)
        index, base = index_in_team(), r * n
        strip = x, base + index, size, max(0, (n - index + size - 1) // size)
        summary, more = summaries(room, strip, strip, n, (None, 0, 0))
        m = summary[0]
        reference, row = prepare(summary, more, n)
        others = others_of(reference, summary, more)
        first = (number - r * parts) * most
        last = min(first + most, n)
        own = cuda.threadIdx.x // size * most * width
        for i in range(first + index, last, size):
            _keep(lines, own + (i - first) * width, line_of(x[base + i], m, row))
        sync()
        for j in range(index, n, size):
            v = x[base + j]
            column = column_of(v, m, reference, row, others)
            at, line = (base + first) * n + j, own
            for _ in range(first, last):
                out[types.uint64(at)] = entry(kept(lines, line), v, column)
                at += n
                line += width
            if first <= j < last:
                out[(base + j) * n + j] = diagonal(v, m, row, column)

    return team.per_block, most, cuda.jit(jacobian)


def fill(engine, x, out, n, stream):
    """The Jacobians (rows, n, n) of rows, both flat."""
    size = next((size for size in (8, 16, WARP) if n <= size), WARP)
    size = size if n <= _FOR_WARP else _THREADS
    per_block, most, kernel = _kernel(engine, size, x.dtype)
    rows, parts = x.size // n, -(-n // most)
    blocks, threads = -(-rows * parts // per_block), size * per_block
    launch(kernel, blocks, threads, stream, flat(x), flat(out), n, parts, rows)
