"""Cotangents and tangents in jitted code that are left out, are a number, or broadcast."""

import numpy as np
import pytest
from test_jitted import assert_same, hard_rows, jitted, one_of_each_kind

import numba_logspace as nl
from numba_logspace._family import FAMILY, named

X = hard_rows((4, 5), np.float64)
MASK = np.random.default_rng(1).random((4, 5)) < 0.7
COLUMN = np.array([0.5, -2.0, 1.0, 3.0, 0.25])
ROW_KINDS = ("vjp of a reduction", "hvp of a reduction", "weighted vjp")


def assert_spread(expression, given, whole, *arguments):
    """The same as outside with the whole array."""
    found = jitted(expression)((X, MASK, given, *arguments))
    expected = eval(f"lambda a: {expression}", {"nl": nl})((X, MASK, whole, *arguments))
    assert_same(found, expected)


def test_numbers_for_entries():
    assert_spread("nl.softmax_vjp(a[0], a[2])", -2.0, np.full_like(X, -2.0))


@pytest.mark.slow
def test_rows_for_entries():
    whole = COLUMN * np.ones_like(X)
    assert_spread("nl.log_softmax_vjp(a[0], a[2], where=a[1])", COLUMN, whole)
    with pytest.raises(ValueError, match="g must have a shape that broadcasts to that of the arr"):
        jitted("nl.log_softmax_vjp(a[0], a[2], where=a[1])")((X, MASK, COLUMN[:4].copy()))


@pytest.mark.slow
def test_numbers_and_kept_axes_for_rows():
    of_rows = np.array([1.0, -2.0, 0.0, 0.5])
    assert_spread("nl.logsumexp_vjp(a[0], a[2])", 3, np.full(4, 3.0))
    assert_spread("nl.logsumexp_vjp(a[0], a[2])", of_rows[:, None], of_rows)
    with pytest.raises(ValueError, match="g must have the shape of the array without the axis"):
        jitted("nl.logsumexp_vjp(a[0], a[2])")((X, MASK, of_rows[None]))


@pytest.mark.parametrize(
    "expression, text",
    [
        ("nl.softmax_vjp(a[0], 1j)", "g must be an array of one axis or more"),
        ("nl.softmax_vjp(a[0], a[0][None])", "g must have the shape and the dtype of x"),
        ("nl.softmax_jvp(a[0], None)", "t must be an array of one axis or more"),
        ("nl.cross_entropy_hvp(a[0], a[0], None)", "t must be an array of one axis or more"),
    ],
)
def test_refused(expression, text):
    with pytest.raises(TypeError, match=text):
        jitted(expression)((np.zeros((2, 3)),))


# --- everything, which takes minutes to compile --------------------------------------------------


def _arguments(kind, name):
    # What stands for the cotangent or the tangents is a[2].
    given = {
        "vjp": "a[0], a[2]",
        "value and vjp": "a[0], a[2]",
        "vjp of a scan": "a[0], a[2]",
        "jvp": "a[0], a[2]",
        "jvp of a scan": "a[0], a[2]",
        "jvp of a reduction": "a[0], a[2]",
        "hvp": "a[0], a[2], a[2]",
        "vjp of a reduction": "a[0], a[2]",
        "hvp of a reduction": "a[0], a[2], a[0]",
        "weighted vjp": "a[0], 2.0, a[2]",
    }[kind]
    return f"nl.{name}({given}, axis={{axis}}, where=a[1])"


_ENTRIES = "vjp", "value and vjp", "vjp of a scan", "jvp", "jvp of a scan", "jvp of a reduction"


@pytest.mark.slow
@pytest.mark.parametrize("name", one_of_each_kind(named(*_ENTRIES, "hvp", *ROW_KINDS)))
def test_everywhere(name):
    call = _arguments(FAMILY[name].kind, name)
    if FAMILY[name].kind in ROW_KINDS:
        assert_spread(call.format(axis=0), -1.5, np.full(5, -1.5))
        assert_spread(call.format(axis=0), COLUMN[None], COLUMN)
        return
    assert_spread(call.format(axis=0), COLUMN, np.ones_like(X) * COLUMN)
    assert_spread(call.format(axis=1), 0.5, np.full_like(X, 0.5))


@pytest.mark.slow
def test_orders_and_single_rows():
    x, row = np.asfortranarray(X), X[1].copy()
    call = jitted("nl.softmax_vjp(a[0], a[1])")
    assert_same(call((x, COLUMN)), nl.softmax_vjp(x, np.asfortranarray(np.ones_like(X) * COLUMN)))
    assert_same(call((row, 2)), nl.softmax_vjp(row, np.full(5, 2.0)))
    out = np.empty_like(row)
    jitted("nl.softmax_vjp(a[0], a[1], out=a[2])")((row, 2, out))
    assert_same(out, nl.softmax_vjp(row, np.full(5, 2.0)))


@pytest.mark.slow
def test_numbers_for_segments_products_gates_and_losses():
    x, ids = X[3].copy(), np.array([1, 0, 1, 0, 0])
    for name, count in (("softmax", 5), ("logsumexp", 2)):
        call = jitted(f"nl.segment_{name}_vjp(a[0], a[1], a[2])")
        whole = getattr(nl, f"segment_{name}_vjp")(x, np.full(count, -2.0), ids)
        assert_same(call((x, -2.0, ids)), whole)
    a, b = X[1:3], X[1:3].T.copy()
    expected = nl.logmatmulexp_vjp(a, b, np.full((2, 2), 3.0))
    assert_same(jitted("nl.logmatmulexp_vjp(a[0], a[1], 3)")((a, b)), expected)
    expected = nl.gated_log_softmax_vjp(0.5, a, a, np.full((2, 10), 3.0))
    assert_same(jitted("nl.gated_log_softmax_vjp(0.5, a[0], a[0], 3)")((a,)), expected)
    expected = nl.cross_entropy_hvp(a, np.array([0, 1]), np.ones_like(a) * COLUMN)
    found = jitted("nl.cross_entropy_hvp(a[0], a[1], a[2])")((a, np.array([0, 1]), COLUMN))
    assert_same(found, expected)
