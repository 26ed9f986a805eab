"""The variance of exponentials: what its sum over the deviations is made of.

With m the maximum of a row, mean that of exp(x_i - m) and q = 1 - mean, the variance is
exp(2 m) q^2 sum(r_i^2) / n, where r_i = (exp(x_i - m) - mean) / q lies between -n and 1, at the
maximum. The mean is carried in twice the digits, as 1 - q where it is near 1, so that no deviation
cancels. See `derivatives` for what the formulas take.

The derivative of its logarithm is 2 r_j exp(x_j - m) / (q sum(r_i^2)), since the r_i add up to 0.
"""

import math

from .._compile.trace import formula
from .derivatives import lowered, present, times
from .simd import const, constant, fma, select
from .softsum import length_pair, total_sum
from .vectormath import difference, exp_less, log_pair_of_sum, magnitude, quotient, two_sum

# Below this q, exp(d) - 1 is d for every entry of a row, of up to 2^31.
_LINEAR = 2.0**-90


@formula
def prepare_variance(summary, second, n):
    """m and (mean, what it lacks, q, 1 / q, m, ties, n, what it lacks); q scaled where linear."""
    total, error = total_sum(summary)
    zero, one, scale = const(total, 0.0), const(total, 1.0), constant(total, "scale")
    count, count_low = length_pair(n, total)
    mean, mean_low = quotient(total, error, count, count_low)
    short = zero - second[0]
    near = total + total >= count
    lies_near = short / count
    linear = select(near, lies_near, one) < const(total, _LINEAR)
    q = select(near, lies_near, (one - mean) - mean_low)
    c, c_low = two_sum(one, zero - lies_near)
    c, c_low = select(near, c, mean), select(near, c_low, mean_low)
    scaled = select(linear, short * scale / count, q)
    m = select(total == total, summary[0], total)  # NaN too where that is the sum
    row = c, c_low, scaled, one / scaled, m, summary[1], count, count_low
    return summary[0], (*row, select(linear, one, zero))


@formula
def _deviation(v, m, row):
    # r of an entry.
    c, c_low, q, inverse = row[:4]
    zero = const(v, 0.0)
    d, error = (select(v == m, zero, u) for u in difference(v, m))  # also where both are inf
    high, low = exp_less(d, error, c, c_low)
    # Near 0 the scale keeps d from underflow.
    scale = constant(v, "scale")
    deviation = select(row[8] > zero, fma(d, scale, q) + error * scale, high + low)
    return deviation * inverse


@formula
def weigh_variance(v, e, g, t, m, row, lift):
    """(r_i^2 lift), (); t is 0 beyond the end of a row."""
    zero, r = const(v, 0.0), _deviation(v, m, row)
    return (select(t > zero, r * r * lift, zero),), ()


@formula
def settle_variance(sums, own, row, c, lift):
    """The logarithm of the variance."""
    q, (m, ties, count, count_low, linear) = row[2], row[4:]
    zero, infinite = const(m, 0.0), const(m, math.inf)
    # The logarithm of q: where it is scaled, of that less the scale.
    lifted_by = select(linear > zero, constant(m, "scale_bits"), zero)
    log_q, log_q_low = log_pair_of_sum(q, zero, lifted_by)
    mean, mean_low = quotient(sums[0] / lift, sums[1] / lift, count, count_low)
    log_r, log_r_low = log_pair_of_sum(mean, mean_low, zero)
    y, low = two_sum(log_q + log_q, log_r)
    low = low + (log_q_low + log_q_low) + log_r_low
    twice = m + m
    y, lost = two_sum(twice, y)
    # What overflows has lost NaN.
    y = select(magnitude(twice) < infinite, y + (lost + low), twice)
    one_of_all = count == const(m, 1.0)
    at_inf = select(ties > zero, const(m, math.nan), infinite)
    y = select(m == infinite, at_inf, select(q == zero, -infinite, y))
    # A single number, and zeros alone, have no variance.
    y = select(one_of_all, -infinite, select(m == -infinite, -infinite, y))
    return (select(m == m, y, m),)


# --- derivatives ---------------------------------------------------------------------------------


@formula
def weigh_variance_jvp(v, e, g, t, m, row, lift):
    """(r_i^2 lift, r_i exp(x_i - m) g_i lift), ()."""
    zero, r = const(v, 0.0), _deviation(v, m, row)
    square = select(t > zero, r * r * lift, zero)
    return (square, present(v, times(e, g * lift * r))), ()


@formula
def _slope(sums, row, lift):
    # 2 / (q sum(r_i^2)), and what is still to be multiplied: 1, or the scale of q.
    inverse, linear = row[3], row[8]
    number = const(inverse, 2.0) / ((sums[0] + sums[1]) / lift)
    last = select(linear > const(linear, 0.0), constant(linear, "scale"), const(linear, 1.0))
    return number * inverse, last


@formula
def _times_scaled(number, slope, last):
    # Of all three the product; the first may be tiny, the others together too large.
    small = magnitude(number) < const(number, 1.0)
    return select(small, number * last * slope, number * slope * last)


@formula
def _counted(row, y):
    # y, but 0 in a row without variance: the logarithm is -inf. There is no limit for two of +inf.
    q, m, ties, count = row[2], row[4], row[5], row[6]
    zero, one = const(m, 0.0), const(m, 1.0)
    y = select(q == zero, zero, y)
    y = select(count == one, zero, select(m == const(m, -math.inf), zero, y))
    at_inf = select(ties > zero, const(m, math.nan), y)
    return select(m == m, select(m == const(m, math.inf), at_inf, y), m)


@formula
def settle_variance_jvp(sums, own, row, c, lift):
    """The derivative along g of the logarithm."""
    slope, last = _slope(sums, row, lift)
    total, one = sums[2] + sums[3], const(lift, 1.0)
    small = magnitude(total) < one
    y = lowered(select(small, total * last, total), lift, slope) * select(small, one, last)
    return (_counted(row, y),)


@formula
def settle_variance_vjp(sums, own, row, c, lift):
    """The row, c, 2 / (q sum(r_i^2)), and what is still to be multiplied."""
    return (*row, c, *_slope(sums, row, lift))


@formula
def element_variance_vjp(v, e, g, t, m, row):
    """c times the derivative of the logarithm by an entry."""
    c, slope, last = row[9:]
    factor = _times_scaled(c, slope * _deviation(v, m, row), last)
    return (_counted(row, present(v, times(e, factor))),)
