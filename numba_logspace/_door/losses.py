"""Losses, their gradients and the products of their Hessians."""

import numpy as np

from .._arguments import entry_losses, loss_options, small, targets
from .._arguments.foreign import handed_over
from .._arguments.scores import memory_of
from .planned import planned
from .sides import rows_of


class _Loss:
    """The checked arguments of a loss."""

    def __init__(
        self,
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
        targets.check_axis(axis)
        targets.check_reduction(reduction)
        self.rows = rows_of(logits, axis, None, workers, stream, "logits")
        if not self.rows.axes:
            raise np.exceptions.AxisError(axis, 0)
        present = loss_options.present_of(where, self.rows)
        self._present, self._class_weights = present, class_weights
        scores = targets.SCORES[function.operands[0]](scores, self.rows, present)
        self.scores, self.c = loss_options.scores_and_weights(
            scores, self.rows, weights, reduction, present, class_weights, label_smoothing
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
    of_classes = class_weights, label_smoothing
    return _loss(
        function, logits, scores, axis, weights, reduction, workers, stream, where, *of_classes
    )


@handed_over
@planned
def _loss(
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
    of_classes = class_weights, label_smoothing
    return _Loss(
        function, logits, scores, axis, weights, reduction, workers, stream, where, *of_classes
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
    of_classes = class_weights, label_smoothing
    return _loss_and_gradient(
        function, logits, scores, axis, weights, reduction, out, workers, stream, where, *of_classes
    )


@handed_over
@planned
def _loss_and_gradient(
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
    of_classes = class_weights, label_smoothing
    call = _Loss(
        function, logits, scores, axis, weights, reduction, workers, stream, where, *of_classes
    )
    out = call.out(out)
    return call.run((out,)), call.rows.handed_out(out)


def hessian_of_loss(
    function,
    logits,
    scores,
    t,
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
    """The Hessian of a loss, or of the sum or mean of those of all rows, times t."""
    if stream is where is class_weights is label_smoothing is None and t is not None:
        result = small.loss(function, logits, scores, axis, weights, reduction, out, workers, t)
        if result is not None:
            return result
    of_classes = class_weights, label_smoothing
    return _hessian_of_loss(
        function,
        logits,
        scores,
        t,
        axis,
        weights,
        reduction,
        out,
        workers,
        stream,
        where,
        *of_classes,
    )


@handed_over
@planned
def _hessian_of_loss(
    function,
    logits,
    scores,
    t,
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
    of_classes = class_weights, label_smoothing
    call = _Loss(
        function, logits, scores, axis, weights, reduction, workers, stream, where, *of_classes
    )
    t = call.rows.operand(t, "t")
    out = call.out(out, {"t": t})
    call.rows.run(function, call.scores, t, c=call.c, outs=(out,))
    return call.rows.handed_out(out)


def entry_loss(
    function, logits, scores, pos_weight, weights, where, reduction, out, workers, stream
):
    """A loss for each entry, or one number, and a gradient where the function gives one."""
    if stream is None:
        options = pos_weight, weights, where, reduction
        results = entry_losses.small(function, logits, scores, *options, out, workers)
        if results is not None:
            return results
    return _entry_loss(
        function, logits, scores, pos_weight, weights, where, reduction, out, workers, stream
    )


@handed_over
@planned
def _entry_loss(
    function, logits, scores, pos_weight, weights, where, reduction, out, workers, stream
):
    targets.check_reduction(reduction)
    rows = rows_of(logits, (), None, workers, stream, "logits")
    call = entry_losses.EntryLoss(rows, scores, pos_weight, weights, where, reduction)
    return call.with_gradient(function, out) if function.gives_gradient else call.run(function)


def hessian_of_entry_loss(
    function, logits, scores, t, pos_weight, weights, where, reduction, out, workers, stream
):
    """The Hessian of such losses, or of their sum or mean, times t."""
    if pos_weight is stream is None and t is not None:
        options = None, weights, where, reduction
        result = entry_losses.small(function, logits, scores, *options, out, workers, t)
        if result is not None:
            return result
    return _hessian_of_entry_loss(
        function, logits, scores, t, pos_weight, weights, where, reduction, out, workers, stream
    )


@handed_over
@planned
def _hessian_of_entry_loss(
    function, logits, scores, t, pos_weight, weights, where, reduction, out, workers, stream
):
    targets.check_reduction(reduction)
    rows = rows_of(logits, (), None, workers, stream, "logits")
    call = entry_losses.EntryLoss(rows, scores, pos_weight, weights, where, reduction)
    return call.hessian_times(function, t, out)
