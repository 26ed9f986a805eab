"""Two sets of labels with a gate between them inside jitted code."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._cpu.together import copy_rows, put_rows, repeat
from .._cpu.totals import sum_of_rows
from .calls import made
from .derivatives import weigher
from .frames import Frame, shape_of_rows_of, shaper, turn_of
from .masked import rows_last
from .memory import flat, overlap
from .spread import fits
from .typing import Rows, axes_in_words, is_none, is_number

_NUMBERS = (types.Float, types.Integer, types.Boolean)


class _Parts:
    """The arguments of a call by their types: both sets as rows, and the gate."""

    def __init__(self, entry, call, turns):
        name = entry.name
        both = ((call.a, "a"), (call.b, "b"))
        self.rows = [Rows(name, u, call.axis, of, turns) for u, of in both]
        first = self.rows[0]
        first.one_axis()
        first.check_entries(call.b, "b")
        self.axis = first.ndim - 1 - first.axes[0] if first.turned else first.axes[0]
        self.gate = _gate_of_rows(first, self.axis, call.gate)
        self.check = _checker(first.ndim, self.axis)

    def check_like_result(self, u, name, writable=False):
        """Refuse what is no array of the axes and the dtype of the result, or None."""
        rows = self.rows[0]
        rows.check_entries(u, name)
        if writable and not is_none(u) and not u.mutable:
            raise TypeError(f"{rows.function}: {name} must be writable, got {u}")

    def weighers(self, entry, together, wanted=False):
        """For each part: its frame, and a function that runs its engine."""
        frames = [Frame(rows, together=together) for rows in self.rows]
        return [(f, weigher(f, e, wanted)) for f, e in zip(frames, entry.engine)]


def _checker(ndim, axis):
    # A function of a and b: the shape of the result.
    lengths = (f"a.shape[{i}]" + (f" + b.shape[{i}]" if i == axis else "") for i in range(ndim))
    shape = inlined(made(f"lambda a, b: ({', '.join(lengths)},)"))

    @inlined
    def check(a, b):
        for i in range(ndim):
            if i != axis and a.shape[i] != b.shape[i]:
                raise ValueError("a and b must have the same shape but for the axis")
        return shape(a, b)

    return check


def _gate_of_rows(rows, axis, gate):
    # A function of a and the gate: the gate of each row, in their shape; a number for one row.
    function, shape = rows.function, shape_of_rows_of(rows)
    most = axes_in_words(max(rows.ndim - 1, 1))
    numbers = gate.dtype if isinstance(gate, types.Array) else gate
    if not isinstance(numbers, _NUMBERS) or getattr(gate, "ndim", 0) > rows.ndim:
        raise TypeError(
            f"{function}: gate must be a number or an array of up to {most} in jitted code, "
            f"got {gate}"
        )

    # Of a single row the gate is a number itself, whichever axes it has.
    is_array = isinstance(gate, types.Array)
    number = inlined((lambda gate: gate.flat[0]) if is_array else (lambda gate: gate))

    @inlined
    def of_one(a, gate):
        if is_array and gate.size != 1:
            raise ValueError("gate must be one number for one row")
        return a.dtype.type(number(gate))

    @inlined
    def equal(a, gate):
        return np.full(shape(a), a.dtype.type(number(gate)))

    if rows.whole:
        return of_one
    if not is_array:
        return equal
    ends = ", ".join("0" if i == axis else ":" for i in range(rows.ndim))
    cut = inlined(made(f"lambda gate: gate[{ends}]") if gate.ndim == rows.ndim else (lambda u: u))
    kept = gate.ndim == rows.ndim

    @inlined
    def of_each(a, gate):
        if kept and gate.shape[axis] != 1:
            raise ValueError("gate must have a number for each row")
        each, lengths = cut(gate), shape(a)
        if not fits(lengths, each):
            raise ValueError("gate must have a shape that broadcasts to that of the rows")
        whole = np.empty(lengths, a.dtype)
        repeat(each, lengths, flat(whole))
        return whole

    return of_each


# --- the log-probabilities -----------------------------------------------------------------------


def _lies(call, parts, *results):
    # Whether the parts of the result lie in one piece each, so that nothing is copied.
    arrays = [u for u in (call.a, call.b, *results) if isinstance(u, types.Array)]
    return parts.axis == 0 and all(u.layout == "C" for u in arrays)


def _filler(rows, frame, weigh, lies):
    # A function that puts the log-probabilities of one set into its part of the result.
    view, turn = rows_last(rows), turn_of(rows)
    read, lengths = frame.read, frame.lengths

    @inlined
    def in_place(x, c, out, start):
        row = turn(out)
        first = start * (row.size // max(out.shape[0], 1))
        weigh(turn(x), None, None, c, row[first : first + x.size], None, lengths(x))

    @inlined
    def copied(x, c, out, start):
        entries, lines = read(x, None), view(x)
        n = lines.shape[lines.ndim - 1]
        weigh(entries, None, None, c, entries, None, lengths(x))
        put_rows(entries, view(out)[..., start : start + n])

    return in_place if lies else copied


def plan_values(entry, call):
    """The log-probabilities of both sets, one after the other along the axis."""
    parts = _Parts(entry, call, turns=False)
    parts.check_like_result(call.out, "out", writable=True)
    lies = _lies(call, parts, call.out)
    fill_a, fill_b = (
        _filler(rows, *each, lies)
        for rows, each in zip(parts.rows, parts.weighers(entry, not lies), strict=True)
    )
    check, gate_of_rows, axis = parts.check, parts.gate, parts.axis
    place = _checked_out if isinstance(call.out, types.Array) else _new_out

    def compute(gate, a, b, out):
        shape = check(a, b)
        result = place(shape, a, b, out)
        c = flat(gate_of_rows(a, gate))
        fill_a(a, c, result, 0)
        fill_b(b, c, result, a.shape[axis])
        return result

    return compute, ("gate", "a", "b", "out")


@inlined
def _new_out(shape, a, b, out):
    return np.empty(shape, a.dtype)


@inlined
def _checked_out(shape, a, b, out):
    if out.shape != shape:
        raise ValueError("out must have the shape of the result")
    if overlap(a, out) or overlap(b, out):
        raise ValueError("out must not overlap the other arguments of gated_log_softmax")
    return out


# --- its gradients -------------------------------------------------------------------------------


def _sloper(rows, frame, weigh, lies, has_g):
    # A function that gives the gradients of one set, and the slopes of its rows in their shape.
    view, turn, shaped = rows_last(rows), turn_of(rows), shaper(rows)
    place, lengths, finish = frame.place, frame.lengths, frame.finish

    @inlined
    def nothing(g, x, start):
        return None

    @inlined
    def in_place(g, x, start):
        row = turn(g)
        first = start * (row.size // max(g.shape[0], 1))
        return row[first : first + x.size]

    @inlined
    def copied(g, x, start):
        lines = view(x)
        n = lines.shape[lines.ndim - 1]
        entries = np.empty(x.size, x.dtype)
        copy_rows(view(g)[..., start : start + n], None, 0.0, entries)
        return entries

    cotangents = (in_place if lies else copied) if has_g else nothing

    @inlined
    def slopes(x, g, c, start):
        u = cotangents(g, x, start)
        source, target, result = place(x, None, None)
        values = weigh(source, u, None, turn(c), target, None, lengths(x))
        finish(target, result, None)
        return shaped(x, values), result

    return slopes


def plan_gradients(entry, call):
    """The gradients with respect to the gate, a and b."""
    has_g = not is_none(call.g)
    parts = _Parts(entry, call, turns=not has_g)
    if not is_number(call.g):
        parts.check_like_result(call.g, "g")
    lies = not has_g or _lies(call, parts, call.g)
    of_a, of_b = (
        _sloper(rows, *each, lies, has_g)
        for rows, each in zip(parts.rows, parts.weighers(entry, not lies, True), strict=True)
    )
    check, gate_of_rows, axis = parts.check, parts.gate, parts.axis
    whole = _whole_g(call.g)
    hand_out = _slopes_of_gate(parts.rows[0], axis, call.gate)

    def compute(gate, a, b, g):
        u = whole(check(a, b), g, a)
        c = gate_of_rows(a, gate)
        slope_a, gradient_a = of_a(a, u, c, 0)
        slope_b, gradient_b = of_b(b, u, c, a.shape[axis])
        return hand_out(gate, a, 0.0 + slope_a + slope_b), gradient_a, gradient_b

    return compute, ("gate", "a", "b", "g")


def _whole_g(g):
    # A function of the shape of the result, g, and a: g in that shape, or None.
    @inlined
    def checked(shape, g, a):
        if g.shape != shape:
            raise ValueError("g must have the shape of the result")
        return g

    @inlined
    def equal(shape, g, a):
        return np.full(shape, a.dtype.type(g))

    if is_number(g):
        return equal
    return inlined(lambda shape, g, a: None) if is_none(g) else checked


def _slopes_of_gate(rows, axis, gate):
    # A function of the gate, a and the slopes of the rows: the gradient in the gate's shape.
    kept = getattr(gate, "ndim", 0) == rows.ndim

    @inlined
    def of_one(gate, a, slope):
        return a.dtype.type(slope)

    @inlined
    def alone(gate, a, slope):
        return np.full(gate.shape, slope)

    @inlined
    def total(gate, a, slopes):
        return a.dtype.type(sum_of_rows(flat(slopes)))

    @inlined
    def sums(gate, a, slopes):
        out = np.empty(gate.shape, a.dtype)
        rows_of_each = slopes.size // max(gate.size, 1)
        of_rows, each = flat(slopes), np.empty(rows_of_each, a.dtype)
        entries = out.reshape(-1)
        for k in range(gate.size):
            for j in range(rows_of_each):
                each[j] = of_rows[_row_of(k, j, gate.shape, slopes.shape)]
            entries[k] = each[0] if rows_of_each == 1 else sum_of_rows(each)
        return out

    cut = tuple(i for i in range(rows.ndim) if i != axis)
    lengths = inlined(made(f"lambda s: ({', '.join(f's[{i}]' for i in cut)},)")) if kept else None

    @inlined
    def sums_of_kept(gate, a, slopes):
        shorter = np.empty(lengths(gate.shape), a.dtype)
        return sums(shorter, a, slopes).reshape(gate.shape)

    if not isinstance(gate, types.Array):
        return of_one if rows.whole else total
    if rows.whole:
        return alone
    return sums_of_kept if kept else sums


@inlined
def _row_of(k, j, shape, rows):
    # The number of the row that is number j of those that share entry k of an array.
    row, step, lead = 0, 1, len(rows) - len(shape)
    for back in range(len(rows)):
        i = len(rows) - 1 - back
        length = rows[i]
        if i >= lead and shape[i - lead] != 1:
            here, k = k % length, k // length
        else:
            here, j = j % length, j // length
        row += here * step
        step *= length
    return row
