"""Rows of complex numbers inside jitted code: copied together for the kernels they have."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.complex import logmeanexp
from .._cpu.together import put_rows
from . import masked
from .frames import shaper
from .memory import out_beside, out_of_rows, quiet
from .typing import Rows, is_none, literal, several

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


def plan_reduction(entry, call):
    """A result for each row."""
    rows = _rows(entry, call)
    keepdims = literal(call.keepdims, bool, "keepdims", entry.name)
    rows.check_out_of_rows(call.out, keepdims)
    rows.check_where(call.where)
    read, hand_out = _reader(rows, call.where), out_of_rows(call.out, shaper(rows, keepdims))
    kernel, is_mean = quiet(entry.of_complex), entry.of_complex is logmeanexp
    beside = _absent if is_mean else inlined(lambda mask, outer, n: None)

    @inlined
    def all_of(values, dtype):
        return values.astype(dtype)

    @inlined
    def first_of(values, dtype):
        return dtype.type(values[0])

    chosen = first_of if rows.whole else all_of

    def compute(x, where, out):
        check_sources()
        entries, mask, sizes = read(x, where)
        values = np.empty(sizes[0], np.complex128)
        kernel(entries, beside(mask, sizes[0], sizes[1]), values, sizes[1], 0, sizes[0])
        return hand_out(x, chosen(values, x.dtype), out)

    return compute, ("x", "where", "out")
