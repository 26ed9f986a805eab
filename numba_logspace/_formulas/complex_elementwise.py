"""The elementwise functions of complex numbers, by the names that they have for real ones.

Each takes the real and imaginary parts of its arguments and gives those of the principal value.
The tests name those that have no complex meaning: they are about probabilities.
"""

import math

from .._compile.trace import branch, formula, loop
from .complex import (
    argument,
    cis,
    either_nan,
    exact_sum,
    exponential,
    exponential_of,
    full_expm1,
    full_exponential,
    log1mexp_parts,
    log1pexp_parts,
    log_modulus,
    logarithm,
    logistic_of,
    nan_with,
    product,
    product_in_one_rounding,
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

# --- log(1 + exp(z)) and its kin -----------------------------------------------------------------


@formula
def log1pexp(x, y):
    """log(1 + exp(z))."""
    re, low, p, q = log1pexp_parts(x, y)
    return re + low, argument(q, p)


@formula
def log1mexp(x, y):
    """log(1 - exp(z))."""
    re, low, p, q = log1mexp_parts(x, y)
    return re + low, argument(q, p)


@formula
def logexpm1(x, y):
    """log(exp(z) - 1)."""
    re, low, p, q = log1mexp_parts(x, y)
    return re + low, argument(-q, -p)


@formula
def logitexp(x, y):
    """log(exp(z) / (1 - exp(z)))."""
    # It is -log(exp(-z) - 1), with the angle of that in (-pi, pi].
    re, low, p, q = log1mexp_parts(-x, -y)
    return -(re + low), argument(q, -p)


@formula
def log_sigmoid(x, y):
    """log(logistic(z))."""
    return log1m_sigmoid(-x, -y)


@formula
def log1m_sigmoid(x, y):
    """log(1 - logistic(z))."""
    re, low, p, q = log1pexp_parts(x, y)
    return -(re + low), argument(-q, p)


@formula
def log2mexp(x, y):
    """log(2 - exp(z))."""
    k = exponential_of(x, y)
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


# --- logistic and log-odds -----------------------------------------------------------------------


@formula
def logistic(x, y):
    """1 / (1 + exp(-z))."""
    return logistic_of(exponential_of(x, y))


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
    k = exponential_of(select(x > 600.0, const(x, 600.0), x), y)
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
    return nan_with(x, re, im)


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
    return nan_with(either_nan(high, angle), re, im)


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
    k = exponential_of(lesser(a, one), y)
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
    far = exponential_of(a + a, y + y)
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
