"""Which library's calls go to which file here."""

import functools

from .._arguments.foreign import ARRAY_API, TAKERS
from .._family import FAMILY
from . import PUBLIC

# Nothing of a library is imported before the first of its arrays comes. Statements import, since
# they alone can be followed by the compiler of PyTorch.


def _array_api():
    from . import array_api

    return array_api


def _dask():
    from . import dask

    return dask


def _pandas():
    from . import pandas

    return pandas


def _polars():
    from . import polars

    return polars


def _torch():
    from . import torch

    return torch


def _xarray():
    from . import xarray

    return xarray


_FILES = {
    ARRAY_API: _array_api,
    "dask": _dask,
    "pandas": _pandas,
    "polars": _polars,
    "xarray": _xarray,
}


def _take(file, call):
    from . import calls

    described = calls.Described(call)
    if not any(map(calls.is_foreign, described.arrays.values())):
        return call.here()  # which says what is wrong with an option of such a class
    return file().take(described)


def _take_tensors(call):
    # Of small tensors all else would take longer than the work.
    result = _torch().take_soon(call)
    return _take(_torch, call) if result is None else result


def register(functions):
    """Take the calls of all libraries, with public functions {name: function}."""
    PUBLIC.update({name: functions[name] for name in (*FAMILY, "set_workers")})
    TAKERS.update({top: functools.partial(_take, file) for top, file in _FILES.items()})
    TAKERS["torch"] = _take_tensors
