"""Vector-Jacobian products of the family: what their sums and results are made of.

As a value, a VJP is a summary and a finish, with one more sum between them. With p the softmax,
k the dominant entry (p_k > 1/2), r_i = p_i / (1 - p_i) the odds, q the softmax over the entries
other than k, and T a sum over the entries other than k:

    log_softmax    T = sum g_i      gx_k = g_k (1 - p_k) - p_k T    gx_j = g_j - p_j (T + g_k)
    log1m_softmax  T = sum g_i r_i  gx_k = p_k (T - g_k)
                                    gx_j = p_j (T - g_j r_j - g_j) + g_k p_k q_j

Where no entry dominates there is no k, and g_k = 0. The textbook form divides by 1 - p_k, which
is 0 as soon as p_k rounds to 1.

prepare(summary, second, n) returns the reference that the scaled terms e are relative to, and six
numbers, `row`. weigh(v, e, g, m, row, lift) returns what an entry adds to
(T lift, g_k), where the lift keeps small odds from underflow, and
element(v, e, g, m, row, total, own) its result, given these sums. The gradient at an entry of
-inf is 0, as if it were absent.
"""

import math

from ._jit import formula
from ._simd import any_lane, const, constant, fma, select
from ._softsum import nan_without_limit, scaled_term, sum_without_max, total_sum
from ._vectormath import magnitude


@formula
def _times(e, factor):
    # e * factor without the scale, which goes where nothing over- or underflows before its time.
    unscale = constant(e, "unscale")
    large = magnitude(factor) >= const(e, 1.0)
    return select(large, e * (factor * unscale), e * factor * unscale)


@formula
def unscaled(y):
    """y without the scale."""
    return y * constant(y, "unscale")


@formula
def _flag(condition, like):
    return select(condition, const(like, 1.0), const(like, 0.0))


@formula
def is_dominant(v, m, flag):
    """Whether v is the maximum m of a row that an entry dominates."""
    zero = const(v, 0.0)
    return select(v == m, flag, zero) > zero


@formula
def present(v, y):
    """y, but 0 at an entry of -inf."""
    return select(v == const(v, -math.inf), const(v, 0.0), y)


@formula
def prepare_log_softmax_vjp(summary, second, n):
    """m and (S, 1 - p_k, p_k, whether an entry dominates, -, -)."""
    s, _ = sum_without_max(summary)
    total, _ = total_sum(summary)
    one, zero = const(s, 1.0), const(s, 0.0)
    total = nan_without_limit(summary, total)
    return summary[0], (total, s / total, one / total, _flag(s < one, s), zero, zero)


@formula
def weigh_log_softmax_vjp(v, e, g, m, row, lift):
    """(g_i lift, 0), or (0, g_k)."""
    dominant = is_dominant(v, m, row[3])
    zero = const(v, 0.0)
    return present(v, select(dominant, zero, g * lift)), present(v, select(dominant, g, zero))


@formula
def element_log_softmax_vjp(v, e, g, m, row, total, own):
    """The derivative of sum(g * log_softmax)."""
    at_dominant = g * row[1] - row[2] * total
    elsewhere = g - _times(e / row[0], total + own)
    return present(v, select(is_dominant(v, m, row[3]), at_dominant, elsewhere))


@formula
def where_others_are_small(summary, n):
    """The terms of q would underflow relative to m, though not to the second largest entry."""
    s, _ = sum_without_max(summary)
    return s < constant(s, "small_sum")


@formula
def prepare_log1m_softmax_vjp(summary, second, n):
    """The reference and (S, its error, p_k, q scale, whether an entry dominates, p scale)."""
    m = summary[0]
    s, _ = sum_without_max(summary)
    total, error = total_sum(summary)
    one, zero = const(s, 1.0), const(s, 0.0)
    reference, p_max, to_q = m, one / total, one / s
    through_second = s < constant(s, "small_sum")
    if any_lane(through_second):
        total2, _ = total_sum(second)
        reference = select(through_second, second[0], m)
        to_q = select(through_second, one / total2, to_q)
        # Nothing else is left: the value is the constant -inf, its derivative 0.
        alone = select(second[0] == const(m, -math.inf), zero, p_max)
        p_max = select(through_second, alone, p_max)
    to_p = scaled_term(reference, m) * constant(m, "half_unscale")
    total = nan_without_limit(summary, total)
    return reference, (total, error, p_max, to_q, _flag(s < one, s), to_p)


@formula
def _probability(e, row):
    # (p, odds), both scaled; the odds from S - exp(x - m), since 1 - p would round once more.
    term = e * row[5] * constant(e, "half_unscale")
    p = term / row[0]
    p = fma(-p, row[1] / row[0], p)
    return p, term / (fma(-term, constant(e, "unscale"), row[0]) + row[1])


@formula
def weigh_log1m_softmax_vjp(v, e, g, m, row, lift):
    """(g_i r_i lift, 0), or (0, g_k)."""
    dominant = is_dominant(v, m, row[4])
    zero = const(v, 0.0)
    _, odds = _probability(e, row)
    weighted = select(dominant, zero, _times(odds, g * lift))
    return present(v, weighted), present(v, select(dominant, g, zero))


@formula
def element_log1m_softmax_vjp(v, e, g, m, row, total, own):
    """The derivative of sum(g * log1m_softmax)."""
    p, odds = _probability(e, row)
    others = (total - _times(odds, g)) - g
    elsewhere = _times(p, others) + _times(e * row[3], own * row[2])
    at_dominant = row[2] * (total - g)
    return present(v, select(is_dominant(v, m, row[4]), at_dominant, elsewhere))


# --- the Jacobian of log1m_softmax ---------------------------------------------------------------


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
def product(a, b):
    """a b of two scaled (high, low), unscaled."""
    half = constant(a[0], "half_unscale")
    first, second = a[0] * half, b[0] * half
    high = first * second
    low = fma(first, second, -high) + half * (first * b[1] + second * a[1])
    return (high + low) * constant(high, "unscale")
