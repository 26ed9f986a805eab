"""The softmax family over the axes of an array: maps, reductions and the running sum."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._arguments.layout import Axis
from ._door.rows import of_entries, of_rows, weighted
from ._family import FAMILY, WEIGHTED_LOGSUMEXP


@shared_text("map")
def softmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """exp(x_i) / sum_j exp(x_j) along an axis, small entries included.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: a single +inf gives the limit, 1 there and 0 elsewhere; two or more of +inf
    give NaN there and 0 elsewhere; -inf gives 0; a row of -inf, or with a NaN, gives NaN. One
    class gives 1. Masked entries give 0. Equal entries get equal results, bit for bit.

    Error bound: 4 ulp, also for results that are subnormal. {cost}

    {complex}

    Source: P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and
    softmax functions, IMA J. Numer. Anal. 41 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax(np.array([0.0, 1.0, -740.0]))
    array([2.68941421e-001, 7.31058579e-001, 1.13635099e-322])
    """
    return of_entries(FAMILY["softmax"], x, axis, where, out, workers, stream)


@shared_text("map")
def log_softmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """log(exp(x_i) / sum_j exp(x_j)) along an axis, to the last digits of a dominant class.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: a single +inf gives the limit, 0 there and -inf elsewhere; two or more of
    +inf give NaN there and -inf elsewhere; -inf gives -inf; a row of -inf, or with a NaN, gives
    NaN. One class gives 0. Masked entries give -inf.

    Error bound: 4 ulp: where one class dominates the result there is the tiny -exp(-gap), and not
    0 as from ``x - logsumexp(x)``. {cost}

    {complex}

    Source: P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and
    softmax functions, IMA J. Numer. Anal. 41 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax(np.array([0.0, 40.0]))
    array([-4.00000000e+01, -4.24835426e-18])
    """
    return of_entries(FAMILY["log_softmax"], x, axis, where, out, workers, stream)


@shared_text("map")
def log1m_softmax(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """log(1 - softmax(x)) along an axis: the log-probability of not being each class.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: a single +inf gives the limit, -inf there and -0.0 elsewhere; two or more of
    +inf give NaN there and -0.0 elsewhere; -inf gives -0.0; a row of -inf, or with a NaN, gives
    NaN. One class gives -inf. Masked entries give -0.0.

    Error bound: 4 ulp. With m the maximum, S the sum of exp(x_j - m) and s that sum without the
    maximum's term, the value is log(s) - log(1 + s) at the maximum (through the second largest
    entry where s underflows) and -2 atanh(e / (2 S - e)), e = exp(x_i - m), elsewhere: nothing
    cancels. {cost}

    {complex}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax(np.array([-1000.0, -1000.0, 1000.0]))
    array([   -0.        ,    -0.        , -1999.30685282])
    >>> nl.log1m_softmax(np.array([0.0, 40.0]))
    array([-4.24835426e-18, -4.00000000e+01])
    """
    return of_entries(FAMILY["log1m_softmax"], x, axis, where, out, workers, stream)


@shared_text("map")
def loo_logsumexp(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The leave-one-out logsumexp: at each entry log(sum exp(x_j)) over all the others.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: +inf gives +inf everywhere, except that at a single +inf the result is that
    of the rest; a row with a NaN gives NaN; one class gives -inf. A masked entry is no part of
    any sum; the result there is the logsumexp of the entries that are not masked.

    Error bound: 8 ulp of the larger, in modulus, of the result and the largest entry of the sum
    (a sum near 0 is ill-conditioned). {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.loo_logsumexp(np.array([0.0, -5.0, -40.0]))
    array([-5.00000000e+00,  4.24835426e-18,  6.71534849e-03])
    """
    return of_entries(FAMILY["loo_logsumexp"], x, axis, where, out, workers, stream)


@shared_text("scan")
def logcumsumexp(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The running logsumexp: at each entry log(sum exp(x_j)) over it and those before it.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `logsumexp` of the entries so far; so -inf up to the first that is not,
    +inf from the first +inf on, NaN from the first NaN on. Masked entries add nothing.

    Error bound: 8 ulp of the larger, in modulus, of the result and the largest entry so far,
    whatever the length. {cost} The entries are taken one after the other, so this costs more
    than `logsumexp`, and only independent rows are shared among threads.

    {complex}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logcumsumexp(np.zeros(4))
    array([0.        , 0.69314718, 1.09861229, 1.38629436])
    """
    return of_entries(FAMILY["logcumsumexp"], x, axis, where, out, workers, stream)


@shared_text("reduction")
def logsumexp(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    b: ArrayLike | None = None,
    return_sign: bool = False,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(sum_j b_j exp(x_j)) along an axis.

    {parameters}
    b : array_like, optional
        Weights, which broadcast together with `x`; of any sign, or complex. Where a weight is 0 the
        entry is left out, even if it is NaN or inf. The dtype of the result is then that which
        NumPy gives `x` and `b` together.
    return_sign : bool, optional
        Return the logarithm of the modulus of the sum, and its sign.

    {returns}
    sign : ndarray or scalar
        Only with `return_sign`: 1.0, 0.0 or -1.0 (NaN for NaN), in the shape and dtype of the
        result; of complex numbers the sum over its modulus, complex beside a real result.

    {raises}

    Notes
    -----
    Special values: -inf for an empty axis, for a row of -inf and where everything is masked;
    +inf if there is one; NaN if there is one. Without `return_sign` a negative sum is NaN.

    Error bound: 4 ulp of the larger, in modulus, of the result and the largest entry (a result
    near 0 is ill-conditioned); with weights the largest of x_j + log abs(b_j). The sign is exact.
    Both hold as long as terms of different sign, when they cancel, leave 2^-50 of the sum of their
    moduli. {cost} With weights the terms are computed one by one, in float64.

    {complex}

    Source: P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and
    softmax functions, IMA J. Numer. Anal. 41 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logsumexp(np.array([0.0, -40.0])))
    4.248354255291589e-18
    >>> value, sign = nl.logsumexp([0.0, 1.0], b=[1.0, -1.0], return_sign=True)
    >>> float(value), float(sign)
    (0.5413248546129181, -1.0)
    """
    if b is None and not return_sign:
        return of_rows(FAMILY["logsumexp"], x, axis, keepdims, where, out, workers, stream)
    options = return_sign, keepdims, where, out, workers, stream
    return weighted(WEIGHTED_LOGSUMEXP, x, axis, b, *options)


@shared_text("reduction")
def logsumexp_excluding_max(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(sum_j exp(x_j)) along an axis without the first maximum of each row.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: -inf where nothing is left; with a single +inf the result of the rest, with
    two or more +inf; NaN if there is one.

    Error bound: 4 ulp of the larger, in modulus, of the result and the largest entry of the sum.
    {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logsumexp_excluding_max(np.array([1000.0, -1000.0, -1000.0])))
    -999.3068528194401
    """
    return of_rows(
        FAMILY["logsumexp_excluding_max"], x, axis, keepdims, where, out, workers, stream
    )


@shared_text("reduction")
def logmeanexp(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(mean_j exp(x_j)) along an axis.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as `logsumexp`; an empty axis, and one where everything is masked, give -inf,
    as the sum does: a group without members has no weight in a mixture. With a mask the mean is
    over the entries that are not masked.

    Error bound: 8 ulp of the larger, in modulus, of the result and the largest entry; a constant
    row gives that constant. {cost}

    {complex}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logmeanexp(np.array([0.0, -1e-20])))
    -5e-21
    """
    return of_rows(FAMILY["logmeanexp"], x, axis, keepdims, where, out, workers, stream)


@shared_text("reduction")
def logvarexp(
    x: ArrayLike,
    axis: Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(var_j exp(x_j)) along an axis, the variance being the mean of squared deviations.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: -inf where all entries are equal or there is only one, for an empty axis, and
    where everything is masked; +inf with a single +inf among others, NaN with two or more; NaN if
    there is one. With a mask the variance is that of the entries that are not masked.

    The variance is that of a population, as of ``numpy.var``; that of a sample of n is larger by
    n / (n - 1), so add ``numpy.log(n / (n - 1))``. Half of it is the logarithm of the standard
    deviation; with `logmeanexp` it gives the coefficient of variation of importance weights.

    Error bound: 4 ulp of the larger, in modulus, of the result and twice the largest entry. No
    deviation from the mean cancels, so entries that differ in their last digits have all digits of
    their variance. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logvarexp(np.log([1.0, 2.0, 6.0])))
    1.5404450409471488
    >>> float(nl.logvarexp(np.array([0.0, 1e-12])))
    -56.64833659297599
    """
    return of_rows(FAMILY["logvarexp"], x, axis, keepdims, where, out, workers, stream)
