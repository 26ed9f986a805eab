"""The options of losses: rows that are ignored, weights of the classes, smoothed labels."""

import numbers

import numpy as np

from . import layout, targets
from .scores import Scores
from .slabs import Labels


def present_of(where, rows):
    """Which rows count, a bool for each, from `where`; None for all."""
    if where is None or where is True:
        return None
    mask = rows.which(where)
    if mask.ndim == rows.x.ndim and all(mask.shape[a] == 1 for a in rows.axes):
        mask = mask.reshape([k for a, k in enumerate(mask.shape) if a not in rows.axes])
    return layout.broadcast_where(mask, rows.shape, rows.of_rows)


def weights_of_classes(class_weights, rows):
    """A finite weight >= 0 for each class as float64, or None; on CUDA as it is."""
    if class_weights is None:
        return None
    array, _, _ = rows.argument(class_weights, "class_weights")
    shape = (rows.x.shape[rows.axes[0]],)
    if array.shape != shape:
        raise ValueError(f"class_weights must have the shape {shape}, got {array.shape}")
    if rows.on_cuda:
        return array
    bad = ~targets.is_at_least_0(array)
    if bad.any():
        k = bad.argmax()
        raise ValueError(f"class_weights must be finite and >= 0, got {array[k]} for class {k}")
    return array.astype(np.float64)


def smoothing_of(label_smoothing):
    """The share of smoothing, a float in [0, 1); None for none."""
    if label_smoothing is None:
        return None
    if isinstance(label_smoothing, (bool, np.bool_)) or not isinstance(
        label_smoothing, numbers.Real
    ):
        raise TypeError(f"label_smoothing must be a number in [0, 1), got {label_smoothing!r}")
    share = float(label_smoothing)
    if not 0.0 <= share < 1.0:
        raise ValueError(f"label_smoothing must be in [0, 1), got {label_smoothing!r}")
    return share or None


def scores_and_weights(scores, rows, weights, reduction, present, class_weights, label_smoothing):
    """What engines take of checked targets and the options: the scores, and a number for each row.

    The weight of a label is one of its row. Smoothing also scores the other classes: then weights
    are of the scores. The mean is over the weights of the labels either way.
    """
    classes, share = weights_of_classes(class_weights, rows), smoothing_of(label_smoothing)
    if rows.on_cuda:
        return rows.scores_and_weights(
            scores, rows.numbers(weights, "weights"), reduction == "mean", present, classes, share
        )
    has_labels = isinstance(scores, Labels)
    factors = classes[scores.classes] if has_labels and classes is not None else None
    if share is None and factors is not None:
        return scores, targets.row_weights_of(weights, rows, reduction, present, factors)
    if factors is not None and reduction == "mean":
        classes = targets.over_mean_of_factors(classes, factors, weights, rows, present)
    c = targets.row_weights_of(weights, rows, reduction, present)
    if classes is not None:
        _check_range(classes, c, rows, factors is not None and reduction == "mean")
    if share is not None or classes is not None or not isinstance(scores, (np.ndarray, Labels)):
        scores = Scores(scores, rows, classes, share or 0.0)
    return scores, c


def _check_range(classes, c, rows, over_mean):
    # What the targets are multiplied with has to be finite in what the losses are computed in.
    largest = classes.max(initial=0.0)
    with np.errstate(all="ignore"):
        top = largest * max(1.0, 0.0 if c is None else float(c.max(initial=0)))
        right = np.isfinite(rows.dtype.type(top))
    if not right:
        name = "class_weights over their mean" if over_mean else "weights times class_weights"
        raise ValueError(
            f"{name} must be finite in {rows.dtype}, got {top} for the largest of them"
        )
