"""exp, log and their relatives as branch-free polynomials, for one number or a SIMD vector.

Each is within 1 ulp. They are ours because a Numba loop over math.exp is a call of the C
library for every element, five to ten times slower than what the processor can do.
"""

import math

from numba import types

from .._compile.trace import formula
from .simd import (
    FORMATS,
    const,
    constant,
    fma,
    lane_type,
    polynomial,
    scaled_power_of_two,
    select,
    split_exponent,
)

# Minimax polynomials, the constant first, by Remez exchange at 300 bits:
#   exp:   (exp(r) - 1 - r) / r^2       on |r| <= log(2) / 2
#   atanh: (atanh(t) / t - 1) / t^2     as a polynomial in t^2 <= 1/9
# Their error is below 0.04 (exp) and 0.08 (atanh) units in the last place of the result.
EXP = {
    types.float32: (
        0.499999934491219029,
        0.166665206349390128,
        0.0416683877811000552,
        0.0083687166712223069,
        0.00138146120361616641,
    ),
    types.float64: (
        0.500000000000001063,
        0.166666666666664124,
        0.0416666666665301616,
        0.00833333333349455557,
        0.00138888889436297454,
        0.000198412695063774352,
        0.0000248014930989109437,
        2.75575865486703675e-6,
        2.76302484852112784e-7,
        2.50000083324301027e-8,
    ),
}
_ATANH = {
    types.float32: (
        0.333332080030188235,
        0.200107722366380822,
        0.140007555488886814,
        0.14006739581851416,
    ),
    types.float64: (
        0.333333333333331545,
        0.20000000000077694,
        0.142857142740412196,
        0.111111119779628913,
        0.0909087219829257321,
        0.0769327509572756212,
        0.0665054863743759807,
        0.060525695295384168,
        0.0417205465413381971,
        0.0850568914613686103,
    ),
}


def _fill_constants():
    # log(2) in two parts; the first is short, so that k times it has no rounding error.
    ln2 = {
        types.float32: (0.693145751953125, 1.42860682030941723e-6),
        types.float64: (0.693147180369123816, 1.90821492927058782e-10),
    }
    nearest = {
        types.float32: (0.693147182464599609, -1.90465429995776788e-9),
        types.float64: (0.693147180559945286, 2.31904681384629962e-17),
    }
    factor_bits = {types.float32: 48.0, types.float64: 480.0}
    for kind, form in FORMATS.items():
        form.constants.update(
            magic=1.5 * 2.0**form.mantissa_bits,
            scale=2.0**form.scale_bits,
            scale_bits=float(form.scale_bits),
            # What lies so far below the maximum has a scaled exponential below the scale.
            near_max=2.0 ** (4 - form.mantissa_bits),
            below_scale=2.0**form.scale_bits * (1.0 - 2.0 ** -(form.mantissa_bits + 1)),
            unscale=2.0**-form.scale_bits,
            half_unscale=2.0 ** -(form.scale_bits // 2),
            lift=2.0 ** (form.scale_bits // 2),
            # Below this the scaled exponential is 0: its exponent field has run out.
            exp_floor=-(form.exponent_bias + form.scale_bits) * math.log(2.0),
            ln2_high=ln2[kind][0],
            ln2_low=ln2[kind][1],
            # And the nearest number, with what it lacks.
            ln2=nearest[kind][0],
            ln2_rest=nearest[kind][1],
            # Exponentials that are multiplied come times 2^factor_bits: sums of 2^31 (float32) or
            # 2^60 (float64) products are finite then. Below factor_floor they are 0.
            factor_bits=factor_bits[kind],
            factor_more=factor_bits[kind] - form.scale_bits,
            factor_floor=-(form.exponent_bias + factor_bits[kind]) * math.log(2.0),
            # What one product may lack by that is a quarter of a rounding error of this.
            factor_limit=2.0 ** (form.mantissa_bits + 5 - form.exponent_bias + factor_bits[kind]),
            # And its logarithm without the scales.
            least_product=(form.mantissa_bits + 5 - form.exponent_bias - factor_bits[kind])
            * math.log(2.0),
            # A sum of scaled exponentials below this may have lost digits to underflow.
            vanishing=2.0 ** (form.mantissa_bits + 3 - form.exponent_bias),
            # Below this the ratio of a scaled exponential to the sum could underflow while the
            # format could still hold it.
            small_sum={24: 2.0**-20, 53: 2.0**-40}[form.mantissa_bits + 1],
            smallest_normal=2.0 ** (1 - form.exponent_bias),
            up=2.0 ** (form.mantissa_bits + 2),
            up_bits=form.mantissa_bits + 2.0,
            exact_integers=2.0 ** (form.mantissa_bits + 1),
            # Added and taken away again, it leaves the first half of the digits after the point.
            half_digits=1.5 * 2.0 ** ((form.mantissa_bits + 1) // 2),
            splitter=2.0 ** ((form.mantissa_bits + 2) // 2) + 1.0,
        )


_fill_constants()


@formula
def larger(a, b):
    """The larger; `b` where `a` is NaN, so a NaN that comes as `a` is passed over."""
    return select(a > b, a, b)


@formula
def lesser(a, b):
    """The lesser."""
    return select(a < b, a, b)


@formula
def magnitude(x):
    """|x|."""
    return select(x < const(x, 0.0), -x, x)


@formula
def two_sum(a, b):
    """(s, e) with s + e = a + b exactly and s the rounded sum (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


@formula
def sum_with_smaller(a, b):
    """(s, e) with s + e = a + b exactly, where |a| >= |b| or a is 0 (Dekker)."""
    s = a + b
    return s, b - (s - a)


@formula
def difference(x, m):
    """(d, e) with d + e = x - m exactly; e is 0 where d is too low for it to matter."""
    d = x - m
    t = d - x
    error = (x - (d - t)) - (m + t)
    # With d = -inf the error would be NaN. The comparison is that of _floored, made once for both.
    return d, select(d < constant(d, "exp_floor"), const(d, 0.0), error)


@formula
def _halves(x):
    # Two parts of half as many digits (Veltkamp).
    c = x * constant(x, "splitter")
    high = c - (c - x)
    return high, x - high


@formula
def two_product(a, b):
    """(p, e) with p + e = a * b exactly and p the rounded product (Dekker).

    Not by fma, which rounds twice on processors without it.
    """
    p = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    cross = ((a_high * b_high - p) + a_high * b_low) + a_low * b_high
    return p, cross + a_low * b_low


@formula
def quotient(a, a_low, b, b_low):
    """(q, q_low): (a + a_low) / (b + b_low) in twice the digits."""
    q = a / b
    p, p_low = two_product(q, b)
    return q, (((a - p) - p_low) + (a_low - q * b_low)) / b


@formula
def exp_curve(r):
    """(exp(r) - 1 - r) / r^2 at |r| <= log(2) / 2."""
    return polynomial(r, EXP[lane_type(r.kind)])


@formula
def _reduce(d, error):
    # (k shifted, r, its rounding error, exp(r) - 1 - r) with d + error = k log(2) + r.
    shifted = fma(d, const(d, 1.4426950408889634), constant(d, "magic"))
    k = shifted - constant(d, "magic")
    # Exact, since k times the short part is (Cody and Waite).
    high = fma(-k, constant(d, "ln2_high"), d)
    low = fma(-k, constant(d, "ln2_low"), error)
    r = high + low
    return shifted, r, (high - r) + low, r * r * exp_curve(r)


@formula
def _parts_of_reduced(r, r_error, curve):
    one = const(r, 1.0)
    y = one + r
    return y, curve + (r_error + (r - (y - one)))


@formula
def _exp_of_reduced(r, r_error, curve):
    y, low = _parts_of_reduced(r, r_error, curve)
    return y + low


@formula
def _pair_of_reduced(r, r_error, curve):
    high, lost = sum_with_smaller(const(r, 1.0), r)
    return sum_with_smaller(high, curve + (r_error + lost))


@formula
def exp_parts(d, error):
    """(y, k) with exp(d + error) = y 2^k, for |d| below 2^20 or so."""
    shifted, r, r_error, curve = _reduce(d, error)
    return _exp_of_reduced(r, r_error, curve), shifted - constant(d, "magic")


@formula
def exp_pair_parts(d, error):
    """(y, low, k) with exp(d + error) = (y + low) 2^k, for |d| below 2^20 or so."""
    shifted, r, r_error, curve = _reduce(d, error)
    y, low = _pair_of_reduced(r, r_error, curve)
    return y, low, shifted - constant(d, "magic")


@formula
def _floored(d):
    floor = constant(d, "exp_floor")
    return select(d < floor, floor, d)


@formula
def scaled_exp(d, error):
    """exp(d + error) * 2^scale_bits for d <= 0 and a tiny error; 0 far below, NaN for NaN.

    exp(d) alone would be off by |d| / 2 ulp where d is a rounded difference. Within 0.6 ulp.
    """
    shifted, r, r_error, curve = _reduce(_floored(d), error)
    return _exp_of_reduced(r, r_error, curve) * scaled_power_of_two(shifted)


@formula
def factor_exp(d, error):
    """exp(d + error) * 2^factor_bits for d <= 0 and a tiny error; 0 far below, NaN for NaN."""
    floor = constant(d, "factor_floor")
    shifted, r, r_error, curve = _reduce(select(d < floor, floor, d), error)
    power = scaled_power_of_two(shifted + constant(d, "factor_more"))
    return _exp_of_reduced(r, r_error, curve) * power


@formula
def scaled_exp_parts(d, error):
    """scaled_exp(d, error) as a sum of two, to be added up before anything is rounded."""
    shifted, r, r_error, curve = _reduce(_floored(d), error)
    power = scaled_power_of_two(shifted)
    y, low = _parts_of_reduced(r, r_error, curve)
    return y * power, low * power


@formula
def scaled_exp_pair(d, error):
    """scaled_exp(d, error) as a number and what it lacks."""
    shifted, r, r_error, curve = _reduce(_floored(d), error)
    power = scaled_power_of_two(shifted)
    y, low = _pair_of_reduced(r, r_error, curve)
    return y * power, low * power


@formula
def exp_less(d, error, c, c_low):
    """exp(d + error) - (c + c_low) for d <= 0 as a number and what it lacks."""
    shifted, r, r_error, curve = _reduce(_floored(d), error)
    power = scaled_power_of_two(shifted) * constant(d, "unscale")
    rest, lost = two_sum(power, -c)
    rest, lost_too = two_sum(rest, power * r)
    low = power * (curve + r_error) + ((lost + lost_too) - c_low)
    return two_sum(rest, low)


# (exp(r) - 1 - r - r^2 / 2) / r^3 near 0, by Taylor.
_EXP_CUBIC = tuple(1.0 / math.factorial(k) for k in range(3, 11))


@formula
def _square(a, a_low):
    p, p_low = two_product(a, a)
    return sum_with_smaller(p, p_low + (a + a) * a_low)


@formula
def exp_in_twice_the_digits(d):
    """exp(d) for |d| up to 64 as a number and what it lacks, of which eleven bits count.

    It is the fourth power of exp(r / 4), whose square is taken apart. The pair of scaled_exp_pair
    is good for four bits.
    """
    shifted, r, r_error, _ = _reduce(d, const(d, 0.0))
    half, quarter = const(d, 0.5), const(d, 0.25)
    r, r_error = r * quarter, r_error * quarter
    square, square_low = two_product(r, r)
    y, lost = sum_with_smaller(const(d, 1.0), r)
    y, lost_too = sum_with_smaller(y, half * square)
    curve = fma(square * r, polynomial(r, _EXP_CUBIC), half * square_low)
    y, low = sum_with_smaller(y, (lost + lost_too) + (fma(r, r_error, r_error) + curve))
    y, low = _square(*_square(y, low))
    power = scaled_power_of_two(shifted) * constant(d, "unscale")
    return y * power, low * power


@formula
def expm1_nonpositive(d):
    """exp(d) - 1 for d <= 0, to full relative accuracy near 0."""
    shifted, r, r_error, curve = _reduce(_floored(d), const(d, 0.0))
    power = scaled_power_of_two(shifted) * constant(d, "unscale")
    return fma(power, r + (curve + r_error), power - const(d, 1.0))


@formula
def atanh_curve(z):
    """(atanh(t) / t - 1) / z at z = t^2 <= 1/9."""
    return polynomial(z, _ATANH[lane_type(z.kind)])


@formula
def atanh_tail(z):
    """atanh(t) / t - 1 at z = t^2 <= 1/9."""
    return z * atanh_curve(z)


@formula
def _log_curve(g):
    # g - log(1 + g) for g in [-1/2, 1]. As log(1 + g) = 2 atanh(s) = g - s (g - 2 z A(z)) with
    # s = g / (2 + g), the rounding of s counts only in the smaller term.
    s = g / (const(g, 2.0) + g)
    return s * (g - const(g, 2.0) * atanh_tail(s * s))


@formula
def _log_of_parts(g, k):
    # log((1 + g) 2^k)
    return k * constant(g, "ln2_high") - ((_log_curve(g) - k * constant(g, "ln2_low")) - g)


@formula
def _pair_of_parts(g, g_low, k_high, k_low):
    # log(1 + g + g_low) + k_high + k_low as a number and what it lacks, for g in [-1/2, 1]. It is
    # g - h + s (h + 2 z A(z)) with h = g^2 / 2, which is made of the first digits of g, exactly,
    # and the rest.
    half = const(g, 0.5)
    y, lost = sum_with_smaller(k_high, g)
    s = g / (const(g, 2.0) + g)
    first = (g + constant(g, "half_digits")) - constant(g, "half_digits")
    h, h_low = first * first * half, (g - first) * (g + first) * half
    tail = atanh_tail(s * s)
    rest = fma(s, (h + h_low) + (tail + tail), k_low) - h_low
    g_low = g_low - g_low * fma(-g, g, g)  # over 1 + g
    return y, (rest + (lost + g_low)) - h


@formula
def log_pair_of_sum(w, w_low, lifted_by):
    """log((w + w_low) / 2^lifted_by) as a number and what it lacks.

    w is positive and normal, and the rounded sum.
    """
    f, k, scale = split_exponent(w)
    k = k - lifted_by
    g, g_low = sum_with_smaller(f - const(w, 1.0), w_low * scale)
    return _pair_of_parts(g, g_low, k * constant(w, "ln2_high"), k * constant(w, "ln2_low"))


@formula
def log1p_pair(u, u_low):
    """log(1 + u + u_low) for u > -1 as a number and what it lacks."""
    w, lost = two_sum(const(u, 1.0), u)
    return log_pair_of_sum(w, lost + u_low, const(u, 0.0))


@formula
def log1p_pair_near_0(u, u_low):
    """log(1 + u + u_low) for u in [-3/4, 1] as a number and what it lacks."""
    zero, one, half = const(u, 0.0), const(u, 1.0), const(u, 0.5)
    high, low = constant(u, "ln2_high"), constant(u, "ln2_low")
    # 1 + g is 1 + u, half of it or twice it, so that nothing is rounded.
    above, below = u > half, u < const(u, -0.3)
    g = select(above, (u - one) * half, select(below, (u + half) + (u + half), u))
    g_low = u_low * select(above, half, select(below, const(u, 2.0), one))
    k_high = select(above, high, select(below, -high, zero))
    k_low = select(above, low, select(below, -low, zero))
    return _pair_of_parts(g, g_low, k_high, k_low)


@formula
def log1mexp_pair(d, error):
    """log(1 - exp(d + error)) for d < 0 as a number and what it lacks."""
    w, w_low = exp_less(d, error, const(d, 1.0), const(d, 0.0))
    up = -constant(d, "up")  # as w may be subnormal
    return log_pair_of_sum(w * up, w_low * up, constant(d, "up_bits"))


@formula
def parts_of(x):
    """(f - 1, k) with x = f 2^k for positive x and f in [sqrt(1/2), sqrt(2))."""
    subnormal = x < constant(x, "smallest_normal")
    f, k, _ = split_exponent(select(subnormal, x * constant(x, "up"), x))
    return f - const(x, 1.0), select(subnormal, k - constant(x, "up_bits"), k)


@formula
def _log_at_ends(x, y):
    # y for positive finite x, and the logarithm of any other x.
    zero = const(x, 0.0)
    y = select(x < const(x, math.inf), y, x)  # inf and NaN
    return select(
        x > zero,
        y,
        select(x == zero, const(x, -math.inf), select(x == x, const(x, math.nan), x)),
    )


@formula
def log(x):
    """log(x); -inf at 0, NaN below."""
    g, k = parts_of(x)
    return _log_at_ends(x, _log_of_parts(g, k))


@formula
def log_pair(x):
    """log(x) as a number and what it lacks, which is of no meaning where that is inf or NaN."""
    g, k = parts_of(x)
    high, low = k * constant(x, "ln2_high"), k * constant(x, "ln2_low")
    y, low = _pair_of_parts(g, const(x, 0.0), high, low)
    return _log_at_ends(x, y), low


@formula
def _error_that_counts(w, error):
    # Past the integers that are exact it cannot matter, and the scale would underflow.
    return select(w < constant(w, "exact_integers"), error, const(w, 0.0))


@formula
def log_of_sum(w, error):
    """log(w + error) for positive normal w and a rounding error of it."""
    f, k, scale = split_exponent(w)
    # The error goes back in, in the unit of f: if w is 1 + u, a small u comes back whole.
    return _log_of_parts((f - const(w, 1.0)) + _error_that_counts(w, error) * scale, k)


@formula
def _log1p_at_ends(u, y):
    # y for finite u > -1 but 0, and log(1 + u) for any other u.
    y = select(u < const(u, math.inf), y, u)  # inf and NaN
    y = select(u == const(u, 0.0), u, y)  # -0.0 keeps its sign
    minus_one, nan = const(u, -1.0), const(u, math.nan)
    return select(
        u > minus_one, y, select(u == minus_one, const(u, -math.inf), select(u == u, nan, u))
    )


@formula
def log1p(u):
    """log(1 + u); -inf at -1, NaN below."""
    return _log1p_at_ends(u, log_of_sum(*two_sum(const(u, 1.0), u)))


@formula
def log1p_pair_of_any(u):
    """log(1 + u) as a number and what it lacks, of no meaning where that is inf or NaN."""
    w, lost = two_sum(const(u, 1.0), u)
    y, low = log_pair_of_sum(w, _error_that_counts(w, lost), const(u, 0.0))
    return _log1p_at_ends(u, y), low
