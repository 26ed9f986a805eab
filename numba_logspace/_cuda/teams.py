"""Teams of CUDA threads that share one row: part of a warp or a block, and what they exchange.

A team knows the number of its row, each thread its index in it. What is combined is combined in a
fixed tree, and comes back to all threads of the team, bit for bit the same. All threads of a team
have to call each of these functions together, with the team's `room`.
"""

import math

import numpy as np
from numba import cuda
from numba.extending import overload

from .._compile.inline import inlined
from .._formulas.simd import const, select
from .._formulas.vectormath import two_sum
from .maximum import maximum

WARP = 32
# Columns from which on a thread each is enough to fill a GPU.
MANY_COLUMNS = 1 << 14
# How many numbers a block needs in shared memory for what its warps exchange.
BLOCK_ROOM = 2 * WARP
_INLINED = {"error_model": "numpy", "forceinline": True}


class Team:
    """The functions of a team, as attributes, to be called on the device.

    row() and index(); largest(room, m); count(room, k) of small integers; sum_of_pair(room, s, e)
    of a number and what it lacks; count_in_pair alike, of integers; sums(room, tuple of such
    pairs); plain_sums(room, tuple of numbers). `room` is so many numbers in shared memory. sync(),
    after which all see what any has written there. at(step) are the functions in a step of a row,
    of which due(room) says whether its work is to be done: here always. any(condition) says whether
    it holds for a row of those that have to take a step together: here there is one.
    """

    def __init__(self, size, per_block, row, index, room, exchange, sync=None, any_row=None):
        self.size, self.per_block, self.sync = size, per_block, sync
        self.row, self.index, self.room = row, index, room
        self.largest, self.count = exchange.largest, exchange.count
        self.sum_of_pair = self.count_in_pair = exchange.sum_of_pair
        self.sums, self.plain_sums = over_tuples(*2 * [lambda left: self.sum_of_pair])
        self.due, self.any = _always, any_row or of_one_row

    def at(self, step):
        """The functions in a step of a row."""
        return self


@inlined
def _always(room):
    return True


@inlined
def of_one_row(condition):
    """What Team.any is where no rows have to take a step together."""
    return condition


def over_tuples(pairs, plain):
    """The functions sums and plain_sums, from sum_of_pair for so many numbers left to add."""

    def sums(room, values):
        raise NotImplementedError("only inside compiled code")

    def plain_sums(room, values):
        raise NotImplementedError("only inside compiled code")

    @overload(sums, jit_options=_INLINED)
    def _overload_sums(room, values):
        if values.count == 0:
            return lambda room, values: ()
        sum_of_pair = pairs(values.count)
        return lambda room, values: sum_of_pair(room, values[0], values[1]) + sums(room, values[2:])

    @overload(plain_sums, jit_options=_INLINED)
    def _overload_plain_sums(room, values):
        if values.count == 0:
            return lambda room, values: ()
        sum_of_pair = plain(values.count)
        return lambda room, values: (
            sum_of_pair(room, values[0], const(values[0], 0.0))[:1] + plain_sums(room, values[1:])
        )

    return sums, plain_sums


@inlined
def settled(high, low):
    """A number and what it lacks, neither of which has digits of the other."""
    # Where the sum is inf, what it lacks is NaN, and would spoil it.
    return two_sum(high, select(low == low, low, const(low, 0.0)))


class Exchange:
    """largest(room, m), count(room, k) and sum_of_pair(room, s, e) over the threads of a team."""

    def __init__(self, largest, count, sum_of_pair):
        self.largest, self.count, self.sum_of_pair = largest, count, sum_of_pair


def _members(size):
    # The mask of the threads of a warp that share a row with this one.
    whole = (1 << size) - 1

    @inlined
    def members():
        return np.uint32(whole) << np.uint32(cuda.threadIdx.x % WARP // size * size)

    return members


def in_warp(size=WARP):
    """Among `size` neighbouring threads of a warp, a power of 2."""
    steps, half, members = size.bit_length() - 1, size // 2, _members(size)

    @inlined
    def largest(room, m):
        for i in range(steps):
            m = maximum(cuda.shfl_xor_sync(members(), m, half >> i), m)
        return m

    @inlined
    def added(number):
        for i in range(steps):
            number = number + cuda.shfl_xor_sync(members(), number, half >> i)
        return number

    @inlined
    def count(room, number):
        one = const(number, 1.0)
        if cuda.any_sync(members(), number > one):
            return added(number)
        # Nearly always no thread has counted more than one, and a vote is quicker.
        return const(number, cuda.popc(cuda.ballot_sync(members(), number == one)))

    @inlined
    def sum_of_pair(room, high, low):
        for i in range(steps):
            other = cuda.shfl_xor_sync(members(), high, half >> i)
            other_low = cuda.shfl_xor_sync(members(), low, half >> i)
            # The same whichever of the two comes first.
            high, lost = two_sum(high, other)
            low = (low + other_low) + lost
        return settled(high, low)

    return Exchange(largest, count, sum_of_pair)


def in_block(size):
    """Among the threads of a block of that size, a power of 2: of each warp, then of all warps."""
    warps = size // WARP

    @inlined
    def of_warps(room, first, neutral):
        return room[first + cuda.threadIdx.x % WARP % warps]

    return _over_warps(in_warp(warps), of_warps)


def in_own_block():
    """Among the threads of a block whose size, a multiple of a warp's, is known in the launch."""

    @inlined
    def of_warps(room, first, neutral):
        lane = cuda.threadIdx.x % WARP
        return room[first + lane] if lane < cuda.blockDim.x // WARP else const(room[0], neutral)

    return _over_warps(in_warp(), of_warps)


def _over_warps(then, of_warps):
    # Of each warp, left in the room, of which of_warps(room, first, neutral) reads a warp's each.
    first = in_warp()
    first_largest, then_largest = first.largest, then.largest
    first_count, then_count = first.count, then.count
    first_sum, then_sum = first.sum_of_pair, then.sum_of_pair

    @inlined
    def largest(room, m):
        warp, lane = cuda.threadIdx.x // WARP, cuda.threadIdx.x % WARP
        m = first_largest(room, m)
        if lane == 0:
            room[warp] = m
        cuda.syncthreads()
        m = then_largest(room, of_warps(room, 0, -math.inf))
        cuda.syncthreads()
        return m

    @inlined
    def count(room, number):
        warp, lane = cuda.threadIdx.x // WARP, cuda.threadIdx.x % WARP
        number = first_count(room, number)
        if lane == 0:
            room[warp] = number
        cuda.syncthreads()
        number = then_count(room, of_warps(room, 0, 0.0))
        cuda.syncthreads()
        return number

    @inlined
    def sum_of_pair(room, high, low):
        warp, lane = cuda.threadIdx.x // WARP, cuda.threadIdx.x % WARP
        high, low = first_sum(room, high, low)
        if lane == 0:
            room[warp], room[WARP + warp] = high, low
        cuda.syncthreads()
        high, low = then_sum(room, of_warps(room, 0, 0.0), of_warps(room, WARP, 0.0))
        cuda.syncthreads()
        return high, low

    return Exchange(largest, count, sum_of_pair)


def part_of_warp(size, per_block):
    """So many threads of a warp for each row: a power of 2 up to all of them."""

    @inlined
    def row():
        return cuda.blockIdx.x * per_block + cuda.threadIdx.x // size

    @inlined
    def index():
        return cuda.threadIdx.x % size

    members = _members(size)

    @inlined
    def sync():
        cuda.syncwarp(members())

    return Team(size, per_block, row, index, 1, in_warp(size), sync)


def block(size):
    """A block of so many threads, a power of 2 from that of a warp on, for each row."""

    @inlined
    def row():
        return cuda.blockIdx.x

    @inlined
    def index():
        return cuda.threadIdx.x

    @inlined
    def sync():
        cuda.syncthreads()

    return Team(size, 1, row, index, BLOCK_ROOM, in_block(size), sync)
