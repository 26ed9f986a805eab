"""The one way in: which side takes a call, the CPU or CUDA, and what each kind of call does there.

A side is looked up by its name when a call first needs it. It is a class `Rows` of the first
argument, which says what is checked, how the engine runs, and what is handed out; both sides have
the same methods, and nothing here knows more of either.
"""

import functools
import importlib

import numpy as np

from ._arguments import loss_options, small, targets
from ._arguments.foreign import handed_over
from ._arguments.layout import is_on_cuda
from ._arguments.scores import memory_of

_CPU, _CUDA = "._arguments.rows", "._cuda.call"


@functools.cache
def _side(module):
    # Nothing of CUDA is imported before the first CUDA array.
    try:
        return importlib.import_module(module, __package__).Rows
    except ModuleNotFoundError as error:
        if module != _CUDA:
            raise
        raise ModuleNotFoundError(
            "CUDA arrays need numba-cuda: install the extra cuda12 or cuda13, such as "
            "pip install 'numba_logspace[cuda13]'"
        ) from error


def rows_of(x, axis, where=None, workers=None, stream=None, name="x", beside=None):
    """The Rows of an argument, of the side where its memory is."""
    if not is_on_cuda(x):
        if stream is not None:
            raise TypeError(f"stream must be None where {name} is not a CUDA array, got {stream!r}")
        return _side(_CPU)(x, axis, where, workers, name, beside)
    if workers is not None:
        raise TypeError(f"workers must be None for CUDA arrays, got {workers!r}")
    return _side(_CUDA)(x, axis, where, stream, name, beside)


# --- results for the entries, or for the rows ----------------------------------------------------


def of_entries(function, x, axis, where, out, workers, stream, *operands):
    """A result for each entry, from x and what has a number for each entry."""
    if where is stream is None:
        result = small.of_entries(function, x, axis, out, workers, operands)
        if result is not None:
            return result
    return _of_entries(function, x, axis, where, out, workers, stream, *operands)


@handed_over
def _of_entries(function, x, axis, where, out, workers, stream, *operands):
    rows = rows_of(x, axis, where, workers, stream)
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
    rows = rows_of(x, axis, where, workers, stream)
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


def weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    """(log |sum b exp(x)|, sign) of each row, or the first alone with NaN for a negative sum."""
    if where is stream is None:
        result = small.weighted(function, x, axis, b, return_sign, keepdims, out, workers)
        if result is not None:
            return result
    return _weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream)


@handed_over
def _weighted(function, x, axis, b, return_sign, keepdims, where, out, workers, stream):
    rows = rows_of(x, axis, where, workers, stream, beside=b)
    out = rows.out_of_rows(out, keepdims, {"b": rows.b})
    return rows.weighted(function, return_sign, keepdims, out)


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
            raise np.exceptions.AxisError(axis, 0, "axis")
        if self.rows.on_cuda:
            loss_options.refuse_on_cuda(where, *of_classes)
        present = loss_options.present_of(where, self.rows)
        scores = targets.SCORES[function.operands[0]](scores, self.rows, present)
        self.scores, self.c = loss_options.scores_and_weights(
            scores, self.rows, weights, reduction, present, *of_classes
        )
        self._function, self._reduction = function, reduction

    def out(self, out):
        """Where the gradient goes."""
        apart = {"weights": self.c, self._function.operands[0]: memory_of(self.scores)}
        return self.rows.out(out, {}, separate=apart)

    def run(self, outs=()):
        """The losses as they are returned."""
        values = self.rows.run(self._function, self.scores, c=self.c, values=True, outs=outs)
        if self._reduction == "none":
            return self.rows.returned(values)
        if self._reduction == "mean" and not self.rows.on_cuda:
            return self.rows.mean(values, self.c)
        return self.rows.total(values)


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
