"""Kernels with sums of weighted terms over each row: derivatives, and losses with their gradients.

As kernels of values, with one sweep more, over x and up to two arrays that go with it, g and t
(see `_entries`). A kernel writes up to two arrays of results for the entries and one, `values`,
for the rows. All arrays are flat and contiguous. Nothing here knows what the formulas compute.
"""

import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import branch, formula, loop
from .._formulas.simd import any_lane, const, constant, select
from .._formulas.softsum import scaled_term
from .._formulas.sums import (
    add_plainly,
    add_terms,
    all_finite,
    merge_sums,
    none_of,
    plain_sums_of_lanes,
    sums_of_lanes,
    zeros,
)
from .._formulas.vectormath import lesser
from . import light
from .entries import (
    entry,
    no_room,
    number_of_row,
    numbers_of_rows,
    of_row,
    of_rows,
    room_for,
)
from .gathering import (
    column_group,
    gather_columns,
    gather_rows,
    group_size,
    room_for_rows,
    scatter_columns,
    scatter_rows,
)
from .kernels import row_summaries
from .memory import full, lanes, load, put_number, spread, store
from .passes import Registers, ends_of, in_blocks, term_at
from .row import Short, in_registers, is_short, number_of, parts
from .tile_kernels import tile_summaries


class Formulas:
    """What one function is made of (see `_derivatives`).

    `sums` says how many terms `weigh` returns, with compensation and without; where it is None
    there is no sweep for them. `element` is None where there are no results for the entries,
    `result` where there is none for the row. `admit` says what scores are right, where that has
    not been checked before, and `admit_second` the same of what else goes with the entries.
    On CUDA `lighter` is (condition on the row, `element` that does where it holds), or nothing.
    """

    def __init__(
        self,
        prepare,
        settle,
        *,
        weigh=None,
        sums=(0, 0),
        element=None,
        result=None,
        admit=None,
        admit_second=None,
        light=None,
        lighter=(),
    ):
        self.prepare, self.settle, self.element = prepare, settle, element
        self.weigh, self.sums = weigh or _weigh_nothing, sums
        self.weighs = weigh is not None
        self.result, self.admit = result or _no_result, admit
        self.admit_second = admit_second or _as_it_is
        self.light, self.lighter = light, lighter
        self.room_for_held = room_for if light is not None and light.hold else no_room


@formula
def _weigh_nothing(v, e, g, t, m, row, lift):
    return (), ()


@formula
def _as_it_is(u):
    return u


@formula
def _no_result(row):
    return row[0]


def _store_results(outs, at, width, results):
    for out, result in zip(outs, results):
        store(out, at, width, result)


# --- sweeps --------------------------------------------------------------------------------------


@formula
def _term_pass(x, base, step, count, width, reference, e, e_base, e_step):
    def one_more(i, _):
        v = load(x, base + i * step, width, -math.inf)
        store(e, e_base + i * e_step, width, scaled_term(v, reference))

    loop(count, one_more, None)


def _merge(before, sums):
    return merge_sums(before[0], sums[0]), add_plainly(before[1], sums[1])


def weigh_pass_of(weigh):
    """The sweep that adds up what `weigh` makes of each entry.

    `terms` says where the scaled terms are kept, (e, index, step), and `along` what goes with the
    entries, (g, t, number of the first vector's first entry, step of that).
    """

    @formula
    def weigh_pass(x, base, step, count, width, terms, along, tops, row, lift, sums):
        (e, e_base, e_step), (g, t, number, stride), (m, ref) = terms, along, tops

        def one_more(i, sums):
            compensated, own = sums
            at = base + i * step
            v = load(x, at, width, -math.inf)
            term = term_at(e, e_base + i * e_step, width, v, ref)
            gi = entry(g, x, at, number + i * stride, width)
            ti = entry(t, x, at, number + i * stride, width)
            more, mine = weigh(v, term, gi, ti, m, row, lift)
            return add_terms(compensated, more), add_plainly(own, mine)

        def block(first, last, sums):
            return loop(last, one_more, sums, first)

        nothing = none_of(sums[0]), none_of(sums[1])
        return in_blocks(count, block, nothing, _merge)(sums)

    return weigh_pass


def finish_pass_of(element):
    """The sweep that writes what `element` makes of each entry; none where that is None."""

    @formula
    def finish_pass(x, base, step, count, width, terms, along, tops, row, out, out2):
        (e, e_base, e_step), (g, t, number, stride), (m, ref) = terms, along, tops

        def one_more(i, _):
            at = base + i * step
            v = load(x, at, width, -math.inf)
            term = term_at(e, e_base + i * e_step, width, v, ref)
            gi = entry(g, x, at, number + i * stride, width)
            ti = entry(t, x, at, number + i * stride, width)
            _store_results((out, out2), at, width, element(v, term, gi, ti, m, row))

        if element is not None:
            loop(count, one_more, None)

    return finish_pass


# --- rows ----------------------------------------------------------------------------------------


def _weigh_row(formulas):
    weigh_pass = weigh_pass_of(formulas.weigh)
    terms_count, plain_count = 2 * formulas.sums[0], formulas.sums[1]

    def weigh_once(x, base, n, e, g, t, tops, row, lift):
        (body, width), (has_end, end, left) = parts(x, base, n)
        w, done, lift = lanes(x), end - base, full(x, lift)
        none = zeros(tops[0], terms_count), zeros(tops[0], plain_count)
        e_body, e_end = ends_of(e)

        def of_end():
            terms, along = (e_end, done, w), (g, t, done, w)
            return weigh_pass(x, end, w, 1, left, terms, along, tops, row, lift, none)

        sums = branch(has_end, of_end, none)
        terms, along = (e_body, 0, w), (g, t, 0, w)
        sums = weigh_pass(x, base, w, body, width, terms, along, tops, row, lift, sums)
        return sums_of_lanes(sums[0]), plain_sums_of_lanes(sums[1])

    @formula
    def weigh_row(x, base, n, e, g, t, tops, row, lift):
        row_of = x, base, n, e, g, t, tops, row
        sums, own = weigh_once(*row_of, lift)

        def without_lift():
            # Lifted it overflows, so it is large, and needs no lift.
            one = const(lift, 1.0)
            return *weigh_once(*row_of, one), one

        return branch(all_finite(sums), lambda: (sums, own, lift), without_lift)

    @formula
    def weigh_nothing(x, base, n, e, g, t, tops, row, lift):
        return (), (), lift

    return weigh_row if formulas.weighs else weigh_nothing


def _finish_row(formulas):
    finish_pass = finish_pass_of(formulas.element)

    @formula
    def finish_row(x, base, n, e, g, t, tops, row, out, out2):
        (body, width), (has_end, end, left) = parts(x, base, n)
        w, done, (e_body, e_end) = lanes(x), end - base, ends_of(e)
        terms, along = (e_body, 0, w), (g, t, 0, w)
        finish_pass(x, base, w, body, width, terms, along, tops, row, out, out2)

        def finish_end():
            terms, along = (e_end, done, w), (g, t, done, w)
            finish_pass(x, end, w, 1, left, terms, along, tops, row, out, out2)

        branch(has_end, finish_end, None)

    return finish_row


def _refill(holds, e, x, base, n, ref):
    # Where it holds, make the kept terms of a row relative to another reference.
    (body, width), (has_end, end, left) = parts(x, base, n)
    w, ref = lanes(x), full(x, ref)
    if isinstance(e, Registers):
        for kept, at, of in ((e.body, base, width), (e.end, end, left)):
            if kept.term is not None:
                kept.term = branch(holds, _term_from(x, at, of, ref), kept.term)
    elif e is not None:

        def from_memory():
            _term_pass(x, base, w, body, width, ref, e, 0, w)
            branch(has_end, lambda: _term_pass(x, end, w, 1, left, ref, e, end - base, w), None)

        branch(holds, from_memory, None)


def _term_from(x, at, width, ref):
    return lambda: scaled_term(load(x, at, width, -math.inf), ref)


def one_row_of(formulas, condition, seconds):
    """(x, base, n, e, h, g, t, c, out, out2) of one row, whose number is returned.

    `h` is where its formulas may keep a number for each entry, or None.
    """
    summaries = row_summaries(condition, seconds[0])
    prepare, settle, result = formulas.prepare, formulas.settle, formulas.result
    weigh_row, finish_row = _weigh_row(formulas), _finish_row(formulas)

    @formula
    def one_row(x, base, n, e, h, g, t, c, out, out2):
        summary, more = summaries(x, base, n, e, 0)
        m = summary[0]
        ref, row = prepare(summary, more, number_of(n))

        def in_any_case():
            _refill(ref < m, e, x, base, n, ref)
            tops = full(x, m), full(x, ref)
            lift = constant(m, "lift")
            sums, own, lift = weigh_row(x, base, n, e, g, t, tops, spread(x, row), lift)
            numbers = settle(sums, own, row, c, lift)
            finish_row(x, base, n, e, g, t, tops, spread(x, numbers), out, out2)
            return result(numbers)

        if formulas.light is None or isinstance(n, Short):
            return in_any_case()
        lightly = light.row_of(formulas.light)
        return lightly(x, base, n, e, h, g, m, row, c, (out, out2), in_any_case)

    return one_row


def weigh_rows(formulas, condition, seconds):
    """Rows one by one; `keep` is any array to keep the exponentials between sweeps, or None."""
    one_row, room_for_held = one_row_of(formulas, condition, seconds), formulas.room_for_held

    def rows(x, keep, g, t, c, values, out, out2, n, start, stop):
        e, h = room_for(keep, x, n), room_for_held(keep, x, n)
        for r in range(start, stop):
            mine = of_row(g, r), of_row(t, r), number_of_row(c, r, x[0])
            put_number(values, r, one_row(x, r * n, n, e, h, *mine, out, out2))

    return kernel(rows)


def _lone_row(formulas, condition, seconds):
    # (x, keep, g, t, c, out, out2) of a single row; a short one stays in registers.
    one_row, room_for_held = one_row_of(formulas, condition, seconds), formulas.room_for_held

    @formula
    def short_row(x, n, g, t, c, out, out2):
        def short(x, n, as_x):
            return one_row(x, 0, n, Registers(), None, as_x(g), as_x(t), c, out, out2)

        return in_registers(x, n, short)

    @inlined
    def row(x, keep, g, t, c, out, out2):
        n = x.size
        others = of_row(g, 0), of_row(t, 0), number_of_row(c, 0, x[0]), out, out2
        if is_short(x, n):
            return short_row(x, n, *others)
        return one_row(x, 0, n, room_for(keep, x, n), room_for_held(keep, x, n), *others)

    return row


def weigh_one_row(formulas, condition, seconds):
    """A single row, whose number is returned."""
    lone_row = _lone_row(formulas, condition, seconds)

    def row(x, keep, g, t, c, out, out2):
        return lone_row(x, keep, g, t, c, out, out2)

    return kernel(row)


def weigh_two_rows(first, second):
    """Two rows that have a number in common, each with formulas, condition and seconds."""
    first_row, second_row = _lone_row(*first), _lone_row(*second)

    def rows(x, y, keep, g, h, c, values, out, out2):
        a = first_row(x, keep, g, None, c, out, None)
        b = second_row(y, keep, h, None, c, out2, None)
        if values is not None:
            values[0] = 0.0 + a + b

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

        def without_lift():
            # Lifted it overflows, so it is large, and needs no lift.
            lower = select(finite, lift, one)
            return *weigh_pass(*strip, tops, row, lower, none), lower

        overflows = any_lane(select(finite, zero, one) > zero)
        return branch(overflows, without_lift, lambda: (sums, own, lift))

    @formula
    def weigh_nothing(x, base, step, n, width, e, g, t, tops, row):
        return (), (), const(tops[0], 1.0)

    return weigh_tile if formulas.weighs else weigh_nothing


@formula
def refill_tile(e, x, base, step, n, width, ref):
    """Make the kept terms of a tile relative to another reference."""
    if e is not None:
        _term_pass(x, base, step, n, width, ref, e, 0, lanes(x))


def tile_of(formulas, condition, second):
    """Of rows side by side, all arrays with the same strip; it returns their numbers."""
    summaries = tile_summaries(condition, second)
    prepare, settle, result = formulas.prepare, formulas.settle, formulas.result
    weigh_tile = _weigh_tile(formulas)
    finish_pass = finish_pass_of(formulas.element)

    @formula
    def tile(x, base, step, n, width, e, h, g, t, c, out, out2):
        strip = x, base, step, n, width
        summary, more = summaries(*strip, e, 0, x, base, step, width)
        m = summary[0]
        ref, row = prepare(summary, more, n)

        def in_any_case():
            branch(any_lane(ref < m), lambda: refill_tile(e, *strip, ref), None)
            tops = m, ref
            sums, own, lift = weigh_tile(*strip, e, g, t, tops, row)
            numbers = settle(sums, own, row, c, lift)
            finish_pass(*strip, (e, 0, lanes(x)), (g, t, 0, 1), tops, numbers, out, out2)
            return result(numbers)

        # Without sums the few products saved do not pay for the question, where rows are short.
        if formulas.light is None or not formulas.light.weighs:
            return in_any_case()
        lightly = light.tile_of(formulas.light)
        return lightly(strip, e, h, g, m, row, c, (out, out2), in_any_case)

    return tile


def weigh_columns(formulas, condition, seconds):
    """Columns, copied together; the unit of work is a tile."""
    tile, room_for_held = tile_of(formulas, condition, seconds[1]), formulas.room_for_held

    def columns(x, keep, g, t, c, values, out, out2, n, inner, start, stop):
        w = lanes(x)
        size = group_size(x, n, inner)
        x_tile, g_tile, t_tile = (
            np.empty(size * n * w, x.dtype),
            room_for(g, x, size * n * w),
            room_for(t, x, size * n * w),
        )
        second = room_for(out2, x, size * n * w)
        e, h = room_for(keep, x, n * w), room_for_held(keep, x, n * w)
        unit = start
        while unit < stop:
            count, base, column, where = column_group(unit, stop, size, n, inner, w)
            place = base, n, inner, column, count
            gather_columns(x, *place, x_tile)
            gather_columns(g, *place, g_tile)
            gather_columns(t, *place, t_tile)
            for k in range(count):
                first, width = where + k * w, lesser(w, inner - column - k * w)
                mine = (
                    of_rows(g, g_tile, g_tile, x, first, width),
                    of_rows(t, t_tile, t_tile, x, first, width),
                )
                number = numbers_of_rows(c, first, width, x)
                # In place of the tile of x.
                result = tile(x_tile, k * n * w, w, n, None, e, h, *mine, number, x_tile, second)
                store(values, first, width, result)
            scatter_columns(x_tile, *place, out)
            scatter_columns(second, *place, out2)
            unit += count

    return kernel(columns)


def weigh_long_columns(formulas, condition, seconds):
    """Columns too long to be copied; the unit of work is a tile."""
    tile = tile_of(formulas, condition, seconds[1])

    def columns(x, keep, g, t, c, values, out, out2, n, inner, start, stop):
        w = lanes(x)
        labels = np.empty(w, x.dtype)
        for unit in range(start, stop):
            _, base, column, first = column_group(unit, stop, 1, n, inner, w)
            width = lesser(w, inner - column)
            mine = (
                of_rows(g, g, labels, x, first, width),
                of_rows(t, t, labels, x, first, width),
            )
            number = numbers_of_rows(c, first, width, x)
            result = tile(x, base, inner, n, width, None, None, *mine, number, out, out2)
            store(values, first, width, result)

    return kernel(columns)


def weigh_short_rows(formulas, condition, seconds):
    """As many rows at a time as a vector has lanes; the unit of work is a row."""
    tile, room_for_held = tile_of(formulas, condition, seconds[1]), formulas.room_for_held

    def rows(x, keep, g, t, c, values, out, out2, n, inner, start, stop):
        w, size = lanes(x), room_for_rows(x, n)
        x_tile, e = np.empty(size, x.dtype), room_for(keep, x, n * w)
        h = room_for_held(keep, x, n * w)
        g_tile, t_tile = room_for(g, x, size), room_for(t, x, size)
        second = room_for(out2, x, size)
        for first in range(start, stop, w):
            count = lesser(w, stop - first)
            gather_rows(x, first, count, n, inner, x_tile)
            gather_rows(g, first, count, n, inner, g_tile)
            gather_rows(t, first, count, n, inner, t_tile)
            mine = (
                of_rows(g, g_tile, g_tile, x, first, count),
                of_rows(t, t_tile, t_tile, x, first, count),
            )
            number = numbers_of_rows(c, first, count, x)
            result = tile(x_tile, 0, w, n, None, e, h, *mine, number, x_tile, second)
            store(values, first, count, result)
            scatter_rows(x_tile, first, count, n, inner, out)
            scatter_rows(second, first, count, n, inner, out2)

    return kernel(rows)
