"""The arguments of derivatives of weighted sums of exponentials, by x and by the weights b."""

import numpy as np

from .._cpu.totals import sums_over
from .._cpu.weighted_derivatives import gradients_of_rows, slopes_of_rows
from . import layout
from .foreign import handed_over
from .rows import Rows
from .slabs import copy_of, for_slabs, rows_last

_DOUBLE = np.dtype(np.float64)


def _checked(x, b, axis, where, workers):
    # The Rows of both together, and each as an array with the dtype of its gradient.
    if b is None:
        raise TypeError("b must be an array of weights, got None")
    alone = [layout.as_array(u, name) for u, name in ((x, "x"), (b, "b"))]
    rows = Rows(x, axis, where, workers, beside=b)
    return rows, [(array.shape, result) for array, _, result in alone]


def _summed_to(values, shape, dtype):
    # The sum over what is broadcast, as it is returned.
    axes = layout.broadcast_axes(shape, values.shape)
    if axes:
        values = sums_over(values, axes).reshape(shape)
    with np.errstate(all="ignore"):  # a smaller dtype may overflow or underflow
        return values.astype(dtype, copy=False)[()]


@handed_over
def weighted_vjp(function, x, b, g, axis, where, workers):
    """The gradients of sum(g * log |sum b exp(x)|) in x and in b."""
    rows, alone = _checked(x, b, axis, where, workers)
    g = rows.numbers(1.0 if g is None else g, "g")
    gradients = [np.zeros(rows.x.shape) for _ in alone]
    if rows.x.size:
        _fill_gradients(rows, g, gradients)
    return tuple(_summed_to(u, *own) for u, own in zip(gradients, alone))


def _fill_gradients(rows, g, gradients):
    x, b, mask = (rows_last(u, rows.axes) for u in (rows.x, rows.b, rows.mask))
    outs, kernel = [rows_last(u, rows.axes) for u in gradients], gradients_of_rows()

    def one(index, n):
        piece, weights = copy_of(x, index, _DOUBLE, mask), copy_of(b, index, _DOUBLE, mask, 0.0)
        numbers = copy_of(g, index, _DOUBLE).reshape(-1)
        parts = np.empty_like(piece), np.empty_like(piece)
        flat = [u.reshape(-1) for u in (piece, weights, numbers, *parts)]
        kernel(*flat, n, 0, numbers.size)
        for out, part in zip(outs, parts):
            out[index] = part

    for_slabs(one, x, rows.axes, rows.workers)


@handed_over
def weighted_jvp(function, x, b, t, s, axis, keepdims, where, workers):
    """The derivative along t in x and s in b, of which one may be None, for 0."""
    rows, alone = _checked(x, b, axis, where, workers)
    if t is None and s is None:
        raise TypeError("t and s must not both be None")
    tangents = [
        u if u is None else _tangent(rows, u, name, shape, of)
        for u, name, (shape, _), of in zip((t, s), "ts", alone, "xb")
    ]
    values = np.zeros(rows.shape)
    if rows.x.size:
        _fill_slopes(rows, tangents, values)
    return rows.returned(values, keepdims)


def _tangent(rows, array, name, shape, of):
    array = layout.check_operand(rows.argument(array, name)[0], name, shape, of)
    return np.broadcast_to(array, rows.x.shape)


def _fill_slopes(rows, tangents, values):
    x, b, mask, *tangents = (
        rows_last(u, rows.axes) for u in (rows.x, rows.b, rows.mask, *tangents)
    )
    kernel, flags = slopes_of_rows(), [u is not None for u in tangents]

    def one(index, n):
        piece, weights = copy_of(x, index, _DOUBLE, mask), copy_of(b, index, _DOUBLE, mask, 0.0)
        # What does not count is not read.
        along = [piece if u is None else copy_of(u, index, _DOUBLE) for u in tangents]
        part = np.empty(piece.size // n)
        flat = [u.reshape(-1) for u in (piece, weights, *along)]
        kernel(*flat, *flags, part, n, 0, part.size)
        values[index] = part.reshape(np.shape(values[index]))

    for_slabs(one, x, rows.axes, rows.workers)
