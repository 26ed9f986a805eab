"""From the arrays of a call to the engines: directly where memory allows, else slab by slab."""

import numpy as np

from . import _layout
from ._derive import rows_of
from ._slabs import copy_of, flat, for_slabs, rows_last, shared_form, unflat_rows
from ._workers import THRESHOLD, count_for

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def map_rows(engine, x, axis, where, out, workers, stream, fill=None, ordered=False):
    """Call a Map on an array; `fill` is what masked entries become.

    `ordered` says that the entries of a row follow each other in C order.
    """
    # Small arrays in a sampler's loop: everything further down costs more than the work.
    if where is out is workers is stream is None and axis == -1 and type(x) is np.ndarray:
        dtype = x.dtype
        if (dtype is _DOUBLE or dtype is _SINGLE) and x.flags.carray:
            size = x.size
            if x.ndim == 1 and 0 < size < THRESHOLD:
                out = np.empty(size, dtype)
                engine.one_row(x, out)
                return out
            if 0 < size < THRESHOLD and x.ndim:
                out = np.empty(x.shape, dtype)
                n = x.shape[-1]
                engine(x.reshape(-1), out.reshape(-1), size // n, n, 1, 1)
                return out
    if stream is not None or _layout.is_on_cuda(x):
        rows = rows_of(x, axis, where, workers, stream)
        out = rows.out(out, {})
        rows.derive(engine, outs=(out,), fill=fill, ordered=ordered)
        return rows.handed_out(out)
    x, dtype, result = _layout.as_array(x)
    axes = _layout.normalize_axes(axis, x.ndim)
    mask = _layout.check_where(where, x.shape)
    workers = count_for(workers, x.size)
    if out is None:
        out = np.empty_like(x, result, subok=False)
    else:
        _layout.check_out(out, x.shape, result, {"x": x}, may_be=("x",))
    if x.size == 0:
        return out
    as_they_lie = mask is None and not (ordered and len(axes) > 1)
    form = shared_form(x, (out,), axes, dtype) if as_they_lie else None
    if form:
        order, outer, n, inner = form
        engine(flat(x.transpose(order)), flat(out.transpose(order)), outer, n, inner, workers)
        return out
    _map_slabs(engine, x, axes, dtype, mask, fill, out, workers)
    return out


def _map_slabs(engine, x, axes, dtype, mask, fill, out, workers):
    x, out = rows_last(x, axes), rows_last(out, axes)
    mask = rows_last(mask, axes)

    def one(index, n):
        piece = copy_of(x, index, dtype, mask)
        result = np.empty_like(piece)
        engine(piece.reshape(-1), result.reshape(-1), piece.size // n, n, 1, 1)
        if fill is not None and mask is not None:
            np.copyto(result, fill, where=~mask[index])
        with np.errstate(all="ignore"):  # a float16 result may overflow to inf
            out[index] = result

    for_slabs(one, x, axes, workers)


def reduce_rows(engine, x, axis, keepdims, where, out, workers, stream):
    """Call a Reduction on an array; over nothing it is -inf."""
    plain = where is out is workers is stream is None and not keepdims
    if plain and type(x) is np.ndarray:
        dtype = x.dtype
        plain = (dtype is _DOUBLE or dtype is _SINGLE) and x.flags.carray
        if plain and 0 < x.size < THRESHOLD and x.ndim == 1 and (axis is None or axis == -1):
            return dtype.type(engine.one_row(x))
    if stream is not None or _layout.is_on_cuda(x):
        rows = rows_of(x, axis, where, workers, stream)
        out = rows.out_of_rows(out, keepdims, {})
        values = rows.derive(engine, values=True, of_nothing=-np.inf)
        return rows.returned(values, keepdims, out)
    x, dtype, result = _layout.as_array(x)
    axes = _layout.normalize_axes(axis, x.ndim)
    mask = _layout.check_where(where, x.shape)
    workers = count_for(workers, x.size)
    shape = _layout.result_shape(x.shape, axes, keepdims)
    if out is not None:
        _layout.check_out(out, shape, result, {"x": x})
    values = _reduce(engine, x, axes, dtype, mask, workers)
    if out is not None:
        with np.errstate(all="ignore"):
            out[...] = values.reshape(shape)
        return out
    with np.errstate(all="ignore"):
        return values.astype(result, copy=False).reshape(shape)[()]


def _reduce(engine, x, axes, dtype, mask, workers):
    # The values in the shape of x without the axes.
    shape = _layout.result_shape(x.shape, axes, keepdims=False)
    if x.size == 0:
        return np.full(shape, -np.inf, dtype)
    form = shared_form(x, (), axes, dtype) if mask is None else None
    if form:
        order, outer, n, inner = form
        values = np.empty(outer * inner, dtype)
        engine(flat(x.transpose(order)), values, outer, n, inner, workers)
        return unflat_rows(values, x, order, axes)
    values = np.empty(shape, dtype)
    x = rows_last(x, axes)
    mask = rows_last(mask, axes)

    def one(index, n):
        piece = copy_of(x, index, dtype, mask)
        part = np.empty(piece.size // n, dtype)
        if mask is not None and engine.counts:
            _reduce_by_count(engine, piece.reshape(-1, n), mask[index].reshape(-1, n), part)
        else:
            engine(piece.reshape(-1), part, part.size, n, 1, 1)
        values[index] = part.reshape(np.shape(values[index]))

    for_slabs(one, x, axes, workers)
    return values


def _reduce_by_count(engine, rows, mask, values):
    # Rows with equally many entries together, without their absent ones.
    counts = mask.sum(axis=1)
    for n in np.unique(counts):
        chosen = counts == n
        if n == 0:
            values[chosen] = -np.inf
            continue
        entries = rows[chosen][mask[chosen]]
        part = np.empty(entries.size // n, values.dtype)
        engine(entries, part, part.size, int(n), 1, 1)
        values[chosen] = part


def weighted_sum(engine, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    """(log |sum b exp(x)|, sign), or the first alone with NaN for a negative sum."""
    if stream is not None or _layout.is_on_cuda(x):
        rows = rows_of(x, axis, where, workers, stream)
        b, out = rows.entries(b, "b"), rows.out_of_rows(out, keepdims, {"b": b})
        return rows.weighted(b, return_sign, keepdims, out)
    x, _, result = _layout.as_array(x)
    axes = _layout.normalize_axes(axis, x.ndim)
    mask = _layout.check_where(where, x.shape)
    b = _layout.check_operand(1.0 if b is None else b, "b", x.shape)
    workers = count_for(workers, x.size)
    shape = _layout.result_shape(x.shape, axes, keepdims)
    if out is not None:
        _layout.check_out(out, shape, result, {"x": x, "b": b})
    values, signs = _weighted(engine, x, axes, b, mask, workers)
    if not return_sign:
        values[signs < 0] = np.nan
    with np.errstate(all="ignore"):
        values = values.astype(result).reshape(shape)
        signs = signs.astype(result).reshape(shape)
    if out is not None:
        out[...] = values
    values = values[()] if out is None else out
    return (values, signs[()]) if return_sign else values


def _weighted(engine, x, axes, b, mask, workers):
    shape = _layout.result_shape(x.shape, axes, keepdims=False)
    values, signs = np.full(shape, -np.inf), np.zeros(shape)
    if x.size == 0:
        return values, signs
    x, b = rows_last(x, axes), rows_last(b, axes)
    mask = rows_last(mask, axes)

    def one(index, n):
        piece = copy_of(x, index, _DOUBLE, mask)
        weights = copy_of(b, index, _DOUBLE)
        if mask is not None:
            weights[~mask[index]] = 0.0
        part = np.empty((2, piece.size // n))
        engine(piece.reshape(-1), weights.reshape(-1), part[0], part[1], n)
        values[index] = part[0].reshape(np.shape(values[index]))
        signs[index] = part[1].reshape(np.shape(values[index]))

    for_slabs(one, x, axes, workers)
    return values, signs
