"""Ufuncs from formulas: broadcasting, out=, where=, reduce, and calls from users' jitted code."""

import threading

import numpy as np
from numba import types
from numba.np.ufunc.dufunc import DUFunc

from . import _layout
from ._jit import cache_for
from ._simd import always_inline

# Several threads may be the first to call.
_compiling = threading.RLock()

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_NAMES = {1: "x", 2: "xy", 3: "txy"}


def _loop_body(formula, inputs):
    # Without always_inline LLVM may call the larger formulas from the loop instead of making
    # vector code of them.

    def of_one(x):
        always_inline()
        return formula(x)

    def of_two(x, y):
        always_inline()
        return formula(x, y)

    def of_three(t, x, y):
        always_inline()
        return formula(t, x, y)

    body = {1: of_one, 2: of_two, 3: of_three}[inputs]
    body.__name__ = body.__qualname__ = formula.__name__
    return body


class Ufunc(DUFunc):
    """A ufunc with loops for float32 and float64, compiled when it is first used.

    The order of its loops is how NumPy decides between them, so both are always there, in this
    order; Numba alone would add a loop for whatever types come first.
    """

    def __init__(self, formula, inputs, doc):
        body = _loop_body(formula, inputs)
        super().__init__(body, identity="reorderable")
        self._dispatcher.cache = cache_for(body)
        self.__doc__ = doc

    def _ready(self):
        if self._frozen:
            return
        with _compiling:
            if not self._frozen:
                for kind in (types.float32, types.float64):
                    self._compile_for_argtys((kind,) * self.nin)
                self.disable_compile()

    def _type_me(self, argtys, kwtys):
        self._ready()
        return super()._type_me(argtys, kwtys)

    def __call__(self, *args, out=None, where=True, **options):
        """Apply the formula; int and bool in float64, float16 by way of float32."""
        self._ready()
        if isinstance(out, tuple) and len(out) == 1:
            out = out[0]
        if len(args) == self.nin + 1 and out is None:
            *args, out = args
        if len(args) != self.nin:
            raise TypeError(f"{self.__name__}() takes {self.nin} arguments and out")
        operands = [_operand(x, name) for x, name in zip(args, _NAMES[self.nin])]
        arrays = [x for x in args if hasattr(x, "dtype")]
        half = bool(arrays) and all(x.dtype == np.float16 for x in arrays)
        half = half and "dtype" not in options
        with np.errstate(all="ignore"):
            if where is True and not half and (out is None or _alike(out, operands)):
                return self.ufunc(*operands, out=out, **options)
            # NumPy refuses a mask with an out for ufuncs made by Numba, whose loops besides take
            # an out to be contiguous wherever the inputs are.
            result = self.ufunc(*operands, **options)
            if out is None:
                return result.astype(np.float16) if half else result
            np.copyto(out, result, where=where, casting="same_kind")
            return out

    def outer(self, x, y, **options):
        """Apply the formula to all pairs of an entry of x and one of y."""
        x, y = (a if isinstance(a, np.ma.MaskedArray) else np.asarray(a) for a in (x, y))
        return self(x.reshape(x.shape + (1,) * y.ndim), y, **options)


def _alike(out, operands):
    # Whether all are C-contiguous and of one shape.
    if not isinstance(out, np.ndarray):
        return True  # refused by NumPy
    arrays = [out, *(x for x in operands if isinstance(x, np.ndarray))]
    return all(x.flags.c_contiguous and x.shape == out.shape for x in arrays)


def _operand(x, name):
    # x in one of the two dtypes that have loops; Python numbers keep adapting to the others.
    if type(x) is not np.ndarray and _layout.is_on_cuda(x):
        _layout.as_array(x, name)
    dtype = getattr(x, "dtype", None)  # None is equal to float64, says NumPy
    if isinstance(x, (float, int)) or (dtype is not None and dtype in _FLOATS):
        if isinstance(x, np.ma.MaskedArray):
            _layout.as_array(x, name)
        return float(x) if isinstance(x, int) else x
    if not isinstance(x, (np.ndarray, np.generic)) and hasattr(x, "__array_ufunc__"):
        return x  # a container of its own kind takes over
    array, dtype, _ = _layout.as_array(x, name)
    return array.astype(dtype, copy=False)


def _with_loops(name):
    inherited = getattr(DUFunc, name)

    def method(self, x, *args, **options):
        self._ready()
        operand = _operand(x, "x")
        if name == "at":
            operand = x  # changed in place
        half = getattr(x, "dtype", None) == np.float16 and not {"out", "dtype"} & options.keys()
        with np.errstate(all="ignore"):
            result = inherited(self, operand, *args, **options)
            return result.astype(np.float16) if half and name != "at" else result

    method.__name__ = name
    method.__doc__ = inherited.__doc__
    return method


for _name in ("reduce", "accumulate", "reduceat", "at"):
    setattr(Ufunc, _name, _with_loops(_name))
