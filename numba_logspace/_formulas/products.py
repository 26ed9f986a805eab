"""The shares of the terms of a product in log space: exp(a + b - c), c the logarithm of their sum.

A share is that of an exact sum a + b, two numbers: c alone has lost digits that an exponential
shows. So shares are relative to the largest of the exact sums, (m, m_low), and what they add up
to is an inverse total. The terms are scaled by 2^scale_bits, as they are everywhere.
"""

import math

from .._compile.trace import formula
from .simd import const, constant, fma, select
from .vectormath import (
    difference,
    factor_exp,
    larger,
    log_pair_of_sum,
    magnitude,
    scaled_exp,
    two_sum,
)


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


# --- sums of products of exponentials ------------------------------------------------------------
# exp(a + b) = exp(a - m) exp(b - c) exp(m + c) with m the largest of a row of a, and c that of a
# column of b. What the factors are off is their own rounding errors, 1.2 half ulp each.


@formula
def factor(x, m):
    """exp(x - m) times 2^factor_bits, m the largest; 0 where m is -inf, NaN where it is inf."""
    zero = const(x, 0.0)
    m = select(m == const(m, -math.inf), zero, m)
    d = x - m
    t = d - x
    error = (x - (d - t)) - (m + t)
    # With d = -inf it is NaN.
    return factor_exp(d, select(d < constant(d, "factor_floor"), zero, error))


@formula
def log_of_products(total, error, m, c):
    """m + c + log of a sum of products of factors, positive and normal; all but that is exact."""
    w, low = two_sum(total, error)
    bits = constant(w, "factor_bits")
    y, y_low = log_pair_of_sum(w, low, bits + bits)
    shift, lost = two_sum(m, c)
    y, lost_too = two_sum(shift, y)
    return y + ((lost + lost_too) + y_low)


@formula
def trust(total, y, limit):
    """The modulus of a logarithm y; 0 where its sum of products may have lost terms, or is NaN."""
    zero = const(y, 0.0)
    known = select(total < const(total, math.inf), magnitude(y), zero)
    return select(total > limit, known, zero)


@formula
def add_product(total, error, x, y):
    """total + x y, where total is no less than the product, and what the sum lacks besides."""
    new = fma(x, y, total)
    return new, error + fma(x, y, total - new)
