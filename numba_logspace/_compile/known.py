"""Functions that Numba learns of when it first meets them.

To make all of them known at import would take longer than the rest of it.
"""

from types import FunctionType

from numba import types
from numba.extending import typeof_impl

_WAITING = "_numba_logspace_template"
_all: list[FunctionType] | None = []  # None once they are made known at once


def known(function, make_template):
    """Have Numba call make_template() when it first compiles what refers to the function."""
    setattr(function, _WAITING, make_template)
    if _all is None:
        _make(function)
    else:
        _all.append(function)


def make_all_known():
    """Make all functions known, for targets that do not ask as the CPU does."""
    global _all
    waiting, _all = _all or (), None
    for function in waiting:
        _make(function)


def _make(function):
    make_template = function.__dict__.pop(_WAITING, None)
    if make_template is not None:
        function._numba_type_ = types.Function(make_template())


@typeof_impl.register(FunctionType)
def _typeof_function(function, context):
    _make(function)
    return getattr(function, "_numba_type_", None)
