"""CUDA kernels for columns, where an axis lies after that of the rows: each entry is read once.

A block takes a tile: neighbouring columns, whose entries at one place lie side by side, and so many
threads for each, which hold its entries in registers. What the threads of a column find they
exchange first within each warp, then through shared memory. All columns of a tile take the same
steps, since the threads of a block wait for each other.
"""

import math

import numpy as np
from numba import cuda, types
from numba.extending import overload

from .._compile.inline import inlined
from .._cpu.entries import number_of_row, of_row
from .._cpu.memory import number_at, put_number
from .._formulas.simd import const
from .._formulas.vectormath import larger, two_sum
from .kernels import few_equal, given, number_for, row_of, sum_of_registers
from .teams import WARP, Exchange, Team, in_warp, part_of_warp, settled

# Threads of a block, of one whose columns have a thread each, and the most.
_THREADS, _ALONE, _MOST_THREADS = 256, 128, 512
# The least bytes of neighbouring columns that a block takes, and how many blocks fill a GPU.
_LEAST_BYTES, _FILLING = 16, 256
# Where columns are few, no thread has fewer entries than about that.
_FEWEST = 4
# So many entries of a thread may be absent where the others need no look.
_UNSURE = 2
_INLINED = {"error_model": "numpy", "forceinline": True}
_WHOLE_WARP = np.uint32((1 << WARP) - 1)


def plan(most, itemsize, n, columns):
    """(columns of a block, threads of a column, entries of a thread), None for long columns.

    A thread has at most so many entries, and there are so many columns.
    """
    size = 1 << (-(-n // most) - 1).bit_length()
    least = _LEAST_BYTES // itemsize
    threads = max(_ALONE if size == 1 else _THREADS, size * least)
    if threads > _MOST_THREADS:
        return None
    # Few columns have more threads each.
    few = _FILLING * threads / columns
    while 1 < size < min(few, threads // least, -(-n // _FEWEST)):
        size *= 2
    held = -(-n // size)
    return threads // size, size, held + held % 2 if held > 8 and size > 1 else held


# --- teams of a tile -----------------------------------------------------------------------------


def tile(columns, size):
    """Teams of so many threads, a power of 2, for each of so many columns, a power of 2.

    A block has all; more than one thread for a column means whole warps.
    """
    if size == 1:
        return part_of_warp(1, columns)

    @inlined
    def row():
        return cuda.blockIdx.x * columns + cuda.threadIdx.x % columns

    @inlined
    def index():
        return cuda.threadIdx.x // columns

    @inlined
    def any_row(condition):
        return cuda.syncthreads_or(np.int32(1 if condition else 0)) != 0

    exchange = _in_tile(columns, size)
    team = Team(size, columns, row, index, exchange.room, exchange, cuda.syncthreads, any_row)
    team.together = exchange.together
    return team


def _in_tile(columns, size):
    # Of a column first the threads of a warp, which lie so many lanes apart, then its warps: these
    # leave their numbers in rooms that no two lanes share a bank of, where neighbouring threads
    # find those of a column, and put what they make of them where all see it.
    lanes = min(columns, WARP)
    steps = (WARP // lanes).bit_length() - 1
    warps = columns * size // max(columns, WARP)
    pitch = warps + 1
    ends, size_of_room = columns * pitch, columns * (pitch + 1)
    then = in_warp(warps)
    then_largest, then_sum, then_count = then.largest, then.sum_of_pair, then.count

    @inlined
    def leave(room, number, value):
        thread = cuda.threadIdx.x
        if thread % WARP < lanes:
            at = thread % columns * pitch + thread // max(columns, WARP)
            room[number * size_of_room + at] = value

    @inlined
    def found(room, number):
        thread = cuda.threadIdx.x
        return room[number * size_of_room + thread // warps * pitch + thread % warps]

    @inlined
    def put(room, number, value):
        if cuda.threadIdx.x % warps == 0:
            room[number * size_of_room + ends + cuda.threadIdx.x // warps] = value

    @inlined
    def of_column(room, number):
        return room[number * size_of_room + ends + cuda.threadIdx.x % columns]

    @inlined
    def merges():
        return cuda.threadIdx.x < columns * warps

    @inlined
    def largest(room, m):
        for i in range(steps):
            m = larger(cuda.shfl_xor_sync(_WHOLE_WARP, m, lanes << i), m)
        leave(room, 0, m)
        cuda.syncthreads()
        if merges():
            put(room, 0, then_largest(room, found(room, 0)))
        cuda.syncthreads()
        return of_column(room, 0)

    @inlined
    def pair_of_lanes(high, low):
        for i in range(steps):
            other = cuda.shfl_xor_sync(_WHOLE_WARP, high, lanes << i)
            other_low = cuda.shfl_xor_sync(_WHOLE_WARP, low, lanes << i)
            high, lost = two_sum(high, other)
            low = (low + other_low) + lost
        return settled(high, low)

    @inlined
    def sum_of_pair(room, high, low):
        high, low = pair_of_lanes(high, low)
        leave(room, 0, high)
        leave(room, 1, low)
        cuda.syncthreads()
        if merges():
            high, low = then_sum(room, found(room, 0), found(room, 1))
            put(room, 0, high)
            put(room, 1, low)
        cuda.syncthreads()
        return of_column(room, 0), of_column(room, 1)

    @inlined
    def together(room, number, high, low):
        for i in range(steps):
            number = number + cuda.shfl_xor_sync(_WHOLE_WARP, number, lanes << i)
        high, low = pair_of_lanes(high, low)
        leave(room, 0, high)
        leave(room, 1, low)
        leave(room, 2, number)
        cuda.syncthreads()
        if merges():
            high, low = then_sum(room, found(room, 0), found(room, 1))
            put(room, 0, high)
            put(room, 1, low)
            put(room, 2, then_count(room, found(room, 2)))
        cuda.syncthreads()
        return of_column(room, 2), of_column(room, 0), of_column(room, 1)

    @inlined
    def count(room, number):
        return together(room, number, const(number, 0.0), const(number, 0.0))[0]

    exchange = Exchange(largest, count, sum_of_pair)
    exchange.together, exchange.room = together, 3 * size_of_room
    return exchange


def _equal_in_tile(together):
    # As few_equal, where the count and the sum are exchanged together.
    def equal(at):
        @inlined
        def without_one(room, sums):
            ties, rest, error = together(room, sums[0], sums[1], sums[2])
            return ties - const(ties, 1.0), rest, error

        return without_one

    return equal


# --- the share of a thread -----------------------------------------------------------------------
# Entry k of a thread is k steps after its first, of so many that it has, `count`.


def fetch_of(held):
    """The function that brings the entries of a thread, and what fills the rest."""
    sure = max(held - _UNSURE, 0)

    def fetch(array, first, step, count, fill, mine):
        raise NotImplementedError("only inside compiled code")

    @overload(fetch, jit_options=_INLINED)
    def _overload_fetch(array, first, step, count, fill, mine):
        def fetch(array, first, step, count, fill, mine):
            if count >= sure:
                for k in range(sure):
                    mine[k] = number_at(array, first + k * step)
                for k in range(sure, held):
                    mine[k] = const(mine[0], fill)
                    if k < count:
                        mine[k] = number_at(array, first + k * step)
            else:
                for k in range(held):
                    mine[k] = const(mine[0], fill)
                    if k < count:
                        mine[k] = number_at(array, first + k * step)

        return fetch

    return fetch


def put_back_of(held):
    """The function that writes the entries of a thread."""
    sure = max(held - _UNSURE, 0)

    def put_back(mine, array, first, step, count):
        raise NotImplementedError("only inside compiled code")

    @overload(put_back, jit_options=_INLINED)
    def _overload_put_back(mine, array, first, step, count):
        if array == types.none:
            return lambda mine, array, first, step, count: None

        def put_back(mine, array, first, step, count):
            if count >= sure:
                for k in range(sure):
                    put_number(array, first + k * step, mine[k])
                for k in range(sure, held):
                    if k < count:
                        put_number(array, first + k * step, mine[k])
            else:
                for k in range(held):
                    if k < count:
                        put_number(array, first + k * step, mine[k])

        return put_back

    return put_back


def _spread(size, held):
    # What goes with the entries (see `_entries`) as numbers, 0 beyond the end of the column.
    def spread(u, first, step, count, index, mine):
        raise NotImplementedError("only inside compiled code")

    fetch = fetch_of(held)

    @overload(spread, jit_options=_INLINED)
    def _overload_spread(u, first, step, count, index, mine):
        def ones(u, first, step, count, index, mine):
            for k in range(held):
                mine[k] = const(mine[0], 1.0) if k < count else const(mine[0], 0.0)

        def one_hot(u, first, step, count, index, mine):
            for k in range(held):
                here = k * size + index == u
                mine[k] = const(mine[0], 1.0) if here else const(mine[0], 0.0)

        if u == types.none:
            return ones
        if isinstance(u, types.Integer):
            return one_hot
        return lambda u, first, step, count, index, mine: fetch(u, first, step, count, 0.0, mine)

    return spread


def place_of(team):
    """The function (n, inner, columns) that says which entries are a thread's.

    (column, whether there is one, index in the team, where the first lies, how many there are).
    Beyond the last column threads do the work of it, since all have to take every step.
    """
    row, index_in_team, size = team.row, team.index, team.size

    @inlined
    def place(n, inner, count):
        r, index = min(row(), count - 1), index_in_team()
        outer = r // inner if r >= inner else 0
        first = outer * n * inner + (r - outer * inner) + index * inner
        return r, row() < count, index, first, max(0, (n - index + size - 1) // size)

    return place


# --- the kernel ----------------------------------------------------------------------------------


def register_columns(columns, size, held, formulas, condition, second, dtype):
    """The kernel of a tile of columns, of which a thread holds so many entries."""
    team = tile(columns, size)
    equal = few_equal if size == 1 else _equal_in_tile(team.together)
    one_row = row_of(team, formulas, condition, second, equal, sum_of_registers)
    room_size, of_thread = team.room, place_of(team)
    fetch, spread, put_back = fetch_of(held), _spread(size, held), put_back_of(held)

    def rows(x, g, t, c, values, out, out2, n, inner, count):
        if cuda.blockIdx.x * columns >= count:
            return
        r, is_own, index, first, mine_count = of_thread(n, inner, count)
        step = size * inner
        room = cuda.shared.array(room_size, dtype)
        g, t, c, values = given(g), given(t), given(c), given(values)
        out, out2 = given(out), given(out2)
        mine, terms = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        g_mine, t_mine = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        second_mine = cuda.local.array(held, dtype)
        fetch(x, first, step, mine_count, -math.inf, mine)
        spread(of_row(g, r), first, step, mine_count, index, g_mine)
        spread(of_row(t, r), first, step, mine_count, index, t_mine)
        along = g_mine, t_mine, 0, 1
        number = number_for(of_row(g, r), n, number_of_row(c, r, mine[0]))
        strip, again = (mine, 0, 1, held), (x, first, step, mine_count)
        result = one_row(room, strip, again, n, (terms, 0, 1), along, number, mine, second_mine)
        written = mine_count if is_own else 0
        put_back(mine, out, first, step, written)
        put_back(second_mine, out2, first, step, written)
        if index == 0 and is_own:
            put_number(values, r, result)

    # Two blocks at once, or one of twice the threads, have 128 registers for a thread.
    threads = columns * size
    return cuda.jit(rows, launch_bounds=(threads, _MOST_THREADS // threads))
