"""What pytest is told before the tests: where their helpers lie, which tests go together."""

import pathlib
import sys

import pytest

OF_VALUES = {"test_accuracy", "test_special_values"}

# The check of machine code in cpu is used by others.
for _folder in ("helpers", "cpu"):
    sys.path.insert(0, str(pathlib.Path(__file__).parent / _folder))


def pytest_collection_modifyitems(items):
    """Give each process whole files, and one process those whose kernels are the same."""
    for item in items:
        file = "values" if item.path.stem in OF_VALUES else item.path.stem
        item.add_marker(pytest.mark.xdist_group(file))
