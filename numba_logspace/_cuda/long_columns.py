"""CUDA kernels for long columns: one sweep for the maximum and the sum, one for the rest.

A thread takes a few entries at a time, and sums them up relative to the largest that it has met.
Where a larger one comes, the sum is first made relative to that, by a factor that has nearly twice
the digits, and at the end to the largest of the column.
"""

import math

from numba import cuda

from .._compile.inline import inlined
from .._cpu.entries import number_of_row, of_row
from .._cpu.memory import put_number
from .._cpu.passes import merged, no_sums, one_less
from .._formulas.simd import const, constant
from .._formulas.softsum import part_relative_to
from .._formulas.vectormath import larger
from .columns import fetch_of, place_of, tile
from .kernels import given, many_equal, number_for, row_of, sum_of_registers
from .teams import MANY_COLUMNS

# Threads of a block, of one whose columns have a thread each, and blocks that fill a GPU.
_THREADS, _ALONE, _FILLING = 512, 128, 128
# The least bytes of neighbouring columns that a block takes, and the most columns.
_LEAST_BYTES, _MOST = 16, 32
# Entries that a thread takes at a time.
_HELD = {4: 16, 8: 8}


def plan(itemsize, columns):
    """(columns of a block, threads of a column, entries that a thread takes at a time)."""
    if columns >= MANY_COLUMNS:
        return _ALONE, 1, _HELD[itemsize]
    width = _LEAST_BYTES // itemsize
    while width < _MOST and 2 * width * _FILLING <= columns:
        width *= 2
    return width, _THREADS // width, _HELD[itemsize]


@inlined
def _relative_to(part, m):
    # (entries equal to m, rest, error) of (maximum, entries equal to it, rest, error).
    own, ties, rest, error = part
    if own == m:
        return ties, rest, error
    if own == const(own, -math.inf):
        return const(own, 0.0), rest, error  # of no entries, or NaN
    ties, rest, error = one_less((ties, rest, error))
    return part_relative_to((own, ties, rest, error), m)


def one_sweep(team, held, dtype):
    """The summary of a column from one sweep, as two_sweeps of kernels."""
    fetch, largest, sum_of_pair = fetch_of(held), team.largest, team.sum_of_pair

    @inlined
    def sweep(room, strip, terms):
        x, base, step, count = strip
        mine, unused = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        m = const(x[0], -math.inf)
        ties, rest, error = no_sums(m)
        for start in range(0, count, held):
            fetch(x, base + start * step, step, count - start, -math.inf, mine)
            top = m
            for k in range(held):
                top = larger(mine[k], top)
            if top > m:
                ties, rest, error = _relative_to((m, ties, rest, error), top)
                m = top
            more = sum_of_registers((mine, 0, 1, held), (unused, 0, 1), m)
            ties, rest, error = merged((ties, rest, error), more)
        top = largest(room, m)
        ties, rest, error = _relative_to((m, ties, rest, error), top)
        ties, low = sum_of_pair(room, ties, const(ties, 0.0))
        rest, error = sum_of_pair(room, rest, error)
        # A count of more digits than the type has goes on in the error.
        ties, rest, error = one_less((ties, rest, error + low * constant(low, "scale")))
        return top, ties, rest, error

    return sweep


def long_columns(columns, size, held, formulas, condition, second, dtype):
    """The kernel of a tile of columns, which are read twice; derivatives read them once more."""
    team = tile(columns, size)
    sweep = one_sweep(team, held, dtype)
    what = team, formulas, condition, second, many_equal, None, sweep
    one_row, room_size, of_thread = row_of(*what), team.room, place_of(team)

    def rows(x, g, t, c, values, out, out2, n, inner, count):
        if cuda.blockIdx.x * columns >= count:
            return
        r, is_own, index, first, mine_count = of_thread(n, inner, count)
        room = cuda.shared.array(room_size, dtype)
        g, t, c, values = given(g), given(t), given(c), given(values)
        out, out2 = given(out), given(out2)
        # Beyond the last column there are no entries: results may lie where others are read.
        strip = x, first, size * inner, mine_count if is_own else 0
        along = of_row(g, r), of_row(t, r), index, size
        number = number_for(of_row(g, r), n, number_of_row(c, r, x[0]))
        result = one_row(room, strip, strip, n, (None, 0, 0), along, number, out, out2)
        if index == 0 and is_own:
            put_number(values, r, result)

    return cuda.jit(rows, launch_bounds=columns * size)
