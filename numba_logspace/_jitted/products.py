"""Derivatives of the product of matrices of logarithms inside jitted code."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.logmatmul_derivatives import (
    BLOCK,
    gradients,
    largest_exponent,
    lifts,
    references,
    room_of,
    scaled_back,
    tangents,
)
from .._formulas.simd import VECTOR_BYTES
from .matrices import as_matrix, check_factors, check_lengths, shaped
from .memory import quiet
from .typing import axes_in_words, is_none, is_number, refuse

# Where the only matrix begins.
_START = np.zeros(1, np.intp)


def _check_like(name, u, of, ndim, dtype):
    # Refuse what has not so many axes of that dtype.
    if not isinstance(u, types.Array) or u.ndim != ndim or u.dtype != dtype:
        axes = axes_in_words(ndim)
        raise TypeError(f"{name}: {of} must have {axes} of {dtype} in jitted code, got {u}")


def _numbers_of(dtype):
    # (the room for exponents, how many numbers a vector has, the type of a number) of a Numba type.
    dtype = np.dtype(dtype.name)
    return room_of(dtype), VECTOR_BYTES // dtype.itemsize, dtype.type


def _cotangents(g, ndim):
    # A function of g and the lengths of the product: a matrix of its own.
    @inlined
    def ones(g, rows, n, dtype):
        return np.ones((rows, n), dtype)

    @inlined
    def number(g, rows, n, dtype):
        return np.full((rows, n), g, dtype)

    @inlined
    def matrix(g, rows, n, dtype):
        if g.shape != (rows, n):
            raise ValueError("g must have the shape of the product")
        return g.copy()

    @inlined
    def vector(g, rows, n, dtype):
        if g.size != rows * n:
            raise ValueError("g must have the shape of the product")
        return g.copy().reshape((rows, n))

    if is_none(g):
        return ones
    if is_number(g):
        return number
    return vector if ndim == 1 else matrix


def _like(u):
    # A function of u and a matrix: it in the shape of u.
    if u.ndim == 2:
        return inlined(lambda u, matrix: matrix)
    return inlined(lambda u, matrix: np.ascontiguousarray(matrix).reshape(u.shape))


def _gradients_of(dtype):
    # A function of contiguous matrices and cotangents, which are used up: both gradients.
    of_panels, of_blocks = quiet(references()), quiet(gradients())
    exponent_of, back = quiet(largest_exponent), quiet(scaled_back)
    (room, width, number), start = _numbers_of(dtype), _START

    @inlined
    def gradients_of(a, b, g):
        (rows, k), n = a.shape, b.shape[1]
        flat_a, flat_b, h = a.reshape(-1), b.reshape(-1), g.reshape(-1)
        m, m_low = np.empty_like(h), np.empty_like(h)
        up, down = lifts(exponent_of(h), room)
        panels = (n + width - 1) // width
        of_panels(
            flat_a, flat_b, h, m, m_low, start, start, n, 1, number(up), rows, k, n, 0, panels
        )
        sum_a, error_a = np.zeros_like(flat_a), np.zeros_like(flat_a)
        sum_b, error_b = np.zeros_like(flat_b), np.zeros_like(flat_b)
        of_blocks(
            flat_a,
            flat_b,
            h,
            m,
            m_low,
            sum_a,
            error_a,
            sum_b,
            error_b,
            start,
            start,
            rows,
            k,
            n,
            BLOCK,
            1,
            0,
            (k + BLOCK - 1) // BLOCK,
        )
        back(sum_a, error_a, number(down))
        back(sum_b, error_b, number(down))
        return sum_a.reshape(a.shape), sum_b.reshape(b.shape)

    return gradients_of


def plan_product_vjp(entry, call):
    """The gradients of logmatmulexp, of matrices and vectors."""
    name, a, b, g = entry.name, call.a, call.b, call.g
    refuse(name, out=call.out)
    check_factors(name, a, b)
    ndim = a.ndim + b.ndim - 2
    if not is_none(g) and not is_number(g):
        _check_like(name, g, "g", ndim, a.dtype)
    first, second = as_matrix(a, True), as_matrix(b, False)
    like_a, like_b, cotangents = _like(a), _like(b), _cotangents(g, ndim)
    gradients_of = _gradients_of(a.dtype)

    def vjp(a, b, g):
        check_sources()
        left, right = first(a), second(b)
        check_lengths(left, right)
        h = cotangents(g, left.shape[0], right.shape[1], a.dtype)
        if h.size * left.shape[1] == 0:
            return np.zeros(a.shape, a.dtype), np.zeros(b.shape, a.dtype)
        if h.shape[0] <= h.shape[1]:
            of_a, of_b = gradients_of(left, right, np.ascontiguousarray(h))
            return like_a(a, of_a), like_b(b, of_b)
        left, right = np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)
        of_b, of_a = gradients_of(right, left, np.ascontiguousarray(h.T))
        of_a, of_b = np.ascontiguousarray(of_a.T), np.ascontiguousarray(of_b.T)
        return like_a(a, of_a), like_b(b, of_b)

    return vjp, ("a", "b", "g")


def _tangents_of(dtype):
    # A function of contiguous matrices and their tangents: the derivative of the product.
    of_panels, exponent_of = quiet(tangents()), quiet(largest_exponent)
    (room, width, number), start = _numbers_of(dtype), _START

    @inlined
    def tangents_of(a, b, ta, tb):
        (rows, k), n = a.shape, b.shape[1]
        flat_ta, flat_tb = ta.reshape(-1), tb.reshape(-1)
        up, down = lifts(max(exponent_of(flat_ta), exponent_of(flat_tb)), room)
        lift, out = number(up), np.zeros((rows, n), a.dtype)
        of_panels(
            a.reshape(-1),
            b.reshape(-1),
            flat_ta * lift * lift,
            flat_tb * lift * lift,
            out.reshape(-1),
            start,
            start,
            n,
            1,
            number(down),
            rows,
            k,
            n,
            0,
            (n + width - 1) // width,
        )
        return out

    return tangents_of


def _tangent(u, t, as_matrix_of):
    # A function of u and its tangent: a contiguous matrix.
    if is_none(t):
        return inlined(lambda u, t: np.zeros(as_matrix_of(u).shape, u.dtype))

    @inlined
    def given(u, t):
        if t.shape != u.shape:
            raise ValueError("ta and tb must have the shapes of a and b")
        return as_matrix_of(t)

    return given


def plan_product_jvp(entry, call):
    """The derivative of logmatmulexp along tangents."""
    name, a, b, ta, tb = entry.name, call.a, call.b, call.ta, call.tb
    refuse(name, out=call.out)
    check_factors(name, a, b)
    if is_none(ta) and is_none(tb):
        raise TypeError(f"{name}: ta and tb must not both be None")
    for u, t, of in ((a, ta, "ta"), (b, tb, "tb")):
        if not is_none(t):
            _check_like(name, t, of, u.ndim, a.dtype)
    first, second = as_matrix(a, True), as_matrix(b, False)
    along_a = _tangent(a, ta, first if is_none(ta) else as_matrix(ta, True))
    along_b = _tangent(b, tb, second if is_none(tb) else as_matrix(tb, False))
    shape, tangents_of = shaped(a, b), _tangents_of(a.dtype)

    def jvp(a, b, ta, tb):
        check_sources()
        left, right, s, t = first(a), second(b), along_a(a, ta), along_b(b, tb)
        check_lengths(left, right)
        if left.shape[1] == 0:
            return shape(np.zeros((left.shape[0], right.shape[1]), a.dtype))
        if left.shape[0] <= right.shape[1]:
            return shape(tangents_of(left, right, s, t))
        left, right = np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)
        s, t = np.ascontiguousarray(s.T), np.ascontiguousarray(t.T)
        return shape(np.ascontiguousarray(tangents_of(right, left, t, s).T))

    return jvp, ("a", "b", "ta", "tb")
