"""Elementwise log-space formulas of one to three numbers, free of branches."""

import math

from ._jit import formula
from ._simd import const, constant, select
from ._vectormath import (
    atanh_tail,
    difference,
    exp_less,
    exp_nonpositive,
    expm1_nonpositive,
    larger,
    log,
    log1p,
    log1p_pair,
    magnitude,
    quotient,
    scaled_exp,
    scaled_exp_pair,
    two_product,
    two_sum,
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
def _minus_magnitude(x, error):
    # -|x + error|, without the error where exp has no use for it (with x = inf it is NaN).
    positive = x > const(x, 0.0)
    m = select(positive, -x, x)
    error = select(positive, -error, error)
    return m, select(m > constant(x, "exp_floor"), error, const(x, 0.0))


@formula
def _logistic_of_sum(x, error):
    one = const(x, 1.0)
    scaled = scaled_exp(*_minus_magnitude(x, error))
    total = one + scaled * constant(x, "unscale")
    # Scaled back last: one rounding where the result is subnormal.
    small = scaled / total * constant(x, "unscale")
    return select(x > const(x, 0.0), one / total, small)


@formula
def logistic(x):
    """1 / (1 + exp(-x))."""
    return _logistic_of_sum(x, const(x, 0.0))


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


# --- the mixture log(s exp(x) + (1 - s) exp(y)), s = logistic(t) --------------------------------
# In all of them x and y are first ordered: `high` is the larger, `low` the other, `odds` the
# log-odds of the larger, t or -t, and (d, error) = low - high <= 0 exactly.


@formula
def _ordered(t, x, y):
    # (high, low, odds, d, error). Equal ones differ by 0, also if both are the same infinity.
    zero = const(x, 0.0)
    swapped = x < y
    high, low = select(swapped, y, x), select(swapped, x, y)
    d, error = two_sum(low, -high)
    error = select(d > const(x, -math.inf), error, zero)
    return high, low, select(swapped, -t, t), select(x == y, zero, d), error


@formula
def _odds_given_both(odds, d, error):
    # (odds - d, its error): the log-odds of the larger's share of the sum. Two steps, as odds and
    # d may be large and cancel, so that the error of d is all that is left.
    infinity = const(d, math.inf)
    total, lost = two_sum(odds, -d)
    total, lost = two_sum(total, select(magnitude(total) < infinity, lost - error, const(d, 0.0)))
    return select(magnitude(odds) < infinity, total, odds), lost


@formula
def _unless_nan(t, x, y, value):
    return select(t == t, select(x == x, select(y == y, value, y), x), t)


@formula
def _log_of_shares(high, low, odds, d, error):
    # log(s exp(high) + (1 - s) exp(low)) in twice the digits: it may cancel to a value smaller
    # than its terms, and all that is rounded would count double. With B = exp(-|odds|) it is
    #   high + log1p(N expm1(d) / (1 + B)), N = B or 1, where that is near high, and otherwise
    #   max(odds + high, low) + log1p((A - B) / (1 + B)), A = exp(-|odds - d|): no underflow.
    zero, one = const(d, 0.0), const(d, 1.0)
    unscale = constant(d, "unscale")
    far = larger(odds, d) < -one
    given, given_error = _odds_given_both(odds, d, error)
    gap, gap_error = _minus_magnitude(given, given_error)
    d, error = _minus_magnitude(d, error)
    scaled, scaled_low = scaled_exp_pair(-magnitude(odds), zero)
    b, b_low = scaled * unscale, scaled_low * unscale
    part, part_low = exp_less(
        select(far, gap, d),
        select(far, gap_error, error),
        select(far, b, one),
        select(far, b_low, zero),
    )
    unlikely = odds < zero  # as it is where `far`
    factor = select(unlikely, constant(d, "scale"), scaled)
    u, u_low = two_product(factor, part)
    u_low = u_low + (factor * part_low + select(unlikely, zero, scaled_low) * part)
    total, total_low = two_sum(one, b)
    u, u_low = quotient(u, u_low, total, total_low + b_low)
    y, y_low = log1p_pair(u * unscale, u_low * unscale)
    sum_, sum_low = two_sum(high, odds)
    moved = given > zero
    base = select(far, select(moved, sum_, low), high)
    base_low = select(far, select(moved, sum_low, zero), zero)
    result, lost = two_sum(base, y)
    result = result + (lost + (y_low + base_low))
    return select(magnitude(base) < const(d, math.inf), result, base)


@formula
def log_mix(t, x, y):
    """log(s exp(x) + (1 - s) exp(y)), s = logistic(t)."""
    value = select(x == y, x, _log_of_shares(*_ordered(t, x, y)))
    infinity = const(t, math.inf)
    value = select(t == infinity, x, select(t == -infinity, y, value))
    return _unless_nan(t, x, y, value)


@formula
def log_mix_dx(t, x, y):
    """The derivative of log_mix by x: the share of x in the sum."""
    high, low, odds, d, error = _ordered(t, x, y)
    given, given_error = _odds_given_both(odds, d, error)
    swapped = x < y
    given, given_error = (
        select(swapped, -given, given),
        select(swapped, -given_error, given_error),
    )
    return _unless_nan(t, x, y, _logistic_of_sum(given, given_error))


@formula
def log_mix_dy(t, x, y):
    """The derivative of log_mix by y: the share of y in the sum."""
    return log_mix_dx(-t, y, x)


@formula
def log_mix_dt(t, x, y):
    """The derivative of log_mix by t: the share of x in the sum, less s."""
    # For x > y it is logistic(t - d) logistic(-t) (1 - exp(d)): nothing cancels. Of the two
    # logistic functions at most one is small.
    zero, one = const(t, 0.0), const(t, 1.0)
    unscale = constant(t, "unscale")
    high, low, odds, d, error = _ordered(t, x, y)
    given, given_error = _odds_given_both(odds, d, error)
    b = scaled_exp(-magnitude(odds), zero)
    c = scaled_exp(*_minus_magnitude(given, given_error))
    small = select(odds > zero, b, select(given < zero, c, constant(t, "scale")))
    gain, gain_low = exp_less(*_minus_magnitude(d, error), one, zero)
    total = (one + b * unscale) * (one + c * unscale)
    # Scaled back last: one rounding where the result is subnormal.
    value = small * (gain + gain_low) / total * unscale
    value = select(x < y, value, -value)
    value = select(x == y, zero, select(magnitude(t) < const(t, math.inf), value, zero))
    return _unless_nan(t, x, y, value)
