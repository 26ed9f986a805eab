"""The terms of log |sum b exp(x)|, with signs, and what becomes of their sum; in float64.

A sum that cancels keeps only the last digits of its terms. So there are two kinds of terms, of
twice the digits of a product and, where that is not enough, of twice the digits all through.
Both are a number and what it lacks, and both kinds are summed in three numbers.

Terms are relative to the largest, b_p exp(x_p), and times 2^SCALE: what is left after a
cancellation may be very small.
"""

import math

from .._compile.inline import inlined
from .._compile.trace import formula
from .simd import const, constant, fma, scaled_power_of_two, select, split_exponent
from .vectormath import (
    exp_pair_parts,
    larger,
    lesser,
    log_pair_of_sum,
    magnitude,
    quotient,
    sum_with_smaller,
    two_product,
    two_sum,
)

SCALE = 900.0
# So many times the modulus of the sum the moduli of plain terms may add up to, where the result
# or the logarithm of the largest term is 1.
_MOST_PLAIN = 24.0
# The same where it is the sum itself that needs its digits.
_MOST_PLAIN_OF_SUM = 4.0
# exp() of this is beyond what any weights bring back.
_FAR = 5000.0

# log(2) in three parts, of which two are so short that no more than 4095 times each is exact.
_LN2_HIGH, _LN2_MIDDLE, _LN2_LOW = (
    float.fromhex(part)
    for part in ("0x1.62e42fefa3000p-1", "0x1.3de6af278e000p-42", "0x1.9cc01f97b57a0p-83")
)


@formula
def split(b):
    """(f, k) with b = f 2^k and |f| in [sqrt(1/2), sqrt(2))."""
    m = magnitude(b)
    subnormal = m < constant(b, "smallest_normal")
    f, k, _ = split_exponent(select(subnormal, m * constant(b, "up"), m))
    k = select(subnormal, k - constant(b, "up_bits"), k)
    return select(b < const(b, 0.0), -f, f), k


@formula
def counts(x, b):
    """1 where a term may not be finite, 0 where it is or where its weight is 0."""
    zero, one, inf = const(x, 0.0), const(x, 1.0), const(x, math.inf)
    finite = select(magnitude(b) < inf, select(x < inf, zero, one), one)
    return select(b == zero, zero, finite)


@formula
def exponent_of_term(x, k):
    """About log(|b| exp(x)), from the exponent of b: enough to choose what to sum relative to."""
    return fma(k, const(x, math.log(2.0)), x)


@formula
def gap_of(x, pivot):
    """(d, e) with d + e = x - pivot exactly; d is cut off where no weight brings exp(d) back.

    Unlike `difference` it keeps e where exp(d) underflows: the weights may make up for that.
    """
    d, error = two_sum(x, -pivot)
    zero, far = const(d, 0.0), const(d, _FAR)
    near = magnitude(d) < far
    return select(near, d, select(d > zero, far, -far)), select(near, error, zero)


@formula
def is_too_small(gap):
    """Whether exp(gap) is beyond the reach of any weight."""
    return gap < constant(gap, "exp_floor") * const(gap, 3.0)


@formula
def _scaled(y, low, k, b, exponent):
    # (y + low) 2^k b / 2^exponent, the exponents added first: each alone might overflow.
    f, own = split(b)
    p, p_low = two_product(f, y)
    k = k + (own - exponent) + const(k, SCALE - 128.0)
    k = larger(k, const(k, -1151.0))  # 0 from there on
    power = scaled_power_of_two(k + constant(k, "magic"))
    return p * power, (p_low + f * low) * power


@formula
def plain_term(gap, error, b, exponent):
    """2^SCALE b exp(gap + error) / 2^exponent, within a sixteenth of a unit in the last place."""
    y, low, k = exp_pair_parts(gap, error)
    return _scaled(y, low, k, b, exponent)


@inlined
def _one_plus(r, r_low, p, p_low, j):
    # 1 + r p / j
    h, lost = two_product(r, p)
    q, q_low = quotient(h, lost + (r * p_low + r_low * p), j, 0.0)
    y, lost = sum_with_smaller(1.0, q)
    return y, lost + q_low


@inlined
def _exp_in_two(r, r_low):
    # exp(r + r_low) for |r| < 0.35: its Taylor series, of which the end needs one number only.
    p = 1.0 + r / 20.0 * (1.0 + r / 21.0 * (1.0 + r / 22.0 * (1.0 + r / 23.0 * (1.0 + r / 24.0))))
    p = 1.0 + r / 16.0 * (1.0 + r / 17.0 * (1.0 + r / 18.0 * (1.0 + r / 19.0 * p)))
    p = 1.0 + r / 14.0 * (1.0 + r / 15.0 * p)
    p, low = _one_plus(r, r_low, p, 0.0, 13.0)
    p, low = _one_plus(r, r_low, p, low, 12.0)
    p, low = _one_plus(r, r_low, p, low, 11.0)
    p, low = _one_plus(r, r_low, p, low, 10.0)
    p, low = _one_plus(r, r_low, p, low, 9.0)
    p, low = _one_plus(r, r_low, p, low, 8.0)
    p, low = _one_plus(r, r_low, p, low, 7.0)
    p, low = _one_plus(r, r_low, p, low, 6.0)
    p, low = _one_plus(r, r_low, p, low, 5.0)
    p, low = _one_plus(r, r_low, p, low, 4.0)
    p, low = _one_plus(r, r_low, p, low, 3.0)
    p, low = _one_plus(r, r_low, p, low, 2.0)
    return _one_plus(r, r_low, p, low, 1.0)


@inlined
def exact_term(gap, error, b, exponent):
    """As plain_term, off by no more than 2^-100 of itself."""
    k = float(math.floor(gap * 1.4426950408889634 + 0.5))
    r, lost = two_sum(gap - k * _LN2_HIGH, -k * _LN2_MIDDLE)
    r, r_low = two_sum(r, lost + (error - k * _LN2_LOW))
    y, low = _exp_in_two(r, r_low)
    return _scaled(y, low, k, b, exponent)


@formula
def add_plain_term(sums, term, low):
    """The sums with one more term; of three numbers each holds what the one before lacks."""
    first, second, third = sums
    first, lost = two_sum(first, term)
    second, lost = two_sum(second, lost + low)
    return first, second, third + lost


@formula
def add_sums(sums, more):
    """The sums of two parts."""
    first, lost = two_sum(sums[0], more[0])
    second, lost_too = two_sum(sums[1], more[1])
    second, lost = two_sum(second, lost)
    return first, second, (sums[2] + more[2]) + (lost + lost_too)


@inlined
def add_exact_term(sums, term, low):
    """As add_plain_term, without even the rounding of what the term lacks."""
    first, second, third = add_plain_term(sums, term, 0.0)
    second, lost = two_sum(second, low)
    return first, second, third + lost


@inlined
def log_of_sums(sums, x, exponent):
    """(log |sum|, its sign) from the sums of the terms relative to 2^exponent exp(x)."""
    first, second, third = sums
    second, lost = two_sum(second, third)
    s, error = two_sum(first, second)
    error = error + lost
    if s == 0.0:
        return -math.inf, 0.0
    sign = 1.0 if s > 0.0 else -1.0
    lifted_by = SCALE - exponent
    if abs(s) < constant(s, "smallest_normal"):
        s, error, lifted_by = s * 2.0**SCALE, error * 2.0**SCALE, lifted_by + SCALE
    y, low = log_pair_of_sum(s * sign, error * sign, lifted_by)
    total, lost = two_sum(x, y)
    return total + (lost + low), sign


@inlined
def is_exact_enough(value, sums, moduli, largest):
    """Whether plain terms of these moduli leave the value within 3 ulp.

    An ulp is that of the larger, in modulus, of the value and the logarithm of the largest term.
    """
    return moduli <= _MOST_PLAIN * abs(sums[0]) * max(abs(value), abs(largest))


# --- derivatives ---------------------------------------------------------------------------------
#
# A share, and all that is made of it, is (v, low, k): the number (v + low) 2^k, which itself may
# be beyond what a double holds until all of its factors have met.


@inlined
def keeps_digits(sums, moduli):
    """Whether plain terms of these moduli leave the sum itself within a quarter of an ulp."""
    return moduli <= _MOST_PLAIN_OF_SUM * abs(sums[0])


@inlined
def times_power(v, k):
    """v 2^k, rounded once, for a v that is no more than 2^100 times above or below 1."""
    k = larger(lesser(k, 2000.0), -2000.0)
    half = math.floor(k * 0.5)
    first = scaled_power_of_two(constant(v, "magic") + (half - 128.0))
    second = scaled_power_of_two(constant(v, "magic") + (k - half - 128.0))
    return v * first * second


@inlined
def total_of(sums, exponent):
    """The sum over exp(pivot), from the sums of the terms relative to 2^exponent exp(pivot)."""
    first, second, third = sums
    second, lost = two_sum(second, third)
    s, low = two_sum(first, second)
    low, k = low + lost, exponent - SCALE
    if abs(s) < constant(s, "smallest_normal"):
        s, low, k = s * 2.0**SCALE, low * 2.0**SCALE, k - SCALE
    if s == 0.0:
        return 0.0, 0.0, 0.0
    v, own = split(s)
    return v, times_power(low, -own), k + own


@inlined
def share_of(x, pivot, total):
    """exp(x) over the sum."""
    v, low, k = total
    if not math.isfinite(x):
        return x / v, 0.0, 0.0
    gap, error = gap_of(x, pivot)
    y, y_low, own = exp_pair_parts(gap, error)
    q, q_low = quotient(y, y_low, v, low)
    return q, q_low, own - k


@inlined
def inverse_of(b):
    """1 / b: the share of exp(x) in b exp(x) alone."""
    if math.isinf(b):
        return 0.0, 0.0, 0.0
    f, k = split(b)
    q, q_low = quotient(1.0, 0.0, f, 0.0)
    return q, q_low, -k


@inlined
def times(number, u):
    """(v, low, k) times u, of which either may be 0, inf or NaN."""
    v, low, k = number
    if u == 0.0 or not (math.isfinite(u) and math.isfinite(v)):
        return v * u, 0.0, 0.0
    f, own = split(u)
    p, p_low = two_product(f, v)
    return p, p_low + f * low, k + own


@inlined
def rounded(number):
    """(v, low, k) as one double."""
    v, low, k = number
    return times_power(v + low, k)


@inlined
def add_scaled(sums, k, number):
    """The sums over 2^k with one more (v, low, own), and the k that they are then over.

    It is the largest so far: what is far below it does not count in the end.
    """
    v, low, own = number
    if v == 0.0:
        return sums, k
    if own > k:
        first, second, third = sums
        by = k - own
        sums = times_power(first, by), times_power(second, by), times_power(third, by)
        k = own
    return add_plain_term(sums, times_power(v, own - k), times_power(low, own - k)), k
