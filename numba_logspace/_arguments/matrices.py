"""The arguments of what makes or takes matrices: Jacobians, and products in log space."""

import math

import numpy as np

from .._cpu import factors, logmatmul
from .._cpu.workers import THRESHOLD, count_for
from . import layout, small
from .slabs import flat, is_plain
from .targets import check_axis

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

# Panels of b are copied together, for all rows to find them in the cache. A small product with
# fewer rows than this, or with a b of no more bytes than that, reads it where it lies.
_ROWS_TO_PACK, _NO_NEED_TO_PACK = 4, 1 << 14

# So many products of exponentials cost as much as a term that is an exponential of its own.
_TERMS_OF_FACTORS = 16
# Products of fewer terms are one thread's.
_MOST_FOR_ONE = 1 << 21


def jacobian(function, x, axis):
    """The Jacobian of each row, in the shape of x without the axis, then i and j."""
    array, dtype, result = layout.as_array(x, has_where=False)
    axes = layout.normalize_axes(axis, array.ndim)
    check_axis(axis)
    if not axes:
        raise np.exceptions.AxisError(axis, 0)
    rows = np.ascontiguousarray(np.moveaxis(array, axes[0], -1), dtype)
    out = np.empty((*rows.shape, rows.shape[-1]), dtype)
    if out.size:
        workers = count_for(None, out.size)
        function.engine(flat(rows), flat(out), rows.shape[-1], workers)
    with np.errstate(all="ignore"):  # a float16 result may underflow
        return out.astype(result, copy=False)


def small_jacobian(function, x, axis):
    """What `jacobian` gives, or None for others than small plain arrays."""
    form = None if axis is None else small.form_of(x, axis)
    if form is None:
        return None
    shape, outer, n, inner = form
    if x.size * n >= THRESHOLD:
        return None
    rows = small.flat(x) if inner == 1 else small.rows_last(x, outer, n, inner)
    out = np.empty((*shape, n, n), x.dtype)
    function.engine(rows, out.ravel(), n, 1)
    return out


def small_product(a, b, out, workers):
    """What `product` gives, or None for others than small plain arrays of one or two axes."""
    if small.is_one_thread(workers) and type(a) is np.ndarray:
        return _direct(a, b, out, workers)
    return None


def product(a, b, out, workers):
    """log(sum over k of exp(a[..., i, k] + b[..., k, j])), arguments as those of numpy.matmul."""
    (a, _, of_a), (b, _, of_b) = (
        layout.as_array(u, name, has_where=False) for u, name in ((a, "a"), (b, "b"))
    )
    batch, shape = check_shapes(a.shape, b.shape)
    result = layout.common_dtype(of_a, of_b)
    dtype = _DOUBLE if result == _DOUBLE else _SINGLE
    if out is not None:
        layout.check_out(out, shape, result, {"a": a, "b": b})
    first = a[None] if a.ndim == 1 else a
    second = b[:, None] if b.ndim == 1 else b
    (rows, k), n = first.shape[-2:], second.shape[-1]
    if second.ndim == 2:
        # Then all rows of a meet the same b.
        rows, batch = math.prod(first.shape[:-1]), ()
        first = first.reshape(rows, k)
    whole = (*batch, rows, n)
    terms = math.prod(whole) * k
    fewer, workers = count_for(workers, terms // _TERMS_OF_FACTORS), count_for(workers, terms)
    values = np.empty(whole, dtype)
    is_large = terms * dtype.itemsize >= factors.LEAST_BYTES
    done = is_large and factors.fill(first, second, values, fewer)
    if k == 0:
        values.fill(-np.inf)
    elif values.size and not done:
        way = logmatmul.way(rows, k, n, dtype)
        if way == "turned":
            first, second = second.swapaxes(-1, -2), first.swapaxes(-1, -2)
            values = np.empty((*batch, n, rows), dtype)
        logmatmul.fill(first, second, values, way, workers)
        if way == "turned":
            values = values.swapaxes(-1, -2)
    values = values.reshape(shape)
    with np.errstate(all="ignore"):  # a float16 result may overflow to inf
        if out is None:
            return values.astype(result, order="C", copy=False)[()]
        out[...] = values
    return out


def _direct(a, b, out, workers):
    # The product of small plain arrays of one or two axes; None for others.
    dtype = a.dtype
    if not (is_plain(a) and is_plain(b) and b.dtype is dtype and 0 < a.ndim < 3 and 0 < b.ndim < 3):
        return None
    first = a if a.ndim == 2 else a[None]
    second = b if b.ndim == 2 else b[:, None]
    (rows, k), (of_b, n) = first.shape, second.shape
    if of_b != k or not 0 < k * n * rows < _MOST_FOR_ONE:
        return None
    given, shape = out, a.shape[:-1] + b.shape[1:]
    if out is None:
        out = np.empty(shape, dtype)
    elif not small.takes(out, shape, dtype, (a, b)):
        return None
    _multiply(first, second, out.reshape(rows, n), workers)
    return out if shape or given is not None else out[()]


def _multiply(a, b, out, workers):
    # Small contiguous matrices; turned ones are copied.
    (rows, k), n = a.shape, b.shape[1]
    if rows * n * k * out.itemsize >= factors.LEAST_BYTES and factors.fill(a, b, out, 1):
        return
    workers = 1 if rows * n * k < THRESHOLD else count_for(workers, rows * n * k)
    way, result = logmatmul.way(rows, k, n, out.dtype), out
    if way == "turned":
        way, rows, a, b = "columns", n, b.T.copy(), a.T.copy()
        out = np.empty(out.shape[::-1], out.dtype)
    pack = workers > 1 or (rows >= _ROWS_TO_PACK and b.nbytes > _NO_NEED_TO_PACK)
    if way == "columns" and not pack:
        logmatmul.one_product()(a, b, out)
    else:
        logmatmul.fill(a, b, out, way, workers)
    if out is not result:
        result[...] = out.T


def check_shapes(a, b):
    """(the leading axes, the shape of the product) of arrays of these shapes."""
    if not a or not b:
        raise ValueError(
            f"a and b must have at least one axis, got a of shape {a} and b of shape {b}"
        )
    if a[-1] != b[-2:][0]:
        raise ValueError(
            f"the last axis of a must be as long as the axis of b that is summed over (the last "
            f"but one, or its only one), got a of shape {a} and b of shape {b}"
        )
    try:
        batch = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        raise ValueError(
            f"the leading axes of a and b must broadcast, got a of shape {a} and b of shape {b}"
        ) from None
    return batch, batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())
