"""The elementwise functions of complex numbers that are sums and differences of several terms.

As in `complex_elementwise`: real and imaginary parts go in, and those of the principal value come
out.
"""

import math

from .._compile.trace import branch, formula
from .complex import (
    argument,
    cis,
    either_nan,
    exact_sum,
    expm1_of,
    exponential,
    exponential_of,
    log1pexp_parts,
    log_modulus,
    logistic_of,
    nan_with,
    negated,
    product,
    sine,
    turned_around,
    with_one,
)
from .simd import const, select
from .vectormath import larger, lesser, magnitude, two_sum

# --- sums of two ---------------------------------------------------------------------------------


@formula
def log_of_two(x, x_low, y, y_low, u, u_low, v, v_low, sign):
    """log(exp(x + iy) + sign exp(u + iv)): (re, what it lacks, and p, q that have its angle)."""
    zero, one = const(x, 0.0), const(x, 1.0)
    swapped = select(x == u, u_low - x_low, u - x) > 0.0
    high, low = select(swapped, u, x), select(swapped, x, u)
    high_low, low_low = select(swapped, u_low, x_low), select(swapped, x_low, u_low)
    phase, phase_low = select(swapped, v, y), select(swapped, v_low, y_low)
    other, other_low = select(swapped, y, v), select(swapped, y_low, v_low)
    d, d_low = exact_sum(low, -high)
    same = low == high
    d, d_low = select(same, zero, d), select(same, zero, d_low)
    t, t_low = exact_sum(other, -phase)
    d, d_low = exact_sum(d, d_low + (low_low - high_low))
    k = exponential(d, d_low, t, t_low + (other_low - phase_low))
    p, p_low, q = with_one(k if sign > 0 else negated(k))
    value, value_low = log_modulus(p, p_low, q)
    total, lost = exact_sum(high, value)
    total = select(magnitude(high) < math.inf, total, high)
    c, s = cis(phase, phase_low)
    c, s = select(high == -math.inf, one, c), select(high == -math.inf, zero, s)
    if sign < 0:
        c, s = select(swapped, -c, c), select(swapped, -s, s)
    p, q = product(p, q, c, s)
    lost = lost + value_low + high_low
    return total, select(lost - lost == 0.0, lost, zero), p, q


@formula
def logaddexp(x, y, u, v):
    """log(exp(x + iy) + exp(u + iv))."""
    zero = const(x, 0.0)
    re, low, p, q = log_of_two(x, zero, y, zero, u, zero, v, zero, 1)
    nothing = larger(x, u) == -math.inf
    # Two infinite ones have a direction if it is the same.
    lost = select(lesser(x, u) == math.inf, select(y == v, zero, const(x, math.nan)), zero)
    # NaN even beside an infinity.
    is_nan = either_nan(either_nan(x, u), re)
    return nan_with(is_nan, re + low, select(nothing, zero, argument(q, p) + lost))


@formula
def logsubexp(x, y, u, v):
    """log(exp(x + iy) - exp(u + iv))."""
    zero, nan = const(x, 0.0), const(x, math.nan)
    re, low, p, q = log_of_two(x, zero, y, zero, u, zero, v, zero, -1)
    re = re + low
    top = larger(x, u)
    nothing = select(top == -math.inf, const(x, 1.0), zero) > 0.0
    both = select(x == math.inf, u, zero) == math.inf
    re = either_nan(either_nan(x, u), select(both, nan, re))
    return nan_with(re, re, select(nothing, zero, argument(q, p)))


@formula
def log_inv_logit_diff(x, y, u, v):
    """log(logistic(x + iy) - logistic(u + iv))."""
    swapped = u > x
    x, y, u, v, side = (
        select(swapped, u, x),
        select(swapped, v, y),
        select(swapped, x, u),
        select(swapped, y, v),
        select(swapped, const(x, -1.0), const(x, 1.0)),
    )
    # It is log(1 - exp(u - x)) + log(logistic(x)) + log(1 - logistic(u)).
    zero = const(x, 0.0)
    same = x == u
    d, d_low = exact_sum(u, -x)
    d, d_low = select(same, zero, d), select(same, zero, d_low)
    k = negated(exponential(d, d_low, *exact_sum(v, -y)))
    p, p_low, q = with_one(k)
    high, low = log_modulus(p, p_low, q)
    of_x, of_x_low, p_x, q_x = log1pexp_parts(-x, -y)
    of_u, of_u_low, p_u, q_u = log1pexp_parts(u, v)
    total, lost = exact_sum(of_x, of_u)
    re, lost_too = exact_sum(high, -total)
    re = re + (lost_too - lost + (low - (of_x_low + of_u_low)))
    p, q = product(side * p, side * q, *product(p_x, -q_x, p_u, -q_u))
    return re, argument(q, p)


# --- the mixture log(s exp(x) + (1 - s) exp(y)), s = logistic(t) ---------------------------------


@formula
def _mixed_near(t, t_i, high, high_i, low, low_i):
    # exp(high) (1 + u) with u = (exp(low - high) - 1) (1 - s).
    zero = const(t, 0.0)
    d, d_low = exact_sum(low, -high)
    k = exponential(d, d_low, *exact_sum(low_i, -high_i))
    odds = exponential_of(t, t_i)
    f, f_i = logistic_of(odds)
    g, g_i = logistic_of(turned_around(odds._replace(positive=t < 0.0)))
    u, u_i = product(*expm1_of(k), g, g_i)
    value, value_low = log_modulus(*two_sum(const(t, 1.0), u), u_i)
    total, lost = exact_sum(high, value)
    # The angle from f exp(high) + g exp(low), whose imaginary parts are added as they are.
    c, s = cis(high_i, zero)
    c_low, s_low = cis(low_i, zero)
    apart = sine(0.5 * (low_i + high_i)) * sine(0.5 * (low_i - high_i))
    q = (f * s + k.e * (g * s_low)) + g_i * (k.w * c_low - (apart + apart))
    p = (f * c - f_i * s) + k.e * (g * c_low - g_i * s_low)
    return total + (lost + value_low), argument(q, p)


@formula
def _mixed_far(t, t_i, high, high_i, low, low_i):
    # log(exp(t + high) + exp(low)) - log(1 + exp(t)), t being unlikely.
    zero = const(t, 0.0)
    first = (*exact_sum(t, high), *exact_sum(t_i, high_i))
    re, re_low, p, q = log_of_two(*first, low, zero, low_i, zero, 1)
    below, below_low, below_q = with_one(exponential_of(t, t_i))
    value, value_low = log_modulus(below, below_low, below_q)
    total, lost = exact_sum(re, -value)
    p, q = product(p, q, below, -below_q)
    return total + (lost + (re_low - value_low)), argument(q, p)


@formula
def log_mix(t, t_i, x, y, u, v):
    """log(s exp(x + iy) + (1 - s) exp(u + iv)), s = logistic(t)."""
    zero = const(t, 0.0)
    swapped = x < u
    high, high_i = select(swapped, u, x), select(swapped, v, y)
    low, low_i = select(swapped, x, u), select(swapped, y, v)
    odds, odds_i = select(swapped, -t, t), select(swapped, -t_i, t_i)
    d = select(low == high, zero, low - high)
    unlikely = larger(odds, d) < -1.0
    arguments = odds, odds_i, high, high_i, low, low_i
    re, im = branch(unlikely, lambda: _mixed_far(*arguments), lambda: _mixed_near(*arguments))
    # A weight of 0 leaves out anything but NaN.
    all_of_x, all_of_u = t == math.inf, t == -math.inf
    (c, s), (c_u, s_u) = cis(y, zero), cis(v, zero)
    re = select(all_of_x, x, select(all_of_u, u, select(magnitude(high) < math.inf, re, high)))
    im = select(all_of_x, argument(s, c), select(all_of_u, argument(s_u, c_u), im))
    # Of two that are the same, neither is more; they may be infinite.
    same = select(x == u, y - v, const(t, 1.0)) == 0.0
    im = select(re == -math.inf, zero, select(same, argument(s, c), im))
    return nan_with(either_nan(t, either_nan(x, u)), re, im)


@formula
def _share(t, t_i, x, y, u, v):
    # t + x - y exactly, as (re, what it lacks, im, what it lacks). An infinite t is all of it,
    # and equal infinities differ by 0.
    d, d_low = exact_sum(x, -u)
    d = select(x == u, const(x, 0.0), d)
    total, lost = exact_sum(t, d)
    total = select(magnitude(t) < math.inf, total, either_nan(either_nan(x, u), t))
    e, e_low = exact_sum(y, -v)
    total_i, lost_i = exact_sum(t_i, e)
    return total, lost + d_low, total_i, lost_i + e_low


@formula
def log_mix_dx(t, t_i, x, y, u, v):
    """The derivative of log_mix by x."""
    return logistic_of(exponential(*_share(t, t_i, x, y, u, v)))


@formula
def log_mix_dy(t, t_i, x, y, u, v):
    """The derivative of log_mix by y."""
    return log_mix_dx(-t, -t_i, u, v, x, y)


@formula
def log_mix_dt(t, t_i, x, y, u, v):
    """The derivative of log_mix by t."""
    # For Re(x) > Re(y) it is logistic(t + x - y) logistic(-t) (1 - exp(y - x)).
    swapped = x < u
    d, d_low = exact_sum(x, -u)
    d = select(x == u, const(x, 0.0), d)
    e, e_low = exact_sum(y, -v)
    k = exponential(d, d_low, e, e_low)
    m, m_i = expm1_of(k._replace(s=select(swapped, k.s, -k.s)))
    given = exponential(*_share(t, t_i, x, y, u, v))
    odds = exponential_of(t, t_i)
    of_x = select(swapped, select(given.positive, 0.0, 1.0), select(given.positive, 1.0, 0.0)) > 0.0
    of_t = select(swapped, select(odds.positive, 1.0, 0.0), select(odds.positive, 0.0, 1.0)) > 0.0
    a, a_i = logistic_of(given._replace(positive=of_x, s=select(swapped, -given.s, given.s)))
    b, b_i = logistic_of(odds._replace(positive=of_t, s=select(swapped, odds.s, -odds.s)))
    re, im = product(*product(a, a_i, b, b_i), m, m_i)
    return select(swapped, re, -re), select(swapped, im, -im)
