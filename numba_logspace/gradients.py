"""Gradients of the softmax family: vector-Jacobian products (VJP)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._arguments.layout import Axis
from ._door.rows import from_rows, of_entries, of_scan, pair_of_entries, weighted_vjp
from ._family import FAMILY


@shared_text("vjp")
def softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax it is p (g - sum p_i g_i); at a dominant entry k it is computed as
    p_k (g_k (1 - p_k) - sum over the others), 1 - p_k being known to all digits. The Jacobian is
    symmetric, so `softmax_jvp` is the same.

    {derivatives}

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax_vjp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """
    return of_entries(FAMILY["softmax_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp")
def log_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * log_softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax it is g - p sum(g); at a dominant entry k it is computed as
    g_k (1 - p_k) - p_k sum over the others, 1 - p_k being known to all digits.

    {derivatives}

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax_vjp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """
    return of_entries(FAMILY["log_softmax_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp")
def log1m_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
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

    {derivatives} In a row of one class, whose value is the constant -inf, the gradient is 0.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j, for g of modulus up
    to 2^20 (float32) or 2^30 (float64): above, the product with a p_j or q_j far below the
    smallest number of the dtype may be 0. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax_vjp(np.array([1000.0, -1000.0, -1000.5]), np.array([1.0, -0.5, 2.0]))
    array([-1.        ,  0.62245933,  0.37754067])
    """
    return of_entries(FAMILY["log1m_softmax_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("value and vjp")
def log1m_softmax_value_and_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: tuple[np.ndarray, np.ndarray] | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """log1m_softmax(x) and the gradient of sum(g * log1m_softmax(x)), in one pass over x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `log1m_softmax` and `log1m_softmax_vjp`.

    Error bound: 4 ulp for the value, 8 ulp of the sum of the moduli of the terms
    g_i dy_i / dx_j for the gradient, as of `log1m_softmax_vjp`. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> y, gradient = nl.log1m_softmax_value_and_vjp(np.array([-1000.0, -1000.0, 1000.0]))
    >>> y
    array([   -0.        ,    -0.        , -1999.30685282])
    >>> gradient
    array([ 0.5,  0.5, -1. ])
    """
    function = FAMILY["log1m_softmax_value_and_vjp"]
    return pair_of_entries(function, x, axis, where, out, workers, stream, g)


@shared_text("vjp")
def loo_logsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * loo_logsumexp(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With e_i = exp(x_i - max(x)), S their sum, k the dominant entry and q the softmax over the
    others it is T at k and e_j (T - g_j / (S - e_j)) + g_k q_j elsewhere, T being the sum of
    g_i / (S - e_i) over i != k. An entry does not depend on its own x.

    {derivatives} The cotangents at entries of -inf count, since their values depend on the others;
    those at masked entries do not.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.loo_logsumexp_vjp(np.array([1000.0, -1000.0, -1000.0]), np.array([1.0, 0.0, 0.0]))
    array([0. , 0.5, 0.5])
    """
    return of_entries(FAMILY["loo_logsumexp_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp of a reduction")
def logsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logsumexp(x)) with respect to x: g times the softmax.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    {derivatives}

    Error bound: 4 ulp. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logsumexp_vjp(np.array([[0.0, 0.0], [0.0, 40.0]]), np.array([1.0, 2.0]))
    array([[5.00000000e-01, 5.00000000e-01],
           [8.49670851e-18, 2.00000000e+00]])
    """
    return from_rows(FAMILY["logsumexp_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp of a reduction")
def logsumexp_excluding_max_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logsumexp_excluding_max(x)): g times the softmax over the others.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Exactly 0 at the first maximum of each row, which is left out.

    {derivatives} That is said of the entries which are left: of +inf, too, one is left out.

    Error bound: 4 ulp. O(size) time; pieces of `x` without their maxima are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logsumexp_excluding_max_vjp(np.array([-1000.0, 1000.0, -1000.0]))
    array([0.5, 0. , 0.5])
    """
    return from_rows(FAMILY["logsumexp_excluding_max_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp of a reduction")
def logmeanexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logmeanexp(x)) with respect to x: that of `logsumexp`.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    {derivatives}

    Error bound: 4 ulp. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logmeanexp_vjp(np.zeros(4))
    array([0.25, 0.25, 0.25, 0.25])
    """
    return from_rows(FAMILY["logmeanexp_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp of a reduction")
def logvarexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logvarexp(x)): 2 g e d / sum(d^2), e = exp(x), d = e - mean(e).

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: 0 at entries of -inf, which count for the mean, and at masked entries, which do
    not; 0 in a row without variance, whose value is -inf; NaN in a row with a NaN or with two or
    more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the moduli of 2 g e_j e_j / s and 2 g e_j mean(e) / s together, s being
    the sum of squares. Where the mean is above half of the largest entry, what both lack to that
    counts instead of e_j and the mean, so entries that differ in their last digits have all
    digits of their gradient. Nothing is promised where these moduli overflow. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logvarexp_vjp(np.log([1.0, 2.0, 6.0]))
    array([-0.28571429, -0.28571429,  2.57142857])
    >>> nl.logvarexp_vjp(np.array([0.0, 1e-12]))
    array([-2.e+12,  2.e+12])
    """
    return from_rows(FAMILY["logvarexp_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("vjp of a scan")
def logcumsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logcumsumexp(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    At entry i it is the sum over j >= i of g_j exp(x_i - y_j), y being the result of
    `logcumsumexp`.

    Special values: 0 at entries of -inf and at masked entries, where `g` counts all the same,
    since `logcumsumexp` has values there; NaN in a row with a NaN or with two or more of +inf. Of
    a single +inf the share is 1 from there on, that of the other entries 0.

    Error bound: 8 ulp of the sum of the moduli of the terms g_j exp(x_i - y_j), whatever the
    length, for g of modulus up to 2^70 (float64; any in float32, which is computed in float64).
    {cost} Beside the result there is room for two numbers for each of 1024 entries, and for five of
    each 1024. The entries are taken one after the other, those of several blocks twice, and only
    independent rows are shared among threads; on CUDA a thread takes a row, and there is room for
    two numbers an entry.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logcumsumexp_vjp(np.zeros(4), np.array([0.0, 0.0, 0.0, 1.0]))
    array([0.25, 0.25, 0.25, 0.25])
    """
    return of_scan(FAMILY["logcumsumexp_vjp"], x, axis, where, out, workers, stream, g)


@shared_text("weighted vjp")
def weighted_logsumexp_vjp(
    x: ArrayLike,
    b: ArrayLike,
    g: ArrayLike | None = None,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: tuple[np.ndarray, np.ndarray] | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, Any]:
    """The gradients of sum(g * log abs(sum_j b_j exp(x_j))) with respect to x and to b.

    {parameters}

    Returns
    -------
    x_gradient, b_gradient : ndarray or scalar
        In the shapes of `x` and of `b`, summed over the axes along which they are broadcast; each
        float32 or float64 in the dtype of its argument, float16 in float16, int and bool in
        float64. All are computed in float64.

    {raises}

    Notes
    -----
    The value is ``logsumexp(x, axis, b=b, return_sign=True)[0]``. With S the signed sum its
    derivative by x_j is b_j exp(x_j) / S, that by b_j is exp(x_j) / S. Neither the exponentials nor
    S are formed without their exponents, so nothing overflows or underflows before the result does.

    Special values: both gradients are 0 at masked entries and at entries of -inf. Where a weight is
    0 the gradient in `x` is 0, whatever x_j is, while that in `b` is exp(x_j) / S as anywhere.
    Where S is 0, as where all weights are 0, the logarithm has no derivative: NaN. NaN too in a
    row with a NaN or with two or more infinite terms. A single infinite term has all of the
    share: g in `x` and g / b_j in `b`. The others have none, but entries of weight 0 at which x_j
    is +inf or NaN have a gradient of NaN in `b`.

    Error bound: 2 ulp, as long as terms of different sign, when they cancel, leave 2^-45 of the
    sum of their moduli. Of a gradient that is summed over broadcast axes it is 2 ulp of the sum
    of the moduli of what is summed, of which each must be finite.

    O(size) time for the size of `x` and `b` together, with an exponential or two for each entry,
    and room for two arrays of float64 of that size. The entries are taken one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> of_x, of_b = nl.weighted_logsumexp_vjp([1000.0, 1000.0, 1000.0], [2.0, -1.0, 0.0])
    >>> of_x
    array([ 2., -1.,  0.])
    >>> of_b
    array([1., 1., 1.])
    """
    function = FAMILY["weighted_logsumexp_vjp"]
    return weighted_vjp(function, x, b, g, axis, where, out, workers, stream)
