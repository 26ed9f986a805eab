"""Few long rows: threads share the pieces of all rows, and what is known of the pieces is merged.

A piece stays in the cache between the sweeps for its maximum and its sums, so that rows are read
from memory twice. Pieces do not depend on the number of threads.
"""

import functools

import numpy as np

from .._compile.jit import kernel
from .._formulas import softsum
from . import kernels, parts, stream
from .gathering import is_past_caches
from .memory import settle_stores
from .workers import share

# As many entries are a piece, but for the last of a row.
PIECE = 1 << 14


@functools.cache
def _summarizing(condition, second):
    summaries = kernels.row_summaries(condition, kernels.SECONDS[second][0])

    def pieces(x, n, count, found, start, stop):
        for piece in range(start, stop):
            first = piece % count * PIECE
            base, size = piece // count * n + first, min(PIECE, n - first)
            summary, more = summaries(x, base, size, None, 0)
            for i in range(4):
                found[piece, i] = summary[i]
                found[piece, 4 + i] = more[i]

    return kernel(pieces)


@functools.cache
def _merging(second):
    join = parts.JOINING[second]

    def merge(found, lift, n, state):
        count = found.shape[0] // state.shape[1]
        for r in range(state.shape[1]):
            for piece in range(r * count, (r + 1) * count):
                size = np.float64(min(PIECE, n - (piece - r * count) * PIECE))
                a, b = found[piece].astype(np.float64), state[:, r]
                first = a[0], a[1], a[2] * lift, a[3] * lift
                more = a[4], a[5], a[6] * lift, a[7] * lift
                if piece > r * count:
                    before = (b[0], b[1], b[2], b[3]), (b[4], b[5], b[6], b[7]), b[8]
                    first, more = join(*before, first, more, size)
                    size += b[8]
                for i in range(4):
                    b[i] = first[i]
                    b[4 + i] = more[i]
                b[8] = size

    return kernel(merge)


def _state(condition, second, x, rows, n, workers):
    # The state of whole rows, as in `parts`.
    count = -(-n // PIECE)
    found = np.empty((rows * count, 8), x.dtype)
    share(_summarizing(condition, second), (x, n, count, found), rows * count, workers)
    state = np.empty((parts.STATE, rows))
    if second == "shortfall":
        found[:, 5] = 0.0  # a shortfall is one number
    _merging(second)(found, parts.lift(x.dtype), n, state)
    return state


def summaries(engine, x, rows, n, workers):
    """(summary, what the second look finds) of rows, flat in x: both (4, rows)."""
    second = engine.second
    if second == "shortfall":
        state = _state(softsum.never, "none", x, rows, n, workers)
        found = parts.summaries(state, "none", x.dtype)
        if not engine.wants_second(found[0], n):
            return found
        state = _state(softsum.always, second, x, rows, n, workers)
    else:
        state = _state(engine.condition, second, x, rows, n, workers)
    return parts.summaries(state, second, x.dtype)


@functools.cache
def _finishing(prepare, element, lighter, light):
    finish_row = kernels.finish_row_of(element, lighter, light)

    def pieces(x, first, second, n, count, out, start, stop):
        piece, past = start, is_past_caches(out)
        while piece < stop:
            # All of them that are of one row.
            r, at = piece // count, piece % count * PIECE
            piece = min(stop, (r + 1) * count)
            size = min(n - at, (piece - r * count) * PIECE - at)
            summary = first[0, r], first[1, r], first[2, r], first[3, r]
            more = second[0, r], second[1, r], second[2, r], second[3, r]
            row, base = prepare(summary, more, n), r * n + at
            finish_row(x, base, size, summary[0], row, None, 0, out, base, past)
        if past:
            settle_stores(out)

    return kernel(pieces)


def finish(engine, x, found, rows, n, out, workers):
    """The results of a map, from the summaries of its rows."""
    count = -(-n // PIECE)
    finishing = _finishing(engine.prepare, engine.element, engine.lighter, engine.light)
    share(finishing, (x, *found, n, count, out), rows * count, workers)


@functools.cache
def _reducing(reduce):
    return stream.reduce_columns(reduce)


def reduce(engine, found, n, out):
    """The results of a reduction, from the summaries of its rows."""
    _reducing(engine.reduce)(*found, n, out)
