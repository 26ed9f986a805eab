"""Every derivative against its definition, on rows that hurt, through every way of memory."""

import itertools

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, LAYOUTS, REGIMES, call, float64_soon, regimes, weights_of
from error import check
from oracle import JACOBIANS, MAP_DERIVATIVES, REDUCTION_JVPS, REDUCTION_VJPS, VJPS, expected

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


@pytest.mark.one_in(5)
@each_way
@each_regime
@pytest.mark.parametrize("name", MAP_DERIVATIVES)
def test_derivatives(name, dtype, regime, layout):
    function, layout = getattr(numba_logspace, name), LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        for kind, weights in weights_of(row).items():
            if layout.takes(row.size, name):
                results = call(function, layout, row, weights=(weights,))
                assert results.dtype == row.dtype
                target = expected(name, row, weights)
                check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]}), {kind}")


@pytest.mark.one_in(5)
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


@pytest.mark.one_in(5)
@each_way
@each_regime
@pytest.mark.parametrize("name", REDUCTION_JVPS)
def test_tangents_of_reductions(name, dtype, regime, layout):
    function, layout = getattr(numba_logspace, name), LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        for kind, weights in weights_of(row).items():
            if layout.takes(row.size, name):
                results = call(function, layout, row, True, weights=(weights,))
                target = expected(name, row, weights)
                check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]}), {kind}")


@pytest.mark.one_in(5)
@each_way
@each_regime
def test_second_derivatives(dtype, regime, layout):
    name, layout = "log1m_softmax_hvp", LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        if row.size > LONGEST_HESSIAN or not layout.takes(row.size, name):
            continue
        g, t = list(weights_of(row).values())[1:]
        for weights in ((g, t), (t, g), (t, t)):
            results = call(numba_logspace.log1m_softmax_hvp, layout, row, weights=weights)
            target = expected(name, row, *weights)
            check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]})")


@pytest.mark.one_in(5)
@each_way
@each_regime
def test_value_and_gradient_at_once(dtype, regime, layout):
    # One function through a layout after the other: `call` looks at one result.
    layout = LAYOUTS[layout]
    for row in CORPUS[dtype][regime]:
        if layout.takes(row.size, ""):
            weights = weights_of(row)["normal"]
            targets = (
                ("log1m_softmax", expected("log1m_softmax", row)),
                ("log1m_softmax_vjp", expected("log1m_softmax_vjp", row, weights)),
            )
            for which, (name, target) in enumerate(targets):

                def function(*args, which=which, **options):
                    return numba_logspace.log1m_softmax_value_and_vjp(*args, **options)[which]

                results = call(function, layout, row, weights=(weights,))
                check(target, results, BUDGETS[name], f"{name}({row[:8]})")


@pytest.mark.one_in(5)
@float64_soon
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
        weights = weights_of(row)["normal"] * (np.finfo(row.dtype).max / row.size / 64)
        assert np.isfinite(getattr(numba_logspace, name)(row, weights)).all()


@pytest.mark.one_in(5)
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
        weights = weights_of(row)["normal"] * factor
        results = getattr(numba_logspace, name)(row, weights)
        target = expected(name, row, weights)
        check(target, results, BUDGETS[name], f"{name}, row {i} ({row[:8]}), g {weights[:8]}")


@pytest.mark.one_in(5)
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


# In the row of the dominant entry, where factors that were each rounded made more than 4 ulp.
DOMINATED = [
    ("float32", (1, -1.7, -22.47, -32.97, -9.29)),
    ("float64", (-100.37852217844784, -32.97226906745503, -32.92550483447358, -35.15031847198787,
                 -2.041058263118175, -38.05402502369954, 0, -40.087590793588205, -37.93861639025391,
                 -13.274357181472926, -18.054226471444704, -39.28306381738281, -28.8331091011191,
                 -34.0905797075967, -30.237551727713907)),
]  # fmt: skip


@pytest.mark.parametrize("dtype, row", DOMINATED)
def test_jacobians_of_dominated_rows(dtype, row):
    row = np.array(row, dtype)
    result = numba_logspace.log1m_softmax_jacobian(row)
    budget = BUDGETS["log1m_softmax_jacobian"]
    check(expected("log1m_softmax_jacobian", row), result.reshape(-1), budget, f"{row}")


@each_dtype
@pytest.mark.parametrize("size", [0, 1])
def test_second_derivatives_of_terms_that_underflow(size, dtype):
    # The products with g and t are large enough again.
    gaps, huge = {"float32": ((80, 115), 2.0**17), "float64": ((700, 760), 2.0**27)}[dtype]
    rng = np.random.default_rng(size)
    for _ in range(100):
        row = rng.normal(0, 3, rng.integers(2, 6))
        row[rng.integers(row.size)] = row.max() + rng.uniform(*gaps)
        row = row.astype(dtype)
        g, t = (rng.normal(0, huge if size else 1, (2, row.size))).astype(dtype)
        results = numba_logspace.log1m_softmax_hvp(row, g, t)
        target = expected("log1m_softmax_hvp", row, g, t)
        check(target, results, BUDGETS["log1m_softmax_hvp"], f"{row}, g {g}, t {t}")
