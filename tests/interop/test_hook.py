"""Which calls go to a file of a library, and that others import nothing of it."""

import subprocess
import sys

import numpy as np
import pytest
from every import ELEMENTWISE, OVER_ROWS

import numba_logspace as nl
from numba_logspace._arguments.foreign import library_of
from numba_logspace._family import FAMILY, named


def test_every_function_is_tested():
    entry_losses = named("entry loss", "entry loss and gradient")  # see test_options_of_losses
    others = {"logmatmulexp", "gated_log_softmax", "gated_log_softmax_vjp", *entry_losses}
    assert FAMILY.keys() == {*OVER_ROWS, *ELEMENTWISE, *others}


def test_nothing_is_imported_for_arrays():
    code = (
        "import sys, numba_logspace as nl; nl.logsumexp([1, 2], axis=(0,));"
        "libraries = 'dask', 'jax', 'pandas', 'polars', 'pytensor', 'torch', 'xarray';"
        "print({m for m in sys.modules if m.endswith(libraries)})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_classes_of_the_same_name_are_others():
    fake = type("DataFrame", (), {"__module__": "pandas"})
    assert library_of(fake) is None
    assert library_of(np.ndarray) is None
    with pytest.raises(TypeError, match="x must be an array of numbers, got a DataFrame"):
        nl.softmax(fake())


def test_classes_of_the_libraries():
    pd = pytest.importorskip("pandas")

    class Table(pd.DataFrame):
        pass

    assert library_of(Table) == library_of(pd.Series) == "pandas"


def test_one_library_at_a_time():
    pd, xr = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    da, x = pytest.importorskip("dask.array"), np.zeros(3)
    for call in (
        lambda: nl.softmax_vjp(da.zeros(3), pd.Series(x)),
        lambda: nl.softmax_vjp(xr.DataArray(x), da.zeros(3)),
        lambda: nl.softmax_vjp(xr.DataArray(x), pd.Series(x)),
        lambda: nl.softmax_vjp(pd.Series(x), xr.DataArray(x)),
        lambda: nl.logmatmulexp(pd.Series(x), xr.DataArray(x)),
        lambda: nl.gated_log_softmax(xr.DataArray(0.0), pd.Series(x), x),
    ):
        with pytest.raises(TypeError, match="arguments must be of one library"):
            call()
