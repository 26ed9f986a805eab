"""Loops over the numbers of arguments, for which NumPy's functions cost more than the work."""

import math

from .._compile.jit import kernel


def _all_between(values, low, high):
    right = True
    for value in values:
        right &= (value >= low) & (value <= high)
    return right


def _leave_out_first_max(x, n):
    for first in range(0, x.size, n):
        at = first
        for i in range(first + 1, first + n):
            # The first of the largest; a NaN is the maximum, and stays.
            if math.isnan(x[at]):
                break
            if x[i] > x[at] or math.isnan(x[i]):
                at = i
        if not math.isnan(x[at]):
            x[at] = -math.inf


def _put_logarithms(values, signs, with_sign, out):
    for i in range(values.size):
        out[i] = math.nan if signs[i] < 0.0 and not with_sign else values[i]


def _add(values, others):
    for i in range(values.size):
        values[i] = 0.0 + values[i] + others[i]


# (values, low, high): whether all of a flat array lie there, which NaN does not.
all_between = kernel(_all_between)
# (x, n): the first maximum of each row of n becomes -inf, unless there is a NaN.
leave_out_first_max = kernel(_leave_out_first_max)
# (values, signs, with_sign, out): the values, NaN for what is negative and goes without its sign.
put_logarithms = kernel(_put_logarithms)
# (values, others): the sums of both, in place of the values.
add = kernel(_add)
