"""Derivatives of the softmax family: what their sums and results are made of.

As a value, a derivative is a summary and a finish, with sums of weighted terms between. With p the
softmax, S the sum of exp(x_i - m), k the dominant entry (p_k > 1/2), r_i = p_i / (1 - p_i) the
odds, q the softmax over the entries other than k, and sums over the entries other than k:

    softmax        T = sum p_i g_i      vjp, jvp  p_k (g_k (1 - p_k) - T)    p_j (g_j - T - p_k g_k)
    log_softmax    T = sum g_i          vjp  g_k (1 - p_k) - p_k T           g_j - p_j (T + g_k)
                   T = sum p_i t_i      jvp  t_k (1 - p_k) - T               t_j - T - p_k t_k
    log1m_softmax  T = sum g_i r_i      vjp  p_k (T - g_k)
                                             p_j (T - g_j r_j - g_j) + g_k p_k q_j
                   T = sum p_i t_i      jvp  p_k (U - t_k)
                   U = sum q_i t_i           r_j (T - p_j t_j + p_k t_k) - p_j t_j
    loo_logsumexp  T = sum g_i / (S - e_i)   vjp  T          e_j (T - g_j / (S - e_j)) + g_k q_j
                   T = sum e_i t_i           jvp  U          (T - e_j t_j + t_k) / (S - e_j)
    logsumexp      vjp  p_j g           jvp  T + p_k t_k,   T = sum p_i t_i

First stands the result at k, then that at j != k. Where no entry dominates there is no k, and
g_k = t_k = 0. The textbook forms divide by 1 - p_k, which is 0 as soon as p_k rounds to 1.

prepare(summary, second, n) returns the reference that the scaled terms e are relative to, and
`row`, some numbers. weigh(v, e, g, t, m, row, lift) returns what an entry adds to the sums, in two
tuples: terms that are summed with compensation, times the lift, which keeps small ones from
underflow, and terms of which only that of the dominant entry is not 0. From these sums,
settle(sums, own, row, c, lift) makes the numbers that the finish needs, where c is a number that
goes with the row, and element(v, e, g, t, m, row) is a tuple of results for one entry, or
result(row) that for the row. The derivative in an entry of -inf is 0, as if it were absent.
"""

import math

from .._compile.trace import branch, formula
from .simd import any_lane, const, constant, fma, select
from .softsum import (
    log1m_of_share,
    nan_at_two_infs,
    prepare_log1m_softmax,
    scaled_term,
    sum_without_max,
    total_sum,
)
from .vectormath import magnitude

# --- what they share ---------------------------------------------------------------------------


@formula
def times(e, factor):
    """e times factor, without the scale, which goes where nothing over- or underflows too soon."""
    unscale = constant(e, "unscale")
    large = magnitude(factor) >= const(e, 1.0)
    return select(large, e * (factor * unscale), e * factor * unscale)


@formula
def unlifted(total, lift):
    """A sum without the lift, a power of 2: of several sums one division."""
    return total * (const(total, 1.0) / lift)


@formula
def lowered(total, lift, factor):
    """A lifted sum times a factor, without the lift; neither over- nor underflows too soon."""
    large = magnitude(total) >= const(total, 1.0)
    return select(large, unlifted(total, lift) * factor, unlifted(total * factor, lift))


@formula
def unscaled(y):
    """y without the scale."""
    return y * constant(y, "unscale")


@formula
def present(v, y):
    """y, but 0 at an entry of -inf."""
    return select(v == const(v, -math.inf), const(v, 0.0), y)


@formula
def _flag(condition, like):
    return select(condition, const(like, 1.0), const(like, 0.0))


@formula
def is_dominant(v, m, flag):
    """Whether v is the maximum m of a row that an entry dominates."""
    zero = const(v, 0.0)
    return select(v == m, flag, zero) > zero


# --- relative to the maximum ---------------------------------------------------------------------
# row = (1 / S, what it lacks, 1 - p_k scaled, p_k, whether an entry dominates)


@formula
def prepare_by_max(summary, second, n):
    """m and the row above."""
    s, _ = sum_without_max(summary)
    total, error = total_sum(summary)
    one = const(s, 1.0)
    total = nan_at_two_infs(summary, total)
    inverse = one / total
    lack = (fma(-inverse, total, one) - inverse * error) * inverse
    # Where an entry dominates there are no ties, and the scaled sum keeps all digits of 1 - p_k.
    rest = (summary[2] + summary[3]) / total
    return summary[0], (inverse, lack, rest, inverse, _flag(s < one, s))


@formula
def share(e, inverse, lack):
    """p, scaled, from the scaled term and 1 / S: one rounding, as of a division."""
    return fma(e, inverse, e * lack)


@formula
def weigh_by_share(v, e, g, t, m, row, lift):
    """(e_i g_i lift), (g_k)."""
    dominant = is_dominant(v, m, row[4])
    zero = const(v, 0.0)
    term = select(dominant, zero, times(e, g * lift))
    return (present(v, term),), (present(v, select(dominant, g, zero)),)


@formula
def settle_shares(sums, own, row, c, lift):
    """The row, sum p_i g_i over i != k, and over all."""
    others = (sums[0] + sums[1]) / lift * row[0]
    return (*row, others, others + own[0] * row[3])


@formula
def element_softmax_vjp(v, e, g, t, m, row):
    """The derivative of sum(g * softmax), or that of softmax along g: they are the same."""
    inverse, lack, rest, p_max, flag, others, both = row
    at_dominant = p_max * (times(rest, g) - others)
    elsewhere = times(share(e, inverse, lack), g - both)
    return (present(v, select(is_dominant(v, m, flag), at_dominant, elsewhere)),)


@formula
def element_log_softmax_jvp(v, e, g, t, m, row):
    """The derivative of log_softmax along g."""
    _, _, rest, _, flag, others, both = row
    at_dominant = times(rest, g) - others
    return (present(v, select(is_dominant(v, m, flag), at_dominant, g - both)),)


@formula
def settle_logsumexp_jvp(sums, own, row, c, lift):
    """The sum p_i t_i."""
    return (settle_shares(sums, own, row, c, lift)[6],)


@formula
def first_number(row):
    """The result for a row where that is its first number."""
    return row[0]


@formula
def settle_with_number(sums, own, row, c, lift):
    """The row and the number that goes with it."""
    return (*row, c)


@formula
def element_logsumexp_vjp(v, e, g, t, m, row):
    """c p_j."""
    return (present(v, times(share(e, row[0], row[1]), row[5])),)


@formula
def weigh_log_softmax_vjp(v, e, g, t, m, row, lift):
    """(g_i lift), (g_k)."""
    dominant = is_dominant(v, m, row[4])
    zero = const(v, 0.0)
    term = select(dominant, zero, g * lift)
    return (present(v, term),), (present(v, select(dominant, g, zero)),)


@formula
def settle_log_softmax_vjp(sums, own, row, c, lift):
    """The row, sum g_i over i != k, and over all."""
    others = (sums[0] + sums[1]) / lift
    return (*row, others, others + own[0])


@formula
def element_log_softmax_vjp(v, e, g, t, m, row):
    """The derivative of sum(g * log_softmax)."""
    inverse, lack, rest, p_max, flag, others, both = row
    at_dominant = times(rest, g) - p_max * others
    elsewhere = g - times(share(e, inverse, lack), both)
    return (present(v, select(is_dominant(v, m, flag), at_dominant, elsewhere)),)


# --- where the odds of a dominant entry count ----------------------------------------------------
# row = (S, its error, 1 / S, what that lacks, p_k, q scale, whether an entry dominates, p scale)


@formula
def where_others_are_small(summary, n):
    """The terms of q would underflow relative to m, though not to the second largest entry."""
    s, _ = sum_without_max(summary)
    return s < constant(s, "small_sum")


@formula
def prepare_by_odds(summary, second, n):
    """The reference, m or where it has to be the second largest entry, and the row above."""
    m = summary[0]
    s, _ = sum_without_max(summary)
    total, error = total_sum(summary)
    one, zero = const(s, 1.0), const(s, 0.0)
    by_max = m, one / total, one / s
    through_second = s < constant(s, "small_sum")

    def from_second():
        total2, _ = total_sum(second)
        # Nothing else is left: the value is the constant -inf, its derivative 0.
        alone = select(second[0] == const(m, -math.inf), zero, by_max[1])
        numbers = second[0], alone, one / total2
        return tuple(select(through_second, a, b) for a, b in zip(numbers, by_max))

    reference, p_max, to_q = branch(any_lane(through_second), from_second, by_max)
    to_p = scaled_term(reference, m) * constant(m, "half_unscale")
    total = nan_at_two_infs(summary, total)
    inverse = one / total
    lack = (fma(-inverse, total, one) - inverse * error) * inverse
    return reference, (total, error, inverse, lack, p_max, to_q, _flag(s < one, s), to_p)


@formula
def term_by_max(e, row):
    """exp(x - m), scaled."""
    return e * row[7] * constant(e, "half_unscale")


@formula
def relative_to_max(y, row):
    """y, relative to the reference, relative to m; scaled back last, unless that overflows."""
    half = constant(y, "half_unscale")
    large = magnitude(y) >= constant(y, "lift")
    return select(large, y * half * row[7], y * row[7] * half)


@formula
def mean_of_others(total, lift, row):
    """The lifted sum over the sum of the others."""
    return lowered(total, lift, row[5])


@formula
def others_of(term, row):
    """S - exp(x - m): 1 - p would round once more."""
    return fma(-term, constant(term, "unscale"), row[0]) + row[1]


@formula
def p_and_odds(e, row):
    """(p, odds), both scaled."""
    term = term_by_max(e, row)
    return share(term, row[2], row[3]), term / others_of(term, row)


@formula
def weigh_by_odds(v, e, g, t, m, row, lift):
    """(g_i r_i lift), (g_k)."""
    dominant = is_dominant(v, m, row[6])
    zero = const(v, 0.0)
    term = term_by_max(e, row)
    weighted = select(dominant, zero, times(term / others_of(term, row), g * lift))
    return (present(v, weighted),), (present(v, select(dominant, g, zero)),)


@formula
def settle_odds(sums, own, row, c, lift):
    """The row, sum g_i r_i, and g_k p_k."""
    return (*row, (sums[0] + sums[1]) / lift, own[0] * row[4])


@formula
def element_log1m_softmax_vjp(v, e, g, t, m, row):
    """The derivative of sum(g * log1m_softmax)."""
    p, odds = p_and_odds(e, row)
    total, own = row[8], row[9]
    elsewhere = times(p, (total - times(odds, g)) - g) + times(e * row[5], own)
    at_dominant = row[4] * (total - g)
    return (present(v, select(is_dominant(v, m, row[6]), at_dominant, elsewhere)),)


@formula
def weigh_by_reference(v, e, g, t, m, row, lift):
    """(e_i g_i lift), (g_k), the terms relative to the reference."""
    dominant = is_dominant(v, m, row[6])
    zero = const(v, 0.0)
    term = select(dominant, zero, times(e, g * lift))
    return (present(v, term),), (present(v, select(dominant, g, zero)),)


@formula
def settle_log1m_softmax_jvp(sums, own, row, c, lift):
    """The row, sum q_i t_i, sum p_i t_i over i != k, and p_k t_k."""
    total = sums[0] + sums[1]
    others = relative_to_max(total / lift, row) * row[2]
    return (*row, mean_of_others(total, lift, row), others, own[0] * row[4])


@formula
def element_log1m_softmax_jvp(v, e, g, t, m, row):
    """The derivative of log1m_softmax along g."""
    p, odds = p_and_odds(e, row)
    at_k, others, own = row[8], row[9], row[10]
    mine = times(p, g)
    elsewhere = times(odds, (others - mine) + own) - mine
    at_dominant = row[4] * (at_k - g)
    return (present(v, select(is_dominant(v, m, row[6]), at_dominant, elsewhere)),)


# An entry of loo_logsumexp does not depend on its own x: with a cotangent of a single entry the
# derivative there is 0, and the sums keep their rounding errors so that it comes out as that.


@formula
def _weighted_inverse(e, g, row):
    return g / others_of(term_by_max(e, row), row)


@formula
def weigh_loo_logsumexp_vjp(v, e, g, t, m, row, lift):
    """(g_i / (S - e_i) lift), (g_k); also at -inf, where the value is that of all others."""
    dominant = is_dominant(v, m, row[6])
    zero = const(v, 0.0)
    term = select(dominant, zero, _weighted_inverse(e, g * lift, row))
    return (term,), (select(dominant, g, zero),)


@formula
def settle_with_error(sums, own, row, c, lift):
    """The row, the sum, its error, and the own term."""
    return (*row, sums[0] / lift, sums[1] / lift, own[0])


@formula
def element_loo_logsumexp_vjp(v, e, g, t, m, row):
    """The derivative of sum(g * loo_logsumexp)."""
    total, error, own = row[8], row[9], row[10]
    others = (total - _weighted_inverse(e, g, row)) + error
    elsewhere = times(term_by_max(e, row), others) + times(e * row[5], own)
    return (present(v, select(is_dominant(v, m, row[6]), total + error, elsewhere)),)


@formula
def settle_loo_logsumexp_jvp(sums, own, row, c, lift):
    """As settle_with_error, and the mean of the others."""
    mean = mean_of_others(sums[0] + sums[1], lift, row)
    return (*settle_with_error(sums, own, row, c, lift), mean)


@formula
def element_loo_logsumexp_jvp(v, e, g, t, m, row):
    """The derivative of loo_logsumexp along g; at an entry of -inf that of all others."""
    total, error, own = row[8], row[9], row[10]
    mine = present(v, times(e, g))
    others = relative_to_max((total - mine) + error, row)
    elsewhere = (others + own) / others_of(term_by_max(e, row), row)
    return (select(is_dominant(v, m, row[6]), row[11], elsewhere),)


# --- log1m_softmax: value and gradient at once ---------------------------------------------------


@formula
def prepare_value_and_odds(summary, second, n):
    """As prepare_by_odds, and (2 S, what it lacks, value at the maximum)."""
    reference, row = prepare_by_odds(summary, second, n)
    double, lack, at_max, _ = prepare_log1m_softmax(summary, second, n)
    return reference, (*row, double, lack, at_max)


@formula
def value_of_log1m_softmax(v, e, m, row, double, lack, at_max, factor):
    """log1m_softmax times a power of 2, from what prepare_value_and_odds returns."""
    # 1 / S is NaN where two of +inf leave nothing but -0.0 to the others.
    inverse = select(row[2] == row[2], row[2] * const(e, -0.5), const(e, 0.0))
    y = log1m_of_share(term_by_max(e, row), double, lack, inverse, factor)
    # The largest entry has its own value; relative to the second its term would mean nothing.
    return select(v == m, at_max * factor, y)


@formula
def settle_value_and_odds(sums, own, row, c, lift):
    """As settle_odds, the numbers of the value last."""
    return (*settle_odds(sums, own, row[:8], c, lift), row[8], row[9], row[10])


@formula
def element_log1m_softmax_value_and_vjp(v, e, g, t, m, row):
    """(log1m_softmax, the derivative of sum(g * log1m_softmax))."""
    y = value_of_log1m_softmax(v, e, m, row[:8], row[10], row[11], row[12], const(v, 1.0))
    return y, element_log1m_softmax_vjp(v, e, g, t, m, row[:10])[0]


# --- Jacobians -----------------------------------------------------------------------------------


@formula
def _corrected(numerator, denominator, error):
    # numerator / (denominator + error) as (high, low).
    high = numerator / denominator
    return high, (fma(-high, denominator, numerator) - high * error) / denominator


@formula
def probability_and_odds(e, row):
    """p and the odds p / (1 - p), scaled, each as (high, low); here e is relative to m."""
    others = fma(-e, constant(e, "unscale"), row[0])
    # What the subtraction lost, exactly: e / S is at most 1/2 where this is used.
    lost = (row[0] - others) - e * constant(e, "unscale")
    return _corrected(e, row[0], row[1]), _corrected(e, others, row[1] + lost)


@formula
def largest_probability(row):
    """p at the dominant entry, as probability_and_odds gives it elsewhere."""
    return _corrected(constant(row[0], "scale"), row[0], row[1])


@formula
def sum_of_others(reference, summary, second):
    """(the sum of all but the dominant entry, relative to the reference, its error)."""
    s, error = sum_without_max(summary)
    total, lack = total_sum(second)
    by_max = reference == summary[0]
    return select(by_max, s, total), select(by_max, error, lack)


@formula
def share_of_others(e, others):
    """q, scaled, as (high, low); here e is relative to the reference."""
    return _corrected(e, others[0], others[1])


@formula
def product(a, b):
    """a b of two scaled (high, low), unscaled."""
    half = constant(a[0], "half_unscale")
    first, second = a[0] * half, b[0] * half
    high = first * second
    low = fma(first, second, -high) + half * (first * b[1] + second * a[1])
    return (high + low) * constant(high, "unscale")
