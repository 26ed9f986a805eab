"""Complex numbers as pairs of float64: their exponentials and logarithms, near 1 as well.

A complex number is (x, y), its real and imaginary part, one number each. What is needed with more
digits is (x, x_low, y, y_low). Real parts are as exact as those of real numbers, and a tiny
imaginary part keeps all its digits: h times a derivative, when functions are differentiated by a
complex step.
"""

import math
from typing import Any, NamedTuple

from numba import types

from .._compile.trace import formula, primitive
from .simd import const, constant, select
from .vectormath import (
    exp_less,
    larger,
    log1p_pair_near_0,
    log_pair_of_sum,
    magnitude,
    quotient,
    scaled_exp_pair,
    sum_with_smaller,
    two_product,
    two_sum,
)


def _of_the_c_library(function, typing_context, *kinds):
    # Within 1 ulp for numbers of any size, which takes more than a polynomial.
    if any(kind != types.float64 for kind in kinds):
        return None

    def generate(context, builder, sig, args):
        return context.get_function(function, sig)(builder, args)

    return types.float64(*kinds), generate


@primitive
def sine(typing_context, y):
    """The sine of a float64."""
    return _of_the_c_library(math.sin, typing_context, y)


@primitive
def cosine(typing_context, y):
    """The cosine of a float64."""
    return _of_the_c_library(math.cos, typing_context, y)


@primitive
def arctan2(typing_context, q, p):
    """The angle of (p, q), in float64."""
    return _of_the_c_library(math.atan2, typing_context, q, p)


@formula
def cis(y, y_low):
    """(cos, sin) of y + y_low."""
    c, s = cosine(y), sine(y)
    return c - y_low * s, s + y_low * c


@formula
def argument(q, p):
    """The angle of p + iq in (-pi, pi]: on the cut it is pi, whatever sign the zero has."""
    angle = arctan2(q, p)
    on_axis = select(p < 0.0, const(p, math.pi), select(p >= 0.0, q, angle))
    return select(q == 0.0, on_axis, angle)


@formula
def log_modulus(p, p_low, q):
    """log |p + p_low + iq| as a number and what it lacks; p_low counts where p is near 1."""
    a, b = magnitude(p), magnitude(q)
    swapped = b > a
    m = select(swapped, b, a)
    m_low = select(swapped, const(p, 0.0), select(p < 0.0, -p_low, p_low))
    r = select(swapped, a, b) / m
    y, y_low = log1p_pair_near_0(*two_product(r, r))
    tiny = m < 2.0**-900
    up, shift = select(tiny, const(p, 2.0**200), const(p, 1.0)), select(tiny, 200.0, 0.0)
    w, w_low = sum_with_smaller(m * up, m_low * up)
    high, low = log_pair_of_sum(w, w_low, shift)
    total, lost = two_sum(high, 0.5 * y)
    total, lost = two_sum(total, lost + (low + 0.5 * y_low))
    ends = select(m == 0.0, const(p, -math.inf), m + b)  # inf, NaN
    inside = select(m > 0.0, select(m < math.inf, select(b < math.inf, 1.0, 0.0), 0.0), 0.0)
    inside = inside > 0.0
    return select(inside, total, ends), select(inside, lost, 0.0)


@formula
def logarithm(p, p_low, q):
    """log(p + p_low + iq): (real part, what it lacks, imaginary part)."""
    return (*log_modulus(p, p_low, q), argument(q, p))


@formula
def finite_or_zero(error):
    """What a number lacks, 0 where that has no meaning."""
    return select(error - error == 0.0, error, const(error, 0.0))


@formula
def exact_sum(a, b):
    """As two_sum, with an error of 0 where the sum is not finite."""
    total, lost = two_sum(a, b)
    return total, finite_or_zero(lost)


class Exponential(NamedTuple):
    """exp(-|x| + iy), and whether it is exp(x + iy) itself or x is positive.

    e + e_low is the modulus, w + w_low what it is more than 1; c and s are the cosine and sine of
    y, 1 + c and 1 - c are `plus` and `minus`. `lifted` is e times a power of two, `scale`.
    """

    positive: Any
    e: Any
    e_low: Any
    lifted: Any
    w: Any
    w_low: Any
    c: Any
    s: Any
    plus: Any
    minus: Any


@formula
def exponential(x, x_low, y, y_low):
    """The Exponential of (x + x_low) + i(y + y_low); of no phase where x is -inf."""
    positive, zero = x > 0.0, const(x, 0.0)
    nothing = x == -math.inf
    y, y_low = select(nothing, zero, y), select(nothing, zero, y_low)
    n, n_low = select(positive, -x, x), select(positive, -x_low, x_low)
    n_low = select(n > constant(x, "exp_floor"), n_low, zero)
    lifted, lifted_low = scaled_exp_pair(n, n_low)
    unscale = constant(x, "unscale")
    w, w_low = exp_less(n, n_low, const(x, 1.0), zero)
    c, s = cis(y, y_low)
    half, half_low = 0.5 * y, 0.5 * y_low
    ch, sh = cis(half, half_low)
    plus, minus = (ch + ch) * ch, (sh + sh) * sh
    e, e_low = lifted * unscale, lifted_low * unscale
    return Exponential(positive, e, e_low, lifted + lifted_low, w, w_low, c, s, plus, minus)


@formula
def turned_around(k):
    """The Exponential of the opposite phase: that of -z is that of z so."""
    return k._replace(s=-k.s)


@formula
def negated(k):
    """The Exponential times -1."""
    return k._replace(c=-k.c, s=-k.s, plus=k.minus, minus=k.plus)


@formula
def with_one(k):
    """1 + exp(-|x| + iy): (real part, what it lacks, imaginary part), nothing lost near 0."""
    a, a_low = two_product(k.e, k.c)
    a_low = a_low + k.e_low * k.c
    far, far_low = sum_with_smaller(const(a, 1.0), a)
    product, product_low = two_product(k.w, k.c)
    near, near_low = two_sum(k.plus, product)
    near_low = near_low + (product_low + k.w_low * k.c)
    is_near = a < -0.5
    p, p_low = select(is_near, near, far), select(is_near, near_low, far_low + a_low)
    return p, p_low, k.e * k.s + k.e_low * k.s


@formula
def phase_and_modulus(k):
    """exp(-|x|) + exp(iy), nothing lost near 0: what 1 + exp(z) has the direction of for x > 0."""
    return select(k.c < -0.5, k.plus + k.w, k.e + k.c), k.s


@formula
def log_with_one(k, x):
    """log(1 + exp(z)) from the Exponential of z = x + iy.

    As (what is to be added to larger(x, 0), what that lacks, and p, q that have its angle).
    """
    p, p_low, q = with_one(k)
    high, low = log_modulus(p, p_low, q)
    far_p, far_q = phase_and_modulus(k)
    # At inf it is exp(z), whatever the phase.
    high = select(x == math.inf, const(x, 0.0), high)
    return high, low, select(k.positive, far_p, p), select(k.positive, far_q, q)


@formula
def and_positive_part(x, high, low):
    """larger(x, 0) + high + low, as a number and what it lacks."""
    total, lost = exact_sum(larger(x, const(x, 0.0)), high)
    return total, lost + low


@formula
def expm1_of(k):
    """exp(z) - 1 for z with a real part <= 0, from its Exponential."""
    return k.w * k.c - k.minus, k.e * k.s


@formula
def product(a, a_i, b, b_i):
    """The product of two complex numbers."""
    return a * b - a_i * b_i, a * b_i + a_i * b


@formula
def product_in_one_rounding(a, a_i, b, b_i):
    """The product of two complex numbers, each part of it rounded once or nearly so."""
    p, p_low = two_product(a, b)
    q, q_low = two_product(a_i, b_i)
    u, u_low = two_product(a, b_i)
    v, v_low = two_product(a_i, b)
    return (p - q) + (p_low - q_low), (u + v) + (u_low + v_low)


@formula
def squared_modulus(p, p_low, q):
    """|p + p_low + iq|^2."""
    high, low = two_product(p, p)
    return high + (low + (p + p) * p_low + q * q)


@formula
def logistic_of(k):
    """1 / (1 + exp(-z)) from the Exponential of z."""
    p, p_low, q = with_one(k)
    far_p, far_q = phase_and_modulus(k)
    square = squared_modulus(p, p_low, q)
    unscale = constant(p, "unscale")
    # The smaller ones are scaled back last: one rounding where they are subnormal.
    up = select(k.positive, const(p, 1.0), unscale)
    re = select(k.positive, p, k.lifted * far_p) / square
    im = select(k.positive, q, k.lifted * far_q) / square
    return re * up, im * up


@formula
def full_exponential(k):
    """The modulus exp(x) as a number and what it lacks."""
    one, zero = const(k.e, 1.0), const(k.e, 0.0)
    large, large_low = quotient(one, zero, k.e, k.e_low)
    return select(k.positive, large, k.e), select(k.positive, finite_or_zero(large_low), k.e_low)


@formula
def full_expm1(k):
    """exp(x) - 1 as a number and what it lacks."""
    large, large_low = quotient(-k.w, -k.w_low, k.e, k.e_low)
    return select(k.positive, large, k.w), select(k.positive, finite_or_zero(large_low), k.w_low)


@formula
def exponential_of(x, y):
    """The Exponential of x + iy."""
    zero = const(x, 0.0)
    return exponential(x, zero, y, zero)


@formula
def nan_with(number, re, im):
    """Both parts, NaN where the number is."""
    nan, is_number = const(re, math.nan), number == number
    return select(is_number, re, nan), select(is_number, im, nan)


@formula
def either_nan(x, y):
    """NaN where either number is."""
    return select(x == x, y, x)


@formula
def log1pexp_parts(x, y):
    """log(1 + exp(z)): the real part, what it lacks, and p, q that have the angle."""
    high, low, p, q = log_with_one(exponential_of(x, y), x)
    return (*and_positive_part(x, high, low), p, q)


@formula
def log1mexp_parts(x, y):
    """log(1 - exp(z)), in the same parts."""
    high, low, p, q = log_with_one(negated(exponential_of(x, y)), x)
    return (*and_positive_part(x, high, low), p, q)
