"""What the losses in jitted code make of their arguments."""

import math

import numpy as np
from numba import types

from .._arguments.targets import REDUCTIONS
from .._compile.inline import inlined
from .._cpu.totals import fill_shares, mean_of_rows, put_products, sum_of_rows
from .frames import Frame, lengths_of, shape_of_rows_of, shaper, turn_of
from .loss_options import (
    check_any,
    check_class_weights,
    check_options_of_classes,
    each_present,
    factors_of,
    number_of,
    present_labels,
    present_of,
)
from .loss_scores import check_smoothing, scorer
from .memory import doubles, each, labels, may_overlap, numbers, same_shape, shape_of_rows
from .typing import Rows, check_floats, is_none, literal

_check_targets, _check_weights = same_shape("targets", "logits"), same_shape("weights", "logits")
_check_labels = shape_of_rows("targets", "logits")
_check_row_weights = shape_of_rows("weights", "logits")


@inlined
def _check_probability(number, limit):
    if not 0.0 <= number <= limit:
        raise ValueError("targets must be in [0, 1]")


@inlined
def _check_at_least_0(number, limit):
    if not 0.0 <= number < limit:
        raise ValueError("weights must be finite and >= 0")


@inlined
def _check_product(number, limit):
    if not number < limit:
        raise ValueError("weights times class_weights must be finite in the dtype of logits")


@inlined
def _check_class(label, n):
    if not 0 <= label < n:
        raise ValueError("targets must be classes from 0 to the number of classes - 1")


def are_labels(rows, targets):
    """Whether targets are class labels, by the types."""
    if rows.ndim == 1:
        return isinstance(targets, types.Integer)
    return (
        isinstance(targets, types.Array)
        and isinstance(targets.dtype, types.Integer)
        and targets.ndim == rows.ndim - 1
    )


def scores_of(rows, targets):
    """A function of the logits, the targets and the rows that count: what kernels take, checked."""
    turn, lengths, shape = turn_of(rows), lengths_of(rows), shape_of_rows_of(rows)

    @inlined
    def of_labels(logits, targets, present):
        _check_labels(shape(logits), targets)
        classes = present_labels(labels(targets, turn), present)
        each(_check_class, classes, lengths(logits)[1])
        return classes

    @inlined
    def of_probabilities(logits, targets, present):
        _check_targets(logits.shape, targets)
        scores = turn(targets)
        each_present(_check_probability, scores, 1.0, present, lengths(logits))
        return scores

    if are_labels(rows, targets):
        return of_labels
    check_floats(rows.function, targets, "targets (unless class labels, ints for each row)")
    rows.check_entries(targets, "targets")
    return of_probabilities


def class_weights_of(rows, weights):
    """A function of the logits and the weights of the classes: what kernels take, checked."""
    turn = turn_of(rows)
    check_floats(rows.function, weights, "weights")
    rows.check_entries(weights, "weights")

    lengths = lengths_of(rows)

    @inlined
    def of_weights(logits, weights, present):
        _check_weights(logits.shape, weights)
        scores = turn(weights)
        each_present(_check_at_least_0, scores, math.inf, present, lengths(logits))
        return scores

    return of_weights


@inlined
def filled_shares(c, dtype):
    """Weights over their sum, in another dtype."""
    filled = np.empty(c.size, dtype)
    if not fill_shares(c.astype(np.float64), filled) > 0.0:
        raise ValueError("reduction must not be 'mean' of weights that are all 0")
    return filled


def _weights_given(rows, mean):
    # A function of the logits and the weights: these checked, and as doubles for a mean, of which
    # only the shares have to be in the range of the logits.
    turn, shape = turn_of(rows), shape_of_rows_of(rows)

    @inlined
    def of_each(logits, weights):
        _check_row_weights(shape(logits), weights)
        c = numbers(logits, weights, turn)
        each(_check_at_least_0, c, math.inf)
        return c

    @inlined
    def of_mean(logits, weights):
        _check_row_weights(shape(logits), weights)
        c = doubles(weights, turn)
        each(_check_at_least_0, c, math.inf)
        return c

    return of_mean if mean else of_each


def _weights_with_options(rows, mean):
    # A function of the logits, the weights, the rows that count, the weights of the classes and the
    # labels: weights in memory of their own; of a mean doubles, perhaps all over a power of 2.
    turn, shape, lengths = turn_of(rows), shape_of_rows_of(rows), lengths_of(rows)

    @inlined
    def chosen(logits, weights, present):
        outer, _, inner = lengths(logits)
        c = np.ones(outer * inner)
        if weights is not None:
            _check_row_weights(shape(logits), weights)
            c[:] = doubles(weights, turn)
        for r in range(c.size):
            if present is not None and not number_of(present, r):
                c[r] = 0.0
            else:
                _check_at_least_0(c[r], math.inf)
        return c

    @inlined
    def of_each(logits, weights, present, class_weights, classes):
        c = chosen(logits, weights, present)
        if class_weights is not None:
            check_class_weights(class_weights, lengths(logits)[1])
            c *= factors_of(class_weights, classes, c.size)
        c = c.astype(logits.dtype)
        each(_check_product, c, math.inf)
        return c

    @inlined
    def of_mean(logits, weights, present, class_weights, classes):
        c = chosen(logits, weights, present)
        if class_weights is not None:
            check_class_weights(class_weights, lengths(logits)[1])
            put_products(c, factors_of(class_weights, classes, c.size))
        return c

    return of_mean if mean else of_each


def _row_weights(rows, weights, reduction, where, class_weights):
    # A function of the logits, the weights, the rows that count, the weights of the classes and
    # the labels: what each row's loss is multiplied with.
    lengths, mean, alone = lengths_of(rows), reduction == "mean", rows.ndim == 1
    rows.check_numbers(weights, "weights")
    has_options = not (is_none(where) and is_none(class_weights))
    only, chosen = _weights_given(rows, mean), _weights_with_options(rows, mean)

    @inlined
    def none(logits, weights, present, class_weights, classes):
        return None

    @inlined
    def given(logits, weights, present, class_weights, classes):
        return only(logits, weights)

    @inlined
    def chosen_of_one_row(logits, weights, present, class_weights, classes):
        return chosen(logits, weights, present, class_weights, classes)[0]

    @inlined
    def equal_shares(logits, weights, present, class_weights, classes):
        outer, _, inner = lengths(logits)
        check_any(outer * inner, present)
        return np.full(outer * inner, 1.0 / (outer * inner), logits.dtype)

    own = chosen if has_options else given

    @inlined
    def shares(logits, weights, present, class_weights, classes):
        c = own(logits, weights, present, class_weights, classes)
        check_any(c.size, present)
        return filled_shares(c, logits.dtype)

    own_of_one_row = chosen_of_one_row if has_options else given

    @inlined
    def whole(logits, weights, present, class_weights, classes):
        # A single row has all of the weight.
        c = own_of_one_row(logits, weights, present, class_weights, classes)
        check_any(1, present)
        if not c > 0.0:
            raise ValueError("reduction must not be 'mean' of weights that are all 0")

    if is_none(weights) and not has_options:
        return equal_shares if mean and not alone else none
    if mean:
        return whole if alone else shares
    return own_of_one_row if alone else own


def result_of(shape, reduction):
    """A function of the logits, the losses and their weights; `shape` gives the losses theirs."""

    @inlined
    def of_each(logits, values, c):
        return shape(logits, values)

    @inlined
    def total(logits, values, c):
        return logits.dtype.type(sum_of_rows(values))

    @inlined
    def mean(logits, values, c):
        return logits.dtype.type(mean_of_rows(values, c))

    return {"none": of_each, "sum": total, "mean": mean}[reduction]


def _result(rows, reduction):
    @inlined
    def alone(logits, value, c):
        return value + logits.dtype.type(0.0)  # -0.0 is 0.0 in a sum

    if rows.ndim == 1 and reduction != "none":
        return alone
    return result_of(shaper(rows), reduction)


def reduction_of(function, reduction):
    """The value of a literal reduction."""
    reduction = literal(reduction, str, "reduction", function)
    if reduction not in REDUCTIONS:
        known = ", ".join(map(repr, REDUCTIONS))
        raise TypeError(f"{function}: reduction must be one of {known}, got {reduction!r}")
    return reduction


def apart(function, out):
    """A check that `out` overlaps neither the targets nor the weights."""
    text = f"out must not overlap the other arguments of {function}"

    @inlined
    def check(scores, weights, out):
        if may_overlap(scores, out) or may_overlap(weights, out):
            raise ValueError(text)

    return inlined(lambda scores, weights, out: None) if is_none(out) else check


_OPTIONS = "where", "class_weights", "label_smoothing"


class Loss:
    """What a loss is made of, found out when its call is typed."""

    def __init__(self, entry, call):
        function = entry.name
        self.rows = rows = Rows(function, call.logits, call.axis, "logits")
        rows.one_axis()
        out = getattr(call, "out", None)
        rows.check_out(out)
        where, class_weights, smoothing = (getattr(call, name, None) for name in _OPTIONS)
        if entry.operands[0] == "weights":
            of_entries, weights = class_weights_of(rows, call.weights), None
            self.names = "logits", "weights", "None"
        else:
            of_entries, weights = scores_of(rows, call.targets), call.weights
            check_options_of_classes(rows, class_weights)
            check_smoothing(function, smoothing)
            self.names = "logits", "targets", "weights"
        self.names += tuple(k if k in vars(call) else "None" for k in _OPTIONS)
        reduction = reduction_of(function, call.reduction)
        present_rows = present_of(rows, where)
        # The weight of a label is one of its row, but where the other classes have a share.
        labelled = entry.operands[0] != "weights" and are_labels(rows, call.targets)
        by_row, lengths = labelled and is_none(smoothing), lengths_of(rows)
        of_row, of_entry = (class_weights, None) if by_row else (None, class_weights)
        of_rows = _row_weights(rows, weights, reduction, where, of_row)
        score = scorer(rows, of_entry, smoothing, labelled, reduction)

        @inlined
        def scores(logits, targets, weights, where, class_weights, smoothing):
            present = present_rows(logits, where)
            g = of_entries(logits, targets, present)
            c = of_rows(logits, weights, present, class_weights if by_row else None, g)
            return score(g, c, class_weights, smoothing, lengths(logits)), c

        self.scores, self.result = scores, _result(rows, reduction)
        self.frame, self.apart = Frame(rows, out), apart(function, out)
