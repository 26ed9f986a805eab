"""The losses and their gradients inside jitted code."""

import math

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from ._jitted import labels, numbers, same_shape, shape_of_rows
from ._overloads import (
    OPTIONS,
    lengths_of,
    placer,
    shape_of_rows_of,
    shaper,
    turn_of,
    weigher,
)
from ._targets import REDUCTIONS
from ._typing import Rows, check_floats, is_none, literal, refuse
from ._weigh import sum_of_rows

_check_targets, _check_weights = same_shape("targets"), same_shape("weights")
_check_labels, _check_row_weights = shape_of_rows("targets"), shape_of_rows("weights")


def _refuse_beyond(limit, text):
    # A check of flat numbers; NaN is none that is right.
    @register_jitable
    def check(numbers):
        for i in range(numbers.size):
            if not 0.0 <= numbers[i] <= limit or math.isinf(numbers[i]):
                raise ValueError(text)

    return check


_check_probabilities = _refuse_beyond(1.0, "targets must be in [0, 1]")
_check_at_least_0 = _refuse_beyond(math.inf, "weights must be finite and >= 0")


@register_jitable
def _check_classes(classes, n):
    for i in range(classes.size):
        if not 0 <= classes[i] < n:
            raise ValueError("targets must be classes from 0 to the number of classes - 1")


def _are_labels(rows, targets):
    if rows.ndim == 1:
        return isinstance(targets, types.Integer)
    return (
        isinstance(targets, types.Array)
        and isinstance(targets.dtype, types.Integer)
        and targets.ndim == rows.ndim - 1
    )


def _scores(rows, targets):
    # A function of the logits and the targets: what the kernels take, flat and checked.
    turn, lengths, shape = turn_of(rows), lengths_of(rows), shape_of_rows_of(rows)

    @register_jitable
    def of_labels(logits, targets):
        _check_labels(shape(logits), targets)
        classes = labels(targets, turn)
        _check_classes(classes, lengths(logits)[1])
        return classes

    @register_jitable
    def of_probabilities(logits, targets):
        _check_targets(logits, targets)
        scores = turn(targets)
        _check_probabilities(scores)
        return scores

    if _are_labels(rows, targets):
        return of_labels
    check_floats(rows.function, targets, "targets (unless class labels, ints for each row)")
    rows.check_entries(targets, "targets")
    return of_probabilities


def _class_weights(rows, weights):
    turn = turn_of(rows)
    check_floats(rows.function, weights, "weights")
    rows.check_entries(weights, "weights")

    @register_jitable
    def of_weights(logits, weights):
        _check_weights(logits, weights)
        scores = turn(weights)
        _check_at_least_0(scores)
        return scores

    return of_weights


def _row_weights(rows, weights, reduction):
    # A function of the logits and the weights: what each row's loss is multiplied with.
    turn, shape, lengths = turn_of(rows), shape_of_rows_of(rows), lengths_of(rows)
    rows.check_numbers(weights, "weights")

    @register_jitable
    def none(logits, weights):
        return None

    @register_jitable
    def given(logits, weights):
        _check_row_weights(shape(logits), weights)
        c = numbers(logits, weights, turn)
        _check_at_least_0(c)
        return c

    @register_jitable
    def equal_shares(logits, weights):
        outer, _, inner = lengths(logits)
        if outer * inner == 0:
            raise ValueError("reduction must not be 'mean' of no rows")
        return np.full(outer * inner, 1.0 / (outer * inner), logits.dtype)

    @register_jitable
    def shares(logits, weights):
        c = given(logits, weights)
        total = 0.0
        for i in range(c.size):
            total += c[i]
        if not total > 0.0:
            raise ValueError("reduction must not be 'mean' of weights that are all 0")
        return (c / total).astype(logits.dtype)

    if reduction == "mean":
        return equal_shares if is_none(weights) else shares
    return none if is_none(weights) else given


def _result(rows, reduction):
    # A function of the logits and the losses of the rows.
    @register_jitable
    def total(logits, values):
        return logits.dtype.type(sum_of_rows(values))

    return shaper(rows) if reduction == "none" else total


class _Loss:
    """What a loss is made of, found out when its call is typed."""

    def __init__(self, function, logits, axis, weights, reduction, out, options):
        refuse(function, **options)
        self.rows = rows = Rows(function, logits, axis, "logits")
        rows.check_out(out)
        reduction = literal(reduction, str, "reduction", function)
        if reduction not in REDUCTIONS:
            known = ", ".join(map(repr, REDUCTIONS))
            raise TypeError(f"{function}: reduction must be one of {known}, got {reduction!r}")
        self.of_rows = _row_weights(rows, weights, reduction)
        self.result = _result(rows, reduction)
        self.place = placer(rows, out)

    def value(self, engine, scores):
        """A function of the arguments: the loss."""
        of_rows, result = self.of_rows, self.result
        turn, weigh, lengths = turn_of(self.rows), weigher(self.rows, engine), lengths_of(self.rows)

        @register_jitable
        def value(logits, targets, weights):
            g, c, sizes = scores(logits, targets), of_rows(logits, weights), lengths(logits)
            values = np.zeros(sizes[0] * sizes[2], logits.dtype)
            weigh(turn(logits), g, None, c, values, None, None, sizes)
            return result(logits, values)

        return value

    def value_and_grad(self, engine, scores):
        """A function of the arguments: the loss and its gradient."""
        of_rows, result, place = self.of_rows, self.result, self.place
        turn, weigh, lengths = turn_of(self.rows), weigher(self.rows, engine), lengths_of(self.rows)

        @register_jitable
        def both(logits, targets, weights, out):
            g, c, sizes = scores(logits, targets), of_rows(logits, weights), lengths(logits)
            values = np.zeros(sizes[0] * sizes[2], logits.dtype)
            source, gradient = place(logits, out)
            weigh(source, g, None, c, values, turn(gradient), None, sizes)
            return result(logits, values), gradient

        return both


def register_loss(value, both, engines):
    """The overloads of a loss of targets, and of it with its gradient."""

    @overload(value, **OPTIONS)
    def _overload_value(
        logits, targets, axis=-1, weights=None, reduction="none", workers=None, stream=None
    ):
        options = {"workers": workers, "stream": stream}
        loss = _Loss(value.__name__, logits, axis, weights, reduction, None, options)
        compute = loss.value(engines[0], _scores(loss.rows, targets))

        def impl(
            logits, targets, axis=-1, weights=None, reduction="none", workers=None, stream=None
        ):
            return compute(logits, targets, weights)

        return impl

    @overload(both, **OPTIONS)
    def _overload_both(
        logits,
        targets,
        axis=-1,
        weights=None,
        reduction="none",
        out=None,
        workers=None,
        stream=None,
    ):
        options = {"workers": workers, "stream": stream}
        loss = _Loss(both.__name__, logits, axis, weights, reduction, out, options)
        compute = loss.value_and_grad(engines[1], _scores(loss.rows, targets))

        def impl(
            logits,
            targets,
            axis=-1,
            weights=None,
            reduction="none",
            out=None,
            workers=None,
            stream=None,
        ):
            return compute(logits, targets, weights, out)

        return impl


def register_loss_of_weights(value, both, engines):
    """The overloads of a loss of weights of the classes, and of it with its gradient."""

    @overload(value, **OPTIONS)
    def _overload_value(logits, weights, axis=-1, reduction="none", workers=None, stream=None):
        options = {"workers": workers, "stream": stream}
        loss = _Loss(value.__name__, logits, axis, types.none, reduction, None, options)
        compute = loss.value(engines[0], _class_weights(loss.rows, weights))

        def impl(logits, weights, axis=-1, reduction="none", workers=None, stream=None):
            return compute(logits, weights, None)

        return impl

    @overload(both, **OPTIONS)
    def _overload_both(
        logits, weights, axis=-1, reduction="none", out=None, workers=None, stream=None
    ):
        options = {"workers": workers, "stream": stream}
        loss = _Loss(both.__name__, logits, axis, types.none, reduction, out, options)
        compute = loss.value_and_grad(engines[1], _class_weights(loss.rows, weights))

        def impl(logits, weights, axis=-1, reduction="none", out=None, workers=None, stream=None):
            return compute(logits, weights, None, out)

        return impl
