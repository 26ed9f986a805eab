"""Sums and means of the numbers that rows have given, with compensation: rows may be many."""

import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.vectormath import quotient, two_product, two_sum

# Products of two numbers between these and their inverses lose no digits.
_NORMAL = 2.0**1000
# After so many numbers the error is added to the sum: it has errors of its own.
_BLOCK = 4096


@inlined
def _sum_of_block(values, start, stop, scale):
    # Four sums side by side, since each step of one waits for the step before.
    a = b = c = d = 0.0
    of_a = of_b = of_c = of_d = 0.0
    whole = start + (stop - start) // 4 * 4
    for i in range(start, whole, 4):
        a, lost = two_sum(a, np.float64(values[i]) * scale)
        of_a += lost
        b, lost = two_sum(b, np.float64(values[i + 1]) * scale)
        of_b += lost
        c, lost = two_sum(c, np.float64(values[i + 2]) * scale)
        of_c += lost
        d, lost = two_sum(d, np.float64(values[i + 3]) * scale)
        of_d += lost
    for i in range(whole, stop):
        a, lost = two_sum(a, np.float64(values[i]) * scale)
        of_a += lost
    a, lost = two_sum(a, b)
    c, lost_too = two_sum(c, d)
    high, lost_last = two_sum(a, c)
    return high, (of_a + of_b) + (of_c + of_d) + (lost + lost_too + lost_last)


@inlined
def _sum_in_two(values, start, stop, scale):
    # The sum of scale times values[start:stop], as a number and what it lacks.
    total, rest = 0.0, 0.0
    for first in range(start, stop, _BLOCK):
        high, low = _sum_of_block(values, first, min(first + _BLOCK, stop), scale)
        total, lost = two_sum(total, high)
        rest += low + lost
        if math.isfinite(rest):
            total, rest = two_sum(total, rest)
        else:
            rest = 0.0  # of a total that is inf or NaN
    return total, rest


@inlined
def _sum(values, start, stop):
    total, rest = _sum_in_two(values, start, stop, 1.0)
    return total + rest


def _sum_of_rows(values):
    return _sum(values, 0, values.size)


def _sums_of_groups(values, out):
    n = values.size // max(out.size, 1)
    for k in range(out.size):
        out[k] = _sum(values, k * n, k * n + n)


def _mean_of_rows(values, shares):
    n = values.size
    total, error = _sum_in_two(values, 0, n, 1.0)
    if not math.isfinite(total):
        return total
    if shares.size == n:
        whole, lost = _sum_in_two(shares, 0, n, 1.0)
    else:
        whole, lost = two_product(np.float64(shares[0]), np.float64(n))
    mean, rest = quotient(total, error, whole, lost)
    mean += rest
    return mean if math.isfinite(mean) else total / whole


def _put_products(weights, factors):
    is_normal, top = True, -(1 << 20)
    for i in range(weights.size):
        if weights[i] == 0.0 or factors[i] == 0.0:
            continue
        product = weights[i] * factors[i]
        is_normal = is_normal and 1.0 / _NORMAL <= product <= _NORMAL
        top = max(top, math.frexp(weights[i])[1] + math.frexp(factors[i])[1])
    if is_normal:
        for i in range(weights.size):
            weights[i] *= factors[i]
        return 0
    for i in range(weights.size):
        (a, p), (b, q) = math.frexp(weights[i]), math.frexp(factors[i])
        weights[i] = math.ldexp(a * b, p + q - top)
    return top


def _fill_shares(weights, shares):
    largest = 0.0
    for weight in weights:
        largest = max(largest, weight)
    scale = 2.0**-100 if largest > 2.0**900 else 1.0  # or their sum might overflow
    total, _ = _sum_in_two(weights, 0, weights.size, scale)
    for i in range(weights.size):
        shares[i] = weights[i] * scale / total
    return total


sum_of_rows = kernel(_sum_of_rows)
# (values, out): fill in the sums of groups of equally many values, one after the other.
sums_of_groups = kernel(_sums_of_groups)
# (values, shares): the sum of values that have been multiplied with shares, over the sum of
# these, or of the same for all. As shares are rounded they need not add up to 1.
mean_of_rows = kernel(_mean_of_rows)
# (weights, factors): put the products in the place of the weights, all of them finite and not
# negative; over a power of 2, whose exponent is returned, where they might leave the range.
put_products = kernel(_put_products)
# (weights, shares): fill in each of the weights, doubles, over their sum; a number that is 0 where
# all of them are.
fill_shares = kernel(_fill_shares)


def sums_over(array, axes):
    """The sums over some axes of an array, as doubles in the shape without them."""
    kept = [i for i in range(array.ndim) if i not in axes]
    together = np.ascontiguousarray(array.transpose(*kept, *axes)).reshape(-1)
    out = np.empty([array.shape[i] for i in kept])
    sums_of_groups(together, out.reshape(-1))
    return out
