"""Derivatives of the softmax family: vector-Jacobian products and Jacobians."""

import numpy as np
from numpy.typing import ArrayLike

from . import _call, _derivatives, _layout, _softsum
from ._cpu import Jacobian, Vjp
from ._docs import shared_text
from ._layout import Axis
from ._workers import count_for

_LOG_SOFTMAX_VJP = Vjp(
    _derivatives.prepare_log_softmax_vjp,
    _derivatives.weigh_log_softmax_vjp,
    _derivatives.element_log_softmax_vjp,
    _softsum.never,
)
_LOG1M_SOFTMAX_VJP = Vjp(
    _derivatives.prepare_log1m_softmax_vjp,
    _derivatives.weigh_log1m_softmax_vjp,
    _derivatives.element_log1m_softmax_vjp,
    _derivatives.where_others_are_small,
    "without max",
)
_LOG1M_SOFTMAX_JACOBIAN = Jacobian(
    _derivatives.prepare_log1m_softmax_vjp, _derivatives.where_others_are_small, "without max"
)


@shared_text("vjp")
def log_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """The gradient of sum(g * log_softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax it is g - p sum(g); at a dominant entry k it is computed as
    g_k (1 - p_k) - p_k sum over the others, 1 - p_k being known to all digits.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN
    in a row with a NaN or with two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax_vjp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """
    return _call.vjp(_LOG_SOFTMAX_VJP, x, g, axis, where, out, workers)


@shared_text("vjp")
def log1m_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """The gradient of sum(g * log1m_softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax, r = p / (1 - p) the odds, k the dominant entry and q the softmax over the
    others it is p_k (T - g_k) at k and p_j (T - g_j r_j - g_j) + g_k p_k q_j elsewhere, T being
    the sum of g_i r_i over i != k. No finite `x` gives NaN or overflows.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent, and
    in a row of one entry, whose value is the constant -inf; NaN in a row with a NaN or with two
    or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j, for |g| up to 2^20
    (float32) or 2^30 (float64): above, the product with a p_j or q_j far below the smallest
    number of the dtype may be 0. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax_vjp(np.array([1000.0, -1000.0, -1000.5]), np.array([1.0, -0.5, 2.0]))
    array([-1.        ,  0.62245933,  0.37754067])
    """
    return _call.vjp(_LOG1M_SOFTMAX_VJP, x, g, axis, where, out, workers)


def log1m_softmax_jacobian(x: ArrayLike, axis: int = -1) -> np.ndarray:
    """The Jacobians of log1m_softmax: the derivative of each value with respect to each entry.

    Parameters
    ----------
    x : array_like
        Any shape; float16, float32, float64, int or bool.
    axis : int, optional
        The axis that a row runs along.

    Returns
    -------
    ndarray
        Of shape (..., n, n), the axes of `x` without `axis`, then i and j: dy_i / dx_j. float32
        and float64 in the dtype of `x`, float16 in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int.
    numpy.exceptions.AxisError
        For an axis that `x` has not.

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
    array, dtype, result = _layout.as_array(x)
    axes = _layout.normalize_axes(axis, array.ndim)
    if axis is None or isinstance(axis, (tuple, list)):
        raise TypeError(f"axis must be an int, got {axis!r}")
    rows = np.ascontiguousarray(np.moveaxis(array, axes[0], -1), dtype)
    out = np.empty((*rows.shape, rows.shape[-1]), dtype)
    if out.size:
        workers = count_for(None, out.size)
        _LOG1M_SOFTMAX_JACOBIAN(rows.reshape(-1), out.reshape(-1), rows.shape[-1], workers)
    with np.errstate(all="ignore"):  # a float16 result may underflow
        return out.astype(result, copy=False)
