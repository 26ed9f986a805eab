"""What pytest is told of the CUDA tests: they need a GPU, but for what is only compiled."""

import functools
import importlib.util
import pathlib
import sys

import pytest

# The exact values of functions of several arrays are in their own tests.
for _folder in ("../formulas", "../public", "."):
    sys.path.insert(0, str(pathlib.Path(__file__).parent / _folder))


@functools.cache
def _missing():
    if importlib.util.find_spec("numba_cuda") is None:
        return "numba-cuda is not installed"
    from numba import cuda

    return None if cuda.is_available() else "there is no GPU"


def pytest_runtest_setup(item):
    """Skip what has to run on a GPU where there is none."""
    if item.get_closest_marker("compiled") is None and _missing():
        pytest.skip(_missing())
