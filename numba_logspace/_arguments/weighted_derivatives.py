"""The arguments of derivatives of weighted sums of exponentials, by x and by the weights b."""

import numpy as np

from . import layout


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
