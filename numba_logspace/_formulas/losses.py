"""Losses that score the classes of a row, and their gradients: what their sums are made of.

With M the targets, W the weights, P the softmax of the logits and c a weight for the row:

    cross entropy              c sum of -M_k log P_k
    complement cross entropy   c sum of -W_k log(1 - P_k)
    binary cross entropy       the first, and the second with W = 1 - M

The formulas are those of `_derivatives`, g being M or W: no term of a loss is negative, so no
digit of the sum is lost, and the gradients are those of log_softmax and log1m_softmax.
"""

import math

from .._compile.trace import formula
from .derivatives import (
    element_log1m_softmax_vjp,
    element_log_softmax_vjp,
    lowered,
    prepare_by_max,
    prepare_value_and_odds,
    settle_log_softmax_vjp,
    value_of_log1m_softmax,
    weigh_by_odds,
    weigh_log_softmax_vjp,
)
from .elementwise import log1m_sigmoid, log_sigmoid, logistic
from .simd import const, constant, select
from .softsum import log_total, nan_without_limit
from .vectormath import difference


@formula
def weighted(weight, y):
    """-weight y, and 0 for a weight of 0, whatever y is."""
    return select(weight == const(y, 0.0), const(y, 0.0), weight * -y)


@formula
def probability_or_nan(g):
    """g, but NaN outside [0, 1]."""
    inside = select(g >= const(g, 0.0), g, const(g, math.nan))
    return select(g <= const(g, 1.0), inside, const(g, math.nan))


@formula
def weight_or_nan(g):
    """g, but NaN unless it is finite and >= 0."""
    inside = select(g >= const(g, 0.0), g, const(g, math.nan))
    return select(g < const(g, math.inf), inside, const(g, math.nan))


@formula
def or_0(y, c):
    """y, but 0 in a row of weight 0, which does not count even where y is NaN."""
    return select(c == const(c, 0.0), const(c, 0.0), y)


# The weight of a row is in the numbers that its derivatives are made of: a product with a
# derivative that has underflowed would come too late.


@formula
def _weighted_shares(sums, own, row, c, lift):
    # The numbers of log_softmax_vjp, of cotangents times c.
    numbers = settle_log_softmax_vjp(sums, own, row, c, lift)
    return (*numbers[:5], numbers[5] * c, numbers[6] * c)


@formula
def _weighted_odds(sums, own, row, c, lift):
    # The numbers of log1m_softmax_vjp, of cotangents times c.
    return (*row, lowered(sums[0] + sums[1], lift, c), own[0] * row[4] * c)


@formula
def loss_of_sums(sums, total, c, lift):
    """The loss from its lifted sum."""
    # Where the sum is inf, what it lacks is NaN. A row with a NaN, whose `total` is one, is NaN
    # even if no class counts that has it.
    finite = sums[0] - sums[0] == const(c, 0.0)
    loss = lowered(select(finite, sums[0] + sums[1], sums[0]), lift, c)
    return or_0(select(total == total, loss, total), c)


@formula
def settle_loss(sums, own, row, c, lift):
    """The loss, of rows that begin with a number that is NaN in a row with a NaN."""
    return (loss_of_sums(sums, row[0], c, lift),)


@formula
def settle_loss_of_odds(sums, own, row, c, lift):
    """The loss, of rows as of log1m_softmax."""
    return (loss_of_sums(sums, row[8], c, lift),)


@formula
def last_number(row):
    """The result for a row where that is its last number."""
    return row[len(row) - 1]


# --- cross entropy: rows end with (log(1 + s), log P at the maximum) ------------------------------


@formula
def prepare_cross_entropy(summary, second, n):
    """m and the two numbers."""
    total = log_total(summary)
    return summary[0], (total, nan_without_limit(summary, const(total, 0.0) - total))


@formula
def log_probability(v, m, total, at_max):
    """log P, from the two numbers of prepare_cross_entropy."""
    gap, error = difference(v, m)
    return select(v == m, at_max, gap + (error - total))


@formula
def weigh_cross_entropy(v, e, g, t, m, row, lift):
    """(-M_i log P_i lift), ()."""
    return (weighted(g, log_probability(v, m, row[0], row[1]) * lift),), ()


@formula
def prepare_cross_entropy_gradient(summary, second, n):
    """m and the numbers of log_softmax_vjp, then the two."""
    m, row = prepare_by_max(summary, second, n)
    return m, (*row, *prepare_cross_entropy(summary, second, n)[1])


@formula
def weigh_cross_entropy_gradient(v, e, g, t, m, row, lift):
    """(-M_i log P_i lift, M_i lift), (M_k)."""
    loss = weighted(g, log_probability(v, m, row[5], row[6]) * lift)
    terms, own = weigh_log_softmax_vjp(v, e, g, t, m, row[:5], lift)
    return (loss, *terms), own


@formula
def settle_cross_entropy_gradient(sums, own, row, c, lift):
    """The numbers of log_softmax_vjp, c, and the loss."""
    numbers = _weighted_shares(sums[2:], own, row[:5], c, lift)
    return (*numbers, c, loss_of_sums(sums, row[5], c, lift))


@formula
def element_cross_entropy_gradient(v, e, g, t, m, row):
    """c (P_j sum M - M_j)."""
    return (or_0(-element_log_softmax_vjp(v, e, g * row[7], t, m, row[:7])[0], row[7]),)


# --- complement cross entropy: rows as of log1m_softmax, value and odds ---------------------------


@formula
def weigh_complement_cross_entropy(v, e, g, t, m, row, lift):
    """(-W_i log(1 - P_i) lift), ()."""
    y = value_of_log1m_softmax(v, e, m, row[:8], row[8], row[9], row[10], lift)
    return (weighted(g, y),), ()


@formula
def weigh_complement_cross_entropy_gradient(v, e, g, t, m, row, lift):
    """(-W_i log(1 - P_i) lift, W_i r_i lift), (W_k)."""
    loss, _ = weigh_complement_cross_entropy(v, e, g, t, m, row, lift)
    terms, own = weigh_by_odds(v, e, g, t, m, row[:8], lift)
    return (*loss, *terms), own


@formula
def settle_complement_cross_entropy_gradient(sums, own, row, c, lift):
    """The numbers of log1m_softmax_vjp, c, and the loss."""
    numbers = _weighted_odds(sums[2:], own, row[:8], c, lift)
    return (*numbers, c, loss_of_sums(sums, row[8], c, lift))


@formula
def element_complement_cross_entropy_gradient(v, e, g, t, m, row):
    """c times the derivative of the sum of -W log(1 - P)."""
    return (or_0(-element_log1m_softmax_vjp(v, e, g * row[10], t, m, row[:10])[0], row[10]),)


# --- both: rows end with (log(1 + s), log P at the maximum) ---------------------------------------


@formula
def prepare_binary_cross_entropy(summary, second, n):
    """As prepare_value_and_odds, and the numbers of log P."""
    reference, row = prepare_value_and_odds(summary, second, n)
    return reference, (*row, *prepare_cross_entropy(summary, second, n)[1])


@formula
def _others(g):
    return const(g, 1.0) - g


@formula
def _binary_loss(v, e, g, t, m, row, lift):
    chosen = weighted(g, log_probability(v, m, row[11], row[12]) * lift)
    loss, _ = weigh_complement_cross_entropy(v, e, _others(g), t, m, row[:11], lift)
    return chosen + loss[0]


@formula
def weigh_binary_cross_entropy(v, e, g, t, m, row, lift):
    """((-M_i log P_i - (1 - M_i) log(1 - P_i)) lift), ()."""
    return (_binary_loss(v, e, g, t, m, row, lift),), ()


@formula
def weigh_binary_cross_entropy_gradient(v, e, g, t, m, row, lift):
    """(the loss lift, M_i lift, (1 - M_i) r_i lift), (M_k, 1 - M_k)."""
    numbers = row[0], row[1], row[4], row[5], row[6]  # its last is the flag
    chosen, own = weigh_log_softmax_vjp(v, e, g, t, m, numbers, lift)
    terms, other = weigh_by_odds(v, e, _others(g), t, m, row[:8], lift)
    return (_binary_loss(v, e, g, t, m, row, lift), *chosen, *terms), (*own, *other)


@formula
def settle_binary_cross_entropy_gradient(sums, own, row, c, lift):
    """The numbers of log1m_softmax_vjp, those of log_softmax_vjp, c, and the loss."""
    odds = _weighted_odds(sums[4:], own[1:], row[:8], c, lift)
    # exp(reference - m) / S over the reference's share of the others: 1 - p_k, scaled.
    rest = row[7] * constant(c, "lift") * row[2] / row[5]
    by_max = row[2], row[3], rest, row[2], row[6]
    chosen = _weighted_shares(sums[2:4], own[:1], by_max, c, lift)
    return (*odds, *chosen, c, loss_of_sums(sums, row[8], c, lift))


@formula
def element_binary_cross_entropy_gradient(v, e, g, t, m, row):
    """c times the derivative of the loss."""
    term, c = e * row[7] * constant(e, "half_unscale"), row[17]
    chosen = element_log_softmax_vjp(v, term, g * c, t, m, row[10:17])[0]
    others = element_log1m_softmax_vjp(v, e, _others(g) * c, t, m, row[:10])[0]
    return (or_0(-(chosen + others), c),)


# --- two sets of labels with a gate between them -------------------------------------------------
# The first set has the share logistic(c).


@formula
def settle_first_set(sums, own, row, c, lift):
    """The row and the logarithm of the share."""
    return (*row, log_sigmoid(c))


@formula
def settle_second_set(sums, own, row, c, lift):
    """The row and the logarithm of the share."""
    return (*row, log1m_sigmoid(c))


@formula
def element_of_set(v, e, g, t, m, row):
    """log P_j and the logarithm of the share: both are negative, and nothing cancels."""
    return (log_probability(v, m, row[0], row[1]) + row[2],)


@formula
def settle_first_set_vjp(sums, own, row, c, lift):
    """The numbers of log_softmax_vjp, and the derivative of the logarithm of the share."""
    return (*settle_log_softmax_vjp(sums, own, row, c, lift), logistic(-c))


@formula
def settle_second_set_vjp(sums, own, row, c, lift):
    """The numbers of log_softmax_vjp, and the derivative of the logarithm of the share."""
    return (*settle_log_softmax_vjp(sums, own, row, c, lift), -logistic(c))


@formula
def element_of_set_vjp(v, e, g, t, m, row):
    """The derivative in an entry of the set."""
    return element_log_softmax_vjp(v, e, g, t, m, row[:7])


@formula
def slope_of_set(row):
    """What the set adds to the derivative in the gate: the sum of its g times that of the share."""
    return row[6] * row[7]
