"""Two disjoint sets of labels with a gate between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._door.sets import gradients_of_sets, of_sets
from ._family import FAMILY


def gated_log_softmax(
    gate: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    axis: int = -1,
    *,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """Log-probabilities of two sets of labels: log s + log_softmax(a), log(1 - s) + log_softmax(b).

    Parameters
    ----------
    gate : array_like
        The log-odds of the first set, s = logistic(gate), of a shape that broadcasts to that of
        `a` without the axis.
    a, b : array_like
        The logits of each set, of the same shape but for the axis; float16, float32, float64,
        int or bool. Or CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all
        arrays are, also the result; the gate may be a number there, too.
    axis : int, optional
        The axis of the labels.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process
        may run on where the arrays are large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default
        that on which the library of `a` is working.

    Returns
    -------
    ndarray
        In the shape of `a` and `b` one after the other along the axis, in their dtype (int and
        bool in float64; float64 where they differ). Its softmax is a distribution over both sets.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays
        among others.
    ValueError
        For shapes that do not fit, for an `out` of another shape or that overlaps an input.
    numpy.exceptions.AxisError
        For an axis that `a` does not have.

    Notes
    -----
    log(1 - s) is log_sigmoid(-gate), not log_sigmoid(1 - gate), and never the logarithm of a
    probability that has rounded to 0.

    Special values: a gate of inf gives -inf for `b`, one of -inf for `a`; otherwise as
    `log_softmax` of each set.

    Error bound: 4 ulp. O(size) time; pieces of `a` and `b` are copied in turn where the result
    does not hold them in one piece.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> y = nl.gated_log_softmax(nl.logit(1 / 3), np.zeros(4), np.zeros(3))
    >>> np.exp(y)
    array([0.08333333, 0.08333333, 0.08333333, 0.08333333, 0.22222222,
           0.22222222, 0.22222222])
    >>> nl.gated_log_softmax(800.0, [0.0], [0.0])
    array([   0., -800.])
    """
    return of_sets(FAMILY["gated_log_softmax"], gate, a, b, axis, out, workers, stream)


def gated_log_softmax_vjp(
    gate: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    g: ArrayLike | None = None,
    axis: int = -1,
    *,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of sum(g * gated_log_softmax(gate, a, b)) with respect to gate, a and b.

    Parameters
    ----------
    gate, a, b : array_like
        As of `gated_log_softmax`.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of the result; None means ones.
    axis : int, optional
        The axis of the labels.
    workers : int, optional
        How many threads may share the work, as of `gated_log_softmax`.
    stream : CUDA stream or int, optional
        For CUDA arrays alone, as of `gated_log_softmax`.

    Returns
    -------
    gate, a, b : ndarray
        The gradients, each in the shape of its argument.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays
        among others.
    ValueError
        For shapes that do not fit.
    numpy.exceptions.AxisError
        For an axis that `a` does not have.

    Notes
    -----
    With G the sum of g over a set the gradient of the gate is G_a (1 - s) - G_b s, summed over
    the rows that share the gate; those of `a` and `b` are as `log_softmax_vjp`.

    Special values: 0 at entries of -inf, whose g does not count; NaN in a set with a NaN or with
    two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> gate, a, b = nl.gated_log_softmax_vjp(0.0, np.zeros(2), np.zeros(2), [1.0, 0.0, 0.0, 0.0])
    >>> float(gate), a, b
    (0.5, array([ 0.5, -0.5]), array([0., 0.]))
    """
    function = FAMILY["gated_log_softmax_vjp"]
    return gradients_of_sets(function, gate, a, b, g, axis, workers, stream)
