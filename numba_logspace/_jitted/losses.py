"""The losses and their gradients inside jitted code."""

from numba import types

from .._compile.inline import overload
from .loss_arguments import Loss, are_labels, class_weights_of, scores_of
from .loss_options import check_options_of_classes
from .typing import check_floats, refuse


def _loss_of_targets(entry, logits, targets, axis, weights, reduction, out, options):
    # (the loss, its scores) of a call with these options.
    where, class_weights, smoothing, workers, stream = options
    refuse(entry.name, label_smoothing=smoothing)
    refused = {"workers": workers, "stream": stream}
    arguments = entry.name, logits, axis, weights, reduction, out, refused
    loss = Loss(*arguments, where, class_weights)
    check_options_of_classes(loss.rows, class_weights, are_labels(loss.rows, targets))
    return loss, scores_of(loss.rows, targets)


def register_loss(function, entry):
    """The overload of a loss of targets."""

    @overload(function, prefer_literal=True)
    def _overload_value(
        logits,
        targets,
        axis=-1,
        weights=None,
        where=None,
        reduction="none",
        workers=None,
        stream=None,
    ):
        options = where, None, None, workers, stream
        arguments = logits, targets, axis, weights, reduction, None, options
        loss, scores = _loss_of_targets(entry, *arguments)
        compute = loss.value(entry.engine, scores)

        def impl(
            logits,
            targets,
            axis=-1,
            weights=None,
            where=None,
            reduction="none",
            workers=None,
            stream=None,
        ):
            return compute(logits, targets, weights, where, None)

        return impl


def register_loss_with_classes(function, entry):
    """The overload of a loss of targets that may be weighted by class."""

    @overload(function, prefer_literal=True)
    def _overload_value(
        logits,
        targets,
        axis=-1,
        weights=None,
        class_weights=None,
        label_smoothing=None,
        where=None,
        reduction="none",
        workers=None,
        stream=None,
    ):
        options = where, class_weights, label_smoothing, workers, stream
        arguments = logits, targets, axis, weights, reduction, None, options
        loss, scores = _loss_of_targets(entry, *arguments)
        compute = loss.value(entry.engine, scores)

        def impl(
            logits,
            targets,
            axis=-1,
            weights=None,
            class_weights=None,
            label_smoothing=None,
            where=None,
            reduction="none",
            workers=None,
            stream=None,
        ):
            return compute(logits, targets, weights, where, class_weights)

        return impl


def register_loss_and_gradient(function, entry):
    """The overload of a loss of targets with its gradient."""

    @overload(function, prefer_literal=True)
    def _overload_both(
        logits,
        targets,
        axis=-1,
        weights=None,
        where=None,
        reduction="none",
        out=None,
        workers=None,
        stream=None,
    ):
        options = where, None, None, workers, stream
        arguments = logits, targets, axis, weights, reduction, out, options
        loss, scores = _loss_of_targets(entry, *arguments)
        compute = loss.value_and_grad(entry.engine, scores)

        def impl(
            logits,
            targets,
            axis=-1,
            weights=None,
            where=None,
            reduction="none",
            out=None,
            workers=None,
            stream=None,
        ):
            return compute(logits, targets, weights, where, None, out)

        return impl


def register_loss_with_classes_and_gradient(function, entry):
    """The same with its gradient."""

    @overload(function, prefer_literal=True)
    def _overload_both(
        logits,
        targets,
        axis=-1,
        weights=None,
        class_weights=None,
        label_smoothing=None,
        where=None,
        reduction="none",
        out=None,
        workers=None,
        stream=None,
    ):
        options = where, class_weights, label_smoothing, workers, stream
        arguments = logits, targets, axis, weights, reduction, out, options
        loss, scores = _loss_of_targets(entry, *arguments)
        compute = loss.value_and_grad(entry.engine, scores)

        def impl(
            logits,
            targets,
            axis=-1,
            weights=None,
            class_weights=None,
            label_smoothing=None,
            where=None,
            reduction="none",
            out=None,
            workers=None,
            stream=None,
        ):
            return compute(logits, targets, weights, where, class_weights, out)

        return impl


def register_loss_of_weights(function, entry):
    """The overload of a loss of weights of the classes."""

    @overload(function, prefer_literal=True)
    def _overload_value(
        logits,
        weights,
        axis=-1,
        where=None,
        reduction="none",
        workers=None,
        stream=None,
    ):
        options = {"workers": workers, "stream": stream}
        loss = Loss(entry.name, logits, axis, types.none, reduction, None, options, where)
        compute = loss.value(entry.engine, class_weights_of(loss.rows, weights))

        def impl(
            logits,
            weights,
            axis=-1,
            where=None,
            reduction="none",
            workers=None,
            stream=None,
        ):
            return compute(logits, weights, None, where, None)

        return impl


def register_loss_of_weights_and_gradient(function, entry):
    """The overload of a loss of weights of the classes with its gradient."""

    @overload(function, prefer_literal=True)
    def _overload_both(
        logits,
        weights,
        axis=-1,
        where=None,
        reduction="none",
        out=None,
        workers=None,
        stream=None,
    ):
        options = {"workers": workers, "stream": stream}
        loss = Loss(entry.name, logits, axis, types.none, reduction, out, options, where)
        compute = loss.value_and_grad(entry.engine, class_weights_of(loss.rows, weights))

        def impl(
            logits,
            weights,
            axis=-1,
            where=None,
            reduction="none",
            out=None,
            workers=None,
            stream=None,
        ):
            return compute(logits, weights, None, where, None, out)

        return impl


def register_hvp_of_loss(function, entry):
    """The overload of the Hessian of a loss of targets times a vector."""

    @overload(function, prefer_literal=True)
    def _overload_hvp(
        logits,
        targets,
        t,
        axis=-1,
        weights=None,
        reduction="none",
        out=None,
        workers=None,
        stream=None,
    ):
        options = {"out": out, "workers": workers, "stream": stream}
        loss = Loss(entry.name, logits, axis, weights, reduction, None, options, None)
        check_floats(entry.name, t, "t")
        compute = loss.hessian(entry.engine, scores_of(loss.rows, targets), t)

        def impl(
            logits,
            targets,
            t,
            axis=-1,
            weights=None,
            reduction="none",
            out=None,
            workers=None,
            stream=None,
        ):
            return compute(logits, targets, t, weights)

        return impl


def register_hvp_of_weights(function, entry):
    """The overload of the Hessian of a loss of weights of the classes times a vector."""

    @overload(function, prefer_literal=True)
    def _overload_hvp(
        logits, weights, t, axis=-1, reduction="none", out=None, workers=None, stream=None
    ):
        options = {"out": out, "workers": workers, "stream": stream}
        loss = Loss(entry.name, logits, axis, types.none, reduction, None, options, None)
        check_floats(entry.name, t, "t")
        compute = loss.hessian(entry.engine, class_weights_of(loss.rows, weights), t)

        def impl(
            logits, weights, t, axis=-1, reduction="none", out=None, workers=None, stream=None
        ):
            return compute(logits, weights, t, None)

        return impl
