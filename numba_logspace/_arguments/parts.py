"""Arrays that are parts of larger ones: their rows are seen as parts of longer rows.

The state of rows is a table of numbers, the last axis of an array whose other axes are those of the
rows; see `_cpu.parts`.
"""

import math

import numpy as np

from .._cpu import parts
from .._cpu.workers import count_for
from .layout import as_array, result_shape
from .slabs import rows_last

STATE = parts.STATE


def _rows_of(x, axes):
    # (the rows, flat and one after the other, their lengths, the shape without the axes)
    array, dtype, _ = as_array(x)
    rows = rows_last(array, axes)
    shape = rows.shape[: array.ndim - len(axes)]
    n = rows[(0,) * len(shape)].size if rows.size else 0
    return np.ascontiguousarray(rows, dtype).reshape(-1), n, shape


def summary(function, x, axes, workers):
    """The state of the rows of x, with the axes kept at length one."""
    rows, n, shape = _rows_of(x, axes)
    if n:
        state = parts.summary(function.engine, rows, n, count_for(workers, x.size))
    else:
        state = parts.nothing(function.engine, math.prod(shape))
    return state.T.reshape((*result_shape(x.shape, axes, keepdims=True), STATE))


def merge(function, states, axes):
    """The state of rows from those of their parts along the axes, which are kept."""
    kept = [a for a in range(states.ndim - 1) if a not in axes]
    of_rows = states.transpose(*axes, states.ndim - 1, *kept)
    count, rows = (math.prod(states.shape[a] for a in those) for those in (axes, kept))
    state = parts.merge(function.engine, of_rows.reshape(count, STATE, rows))
    return state.T.reshape(result_shape(states.shape, axes, keepdims=True))


def values(function, state, dtype, result):
    """The results of a reduction, from the state of the rows."""
    engine, flat = function.engine, state.reshape(-1, STATE).T
    n = _length(flat)
    if n == 0:
        return np.full(state.shape[:-1], engine.of_nothing, result)
    numbers = parts.reduced(engine, flat, n, dtype)
    with np.errstate(all="ignore"):  # a float16 may overflow to inf
        return numbers.reshape(state.shape[:-1]).astype(result, copy=False)


def entries(function, x, state, axes, workers):
    """The results of a map for a part, from the state of the whole rows."""
    rows, n, shape = _rows_of(x, axes)
    result = as_array(x)[2]
    if not n:
        return np.empty(x.shape, result)
    flat = np.ascontiguousarray(state.reshape(-1, STATE).T)
    whole, count = _length(flat), count_for(workers, x.size)
    out = parts.finish(function.engine, rows, n, flat, whole, count)
    last = [a for a in range(x.ndim) if a not in axes] + list(axes)
    out = out.reshape([x.shape[a] for a in last]).transpose(np.argsort(last))
    with np.errstate(all="ignore"):  # a float16 may underflow
        return out.astype(result, copy=False)


def _length(state):
    return int(state[-1].max(initial=0))
