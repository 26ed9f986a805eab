"""Hessians of logsumexp and of the losses, times a vector t: what their sums are made of.

With P the softmax, c a weight for the row, M the targets and W the weights of the classes:

    logsumexp                  c P (t - sum P_i t_i)
    cross entropy              the same, times the sum of M
    complement cross entropy   that of log1m_softmax, with a cotangent of -c W
    binary cross entropy       the first, and the second with W = 1 - M

The formulas have the form of `derivatives`. At a dominant entry t - sum P_i t_i is computed as
there, from 1 - P known to all digits.
"""

from .._compile.trace import formula
from .derivatives import (
    element_log1m_softmax_hvp,
    is_dominant,
    lowered,
    present,
    settle_log1m_softmax_hvp,
    share,
    times,
    weigh_by_share,
    weigh_log1m_softmax_hvp,
)
from .losses import or_0
from .simd import const, select

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
    total = (sums[2] + sums[3]) / lift + own[1]
    return (*_settle_product(sums, own, row, lift, total * c), c)


@formula
def element_cross_entropy_hvp(v, e, g, t, m, row):
    """c sum M P_j (t_j - sum P_i t_i)."""
    return (or_0(_element_of_product(v, e, t, m, row[:8]), row[8]),)


# --- where the odds of a dominant entry count: rows as of prepare_by_odds -------------------------


@formula
def settle_complement_cross_entropy_hvp(sums, own, row, c, lift):
    """The numbers of log1m_softmax_hvp, of cotangents times -c, and c."""
    numbers = settle_log1m_softmax_hvp(sums, own, row, c, lift)
    a, b, own_g, own_t = numbers[11:]
    return (*numbers[:11], -a * c, -b * c, -own_g * c, own_t, c)


@formula
def element_complement_cross_entropy_hvp(v, e, g, t, m, row):
    """The Hessian of c sum -W log(1 - P), times t."""
    return (or_0(element_log1m_softmax_hvp(v, e, -g * row[15], t, m, row[:15])[0], row[15]),)


@formula
def weigh_binary_cross_entropy_hvp(v, e, g, t, m, row, lift):
    """The sums of log1m_softmax_hvp with 1 - M, then (M_i lift), (M_k)."""
    terms, own = weigh_log1m_softmax_hvp(v, e, const(v, 1.0) - g, t, m, row, lift)
    more, its_own = _target(v, g, m, row[6], lift)
    return (*terms, *more), (*own, *its_own)


@formula
def settle_binary_cross_entropy_hvp(sums, own, row, c, lift):
    """The numbers of the complement's, to which the sum of M adds its own: both multiply t - mu."""
    numbers = settle_complement_cross_entropy_hvp(sums[:8], own[:2], row, c, lift)
    total = (sums[8] + sums[9]) / lift + own[2]
    return (*numbers[:11], numbers[11] + total * c, *numbers[12:])


@formula
def element_binary_cross_entropy_hvp(v, e, g, t, m, row):
    """The Hessian of both sums, times t."""
    return element_complement_cross_entropy_hvp(v, e, const(v, 1.0) - g, t, m, row)
