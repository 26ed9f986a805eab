"""Steps of one chain whose numbers lie near each other: a row of states has one power.

A row is a pair of arrays, the high parts and the low ones. A column of a step is summed up above
its own sum, roughly known: what a product adds to that is exact, and so is what it lacks, at half
the price of sums that begin with nothing. The rough sums are those of the same chain in plain
doubles, so that nothing waits for them. A row is not brought back to the size of 1 at once: the
next step makes up for it, by its factors.
"""

from .._compile.trace import formula, loop
from .._formulas.chains import normalised, product_above, product_of_pairs
from .._formulas.simd import any_lane, const, fma, largest_lane, select, split_exponent
from .._formulas.vectormath import larger, sum_with_smaller
from .memory import full, lanes, load, number_at, store
from .numbers import keep, put

# Entries of a row, factors (NEAR) and moves may together be 2^-900 of the largest, so that no digit
# underflows, although a row is brought back a step late.
_LEAST = 2.0**-250


@formula
def _about(row, here, k, matrix, column, width):
    # A row times the columns of a matrix from `column` on.
    def with_term(i, total):
        b = load(matrix, i * width + column, None, 0.0)
        return fma(full(row, number_at(row, here + i)), b, total)

    return loop(k, with_term, full(row, 0.0))


@formula
def _times_matrix(rows, here, k, matrix, column, width, about):
    # The same in twice the digits.
    high, low, _ = rows

    def with_term(i, sums):
        at = i * width + column
        b, b_low = load(matrix[0], at, None, 0.0), load(matrix[1], at, None, 0.0)
        a, a_low = full(high, number_at(high, here + i)), full(high, number_at(low, here + i))
        return product_above(*sums, a, a_low, b, b_low)

    zero, begin = full(high, 0.0), about + about
    total, lost, first, second = loop(k, with_term, (begin, zero, zero, zero))
    return sum_with_smaller(total - begin, lost + (first + second))


@formula
def _put_row(rows, at, high, low, about):
    store(rows[0], at, None, high)
    store(rows[1], at, None, low)
    store(rows[2], at, None, about)


@formula
def _with_factors(high, low, about, factors, at, scale):
    # What is seen, and what the last step was too small by.
    scale = full(factors[0], scale)
    factor = load(factors[0], at, None, 0.0) * scale
    factor_low = load(factors[1], at, None, 0.0) * scale
    return *product_of_pairs(high, low, factor, factor_low), about * factor


@formula
def _largest_if_near(row, at, width, top):
    # The largest entry of a row, -1 where one is much smaller, or NaN.
    most, zero, one = largest_lane(top), full(row, 0.0), full(row, 1.0)
    least = full(row, most * _LEAST)

    def with_column(column, bad):
        high = load(row, at + column, None, 0.0)
        counted = select(high == zero, full(row, most), high)
        return select(counted >= least, bad, one)

    bad = loop(width, with_column, zero, 0, lanes(row))
    return select(any_lane(bad > zero), const(most, -1.0), most)


@formula
def near_step(rows, here, to, k, width, matrix, factors, at, scale):
    """The largest entry of a row after a step, or -1 where that is to be done another way.

    `rows` are the high parts, the low parts, and about what a row is; the row begins at `here`, and
    comes to begin at `to`. Where `at` is, factors of what is seen begin, which come times `scale`.
    """

    def with_column(column, top):
        about = _about(rows[2], here, k, matrix[0], column, width)
        high, low = _times_matrix(rows, here, k, matrix, column, width, about)
        high, low, about = _with_factors(high, low, about, factors, at + column, scale)
        _put_row(rows, to + column, high, low, about)
        return larger(high, top)

    top = loop(width, with_column, full(rows[0], 0.0), 0, lanes(rows[0]))
    return _largest_if_near(rows[0], to, width, top)


@formula
def near_step_back(rows, here, seen, to, k, width, matrix, factors, at, scale):
    """As `near_step`, backwards: at `seen` the row is with its factors, before the matrix."""

    def with_factors(column, _):
        row = (load(part, here + column, None, 0.0) for part in rows)
        _put_row(rows, seen + column, *_with_factors(*row, factors, at + column, scale))

    def with_column(column, top):
        about = _about(rows[2], seen, k, matrix[0], column, width)
        high, low = _times_matrix(rows, seen, k, matrix, column, width, about)
        _put_row(rows, to + column, high, low, about)
        return larger(high, top)

    w = lanes(rows[0])
    loop(width, with_factors, None, 0, w)
    top = loop(width, with_column, full(rows[0], 0.0), 0, w)
    return _largest_if_near(rows[0], to, width, top)


@formula
def scale_of(most):
    """(power, 2^-power) of the largest entry of a row."""
    one = const(most, 1.0)
    _, power, scale = split_exponent(select(most > const(most, 0.0), most, one))
    return power, scale


# --- as numbers of other powers -----------------------------------------------------------------


@formula
def number_of_row(rows, at, power):
    """Entries of a row as numbers, each with a power of its own."""
    high, low = load(rows[0], at, None, 0.0), load(rows[1], at, None, 0.0)
    return normalised(high, low, full(rows[0], power))


@formula
def keep_row(rows, here, power, k, to, at):
    keep(lambda i: number_of_row(rows, here + i, power), k, to, at)


@formula
def keep_row_for_log(rows, here, power, k, to, at):
    # As it is, for a logarithm.
    def number_at(i):
        high, low = load(rows[0], here + i, None, 0.0), load(rows[1], here + i, None, 0.0)
        return high, low, full(to[0], power)

    keep(number_at, k, to, at)


@formula
def row_as_numbers(rows, here, power, width, to):
    def with_column(i, _):
        put(to, i, None, number_of_row(rows, here + i, power))

    loop(width, with_column, None, 0, lanes(to[0]))
