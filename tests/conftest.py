"""What pytest is told before the tests: where their helpers lie, which tests go together."""

import collections
import pathlib
import sys

import pytest

OF_VALUES = {"test_accuracy", "test_special_values"}

# The check of machine code in cpu is used by others.
for _folder in ("helpers", "cpu"):
    sys.path.insert(0, str(pathlib.Path(__file__).parent / _folder))


def pytest_collection_modifyitems(items):
    """Give each process whole files, and one process those whose kernels are the same."""
    cases = collections.Counter()
    for item in items:
        file = "values" if item.path.stem in OF_VALUES else item.path.stem
        item.add_marker(pytest.mark.xdist_group(file))
        share = item.get_closest_marker("one_in")
        if share:
            test = item.path, item.function
            if cases[test] % share.args[0]:
                item.add_marker(pytest.mark.slow)
            cases[test] += 1
