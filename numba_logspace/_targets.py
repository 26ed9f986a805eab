"""The arguments of losses: class labels, targets, weights and reductions, and their errors."""

import operator

import numpy as np

from ._derive import Labels

REDUCTIONS = ("none", "sum", "mean")


def check_axis(axis):
    """Refuse an axis that is not an int."""
    try:
        operator.index(axis)
    except TypeError:
        raise TypeError(f"axis must be an int, got {axis!r}") from None


def check_reduction(reduction):
    """Refuse an unknown reduction."""
    if not isinstance(reduction, str) or reduction not in REDUCTIONS:
        known = ", ".join(map(repr, REDUCTIONS))
        raise ValueError(f"reduction must be one of {known}, got {reduction!r}")


def _is_at_least_0(array):
    return (array >= 0) & (array < np.inf)


def _is_probability(array):
    return (array >= 0) & (array <= 1)


def _check_numbers(array, rows, is_right, wanted, name, axes):
    # By the extremes, which need no array of their own; NaN is one. Only where one of them is
    # wrong is the first bad row looked for.
    if array.size == 0 or (is_right(array.min()) and is_right(array.max())):
        return
    whole = np.broadcast_to(array, rows.x.shape if axes else rows.shape)
    bad = ~is_right(whole)
    where = tuple(np.argwhere(bad.any(axis=axes) if axes else bad)[0].tolist())
    value = whole[bad][0] if not axes else np.moveaxis(whole, axes[0], -1)[where]
    value = value[~is_right(value)][0] if axes else value
    raise ValueError(f"{name} must be {wanted}, got {value} in row {_row_name(where)}")


def _row_name(where):
    return where[0] if len(where) == 1 else where


def targets_of(targets, rows):
    """Labels, or an array of the shape of the logits of numbers in [0, 1]."""
    array, _, _ = rows.argument(targets, "targets")
    (axis,) = rows.axes
    if array.dtype.kind in "iu" and array.shape == rows.shape:
        return Labels(array) if rows.on_cuda else _labels(array, rows.x.shape[axis])
    try:
        whole = np.broadcast_to(array, rows.x.shape)
    except ValueError:
        raise ValueError(
            f"targets of shape {array.shape} and dtype {array.dtype} are neither class labels, "
            f"ints of shape {rows.shape}, nor numbers that broadcast to the logits, "
            f"{rows.x.shape}"
        ) from None
    if not rows.on_cuda:
        _check_numbers(array, rows, _is_probability, "in [0, 1]", "targets", rows.axes)
    return whole


def _labels(array, classes):
    if array.size and not (array.min() >= 0 and array.max() < classes):
        where = tuple(np.argwhere((array < 0) | (array >= classes))[0].tolist())
        raise ValueError(
            f"targets must be classes from 0 to {classes - 1}, got {array[where]} in row "
            f"{_row_name(where)}"
        )
    return Labels(array.astype(np.int64, copy=False))


def _check_weights(weights, rows, axes):
    # On CUDA the host would have to wait for the numbers: there what is wrong becomes NaN.
    if not rows.on_cuda:
        array = np.asarray(weights)
        _check_numbers(array, rows, _is_at_least_0, "finite and >= 0", "weights", axes)


def class_weights_of(weights, rows):
    """An array of the shape of the logits of numbers >= 0."""
    whole = rows.entries(weights, "weights")
    if whole is None:
        raise TypeError("weights must be an array of numbers >= 0, got None")
    _check_weights(weights, rows, rows.axes)
    return whole


def row_weights_of(weights, rows, reduction):
    """What each row's loss is multiplied with: an array, or None for ones."""
    whole = rows.numbers(weights, "weights")
    if whole is not None:
        _check_weights(weights, rows, ())
    if reduction != "mean":
        return whole
    if rows.on_cuda:
        return rows.shares(whole)
    count = int(np.prod(rows.shape, dtype=np.intp))
    total = count if whole is None else float(np.sum(whole, dtype=np.float64))
    if not total > 0:
        what = "no rows" if count == 0 else "weights that are all 0"
        raise ValueError(f"reduction must not be 'mean' of {what}")
    shares = np.ones(()) if whole is None else whole.astype(np.float64)
    return np.broadcast_to(shares / total, rows.shape)
