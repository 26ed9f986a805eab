"""The elementwise functions of complex numbers, by the names that they have for real ones.

Each takes the real and imaginary parts of its arguments and gives those of the principal value.
The tests name those that have no complex meaning: they are about probabilities.
"""

import math

from .._compile.trace import branch, formula, loop
from .complex import (
    and_positive_part,
    argument,
    cis,
    exact_sum,
    expm1_of,
    exponential,
    full_expm1,
    full_exponential,
    log_modulus,
    log_with_one,
    logarithm,
    logistic_of,
    negated,
    product,
    product_in_one_rounding,
    sine,
    turned_around,
    with_one,
)
from .simd import const, constant, select
from .vectormath import (
    atanh_tail,
    larger,
    lesser,
    magnitude,
    quotient,
    two_product,
    two_sum,
)


@formula
def _exponential(x, y):
    zero = const(x, 0.0)
    return exponential(x, zero, y, zero)


@formula
def _nan_with(number, re, im):
    # Both parts are NaN where the number is.
    nan, is_number = const(re, math.nan), number == number
    return select(is_number, re, nan), select(is_number, im, nan)


@formula
def _either_nan(x, y):
    return select(x == x, y, x)


# --- log(1 + exp(z)) and its kin -----------------------------------------------------------------


@formula
def _log1pexp(x, y):
    # (real part, what it lacks, and p, q that have the angle)
    high, low, p, q = log_with_one(_exponential(x, y), x)
    return (*and_positive_part(x, high, low), p, q)


@formula
def _log1mexp(x, y):
    high, low, p, q = log_with_one(negated(_exponential(x, y)), x)
    return (*and_positive_part(x, high, low), p, q)


@formula
def log1pexp(x, y):
    """log(1 + exp(z))."""
    re, low, p, q = _log1pexp(x, y)
    return re + low, argument(q, p)


@formula
def log1mexp(x, y):
    """log(1 - exp(z))."""
    re, low, p, q = _log1mexp(x, y)
    return re + low, argument(q, p)


@formula
def logexpm1(x, y):
    """log(exp(z) - 1)."""
    re, low, p, q = _log1mexp(x, y)
    return re + low, argument(-q, -p)


@formula
def logitexp(x, y):
    """log(exp(z) / (1 - exp(z)))."""
    # It is -log(exp(-z) - 1), with the angle of that in (-pi, pi].
    re, low, p, q = _log1mexp(-x, -y)
    return -(re + low), argument(q, -p)


@formula
def log_sigmoid(x, y):
    """log(logistic(z))."""
    return log1m_sigmoid(-x, -y)


@formula
def log1m_sigmoid(x, y):
    """log(1 - logistic(z))."""
    re, low, p, q = _log1pexp(x, y)
    return -(re + low), argument(-q, p)


@formula
def log2mexp(x, y):
    """log(2 - exp(z))."""
    k = _exponential(x, y)
    one = const(x, 1.0)
    # From 1 on it is z + log(2 exp(-z) - 1).
    m = k.e + k.e
    far_high, far_low = log_modulus(*two_sum(one, -(m * k.c)), m * k.s)
    total, lost = exact_sum(x, far_high)
    far = total + (lost + far_low)
    # Below, 1 - (exp(z) - 1); towards log(2) that is 2 (1 - exp(z - log(2))).
    w, w_low = full_expm1(k)
    e, _ = full_exponential(k)
    p, p_low = two_sum(one, -(w * k.c - k.minus))
    p_low = p_low - w_low * k.c
    d, d_low = two_sum(x, -constant(x, "ln2"))
    zero = const(x, 0.0)
    shifted = exponential(d, d_low - constant(x, "ln2_rest"), zero, zero)
    v, _ = full_expm1(shifted)
    close = k.minus - v * k.c
    is_close = p < 0.5
    p, p_low = select(is_close, close + close, p), select(is_close, zero, p_low)
    q = -(e * k.s)
    high, low = log_modulus(p, p_low, q)
    is_far = x > 1.0
    re = select(is_far, select(x < math.inf, far, x), high + low)
    return re, argument(select(is_far, -k.s, q), select(is_far, m - k.c, p))


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
    of_x, of_x_low, p_x, q_x = _log1pexp(-x, -y)
    of_u, of_u_low, p_u, q_u = _log1pexp(u, v)
    total, lost = exact_sum(of_x, of_u)
    re, lost_too = exact_sum(high, -total)
    re = re + (lost_too - lost + (low - (of_x_low + of_u_low)))
    p, q = product(side * p, side * q, *product(p_x, -q_x, p_u, -q_u))
    return re, argument(q, p)


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
    is_nan = _either_nan(_either_nan(x, u), re)
    return _nan_with(is_nan, re + low, select(nothing, zero, argument(q, p) + lost))


@formula
def logsubexp(x, y, u, v):
    """log(exp(x + iy) - exp(u + iv))."""
    zero, nan = const(x, 0.0), const(x, math.nan)
    re, low, p, q = log_of_two(x, zero, y, zero, u, zero, v, zero, -1)
    re = re + low
    top = larger(x, u)
    nothing = select(top == -math.inf, const(x, 1.0), zero) > 0.0
    both = select(x == math.inf, u, zero) == math.inf
    re = _either_nan(_either_nan(x, u), select(both, nan, re))
    return _nan_with(re, re, select(nothing, zero, argument(q, p)))


# --- logistic and log-odds -----------------------------------------------------------------------


@formula
def logistic(x, y):
    """1 / (1 + exp(-z))."""
    return logistic_of(_exponential(x, y))


@formula
def logit(x, y):
    """log(z / (1 - z))."""
    # Its angle is the sum of those at 0 and 1 in the triangle of 0, 1 and z: none is lost.
    zero = const(x, 0.0)
    d, d_low = exact_sum(const(x, 1.0), -x)
    angle = argument(y, x) + argument(y, d)
    v, b = (x - 0.5) + (x - 0.5), y + y
    # Near 1/2 it is atanh of this, elsewhere the difference of logarithms.
    t = (v + v) / (1.0 + (v * v + b * b))
    near = t + t * atanh_tail(t * t)
    high, low = log_modulus(x, zero, y)
    other, other_low = log_modulus(d, d_low, y)
    far = (high - other) + (low - other_low)
    far = select(magnitude(x) < math.inf, select(magnitude(y) < math.inf, far, zero), zero)
    return select(magnitude(t) < 1.0 / 3.0, near, far), angle


@formula
def cloglog(x, y):
    """log(-log(1 - z))."""
    d, d_low = exact_sum(const(x, 1.0), -x)
    high, low, angle = logarithm(d, d_low, -y)
    re, re_low = log_modulus(-high, -low, -angle)
    return re + re_low, argument(-angle, -high)


@formula
def cexpexp(x, y):
    """1 - exp(-exp(z))."""
    # Past 600 the modulus of exp(z) could not be taken apart, and is as good as infinite.
    k = _exponential(select(x > 600.0, const(x, 600.0), x), y)
    m, m_low = full_exponential(k)
    u, u_low = two_product(m, k.c)
    v, v_low = two_product(m, k.s)
    zero, most = const(x, 0.0), 2.0**26
    u_low = select(magnitude(u) < most, u_low + m_low * k.c, zero)
    v_low = select(magnitude(v) < most, v_low + m_low * k.s, zero)
    inner = exponential(-u, -u_low, v, v_low)
    w, w_low = full_expm1(inner)
    e, _ = full_exponential(inner)
    # Where little is left of exp(-u), less of it than of 1.
    re = inner.minus - (w * inner.c + w_low * inner.c)
    re = select(w < -0.5, 1.0 - e * inner.c, re)
    im = select(inner.s == 0.0, inner.s, e * inner.s)
    return _nan_with(x, re, im)


# --- logarithms times numbers --------------------------------------------------------------------


@formula
def _term(a, b):
    # a b, and 0 where a is: so are the terms of x log(y).
    return select(a == 0.0, a, a * b)


@formula
def _term_of_angle(a, b):
    # As _term, and 0 where b is, as angles of real numbers are, even if a is infinite.
    return select(b == 0.0, select(a == a, b, a), _term(a, b))


@formula
def _times_logarithm(x, y, high, low, angle):
    zero = const(x, 0.0)
    first, second = _term(x, high), _term(y, high)
    lost = select(magnitude(first) < math.inf, _term(x, low), zero)
    lost_too = select(magnitude(second) < math.inf, _term(y, low), zero)
    re = (first - _term_of_angle(y, angle)) + lost
    im = _term_of_angle(x, angle) + (second + lost_too)
    nothing = select(x == 0.0, y, x) == 0.0
    re, im = select(nothing, zero, re), select(nothing, zero, im)
    return _nan_with(_either_nan(high, angle), re, im)


@formula
def xlogy(x, y, u, v):
    """z log(w), and 0 where z is 0."""
    return _times_logarithm(x, y, *logarithm(u, const(u, 0.0), v))


@formula
def xlog1py(x, y, u, v):
    """z log(1 + w), and 0 where z is 0."""
    p, p_low = exact_sum(const(u, 1.0), u)
    return _times_logarithm(x, y, *logarithm(p, p_low, v))


@formula
def xlogx(x, y):
    """z log(z), and 0 where z is 0."""
    high, low, angle = logarithm(x, const(x, 0.0), y)
    re, im = _times_logarithm(x, y, high, low, angle)
    # Next to the positive axis x times the angle is y, which log(z) may cancel.
    is_step = magnitude(y) < x * 2.0**-27
    return re, select(is_step, _term(y, (1.0 + high) + low), im)


# --- logarithms near 1 ---------------------------------------------------------------------------

_NEAR, _TERMS = 0.18, 21  # of |s|^2, and how many terms make 53 bits of it


@formula
def _log1pmx_near_0(x, y):
    # With s = z / (2 + z) it is 2 atanh(s) - z = s (2 (atanh(s) / s - 1) - z), a power series.
    d, d_low = two_sum(const(x, 2.0), x)
    r = y / d
    below = d + y * r
    s, s_i = (x + y * r) / below, (r + r) / below
    # What s lacks, from what is left of z - s (2 + z).
    back, back_i = product_in_one_rounding(s, s_i, d, y)
    left, left_i = (x - back) - s * d_low, (y - back_i) - s_i * d_low
    more, more_i = (left + r * left_i) / below, (left_i - r * left) / below
    a, a_i = s * s - s_i * s_i, (s + s) * s_i

    def one_more(k, tail):
        re, im = product(*tail, a, a_i)
        return re + 1.0 / (2 * (_TERMS - k) + 1), im

    first = const(x, 1.0 / (2 * _TERMS + 1)), const(x, 0.0)
    tail, tail_i = loop(_TERMS, one_more, first, start=1)
    tail, tail_i = product(tail + tail, tail_i + tail_i, a, a_i)
    rest, rest_i = tail - x, tail_i - y
    value, value_i = product_in_one_rounding(s, s_i, rest, rest_i)
    lost, lost_i = product(more, more_i, rest, rest_i)
    return value + lost, value_i + lost_i


@formula
def _is_near_0(x, y):
    d = 2.0 + x
    return x * x + y * y < _NEAR * (d * d + y * y)


@formula
def log1pmx(x, y):
    """log(1 + z) - z."""

    def far():
        high, low, angle = logarithm(*exact_sum(const(x, 1.0), x), y)
        total, lost = exact_sum(high, -x)
        return select(x < math.inf, total + (lost + low), -x), angle - y

    return branch(_is_near_0(x, y), lambda: _log1pmx_near_0(x, y), far)


@formula
def logmxp1(x, y):
    """log(z) - z + 1."""

    def far():
        high, low, angle = logarithm(x, const(x, 0.0), y)
        d, error = exact_sum(const(x, 1.0), -x)
        total, lost = exact_sum(high, d)
        return select(x < math.inf, total + (lost + (low + error)), -x), angle - y

    # Between 1/2 and 2 the difference is exact.
    exact = select(x < 0.5, const(x, 2.0), select(x > 2.0, const(x, 2.0), x - 1.0))
    return branch(_is_near_0(exact, y), lambda: _log1pmx_near_0(exact, y), far)


@formula
def logcosh(x, y):
    """log((exp(z) + exp(-z)) / 2)."""
    zero, one = const(x, 0.0), const(x, 1.0)
    a = magnitude(x)
    # Near the imaginary axis log1p(cosh(z) - 1).
    k = _exponential(lesser(a, one), y)
    e, e_low, w, w_low = k.e, k.e_low, -k.w, -k.w_low
    square, square_low = two_product(w, w)
    more, more_low = quotient(square, square_low + (w + w) * w_low, e + e, e_low + e_low)
    moved, moved_low = two_product(more, k.c)
    u, u_low = two_sum(moved, -k.minus)
    u_low = u_low + (moved_low + more_low * k.c)
    p, p_low = two_sum(one, u)
    is_small = u < -0.5
    p, p_low = select(is_small, (one + more) * k.c, p), select(is_small, zero, p_low + u_low)
    sinh = w * (1.0 + e) / (e + e)
    near, near_low = log_modulus(p, p_low, sinh * k.s)
    # Elsewhere |x| - log(2) + log(1 + exp(-2 |x|)).
    far = _exponential(a + a, y + y)
    high, low = log_modulus(*with_one(far))
    base, lost = two_sum(a, -constant(x, "ln2"))
    total, lost_too = two_sum(base, high)
    value = total + (lost + lost_too + (low - constant(x, "ln2_rest")))
    value = select(a < math.inf, select(a < 1.0, near + near_low, value), a)
    c, s = cis(y, zero)
    tanh = -far.w
    angle = argument(select(x < 0.0, -tanh, tanh) * s, (1.0 + far.e) * c)
    return value, angle


@formula
def log1psq(x, y):
    """log(1 + z^2)."""
    zero, one = const(x, 0.0), const(x, 1.0)
    a, b = magnitude(x), magnitude(y)
    top = larger(a, b)
    # Large ones lose the 1, and their squares overflow.
    large = top > 2.0**500
    scale = select(large, const(x, 2.0**-512), one)
    u, v = x * scale, y * scale
    square, square_low = two_product(u, u)
    other, other_low = two_product(v, v)
    d, d_low = two_sum(square, -other)
    d_low = d_low + (square_low - other_low)
    p, p_low = two_sum(one, d)
    is_small = d < -0.5
    p = select(is_small, square + (1.0 - v) * (1.0 + v), p)
    p_low = select(is_small, zero, p_low + d_low)
    q = _term_of_angle(u + u, v)
    high, low = log_modulus(p, p_low, q)
    far, far_low = log_modulus(x, zero, y)
    re = select(large, (far + far) + (far_low + far_low), high + low)
    return re, argument(q, select(large, (u - v) * (u + v), p))


# --- the mixture log(s exp(x) + (1 - s) exp(y)), s = logistic(t) ---------------------------------


@formula
def _mixed_near(t, t_i, high, high_i, low, low_i):
    # exp(high) (1 + u) with u = (exp(low - high) - 1) (1 - s).
    zero = const(t, 0.0)
    d, d_low = exact_sum(low, -high)
    k = exponential(d, d_low, *exact_sum(low_i, -high_i))
    odds = _exponential(t, t_i)
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
    below, below_low, below_q = with_one(_exponential(t, t_i))
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
    return _nan_with(_either_nan(t, _either_nan(x, u)), re, im)


@formula
def _share(t, t_i, x, y, u, v):
    # t + x - y exactly, as (re, what it lacks, im, what it lacks). An infinite t is all of it,
    # and equal infinities differ by 0.
    d, d_low = exact_sum(x, -u)
    d = select(x == u, const(x, 0.0), d)
    total, lost = exact_sum(t, d)
    total = select(magnitude(t) < math.inf, total, _either_nan(_either_nan(x, u), t))
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
    odds = _exponential(t, t_i)
    of_x = select(swapped, select(given.positive, 0.0, 1.0), select(given.positive, 1.0, 0.0)) > 0.0
    of_t = select(swapped, select(odds.positive, 1.0, 0.0), select(odds.positive, 0.0, 1.0)) > 0.0
    a, a_i = logistic_of(given._replace(positive=of_x, s=select(swapped, -given.s, given.s)))
    b, b_i = logistic_of(odds._replace(positive=of_t, s=select(swapped, odds.s, -odds.s)))
    re, im = product(*product(a, a_i, b, b_i), m, m_i)
    return select(swapped, re, -re), select(swapped, im, -im)
