"""Steps of hidden Markov chains in lanes, which hold stretches of chains, or whole chains.

The entries of a row have one power, which each step brings back to that of the largest entry, and
the observations count relative to that of the first state, whose logarithms are added up exactly.
A lane whose numbers lie too far apart for that is bad: its chain is for `_cpu/chains.py`, where
each number has a power of its own.
"""

import math

from .._compile.inline import inlined
from .._formulas.chains import (
    normalised,
    power_of_two,
    product_of_pairs,
    ratio_of_logs,
    with_product,
)
from .._formulas.simd import VECTOR_BYTES, select, split_exponent
from .._formulas.vectormath import larger, magnitude, two_sum
from .memory import full, load, store

_MOST_STATES, _MOST_STATES_OF_CHAINS = 4, 16
# How many steps of each lane are brought together at once.
CHUNK = 32
# Entries, factors and moves together may be 2^-900 of the largest, so that no digit underflows:
# entries so much, logarithms of factors so far from that of the first state, moves CLOSE.
_LEAST = 2.0**-250
_FARTHEST = 170.0
# Up to here differences of logarithms have all digits.
_LARGEST = 2.0**50


def pieces_for(k, steps, count):
    """How many stretches each of `count` chains becomes: 0 for whole chains, -1 for another way."""
    w = VECTOR_BYTES // 8
    if count >= w and k <= _MOST_STATES_OF_CHAINS:
        return 0
    if k > _MOST_STATES or steps < 2 * w:
        return -1
    pieces = w
    while pieces > 1 and pieces * count >= 2 * w:
        pieces //= 2
    return pieces


def few_states(k):
    """The number of states that a kernel is compiled for, so that its loops over them unroll, or 0.

    That makes a step a quarter faster; with more states there would be too much code.
    """
    return k if k <= _MOST_STATES else 0


# --- between lanes and memory --------------------------------------------------------------------


@inlined
def gather(emission, base, counts, done, k, w, x):
    """Some steps of each lane side by side; beyond the end of a lane there is anything finite."""
    for lane in range(w):
        first = base[lane] + done * k
        count = min(CHUNK, int(counts[lane]) - done)
        for t in range(count):
            for j in range(k):
                x[(t * k + j) * w + lane] = emission[first + t * k + j]
        for i in range(max(count, 0) * k, CHUNK * k):
            x[i * w + lane] = 0.0


@inlined
def scatter(x, base, counts, done, k, w, out):
    """Some steps of each lane to where they belong."""
    for lane in range(w):
        first = base[lane] + done * k
        count = min(CHUNK, int(counts[lane]) - done)
        for t in range(count):
            for j in range(k):
                out[first + t * k + j] = x[(t * k + j) * w + lane]


@inlined
def pair_at(of, at):
    """A vector of pairs."""
    return load(of[0], at, None, 0.0), load(of[1], at, None, 0.0)


@inlined
def put_pair(to, at, high, low):
    """Write a vector of pairs."""
    store(to[0], at, None, high)
    store(to[1], at, None, low)


@inlined
def begin_with(start, k, w, lane, a, powers):
    """Whether the numbers of a row lie close together: a lane begins with them."""
    top, bottom = -math.inf, math.inf
    for j in range(k):
        if start[0][j] != 0.0:
            top, bottom = max(top, start[2][j]), min(bottom, start[2][j])
    powers[lane] = max(top, 0.0) if top == -math.inf else top
    for j in range(k):
        scale = power_of_two(start[2][j] - powers[lane])
        a[0][j * w + lane], a[1][j * w + lane] = start[0][j] * scale, start[1][j] * scale
    return not top - bottom >= 250.0 and not math.isnan(a[0][lane])


@inlined
def as_numbers(a, first, count, w, lane, power, to, at, apart):
    """Entries of one lane, each with a power of its own, `apart` from each other."""
    for j in range(count):
        i = (first + j) * w + lane
        high, low, own = normalised(a[0][i], a[1][i], power)
        to[0][at + j * apart], to[1][at + j * apart], to[2][at + j * apart] = high, low, own


# --- what a step does ----------------------------------------------------------------------------


@inlined
def factors_of(x, at, k, w, factors, to, bad):
    """(the logarithm that factors are relative to, which lanes are bad): one factor a state."""
    base, zero, one = load(x, at, None, 0.0), full(x, 0.0), full(x, 1.0)
    lowest = full(x, -math.inf)
    none = base == lowest
    if k > 1:
        top = load(x, at + w, None, 0.0)
        for j in range(2, k):
            top = larger(load(x, at + j * w, None, 0.0), top)
        base = select(none, top, base)
    put_pair(factors, to, select(none, zero, one), zero)
    known = magnitude(base) < full(x, _LARGEST)
    bad = select(known, bad, one)
    base = select(known, base, zero)
    for j in range(1, k):
        v = load(x, at + j * w, None, 0.0)
        nothing = v == lowest
        d, d_low = two_sum(select(nothing, base, v), -base)
        near = magnitude(d) < full(x, _FARTHEST)
        bad = select(near, bad, one)
        y, rest = ratio_of_logs(select(near, d, zero), select(near, d_low, zero))
        put_pair(factors, to + j * w, select(nothing, zero, y), select(nothing, zero, rest))
    return base, bad


@inlined
def moved(a, a_at, rows, k, w, matrix, width, to):
    """Each row times the matrix, whose rows are `width` apart."""
    for r in range(rows):
        at = r * k * w
        for j in range(k):
            b, b_low = full(a[0], matrix[0][j]), full(a[0], matrix[1][j])
            first, first_low = pair_at(a, a_at + at)
            high, low = product_of_pairs(first, first_low, b, b_low)
            for i in range(1, k):
                b = full(a[0], matrix[0][i * width + j])
                b_low = full(a[0], matrix[1][i * width + j])
                v, rest = pair_at(a, a_at + at + i * w)
                high, low = with_product(high, low, v, rest, b, b_low)
            put_pair(to, at + j * w, high, low)


@inlined
def times_factors(a, a_at, rows, k, w, factors, at, to):
    """The largest entry of rows that have met the factor of each state."""
    top = full(to[0], 0.0)
    for r in range(rows):
        row = r * k * w
        factor = load(factors[0], at, None, 0.0)  # 0 or 1
        high, low = pair_at(a, a_at + row)
        high = high * factor
        put_pair(to, row, high, low * factor)
        top = larger(high, top)
        for j in range(1, k):
            v, rest = pair_at(a, a_at + row + j * w)
            factor, factor_low = pair_at(factors, at + j * w)
            high, low = product_of_pairs(v, rest, factor, factor_low)
            put_pair(to, row + j * w, high, low)
            top = larger(high, top)
    return top


@inlined
def largest_of(a, size, w):
    """The largest entry in each lane."""
    top = load(a[0], 0, None, 0.0)
    for i in range(w, size * w, w):
        top = larger(load(a[0], i, None, 0.0), top)
    return top


@inlined
def settled(new, size, w, top, alive, a, a_at, to, to_at):
    """(by what power of two entries were too large, 2^-it, 1 where one of them is too small).

    The entries of lanes that are not alive are left as they are in `a`.
    """
    zero, one = full(new[0], 0.0), full(new[0], 1.0)
    _, power, scale = split_exponent(select(top > zero, top, one))
    least, bad = top * full(new[0], _LEAST), zero
    for i in range(0, size * w, w):
        high, low = pair_at(new, i)
        counted = select(high == zero, top, high)
        bad = select(counted >= least, bad, one)  # also where it is NaN
        old, old_low = pair_at(a, a_at + i)
        high, low = select(alive, high * scale, old), select(alive, low * scale, old_low)
        put_pair(to, to_at + i, high, low)
    return select(top > zero, power, zero), scale, select(alive, bad, zero)
