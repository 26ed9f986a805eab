"""The parts that the docstrings of the public functions share."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])

_PARAMETERS = """Parameters
----------
x : array_like
    Any shape; float16, float32, float64, int or bool, of any strides and byte order.
axis : int, tuple of int or None, optional
    The axis, or axes taken together, that a row runs along; None is all of them.{order}
{more}where : array_like of bool, optional
    Which entries take part, of a shape that broadcasts to that of `x`; the others are treated
    as absent.
out : ndarray, optional
    Where to put the result, of its shape and dtype. {out}
workers : int, optional
    How many threads may share the work; -1 is all cores. By default all cores this process may
    run on where the array is large, but never more than ``NUMBA_NUM_THREADS``."""

_KEEPDIMS = """keepdims : bool, optional
    Keep the reduced axes in the result, with length one.
"""

_COTANGENT = """g : array_like, optional
    The cotangent, of a shape that broadcasts to that of `x`; None means ones.
"""

_RAISES = """Raises
------
TypeError
    For masked arrays, for other dtypes, for an `out` of another dtype.
ValueError
    For a `where` that does not broadcast, for an `out` of another shape, or that overlaps an
    input, or is read-only. Nothing has been written to it then.
numpy.exceptions.AxisError
    For an axis that `x` has not."""

_DTYPE = """float32 and float64 in the dtype of `x`, float16
    (computed in float32) in float16, int and bool in float64."""

_MAP_RETURNS = f"""Returns
-------
ndarray
    In the shape of `x`; {_DTYPE}"""

_REDUCTION_RETURNS = f"""Returns
-------
ndarray or scalar
    In the shape of `x` without the axes; {_DTYPE}"""

_COST = (
    "O(size) time, and no more memory than the result, in any\nlayout that some order of the "
    "axes makes contiguous; otherwise pieces of `x` are copied in turn."
)


def _parameters(more="", out="It may be `x` itself.", order=""):
    return _PARAMETERS.format(more=more, out=out, order=order)


_TEXTS = {
    "map": {"parameters": _parameters(), "returns": _MAP_RETURNS},
    "scan": {
        "parameters": _parameters(order="\n    Entries follow each other in C order."),
        "returns": _MAP_RETURNS,
    },
    "reduction": {
        "parameters": _parameters(_KEEPDIMS, "It must not overlap `x`."),
        "returns": _REDUCTION_RETURNS,
    },
    "vjp": {
        "parameters": _parameters(out="It may be `x` or `g` itself.").replace(
            "axis : int", _COTANGENT + "axis : int"
        ),
        "returns": _MAP_RETURNS,
    },
}


def shared_text(kind: str) -> Callable[[_F], _F]:
    """Decorate a function: put the shared parts into the {places} of its docstring."""

    def decorate(function: _F) -> _F:
        text = inspect.cleandoc(function.__doc__ or "")
        for name, part in {**_TEXTS[kind], "raises": _RAISES, "cost": _COST}.items():
            text = text.replace("{" + name + "}", part)
        function.__doc__ = text
        return function

    return decorate
