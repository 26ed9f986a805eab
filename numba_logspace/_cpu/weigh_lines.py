"""Sums of weighted terms over rows too long or too few for one thread each.

As in `stream`, all threads sum up segments of the same rows, and finish them.
What a row is made of is found again from its summary wherever it is wanted, so that nothing but
summaries and sums is kept.
"""

import numpy as np
from numba import types

from .._compile.jit import kernel
from .._compile.trace import formula, loop
from .._formulas.light import top_of
from .._formulas.simd import FORMATS, VECTOR_BYTES, any_lane, const, select
from .._formulas.sums import add_plainly, merge_sums, zeros
from .._formulas.vectormath import lesser
from . import light as passes
from .entries import numbers_of_rows
from .memory import full, lanes, load, number_at, put_number, store
from .weigh import finish_pass_of, weigh_pass_of
from .workers import run_all

# Lines of a segment at least, and at most: its plain sums are as long.
_LINES, _MOST_LINES = 16, 1 << 20


def _load_lines(table, columns, c, width, first, count, fill):
    return tuple(load(table, (first + i) * columns + c, width, fill) for i in range(count))


def _store_lines(table, columns, c, width, numbers):
    for i, number in enumerate(numbers):
        store(table, i * columns + c, width, number)


class Segments:
    """A long row, or long columns, cut into segments (base, step, lines, columns)."""

    def __init__(self, x, base, n, inner, workers):
        self.x, self.n, self.workers, self.one_row = x, n, workers, inner == 1
        # Lines of one vector each lie behind each other, so that a sweep of a row is in order.
        columns = VECTOR_BYTES // x.itemsize if self.one_row else inner
        count, left = divmod(n * inner, columns)
        parts = max(1, min(count // _LINES, 4 * workers))
        parts = max(parts, -(-count // _MOST_LINES))
        bounds = [count * i // parts for i in range(parts + 1)]
        pairs = zip(bounds, bounds[1:])
        self.each = [(base + a * columns, columns, b - a, columns) for a, b in pairs if b > a]
        if left:
            self.each.append((base + count * columns, left, 1, left))


class Shared:
    """The kernels of one function, from its formulas (see `weigh.Formulas`)."""

    def __init__(self, formulas):
        self.formulas = formulas
        self.terms, self.plain = 2 * formulas.sums[0], formulas.sums[1]
        self.sum_up, self.merge = self._sum_up(), self._merge()
        self.finish, self.results = self._finish(), self._results()
        self.lightly = None if formulas.light is None else _Lightly(formulas)

    def _row_of(self):
        # The numbers of the rows of a vector of columns, from the tables of their summaries.
        prepare = self.formulas.prepare

        def row_of(summary, second, n, columns, c, width):
            # Lanes without a column are ordinary rows.
            first, more = (
                _load_lines(each, columns, c, width, 0, 4, 1.0) for each in (summary, second)
            )
            return first[0], *prepare(first, more, n)

        return row_of

    def _settled_of(self):
        row_of, settle = self._row_of(), self.formulas.settle
        terms, plain = self.terms, self.plain

        def settled(summary, second, n, sums, lift, number, columns, c, width):
            m, ref, row = row_of(summary, second, n, columns, c, width)
            compensated = _load_lines(sums, columns, c, width, 0, terms, 0.0)
            own = _load_lines(sums, columns, c, width, terms, plain, 0.0)
            return m, ref, settle(compensated, own, row, number, full(summary, lift))

        return settled

    def _sum_up(self):
        weigh_pass, row_of = weigh_pass_of(self.formulas.weigh), self._row_of()
        terms, plain = self.terms, self.plain

        @formula
        def visit(x, g, t, base, step, count, columns, summary, second, n, lift, sums, c):
            width = lesser(lanes(x), columns - c)
            m, ref, row = row_of(summary, second, n, columns, c, width)
            along, none = (g, t, 0, 1), (zeros(m, terms), zeros(m, plain))
            strip = x, base + c, step, count, width, (None, 0, 0), along, (m, ref), row
            found = weigh_pass(*strip, full(x, lift), none)
            _store_lines(sums, columns, c, width, (*found[0], *found[1]))

        def lines(x, g, t, base, step, count, columns, summary, second, n, lift, sums):
            for c in range(0, columns, lanes(x)):
                visit(x, g, t, base, step, count, columns, summary, second, n, lift, sums, c)

        return kernel(lines)

    def _merge(self):
        terms, plain = self.terms, self.plain

        @formula
        def merge_column(parts, count, columns, c, sums):
            def part(p):
                numbers = [
                    number_at(parts, (p * (terms + plain) + i) * columns + c)
                    for i in range(terms + plain)
                ]
                return tuple(numbers[:terms]), tuple(numbers[terms:])

            def one_more(p, before):
                more = part(p)
                return merge_sums(before[0], more[0]), add_plainly(before[1], more[1])

            compensated, own = loop(count, one_more, part(0), 1)
            for i, number in enumerate((*compensated, *own)):
                put_number(sums, i * columns + c, number)

        def merge(parts, count, columns, sums):
            for c in range(columns):
                merge_column(parts, count, columns, c, sums)

        return kernel(merge)

    def _finish(self):
        finish_pass, settled = finish_pass_of(self.formulas.element), self._settled_of()

        @formula
        def visit(
            x, g, t, c, base, step, count, columns, summary, second, n, sums, lift, out, out2, at
        ):
            width = lesser(lanes(x), columns - at)
            number = numbers_of_rows(c, at, width, x)
            tables = summary, second, n, sums, lift, number
            m, ref, row = settled(*tables, columns, at, width)
            strip = x, base + at, step, count, width
            finish_pass(*strip, (None, 0, 0), (g, t, 0, 1), (m, ref), row, out, out2)

        def lines(
            x, g, t, c, base, step, count, columns, summary, second, n, sums, lift, out, out2
        ):
            for at in range(0, columns, lanes(x)):
                visit(
                    x, g, t, c, base, step, count, columns, summary, second, n, sums, lift, out,
                    out2, at,
                )  # fmt: skip

        return kernel(lines)

    def _results(self):
        settled, result = self._settled_of(), self.formulas.result

        @formula
        def visit(c, summary, second, n, sums, lift, columns, values, at):
            width = lesser(lanes(values), columns - at)
            number = numbers_of_rows(c, at, width, values)
            row = settled(summary, second, n, sums, lift, number, columns, at, width)[2]
            store(values, at, width, result(row))

        def lines(c, summary, second, n, sums, lift, columns, values):
            for at in range(0, columns, lanes(values)):
                visit(c, summary, second, n, sums, lift, columns, values, at)

        return kernel(lines)

    # --- over segments ---------------------------------------------------------------------------

    def __call__(self, segments, summary, second, g, t, c, values, outs):
        """Fill `values` and `outs`, of which the first may be any of the inputs, by all threads."""
        x, n = segments.x, segments.n
        lightly = self.lightly
        if lightly is not None and lightly.tried(segments, summary, second, g, c, values, outs):
            return
        lift = self._lift(x.dtype)
        if self.formulas.weighs:
            sums = self._summed(segments, summary, second, g, t, lift)
            if not np.isfinite(sums[: self.terms : 2]).all():
                lift = x.dtype.type(1.0)  # lifted it overflows, so it is large
                sums = self._summed(segments, summary, second, g, t, lift)
        else:
            sums = np.empty((0, summary.shape[1]), x.dtype)
        if values is not None:
            self._results_of(summary, second, n, sums, c, lift, values)
        self._finished(segments, summary, second, sums, g, t, c, lift, outs)

    def _results_of(self, summary, second, n, sums, c, lift, values):
        tables = (_flat(each) for each in (summary, second))
        return self.results(c, *tables, n, _flat(sums), lift, summary.shape[1], values)

    def _finished(self, segments, summary, second, sums, g, t, c, lift, outs):
        x, n = segments.x, segments.n
        if self.formulas.element is not None:
            calls = []
            for segment in segments.each:
                wide = [_wide(each, segment[-1]) for each in (summary, second, sums)]
                weight = None if c is None else _wide(c[None], segment[-1])
                start = self.finish, x, g, t, weight, *segment, wide[0], wide[1], n, wide[2]
                calls.append((*start, lift, *outs))
            run_all(calls, segments.workers)

    def _lift(self, dtype):
        form = FORMATS[types.float32 if dtype == np.float32 else types.float64]
        return dtype.type(form.constants["lift"])

    def _summed(self, segments, summary, second, g, t, lift):
        x, calls, states = segments.x, [], []
        for segment in segments.each:
            state = np.empty((self.terms + self.plain, segment[-1]), x.dtype)
            wide = [_wide(each, segment[-1]) for each in (summary, second)]
            calls.append((self.sum_up, x, g, t, *segment, *wide, segments.n, lift, _flat(state)))
            states.append(state)
        run_all(calls, segments.workers)
        # The columns of one row are parts of it too.
        of_columns = np.concatenate(states, axis=1).T[:, :, None] if segments.one_row else None
        parts = np.stack(states) if of_columns is None else of_columns
        sums = np.empty(parts.shape[1:], x.dtype)
        self.merge(_flat(parts), parts.shape[0], parts.shape[2], _flat(sums))
        return sums


class _Lightly(Shared):
    """The same by `_formulas/light.py`, for rows that it is for."""

    def __init__(self, formulas):
        self.formulas, self.light = formulas, formulas.light
        exact, near, self.plain = self.light.sums
        self.terms = 2 * (exact + near)
        self.sum_up, self.merge = self._sum_up(), self._merge()
        self.finish, self.results = self._finish(), self._results()

    def tried(self, segments, summary, second, g, c, values, outs):
        """Whether all rows are such ones; then `values` and `outs` are filled."""
        sums = np.empty((0, summary.shape[1]), segments.x.dtype)
        if self.light.weighs:
            sums = self._summed(segments, summary, second, g, None, 1.0)
        found = np.empty(summary.shape[1], segments.x.dtype)
        if not self._results_of(summary, second, segments.n, sums, c, 1.0, found):
            return False
        if values is not None:
            values[:] = found
        self._finished(segments, summary, second, sums, g, None, c, 1.0, outs)
        return True

    def _place_of(self):
        row_of, flag = self._row_of(), self.light.flag

        def place(x, g, base, step, count, columns, summary, second, n, c):
            width = lesser(lanes(x), columns - c)
            m, _, row = row_of(summary, second, n, columns, c, width)
            strip = x, base + c, step, count, width, (None, 0, 0), (None, 0), (g, 0, 1)
            return width, m, row, (*strip, (m, top_of(m, flag(row))), row)

        return place

    def _settled_of(self):
        row_of, light = self._row_of(), self.light
        exact, terms, plain = 2 * light.sums[0], self.terms, self.plain

        def settled(summary, second, n, sums, lift, number, columns, c, width):
            m, _, row = row_of(summary, second, n, columns, c, width)
            compensated = _load_lines(sums, columns, c, width, 0, terms, 0.0)
            own = _load_lines(sums, columns, c, width, terms, plain, 0.0)
            parts = compensated[:exact], compensated[exact:], own
            return light.may(m, row), *light.settle(*parts, m, row, number)

        return settled

    def _sum_up(self):
        place_of, light = self._place_of(), self.light
        weigh_pass = passes.weigh_pass_of(light) if light.weighs else None

        @formula
        def visit(x, g, base, step, count, columns, summary, second, n, sums, c):
            table = summary, second, n, c
            width, m, _, place = place_of(x, g, base, step, count, columns, *table)
            exact, near, own = weigh_pass(*place, passes.no_sums(light, m))
            _store_lines(sums, columns, c, width, (*exact, *near, *own))

        def lines(x, g, t, base, step, count, columns, summary, second, n, lift, sums):
            for c in range(0, columns, lanes(x)):
                visit(x, g, base, step, count, columns, summary, second, n, sums, c)

        return kernel(lines)

    def _finish(self):
        place_of, settled = self._place_of(), self._settled_of()
        finish_pass = passes.finish_pass_of(self.light)

        @formula
        def visit(x, g, c, base, step, count, columns, summary, second, n, sums, out, out2, at):
            table = summary, second, n
            width, _, _, place = place_of(x, g, base, step, count, columns, *table, at)
            number = numbers_of_rows(c, at, width, x)
            numbers = settled(*table, sums, 1.0, number, columns, at, width)[2]
            finish_pass(*place, numbers, (out, out2))

        def lines(
            x, g, t, c, base, step, count, columns, summary, second, n, sums, lift, out, out2
        ):
            for at in range(0, columns, lanes(x)):
                visit(x, g, c, base, step, count, columns, summary, second, n, sums, out, out2, at)

        return kernel(lines)

    def _results(self):
        settled = self._settled_of()

        @formula
        def visit(c, summary, second, n, sums, columns, values, at):
            width = lesser(lanes(values), columns - at)
            number = numbers_of_rows(c, at, width, values)
            tables = summary, second, n, sums, 1.0, number
            may, fits, _, result = settled(*tables, columns, at, width)
            store(values, at, width, result)
            zero, one = const(result, 0.0), const(result, 1.0)
            off = select(may, zero, one) + select(fits, zero, one)
            return any_lane(off > zero)

        def lines(c, summary, second, n, sums, lift, columns, values):
            for at in range(0, columns, lanes(values)):
                if visit(c, summary, second, n, sums, columns, values, at):
                    return False
            return True

        return kernel(lines)


def _flat(table):
    return np.ascontiguousarray(table).reshape(-1)


def _wide(table, columns):
    # A table with a column for each row, as one with a column for each of a segment.
    return _flat(np.broadcast_to(table, (table.shape[0], columns)))
