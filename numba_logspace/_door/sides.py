"""Which side takes a call, the CPU or CUDA, by the first of its arrays.

A side is looked up by its name when a call first needs it. It is a class `Rows` of the first
argument, which says what is checked, how the engine runs, and what is handed out; both sides have
the same methods, and nothing here knows more of either.
"""

import functools
import importlib

from .._arguments.layout import is_on_cuda

_CPU, _CUDA = ".._arguments.rows", ".._cuda.call"
# The classes of the CUDA arrays that have come.
ON_CUDA: set = set()


@functools.cache
def side(module, name="Rows"):
    # Nothing of CUDA is imported before the first CUDA array.
    try:
        return getattr(importlib.import_module(module, __package__), name)
    except ModuleNotFoundError as error:
        if module == _CPU:
            raise
        raise ModuleNotFoundError(
            "CUDA arrays need numba-cuda: install the extra cuda12 or cuda13, such as "
            "pip install 'numba_logspace[cuda13]'"
        ) from error


def rows_of(x, axis, where=None, workers=None, stream=None, name="x", beside=None, of=None):
    """The Rows of an argument, of the side where its memory is; `of` is the function, if any."""
    if goes_to_cuda(x, workers, stream, name):
        return side(_CUDA)(x, axis, where, stream, name, beside)
    return side(_CPU)(x, axis, where, workers, name, beside, of)


def goes_to_cuda(x, workers, stream, name):
    # Whether a call does, by its first array; the options for the other side must be None.
    on_cuda = is_on_cuda(x)
    if not on_cuda and stream is not None:
        raise TypeError(f"stream must be None where {name} is not a CUDA array, got {stream!r}")
    if on_cuda and workers is not None:
        raise TypeError(f"workers must be None for CUDA arrays, got {workers!r}")
    if on_cuda:
        ON_CUDA.add(type(x))
    return on_cuda
