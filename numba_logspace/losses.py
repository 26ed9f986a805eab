"""Losses of classifiers that score the classes of a row, with their gradients in one pass."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._door.losses import entry_loss, loss, loss_and_gradient
from ._family import FAMILY

Reduction: TypeAlias = Literal["none", "sum", "mean"]


@shared_text("loss with options of classes")
def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-sum_k M_k log P_k along an axis, P the softmax of the logits and M the targets.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Where a target is 0 the class does not count, even if it cannot be: 0 log 0 is 0. Targets
    need not sum to 1. The weights of classes and smoothing mean what they do in PyTorch's
    ``cross_entropy``, but for a mean in which nothing counts, which is NaN there and an error here.
    Smoothing scores a class that cannot be, which makes the loss inf.

    Special values: inf where a target is not 0 at a logit of -inf, or where log P is below the
    lowest number of the dtype; NaN in a row with a NaN.

    Error bound: 4 ulp for each loss, and for a sum or mean of them, and 6 ulp with weights of
    classes or smoothing; of the loss before it is weighted where that is subnormal. O(size) time,
    and no more memory than the losses in any layout that some order of the axes makes contiguous;
    with smoothing, or with weights of classes beside numbers for them, pieces of the arguments are
    copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.cross_entropy(np.array([[0.0, 40.0], [0.0, 40.0]]), [1, 0])
    array([4.24835426e-18, 4.00000000e+01])
    >>> labels = np.array([1, -1])
    >>> nl.cross_entropy(np.array([[0.0, 40.0], [0.0, 40.0]]), labels, where=labels >= 0)
    array([4.24835426e-18, 0.00000000e+00])
    >>> float(nl.cross_entropy(np.array([0.0, 0.0]), [0.25, 0.75]))
    0.6931471805599453
    """
    function = FAMILY["cross_entropy"]
    return loss(
        function,
        logits,
        targets,
        axis,
        weights,
        reduction,
        workers,
        stream,
        where,
        class_weights,
        label_smoothing,
    )


@shared_text("loss with options of classes and gradient")
def cross_entropy_value_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
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
) -> tuple[Any, np.ndarray]:
    """`cross_entropy` and its gradient P sum(M) - M in the logits, in one pass over them.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `cross_entropy` and `log_softmax_vjp`.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms
    M_i d log P_i / dx_j for the gradient. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> loss, gradient = nl.cross_entropy_value_and_grad(np.array([[0.0, 40.0]]), [1])
    >>> gradient
    array([[ 4.24835426e-18, -4.24835426e-18]])
    """
    function = FAMILY["cross_entropy_value_and_grad"]
    return loss_and_gradient(
        function,
        logits,
        targets,
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


@shared_text("loss")
def softmax_binary_cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-sum_k [M_k log P_k + (1 - M_k) log(1 - P_k)], P the softmax of the logits.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    The loss that also scores the classes that are not chosen. For one-hot targets it is
    `cross_entropy` plus the `complement_cross_entropy` of the other classes. With a weight w_k
    before the term of class k it is the sum of these two with w_k M_k and w_k (1 - M_k), and so
    are its gradient and its Hessian: see the second example.

    Special values: where a factor is 0 its logarithm does not count, even if it is -inf; inf
    where another is -inf; NaN in a row with a NaN.

    Error bound: 4 ulp for each loss, and for a sum or mean of them; of the loss before it is
    weighted where that is subnormal. O(size) time, and no more memory than the losses in any layout
    that some order of the axes makes contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax_binary_cross_entropy(np.array([[0.0, 10.0, 50.0], [0.0, 10.0, 50.0]]), [2, 0])
    array([8.49709426e-18, 8.99999546e+01])
    >>> x, m, w = np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 2.0, 0.5])
    >>> y = nl.cross_entropy(x, m, class_weights=w) + nl.complement_cross_entropy(x, w * (1.0 - m))
    >>> round(float(y), 8)
    0.85950317
    """
    function = FAMILY["softmax_binary_cross_entropy"]
    return loss(function, logits, targets, axis, weights, reduction, workers, stream, where)


@shared_text("loss and gradient")
def softmax_binary_cross_entropy_value_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`softmax_binary_cross_entropy` and its gradient in the logits, in one pass over them.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `softmax_binary_cross_entropy`, `log_softmax_vjp` and `log1m_softmax_vjp`.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms
    M_i d log P_i / dx_j and (1 - M_i) d log(1 - P_i) / dx_j for the gradient. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x = np.array([[1000.0, -1000.0, -1000.0]])
    >>> loss, gradient = nl.softmax_binary_cross_entropy_value_and_grad(x, [1])
    >>> gradient
    array([[ 2. , -1.5, -0.5]])
    """
    function = FAMILY["softmax_binary_cross_entropy_value_and_grad"]
    return loss_and_gradient(
        function, logits, targets, axis, weights, reduction, out, workers, stream, where
    )


@shared_text("class weights")
def complement_cross_entropy(
    logits: ArrayLike,
    weights: ArrayLike,
    axis: int = -1,
    *,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-sum_k W_k log(1 - P_k) along an axis, P the softmax of the logits and W any weights >= 0.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    For relations between classes: with R[a, b] the cost of giving b a probability where a is
    right, and labels y, the weights are R[y].

    Special values: where a weight is 0 the class does not count, even if its P is 1; inf where
    another has a P of 1, all others being impossible; NaN in a row with a NaN.

    Error bound: 4 ulp for each loss, and for a sum or mean of them; of the loss before it is
    weighted where that is subnormal. O(size) time, and no more memory than the losses in any layout
    that some order of the axes makes contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> relation = np.array([[0.0, 1.0, 5.0], [1.0, 0.0, 1.0], [5.0, 1.0, 0.0]])
    >>> logits = np.array([[0.0, 1.0, -40.0], [-40.0, 0.0, 40.0]])
    >>> nl.complement_cross_entropy(logits, relation[[0, 2]])
    array([1.31326169e+00, 4.24835426e-18])
    """
    function = FAMILY["complement_cross_entropy"]
    return loss(function, logits, weights, axis, None, reduction, workers, stream, where)


@shared_text("class weights and gradient")
def complement_cross_entropy_value_and_grad(
    logits: ArrayLike,
    weights: ArrayLike,
    axis: int = -1,
    *,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`complement_cross_entropy` and its gradient in the logits, in one pass over them.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `complement_cross_entropy` and `log1m_softmax_vjp`.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms
    W_i d log(1 - P_i) / dx_j for the gradient, for weights as of `log1m_softmax_vjp`. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x, weights = np.array([[1000.0, -1000.0, -1000.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> loss, gradient = nl.complement_cross_entropy_value_and_grad(x, weights)
    >>> gradient
    array([[ 1. , -0.5, -0.5]])
    """
    function = FAMILY["complement_cross_entropy_value_and_grad"]
    return loss_and_gradient(
        function, logits, weights, axis, None, reduction, out, workers, stream, where
    )


@shared_text("entry loss")
def sigmoid_binary_cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) of each entry: logits x, targets t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Each entry is an observation of its own that is 1 or 0, as in a logistic regression, or of
    several labels of which any number may be right. ``pos_weight`` q makes the first term q t
    times the logarithm.

    Special values: a factor of 0 makes its term 0, even if the logarithm is -inf; inf where
    another is -inf; NaN for a logit of NaN.

    Error bound: 4 ulp for each loss, and for a sum or mean of them; of what is weighted where that
    is subnormal. O(size) time, and no more memory than the losses in any layout that some order of
    the axes makes contiguous.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.sigmoid_binary_cross_entropy(np.array([40.0, -800.0, 0.0]), [1, 1, 0.5])
    array([4.24835426e-18, 8.00000000e+02, 6.93147181e-01])
    """
    function = FAMILY["sigmoid_binary_cross_entropy"]
    return entry_loss(
        function, logits, targets, pos_weight, weights, where, reduction, None, workers, stream
    )


@shared_text("entry loss and gradient")
def sigmoid_binary_cross_entropy_value_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`sigmoid_binary_cross_entropy` and its gradient sigmoid(x) - t in the logits, in one pass.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `sigmoid_binary_cross_entropy`; where that is inf the gradient is finite.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms (1 - t) sigmoid(x)
    and q t sigmoid(-x) for the gradient, q being `pos_weight`; of what is weighted where that is
    subnormal. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x = np.array([40.0, -40.0])
    >>> loss, gradient = nl.sigmoid_binary_cross_entropy_value_and_grad(x, [1, 0])
    >>> gradient
    array([-4.24835426e-18,  4.24835426e-18])
    """
    function = FAMILY["sigmoid_binary_cross_entropy_value_and_grad"]
    return entry_loss(
        function, logits, targets, pos_weight, weights, where, reduction, out, workers, stream
    )
