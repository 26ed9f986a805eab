"""logsumexp inside jitted code, which has weights and a sign besides."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.loops import put_logarithms
from .._family import WEIGHTED_LOGSUMEXP
from .frames import shaper
from .masked import copier, lengths_together, mask_of
from .memory import out_of_rows, quiet
from .rows import plan_reduction
from .typing import Rows, check_floats, is_complex, is_none, literal

_NUMBERS = (types.Float, types.Integer, types.Boolean)


def _is_array(b):
    return isinstance(b, types.Array)


def _check_weights(name, b):
    numbers = b.dtype if _is_array(b) else b
    if not is_none(b) and not isinstance(numbers, _NUMBERS):
        raise TypeError(f"{name}: b must be a number or an array of numbers, got {b}")


def _wide(name, x, b):
    # (The type of x broadcast together with b, a function of x and b: both so).
    @inlined
    def together(x, b):
        _check_broadcast(x, b)
        shape = np.broadcast_shapes(x.shape, b.shape)
        return np.broadcast_to(x, shape), np.broadcast_to(b, shape)

    @inlined
    def as_they_are(x, b):
        return x, b

    check_floats(name, x, "x")
    if not _is_array(b):
        return x, as_they_are
    wide = types.Array(x.dtype, max(x.ndim, b.ndim), "A", readonly=True)
    return wide, together


@inlined
def _check_broadcast(x, b):
    for i in range(1, min(x.ndim, b.ndim) + 1):
        m, n = x.shape[x.ndim - i], b.shape[b.ndim - i]
        if m != n and m != 1 and n != 1:
            raise ValueError("x and b must broadcast together")


def _weights(rows, b):
    # A function of b and the mask, as it is with x: the weights of the copy of x.
    copy = copier(rows, np.float64)
    if _is_array(b):
        return inlined(lambda x, b, mask: copy(b, mask, 0.0))

    @inlined
    def ones(x, b, mask):
        return np.ones(x.size)

    @inlined
    def equal(x, b, mask):
        return np.full(x.size, np.float64(b))

    return ones if is_none(b) else equal


def _dtype(x, b):
    # As NumPy gives x and b together; a number adapts.
    single = x.dtype == types.float32 and (not _is_array(b) or b.dtype == types.float32)
    return np.float32 if single else np.float64


def _weighted_sums(rows, call, dtype, with_sign):
    # A function of x, b and where: (logarithms, signs) of the rows, flat, or of a single row.
    spread = _wide(rows.function, call.x, call.b)[1]
    get_mask, lengths = mask_of(rows, call.where), lengths_together(rows)
    copy = copier(rows, np.float64)
    weights, kernel = _weights(rows, call.b), quiet(WEIGHTED_LOGSUMEXP.engine.kernel)

    @inlined
    def sums(x, b, where):
        check_sources()
        wide, factors = spread(x, b)
        mask = get_mask(wide, where)
        outer, n, _ = lengths(wide)
        values, signs = np.empty(outer), np.empty(outer)
        entries = copy(wide, mask, -np.inf)
        kernel(entries, weights(wide, factors, mask), values, signs, n, 0, outer)
        logarithms = np.empty(outer, dtype)
        put_logarithms(values, signs, with_sign, logarithms)
        return logarithms, signs.astype(dtype)

    @inlined
    def sum_of_one(x, b, where):
        logarithms, signs = sums(x, b, where)
        return logarithms[0], signs[0]

    return sum_of_one if rows.whole else sums


def plan_logsumexp(entry, call):
    """logsumexp, with weights or without."""
    name = entry.name
    with_sign = literal(call.return_sign, bool, "return_sign", name)
    if is_none(call.b) and not with_sign:
        return plan_reduction(entry, call)
    if is_complex(call.x, entry):
        raise TypeError(
            f"{name}: b and return_sign are for real arrays in jitted code, got x of {call.x.dtype}"
        )
    _check_weights(name, call.b)
    rows = Rows(name, _wide(name, call.x, call.b)[0], call.axis, turns=False)
    rows.check_where(call.where)
    dtype = _dtype(call.x, call.b)
    keepdims = literal(call.keepdims, bool, "keepdims", name)
    rows.check_out_of_rows(call.out, keepdims, types.float32 if dtype is np.float32 else None)
    sums, shaped = _weighted_sums(rows, call, dtype, with_sign), shaper(rows, keepdims)
    spread, hand_out = _wide(name, call.x, call.b)[1], out_of_rows(call.out, shaped)

    def value(x, b, where, out):
        return hand_out(spread(x, b)[0], sums(x, b, where)[0], out)

    def value_and_sign(x, b, where, out):
        wide = spread(x, b)[0]
        logarithms, signs = sums(x, b, where)
        return hand_out(wide, logarithms, out), shaped(wide, signs)

    return value_and_sign if with_sign else value, ("x", "b", "where", "out")
