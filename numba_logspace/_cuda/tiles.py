"""CUDA kernels for long contiguous rows: one sweep for the maximum and the sum, one for the rest.

A block, or several, go through a row by tiles, of which each thread holds a few entries. A thread
sums up its entries relative to the largest that it has met. When a tile has a larger one, the sum
is first made relative to that, and at the end to the largest of the row: each factor has nearly
twice the digits, and what the sum lacks goes along, so that it does not count how often that is.
"""

import math

from numba import cuda, types
from numba.extending import overload

from .._compile.inline import inlined
from .._cpu.entries import number_of_row, of_row
from .._cpu.memory import put_number
from .._cpu.passes import merged, no_sums, one_less
from .._cpu.weigh import weigh_pass_of
from .._formulas.simd import const, constant
from .._formulas.softsum import all_relative_to
from .._formulas.sums import add_plainly, all_finite, merge_sums, zeros
from . import teams
from .blocks import WIDTH, Blocks
from .blocks import place as place_of
from .kernels import (
    AGAIN,
    FINISH,
    SECONDS,
    SUMS,
    WEIGHED,
    finish_of,
    given,
    largest_of,
    many_equal,
    number_for,
    steps_of,
    sum_of_registers,
)
from .memory import Share

# --- what a team knows of a row ------------------------------------------------------------------
# A part of a row is (its maximum, the number of entries that equal it, the rest, its error).


def _joined_in_block(size):
    exchange = teams.in_block(size)
    largest, sum_of_pair = exchange.largest, exchange.sum_of_pair

    @inlined
    def joined(room, part):
        m = largest(room, part[0])
        ties, rest, error = all_relative_to(part, m)
        ties, low = sum_of_pair(room, ties, const(ties, 0.0))
        rest, error = sum_of_pair(room, rest, error)
        # A count of more digits than the type has goes on in the error.
        return m, ties, rest, error + low * constant(low, "scale")

    return joined


def _joined_over_blocks(size):
    # The blocks leave their parts in memory, and the next launches join them.
    in_block = _joined_in_block(size)

    @inlined
    def joined(room, part):
        if room[2] == SUMS:
            part = in_block(room[0], part)
            if cuda.threadIdx.x == 0:
                for i in range(4):
                    room[1][place_of(room, SUMS * WIDTH + i, room[6])] = part[i]
        elif room[2] > SUMS:
            m = const(part[0], -math.inf)
            ties, rest, error = no_sums(m)
            of_block = cuda.threadIdx.x
            if of_block < room[5]:
                first = SUMS * WIDTH
                m = room[1][place_of(room, first, of_block)]
                ties = room[1][place_of(room, first + 1, of_block)]
                rest = room[1][place_of(room, first + 2, of_block)]
                error = room[1][place_of(room, first + 3, of_block)]
            part = in_block(room[0], (m, ties, rest, error))
        return part

    return joined


# --- sweeps --------------------------------------------------------------------------------------
# A place is (x, base, n, index, block, blocks), and `rooms` are the arrays in registers: entries of
# x, terms, two that go with the entries, and second results. A sweep takes the tiles of its block.


def _entries_from(u, start):
    """What goes with the entries of a row, counted from one of them on."""
    raise NotImplementedError("only inside compiled code")


@overload(_entries_from, jit_options={"error_model": "numpy", "forceinline": True})
def _overload_entries_from(u, start):
    if isinstance(u, types.Integer):
        return lambda u, start: u - start
    return lambda u, start: u


def _sum_sweep(share):
    held, fetch, tile = share.held, share.fetch, share.size * share.held

    @inlined
    def sweep(place, part, rooms):
        x, base, n, index, block, blocks = place
        m, ties, rest, error = part
        strip, terms = (rooms[0], 0, 1, held), (rooms[1], 0, 1)
        for start in range(block * tile, n, blocks * tile):
            fetch(x, base + start, n - start, index, -math.inf, rooms[0])
            top = largest_of(strip, m)
            if top > m:
                ties, rest, error = all_relative_to((m, ties, rest, error), top)
                m = top
            ties, rest, error = merged((ties, rest, error), sum_of_registers(strip, terms, m))
        return m, ties, rest, error

    return sweep


def _fetcher(share):
    # Entries and what goes with them.
    fetch, spread = share.fetch, share.spread

    @inlined
    def fetch_all(place, start, g, t, rooms):
        x, base, n, index, block, blocks = place
        fetch(x, base + start, n - start, index, -math.inf, rooms[0])
        spread(_entries_from(g, start), base + start, n - start, index, rooms[2])
        spread(_entries_from(t, start), base + start, n - start, index, rooms[3])

    return fetch_all


def _weigh_sweep(share, formulas):
    held, tile, fetch_all = share.held, share.size * share.held, _fetcher(share)
    weigh_pass = weigh_pass_of(formulas.weigh)
    terms_count, plain_count = 2 * formulas.sums[0], formulas.sums[1]

    @inlined
    def sweep(place, along, own, rooms):
        g, t, tops, row, lift = along
        none = zeros(tops[0], terms_count), zeros(tops[0], plain_count)
        sums, plain = own
        for start in range(place[4] * tile, place[2], place[5] * tile):
            fetch_all(place, start, g, t, rooms)
            mine, others = rooms[0], (rooms[2], rooms[3], 0, 1)
            more = weigh_pass(mine, 0, 1, held, None, (None, 0, 0), others, tops, row, lift, none)
            sums, plain = merge_sums(sums, more[0]), add_plainly(plain, more[1])
        return sums, plain

    return sweep


def _finish_sweep(share, formulas):
    held, tile, fetch_all = share.held, share.size * share.held, _fetcher(share)
    put_back, finish_pass = share.put_back, finish_of(formulas)

    @inlined
    def sweep(place, along, outs, rooms):
        g, t, tops, row = along
        for start in range(place[4] * tile, place[2], place[5] * tile):
            fetch_all(place, start, g, t, rooms)
            mine, others, second_mine = rooms[0], (rooms[2], rooms[3], 0, 1), rooms[4]
            finish_pass(mine, 0, 1, held, None, (None, 0, 0), others, tops, row, mine, second_mine)
            base, left, index = place[1] + start, place[2] - start, place[3]
            put_back(mine, outs[0], base, left, index)
            put_back(second_mine, outs[1], base, left, index)

    @inlined
    def nothing(place, along, outs, rooms):
        return

    return sweep if formulas.element else nothing


# --- rows ----------------------------------------------------------------------------------------


def _summary_of(team, share, joined):
    sweep, due = _sum_sweep(share), team.at(SUMS).due

    @inlined
    def summary_of(room, place, rooms):
        m = const(rooms[0][0], -math.inf)
        ties, rest, error = no_sums(m)
        part = m, ties, rest, error
        if due(room):
            part = sweep(place, part, rooms)
        m, ties, rest, error = joined(room, part)
        ties, rest, error = one_less((ties, rest, error))
        return m, ties, rest, error

    return summary_of


def _weigh_once(at, share, formulas):
    sweep = _weigh_sweep(share, formulas)
    terms_count, plain_count = 2 * formulas.sums[0], formulas.sums[1]
    sums_of, plain_sums_of, due = at.sums, at.plain_sums, at.due

    @inlined
    def once(room, place, along, rooms):
        m = along[2][0]
        own = zeros(m, terms_count), zeros(m, plain_count)
        if due(room):
            own = sweep(place, along, own, rooms)
        return sums_of(room, own[0]), plain_sums_of(room, own[1])

    return once


def _weigh(team, share, formulas):
    once = _weigh_once(team.at(WEIGHED), share, formulas)
    again = _weigh_once(team.at(AGAIN), share, formulas)

    @inlined
    def weigh(room, place, g, t, tops, row, rooms):
        lift = constant(tops[0], "lift")
        sums, own = once(room, place, (g, t, tops, row, lift), rooms)
        if not all_finite(sums):
            # Lifted it overflows, so it is large, and needs no lift.
            lift = const(lift, 1.0)
            sums, own = again(room, place, (g, t, tops, row, lift), rooms)
        return sums, own, lift

    @inlined
    def nothing(room, place, g, t, tops, row, rooms):
        return (), (), const(tops[0], 1.0)

    return weigh if formulas.weighs else nothing


def _row_of(team, share, joined, formulas, condition, second):
    # A row, or the share of a block in it; `again` is the strip for a second look.
    summary_of, weigh = _summary_of(team, share, joined), _weigh(team, share, formulas)
    second_look, due = SECONDS[second](team, many_equal), team.at(FINISH).due
    sweep = _finish_sweep(share, formulas)
    prepare, settle, result = formulas.prepare, formulas.settle, formulas.result

    @inlined
    def one_row(room, place, again, g, t, c, outs, rooms):
        n = place[2]
        summary = summary_of(room, place, rooms)
        more = summary
        if condition(summary, n):
            more = second_look(room, again, summary)
        ref, row = prepare(summary, more, n)
        tops = summary[0], ref
        sums, own, lift = weigh(room, place, g, t, tops, row, rooms)
        row = settle(sums, own, row, c, lift)
        if due(room):
            sweep(place, (g, t, tops, row), outs, rooms)
        return result(row)

    return one_row


# --- kernels -------------------------------------------------------------------------------------


def steps_of_tiles(formulas, second):
    """The steps of a row that several blocks share: as those of kernels, without the first."""
    return steps_of(formulas, second)[1:]


def rows_of_block(size, held, group, formulas, condition, second, dtype):
    """Contiguous rows, a block of so many threads for each."""
    team, share = teams.block(size), Share(size, held, group)
    one_row = _row_of(team, share, _joined_in_block(size), formulas, condition, second)
    room_size = team.room

    def rows(x, g, t, c, values, out, out2, n, count):
        r = cuda.blockIdx.x
        if r >= count:
            return
        room = cuda.shared.array(room_size, dtype)
        g, t, c, values = given(g), given(t), given(c), given(values)
        outs = given(out), given(out2)
        mine, terms = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        g_mine, t_mine = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        second_mine = cuda.local.array(held, dtype)
        index, base = cuda.threadIdx.x, r * n
        again = x, base + index, size, max(0, (n - index + size - 1) // size)
        number = number_for(of_row(g, r), n, number_of_row(c, r, x[0]))
        place, rooms = (x, base, n, index, 0, 1), (mine, terms, g_mine, t_mine, second_mine)
        result = one_row(room, place, again, of_row(g, r), of_row(t, r), number, outs, rooms)
        if index == 0:
            put_number(values, r, result)

    return cuda.jit(rows, launch_bounds=size)


def rows_of_blocks(size, held, group, formulas, condition, second, dtype):
    """As rows_of_block, each row shared by several blocks, one step of it in a launch."""
    team, share = Blocks(size), Share(size, held, group)
    one_row = _row_of(team, share, _joined_over_blocks(size), formulas, condition, second)
    room_size = team.room

    def rows(x, g, t, c, values, out, out2, partials, step, n, count, blocks):
        r = cuda.blockIdx.x // blocks
        if r >= count:
            return
        block, thread = cuda.blockIdx.x - r * blocks, cuda.threadIdx.x
        room = cuda.shared.array(room_size, dtype), partials, step, r, count, blocks, block
        g, t, c, values = given(g), given(t), given(c), given(values)
        outs = given(out), given(out2)
        mine, terms = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        g_mine, t_mine = cuda.local.array(held, dtype), cuda.local.array(held, dtype)
        second_mine = cuda.local.array(held, dtype)
        index, stride, base = block * size + thread, blocks * size, r * n
        again = x, base + index, stride, max(0, (n - index + stride - 1) // stride)
        number = number_for(of_row(g, r), n, number_of_row(c, r, x[0]))
        place, rooms = (
            (x, base, n, thread, block, blocks),
            (mine, terms, g_mine, t_mine, second_mine),
        )
        result = one_row(room, place, again, of_row(g, r), of_row(t, r), number, outs, rooms)
        if index == 0 and step == FINISH:
            put_number(values, r, result)

    return cuda.jit(rows, launch_bounds=size)
