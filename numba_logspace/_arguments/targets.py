"""The arguments of losses: class labels, targets, weights and reductions, and their errors."""

import math

import numpy as np

from .._cpu.totals import fill_shares, mean_of_rows, put_products
from .layout import index_of
from .scores import SparseRows
from .slabs import Labels

REDUCTIONS = ("none", "sum", "mean")
_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
# The largest double that is a finite float32.
_LARGEST_SINGLE = math.nextafter((2.0 - 2.0**-24) * 2.0**127, 0.0)


def check_axis(axis):
    """Refuse an axis that is not an int."""
    try:
        index_of(axis)
    except TypeError:
        raise TypeError(f"axis must be an int, got {axis!r}") from None


def check_reduction(reduction):
    """Refuse an unknown reduction."""
    if not isinstance(reduction, str) or reduction not in REDUCTIONS:
        known = ", ".join(map(repr, REDUCTIONS))
        raise ValueError(f"reduction must be one of {known}, got {reduction!r}")


def is_at_least_0(array):
    """Where an array has weights: finite, and not negative."""
    return (array >= 0) & (array < np.inf)


def _is_probability(array):
    return (array >= 0) & (array <= 1)


def _is_weight_of_single(array):
    return (array >= 0) & (array <= _LARGEST_SINGLE)


def probability(array, dtype):
    """(what is right, in words) of the targets in an array that count in a dtype."""
    return _is_probability, "in [0, 1]"


def weight(array, dtype):
    """(what is right, in words) of the weights in an array that count in a dtype."""
    if dtype == _SINGLE and array.dtype.kind == "f" and array.dtype.itemsize > dtype.itemsize:
        return _is_weight_of_single, "finite and >= 0 in float32"
    return is_at_least_0, "finite and >= 0"


def _check_numbers(array, rows, is_right, wanted, name, axes, present=None):
    # By the extremes, which need no array of their own; NaN is one. Only where one of them is
    # wrong is the first bad row looked for.
    counts = True if present is None else np.expand_dims(present, axes)
    extremes = (find(where=counts, initial=0) for find in (array.min, array.max))
    if array.size == 0 or all(map(is_right, extremes)):
        return
    whole = np.broadcast_to(array, rows.x.shape if axes else rows.shape)
    bad = ~is_right(whole) & counts
    where = tuple(np.argwhere(bad.any(axis=axes) if axes else bad)[0].tolist())
    value = whole[bad][0] if not axes else np.moveaxis(whole, axes[0], -1)[where]
    value = value[~is_right(value)][0] if axes else value
    raise ValueError(f"{name} must be {wanted}, got {value}{_in_row(where)}")


def _in_row(where):
    # Of a single row there is nothing to say.
    return f" in row {where[0] if len(where) == 1 else where}" if where else ""


def targets_of(targets, rows, present=None):
    """Labels, SparseRows, or an array of the shape of the logits of numbers in [0, 1].

    What rows hold that are not `present` does not matter.
    """
    if isinstance(targets, SparseRows):
        return _sparse_targets_of(targets, rows, present)
    array, _, _ = rows.argument(targets, "targets")
    kept = rows.row_shape(keepdims=True)
    if array.shape == rows.shape or (array.shape == kept and _may_be_labels(array, rows)):
        return rows.labels(array.reshape(rows.shape), rows.x.shape[rows.axes[0]], present)
    whole = check_shape(array, rows)
    if not rows.on_cuda:
        _check_numbers(
            array if present is None else whole,
            rows,
            *probability(array, rows.dtype),
            "targets",
            rows.axes,
            present,
        )
    return whole


def _sparse_targets_of(targets, rows, present):
    if rows.on_cuda:
        raise TypeError("targets must be a CUDA array where logits is one, got a sparse array")
    if targets.shape != rows.x.shape:
        raise ValueError(
            f"targets of shape {targets.shape} must have the shape of logits, {rows.x.shape}, "
            "where they are sparse"
        )
    targets = targets.along(rows.axes[0])
    numbers, where = targets.values
    bad = ~_is_probability(numbers)
    if present is not None:
        bad &= present[where]
    if bad.any():
        first = bad.argmax()
        raise ValueError(f"targets must be in [0, 1], got {numbers[first]} in row {where[first]}")
    return targets


def check_shape(array, rows):
    """Targets that are not labels, in the shape of the logits."""
    (axis,) = rows.axes
    # Fewer axes, or one of length 1 for the classes, are as likely a mistake as meant.
    fits = array.ndim == rows.x.ndim and array.shape[axis] == rows.x.shape[axis]
    try:
        whole = np.broadcast_to(array, rows.x.shape) if fits else None
    except ValueError:
        whole = None
    if whole is None:
        raise ValueError(
            f"targets of shape {array.shape} are neither class labels, whole numbers of shape "
            f"{rows.shape} (or {rows.row_shape(keepdims=True)}), nor a number in [0, 1] for each "
            f"class, of shape {rows.x.shape}; write targets the same for all rows as "
            f"numpy.broadcast_to(targets, {rows.x.shape})"
        )
    return whole


def _may_be_labels(array, rows):
    # Of a single class floats in the shape of the logits are numbers for that class.
    return array.dtype.kind in "iu" or array.shape != rows.x.shape


def labels_of(array, classes):
    """Class labels, of any dtype whose numbers are whole ones."""
    right = (array >= 0) & (array < classes)
    if array.dtype.kind == "f":
        right &= array == np.floor(array)
    if not right.all():
        if not classes:
            raise ValueError("targets must be classes, and logits have none: their axis is empty")
        where = tuple(np.argwhere(~right)[0].tolist())
        raise ValueError(
            f"targets must be classes, whole numbers from 0 to {classes - 1}, got {array[where]}"
            f"{_in_row(where)}; numbers for the classes have the shape of the logits"
        )
    return Labels(array.astype(np.int64, copy=False))


def check_row_weights(weights):
    """Refuse weights, an array of NumPy, that are no weights."""
    bad = ~is_at_least_0(weights)
    if bad.any():
        raise ValueError(f"weights must be finite and >= 0, got {weights[bad][0]}")


def _check_weights(weights, rows, dtype, axes, present=None):
    # On CUDA the host would have to wait for the numbers: there what is wrong becomes NaN.
    if not rows.on_cuda:
        array = np.asarray(weights)
        _check_numbers(array, rows, *weight(array, dtype), "weights", axes, present)


def class_weights_of(weights, rows, present=None):
    """An array of the shape of the logits of numbers >= 0."""
    whole = rows.entries(weights, "weights")
    if whole is None:
        raise TypeError("weights must be an array of numbers >= 0, got None")
    given = weights if present is None else whole
    _check_weights(given, rows, rows.dtype, rows.axes, present)
    return whole


def row_weights_of(weights, rows, reduction, present=None, factors=None):
    """What each row's loss is multiplied with: an array, or None for ones.

    Rows that are not `present` have 0; `factors` are multiplied with the weights of the others.
    """
    whole = rows.numbers(weights, "weights")
    if whole is not None:
        # Multiplied with others, or over their sum, they may be in range though they are not alone.
        dtype = rows.dtype if factors is None and reduction != "mean" else _DOUBLE
        _check_weights(weights if present is None else whole, rows, dtype, (), present)
    if rows.on_cuda:
        return rows.row_weights(whole, reduction == "mean", present)
    if present is not None:
        whole = np.where(present, 1.0 if whole is None else whole, 0.0)
    if reduction != "mean":
        return whole if factors is None else _products(whole, factors, rows)
    count = math.prod(rows.shape)
    if count == 0:
        raise ValueError("reduction must not be 'mean' of no rows")
    if whole is None and factors is None:
        return np.broadcast_to(rows.dtype.type(1.0 / count), rows.shape)
    if factors is not None:
        whole, _ = _scaled_products(1.0 if whole is None else whole, factors)
    shares = np.empty(count, rows.dtype)
    if not fill_shares(np.ascontiguousarray(whole, np.float64).reshape(-1), shares) > 0.0:
        none = "no rows" if present is not None and not present.any() else "weights that are all 0"
        raise ValueError(f"reduction must not be 'mean' of {none}")
    return shares.reshape(rows.shape)


def _products(weights, factors, rows):
    # Of a weight and a factor for each row, in the range of what the losses are computed in.
    if weights is None:
        name, products = "class_weights", factors
    else:
        with np.errstate(all="ignore"):
            name, products = "weights times class_weights", weights * factors
    _check_numbers(products, rows, *weight(products, rows.dtype), name, ())
    return products


def _scaled_products(weights, factors):
    # Flat, over a power of 2 where they might leave the range of doubles; and its exponent.
    products = np.array(np.broadcast_to(weights, factors.shape), np.float64, order="C").reshape(-1)
    return products, put_products(products, np.ascontiguousarray(factors).reshape(-1))


def numbers_of_rows(u, name, kind, rows, present=None):
    """Numbers for the rows, `probability` or `weight`, in their shape."""
    if u is None:
        raise TypeError(f"{name} must be an array of numbers, one for each entry, got None")
    whole = rows.numbers(u, name)
    if not rows.on_cuda:
        _check_numbers(whole, rows, *kind(whole, rows.dtype), name, (), present)
    return whole


def over_mean_of_factors(u, factors, weights, rows, present):
    """Numbers over the mean of a factor for each row, weighted as the rows are."""
    shares = np.ascontiguousarray(row_weights_of(weights, rows, "mean", present), np.float64)
    products, exponent = _scaled_products(shares.reshape(-1), np.reshape(factors, -1))
    mean = mean_of_rows(products, shares.reshape(-1))
    if not mean > 0.0:
        raise ValueError("reduction must not be 'mean' of weights that are all 0")
    digits, exponents = np.frexp(u)
    with np.errstate(all="ignore"):
        return np.ldexp(digits / mean, exponents - exponent)


# How the numbers of the classes become what an engine takes, by the name of the argument.
SCORES = {"targets": targets_of, "weights": class_weights_of}
