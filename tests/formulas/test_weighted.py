"""Weighted sums of exponentials that nearly cancel, and long ones."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle import LEAST_SHARE, exact_sign, expected, share_left

import numba_logspace as nl

BUDGET = BUDGETS["weighted_logsumexp"]

many = settings(max_examples=300, deadline=None, derandomize=True, database=None)
numbers = st.one_of(*(st.floats(-c, c) for c in (1e-12, 1e-5, 1.0, 30.0, 600.0)))
weights = st.one_of(
    st.sampled_from([1.0, -1.0, 3.0, 0.7]), st.floats(0.01, 1e3), st.floats(-9, -0.1)
)


def check_row(x, b):
    x, b = np.asarray(x, np.float64), np.asarray(b, np.float64)
    result, sign = nl.logsumexp(x, b=b, return_sign=True)
    what = f"x {x.tolist()}, b {b.tolist()}"
    check(expected("weighted_logsumexp", x, b), np.array([result]), BUDGET, what)
    assert sign == exact_sign(x, b), what


def test_almost_equal_terms():
    x, b = [1.0000000001433258e-10, 9.999999999330011e-11], [-1, 1]
    assert nl.logsumexp(x, b=b, return_sign=True) == (-45.30821985429995, -1)
    check_row(x, b)


@many
@given(
    st.lists(st.tuples(numbers, weights), min_size=1, max_size=6), numbers, st.integers(1, 2**30)
)
def test_a_weight_that_cancels_the_others(terms, last, left):
    # But for a few digits or many.
    x, b = (np.array(column) for column in zip(*terms, strict=True))
    with ctx.workprec(4000):
        total = sum((arb(w) * arb(v).exp() for v, w in terms), arb(0))
        weight = float(-total / arb(last).exp()) * (1 + left * 2.0**-50)
    assume(0 < abs(weight) < np.inf)
    x, b = np.append(x, last), np.append(b, weight)
    assume(share_left(x, b) >= LEAST_SHARE)
    check_row(x, b)


def test_weights_that_make_up_for_exponentials_far_below():
    # The rounding errors of x_j - x_k count though exp(x_j - x_k) underflows.
    rng = np.random.default_rng(3)
    for _ in range(50):
        x = np.array([rng.normal(), 1382.0 + 3.0 * rng.normal()])
        with ctx.workprec(400):
            weight = float((arb(1e300) * (arb(x[0]) - arb(x[1])).exp()).mid())
        check_row(x, [1e300, -weight * (1 + 2.0**-40)])


@many
@given(numbers, st.floats(1e-15, 1e-3), st.sampled_from([1.0, 0.7, 1e-300, 1e300]))
def test_neighbours(x, gap, weight):
    # Terms of equal weight keep all digits of the difference, however small.
    x = np.array([x, x + gap])
    assume(x[0] != x[1])
    check_row(x, [-weight, weight])


def test_what_remains_may_be_tiny():
    for gap in (40, 700, 800, 1300):
        assert nl.logsumexp([0, 0, -gap], b=[1, -1, 1], return_sign=True) == (-gap, 1)


def check_levels(levels):
    # Levels are (count, x, weight).
    x, b = (np.concatenate([np.full(n, pair[i]) for n, *pair in levels]) for i in range(2))
    with ctx.workprec(1000):
        terms = [n * arb(w) * arb(v).exp() for n, v, w in levels]
        total = sum(terms, arb(0))
        largest = max(abs(arb(w).log().real + v) if w > 0 else abs(v) for _, v, w in levels)
        target = Target([abs(total).log()], np.float64, [largest])
    for shuffled in (False, True):
        if shuffled:
            order = np.random.default_rng(1).permutation(x.size)
            x, b = x[order], b[order]
        value, sign = nl.logsumexp(x, b=b, return_sign=True)
        check(target, np.array([value]), BUDGET, f"{levels}, shuffled: {shuffled}")
        assert sign == (1 if total > 0 else -1)


@pytest.mark.parametrize("n", [10**5, pytest.param(10**7, marks=pytest.mark.slow)])
def test_long_rows(n):
    check_levels([(n, 0.1, 0.3)])
    check_levels([(1, 9.0, 1.0), (n, -0.3, 1.0)])
    check_levels([(n // 2, 0.0, 1.0), (n // 2, 1e-9, -1.0)])
    check_levels([(n // 2, 1.0, 1.0), (n // 2, 1.5, -1.0), (n // 2, 1.5 + 1e-12, 1.0)])
    check_levels([(n // 4, 1.0, 1.0), (n // 4, 0.7, 0.3), (n // 4, 1.0 + 1e-13, -1.0)])
