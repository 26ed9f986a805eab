"""Elementwise functions at many random moderate points: budgets, and the numbers published."""

import functools
import re
from pathlib import Path

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES
from oracle import ELEMENTWISE
from search import SEARCHED, is_wide_enough, search

import numba_logspace

ROOT = Path(__file__).parents[2]


def _table(path, row):
    found = re.findall(row, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
    return {tuple(names): float(error) for *names, error in found}


@functools.cache
def published():
    """(function, dtype) -> largest error in the documentation, (function,) -> in the README."""
    page = _table("docs/accuracy.md", r"^\| `(\w+)` \| (float\d\d) \| ([\d.]+) \|")
    return page | _table("README.md", r"^\| `(\w+)` \| ([\d.]+) \|")


@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_search(name, dtype, few):
    if dtype == "float64" and not is_wide_enough():
        pytest.skip("the long double of this platform is a double")
    # All that the documentation tells of takes half an hour: accuracy_table.py.
    count = 10**5 if few else SEARCHED[dtype] // 10
    error, point = search(name, getattr(numba_logspace, name), DTYPES[dtype], count)
    assert error <= BUDGETS[name], f"{name}{point}: {error:.4g} ulp"
    assert round(error, 2) <= published()[name, dtype], f"{name}{point}: {error:.4g} ulp"


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_readme_has_the_larger_number(name):
    assert published()[name,] == max(published()[name, dtype] for dtype in DTYPES)


def test_errors_are_found():
    # A function that is right but at a few points.
    def wrong(x, y):
        right = numba_logspace.logaddexp(x, y)
        return np.where(abs(y - 0.3) < 1e-3, np.nextafter(right, 9) + 2 * np.spacing(right), right)

    error, (_, y) = search("logaddexp", wrong, np.float64, 10**5)
    assert 2 < error < 5
    assert abs(y - 0.3) < 1e-3
