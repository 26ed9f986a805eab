"""Rows of weighted terms with signs: log |sum b exp(x)|."""

import math

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import branch, formula, loop
from .._formulas.simd import Vector, over_lanes, select
from .._formulas.vectormath import magnitude
from .._formulas.weighted import (
    add_exact_term,
    add_plain_term,
    add_sums,
    counts,
    exact_term,
    exponent_of_term,
    gap_of,
    is_exact_enough,
    is_too_small,
    log_of_sums,
    plain_term,
    split,
)
from .memory import full, lanes, load
from .row import parts


def _sweep(x, b, base, step, n, state, body):
    # state = body(v, u, state) for the vectors of a row and of its weights. A step from entry to
    # entry other than 1 is for single numbers only, as on CUDA.
    (count, _), (has_end, end, left) = parts(x, base, n)
    w = lanes(x)

    def one_more(i, state):
        at = base + i * w * step
        return body(load(x, at, None, 0.0), load(b, at, None, 0.0), state)

    def of_end():
        return body(load(x, end, left, -math.inf), load(b, end, left, 0.0), state)

    # Single numbers leave no end.
    has_end = has_end if isinstance(state[0].kind, Vector) else False
    return loop(count, one_more, branch(has_end, of_end, state))


@formula
def _greater(term, other):
    # The term that is the greater, and whether either was infinite or NaN.
    chosen = (select(other[0] > term[0], b, a) for a, b in zip(term[:3], other[:3]))
    return *chosen, term[3] + other[3]


@formula
def leading_term(x, b, base, step, n):
    """(x, the exponent of b) of the largest finite term, -inf for none; how many are not finite."""
    none, zero = full(x, -math.inf), full(x, 0.0)

    def one_more(v, u, state):
        _, k = split(u)
        special = counts(v, u)
        absent = select(u == zero, none, select(special > zero, none, v))
        return _greater(state, (exponent_of_term(absent, k), absent, k, special))

    state = _sweep(x, b, base, step, n, (none, none, zero, zero), one_more)
    _, pivot, exponent, special = over_lanes(state, _greater)
    return pivot, exponent, special


@inlined
def special_terms(x, b, base, step, n):
    """Whether +inf is among the terms with b > 0, with b < 0, and whether NaN is."""
    plus, minus, nan = False, False, False
    for i in range(base, base + n * step, step):
        if b[i] == 0.0 or (x[i] == -math.inf and math.isfinite(b[i])):
            continue
        if math.isnan(x[i]) or math.isnan(b[i]) or (x[i] == -math.inf and math.isinf(b[i])):
            nan = True
        elif x[i] == math.inf or math.isinf(b[i]):
            plus, minus = plus or b[i] > 0.0, minus or b[i] < 0.0
    return plus, minus, nan


@formula
def _together(state, more):
    return *add_sums(state[:3], more[:3]), state[3] + more[3]


@formula
def plain_sums(x, b, base, step, n, pivot, exponent):
    """The sums of the plain terms, and of the moduli of those that are not exact."""
    pivot, exponent, zero = full(x, pivot), full(x, exponent), full(x, 0.0)

    def one_more(v, u, state):
        gap, error = gap_of(v, pivot)
        term, low = plain_term(gap, error, u, exponent)
        none = select(is_too_small(gap), zero, u) == zero
        term, low = select(none, zero, term), select(none, zero, low)
        sums = add_plain_term(state[:3], term, low)
        return *sums, state[3] + select(gap == zero, zero, magnitude(term))

    state = _sweep(x, b, base, step, n, (zero, zero, zero, zero), one_more)
    *sums, moduli = over_lanes(state, _together)
    return tuple(sums), moduli


@inlined
def exact_sums(x, b, base, step, n, pivot, exponent):
    """The sums of the exact terms."""
    sums = (0.0, 0.0, 0.0)
    for i in range(base, base + n * step, step):
        if b[i] == 0.0 or x[i] == -math.inf:
            continue
        gap, error = gap_of(x[i], pivot)
        if not is_too_small(gap):
            sums = add_exact_term(sums, *exact_term(gap, error, b[i], exponent))
    return sums


def row_of(leading, specials, plain, exact):
    """The function (room, x, b, base, step, n) for (log |sum b exp(x)|, sign of the sum) of a row.

    It is made of the functions above, or of those of a team that shares the row in that room.
    """

    @inlined
    def weighted_row(room, x, b, base, step, n):
        pivot, exponent, special = leading(room, x, b, base, step, n)
        if special > 0.0:
            plus, minus, nan = specials(room, x, b, base, step, n)
            if nan or (plus and minus):
                return math.nan, math.nan
            return math.inf, 1.0 if plus else -1.0
        if pivot == -math.inf:
            return -math.inf, 0.0
        sums, moduli = plain(room, x, b, base, step, n, pivot, exponent)
        value, sign = log_of_sums(sums, pivot, exponent)
        if not is_exact_enough(value, sums, moduli, exponent_of_term(pivot, exponent)):
            sums = exact(room, x, b, base, step, n, pivot, exponent)
            value, sign = log_of_sums(sums, pivot, exponent)
        return value, sign

    return weighted_row


def alone(function):
    """One of the functions above for `row_of`: of a row that nobody shares."""

    @inlined
    def of_row(room, *args):
        return function(*args)

    return of_row


weighted_row = row_of(*map(alone, (leading_term, special_terms, plain_sums, exact_sums)))


def weighted_rows():
    """The kernel over contiguous rows; the unit of work is a row."""

    def weighted(x, b, values, signs, n, start, stop):
        for r in range(start, stop):
            values[r], signs[r] = weighted_row(None, x, b, r * n, 1, n)

    return kernel(weighted)
