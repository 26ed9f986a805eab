"""Rows too long or too few for one thread each: all threads sweep the same rows together.

The array is read as `count` lines of `columns` entries. For long columns each column is a row of
the problem; a long row is cut into lines, and then all columns belong to the one row. Between
sweeps the summaries of the segments are merged: they are small.
"""

import functools
import math

import numpy as np

from .._compile.jit import kernel
from .._compile.trace import formula
from .._formulas.relative import reference
from .._formulas.simd import VECTOR_BYTES, const
from .._formulas.vectormath import larger
from .kernels import NEAR
from .memory import lanes, load, store
from .passes import (
    BLOCK,
    below_max_pass,
    below_sum_pass,
    finish_pass_of,
    max_pass,
    merged,
    no_sums,
    one_less,
    shortfall_pass,
    sum_pass,
)
from .workers import run_all

# Lines read for one vector of columns before the next: what lies in them for the other columns
# has to stay in the nearest cache meanwhile.
_LINES = 16
# Lines of a segment at most: its sums are merged after every few of them, and each time rounds.
_MOST_LINES = 1 << 20


@functools.cache
def _sweeping(visit):
    """A kernel over `count` lines, a block of them at a time, a vector of columns at a time.

    `state` holds in each line of its own one number for every column, which `visit` updates.
    """

    def sweep(x, base, step, count, columns, state):
        w = lanes(x)
        flat = state.reshape(-1)
        lines = _LINES if columns > w else BLOCK
        for start in range(0, count, lines):
            rows = min(lines, count - start)
            for c in range(0, columns, w):
                width = min(w, columns - c)
                visit(x, base + start * step + c, step, rows, width, flat, columns, c)

    return kernel(sweep)


@formula
def _load_three(state, columns, c, width):
    return (
        load(state, columns + c, width, 0.0),
        load(state, 2 * columns + c, width, 0.0),
        load(state, 3 * columns + c, width, 0.0),
    )


@formula
def _add_three(state, columns, c, width, more):
    sums = merged(_load_three(state, columns, c, width), more)
    store(state, columns + c, width, sums[0])
    store(state, 2 * columns + c, width, sums[1])
    store(state, 3 * columns + c, width, sums[2])


@formula
def _visit_max(x, base, step, rows, width, state, columns, c):
    m = load(state, c, width, -math.inf)
    store(state, c, width, max_pass(x, base, step, rows, width, m))


@formula
def _visit_sums(x, base, step, rows, width, state, columns, c):
    m = load(state, c, width, 0.0)
    of_m, sums = reference(m), no_sums(m)
    sums = sum_pass(x, base, step, rows, width, m, of_m, sums, None, 0, 0, NEAR * step)
    _add_three(state, columns, c, width, sums)


@formula
def _visit_below_max(x, base, step, rows, width, state, columns, c):
    m = load(state, c, width, 0.0)
    m2 = load(state, columns + c, width, -math.inf)
    store(state, columns + c, width, below_max_pass(x, base, step, rows, width, m, m2))


@formula
def _visit_below_sums(x, base, step, rows, width, state, columns, c):
    m2 = load(state, c, width, 0.0)
    sums = below_sum_pass(x, base, step, rows, width, m2, reference(m2), no_sums(m2))
    _add_three(state, columns, c, width, sums)


@formula
def _visit_shortfall(x, base, step, rows, width, state, columns, c):
    m = load(state, c, width, 0.0)
    sums = shortfall_pass(x, base, step, rows, width, m, no_sums(m))
    _add_three(state, columns, c, width, sums)


# --- per function ------------------------------------------------------------------------------


def prepare_columns(prepare):
    """A kernel for the numbers that `element` wants for each column, from summaries."""

    def columns(summary, second, n, row):
        for c in range(summary.shape[1]):
            first = summary[0, c], summary[1, c], summary[2, c], summary[3, c]
            more = second[0, c], second[1, c], second[2, c], second[3, c]
            four = prepare(first, more, n)
            for i in range(4):
                row[i, c] = four[i]

    return kernel(columns)


def reduce_columns(reduce):
    """A kernel for the result of each column, from summaries."""

    def columns(summary, second, n, out):
        for c in range(summary.shape[1]):
            first = summary[0, c], summary[1, c], summary[2, c], summary[3, c]
            more = second[0, c], second[1, c], second[2, c], second[3, c]
            out[c] = reduce(first, more, n)

    return kernel(columns)


def wants_second(condition):
    """A kernel for whether any column wants a second look."""

    def columns(summary, n):
        for c in range(summary.shape[1]):
            first = summary[0, c], summary[1, c], summary[2, c], summary[3, c]
            if condition(first, n):
                return True
        return False

    return kernel(columns)


def finish_columns(element):
    """A kernel that writes the result of lines, with m and row for every column."""
    finish_pass = finish_pass_of(element)

    def lines(x, base, step, count, columns, m, row, out):
        w = lanes(x)
        flat = row.reshape(-1)
        for start in range(0, count, _LINES):
            rows = min(_LINES, count - start)
            for c in range(0, columns, w):
                width = min(w, columns - c)
                others = _load_three(flat, columns, c, width)
                four = load(flat, c, width, 0.0), others[0], others[1], others[2]
                top = load(m, c, width, 0.0)
                at = base + start * step + c
                place = None, 0, 0, out, at, step
                finish_pass(x, at, step, rows, width, top, four, *place, NEAR * step)

    return kernel(lines)


# --- segments and their merging ----------------------------------------------------------------


@functools.cache
def _merging():
    """A kernel for the sums over parts (parts, 3, columns)."""

    def merge(parts, sums):
        for c in range(sums.shape[1]):
            three = no_sums(sums[0, 0])
            for part in range(parts.shape[0]):
                three = merged(three, (parts[part, 0, c], parts[part, 1, c], parts[part, 2, c]))
            sums[0, c], sums[1, c], sums[2, c] = three

    return kernel(merge)


@functools.cache
def _lessening():
    """A kernel for sums (3, columns) with one less of the entries equal to the maximum."""

    def lessen(sums):
        zero = const(sums[0, 0], 0.0)
        for c in range(sums.shape[1]):
            ties, sums[1, c], sums[2, c] = one_less((sums[0, c], sums[1, c], sums[2, c]))
            sums[0, c] = larger(ties, zero)  # 0 where nothing is left

    return kernel(lessen)


class Lines:
    """A long row, or long columns, cut into segments (base, step, lines, columns)."""

    def __init__(self, x, base, n, inner, workers):
        self.x, self.n, self.workers, self.one_row = x, n, workers, inner == 1
        # Lines of one vector each lie behind each other, so that a sweep of a row is in order.
        columns = VECTOR_BYTES // x.itemsize if self.one_row else inner
        count = n * inner // columns
        parts = max(1, min(count // _LINES, 4 * workers if workers > 1 else 1))
        parts = max(parts, -(-count // _MOST_LINES))
        bounds = [count * i // parts for i in range(parts + 1)]
        pairs = zip(bounds, bounds[1:])
        self.segments = [(base + a * columns, columns, b - a, columns) for a, b in pairs if b > a]
        left = n * inner - count * columns
        if left:
            self.segments.append((base + count * columns, left, 1, left))

    def _sweep(self, kernel, first, others=0.0):
        # One state (4, columns) for each segment, its first line `first`, the same for each.
        states = []
        for *_, columns in self.segments:
            state = np.full((4, columns), others, self.x.dtype)
            state[0] = first
            states.append(state)
        pairs = zip(self.segments, states)
        run_all([(kernel, self.x, *segment, state) for segment, state in pairs], self.workers)
        return states

    def _merged_max(self, states, line):
        if self.one_row:
            return np.array([max(state[line].max() for state in states)], self.x.dtype)
        return np.max([state[line] for state in states], axis=0)

    def _merged_sums(self, states):
        # The columns of one row are parts of it too.
        join = functools.partial(np.concatenate, axis=1) if self.one_row else np.stack
        parts = join([state[1:] for state in states])
        parts = parts.T[:, :, None] if self.one_row else parts
        sums = np.empty(parts.shape[1:], self.x.dtype)
        _merging()(np.ascontiguousarray(parts), sums)
        return sums

    def _summary(self, kernel, m):
        sums = self._merged_sums(self._sweep(kernel, m))
        _lessening()(sums)
        return np.concatenate([m[None], sums])

    def summary(self):
        """The summary of each row, (4, rows)."""
        m = self._merged_max(self._sweep(_sweeping(_visit_max), -math.inf), 0)
        return self._summary(_sweeping(_visit_sums), m)

    def without_max(self, summary):
        """The summary of each row without its first maximum."""
        states = self._sweep(_sweeping(_visit_below_max), summary[0], others=-math.inf)
        below = self._summary(_sweeping(_visit_below_sums), self._merged_max(states, 1))
        tied = summary.copy()
        _lessening()(tied[1:])
        return np.where(summary[1] > 0, tied, below)

    def with_shortfall(self, summary):
        """The sum of exp(x - m) - 1 of each row, in the first place of four."""
        sums = self._merged_sums(self._sweep(_sweeping(_visit_shortfall), summary[0]))
        return np.concatenate([(sums[1] + sums[2])[None], summary[1:]])

    def finish(self, kernel, m, row, out):
        """Write the result with m and row = (4, rows)."""
        calls = []
        for segment in self.segments:
            columns = segment[-1]
            top = np.ascontiguousarray(np.broadcast_to(m, (columns,)))
            four = np.ascontiguousarray(np.broadcast_to(row, (4, columns)))
            calls.append((kernel, self.x, *segment, top, four, out))
        run_all(calls, self.workers)
