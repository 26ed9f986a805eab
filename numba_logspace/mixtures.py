"""Sums of products in log space: matrices of logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._door import product
from ._family import FAMILY


def logmatmulexp(
    a: ArrayLike,
    b: ArrayLike,
    *,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The matrix product of logarithms, log(sum_k exp(a[..., i, k] + b[..., k, j])).

    Parameters
    ----------
    a, b : array_like
        As the arguments of `numpy.matmul`: matrices in the last two axes, the others broadcast
        together, and one axis stands for a row of `a` or a column of `b`. float16, float32,
        float64, int or bool, of any strides and byte order. Or CUDA arrays of Numba, CuPy or
        PyTorch, or with their interfaces: then all arrays are, also the result.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `a` or `b`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process
        may run on where the product is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default
        that on which the library of `a` is working.

    Returns
    -------
    ndarray or scalar
        In the shape that `numpy.matmul` gives; float32 and float64 in their dtype, float16
        (computed in float32) in float16, int and bool in float64, and different ones in that
        which holds both.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `out` of another dtype, for CUDA arrays among
        others.
    ValueError
        For shapes that do not match, for an `out` of another shape, or that overlaps an input,
        or is read-only. Nothing has been written to it then.

    Notes
    -----
    Special values: -inf where there is nothing to sum over, and where all sums a_ik + b_kj are
    -inf; NaN where one of them is NaN, as inf - inf is; +inf where there is one otherwise.

    Error bound: 2 ulp of the larger, in modulus, of the result and the largest exact
    a_ik + b_kj (a result near 0 is ill-conditioned). The rounding errors of these sums are
    carried along, and the largest exponential is left out of the sum until the logarithm is
    taken, so that near-deterministic transitions keep their digits.

    Time is O(size k) with the size of the result, an exponential for each of its terms; memory
    is that of the result, and of copies of `a` and `b` where they cannot be read as they lie; on
    CUDA of the result alone.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> steps = np.log([[0.75, 0.25], [0.5, 0.5]])
    >>> np.exp(nl.logmatmulexp(np.log([1.0, 1.0]) - 1000.0, steps) + 1000.0)
    array([1.25, 0.75])
    >>> float(nl.logmatmulexp([0.0, -50.0], [-1e-20, 0.0]))
    -9.807125015203608e-21
    """
    return product(FAMILY["logmatmulexp"], a, b, out, workers, stream)
