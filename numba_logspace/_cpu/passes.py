"""One sweep each over a strip of memory: the maximum, the sum, and so on.

A strip is `count` vectors of array `x`, the first at `base` and each `step` further, of which the
first `width` lanes are used (None: all). The body of a contiguous row is a strip whose step is the
vector's length, its end a strip of one shorter vector, and a tile of columns a strip whose step is
the distance between rows. What the lanes mean is the engine's business.
"""

import math

from .._compile.trace import branch, formula, loop
from .._formulas.simd import const, constant, select
from .._formulas.softsum import scaled_term, term_of_sum, told_apart
from .._formulas.vectormath import difference, expm1_nonpositive, larger, lesser, two_sum
from .memory import load, prefetch, store

# Vectors added plainly before the sum is carried on with compensation: few enough for the error
# not to grow with the length of the row, enough for compensation to cost next to nothing.
CHUNK = 4
# The errors of a sum are themselves added plainly, and the entries equal to the maximum counted,
# for so many vectors at most; then the sums of that block go to those of all blocks, which are
# numbers of twice the digits.
BLOCK = 1 << 10


@formula
def max_pass(x, base, step, count, width, m):
    """The lane-wise maximum with m; NaN is passed over (it shows up in the sum)."""

    def one_more(i, m):
        return larger(load(x, base + i * step, width, -math.inf), m)

    return loop(count, one_more, m)


@formula
def count_or_term(v, term, m, ties):
    """(the count with an entry equal to m, 0), or (the count, the scaled term of one below)."""
    one, zero, at_max = const(m, 1.0), const(m, 0.0), v >= m
    return ties + select(at_max, one, zero), select(at_max, zero, term)


@formula
def no_sums(m):
    """The sums of no entries."""
    zero = const(m, 0.0)
    return zero, zero, zero


@formula
def merged(sums, more):
    """The sums of two parts of a row, as numbers of twice the digits."""
    ties, rest, error = sums
    ties, lost_ties = two_sum(ties, more[0])
    rest, lost = two_sum(rest, more[1])
    # A count of more digits than the type has goes on in the error.
    error = (error + more[2]) + (lost + lost_ties * constant(ties, "scale"))
    rest, error = two_sum(rest, error)
    return ties, rest, error


@formula
def one_less(sums):
    """The sums with one entry less that is equal to the maximum."""
    ties, rest, error = sums
    ties, lost = two_sum(ties, const(ties, -1.0))
    return ties, rest, error + lost * constant(ties, "scale")


@formula
def carried(rest, error, part):
    """The sum with one term more, at half the price of two_sum.

    Exact where the term is no larger than the sum. Where it is, which is seldom, it is at worst
    as if that one step had no compensation.
    """
    total = rest + part
    return total, error + (part - (total - rest))


class Registers:
    """Where the terms of a Short row are kept between sweeps, instead of in memory."""

    def __init__(self):
        self.body, self.end = Register(), Register()


class Register:
    """Where the term of one vector is kept."""

    term = None


def ends_of(e):
    """Where the terms of the body of a row and those of its end are kept."""
    return (e.body, e.end) if isinstance(e, Registers) else (e, e)


def keep_term(e, index, width, term):
    """Leave a scaled term in `e`; an `e` of None is nowhere."""
    if isinstance(e, Register):
        e.term = term
    else:
        store(e, index, width, term)


@formula
def _take(x, at, width, m, of_m, e, e_at, ahead, ties):
    v = load(x, at, width, -math.inf)
    term = term_of_sum(v, m, of_m)
    keep_term(e, e_at, width, told_apart(v, m, term))
    prefetch(x, at, ahead)
    return count_or_term(v, term, m, ties)


def in_blocks(count, block, nothing, merge):
    """The sums after `sums = block(first, last, sums)` for each block of a strip.

    `nothing` are the sums of no entries, and `merge` adds up those of two parts.
    """

    def settle(before, sums):
        return merge(before, sums), nothing

    def one_more(first, state):
        before, sums = branch(first > 0, lambda: settle(*state), state)
        return before, block(first, lesser(first + BLOCK, count), sums)

    def all_blocks(sums):
        if isinstance(count, int):
            return block(0, count, sums)
        before, sums = loop(count, one_more, (nothing, sums), step=BLOCK)
        return branch(count > BLOCK, lambda: merge(before, sums), sums)

    return all_blocks


@formula
def sum_pass(x, base, step, count, width, m, of_m, sums, e, e_base, e_step, ahead):
    """Add to `sums` = (number of entries equal to m, scaled sum of those below, its error).

    `of_m` is as in term_of_sum. Meanwhile write each scaled term to the strip of `e` and fetch what
    lies `ahead` in x, for the next row; either may be None.
    """

    def one_more(i, state):
        ties, part = state
        at, e_at = base + i * step, e_base + i * e_step
        ties, term = _take(x, at, width, m, of_m, e, e_at, ahead, ties)
        return ties, part + term

    def block(first, last, sums):
        def chunk(start, sums):
            ties, rest, error = sums
            end = last if isinstance(last, int) else lesser(start + CHUNK, last)
            ties, part = loop(end, one_more, (ties, const(m, 0.0)), start)
            return ties, *carried(rest, error, part)

        return loop(last, chunk, sums, first, CHUNK)

    return in_blocks(count, block, no_sums(m), merged)(sums)


@formula
def lone_sum_pass(x, base, step, count, width, m, of_m, sums, e, e_base, e_step, ahead):
    """As sum_pass, where a lane is a row: no other lanes are there for errors to cancel."""

    def one_more(i, sums):
        ties, rest, error = sums
        at, e_at = base + i * step, e_base + i * e_step
        ties, term = _take(x, at, width, m, of_m, e, e_at, ahead, ties)
        return ties, *carried(rest, error, term)

    def block(first, last, sums):
        return loop(last, one_more, sums, first)

    return in_blocks(count, block, no_sums(m), merged)(sums)


@formula
def below_max_pass(x, base, step, count, width, m, m2):
    """The lane-wise maximum of m2 and the entries below m."""

    def one_more(i, m2):
        v = load(x, base + i * step, width, -math.inf)
        return select(v < m, larger(v, m2), m2)

    return loop(count, one_more, m2)


@formula
def below_sum_pass(x, base, step, count, width, m2, of_m2, sums):
    """As sum_pass with m2, the largest entry below the maximum, for m."""
    one, zero = const(m2, 1.0), const(m2, 0.0)

    def one_more(i, sums):
        ties, rest, error = sums
        v = load(x, base + i * step, width, -math.inf)
        ties = ties + select(v == m2, one, zero)
        # The maximum itself is above m2; NaN is not, and must show.
        part = select(v >= m2, zero, term_of_sum(v, m2, of_m2))
        rest, lost = two_sum(rest, part)
        return ties, rest, error + lost

    def block(first, last, sums):
        return loop(last, one_more, sums, first)

    return in_blocks(count, block, no_sums(m2), merged)(sums)


@formula
def shortfall_pass(x, base, step, count, width, m, sums):
    """Add to `sums` = (zero, sum of exp(x - m) - 1, its error)."""
    one, zero = const(m, 1.0), const(m, 0.0)

    def one_more(i, sums):
        unused, total, error = sums
        v = load(x, base + i * step, width, math.inf)
        gap, low = difference(v, m)
        short = expm1_nonpositive(gap)
        # To first order in the rounding error of the gap, which is below an ulp of it.
        short = select(v >= m, zero, short + (short + one) * low)
        total, lost = two_sum(total, short)
        return unused, total, error + lost

    def block(first, last, sums):
        return loop(last, one_more, sums, first)

    return in_blocks(count, block, no_sums(m), merged)(sums)


@formula
def term_at(e, index, width, v, m):
    """The scaled term of v, from `e` where the sum has left it there."""
    if isinstance(e, Register):
        return e.term
    return scaled_term(v, m) if e is None else load(e, index, width, 0.0)


def finish_pass_of(element):
    """The sweep that writes `element` of each entry; m and row are the same for all vectors."""

    @formula
    def finish_pass(
        x, base, step, count, width, m, row, e, e_base, e_step, out, o_base, o_step, ahead
    ):
        def one_more(i, _):
            v = load(x, base + i * step, width, -math.inf)
            prefetch(x, base + i * step, ahead)
            term = term_at(e, e_base + i * e_step, width, v, m)
            store(out, o_base + i * o_step, width, element(v, term, m, *row))

        loop(count, one_more, None)

    return finish_pass
