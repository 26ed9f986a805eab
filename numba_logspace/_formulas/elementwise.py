"""Elementwise log-space formulas of one to three numbers, free of branches."""

import math

from .._compile.trace import formula
from .simd import const, constant, fma, select, split_exponent
from .vectormath import (
    atanh_tail,
    difference,
    exp_less,
    larger,
    lesser,
    log1mexp_pair,
    log1p_pair,
    log1p_pair_near_0,
    log1p_pair_of_any,
    log_pair,
    log_pair_of_sum,
    magnitude,
    quotient,
    scaled_exp,
    scaled_exp_pair,
    sum_with_smaller,
    two_product,
    two_sum,
)

_LOG_2 = math.log(2.0)


@formula
def log1mexp(x):
    """log(1 - exp(x)) for x <= 0."""
    zero = const(x, 0.0)
    y, low = log1mexp_pair(x, zero)
    y = y + low
    y = select(y == zero, -zero, y)  # all but 1 has underflowed
    return select(x < zero, y, select(x == zero, const(x, -math.inf), const(x, math.nan)))


@formula
def log1pexp(x):
    """log(1 + exp(x))."""
    zero, unscale = const(x, 0.0), constant(x, "unscale")
    e, e_low = scaled_exp_pair(-magnitude(x), zero)
    y, low = log1p_pair_near_0(e * unscale, e_low * unscale)
    y = y + low
    return select(x > zero, x + y, y)


@formula
def _plus_pair(x, y, low):
    # x + (y + low), where x is inf or NaN that. It may cancel to a value smaller than its terms,
    # and all that has been rounded would count double.
    total, lost = two_sum(x, y)
    return select(magnitude(x) < const(x, math.inf), total + (lost + low), x)


@formula
def logaddexp(x, y):
    """log(exp(x) + exp(y))."""
    high, low = larger(x, y), select(x > y, y, x)
    e, e_low = scaled_exp_pair(*difference(low, high))
    unscale = constant(x, "unscale")
    total = _plus_pair(high, *log1p_pair_near_0(e * unscale, e_low * unscale))
    # Also where both are the same infinity, whose difference is NaN.
    total = select(x == y, x + const(x, _LOG_2), total)
    return select(low == low, total, low)  # NaN even beside an infinity


@formula
def logsubexp(x, y):
    """log(exp(x) - exp(y)) for x >= y."""
    total = _plus_pair(x, *log1mexp_pair(*difference(y, x)))
    nan, nothing = const(x, math.nan), const(x, -math.inf)
    total = select(x == y, select(x == const(x, math.inf), nan, nothing), total)
    # NaN also for a y that is NaN, even beside an infinity.
    return select(x >= y, total, nan)


@formula
def _minus_magnitude(x, error):
    # -|x + error|, without the error where exp has no use for it (with x = inf it is NaN).
    positive = x > const(x, 0.0)
    m = select(positive, -x, x)
    error = select(positive, -error, error)
    return m, select(m > constant(x, "exp_floor"), error, const(x, 0.0))


@formula
def logistic_of_sum(x, error):
    scaled = scaled_exp(*_minus_magnitude(x, error))
    total, lost = sum_with_smaller(const(x, 1.0), scaled * constant(x, "unscale"))
    y = select(x > const(x, 0.0), constant(x, "scale"), scaled) / total
    # What the total lacks counts most where it is near 1: so not divided by it.
    # Scaled back last: one rounding where the result is subnormal.
    return fma(-y, lost, y) * constant(x, "unscale")


@formula
def logistic(x):
    """1 / (1 + exp(-x))."""
    return logistic_of_sum(x, const(x, 0.0))


@formula
def _logit_from_half(p):
    # 2 atanh(2 p - 1) and (2 p - 1)^2, for p near 1/2: nothing cancels.
    t = (p - const(p, 0.5)) + (p - const(p, 0.5))  # exact where it is used
    z = t * t
    return t + t + (t + t) * atanh_tail(z), z


@formula
def logit(p):
    """log(p / (1 - p))."""
    zero, one = const(p, 0.0), const(p, 1.0)
    near_half, z = _logit_from_half(p)
    # log(n / d) = 2 atanh((n - d) / (n + d)) + k log(2), n being p 2^-k: the quotient itself,
    # and how it has been rounded, only says which k.
    lifted = p * constant(p, "up")  # as p may be subnormal
    d, d_low = sum_with_smaller(one, -p)
    _, k, scale = split_exponent(lifted / d)
    n, k = lifted * scale, k - constant(p, "up_bits")
    s = ((n - d) - d_low) / (n + d)
    smaller = (s + s) * atanh_tail(s * s) + k * constant(p, "ln2_low")
    y = select(
        z < const(p, 1.0 / 9.0), near_half, k * constant(p, "ln2_high") + ((s + s) + smaller)
    )
    inf, nan = const(p, math.inf), const(p, math.nan)
    y = select(p > zero, y, select(p == zero, -inf, nan))
    return select(p < one, y, select(p == one, inf, nan))


@formula
def log_sigmoid(x):
    """log(logistic(x))."""
    return -log1pexp(-x)


@formula
def log1m_sigmoid(x):
    """log(1 - logistic(x))."""
    return -log1pexp(x)


@formula
def _times_pair(x, y, low):
    # x (y + low), and x y where what is lacking has no meaning.
    total = fma(x, y, x * low)
    return select(total == total, total, x * y)


@formula
def xlogy(x, y):
    """x log(y), and 0 where x is 0."""
    zero = const(x, 0.0)
    return select(x == zero, select(y == y, zero, y), _times_pair(x, *log_pair(y)))


@formula
def xlog1py(x, y):
    """x log(1 + y), and 0 where x is 0."""
    zero = const(x, 0.0)
    return select(x == zero, select(y == y, zero, y), _times_pair(x, *log1p_pair_of_any(y)))


@formula
def logexpm1(x):
    """log(exp(x) - 1) for x >= 0."""
    return logsubexp(x, const(x, 0.0))


@formula
def log2mexp(x):
    """log(2 - exp(x)) for x <= log(2)."""
    zero, one = const(x, 0.0), const(x, 1.0)
    u, u_low = exp_less(x, zero, one, zero)
    y, low = log1p_pair_near_0(-u, -u_low)
    # Towards log(2) it is log(2) + log(1 - exp(x - log(2))), the difference in twice the digits.
    ln2, ln2_rest = constant(x, "ln2"), constant(x, "ln2_rest")
    d, error = two_sum(x - ln2, -ln2_rest)
    near, near_low = log1mexp_pair(d, error)
    total, lost = two_sum(ln2, near)
    y = select(x > const(x, 0.35), total + (lost + (near_low + ln2_rest)), y + low)
    return select(d < zero, y, const(x, math.nan))


@formula
def _log1pmx_near_0(x):
    # For x in [-1/2, 1]: with s = x / (2 + x) it is 2 atanh(s) - x = s (2 (atanh(s) / s - 1) - x).
    two = const(x, 2.0)
    s, s_low = quotient(x, const(x, 0.0), *sum_with_smaller(two, x))
    rest = fma(two, atanh_tail(s * s), -x)
    return fma(s, rest, s_low * rest)


@formula
def log1pmx(x):
    """log(1 + x) - x."""
    y, low = log1p_pair_of_any(x)
    far = _plus_pair(-x, y, low)
    far = select(x > const(x, -1.0), far, y)  # -inf or NaN
    return select(x < const(x, -0.5), far, select(x <= const(x, 1.0), _log1pmx_near_0(x), far))


@formula
def logmxp1(x):
    """log(x) - x + 1."""
    zero, one = const(x, 0.0), const(x, 1.0)
    y, low = log_pair(x)
    d, error = two_sum(one, -x)
    far = select(x > zero, _plus_pair(d, y, low + error), y)
    near = _log1pmx_near_0(x - one)
    return select(x < const(x, 0.5), far, select(x <= const(x, 2.0), near, far))


@formula
def logcosh(x):
    """log((exp(x) + exp(-x)) / 2)."""
    a, zero, one, two = magnitude(x), const(x, 0.0), const(x, 1.0), const(x, 2.0)
    # Near 0 it is log1p(m^2 / (2 (1 + m))), m = exp(-|x|) - 1.
    small = select(a < one, a, one)
    m, m_low = exp_less(-small, zero, one, zero)
    square, square_low = two_product(m, m)
    below, below_low = sum_with_smaller(two, m + m)
    u, u_low = quotient(square, square_low + (m + m) * m_low, below, below_low + m_low + m_low)
    near, near_low = log1p_pair_near_0(u, u_low)
    # Elsewhere |x| - log(2) + log1p(exp(-2 |x|)).
    e, e_low = scaled_exp_pair(-(a + a), zero)
    unscale = constant(x, "unscale")
    y, low = log1p_pair_near_0(e * unscale, e_low * unscale)
    total, lost = two_sum(a, -constant(x, "ln2"))
    far = total + (y + ((lost - constant(x, "ln2_rest")) + low))
    far = select(a < const(x, math.inf), far, a)
    return select(a < one, near + near_low, far)


@formula
def logitexp(x):
    """logit(exp(x)) for x <= 0."""
    return -logexpm1(-x)


@formula
def cloglog(p):
    """log(-log(1 - p)), the complementary log-log."""
    zero, one, inf = const(p, 0.0), const(p, 1.0), const(p, math.inf)
    y, low = log1p_pair_of_any(-p)
    up = -constant(p, "up")  # as it may be subnormal
    y, low = log_pair_of_sum(y * up, low * up, constant(p, "up_bits"))
    value = select(p > zero, y + low, select(p == zero, -inf, const(p, math.nan)))
    return select(p < one, value, select(p == one, inf, const(p, math.nan)))


@formula
def cexpexp(x):
    """1 - exp(-exp(x)), the inverse of cloglog."""
    # Past 8 it is 1 to the last digit.
    zero, most = const(x, 0.0), const(x, 8.0)
    unscale = constant(x, "unscale")
    e, e_low = scaled_exp_pair(select(x > most, most, x), zero)
    w, w_low = exp_less(-(e * unscale), -(e_low * unscale), const(x, 1.0), zero)
    return (zero - w) - w_low


@formula
def log_inv_logit_diff(x, y):
    """log(logistic(x) - logistic(y)) for x >= y."""
    # It is log(1 - exp(y - x)) + log(logistic(x)) + log(1 - logistic(y)): none is positive.
    shares, low = log1mexp_pair(*difference(y, x))
    value = shares + (low - (log1pexp(-x) + log1pexp(y)))
    nan, nothing = const(x, math.nan), const(x, -math.inf)
    return select(x > y, value, select(x == y, nothing, nan))


@formula
def log1psq(x):
    """log(1 + x^2)."""
    # Of a large x the 1 is lost, and the square may overflow.
    a, most = magnitude(x), const(x, 2.0**30)
    small = lesser(a, most)
    near, near_low = log1p_pair(*two_product(small, small))
    y, low = log_pair(a)
    return select(a < most, near + near_low, (y + y) + (low + low))


@formula
def xlogx(x):
    """x log(x), and 0 where x is 0."""
    return xlogy(x, x)


@formula
def entr(x):
    """-x log(x), 0 where x is 0 and -inf below."""
    zero = const(x, 0.0)
    return select(x < zero, const(x, -math.inf), zero - xlogx(x))


@formula
def _if_near(x, y, near, far):
    # `near` where neither number is more than twice the other.
    return select(x > y + y, far, select(y > x + x, far, near))


@formula
def log_ratio_pair(x, y):
    # log(x / y) of positive numbers as a number and what it lacks. Near 1 by their difference,
    # which then is exact.
    zero = const(x, 0.0)
    near, near_low = log1p_pair_near_0((x - y) / y, zero)
    (of_x, x_low), (of_y, y_low) = log_pair(x), log_pair(y)
    far, lost = two_sum(of_x, -of_y)
    far_low = lost + (x_low - y_low)
    return _if_near(x, y, near, far), _if_near(x, y, near_low, far_low)


@formula
def _unless_outside(x, y, at_0, value):
    # The value for positive finite x and y; at_0 where x is 0, else what the limits are.
    zero, inf = const(x, 0.0), const(x, math.inf)
    value = select(x > zero, value, select(x == zero, at_0, inf))
    value = select(y >= zero, select(y == zero, select(x == zero, at_0, inf), value), inf)
    return select(x == x, select(y == y, value, y), x)


@formula
def rel_entr(x, y):
    """x log(x / y), and 0 where x is 0."""
    value = _times_pair(x, *log_ratio_pair(x, y))
    return _unless_outside(x, y, const(x, 0.0), value)


@formula
def kl_div(x, y):
    """x log(x / y) - x + y, and y where x is 0."""
    zero, inf = const(x, 0.0), const(x, math.inf)
    ratio, low = log_ratio_pair(x, y)
    # The larger comes first: nothing overflows on the way to what has been rounded.
    swapped = x > y
    d, error = sum_with_smaller(select(swapped, -x, y), select(swapped, y, -x))
    far = fma(x, ratio, d) + fma(x, low, error)
    far = select(x < inf, select(y < inf, far, y), select(y < inf, x, const(x, math.nan)))
    # Near x it is s (d - 2 x (atanh(s) / s - 1)) with d = y - x, s = d / (x + y); scaled, as the
    # digits of large numbers are taken apart.
    scale = select(x > const(x, 1.0), constant(x, "unscale"), const(x, 1.0))
    s, s_low = quotient(d * scale, zero, *two_sum(x * scale, y * scale))
    tail = atanh_tail(s * s)
    rest = fma(-x, tail + tail, d)
    near = fma(s, rest, s_low * rest)
    return _unless_outside(x, y, y, _if_near(x, y, near, far))


# --- the mixture log(s exp(x) + (1 - s) exp(y)), s = logistic(t) --------------------------------
# In all of them x and y are first ordered: `high` is the larger, `low` the other, `odds` the
# log-odds of the larger, t or -t, and (d, error) = low - high <= 0 exactly.


@formula
def ordered(t, x, y):
    # (high, low, odds, d, error). Equal ones differ by 0, also if both are the same infinity.
    zero = const(x, 0.0)
    swapped = x < y
    high, low = select(swapped, y, x), select(swapped, x, y)
    d, error = two_sum(low, -high)
    error = select(d > const(x, -math.inf), error, zero)
    return high, low, select(swapped, -t, t), select(x == y, zero, d), error


@formula
def odds_given_both(odds, d, error):
    # (odds - d, its error): the log-odds of the larger's share of the sum. Two steps, as odds and
    # d may be large and cancel, so that the error of d is all that is left.
    infinity = const(d, math.inf)
    total, lost = two_sum(odds, -d)
    total, lost = two_sum(total, select(magnitude(total) < infinity, lost - error, const(d, 0.0)))
    return select(magnitude(odds) < infinity, total, odds), lost


@formula
def unless_nan(t, x, y, value):
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
    given, given_error = odds_given_both(odds, d, error)
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
    y, y_low = log1p_pair_near_0(u * unscale, u_low * unscale)
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
    value = select(x == y, x, _log_of_shares(*ordered(t, x, y)))
    infinity = const(t, math.inf)
    value = select(t == infinity, x, select(t == -infinity, y, value))
    return unless_nan(t, x, y, value)


@formula
def log_mix_dx(t, x, y):
    """The derivative of log_mix by x: the share of x in the sum."""
    high, low, odds, d, error = ordered(t, x, y)
    given, given_error = odds_given_both(odds, d, error)
    swapped = x < y
    given, given_error = (
        select(swapped, -given, given),
        select(swapped, -given_error, given_error),
    )
    return unless_nan(t, x, y, logistic_of_sum(given, given_error))


@formula
def log_mix_dy(t, x, y):
    """The derivative of log_mix by y: the share of y in the sum."""
    return log_mix_dx(-t, y, x)


@formula
def difference_of_logistics(odds, given, given_error, d, error):
    """logistic(given + given_error) - logistic(odds) with odds - given = d <= 0, scaled.

    It is logistic(given) logistic(-odds) (1 - exp(d)): nothing cancels. Of the two logistic
    functions at most one is small.
    """
    zero, one, unscale = const(d, 0.0), const(d, 1.0), constant(d, "unscale")
    b, b_low = scaled_exp_pair(-magnitude(odds), zero)
    c, c_low = scaled_exp_pair(*_minus_magnitude(given, given_error))
    of_b, of_c = odds > zero, given < zero
    small = select(of_b, b, select(of_c, c, constant(d, "scale")))
    small_low = select(of_b, b_low, select(of_c, c_low, zero))
    loss, loss_low = exp_less(*_minus_magnitude(d, error), one, zero)
    gain, gain_low = -loss, -loss_low
    first, first_low = sum_with_smaller(one, b * unscale)
    second, second_low = sum_with_smaller(one, c * unscale)
    first_low, second_low = first_low + b_low * unscale, second_low + c_low * unscale
    total, total_low = two_product(first, second)
    total_low = total_low + (first * second_low + second * first_low)
    value, low = two_product(small, gain)
    low = low + (small * gain_low + small_low * gain)
    value, low = quotient(value, low, total, total_low)
    return value + low


@formula
def log_mix_dt(t, x, y):
    """The derivative of log_mix by t: the share of x in the sum, less s."""
    zero = const(t, 0.0)
    _, _, odds, d, error = ordered(t, x, y)
    given, given_error = odds_given_both(odds, d, error)
    # Scaled back last: one rounding where the result is subnormal.
    value = difference_of_logistics(odds, given, given_error, d, error) * constant(t, "unscale")
    value = select(x < y, -value, value)
    value = select(x == y, zero, select(magnitude(t) < const(t, math.inf), value, zero))
    return unless_nan(t, x, y, value)
