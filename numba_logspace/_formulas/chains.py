"""Probabilities of long chains: twice the digits of a double, and an exponent of their own.

A number is (high, low, power): (high + low) 2^power, where high is the rounded sum and in
[sqrt(1/2), sqrt(2)), and power a whole number that is kept as a float. Zero is (0, 0, NOTHING). So
products of any number of factors neither underflow nor lose digits: a step of a chain is off by
about 2^-93, and 10^5 of them by less than the last digit of a double. An exponential is taken
once for each logarithm that comes in, and a logarithm once for each that goes out.

Of a logarithm that comes in beyond 2^50 in modulus only the size is right, and beyond 1e289 it is
taken for infinite.
"""

import math

from llvmlite import binding
from numba import config

from .._compile.trace import formula, loop
from .simd import const, constant, fma, polynomial, scaled_power_of_two, select, split_exponent
from .vectormath import (
    larger,
    lesser,
    log_pair_of_sum,
    magnitude,
    sum_with_smaller,
    two_product,
    two_sum,
)

# The power of zero: below all others, and so are sums of a few of them.
NOTHING = -1e300
# What is this many powers of two smaller does not count in a sum.
NEGLIGIBLE = -1000.0
# Numbers within so many powers of two of each other have products that do not underflow.
CLOSE = 400.0
# And within so many, those of many steps have, brought to one power step by step.
NEAR = 150.0
# Up to here the power of an exponential is the nearest whole number.
_EXACT = 2.0**50
_INFINITE = 1e289

# log(2) in three doubles.
_LN2 = (0.6931471805599453, 2.3190468138462996e-17, 5.707708438416212e-34)
# And in parts of which the first two, of 42 digits, have exact products with small whole numbers.
_SHORT_LN2 = (0.6931471805598903, 5.49792301870721e-14, 1.1612227229362532e-26)
# 1 / n! for n = 6 ... 1 as pairs, and for n = 7 ... 13 as numbers.
_PAIRS = (
    (0.001388888888888889, -5.300543954373577e-20),
    (0.008333333333333333, 1.1564823173178714e-19),
    (0.041666666666666664, 2.3129646346357427e-18),
    (0.16666666666666666, 9.25185853854297e-18),
    (0.5, 0.0),
    (1.0, 0.0),
)
_TAIL = tuple(1.0 / math.factorial(n) for n in range(7, 14))
# The argument of the polynomial is halved so often, and its value squared again.
_HALVINGS = 3


def _has_fma():
    if config.CPU_NAME:
        return "+fma" in (config.CPU_FEATURES or "")
    return bool(binding.get_host_cpu_features().get("fma"))


_FMA = _has_fma()


# --- numbers of twice the digits ---------------------------------------------------------------


@formula
def exact_product(a, b):
    """(p, e) with p + e = a * b exactly and p the rounded product."""
    if not _FMA:
        return two_product(a, b)
    p = a * b
    return p, fma(a, b, -p)


@formula
def product_of_pairs(a, a_low, b, b_low):
    """(a + a_low) (b + b_low)."""
    p, e = exact_product(a, b)
    return sum_with_smaller(p, fma(a, b_low, fma(a_low, b, e)))


@formula
def with_product(total, low, a, a_low, b, b_low):
    """(total, low) with one product of pairs more; all are positive."""
    p, e = exact_product(a, b)
    total, lost = two_sum(total, p)
    return total, low + (lost + fma(a, b_low, fma(a_low, b, e)))


@formula
def sum_above(c, a, b):
    """(s, e) with s + e = c + a b, where |a b| is at most |c|, or half of it for unlike signs."""
    if _FMA:
        s = fma(a, b, c)
        return s, fma(a, b, c - s)
    p, e = two_product(a, b)
    s, lost = sum_with_smaller(c, p)
    return s, lost + e


@formula
def product_above(total, lost, first, second, a, a_low, b, b_low):
    """Sums with one product of pairs more, where `total` is larger than the product.

    `total` is rounded each time, `lost` what it lacks, `first` and `second` what low parts add.
    """
    s, rest = sum_above(total, a, b)
    return s, lost + rest, fma(a, b_low, first), fma(a_low, b, second)


@formula
def power_of_two(d):
    """2^d for whole d <= 0, 0 where that is negligible."""
    lowest = const(d, NEGLIGIBLE)
    kept = select(d < lowest, lowest, d)
    power = scaled_power_of_two(kept + constant(d, "magic")) * constant(d, "unscale")
    return select(d < lowest, const(d, 0.0), power)


# --- exponentials and logarithms ---------------------------------------------------------------


@formula
def _less_powers(x, k):
    # x - k log(2) in twice the digits, k the nearest whole number to x / log(2).
    p, p_low = exact_product(k, const(x, _LN2[0]))
    q, q_low = exact_product(k, const(x, _LN2[1]))
    r, first = two_sum(x, -p)
    r, second = two_sum(r, -p_low)
    r, third = two_sum(r, -q)
    return two_sum(r, (first + second) + (third - fma(k, const(x, _LN2[2]), q_low)))


@formula
def _expm1_of_pair(r, r_low):
    # For |r| up to log(2) / 2. Each coefficient is larger than what the later ones add to it.
    part = const(r, 0.5**_HALVINGS)
    r, r_low = r * part, r_low * part

    def with_term(i, pair):
        y, low = pair
        coefficient, rest = _PAIRS[i]
        s, lost = sum_above(const(r, coefficient), y, r)
        return s, fma(y, r_low, fma(low, r, lost + const(r, rest)))

    def squared(_, pair):
        y, low = pair
        twice = y + y
        s, lost = sum_above(twice, y, y)
        return s, fma(twice, low, (low + low) + lost)

    y, low = loop(len(_PAIRS), with_term, (polynomial(r, _TAIL), const(r, 0.0)))
    p, e = exact_product(y, r)
    return loop(_HALVINGS, squared, (p, fma(y, r_low, fma(low, r, e))))


@formula
def number_of_log(x):
    """exp(x); NaN for NaN and for inf."""
    zero, huge = const(x, 0.0), const(x, _EXACT)
    is_number = magnitude(x) < const(x, _INFINITE)
    finite = select(is_number, x, zero)
    is_huge = magnitude(finite) > huge
    near = select(is_huge, zero, finite)
    k = fma(near, const(x, 1.4426950408889634), constant(x, "magic")) - constant(x, "magic")
    y, low = _expm1_of_pair(*_less_powers(near, k))
    high, lost = sum_with_smaller(const(x, 1.0), y)
    high, low = sum_with_smaller(high, lost + low)
    # A power in whole fours is whole.
    fours = (finite * const(x, 1.4426950408889634 / 4)) + constant(x, "magic")
    many = (fours - constant(x, "magic")) * const(x, 4.0)
    k = select(is_huge, many, k)
    nothing = x <= const(x, -_INFINITE)
    failed = select(is_number, high, const(x, math.nan))
    return (
        select(nothing, zero, failed),
        select(is_number, low, zero),
        select(is_number, k, const(x, NOTHING)),
    )


@formula
def _number_of_near_pair(d, d_low):
    # (high, low, power) of exp(d + d_low), for |d| up to 1400.
    k = fma(d, const(d, 1.4426950408889634), constant(d, "magic")) - constant(d, "magic")
    r = fma(-k, const(d, _SHORT_LN2[0]), d)
    r, lost = two_sum(r, -(k * const(d, _SHORT_LN2[1])))
    y, low = _expm1_of_pair(r, lost + fma(-k, const(d, _SHORT_LN2[2]), d_low))
    high, lost = sum_with_smaller(const(d, 1.0), y)
    return high, lost + low, k


@formula
def is_far(x):
    """1 where `number_of_near_log` does not do for x."""
    return select(magnitude(x) < const(x, 1400.0), const(x, 0.0), const(x, 1.0))


@formula
def number_of_near_log(x):
    """exp(x) as `number_of_log`, at less cost."""
    high, low, k = _number_of_near_pair(x, const(x, 0.0))
    high, low = sum_with_smaller(high, low)
    return high, low, k


@formula
def ratio_of_logs(d, d_low):
    """exp(d + d_low) as a pair of doubles, for |d| up to 277, or so."""
    high, low, k = _number_of_near_pair(d, d_low)
    # Scaled by 2^128 a power up to 400 has the exponent of a double, and comes back by two factors.
    half = const(d, 2.0**-64)
    scale = (scaled_power_of_two(k + constant(d, "magic")) * half) * half
    return high * scale, low * scale


@formula
def into_three(sums, x):
    """Sums in three doubles, each what the one before lacks, with one number more."""
    s, lost = two_sum(sums[0], x)
    t, rest = two_sum(sums[1], lost)
    return s, t, sums[2] + rest


@formula
def normalised(high, low, power):
    """The number with its high part between sqrt(1/2) and sqrt(2); zero and NaN as they are."""
    positive = high > const(high, 0.0)
    f, k, scale = split_exponent(select(positive, high, const(high, 1.0)))
    return (
        select(positive, f, high),
        select(positive, low * scale, const(high, 0.0)),
        select(positive, power + k, const(high, NOTHING)),
    )


@formula
def product_of_numbers(a, b):
    """The product of two numbers."""
    high, low = product_of_pairs(a[0], a[1], b[0], b[1])
    return normalised(high, low, a[2] + b[2])


@formula
def log_of_number(high, low, power):
    """The logarithm, rounded once; -inf of zero."""
    positive = high > const(high, 0.0)
    one, zero = const(high, 1.0), const(high, 0.0)
    y, rest = log_pair_of_sum(
        select(positive, high, one), select(positive, low, zero), const(high, 0.0)
    )
    power = select(positive, power, zero)
    p, p_low = exact_product(power, const(high, _LN2[0]))
    p_low = fma(power, const(high, _LN2[1]), p_low)
    s, lost = two_sum(p, y)
    value = s + (lost + (p_low + rest))
    return select(positive, value, select(high == zero, const(high, -math.inf), high))


@formula
def log_of_product(high, low, power, sums):
    """The logarithm of the number times exp(sums), sums in three doubles; -inf of zero.

    Where the logarithm is nearly that of 1, it is taken of the product: it is small then, and the
    digits of the two that cancel would not be enough.
    """
    positive, zero, one = high > const(high, 0.0), const(high, 0.0), const(high, 1.0)
    f, k, scale = split_exponent(select(positive, high, one))
    f_low = select(positive, low * scale, zero)
    power = select(positive, power + k, zero)
    p, p_low = exact_product(power, const(high, _LN2[0]))
    q, q_low = exact_product(power, const(high, _LN2[1]))
    sums = into_three(into_three(into_three(sums, p), p_low), q)
    s, lost = two_sum(sums[0], sums[1])
    lost = lost + (sums[2] + fma(power, const(high, _LN2[2]), q_low))
    near = magnitude(s) < one
    ratio, ratio_low = ratio_of_logs(select(near, s, zero), select(near, lost, zero))
    close, close_low = product_of_pairs(f, f_low, ratio, ratio_low)
    y, rest = log_pair_of_sum(select(near, close, f), select(near, close_low, f_low), zero)
    far, lost_too = two_sum(s, y)
    value = select(near, y + rest, far + (lost_too + (lost + rest)))
    return select(positive, value, select(high == zero, const(high, -math.inf), high))


@formula
def log_with_sums(high, low, power, sums):
    """(the logarithm of the number times exp(sums), 1 where log_of_product has to make it).

    As log_of_product, but for sums that do not cancel it; for normal numbers and zero.
    """
    positive, zero, one = high > const(high, 0.0), const(high, 0.0), const(high, 1.0)
    y, rest = log_pair_of_sum(select(positive, high, one), select(positive, low, zero), zero)
    p, p_low = exact_product(power, const(high, _LN2[0]))
    p_low = fma(power, const(high, _LN2[1]), p_low)
    s, lost = two_sum(sums[0], p)
    s, lost_too = two_sum(s, y)
    value = s + ((lost + lost_too) + (sums[1] + (p_low + rest)))
    least = larger(magnitude(sums[0]) * const(high, 2.0**-40), const(high, 0.25))
    cancelled = magnitude(value) < least
    return (
        select(positive, value, const(high, -math.inf)),
        select(positive, select(cancelled, one, zero), zero),
    )


@formula
def log_of_pair(high, low):
    """The logarithm of a normal number in twice the digits; -inf of zero."""
    positive, zero = high > const(high, 0.0), const(high, 0.0)
    y, rest = log_pair_of_sum(
        select(positive, high, const(high, 1.0)), select(positive, low, zero), zero
    )
    return select(positive, y + rest, const(high, -math.inf))


@formula
def inverse_of_pair(high, low):
    """1 / (high + low) in twice the digits."""
    one = const(high, 1.0)
    q = one / high
    p, p_low = exact_product(q, high)
    return sum_with_smaller(q, (((one - p) - p_low) - q * low) * q)


@formula
def posterior(a, b, scale):
    """A number of the forward pass times one of the backward pass, times 1 over the total."""
    return product_of_numbers(product_of_numbers(a, b), scale)


@formula
def plain(high, power):
    """high 2^power as a double, rounded once where it is subnormal; `power` is below 1000."""
    lowest, zero = const(high, 2 * NEGLIGIBLE), const(high, 0.0)
    power = select(power < lowest, lowest, power)
    # Powers up to 127 at once: scaled by 2^128 they have the exponents of a double.
    magic = constant(high, "magic")
    half = (power * const(high, 0.5) + magic) - magic
    first = scaled_power_of_two(half + magic) * constant(high, "unscale")
    second = scaled_power_of_two((power - half) + magic) * constant(high, "unscale")
    return select(high == zero, zero, high * first * second)


@formula
def expected_move(first, move, then):
    """The product of three numbers as a double: of the state before, the move, and the rest."""
    high, low = product_of_pairs(move[0], move[1], first[0], first[1])
    high, _ = product_of_pairs(high, low, then[0], then[1])
    return plain(high, (move[2] + first[2]) + then[2])


# --- the best path -----------------------------------------------------------------------------


@formula
def _or_none(s, low):
    # Of infinities the errors are NaN.
    return select(magnitude(s) < const(s, math.inf), low, const(s, 0.0))


@formula
def log_with(high, low, x):
    """(high + low) + x for logarithms of twice the digits, any of which may be -inf.

    A sum that leaves the range of doubles is infinite.
    """
    s, lost = two_sum(high, x)
    t, rest = sum_with_smaller(s, lost + low)
    lowest = const(high, -math.inf)
    none = select(high == lowest, high, x) == lowest
    s = select(none, lowest, select(magnitude(s) < const(s, math.inf), t, s))
    return s, _or_none(s, rest)


@formula
def better(best, v, i):
    """(high, low, index): v in its place i where it is larger than the best so far."""
    wins = select(v[0] == best[0], v[1] - best[1], v[0] - best[0])
    # Both are -inf: neither wins.
    larger = wins > const(wins, 0.0)
    return (
        select(larger, v[0], best[0]),
        select(larger, v[1], best[1]),
        select(larger, i, best[2]),
    )


# As of twice the digits, but of plain sums: a contender is (sum, high, move, low, index, the best
# of the other sums).


@formula
def contender(high, low, move, index):
    """The first way into a state."""
    return high + move, high, move, low, index, const(high, -math.inf)


@formula
def better_contender(best, high, low, move, index):
    """The best with one way more; the first of equal sums."""
    s = high + move
    wins = s > best[0]
    second = larger(lesser(s, best[0]), best[5])
    chosen = (select(wins, a, b) for a, b in zip((high, move, low, index), best[1:]))
    return larger(s, best[0]), *chosen, second


@formula
def told_by_sums(best, largest_low):
    """0 where the plain sums tell for certain which is best, or all are -inf, and 1 elsewhere.

    They leave out the low parts, of which none is larger than `largest_low`.
    """
    zero, one = const(best[0], 0.0), const(best[0], 1.0)
    four = const(best[0], 4.0)
    enough = fma(magnitude(best[0]), const(best[0], 2.0**-50), largest_low * four)
    told = select(best[0] - best[5] > enough, zero, one)
    return select(best[0] == const(best[0], -math.inf), zero, told)


@formula
def log_of_contender(best, seen):
    """(high, low) of a contender, with what is seen; low is not yet the least it can be."""
    s, lost = two_sum(best[1], best[2])
    s, lost_too = two_sum(s, seen)
    return s, _or_none(s, best[3] + (lost + lost_too))


@formula
def tidied(high, low):
    """(high, low) with high the rounded sum."""
    s, lost = sum_with_smaller(high, low)
    return s, _or_none(s, lost)
