"""Derivatives of log |sum b exp(x)| with respect to x and b, entry by entry, in float64."""

import functools
import math

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.weighted import (
    add_scaled,
    inverse_of,
    keeps_digits,
    rounded,
    share_of,
    times,
    total_of,
)
from .weighted import exact_sums, leading_term, plain_sums, special_terms

# What a row is: its sum has a logarithm with derivatives, is one infinite term, or is neither.
_FINITE, _ONE_TERM, _NEITHER = range(3)


@inlined
def is_absent(x, b):
    """Whether an entry does not count, whatever its weight changes to."""
    return x == -math.inf and math.isfinite(b)


@inlined
def _infinite_term(x, b, base, n):
    # The index of the infinite term, -1 where there are several.
    found = -1
    for i in range(base, base + n):
        if b[i] != 0.0 and (x[i] == math.inf or math.isinf(b[i])):
            if found >= 0:
                return -1
            found = i
    return found


@inlined
def _summed_up(x, b, base, n):
    # (what the row is, the index of its infinite term, the pivot, the sum relative to its exp).
    none = 0.0, 0.0, 0.0
    pivot, exponent, special = leading_term(x, b, base, 1, n)
    if special > 0.0:
        nan = special_terms(x, b, base, 1, n)[2]
        at = -1 if nan else _infinite_term(x, b, base, n)
        return (_ONE_TERM if at >= 0 else _NEITHER), at, pivot, none
    if pivot == -math.inf:
        return _NEITHER, -1, pivot, none
    sums, moduli = plain_sums(x, b, base, 1, n, pivot, exponent)
    if not keeps_digits(sums, moduli):
        sums = exact_sums(x, b, base, 1, n, pivot, exponent)
    total = total_of(sums, exponent)
    return (_FINITE if total[0] != 0.0 else _NEITHER), -1, pivot, total


@inlined
def _slopes(x, b, i, row):
    # The derivatives by x[i] and by b[i], each as (v, low, k).
    what, at, pivot, total = row
    nothing = 0.0, 0.0, 0.0
    if what == _FINITE:
        share = share_of(x[i], pivot, total)
        return (times(share, b[i]) if b[i] != 0.0 else nothing), share
    if what == _ONE_TERM and i == at:
        return (1.0, 0.0, 0.0), inverse_of(b[i])
    # Beside an infinite sum a number has no share; inf and NaN of weight 0 may have any.
    if what == _ONE_TERM and x[i] < math.inf:
        return nothing, nothing
    undefined = math.nan, 0.0, 0.0
    return (undefined if b[i] != 0.0 else nothing), undefined


@inlined
def fill_gradients_of_row(x, b, g, of_x, of_b, base, n):
    """The gradients of a row in x and b, times a number g."""
    row = _summed_up(x, b, base, n)
    for i in range(base, base + n):
        of_x[i] = of_b[i] = 0.0
        if not is_absent(x[i], b[i]):
            by_x, by_b = _slopes(x, b, i, row)
            of_b[i] = rounded(times(by_b, g))
            if b[i] != 0.0:
                of_x[i] = rounded(times(by_x, g))


@functools.cache
def gradients_of_rows():
    """The kernel of the gradients over contiguous rows; the unit of work is a row."""

    def gradients(x, b, g, of_x, of_b, n, start, stop):
        for r in range(start, stop):
            fill_gradients_of_row(x, b, g[r], of_x, of_b, r * n, n)

    return kernel(gradients)


@inlined
def _one_more(state, term):
    # The sums, the power of two that they are over, and the sum of terms that are inf or NaN.
    sums, k, loose = state
    if math.isfinite(term[0]):
        sums, k = add_scaled(sums, k, term)
    else:
        loose += term[0]
    return sums, k, loose


@inlined
def slope_of_row(x, b, t, s, with_t, with_s, base, n):
    """The derivative of a row along t and s; flags say which of these count."""
    row = _summed_up(x, b, base, n)
    state = (0.0, 0.0, 0.0), -math.inf, 0.0
    for i in range(base, base + n):
        if is_absent(x[i], b[i]):
            continue
        by_x, by_b = _slopes(x, b, i, row)
        if with_t and b[i] != 0.0:
            state = _one_more(state, times(by_x, t[i]))
        if with_s:
            state = _one_more(state, times(by_b, s[i]))
    (first, second, third), k, loose = state
    return loose if loose != 0.0 else rounded((first, second + third, k))


@functools.cache
def slopes_of_rows():
    """The kernel of the derivatives along t and s; flags say which of these count."""

    def slopes(x, b, t, s, with_t, with_s, values, n, start, stop):
        for r in range(start, stop):
            values[r] = slope_of_row(x, b, t, s, with_t, with_s, r * n, n)

    return kernel(slopes)
