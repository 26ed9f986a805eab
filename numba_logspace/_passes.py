"""One sweep each over a strip of memory: the maximum, the sum, and so on.

A strip is `count` vectors of array `x`, the first at `base` and each `step` further, of which the
first `width` lanes are used (None: all). The body of a contiguous row is a strip whose step is the
vector's length, its end a strip of one shorter vector, and a tile of columns a strip whose step is
the distance between rows. What the lanes mean is the engine's business.
"""

import math

from numba import types
from numba.extending import overload

from ._jit import formula
from ._simd import const, load, prefetch, select, store
from ._softsum import scaled_term
from ._vectormath import difference, expm1_nonpositive, larger, two_sum

# Vectors added plainly before the sum is carried on with compensation: few enough for the error
# not to grow with the length of the row, enough for compensation to cost nothing.
CHUNK = 8


@formula
def max_pass(x, base, step, count, width, m):
    """The lane-wise maximum with m; NaN is passed over (it shows up in the sum)."""
    for i in range(count):
        m = larger(load(x, base + i * step, width, -math.inf), m)
    return m


@formula
def count_or_add(v, term, m, ties, part):
    """Count an entry equal to m, or add the scaled term of one below."""
    one, zero, at_max = const(m, 1.0), const(m, 0.0), v >= m
    return ties + select(at_max, one, zero), part + select(at_max, zero, term)


@formula
def sum_pass(x, base, step, count, width, m, sums, e, e_base, e_step, ahead):
    """Add to `sums` = (number of entries equal to m, scaled sum of those below, its error).

    Meanwhile write each scaled term to the strip of `e` and fetch what lies `ahead` in x, for the
    next row; either may be None.
    """
    ties, rest, error = sums
    for start in range(0, count, CHUNK):
        part = const(m, 0.0)
        for i in range(start, min(start + CHUNK, count)):
            v = load(x, base + i * step, width, -math.inf)
            term = scaled_term(v, m)
            store(e, e_base + i * e_step, width, term)
            ties, part = count_or_add(v, term, m, ties, part)
            prefetch(x, base + i * step, ahead)
        rest, lost = two_sum(rest, part)
        error = error + lost
    return ties, rest, error


@formula
def below_max_pass(x, base, step, count, width, m, m2):
    """The lane-wise maximum of m2 and the entries below m."""
    for i in range(count):
        v = load(x, base + i * step, width, -math.inf)
        m2 = select(v < m, larger(v, m2), m2)
    return m2


@formula
def below_sum_pass(x, base, step, count, width, m2, sums):
    """As sum_pass with m2, the largest entry below the maximum, for m."""
    ties, rest, error = sums
    one, zero = const(m2, 1.0), const(m2, 0.0)
    for i in range(count):
        v = load(x, base + i * step, width, -math.inf)
        ties = ties + select(v == m2, one, zero)
        # The maximum itself is above m2; NaN is not, and must show.
        part = select(v >= m2, zero, scaled_term(v, m2))
        rest, lost = two_sum(rest, part)
        error = error + lost
    return ties, rest, error


@formula
def shortfall_pass(x, base, step, count, width, m, sums):
    """Add to `sums` = (zero, sum of exp(x - m) - 1, its error)."""
    unused, total, error = sums
    one, zero = const(m, 1.0), const(m, 0.0)
    for i in range(count):
        v = load(x, base + i * step, width, math.inf)
        gap, low = difference(v, m)
        short = expm1_nonpositive(gap)
        # To first order in the rounding error of the gap, which is below an ulp of it.
        short = select(v >= m, zero, short + (short + one) * low)
        total, lost = two_sum(total, short)
        error = error + lost
    return unused, total, error


@formula
def no_sums(m):
    """The sums of no entries."""
    zero = const(m, 0.0)
    return zero, zero, zero


def term_at(e, index, width, v, m):
    """The scaled term of v, from `e` where the sum has left it there."""
    raise NotImplementedError("only inside compiled code")


@overload(term_at, jit_options={"error_model": "numpy"})
def _overload_term_at(e, index, width, v, m):
    if e == types.none:
        return lambda e, index, width, v, m: scaled_term(v, m)
    return lambda e, index, width, v, m: load(e, index, width, 0.0)


def kept(keep, array):
    """`array` where `keep` is an array, None where it is None."""
    raise NotImplementedError("only inside compiled code")


@overload(kept)
def _overload_kept(keep, array):
    if keep == types.none:
        return lambda keep, array: None
    return lambda keep, array: array


def unless_kept(e, value):
    """`value` where e is None, None where it is an array."""
    raise NotImplementedError("only inside compiled code")


@overload(unless_kept)
def _overload_unless_kept(e, value):
    if e == types.none:
        return lambda e, value: value
    return lambda e, value: None
