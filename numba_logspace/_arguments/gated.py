"""The arguments of two sets of labels with a gate between them."""

import numpy as np

from .._cpu.engines import two_rows
from .._cpu.loops import add
from .._cpu.totals import sums_over
from . import layout, small, targets
from .foreign import handed_over
from .rows import Rows
from .slabs import SLAB


class Parts:
    """The arguments of a call: both sets as rows of one dtype, and the gate of each row."""

    def __init__(self, gate, a, b, axis, workers):
        targets.check_axis(axis)
        arrays = {"a": a, "b": b}
        checked = {k: layout.as_array(u, k, has_where=False) for k, u in arrays.items()}
        results = {result for _, _, result in checked.values()}
        # Where they differ both are taken in float64.
        same = results.pop() if len(results) == 1 else np.dtype(np.float64)
        a, b = (array.astype(same, copy=False) for array, _, _ in checked.values())
        self.rows = [Rows(x, axis, None, workers, name) for x, name in ((a, "a"), (b, "b"))]
        first, second = self.rows
        if len(first.x.shape) != len(second.x.shape) or first.shape != second.shape:
            raise ValueError(
                f"a and b must have the same shape but for axis {axis}, got {a.shape} and {b.shape}"
            )
        self.gate, _, _ = layout.as_array(gate, "gate", has_where=False)
        self.gate_of_rows = first.numbers(self.gate, "gate")
        if not first.axes:
            raise np.exceptions.AxisError(axis, 0, "axis")
        (self.axis,) = first.axes
        self.split = a.shape[self.axis]
        lengths = list(a.shape)
        lengths[self.axis] += b.shape[self.axis]
        self.shape, self.result = tuple(lengths), same

    def of(self, array):
        """The parts of an array of the shape of the result that belong to a and to b."""
        first, second = slice(None, self.split), slice(self.split, None)
        along = np.moveaxis(array, self.axis, 0)
        return [np.moveaxis(along[end], 0, self.axis) for end in (first, second)]


def values(function, gate, a, b, axis, out, workers):
    """The log-probabilities of both sets, one after the other along the axis."""
    result = _small_values(function, gate, a, b, axis, out, workers)
    if result is not None:
        return result
    return _values(function, gate, a, b, axis, out, workers)


@handed_over
def _values(function, gate, a, b, axis, out, workers):
    call = Parts(gate, a, b, axis, workers)
    if out is None:
        out = np.empty(call.shape, call.result)
    else:
        inputs = {"gate": call.gate} | {rows.name: rows.x for rows in call.rows}
        layout.check_out(out, call.shape, call.result, inputs)
    for part, rows, place in zip(function.parts, call.rows, call.of(out)):
        rows.run(part, c=call.gate_of_rows, outs=(place,))
    return out


def gradients(function, gate, a, b, g, axis, workers):
    """The gradients with respect to the gate, a and b."""
    results = _small_gradients(function, gate, a, b, g, axis, workers)
    if results is not None:
        return results
    return _gradients(function, gate, a, b, g, axis, workers)


@handed_over
def _gradients(function, gate, a, b, g, axis, workers):
    call = Parts(gate, a, b, axis, workers)
    cotangents = [None, None]
    if g is not None:
        array, _, _ = layout.as_array(g, "g", has_where=False)
        cotangents = call.of(layout.check_operand(array, "g", call.shape, "the result"))
    outs, slope = [], 0.0
    for part, rows, u in zip(function.parts, call.rows, cotangents):
        out = rows.out(None, {})
        slope = slope + rows.run(part, u, c=call.gate_of_rows, values=True, outs=(out,))
        outs.append(out)
    # A gate may have the axis of the labels, with length 1.
    of_rows = call.gate.shape
    if len(of_rows) == len(call.shape):
        of_rows = of_rows[: call.axis] + of_rows[call.axis + 1 :]
    slope = _sum_to(slope, of_rows).reshape(call.gate.shape)
    with np.errstate(all="ignore"):  # a float16 may overflow to inf
        return slope.astype(call.result), *outs


def _sum_to(array, shape):
    # Over the axes along which an array of that shape has been repeated.
    lead = array.ndim - len(shape)
    repeated = [i for i, k in enumerate(shape, lead) if k == 1 and array.shape[i] != 1]
    axes = (*range(lead), *repeated)
    return np.asarray(sums_over(array, axes) if axes else array).reshape(shape)


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


def _small_values(function, gate, a, b, axis, out, workers):
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


def _small_gradients(function, gate, a, b, g, axis, workers):
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
