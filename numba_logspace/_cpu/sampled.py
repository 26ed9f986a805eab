"""Whether sums of products of exponentials pay for given matrices: what a sample of entries needs.

They take a tenth of the time of an exponential for each term, or less. But entries whose terms
they would lose, or whose logarithm is near 0, need all terms besides; where too many do, they do
not pay. For float32 that is asked twice: float64 has room for far smaller terms.
"""

import functools
import math

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.simd import FORMATS, constant
from .._formulas.vectormath import log
from .logmatmul import entry_of
from .memory import lanes
from .row import row_max

# The ways: all terms one by one; products of exponentials; those of float64, of float32 arrays.
DIRECT, NARROW, WIDE = range(3)

# A logarithm of at least this modulus is right with sums of products: those of its own type, and
# those of float64 where it is one of float32. Carried sums then have errors of 2.4 half ulp of 1.
NARROW_UNIT, WIDE_UNIT = 1.0, 2.0**-25

_LEAST_DOUBLE = FORMATS[types.float64].constants["least_product"]

# The times of a way over that of all terms. Sums of products cost _PART of each term; logarithms
# as much as _ENTRY terms, vectors that are mended as much as as many again. Work in float64 takes
# _DOUBLE of the time, and a way must promise _GAIN.
_PART, _ENTRY, _DOUBLE, _GAIN = 0.05, 4.0, 2.0, 0.9

# If so many samples, the first, need all terms, no others are taken.
_FIRST = 3

# The fractions by which the places of samples differ, which spread them evenly.
_STEPS = 0.8191725133961645, 0.6710436067037893, 0.5497004779019703


@inlined
def _cost(share, w, rows, k, n):
    # Where so large a share of entries needs all terms, one by one for lack of whole vectors.
    each = _PART + _ENTRY / k
    if share > 0.0:
        each += each + share * (1.0 + 4.0 * w / k)
    return each + 1.0 / rows + 1.0 / n


@inlined
def _place(t, step, size):
    return int((0.5 + t * step) % 1.0 * size)


@functools.cache
def choose():
    """The kernel (a, b, a_at, b_at, down, across, rows, k, n) that says which way to take."""
    of_product, of_row, of_column = _STEPS

    def choose(a, b, a_at, b_at, down, across, rows, k, n):
        w, column = lanes(b), np.empty(k, b.dtype)
        entries = a_at.size * rows * n
        count = min(32, max(entries // 512, min(8, 1 + entries // 128)))
        length = log(1.0 * k)
        needed = needed_wide = 0
        for t in range(count):
            product = _place(t, of_product, a_at.size)
            row_at = a_at[product] + _place(t, of_row, rows) * k
            column_at = b_at[product] + _place(t, of_column, n) * across
            for i in range(k):
                column[i] = b[column_at + i * down]
            y = entry_of(a, row_at, column, 0, k)
            if y != -math.inf:  # which costs little
                # Of infinities and NaN no comparison is true.
                gap = y - row_max(a, row_at, k) - row_max(column, 0, k) - length
                if not (gap >= constant(y, "least_product") and abs(y) >= NARROW_UNIT):
                    needed += 1
                if not (gap >= _LEAST_DOUBLE and abs(y) >= WIDE_UNIT):
                    needed_wide += 1
            if t + 1 == _FIRST == (needed_wide if b.itemsize == 4 else needed):
                return DIRECT
        cost = _cost(needed / count, w, rows, k, n)
        if b.itemsize == 4:
            wide = _DOUBLE * _cost(needed_wide / count, w // 2, rows, k, n)
            if wide < min(cost, _GAIN):
                return WIDE
        return NARROW if cost < _GAIN else DIRECT

    return kernel(choose)
