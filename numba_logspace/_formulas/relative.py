"""Exponentials relative to the maximum of a row, for entries whose differences are not taken.

The rounding error of x - m takes five additions for each entry. Here x itself is reduced, which
costs none: k log(2) is near it and the difference exact. What exp(-m) is, as k_m and two numbers,
is found out once for a row:

    exp(x - m) = 2^(k + k_m) * short * exp(r + rest),    exp(-m) = 2^k_m * short * exp(rest),

with `short` a number of half the digits, so that no product with it but the last one rounds.
"""

import math

from .._compile.trace import formula
from .simd import (
    FORMATS,
    const,
    constant,
    fma,
    lane_type,
    polynomial,
    polynomial_by_horner,
    scaled_power_of_two,
    select,
)
from .vectormath import EXP, magnitude, sum_with_smaller, two_product


def _fill_constants():
    for form in FORMATS.values():
        floor = form.constants["exp_floor"]
        form.constants.update(
            bits_to_floor=float(form.exponent_bias + form.scale_bits),
            # Where m is farther than `reach` from `centre`, so below the floor or above twice its
            # modulus, it differs exactly from all that is above m + floor (Sterbenz). Where it is
            # nearer, k has so few digits that k times the short part of log(2) is exact.
            centre=-0.5 * floor,
            reach=-1.55 * floor,
        )


_fill_constants()


# (exp(r) - 1 - r - r^2 / 2) / r^3 for |r| <= log(2) / 2, by Taylor.
_CUBIC = tuple(1.0 / math.factorial(k) for k in range(3, 15))


@formula
def _exp_pair_of_row(d):
    # As exp_pair_parts, but for ten bits: what lacks here, all terms of the row would lack.
    one, half = const(d, 1.0), const(d, 0.5)
    k = fma(d, const(d, 1.4426950408889634), constant(d, "magic")) - constant(d, "magic")
    high, low = fma(-k, constant(d, "ln2_high"), d), -k * constant(d, "ln2_low")
    r = high + low
    r_error = (high - r) + low
    square, square_low = two_product(r, r)
    y, lost = sum_with_smaller(one, r)
    y, lost_too = sum_with_smaller(y, half * square)
    curve = fma(square * r, polynomial(r, _CUBIC), half * square_low)
    low = (lost + lost_too) + (fma(r, r_error, r_error) + curve)
    return *sum_with_smaller(y, low), k


@formula
def reference(m):
    """What the exponentials relative to m have in common, for `scaled_exp_from`."""
    zero = const(m, 0.0)
    near = magnitude(m - constant(m, "centre")) < constant(m, "reach")
    origin, m = select(near, zero, m), select(near, m, zero)
    y, low, k = _exp_pair_of_row(-m)
    short = (y + constant(m, "half_digits")) - constant(m, "half_digits")
    t = ((y - short) + low) / short
    rest = t - t * t * const(m, 0.5)  # log(1 + t), as the cube of t does not count
    least = (constant(m, "bits_to_floor") + k) * -constant(m, "ln2")
    return origin, least, constant(m, "magic") + k, short, rest


@formula
def _exp_curve(r, square):
    # As exp_curve, with the fewest products, as r^2 is there already.
    terms = EXP[lane_type(r.kind)]
    even, odd = (polynomial_by_horner(square, terms[i::2]) for i in (0, 1))
    return fma(r, odd, even)


@formula
def scaled_exp_from(x, of_row):
    """exp(x - m) * 2^scale_bits for x <= m and `of_row` the reference of m.

    0 far below, NaN for NaN, and of no meaning where x - m is not below 0 or is NaN. Within 1.3
    ulp.
    """
    origin, least, shift, short, rest = of_row
    x = x - origin
    x = select(x < least, least, x)
    shifted = fma(x, const(x, 1.4426950408889634), shift)
    k = shifted - shift
    high = fma(-k, constant(x, "ln2_high"), x)  # exact, as it is near 0
    low = fma(-k, constant(x, "ln2_low"), rest)
    r = high + low
    # What rounding has taken from r is in `low`, and counts nowhere but there.
    square = r * r
    q = high + fma(square, _exp_curve(r, square), low)
    return fma(short, q, short) * scaled_power_of_two(shifted)
