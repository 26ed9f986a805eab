"""Every value against its definition, on rows that hurt, through every way of memory."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import (
    DTYPES,
    LAYOUTS,
    LONG_REGIMES,
    REGIMES,
    call,
    long_regimes,
    points,
    regimes,
)
from error import check
from oracle import (
    ELEMENTWISE,
    LEAST_SHARE,
    MAPS,
    REDUCTIONS,
    exact_sign,
    expected,
    share_left,
)

import numba_logspace

CORPUS = {name: regimes(dtype) for name, dtype in DTYPES.items()}
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_regime = pytest.mark.parametrize("regime", REGIMES)


CASES = [
    (name, layout)
    for name in MAPS | REDUCTIONS
    for layout in LAYOUTS
    if name in MAPS or not LAYOUTS[layout].in_place
]


def _check_rows(name, rows, layout):
    function, layout = getattr(numba_logspace, name), LAYOUTS[layout]
    for i, row in enumerate(rows):
        if layout.takes(row.size, name):
            results = call(function, layout, row, name in REDUCTIONS)
            assert results.dtype == row.dtype
            what = f"{name}, row {i} ({row[:8]}{'...' * (row.size > 8)})"
            check(expected(name, row), results, BUDGETS[name], what)


@each_dtype
@each_regime
@pytest.mark.parametrize("name, layout", CASES)
def test_rows(name, dtype, regime, layout):
    _check_rows(name, CORPUS[dtype][regime], layout)


@pytest.mark.slow
@each_dtype
@pytest.mark.parametrize("regime", LONG_REGIMES)
@pytest.mark.parametrize("name", MAPS | REDUCTIONS)
def test_very_long_rows(name, dtype, regime):
    for layout in ("row", "shared row", "strided columns"):
        _check_rows(name, long_regimes(DTYPES[dtype])[regime], layout)


@pytest.mark.one_in(5)
@each_dtype
@each_regime
@pytest.mark.parametrize("signed", [False, True])
def test_weighted_logsumexp(signed, dtype, regime):
    rng = np.random.default_rng(5)
    for i, row in enumerate(CORPUS[dtype][regime]):
        b = rng.choice([1e-3, 0.7, 1, 40], size=row.size).astype(row.dtype)
        b *= rng.choice([-1, 1], size=row.size) if signed else 1
        target, what = expected("weighted_logsumexp", row, b), f"row {i} ({row[:8]}), b {b[:8]}"
        result, sign = numba_logspace.logsumexp(row, b=b, return_sign=True)
        if share_left(row, b) < LEAST_SHARE:
            continue  # nothing is promised
        check(target, result[None], BUDGETS["weighted_logsumexp"], what)
        assert sign == (1 if not signed else exact_sign(row, b)), what


def _strided(x):
    return np.repeat(x[::-1], 3)[::-3]


def _in_place(function, *args):
    copies = [x.copy() for x in args]
    return function(*copies, out=copies[-1])


def _numbers(function, *args):
    return np.array([function(*point) for point in zip(*args, strict=True)])


WAYS = {
    "array": lambda function, *args: function(*args),
    "strided": lambda function, *args: function(*(_strided(x) for x in args)),
    "in place": _in_place,
    "numbers": _numbers,
}


@pytest.mark.one_in(5)
@each_dtype
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name, dtype, way):
    args = points(name, DTYPES[dtype])
    results = WAYS[way](getattr(numba_logspace, name), *args)
    assert results.dtype == DTYPES[dtype]
    for *point, result in zip(*args, results, strict=True):
        check(expected(name, *point), result[None], BUDGETS[name], f"{name}{tuple(point)}")
