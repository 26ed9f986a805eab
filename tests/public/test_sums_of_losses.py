"""Sums and means of the losses of many rows against exact ones."""

import numba
import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES
from error import Target, check
from flint import arb, ctx
from oracle import LOSSES, Row

import numba_logspace as nl

each_dtype = pytest.mark.parametrize("dtype", DTYPES)
ROWS = [[0.5, -1, 0.25], [0, 3, -2], [-0.1, 0, 0.1]]
LABELS = [0, 2, 1]
WEIGHTS = [0.3, 1e-3, 7]


def exact_loss(name, row, label):
    one_hot = [arb(int(i == label)) for i in range(len(row))]
    return LOSSES[name](Row(row.tolist()), one_hot)[0][0]


def exact_totals(name, rows, weights, counts):
    """The sum and the mean of the losses of rows that come so many times."""
    losses = [exact_loss(name, row, label) for row, label in zip(rows, LABELS, strict=True)]
    shares = [n * arb(float(w)) for n, w in zip(counts, weights, strict=True)]
    total = sum((s * y for s, y in zip(shares, losses, strict=True)), arb(0))
    return total, total / sum(shares, arb(0))


@each_dtype
@pytest.mark.parametrize("name", ["cross_entropy", "softmax_binary_cross_entropy"])
@pytest.mark.parametrize("many", [10**5, pytest.param(10**7, marks=pytest.mark.slow)])
def test_many_rows(name, dtype, many):
    function = getattr(nl, name)
    rows, weights = np.array(ROWS, dtype), np.array(WEIGHTS, dtype)
    for counts in ((many, 0, 0), (many // 2, many // 3, 1), (1, many, 0), (0, 1, many + 1)):
        x, w = (np.repeat(u, counts, axis=0) for u in (rows, weights))
        labels = np.repeat(LABELS, counts)
        for given in (None, w):
            with ctx.workprec(500):
                totals = exact_totals(name, rows, np.ones(3) if given is None else weights, counts)
            for reduction, exact in zip(("sum", "mean"), totals, strict=True):
                result = function(x, labels, weights=given, reduction=reduction)
                assert result.dtype == dtype
                what = f"{reduction} of {counts}, {'no ' * (given is None)}weights"
                check(Target([exact], DTYPES[dtype]), result[None], BUDGETS[name], what)


@numba.njit
def jitted(x, labels, weights):
    return nl.cross_entropy(x, labels, weights=weights, reduction="mean")


@pytest.mark.slow
@each_dtype
def test_means_in_jitted_code(dtype):
    rows, weights = np.array(ROWS, dtype), np.array(WEIGHTS, dtype)
    counts = 10**5, 3 * 10**4, 1
    x, w = (np.repeat(u, counts, axis=0) for u in (rows, weights))
    result = jitted(x, np.repeat(LABELS, counts), w)
    with ctx.workprec(500):
        target = Target(exact_totals("cross_entropy", rows, weights, counts)[1:], DTYPES[dtype])
    check(target, np.array([result]), BUDGETS["cross_entropy"], "mean in jitted code")


def test_weights_whose_sum_overflows():
    x, labels = np.zeros((2, 4)), np.array([1, 2])
    for weights in ([1e308, 1e308], [1.5e308, 1e308], [5e-324, 5e-324]):
        w = np.array(weights)
        exact = pytest.approx(np.log(4), rel=1e-15)
        assert nl.cross_entropy(x, labels, weights=w, reduction="mean") == exact
        assert jitted(x, labels, w) == exact
        value, gradient = nl.cross_entropy_value_and_grad(x, labels, weights=w, reduction="mean")
        assert value == exact
        np.testing.assert_allclose(gradient[:, 0].sum(), 0.25, rtol=1e-15)
