"""Derivatives of logcumsumexp on long rows, against recurrences in ball arithmetic."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from oracle import ZERO

import numba_logspace as nl

VJP, JVP = BUDGETS["logcumsumexp_vjp"], BUDGETS["logcumsumexp_jvp"]
BITS = 400


def exact(x, weights):
    """The Targets of the gradient and of the derivative along the weights."""
    with ctx.workprec(BITS):
        x, w = [arb(v) for v in x.tolist()], [arb(v) for v in weights.tolist()]
        # exp(x_i - x_(i + 1)), and the sums over exp(x_i).
        steps = [(a - b).exp() for a, b in zip(x, x[1:])]
        ones, plus, moduli = arb(1), w[0], abs(w[0])
        sums, values, scales = [ones], [plus], [moduli]
        for u, step in zip(w[1:], steps):
            ones, plus, moduli = (1 + ones * step, u + plus * step, abs(u) + moduli * step)
            sums.append(ones)
            values.append(plus / ones)
            scales.append(moduli / ones)
        gradient, of_moduli, s, m = [], [], ZERO, ZERO
        for u, total, step in zip(w[::-1], sums[::-1], [ZERO, *steps[::-1]]):
            s, m = s * step + u / total, m * step + abs(u) / total
            gradient.append(s)
            of_moduli.append(m)
        made = (
            Target(gradient[::-1], np.float64, of_moduli[::-1]),
            Target(values, np.float64, scales),
        )
    assert made[0].certain
    assert made[1].certain
    return made


def check_row(x, weights, what):
    """Hold both derivatives to their bounds."""
    gradient, slope = exact(x, weights)
    check(gradient, nl.logcumsumexp_vjp(x, weights), VJP, what)
    check(slope, nl.logcumsumexp_jvp(x, weights), JVP, what)


def rows(n):
    """{what hurts: a row}."""
    rng = np.random.default_rng(0)
    i = np.arange(n)
    return {
        "flat": np.full(n, 0.1),
        "rises slowly": i * 1e-5,
        "falls slowly": i * -1e-5,
        "rises": i * 0.3,
        "falls": i * -0.3,
        "leaps": i // 100 * 17.0,
        "leaps down": i // 100 * -17.0,
        "waves": 2000 * np.sin(i / 300),
        "walk": np.cumsum(rng.normal(size=n)) * 3,
        "one large": np.where(i == n // 2, 30.0, 0.0),
        "noise at 1e9": 1e9 + rng.normal(size=n),
        "records": np.log1p(i) * 8,
    }


@pytest.mark.parametrize("name", rows(1))
def test_long_rows(name):
    x = rows(4000)[name]
    rng = np.random.default_rng(1)
    check_row(x, np.full(x.size, 0.3), f"{name}, equal weights")
    check_row(x, rng.normal(size=x.size), f"{name}, weights of both signs")


@pytest.mark.slow
@pytest.mark.parametrize("name", rows(1))
def test_rows_of_a_hundred_thousand(name):
    x = rows(100_000)[name]
    check_row(x, np.full(x.size, 0.3), name)


@pytest.mark.slow
@pytest.mark.parametrize("step", [0.0, 1e-5])
def test_rows_of_a_million(step):
    x = np.arange(1_000_000) * step
    check_row(x, np.full(x.size, 0.3), f"steps of {step}")


@pytest.mark.slow
def test_random_searches():
    rng = np.random.default_rng(3)
    for _ in range(300):
        n = int(rng.integers(2, 3000))
        x = np.cumsum(rng.normal(size=n)) * 10.0 ** rng.uniform(-6, 3)
        check_row(x, rng.normal(size=n) * 10.0 ** rng.uniform(-8, 8, n), f"{x[:5]}")


def test_weights_far_from_1():
    x = rows(1100)["waves"]
    weights = np.where(np.arange(1100) % 2, 1e280, -1e-120)
    for row in (np.full(1100, 0.3), weights * 1e20, weights * 1e-150):
        check_row(x / 100, row, "extreme weights")


def test_blocks_and_columns_have_the_same_bits():
    rng = np.random.default_rng(4)
    x, g = rng.normal(size=(2, 3, 2500)) * 9
    for function in (nl.logcumsumexp_vjp, nl.logcumsumexp_jvp):
        y = function(x, g)
        turned = function(np.ascontiguousarray(x.T), np.ascontiguousarray(g.T), axis=0)
        np.testing.assert_array_equal(turned.T, y)
        for out in (x.copy(), g.copy()):
            first, second = (out, g) if out.tobytes() == x.tobytes() else (x, out)
            np.testing.assert_array_equal(function(first, second, out=out), y)


def test_masked_entries_have_values_but_no_part():
    x, g = np.zeros(4), np.array([1.0, 2.0, 4.0, 8.0])
    where = np.array([True, False, True, False])
    np.testing.assert_array_equal(nl.logcumsumexp_vjp(x, g, where=where), [9.0, 0.0, 6.0, 0.0])
    np.testing.assert_array_equal(nl.logcumsumexp_jvp(x, g, where=where), [1.0, 1.0, 2.5, 2.5])
    np.testing.assert_array_equal(nl.logcumsumexp_vjp(x, where=where), [3.0, 0.0, 1.0, 0.0])


def test_infinities():
    inf, nan = np.inf, np.nan
    x = np.array([-inf, 0.0, inf, 0.0, -inf])
    g = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    np.testing.assert_array_equal(nl.logcumsumexp_vjp(x, g), [0.0, 2.0, 28.0, 0.0, 0.0])
    np.testing.assert_array_equal(nl.logcumsumexp_jvp(x, g), [0.0, 2.0, 4.0, 4.0, 4.0])
    x[3] = inf
    np.testing.assert_array_equal(nl.logcumsumexp_vjp(x, g), [0.0, nan, nan, nan, 0.0])
    np.testing.assert_array_equal(nl.logcumsumexp_jvp(x, g), [0.0, 2.0, 4.0, nan, nan])
