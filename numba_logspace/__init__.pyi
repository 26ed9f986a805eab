"""Log-space numerics for NumPy arrays, exact to a few units in the last place."""

# Written by docs/write_stub.py from the sources. Change those, and run it again.

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from . import partials as partials

_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
_Order: TypeAlias = Literal["K", "A", "C", "F"]
_Reduction: TypeAlias = Literal["none", "sum", "mean"]
_Axis: TypeAlias = int | tuple[int, ...] | None

__version__: str

__all__ = [
    "cexpexp",
    "cloglog",
    "complement_cross_entropy",
    "complement_cross_entropy_hvp",
    "complement_cross_entropy_value_and_grad",
    "cross_entropy",
    "cross_entropy_hvp",
    "cross_entropy_value_and_grad",
    "entr",
    "gated_log_softmax",
    "gated_log_softmax_vjp",
    "hmm_backward",
    "hmm_forward",
    "hmm_loglikelihood",
    "hmm_loglikelihood_value_and_grad",
    "hmm_posterior",
    "hmm_viterbi",
    "kl_div",
    "log1m_sigmoid",
    "log1m_softmax",
    "log1m_softmax_hvp",
    "log1m_softmax_jacobian",
    "log1m_softmax_jvp",
    "log1m_softmax_value_and_vjp",
    "log1m_softmax_vjp",
    "log1mexp",
    "log1pexp",
    "log1pmx",
    "log1psq",
    "log2mexp",
    "log_inv_logit_diff",
    "log_mix",
    "log_mix_dt",
    "log_mix_dx",
    "log_mix_dy",
    "log_sigmoid",
    "log_softmax",
    "log_softmax_jacobian",
    "log_softmax_jvp",
    "log_softmax_vjp",
    "logaddexp",
    "logcosh",
    "logcumsumexp",
    "logcumsumexp_jvp",
    "logcumsumexp_vjp",
    "logexpm1",
    "logistic",
    "logit",
    "logitexp",
    "logmatmulexp",
    "logmatmulexp_jvp",
    "logmatmulexp_vjp",
    "logmeanexp",
    "logmeanexp_jvp",
    "logmeanexp_vjp",
    "logmxp1",
    "logsubexp",
    "logsumexp",
    "logsumexp_excluding_max",
    "logsumexp_excluding_max_jvp",
    "logsumexp_excluding_max_vjp",
    "logsumexp_hvp",
    "logsumexp_jvp",
    "logsumexp_vjp",
    "logvarexp",
    "logvarexp_jvp",
    "logvarexp_vjp",
    "loo_logsumexp",
    "loo_logsumexp_jvp",
    "loo_logsumexp_vjp",
    "rel_entr",
    "segment_log1m_softmax",
    "segment_log1m_softmax_vjp",
    "segment_log_softmax",
    "segment_log_softmax_vjp",
    "segment_logsumexp",
    "segment_logsumexp_vjp",
    "segment_softmax",
    "segment_softmax_vjp",
    "set_workers",
    "sigmoid_binary_cross_entropy",
    "sigmoid_binary_cross_entropy_hvp",
    "sigmoid_binary_cross_entropy_value_and_grad",
    "softmax",
    "softmax_binary_cross_entropy",
    "softmax_binary_cross_entropy_hvp",
    "softmax_binary_cross_entropy_value_and_grad",
    "softmax_jvp",
    "softmax_vjp",
    "weighted_logsumexp_jvp",
    "weighted_logsumexp_vjp",
    "xlog1py",
    "xlogx",
    "xlogy",
]

class _UfuncOfTXY(np.ufunc):  # type: ignore[misc]
    def __call__(
        self,
        t: ArrayLike,
        x: ArrayLike,
        y: ArrayLike,
        /,
        out: np.ndarray | tuple[np.ndarray] | None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
        signature: Any = None,
    ) -> Any: ...

class _UfuncOfX(np.ufunc):  # type: ignore[misc]
    def __call__(
        self,
        x: ArrayLike,
        /,
        out: np.ndarray | tuple[np.ndarray] | None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
        signature: Any = None,
    ) -> Any: ...

class _UfuncOfXY(np.ufunc):  # type: ignore[misc]
    def __call__(
        self,
        x: ArrayLike,
        y: ArrayLike,
        /,
        out: np.ndarray | tuple[np.ndarray] | None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
        signature: Any = None,
    ) -> Any: ...

log1mexp: _UfuncOfX
"""log1mexp(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(1 - exp(x)) for x <= 0 (the sign convention of Stan, Julia and PyTensor; R and JAX
take -x).

Parameters
----------
x : array_like
    Logarithms of probabilities, x <= 0.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at 0, -0.0 at -inf, NaN for x > 0 and for NaN.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Source: M. Maechler, Accurately computing log(1 - exp(-abs(a))), 2012.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log1mexp(-1e-20))
-46.051701859880914
"""

log1pexp: _UfuncOfX
"""log1pexp(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(1 + exp(x)), also known as softplus.

Parameters
----------
x : array_like
    Any numbers.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 at -inf, inf at inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Source: M. Maechler, Accurately computing log(1 - exp(-abs(a))), 2012.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log1pexp(-40.0))
4.248354255291589e-18
"""

logistic: _UfuncOfX
"""logistic(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

1 / (1 + exp(-x)), the inverse of `logit`.

Parameters
----------
x : array_like
    Log-odds.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 at -inf, 1 at inf. Small results are gradually underflowing, never flushed to
0.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
6 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logistic(-740.0))
4.2e-322
"""

logit: _UfuncOfX
"""logit(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(x / (1 - x)), the inverse of `logistic`.

Parameters
----------
x : array_like
    Probabilities, 0 <= x <= 1.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at 0, inf at 1, NaN outside.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logit(0.5000001))
3.99999999789463e-07
"""

log_sigmoid: _UfuncOfX
"""log_sigmoid(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(1 / (1 + exp(-x))), the logarithm of `logistic`.

Parameters
----------
x : array_like
    Log-odds.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at -inf, -0.0 at inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log_sigmoid(40.0))
-4.248354255291589e-18
"""

log1m_sigmoid: _UfuncOfX
"""log1m_sigmoid(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(1 - 1 / (1 + exp(-x))), which is log_sigmoid(-x).

Parameters
----------
x : array_like
    Log-odds.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -0.0 at -inf, -inf at inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log1m_sigmoid(1000.0))
-1000.0
"""

xlogy: _UfuncOfXY
"""xlogy(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

x log(y), and 0 where x is 0.

Parameters
----------
x, y : array_like
    Any x, y >= 0; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 where x = 0 and y is not NaN; NaN for y < 0 otherwise.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.xlogy(0.0, 0.0))
0.0
"""

xlog1py: _UfuncOfXY
"""xlog1py(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

x log(1 + y), and 0 where x is 0.

Parameters
----------
x, y : array_like
    Any x, y >= -1; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 where x = 0 and y is not NaN; NaN for y < -1 otherwise.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.xlog1py(2.0, 1e-20))
2e-20
"""

log2mexp: _UfuncOfX
"""log2mexp(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(2 - exp(x)) for x <= log(2).

Parameters
----------
x : array_like
    Any numbers up to log(2).
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: log(2) at -inf, NaN for x > log(2).

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log2mexp(1e-20))
-1e-20
"""

log1pmx: _UfuncOfX
"""log1pmx(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(1 + x) - x, without cancellation near 0.

Parameters
----------
x : array_like
    Any numbers >= -1.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at -1 and at inf, NaN for x < -1.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log1pmx(1e-10))
-4.999999999666667e-21
"""

logmxp1: _UfuncOfX
"""logmxp1(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(x) - x + 1, without cancellation near 1.

Parameters
----------
x : array_like
    Any numbers >= 0.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at 0 and at inf, NaN for x < 0.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logmxp1(2.0))
-0.30685281944005466
"""

logcosh: _UfuncOfX
"""logcosh(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log((exp(x) + exp(-x)) / 2), the logarithm of the hyperbolic cosine.

Parameters
----------
x : array_like
    Any numbers.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: inf at inf and -inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logcosh(1e-10))
5.0000000000000005e-21
"""

cexpexp: _UfuncOfX
"""cexpexp(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

1 - exp(-exp(x)), the inverse of `cloglog`.

Parameters
----------
x : array_like
    Any numbers.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 at -inf, 1 at inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and its derivative. A tiny imaginary part h
keeps its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.cexpexp(-40.0))
4.248354255291589e-18
"""

xlogx: _UfuncOfX
"""xlogx(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

x log(x), and 0 where x is 0.

Parameters
----------
x : array_like
    Any numbers >= 0.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 at 0, inf at inf, NaN for x < 0.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.xlogx(0.0))
0.0
"""

log_inv_logit_diff: _UfuncOfXY
"""log_inv_logit_diff(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(logistic(x) - logistic(y)) for x >= y: the probability of a category between two cut
points of an ordered logit.

Parameters
----------
x, y : array_like
    Log-odds, x >= y; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf where x = y, log_sigmoid(x) where y is -inf, log1m_sigmoid(y) where x is
inf, NaN for x < y.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and the inputs. A tiny imaginary part h keeps
its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log_inv_logit_diff(-800.0, -801.0))
-800.4586751453871
"""

log1psq: _UfuncOfX
"""log1psq(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(1 + x^2), as in the densities of Cauchy and Student.

Parameters
----------
x : array_like
    Any numbers.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: inf at inf and -inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log1psq(1e200))
921.0340371976183
"""

entr: _UfuncOfX
"""entr(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

-x log(x), a term of an entropy, and 0 where x is 0.

Parameters
----------
x : array_like
    Any numbers >= 0.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64. Of several dtypes that one to
    which NumPy promotes them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 at 0, -inf below and at inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.entr(0.5))
0.34657359027997264
"""

rel_entr: _UfuncOfXY
"""rel_entr(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

x log(x / y), a term of a relative entropy, and 0 where x is 0.

Parameters
----------
x, y : array_like
    Any numbers >= 0; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64. Of several dtypes that one to
    which NumPy promotes them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 where x = 0 and y >= 0; inf where x or y is negative or y alone is 0, and
where x is inf; -inf where y is inf; NaN where both are.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.rel_entr(1.0, 1.0 + 2**-40))
-9.094947017725146e-13
"""

kl_div: _UfuncOfXY
"""kl_div(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

x log(x / y) - x + y, a term of a relative entropy that is never negative.

Parameters
----------
x, y : array_like
    Any numbers >= 0; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64. Of several dtypes that one to
    which NumPy promotes them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: y where x = 0 and y >= 0; inf where x or y is negative, y alone is 0 or one of
them is inf; NaN where both are inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.kl_div(1.0, 1.0 + 2**-40))
4.135903062762631e-25
"""

log_mix_dx: _UfuncOfTXY
"""log_mix_dx(t, x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

The derivative of `log_mix` by x: the share of x in the sum, logistic(t + x - y).

Parameters
----------
t : array_like
    Log-odds of x.
x, y : array_like
    Logarithms; all broadcast together.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 1 and 0 where t is inf and -inf, or else where x - y is; x - y counts as 0 where
both are the same infinity.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
6 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log_mix_dx(-1e15, 1e15, 0.1))
0.47502081252106
"""

log_mix_dy: _UfuncOfTXY
"""log_mix_dy(t, x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

The derivative of `log_mix` by y: the share of y in the sum, logistic(y - x - t).

Parameters
----------
t : array_like
    Log-odds of x.
x, y : array_like
    Logarithms; all broadcast together.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 and 1 where t is inf and -inf, or else where x - y is; x - y counts as 0 where
both are the same infinity.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
6 ulp of the modulus of the result. A tiny imaginary part h keeps its digits, to 1e-15: over h
it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log_mix_dy(40.0, 0.0, 0.0))
4.248354255291589e-18
"""

log_mix_dt: _UfuncOfTXY
"""log_mix_dt(t, x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

The derivative of `log_mix` by t: logistic(t + x - y) - logistic(t), without cancellation.

Parameters
----------
t : array_like
    Log-odds of x.
x, y : array_like
    Logarithms; all broadcast together.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: 0 where x = y or t is infinite; 1 - s and -s where x - y is inf and -inf.

Error bound: 4 ulp. One pass, O(size). A `numpy.ufunc`, with its methods. Also callable in
``numba.njit`` functions, on numbers and arrays. Masked arrays keep their masks; as with NumPy's
functions ``reduce`` and ``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
8 ulp of the modulus of the result, unless x - y is within 2^-52 of a multiple of 2 pi i. A tiny
imaginary part h keeps its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log_mix_dt(40.0, 1.0, 0.0))
2.6854720659566e-18
"""

logaddexp: _UfuncOfXY
"""logaddexp(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(exp(x) + exp(y)).

Parameters
----------
x, y : array_like
    Logarithms; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf with -inf gives -inf, inf with anything but NaN gives inf. The identity of
its reductions is -inf.

Error bound: 2 ulp of the larger of the result and the larger input, in modulus. One pass,
O(size). A `numpy.ufunc`, with its methods. Also callable in ``numba.njit`` functions, on
numbers and arrays. Masked arrays keep their masks; as with NumPy's functions ``reduce`` and
``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and the inputs. A tiny imaginary part h keeps
its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logaddexp(0.0, -40.0))
4.248354255291589e-18
"""

logsubexp: _UfuncOfXY
"""logsubexp(x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(exp(x) - exp(y)) for x >= y.

Parameters
----------
x, y : array_like
    Logarithms, x >= y; broadcast against each other.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf where x = y (NaN where both are inf), x where y is -inf, NaN for x < y.

Error bound: 2 ulp of the larger of the result and the larger input, in modulus. One pass,
O(size). A `numpy.ufunc`, with its methods. Also callable in ``numba.njit`` functions, on
numbers and arrays. Masked arrays keep their masks; as with NumPy's functions ``reduce`` and
``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and the inputs. A tiny imaginary part h keeps
its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logsubexp(1000.0, 999.0))
999.5413248546129
"""

logexpm1: _UfuncOfX
"""logexpm1(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(exp(x) - 1) for x >= 0, the inverse of `log1pexp`.

Parameters
----------
x : array_like
    Any numbers >= 0.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at 0, inf at inf, NaN for x < 0.

Error bound: 2 ulp of the larger of the result and the input, in modulus. One pass, O(size). A
`numpy.ufunc`, with its methods. Also callable in ``numba.njit`` functions, on numbers and
arrays. Masked arrays keep their masks; as with NumPy's functions ``reduce`` and ``accumulate``
do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and the inputs. A tiny imaginary part h keeps
its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logexpm1(1e-20))
-46.051701859880914
"""

logitexp: _UfuncOfX
"""logitexp(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(exp(x) / (1 - exp(x))) for x <= 0, the logit of a probability whose logarithm is x.

Parameters
----------
x : array_like
    Logarithms of probabilities, x <= 0.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: inf at 0, -inf at -inf, NaN for x > 0.

Error bound: 2 ulp of the larger of the result and the input, in modulus. One pass, O(size). A
`numpy.ufunc`, with its methods. Also callable in ``numba.njit`` functions, on numbers and
arrays. Masked arrays keep their masks; as with NumPy's functions ``reduce`` and ``accumulate``
do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and the inputs. A tiny imaginary part h keeps
its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.logitexp(-1000.0))
-1000.0
"""

cloglog: _UfuncOfX
"""cloglog(x, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(-log(1 - x)), the complementary log-log of a probability.

Parameters
----------
x : array_like
    Probabilities, 0 <= x <= 1.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: -inf at 0, inf at 1, NaN outside.

Error bound: 2 ulp of the larger of the result and the input, in modulus. One pass, O(size). A
`numpy.ufunc`, with its methods. Also callable in ``numba.njit`` functions, on numbers and
arrays. Masked arrays keep their masks; as with NumPy's functions ``reduce`` and ``accumulate``
do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
4 ulp of the modulus of the larger of the result and the inputs. A tiny imaginary part h keeps
its digits, to 1e-15: over h it is the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.cloglog(1e-300))
-690.7755278982137
"""

log_mix: _UfuncOfTXY
"""log_mix(t, x, y, /, out=None, *, where=True, casting='same_kind', order='K', dtype=None, subok=True, signature=None)

log(s exp(x) + (1 - s) exp(y)) with s = logistic(t), a mixture of two.

Parameters
----------
t : array_like
    Log-odds of x.
x, y : array_like
    Logarithms; all broadcast together.
out : ndarray, optional
    Where to put the result.
where : array_like of bool, optional
    Entries of `out` to fill; the others keep what they hold.
**kwargs
    The other keyword arguments of a ufunc, such as ``dtype``.

Returns
-------
ndarray or scalar
    Of the shape that the inputs broadcast to; float32 and float64 in their own type, float16
    (computed in float32) in float16, int and bool in float64, complex64 (computed in
    complex128) and complex128 in their own. Of several dtypes that one to which NumPy promotes
    them. Of CUDA arrays an array of their library.

Raises
------
TypeError
    For dtypes other than those, for CUDA arrays beside others.

Notes
-----
Special values: x where x = y or t is inf, y where t is -inf (a weight of 0 leaves out anything
but NaN); inf where x or y is and has a weight; log_sigmoid(-t) + y, which is log(1 - s) + y,
where x is -inf.

Error bound: 2 ulp of the larger, in modulus, of the result and the larger of x and y. One pass,
O(size). A `numpy.ufunc`, with its methods. Also callable in ``numba.njit`` functions, on
numbers and arrays. Masked arrays keep their masks; as with NumPy's functions ``reduce`` and
``accumulate`` do not regard them.

Takes CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, beside
numbers, and the options are ``out``, ``where`` and ``stream``, a CUDA stream of any library or its
address. The error bound is 2 ulp more there. The methods do not take them.

Complex numbers: the principal value, also where the real function has none. The error is within
6 ulp of the modulus of the larger of the result and the larger of x and y, where the two terms
do not cancel by their phases. A tiny imaginary part h keeps its digits, to 1e-15: over h it is
the derivative by a complex step.

Examples
--------
>>> import numba_logspace as nl
>>> float(nl.log_mix(-800.0, 0.0, -790.0))
-789.9999546011007
"""

def complement_cross_entropy(
    logits: ArrayLike,
    weights: ArrayLike,
    axis: int = -1,
    *,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-sum_k W_k log(1 - P_k) along an axis, P the softmax of the logits and W any weights >= 0.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    weights : array_like
        A weight >= 0 for each class, in a shape that broadcasts to that of `logits`. A weight for a
        row is one for all of its classes.
    axis : int, optional
        The axis of the classes.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        The losses, in the shape of `logits` without the axis, or one number; float32 and float64 in
        the dtype of `logits`, float16 (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For weights that are negative, infinite (also as float32, where the losses are computed in
        it) or NaN: naming the first bad row; for shapes that do not fit, for an unknown reduction,
        for a mean of nothing or of weights that are all 0.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

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

def complement_cross_entropy_hvp(
    logits: ArrayLike,
    weights: ArrayLike,
    t: ArrayLike,
    axis: int = -1,
    *,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `complement_cross_entropy` in the logits, times t.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    weights : array_like
        A weight >= 0 for each class, in a shape that broadcasts to that of `logits`. A weight for a
        row is one for all of its classes.
    t : array_like
        The tangent, of a shape that broadcasts to that of `logits`.
    axis : int, optional
        The axis of the classes.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the product, of its shape and dtype. It may be `logits` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `logits`; float32 and float64 in the dtype of `logits`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For weights that are negative, infinite (also as float32, where the losses are computed in
        it) or NaN: naming the first bad row; for shapes that do not fit, for an unknown reduction,
        for a mean of nothing or of weights that are all 0, for an `out` of another shape, or that
        overlaps an input in part.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. It is
    `log1m_softmax_hvp` with the cotangent -W, divided by the number of rows for the mean. It need
    not be positive definite.

    Special values: as `log1m_softmax_hvp`.

    Error bound: 10 ulp of the sum that `log1m_softmax_hvp` names, under its conditions. O(size)
    time, and no more memory than the result, in any layout that some order of the axes makes
    contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x, t = np.array([1000.0, -1000.0, -1000.5]), np.array([0.0, 1.0, 0.0])
    >>> nl.complement_cross_entropy_hvp(x, np.ones(3), t)
    array([-0.        , -0.23500371,  0.23500371])
    """

def complement_cross_entropy_value_and_grad(
    logits: ArrayLike,
    weights: ArrayLike,
    axis: int = -1,
    *,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`complement_cross_entropy` and its gradient in the logits, in one pass over them.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    weights : array_like
        A weight >= 0 for each class, in a shape that broadcasts to that of `logits`. A weight for a
        row is one for all of its classes.
    axis : int, optional
        The axis of the classes.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the gradient, of its shape and dtype. It may be `logits` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    loss : ndarray or scalar
        As of the loss alone.
    gradient : ndarray
        The derivative of the sum of the losses returned with respect to `logits`, in their shape; for
        the mean that of the mean.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For weights that are negative, infinite (also as float32, where the losses are computed in
        it) or NaN: naming the first bad row; for shapes that do not fit, for an unknown reduction,
        for a mean of nothing or of weights that are all 0, for an `out` of another shape, or that
        overlaps an input in part.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

    Notes
    -----
    Special values: as `complement_cross_entropy` and `log1m_softmax_vjp`.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms W_i d log(1 - P_i)
    / dx_j for the gradient, for weights as of `log1m_softmax_vjp`. O(size) time, and no more memory
    than the result, in any layout that some order of the axes makes contiguous; otherwise pieces of
    `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x, weights = np.array([[1000.0, -1000.0, -1000.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> loss, gradient = nl.complement_cross_entropy_value_and_grad(x, weights)
    >>> gradient
    array([[ 1. , -0.5, -0.5]])
    """

def cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-sum_k M_k log P_k along an axis, P the softmax of the logits and M the targets.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    targets : array_like
        Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
        axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
        axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
        or array of scipy.sparse beside logits of two axes, of their shape.
    axis : int, optional
        The axis of the classes.
    weights : array_like, optional
        A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
        A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
        checked like that of any other.
    class_weights : array_like, optional
        A weight >= 0 for each class, which multiplies its target. That of a label counts as one of its
        row, also in the mean; beside numbers for the classes the mean is over the rows, and 0 where
        all classes have a weight of 0.
    label_smoothing : float, optional
        A share s in [0, 1) of each target that is spread over all K classes: (1 - s) M + s / K.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        The losses, in the shape of `logits` without the axis, or one number; float32 and float64 in
        the dtype of `logits`, float16 (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For labels that are no class, targets outside [0, 1], weights that are negative, infinite
        (also as float32, where the losses are computed in it) or NaN: naming the first bad row; for
        shapes that do not fit, for an unknown reduction, for a mean of nothing or of weights that
        are all 0.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

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
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `cross_entropy` in the logits, times t: sum(M) P (t - sum P_i t_i).

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    targets : array_like
        Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
        axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
        axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
        or array of scipy.sparse beside logits of two axes, of their shape.
    t : array_like
        The tangent, of a shape that broadcasts to that of `logits`.
    axis : int, optional
        The axis of the classes.
    weights : array_like, optional
        A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
        A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
        checked like that of any other.
    class_weights : array_like, optional
        A weight >= 0 for each class, which multiplies its target. That of a label counts as one of its
        row, also in the mean; beside numbers for the classes the mean is over the rows, and 0 where
        all classes have a weight of 0.
    label_smoothing : float, optional
        A share s in [0, 1) of each target that is spread over all K classes: (1 - s) M + s / K.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the product, of its shape and dtype. It may be `logits` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `logits`; float32 and float64 in the dtype of `logits`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For labels that are no class, targets outside [0, 1], weights that are negative, infinite
        (also as float32, where the losses are computed in it) or NaN: naming the first bad row; for
        shapes that do not fit, for an unknown reduction, for a mean of nothing or of weights that
        are all 0, for an `out` of another shape, or that overlaps an input in part.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. With a reduction
    it is that of the sum, or of the mean, of all rows; with "none" that of the loss of each row,
    as `logsumexp_hvp`. Of the targets only the sum counts.

    Special values: as `logsumexp_hvp`; 0 in a row of weight 0.

    Error bound: 8 ulp of the sum of the moduli of the terms M_i P_j (1 - P_j) t_j and M_i P_j P_l
    t_l, times the weight of the row. O(size) time, and no more memory than the result, in any
    layout that some order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.cross_entropy_hvp(np.array([[0.0, 40.0]]), [1], np.array([[0.0, 1.0]]))
    array([[-4.24835426e-18,  4.24835426e-18]])
    """

def cross_entropy_value_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    class_weights: ArrayLike | None = None,
    label_smoothing: float | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`cross_entropy` and its gradient P sum(M) - M in the logits, in one pass over them.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    targets : array_like
        Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
        axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
        axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
        or array of scipy.sparse beside logits of two axes, of their shape.
    axis : int, optional
        The axis of the classes.
    weights : array_like, optional
        A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
        A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
        checked like that of any other.
    class_weights : array_like, optional
        A weight >= 0 for each class, which multiplies its target. That of a label counts as one of its
        row, also in the mean; beside numbers for the classes the mean is over the rows, and 0 where
        all classes have a weight of 0.
    label_smoothing : float, optional
        A share s in [0, 1) of each target that is spread over all K classes: (1 - s) M + s / K.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the gradient, of its shape and dtype. It may be `logits` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    loss : ndarray or scalar
        As of the loss alone.
    gradient : ndarray
        The derivative of the sum of the losses returned with respect to `logits`, in their shape; for
        the mean that of the mean.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For labels that are no class, targets outside [0, 1], weights that are negative, infinite
        (also as float32, where the losses are computed in it) or NaN: naming the first bad row; for
        shapes that do not fit, for an unknown reduction, for a mean of nothing or of weights that
        are all 0, for an `out` of another shape, or that overlaps an input in part.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

    Notes
    -----
    Special values: as `cross_entropy` and `log_softmax_vjp`.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms M_i d log P_i /
    dx_j for the gradient. O(size) time, and no more memory than the result, in any layout that some
    order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> loss, gradient = nl.cross_entropy_value_and_grad(np.array([[0.0, 40.0]]), [1])
    >>> gradient
    array([[ 4.24835426e-18, -4.24835426e-18]])
    """

def gated_log_softmax(
    gate: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    axis: int = -1,
    *,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """Log-probabilities of two sets of labels: log s + log_softmax(a), log(1 - s) + log_softmax(b).

    Parameters
    ----------
    gate : array_like
        The log-odds of the first set, s = logistic(gate), of a shape that broadcasts to that of
        `a` without the axis.
    a, b : array_like
        The logits of each set, of the same shape but for the axis; float16, float32, float64,
        int or bool. Or CUDA arrays of Numba, CuPy or PyTorch, or with their interfaces: then all
        arrays are, also the result; the gate may be a number there, too.
    axis : int, optional
        The axis of the labels.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process
        may run on where the arrays are large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default
        that on which the library of `a` is working.

    Returns
    -------
    ndarray
        In the shape of `a` and `b` one after the other along the axis, in their dtype (int and
        bool in float64; float64 where they differ). Its softmax is a distribution over both sets.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays
        among others.
    ValueError
        For shapes that do not fit, for an `out` of another shape or that overlaps an input.
    numpy.exceptions.AxisError
        For an axis that `a` does not have.

    Notes
    -----
    log(1 - s) is log_sigmoid(-gate), not log_sigmoid(1 - gate), and never the logarithm of a
    probability that has rounded to 0.

    Special values: a gate of inf gives -inf for `b`, one of -inf for `a`; otherwise as
    `log_softmax` of each set.

    Error bound: 4 ulp. O(size) time; pieces of `a` and `b` are copied in turn where the result
    does not hold them in one piece.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> y = nl.gated_log_softmax(nl.logit(1 / 3), np.zeros(4), np.zeros(3))
    >>> np.exp(y)
    array([0.08333333, 0.08333333, 0.08333333, 0.08333333, 0.22222222,
           0.22222222, 0.22222222])
    >>> nl.gated_log_softmax(800.0, [0.0], [0.0])
    array([   0., -800.])
    """

def gated_log_softmax_vjp(
    gate: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    g: ArrayLike | None = None,
    axis: int = -1,
    *,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of sum(g * gated_log_softmax(gate, a, b)) with respect to gate, a and b.

    Parameters
    ----------
    gate, a, b : array_like
        As of `gated_log_softmax`.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of the result; None means ones.
    axis : int, optional
        The axis of the labels.
    workers : int, optional
        How many threads may share the work, as of `gated_log_softmax`.
    stream : CUDA stream or int, optional
        For CUDA arrays alone, as of `gated_log_softmax`.

    Returns
    -------
    gate, a, b : ndarray
        The gradients, each in the shape of its argument.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays
        among others.
    ValueError
        For shapes that do not fit.
    numpy.exceptions.AxisError
        For an axis that `a` does not have.

    Notes
    -----
    With G the sum of g over a set the gradient of the gate is G_a (1 - s) - G_b s, summed over
    the rows that share the gate; those of `a` and `b` are as `log_softmax_vjp`.

    Special values: 0 at entries of -inf, whose g does not count; NaN in a set with a NaN or with
    two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> gate, a, b = nl.gated_log_softmax_vjp(0.0, np.zeros(2), np.zeros(2), [1.0, 0.0, 0.0, 0.0])
    >>> float(gate), a, b
    (0.5, array([ 0.5, -0.5]), array([0., 0.]))
    """

def hmm_backward(
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The backward pass of a hidden Markov model: log p(y_t+1..T | z_t).

    Parameters
    ----------
    log_transition : array_like
        The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
        (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
        latter, (..., T - 1, K, K) or (..., 1, K, K).
    log_emission : array_like
        The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
        chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
        or all are CUDA arrays.
    lengths : array_like of int, optional
        How many steps of each chain count, between 1 and T, in the shape of the axes in front of
        `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
        pieces to one length.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the chains; -1 is all cores. By default all cores this process
        may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, by default that of the first of them.

    Returns
    -------
    ndarray
        In the shape of `log_emission`; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, for CUDA arrays among others, for other dtypes, for an `out` of another
        dtype, for `lengths` that are no integers.
    ValueError
        For shapes that do not match, without states or steps, for `lengths` out of range (NaN on
        CUDA), for an `out` of another shape, or that overlaps an input, or is read-only. Nothing
        has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Steps beyond the length of a
    chain are -inf. NaN or +inf makes the states of earlier steps NaN; the first observation is in
    none of the results.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is that of the result and
    of the matrices of one step, on CUDA of three numbers for each of the arguments and results.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> np.exp(nl.hmm_backward(moves, seen)).round(6)
    array([[0.069, 0.132],
           [0.15 , 0.5  ],
           [1.   , 1.   ]])
    """

def hmm_forward(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The forward pass of a hidden Markov model: log p(y_1..t, z_t).

    Parameters
    ----------
    log_initial : array_like
        The log-probabilities of the first state, of the shape (K,), or with the axes of the
        chains in front.
    log_transition : array_like
        The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
        (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
        latter, (..., T - 1, K, K) or (..., 1, K, K).
    log_emission : array_like
        The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
        chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
        or all are CUDA arrays.
    lengths : array_like of int, optional
        How many steps of each chain count, between 1 and T, in the shape of the axes in front of
        `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
        pieces to one length.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the chains; -1 is all cores. By default all cores this process
        may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, by default that of the first of them.

    Returns
    -------
    ndarray
        In the shape of `log_emission`; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, for CUDA arrays among others, for other dtypes, for an `out` of another
        dtype, for `lengths` that are no integers.
    ValueError
        For shapes that do not match, without states or steps, for `lengths` out of range (NaN on
        CUDA), for an `out` of another shape, or that overlaps an input, or is read-only. Nothing
        has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Steps beyond the length of a
    chain are -inf. NaN or +inf makes its state NaN at its step, and all states of later steps.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is that of the result and
    of the matrices of one step, on CUDA of three numbers for each of the arguments and results.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> np.exp(nl.hmm_forward(start, moves, seen)).round(6)
    array([[0.25   , 0.05   ],
           [0.094  , 0.0195 ],
           [0.00885, 0.015  ]])
    """

def hmm_loglikelihood(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The log-likelihood of a hidden Markov model, log p(y_1..T).

    Parameters
    ----------
    log_initial : array_like
        The log-probabilities of the first state, of the shape (K,), or with the axes of the
        chains in front.
    log_transition : array_like
        The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
        (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
        latter, (..., T - 1, K, K) or (..., 1, K, K).
    log_emission : array_like
        The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
        chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
        or all are CUDA arrays.
    lengths : array_like of int, optional
        How many steps of each chain count, between 1 and T, in the shape of the axes in front of
        `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
        pieces to one length.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the chains; -1 is all cores. By default all cores this process
        may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, by default that of the first of them.

    Returns
    -------
    ndarray or scalar
        A number for each chain; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, CUDA arrays among others, other dtypes, `lengths` that are no integers.
    ValueError
        For shapes that do not match, no states or steps, `lengths` out of range (NaN on CUDA), an
        `out` that overlaps an input or is read-only. Nothing has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. What cannot be observed has the
    log-likelihood -inf. NaN or +inf among what counts makes that of the chain NaN.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is that of the matrices of one
    step, whatever T; on CUDA of three numbers for each of the arguments.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> float(np.exp(nl.hmm_loglikelihood(start, moves, seen)).round(6))
    0.02385
    """

def hmm_loglikelihood_value_and_grad(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The log-likelihood of a hidden Markov model and its derivatives, which are expected counts.

    Parameters
    ----------
    log_initial : array_like
        The log-probabilities of the first state, of the shape (K,), or with the axes of the
        chains in front.
    log_transition : array_like
        The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
        (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
        latter, (..., T - 1, K, K) or (..., 1, K, K).
    log_emission : array_like
        The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
        chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
        or all are CUDA arrays.
    lengths : array_like of int, optional
        How many steps of each chain count, between 1 and T, in the shape of the axes in front of
        `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
        pieces to one length.
    workers : int, optional
        How many threads may share the chains; -1 is all cores. By default all cores this process
        may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, by default that of the first of them.

    Returns
    -------
    value : ndarray or scalar
        A number for each chain, as of `hmm_loglikelihood`.
    gradient : tuple of ndarray
        The derivatives of the sum of these by each argument, in its shape: of `log_initial` the
        probabilities of the first state given all that is seen, of `log_transition` the expected
        number of moves (where each step has a matrix, the probabilities of its moves), of
        `log_emission` the probabilities of each state. What chains or steps share is summed.

    Raises
    ------
    TypeError
        For masked arrays, CUDA arrays among others, other dtypes, `lengths` that are no integers.
    ValueError
        For shapes that do not match, no states or steps, `lengths` out of range (NaN on CUDA).

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Where they make the observations
    impossible, the value is -inf and the derivatives are 0, as they are beyond the length of a
    chain. NaN or +inf among what counts makes the value and the derivatives of the chain NaN.

    Error bound: 4 ulp, and of the value as of `hmm_loglikelihood`: 2 ulp, but not less than 1e-25
    for each step. All terms of the counts are positive, and their sums compensated.

    O(size K) time, with the size of `log_emission`; memory is O(size), for the
    forward pass; on CUDA also for that of the matrices, turned and as they are.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> value, (first, counts, states) = nl.hmm_loglikelihood_value_and_grad(start, moves, seen)
    >>> counts.round(6), float(counts.sum().round(6))
    (array([[0.920755, 0.393711],
           [0.041509, 0.644025]]), 2.0)
    """

def hmm_posterior(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The posterior marginals of a hidden Markov model: log p(z_t | y_1..T).

    Parameters
    ----------
    log_initial : array_like
        The log-probabilities of the first state, of the shape (K,), or with the axes of the
        chains in front.
    log_transition : array_like
        The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
        (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
        latter, (..., T - 1, K, K) or (..., 1, K, K).
    log_emission : array_like
        The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
        chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
        or all are CUDA arrays.
    lengths : array_like of int, optional
        How many steps of each chain count, between 1 and T, in the shape of the axes in front of
        `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
        pieces to one length.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an input.
    workers : int, optional
        How many threads may share the chains; -1 is all cores. By default all cores this process
        may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, by default that of the first of them.

    Returns
    -------
    ndarray
        In the shape of `log_emission`; in float32, float64 or float16 where all arguments are, in
        float64 for int and bool, and for different ones in that which holds all.

    Raises
    ------
    TypeError
        For masked arrays, for CUDA arrays among others, for other dtypes, for an `out` of another
        dtype, for `lengths` that are no integers.
    ValueError
        For shapes that do not match, without states or steps, for `lengths` out of range (NaN on
        CUDA), for an `out` of another shape, or that overlaps an input, or is read-only. Nothing
        has been written to it then.

    Notes
    -----
    Special values: -inf is a probability of 0, wherever it stands. Where they make the observations
    impossible, the chain is NaN. Steps beyond the length of a chain are -inf. NaN or +inf among
    what counts makes the chain NaN.

    Error bound: 2 ulp of the exact value, however long the chain, but not less than 1e-25 for
    each step. Probabilities are carried with twice the digits and an exponent of their own. Of
    arguments beyond 1e15 in modulus only the size is right; beyond 1e289 they count as infinite.

    O(size K) time, with the size of `log_emission`; memory is O(size), for the
    forward pass; on CUDA also for that of the matrices, turned and as they are.

    Source: L. R. Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 77 (1989) 257-286.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> np.exp(nl.hmm_posterior(start, moves, seen)).round(6)
    array([[0.72327 , 0.27673 ],
           [0.591195, 0.408805],
           [0.371069, 0.628931]])
    """

def hmm_viterbi(
    log_initial: ArrayLike,
    log_transition: ArrayLike,
    log_emission: ArrayLike,
    *,
    lengths: ArrayLike | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[np.ndarray, Any]:
    """The most probable path through a hidden Markov model, and its log-probability.

    Parameters
    ----------
    log_initial : array_like
        The log-probabilities of the first state, of the shape (K,), or with the axes of the
        chains in front.
    log_transition : array_like
        The log-probabilities of moves, from the state of a row to that of a column: (K, K), or
        (T - 1, K, K) with a matrix for each step, or with the axes of the chains in front of the
        latter, (..., T - 1, K, K) or (..., 1, K, K).
    log_emission : array_like
        The log-likelihood of each observation under each state, (T, K), or (..., T, K) for many
        chains. T and K are at least 1. float16, float32, float64, int or bool, as the others;
        or all are CUDA arrays.
    lengths : array_like of int, optional
        How many steps of each chain count, between 1 and T, in the shape of the axes in front of
        `log_emission`; by default all. hmmlearn's `lengths` cut one long array instead: pad its
        pieces to one length.
    workers : int, optional
        How many threads may share the chains; -1 is all cores. By default all cores this process
        may run on where there is much to do, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, by default that of the first of them.

    Returns
    -------
    path : ndarray of int64
        The state at each step, in the shape of `log_emission` without its last axis; -1 beyond
        the length of a chain.
    value : ndarray or scalar
        log p(y_1..T, path), a number for each chain, in the dtype of `hmm_loglikelihood`.

    Raises
    ------
    TypeError
        For masked arrays, CUDA arrays among others, other dtypes, `lengths` that are no integers.
    ValueError
        For shapes that do not match, no states or steps, `lengths` out of range (NaN on CUDA).

    Notes
    -----
    Of paths of equal probability it is that with the lowest last state, and then the lowest
    state before each.

    Special values: -inf is a probability of 0, wherever it stands. Where no path is possible, the
    value is -inf, and NaN where NaN or +inf is among what counts; the path is of no meaning then.
    A path whose sum goes below the least double, -1.8e308, counts as impossible from there on, and
    a sum above the largest is inf.

    Error bound: 2 ulp of the exact value of the path, however long the chain, but not less than
    1e-31 of its largest partial sum for each step: logarithms are added in twice the digits.

    O(size K) time, with the size of `log_emission`; memory is O(size), for the way back.

    Source: A. J. Viterbi, "Error bounds for convolutional codes", IEEE Trans. Inf. Theory 13
    (1967) 260-269.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> start, moves = np.log([0.5, 0.5]), np.log([[0.9, 0.1], [0.2, 0.8]])
    >>> seen = np.log([[0.5, 0.1], [0.4, 0.3], [0.1, 0.6]])
    >>> path, value = nl.hmm_viterbi(start, moves, seen)
    >>> path, float(np.exp(value).round(6))
    (array([0, 0, 0]), 0.0081)
    """

def log1m_softmax(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """log(1 - softmax(x)) along an axis: the log-probability of not being each class.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: a single +inf gives the limit, -inf there and -0.0 elsewhere; two or more of
    +inf give NaN there and -0.0 elsewhere; -inf gives -0.0; a row of -inf, or with a NaN, gives
    NaN. One class gives -inf. Masked entries give -0.0.

    Error bound: 4 ulp. With m the maximum, S the sum of exp(x_j - m) and s that sum without the
    maximum's term, the value is log(s) - log(1 + s) at the maximum (through the second largest
    entry where s underflows) and -2 atanh(e / (2 S - e)), e = exp(x_i - m), elsewhere: nothing
    cancels. O(size) time, and no more memory than the result, in any layout that some order of the
    axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Complex numbers: complex64 (computed in complex128) and complex128 in their own type. Logarithms
    are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for the
    modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
    counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
    derivative by a complex step. Entries with a real part of -inf drop out.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax(np.array([-1000.0, -1000.0, 1000.0]))
    array([   -0.        ,    -0.        , -1999.30685282])
    >>> nl.log1m_softmax(np.array([0.0, 40.0]))
    array([-4.24835426e-18, -4.00000000e+01])
    """

def log1m_softmax_hvp(
    x: ArrayLike,
    g: ArrayLike | None,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of sum(g * log1m_softmax(x)), times t.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like or None
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x`, `g` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. With p the softmax and
    r = p / (1 - p) the odds it is the sum over l of p_j p_l (t_j - t_l) h_jl, where h_jl is the sum
    over i other than j and l of g_i r_i (r_i + 2), less g_j and g_l. The largest entry and the
    largest of the others are left out of the sums where they dominate them, so that an entry has
    its own digits beside entries that are e^700 times as likely. No finite `x` gives NaN or
    overflows.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 10 ulp of the sum over l of ``p_j p_l (|t_j| + |t_l|)`` times the sum of ``2
    |g_j|``, ``2 |g_l|`` and ``|g_i| r_i (r_i + 2)`` over the other i, for g and t as of
    `log1m_softmax_vjp` where neither they nor p t are subnormal. O(size) time, and no more memory
    than the result, in any layout that some order of the axes makes contiguous; otherwise pieces of
    `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x, t = np.array([1000.0, -1000.0, -1000.5]), np.array([0.0, 1.0, 0.0])
    >>> nl.log1m_softmax_hvp(x, None, t)
    array([ 0.        ,  0.23500371, -0.23500371])
    """

def log1m_softmax_jacobian(x: ArrayLike, axis: int = -1, *, stream: Any = None) -> np.ndarray:
    """The Jacobians of log1m_softmax: the derivative of each value with respect to each entry.

    Parameters
    ----------
    x : array_like
        Any shape; float16, float32, float64, int or bool. Or a CUDA array of Numba, CuPy or PyTorch,
        or with their interfaces: then the result is one, too.
    axis : int, optional
        The axis that a row runs along.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of `x` is working.

    Returns
    -------
    ndarray
        Of shape (..., n, n), the axes of `x` without `axis`, then i and j: dy_i / dx_j. float32 and
        float64 in the dtype of `x`, float16 in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

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

def log1m_softmax_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of log1m_softmax(x) along t.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    With p the softmax, r = p / (1 - p) the odds, k the dominant entry and q the softmax over the
    others it is p_k (U - t_k) at k and r_j (T - p_j t_j + p_k t_k) - p_j t_j elsewhere, U and T
    being the sums of q_i t_i and p_i t_i over i != k. No finite `x` gives NaN or overflows.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry. In
    a row of one class, whose value is the constant -inf, it is 0.

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax_jvp(np.array([1000.0, -1000.0, -1000.0]), np.array([0.0, 1.0, 3.0]))
    array([2., 0., 0.])
    """

def log1m_softmax_value_and_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: tuple[np.ndarray, np.ndarray] | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """log1m_softmax(x) and the gradient of sum(g * log1m_softmax(x)), in one pass over x.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : tuple of two ndarrays, optional
        Where to put the value and the gradient, each of the shape and dtype of the result.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    value, gradient : ndarray
        Each in the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: as `log1m_softmax` and `log1m_softmax_vjp`.

    Error bound: 4 ulp for the value, 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j
    for the gradient, as of `log1m_softmax_vjp`. O(size) time, and no more memory than the result,
    in any layout that some order of the axes makes contiguous; otherwise pieces of `x` are copied
    in turn.

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

def log1m_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * log1m_softmax(x)) with respect to x.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    With p the softmax, r = p / (1 - p) the odds, k the dominant entry and q the softmax over the
    others it is p_k (T - g_k) at k and p_j (T - g_j r_j - g_j) + g_k p_k q_j elsewhere, T being
    the sum of g_i r_i over i != k. No finite `x` gives NaN or overflows.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry. In
    a row of one class, whose value is the constant -inf, the gradient is 0.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j, for g of modulus up to
    2^20 (float32) or 2^30 (float64): above, the product with a p_j or q_j far below the smallest
    number of the dtype may be 0. O(size) time, and no more memory than the result, in any layout
    that some order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log1m_softmax_vjp(np.array([1000.0, -1000.0, -1000.5]), np.array([1.0, -0.5, 2.0]))
    array([-1.        ,  0.62245933,  0.37754067])
    """

def log_softmax(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """log(exp(x_i) / sum_j exp(x_j)) along an axis, to the last digits of a dominant class.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: a single +inf gives the limit, 0 there and -inf elsewhere; two or more of
    +inf give NaN there and -inf elsewhere; -inf gives -inf; a row of -inf, or with a NaN, gives
    NaN. One class gives 0. Masked entries give -inf.

    Error bound: 4 ulp: where one class dominates the result there is the tiny -exp(-gap), and not 0
    as from ``x - logsumexp(x)``. O(size) time, and no more memory than the result, in any layout
    that some order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Complex numbers: complex64 (computed in complex128) and complex128 in their own type. Logarithms
    are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for the
    modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
    counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
    derivative by a complex step. Entries with a real part of -inf drop out.

    Source: P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and
    softmax functions, IMA J. Numer. Anal. 41 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax(np.array([0.0, 40.0]))
    array([-4.00000000e+01, -4.24835426e-18])
    """

def log_softmax_jacobian(x: ArrayLike, axis: int = -1, *, stream: Any = None) -> np.ndarray:
    """The Jacobians of log_softmax: the derivative of each value with respect to each entry.

    Parameters
    ----------
    x : array_like
        Any shape; float16, float32, float64, int or bool. Or a CUDA array of Numba, CuPy or PyTorch,
        or with their interfaces: then the result is one, too.
    axis : int, optional
        The axis that a row runs along.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of `x` is working.

    Returns
    -------
    ndarray
        Of shape (..., n, n), the axes of `x` without `axis`, then i and j: dy_i / dx_j. float32 and
        float64 in the dtype of `x`, float16 in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

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

def log_softmax_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of log_softmax(x) along t: t - sum p_i t_i.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    At a dominant entry k it is computed as t_k (1 - p_k) - sum over the others, 1 - p_k being
    known to all digits.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax_jvp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-1.00000000e+00,  4.24835426e-18])
    """

def log_softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * log_softmax(x)) with respect to x.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    With p the softmax it is g - p sum(g); at a dominant entry k it is computed as
    g_k (1 - p_k) - p_k sum over the others, 1 - p_k being known to all digits.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.log_softmax_vjp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """

def logcumsumexp(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The running logsumexp: at each entry log(sum exp(x_j)) over it and those before it.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Entries follow
        each other in C order. Also the names of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: as `logsumexp` of the entries so far; so -inf up to the first that is not,
    +inf from the first +inf on, NaN from the first NaN on. Masked entries add nothing.

    Error bound: 8 ulp of the larger, in modulus, of the result and the largest entry so far,
    whatever the length. O(size) time, and no more memory than the result, in any layout that some
    order of the axes makes contiguous; otherwise pieces of `x` are copied in turn. The entries are
    taken one after the other, so this costs more than `logsumexp`, and only independent rows are
    shared among threads.

    Complex numbers: complex64 (computed in complex128) and complex128 in their own type. Logarithms
    are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for the
    modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
    counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
    derivative by a complex step. Entries with a real part of -inf drop out.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logcumsumexp(np.zeros(4))
    array([0.        , 0.69314718, 1.09861229, 1.38629436])
    """

def logcumsumexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of logcumsumexp(x) along t.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Entries follow
        each other in C order. Also the names of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `t`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    At entry i it is the sum over j <= i of t_j exp(x_j - y_i), y being the result of
    `logcumsumexp`: the mean of the `t` so far, weighted with the softmax over them.

    Special values: `t` does not count at entries of -inf and at masked entries; 0 up to the first
    that is neither; NaN from the first NaN or the second +inf on.

    Error bound: 8 ulp of the sum of the moduli of the terms t_j exp(x_j - y_i), whatever the
    length, for t of modulus up to 2^70 (float64; any in float32, which is computed in float64).
    O(size) time, and no more memory than the result, in any layout that some order of the axes
    makes contiguous; otherwise pieces of `x` are copied in turn. The entries are taken one after
    the other, and only independent rows are shared among threads; on CUDA a thread takes a row.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logcumsumexp_jvp(np.zeros(4), np.array([1.0, 0.0, 0.0, 0.0]))
    array([1.        , 0.5       , 0.33333333, 0.25      ])
    """

def logcumsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logcumsumexp(x)) with respect to x.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Entries follow
        each other in C order. Also the names of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    At entry i it is the sum over j >= i of g_j exp(x_i - y_j), y being the result of
    `logcumsumexp`.

    Special values: 0 at entries of -inf and at masked entries, where `g` counts all the same,
    since `logcumsumexp` has values there; NaN in a row with a NaN or with two or more of +inf. Of
    a single +inf the share is 1 from there on, that of the other entries 0.

    Error bound: 8 ulp of the sum of the moduli of the terms g_j exp(x_i - y_j), whatever the
    length, for g of modulus up to 2^70 (float64; any in float32, which is computed in float64).
    O(size) time, and no more memory than the result, in any layout that some order of the axes
    makes contiguous; otherwise pieces of `x` are copied in turn. Beside the result there is room
    for two numbers for each of 1024 entries, and for five of each 1024. The entries are taken one
    after the other, those of several blocks twice, and only independent rows are shared among
    threads; on CUDA a thread takes a row, and there is room for two numbers an entry.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logcumsumexp_vjp(np.zeros(4), np.array([0.0, 0.0, 0.0, 1.0]))
    array([0.25, 0.25, 0.25, 0.25])
    """

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

def logmeanexp(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(mean_j exp(x_j)) along an axis.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: as `logsumexp`; an empty axis, and one where everything is masked, give -inf,
    as the sum does: a group without members has no weight in a mixture. With a mask the mean is
    over the entries that are not masked.

    Error bound: 8 ulp of the larger, in modulus, of the result and the largest entry; a constant
    row gives that constant. O(size) time, and no more memory than the result, in any layout that
    some order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Complex numbers: complex64 (computed in complex128) and complex128 in their own type. Logarithms
    are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for the
    modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
    counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
    derivative by a complex step. Entries with a real part of -inf drop out.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logmeanexp(np.array([0.0, -1e-20])))
    -5e-21
    """

def logmeanexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logmeanexp(x) along t: that of `logsumexp`.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x` or `t`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: as `logsumexp_jvp`.

    Error bound: 8 ulp of the sum of the moduli of the terms p_j t_j. O(size) time, and no more
    memory than the result, in any layout that some order of the axes makes contiguous; otherwise
    pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logmeanexp_jvp(np.zeros(4), np.arange(4.0)))
    1.5
    """

def logmeanexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logmeanexp(x)) with respect to x: that of `logsumexp`.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x` without the axes, which may also be
        kept with length one; None means ones: then it is the gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 4 ulp. O(size) time, and no more memory than the result, in any layout that some
    order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logmeanexp_vjp(np.zeros(4))
    array([0.25, 0.25, 0.25, 0.25])
    """

def logsumexp(
    x: ArrayLike,
    axis: _Axis = -1,
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

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.
    b : array_like, optional
        Weights, which broadcast together with `x`; of any sign, or complex. Where a weight is 0 the
        entry is left out, even if it is NaN or inf. The dtype of the result is then that which
        NumPy gives `x` and `b` together.
    return_sign : bool, optional
        Return the logarithm of the modulus of the sum, and its sign.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.
    sign : ndarray or scalar
        Only with `return_sign`: 1.0, 0.0 or -1.0 (NaN for NaN), in the shape and dtype of the
        result; of complex numbers the sum over its modulus, complex beside a real result.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: -inf for an empty axis, for a row of -inf and where everything is masked;
    +inf if there is one; NaN if there is one. Without `return_sign` a negative sum is NaN.

    Error bound: 4 ulp of the larger, in modulus, of the result and the largest entry (a result near
    0 is ill-conditioned); with weights the largest of x_j + log abs(b_j). The sign is exact. Both
    hold as long as terms of different sign, when they cancel, leave 2^-50 of the sum of their
    moduli. O(size) time, and no more memory than the result, in any layout that some order of the
    axes makes contiguous; otherwise pieces of `x` are copied in turn. With weights the terms are
    computed one by one, in float64.

    Complex numbers: complex64 (computed in complex128) and complex128 in their own type. Logarithms
    are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for the
    modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
    counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
    derivative by a complex step. Entries with a real part of -inf drop out.

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

def logsumexp_excluding_max(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(sum_j exp(x_j)) along an axis without the first maximum of each row.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: -inf where nothing is left; with a single +inf the result of the rest, with
    two or more +inf; NaN if there is one.

    Error bound: 4 ulp of the larger, in modulus, of the result and the largest entry of the sum.
    O(size) time, and no more memory than the result, in any layout that some order of the axes
    makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logsumexp_excluding_max(np.array([1000.0, -1000.0, -1000.0])))
    -999.3068528194401
    """

def logsumexp_excluding_max_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logsumexp_excluding_max(x) along t: sum q_j t_j.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x` or `t`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

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

def logsumexp_excluding_max_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logsumexp_excluding_max(x)): g times the softmax over the others.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x` without the axes, which may also be
        kept with length one; None means ones: then it is the gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Exactly 0 at the first maximum of each row, which is left out.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.
    That is said of the entries which are left: of +inf, too, one is left out.

    Error bound: 4 ulp. O(size) time; pieces of `x` without their maxima are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logsumexp_excluding_max_vjp(np.array([-1000.0, 1000.0, -1000.0]))
    array([0.5, 0. , 0.5])
    """

def logsumexp_hvp(
    x: ArrayLike,
    g: ArrayLike | None,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of sum(g * logsumexp(x)), times t: g p (t - sum p_i t_i), p the softmax.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like or None
        The cotangent, of a shape that broadcasts to that of `x` without the axes, which may also be
        kept with length one; None means ones: then it is the gradient of the sum.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `t`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    At a dominant entry k it is computed as p_k (t_k (1 - p_k) - sum over the others), 1 - p_k
    being known to all digits. With a `g` of None it is `softmax_vjp` with t for the cotangent.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the sum of the moduli of the terms g p_j (1 - p_j) t_j and g p_j p_i t_i.
    O(size) time, and no more memory than the result, in any layout that some order of the axes
    makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logsumexp_hvp(np.array([0.0, 40.0]), 2.0, np.array([0.0, 1.0]))
    array([-8.49670851e-18,  8.49670851e-18])
    """

def logsumexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logsumexp(x) along t: sum p_j t_j with p the softmax.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x` or `t`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: `t` does not count at entries of -inf and at masked entries; 0 where there are
    no others; NaN in a row with a NaN or with two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms p_j t_j. O(size) time, and no more
    memory than the result, in any layout that some order of the axes makes contiguous; otherwise
    pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logsumexp_jvp(np.array([0.0, 40.0]), np.array([1.0, 0.0])))
    4.248354255291589e-18
    """

def logsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logsumexp(x)) with respect to x: g times the softmax.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x` without the axes, which may also be
        kept with length one; None means ones: then it is the gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 4 ulp. O(size) time, and no more memory than the result, in any layout that some
    order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logsumexp_vjp(np.array([[0.0, 0.0], [0.0, 40.0]]), np.array([1.0, 2.0]))
    array([[5.00000000e-01, 5.00000000e-01],
           [8.49670851e-18, 2.00000000e+00]])
    """

def logvarexp(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """log(var_j exp(x_j)) along an axis, the variance being the mean of squared deviations.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

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
    their variance. O(size) time, and no more memory than the result, in any layout that some order
    of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> float(nl.logvarexp(np.log([1.0, 2.0, 6.0])))
    1.5404450409471488
    >>> float(nl.logvarexp(np.array([0.0, 1e-12])))
    -56.64833659297599
    """

def logvarexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of logvarexp(x) along t: the sum of t times the gradient of the value.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x` or `t`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of `x` without the axes; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: as `logvarexp_vjp`; tangents at entries of -inf do not count.

    Error bound: 8 ulp of the sum of the moduli of the terms, each of them t_j times what
    `logvarexp_vjp` names. O(size) time, and no more memory than the result, in any layout that some
    order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> round(float(nl.logvarexp_jvp(np.log([1.0, 2.0, 6.0]), np.array([0.0, 0.0, 1.0]))), 8)
    2.57142857
    """

def logvarexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * logvarexp(x)): 2 g e d / sum(d^2), e = exp(x), d = e - mean(e).

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x` without the axes, which may also be
        kept with length one; None means ones: then it is the gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: 0 at entries of -inf, which count for the mean, and at masked entries, which do
    not; 0 in a row without variance, whose value is -inf; NaN in a row with a NaN or with two or
    more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the moduli of 2 g e_j e_j / s and 2 g e_j mean(e) / s together, s being
    the sum of squares. Where the mean is above half of the largest entry, what both lack to that
    counts instead of e_j and the mean, so entries that differ in their last digits have all digits
    of their gradient. Nothing is promised where these moduli overflow. O(size) time, and no more
    memory than the result, in any layout that some order of the axes makes contiguous; otherwise
    pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.logvarexp_vjp(np.log([1.0, 2.0, 6.0]))
    array([-0.28571429, -0.28571429,  2.57142857])
    >>> nl.logvarexp_vjp(np.array([0.0, 1e-12]))
    array([-2.e+12,  2.e+12])
    """

def loo_logsumexp(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The leave-one-out logsumexp: at each entry log(sum exp(x_j)) over all the others.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: +inf gives +inf everywhere, except that at a single +inf the result is that
    of the rest; a row with a NaN gives NaN; one class gives -inf. A masked entry is no part of
    any sum; the result there is the logsumexp of the entries that are not masked.

    Error bound: 8 ulp of the larger, in modulus, of the result and the largest entry of the sum (a
    sum near 0 is ill-conditioned). O(size) time, and no more memory than the result, in any layout
    that some order of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.loo_logsumexp(np.array([0.0, -5.0, -40.0]))
    array([-5.00000000e+00,  4.24835426e-18,  6.71534849e-03])
    """

def loo_logsumexp_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of loo_logsumexp(x) along t.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    At each entry it is the mean of `t` over all the others, weighted with the softmax over them.

    Special values: at entries of -inf and at masked entries `t` does not count, and the result is
    the derivative of `logsumexp` over the others, as the value there; 0 where no others are;
    NaN in a row with a NaN or with two or more of +inf.

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.loo_logsumexp_jvp(np.array([1000.0, -1000.0, -1000.0]), np.array([7.0, 1.0, 3.0]))
    array([2., 7., 7.])
    """

def loo_logsumexp_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * loo_logsumexp(x)) with respect to x.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    With e_i = exp(x_i - max(x)), S their sum, k the dominant entry and q the softmax over the
    others it is T at k and e_j (T - g_j / (S - e_j)) + g_k q_j elsewhere, T being the sum of
    g_i / (S - e_i) over i != k. An entry does not depend on its own x.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.
    The cotangents at entries of -inf count, since their values depend on the others; those at
    masked entries do not.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.loo_logsumexp_vjp(np.array([1000.0, -1000.0, -1000.0]), np.array([1.0, 0.0, 0.0]))
    array([0. , 0.5, 0.5])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    The log-probabilities that the alternatives of each choice set are not chosen.

    Special values: as of `log1m_softmax`, -0 at an entry of -inf, -inf at the only entry of a
    segment, NaN in a segment where all are -inf, or with a NaN.

    Error bound: 4 ulp. O(size) time. Where ids never decrease or offsets are given, and `x` is
    contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log1m_softmax([0.0, 800.0, 5.0], [0, 0, 1])
    array([  -0., -800.,  -inf])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    As `log1m_softmax_vjp` in each segment: no finite `x` gives NaN or overflows.

    Special values: 0 at entries of -inf, and at the only entry of a segment; NaN in a segment with
    a NaN.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j, for g of modulus up to
    2^20 (float32) or 2^30 (float64). O(size) time. Where ids never decrease or offsets are given,
    and `x` is contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log1m_softmax_vjp([1e3, -1e3, -1e3], offsets=[0, 3])
    array([-1. ,  0.5,  0.5])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    The log-probabilities of the alternatives of each choice set.

    Special values: as of `log_softmax`, -inf at an entry of -inf, NaN in a segment where all are
    -inf, or with a NaN.

    Error bound: 4 ulp. O(size) time. Where ids never decrease or offsets are given, and `x` is
    contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log_softmax([0.0, 40.0, 5.0], [0, 0, 1])
    array([-4.00000000e+01, -4.24835426e-18,  0.00000000e+00])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    With p the softmax of a segment it is g - p sum(g), as in `log_softmax_vjp`: with a g of 1 at
    what is chosen, and 0 elsewhere, the score of a conditional logit.

    Special values: 0 at entries of -inf, whose g does not count; NaN in a segment with a NaN.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time. Where
    ids never decrease or offsets are given, and `x` is contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_log_softmax_vjp([0.0, 40.0, 5.0], [0.0, 1.0, 1.0], [0, 0, 1])
    array([-4.24835426e-18,  4.24835426e-18,  0.00000000e+00])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap `x`.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        A number for each segment, in the first axis; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    Special values: as of `logsumexp`, -inf for an empty segment and where all entries are -inf,
    +inf for one with +inf, NaN for one with NaN.

    Error bound: 4 ulp of the larger, in modulus, of the result and the largest entry of the
    segment. O(size) time. Where ids never decrease or offsets are given, and `x` is contiguous with
    one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_logsumexp([0.0, 0.0, 1e3, 1e3], [0, 2, 0, 2])
    array([1000.,  -inf, 1000.])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of the result of `segment_logsumexp`; None
        means ones: then it is the gradient of the sum.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    It is g times the softmax of each segment.

    Special values: 0 at entries of -inf; NaN in a segment with a NaN.

    Error bound: 4 ulp. O(size) time. Where ids never decrease or offsets are given, and `x` is
    contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_logsumexp_vjp([0.0, 0.0, 5.0], [1.0, 2.0], [0, 0, 1])
    array([0.5, 0.5, 2. ])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    The probabilities of the alternatives of each choice set.

    Special values: as of `softmax`, 0 at an entry of -inf, NaN in a segment where all are -inf, or
    with a NaN.

    Error bound: 4 ulp. O(size) time. Where ids never decrease or offsets are given, and `x` is
    contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_softmax([0.0, 0.0, 5.0], offsets=[0, 2, 3])
    array([0.5, 0.5, 1. ])
    """

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

    Parameters
    ----------
    x : array_like
        Of one axis or more, with the segments along the first; the columns of further axes are
        segments of their own. float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the result, and ids or offsets that would raise for their numbers make it NaN.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    segment_ids : array_like of int, optional
        The segment of each entry of the first axis, from 0 on, in any order. There are as many
        segments as the largest id says, and memory for each of them.
    offsets : array_like of int, optional
        Instead of `segment_ids`: where segments begin and end. Segment r is ``x[offsets[r] :
        offsets[r + 1]]``, which may be empty; the first is 0, the last ``len(x)``.
    num_segments : int, optional
        Beside `segment_ids`: how many segments there are, by default the largest id and one. Of CUDA
        arrays it must be given.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        Where both or neither of `segment_ids` and `offsets` are given, for ones that are no ints, for
        `num_segments` beside `offsets`, for masked arrays, for other dtypes, for an `out` of another
        dtype, for CUDA arrays among others.
    ValueError
        For ids that are negative, not below `num_segments` or too large for memory, for offsets that
        do not begin with 0, decrease, or do not end with the length of `x`, for shapes that do not
        fit, for an `out` of another shape, or that overlaps an input, or is read-only. Nothing has been
        written then.

    Notes
    -----
    With p the softmax of a segment it is p (g - sum p_i g_i), as in `softmax_vjp`.

    Special values: 0 at entries of -inf; NaN in a segment with a NaN.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time. Where
    ids never decrease or offsets are given, and `x` is contiguous with one axis, nothing is copied.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.segment_softmax_vjp([0.0, 40.0, 5.0], [0.0, 1.0, 1.0], [0, 0, 1])
    array([-4.24835426e-18,  4.24835426e-18,  0.00000000e+00])
    """

class set_workers:
    """Set the number of threads that calls use by default, for good or for a ``with`` block.

    Parameters
    ----------
    workers : int
        How many threads may share one call. Negative numbers count back from the number of
        cores this process may run on: -1 is all of them.

    Raises
    ------
    TypeError, ValueError
        Where `workers` is not such a number.

    Notes
    -----
    ``set_workers(2)`` holds from there on; the end of ``with set_workers(2):`` brings back what was
    set before. The setting belongs to the current context (thread or asyncio task), as does that
    of `decimal.setcontext`: it does not carry over to the threads of a pool or to other processes,
    which begin with the default and may have a setting of their own. It is limited by
    ``NUMBA_NUM_THREADS``.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> with nl.set_workers(2):
    ...     y = nl.softmax(np.zeros((1000, 1000)))
    """

    def __init__(self, workers: int) -> None: ...
    def __enter__(self) -> None:
        """Begin the block, for which it holds."""

    def __exit__(self, *error: object) -> None:
        """Bring back what was set before."""

def sigmoid_binary_cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-t log sigmoid(x) - (1 - t) log(1 - sigmoid(x)) of each entry: logits x, targets t.

    Parameters
    ----------
    logits : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the results, and what would raise for a target or a weight makes its loss NaN.
    targets : array_like
        Numbers in [0, 1], of a shape that broadcasts to that of `logits`.
    pos_weight : array_like, optional
        What the targets are multiplied with, >= 0, of a shape that broadcasts to that of `logits`.
    weights : array_like, optional
        A weight >= 0 for each entry, of a shape that broadcasts to that of `logits`; None means ones.
        An entry of weight 0 does not count: its results are 0, whatever its logit is. Its target is
        checked like that of any other.
    where : array_like of bool, optional
        Which entries count, of a shape that broadcasts to that of `logits`; the results of the others
        are 0, whatever they hold, and they count in no mean.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        The losses, in the shape of `logits`, or one number; float32 and float64 in the dtype of
        `logits`, float16 (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for CUDA arrays among others, for tensors that ask for
        derivatives.
    ValueError
        For targets outside [0, 1], for weights that are negative, infinite (also as float32, where the
        losses are computed in it) or NaN; for shapes that do not fit, for an unknown reduction, for a
        mean of nothing or of weights that are all 0.

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

def sigmoid_binary_cross_entropy_hvp(
    logits: ArrayLike,
    targets: ArrayLike,
    t: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `sigmoid_binary_cross_entropy` in the logits x, times t: it is diagonal.

    Parameters
    ----------
    logits : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the results, and what would raise for a target or a weight makes its loss NaN.
    targets : array_like
        Numbers in [0, 1], of a shape that broadcasts to that of `logits`.
    t : array_like
        The tangent, of a shape that broadcasts to that of `logits`.
    pos_weight : array_like, optional
        What the targets are multiplied with, >= 0, of a shape that broadcasts to that of `logits`.
    weights : array_like, optional
        A weight >= 0 for each entry, of a shape that broadcasts to that of `logits`; None means ones.
        An entry of weight 0 does not count: its results are 0, whatever its logit is. Its target is
        checked like that of any other.
    where : array_like of bool, optional
        Which entries count, of a shape that broadcasts to that of `logits`; the results of the others
        are 0, whatever they hold, and they count in no mean.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the product, of its shape and dtype. It may be `logits` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `logits`; float32 and float64 in the dtype of `logits`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for CUDA arrays among others, for tensors that ask for
        derivatives.
    ValueError
        For targets outside [0, 1], for weights that are negative, infinite (also as float32, where the
        losses are computed in it) or NaN; for shapes that do not fit, for an unknown reduction, for a
        mean of nothing or of weights that are all 0, for an
        `out` of another shape, or that overlaps an input in part.

    Notes
    -----
    It is (1 - m + q m) logistic(x) logistic(-x) t, with m the target and q its ``pos_weight``:
    without that the targets do not matter. With a reduction it is that of the sum, or of the mean,
    of all entries.

    Special values: 0 at an infinite logit, NaN at one of NaN; 0 at an entry of weight 0.

    Error bound: 8 ulp, where no product of some of the factors is subnormal or overflows. O(size)
    time, and no more memory than the result, in any layout that some order of the axes makes
    contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.sigmoid_binary_cross_entropy_hvp(np.array([40.0, -40.0, 0.0]), [0, 1, 1], np.ones(3))
    array([4.24835426e-18, 4.24835426e-18, 2.50000000e-01])
    """

def sigmoid_binary_cross_entropy_value_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    *,
    pos_weight: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`sigmoid_binary_cross_entropy` and its gradient sigmoid(x) - t in the logits, in one pass.

    Parameters
    ----------
    logits : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the results, and what would raise for a target or a weight makes its loss NaN.
    targets : array_like
        Numbers in [0, 1], of a shape that broadcasts to that of `logits`.
    pos_weight : array_like, optional
        What the targets are multiplied with, >= 0, of a shape that broadcasts to that of `logits`.
    weights : array_like, optional
        A weight >= 0 for each entry, of a shape that broadcasts to that of `logits`; None means ones.
        An entry of weight 0 does not count: its results are 0, whatever its logit is. Its target is
        checked like that of any other.
    where : array_like of bool, optional
        Which entries count, of a shape that broadcasts to that of `logits`; the results of the others
        are 0, whatever they hold, and they count in no mean.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the gradient, of its shape and dtype. It may be `logits` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    loss : ndarray or scalar
        As of the loss alone.
    gradient : ndarray
        The derivative of the sum of the losses returned with respect to `logits`, in their shape; for
        the mean that of the mean.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for CUDA arrays among others, for tensors that ask for
        derivatives.
    ValueError
        For targets outside [0, 1], for weights that are negative, infinite (also as float32, where the
        losses are computed in it) or NaN; for shapes that do not fit, for an unknown reduction, for a
        mean of nothing or of weights that are all 0, for an
        `out` of another shape, or that overlaps an input in part.

    Notes
    -----
    Special values: as `sigmoid_binary_cross_entropy`; where that is inf the gradient is finite.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms (1 - t) sigmoid(x)
    and q t sigmoid(-x) for the gradient, q being `pos_weight`; of what is weighted where that is
    subnormal. O(size) time, and no more memory than the result, in any layout that some order of
    the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x = np.array([40.0, -40.0])
    >>> loss, gradient = nl.sigmoid_binary_cross_entropy_value_and_grad(x, [1, 0])
    >>> gradient
    array([-4.24835426e-18,  4.24835426e-18])
    """

def softmax(
    x: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """exp(x_i) / sum_j exp(x_j) along an axis, small entries included.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    Special values: a single +inf gives the limit, 1 there and 0 elsewhere; two or more of +inf
    give NaN there and 0 elsewhere; -inf gives 0; a row of -inf, or with a NaN, gives NaN. One
    class gives 1. Masked entries give 0. Equal entries get equal results, bit for bit.

    Error bound: 4 ulp, also for results that are subnormal. O(size) time, and no more memory than
    the result, in any layout that some order of the axes makes contiguous; otherwise pieces of `x`
    are copied in turn.

    Complex numbers: complex64 (computed in complex128) and complex128 in their own type. Logarithms
    are principal values, with an imaginary part in (-pi, pi]. The same bound then holds for the
    modulus of the error, where terms of different phase leave the sum of their moduli: what cancels
    counts relative to that. A tiny imaginary part h keeps its digits, to 1e-15: over h it is the
    derivative by a complex step. Entries with a real part of -inf drop out.

    Source: P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and
    softmax functions, IMA J. Numer. Anal. 41 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax(np.array([0.0, 1.0, -740.0]))
    array([2.68941421e-001, 7.31058579e-001, 1.13635099e-322])
    """

def softmax_binary_cross_entropy(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """-sum_k [M_k log P_k + (1 - M_k) log(1 - P_k)], P the softmax of the logits.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    targets : array_like
        Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
        axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
        axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
        or array of scipy.sparse beside logits of two axes, of their shape.
    axis : int, optional
        The axis of the classes.
    weights : array_like, optional
        A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
        A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
        checked like that of any other.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        The losses, in the shape of `logits` without the axis, or one number; float32 and float64 in
        the dtype of `logits`, float16 (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For labels that are no class, targets outside [0, 1], weights that are negative, infinite
        (also as float32, where the losses are computed in it) or NaN: naming the first bad row; for
        shapes that do not fit, for an unknown reduction, for a mean of nothing or of weights that
        are all 0.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

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

def softmax_binary_cross_entropy_hvp(
    logits: ArrayLike,
    targets: ArrayLike,
    t: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The Hessian of `softmax_binary_cross_entropy` in the logits, times t.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    targets : array_like
        Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
        axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
        axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
        or array of scipy.sparse beside logits of two axes, of their shape.
    t : array_like
        The tangent, of a shape that broadcasts to that of `logits`.
    axis : int, optional
        The axis of the classes.
    weights : array_like, optional
        A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
        A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
        checked like that of any other.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the product, of its shape and dtype. It may be `logits` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `logits`; float32 and float64 in the dtype of `logits`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For labels that are no class, targets outside [0, 1], weights that are negative, infinite
        (also as float32, where the losses are computed in it) or NaN: naming the first bad row; for
        shapes that do not fit, for an unknown reduction, for a mean of nothing or of weights that
        are all 0, for an `out` of another shape, or that overlaps an input in part.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

    Notes
    -----
    For `hessp` of scipy.optimize's Newton-CG, trust-ncg and trust-krylov. It is that of
    `cross_entropy_hvp` and that of `complement_cross_entropy_hvp` with weights 1 - M, in one pass.
    It need not be positive definite.

    Special values: as `log1m_softmax_hvp`; 0 in a row of weight 0.

    Error bound: 10 ulp of the sum of what both are relative to; of that before it is weighted where
    it is subnormal. O(size) time, and no more memory than the result, in any layout that some order
    of the axes makes contiguous; otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> logits, t = np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 0.0, 0.0]])
    >>> nl.softmax_binary_cross_entropy_hvp(logits, [2], t)
    array([[ 0.14078162, -0.06609913, -0.07468249]])
    """

def softmax_binary_cross_entropy_value_and_grad(
    logits: ArrayLike,
    targets: ArrayLike,
    axis: int = -1,
    *,
    weights: ArrayLike | None = None,
    where: ArrayLike | None = None,
    reduction: _Reduction = "none",
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, np.ndarray]:
    """`softmax_binary_cross_entropy` and its gradient in the logits, in one pass over them.

    Parameters
    ----------
    logits : array_like
        Of one axis or more; float16, float32, float64, int or bool, of any strides and byte order. An
        entry of -inf is a class that cannot be. Or a CUDA array of Numba, CuPy or PyTorch, or with
        their interfaces: then all arrays are, also the results, and what would raise for a target or a
        weight makes its row NaN. Or a DataFrame or DataArray: then the results have its labels; or an
        array of Dask: then they are lazy.
    targets : array_like
        Either the class of each row, whole numbers of any dtype in the shape of `logits` without the
        axis, which may also be kept with length one; or a number in [0, 1] for each class, with as many
        axes as `logits`, of which the others than that of the classes may have length one. Or a matrix
        or array of scipy.sparse beside logits of two axes, of their shape.
    axis : int, optional
        The axis of the classes.
    weights : array_like, optional
        A weight >= 0 for each row, of a shape that broadcasts to that of the losses; None means ones.
        A row of weight 0 does not count: its results are 0, whatever its logits are. Its target is
        checked like that of any other.
    where : array_like of bool, optional
        Which rows count, of a shape that broadcasts to that of the losses; the results of the others
        are 0, whatever they hold, and they count in no mean. Of labels that are -1 where they are
        missing it is ``labels >= 0``.
    reduction : {"none", "sum", "mean"}, optional
        The weighted losses themselves, their sum, or that over the sum of the weights.
    out : ndarray, optional
        Where to put the gradient, of its shape and dtype. It may be `logits` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    loss : ndarray or scalar
        As of the loss alone.
    gradient : ndarray
        The derivative of the sum of the losses returned with respect to `logits`, in their shape; for
        the mean that of the mean.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for an `axis` that is not an int, for CUDA arrays among
        others.
    ValueError
        For labels that are no class, targets outside [0, 1], weights that are negative, infinite
        (also as float32, where the losses are computed in it) or NaN: naming the first bad row; for
        shapes that do not fit, for an unknown reduction, for a mean of nothing or of weights that
        are all 0, for an `out` of another shape, or that overlaps an input in part.
    numpy.exceptions.AxisError
        For an axis that `logits` does not have.

    Notes
    -----
    Special values: as `softmax_binary_cross_entropy`, `log_softmax_vjp` and `log1m_softmax_vjp`.

    Error bound: 4 ulp for the loss, 8 ulp of the sum of the moduli of the terms M_i d log P_i /
    dx_j and (1 - M_i) d log(1 - P_i) / dx_j for the gradient. O(size) time, and no more memory than
    the result, in any layout that some order of the axes makes contiguous; otherwise pieces of `x`
    are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> x = np.array([[1000.0, -1000.0, -1000.0]])
    >>> loss, gradient = nl.softmax_binary_cross_entropy_value_and_grad(x, [1])
    >>> gradient
    array([[ 2. , -1.5, -0.5]])
    """

def softmax_jvp(
    x: ArrayLike,
    t: ArrayLike,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The derivative of softmax(x) along t: p (t - sum p_i t_i).

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    t : array_like
        The tangent, of a shape that broadcasts to that of `x`.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `t` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    The Jacobian is symmetric, so this is `softmax_vjp` with `t` for the cotangent.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the sum of the moduli of the terms dy_i / dx_j t_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax_jvp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """

def softmax_vjp(
    x: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> np.ndarray:
    """The gradient of sum(g * softmax(x)) with respect to x.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte
        order. Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays
        are, also the result. Or a DataFrame, Series or DataArray: then the result has its labels; or an
        array of Dask: then it is lazy.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of `x`; None means ones: then it is the
        gradient of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row runs along; None is all of them. Also the names
        of dimensions of a DataArray.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
        as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It may be `x` or `g` itself.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray
        In the shape of `x`; float32 and float64 in the dtype of `x`, float16
        (computed in float32) in float16, int and bool in float64.

    Raises
    ------
    TypeError
        For masked arrays, for other dtypes, for quantities with a unit, for an `out` of another dtype,
        for CUDA arrays among others.
    ValueError
        For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
        input, or is read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` does not have.

    Notes
    -----
    With p the softmax it is p (g - sum p_i g_i); at a dominant entry k it is computed as
    p_k (g_k (1 - p_k) - sum over the others), 1 - p_k being known to all digits. The Jacobian is
    symmetric, so `softmax_jvp` is the same.

    Special values: 0 at entries of -inf and at masked entries, which are treated as absent; NaN in
    a row with a NaN or with two or more of +inf. A single +inf is the limit of a dominant entry.

    Error bound: 8 ulp of the sum of the moduli of the terms g_i dy_i / dx_j. O(size) time, and no
    more memory than the result, in any layout that some order of the axes makes contiguous;
    otherwise pieces of `x` are copied in turn.

    Examples
    --------
    >>> import numpy as np
    >>> import numba_logspace as nl
    >>> nl.softmax_vjp(np.array([0.0, 40.0]), np.array([0.0, 1.0]))
    array([-4.24835426e-18,  4.24835426e-18])
    """

def weighted_logsumexp_jvp(
    x: ArrayLike,
    b: ArrayLike,
    t: ArrayLike | None,
    s: ArrayLike | None,
    axis: _Axis = -1,
    *,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    out: np.ndarray | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> Any:
    """The derivative of log abs(sum_j b_j exp(x_j)) along t in x and s in b.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the results.
    b : array_like
        Weights of any sign, which broadcast together with `x`.
    t, s : array_like or None
        The tangents, of shapes that broadcast to those of `x` and of `b`; one of them may be None:
        then its argument does not change.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row of `x` and `b` together runs along; None is all
        of them.
    keepdims : bool, optional
        Keep the reduced axes in the result, with length one.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x` and `b` together; the
        others are treated as absent.
    out : ndarray, optional
        Where to put the result, of its shape and dtype. It must not overlap an argument.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    ndarray or scalar
        In the shape of the value and in its dtype, which is that of `logsumexp` with `b`. It is
        computed in float64.

    Raises
    ------
    TypeError
        For masked and complex arrays, for other dtypes, for quantities with a unit, for an `out` of
        another dtype, for CUDA arrays among others, where both tangents are None.
    ValueError
        For shapes that do not fit, for an `out` of another shape, or that overlaps an argument, or is
        read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` and `b` together do not have.

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

def weighted_logsumexp_vjp(
    x: ArrayLike,
    b: ArrayLike,
    g: ArrayLike | None = None,
    axis: _Axis = -1,
    *,
    where: ArrayLike | None = None,
    out: tuple[np.ndarray, np.ndarray] | None = None,
    workers: int | None = None,
    stream: Any = None,
) -> tuple[Any, Any]:
    """The gradients of sum(g * log abs(sum_j b_j exp(x_j))) with respect to x and to b.

    Parameters
    ----------
    x : array_like
        Any shape, also a number; float16, float32, float64, int or bool, of any strides and byte order.
        Or a CUDA array of Numba, CuPy or PyTorch, or with their interfaces: then all arrays are, also
        the results.
    b : array_like
        Weights of any sign, which broadcast together with `x`.
    g : array_like, optional
        The cotangent, of a shape that broadcasts to that of the value, whose axes may also be kept
        with length one; None means ones: then they are the gradients of the sum.
    axis : int, tuple of int or None, optional
        The axis, or axes taken together, that a row of `x` and `b` together runs along; None is all
        of them.
    where : array_like of bool, optional
        Which entries take part, of a shape that broadcasts to that of `x` and `b` together; the
        others are treated as absent.
    out : tuple of two ndarrays, optional
        Where to put the gradients, each of its own shape and dtype.
    workers : int, optional
        How many threads may share the work; -1 is all cores. By default all cores this process may
        run on where the array is large, but never more than ``NUMBA_NUM_THREADS``.
    stream : CUDA stream or int, optional
        For CUDA arrays alone: the stream to work on, of any library, or its address. By default that
        on which the library of the first array is working.

    Returns
    -------
    x_gradient, b_gradient : ndarray or scalar
        In the shapes of `x` and of `b`, summed over the axes along which they are broadcast; each
        float32 or float64 in the dtype of its argument, float16 in float16, int and bool in
        float64. All are computed in float64.

    Raises
    ------
    TypeError
        For masked and complex arrays, for other dtypes, for quantities with a unit, for an `out` of
        another dtype, for CUDA arrays among others.
    ValueError
        For shapes that do not fit, for an `out` of another shape, or that overlaps an argument, or is
        read-only. Nothing has been written to it then.
    numpy.exceptions.AxisError
        For an axis that `x` and `b` together do not have.

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
