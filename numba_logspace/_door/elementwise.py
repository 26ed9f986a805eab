"""The elementwise functions: their ufuncs look for CUDA arrays first."""

import contextlib
import importlib.util
import inspect
from typing import Any

from .._arguments.layout import is_on_cuda
from .._compile.first_look import look_first
from .sides import side

_UFUNCS = ".._cuda.elementwise"
_FORMULAS: dict[str, Any] = {}


def watch(ufuncs, table):
    """Have calls of these ufuncs go to CUDA where an argument is a CUDA array.

    `table` has their entries by name.
    """
    _FORMULAS.update({ufunc.__name__: table[ufunc.__name__].engine for ufunc in ufuncs})
    # Without numba-cuda nothing could compute with it, and NumPy says what it is; also where ufuncs
    # are not called as they are known to be.
    if importlib.util.find_spec("numba_cuda") is not None:
        with contextlib.suppress(NotImplementedError):
            look_first(ufuncs, _of_ufunc)


def _of_ufunc(ufunc, *args, **options):
    # NotImplemented, as in a class of arrays, where it is NumPy's.
    out = options.get("out")
    outs = out if isinstance(out, tuple) else (out,)
    if not any(map(is_on_cuda, (*args, *outs, options.get("where")))):
        return NotImplemented
    formula = _FORMULAS[ufunc.__name__]
    names = tuple(inspect.signature(formula).parameters)
    return side(_UFUNCS, "call")(ufunc, formula, names, args, options)
