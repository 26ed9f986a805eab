"""The best path through a hidden Markov chain of few states, which all lie in registers.

The way back is a byte for each step: two bits for each state, which say where it came from.
"""

import functools
import math

import numpy as np

from .._compile.jit import kernel
from .._compile.trace import branch, formula
from .._formulas.chains import (
    better,
    better_contender,
    contender,
    log_of_contender,
    log_with,
    tidied,
    told_by_sums,
)
from .._formulas.simd import const
from .._formulas.vectormath import larger, magnitude
from .best_path import best_path_of_many, is_wrong, last_of
from .memory import number_at

# More of them go faster through the lanes of vectors, and a byte has room for four.
_FEW = 3
# After so many steps the low parts are made as small as they can be.
_LONG = 4


@formula
def _tidied_all(logs):
    pairs = [tidied(*pair) for pair in zip(*logs)]
    return tuple(zip(*pairs))


def _begin_with(k):
    @formula
    def begin(initial, at, emission, x_at):
        firsts = [number_at(initial, at + i) for i in range(k)]
        zero = const(firsts[0], 0.0)
        both = [log_with(v, zero, number_at(emission, x_at + i)) for i, v in enumerate(firsts)]
        return tuple(zip(*both))

    return begin


def _step_of(k):
    # From the logarithms of all states to those of the next step, and where they came from: a
    # double, since LLVM makes jumps of selected integers, which no processor can foresee here.
    states = range(k)

    def exactly(logs, moves, seen):
        high, low = _tidied_all(logs)
        zero = const(high[0], 0.0)
        found, origin = [], 0.0
        for j in states:
            best = None
            for i in states:
                v = log_with(high[i], low[i], moves[i][j])
                best = better(best, v, const(high[0], i * 4.0**j)) if best else (*v, zero)
            found.append(log_with(*best[:2], seen[j]))
            origin = best[2] + origin
        return tuple(zip(*found)), origin

    @formula
    def step(logs, transition, at, emission, x_at):
        high, low = logs
        moves = [[number_at(transition, at + (i * k + j)) for j in states] for i in states]
        seen = [number_at(emission, x_at + j) for j in states]
        largest_low = functools.reduce(larger, map(magnitude, low))
        found, origin, doubts = [], 0.0, 0.0
        for j in states:
            best = contender(high[0], low[0], moves[0][j], const(high[0], 0.0))
            for i in states[1:]:
                best = better_contender(
                    best, high[i], low[i], moves[i][j], const(high[0], i * 4.0**j)
                )
            found.append(log_of_contender(best, seen[j]))
            origin, doubts = best[4] + origin, told_by_sums(best, largest_low) + doubts
        plainly = tuple(zip(*found)), origin
        return branch(doubts == 0.0, lambda: plainly, lambda: exactly(logs, moves, seen))

    return step


@functools.cache
def _best_path_of_few(k):
    begin, take_step = _begin_with(k), _step_of(k)

    def best_path_of_few(
        initial, initial_at, transition, transition_at, step, emission, lengths, steps, _,
        out, final, start, stop,
    ):  # fmt: skip
        origin = np.empty(steps, np.uint8)
        before, matrix_wrong = -1, False
        for unit in range(start, stop):
            base, length = unit * steps * k, lengths[unit]
            wrong = is_wrong(initial, initial_at[unit], k) or is_wrong(emission, base, length * k)
            logs = begin(initial, initial_at[unit], emission, base)
            for t in range(1, length):
                at = transition_at[unit] + step * (t - 1)
                if at != before:
                    matrix_wrong = is_wrong(transition, at, k * k)
                    before = at
                wrong = wrong or matrix_wrong
                logs, came_from = take_step(logs, transition, at, emission, base + t * k)
                origin[t] = int(came_from)
                if t % _LONG == 0:
                    logs = _tidied_all(logs)
            high, low = _tidied_all(logs)
            state = 0 if wrong else last_of(high, low, k)
            final[unit] = math.nan if wrong else high[state] + low[state]
            out[unit * steps + length : (unit + 1) * steps] = -1
            for t in range(length - 1, -1, -1):
                out[unit * steps + t] = state
                if t > 0 and not wrong:
                    state = (int(origin[t]) >> 2 * state) & 3

    return kernel(best_path_of_few)


def best_path(k):
    """The kernel of the best path through chains of k states."""
    return _best_path_of_few(k) if 1 < k <= _FEW else best_path_of_many()
