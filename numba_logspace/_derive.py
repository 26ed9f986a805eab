"""From the arrays of a derivative or a loss to its engine, directly or slab by slab."""

import importlib

import numpy as np

from . import _layout
from ._slabs import (
    copy_of,
    flat,
    flat_rows,
    for_slabs,
    is_plain,
    rows_last,
    shared_form,
    unflat_rows,
)
from ._weigh import sum_of_rows
from ._workers import THRESHOLD, count_for


class Labels:
    """A class label for each row, an array of ints: ones at the labels, zeros elsewhere."""

    def __init__(self, classes):
        self.classes = classes


def rows_of(x, axis, where=None, workers=None, stream=None, name="x"):
    """The Rows of an argument, on the CPU or on CUDA."""
    if not _layout.is_on_cuda(x):
        if stream is not None:
            raise TypeError(f"stream must be None where {name} is not a CUDA array, got {stream!r}")
        return Rows(x, axis, where, workers, name)
    if workers is not None:
        raise TypeError(f"workers must be None for CUDA arrays, got {workers!r}")
    return _cuda_rows()(x, axis, where, stream, name)


def _cuda_rows():
    # Nothing of CUDA is imported before the first CUDA array.
    try:
        return importlib.import_module("._cuda_call", __package__).Rows
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "CUDA arrays need numba-cuda: install the extra cuda12 or cuda13, such as "
            "pip install 'numba_logspace[cuda13]'"
        ) from error


class Rows:
    """The argument x of a call, seen as rows, and what is checked against it."""

    on_cuda = False

    def __init__(self, x, axis, where=None, workers=None, name="x"):
        self.x, self.dtype, self.result = _layout.as_array(x, name)
        self.axes = _layout.normalize_axes(axis, self.x.ndim)
        self.mask = _layout.check_where(where, self.x.shape)
        self.workers = count_for(workers, self.x.size)
        self.name = name
        self.shape = self.row_shape(keepdims=False)

    def row_shape(self, keepdims):
        """The shape of results with one number for each row."""
        return _layout.result_shape(self.x.shape, self.axes, keepdims)

    def argument(self, array, name):
        """(array, working dtype, dtype of results) of an argument."""
        return _layout.as_array(array, name)

    def entries(self, array, name):
        """An argument with a number for each entry, or None."""
        if array is None:
            return None
        return _layout.check_operand(array, name, self.x.shape, self.name)

    def numbers(self, array, name):
        """An argument with a number for each row, or None."""
        if array is None:
            return None
        return _layout.check_operand(array, name, self.shape, "the result")

    def tangent(self, t):
        """The argument t, a number for each entry."""
        if t is None:
            raise TypeError("t must be an array of the shape of x, got None")
        return self.entries(t, "t")

    def _inputs(self, more):
        return {self.name: self.x} | {k: a for k, a in more.items() if a is not None}

    def out(self, out, inputs, separate=None):
        """An array for results of the shape of x.

        It may be x or one of `inputs`, but must not overlap what is in `separate`.
        """
        if out is None:
            return np.empty_like(self.x, self.result, subok=False)
        may_be = self._inputs(inputs)
        checked = may_be | self._inputs(separate or {})
        _layout.check_out(out, self.x.shape, self.result, checked, may_be=may_be)
        return out

    def two_outs(self, out, inputs):
        """Two arrays for results of the shape of x, apart from each other and from the inputs."""
        if out is None:
            return self.out(None, inputs), self.out(None, inputs)
        if not isinstance(out, tuple) or len(out) != 2:
            raise TypeError(f"out must be a tuple of two arrays, got {type(out).__name__}")
        apart = self._inputs(inputs)
        for i, others in enumerate((apart, apart | {"out[0]": out[0]})):
            name = f"out[{i}]"
            _layout.check_out(out[i], self.x.shape, self.result, others, name=name)
        return out

    def out_of_rows(self, out, keepdims, inputs):
        """Check an array for results with a number for each row."""
        if out is not None:
            shape = self.row_shape(keepdims)
            _layout.check_out(out, shape, self.result, self._inputs(inputs))
        return out

    def handed_out(self, out):
        """What the caller gets for an array that was made or checked here."""
        return out

    def returned(self, values, keepdims=False, out=None):
        """Values of the working dtype as they are returned."""
        values = values.reshape(self.row_shape(keepdims))
        with np.errstate(all="ignore"):  # a float16 may overflow to inf
            if out is None:
                return values.astype(self.result, copy=False)[()]
            out[...] = values
        return out

    def total(self, values):
        """The sum of the values of all rows, in the dtype of results."""
        with np.errstate(all="ignore"):  # a float16 may overflow to inf
            return self.result.type(sum_of_rows(np.ascontiguousarray(values).reshape(-1)))

    def derive(self, engine, g=None, t=None, c=None, values=False, outs=(), without_max=False):
        """Call a Weighing; the values of the rows, in the working dtype, where they are wanted.

        g and t are arrays of the shape of x, None for ones, or Labels; c has a number for each
        row. The results for the entries go into `outs`. `without_max` leaves the first maximum of
        each row out as if it were masked.
        """
        outs = (*outs, None, None)[:2]
        if self.x.size == 0:
            return np.zeros(self.shape, self.dtype) if values else None
        arrays = [a for a in (g, t, *outs) if isinstance(a, np.ndarray)]
        plain = self.mask is None and not without_max
        form = shared_form(self.x, arrays, self.axes, self.dtype) if plain else None
        if form and not (form[3] > 1 and _too_many_classes(form[2], self.dtype, (g, t))):
            return _derive_in_place(engine, self, form, (g, t), c, values, outs)
        return _derive_slabs(engine, self, (g, t), c, values, outs, without_max)


def small_derivative(engine, x, g):
    """The derivative of a small array at once; None where there is more to do than compute it.

    In a sampler's loop everything further down costs more than the work.
    """
    if type(x) is not np.ndarray or not is_plain(x) or not 0 < x.size < THRESHOLD or not x.ndim:
        return None
    if g is not None and not (is_plain(g) and g.dtype is x.dtype and g.shape == x.shape):
        return None
    out = np.empty(x.shape, x.dtype)
    n = x.shape[-1]
    outs = out.reshape(-1), None
    engine(x.reshape(-1), flat(g), None, None, None, outs, x.size // n, n, 1, 1)
    return out


def _too_many_classes(n, dtype, entries):
    # Labels of several columns at once are compared as floats.
    return n >= 1 / np.finfo(dtype).eps and any(isinstance(u, Labels) for u in entries)


def _derive_in_place(engine, rows, form, entries, c, values, outs):
    order, outer, n, inner = form
    x, axes = rows.x, rows.axes

    def as_it_lies(u):
        if isinstance(u, Labels):
            return flat_rows(u.classes, order, axes)
        return None if u is None else flat(u.transpose(order))

    numbers = None if c is None else flat_rows(c.astype(rows.dtype, copy=False), order, axes)
    results = np.empty(outer * inner, rows.dtype) if values else None
    arrays = [as_it_lies(u) for u in (x, *entries)]
    flat_outs = [as_it_lies(u) for u in outs]
    engine(*arrays, numbers, results, flat_outs, outer, n, inner, rows.workers)
    return unflat_rows(results, x, order, axes) if values else None


def _derive_slabs(engine, rows, entries, c, values, outs, without_max):
    x, mask = rows_last(rows.x, rows.axes), rows_last(rows.mask, rows.axes)
    entries = [u if isinstance(u, Labels) else rows_last(u, rows.axes) for u in entries]
    outs = [rows_last(out, rows.axes) for out in outs]
    results = np.empty(rows.shape, rows.dtype) if values else None

    def piece_of(u, index):
        if isinstance(u, Labels):
            return flat(np.ascontiguousarray(u.classes[index]))
        return flat(copy_of(u, index, rows.dtype))

    def one(index, n):
        piece = copy_of(x, index, rows.dtype, mask).reshape(-1)
        if without_max:
            _leave_out_first_max(piece.reshape(-1, n))
        part = np.empty(piece.size // n, rows.dtype) if values else None
        arrays = [piece_of(u, index) for u in entries]
        numbers = flat(copy_of(c, index, rows.dtype))
        # The first results take the place of the piece.
        pieces = [None if outs[0] is None else piece, None if outs[1] is None else piece.copy()]
        engine(piece, *arrays, numbers, part, pieces, piece.size // n, n, 1, 1)
        with np.errstate(all="ignore"):  # a float16 result may overflow to inf
            for out, result in zip(outs, pieces):
                if out is not None:
                    out[index] = result.reshape(out[index].shape)
        if values:
            results[index] = part.reshape(results[index].shape)

    for_slabs(one, x, rows.axes, rows.workers)
    return results


def _leave_out_first_max(rows):
    # In place. NaN is the maximum to argmax, and stays.
    at = np.arange(len(rows)), rows.argmax(axis=1)
    rows[at] = np.where(np.isnan(rows[at]), rows[at], -np.inf)
