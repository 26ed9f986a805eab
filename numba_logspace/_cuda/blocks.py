"""Teams of several blocks that share one row: they exchange through memory, between launches.

No block can wait for another. So the kernel is launched once for every step, all steps of a row
run through the same code, and a launch does the work of its own step only: what came before it
finds in memory, what comes after it leaves undone. The sums of the blocks are merged in a fixed
tree, so the results are the same at any grid.
"""

import functools
import math

from numba import cuda

from .._compile.inline import inlined
from .._cpu.entries import number_of_row, of_row
from .._cpu.memory import put_number
from .._formulas.simd import const
from .kernels import FINISH, given, many_equal, number_for, row_of, sum_of_strip
from .teams import BLOCK_ROOM, in_block, of_one_row, over_tuples

# How many numbers a step may leave for the next ones: six pairs first, then four plain numbers with
# what these lack.
WIDTH, _PLAIN = 20, 12


class Step:
    """The functions of a Team in one step of a row.

    Their `room` is (the room of a block, memory, step of the launch, row, rows, blocks, block).
    """

    def __init__(self, step, size):
        exchange = in_block(size)
        self.due = _is_due(step)
        self.largest = _over_blocks(step, 0, exchange.largest, -math.inf)
        self.sum_of_pair = _pair_over_blocks(step, 1, exchange.sum_of_pair)
        self.count_in_pair = _pair_over_blocks(step, 3, exchange.sum_of_pair)
        self.sums, self.plain_sums = over_tuples(
            lambda left: _pair_over_blocks(step, left - 2, exchange.sum_of_pair),
            lambda left: _pair_over_blocks(step, _PLAIN + 2 * (left - 1), exchange.sum_of_pair),
        )


class Blocks:
    """Teams of blocks of so many threads, a power of 2; no row has more blocks than that."""

    def __init__(self, size):
        self.size, self.room = size, BLOCK_ROOM
        self.at, self.any = functools.cache(lambda step: Step(step, size)), of_one_row


def _is_due(step):
    @inlined
    def due(room):
        return room[2] == step

    return due


@inlined
def place(room, slot, block):
    """Where in memory a number is that a block has left."""
    row, rows, blocks = room[3], room[4], room[5]
    return (slot * rows + row) * blocks + block


def _over_blocks(step, number, combine, neutral):
    slot = step * WIDTH + number

    @inlined
    def combined(room, value):
        if room[2] == step:
            value = combine(room[0], value)
            if cuda.threadIdx.x == 0:
                room[1][place(room, slot, room[6])] = value
        elif room[2] > step:
            mine = const(value, neutral)
            if cuda.threadIdx.x < room[5]:
                mine = room[1][place(room, slot, cuda.threadIdx.x)]
            value = combine(room[0], mine)
        return value

    return combined


def _pair_over_blocks(step, number, sum_of_pair):
    slot = step * WIDTH + number

    @inlined
    def combined(room, high, low):
        if room[2] == step:
            high, low = sum_of_pair(room[0], high, low)
            if cuda.threadIdx.x == 0:
                room[1][place(room, slot, room[6])] = high
                room[1][place(room, slot + 1, room[6])] = low
        elif room[2] > step:
            high, low = const(high, 0.0), const(high, 0.0)
            if cuda.threadIdx.x < room[5]:
                high = room[1][place(room, slot, cuda.threadIdx.x)]
                low = room[1][place(room, slot + 1, cuda.threadIdx.x)]
            high, low = sum_of_pair(room[0], high, low)
        return high, low

    return combined


def segment_rows(team, formulas, condition, second, dtype):
    """Rows as those of strips, each shared by several blocks, one step of it in a launch."""
    one_row = row_of(team, formulas, condition, second, many_equal, sum_of_strip)
    size, room_size = team.size, team.room

    def rows(x, g, t, c, values, out, out2, partials, step, n, inner, count, blocks):
        r = cuda.blockIdx.x // blocks
        if r >= count:
            return
        block = cuda.blockIdx.x - r * blocks
        room = cuda.shared.array(room_size, dtype), partials, step, r, count, blocks, block
        g, t, c, values = given(g), given(t), given(c), given(values)
        out, out2 = given(out), given(out2)
        index, stride, outer = block * size + cuda.threadIdx.x, blocks * size, r // inner
        base = outer * n * inner + (r - outer * inner) + index * inner
        strip = x, base, stride * inner, max(0, (n - index + stride - 1) // stride)
        along = of_row(g, r), of_row(t, r), index, stride
        number = number_for(of_row(g, r), n, number_of_row(c, r, x[0]))
        result = one_row(room, strip, strip, n, (None, 0, 0), along, number, out, out2)
        if index == 0 and step == FINISH:
            put_number(values, r, result)

    return cuda.jit(rows)
