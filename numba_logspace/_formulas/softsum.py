"""The sum of exponentials without its largest term, and what each function makes of it.

A row x has the summary (m, ties, rest, error):

    m      its largest entry,
    ties   how many further entries equal m,
    rest   the sum of exp(x_i - m) over the entries below m, times 2^scale_bits,
    error  what rest lacks to the exact sum.

So s = ties + (rest + error) / 2^scale_bits is the sum of all exponentials relative to the largest
without that one, and the softmax denominator is 1 + s. Leaving the largest term out is what keeps
every digit: 1 + s has already lost those of a small s. Parts of a row are first compared for m,
then summed relative to it: merging sums that are relative to different maxima would round again
for each part of a long row.

Each function of the family is a `prepare_` formula, from the summary to four numbers a row, and
an `element_` formula, from those and one entry to the result; a reduction is a `reduce_` formula.
No formula knows memory, and each takes single numbers or SIMD vectors alike.
"""

import math

from numba import types

from .._compile.trace import branch, formula
from .relative import scaled_exp_from
from .simd import (
    any_lane,
    const,
    constant,
    fma,
    lane_type,
    polynomial,
    select,
)
from .vectormath import (
    atanh_curve,
    difference,
    exp_less,
    log1p,
    log1p_pair,
    log_of_sum,
    log_pair_of_sum,
    magnitude,
    quotient,
    scaled_exp,
    scaled_exp_pair,
    scaled_exp_parts,
    two_product,
    two_sum,
)

# (atanh(t) / t - 1) / t^2 as a polynomial in t^2 <= 1/225, as those of `vectormath`. Its error is
# below 0.01 units in the last place.
_ATANH_NEAR_0 = {
    types.float32: (0.333332111007815763, 0.200887554512520365),
    types.float64: (
        0.333333333333336666,
        0.199999999989378342,
        0.142857153847847463,
        0.111106150227542258,
        0.0919243459515053484,
    ),
}

# The bits of a length that go into a number of their own.
_LOW_BITS = (1 << 20) - 1

# --- the terms of the sum ----------------------------------------------------------------------


@formula
def term_of_sum(x, m, of_m):
    """exp(x - m) times 2^scale_bits for x below m, as it goes into the sum.

    `of_m` is the reference of m, or None where there are so few entries that it would cost more.
    """
    return scaled_exp(*difference(x, m)) if of_m is None else scaled_exp_from(x, of_m)


@formula
def told_apart(x, m, term):
    """The term of x, exactly 2^scale_bits if and only if x is m, even both inf."""
    below = constant(x, "below_scale")
    return select(x >= m, constant(x, "scale"), select(term > below, below, term))


@formula
def scaled_term(x, m):
    """exp(x - m) times 2^scale_bits; exactly that scale if and only if x is m, even both inf."""
    return told_apart(x, m, term_of_sum(x, m, None))


@formula
def scaled_parts_of_sum(x, low, m):
    """exp(x + low - m) times 2^scale_bits in two parts, x + low an exact sum and x its rounding.

    At x = m they are 0 and scale * low, what the term adds to the 1 that is left out, to first
    order. A `low` above 1/8 is within half an ulp of an m so large that it does not matter.
    """
    d = x - m
    t = d - x
    low = ((x - (d - t)) - (m + t)) + low
    # With infinities it is NaN.
    low = select(magnitude(low) <= const(low, 0.125), low, const(low, 0.0))
    high, rest = scaled_exp_parts(d, low)
    at_max = x >= m
    return (
        select(at_max, const(x, 0.0), high),
        select(at_max, low * constant(x, "scale"), rest),
    )


@formula
def add_sum(sums, x, y, m):
    """Take x + y into (number of sums that round to m, scaled sum of all else, its error).

    Every digit of it counts: where m < 0, the result may be half of the logarithm.
    """
    ties, rest, error = sums
    v, low = two_sum(x, y)
    high, low = scaled_parts_of_sum(v, low, m)
    rest, lost = two_sum(rest, high)
    ties = ties + select(v >= m, const(m, 1.0), const(m, 0.0))
    return ties, rest, error + (lost + low)


@formula
def sum_without_max(summary):
    """(s, error): the sum of exp(x_i - m) over all entries but one that equals m."""
    m, ties, rest, error = summary
    s, lost = two_sum(ties, rest * constant(rest, "unscale"))
    return two_sum(s, fma(error, constant(error, "unscale"), lost))


@formula
def total_sum(summary):
    """(S, error): the sum of exp(x_i - m) over all entries, the softmax denominator."""
    s, error = sum_without_max(summary)
    total, lost = two_sum(s, const(s, 1.0))
    return total, lost + error


@formula
def log_total(summary):
    """log(1 + s)."""
    s, error = sum_without_max(summary)
    return log1p(s) + error / (const(s, 1.0) + s)


@formula
def logarithm_of_all(m, y, low):
    """(m + y + low, what it lacks, 0 at infinities)."""
    whole, lost = two_sum(m, y)
    finite = magnitude(whole) < const(m, math.inf)
    return whole, select(finite, lost + low, const(m, 0.0))


@formula
def nan_at_two_infs(summary, value):
    """`value`, but NaN where the softmax has no limit because of two or more of +inf."""
    m, ties, rest, error = summary
    at_inf = select(ties > const(m, 0.0), const(m, math.nan), value)
    return select(m == const(m, math.inf), at_inf, value)


@formula
def nan_without_limit(summary, value):
    """`value`, but NaN where the softmax at the maximum has no limit: no entry, or two of +inf."""
    m = summary[0]
    value = nan_at_two_infs(summary, value)
    return select(m == const(m, -math.inf), const(m, math.nan), value)


# --- parts of a row that are not there at one time ----------------------------------------------
# Each part has been summed relative to its own maximum. The factor between two maxima has nearly
# twice the digits, so that it does not count how often parts are brought together.


@formula
def part_relative_to(summary, m):
    """(entries equal to m, rest, error) of a part of a row whose maximum is m."""
    own, ties, rest, error = summary
    zero, one = const(m, 0.0), const(m, 1.0)
    factor, low = scaled_exp_pair(*difference(own, m))
    total, lacks = total_sum(summary)
    below, lost = two_product(total, factor)
    lost = lost + (total * low + lacks * factor)
    at_max = own >= m
    return (
        select(at_max, ties + one, zero),
        select(at_max, rest, below),
        select(at_max, error, lost),
    )


@formula
def all_relative_to(part, m):
    """As part_relative_to, of a part whose number of entries that equal its maximum is of all."""
    own, ties, rest, error = part
    zero, unscale = const(m, 0.0), constant(m, "unscale")
    factor, low = scaled_exp_pair(*difference(own, m))
    total, lacks = two_sum(ties, rest * unscale)
    lacks = fma(error, unscale, lacks)
    below, lost = two_product(total, factor)
    lost = lost + (total * low + lacks * factor)
    at_max = own >= m
    return (
        select(at_max, ties, zero),
        select(at_max, rest, below),
        select(at_max, error, lost),
    )


@formula
def shortfall_relative_to(part, own, n, m):
    """The sum of exp(x - m) - 1 over n entries, from that relative to their own maximum."""
    short, low = part
    gap, error = difference(own, m)
    factor, factor_low = scaled_exp_pair(gap, error)
    factor, factor_low = factor * constant(m, "unscale"), factor_low * constant(m, "unscale")
    less, less_low = exp_less(gap, error, const(m, 1.0), const(m, 0.0))
    first, lost = two_product(factor, short)
    second, lost_too = two_product(n, less)
    lost = (lost + (factor * low + factor_low * short)) + (lost_too + n * less_low)
    total, lost_last = two_sum(first, second)
    at_max = own >= m
    return select(at_max, short, total), select(at_max, low, lost + lost_last)


# --- when a second look at the row is needed ----------------------------------------------------


@formula
def never(summary, n):
    """The summary is enough."""
    return summary[0] < summary[0]


@formula
def always(summary, n):
    """The rest of the row, without its maximum, is part of the result."""
    one = const(summary[0], 1.0)
    return one == one


@formula
def where_sum_vanishes(summary, n):
    """s is too small to be held with all its digits."""
    s, error = sum_without_max(summary)
    return s < constant(s, "vanishing")


@formula
def where_mean_near_max(summary, n):
    """The mean of exp(x_i - m) is above 1/2: its distance from 1 carries the digits."""
    total, error = total_sum(summary)
    return total + total >= const(total, n)


# --- maps --------------------------------------------------------------------------------------
# prepare(summary, second, n): `second` is the summary of the row without its maximum where one of
# the conditions above asked for it, and n, an integer, the length of the row.
# element(x, e, m, a, b, c, d): e is the scaled term of x, and (a, b, c, d) what prepare returned.


@formula
def prepare_softmax(summary, second, n):
    """(1 / (1 + s), what it lacks, value at the maximum, -)."""
    total, error = total_sum(summary)
    one, zero = const(total, 1.0), const(total, 0.0)
    inverse, lack = quotient(one, zero, total, error)
    return inverse, lack, nan_without_limit(summary, inverse), zero


@formula
def element_softmax(x, e, m, a, b, c, d):
    """exp(x - m) / (1 + s); scaled back last, so that only one rounding is a subnormal's."""
    return select(e == constant(e, "scale"), c, fma(e, a, e * b) * constant(e, "unscale"))


@formula
def prepare_log_softmax(summary, second, n):
    """(m + log(1 + s), what it lacks, value at the maximum, -)."""
    s, error = sum_without_max(summary)
    y, low = log1p_pair(s, error)
    whole, lack = logarithm_of_all(summary[0], y, low)
    zero = const(s, 0.0)
    return whole, lack, nan_without_limit(summary, zero - (y + low)), zero


@formula
def element_log_softmax(x, e, m, a, b, c, d):
    """x - (m + log(1 + s)), of which both parts are taken away, so that nothing is lost."""
    return select(x == m, c, (x - a) - b)


@formula
def _log_of_odds_share(s, error, total, total_error, inverse):
    # log(s / total), total = 1 + s and inverse = 1 / total: from the quotient or, where that is
    # near 1, from what it lacks to 1. What has been rounded goes on, since it would count double.
    one, zero = const(s, 1.0), const(s, 0.0)
    small = s < one
    top = select(small, s, -one)
    share = top * inverse
    lost = fma(-share, total, top) + (select(small, error, zero) - share * total_error)
    whole = select(small, zero, one)
    w = whole + share
    return select(s == s, log_of_sum(w, fma(lost, inverse, share - (w - whole))), s)


@formula
def prepare_log1m_softmax(summary, second, n):
    """(a, lack, value at the maximum, -1 / a), with a - a lack = 2 (1 + s)."""
    s, error = sum_without_max(summary)
    total, total_error = total_sum(summary)
    inverse = const(s, 1.0) / total
    at_max = _log_of_odds_share(s, error, total, total_error, inverse)
    vanishes = s < constant(s, "vanishing")

    def from_second():
        # Then log(s / (1 + s)) is log(s), and the second largest entry still shows it.
        gap, low = difference(second[0], summary[0])
        return select(vanishes, gap + (low + log_total(second)), at_max)

    value = nan_without_limit(summary, branch(any_lane(vanishes), from_second, at_max))
    return total + total, -total_error * inverse, value, const(s, -0.5) * inverse


@formula
def _atanh_curve_near_0(z):
    return polynomial(z, _ATANH_NEAR_0[lane_type(z.kind)])


@formula
def log1m_of_share(e, a, lack, inverse, factor, curve=atanh_curve):
    """factor log(1 - e / S), factor a power of 2, from e, a - a lack = 2 S and -1 / a.

    As -2 atanh(e / (2 S - e)): one division and no cancellation. What the denominator has lost is
    put right to first order, and as if it were 2 S: the lesser e is, the more it matters.
    """
    d = fma(-e, constant(e, "unscale"), a)
    lost = fma(-e, constant(e, "unscale"), a - d)
    t = e / d
    plain = t * constant(e, "unscale")
    z = plain * plain
    tail = fma(z, curve(z), fma(lost, inverse, lack))
    scale = const(e, -2.0) * constant(e, "unscale") * factor
    return fma(t, tail, t) * scale


@formula
def element_log1m_softmax(x, e, m, a, b, c, d):
    """log(1 - e / S), S = 1 + s."""
    y = log1m_of_share(e, a, b, d, const(e, 1.0))
    return select(e == constant(e, "scale"), c, y)


@formula
def where_shares_are_small(a, b, c, d):
    """S is so large, a = 2 S, that no entry but the largest has more than an eighth of it."""
    return a >= const(a, 16.0)


@formula
def element_log1m_softmax_of_small(x, e, m, a, b, c, d):
    """log(1 - e / S) with half the terms of the series, which are enough for e / S <= 1/8."""
    y = log1m_of_share(e, a, b, d, const(e, 1.0), _atanh_curve_near_0)
    return select(e == constant(e, "scale"), c, y)


@formula
def prepare_loo_logsumexp(summary, second, n):
    """(s, value at the maximum, the second largest entry m2, the sum without its term)."""
    s, error = sum_without_max(summary)
    m2 = second[0]
    e2 = scaled_term(m2, summary[0])
    # At the second largest entry s - e2 would cancel; relative to it the others are s2.
    s2, error2 = sum_without_max(second)
    without_second = e2 * s2 * constant(e2, "unscale")
    whole, lack = logarithm_of_all(m2, *log1p_pair(s2, error2))
    return s, select(s2 == s2, whole + lack, s2), m2, without_second


@formula
def element_loo_logsumexp(x, e, m, a, b, c, d):
    """m + log(1 + s - exp(x - m)), the largest term always present."""
    others = select(x == c, d, fma(-e, constant(e, "unscale"), a))
    return select(e == constant(e, "scale"), b, m + log1p(others))


@formula
def length_pair(n, like):
    """The length of a row as a number and what it lacks: it may have more digits than the type."""
    low = n & _LOW_BITS
    return two_sum(const(like, n - low), const(like, low))


# --- reductions --------------------------------------------------------------------------------
# reduce(summary, second, n), arguments as for prepare.


@formula
def reduce_logsumexp(summary, second, n):
    """m + log(1 + s)."""
    # Where m < 0 the result may be half of its logarithm, and all that is rounded counts double.
    m = summary[0]
    s, error = sum_without_max(summary)
    y, low = log1p_pair(s, error)
    total, lost = two_sum(m, y)
    total = total + (lost + low)
    finite = magnitude(m) < const(m, math.inf)
    return select(s == s, select(finite, total, m), s)


@formula
def reduce_logsumexp_excluding_max(summary, second, n):
    """The logsumexp of the rest of the row."""
    return second[0] + log_total(second)


@formula
def reduce_logmeanexp(summary, second, n):
    """m + log(mean of exp(x_i - m)), from the sum of exp(x_i - m) - 1 where that is small."""
    total, error = total_sum(summary)
    count, count_low = length_pair(n, total)
    mean, mean_low = quotient(total, error, count, count_low)
    far, far_low = log_pair_of_sum(mean, mean_low, const(mean, 0.0))
    near, near_low = log1p_pair(*quotient(second[0], const(mean, 0.0), count, count_low))
    is_near = total + total >= count
    y = select(total == total, select(is_near, near, far), total)
    whole, lack = logarithm_of_all(summary[0], y, select(is_near, near_low, far_low))
    return whole + lack
