"""Steps of hidden Markov chains in lanes, which hold stretches of chains, or whole chains.

The entries of a row have one power, which each step brings back to that of the largest entry, and
the observations count relative to that of the first state, whose logarithms are added up exactly.
A lane whose numbers lie too far apart for that is bad: its chain is for `_cpu/chains.py`, where
each number has a power of its own.
"""

import math

from .._compile.inline import inlined
from .._compile.trace import branch, formula, loop
from .._formulas.chains import (
    normalised,
    power_of_two,
    product_above,
    product_of_pairs,
    ratio_of_logs,
    with_product,
)
from .._formulas.simd import VECTOR_BYTES, fma, select, split_exponent
from .._formulas.vectormath import larger, magnitude, two_sum
from .memory import full, load, number_at, store

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


@formula
def pair_at(of, at):
    """A vector of pairs."""
    return load(of[0], at, None, 0.0), load(of[1], at, None, 0.0)


@formula
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


@formula
def factors_of(x, at, k, w, factors, to, bad):
    """(the logarithm that factors are relative to, which lanes are bad): one factor a state."""
    zero, one, lowest = full(x, 0.0), full(x, 1.0), full(x, -math.inf)
    base = load(x, at, None, 0.0)
    none = base == lowest
    base = loop(k, lambda j, top: larger(load(x, at + j * w, None, 0.0), top), base, 1)
    base = select(none, base, load(x, at, None, 0.0))
    put_pair(factors, to, select(none, zero, one), zero)
    known = magnitude(base) < full(x, _LARGEST)
    bad, base = select(known, bad, one), select(known, base, zero)

    def with_state(j, bad):
        v = load(x, at + j * w, None, 0.0)
        nothing = v == lowest
        d, d_low = two_sum(select(nothing, base, v), -base)
        near = magnitude(d) < full(x, _FARTHEST)
        y, rest = ratio_of_logs(select(near, d, zero), select(near, d_low, zero))
        put_pair(factors, to + j * w, select(nothing, zero, y), select(nothing, zero, rest))
        return select(near, bad, one)

    return base, loop(k, with_state, bad, 1)


@formula
def _sum_of_few(a, at, k, w, matrix, width, j):
    def factors(i):
        at_move = i * width + j
        b, b_low = number_at(matrix[0], at_move), number_at(matrix[1], at_move)
        return *pair_at(a, at + i * w), full(a[0], b), full(a[0], b_low)

    return loop(k, lambda i, s: with_product(*s, *factors(i)), product_of_pairs(*factors(0)), 1)


@formula
def _sum_of_many(a, at, k, w, matrix, width, j):
    # Above what the sum is about, as in `_cpu/near_rows.py`.
    def about_with(i, total):
        b = full(a[0], number_at(matrix[0], i * width + j))
        return fma(load(a[0], at + i * w, None, 0.0), b, total)

    def with_term(i, sums):
        at_move = i * width + j
        b, b_low = number_at(matrix[0], at_move), number_at(matrix[1], at_move)
        v, rest = pair_at(a, at + i * w)
        return product_above(*sums, v, rest, full(a[0], b), full(a[0], b_low))

    zero = full(a[0], 0.0)
    about = loop(k, about_with, zero)
    begin = about + about
    total, lost, first, second = loop(k, with_term, (begin, zero, zero, zero))
    return total - begin, lost + (first + second)


@formula
def moved(a, a_at, rows, k, w, matrix, width, to):
    """Each row times the matrix, whose rows are `width` apart."""

    def with_row(r, _):
        def with_state(j, _):
            arguments = a, a_at + r * k * w, k, w, matrix, width, j
            few = k <= _MOST_STATES
            high, low = branch(
                few, lambda: _sum_of_few(*arguments), lambda: _sum_of_many(*arguments)
            )
            put_pair(to, r * k * w + j * w, high, low)

        loop(k, with_state, None)

    loop(rows, with_row, None)


@formula
def times_factors(a, a_at, rows, k, w, factors, at, to):
    """The largest entry of rows that have met the factor of each state."""

    def with_row(r, top):
        row = r * k * w
        factor = load(factors[0], at, None, 0.0)  # 0 or 1
        high, low = pair_at(a, a_at + row)
        high = high * factor
        put_pair(to, row, high, low * factor)

        def with_state(j, top):
            v, rest = pair_at(a, a_at + row + j * w)
            high, low = product_of_pairs(v, rest, *pair_at(factors, at + j * w))
            put_pair(to, row + j * w, high, low)
            return larger(high, top)

        return loop(k, with_state, larger(high, top), 1)

    return loop(rows, with_row, full(to[0], 0.0))


@formula
def largest_of(a, size, w):
    """The largest entry in each lane."""
    first = load(a[0], 0, None, 0.0)
    return loop(size * w, lambda i, top: larger(load(a[0], i, None, 0.0), top), first, w, w)


@formula
def settled(new, size, w, top, alive, a, a_at, to, to_at):
    """(by what power of two entries were too large, 2^-it, 1 where one of them is too small).

    The entries of lanes that are not alive are left as they are in `a`.
    """
    zero, one = full(new[0], 0.0), full(new[0], 1.0)
    _, power, scale = split_exponent(select(top > zero, top, one))
    least = top * full(new[0], _LEAST)

    def with_entry(i, bad):
        high, low = pair_at(new, i)
        counted = select(high == zero, top, high)
        old, old_low = pair_at(a, a_at + i)
        put_pair(
            to,
            to_at + i,
            select(alive, high * scale, old),
            select(alive, low * scale, old_low),
        )
        return select(counted >= least, bad, one)  # also where it is NaN

    bad = loop(size * w, with_entry, zero, 0, w)
    return select(top > zero, power, zero), scale, select(alive, bad, zero)
