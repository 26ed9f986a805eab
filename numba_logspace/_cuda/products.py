"""CUDA arrays of derivatives of products in log space: what the host checks."""

import math

import numpy as np

from .._arguments import layout
from .._arguments.matrices import check_shapes
from .call import Call
from .copy import fill_with, unpack
from .logmatmul_derivatives import fill_gradients, fill_tangents
from .matrices import copied

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


class _Product:
    """The checked headers of a product."""

    def __init__(self, a, b, stream):
        self.call = Call(a, "a", stream)
        self.a, self.b = self.call.x, self.call.header(b, "b")
        of_each = [
            layout.as_array(u, n, has_where=False) for u, n in ((self.a, "a"), (self.b, "b"))
        ]
        _, self.shape = check_shapes(self.a.shape, self.b.shape)
        self.result = layout.common_dtype(*(result for _, _, result in of_each))
        self.dtype = _DOUBLE if self.result == _DOUBLE else _SINGLE
        self.is_empty = math.prod(self.shape) * self.a.shape[-1] == 0

    def _result_of(self, header, name):
        return layout.as_array(header, name, has_where=False)[2]

    def beside(self, array, name, shape, of):
        """The header of an argument in the shape of `of`; None for None."""
        if array is None:
            return None
        header, _, _ = layout.as_array(self.call.header(array, name), name, has_where=False)
        return layout.check_operand(header, name, shape, of)

    def inputs(self, **more):
        """The headers by name, for what must not overlap them."""
        return {"a": self.a, "b": self.b} | {k: u for k, u in more.items() if u is not None}

    def worked_on(self, header):
        """A header in the dtype of the work; None for None."""
        if header is None or header.dtype == self.dtype:
            return header
        return copied(self.call, header, self.dtype)

    def room(self, out, shape):
        """(the header of results as they are handed out, that of results of the work)."""
        out = self.call.new(shape, self.result) if out is None else out
        return out, out if out.dtype == self.dtype else self.call.new(shape, self.dtype)

    def of_a(self, u):
        """What lies as a does, as matrices with an axis in front; None for None."""
        return _in_front(u[None] if u is not None and u.ndim == 1 else u)

    def of_b(self, u):
        """What lies as b does, alike."""
        return _in_front(u[:, None] if u is not None and u.ndim == 1 else u)

    def of_result(self, u):
        """What lies as the result does, alike."""
        u = u[..., None] if self.b.ndim == 1 else u
        return _in_front(u[..., None, :] if self.a.ndim == 1 else u)

    def finish(self, out, values):
        """Put results of the work where they are handed out."""
        if self.is_empty and values.size:
            values = self.call.new(values.shape, self.dtype)
            fill_with(values, 0.0, self.call.stream)
        if values is not out and out.size:
            unpack(values.reshape(-1), out, self.call.stream)
        return self.call.handed_out(out)


def _in_front(u):
    return u[None] if u is not None and u.ndim == 2 else u


def vjp(a, b, g, out, stream):
    """The gradients of sum(g * product) in a and in b."""
    product = _Product(a, b, stream)
    call, shapes = product.call, (product.a.shape, product.b.shape)
    g = product.beside(g, "g", product.shape, "the result")
    if isinstance(out, tuple):
        out = tuple(call.header(u, f"out[{i}]") for i, u in enumerate(out))
    if out is not None:
        layout.check_two_outs(out, shapes, [product.result] * 2, product.inputs(g=g))
    rooms = [product.room(u, s) for u, s in zip((None, None) if out is None else out, shapes)]
    if not product.is_empty:
        if g is None:
            one = call.new((), product.dtype)
            fill_with(one, 1.0, call.stream)
            g = np.broadcast_to(one, product.shape)
        a, b, g = map(product.worked_on, (product.a, product.b, g))
        outs = product.of_a(rooms[0][1]), product.of_b(rooms[1][1])
        fill_gradients(product.of_a(a), product.of_b(b), product.of_result(g), outs, call)
    return tuple(product.finish(*room) for room in rooms)


def jvp(a, b, ta, tb, out, stream):
    """The derivative of the product along tangents, of which one may be None, for 0."""
    product = _Product(a, b, stream)
    if ta is None and tb is None:
        raise TypeError("ta and tb must not both be None")
    ta = product.beside(ta, "ta", product.a.shape, "a")
    tb = product.beside(tb, "tb", product.b.shape, "b")
    if out is not None:
        out = product.call.header(out, "out")
        others = product.inputs(ta=ta, tb=tb)
        layout.check_out(out, product.shape, product.result, others)
    out, values = product.room(out, product.shape)
    if not product.is_empty:
        a, b, ta, tb = map(product.worked_on, (product.a, product.b, ta, tb))
        given = product.of_a(a), product.of_b(b), product.of_a(ta), product.of_b(tb)
        fill_tangents(*given, product.of_result(values), product.call)
    return product.finish(out, values)
