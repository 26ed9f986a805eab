"""Steps of one chain whose numbers lie near each other: a row of states has one power.

A row is a pair of arrays, the high parts and the low ones. A column of a step is summed up above
its own sum, roughly known: what a product adds to that is exact, and so is what it lacks, at half
the price of sums that begin with nothing. The rough sums are those of the same chain in plain
doubles, so that nothing waits for them. A row is not brought back to the size of 1 at once: the
next step makes up for it, by its factors.
"""

from .._compile.inline import inlined
from .._compile.trace import formula, loop
from .._formulas.chains import NEAR, normalised, product_above, product_of_pairs
from .._formulas.simd import any_lane, fma, largest_lane, select, split_exponent
from .._formulas.vectormath import larger, sum_with_smaller
from .memory import full, load, number_at, store

# Entries of a row, factors (NEAR) and moves may together be 2^-900 of the largest, so that no digit
# underflows, although a row is brought back a step late.
_LEAST = 2.0**-250


@formula
def _about(row, k, matrix, column, width):
    # A row times the columns of a matrix from `column` on.
    def with_term(i, total):
        b = load(matrix, i * width + column, None, 0.0)
        return fma(full(row, number_at(row, i)), b, total)

    return loop(k, with_term, full(row, 0.0))


@formula
def _times_matrix(row, k, matrix, column, width, about):
    # The same in twice the digits.
    def with_term(i, sums):
        at = i * width + column
        b, b_low = load(matrix[0], at, None, 0.0), load(matrix[1], at, None, 0.0)
        a, a_low = full(row[0], number_at(row[0], i)), full(row[0], number_at(row[1], i))
        return product_above(*sums, a, a_low, b, b_low)

    zero, begin = full(row[0], 0.0), about + about
    total, lost, first, second = loop(k, with_term, (begin, zero, zero, zero))
    return sum_with_smaller(total - begin, lost + (first + second))


@inlined
def _factors_at(factors, at, scale):
    # Those of what is seen, and of how much the last step was too small.
    scale = full(factors[0], scale)
    high, low = load(factors[0], at, None, 0.0), load(factors[1], at, None, 0.0)
    return high * scale, low * scale


@inlined
def _largest_if_near(row, width, w, top):
    # The largest entry of a row, -1 where one is much smaller, or NaN.
    most = largest_lane(top)
    least, one = full(row[0], most * _LEAST), full(row[0], 1.0)
    bad = full(row[0], 0.0)
    for column in range(0, width, w):
        high = load(row[0], column, None, 0.0)
        counted = select(high == full(row[0], 0.0), full(row[0], most), high)
        bad = select(counted >= least, bad, one)
    return -1.0 if any_lane(bad > full(row[0], 0.0)) else most


@inlined
def near_step(row, about, k, width, w, matrix, factors, at, scale, to, about_to):
    """The largest entry of a row after a step, or -1 where that is to be done another way.

    `at` is where the factors of what is seen begin, which come times `scale`.
    """
    top = full(row[0], 0.0)
    for column in range(0, width, w):
        rough = _about(about, k, matrix[0], column, width)
        high, low = _times_matrix(row, k, matrix, column, width, rough)
        factor, factor_low = _factors_at(factors, at + column, scale)
        store(about_to, column, None, rough * factor)
        high, low = product_of_pairs(high, low, factor, factor_low)
        store(to[0], column, None, high)
        store(to[1], column, None, low)
        top = larger(high, top)
    return _largest_if_near(to, width, w, top)


@inlined
def near_step_back(
    row, about, k, width, w, matrix, factors, at, scale, seen, about_seen, to, about_to
):
    """As `near_step`, backwards: `seen` is the row with its factors, before the matrix."""
    for column in range(0, width, w):
        high, low = load(row[0], column, None, 0.0), load(row[1], column, None, 0.0)
        factor, factor_low = _factors_at(factors, at + column, scale)
        store(about_seen, column, None, load(about, column, None, 0.0) * factor)
        high, low = product_of_pairs(high, low, factor, factor_low)
        store(seen[0], column, None, high)
        store(seen[1], column, None, low)
    top = full(row[0], 0.0)
    for column in range(0, width, w):
        rough = _about(about_seen, k, matrix[0], column, width)
        high, low = _times_matrix(seen, k, matrix, column, width, rough)
        store(about_to, column, None, rough)
        store(to[0], column, None, high)
        store(to[1], column, None, low)
        top = larger(high, top)
    return _largest_if_near(to, width, w, top)


@inlined
def scale_of(most):
    """(power, 2^-power) of the largest entry of a row."""
    _, power, scale = split_exponent(most if most > 0.0 else 1.0)
    return power, scale


@inlined
def number_of_row(row, column, power):
    """Entries of a row as numbers, each with a power of its own."""
    high, low = load(row[0], column, None, 0.0), load(row[1], column, None, 0.0)
    return normalised(high, low, full(row[0], power))
