"""The product of matrices of logarithms by sums of products of exponentials, where that is safe.

An exponential is taken for each entry of a and of b, relative to the largest of its row and of
its column; then a term costs a multiplication and an addition. Six rows of the result at a time
meet a panel of b as wide as a vector, and the sums stay in registers. Where the digits of such a
sum do not do, it is made again with all roundings carried; where the largest terms lie far below
the product of both maxima, or the result is near 0, its terms are summed one by one instead. Which
of these an entry gets depends on its row and column alone, not on what is computed beside it.
"""

import functools
import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import formula, loop
from .._formulas.products import add_product, factor, log_of_products, trust
from .._formulas.simd import VECTOR_BYTES, any_lane, const, constant, fma, select
from .._formulas.vectormath import larger, two_sum
from .logmatmul import columns_of, contiguous, entry_of, largest_of, pack, starts, vector_of
from .memory import full, lanes, load, number_at, store
from .passes import carried
from .row import row_max
from .sampled import DIRECT, NARROW_UNIT, WIDE, WIDE_UNIT, choose
from .workers import share

# Rows that meet a vector of b together; of a group, whose sums are kept while the terms of one
# depth, for which a panel of b stays in the second cache, are added.
_TILE, _GROUP, _DEPTH = 6, 96, 1024

# So many products are added plainly: each rounds by half an ulp of the sum at most.
_PLAIN = 8

# A logarithm of so many times the least modulus is right with plain sums: the errors of both
# exponentials and of the sum are 11.4 half ulp of 1.
_ENOUGH = 4.0

# Products of fewer rows, entries or terms of an entry are done before exponentials would pay, and
# those whose terms are fewer bytes in all before it is known whether they would do.
_LEAST_ROWS, _LEAST_ENTRIES, _LEAST_TERMS, LEAST_BYTES = 4, 128, 16, 2000 * VECTOR_BYTES


# --- the exponentials ----------------------------------------------------------------------------


@functools.cache
def row_factors():
    """The kernel of the maxima m of rows of k numbers, and of their factors."""

    def row_factors(a, m, factors, k, start, stop):
        w = lanes(a)
        for row in range(start, stop):
            base = row * k
            largest = row_max(a, base, k)
            m[row] = largest
            end = k // w * w
            for i in range(0, end, w):
                x = load(a, base + i, None, 0.0)
                store(factors, base + i, None, factor(x, full(a, largest)))
            if end < k:
                x = load(a, base + end, k - end, -math.inf)
                store(factors, base + end, k - end, factor(x, full(a, largest)))

    return kernel(row_factors)


@inlined
def _panel_factors(packed, k, factors):
    # The maxima of columns, and their factors in place.
    w = lanes(packed)
    c = full(packed, -math.inf)
    for i in range(k):
        c = larger(load(packed, i * w, None, 0.0), c)
    for i in range(k):
        store(factors, i * w, None, factor(load(packed, i * w, None, 0.0), c))
    return c


# --- sums of products ----------------------------------------------------------------------------


@formula
def _products(x, places, y, y_at, sums):
    # One term more for each of the rows of a tile.
    v = load(y, y_at, None, 0.0)
    return tuple(fma(full(y, number_at(x, place)), v, s) for place, s in zip(places, sums))


@formula
def _add_tile(x, places, y, y_at, count, high, low, at):
    """Add so many products for each row of a tile, which begin at `places`, to (high, low)."""
    w = lanes(y)
    zeros = (full(y, 0.0),) * _TILE

    def add(sums):
        for r, s in enumerate(sums):
            here = at + r * w
            total, error = load(high, here, None, 0.0), load(low, here, None, 0.0)
            total, error = carried(total, error, s)
            store(high, here, None, total)
            store(low, here, None, error)

    def some(first, state):
        sums = zeros
        for t in range(_PLAIN):
            here = first + t
            sums = _products(x, tuple(p + here for p in places), y, y_at + here * w, sums)
        add(sums)
        return state

    def one(i, sums):
        return _products(x, tuple(p + i for p in places), y, y_at + i * w, sums)

    body = count // _PLAIN * _PLAIN
    loop(body, some, (), 0, _PLAIN)
    add(loop(count, one, zeros, body))


@formula
def _carried_sum(x, x_at, y, count, total):
    # (sum, error) of the products of a row, given nearly the sum, which no product exceeds then.
    # Two sums take turns, since each waits for its own.
    w = lanes(y)

    def one(i, sums):
        return add_product(*sums, full(y, number_at(x, x_at + i)), load(y, i * w, None, 0.0))

    def two(i, sums):
        return one(i, sums[0]), one(i + 1, sums[1])

    zero = const(total, 0.0)
    body = count // 2 * 2
    even, odd = loop(body, two, ((total, zero),) * 2, 0, 2)
    even = loop(count, one, even, body)
    both, lost = two_sum(even[0] - total, odd[0] - total)
    return both, (even[1] + odd[1]) + lost


# --- where sums of products do not do ------------------------------------------------------------


@formula
def _doubtful(total, y, limit, unit):
    # Where a plain sum does not do.
    zero, one = const(y, 0.0), const(y, 1.0)
    return select(trust(total, y, limit) >= unit * const(y, _ENOUGH), zero, one) > zero


@inlined
def _turn(packed, k, width, turned):
    w = lanes(packed)
    for lane in range(width):
        for i in range(k):
            turned[lane * k + i] = packed[i * w + lane]


@inlined
def _exact(a, a_at, packed, k, total, y, good):
    # The logarithms that are not good, from all terms; -inf where none is left.
    w = lanes(packed)
    zero, one, infinity = const(y, 0.0), const(y, 1.0), const(y, -math.inf)
    m = largest_of(a, a_at, packed, 0, w, k, None)
    # A NaN or +inf would have come through to the total.
    nothing = select(total == zero, select(m == infinity, one, zero), zero)
    done = select(good > zero, one, nothing)
    if not any_lane(done < one):
        return select(good > zero, y, infinity)
    exact = vector_of(a, a_at, packed, 0, w, k, None)
    return select(good > zero, y, select(nothing > zero, infinity, exact))


@inlined
def _mend(
    a, factors, a_at, packed, columns, turned, is_turned, k, m, c, total, y, limit, unit, width,
    rest,
):  # fmt: skip
    """(the logarithms of a row, whether the panel is turned) where some sums do not do."""
    zero, one = const(y, 0.0), const(y, 1.0)
    sure, enough = trust(total, y, limit), unit * const(y, _ENOUGH)
    if any_lane(select(sure < enough, sure, zero) >= unit):
        again, error = _carried_sum(factors, a_at, columns, k, total)
        again = log_of_products(again, error, m, c)
        y = select(sure >= enough, y, again)
        sure = trust(total, y, limit)
    good = select(sure >= unit, one, zero)
    if not any_lane(good < one):
        return y, is_turned
    store(rest, 0, None, good)
    count = 0
    for lane in range(width):
        if rest[lane] == 0.0:
            count += 1
    if count * (k // lanes(packed) + 4) >= k:
        return _exact(a, a_at, packed, k, total, y, good), is_turned
    if not is_turned:
        _turn(packed, k, width, turned)
    w = lanes(packed)
    store(rest, w, None, y)
    for lane in range(width):
        if rest[lane] == 0.0:
            rest[w + lane] = entry_of(a, a_at, turned, lane * k, k)
    return load(rest, w, None, 0.0), True


# --- the kernel ----------------------------------------------------------------------------------


@functools.cache
def products():
    """The kernel of products of matrices (rows, k) and (k, n), with the factors of a.

    A part of the work is a vector of columns by a block of rows. `a_at` and `b_at` say where the
    matrices of each product begin, `down` and `across` how far apart the entries of b are. A
    logarithm is right from the modulus `unit` on, where its sum is carried.
    """

    def products(
        a, m, factors, b, out, a_at, b_at, down, across, blocks, unit, rows, k, n, start, stop
    ):  # fmt: skip
        w = lanes(b)
        panels = (n + w - 1) // w
        packed, columns = np.empty(k * w, b.dtype), np.empty(k * w, b.dtype)
        turned, rest = np.empty(k * w, b.dtype), np.empty(2 * w, b.dtype)
        high, low = np.empty(_GROUP * w, b.dtype), np.empty(_GROUP * w, b.dtype)
        c = full(b, 0.0)
        limit, unit = full(b, k) * constant(c, "factor_limit"), full(b, unit)
        is_turned = False
        before = -1
        for part in range(start, stop):
            # Blocks of rows come last: those of one panel follow each other.
            panel = part // blocks
            block = part - panel * blocks
            product = panel // panels
            column = (panel - product * panels) * w
            width = min(w, n - column)
            if panel != before:
                pack(b, b_at[product] + column * across, down, across, k, width, packed)
                c = _panel_factors(packed, k, columns)
                before, is_turned = panel, False
            a_from, o_from = a_at[product], product * rows * n + column
            last = rows * (block + 1) // blocks
            for first in range(rows * block // blocks, last, _GROUP):
                count = min(_GROUP, last - first)
                _sum_group(factors, a_from + first * k, columns, k, count, high, low)
                for i in range(count):
                    at = a_from + (first + i) * k
                    total = load(high, i * w, None, 0.0)
                    shift = full(b, m[at // k])
                    y = log_of_products(total, load(low, i * w, None, 0.0), shift, c)
                    if any_lane(_doubtful(total, y, limit, unit)):
                        y, is_turned = _mend(
                            a, factors, at, packed, columns, turned, is_turned, k, shift, c,
                            total, y, limit, unit, width, rest,
                        )  # fmt: skip
                    store(out, o_from + (first + i) * n, width, y)

    return kernel(products)


@inlined
def _sum_group(factors, at, columns, k, count, high, low):
    # The sums of products for a group of rows; a tile beyond the last row repeats that.
    w = lanes(columns)
    # Nothing to a sum, as 0 is, but filled in by this loop and not by a call of the C library.
    high[: count * w + _TILE * w] = -0.0
    low[: count * w + _TILE * w] = -0.0
    for first in range(0, k, _DEPTH):
        depth = min(_DEPTH, k - first)
        for i in range(0, count, _TILE):
            places = (
                at + i * k + first,
                at + min(i + 1, count - 1) * k + first,
                at + min(i + 2, count - 1) * k + first,
                at + min(i + 3, count - 1) * k + first,
                at + min(i + 4, count - 1) * k + first,
                at + min(i + 5, count - 1) * k + first,
            )
            _add_tile(factors, places, columns, first * w, depth, high, low, i * w)


# --- its calls -----------------------------------------------------------------------------------


def fill(a, b, out, workers):
    """The products of matrices of any layout, or False if all terms are to be summed one by one.

    `out` is contiguous. Nothing is written to it where the result is False.
    """
    (rows, k), n, width = a.shape[-2:], b.shape[-1], VECTOR_BYTES // out.itemsize
    few, many = min(rows, n), max(rows, n)
    are_many = few >= _LEAST_ROWS and 2 * many >= width and rows * n >= _LEAST_ENTRIES
    if not (are_many and k >= _LEAST_TERMS):
        return False
    if n < width and n < rows:
        turned = np.empty((*out.shape[:-2], n, rows), out.dtype)
        done = _fill(b.swapaxes(-1, -2), a.swapaxes(-1, -2), turned, workers)
        if done:
            out[...] = turned.swapaxes(-1, -2)
        return done
    return _fill(a, b, out, workers)


def _fill(a, b, out, workers):
    (rows, k), n = a.shape[-2:], b.shape[-1]
    batch, dtype = out.shape[:-2], out.dtype
    at = starts(a, batch), starts(b, batch)
    first = contiguous(a, dtype)
    second, down, across = columns_of(b, dtype)
    chosen = choose()(first, second, *at, down, across, rows, k, n)
    if chosen == DIRECT:
        return False
    if chosen == WIDE:
        first, second, result, unit = first.astype(float), second.astype(float), out, WIDE_UNIT
        out = np.empty(out.shape)
    else:
        result, unit = None, NARROW_UNIT
    m, factors = np.empty(first.size // k, out.dtype), np.empty_like(first)
    share(row_factors(), (first, m, factors, k), m.size, workers)
    panels = math.prod(batch) * -(-n * out.itemsize // VECTOR_BYTES)
    blocks = 1 if workers == 1 else min(-(-rows // _TILE), -(-4 * workers // panels))
    sizes = down, across, blocks, unit, rows, k, n
    arguments = first, m, factors, second, out.reshape(-1), *at, *sizes
    share(products(), arguments, panels * blocks, workers)
    if result is not None:
        result[...] = out
    return True
