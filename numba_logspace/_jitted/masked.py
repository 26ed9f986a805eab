"""Rows that are copied together: those with masked entries, and those over axes that lie apart."""

import numpy as np
from numba import types

from .._compile.inline import inlined, overload
from .._cpu.together import copy_rows, fill_masked, put_rows
from .calls import made
from .memory import flat, flat_turned, may_overlap, out_beside
from .spread import numbers_spread, spreader
from .typing import is_none, no_mask


def rows_last(rows):
    """A function of an array like x: its view in which the axes of the rows come last."""
    rest = tuple(i for i in range(rows.ndim) if i not in rows.axes)
    lying = "u.T" if rows.turned else "u"
    moved = "" if rows.last else f".transpose({rest + rows.axes})"
    return inlined(made(f"lambda u: {lying}{moved}"))


def lengths_together(rows):
    """A function of x: (outer, n, 1) of the copy."""
    view, count = rows_last(rows), rows.ndim - len(rows.axes)

    @inlined
    def lengths(x):
        outer, n = 1, 1
        shape = view(x).shape
        for i in range(len(shape)):
            if i < count:
                outer *= shape[i]
            else:
                n *= shape[i]
        return outer, n, 1

    return lengths


# --- the mask ------------------------------------------------------------------------------------


def mask_of(rows, where):
    """A function of x and where: the mask in the order of the copy, flat; None for no mask."""
    if no_mask(where):
        return inlined(lambda x, where: None)
    view = rows_last(rows)
    if isinstance(where, types.Boolean):
        return inlined(lambda x, where: np.full(x.size, where))

    turn = flat_turned if rows.turned else flat
    copied = spreader(view, where, rows.ndim, "where")

    @inlined
    def as_it_lies(x, where):
        return turn(where) if where.shape == x.shape else copied(x, where)

    lies = where.layout == ("F" if rows.turned else "C") and rows.last and where.ndim == rows.ndim
    return as_it_lies if lies else copied


def _leave_out(array, mask, absent):
    raise NotImplementedError("only inside compiled code")


@overload(_leave_out)
def _overload_leave_out(array, mask, absent):
    if isinstance(mask, types.NoneType) or isinstance(absent, types.NoneType):
        return lambda array, mask, absent: None

    return lambda array, mask, absent: fill_masked(array, mask, absent)


# --- what is copied, and put back ----------------------------------------------------------------


def copier(rows, dtype=None):
    """A function of an array like x, the mask, and what masked entries hold: a copy, flat.

    Its dtype is that of the array unless another is given.
    """
    view = rows_last(rows)

    @inlined
    def copy(u, mask, absent):
        entries = np.empty(u.size, u.dtype if dtype is None else dtype)
        copy_rows(view(u), mask, absent, entries)
        return entries

    return copy


def entries_spread(rows, view, u, name):
    """A function of (x, u, out, mask): what broadcasts to x, with zeros at masked entries."""
    spread = numbers_spread(view, u, rows.ndim, name)

    @inlined
    def entries_of(x, u, out, mask):
        entries = spread(x, u)
        _leave_out(entries, mask, 0.0)
        return entries

    return entries_of


def entries_together(rows, u, check):
    """A function of (x, u, out, mask): a copy of u with zeros at masked entries; ones for None."""
    copy = copier(rows)

    @inlined
    def ones(x, u, out, mask):
        entries = np.ones(x.size, x.dtype)
        _leave_out(entries, mask, 0.0)
        return entries

    @inlined
    def given(x, u, out, mask):
        check(x.shape, u)
        return copy(u, mask, 0.0)

    return ones if is_none(u) else given


def placer_together(rows, out):
    """See Frame.place. Where the results are rows as the copy is, the copy is in their place."""
    copy, check, new = copier(rows), out_beside(rows.name), like(rows)
    turn, view = flat_turned if rows.turned else flat, rows_last(rows)

    @inlined
    def beside(x, out, mask):
        entries = copy(x, mask, -np.inf)
        return entries, entries, new(x)

    @inlined
    def beside_given(x, out, mask):
        check(x, out)
        check_mask(mask, out)
        entries = copy(x, mask, -np.inf)
        return entries, entries, out

    @inlined
    def into(x, result, mask):
        entries = turn(result)
        copy_rows(view(x), mask, -np.inf, entries)
        return entries, entries, result

    @inlined
    def given(x, out, mask):
        check(x, out)
        check_mask(mask, out)
        return into(x, out, mask)

    @inlined
    def in_place(x, out, mask):
        return into(x, new(x), mask)

    if is_none(out):
        return in_place if rows.last else beside
    return given if rows.last else beside_given


@inlined
def check_mask(mask, out):
    """Refuse an `out` that shares memory with the mask, which is read after it is written."""
    if out.size and may_overlap(mask, out):
        raise ValueError("out must not overlap where")


def like(rows):
    """A function of x: an array for results, contiguous in the order of x."""
    if rows.turned or rows.type.layout != "F":
        return inlined(lambda x: np.empty_like(x))
    return inlined(lambda x: np.empty(x.shape, x.dtype))


def second_place(rows):
    """See Frame.second."""
    turn = flat_turned if rows.turned else flat

    @inlined
    def in_place(x, result):
        return turn(result), result

    @inlined
    def beside(x, result):
        return np.empty(x.size, x.dtype), result

    return in_place if rows.last else beside


def filler(masked):
    """A function of the results and the mask, both flat: masked entries become `masked`."""
    return inlined(lambda entries, mask: _leave_out(entries, mask, masked))


def finisher(rows, masked):
    """A function of the results, flat, their array and the mask, which puts them in their place.

    Masked entries become `masked`, unless that is None.
    """
    view, last, fill = rows_last(rows), rows.last, filler(masked)

    @inlined
    def in_place(entries, result, mask):
        fill(entries, mask)

    @inlined
    def put_back(entries, result, mask):
        fill(entries, mask)
        put_rows(entries, view(result))

    return in_place if last else put_back
