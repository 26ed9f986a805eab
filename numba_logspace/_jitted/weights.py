"""The weights of sums of exponentials inside jitted code, which broadcast together with x."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .masked import copier, filler
from .typing import check_numbers_of, is_none

REALS = types.float32, types.float64
_SINGLE = types.float32, types.complex64
_NUMBERS = types.Float, types.Integer, types.Boolean


def numbers_of(u):
    """The type of the numbers in an argument, which may be an array or one of them."""
    return u.dtype if isinstance(u, types.Array) else u


def check_weights(name, b, or_complex=False):
    """Refuse weights that are no numbers."""
    kinds = (*_NUMBERS, types.Complex) if or_complex else _NUMBERS
    if not is_none(b) and not isinstance(numbers_of(b), kinds):
        raise TypeError(f"{name}: b must be a number or an array of numbers, got {b}")


def dtype_of(x, b):
    """The dtype of results, as NumPy gives x and b together; a number adapts."""
    single = x.dtype in _SINGLE and (not isinstance(b, types.Array) or b.dtype in _SINGLE)
    if isinstance(x.dtype, types.Complex) or isinstance(numbers_of(b), types.Complex):
        return np.complex64 if single else np.complex128
    return np.float32 if single else np.float64


@inlined
def _check_broadcast(x, b):
    for i in range(1, min(x.ndim, b.ndim) + 1):
        m, n = x.shape[x.ndim - i], b.shape[b.ndim - i]
        if m != n and m != 1 and n != 1:
            raise ValueError("x and b must broadcast together")


def spread_of(name, x, b, kinds=REALS):
    """(The type of x broadcast together with b, a function of x and b: both so)."""

    @inlined
    def together(x, b):
        _check_broadcast(x, b)
        shape = np.broadcast_shapes(x.shape, b.shape)
        return np.broadcast_to(x, shape), np.broadcast_to(b, shape)

    @inlined
    def as_they_are(x, b):
        return x, b

    check_numbers_of(name, x, "x", kinds)
    if not isinstance(b, types.Array):
        return x, as_they_are
    return types.Array(x.dtype, max(x.ndim, b.ndim), "A", readonly=True), together


def weights_of(rows, b, dtype=np.float64):
    """A function of x, b and the mask: the weights of the copy of x, 0 where it is masked."""
    copy, leave_out = copier(rows, dtype), filler(0.0)

    @inlined
    def equal(x, b, mask):
        factors = np.full(x.size, dtype(b))
        leave_out(factors, mask)
        return factors

    if is_none(b):
        return inlined(lambda x, b, mask: np.ones(x.size, dtype))
    return inlined(lambda x, b, mask: copy(b, mask, 0.0)) if isinstance(b, types.Array) else equal
