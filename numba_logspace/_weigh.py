"""Kernels with sums of weighted terms over each row: derivatives, and losses with their gradients.

As kernels of values, with one sweep more, over x and up to two arrays that go with it, g and t
(see `_entries`). A kernel writes up to two arrays of results for the entries and one, `values`,
for the rows. All arrays are flat and contiguous. Nothing here knows what the formulas compute.
"""

import math

import numpy as np
from numba import types
from numba.extending import overload

from ._entries import (
    entry,
    gather_columns_of,
    gather_rows_of,
    number_of_row,
    numbers_of_rows,
    of_row,
    of_rows,
    put,
    room_for,
    scatter_columns_to,
    scatter_rows_to,
)
from ._jit import formula, kernel
from ._kernels import (
    column_group,
    gather_columns,
    gather_rows,
    group_size,
    row_summaries,
    tile_summaries,
)
from ._passes import term_at
from ._simd import any_lane, const, constant, full, lanes, load, select, store
from ._softsum import scaled_term
from ._sums import (
    add_plainly,
    add_terms,
    all_finite,
    plain_sums_of_lanes,
    spread,
    sums_of_lanes,
    zeros,
)
from ._vectormath import two_sum


class Formulas:
    """What one function is made of (see `_derivatives`).

    `sums` says how many terms `weigh` returns, with compensation and without; where it is None
    there is no sweep for them. `element` is None where there are no results for the entries,
    `result` where there is none for the row. `admit` says what scores are right, where that has
    not been checked before.
    """

    def __init__(
        self, prepare, settle, *, weigh=None, sums=(0, 0), element=None, result=None, admit=None
    ):
        self.prepare, self.settle, self.element = prepare, settle, element
        self.weigh, self.sums = weigh or _weigh_nothing, sums
        self.weighs = weigh is not None
        self.result, self.admit = result or _no_result, admit


@formula
def _weigh_nothing(v, e, g, t, m, row, lift):
    return (), ()


@formula
def _no_result(row):
    return row[0]


def store_results(out, out2, at, width, results):
    """Store the one or two results of an entry."""
    raise NotImplementedError("only inside compiled code")


@overload(store_results)
def _overload_store_results(out, out2, at, width, results):
    if results.count == 1:
        return lambda out, out2, at, width, results: store(out, at, width, results[0])

    def store_both(out, out2, at, width, results):
        store(out, at, width, results[0])
        store(out2, at, width, results[1])

    return store_both


# --- sweeps --------------------------------------------------------------------------------------


@formula
def _term_pass(x, base, step, count, width, reference, e, e_base, e_step):
    for i in range(count):
        v = load(x, base + i * step, width, -math.inf)
        store(e, e_base + i * e_step, width, scaled_term(v, reference))


def weigh_pass_of(weigh):
    """The sweep that adds up what `weigh` makes of each entry.

    `terms` says where the scaled terms are kept, (e, index, step), and `along` what goes with the
    entries, (g, t, number of the first vector's first entry, step of that).
    """

    @formula
    def weigh_pass(x, base, step, count, width, terms, along, tops, row, lift, sums):
        (e, e_base, e_step), (g, t, number, stride), (m, ref) = terms, along, tops
        compensated, own = sums
        for i in range(count):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            term = term_at(e, e_base + i * e_step, width, v, ref)
            gi = entry(g, x, at, number + i * stride, width)
            ti = entry(t, x, at, number + i * stride, width)
            more, mine = weigh(v, term, gi, ti, m, row, lift)
            compensated, own = add_terms(compensated, more), add_plainly(own, mine)
        return compensated, own

    return weigh_pass


def finish_pass_of(element):
    """The sweep that writes what `element` makes of each entry; none where that is None."""

    @formula
    def no_pass(x, base, step, count, width, terms, along, tops, row, out, out2):
        return None

    if element is None:
        return no_pass

    @formula
    def finish_pass(x, base, step, count, width, terms, along, tops, row, out, out2):
        (e, e_base, e_step), (g, t, number, stride), (m, ref) = terms, along, tops
        for i in range(count):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            term = term_at(e, e_base + i * e_step, width, v, ref)
            gi = entry(g, x, at, number + i * stride, width)
            ti = entry(t, x, at, number + i * stride, width)
            store_results(out, out2, at, width, element(v, term, gi, ti, m, row))

    return finish_pass


# --- rows ----------------------------------------------------------------------------------------


def _weigh_row(formulas):
    weigh_pass = weigh_pass_of(formulas.weigh)
    terms_count, plain_count = 2 * formulas.sums[0], formulas.sums[1]

    @formula
    def weigh_once(x, base, n, e, g, t, tops, row, lift):
        w = lanes(x)
        body = n // w
        end, left = base + body * w, n - body * w
        lift = full(x, lift)
        sums = zeros(tops[0], terms_count), zeros(tops[0], plain_count)
        terms, along = (e, 0, w), (g, t, 0, w)
        sums = weigh_pass(x, base, w, body, None, terms, along, tops, row, lift, sums)
        if left > 0:
            terms, along = (e, body * w, w), (g, t, body * w, w)
            sums = weigh_pass(x, end, w, 1, left, terms, along, tops, row, lift, sums)
        return sums_of_lanes(sums[0]), plain_sums_of_lanes(sums[1])

    @formula
    def weigh_row(x, base, n, e, g, t, tops, row, lift):
        sums, own = weigh_once(x, base, n, e, g, t, tops, row, lift)
        if not all_finite(sums):
            # Lifted it overflows, so it is large, and needs no lift.
            lift = const(lift, 1.0)
            sums, own = weigh_once(x, base, n, e, g, t, tops, row, lift)
        return sums, own, lift

    @formula
    def weigh_nothing(x, base, n, e, g, t, tops, row, lift):
        return (), (), lift

    return weigh_row if formulas.weighs else weigh_nothing


def _finish_row(formulas):
    finish_pass = finish_pass_of(formulas.element)

    @formula
    def finish_row(x, base, n, e, g, t, tops, row, out, out2):
        w = lanes(x)
        body = n // w
        end, left = base + body * w, n - body * w
        terms, along = (e, 0, w), (g, t, 0, w)
        finish_pass(x, base, w, body, None, terms, along, tops, row, out, out2)
        if left > 0:
            terms, along = (e, body * w, w), (g, t, body * w, w)
            finish_pass(x, end, w, 1, left, terms, along, tops, row, out, out2)

    return finish_row


def _refill(e, x, base, n, ref):
    """Make the kept terms of a row relative to another reference."""
    raise NotImplementedError("only inside compiled code")


@overload(_refill)
def _overload_refill(e, x, base, n, ref):
    if e == types.none:
        return lambda e, x, base, n, ref: None

    def refill(e, x, base, n, ref):
        w = lanes(x)
        body = n // w
        _term_pass(x, base, w, body, None, full(x, ref), e, 0, w)
        if body * w < n:
            _term_pass(x, base + body * w, w, 1, n - body * w, full(x, ref), e, body * w, w)

    return refill


def weigh_rows(formulas, condition, seconds):
    """Rows one by one; `keep` is any array to keep the exponentials between sweeps, or None."""
    summaries = row_summaries(condition, seconds[0])
    prepare, settle, result = formulas.prepare, formulas.settle, formulas.result
    weigh_row, finish_row = _weigh_row(formulas), _finish_row(formulas)

    @formula
    def one_row(x, base, n, e, g, t, c, out, out2):
        summary, more = summaries(x, base, n, e, 0)
        m = summary[0]
        ref, row = prepare(summary, more, const(m, n))
        if ref < m:
            _refill(e, x, base, n, ref)
        tops = full(x, m), full(x, ref)
        lift = constant(m, "lift")
        sums, own, lift = weigh_row(x, base, n, e, g, t, tops, spread(x, row), lift)
        row = settle(sums, own, row, c, lift)
        finish_row(x, base, n, e, g, t, tops, spread(x, row), out, out2)
        return result(row)

    def rows(x, keep, g, t, c, values, out, out2, n, start, stop):
        e = room_for(keep, x, n)
        for r in range(start, stop):
            mine = of_row(g, r), of_row(t, r), number_of_row(c, r, x[0])
            put(values, r, one_row(x, r * n, n, e, *mine, out, out2))

    return kernel(rows)


# --- tiles ---------------------------------------------------------------------------------------


def _weigh_tile(formulas):
    weigh_pass = weigh_pass_of(formulas.weigh)
    terms_count, plain_count = 2 * formulas.sums[0], formulas.sums[1]

    @formula
    def weigh_tile(x, base, step, n, width, e, g, t, tops, row):
        none = zeros(tops[0], terms_count), zeros(tops[0], plain_count)
        zero, one = const(tops[0], 0.0), const(tops[0], 1.0)
        lift = constant(one, "lift")
        strip = x, base, step, n, width, (e, 0, lanes(x)), (g, t, 0, 1)
        sums, own = weigh_pass(*strip, tops, row, lift, none)
        finite = all_finite(sums)
        if any_lane(select(finite, zero, one) > zero):
            # Lifted it overflows, so it is large, and needs no lift.
            lift = select(finite, lift, one)
            sums, own = weigh_pass(*strip, tops, row, lift, none)
        return sums, own, lift

    @formula
    def weigh_nothing(x, base, step, n, width, e, g, t, tops, row):
        return (), (), const(tops[0], 1.0)

    return weigh_tile if formulas.weighs else weigh_nothing


def _refill_tile(e, x, base, step, n, width, ref):
    """Make the kept terms of a tile relative to another reference."""
    raise NotImplementedError("only inside compiled code")


@overload(_refill_tile)
def _overload_refill_tile(e, x, base, step, n, width, ref):
    if e == types.none:
        return lambda e, x, base, step, n, width, ref: None
    return lambda e, x, base, step, n, width, ref: _term_pass(
        x, base, step, n, width, ref, e, 0, lanes(x)
    )


def _tile(formulas, condition, second):
    # Rows side by side, all arrays with the same strip; returns their results.
    summaries = tile_summaries(condition, second)
    prepare, settle, result = formulas.prepare, formulas.settle, formulas.result
    weigh_tile = _weigh_tile(formulas)
    finish_pass = finish_pass_of(formulas.element)

    @formula
    def tile(x, base, step, n, width, e, g, t, c, out, out2):
        strip = x, base, step, n, width
        summary, more = summaries(*strip, e, 0, x, base, step, width)
        m = summary[0]
        ref, row = prepare(summary, more, const(m, n))
        if any_lane(ref < m):
            _refill_tile(e, *strip, ref)
        tops = m, ref
        sums, own, lift = weigh_tile(*strip, e, g, t, tops, row)
        row = settle(sums, own, row, c, lift)
        finish_pass(*strip, (e, 0, lanes(x)), (g, t, 0, 1), tops, row, out, out2)
        return result(row)

    return tile


def weigh_columns(formulas, condition, seconds):
    """Columns, copied together; the unit of work is a tile."""
    tile = _tile(formulas, condition, seconds[1])

    def columns(x, keep, g, t, c, values, out, out2, n, inner, start, stop):
        w = lanes(x)
        size = group_size(x, n, inner)
        x_tile, g_tile, t_tile = (
            np.empty(size * n * w, x.dtype),
            room_for(g, x, size * n * w),
            room_for(t, x, size * n * w),
        )
        second = room_for(out2, x, size * n * w)
        e = room_for(keep, x, n * w)
        unit = start
        while unit < stop:
            count, base, column, where = column_group(unit, stop, size, n, inner, w)
            place = base, n, inner, column, count
            gather_columns(x, *place, x_tile)
            gather_columns_of(g, *place, g_tile)
            gather_columns_of(t, *place, t_tile)
            for k in range(count):
                first, width = where + k * w, min(w, inner - column - k * w)
                mine = (
                    of_rows(g, g_tile, g_tile, x, first, width),
                    of_rows(t, t_tile, t_tile, x, first, width),
                )
                number = numbers_of_rows(c, first, width, x)
                # In place of the tile of x.
                result = tile(x_tile, k * n * w, w, n, None, e, *mine, number, x_tile, second)
                store(values, first, width, result)
            scatter_columns_to(x_tile, *place, out)
            scatter_columns_to(second, *place, out2)
            unit += count

    return kernel(columns)


def weigh_long_columns(formulas, condition, seconds):
    """Columns too long to be copied; the unit of work is a tile."""
    tile = _tile(formulas, condition, seconds[1])

    def columns(x, keep, g, t, c, values, out, out2, n, inner, start, stop):
        w = lanes(x)
        labels = np.empty(w, x.dtype)
        for unit in range(start, stop):
            _, base, column, first = column_group(unit, stop, 1, n, inner, w)
            width = min(w, inner - column)
            mine = (
                of_rows(g, g, labels, x, first, width),
                of_rows(t, t, labels, x, first, width),
            )
            number = numbers_of_rows(c, first, width, x)
            result = tile(x, base, inner, n, width, None, *mine, number, out, out2)
            store(values, first, width, result)

    return kernel(columns)


def weigh_short_rows(formulas, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    tile = _tile(formulas, condition, seconds[1])

    def rows(x, keep, g, t, c, values, out, out2, n, inner, start, stop):
        w = lanes(x)
        x_tile, e = np.empty(n * w, x.dtype), room_for(keep, x, n * w)
        g_tile, t_tile, second = (
            room_for(g, x, n * w),
            room_for(t, x, n * w),
            room_for(out2, x, n * w),
        )
        for first in range(start, stop, w):
            count = min(w, stop - first)
            gather_rows(x, first, count, n, inner, x_tile)
            gather_rows_of(g, first, count, n, inner, g_tile)
            gather_rows_of(t, first, count, n, inner, t_tile)
            mine = (
                of_rows(g, g_tile, g_tile, x, first, count),
                of_rows(t, t_tile, t_tile, x, first, count),
            )
            number = numbers_of_rows(c, first, count, x)
            result = tile(x_tile, 0, w, n, None, e, *mine, number, x_tile, second)
            store(values, first, count, result)
            scatter_rows_to(x_tile, first, count, n, inner, out)
            scatter_rows_to(second, first, count, n, inner, out2)

    return kernel(rows)


def _sum_of_rows(values):
    # With compensation: the rows may be many.
    total, error = 0.0, 0.0
    for value in values:
        total, lost = two_sum(total, np.float64(value))
        error += lost
    return total + error if math.isfinite(total) else total


sum_of_rows = kernel(_sum_of_rows)
