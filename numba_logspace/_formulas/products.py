"""The shares of the terms of a product in log space: exp(a + b - c), c the logarithm of their sum.

A share is that of an exact sum a + b, two numbers: c alone has lost digits that an exponential
shows. So shares are relative to the largest of the exact sums, (m, m_low), and what they add up
to is an inverse total. The terms are scaled by 2^scale_bits, as they are everywhere.
"""

import math

from .._compile.trace import formula
from .simd import const, constant, select
from .vectormath import difference, larger, magnitude, scaled_exp, two_sum


@formula
def exact_sum(x, y):
    """(v, low) with v + low = x + y exactly; low is 0 where v is no finite number."""
    v, low = two_sum(x, y)
    return v, select(low == low, low, const(low, 0.0))


@formula
def larger_sum(m, m_low, v, low):
    """The larger of two exact sums; a `v` of NaN is passed over (it shows up in the total)."""
    of_equal = select(v == m, larger(low, m_low), m_low)
    above = v > m
    return select(above, v, m), select(above, low, of_equal)


@formula
def scaled_share(v, low, m, m_low):
    """exp(v + low - m - m_low) times 2^scale_bits; 0 at -inf, the scale where both are +inf."""
    zero = const(v, 0.0)
    gap, error = difference(v, m)
    # Both lows may be large, where the sums are.
    rest, lost = two_sum(low, -m_low)
    gap, lost_too = two_sum(gap, rest)
    error = select(gap >= constant(gap, "exp_floor"), lost_too + (error + lost), zero)
    term = scaled_exp(gap, error)
    at_inf = select(m > zero, constant(v, "scale"), zero)
    at_max = select(magnitude(m) < const(m, math.inf), term, at_inf)
    return select(v == m, at_max, term)


@formula
def inverse_total(total, error, m):
    """1 over a scaled sum of shares; 0 for nothing but -inf, NaN for two or more of +inf."""
    one, zero, nan = const(m, 1.0), const(m, 0.0), const(m, math.nan)
    at_inf = select(total > constant(m, "scale"), nan, one)
    total = (total + error) * constant(m, "unscale")
    total = select(m == const(m, math.inf), at_inf, total)
    return select(total == zero, zero, one / total)


@formula
def weighted_share(v, term, weight):
    """A scaled share times a weight; 0 at an entry of -inf, as if it were absent."""
    return select(v == const(v, -math.inf), const(v, 0.0), term * weight)
