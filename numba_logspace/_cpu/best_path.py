"""The best path through a hidden Markov chain; lanes are states.

Logarithms are added in twice the digits, so that neither which path is best nor its probability
depends on how many steps there are. Which way into a state is best nearly always shows in plain
sums; where these are too close, the whole step is done again in twice the digits.
"""

import functools
import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.chains import (
    better,
    better_contender,
    contender,
    log_of_contender,
    log_with,
    tidied,
    told_by_sums,
)
from .._formulas.simd import any_lane, largest_lane
from .._formulas.vectormath import larger, magnitude
from .memory import full, lanes, load, store


@inlined
def _matrix(x, at, k, width, to):
    # Rows padded with -inf.
    for i in range(k):
        for j in range(k):
            to[i * width + j] = x[at + i * k + j]


@inlined
def is_wrong(x, at, count):
    """Whether there is a NaN or an inf among logarithms."""
    for i in range(at, at + count):  # noqa: SIM110 - Numba has no any of a generator
        if not x[i] < math.inf:
            return True
    return False


@inlined
def _largest_low(low, width):
    w = lanes(low)
    largest = magnitude(load(low, 0, None, 0.0))
    for i in range(w, width, w):
        largest = larger(magnitude(load(low, i, None, 0.0)), largest)
    return largest_lane(largest)


@inlined
def _exactly_best(high, low, matrix, column, k, width, seen):
    v = load(matrix, column, None, 0.0)
    first = log_with(full(high, high[0]), full(high, low[0]), v)
    best = first[0], first[1], full(high, 0.0)
    for i in range(1, k):
        v = load(matrix, i * width + column, None, 0.0)
        v = log_with(full(high, high[i]), full(high, low[i]), v)
        best = better(best, v, full(high, i))
    total, rest = log_with(best[0], best[1], seen)
    return total, rest, best[2]


@inlined
def _best_of(high, low, matrix, x, x_at, k, width, new, new_low, came_from):
    w, largest_low = lanes(new), full(new, _largest_low(low, width))
    for column in range(0, width, w):
        seen = load(x, x_at + column, min(w, k - column), -math.inf)
        v = load(matrix, column, None, 0.0)
        best = contender(full(new, high[0]), full(new, low[0]), v, full(new, 0.0))
        for i in range(1, k):
            v = load(matrix, i * width + column, None, 0.0)
            h, rest = full(new, high[i]), full(new, low[i])
            best = better_contender(best, h, rest, v, full(new, i))
        if any_lane(told_by_sums(best, largest_low) > full(new, 0.0)):
            total, rest, index = _exactly_best(high, low, matrix, column, k, width, seen)
        else:
            total, rest = log_of_contender(best, seen)
            total, rest = tidied(total, rest)
            index = best[4]
        store(new, column, None, total)
        store(new_low, column, None, rest)
        store(came_from, column, None, index)


@inlined
def last_of(high, low, k):
    """The best state to end in."""
    best = 0
    for i in range(1, k):
        if high[i] > high[best] or (high[i] == high[best] and low[i] > low[best]):
            best = i
    return best


@functools.cache
def best_path_of_many():
    """The kernel of the best path, and of its logarithm with what is seen; a unit is a chain."""

    def best_path_of_many(
        initial, initial_at, transition, transition_at, step, emission, lengths, steps, k,
        out, final, start, stop,
    ):  # fmt: skip
        w = lanes(emission)
        width = (k + w - 1) // w * w
        high, low = np.empty(width), np.empty(width)
        new, new_low = np.empty(width), np.empty(width)
        matrix = np.full(k * width, -math.inf)
        came_from, origin = np.empty(width), np.empty(steps * k, np.int32)
        before, matrix_wrong = -1, False
        for unit in range(start, stop):
            base, length = unit * steps * k, lengths[unit]
            wrong = is_wrong(initial, initial_at[unit], k) or is_wrong(emission, base, length * k)
            for i in range(k):
                s = log_with(initial[initial_at[unit] + i], 0.0, emission[base + i])
                high[i], low[i] = s[0], s[1]
            for t in range(1, length):
                at = transition_at[unit] + step * (t - 1)
                if at != before:
                    _matrix(transition, at, k, width, matrix)
                    matrix_wrong = is_wrong(transition, at, k * k)
                    before = at
                wrong = wrong or matrix_wrong
                x_at = base + t * k
                _best_of(high, low, matrix, emission, x_at, k, width, new, new_low, came_from)
                for j in range(k):
                    origin[t * k + j] = int(came_from[j])
                high, new = new, high
                low, new_low = new_low, low
            state = 0 if wrong else last_of(high, low, k)
            final[unit] = math.nan if wrong else high[state] + low[state]
            out[unit * steps + length : (unit + 1) * steps] = -1
            for t in range(length - 1, -1, -1):
                out[unit * steps + t] = state
                if t > 0 and not wrong:
                    state = int(origin[t * k + state])

    return kernel(best_path_of_many)
