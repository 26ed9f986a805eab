"""CUDA kernels of hidden Markov chains: a team of threads takes one, each some of its states.

A set of numbers is three arrays, as on the CPU. The exponentials of all that comes in are taken
before, a thread each, and the logarithms of what is kept after, so that of these none is between
one step and the next. A step is the general one of the CPU, in which each product has a power of
its own. A chain whose number of steps is out of range is NaN.
"""

import functools
import math

from numba import cuda, types

from .._compile.inline import inlined
from .._cpu.chains import far_sum, inverse_of, seen_by
from .._cpu.numbers import total
from .._formulas.chains import (
    NOTHING,
    expected_move,
    log_of_number,
    number_of_log,
    plain,
    posterior,
    product_of_numbers,
)
from .._formulas.vectormath import two_sum
from . import teams
from .copy import place

# Threads of a block whose teams are parts of warps, and the most that share a chain.
_THREADS, _MOST = 128, 256


def threads_for(count):
    """How many threads share a chain of so many states."""
    return min(1 << (count - 1).bit_length(), _MOST)


def team_of(size):
    """The team of so many threads."""
    return teams.part_of_warp(size, _THREADS // size) if size <= teams.WARP else teams.block(size)


@inlined
def get(of, at):
    """The number in a place."""
    return of[0][at], of[1][at], of[2][at]


@inlined
def put(to, at, number):
    """Write a number to a place."""
    to[0][at], to[1][at], to[2][at] = number


@inlined
def steps_of(lengths, unit, steps):
    """How many steps of a chain count; 0 where that is out of range."""
    length = lengths[unit]
    return length if 0 < length <= steps else 0


@functools.cache
def exponentials():
    """The kernel that makes numbers of logarithms; `turned` turns each matrix of k states."""

    def exponentials(x, k, turned, to):
        i = cuda.grid(1)
        if i < x.size:
            at = i
            if turned:
                first = i // (k * k) * k * k
                row = (i - first) // k
                at = first + (i - first - row * k) * k + row
            put(to, at, number_of_log(x[i]))

    return cuda.jit(exponentials)


@functools.cache
def forward(size):
    """(the team, the kernel of the forward pass), which puts its numbers in place of `seen`.

    `batch` are the axes of the chains, `starts` and `places` how far apart in them what belongs to
    each chain lies, `step` how far apart the matrices of two steps are.
    """
    team = team_of(size)
    row, index, threads, sync = team.row, team.index, team.size, team.sync

    def forward(initial, starts, moves, places, batch, step, seen, lengths, steps, k, count):
        unit = row()
        if unit >= count:
            return
        length, base = steps_of(lengths, unit, steps), unit * steps * k
        first, matrices = place(unit, batch, 0, starts), place(unit, batch, 0, places)
        for t in range(length):
            at = base + t * k
            for j in range(index(), k, threads):
                if t == 0:
                    number = product_of_numbers(get(initial, first + j), get(seen, at + j))
                else:
                    matrix = matrices + step * (t - 1)
                    high, low, power = far_sum(seen, at - k, k, moves, matrix + j, k)
                    number = seen_by(seen, at + j, high, low, power)
                put(seen, at + j, number)
            sync()

    return team, cuda.jit(forward)


@functools.cache
def totals():
    """The kernel of log-likelihoods, and of 1 over the totals, from the forward pass."""

    def totals(every, lengths, steps, k, inverse, final):
        unit = cuda.grid(1)
        if unit >= final.size:
            return
        length = steps_of(lengths, unit, steps)
        high, low, power = math.nan, 0.0, NOTHING
        if length > 0:
            at = (unit * steps + length - 1) * k
            last = every[0][at : at + k], every[1][at : at + k], every[2][at : at + k]
            high, low, power = total(last, k)
        final[unit] = log_of_number(high, low, power)
        put(inverse, unit, inverse_of(high, low, power))

    return cuda.jit(totals)


@functools.cache
def backward(size):
    """(the team, the kernel of the backward pass), whose numbers go to `kept`.

    `seen` is multiplied by them; matrices are turned.
    """
    team = team_of(size)
    row, index, threads, sync = team.row, team.index, team.size, team.sync

    def backward(moves, places, batch, step, seen, lengths, steps, k, kept, count):
        unit = row()
        if unit >= count:
            return
        length, base = steps_of(lengths, unit, steps), unit * steps * k
        matrices = place(unit, batch, 0, places)
        for t in range(length - 1, -1, -1):
            at = base + t * k
            for i in range(index(), k, threads):
                number = 1.0, 0.0, 0.0
                if t < length - 1:
                    matrix = matrices + step * t
                    high, low, power = far_sum(seen, at + k, k, moves, matrix + i, k)
                    number = seen_by(seen, -1, high, low, power)
                put(kept, at + i, number)
                put(seen, at + i, product_of_numbers(number, get(seen, at + i)))
            sync()

    return team, cuda.jit(backward)


@inlined
def _place_in_chain(i, lengths, steps, k):
    # (the chain of an entry, whether it is one of its steps, whether their number is right).
    unit = i // (steps * k)
    length = steps_of(lengths, unit, steps)
    return unit, i - unit * steps * k < length * k, length > 0


@functools.cache
def logarithms():
    """The kernel of the logarithms of numbers; -inf beyond the length of a chain."""

    def logarithms(of, lengths, steps, k, out):
        i = cuda.grid(1)
        if i < out.size:
            _, is_there, is_right = _place_in_chain(i, lengths, steps, k)
            value = -math.inf if is_right else math.nan
            if is_there:
                high, low, power = get(of, i)
                value = log_of_number(high, low, power)
            out[i] = value

    return cuda.jit(logarithms)


@functools.cache
def posteriors():
    """The kernel of the probabilities of states, or of their logarithms, from both passes."""

    def posteriors(every, kept, inverse, lengths, steps, k, in_logs, out):
        i = cuda.grid(1)
        if i < out.size:
            unit, is_there, is_right = _place_in_chain(i, lengths, steps, k)
            value = -math.inf if in_logs else 0.0
            if is_there and inverse[0][unit] == 0.0:
                value = math.nan if in_logs else 0.0
            elif is_there:
                high, low, power = posterior(get(every, i), get(kept, i), get(inverse, unit))
                value = log_of_number(high, low, power) if in_logs else plain(high, power)
            out[i] = value if is_right else math.nan

    return cuda.jit(posteriors)


@functools.cache
def expected_moves(size):
    """(the team, the kernel of the expected moves): a team sums up the steps of an entry.

    `each` says that each step has a matrix, and an entry of it is of one step. `then` is what
    comes of what is seen, times the backward pass; matrices are turned.
    """
    team = team_of(size)
    row, index, threads, sum_of_pair = team.row, team.index, team.size, team.sum_of_pair
    room_size = team.room

    def moves_of(every, moves, places, batch, step, then, inverse, lengths, steps, k, each, out):
        r = row()
        if r >= out.size:
            return
        room = cuda.shared.array(room_size, types.float64)
        matrix = r // (k * k)
        j = (r - matrix * k * k) // k
        i = r - matrix * k * k - j * k
        unit, first, last = matrix, 1, steps
        if each:
            unit = matrix // (steps - 1)
            first = matrix - unit * (steps - 1) + 1
            last = first + 1
        length = steps_of(lengths, unit, steps)
        matrices, scale = place(unit, batch, 0, places), get(inverse, unit)
        high, low = 0.0, 0.0
        if scale[0] != 0.0:
            for t in range(first + index(), min(last, length), threads):
                at = (unit * steps + t) * k
                state = product_of_numbers(get(every, at - k + i), scale)
                move = get(moves, matrices + step * (t - 1) + j * k + i)
                high, lost = two_sum(high, expected_move(state, move, get(then, at + j)))
                low += lost
        high, low = sum_of_pair(room, high, low)
        if index() == 0:
            out[matrix * k * k + i * k + j] = high if length > 0 else math.nan

    return team, cuda.jit(moves_of)
