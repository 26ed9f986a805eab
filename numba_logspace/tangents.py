"""Directional derivatives of the softmax family: Jacobian-vector products (JVP)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._arguments.layout import Axis
from ._door.rows import of_entries, of_rows, of_scan, weighted_jvp
from ._family import FAMILY


@shared_text("jvp")
def softmax_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of softmax(x) along t: p (t - sum p_i t_i).

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    The Jacobian is symmetric, so this is `softmax_vjp` with `t` for the cotangent.

    {derivatives}

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax_jvp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """
    return of_entries(FAMILY["softmax_jvp"], x, axis, where, out, workers, stream, t)


@shared_text("jvp")
def log_softmax_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of log_softmax(x) along t: t - sum p_i t_i.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    At a dominant entry k it is computed as t_k (1 - p_k) - sum over the others, 1 - p_k being
    known to all digits.

    {derivatives}

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax_jvp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-1.00000000e+00,  4.24835426e-18])
    """
    return of_entries(FAMILY["log_softmax_jvp"], x, axis, where, out, workers, stream, t)


@shared_text("jvp")
def log1m_softmax_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of log1m_softmax(x) along t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax, r = p / (1 - p) the odds, k the dominant entry and q the softmax over the
    others it is p_k (U - t_k) at k and r_j (T - p_j t_j + p_k t_k) - p_j t_j elsewhere, U and T
    being the sums of q_i t_i and p_i t_i over i != k. No finite `x` gives NaN or overflows.

    {derivatives} In a row of one class, whose value is the constant -inf, it is 0.

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax_jvp(np.array([1000.0, -1000.0, -1000.0]), np.array([0.0, 1.0, 3.0]))
    array([2., 0., 0.])
    """
    return of_entries(FAMILY["log1m_softmax_jvp"], x, axis, where, out, workers, stream, t)


@shared_text("jvp")
def loo_logsumexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of loo_logsumexp(x) along t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    At each entry it is the mean of `t` over all the others, weighted with the softmax over them.

    Special values: at entries of -inf and at masked entries `t` does not count, and the result is
    the derivative of `logsumexp` over the others, as the value there; 0 where no others are;
    NaN in a row with a NaN or with two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.loo_logsumexp_jvp(np.array([1000.0, -1000.0, -1000.0]), np.array([7.0, 1.0, 3.0]))
    array([2., 7., 7.])
    """
    return of_entries(FAMILY["loo_logsumexp_jvp"], x, axis, where, out, workers, stream, t)


@shared_text("jvp of a reduction")
def logsumexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logsumexp(x) along t: sum p_j t_j with p the softmax.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: `t` does not count at entries of -inf and at masked entries; 0 where there are
    no others; NaN in a row with a NaN or with two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms p_j t_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logsumexp_jvp(np.array([0.0, 40.0]), np.array([1.0, 0.0])))
    4.248354255291589e-18
    """
    return of_rows(FAMILY["logsumexp_jvp"], x, axis, keepdims, where, out, workers, stream, t)


@shared_text("jvp of a reduction")
def logsumexp_excluding_max_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logsumexp_excluding_max(x) along t: sum q_j t_j.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    q is the softmax over the entries other than the first maximum, whose `t` does not count.

    Special values: as `logsumexp_jvp` of the other entries.

    Error bound: 8 ulp of the sum of the moduli of the terms q_j t_j. O(size) time; pieces of `x`
    without their maxima are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logsumexp_excluding_max_jvp(np.array([9.0, 0.0, 0.0]), np.array([7.0, 1.0, 3.0])))
    2.0
    """
    return of_rows(
        FAMILY["logsumexp_excluding_max_jvp"], x, axis, keepdims, where, out, workers, stream, t
    )


@shared_text("jvp of a reduction")
def logmeanexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logmeanexp(x) along t: that of `logsumexp`.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `logsumexp_jvp`.

    Error bound: 8 ulp of the sum of the moduli of the terms p_j t_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logmeanexp_jvp(np.zeros(4), np.arange(4.0)))
    1.5
    """
    return of_rows(FAMILY["logmeanexp_jvp"], x, axis, keepdims, where, out, workers, stream, t)


@shared_text("jvp of a reduction")
def logvarexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logvarexp(x) along t: the sum of t times the gradient of the value.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `logvarexp_vjp`; tangents at entries of -inf do not count.

    Error bound: 8 ulp of the sum of the moduli of the terms, each of them t_j times what
    `logvarexp_vjp` names. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> round(float(nl.logvarexp_jvp(np.log([1.0, 2.0, 6.0]), np.array([0.0, 0.0, 1.0]))), 8)
    2.57142857
    """
    return of_rows(FAMILY["logvarexp_jvp"], x, axis, keepdims, where, out, workers, stream, t)


@shared_text("jvp of a scan")
def logcumsumexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of logcumsumexp(x) along t.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    At entry i it is the sum over j <= i of t_j exp(x_j - y_i), y being the result of
    `logcumsumexp`: the mean of the `t` so far, weighted with the softmax over them.

    Special values: `t` does not count at entries of -inf and at masked entries; 0 up to the first
    that is neither; NaN from the first NaN or the second +inf on.

    Error bound: 8 ulp of the sum of the moduli of the terms t_j exp(x_j - y_i), whatever the
    length, for t of modulus up to 2^70 (float64; any in float32, which is computed in float64).
    {cost} The entries are taken one after the other, and only independent rows are shared among
    threads; on CUDA a thread takes a row.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logcumsumexp_jvp(np.zeros(4), np.array([1.0, 0.0, 0.0, 0.0]))
    array([1.        , 0.5       , 0.33333333, 0.25      ])
    """
    return of_scan(FAMILY["logcumsumexp_jvp"], x, axis, where, out, workers, stream, t)


@shared_text("weighted jvp")
def weighted_logsumexp_jvp(
    x: ArrayLike,
    b: ArrayLike,
    t: ArrayLike | None,
    s: ArrayLike | None,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of log abs(sum_j b_j exp(x_j)) along t in x and s in b.

    {parameters}

    Returns
    -------
    ndarray or scalar
        In the shape of the value and in its dtype, which is that of `logsumexp` with `b`. It is
        computed in float64.

    {raises}

    Notes
    -----
    With S the signed sum it is the sum of t_j b_j exp(x_j) / S and s_j exp(x_j) / S.

    Special values: the tangents do not count at masked entries and at entries of -inf, nor does `t`
    where a weight is 0; 0 where nothing else is summed. Otherwise the terms are the products of
    the tangents with the derivatives that `weighted_logsumexp_vjp` has, NaN where those are.

    Error bound: 2 ulp of the sum of the moduli of the terms, as long as terms b_j exp(x_j) of
    different sign, when they cancel, leave 2^-45 of the sum of their moduli. O(size) time for the
    size of `x` and `b` together; pieces are copied in turn. The entries are taken one after the
    other.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.weighted_logsumexp_jvp([1000.0, 1000.0], [2.0, -1.0], [1.0, 0.0], [0.0, 3.0]))
    5.0
    """
    function = FAMILY["weighted_logsumexp_jvp"]
    return weighted_jvp(function, x, b, t, s, axis, keepdims, where, out, workers, stream)
