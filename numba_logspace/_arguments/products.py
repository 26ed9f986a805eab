"""The arguments of derivatives of products in log space."""

import math

import numpy as np

from .._cpu import logmatmul_derivatives
from .._cpu.workers import count_for
from . import layout
from .matrices import check_shapes

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


class _Product:
    """The checked arguments of a product, as matrices with as few leading axes as it takes."""

    def __init__(self, a, b, workers):
        (self.a, _, of_a), (self.b, _, of_b) = (
            layout.as_array(u, name, has_where=False) for u, name in ((a, "a"), (b, "b"))
        )
        self._batch, self.shape = check_shapes(self.a.shape, self.b.shape)
        self.result = layout.common_dtype(of_a, of_b)
        self.dtype = _DOUBLE if self.result == _DOUBLE else _SINGLE
        first, second = self.matrices(self.a, self.b)
        if second.ndim == 2:
            self._batch = ()
        self.form = (*self._batch, first.shape[-2], second.shape[-1])
        # The longer of both is across the lanes of vectors.
        self.turned = self.form[-2] > self.form[-1]
        self.workers = count_for(workers, math.prod(self.form) * first.shape[-1])

    def matrices(self, a, b):
        """What lies as a and b do, as matrices; if b is one, all rows of a meet it together."""
        a = a[None] if a.ndim == 1 else a
        b = b[:, None] if b.ndim == 1 else b
        return (a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) if b.ndim == 2 else a), b

    def factors(self, a, b):
        """What lies as a and b do, as the factors that are multiplied: turned where that is so."""
        a, b = self.matrices(a, b)
        return (b.swapaxes(-1, -2), a.swapaxes(-1, -2)) if self.turned else (a, b)

    def beside(self, array, name, shape, of):
        """An argument in the shape of `of`."""
        array, _, _ = layout.as_array(array, name, has_where=False)
        return layout.check_operand(array, name, shape, of)

    def inputs(self, **more):
        """The arrays by name, for what must not overlap them."""
        return {"a": self.a, "b": self.b} | {k: u for k, u in more.items() if u is not None}

    def handed_out(self, values, shape, out):
        """Values of the working dtype as they are returned."""
        values = values.reshape(shape)
        with np.errstate(all="ignore"):  # a float16 may overflow to inf
            if out is None:
                return values.astype(self.result, order="C", copy=False)[()]
            out[...] = values
        return out


def vjp(a, b, g, out, workers):
    """The gradients of sum(g * product) in a and in b."""
    product = _Product(a, b, workers)
    if g is not None:
        g = product.beside(g, "g", product.shape, "the result")
    shapes = product.a.shape, product.b.shape
    if out is not None:
        layout.check_two_outs(out, shapes, [product.result] * 2, product.inputs(g=g))
    outs = (None, None) if out is None else out
    first, second = product.factors(product.a, product.b)
    if math.prod(product.form) * first.shape[-1] == 0:
        gradients = [np.zeros(shape, product.dtype) for shape in shapes]
    else:
        gradients = _gradients(product, first, second, g)
    return tuple(map(product.handed_out, gradients, shapes, outs))


def _gradients(product, first, second, g):
    if g is None:
        g = np.ones(product.form, product.dtype)
    else:
        with np.errstate(all="ignore"):  # a float64 may overflow or underflow in a smaller dtype
            g = np.array(g, product.dtype, order="C").reshape(product.form)
    if not product.turned:
        return logmatmul_derivatives.gradients_of(first, second, g, product.workers)
    g = np.ascontiguousarray(g.swapaxes(-1, -2))
    pair = logmatmul_derivatives.gradients_of(first, second, g, product.workers)
    return [u.swapaxes(-1, -2) for u in pair[::-1]]


def jvp(a, b, ta, tb, out, workers):
    """The derivative of the product along tangents, of which one may be None, for 0."""
    product = _Product(a, b, workers)
    if ta is None and tb is None:
        raise TypeError("ta and tb must not both be None")
    tangents = [
        np.broadcast_to(product.dtype.type(0.0), u.shape)
        if t is None
        else product.beside(t, name, u.shape, of)
        for t, name, u, of in ((ta, "ta", product.a, "a"), (tb, "tb", product.b, "b"))
    ]
    if out is not None:
        others = product.inputs(ta=tangents[0], tb=tangents[1])
        layout.check_out(out, product.shape, product.result, others)
    first, second = product.factors(product.a, product.b)
    *batch, rows, n = product.form
    values = np.zeros((*batch, n, rows) if product.turned else product.form, product.dtype)
    if values.size and first.shape[-1]:
        of_both = product.factors(*tangents)
        logmatmul_derivatives.fill_tangents(first, second, *of_both, values, product.workers)
    values = values.swapaxes(-1, -2) if product.turned else values
    return product.handed_out(values, product.shape, out)
