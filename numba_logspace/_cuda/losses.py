"""Weights of rows and scores of classes on CUDA, from the options of losses."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
from numba import cuda, types
from numba.extending import overload

from .._arguments.scores import memory_of, smoothed
from .._arguments.slabs import Labels
from .._cpu.engines import Weighing
from .._cpu.weigh import Formulas
from .._formulas.losses import probability_or_nan, weight_or_nan
from . import totals
from .arrays import flat
from .copy import THREADS, blocks, fill_with, launch

_INLINED: Any = {"error_model": "numpy", "forceinline": True}
_DOUBLE = np.dtype(np.float64)


class Scores:
    """A number for each entry, made of targets that lie in `memory`."""

    def __init__(self, numbers, memory):
        self.numbers, self.memory = numbers, memory


@functools.cache
def of_scores(function):
    """The function for scores, which have been looked at and may be above 1."""
    engine, own = function.engine, function.engine.formulas
    formulas = Formulas(
        own.prepare,
        own.settle,
        weigh=own.weigh,
        sums=own.sums,
        element=own.element,
        result=own.result,
        admit=weight_or_nan,
    )
    return dataclasses.replace(
        function, engine=Weighing(formulas, engine.condition, engine.second, engine.keeps)
    )


# --- the weights of the rows ---------------------------------------------------------------------


def _number(array, i, otherwise):
    raise NotImplementedError("only inside compiled code")


@overload(_number, jit_options=_INLINED)
def _overload_number(array, i, otherwise):
    if isinstance(array, types.BaseTuple):
        return lambda array, i, otherwise: otherwise
    return lambda array, i, otherwise: array[i]


def _factor(factors, label):
    raise NotImplementedError("only inside compiled code")


@overload(_factor, jit_options=_INLINED)
def _overload_factor(factors, label):
    if isinstance(factors, types.BaseTuple):
        return lambda factors, label: 1.0
    return lambda factors, label: (
        weight_or_nan(factors[label]) if 0 <= label < factors.size else math.nan
    )


@functools.cache
def _weigh():
    def weigh(weights, mask, labels, factors, out):
        r = cuda.grid(1)
        if r < out.size:
            product = 0.0
            if _number(mask, r, True):
                product = weight_or_nan(types.float64(_number(weights, r, 1.0)))
                product = weight_or_nan(product * _factor(factors, _number(labels, r, 0)))
            out[r] = product

    return cuda.jit(weigh)


def _weighed(rows, weights, present, labels=None, factors=None):
    # The weights times the factors of the labels, 0 where a row is not present, NaN what is wrong.
    out = rows.call.new(rows.shape, _DOUBLE)
    if out.size:
        weights = None if weights is None else rows.flat(weights, rows.shape, _DOUBLE)
        present = None if present is None else rows.flat(present, rows.shape, present.dtype)
        arrays = map(flat, (weights, present, labels, factors, out))
        launch(_weigh(), blocks(out.size), THREADS, rows.call.stream, *arrays)
    return out


def _shares(rows, weights, counted):
    out = rows.call.new(rows.shape, rows.dtype)
    totals.shares(weights, counted, out, rows.call.stream)
    return out


def _over_their_mean(rows, factors, labels, weights, present):
    # The factors over the mean of those of the labels, weighted as the rows are.
    shares, over = (rows.call.new(shape, _DOUBLE) for shape in (rows.shape, factors.shape))
    weighed = _weighed(rows, weights, present)
    totals.shares(weighed, weighed, shares, rows.call.stream)
    counted = _weighed(rows, shares, present, labels, factors)
    totals.shares(factors, counted, over, rows.call.stream)
    return over


def row_weights(rows, weights, of_mean, present):
    """The weight of each row, None for ones: 0 where it is not present, shares for a mean."""
    if present is not None or (of_mean and weights is not None):
        weights = _weighed(rows, weights, present)
        return _shares(rows, weights, weights) if of_mean else weights
    if not of_mean:
        return weights
    out = rows.call.new(rows.shape, rows.dtype)
    fill_with(out, 1.0 / max(1, out.size), rows.call.stream)
    return out


# --- the scores of the classes -------------------------------------------------------------------


@functools.cache
def _score():
    def score(targets, labels, factors, share, chosen, rest, n, inner, out):
        i = cuda.grid(1)
        if i < out.size:
            block = i // inner
            k = block % n
            label = _number(labels, block // n * inner + i - block * inner, 0)
            if 0 <= label < n:
                m = probability_or_nan(types.float64(_number(targets, i, 0.0)))
                own = (1.0 - share) * m + rest
                own = _number_of_label(labels, own, chosen if label == k else rest)
                out[i] = own * weight_or_nan(types.float64(_number(factors, k, 1.0)))
            else:
                out[i] = math.nan

    return cuda.jit(score)


def _number_of_label(labels, otherwise, number):
    raise NotImplementedError("only inside compiled code")


@overload(_number_of_label, jit_options=_INLINED)
def _overload_number_of_label(labels, otherwise, number):
    if isinstance(labels, types.BaseTuple):
        return lambda labels, otherwise, number: otherwise
    return lambda labels, otherwise, number: number


def _scored(rows, targets, labels, factors, share):
    (axis,), x = rows.axes, rows.x
    n, inner = x.shape[axis], int(np.prod(x.shape[axis + 1 :], dtype=np.intp))
    out = rows.call.new(x.shape, rows.dtype)
    if out.size:
        if targets is not None:
            targets = rows.flat(targets, x.shape, rows.dtype)
        arrays = map(flat, (targets, labels, factors))
        numbers = share, *smoothed(share, n), n, inner
        launch(_score(), blocks(out.size), THREADS, rows.call.stream, *arrays, *numbers, flat(out))
    return out


@functools.cache
def _add_terms():
    def add(targets, pos_weight, out):
        i = cuda.grid(1)
        if i < out.size:
            m = probability_or_nan(types.float64(targets[i]))
            out[i] = (1.0 - m) + m * weight_or_nan(types.float64(_number(pos_weight, i, 1.0)))

    return cuda.jit(add)


def both_terms(rows, targets, pos_weight):
    """What both terms of the loss of each entry count, an array of the shape of the rows."""
    out = rows.call.new(rows.shape, rows.dtype)
    if out.size:
        arrays = [
            None if u is None else rows.flat(u, rows.shape, rows.dtype)
            for u in (targets, pos_weight)
        ]
        arrays = map(flat, (*arrays, out))
        launch(_add_terms(), blocks(out.size), THREADS, rows.call.stream, *arrays)
    return out


def scores_and_weights(rows, scores, weights, of_mean, present, factors, share):
    """As on the CPU, of the weights of the classes, `factors`, and the share of smoothing."""
    if share is factors is None:
        return scores, row_weights(rows, weights, of_mean, present)
    labels = targets = None
    if isinstance(scores, Labels):
        labels = rows.flat(scores.classes, rows.shape, np.dtype(np.int64))
    else:
        targets = scores
    factors = None if factors is None else rows.flat(factors, factors.shape, _DOUBLE)
    counts = labels is not None and factors is not None
    if share is None and counts:
        counted = _weighed(rows, weights, present, labels, factors)
        return scores, _shares(rows, counted, counted) if of_mean else counted
    if of_mean and counts:
        factors = _over_their_mean(rows, factors, labels, weights, present)
    numbers = _scored(rows, targets, labels, factors, share or 0.0)
    return Scores(numbers, memory_of(scores)), row_weights(rows, weights, of_mean, present)
