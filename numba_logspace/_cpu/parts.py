"""Rows in parts that are not there at one time: a summary of each part, and what comes of them.

The summaries of the parts of several rows are a table of doubles, one column for each row, whatever
the dtype of the entries: the lines of `STATE`. What the second look at a row finds is found for
each part, as far as it may be wanted.
"""

import functools

import numpy as np
from numba import types

from .._compile.jit import kernel
from .._compile.trace import formula
from .._formulas import softsum
from .._formulas.simd import FORMATS, select
from .._formulas.vectormath import larger, two_sum
from . import kernels, stream
from .passes import merged, one_less
from .workers import share

# The summary (0 to 3), what the second look finds (4 to 7) and the number of entries (8). Of these
# the sum of exp(x - m) - 1 is a number and what it lacks.
STATE = 9
_SCALED = [2, 3, 6, 7]


def lift(dtype):
    """How much further up doubles carry the exponentials of a dtype."""
    form = FORMATS[types.float32 if dtype == np.float32 else types.float64]
    return 2.0 ** (FORMATS[types.float64].scale_bits - form.scale_bits)


# --- the summary of a part -----------------------------------------------------------------------


@functools.cache
def _summarizing(condition, second):
    summaries = kernels.row_summaries(condition, kernels.SECONDS[second][0])

    def rows(x, n, state, start, stop):
        for r in range(start, stop):
            first, more = summaries(x, r * n, n, None, 0)
            for i in range(4):
                state[i, r] = first[i]
                state[4 + i, r] = more[i]

    return kernel(rows)


def summary(engine, x, n, workers):
    """The state (STATE, rows) of parts of n entries, flat in x."""
    condition = softsum.always if engine.second == "shortfall" else engine.condition
    found = np.empty((8, x.size // n), x.dtype)
    share(_summarizing(condition, engine.second), (x, n, found), found.shape[1], workers)
    # Only what has been written: memory may look like a NaN, of whose cast NumPy would warn.
    lines = 5 if engine.second == "shortfall" else 8
    state = np.zeros((STATE, found.shape[1]))
    state[:lines] = found[:lines]
    state[_SCALED] *= lift(x.dtype)
    state[8] = n
    return state


def nothing(engine, rows):
    """The state of parts without entries: as if they had one of -inf."""
    state = np.zeros((STATE, rows))
    state[0] = -np.inf
    if engine.second == "without max":
        state[4] = -np.inf
    return state


# --- several parts -------------------------------------------------------------------------------


@formula
def _joined(first, second):
    m = larger(first[0], second[0])
    parts = (softsum.part_relative_to(part, m) for part in (first, second))
    return m, *one_less(merged(*parts))


@formula
def _with_nothing_more(first, more, n, first_too, more_too, n_too):
    return _joined(first, first_too), more


@formula
def _without_max(first, more, n, first_too, more_too, n_too):
    # The first maximum of both is missing in the part where it is.
    here = first[0] >= first_too[0]
    one = tuple(select(here, a, b) for a, b in zip(more, first))
    other = tuple(select(here, b, a) for a, b in zip(more_too, first_too))
    return _joined(first, first_too), _joined(one, other)


@formula
def _with_shortfall(first, more, n, first_too, more_too, n_too):
    m = larger(first[0], first_too[0])
    one, low = softsum.shortfall_relative_to(more[:2], first[0], n, m)
    other, low_too = softsum.shortfall_relative_to(more_too[:2], first_too[0], n_too, m)
    total, lost = two_sum(one, other)
    total, lost = two_sum(total, lost + (low + low_too))
    return _joined(first, first_too), (total, lost, more[2], more[3])


JOINING = {
    "none": _with_nothing_more,
    "without max": _without_max,
    "shortfall": _with_shortfall,
}


@functools.cache
def _merging(second):
    join = JOINING[second]

    def merge(parts, state):
        for c in range(state.shape[1]):
            for part in range(parts.shape[0]):
                a, b = state[:, c], parts[part, :, c]
                first, more = join(
                    (a[0], a[1], a[2], a[3]),
                    (a[4], a[5], a[6], a[7]),
                    a[8],
                    (b[0], b[1], b[2], b[3]),
                    (b[4], b[5], b[6], b[7]),
                    b[8],
                )
                for i in range(4):
                    state[i, c] = first[i]
                    state[4 + i, c] = more[i]
                state[8, c] += b[8]

    return kernel(merge)


def merge(engine, parts):
    """The state of rows from those of their parts, (parts, STATE, rows)."""
    state = parts[0].copy()
    _merging(engine.second)(np.ascontiguousarray(parts[1:]), state)
    return state


# --- the finish ----------------------------------------------------------------------------------


def summaries(state, second, dtype):
    """The summary and what the second look found, as formulas take them; `state` is changed."""
    with np.errstate(all="ignore"):  # of infinities
        if second == "shortfall":
            state[4] += state[5]
        elif second == "none":
            state[4:8] = state[:4]
        state[_SCALED] /= lift(dtype)
        numbers = state[:8].reshape(2, 4, -1)
        result = numbers.astype(dtype)
        # What a count and a sum have lost goes on in the error.
        form = FORMATS[types.float32 if dtype == np.float32 else types.float64]
        lost = numbers[:, 1:3] - result[:, 1:3]
        lost[~np.isfinite(lost)] = 0.0
        result[:, 3] = numbers[:, 3] + (lost[:, 1] + lost[:, 0] * 2.0**form.scale_bits)
    return result


@functools.cache
def _reducing(reduce):
    return stream.reduce_columns(reduce)


def reduced(engine, state, n, dtype):
    """The results of a reduction over rows of n entries."""
    values = np.empty(state.shape[1], dtype)
    _reducing(engine.reduce)(*summaries(state.copy(), engine.second, dtype), n, values)
    return values


@functools.cache
def _finishing(prepare, element, lighter, light):
    finish_row = kernels.finish_row_of(element, lighter, light)

    def rows(x, first, second, whole, out, n, start, stop):
        for r in range(start, stop):
            summary = first[0, r], first[1, r], first[2, r], first[3, r]
            more = second[0, r], second[1, r], second[2, r], second[3, r]
            row = prepare(summary, more, whole)
            finish_row(x, r * n, n, summary[0], row, None, 0, out, r * n, None)

    return kernel(rows)


def finish(engine, x, n, state, whole, workers):
    """The results of a map for parts of n entries, flat in x, of rows of `whole` entries."""
    out = np.empty_like(x)
    first, second = summaries(state.copy(), engine.second, x.dtype)
    arguments = x, first, second, whole, out, n
    rows = _finishing(engine.prepare, engine.element, engine.lighter, engine.light)
    share(rows, arguments, x.size // n, workers)
    return out
