"""One contiguous row: its summary from the lanes of vectors along it."""

import math

from .._compile.trace import branch, formula
from .._formulas.relative import reference
from .._formulas.simd import const, constant, count_of_lanes, largest_lane
from .._formulas.sums import sum_of_lanes
from .._formulas.vectormath import larger, lesser
from .along import is_long, sum_along
from .memory import full, lanes, lanes_of, narrowed, spread
from .passes import (
    below_max_pass,
    below_sum_pass,
    ends_of,
    max_pass,
    no_sums,
    one_less,
    shortfall_pass,
    sum_pass,
)

# From so many vectors on it pays to find out the reference of a row.
_MANY = 8
# Rows of up to so many entries fit one or two vectors, and stay in registers.
MOST = 16


class Short:
    """The length of a row that fits few vectors: how many is known while formulas are traced."""

    def __init__(self, n, two):
        self.n, self.two = n, two


@formula
def is_short(x, n):
    """Whether a row of n entries may be a Short one."""
    return n <= min(MOST, 2 * lanes_of(x.kind))


def in_registers(x, n, short):
    """short(x, n, as_x) of a Short row, in one register where that has room for it.

    `as_x` makes what goes with the entries be loaded as they are.
    """

    def of_one():
        return short(narrowed(x), Short(n, False), narrowed)

    def of_more():
        return short(x, Short(n, lanes_of(x.kind) < MOST), lambda u: u)

    room = lanes_of(narrowed(x).kind)
    if room == lanes_of(x.kind):
        return of_more()
    return branch(n <= room, of_one, of_more) if room < MOST else of_one()


def number_of(n):
    """The length as formulas take it."""
    return n.n if isinstance(n, Short) else n


def parts(x, base, n):
    """The body of a row, (vectors, width), and its end, (is there one, index, width)."""
    if not isinstance(n, Short):
        body = n // lanes(x)
        done = body * lanes(x)
        return (body, None), (n - done > 0, base + done, n - done)
    if not n.two:
        return (0, None), (True, base, n.n)
    w = lanes(x)
    return (1, lesser(n.n, w)), (True, base + w, larger(n.n - w, 0))


@formula
def row_max(x, base, n):
    """The maximum of x[base : base + n]."""
    (body, width), (has_end, end, left) = parts(x, base, n)
    w = lanes(x)
    m = max_pass(x, base, w, body, width, full(x, -math.inf))
    return largest_lane(branch(has_end, lambda: max_pass(x, end, w, 1, left, m), m))


@formula
def across_lanes(sums):
    """(ties, rest, error); of the entries equal to the maximum all but one are ties."""
    ties, rest, error = sums
    equal = count_of_lanes(ties)
    rest, error = sum_of_lanes(rest, error)

    def many():
        # More than the type has integers for.
        equal, low = sum_of_lanes(ties, const(ties, 0.0))
        return equal, error + low * constant(low, "scale")

    equal, error = branch(equal >= constant(equal, "exact_integers"), many, (equal, error))
    return one_less((equal, rest, error))


@formula
def _sums_along(x, base, n, m, of_m, e, e_base, ahead):
    (body, width), (has_end, end, left) = parts(x, base, n)
    w, m = lanes(x), full(x, m)
    of_m = None if of_m is None else spread(x, of_m)
    sums, (e_body, e_end), at_end = no_sums(m), ends_of(e), e_base + (end - base)

    def of_end():
        return sum_pass(x, end, w, 1, left, m, of_m, sums, e_end, at_end, w, ahead)

    # The end comes first, while no count is too large for one more.
    sums = branch(has_end, of_end, sums)

    def of_any():
        return sum_pass(x, base, w, body, width, m, of_m, sums, e_body, e_base, w, ahead)

    def of_long():
        return sum_along(x, base, body, m, of_m, sums, e, e_base, ahead)

    return across_lanes(of_any() if of_m is None else branch(is_long(x, n), of_long, of_any))


@formula
def row_sums(x, base, n, m, e, e_base, ahead):
    """(ties, rest, error) of a row whose maximum is m; e and ahead as in sum_pass."""

    def of_few():
        return _sums_along(x, base, n, m, None, e, e_base, ahead)

    def of_many():
        return _sums_along(x, base, n, m, reference(m), e, e_base, ahead)

    return (
        of_few() if isinstance(n, Short) else branch(n < _MANY * lanes_of(x.kind), of_few, of_many)
    )


@formula
def row_below_max(x, base, n, m):
    """The largest entry below m."""
    (body, width), (has_end, end, left) = parts(x, base, n)
    w, m = lanes(x), full(x, m)
    m2 = below_max_pass(x, base, w, body, width, m, full(x, -math.inf))
    return largest_lane(branch(has_end, lambda: below_max_pass(x, end, w, 1, left, m, m2), m2))


@formula
def row_below_sums(x, base, n, m2):
    """As row_sums, over a row without its maximum of which m2 is the largest entry."""
    (body, width), (has_end, end, left) = parts(x, base, n)
    of_m2 = None if isinstance(n, Short) else spread(x, reference(m2))
    w, m2 = lanes(x), full(x, m2)
    none = no_sums(m2)
    sums = branch(has_end, lambda: below_sum_pass(x, end, w, 1, left, m2, of_m2, none), none)
    return across_lanes(below_sum_pass(x, base, w, body, width, m2, of_m2, sums))


@formula
def row_shortfall(x, base, n, m):
    """The sum of exp(x - m) - 1."""
    (body, width), (has_end, end, left) = parts(x, base, n)
    w, m = lanes(x), full(x, m)
    none = no_sums(m)
    sums = branch(has_end, lambda: shortfall_pass(x, end, w, 1, left, m, none), none)
    sums = shortfall_pass(x, base, w, body, width, m, sums)
    return sum_of_lanes(sums[1], sums[2])[0]


# What a function may ask of a row beyond its summary.


@formula
def row_without_max(x, base, n, summary):
    """The summary of the row without its first maximum."""
    m, ties, rest, error = summary

    def from_second():
        m2 = row_below_max(x, base, n, m)
        ties, rest, error = row_below_sums(x, base, n, m2)
        # Where nothing is left, there is no second largest entry to leave out either.
        return m2, larger(ties, const(m, 0.0)), rest, error

    return branch(ties > const(m, 0.0), lambda: (m, *one_less((ties, rest, error))), from_second)


@formula
def row_with_shortfall(x, base, n, summary):
    """The sum of exp(x - m) - 1, in the first place of four."""
    m, ties, rest, error = summary
    return row_shortfall(x, base, n, m), ties, rest, error


@formula
def row_as_it_is(x, base, n, summary):
    """The summary itself, where nothing more is needed."""
    return summary
