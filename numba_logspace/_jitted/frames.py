"""Where the rows of a call are read, and where their results go: as they lie, or copied together.

All that a frame has are functions for compiled code.
"""

import numpy as np

from .._compile.inline import inlined
from .._cpu.together import copy_rows
from . import masked
from .calls import made
from .memory import (
    flat,
    flat_turned,
    out_beside,
    overlap,
    runner,
    runner_of_last,
    same_shape,
    split,
)
from .typing import is_none, is_number, no_mask


def turn_of(rows):
    """How arrays are made flat in the order of x."""
    return flat_turned if rows.turned else flat


def lengths_of(rows):
    """A function of x: (outer, n, inner)."""
    first, last = rows.axes[0], rows.axes[-1]

    @inlined
    def as_it_is(x):
        return split(x.shape, first, last)

    @inlined
    def turned(x):
        return split(x.T.shape, first, last)

    return turned if rows.turned else as_it_is


def _picker(indices):
    # A function of a shape: the lengths of these axes, 1 for None.
    lengths = "".join("1, " if i is None else f"s[{i}], " for i in indices)
    return inlined(made(f"lambda s: ({lengths})"))


def shape_of_rows_of(rows, keepdims=False):
    """A function of x: the shape of an array with a number for each row."""
    axes = [rows.ndim - 1 - k if rows.turned else k for k in rows.axes]
    kept = [None if i in axes else i for i in range(rows.ndim)]
    pick = _picker(kept if keepdims else [i for i in kept if i is not None])
    return inlined(lambda x: pick(x.shape))


def shaper(rows, keepdims=False):
    """A function of x and flat values, or that of a single row: they in the result's shape."""
    if rows.whole:
        ones = (1,) * rows.ndim
        alone = inlined(lambda x, value: value)
        return inlined(lambda x, value: np.full(ones, value)) if keepdims else alone
    pick = _picker_of_results(rows, keepdims)
    if rows.turned:
        return inlined(lambda x, values: values.reshape(pick(x.T.shape)).T)
    return inlined(lambda x, values: values.reshape(pick(x.shape)))


def _picker_of_results(rows, keepdims):
    axes = [None if i in rows.axes else i for i in range(rows.ndim)]
    return _picker(axes if keepdims else [i for i in axes if i is not None])


class Frame:
    """How a call reads and writes entries, by the types of x, `where` and `out`.

    `mask`     of (x, where): the mask, flat, or None
    `lengths`  of x: (outer, n, inner)
    `read`     of (x, mask): the entries, flat, to be read
    `place`    of (x, out, mask): (entries to read, where the results go, both flat, and the array
               of these); with `in_place` they are the same
    `second`   of (x, out): (where further results go, flat, and the array of these)
    `finish`   of (the results, flat, their array, mask): puts them there
    """

    def __init__(self, rows, out=None, where=None, masked_by=None, copied=False, together=False):
        self.rows, self._out = rows, out
        self.has_mask = not no_mask(where)
        self.together = together or rows.apart or self.has_mask
        self.in_place = self.together or copied or rows.copied
        self.last = rows.last or self.together
        self._turn = turn_of(rows)
        if self.together:
            self._set_together(where)
        else:
            self._set_as_it_lies(copied)
        self.finish = self.finisher(masked_by)

    def _set_together(self, where):
        rows, out = self.rows, self._out
        copy, place = masked.copier(rows), masked.placer_together(rows, out)
        self.mask = masked.mask_of(rows, where)
        self.lengths = masked.lengths_together(rows)
        self.read = inlined(lambda x, mask: copy(x, mask, -np.inf))
        self.place = place
        self.second = masked.second_place(rows)

    def _set_as_it_lies(self, copied):
        rows, turn = self.rows, self._turn
        place = _placer(rows, self._out, copied)
        self.mask = inlined(lambda x, where: None)
        self.lengths = lengths_of(rows)
        read = _placer(rows, None, copied)
        self.read = inlined(
            (lambda x, mask: read(x, None, mask)[0]) if copied else (lambda x, mask: turn(x))
        )
        self.place = place

        @inlined
        def second(x, result):
            return turn(result), result

        self.second = second

    def finisher(self, masked_by):
        """As `finish`, for results of which masked entries become `masked_by`."""
        if self.together:
            return masked.finisher(self.rows, masked_by)
        return inlined(lambda entries, result, mask: None)

    def runner(self, engine):
        """The runner of an engine for these rows."""
        return (runner_of_last if self.last else runner)(engine)

    def entries(self, u, name, ones=False):
        """A function of (x, u, out, mask): u, flat and checked; with `ones` these for None.

        It is an argument of that name, and may be a number or an array that broadcasts to x.
        """
        if is_none(u) and not (ones and self.has_mask):
            return inlined(lambda x, u, out, mask: None)
        if is_number(u) or getattr(u, "ndim", self.rows.ndim) < self.rows.ndim:
            view = masked.rows_last(self.rows) if self.together else _lie(self.rows)
            return masked.entries_spread(self.rows, view, u, name)
        check = same_shape(name, "the array" if self.rows.name == "x" else self.rows.name)
        if self.together:
            return masked.entries_together(self.rows, u, check)
        return self._entries_as_they_lie(check)

    def _entries_as_they_lie(self, check):
        turn, copied = self._turn, self.rows.copied
        text = f"out must not overlap the other arguments of {self.rows.function}"

        @inlined
        def alone(x, u, out, mask):
            check(x.shape, u)
            return turn(u)

        @inlined
        def beside_out(x, u, out, mask):
            check(x.shape, u)
            if overlap(u, out) and (copied or u.ctypes.data != out.ctypes.data):
                raise ValueError(text)
            return turn(u)

        return alone if is_none(self._out) else beside_out


def _lie(rows):
    # A function of an array like x: its view in the order in which entries are read.
    return inlined((lambda x: x.T) if rows.turned else (lambda x: x))


def _placer(rows, out, copied):
    # See Frame.place. x that is not contiguous is copied into the results and read there.
    turn, check, lie = turn_of(rows), out_beside(rows.name), _lie(rows)

    @inlined
    def beside(x, out, mask):
        result = np.empty_like(x)
        return turn(x), turn(result), result

    @inlined
    def copy(x, out, mask):
        result = np.empty(x.shape, x.dtype)
        entries = turn(result)
        copy_rows(x, None, 0.0, entries)
        return entries, entries, result

    @inlined
    def copy_turned(x, out, mask):
        result = np.empty(x.T.shape, x.dtype)
        entries = result.reshape(-1)
        copy_rows(x.T, None, 0.0, entries)
        return entries, entries, result.T

    @inlined
    def given(x, out, mask):
        check(x, out)
        return turn(x), turn(out), out

    @inlined
    def given_copy(x, out, mask):
        check(x, out)
        entries = turn(out)
        copy_rows(lie(x), None, 0.0, entries)
        return entries, entries, out

    copied = copied or rows.copied
    if not is_none(out):
        return given_copy if copied else given
    if not copied:
        return beside
    return copy_turned if rows.turned else copy
