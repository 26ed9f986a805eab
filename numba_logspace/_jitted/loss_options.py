"""The options of losses inside jitted code: rows that are left out, weights of the classes."""

import math

import numpy as np
from numba import types

from .._compile.inline import inlined, overload
from .frames import shape_of_rows_of, turn_of
from .memory import shape_of_rows
from .typing import axes_in_words, check_floats, is_none

_check_where = shape_of_rows("where", "logits")


def number_of(u, r):
    """The number of row r: of a flat array, or the one of a single row."""
    raise NotImplementedError("only inside compiled code")


@overload(number_of)
def _overload_number_of(u, r):
    if isinstance(u, types.Array):
        return lambda u, r: u[r]
    return lambda u, r: u


def present_of(rows, where):
    """A function of the logits and `where`: which rows count, flat; None for all."""
    turn, shape = turn_of(rows), shape_of_rows_of(rows)

    @inlined
    def every(logits, where):
        return None

    @inlined
    def given(logits, where):
        _check_where(shape(logits), where)
        return turn(where)

    if is_none(where):
        return every
    if rows.ndim == 1:
        fits = isinstance(where, types.Boolean)
    else:
        fits = isinstance(where, types.Array) and where.dtype == types.bool_
        fits = fits and where.ndim == rows.ndim - 1
    if not fits:
        raise TypeError(
            f"{rows.function}: where must be boolean, with a number for each row in jitted code, "
            f"{axes_in_words(rows.ndim - 1)}, got {where}"
        )
    return given


def present_labels(classes, present):
    """Labels of rows, those that do not count being 0."""
    raise NotImplementedError("only inside compiled code")


@overload(present_labels)
def _overload_present_labels(classes, present):
    if is_none(present):
        return lambda classes, present: classes
    if isinstance(classes, types.Array):
        return lambda classes, present: np.where(present, classes, 0)
    return lambda classes, present: classes if present else 0


def each_present(check, u, limit, present, lengths):
    """Call check(number, limit) for each entry of the rows that count."""
    raise NotImplementedError("only inside compiled code")


@overload(each_present)
def _overload_each_present(check, u, limit, present, lengths):
    def every(check, u, limit, present, lengths):
        for i in range(u.size):
            check(u[i], limit)

    def some(check, u, limit, present, lengths):
        _, n, inner = lengths
        for i in range(u.size):
            if number_of(present, i // (n * inner) * inner + i % inner):
                check(u[i], limit)

    return every if is_none(present) else some


def _is_any(present):
    raise NotImplementedError("only inside compiled code")


@overload(_is_any)
def _overload_is_any(present):
    if is_none(present):
        return lambda present: True
    if isinstance(present, types.Array):
        return lambda present: present.any()
    return lambda present: present


@inlined
def check_any(count, present):
    """Refuse the mean of rows of which none counts."""
    if count == 0 or not _is_any(present):
        raise ValueError("reduction must not be 'mean' of no rows")


@inlined
def factors_of(class_weights, classes, count):
    """The weights of the classes of so many rows."""
    factors = np.empty(count)
    for r in range(count):
        factors[r] = class_weights[number_of(classes, r)]
    return factors


@inlined
def check_class_weights(class_weights, n):
    """Refuse what is no weight for each class."""
    if class_weights.size != n:
        raise ValueError("class_weights must have a number for each class")
    for weight in class_weights:
        if not 0.0 <= weight < math.inf:
            raise ValueError("class_weights must be finite and >= 0")


def check_options_of_classes(rows, class_weights):
    """Refuse weights of the classes that are no array of them."""
    if is_none(class_weights):
        return
    check_floats(rows.function, class_weights, "class_weights")
    if class_weights.ndim != 1:
        raise TypeError(
            f"{rows.function}: class_weights must have one axis in jitted code, got {class_weights}"
        )
