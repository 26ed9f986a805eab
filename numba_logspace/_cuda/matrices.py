"""CUDA arrays of what makes or takes matrices: Jacobians, and products in log space."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .._arguments import layout
from .._arguments.matrices import check_shapes
from .._arguments.targets import check_axis
from . import jacobian as jacobians
from . import logmatmul
from .arrays import merged
from .call import Call
from .copy import fill_with, pack, unpack

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def copied(call, header, dtype):
    """A header as a copy of another dtype, in C order."""
    copy = call.new(header.shape, dtype)
    if copy.size:
        pack(header, copy.reshape(-1), call.stream)
    return copy


def jacobian(function, x, axis, stream):
    """The Jacobian of each row, in the shape of x without the axis, then i and j."""
    call = Call(x, "x", stream)
    header, dtype, result = layout.as_array(call.x, has_where=False)
    axes = layout.normalize_axes(axis, header.ndim)
    check_axis(axis)
    if not axes:
        raise np.exceptions.AxisError(axis, 0)
    rows = np.moveaxis(header, axes[0], -1)
    n = rows.shape[-1]
    out = call.new((*rows.shape, n), result)
    if out.size:
        if rows.dtype != dtype or not rows.flags.c_contiguous:
            rows = copied(call, rows, dtype)
        values = out if result == dtype else call.new(out.shape, dtype)
        jacobians.fill(function.engine, rows.reshape(-1), values, n, call.stream)
        if values is not out:
            unpack(values.reshape(-1), out, call.stream)
    return call.handed_out(out)


def product(function, a, b, out, stream):
    """log(sum over k of exp(a[..., i, k] + b[..., k, j])), arguments as those of numpy.matmul."""
    call = Call(a, "a", stream)
    headers = call.x, call.header(b, "b")
    of_each = [layout.as_array(u, name, has_where=False) for u, name in zip(headers, "ab")]
    batch, shape = check_shapes(*(u.shape for u in headers))
    result = layout.common_dtype(*(found for _, _, found in of_each))
    out = call.header(out, "out")
    if out is None:
        out = call.new(shape, result)
    else:
        layout.check_out(out, shape, result, dict(zip("ab", headers)))
    if out.size:
        dtype = _DOUBLE if result == _DOUBLE else _SINGLE
        values = out if result == dtype else call.new(shape, dtype)
        a, b = (u if u.dtype == dtype else copied(call, u, dtype) for u in headers)
        _multiply(call, a, b, values, batch)
        if values is not out:
            unpack(values.reshape(-1), out, call.stream)
    return call.handed_out(out)


def _multiply(call, a, b, out, batch):
    if b.ndim == 1:
        b, out = b[:, None], out[..., None]
    if a.ndim == 1:
        a, out = a[None], out[..., None, :]
    if a.shape[-1] == 0:
        values = call.new(out.size, out.dtype)
        fill_with(values, -np.inf, call.stream)
        unpack(values, out, call.stream)
        return
    if b.ndim == 2 and a.ndim > 2:
        a, out, batch = _with_rows_together(a, out, batch)
    if not batch:
        a, b, out, batch = a[None], b[None], out[None], (1,)
    a, b = (np.broadcast_to(u, batch + u.shape[-2:]) for u in (a, b))
    logmatmul.fill(a, b, out, call.stream)


def _with_rows_together(a, out, batch):
    # All rows of a meet the same b: as one matrix, where memory allows.
    shape, (rows, results) = merged([a[..., 0], out[..., 0]])
    if len(shape) > 1:
        return a, out, batch
    pairs = (a, rows), (out, results)
    return *(
        as_strided(u, (*shape, u.shape[-1]), (r.strides[0], u.strides[-1])) for u, r in pairs
    ), ()
