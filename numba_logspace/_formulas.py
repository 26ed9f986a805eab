"""Elementwise log-space formulas of one or two numbers, free of branches."""

import math

from ._jit import formula
from ._simd import const, constant, select
from ._vectormath import (
    atanh_tail,
    difference,
    exp_nonpositive,
    expm1_nonpositive,
    larger,
    log,
    log1p,
    magnitude,
    scaled_exp,
)


@formula
def _log_one_minus(e, expm1):
    # log(1 - e) from e = exp(d) and expm1 = e - 1: from whichever of them has not cancelled.
    return select(e > const(e, 0.5), log(-expm1), log1p(-e))


@formula
def log1mexp(x):
    """log(1 - exp(x)) for x <= 0."""
    y = _log_one_minus(exp_nonpositive(x), expm1_nonpositive(x))
    return select(x > const(x, 0.0), const(x, math.nan), y)


@formula
def log1pexp(x):
    """log(1 + exp(x))."""
    y = log1p(exp_nonpositive(-magnitude(x)))
    return select(x > const(x, 0.0), x + y, y)


@formula
def _exp_of_gap(low, high):
    # exp(low - high), from the exact difference.
    gap, error = difference(low, high)
    return scaled_exp(gap, error) * constant(gap, "unscale")


@formula
def logaddexp(x, y):
    """log(exp(x) + exp(y))."""
    high, low = larger(x, y), select(x > y, y, x)
    total = high + log1p(_exp_of_gap(low, high))
    # Also where both are the same infinity, whose difference is NaN.
    return select(x == y, x + const(x, math.log(2.0)), total)


@formula
def logsubexp(x, y):
    """log(exp(x) - exp(y)) for x >= y."""
    gap = y - x
    total = x + _log_one_minus(_exp_of_gap(y, x), expm1_nonpositive(gap))
    nan, nothing = const(x, math.nan), const(x, -math.inf)
    total = select(x == y, select(x == const(x, math.inf), nan, nothing), total)
    return select(x < y, nan, total)


@formula
def logistic(x):
    """1 / (1 + exp(-x))."""
    zero, one = const(x, 0.0), const(x, 1.0)
    scaled = scaled_exp(-magnitude(x), zero)
    total = one + scaled * constant(x, "unscale")
    # Scaled back last: one rounding where the result is subnormal.
    return select(x > zero, one / total, scaled / total * constant(x, "unscale"))


@formula
def logit(p):
    """log(p / (1 - p))."""
    one = const(p, 1.0)
    t = (p - const(p, 0.5)) + (p - const(p, 0.5))  # exact where it is used
    z = t * t
    near_half = t + t + (t + t) * atanh_tail(z)
    return select(z < const(p, 1.0 / 9.0), near_half, log(p / (one - p)))


@formula
def log_sigmoid(x):
    """log(logistic(x))."""
    return -log1pexp(-x)


@formula
def log1m_sigmoid(x):
    """log(1 - logistic(x))."""
    return -log1pexp(x)


@formula
def xlogy(x, y):
    """x log(y), and 0 where x is 0."""
    zero = const(x, 0.0)
    return select(x == zero, select(y == y, zero, y), x * log(y))


@formula
def xlog1py(x, y):
    """x log(1 + y), and 0 where x is 0."""
    zero = const(x, 0.0)
    return select(x == zero, select(y == y, zero, y), x * log1p(y))
