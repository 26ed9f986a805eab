"""Complex numbers against exact values: the modulus of the error, and the complex step."""

import numpy as np
import pytest
from budgets import BUDGETS
from complex_oracle import (
    ELEMENTWISE,
    OF_INPUT,
    OF_TERMS,
    error_of,
    exact,
    exact_row,
    numbers,
    parts_of_error,
    points,
    real_points,
    share_left,
)

import numba_logspace as nl
from numba_logspace._family import FAMILY

TAKING = [f.name for f in FAMILY.values() if f.of_complex is not None]
ROWS = [name for name in TAKING if FAMILY[name].kind != "elementwise"]
# In units in the last place of the modulus; 4 for all others.
BOUND = {"logistic": 6, "log_mix": 6, "log_mix_dx": 6, "log_mix_dy": 6, "log_mix_dt": 8}
STEP, STEP_BOUND = 1e-20, 1e-15


def slow(*values):
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


each = pytest.mark.parametrize("name", ELEMENTWISE)
sizes = pytest.mark.parametrize("n", [60, pytest.param(40_000, marks=pytest.mark.slow)])


def test_the_oracle_is_whole():
    assert ELEMENTWISE.keys() | set(ROWS) == set(TAKING)
    real = {f.name for f in FAMILY.values() if f.kind == "elementwise"} - set(TAKING)
    assert real == {"entr", "rel_entr", "kl_div"}


# --- elementwise ---------------------------------------------------------------------------------


@sizes
@each
def test_elementwise(name, n):
    function = getattr(nl, name)
    arguments = points(np.random.default_rng(n), n, function.nin)
    results = function(*arguments)
    assert results.dtype == np.complex128
    checked = 0
    for result, *z in zip(results, *arguments, strict=True):
        value = exact(ELEMENTWISE[name], *z)
        if value is None or not 1e-290 < abs(value) < 1e290:
            continue
        # Real logarithms of the probability of a category have one sign, complex ones cancel.
        of_input = name in OF_INPUT or name == "log_inv_logit_diff"
        scale = max(map(abs, z)) if of_input else 0.0
        if name in OF_TERMS:
            scale = max(scale, float(exact(OF_TERMS[name], *z).real))
        error = error_of(result, value, scale)
        assert error <= BOUND.get(name, 4), (z, result, str(value))
        checked += 1
    assert checked > 0.9 * n


@sizes
@each
def test_complex_step(name, n):
    function = getattr(nl, name)
    rng = np.random.default_rng(n + 1)
    reals = real_points(name, rng, n, function.nin)
    which = rng.integers(0, function.nin, n)
    arguments = [x + 1j * np.where(which == k, STEP, 0.0) for k, x in enumerate(reals)]
    results = function(*arguments)
    for i, (result, *z) in enumerate(zip(results, *arguments, strict=True)):
        value = exact(ELEMENTWISE[name], *z)
        if value is None or not abs(value) > 1e-290:
            continue
        scale = max(map(abs, z)) if name in OF_INPUT else 0.0
        # The real part differs from the real function's value by the square of the step.
        of_real, of_step = parts_of_error(result, value, max(scale, STEP**2))
        bound = BOUND[name] if name == "log_mix_dt" else FAMILY[name].ulp
        assert of_real <= bound, (z, result, str(value))
        if is_well_conditioned(name, value, [x[i] for x in reals], which[i]):
            assert of_step <= STEP_BOUND, (z, result, str(value))


def is_well_conditioned(name, value, reals, which):
    """Whether the derivative is no difference of larger terms, as where it crosses 0."""
    if abs(float(value.imag)) < 1e-60:
        return False
    if name == "xlogx":
        return abs(float(value.imag)) > STEP / 16
    return name != "log_mix_dt" or which > 0


# --- rows ----------------------------------------------------------------------------------------


def random_row(rng, is_step):
    n = int(rng.integers(2, 7))
    x = (numbers(rng, n) if rng.random() < 0.5 else rng.normal(size=n) * 5).astype(complex)
    if is_step:
        x[rng.integers(n)] += 1j * STEP
        return x
    return x + 1j * (numbers(rng, n) if rng.random() < 0.5 else rng.uniform(-4, 4, n))


def rows_of(seed, count, is_step):
    rng = np.random.default_rng(seed)
    rows = [random_row(rng, is_step) for _ in range(count)]
    # With more bits than these the exact sums would not be sharp.
    return [x for x in rows if np.ptp(x.real) < 700 and abs(x.real).max() < 1e3]


def results_of(name, x):
    return np.atleast_1d(getattr(nl, name)(x))


counts = pytest.mark.parametrize("count", [40, pytest.param(5000, marks=pytest.mark.slow)])


@counts
@pytest.mark.parametrize("name", ROWS)
def test_rows(name, count):
    for x in rows_of(7, count, is_step=False):
        if share_left(x) < 1e-10:
            continue
        for i, (result, value) in enumerate(zip(results_of(name, x), exact_row(name, x))):
            # A sum of terms that cancel is as exact as the sum of their moduli is.
            parts = {"logcumsumexp": x[: i + 1], "log1m_softmax": np.delete(x, i)}.get(name, x)
            left = min(share_left(parts), share_left(x))
            if left < 1e-10 or not abs(value) > 1e-290:
                continue
            scale = 1 / left
            if name in ("logsumexp", "logmeanexp", "logcumsumexp"):
                scale = max(scale, abs(x[np.argmax(x.real)]), abs(parts[np.argmax(parts.real)]))
            if name == "softmax":
                scale = float(abs(value)) / left
            assert error_of(result, value, scale) <= BUDGETS[name], (x, i, result, str(value))


@counts
@pytest.mark.parametrize("name", ROWS)
def test_complex_step_of_rows(name, count):
    for x in rows_of(8, count, is_step=True):
        scale = abs(x.real.max()) if name in ("logsumexp", "logmeanexp") else 0.0
        for i, (result, value) in enumerate(zip(results_of(name, x), exact_row(name, x))):
            largest = abs(x.real[: i + 1].max()) if name == "logcumsumexp" else scale
            # A real part below the step has the error of the modulus: squares of the step count.
            largest = max(largest, STEP)
            of_real, of_step = parts_of_error(result, value, largest)
            assert of_real <= BUDGETS[name], (x, i, result, str(value))
            if abs(float(value.imag)) > 1e-290:
                assert of_step <= STEP_BOUND, (x, i, result, str(value))


def test_the_derivative_of_long_rows():
    # Equal entries: each derivative is 1 / n, and only 1 - (n - 1) / n of a careless one is left.
    for n in (1000, 100_000):
        x = np.zeros(n, complex)
        x[n // 2] = 1j * STEP
        for a in (x, x + 700.0, np.roll(x, n // 2 - 1)):
            result = nl.logsumexp(a)
            np.testing.assert_allclose(result.imag / STEP, 1 / n, rtol=STEP_BOUND)
            assert result.real == nl.logsumexp(a.real)


@pytest.mark.parametrize("kind", ["complex", *slow("positive", "signed")])
def test_weights(kind):
    rng = np.random.default_rng(5)
    for x in rows_of(9, 60, is_step=False):
        b = rng.lognormal(size=x.size) * 10.0 ** rng.uniform(-5, 5)
        if kind == "signed":
            b *= rng.choice([-1, 1], x.size)
        if kind == "complex":
            b = b * np.exp(1j * rng.uniform(-3, 3, x.size))
        left = share_left(x, b)
        if left < 1e-10:
            continue
        (value,) = exact_row("logsumexp", x, b)
        scale = max(1 / left, abs(x).max(), abs(x.real + np.log(abs(b))).max())
        assert error_of(nl.logsumexp(x, b=b), value, scale) <= BUDGETS["logsumexp"]
        modulus, sign = nl.logsumexp(x, b=b, return_sign=True)
        assert error_of(complex(modulus), value.real + 0 * value, scale) <= BUDGETS["logsumexp"]
        assert error_of(sign, (value - value.real).exp(), 1 / left) <= BUDGETS["logsumexp"]


def test_tiny_terms_beside_a_dominant_one():
    assert nl.logsumexp([0j, -40.0 + 0j]) == 4.248354255291589e-18
    assert nl.logsumexp([0j, -40.0 + 1e-20j]).imag == 4.248354255291589e-18 * 1e-20
    p = nl.softmax(np.array([1e-20j, -40.0]))
    np.testing.assert_allclose(p.imag * 1e20, [4.248354255291589e-18, -4.248354255291589e-18])
    far = nl.log1m_softmax(np.array([1e-20j, -2000.0, -2000.0 + 0j]))
    assert far[0].real == nl.log1m_softmax([0.0, -2000.0, -2000.0])[0]
    assert far[0].imag == -1e-20
