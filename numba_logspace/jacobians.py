"""Jacobians and second derivatives of the softmax family."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._arguments.layout import Axis
from ._door import jacobian, of_entries
from ._family import FAMILY


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
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. With p the softmax, r
    the odds, c_i = t_i - sum p_l t_l, k the dominant entry and q the softmax over the others it
    is p_j (sum over i of g_i r_i (c_j + (1 + r_i) c_i) - g_j c_j (1 + r_j)^2), where the sum is
    without k, whose part is written with q. No finite `x` gives NaN or overflows.

    {derivatives}

    Error bound: 8 ulp of the sum of the moduli of the terms g_i p_j r_i t_j,
    g_i p_j p_l r_i (r_i + 2) t_l, g_i p_j p_i t_i over i != j and l != i, and g_j p_j p_l t_l,
    g_j p_j (1 - p_j) t_j, for g and t as of `log1m_softmax_vjp` that are not subnormal. {cost}

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
