"""The arguments of derivatives of weighted sums of exponentials, by x and by the weights b."""

import numpy as np

from .._cpu.weighted_derivatives import gradients_of_rows, slopes_of_rows
from . import layout
from . import small as short


def gradients(rows, g, out):
    """The gradients of sum(g * log |sum b exp(x)|) in x and in b, from the Rows of both."""
    g = rows.numbers(g, "g")
    outs = rows.outs_alone(out, {"g": g})
    parts = rows.weighted_gradients(g)
    return tuple(rows.summed_to(u, *own, out) for u, own, out in zip(parts, rows.alone, outs))


def slopes(rows, t, s, keepdims, out):
    """The derivative along t in x and s in b, of which one may be None, for 0."""
    if t is None and s is None:
        raise TypeError("t and s must not both be None")
    tangents = [
        u if u is None else _tangent(rows, u, name, shape, of)
        for u, name, (shape, _), of in zip((t, s), "ts", rows.alone, "xb")
    ]
    out = rows.out_of_rows(out, keepdims, {"b": rows.b} | dict(zip("ts", tangents)))
    return rows.returned(rows.weighted_slopes(tangents), keepdims, out)


def _tangent(rows, array, name, shape, of):
    array = layout.check_operand(rows.argument(array, name)[0], name, shape, of)
    return np.broadcast_to(array, rows.x.shape)


# --- small plain arrays ---------------------------------------------------------------------------


def small_gradients(x, b, g, axis, workers):
    """The gradients the short way; None where there is more to do or to say."""
    form = short.form_of(x, axis)
    if form is None or not short.is_one_thread(workers):
        return None
    shape, dtype, (rows, *form) = x.shape, x.dtype, form
    if not short.is_like(b, shape, dtype):
        return None
    count = form[0] * form[2]
    if g is None:
        numbers = np.ones(count)
    else:
        own = dtype if type(g) is np.ndarray else short.DOUBLE
        numbers = short.numbers_of(g, x, axis, rows, own)
        if numbers is None:
            return None
        numbers = numbers.astype(short.DOUBLE, copy=False)
    parts = np.empty(x.size), np.empty(x.size)
    arrays = short.doubles(x, form), short.doubles(b, form), numbers, *parts
    gradients_of_rows()(*arrays, form[1], 0, count)
    outs = np.empty(shape, dtype), np.empty(shape, dtype)
    with np.errstate(all="ignore"):  # a float32 may overflow or underflow
        for out, part in zip(outs, parts):
            short.put_rows(part, out, *form)
    return outs


def small_slopes(x, b, t, s, axis, workers):
    """The derivatives along t and s the short way; None where there is more to do or to say."""
    form = short.form_of(x, axis)
    if form is None or not short.is_one_thread(workers) or t is s is None:
        return None
    shape, dtype, (rows, *form) = x.shape, x.dtype, form
    for u in (b, t, s):
        if not short.is_like(u, shape, dtype) and (u is not None or u is b):
            return None
    first, weights = short.doubles(x, form), short.doubles(b, form)
    # What does not count is not read.
    along = [first if u is None else short.doubles(u, form) for u in (t, s)]
    values = np.empty(form[0] * form[2])
    flags = t is not None, s is not None
    slopes_of_rows()(first, weights, *along, *flags, values, form[1], 0, values.size)
    with np.errstate(all="ignore"):
        return values.reshape(rows).astype(dtype, copy=False)[()]
