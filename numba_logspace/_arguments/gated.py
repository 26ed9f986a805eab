"""The arguments of two sets of labels with a gate between them."""

import numpy as np

from .._cpu.engines import two_rows
from .._cpu.loops import add
from . import layout, small
from .slabs import SLAB

_DOUBLE = np.dtype(np.float64)


class Sets:
    """The arguments of a call: both sets as rows of one dtype, and the gate of each row.

    `first` are the rows of a, on the side where its memory is.
    """

    def __init__(self, first, gate, b, axis, workers):
        second = first.beside_it(b, axis, workers, "b")
        self.rows = [first, second]
        if first.result != second.result:
            for rows in self.rows:
                rows.dtype = rows.result = _DOUBLE
        if first.x.ndim != second.x.ndim or first.shape != second.shape:
            raise ValueError(
                f"a and b must have the same shape but for axis {axis}, got {first.x.shape} and "
                f"{second.x.shape}"
            )
        self.gate = first.argument(first.with_memory(gate), "gate")[0]
        self.gate_of_rows = first.spread(self.gate, "gate")
        if not first.axes:
            raise np.exceptions.AxisError(axis, 0)
        (self.axis,) = first.axes
        lengths = list(first.x.shape)
        self._split = lengths[self.axis]
        lengths[self.axis] += second.x.shape[self.axis]
        self.shape = tuple(lengths)

    def of(self, array):
        """The parts of an array of the shape of the result that belong to a and to b."""
        first, second = slice(None, self._split), slice(self._split, None)
        along = np.moveaxis(array, self.axis, 0)
        return [np.moveaxis(along[end], 0, self.axis) for end in (first, second)]

    def values(self, function, out):
        """The log-probabilities of both sets, one after the other along the axis."""
        first, _ = self.rows
        inputs = {"gate": self.gate} | {rows.name: rows.x for rows in self.rows}
        out = first.out_of_shape(out, self.shape, inputs)
        for part, rows, place in zip(function.parts, self.rows, self.of(out)):
            rows.run(part, c=self.gate_of_rows, outs=(place,))
        return first.handed_out(out)

    def gradients(self, function, g):
        """The gradients with respect to the gate, a and b."""
        first, _ = self.rows
        cotangents = [None, None]
        if g is not None:
            array, _, _ = first.argument(g, "g")
            cotangents = self.of(layout.check_operand(array, "g", self.shape, "the result"))
        outs, slopes = [], []
        for part, rows, u in zip(function.parts, self.rows, cotangents):
            out = rows.out(None, {})
            slopes.append(rows.run(part, u, c=self.gate_of_rows, values=True, outs=(out,)))
            outs.append(out)
        slope = first.added(slopes, self._of_rows(), self.gate.shape)
        return slope, *(first.handed_out(out) for out in outs)

    def _of_rows(self):
        # The shape of the gate; it may have the axis of the labels, with length 1.
        shape = self.gate.shape
        if len(shape) == len(self.shape):
            shape = shape[: self.axis] + shape[self.axis + 1 :]
        return shape


# --- small plain arrays, see `small` -------------------------------------------------------------


def _small_form(gate, a, b, axis, workers):
    # (shape of the result, shape of the rows, the gate of each, outer, inner), or None.
    form = None if axis is None else small.form_of(a, axis)
    if form is None or type(b) is not np.ndarray or b.ndim != a.ndim:
        return None
    rows, outer, n, inner = form
    lengths, more = list(a.shape), b.shape[axis]
    lengths[axis] = more
    fits = more and small.is_like(b, tuple(lengths), a.dtype) and small.is_one_thread(workers)
    if not fits or a.size + b.size > SLAB:
        return None
    c = small.numbers_of(gate, a, axis, rows)
    lengths[axis] = n + more
    return None if c is None else (tuple(lengths), rows, c, outer, inner)


def small_values(function, gate, a, b, axis, out, workers):
    """What `Sets.values` gives, or None for others than small plain arrays."""
    form = _small_form(gate, a, b, axis, workers)
    if form is None:
        return None
    shape, _, c, outer, inner = form
    if out is None:
        out = np.empty(shape, a.dtype)
    elif not small.takes(out, shape, a.dtype, (a, b, c)):
        return None
    (engine, other), (first, second) = function.engine, _of_each(out, a, outer, inner)
    if c.size == 1:
        two_rows(engine, other)(
            small.flat(a), small.flat(b), None, None, None, c, None, first, second
        )
        return out
    run = small.weigh if outer == 1 else _weigh_copies
    rows = outer * inner
    run(engine, small.flat(a), None, None, c, None, (first, None), (outer, a.size // rows, inner))
    run(other, small.flat(b), None, None, c, None, (second, None), (outer, b.size // rows, inner))
    return out


def small_gradients(function, gate, a, b, g, axis, workers):
    """What `Sets.gradients` gives, or None for others than small plain arrays."""
    form = _small_form(gate, a, b, axis, workers)
    if form is None:
        return None
    shape, rows, c, outer, inner = form
    if rows != (gate.shape if type(gate) is np.ndarray else ()):
        return None  # a sum over the rows that share it
    u = v = None
    if g is not None:
        if not small.is_like(g, shape, a.dtype):
            return None
        u, v = _of_each(g, a, outer, inner)
    slope, results = np.empty(rows, a.dtype), (np.empty_like(a), np.empty_like(b))
    if c.size == 1:
        x, outs = small.flat(a), map(small.flat, (slope, *results))
        two_rows(*function.engine)(x, small.flat(b), x, u, v, c, *outs)
        return slope, *results
    run = small.weigh if g is None or outer == 1 else _weigh_copies
    other = np.empty(c.size, a.dtype)
    of_each = (a, b), (u, v), (small.flat(slope), other), results
    for engine, x, w, of_rows, out in zip(function.engine, *of_each):
        n = x.size // c.size
        run(engine, small.flat(x), w, None, c, of_rows, (small.flat(out), None), (outer, n, inner))
    add(small.flat(slope), other)
    return slope, *results


def _of_each(array, a, outer, inner):
    # The parts of an array of the shape of the result: flat, or (outer, n, inner).
    if outer == 1:
        array = small.flat(array)
        return array[: a.size], array[a.size :]
    array, n = array.reshape(outer, -1, inner), a.size // (outer * inner)
    return array[:, :n], array[:, n:]


def _weigh_copies(engine, x, g, t, c, values, outs, form):
    # As `small.weigh` where parts of g and of the result are in pieces: as the general way does.
    outer, n, inner = form
    x, g = small.rows_last(x, *form), small.rows_last(g, *form)
    small.weigh(engine, x, g, t, c, values, (x, None), (outer * inner, n, 1))
    small.put_rows(x, outs[0], *form)
