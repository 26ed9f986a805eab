"""Long columns: all threads sweep segments of the same columns.

The array is read as lines with an entry of each column. Between sweeps the summaries of the
segments are merged: they are small.
"""

import functools
import math

import numpy as np

from .._compile.jit import kernel
from .._compile.trace import formula
from .._formulas.relative import reference
from .._formulas.simd import const
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
from .workers import share

# Lines read for one vector of columns before the next: what lies in them for the other columns
# has to stay in the nearest cache meanwhile.
_LINES = 16
# Lines of a segment at most: its sums are merged after every few of them, and each time rounds.
_MOST_LINES = 1 << 20


@functools.cache
def _sweeping(visit):
    """A kernel over segments, a block of lines at a time, a vector of columns at a time.

    Segment i are the lines bounds[i] to bounds[i + 1]. In states[i] is a number for every column in
    each of four lines, which `visit` updates.
    """

    def sweep(x, base, bounds, states, start, stop):
        w, columns = lanes(x), states.shape[2]
        lines = _LINES if columns > w else BLOCK
        for i in range(start, stop):
            flat = states[i].reshape(-1)
            for line in range(bounds[i], bounds[i + 1], lines):
                rows = min(lines, bounds[i + 1] - line)
                for c in range(0, columns, w):
                    at, width = base + line * columns + c, min(w, columns - c)
                    visit(x, at, columns, rows, width, flat, columns, c)

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
    """A kernel that writes the result of segments, with m and row for every column."""
    finish_pass = finish_pass_of(element)

    def segments(x, base, bounds, m, row, out, start, stop):
        w, columns = lanes(x), m.size
        flat = row.reshape(-1)
        for line in range(bounds[start], bounds[stop], _LINES):
            rows = min(_LINES, bounds[stop] - line)
            for c in range(0, columns, w):
                width = min(w, columns - c)
                others = _load_three(flat, columns, c, width)
                four = load(flat, c, width, 0.0), others[0], others[1], others[2]
                top = load(m, c, width, 0.0)
                at = base + line * columns + c
                place = None, 0, 0, out, at, columns
                finish_pass(x, at, columns, rows, width, top, four, *place, NEAR * columns)

    return kernel(segments)


# --- segments and their merging ----------------------------------------------------------------


@functools.cache
def _merging():
    """A kernel for the sums over segments, in the last three lines of their states."""

    def merge(states, sums):
        for c in range(sums.shape[1]):
            three = no_sums(sums[0, 0])
            for i in range(states.shape[0]):
                three = merged(three, (states[i, 1, c], states[i, 2, c], states[i, 3, c]))
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
    """Long columns, cut into segments of lines."""

    def __init__(self, x, base, n, columns, workers):
        self.x, self.base, self.columns, self.workers = x, base, columns, workers
        parts = max(1, min(n // _LINES, 8 * workers if workers > 1 else 1), -(-n // _MOST_LINES))
        self.bounds = np.arange(parts + 1) * n // parts

    def _share(self, kernel, *arguments):
        everything = self.x, self.base, self.bounds, *arguments
        share(kernel, everything, self.bounds.size - 1, self.workers)

    def _sweep(self, kernel, first, others=0.0):
        # The states of all segments, their first line `first`, the same for each.
        states = np.full((self.bounds.size - 1, 4, self.columns), others, self.x.dtype)
        states[:, 0] = first
        self._share(kernel, states)
        return states

    def _merged_sums(self, states):
        sums = np.empty(states[0, 1:].shape, self.x.dtype)
        _merging()(states, sums)
        return sums

    def _summary(self, kernel, m):
        sums = self._merged_sums(self._sweep(kernel, m))
        _lessening()(sums)
        return np.concatenate([m[None], sums])

    def summary(self):
        """The summary of each row, (4, rows)."""
        m = self._sweep(_sweeping(_visit_max), -math.inf)[:, 0].max(axis=0)
        return self._summary(_sweeping(_visit_sums), m)

    def without_max(self, summary):
        """The summary of each row without its first maximum."""
        states = self._sweep(_sweeping(_visit_below_max), summary[0], others=-math.inf)
        below = self._summary(_sweeping(_visit_below_sums), states[:, 1].max(axis=0))
        tied = summary.copy()
        _lessening()(tied[1:])
        return np.where(summary[1] > 0, tied, below)

    def with_shortfall(self, summary):
        """The sum of exp(x - m) - 1 of each row, in the first place of four."""
        sums = self._merged_sums(self._sweep(_sweeping(_visit_shortfall), summary[0]))
        return np.concatenate([(sums[1] + sums[2])[None], summary[1:]])

    def finish(self, kernel, m, row, out):
        """Write the result with m and row = (4, rows)."""
        self._share(kernel, m, row, out)
