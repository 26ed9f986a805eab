"""The argument x of a call, seen as rows: what is checked against it, and how its engine runs."""

import copy

import numpy as np

from .._cpu.loops import leave_out_first_max
from .._cpu.totals import mean_of_rows, sum_of_rows, sums_over
from .._cpu.weighted_derivatives import gradients_of_rows, slopes_of_rows
from .._cpu.workers import count_for
from . import complex as of_complex
from . import layout
from .scores import Scores
from .slabs import (
    Labels,
    copy_of,
    flat,
    flat_rows,
    for_slabs,
    rows_last,
    shared_form,
    unflat_rows,
)
from .targets import labels_of

_DOUBLE = np.dtype(np.float64)


class Rows:
    """The argument x of a call, seen as rows, and what is checked against it."""

    on_cuda = False
    b = None  # the weights beside x, and of both the shape and the dtype that each has alone
    alone = None

    def __init__(self, x, axis, where=None, workers=None, name="x", beside=None, of=None):
        self.name, self._has_where = name, name == "x"
        # Of a function that takes complex numbers, x and the weights may be.
        or_complex = of is not None and of.of_complex is not None
        self.x, self.dtype, self.result = layout.as_array(x, name, self._has_where, or_complex)
        if beside is not None:
            self._take(beside, or_complex)
        self.axes = layout.normalize_axes(axis, self.x.ndim)
        self.mask = layout.check_where(where, self.x.shape)
        self.workers = count_for(workers, self.x.size)
        self.shape = self.row_shape(keepdims=False)
        self.of_rows = "the losses" if name == "logits" else "the result"  # what has a number each
        self._made = False

    def _take(self, b, or_complex):
        # Weights, which broadcast together with x, and count in the dtype of the results.
        array, dtype, result = self.argument(b, "b", or_complex)
        try:
            shape = np.broadcast_shapes(self.x.shape, array.shape)
        except ValueError:
            raise ValueError(
                f"x and b must broadcast together, got shapes {self.x.shape} and {array.shape}"
            ) from None
        self.alone = (self.x.shape, self.result), (array.shape, result)
        self.x, self.b = np.broadcast_to(self.x, shape), np.broadcast_to(array, shape)
        self.dtype = np.result_type(self.dtype, dtype) if dtype.kind == "c" else self.dtype
        if isinstance(b, complex):  # Python's numbers adapt, as everywhere in NumPy
            self.result = layout.common_dtype(self.result, np.dtype(np.complex64))
        elif not isinstance(b, (int, float)):
            self.result = layout.common_dtype(self.result, result)

    def beside_it(self, x, axis, workers, name):
        """The Rows of another argument of the same call."""
        return type(self)(x, axis, None, workers, name)

    def each_alone(self):
        """The same, but each entry is a row."""
        alone = copy.copy(self)
        alone.x, alone.axes = self.x[..., None], (self.x.ndim,)
        return alone

    def with_memory(self, u):
        """An argument that may be a number as one that has memory."""
        return u

    def row_shape(self, keepdims):
        """The shape of results with one number for each row."""
        return layout.result_shape(self.x.shape, self.axes, keepdims)

    def argument(self, array, name, or_complex=False):
        """(array, working dtype, dtype of results) of an argument."""
        return layout.as_array(array, name, self._has_where, or_complex)

    def entries(self, array, name):
        """An argument with a number for each entry, or None."""
        if array is None:
            return None
        return layout.check_operand(self.argument(array, name)[0], name, self.x.shape, self.name)

    def numbers(self, array, name):
        """An argument with a number for each row, or None; the axes of the rows may be kept."""
        return None if array is None else self.spread(self.argument(array, name)[0], name)

    def spread(self, array, name):
        """An array, which has been checked, as one with a number for each row."""
        if array.ndim == self.x.ndim and all(array.shape[a] == 1 for a in self.axes):
            array = array.reshape([k for a, k in enumerate(array.shape) if a not in self.axes])
        return layout.check_operand(array, name, self.shape, self.of_rows)

    def labels(self, array, classes, present=None):
        """Class labels from an array with a number for each row; any where none is present."""
        if present is not None:
            array = np.where(present, array, array.dtype.type(0))
        return labels_of(array, classes)

    def which(self, where, name="where"):
        """An argument with a bool for each row, before it is broadcast."""
        return layout.bool_array(where)

    def operand(self, array, name):
        """As `entries`; a tangent must be given."""
        if array is None and name == "t":
            raise TypeError(f"t must be an array of the shape of {self.name}, got None")
        return self.entries(array, name)

    def _inputs(self, more):
        inputs = {self.name: self.x, "where": self.mask} | more
        return {name: array for name, array in inputs.items() if array is not None}

    def out(self, out, inputs, separate=None):
        """An array for results of the shape of x.

        It may be x or one of `inputs`, but must not overlap what is in `separate`.
        """
        if out is None:
            self._made = True
            return np.empty_like(self.x, self.result, subok=False)
        checked = self._inputs(inputs | (separate or {}))
        layout.check_out(out, self.x.shape, self.result, checked, may_be=(self.name, *inputs))
        return out

    def two_outs(self, out, inputs):
        """Two arrays for results of the shape of x, apart from each other and from the inputs."""
        if out is None:
            return self.out(None, inputs), self.out(None, inputs)
        shapes, dtypes = [self.x.shape] * 2, [self.result] * 2
        layout.check_two_outs(out, shapes, dtypes, self._inputs(inputs))
        return out

    def outs_alone(self, out, inputs):
        """Check two arrays for results that x and the weights have alone; None for each of None."""
        if out is None:
            return None, None
        shapes, dtypes = zip(*self.alone)
        layout.check_two_outs(out, shapes, dtypes, self._inputs({"b": self.b} | inputs))
        return out

    def out_of_shape(self, out, shape, inputs):
        """An array for results of another shape, apart from the inputs."""
        if out is None:
            return np.empty(shape, self.result)
        layout.check_out(out, shape, self.result, inputs)
        return out

    def out_of_rows(self, out, keepdims, inputs, of_moduli=False):
        """Check an array for results with a number for each row, or with their moduli."""
        if out is not None:
            shape = self.row_shape(keepdims)
            dtype = self.result.type(0).real.dtype if of_moduli else self.result
            layout.check_out(out, shape, dtype, self._inputs(inputs))
        return out

    def handed_out(self, out):
        """What the caller gets for one or two arrays that were made or checked here."""
        if self.x.ndim or not self._made:
            return out
        return tuple(o[()] for o in out) if isinstance(out, tuple) else out[()]

    def returned(self, values, keepdims=False, out=None):
        """Values of the working dtype as they are returned; real ones of complex x are moduli."""
        values = values.reshape(self.row_shape(keepdims))
        is_modulus = self.dtype.kind == "c" != values.dtype.kind
        result = self.result.type(0).real.dtype if is_modulus else self.result
        if out is None and values.dtype == result:
            return values[()]
        with np.errstate(all="ignore"):  # a float16 may overflow to inf
            if out is None:
                return values.astype(result)[()]
            out[...] = values
        return out

    def total(self, values):
        """The sum of the values of all rows, in the dtype of results."""
        with np.errstate(all="ignore"):  # a float16 may overflow to inf
            return self.result.type(sum_of_rows(np.ascontiguousarray(values).reshape(-1)))

    def added(self, numbers, shape, returned):
        """The sum of arrays with a number for each row, over the rows that share one of a shape.

        What comes out has another shape of as many entries.
        """
        total = sum(numbers)
        axes = layout.broadcast_axes(shape, total.shape)
        total = np.asarray(sums_over(total, axes) if axes else total).reshape(returned)
        with np.errstate(all="ignore"):  # a float16 may overflow to inf
            return total.astype(self.result)

    def mean(self, values, shares):
        """The mean of values that have been multiplied with shares, in the dtype of results."""
        shares = shares.reshape(-1) if any(shares.strides) else shares.flat[:1]
        with np.errstate(all="ignore"):
            mean = mean_of_rows(np.ascontiguousarray(values).reshape(-1), shares)
            return self.result.type(mean)

    def reduced(self, values, reduction, shares):
        """The losses of the rows as they are returned; for a mean, multiplied with shares."""
        if reduction == "none":
            return self.returned(values)
        if reduction == "mean" and not self.on_cuda:
            return self.mean(values, shares)
        return self.total(values)

    def both_terms(self, targets, pos_weight):
        """1 - t + q t, which multiplies the curvature of a single logit; None for ones."""
        if pos_weight is None:
            return None
        targets, pos_weight = (np.asarray(u, np.float64) for u in (targets, pos_weight))
        with np.errstate(all="ignore"):  # entries that do not count may hold anything
            return ((1.0 - targets) + pos_weight * targets).astype(self.dtype)

    def run(self, function, g=None, t=None, c=None, values=False, outs=()):
        """Call the engine of a function; the values of the rows, where they are wanted.

        g and t are arrays of the shape of x, None for ones, Labels or Scores; c has a number for
        each row. The results for the entries go into `outs`; values are in the working dtype.
        """
        if self.dtype.kind == "c":
            return of_complex.run(self, function, outs)
        engine, outs = function.engine, (*outs, None, None)[:2]
        if self.x.size == 0:
            return np.full(self.shape, engine.of_nothing, self.dtype) if values else None
        arrays = [a for a in (g, t, *outs) if isinstance(a, np.ndarray)]
        lies = self._lies(function) and not isinstance(g, Scores)
        form = shared_form(self.x, arrays, self.axes, self.dtype) if lies else None
        if form and not (form[3] > 1 and _too_many_classes(form[2], self.dtype, (g, t))):
            return _run_in_place(engine, self, form, (g, t), c, values, outs)
        return _run_slabs(function, self, (g, t), c, values, outs)

    def _lies(self, function):
        # Whether the engine may read x where it lies.
        scattered = function.engine.ordered and len(self.axes) > 1
        return self.mask is None and not function.without_max and not scattered

    def weighted(self, function, return_sign, keepdims, out):
        """log |sum b exp(x)| and the sign, or the first alone with NaN for a negative sum."""
        if self.dtype.kind == "c":
            return of_complex.weighted(self, return_sign, keepdims, out)
        values, signs = np.full(self.shape, -np.inf), np.zeros(self.shape)
        if self.x.size:
            b = np.broadcast_to(1.0, self.x.shape) if self.b is None else self.b
            _weigh_slabs(function.engine, self, b, values, signs)
        if not return_sign:
            values[signs < 0] = np.nan
        values = self.returned(values, keepdims, out)
        return (values, self.returned(signs, keepdims)) if return_sign else values

    def weighted_gradients(self, g):
        """The gradients in x and b of log |sum b exp(x)| times g, None for ones."""
        parts = [np.zeros(self.x.shape) for _ in range(2)]
        if self.x.size:
            g = np.broadcast_to(1.0, self.shape) if g is None else g
            _fill_weighted_gradients(self, g, parts)
        return parts

    def summed_to(self, values, shape, dtype, out=None):
        """The sum over what an argument of a shape is broadcast along, as it is returned."""
        axes = layout.broadcast_axes(shape, values.shape)
        if axes:
            values = sums_over(values, axes).reshape(shape)
        with np.errstate(all="ignore"):  # a smaller dtype may overflow or underflow
            if out is None:
                return values.astype(dtype, copy=False)[()]
            out[...] = values
        return out

    def weighted_slopes(self, tangents):
        """The derivatives of log |sum b exp(x)| along tangents of x and b, None for 0."""
        values = np.zeros(self.shape)
        if self.x.size:
            _fill_weighted_slopes(self, tangents, values)
        return values


def _too_many_classes(n, dtype, entries):
    # Labels of several columns at once are compared as floats.
    return n >= 1 / np.finfo(dtype).eps and any(isinstance(u, Labels) for u in entries)


def _run_in_place(engine, rows, form, entries, c, values, outs):
    order, outer, n, inner = form
    x, axes = rows.x, rows.axes

    def as_it_lies(u):
        if isinstance(u, Labels):
            return flat_rows(u.classes, order, axes)
        return None if u is None else flat(u.transpose(order))

    numbers = None if c is None else flat_rows(copy_of(c, (), rows.dtype), order, axes)
    results = np.empty(outer * inner, rows.dtype) if values else None
    arrays = [as_it_lies(u) for u in (x, *entries)]
    flat_outs = [as_it_lies(u) for u in outs]
    engine(*arrays, numbers, results, flat_outs, outer, n, inner, rows.workers)
    return unflat_rows(results, x, order, axes) if values else None


def _run_slabs(function, rows, entries, c, values, outs):
    engine = function.engine
    x, mask = rows_last(rows.x, rows.axes), rows_last(rows.mask, rows.axes)
    entries = [u if isinstance(u, (Labels, Scores)) else rows_last(u, rows.axes) for u in entries]
    outs = [rows_last(out, rows.axes) for out in outs]
    results = np.empty(rows.shape, rows.dtype) if values else None

    if mask is not None and function.kind == "vjp" and entries[0] is None:
        entries[0] = np.broadcast_to(1.0, x.shape)  # what is absent has no cotangent

    # A running sum has a value at what is masked, too.
    counted = None if engine.ordered else mask

    def piece_of(u, index):
        if isinstance(u, Labels):
            return flat(np.ascontiguousarray(u.classes[index]))
        if isinstance(u, Scores):
            return flat(copy_of(u.piece(index), (), rows.dtype))
        return flat(copy_of(u, index, rows.dtype, counted, 0.0))

    def one(index, n):
        piece = copy_of(x, index, rows.dtype, mask).reshape(-1)
        part = np.empty(piece.size // n, rows.dtype) if values else None
        if function.without_max:
            leave_out_first_max(piece, n)
        arrays = [piece_of(u, index) for u in entries]
        numbers = flat(copy_of(c, index, rows.dtype))
        pieces = _places(engine, piece, outs)
        if mask is not None and engine.counts:
            _run_by_count(engine, mask[index].reshape(-1), n, piece, arrays, numbers, part, pieces)
        else:
            engine(piece, *arrays, numbers, part, pieces, piece.size // n, n, 1, 1)
        _hand_over(pieces, outs, index, mask, function.masked)
        if values:
            results[index] = part.reshape(results[index].shape)

    for_slabs(one, x, rows.axes, rows.workers)
    return results


def _places(engine, piece, outs):
    # Where the results of a slab go: the first in the place of the slab, if that costs nothing.
    first, second = outs
    return [
        None if first is None else piece if engine.in_place else np.empty_like(piece),
        None if second is None else np.empty_like(piece),
    ]


def _hand_over(pieces, outs, index, mask, masked):
    # Results to where they are wanted; what is masked becomes what it has to.
    for out, piece, fill in zip(outs, pieces, (*masked, None, None)):
        if out is None:
            continue
        piece = piece.reshape(out[index].shape)
        if mask is not None and fill is not None:
            np.copyto(piece, fill, where=~mask[index])
        with np.errstate(all="ignore"):  # a float16 result may overflow to inf
            out[index] = piece


def _run_by_count(engine, mask, n, x, entries, c, values, outs):
    # Rows with equally many entries together, without their absent ones.
    counts = mask.reshape(-1, n).sum(axis=1)
    for count in np.unique(counts):
        chosen = counts == count
        if count == 0:
            if values is not None:
                values[chosen] = engine.of_nothing
            continue
        taken = mask & np.repeat(chosen, n)
        row, *more = (None if u is None else u[taken] for u in (x, *entries))
        outer = row.size // int(count)
        numbers = None if c is None else c[chosen]
        part = None if values is None else np.empty(outer, x.dtype)
        places = [None if out is None else np.empty_like(row) for out in outs]
        engine(row, *more, numbers, part, places, outer, int(count), 1, 1)
        if values is not None:
            values[chosen] = part
        for out, place in zip(outs, places):
            if out is not None:
                out[taken] = place


def _weigh_slabs(engine, rows, b, values, signs):
    x, b = rows_last(rows.x, rows.axes), rows_last(b, rows.axes)
    mask = rows_last(rows.mask, rows.axes)

    def one(index, n):
        piece = copy_of(x, index, _DOUBLE, mask)
        weights = copy_of(b, index, _DOUBLE, mask, 0.0)
        part = np.empty((2, piece.size // n))
        engine(piece.reshape(-1), weights.reshape(-1), part[0], part[1], n)
        values[index] = part[0].reshape(np.shape(values[index]))
        signs[index] = part[1].reshape(np.shape(values[index]))

    for_slabs(one, x, rows.axes, rows.workers)


def _fill_weighted_gradients(rows, g, gradients):
    x, b, mask = (rows_last(u, rows.axes) for u in (rows.x, rows.b, rows.mask))
    outs, kernel = [rows_last(u, rows.axes) for u in gradients], gradients_of_rows()

    def one(index, n):
        piece, weights = copy_of(x, index, _DOUBLE, mask), copy_of(b, index, _DOUBLE, mask, 0.0)
        numbers = copy_of(g, index, _DOUBLE).reshape(-1)
        parts = np.empty_like(piece), np.empty_like(piece)
        flat = [u.reshape(-1) for u in (piece, weights, numbers, *parts)]
        kernel(*flat, n, 0, numbers.size)
        for out, part in zip(outs, parts):
            out[index] = part

    for_slabs(one, x, rows.axes, rows.workers)


def _fill_weighted_slopes(rows, tangents, values):
    x, b, mask, *tangents = (
        rows_last(u, rows.axes) for u in (rows.x, rows.b, rows.mask, *tangents)
    )
    kernel, flags = slopes_of_rows(), [u is not None for u in tangents]

    def one(index, n):
        piece, weights = copy_of(x, index, _DOUBLE, mask), copy_of(b, index, _DOUBLE, mask, 0.0)
        # What does not count is not read.
        along = [piece if u is None else copy_of(u, index, _DOUBLE) for u in tangents]
        part = np.empty(piece.size // n)
        flat = [u.reshape(-1) for u in (piece, weights, *along)]
        kernel(*flat, *flags, part, n, 0, part.size)
        values[index] = part.reshape(np.shape(values[index]))

    for_slabs(one, x, rows.axes, rows.workers)
