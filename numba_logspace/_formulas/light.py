"""Derivatives by few operations, of rows of which no number leaves the range.

They are those of `derivatives` and `losses`, with the dominant entry k apart as there. A row has
one result at k, so all else is a few products for an entry: with h_i = g_i r_i

    softmax        p_j (g_j - T - p_k g_k)
    log_softmax    g_j - p_j (T + g_k)
    log1m_softmax  vjp  p_j T + q_j p_k g_k - h_j
                   jvp  r_j (T + p_k t_k - t_j)

may(m, row) says whether it is worth trying, from the row that `prepare` made. hold(e, g, row) is h,
and weigh(v, e, h, g, m, row) gives three tuples: terms that are summed exactly, terms whose sum
leaves out that at k and has an error that does not grow with the length, and numbers that only k
has. The second may be relative to the scale of e, so that nothing is lost to underflow.
settle(sums, near, own, m, row, c) returns whether everything fits, the numbers that
element(v, e, h, g, at_k, numbers) wants, and that for the row. Where it does not fit, nothing
has been written yet, and the other formulas do the row.
"""

import math

from .._compile.trace import formula
from .derivatives import (
    lowered,
    present,
    settle_log_softmax_vjp,
    settle_shares,
    times,
    unscaled,
)
from .losses import (
    log_probability,
    loss_of_sums,
    weigh_binary_cross_entropy,
    weigh_complement_cross_entropy,
    weighted,
)
from .simd import const, constant, fma, select
from .softsum import log1m_of_share
from .vectormath import magnitude


class Light:
    """What one function is made of in such rows; `sums` are the three numbers of terms.

    `size` is how many numbers `element` wants, `hold` None where it wants no h, and `element` None
    where there are no results for the entries. `may` says which row `prepare` makes.
    """

    def __init__(self, may, weigh, sums, settle, size, element, hold=None):
        self.may, self.weigh, self.sums, self.hold = may, weigh, sums, hold
        self.settle, self.size, self.element = settle, size, element
        self.weighs = any(sums)

    def flag(self, row):
        """Which number of a row says whether an entry dominates."""
        return row[4] if self.may is may_by_max else row[6]


# --- whether it fits: 0 for what does, and anything else or NaN for what does not -----------------


@formula
def _not_finite(y):
    return y - y


@formula
def _not_moderate(y):
    zero, one = const(y, 0.0), const(y, 1.0)
    return select(magnitude(y) < constant(y, "lift"), zero, one)


@formula
def _too_small(y):
    # Whether y may lose digits without the scale.
    zero, one = const(y, 0.0), const(y, 1.0)
    least = constant(y, "smallest_normal") * constant(y, "scale")
    return select(y == zero, zero, select(magnitude(y) >= least, zero, one))


@formula
def top_of(m, flag):
    """The dominant entry, or NaN where there is none."""
    return select(flag > const(m, 0.0), m, const(m, math.nan))


# --- relative to the maximum: rows as of prepare_by_max -------------------------------------------


@formula
def may_by_max(m, row):
    """Not where all entries are -inf, which have no terms of 0."""
    return m - m == const(m, 0.0)


@formula
def _times_inverse(y, row):
    # y / S in all digits.
    return fma(row[0], y, row[1] * y)


@formula
def weigh_by_term(v, e, h, g, m, row):
    """(), (e_i g_i), (g_k)."""
    return (), (e * g,), (g,)


@formula
def _shares(near, own, row):
    others, both = settle_shares(near, own, row, None, constant(own[0], "scale"))[5:]
    return others, both, _not_finite(near[0]) + _not_finite(own[0])


@formula
def settle_softmax_vjp(sums, near, own, m, row, c):
    """1 / S, what it lacks, sum p_i g_i, and the result at k."""
    others, both, off = _shares(near, own, row)
    at_k = row[3] * (times(row[2], own[0]) - others)
    fits = off + _not_moderate(both) == const(m, 0.0)
    return fits, (row[0], row[1], both, at_k), both


@formula
def element_softmax_vjp(v, e, h, g, at_k, numbers):
    """p_j (g_j - sum p_i g_i)."""
    inverse, lack, both, of_k = numbers
    w = g - both
    y = e * fma(w, inverse, w * lack)
    return (select(at_k, of_k, _without_scale(y)),)


@formula
def _without_scale(y):
    # +0 for -0, which an absent entry may have come to.
    return fma(y, constant(y, "unscale"), const(y, 0.0))


@formula
def settle_log_softmax_jvp(sums, near, own, m, row, c):
    """sum p_i t_i, and the result at k."""
    others, both, off = _shares(near, own, row)
    at_k = times(row[2], own[0]) - others
    return off + _not_finite(both) == const(m, 0.0), (both, at_k), both


@formula
def element_log_softmax_jvp(v, e, h, g, at_k, numbers):
    """t_j - sum p_i t_i."""
    both, of_k = numbers
    return (present(v, select(at_k, of_k, g - both)),)


@formula
def settle_logsumexp_jvp(sums, near, own, m, row, c):
    """The sum p_i t_i."""
    others, both, off = _shares(near, own, row)
    return off == const(m, 0.0), (both,), both


@formula
def no_terms(v, e, h, g, m, row):
    """(), (), ()."""
    return (), (), ()


@formula
def settle_logsumexp_vjp(sums, near, own, m, row, c):
    """c / S without the scale."""
    number = _times_inverse(c, row)
    fits = _not_finite(number) + _too_small(number) == const(m, 0.0)
    return fits, (unscaled(number),), number


@formula
def element_logsumexp_vjp(v, e, h, g, at_k, numbers):
    """c p_j."""
    return (fma(e, numbers[0], const(e, 0.0)),)


@formula
def weigh_present(v, e, h, g, m, row):
    """(), (g_i), (g_k)."""
    return (), (present(v, g),), (g,)


@formula
def settle_log_softmax(sums, near, own, m, row, c):
    """The sum of g over S, without the scale, and the result at k."""
    others, both = settle_log_softmax_vjp(near, own, row, c, const(m, 1.0))[5:]
    number = _times_inverse(both, row)
    off = _not_finite(number) + _too_small(number) + _not_finite(own[0])
    at_k = times(row[2], own[0]) - row[3] * others
    return off == const(m, 0.0), (unscaled(number), at_k), both


@formula
def element_log_softmax_vjp(v, e, h, g, at_k, numbers):
    """g_j - p_j sum g_i."""
    number, of_k = numbers
    return (present(v, select(at_k, of_k, fma(-e, number, g))),)


# --- where the odds count: rows as of prepare_by_odds ---------------------------------------------


@formula
def may_by_odds(m, row):
    """Not where all entries are -inf, nor where the terms are relative to the second largest."""
    off = _not_finite(m) + (row[7] - constant(m, "lift"))
    return off == const(m, 0.0)


@formula
def hold_odds(e, g, row):
    """g r, scaled."""
    return e / (fma(-e, constant(e, "unscale"), row[0]) + row[1]) * g


@formula
def weigh_held(v, e, h, g, m, row):
    """(), (g_i r_i), (g_k)."""
    return (), (h,), (g,)


@formula
def _odds(near, own, m, row):
    # T / S + g_k p_k / (S - 1), what the result at k would be without g_k, and whether it fits.
    total = unscaled(near[0] + near[1])
    number = fma(row[2], total, row[3] * total) + own[0] * row[4] * row[5]
    at_k = row[4] * (total - own[0])
    return number, at_k, _not_finite(near[0]) + _not_finite(at_k) + _not_moderate(number)


@formula
def settle_log1m_softmax_vjp(sums, near, own, m, row, c):
    """What p_j T + q_j p_k g_k is times, and the result at k."""
    number, at_k, off = _odds(near, own, m, row)
    return off == const(m, 0.0), (number, at_k), number


@formula
def element_log1m_softmax_vjp(v, e, h, g, at_k, numbers):
    """p_j T + q_j p_k g_k - h_j."""
    number, of_k = numbers
    return (select(at_k, of_k, _without_scale(fma(e, number, -h))),)


@formula
def settle_log1m_softmax_value_and_vjp(sums, near, own, m, row, c):
    """As settle_log1m_softmax_vjp, and m and the numbers of the value."""
    number, at_k, off = _odds(near, own, m, row)
    of_value = m, row[8], row[9], row[2] * const(m, -0.5), row[10]
    return off == const(m, 0.0), (number, at_k, *of_value), number


@formula
def element_log1m_softmax_value_and_vjp(v, e, h, g, at_k, numbers):
    """(log1m_softmax, the derivative)."""
    m, double, lack, inverse, at_max = numbers[2:]
    y = log1m_of_share(e, double, lack, inverse, const(e, 1.0))
    return select(v == m, at_max, y), element_log1m_softmax_vjp(v, e, h, g, at_k, numbers[:2])[0]


@formula
def settle_log1m_softmax_jvp(sums, near, own, m, row, c):
    """2 S, what it lacks, sum p_i t_i, and the result at k."""
    total = near[0] + near[1]
    both = unscaled(total) * row[2] + own[0] * row[4]
    at_k = row[4] * (lowered(total, constant(m, "scale"), row[5]) - own[0])
    off = _not_finite(near[0]) + _not_finite(at_k) + _not_moderate(both)
    return off == const(m, 0.0), (row[0] + row[0], row[1] + row[1], both, at_k), both


@formula
def element_log1m_softmax_jvp(v, e, h, g, at_k, numbers):
    """r_j (sum p_i t_i - t_j)."""
    double, lack, both, of_k = numbers
    # Half the odds, which are not above e.
    unscale = constant(e, "unscale") * const(e, 2.0)
    odds = e / (fma(-e, unscale, double) + lack)
    return (select(at_k, of_k, fma(odds * (both - g), unscale, const(e, 0.0))),)


# --- losses: an absent entry that counts makes them infinite, so that no other is here ------------


@formula
def weigh_cross_entropy(v, e, h, g, m, row):
    """(-M_i log P_i lift), (M_i), (M_k)."""
    y = log_probability(v, m, row[5], row[6])
    return (weighted(g, y * constant(e, "lift")),), (g,), (g,)


@formula
def settle_cross_entropy(sums, near, own, m, row, c):
    """c / S sum M without the scale, c, and the result at k; the loss."""
    others, both = settle_log_softmax_vjp(near, own, row[:5], c, const(m, 1.0))[5:]
    number = _times_inverse(both, row) * c
    at_k = row[3] * others * c - times(row[2], own[0] * c)
    loss = loss_of_sums(sums, row[5], c, constant(m, "lift"))
    off = _not_finite(sums[0]) + _not_finite(at_k) + _not_finite(number) + _too_small(number)
    return off == const(m, 0.0), (unscaled(number), c, at_k), loss


@formula
def element_cross_entropy(v, e, h, g, at_k, numbers):
    """c (P_j sum M - M_j)."""
    number, c, of_k = numbers
    return (select(at_k, of_k, fma(e, number, -(g * c))),)


@formula
def weigh_complement(v, e, h, g, m, row):
    """(-W_i log(1 - P_i) lift), (W_i r_i), (W_k)."""
    loss, _ = weigh_complement_cross_entropy(v, e, g, None, m, row, constant(e, "lift"))
    return loss, (h,), (g,)


@formula
def _not_ordinary(c):
    return _not_finite(c) + _not_moderate(c) + _too_small(c)


@formula
def settle_complement(sums, near, own, m, row, c):
    """What p_j T + q_j p_k g_k is times, c without the scale, and the result at k; the loss."""
    number, at_k, off = _odds(near, own, m, row)
    loss = loss_of_sums(sums, row[8], c, constant(m, "lift"))
    off = off + _not_finite(sums[0]) + _not_ordinary(c)
    return off == const(m, 0.0), (number, unscaled(c), -(at_k * c)), loss


@formula
def element_complement(v, e, h, g, at_k, numbers):
    """c times the derivative of the sum of -W log(1 - P)."""
    number, c, of_k = numbers
    return (select(at_k, of_k, fma(fma(-e, number, h), c, const(e, 0.0))),)


@formula
def hold_other_odds(e, g, row):
    """(1 - M) r, scaled."""
    return hold_odds(e, const(g, 1.0) - g, row)


@formula
def weigh_binary(v, e, h, g, m, row):
    """(the loss lift), (M_i, (1 - M_i) r_i), (M_k, 1 - M_k)."""
    loss, _ = weigh_binary_cross_entropy(v, e, g, None, m, row, constant(e, "lift"))
    return loss, (g, h), (g, const(g, 1.0) - g)


@formula
def settle_binary(sums, near, own, m, row, c):
    """What e is times, c, c without the scale, and the result at k; the loss."""
    of_odds, at_k, off = _odds(near[2:], own[1:], m, row)
    total = near[0] + near[1]
    number = fma(row[2], total, row[3] * total) + own[0] * row[2] - of_odds
    # exp(reference - m) / S over the reference's share of the others: 1 - p_k, scaled.
    rest = row[7] * constant(c, "lift") * row[2] / row[5]
    at_k = row[2] * total - times(rest, own[0]) - at_k
    loss = loss_of_sums(sums, row[8], c, constant(m, "lift"))
    off = off + _not_finite(sums[0]) + _not_ordinary(c) + _not_moderate(number)
    return off == const(m, 0.0), (number, c, unscaled(c), at_k * c), loss


@formula
def element_binary(v, e, h, g, at_k, numbers):
    """c times the derivative of the loss."""
    number, c, small, of_k = numbers
    return (select(at_k, of_k, fma(fma(e, number, h), small, -(g * c))),)


# --- the functions --------------------------------------------------------------------------------

SOFTMAX_VJP = Light(
    may_by_max, weigh_by_term, (0, 1, 1), settle_softmax_vjp, 4, element_softmax_vjp
)
LOG_SOFTMAX_JVP = Light(
    may_by_max, weigh_by_term, (0, 1, 1), settle_log_softmax_jvp, 2, element_log_softmax_jvp
)
LOG_SOFTMAX_VJP = Light(
    may_by_max, weigh_present, (0, 1, 1), settle_log_softmax, 2, element_log_softmax_vjp
)
LOGSUMEXP_JVP = Light(may_by_max, weigh_by_term, (0, 1, 1), settle_logsumexp_jvp, 1, None)
LOGSUMEXP_VJP = Light(
    may_by_max, no_terms, (0, 0, 0), settle_logsumexp_vjp, 1, element_logsumexp_vjp
)
LOG1M_SOFTMAX_VJP = Light(
    may_by_odds,
    weigh_held,
    (0, 1, 1),
    settle_log1m_softmax_vjp,
    2,
    element_log1m_softmax_vjp,
    hold_odds,
)
LOG1M_SOFTMAX_VALUE_AND_VJP = Light(
    may_by_odds,
    weigh_held,
    (0, 1, 1),
    settle_log1m_softmax_value_and_vjp,
    7,
    element_log1m_softmax_value_and_vjp,
    hold_odds,
)
LOG1M_SOFTMAX_JVP = Light(
    may_by_odds, weigh_by_term, (0, 1, 1), settle_log1m_softmax_jvp, 4, element_log1m_softmax_jvp
)
CROSS_ENTROPY = Light(
    may_by_max, weigh_cross_entropy, (1, 1, 1), settle_cross_entropy, 3, element_cross_entropy
)
COMPLEMENT = Light(
    may_by_odds,
    weigh_complement,
    (1, 1, 1),
    settle_complement,
    3,
    element_complement,
    hold_odds,
)
BINARY = Light(
    may_by_odds, weigh_binary, (1, 2, 2), settle_binary, 4, element_binary, hold_other_odds
)
