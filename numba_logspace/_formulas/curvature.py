"""Hessians of logsumexp, log1m_softmax and the losses, times a vector t: what they are made of.

With P the softmax, c a weight for the row, M the targets and W the weights of the classes:

    logsumexp                  c P (t - sum P_i t_i)
    log1m_softmax              below
    cross entropy              the same, times the sum of M
    complement cross entropy   that of log1m_softmax, with a cotangent of -c W
    binary cross entropy       the first, and the second with W = 1 - M

The formulas have the form of `derivatives`. At a dominant entry t - sum P_i t_i is computed as
there, from 1 - P known to all digits.
"""

import math

from .._compile.trace import formula
from .derivatives import (
    is_dominant,
    lowered,
    mean_of_others,
    others_of,
    p_and_odds,
    prepare_by_odds,
    present,
    relative_to_max,
    share,
    sum_of_others,
    term_by_max,
    times,
    unlifted,
    weigh_by_share,
)
from .losses import or_0
from .simd import const, constant, fma, select

# --- relative to the maximum: rows as of prepare_by_max -------------------------------------------


@formula
def _settle_product(sums, own, row, lift, number):
    # The row, the number times sum p_i t_i over i != k and over all, and the number.
    others = lowered(sums[0] + sums[1], lift, row[0] * number)
    return (*row, others, others + own[0] * row[3] * number, number)


@formula
def _element_of_product(v, e, t, m, row):
    inverse, lack, rest, p_max, flag, others, both, number = row
    weight = t * number
    at_dominant = p_max * (times(rest, weight) - others)
    elsewhere = times(share(e, inverse, lack), weight - both)
    return present(v, select(is_dominant(v, m, flag), at_dominant, elsewhere))


@formula
def settle_logsumexp_hvp(sums, own, row, c, lift):
    """The numbers of c P (t - sum P_i t_i)."""
    return _settle_product(sums, own, row, lift, c)


@formula
def element_logsumexp_hvp(v, e, g, t, m, row):
    """c P_j (t_j - sum P_i t_i); t comes as the only weight."""
    return (_element_of_product(v, e, g, m, row),)


@formula
def _target(v, g, m, flag, lift):
    # (M_i lift), (M_k)
    dominant, zero = is_dominant(v, m, flag), const(v, 0.0)
    others, own = select(dominant, zero, g * lift), select(dominant, g, zero)
    return (present(v, others),), (present(v, own),)


@formula
def weigh_cross_entropy_hvp(v, e, g, t, m, row, lift):
    """(e_i t_i lift, M_i lift), (t_k, M_k)."""
    terms, own = weigh_by_share(v, e, t, t, m, row, lift)
    more, its_own = _target(v, g, m, row[4], lift)
    return (*terms, *more), (*own, *its_own)


@formula
def settle_cross_entropy_hvp(sums, own, row, c, lift):
    """The numbers of c sum M P (t - sum P_i t_i), and c."""
    total = unlifted(sums[2] + sums[3], lift) + own[1]
    return (*_settle_product(sums, own, row, lift, total * c), c)


@formula
def element_cross_entropy_hvp(v, e, g, t, m, row):
    """c sum M P_j (t_j - sum P_i t_i)."""
    return (or_0(_element_of_product(v, e, t, m, row[:8]), row[8]),)


# --- log1m_softmax: rows as of prepare_by_odds ----------------------------------------------------
# With mu = sum p_i t_i, nu = sum q_i t_i and c_i = t_i - mu, the second derivative is
#     p_j (sum over i != j of g_i r_i (c_j + (1 + r_i) c_i) - g_j c_j)
# without k; k adds g_k p_k (q_j (t_j - nu) + p_j (t_k - nu)) to j != k, and -g_k p_k c_k to
# itself, where c_k = (1 - p_k)(t_k - nu). All sums are taken in one sweep.
#
# Another entry may dominate those other than k. There t_j - nu would cancel, and p_j is so small
# that this shows. So the second entry, too, is left out of its sums, and t_j - nu is
# (1 - q_j) t_j - sum of q_i t_i over the others.


@formula
def prepare_log1m_softmax_hvp(summary, second, n):
    """As prepare_by_odds, and what the term of an entry exceeds that dominates all but k."""
    reference, row = prepare_by_odds(summary, second, n)
    others, _ = sum_of_others(reference, summary, second)
    # Well above 1/2 of the others: no two entries have more than that.
    least = others * const(others, 0.625) * constant(others, "scale")
    has_dominant = row[6] > const(row[6], 0.0)
    return reference, (*row, select(has_dominant, least, const(least, math.inf)))


@formula
def weigh_log1m_softmax_hvp(v, e, g, t, m, row, lift):
    """(t_i e_i, g_i r_i, g_i r_i (1 + r_i), g_i r_i (1 + r_i) t_i, e_i), (g_k, t_k, t_second)."""
    dominant = is_dominant(v, m, row[6])
    zero, one = const(v, 0.0), const(v, 1.0)
    term = term_by_max(e, row)
    odds = term / others_of(term, row)
    weighted = select(dominant, zero, present(v, times(odds, g * lift)))
    more = weighted * fma(odds, constant(odds, "unscale"), one)
    tangent, below = present(v, t), select(dominant, zero, e)
    is_second = below > row[8]
    below = select(is_second, zero, below)
    return (times(below, tangent * lift), weighted, more, more * tangent, below), (
        select(dominant, g, zero),
        select(dominant, t, zero),
        select(is_second, t, zero),
    )


@formula
def _settle_hvp(sums, own, row, lift, less):
    # The row, mu, nu, the first sum of g less a number, the others, g_k p_k, that times t_k - nu
    # and times t_j - nu at the second entry, and the result at k.
    total, a = sums[0] + sums[1], unlifted(sums[2] + sums[3], lift) - less
    own_g, own_t, t_second = own[0] * row[4], own[1], own[2]
    # 1 - p_k is the sum of the other p, to all digits; so is 1 - q_j at the second entry.
    rest = row[7] * constant(total, "lift") * row[2] / row[5]
    rest_of_second = (sums[8] + sums[9]) * row[5]
    of_second = t_second - times(rest_of_second, t_second)
    nu = mean_of_others(total, lift, row) + of_second
    mu = relative_to_max(unlifted(total, lift), row) * row[2]
    mu = mu + times(rest, of_second) + own_t * row[4]
    b = unlifted(sums[6] + sums[7], lift) - lowered(sums[4] + sums[5], lift, mu)
    at_second = times(rest_of_second, own_g * t_second) - lowered(total, lift, row[5] * own_g)
    # Scaled until g and t are in it: they may lift it above what underflows.
    gap = own_t - nu
    at_dominant = row[4] * (times(rest, gap * (a - own[0])) + b)
    return (*row, mu, nu, a, b, own_g, own_g * gap, at_second, at_dominant)


@formula
def settle_log1m_softmax_hvp(sums, own, row, c, lift):
    """The row, and the numbers of the second derivative."""
    return _settle_hvp(sums, own, row, lift, const(lift, 0.0))


@formula
def element_log1m_softmax_hvp(v, e, g, t, m, row):
    """The second derivative of sum(g * log1m_softmax), times t."""
    p, odds = p_and_odds(e, row)
    mu, nu, a, b, own_g, of_own, at_second, at_dominant = row[9:17]
    inverse = fma(odds, constant(odds, "unscale"), const(v, 1.0))
    # Its own terms are taken from the sums first: what they leave, -g c, is smaller than they are.
    c, mine = t - mu, times(odds, g)
    elsewhere = times(p, c * (a - mine) + (b - mine * inverse * c) - g * c + of_own)
    apart = select(e > row[8], at_second, own_g * (t - nu))
    elsewhere = elsewhere + times(e * row[5], apart)
    return (present(v, select(is_dominant(v, m, row[6]), at_dominant, elsewhere)),)


# --- losses whose second derivatives are made of that ---------------------------------------------


@formula
def _times_minus(numbers, c):
    # What is linear in the cotangents times -c, and c.
    return (*numbers[:11], *(number * -c for number in numbers[11:]), c)


@formula
def settle_complement_cross_entropy_hvp(sums, own, row, c, lift):
    """The numbers of log1m_softmax_hvp, of cotangents times -c, and c."""
    return _times_minus(settle_log1m_softmax_hvp(sums, own, row, c, lift), c)


@formula
def element_complement_cross_entropy_hvp(v, e, g, t, m, row):
    """The Hessian of c sum -W log(1 - P), times t."""
    return (or_0(element_log1m_softmax_hvp(v, e, -g * row[17], t, m, row[:17])[0], row[17]),)


@formula
def weigh_binary_cross_entropy_hvp(v, e, g, t, m, row, lift):
    """The sums of log1m_softmax_hvp with 1 - M, then (M_i lift), (M_k)."""
    terms, own = weigh_log1m_softmax_hvp(v, e, const(v, 1.0) - g, t, m, row, lift)
    more, its_own = _target(v, g, m, row[6], lift)
    return (*terms, *more), (*own, *its_own)


@formula
def settle_binary_cross_entropy_hvp(sums, own, row, c, lift):
    """The numbers of the complement's, to which the sum of M adds its own: both multiply t - mu."""
    total = unlifted(sums[10] + sums[11], lift) + own[3]
    return _times_minus(_settle_hvp(sums[:10], own[:3], row, lift, total), c)


@formula
def element_binary_cross_entropy_hvp(v, e, g, t, m, row):
    """The Hessian of both sums, times t."""
    return element_complement_cross_entropy_hvp(v, e, const(v, 1.0) - g, t, m, row)
