"""Every function against its definition, on rows that hurt, through every way of memory."""

import itertools

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
    JACOBIANS,
    MAP_DERIVATIVES,
    MAPS,
    REDUCTION_JVPS,
    REDUCTION_VJPS,
    REDUCTIONS,
    VJPS,
    exact_sign,
    expected,
)

import numba_logspace

CORPUS = {name: regimes(dtype) for name, dtype in DTYPES.items()}
GRADIENT_LAYOUTS = ("row", "short rows", "columns", "long row", "short columns", "strided")
# The others go through kernels of the same text, which take long to compile.
SOON = {("float64", "row"), ("float64", "short rows"), ("float64", "columns"), ("float32", "row")}
each_way = pytest.mark.parametrize(
    "dtype, layout",
    [
        pytest.param(*way, marks=[] if way in SOON else pytest.mark.slow)
        for way in itertools.product(DTYPES, GRADIENT_LAYOUTS)
    ],
)
LONGEST_HESSIAN = 20  # the exact one takes the third power
JACOBIAN_LAYOUTS = ("row", "short rows", "short columns", "strided")

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
        if target.ulp[0] > 1:
            continue  # more cancels than the dtype has digits: nothing is promised
        check(target, result[None], BUDGETS["weighted_logsumexp"], what)
        assert sign == (1 if not signed else exact_sign(row, b)), what


def _weights(row):
    rng = np.random.default_rng(row.size)
    one_hot = np.zeros_like(row)
    one_hot[np.argmax(row)] = 1
    signed = rng.normal(size=row.size).astype(row.dtype)
    return {"one hot": one_hot, "all others": one_hot - 1, "normal": signed}


@each_way
@each_regime
@pytest.mark.parametrize("name", MAP_DERIVATIVES)
def test_derivatives(name, dtype, regime, layout):
    function, layout = getattr(numba_logspace, name), LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        for kind, weights in _weights(row).items():
            if layout.takes(row.size, name):
                results = call(function, layout, row, weights=(weights,))
                assert results.dtype == row.dtype
                target = expected(name, row, weights)
                check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]}), {kind}")


@each_way
@each_regime
@pytest.mark.parametrize("name", REDUCTION_VJPS)
def test_gradients_of_reductions(name, dtype, regime, layout):
    layout = LAYOUTS[layout]
    number = DTYPES[dtype](-1.375)

    def function(x, axis, **options):
        g = np.full(np.delete(x.shape, axis), number)
        return getattr(numba_logspace, name)(x, g, axis, **options)

    for i, row in enumerate(CORPUS[dtype][regime]):
        if layout.takes(row.size, name):
            results = call(function, layout, row)
            target = expected(name, row, np.array([number]))
            check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]})")


@each_way
@each_regime
@pytest.mark.parametrize("name", REDUCTION_JVPS)
def test_tangents_of_reductions(name, dtype, regime, layout):
    function, layout = getattr(numba_logspace, name), LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        for kind, weights in _weights(row).items():
            if layout.takes(row.size, name):
                results = call(function, layout, row, True, weights=(weights,))
                target = expected(name, row, weights)
                check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]}), {kind}")


@each_way
@each_regime
def test_second_derivatives(dtype, regime, layout):
    name, layout = "log1m_softmax_hvp", LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        if row.size > LONGEST_HESSIAN or not layout.takes(row.size, name):
            continue
        g, t = list(_weights(row).values())[1:]
        for weights in ((g, t), (t, g), (t, t)):
            results = call(numba_logspace.log1m_softmax_hvp, layout, row, weights=weights)
            target = expected(name, row, *weights)
            check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]})")


@each_way
@each_regime
def test_value_and_gradient_at_once(dtype, regime, layout):
    # One function through a layout after the other: `call` looks at one result.
    layout = LAYOUTS[layout]
    for row in CORPUS[dtype][regime]:
        if layout.takes(row.size, ""):
            weights = _weights(row)["normal"]
            targets = (
                ("log1m_softmax", expected("log1m_softmax", row)),
                ("log1m_softmax_vjp", expected("log1m_softmax_vjp", row, weights)),
            )
            for which, (name, target) in enumerate(targets):

                def function(*args, which=which, **options):
                    return numba_logspace.log1m_softmax_value_and_vjp(*args, **options)[which]

                results = call(function, layout, row, weights=(weights,))
                check(target, results, BUDGETS[name], f"{name}({row[:8]})")


@each_dtype
@each_regime
@pytest.mark.parametrize("name", VJPS)
def test_gradient_of_the_sum(name, dtype, regime):
    for row in CORPUS[dtype][regime]:
        results = getattr(numba_logspace, name)(row)
        target = expected(name, row, np.ones_like(row))
        check(target, results, BUDGETS[name], f"{name}({row[:8]})")


@each_dtype
@each_regime
@pytest.mark.parametrize("name", MAP_DERIVATIVES)
def test_gradients_of_the_largest_weights_are_finite(name, dtype, regime):
    for row in CORPUS[dtype][regime]:
        # No sum of the terms overflows.
        weights = _weights(row)["normal"] * (np.finfo(row.dtype).max / row.size / 64)
        assert np.isfinite(getattr(numba_logspace, name)(row, weights)).all()


@each_dtype
@each_regime
@pytest.mark.parametrize("size", ["tiny", "huge"])
@pytest.mark.parametrize("name", MAP_DERIVATIVES)
def test_derivatives_of_extreme_weights(name, size, dtype, regime):
    tiny = np.finfo(DTYPES[dtype]).tiny * 8
    # Up to where the docstring of log1m_softmax_vjp promises the bound; normals are below 2^3.
    huge = {"float32": 2.0**17, "float64": 2.0**27}[dtype]
    for i, row in enumerate(CORPUS[dtype][regime]):
        factor = tiny if size == "tiny" else huge
        weights = _weights(row)["normal"] * factor
        results = getattr(numba_logspace, name)(row, weights)
        target = expected(name, row, weights)
        check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]}), g {weights[:8]}")


@each_dtype
@each_regime
@pytest.mark.parametrize("layout", JACOBIAN_LAYOUTS)
@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobians(name, dtype, regime, layout):
    function, layout = getattr(numba_logspace, name), LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        if row.size <= 40:
            results = function(layout.array(row), axis=layout.axis)
            assert results.dtype == row.dtype
            assert results.shape[-2:] == (row.size, row.size)
            flat = results.reshape(*results.shape[:-2], row.size**2)
            check(expected(name, row), flat, BUDGETS[name], f"{name}, row {i} ({row[:8]})")


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


@each_dtype
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise(name, dtype, way):
    args = points(name, DTYPES[dtype])
    results = WAYS[way](getattr(numba_logspace, name), *args)
    assert results.dtype == DTYPES[dtype]
    for *point, result in zip(*args, results, strict=True):
        check(expected(name, *point), result[None], BUDGETS[name], f"{name}{tuple(point)}")
