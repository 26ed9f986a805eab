"""Softmax and its family over segments: rows of unequal length, such as choice sets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._arguments.docs import shared_text
from ._door.segments import gradients_of_segments, of_segments
from ._family import FAMILY


@shared_text("segment map")
def segment_softmax(
    x: ArrayLike,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """exp(x) / sum(exp(x)) within each segment.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    The probabilities of the alternatives of each choice set.

    Special values: as of `softmax`, 0 at an entry of -inf, NaN in a segment where all are -inf, or
    with a NaN.

    Error bound: 4 ulp. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_softmax([0.0, 0.0, 5.0], offsets=[0, 2, 3])
    array([0.5, 0.5, 1. ])
    """
    return of_segments(
        FAMILY["segment_softmax"], x, segment_ids, offsets, num_segments, out, workers, stream
    )


@shared_text("segment map")
def segment_log_softmax(
    x: ArrayLike,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """x - log(sum(exp(x))) within each segment.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    The log-probabilities of the alternatives of each choice set.

    Special values: as of `log_softmax`, -inf at an entry of -inf, NaN in a segment where all are
    -inf, or with a NaN.

    Error bound: 4 ulp. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log_softmax([0.0, 40.0, 5.0], [0, 0, 1])
    array([-4.00000000e+01, -4.24835426e-18,  0.00000000e+00])
    """
    return of_segments(
        FAMILY["segment_log_softmax"], x, segment_ids, offsets, num_segments, out, workers, stream
    )


@shared_text("segment map")
def segment_log1m_softmax(
    x: ArrayLike,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """log(1 - softmax(x)) within each segment.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    The log-probabilities that the alternatives of each choice set are not chosen.

    Special values: as of `log1m_softmax`, -0 at an entry of -inf, -inf at the only entry of a
    segment, NaN in a segment where all are -inf, or with a NaN.

    Error bound: 4 ulp. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log1m_softmax([0.0, 800.0, 5.0], [0, 0, 1])
    array([  -0., -800.,  -inf])
    """
    return of_segments(
        FAMILY["segment_log1m_softmax"], x, segment_ids, offsets, num_segments, out, workers, stream
    )


@shared_text("segment reduction")
def segment_logsumexp(
    x: ArrayLike,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """log(sum(exp(x))) of each segment.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    Special values: as of `logsumexp`, -inf for an empty segment and where all entries are -inf,
    +inf for one with +inf, NaN for one with NaN.

    Error bound: 4 ulp of the larger, in modulus, of the result and the largest entry of the
    segment. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_logsumexp([0.0, 0.0, 1e3, 1e3], [0, 2, 0, 2])
    array([1000.,  -inf, 1000.])
    """
    return of_segments(
        FAMILY["segment_logsumexp"], x, segment_ids, offsets, num_segments, out, workers, stream
    )


@shared_text("segment vjp")
def segment_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * segment_softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax of a segment it is p (g - sum p_i g_i), as in `softmax_vjp`.

    Special values: 0 at entries of -inf; NaN in a segment with a NaN.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_softmax_vjp([0.0, 40.0, 5.0], [0.0, 1.0, 1.0], [0, 0, 1])
    array([-4.24835426e-18,  4.24835426e-18,  0.00000000e+00])
    """
    return gradients_of_segments(
        FAMILY["segment_softmax_vjp"],
        x,
        g,
        segment_ids,
        offsets,
        num_segments,
        out,
        workers,
        stream,
    )


@shared_text("segment vjp")
def segment_log_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * segment_log_softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    With p the softmax of a segment it is g - p sum(g), as in `log_softmax_vjp`: with a g of 1 at
    what is chosen, and 0 elsewhere, the score of a conditional logit.

    Special values: 0 at entries of -inf, whose g does not count; NaN in a segment with a NaN.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log_softmax_vjp([0.0, 40.0, 5.0], [0.0, 1.0, 1.0], [0, 0, 1])
    array([-4.24835426e-18,  4.24835426e-18,  0.00000000e+00])
    """
    return gradients_of_segments(
        FAMILY["segment_log_softmax_vjp"],
        x,
        g,
        segment_ids,
        offsets,
        num_segments,
        out,
        workers,
        stream,
    )


@shared_text("segment vjp")
def segment_log1m_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * segment_log1m_softmax(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    As `log1m_softmax_vjp` in each segment: no finite `x` gives NaN or overflows.

    Special values: 0 at entries of -inf, and at the only entry of a segment; NaN in a segment with
    a NaN.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j, for g of modulus up
    to 2^20 (float32) or 2^30 (float64). {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log1m_softmax_vjp([1e3, -1e3, -1e3], offsets=[0, 3])
    array([-1. ,  0.5,  0.5])
    """
    return gradients_of_segments(
        FAMILY["segment_log1m_softmax_vjp"],
        x,
        g,
        segment_ids,
        offsets,
        num_segments,
        out,
        workers,
        stream,
    )


@shared_text("segment vjp of a reduction")
def segment_logsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    segment_ids: ArrayLike | None = None,
    *,
    offsets: ArrayLike | None = None,
    num_segments: int | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * segment_logsumexp(x)) with respect to x.

    {parameters}

    {returns}

    {raises}

    Notes
    -----
    It is g times the softmax of each segment.

    Special values: 0 at entries of -inf; NaN in a segment with a NaN.

    Error bound: 4 ulp. {cost}

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_logsumexp_vjp([0.0, 0.0, 5.0], [1.0, 2.0], [0, 0, 1])
    array([0.5, 0.5, 2. ])
    """
    return gradients_of_segments(
        FAMILY["segment_logsumexp_vjp"],
        x,
        g,
        segment_ids,
        offsets,
        num_segments,
        out,
        workers,
        stream,
    )
