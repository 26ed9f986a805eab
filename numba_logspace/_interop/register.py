"""Which library's calls go to which file here."""

import functools

from .._arguments.foreign import ARRAY_API, TAKERS, library_of
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


def _jax():
    from . import jax

    return jax


def _pandas():
    from . import pandas

    return pandas


def _polars():
    from . import polars

    return polars


def _pytensor():
    from . import pytensor

    return pytensor


def _scipy():
    from . import scipy_sparse

    return scipy_sparse


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
    "pytensor": _pytensor,
    "scipy": _scipy,
    "xarray": _xarray,
}
_SOON = {"jax": _jax, "torch": _torch}
# Of these the elementwise functions are no ufuncs.
_OWN_ELEMENTWISE = _SOON | {"pytensor": _pytensor}


def _take(file, call):
    from . import calls

    described = calls.Described(call)
    if not any(map(calls.is_foreign, described.arrays.values())):
        return call.here()  # which says what is wrong with an option of such a class
    return file().take(described)


def _take_soon(file, call):
    # Of small arrays all else would take longer than the work.
    result = file().take_soon(call)
    return _take(file, call) if result is None else result


def elementwise(name, names, arguments):
    """An elementwise function on arrays of a library that NumPy's ufuncs do not serve."""
    found = [library_of(type(u)) for u in arguments]
    libraries = [library for library in found if library is not None]
    first = libraries[0] if libraries else None
    if any([library != first for library in libraries]):
        raise TypeError(f"arguments of {name} must be of one library, got {', '.join(libraries)}")
    if first not in _OWN_ELEMENTWISE:
        return PUBLIC[name](*arguments)
    if len(arguments) != len(names):
        wanted = f"{len(names)} arguments, {', '.join(names)}"
        raise TypeError(f"{name} takes {wanted}, got {len(arguments)}")
    return _OWN_ELEMENTWISE[first]().on_elements(name, dict(zip(names, arguments)))


def register(functions, derivative):
    """Take the calls of all libraries, with public functions {name: function}.

    `derivative(name)` gives those of the elementwise functions.
    """
    PUBLIC.derivative = staticmethod(derivative)
    PUBLIC.update({name: functions[name] for name in (*FAMILY, "set_workers")})
    TAKERS.update({top: functools.partial(_take, file) for top, file in _FILES.items()})
    TAKERS.update({top: functools.partial(_take_soon, file) for top, file in _SOON.items()})
