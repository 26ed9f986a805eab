"""Jacobians, and products of Hessians with a vector, also of the losses: for Newton methods."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._arguments.layout import Axis
from ._door.losses import hessian_of_entry_loss, hessian_of_loss
from ._door.matrices import jacobian
from ._door.rows import hessian_of_rows, of_entries
from ._family import FAMILY
from .losses import Reduction


@shared_text("jacobian")
def log_softmax_jacobian(x: ArrayLike, axis: int = -1, *, stream: Any = None) -> np.ndarray:
    """The Jacobians of log_softmax: the derivative of each value with respect to each entry.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax the entries are -p_j and, on the diagonal, 1 - p_i, which at a dominant
    entry is the sum of the others.

    Special values: as `log_softmax_vjp`, of which row i is the case of a g that is one at i.

    Error bound: 4 ulp for each entry. O(size n) time and memory.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax_jacobian(np.array([0.0, 40.0]))
    array([[ 1.00000000e+00, -1.00000000e+00],
           [-4.24835426e-18,  4.24835426e-18]])
    """
    return jacobian(FAMILY["log_softmax_jacobian"], x, axis, stream)


@shared_text("jacobian")
def log1m_softmax_jacobian(x: ArrayLike, axis: int = -1, *, stream: Any = None) -> np.ndarray:
    """The Jacobians of log1m_softmax: the derivative of each value with respect to each entry.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax and r = p / (1 - p) the odds the entries are r_i p_j and, on the diagonal,
    -p_i; in the row of a dominant k they are p_k q_j with q the softmax over the others. All are
    products, so each is exact to a few ulp.

    Special values: as `log1m_softmax_vjp`, of which row i is the case of a g that is one at i.

    Error bound: 4 ulp for each entry. O(size n) time and memory.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax_jacobian(np.array([1000.0, -1000.0, -1000.5]))
    array([[-1.        ,  0.62245933,  0.37754067],
           [ 0.        , -0.        ,  0.        ],
           [ 0.        ,  0.        , -0.        ]])
    """
    return jacobian(FAMILY["log1m_softmax_jacobian"], x, axis, stream)


@shared_text("hvp")
def log1m_softmax_hvp(
    x: ArrayLike,
    g: ArrayLike | None,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of sum(g * log1m_softmax(x)), times t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. With p the softmax and
    r = p / (1 - p) the odds it is the sum over l of p_j p_l (t_j - t_l) h_jl, where h_jl is the sum
    over i other than j and l of g_i r_i (r_i + 2), less g_j and g_l. The largest entry and the
    largest of the others are left out of the sums where they dominate them, so that an entry has
    its own digits beside entries that are e^700 times as likely. No finite `x` gives NaN or
    overflows.

    {derivatives}

    Error bound: 10 ulp of the sum over l of ``p_j p_l (|t_j| + |t_l|)`` times the sum of
    ``2 |g_j|``, ``2 |g_l|`` and ``|g_i| r_i (r_i + 2)`` over the other i, for g and t as of
    `log1m_softmax_vjp` where neither they nor p t are subnormal. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x, t = np.array([1000.0, -1000.0, -1000.5]), np.array([0.0, 1.0, 0.0])
    >>> nl.log1m_softmax_hvp(x, None, t)
    array([ 0.        ,  0.23500371, -0.23500371])
    """
    function = FAMILY["log1m_softmax_hvp"]
    return of_entries(function, x, axis, where, out, workers, stream, g, t)


@shared_text("hvp of a reduction")
def logsumexp_hvp(
    x: ArrayLike,
    g: ArrayLike | None,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of sum(g * logsumexp(x)), times t: g p (t - sum p_i t_i), p the softmax.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    At a dominant entry k it is computed as p_k (t_k (1 - p_k) - sum over the others), 1 - p_k
    being known to all digits. With a `g` of None it is `softmax_vjp` with t for the cotangent.

    {derivatives}

    Error bound: 8 ulp of the sum of the moduli of the terms g p_j (1 - p_j) t_j and g p_j p_i t_i.
    {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logsumexp_hvp(np.array([0.0, 40.0]), 2.0, np.array([0.0, 1.0]))
    array([-8.49670851e-18,  8.49670851e-18])
    """
    return hessian_of_rows(FAMILY["logsumexp_hvp"], x, axis, where, out, workers, stream, g, t)


@shared_text("hvp of a loss with options of classes")
def cross_entropy_hvp(
    logits: ArrayLike,
    targets: ArrayLike,
    t: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `cross_entropy` in the logits, times t: sum(M) P (t - sum P_i t_i).

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. With a reduction
    it is that of the sum, or of the mean, of all rows; with "none" that of the loss of each row,
    as `logsumexp_hvp`. Of the targets only the sum counts.

    Special values: as `logsumexp_hvp`; 0 in a row of weight 0.

    Error bound: 8 ulp of the sum of the moduli of the terms M_i P_j (1 - P_j) t_j and M_i P_j P_l
    t_l, times the weight of the row. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.cross_entropy_hvp(np.array([[0.0, 40.0]]), [1], np.array([[0.0, 1.0]]))
    array([[-4.24835426e-18,  4.24835426e-18]])
    """
    function = FAMILY["cross_entropy_hvp"]
    return hessian_of_loss(
        function,
        logits,
        targets,
        t,
        axis,
        weights,
        reduction,
        out,
        workers,
        stream,
        where,
        class_weights,
        label_smoothing,
    )


@shared_text("hvp of a loss")
def softmax_binary_cross_entropy_hvp(
    logits: ArrayLike,
    targets: ArrayLike,
    t: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `softmax_binary_cross_entropy` in the logits, times t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. It is that of
    `cross_entropy_hvp` and that of `complement_cross_entropy_hvp` with weights 1 - M, in one pass.
    It need not be positive definite.

    Special values: as `log1m_softmax_hvp`; 0 in a row of weight 0.

    Error bound: 10 ulp of the sum of what both are relative to; of that before it is weighted where
    it is subnormal. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> logits, t = np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> nl.softmax_binary_cross_entropy_hvp(logits, [2], t)
    array([[ 0.14078162, -0.06609913, -0.07468249]])
    """
    function = FAMILY["softmax_binary_cross_entropy_hvp"]
    return hessian_of_loss(
        function, logits, targets, t, axis, weights, reduction, out, workers, stream, where
    )


@shared_text("hvp of class weights")
def complement_cross_entropy_hvp(
    logits: ArrayLike,
    weights: ArrayLike,
    t: ArrayLike,
    axis: int = -1,
    *,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `complement_cross_entropy` in the logits, times t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. It is
    `log1m_softmax_hvp` with the cotangent -W, divided by the number of rows for the mean. It need
    not be positive definite.

    Special values: as `log1m_softmax_hvp`.

    Error bound: 10 ulp of the sum that `log1m_softmax_hvp` names, under its conditions. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x, t = np.array([1000.0, -1000.0, -1000.5]), np.array([0.0, 1.0, 0.0])
    >>> nl.complement_cross_entropy_hvp(x, np.ones(3), t)
    array([-0.        , -0.23500371,  0.23500371])
    """
    function = FAMILY["complement_cross_entropy_hvp"]
    return hessian_of_loss(
        function, logits, weights, t, axis, None, reduction, out, workers, stream, where
    )


@shared_text("hvp of an entry loss")
def sigmoid_binary_cross_entropy_hvp(
    logits: ArrayLike,
    targets: ArrayLike,
    t: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `sigmoid_binary_cross_entropy` in the logits x, times t: it is diagonal.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    It is (1 - m + q m) logistic(x) logistic(-x) t, with m the target and q its ``pos_weight``:
    without that the targets do not matter. With a reduction it is that of the sum, or of the mean,
    of all entries.

    Special values: 0 at an infinite logit, NaN at one of NaN; 0 at an entry of weight 0.

    Error bound: 8 ulp, where no product of some of the factors is subnormal or overflows. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.sigmoid_binary_cross_entropy_hvp(np.array([40.0, -40.0, 0.0]), [0, 1, 1], np.ones(3))
    array([4.24835426e-18, 4.24835426e-18, 2.50000000e-01])
    """
    function = FAMILY["sigmoid_binary_cross_entropy_hvp"]
    return hessian_of_entry_loss(
        function, logits, targets, t, pos_weight, weights, where, reduction, out, workers, stream
    )
