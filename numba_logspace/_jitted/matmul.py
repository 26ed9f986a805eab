"""The product of matrices of logarithms inside jitted code."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.factors import products, row_factors
from .._cpu.logmatmul import FACTORS, TERMS, entries, one_product, way
from .._cpu.sampled import DIRECT, NARROW_UNIT, WIDE, WIDE_UNIT, choose
from .._formulas.simd import VECTOR_BYTES
from .matrices import as_matrix, check_factors, check_lengths, shaped
from .memory import quiet
from .typing import refuse

# Where the only matrix begins.
_START = np.zeros(1, np.intp)


# All of them take contiguous matrices, and one to write to.


def _multiply_factors():
    # By sums of products of exponentials, which do from the modulus `unit` on.
    of_rows, of_panels, start = quiet(row_factors()), quiet(products()), _START

    @inlined
    def multiply(a, b, out, unit):
        (rows, k), n, width = a.shape, b.shape[1], VECTOR_BYTES // out.itemsize
        x, y, z = a.reshape(-1), b.reshape(-1), out.reshape(-1)
        m, factors = np.empty(rows, a.dtype), np.empty(rows * k, a.dtype)
        of_rows(x, m, factors, k, 0, rows)
        panels = (n + width - 1) // width
        of_panels(x, m, factors, y, z, start, start, n, 1, 1, unit, rows, k, n, 0, panels)

    return multiply


def _try_factors(dtype):
    # By these where they pay; whether they do.
    chosen_by, start, multiply = quiet(choose()), _START, _multiply_factors()

    @inlined
    def chosen_of(a, b):
        (rows, k), n = a.shape, b.shape[1]
        return chosen_by(a.reshape(-1), b.reshape(-1), start, start, n, 1, rows, k, n)

    @inlined
    def of_double(a, b, out):
        if chosen_of(a, b) == DIRECT:
            return False
        multiply(a, b, out, NARROW_UNIT)
        return True

    @inlined
    def of_single(a, b, out):
        chosen = chosen_of(a, b)
        if chosen == WIDE:
            wide = np.empty(out.shape, np.float64)
            multiply(a.astype(np.float64), b.astype(np.float64), wide, WIDE_UNIT)
            out[...] = wide
        elif chosen != DIRECT:
            multiply(a, b, out, NARROW_UNIT)
        return chosen != DIRECT

    return of_double if dtype == types.float64 else of_single


def _multiply_any(dtype):
    # In the way that their lengths and numbers ask for.
    try_factors, of_columns, of_entries = (
        _try_factors(dtype),
        quiet(one_product()),
        quiet(entries()),
    )
    start = _START

    @inlined
    def multiply(a, b, out, chosen):
        (rows, k), n = a.shape, b.shape[1]
        if chosen == FACTORS and try_factors(a, b, out):
            return
        if chosen == TERMS:
            x, y, z = a.reshape(-1), np.ascontiguousarray(b.T).reshape(-1), out.reshape(-1)
            of_entries(x, y, z, start, start, rows, k, n, 0, rows * n)
        else:
            of_columns(a, b, out)

    return multiply


def plan_product(entry, call):
    """logmatmulexp, of matrices and vectors."""
    name, a, b = entry.name, call.a, call.b
    refuse(name, out=call.out)
    check_factors(name, a, b)
    multiply, shape = _multiply_any(a.dtype), shaped(a, b)
    first, second = as_matrix(a, True), as_matrix(b, False)

    def product(a, b):
        check_sources()
        left, right = first(a), second(b)
        check_lengths(left, right)
        (rows, k), n = left.shape, right.shape[1]
        result = np.empty((rows, n), left.dtype)
        if k == 0:
            result[...] = -np.inf
        elif result.size:
            chosen, turned = way(rows, k, n, result.itemsize)
            if turned:
                other = np.empty((n, rows), left.dtype)
                left, right = np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)
                multiply(right, left, other, chosen)
                result[...] = other.T
            else:
                multiply(left, right, result, chosen)
        return shape(result)

    return product, ("a", "b")
