"""The numbers for the classes of losses inside jitted code: targets, smoothed and weighed."""

import math

import numpy as np
from numba import types
from numba.np.numpy_support import as_dtype

from .._compile.inline import inlined, overload
from .._cpu.totals import mean_of_rows, put_products
from .._formulas.vectormath import quotient, two_sum
from .loss_options import check_class_weights, factors_of, number_of
from .typing import is_none


def check_smoothing(function, label_smoothing):
    """Refuse a share of smoothing that is no number."""
    kinds = types.Float, types.Integer
    if not is_none(label_smoothing) and not isinstance(types.unliteral(label_smoothing), kinds):
        raise TypeError(
            f"{function}: label_smoothing must be a number in [0, 1), got {label_smoothing}"
        )


@inlined
def _smoothed(share, classes):
    # What a label of smoothed ones has, and what each other class has, both rounded once.
    if not 0.0 <= share < 1.0:
        raise ValueError("label_smoothing must be in [0, 1)")
    each, low = quotient(share, 0.0, 1.0 * classes, 0.0)
    rest, lost = two_sum(1.0, -share)
    total, more = two_sum(rest, each)
    return total + (more + (lost + low)), share / classes


# --- the range of what targets are multiplied with -----------------------------------------------


def _largest(c):
    raise NotImplementedError("only inside compiled code")


@overload(_largest)
def _overload_largest(c):
    if is_none(c):
        return lambda c: 0.0
    if isinstance(c, types.Array):
        return lambda c: np.float64(c.max()) if c.size else 0.0
    return lambda c: np.float64(c)


def _range_checker(dtype, over_mean):
    name = "class_weights over their mean" if over_mean else "weights times class_weights"
    text = f"{name} must be finite in the dtype of logits"

    @inlined
    def check(classes, c):
        top = 0.0
        for weight in classes:
            top = max(top, np.float64(weight))
        if not math.isfinite(dtype(top * max(1.0, _largest(c)))):
            raise ValueError(text)

    return check


def _as_shares(c):
    # The shares of rows as doubles; a single row has all of the weight.
    raise NotImplementedError("only inside compiled code")


@overload(_as_shares)
def _overload_as_shares(c):
    if isinstance(c, types.Array):
        return lambda c: c.astype(np.float64)
    return lambda c: np.ones(1)


@inlined
def _over_mean(class_weights, labels, c):
    # Weights of the classes over their mean, each row having its share c.
    shares = _as_shares(c)
    products = shares.copy()
    exponent = put_products(products, factors_of(class_weights, labels, shares.size))
    mean = mean_of_rows(products, shares)
    if not mean > 0.0:
        raise ValueError("reduction must not be 'mean' of weights that are all 0")
    quotients = np.empty(class_weights.size)
    for k in range(quotients.size):
        digits, power = math.frexp(np.float64(class_weights[k]))
        quotients[k] = math.ldexp(digits / mean, power - exponent)
    return quotients


def _weights_of_scores(rows, dtype, class_weights, over_mean):
    # A function of the targets, what rows are multiplied with, the weights of the classes and how
    # many these are: the weights of the scores, or None.
    check = _range_checker(dtype, over_mean)

    @inlined
    def as_they_are(g, c, class_weights, n):
        check_class_weights(class_weights, n)
        check(class_weights, c)
        return class_weights

    @inlined
    def over_their_mean(g, c, class_weights, n):
        check_class_weights(class_weights, n)
        quotients = _over_mean(class_weights, g, c)
        check(quotients, c)
        return quotients

    if is_none(class_weights):
        return inlined(lambda g, c, class_weights, n: None)
    return over_their_mean if over_mean else as_they_are


# --- scores --------------------------------------------------------------------------------------


@inlined
def _weighed(number, class_weights, k):
    return number if class_weights is None else number * np.float64(class_weights[k])


def scorer(rows, class_weights, label_smoothing, labelled, reduction):
    """A function of the targets, flat, and the options: what kernels take.

    The options are what rows are multiplied with, the weights of the classes (None where those
    are in it), the share of smoothing, and the lengths.
    """
    smooths, dtype = not is_none(label_smoothing), as_dtype(rows.dtype).type
    over_mean = labelled and reduction == "mean"
    weights_of = _weights_of_scores(rows, dtype, class_weights, over_mean)

    @inlined
    def smoothed_labels(g, c, class_weights, share, lengths):
        outer, n, inner = lengths
        chosen, rest = _smoothed(np.float64(share), n)
        weights = weights_of(g, c, class_weights, n)
        scores = np.empty(outer * n * inner, dtype)
        for i in range(scores.size):
            block = i // inner
            k, r = block % n, block // n * inner + i % inner
            number = chosen if number_of(g, r) == k else rest
            scores[i] = dtype(_weighed(number, weights, k))
        return scores

    @inlined
    def smoothed(g, c, class_weights, share, lengths):
        _, n, inner = lengths
        _, rest = _smoothed(np.float64(share), n)
        weights = weights_of(g, c, class_weights, n)
        scores = np.empty_like(g)
        for i in range(g.size):
            number = np.float64(g[i]) * (1.0 - share) + rest
            scores[i] = dtype(_weighed(number, weights, i // inner % n))
        return scores

    @inlined
    def weighed(g, c, class_weights, share, lengths):
        _, n, inner = lengths
        weights, scores = weights_of(g, c, class_weights, n), np.empty_like(g)
        for i in range(g.size):
            scores[i] = dtype(_weighed(np.float64(g[i]), weights, i // inner % n))
        return scores

    if smooths:
        return smoothed_labels if labelled else smoothed
    if is_none(class_weights):
        return inlined(lambda g, c, class_weights, share, lengths: g)
    return weighed
