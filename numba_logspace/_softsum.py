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

from ._jit import formula
from ._simd import any_lane, const, constant, fma, select
from ._vectormath import (
    atanh_tail,
    difference,
    log,
    log1p,
    log1p_pair,
    log_of_sum,
    magnitude,
    scaled_exp,
    scaled_exp_parts,
    two_sum,
)

# --- the terms of the sum ----------------------------------------------------------------------


@formula
def scaled_term(x, m):
    """exp(x - m) times 2^scale_bits; exactly that scale if and only if x is m, even both inf."""
    d, error = difference(x, m)
    below = constant(x, "below_scale")
    term = scaled_exp(d, error)
    return select(x >= m, constant(x, "scale"), select(term > below, below, term))


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


# --- when a second look at the row is needed ----------------------------------------------------


@formula
def never(summary, n):
    """The summary is enough."""
    return summary[0] < summary[0]


@formula
def always(summary, n):
    """The rest of the row, without its maximum, is part of the result."""
    return n == n


@formula
def where_sum_vanishes(summary, n):
    """s is too small to be held with all its digits."""
    s, error = sum_without_max(summary)
    return s < constant(s, "vanishing")


@formula
def where_mean_near_max(summary, n):
    """The mean of exp(x_i - m) is above 1/2: its distance from 1 carries the digits."""
    total, error = total_sum(summary)
    return total + total >= n


# --- maps --------------------------------------------------------------------------------------
# prepare(summary, second, n): `second` is the summary of the row without its maximum where one of
# the conditions above asked for it.
# element(x, e, m, a, b, c, d): e is the scaled term of x, and (a, b, c, d) what prepare returned.


@formula
def prepare_softmax(summary, second, n):
    """(1 + s, its error relative to it, value at the maximum, -)."""
    total, error = total_sum(summary)
    at_max = nan_without_limit(summary, const(total, 1.0) / total)
    return total, error / total, at_max, const(total, 0.0)


@formula
def element_softmax(x, e, m, a, b, c, d):
    """exp(x - m) / (1 + s); scaled back last, so that only one rounding is a subnormal's."""
    p = e / a
    return select(e == constant(e, "scale"), c, fma(-p, b, p) * constant(e, "unscale"))


@formula
def prepare_log_softmax(summary, second, n):
    """(log(1 + s), value at the maximum, -, -)."""
    a = log_total(summary)
    zero = const(a, 0.0)
    return a, nan_without_limit(summary, zero - a), zero, zero


@formula
def element_log_softmax(x, e, m, a, b, c, d):
    """(x - m) - log(1 + s): x - (m + log(...)) would cancel."""
    gap, error = difference(x, m)
    return select(x == m, b, gap + (error - a))


@formula
def _log_of_odds_share(s):
    # log(s / (1 + s)): from s / (1 + s) itself or, where that is near 1, from its distance to 1.
    one, zero = const(s, 1.0), const(s, 0.0)
    small = s < one
    total = one + s
    near, lost = two_sum(one, -one / total)
    y = log_of_sum(select(small, s / total, near), select(small, zero, lost))
    return select(s == s, y, s)


@formula
def prepare_log1m_softmax(summary, second, n):
    """(2 (1 + s), its error, value at the maximum, -)."""
    s, error = sum_without_max(summary)
    at_max = _log_of_odds_share(s)
    vanishes = s < constant(s, "vanishing")
    if any_lane(vanishes):
        # Then log(s / (1 + s)) is log(s), and the second largest entry still shows it.
        gap, low = difference(second[0], summary[0])
        at_max = select(vanishes, gap + (low + log_total(second)), at_max)
    total, total_error = total_sum(summary)
    two = const(s, 2.0)
    at_max = nan_without_limit(summary, at_max)
    return two * total, two * total_error, at_max, const(s, 0.0)


@formula
def log1m_of_share(e, a, b, factor):
    """factor log(1 - e / S), factor a power of 2, from e and 2 S, its error being b.

    As -2 atanh(e / (2 S - e)): one division and no cancellation.
    """
    t = e / (fma(-e, constant(e, "unscale"), b) + a)
    plain = t * constant(e, "unscale")
    scale = const(e, -2.0) * constant(e, "unscale") * factor
    return fma(t, atanh_tail(plain * plain), t) * scale


@formula
def element_log1m_softmax(x, e, m, a, b, c, d):
    """log(1 - e / S), S = 1 + s."""
    y = log1m_of_share(e, a, b, const(e, 1.0))
    return select(e == constant(e, "scale"), c, y)


@formula
def prepare_loo_logsumexp(summary, second, n):
    """(s, value at the maximum, scaled term of the second largest, the sum without that)."""
    s, error = sum_without_max(summary)
    m2 = second[0]
    e2 = scaled_term(m2, summary[0])
    # At the second largest entry s - e2 would cancel; relative to it the others are s2.
    s2, error2 = sum_without_max(second)
    without_second = e2 * s2 * constant(e2, "unscale")
    return s, m2 + log_total(second), e2, without_second


@formula
def element_loo_logsumexp(x, e, m, a, b, c, d):
    """m + log(1 + s - exp(x - m)), the largest term always present."""
    others = select(e == c, d, fma(-e, constant(e, "unscale"), a))
    return select(e == constant(e, "scale"), b, m + log1p(others))


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
    log_mean = select(total + total >= n, log1p(second[0] / n), log(total / n))
    return summary[0] + log_mean
