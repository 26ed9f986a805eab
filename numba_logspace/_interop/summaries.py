"""Dask: rows in several chunks, by the summaries of their parts, merged as a tree.

Nothing is copied together: a chunk is read for its summary and, if there is a result for each of
its entries, once more for those.
"""

import functools

import dask.array as da
import numpy as np

from .._arguments import parts
from .._family import FAMILY
from .blocks import blockwise

_DOUBLE = np.dtype(np.float64)


def are_enough(call, x, axes):
    """Whether a call can do, and has to, with summaries of the parts of rows."""
    has_them = call.kind in ("map", "reduction") and call.function.name in FAMILY
    has_them = has_them and call.function.engine.in_parts
    alone = list(call.arrays) == [call.first] and type(x._meta) is np.ndarray
    # Chunks of length 0 along an axis of length 1 or 0 are not told apart by all of Dask.
    return has_them and alone and any(x.numblocks[a] > 1 and not x.shape[a] <= 1 for a in axes)


def result(name, x, axes, dtype, returned, workers):
    """The result of a map or reduction, computed in a dtype."""
    every, state = tuple(range(x.ndim)), x.ndim
    kept = tuple(a for a in every if a not in axes)
    states = blockwise(
        functools.partial(_summary, name, axes, workers),
        (*every, state),
        [(x, every)],
        {state: parts.STATE},
        x._meta,
        _DOUBLE,
        adjust_chunks=dict.fromkeys(axes, 1),
    )
    states = da.reduction(
        states,
        _as_it_is,
        functools.partial(_merged, name),
        axis=axes,
        dtype=_DOUBLE,
        meta=np.empty((0,) * (len(kept) + 1)),
    )
    of_rows = states, (*kept, state)
    if FAMILY[name].kind == "reduction":
        function = functools.partial(_values, name, dtype, returned)
        return blockwise(function, kept, [of_rows], {}, x._meta, returned)
    function = functools.partial(_entries, name, axes, workers)
    return blockwise(function, every, [(x, every), of_rows], {}, x._meta, returned)


def _summary(name, axes, workers, block):
    return parts.summary(FAMILY[name], block, axes, workers)


def _as_it_is(states, axis, keepdims):
    return states


def _merged(name, states, axis, keepdims):
    merged = parts.merge(FAMILY[name], states, axis)
    return merged if keepdims else merged.squeeze(axis)


def _values(name, dtype, returned, states):
    return parts.values(FAMILY[name], states, dtype, returned)


def _entries(name, axes, workers, block, states):
    return parts.entries(FAMILY[name], block, states, axes, workers)
