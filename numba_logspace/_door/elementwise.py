"""The elementwise functions: their ufuncs look for CUDA arrays first."""

import contextlib
import importlib.util
import inspect
from typing import Any

from .._arguments.layout import is_on_cuda
from .._compile.first_look import look_first
from .planned import planned
from .sides import ON_CUDA, side

_UFUNCS = ".._cuda.elementwise"
_OPTIONS = {"out", "where", "stream"}
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
    if not options.keys() <= _OPTIONS:
        return _call(ufunc, args, options)
    out = options.get("out")
    if out is None and len(args) == ufunc.nin + 1:
        *args, out = args
    return _of_entries(ufunc, options.get("where", True), out, options.get("stream"), *args)


@planned
def _of_entries(ufunc, where, out, stream, *inputs):
    return _call(ufunc, inputs, {"where": where, "out": out, "stream": stream})


def _call(ufunc, args, options):
    out = options.get("out")
    outs = out if isinstance(out, tuple) else (out,)
    on_cuda = [u for u in (*args, *outs, options.get("where")) if is_on_cuda(u)]
    if not on_cuda:
        return NotImplemented
    ON_CUDA.update(map(type, on_cuda))
    formula = _FORMULAS[ufunc.__name__]
    names = tuple(inspect.signature(formula).parameters)
    return side(_UFUNCS, "call")(ufunc, formula, names, args, options)
