"""Rows of weighted terms with signs, one by one: log |sum b exp(x)|."""

import math

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.weighted import (
    add_exact_term,
    add_plain_term,
    exact_term,
    exponent_of_term,
    gap_of,
    is_exact_enough,
    is_too_small,
    log_of_sums,
    plain_term,
    split,
)


@inlined
def largest_term(x, b, base, n):
    """(index of the largest term, whether +inf is in with b > 0, with b < 0, whether NaN is in).

    The index is -1 where there is no finite term.
    """
    at, top, plus, minus, nan = -1, -math.inf, False, False, False
    for i in range(base, base + n):
        if b[i] == 0.0 or (x[i] == -math.inf and math.isfinite(b[i])):
            continue
        if math.isnan(x[i]) or math.isnan(b[i]) or (x[i] == -math.inf and math.isinf(b[i])):
            nan = True
        elif x[i] == math.inf or math.isinf(b[i]):
            plus, minus = plus or b[i] > 0.0, minus or b[i] < 0.0
        else:
            exponent = exponent_of_term(x[i], split(b[i])[1])
            if exponent > top or at < 0:
                at, top = i, exponent
    return at, plus, minus, nan


def _sums_of(term_of, add_term):
    @inlined
    def sums_of(x, b, base, n, pivot, exponent):
        # The sums of the terms, and of the moduli of those that are not exact.
        sums, moduli = (0.0, 0.0, 0.0), 0.0
        for i in range(base, base + n):
            if b[i] == 0.0 or x[i] == -math.inf:
                continue
            gap, error = gap_of(x[i], pivot)
            if is_too_small(gap):
                continue
            term, low = term_of(gap, error, b[i], exponent)
            sums = add_term(sums, term, low)
            if gap != 0.0:
                moduli += abs(term)
        return sums, moduli

    return sums_of


plain_sums = _sums_of(plain_term, add_plain_term)
exact_sums = _sums_of(exact_term, add_exact_term)


@inlined
def weighted_row(x, b, base, n):
    """(log |sum b exp(x)|, sign of the sum) of a row."""
    at, plus, minus, nan = largest_term(x, b, base, n)
    if nan or (plus and minus):
        return math.nan, math.nan
    if plus or minus:
        return math.inf, 1.0 if plus else -1.0
    if at < 0:
        return -math.inf, 0.0
    pivot, exponent = x[at], split(b[at])[1]
    sums, moduli = plain_sums(x, b, base, n, pivot, exponent)
    value, sign = log_of_sums(sums, pivot, exponent)
    if not is_exact_enough(value, sums, moduli, exponent_of_term(pivot, exponent)):
        sums, _ = exact_sums(x, b, base, n, pivot, exponent)
        value, sign = log_of_sums(sums, pivot, exponent)
    return value, sign


def weighted_rows():
    """The kernel over contiguous rows; the unit of work is a row."""

    def weighted(x, b, values, signs, n, start, stop):
        for r in range(start, stop):
            values[r], signs[r] = weighted_row(x, b, r * n, n)

    return kernel(weighted)
