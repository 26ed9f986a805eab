"""The one way in: which side takes a call, the CPU or CUDA, and what each kind of call does there.

A side is looked up by its name when a call first needs it. It is a class `Rows` of the first
argument, which says what is checked, how the engine runs, and what is handed out; both sides have
the same methods, and nothing here knows more of either.
"""

import contextlib
import functools
import importlib
import importlib.util
import inspect

import numpy as np

from ._arguments import (
    entry_losses,
    gated,
    loss_options,
    matrices,
    segments,
    small,
    targets,
    weighted_derivatives,
)
from ._arguments.foreign import handed_over
from ._arguments.layout import is_on_cuda
from ._arguments.scores import memory_of
from ._compile.first_look import look_first
from ._family import FAMILY

_CPU, _CUDA = "._arguments.rows", "._cuda.call"
# Functions of CUDA arrays that are no rows.
_UFUNCS, _MATRICES = "._cuda.elementwise", "._cuda.matrices"
_SEGMENTS = "._cuda.segments"


@functools.cache
def _side(module, name="Rows"):
    # Nothing of CUDA is imported before the first CUDA array.
    try:
        return getattr(importlib.import_module(module, __package__), name)
    except ModuleNotFoundError as error:
        if module == _CPU:
            raise
        raise ModuleNotFoundError(
            "CUDA arrays need numba-cuda: install the extra cuda12 or cuda13, such as "
            "pip install 'numba_logspace[cuda13]'"
        ) from error


def rows_of(x, axis, where=None, workers=None, stream=None, name="x", beside=None, of=None):
    """The Rows of an argument, of the side where its memory is; `of` is the function, if any."""
    if _goes_to_cuda(x, workers, stream, name):
        return _side(_CUDA)(x, axis, where, stream, name, beside)
    return _side(_CPU)(x, axis, where, workers, name, beside, of)


def _goes_to_cuda(x, workers, stream, name):
    # Whether a call does, by its first array; the options for the other side must be None.
    on_cuda = is_on_cuda(x)
    if not on_cuda and stream is not None:
        raise TypeError(f"stream must be None where {name} is not a CUDA array, got {stream!r}")
    if on_cuda and workers is not None:
        raise TypeError(f"workers must be None for CUDA arrays, got {workers!r}")
    return on_cuda


# --- elementwise functions -----------------------------------------------------------------------


def watch(ufuncs):
    """Have calls of these ufuncs go to CUDA where an argument is a CUDA array."""
    # Without numba-cuda nothing could compute with it, and NumPy says what it is; also where ufuncs
    # are not called as they are known to be.
    if importlib.util.find_spec("numba_cuda") is not None:
        with contextlib.suppress(NotImplementedError):
            look_first(ufuncs, _of_ufunc)


def _of_ufunc(ufunc, *args, **options):
    # NotImplemented, as in a class of arrays, where it is NumPy's.
    out = options.get("out")
    outs = out if isinstance(out, tuple) else (out,)
    if not any(map(is_on_cuda, (*args, *outs, options.get("where")))):
        return NotImplemented
    formula = FAMILY[ufunc.__name__].engine
    names = tuple(inspect.signature(formula).parameters)
    return _side(_UFUNCS, "call")(ufunc, formula, names, args, options)


# --- results for the entries, or for the rows ----------------------------------------------------


def of_entries(function, x, axis, where, out, workers, stream, *operands):
    """A result for each entry, from x and what has a number for each entry."""
    if where is stream is None:
        result = small.of_entries(function, x, axis, out, workers, operands)
        if result is not None:
            return result
    return _of_entries(function, x, axis, where, out, workers, stream, *operands)


def of_scan(function, x, axis, where, out, workers, stream, u):
    """A derivative of the running sum, from x and weights u."""
    if where is stream is None:
        result = small.of_entries(function, x, axis, out, workers, (u,))
        if result is not None:
            return result
    return _of_entries(function, x, axis, where, out, workers, stream, u)


@handed_over
def _of_entries(function, x, axis, where, out, workers, stream, *operands):
    rows = rows_of(x, axis, where, workers, stream, of=function)
    more = _checked(function, operands, rows)
    out = rows.out(out, more)
    rows.run(function, *more.values(), outs=(out,))
    return rows.handed_out(out)


def of_rows(function, x, axis, keepdims, where, out, workers, stream, *operands):
    """A result for each row, from x and what has a number for each entry."""
    if where is stream is None:
        result = small.of_rows(function, x, axis, keepdims, out, workers, operands)
        if result is not None:
            return result
    return _of_rows(function, x, axis, keepdims, where, out, workers, stream, *operands)


@handed_over
def _of_rows(function, x, axis, keepdims, where, out, workers, stream, *operands):
    rows = rows_of(x, axis, where, workers, stream, of=function)
    more = _checked(function, operands, rows)
    out = rows.out_of_rows(out, keepdims, more)
    values = rows.run(function, *more.values(), values=True)
    return rows.returned(values, keepdims, out)


def _checked(function, operands, rows):
    # What has a number for each entry beside x, by its name.
    return {name: rows.operand(u, name) for name, u in zip(function.operands, operands)}


def pair_of_entries(function, x, axis, where, out, workers, stream, g):
    """Two results for each entry: a value and a gradient."""
    if where is stream is None:
        results = small.pair_of_entries(function, x, axis, out, workers, g)
        if results is not None:
            return results
    return _pair_of_entries(function, x, axis, where, out, workers, stream, g)


@handed_over
def _pair_of_entries(function, x, axis, where, out, workers, stream, g):
    rows = rows_of(x, axis, where, workers, stream)
    g = rows.entries(g, "g")
    outs = rows.two_outs(out, {"g": g})
    rows.run(function, g, outs=outs)
    return rows.handed_out(outs)


def from_rows(function, x, axis, where, out, workers, stream, g):
    """A result for each entry, from x and a number for each row."""
    if where is stream is None:
        result = small.from_rows(function, x, axis, out, workers, g)
        if result is not None:
            return result
    return _from_rows(function, x, axis, where, out, workers, stream, g)


@handed_over
def _from_rows(function, x, axis, where, out, workers, stream, g):
    rows = rows_of(x, axis, where, workers, stream)
    c = rows.numbers(g, "g")
    out = rows.out(out, {}, separate={"g": c})
    rows.run(function, c=c, outs=(out,))
    return rows.handed_out(out)


@handed_over
def hessian_of_rows(function, x, axis, where, out, workers, stream, g, t):
    """The Hessian of a reduction times t, from a number for each row too."""
    rows = rows_of(x, axis, where, workers, stream)
    c, t = rows.numbers(g, "g"), rows.operand(t, "t")
    out = rows.out(out, {"t": t}, separate={"g": c})
    rows.run(function, t, c=c, outs=(out,))
    return rows.handed_out(out)


def weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    """(log |sum b exp(x)|, sign) of each row, or the first alone with NaN for a negative sum."""
    if where is stream is None:
        result = small.weighted(function, x, axis, b, return_sign, keepdims, out, workers)
        if result is not None:
            return result
    return _weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream)


@handed_over
def _weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    rows = rows_of(x, axis, where, workers, stream, beside=b, of=function)
    out = rows.out_of_rows(out, keepdims, {"b": rows.b}, return_sign)
    return rows.weighted(function, return_sign, keepdims, out)


@handed_over
def weighted_vjp(function, x, b, g, axis, where, workers, stream):
    """The gradients of sum(g * log |sum b exp(x)|) in x and in b."""
    return weighted_derivatives.gradients(_weighted_rows(x, b, axis, where, workers, stream), g)


@handed_over
def weighted_jvp(function, x, b, t, s, axis, keepdims, where, workers, stream):
    """The derivative along t in x and s in b, of which one may be None, for 0."""
    rows = _weighted_rows(x, b, axis, where, workers, stream)
    return weighted_derivatives.slopes(rows, t, s, keepdims)


def _weighted_rows(x, b, axis, where, workers, stream):
    if b is None:
        raise TypeError("b must be an array of weights, got None")
    return rows_of(x, axis, where, workers, stream, beside=b)


# --- losses --------------------------------------------------------------------------------------


class _Loss:
    """The checked arguments of a loss."""

    def __init__(
        self, function, logits, scores, axis, weights, where, of_classes, reduction, *devices
    ):
        targets.check_axis(axis)
        targets.check_reduction(reduction)
        self.rows = rows_of(logits, axis, None, *devices, "logits")
        if not self.rows.axes:
            raise np.exceptions.AxisError(axis, 0)
        present = loss_options.present_of(where, self.rows)
        self._present, self._class_weights = present, of_classes[0]
        scores = targets.SCORES[function.operands[0]](scores, self.rows, present)
        self.scores, self.c = loss_options.scores_and_weights(
            scores, self.rows, weights, reduction, present, *of_classes
        )
        self._function, self._reduction = function, reduction

    def out(self, out, inputs=()):
        """Where the gradient goes, apart from the arguments; `inputs` may be the place."""
        apart = {"weights": self.c, self._function.operands[0]: memory_of(self.scores)}
        apart["where"] = self._present
        if out is not None and self._class_weights is not None:
            apart["class_weights"], _, _ = self.rows.argument(self._class_weights, "class_weights")
        return self.rows.out(out, dict(inputs), separate=apart)

    def run(self, outs=()):
        """The losses as they are returned."""
        values = self.rows.run(self._function, self.scores, c=self.c, values=True, outs=outs)
        return self.rows.reduced(values, self._reduction, self.c)


def loss(
    function,
    logits,
    scores,
    axis,
    weights,
    reduction,
    workers,
    stream,
    where=None,
    class_weights=None,
    label_smoothing=None,
):
    """A loss for each row, or one number."""
    if stream is where is class_weights is label_smoothing is None:
        result = small.loss(function, logits, scores, axis, weights, reduction, None, workers)
        if result is not None:
            return result
    return _loss(
        function,
        logits,
        scores,
        axis,
        weights,
        where,
        class_weights,
        label_smoothing,
        reduction,
        workers,
        stream,
    )


@handed_over
def _loss(
    function,
    logits,
    scores,
    axis,
    weights,
    where,
    class_weights,
    label_smoothing,
    reduction,
    workers,
    stream,
):
    of_classes = class_weights, label_smoothing
    return _Loss(
        function, logits, scores, axis, weights, where, of_classes, reduction, workers, stream
    ).run()


def loss_and_gradient(
    function,
    logits,
    scores,
    axis,
    weights,
    reduction,
    out,
    workers,
    stream,
    where=None,
    class_weights=None,
    label_smoothing=None,
):
    """A loss for each row, or one number, and a gradient."""
    if stream is where is class_weights is label_smoothing is None:
        results = small.loss(function, logits, scores, axis, weights, reduction, out, workers)
        if results is not None:
            return results
    return _loss_and_gradient(
        function,
        logits,
        scores,
        axis,
        weights,
        where,
        class_weights,
        label_smoothing,
        reduction,
        out,
        workers,
        stream,
    )


@handed_over
def _loss_and_gradient(
    function,
    logits,
    scores,
    axis,
    weights,
    where,
    class_weights,
    label_smoothing,
    reduction,
    out,
    workers,
    stream,
):
    of_classes = class_weights, label_smoothing
    call = _Loss(
        function, logits, scores, axis, weights, where, of_classes, reduction, workers, stream
    )
    out = call.out(out)
    return call.run((out,)), call.rows.handed_out(out)


@handed_over
def hessian_of_loss(function, logits, scores, t, axis, weights, reduction, out, workers, stream):
    """The Hessian of a loss, or of the sum or mean of those of all rows, times t."""
    plain = None, (None, None)
    call = _Loss(function, logits, scores, axis, weights, *plain, reduction, workers, stream)
    t = call.rows.operand(t, "t")
    out = call.out(out, {"t": t})
    call.rows.run(function, call.scores, t, c=call.c, outs=(out,))
    return call.rows.handed_out(out)


def entry_loss(
    function, logits, scores, pos_weight, weights, where, reduction, out, workers, stream
):
    """A loss for each entry, or one number, and a gradient where the function gives one."""
    if pos_weight is weights is where is stream is None:
        results = entry_losses.small(function, logits, scores, reduction, out, workers)
        if results is not None:
            return results
    return _entry_loss(
        function, logits, scores, pos_weight, weights, where, reduction, out, workers, stream
    )


@handed_over
def _entry_loss(
    function, logits, scores, pos_weight, weights, where, reduction, out, workers, stream
):
    targets.check_reduction(reduction)
    rows = rows_of(logits, (), None, workers, stream, "logits")
    call = entry_losses.EntryLoss(rows, scores, pos_weight, weights, where, reduction)
    return call.with_gradient(function, out) if function.gives_gradient else call.run(function)


# --- two sets of labels --------------------------------------------------------------------------


def of_sets(function, gate, a, b, axis, out, workers, stream):
    """A result for each label of two sets, one set after the other along the axis."""
    if stream is None:
        result = gated.small_values(function, gate, a, b, axis, out, workers)
        if result is not None:
            return result
    return _of_sets(function, gate, a, b, axis, out, workers, stream)


@handed_over
def _of_sets(function, gate, a, b, axis, out, workers, stream):
    targets.check_axis(axis)
    rows = rows_of(a, axis, None, workers, stream, "a")
    return gated.Sets(rows, gate, b, axis, workers).values(function, out)


def gradients_of_sets(function, gate, a, b, g, axis, workers, stream):
    """The gradients with respect to the gate, a and b."""
    if stream is None:
        results = gated.small_gradients(function, gate, a, b, g, axis, workers)
        if results is not None:
            return results
    return _gradients_of_sets(function, gate, a, b, g, axis, workers, stream)


@handed_over
def _gradients_of_sets(function, gate, a, b, g, axis, workers, stream):
    targets.check_axis(axis)
    rows = rows_of(a, axis, None, workers, stream, "a")
    return gated.Sets(rows, gate, b, axis, workers).gradients(function, g)


# --- segments ------------------------------------------------------------------------------------


def _segments(x, *given, workers, stream):
    if _goes_to_cuda(x, workers, stream, "x"):
        return _side(_SEGMENTS, "Segments")(x, *given, stream)
    return segments.Segments(x, *given, workers)


@handed_over
def of_segments(function, x, segment_ids, offsets, num_segments, out, workers, stream):
    """A result for each entry, or for each segment where the function is a reduction."""
    given = x, segment_ids, offsets, num_segments
    return segments.values(function, _segments(*given, workers=workers, stream=stream), out)


@handed_over
def gradients_of_segments(function, x, g, segment_ids, offsets, num_segments, out, workers, stream):
    """A result for each entry, from x and the cotangent g of the values."""
    given = x, segment_ids, offsets, num_segments
    return segments.gradients(function, _segments(*given, workers=workers, stream=stream), g, out)


# --- matrices ------------------------------------------------------------------------------------


def jacobian(function, x, axis, stream):
    """The Jacobian of each row, in the shape of x without the axis, then i and j."""
    if stream is None:
        result = matrices.small_jacobian(function, x, axis)
        if result is not None:
            return result
    return _jacobian(function, x, axis, stream)


@handed_over
def _jacobian(function, x, axis, stream):
    if _goes_to_cuda(x, None, stream, "x"):
        return _side(_MATRICES, "jacobian")(function, x, axis, stream)
    return matrices.jacobian(function, x, axis)


def product(function, a, b, out, workers, stream):
    """The product of matrices of logarithms, arguments as those of numpy.matmul."""
    # The step of a recursion: everything further down costs more than the work.
    if stream is None:
        result = matrices.small_product(a, b, out, workers)
        if result is not None:
            return result
    return _product(function, a, b, out, workers, stream)


@handed_over
def _product(function, a, b, out, workers, stream):
    if _goes_to_cuda(a, workers, stream, "a"):
        return _side(_MATRICES, "product")(function, a, b, out, stream)
    return matrices.product(a, b, out, workers)
