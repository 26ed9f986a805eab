"""Rows of complex numbers inside jitted code: copied together for the kernels they have."""

import numpy as np
from numba import from_dtype, types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu import complex as kernels
from .._cpu.together import put_rows
from . import masked
from .frames import shaper
from .memory import out_beside, out_of_rows, quiet
from .typing import Rows, is_none, literal, several
from .weights import REALS, check_weights, dtype_of, spread_of, weights_of

_COMPLEX = types.complex64, types.complex128


def _rows(entry, call):
    # The entries of a row in C order, as the array functions add them up.
    turns = not several(call.axis)
    return Rows(entry.name, call.x, call.axis, turns=turns, kinds=_COMPLEX)


def _reader(rows, where):
    # A function of x and where: (the rows, one after the other, the mask of them, lengths).
    get_mask, copy = masked.mask_of(rows, where), masked.copier(rows, np.complex128)
    lengths = masked.lengths_together(rows)

    @inlined
    def read(x, where):
        mask = get_mask(x, where)
        return copy(x, mask, -np.inf), mask, lengths(x)

    return read


def _placer(rows, out):
    # A function of x and out: the array of results.
    check, new = out_beside(rows.name), masked.like(rows)

    @inlined
    def given(x, out):
        check(x, out)
        return out

    return inlined(lambda x, out: new(x)) if is_none(out) else given


def plan_map(entry, call):
    """A result for each entry."""
    rows = _rows(entry, call)
    rows.check_out(call.out)
    rows.check_where(call.where)
    read, place, view = _reader(rows, call.where), _placer(rows, call.out), masked.rows_last(rows)
    kernel, fill = quiet(entry.of_complex), masked.filler((*entry.masked, None)[0])

    def compute(x, where, out):
        check_sources()
        result = place(x, out)
        entries, mask, sizes = read(x, where)
        results = np.empty_like(entries)
        kernel(entries, results, sizes[1], 0, sizes[0])
        fill(results, mask)
        put_rows(results, view(result))
        return result

    return compute, ("x", "where", "out")


@inlined
def _absent(mask, outer, n):
    # How many entries of each row are masked.
    counts = np.zeros(outer, np.int64)
    if mask is not None:
        for i in range(mask.size):
            counts[i // n] += not mask[i]
    return counts


def _chosen(rows):
    # A function of the values of all rows and a dtype: what is handed out of them in it.
    @inlined
    def all_of(values, dtype):
        return values.astype(dtype)

    @inlined
    def first_of(values, dtype):
        return dtype.type(values[0])

    return first_of if rows.whole else all_of


def plan_reduction(entry, call):
    """A result for each row."""
    rows = _rows(entry, call)
    keepdims = literal(call.keepdims, bool, "keepdims", entry.name)
    rows.check_out_of_rows(call.out, keepdims)
    rows.check_where(call.where)
    read, hand_out = _reader(rows, call.where), out_of_rows(call.out, shaper(rows, keepdims))
    kernel, is_mean = quiet(entry.of_complex), entry.of_complex is kernels.logmeanexp
    beside = _absent if is_mean else inlined(lambda mask, outer, n: None)

    chosen = _chosen(rows)

    def compute(x, where, out):
        check_sources()
        entries, mask, sizes = read(x, where)
        values = np.empty(sizes[0], np.complex128)
        kernel(entries, beside(mask, sizes[0], sizes[1]), values, sizes[1], 0, sizes[0])
        return hand_out(x, chosen(values, x.dtype), out)

    return compute, ("x", "where", "out")


# --- with weights, or with a sign ----------------------------------------------------------------


def _terms(rows, call):
    # A function of x and b, broadcast together, and where: (entries, weights or None, lengths).
    get_mask, lengths = masked.mask_of(rows, call.where), masked.lengths_together(rows)
    copy, weights = masked.copier(rows, np.complex128), weights_of(rows, call.b, np.complex128)

    @inlined
    def alone(x, b, where):
        return copy(x, get_mask(x, where), -np.inf), None, lengths(x)

    @inlined
    def weighted(x, b, where):
        mask = get_mask(x, where)
        return copy(x, mask, -np.inf), weights(x, b, mask), lengths(x)

    return alone if is_none(call.b) else weighted


def plan_weighted(entry, call):
    """logsumexp with weights, or as the logarithm of a modulus and a complex sign."""
    name, kinds = entry.name, (*REALS, *_COMPLEX)
    check_weights(name, call.b, or_complex=True)
    with_sign = literal(call.return_sign, bool, "return_sign", name)
    keepdims = literal(call.keepdims, bool, "keepdims", name)
    wide, spread = spread_of(name, call.x, call.b, kinds)
    rows = Rows(name, wide, call.axis, turns=False, kinds=kinds)
    rows.check_where(call.where)
    dtype = np.dtype(dtype_of(call.x, call.b))
    of_moduli = dtype.type(0).real.dtype
    rows.check_out_of_rows(call.out, keepdims, from_dtype(of_moduli if with_sign else dtype))
    terms, chosen, shaped = _terms(rows, call), _chosen(rows), shaper(rows, keepdims)
    hand_out = out_of_rows(call.out, shaped)
    logarithms, with_signs = quiet(kernels.logsumexp), quiet(kernels.logsumexp_with_sign)

    def value(x, b, where, out):
        check_sources()
        wide, factors = spread(x, b)
        entries, weights, (outer, n, _) = terms(wide, factors, where)
        values = np.empty(outer, np.complex128)
        logarithms(entries, weights, values, n, 0, outer)
        return hand_out(wide, chosen(values, dtype), out)

    def value_and_sign(x, b, where, out):
        check_sources()
        wide, factors = spread(x, b)
        entries, weights, (outer, n, _) = terms(wide, factors, where)
        values, signs = np.empty(outer), np.empty(outer, np.complex128)
        with_signs(entries, weights, values, signs, n, 0, outer)
        result = hand_out(wide, chosen(values, of_moduli), out)
        return result, shaped(wide, chosen(signs, dtype))

    return value_and_sign if with_sign else value, ("x", "b", "where", "out")
