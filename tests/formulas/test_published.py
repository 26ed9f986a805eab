"""Where the two published forms of log(1 - softmax(x)) fail, and that this package does not."""

import numpy as np
import published
import pytest
from budgets import BUDGETS
from error import check
from oracle import expected

import numba_logspace

NORMALS = np.random.default_rng(0).normal(size=100)
SATURATED = np.append(NORMALS[1:], 60)
BOTH = ("quadratic", "linear")

# What is wrong, which forms, the row, and an error in ulp of float64 that they exceed.
VALUES = [
    ("the small probabilities of a saturated row are lost", BOTH, [40, 0, 1], 1e15),
    ("the same among a hundred classes", BOTH, SATURATED, 1e15),
    ("an offset rounds logsumexp(x) to its own spacing", BOTH, NORMALS + 1e15, 1e15),
    ("a smaller offset still does", BOTH, 3 * NORMALS[:5] + 1e5, 1e6),
    ("two classes, tied and far from zero", BOTH, [-1000, 1000, 1000], 400),
]

NOT_THE_LARGEST = [0, 1, 1]
GRADIENTS = [
    ("d/dx of logsumexp is exp(x - y), y rounded", BOTH, [-1000, -1000, 1000], [1, 1, 1], 200),
    ("so a sum of zero is missed", ("quadratic",), [-1000, 1000, 1000], [1, 1, 1], 200),
    ("the largest entry's own terms cancel", BOTH, [40, 0, 1], NOT_THE_LARGEST, 1e15),
    ("an offset spoils all of it", ("quadratic",), NORMALS[:3] + 1e15, [1, 0, 0], 1e14),
    ("-inf less -inf is NaN", BOTH, [5, -np.inf], [1, 1], np.inf),
]


def _id(case):
    return str(case[0]).replace(" ", "-")


@pytest.mark.parametrize("why, forms, row, at_least", VALUES, ids=map(_id, VALUES))
def test_values(why, forms, row, at_least):
    row = np.array(row, np.float64)
    target = expected("log1m_softmax", row)
    for form in forms:
        assert target.worst(getattr(published, form)(row))[0] >= at_least
    check(target, numba_logspace.log1m_softmax(row), BUDGETS["log1m_softmax"], why)


@pytest.mark.parametrize("why, forms, row, g, at_least", GRADIENTS, ids=map(_id, GRADIENTS))
def test_gradients(why, forms, row, g, at_least):
    row, g = np.array(row, np.float64), np.array(g, np.float64)
    target = expected("log1m_softmax_vjp", row, g)
    for form in forms:
        with np.errstate(all="ignore"):
            wrong = getattr(published, f"{form}_gradient")(row, g)
        assert target.worst(wrong)[0] >= at_least
    results = numba_logspace.log1m_softmax_vjp(row, g)
    check(target, results, BUDGETS["log1m_softmax_vjp"], why)


def test_quadratic_gradient_as_printed():
    # The discussion printed this pair for float32; the exact gradient is zero.
    row = np.array([-1000, 1000, 1000], np.float32)
    gradient = published.quadratic_gradient(row, np.ones_like(row))
    assert [f"{v:.4e}" for v in gradient] == ["0.0000e+00", "2.9087e-05", "2.9087e-05"]
    assert not numba_logspace.log1m_softmax_vjp(row).any()


@pytest.mark.parametrize("form", BOTH)
def test_one_plus_inf(form):
    row = np.array([1, np.inf, 2])
    with np.errstate(all="ignore"):
        assert np.isnan(getattr(published, form)(row)).any()
    assert numba_logspace.log1m_softmax(row).tolist() == [0, -np.inf, 0]


@pytest.mark.parametrize("form", BOTH)
def test_published_forms_are_right_on_easy_rows(form):
    # The failures above are theirs, not those of a bad transcription.
    for row in (NORMALS[:5], [-1000, -1000, 2], [0.25, 0.5, -3]):
        row = np.array(row, np.float64)
        assert expected("log1m_softmax", row).worst(getattr(published, form)(row))[0] < 100
        g = np.ones_like(row)
        gradient = getattr(published, f"{form}_gradient")(row, g)
        assert expected("log1m_softmax_vjp", row, g).worst(gradient)[0] < 300


MODERATE = [NORMALS[:3], NORMALS[3:10], NORMALS, 3 * NORMALS[:20] - 50]


@pytest.mark.parametrize("row", MODERATE)
def test_gradients_where_the_form_is_right(row):
    g = np.random.default_rng(1).normal(size=row.size)
    ours = numba_logspace.log1m_softmax_vjp(row, g)
    largest = np.abs(ours).max()
    form = published.linear_gradient(row, g)
    np.testing.assert_allclose(form, ours, rtol=0, atol=1e-14 * largest)


@pytest.mark.parametrize("row", MODERATE)
def test_gradients_as_by_autograd(row):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    g = np.random.default_rng(1).normal(size=row.size)
    ours = numba_logspace.log1m_softmax_vjp(row, g)
    form = published.linear_gradient_by_autograd(torch, row, g)
    # Both of the same sums; theirs is without compensation.
    np.testing.assert_allclose(form, ours, rtol=0, atol=1e-13 * np.abs(ours).max())
