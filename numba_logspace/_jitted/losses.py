"""The losses and their gradients inside jitted code."""

import math

import numpy as np
from numba import types

from .._arguments.targets import REDUCTIONS
from .._compile.inline import inlined
from .._cpu.totals import fill_shares, mean_of_rows, sum_of_rows
from .derivatives import weigher
from .frames import Frame, lengths_of, shape_of_rows_of, shaper, turn_of
from .memory import each, labels, numbers, same_shape, shape_of_rows
from .typing import Rows, check_floats, is_none, literal

_check_targets, _check_weights = same_shape("targets"), same_shape("weights")
_check_t = same_shape("t")
_check_labels, _check_row_weights = shape_of_rows("targets"), shape_of_rows("weights")


@inlined
def _check_probability(number, limit):
    if not 0.0 <= number <= limit:
        raise ValueError("targets must be in [0, 1]")


@inlined
def _check_at_least_0(number, limit):
    if not 0.0 <= number < limit:
        raise ValueError("weights must be finite and >= 0")


@inlined
def _check_class(label, n):
    if not 0 <= label < n:
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

    @inlined
    def of_labels(logits, targets):
        _check_labels(shape(logits), targets)
        classes = labels(targets, turn)
        each(_check_class, classes, lengths(logits)[1])
        return classes

    @inlined
    def of_probabilities(logits, targets):
        _check_targets(logits.shape, targets)
        scores = turn(targets)
        each(_check_probability, scores, 1.0)
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

    @inlined
    def of_weights(logits, weights):
        _check_weights(logits.shape, weights)
        scores = turn(weights)
        each(_check_at_least_0, scores, math.inf)
        return scores

    return of_weights


def _row_weights(rows, weights, reduction):
    # A function of the logits and the weights: what each row's loss is multiplied with.
    turn, shape, lengths = turn_of(rows), shape_of_rows_of(rows), lengths_of(rows)
    rows.check_numbers(weights, "weights")

    @inlined
    def none(logits, weights):
        return None

    @inlined
    def given(logits, weights):
        _check_row_weights(shape(logits), weights)
        c = numbers(logits, weights, turn)
        each(_check_at_least_0, c, math.inf)
        return c

    @inlined
    def equal_shares(logits, weights):
        outer, _, inner = lengths(logits)
        if outer * inner == 0:
            raise ValueError("reduction must not be 'mean' of no rows")
        return np.full(outer * inner, 1.0 / (outer * inner), logits.dtype)

    @inlined
    def shares(logits, weights):
        c = given(logits, weights)
        filled = np.empty(c.size, logits.dtype)
        if not fill_shares(c.astype(np.float64), filled) > 0.0:
            raise ValueError("reduction must not be 'mean' of weights that are all 0")
        return filled

    @inlined
    def whole(logits, weights):
        # A single row has all of the weight.
        if not given(logits, weights) > 0.0:
            raise ValueError("reduction must not be 'mean' of weights that are all 0")

    if is_none(weights):
        return equal_shares if reduction == "mean" and rows.ndim > 1 else none
    if reduction == "mean":
        return shares if rows.ndim > 1 else whole
    return given


def _result(rows, reduction):
    # A function of the logits and the losses of the rows.
    shape = shaper(rows)

    @inlined
    def of_each(logits, values, c):
        return shape(logits, values)

    @inlined
    def total(logits, values, c):
        return logits.dtype.type(sum_of_rows(values))

    @inlined
    def mean(logits, values, c):
        return logits.dtype.type(mean_of_rows(values, c))

    @inlined
    def alone(logits, value, c):
        return value + logits.dtype.type(0.0)  # -0.0 is 0.0 in a sum

    if rows.ndim == 1 and reduction != "none":
        return alone
    return {"none": of_each, "sum": total, "mean": mean}[reduction]


class _Loss:
    """What a loss is made of, found out when its call is typed."""

    def __init__(self, entry, call):
        function = entry.name
        self.rows = rows = Rows(function, call.logits, call.axis, "logits")
        rows.one_axis()
        self._out = getattr(call, "out", None)
        rows.check_out(self._out)
        reduction = literal(call.reduction, str, "reduction", function)
        if reduction not in REDUCTIONS:
            known = ", ".join(map(repr, REDUCTIONS))
            raise TypeError(f"{function}: reduction must be one of {known}, got {reduction!r}")
        if entry.operands[0] == "weights":
            self.scores, weights = _class_weights(rows, call.weights), None
            self.names = "logits", "weights", "None"
        else:
            self.scores, weights = _scores(rows, call.targets), call.weights
            self.names = "logits", "targets", "weights"
        self.of_rows = _row_weights(rows, weights, reduction)
        self.result = _result(rows, reduction)
        self.frame = Frame(rows, self._out)
        self.weigh = weigher(self.frame, entry.engine, wanted=True)


def plan_loss(entry, call):
    """A loss for each row, or one number."""
    loss = _Loss(entry, call)
    scores, of_rows, result, weigh = loss.scores, loss.of_rows, loss.result, loss.weigh
    read, lengths = loss.frame.read, loss.frame.lengths

    def compute(logits, targets, weights):
        g, c, sizes = scores(logits, targets), of_rows(logits, weights), lengths(logits)
        values = weigh(read(logits, None), g, None, c, None, None, sizes)
        return result(logits, values, c)

    return compute, loss.names


def plan_loss_and_gradient(entry, call):
    """A loss for each row, or one number, and its gradient."""
    loss = _Loss(entry, call)
    scores, of_rows, result, weigh = loss.scores, loss.of_rows, loss.result, loss.weigh
    place, lengths = loss.frame.place, loss.frame.lengths

    def compute(logits, targets, weights, out):
        g, c, sizes = scores(logits, targets), of_rows(logits, weights), lengths(logits)
        source, target, gradient = place(logits, out, None)
        values = weigh(source, g, None, c, target, None, sizes)
        return result(logits, values, c), gradient

    return compute, (*loss.names, "out")


def plan_hessian(entry, call):
    """The Hessian of a loss, or of one number, times a vector."""
    loss = _Loss(entry, call)
    check_floats(entry.name, call.t, "t")
    loss.rows.check_entries(call.t, "t")
    scores, of_rows = loss.scores, loss.of_rows
    place, lengths = loss.frame.place, loss.frame.lengths
    tangents, weigh = loss.frame.entries(call.t, _check_t), weigher(loss.frame, entry.engine)

    def compute(logits, targets, weights, t, out):
        g, c, sizes = scores(logits, targets), of_rows(logits, weights), lengths(logits)
        along = tangents(logits, t, out, None)
        source, target, result = place(logits, out, None)
        weigh(source, g, along, c, target, None, sizes)
        return result

    return compute, (*loss.names, "t", "out")
