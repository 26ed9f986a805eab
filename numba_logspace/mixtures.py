"""Sums of products in log space: matrices of logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._door.matrices import product, product_jvp, product_vjp
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

    Large matrices are multiplied by the exponentials of their entries, relative to the maxima of
    rows of `a` and of columns of `b`. Where such products underflow, or a result is near 0, the
    terms of that entry are exponentials of their own again; where a sample shows that many
    entries need that, all do. So the last bits of an entry may depend on the others, but not on
    `workers`.

    Time is O(size k) with the size of the result. Each term is an exponential, or in the products
    of large matrices a multiplication. Memory is that of the result, and that of `a` and `b` up to
    four times; on CUDA of the result alone.

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


def logmatmulexp_vjp(
    a: ArrayLike,
    b: ArrayLike,
    g: ArrayLike | None = None,
    *,
    out: tuple[np.ndarray, np.ndarray] | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, Any]:
    """The gradients of sum(g * logmatmulexp(a, b)) with respect to a and to b.

    Parameters
    ----------
    a, b : array_like
        As the arguments of `logmatmulexp`.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of the product; None means ones: then
        they are the gradients of the sum.
    out : tuple of two ndarrays, optional
        Where to put the gradients, of their shapes and dtype. They must not overlap each other or
        an argument.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process
        may run on where the product is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default
        that on which the library of `a` is working.

    Returns
    -------
    a_gradient, b_gradient : ndarray
        In the shapes of `a` and of `b`, summed over the axes along which they are broadcast; both
        in the dtype of `logmatmulexp`.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `out` that is no tuple, or of another dtype, for
        CUDA arrays among others.
    ValueError
        For shapes that do not match, for an `out` of another shape, or that overlaps an input or
        the other one, or is read-only. Nothing has been written to it then.

    Notes
    -----
    The gradient in a_ik is the sum over j of g_ij w_ikj, that in b_kj the sum over i, where
    w_ikj = exp(a_ik + b_kj - c_ij) is the share that a term has in the entry c_ij of the product.

    Special values: 0 at entries of -inf, which are treated as absent; nothing comes from an entry
    of the product that is -inf; NaN from one that is NaN or has two or more sums of +inf. A single
    +inf has all of the share.

    Error bound: 8 ulp of the sum of the moduli of the terms g_ij w_ikj, for g of modulus up to
    2^40 (float32) or 2^70 (float64): above, the product with a share far below the smallest
    number of the dtype may be 0. Cotangents below 2^-120 (float32) or 2^-1700 (float64) times the
    largest may lose digits.

    Time is O(size k) with the size of the product, two exponentials for each of its terms;
    memory is that of three such products, of twice the gradients, and of copies of `a` and `b`
    where they cannot be read as they lie. Threads share the axis that is summed over, and leading
    axes where neither `a` nor `b` is broadcast along them. On CUDA it takes three exponentials for
    each, and the memory of three products beside the gradients.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> steps = np.log([[0.75, 0.25], [0.5, 0.5]])
    >>> of_start, of_steps = nl.logmatmulexp_vjp([-1000.0, -1000.0], steps, [1.0, 0.0])
    >>> of_start
    array([0.6, 0.4])
    >>> of_steps
    array([[0.6, 0. ],
           [0.4, 0. ]])
    """
    return product_vjp(FAMILY["logmatmulexp_vjp"], a, b, g, out, workers, stream)


def logmatmulexp_jvp(
    a: ArrayLike,
    b: ArrayLike,
    ta: ArrayLike | None,
    tb: ArrayLike | None,
    *,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logmatmulexp(a, b) along ta and tb.

    Parameters
    ----------
    a, b : array_like
        As the arguments of `logmatmulexp`.
    ta, tb : array_like or None
        The tangents, of shapes that broadcast to those of `a` and of `b`; one of them may be
        None: then its argument does not change.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an argument.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process
        may run on where the product is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default
        that on which the library of `a` is working.

    Returns
    -------
    ndarray or scalar
        In the shape and the dtype of `logmatmulexp`.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `out` of another dtype, where both tangents
        are None, for CUDA arrays among others.
    ValueError
        For shapes that do not match, for an `out` of another shape, or that overlaps an input,
        or is read-only. Nothing has been written to it then.

    Notes
    -----
    It is the sum over k of (ta_ik + tb_kj) w_ikj, with the shares w of `logmatmulexp_vjp`.

    Special values: where a_ik + b_kj is -inf the tangents do not count; 0 where nothing else is
    summed; NaN where the product is NaN or has two or more sums of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms ta_ik w_ikj and tb_kj w_ikj, for
    tangents of the sizes that the cotangents of `logmatmulexp_vjp` may have.

    Time is O(size k) with the size of the product, an exponential for each of its terms; memory is
    that of the result, and of copies of the arguments where they cannot be read as they lie; on
    CUDA of the result alone.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> steps = np.log([[0.75, 0.25], [0.5, 0.5]])
    >>> nl.logmatmulexp_jvp([0.0, 0.0], steps, [0.0, 1.0], None)
    array([0.4       , 0.66666667])
    """
    return product_jvp(FAMILY["logmatmulexp_jvp"], a, b, ta, tb, out, workers, stream)
