"""The loss of a single logit, with its derivative: each entry is a row of its own.

With t the target, q what it is multiplied with, and c the weight of the entry:

    c (q t log(1 + exp(-x)) + (1 - t) log(1 + exp(x)))

No term is negative, so no digit of the loss is lost.
"""

from .._compile.trace import formula
from .derivatives import lowered
from .simd import const, constant, select
from .vectormath import log1p_pair_near_0, magnitude, scaled_exp_pair


@formula
def _times(weight, y):
    # 0 for a weight of 0, whatever y is.
    return select(weight == const(y, 0.0), const(y, 0.0), weight * y)


@formula
def prepare_entry(summary, second, n):
    """The entry, of which nothing has to be known."""
    return summary[0], ()


@formula
def weigh_entry(v, e, g, t, m, row, lift):
    """(the loss lift), ()."""
    zero, unscale = const(v, 0.0), constant(v, "unscale")
    e, e_low = scaled_exp_pair(-magnitude(v), zero)
    near, low = log1p_pair_near_0(e * unscale, e_low * unscale)
    far = magnitude(v) + near + low
    near = near + low
    hit, miss = t * g, const(g, 1.0) - g
    above = v > zero
    chosen, other = select(above, near, far) * lift, select(above, far, near) * lift
    return (_times(hit, chosen) + _times(miss, other),), ()


@formula
def settle_entry(sums, own, row, c, lift):
    """c, and the loss."""
    # Of one term; what the sum lacks is NaN where it is inf.
    zero = const(c, 0.0)
    return c, select(c == zero, zero, lowered(sums[0], lift, c))


@formula
def element_entry_gradient(v, e, g, t, m, row):
    """c ((1 - t) logistic(x) - q t logistic(-x))."""
    zero, one, c = const(v, 0.0), const(v, 1.0), row[0]
    unscale = constant(v, "unscale")
    e, _ = scaled_exp_pair(-magnitude(v), zero)
    large = one / (one + e * unscale)
    small = e * large * unscale
    above = v > zero
    slope = (one - g) * select(above, large, small) - t * g * select(above, small, large)
    return (select(c == zero, zero, c * slope),)


@formula
def settle_entry_hvp(sums, own, row, c, lift):
    """c."""
    return (c,)


@formula
def element_entry_hvp(v, e, g, t, m, row):
    """c (1 - T + q T) logistic(x) logistic(-x) t, T the target; what it counts comes as g."""
    zero, one, c = const(v, 0.0), const(v, 1.0), row[0]
    unscale = constant(v, "unscale")
    e, _ = scaled_exp_pair(-magnitude(v), zero)
    total = one + e * unscale
    curvature = e / (total * total) * unscale
    return (select(c == zero, zero, c * (g * (curvature * t))),)
