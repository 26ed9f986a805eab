"""Entries of the Jacobians of log_softmax and log1m_softmax, from numbers of both their entries.

Where x_j is an entry of a row, `column` are the numbers that it gives to its column of the matrix,
and `line` those that x_i gives to its line; `entry` makes of both the derivative of y_i in x_j,
and `diagonal` that of y_j, of numbers of x_j alone. `others` are numbers of the row that columns
need beside those of a VJP (see `_derivatives`).
"""

from typing import Any, NamedTuple

from .._compile.trace import formula
from .derivatives import (
    is_dominant,
    largest_probability,
    present,
    probability_and_odds,
    product,
    share,
    share_of_others,
    sum_of_others,
    unscaled,
)
from .simd import const, select
from .softsum import scaled_term


class Entries(NamedTuple):
    """The formulas of a Jacobian, and how many numbers a line has."""

    others: Any
    column: Any
    line: Any
    entry: Any
    diagonal: Any
    width: int


# --- log_softmax: -p_j and 1 - p_j ---------------------------------------------------------------


@formula
def _no_others(reference, summary, more):
    return ()


@formula
def column_of_log_softmax(v, m, reference, row, others):
    """p_j."""
    return (unscaled(share(scaled_term(v, m), row[0], row[1])),)


@formula
def _line_of_log_softmax(v, m, row):
    return (v,)


@formula
def entry_of_log_softmax(line, v, column):
    """-p_j."""
    return present(line[0], present(v, -column[0]))


@formula
def diagonal_of_log_softmax(v, m, row, column):
    """1 - p_j; at a dominant entry the sum of the others, which 1 - p has lost."""
    rest = select(is_dominant(v, m, row[4]), unscaled(row[2]), const(v, 1.0) - column[0])
    return present(v, rest)


OF_LOG_SOFTMAX = Entries(
    _no_others,
    column_of_log_softmax,
    _line_of_log_softmax,
    entry_of_log_softmax,
    diagonal_of_log_softmax,
    1,
)


# --- log1m_softmax: the odds of i times p_j, and -p_j; p_k times q_j in the line of a dominant k --


@formula
def probability_in(v, m, row):
    """p, scaled, as (high, low)."""
    p, _ = probability_and_odds(scaled_term(v, m), row)
    dominant, largest = is_dominant(v, m, row[6]), largest_probability(row)
    return tuple(select(dominant, a, b) for a, b in zip(largest, p))


@formula
def odds_in(v, m, row):
    """p / (1 - p), scaled, as (high, low), of an entry that does not dominate."""
    return probability_and_odds(scaled_term(v, m), row)[1]


@formula
def share_in(v, reference, others):
    """q, scaled, as (high, low)."""
    return share_of_others(scaled_term(v, reference), others)


@formula
def of_dominant(v, q, p):
    """An entry in the line of the dominant entry, from q_j and p_k."""
    return present(v, product(q, p))


@formula
def of_another(v_i, v_j, odds, p):
    """An entry in another line, from the odds of i and p_j."""
    return present(v_i, present(v_j, product(odds, p)))


@formula
def _column_of_log1m_softmax(v, m, reference, row, others):
    return (*probability_in(v, m, row), *share_in(v, reference, others))


@formula
def _line_of_log1m_softmax(v, m, row):
    flag = select(is_dominant(v, m, row[6]), const(v, 1.0), const(v, 0.0))
    return (v, flag, *odds_in(v, m, row), *probability_in(v, m, row))


@formula
def _entry_of_log1m_softmax(line, v, column):
    dominates = line[1] > const(v, 0.0)
    by_share = of_dominant(v, column[2:], line[4:])
    return select(dominates, by_share, of_another(line[0], v, line[2:4], column[:2]))


@formula
def diagonal_of_log1m_softmax(v, m, row, column):
    """-p_j."""
    return present(v, -select(is_dominant(v, m, row[6]), row[4], unscaled(column[0])))


OF_LOG1M_SOFTMAX = Entries(
    sum_of_others,
    _column_of_log1m_softmax,
    _line_of_log1m_softmax,
    _entry_of_log1m_softmax,
    diagonal_of_log1m_softmax,
    6,
)
