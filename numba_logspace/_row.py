"""One contiguous row: its summary from the lanes of vectors along it."""

import math

from ._jit import formula
from ._passes import (
    below_max_pass,
    below_sum_pass,
    max_pass,
    no_sums,
    shortfall_pass,
    sum_pass,
)
from ._simd import const, count_of_lanes, full, lanes, largest_lane
from ._sums import sum_of_lanes
from ._vectormath import larger


@formula
def row_max(x, base, n):
    """The maximum of x[base : base + n]."""
    w = lanes(x)
    body = n // w
    m = max_pass(x, base, w, body, None, full(x, -math.inf))
    if body * w < n:
        m = max_pass(x, base + body * w, w, 1, n - body * w, m)
    return largest_lane(m)


@formula
def _across_lanes(sums):
    # (ties, rest, error); of the entries equal to the maximum all but one are ties.
    ties, rest, error = sums
    equal = count_of_lanes(ties)
    rest, error = sum_of_lanes(rest, error)
    return equal - const(equal, 1.0), rest, error


@formula
def row_sums(x, base, n, m, e, e_base, ahead):
    """(ties, rest, error) of a row whose maximum is m; e and ahead as in sum_pass."""
    w = lanes(x)
    body = n // w
    end = body * w
    m = full(x, m)
    sums = sum_pass(x, base, w, body, None, m, no_sums(m), e, e_base, w, ahead)
    if end < n:
        sums = sum_pass(x, base + end, w, 1, n - end, m, sums, e, e_base + end, w, ahead)
    return _across_lanes(sums)


@formula
def row_below_max(x, base, n, m):
    """The largest entry below m."""
    w = lanes(x)
    body = n // w
    m, m2 = full(x, m), full(x, -math.inf)
    m2 = below_max_pass(x, base, w, body, None, m, m2)
    if body * w < n:
        m2 = below_max_pass(x, base + body * w, w, 1, n - body * w, m, m2)
    return largest_lane(m2)


@formula
def row_below_sums(x, base, n, m2):
    """As row_sums, over a row without its maximum of which m2 is the largest entry."""
    w = lanes(x)
    body = n // w
    m2 = full(x, m2)
    sums = below_sum_pass(x, base, w, body, None, m2, no_sums(m2))
    if body * w < n:
        sums = below_sum_pass(x, base + body * w, w, 1, n - body * w, m2, sums)
    return _across_lanes(sums)


@formula
def row_shortfall(x, base, n, m):
    """The sum of exp(x - m) - 1."""
    w = lanes(x)
    body = n // w
    m = full(x, m)
    sums = shortfall_pass(x, base, w, body, None, m, no_sums(m))
    if body * w < n:
        sums = shortfall_pass(x, base + body * w, w, 1, n - body * w, m, sums)
    return sum_of_lanes(sums[1], sums[2])[0]


# What a function may ask of a row beyond its summary.


@formula
def row_without_max(x, base, n, summary):
    """The summary of the row without its first maximum."""
    m, ties, rest, error = summary
    if ties > const(m, 0.0):
        return m, ties - const(m, 1.0), rest, error
    m2 = row_below_max(x, base, n, m)
    ties, rest, error = row_below_sums(x, base, n, m2)
    # Where nothing is left, there is no second largest entry to leave out either.
    return m2, larger(ties, const(m, 0.0)), rest, error


@formula
def row_with_shortfall(x, base, n, summary):
    """The sum of exp(x - m) - 1, in the first place of four."""
    m, ties, rest, error = summary
    return row_shortfall(x, base, n, m), ties, rest, error


@formula
def row_as_it_is(x, base, n, summary):
    """The summary itself, where nothing more is needed."""
    return summary
