"""A tile of rows side by side: one vector for each entry, in which each lane is another row."""

import math

from .._compile.trace import formula
from .._formulas.relative import reference
from .._formulas.simd import const, select
from .._formulas.vectormath import larger
from .memory import full, lanes
from .passes import (
    below_max_pass,
    below_sum_pass,
    lone_sum_pass,
    no_sums,
    one_less,
    shortfall_pass,
)


@formula
def tile_sums(x, base, step, n, width, m, e, e_at):
    """(ties, rest, error) of each row, whose maxima are m; e as in sum_pass, from e_at on."""
    w, of_m, none = lanes(x), reference(m), no_sums(m)
    return one_less(lone_sum_pass(x, base, step, n, width, m, of_m, none, e, e_at, w, None))


# What a function may ask of the rows beyond their summaries.


@formula
def tile_without_max(x, base, step, n, width, summary):
    """The summary of each row without its first maximum."""
    m, ties, rest, error = summary
    zero = const(m, 0.0)
    m2 = below_max_pass(x, base, step, n, width, m, full(x, -math.inf))
    sums = below_sum_pass(x, base, step, n, width, m2, reference(m2), no_sums(m2))
    tied = ties > zero
    ties, rest, error = one_less(
        (select(tied, ties, sums[0]), select(tied, rest, sums[1]), select(tied, error, sums[2]))
    )
    # Where nothing is left, there is no second largest entry to leave out either.
    return select(tied, m, m2), larger(ties, zero), rest, error


@formula
def tile_with_shortfall(x, base, step, n, width, summary):
    """The sums of exp(x - m) - 1, in the first place of four."""
    m, ties, rest, error = summary
    sums = shortfall_pass(x, base, step, n, width, m, no_sums(m))
    return sums[1] + sums[2], ties, rest, error


@formula
def tile_as_it_is(x, base, step, n, width, summary):
    """The summaries themselves, where nothing more is needed."""
    return summary
