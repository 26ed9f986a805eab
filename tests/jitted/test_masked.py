"""Masks, several axes, weights and gates in jitted code: the bits of the public functions."""

import numpy as np
import pytest
from test_jitted import check, hard_rows, jitted, one_of_each_kind

import numba_logspace as nl
from numba_logspace._family import FAMILY, named


def _masked(shape, dtype="float64", seed=5):
    # Rows, weights and a mask with empty rows and whole ones.
    x, g = hard_rows(shape, dtype), hard_rows(shape, dtype, seed)
    g[~np.isfinite(g)] = 0.5
    mask = np.random.default_rng(seed).random(shape) < 0.6
    mask[0], mask[1] = True, False
    return x, g, mask


@pytest.mark.slow
def test_masks():
    x, g, mask = _masked((6, 9))
    check("nl.log1m_softmax(a[0], where=a[1])", x, mask)
    check("(nl.logsumexp(a[0], where=a[1]), nl.logmeanexp(a[0], where=a[1]))", x, mask)
    check("nl.log1m_softmax_vjp(a[0], where=a[1])", x, mask)


def test_masks_of_one_row():
    x, g, mask = _masked((6, 9))
    for row in (0, 1, 4):
        check("(nl.softmax(a[0], where=a[1]), nl.logsumexp(a[0], where=a[1]))", x[row], mask[row])


def test_masks_go_into_out():
    x, _, mask = _masked((6, 9))
    fill = jitted("nl.log_softmax(a[0], where=a[1], out=a[2])")
    out = np.empty_like(x)
    fill((x, mask, out))
    np.testing.assert_array_equal(out, nl.log_softmax(x, where=mask))
    same = x.copy()
    fill((same, mask, same))
    np.testing.assert_array_equal(same, out)
    with pytest.raises(ValueError, match="where must have a shape that broadcasts"):
        fill((x, mask[:4], out))


def test_weights_and_signs():
    x, g, mask = _masked((6, 9))
    check("nl.logsumexp(a[0], b=a[1], return_sign=True)", x, g)


def test_weights_of_one_row_beside_a_number():
    x = hard_rows((9,), np.float32)
    check("(nl.logsumexp(a[0], return_sign=True), nl.logsumexp(a[0], b=-2))", x)


def test_gates():
    a, b = hard_rows((4, 6), np.float64), hard_rows((4, 3), np.float64, 1)
    check("nl.gated_log_softmax(a[0], a[1], a[2])", b[:, 1].copy(), a, b)


@pytest.mark.slow
def test_gate_of_one_row():
    a, b, g = (np.linspace(-2.0, 1.0, n) for n in (6, 3, 9))
    check("nl.gated_log_softmax(0.25, a[0], a[1])", a, b)
    check("nl.gated_log_softmax_vjp(0.25, a[0], a[1], a[2])[1:]", a, b, g)


def test_more_than_four_axes_and_several():
    x = hard_rows((2, 3, 2, 2, 4), np.float64)
    check("nl.logsumexp(a[0], axis=(0, 1))", x)


@pytest.mark.parametrize(
    "expression, arguments, text",
    [
        ("nl.softmax(a[0], where=a[0])", [np.zeros(3)], "softmax: where must be a bool or an arr"),
        ("nl.softmax(a[0], axis=(0, 0))", [np.zeros(3)], "axis must name different axes"),
        ("nl.softmax(a[0], b=a[0])", [np.zeros(3)], "got an unexpected keyword argument 'b'"),
        ("nl.logsumexp(a[0], return_sign=a[1])", [np.zeros(3), True], "return_sign must be a lit"),
        ("nl.logsumexp(a[0], b='1')", [np.zeros(3)], "b must be a number or an array of numbers"),
        ("nl.logsumexp(a[0], out=a[0])", [np.zeros(3)], "out must be a writable array of no axes"),
        ("nl.gated_log_softmax('1', a[0], a[0])", [np.zeros(3)], "gate must be a number or an"),
        ("nl.cross_entropy(a[0], a[0], axis=None)", [np.zeros((2, 3))], "axis must be a literal"),
    ],
)
def test_typing_errors(expression, arguments, text):
    with pytest.raises(TypeError, match=text.replace("(", r"\(")) as error:
        jitted(expression)(tuple(arguments))
    assert "\n" not in str(error.value)


# --- everything, which takes minutes to compile --------------------------------------------------

_OTHERS = {
    "vjp": "a[1]",
    "jvp": "a[1]",
    "jvp of a reduction": "a[1]",
    "value and vjp": "a[1]",
    "hvp": "a[1], a[1]",
    "hvp of a reduction": "None, a[1]",
    "vjp of a scan": "a[1]",
    "jvp of a scan": "a[1]",
}
_KINDS = ("map", "scan", "reduction", "vjp of a reduction", *_OTHERS)


@pytest.mark.slow
@pytest.mark.parametrize("name", one_of_each_kind(named(*_KINDS)))
def test_masks_everywhere(name):
    operands = _OTHERS.get(FAMILY[name].kind)
    given = "a[0]" if operands is None else f"a[0], {operands}"
    x, g, mask = _masked((5, 7))
    check(f"nl.{name}({given}, axis=0, where=a[2])", x, g, mask)
    check(f"nl.{name}({given}, where=a[2])", *(np.asfortranarray(u) for u in (x, g, mask)))
    check(f"nl.{name}({given}, where=a[2])", x, g, mask[1, 0])
    x, g, mask = _masked((3, 4, 5), "float32")
    check(f"nl.{name}({given}, axis=(0, 2), where=a[2])", x, g, mask[2])
    check(f"nl.{name}({given}, axis=None, where=a[2])", x[::2], g[::2], mask[::2])


@pytest.mark.slow
def test_weights_everywhere():
    x, b, mask = _masked((5, 7))
    for options in ("axis=0, where=a[2]", "axis=None", "keepdims=True"):
        for more in ("", ", return_sign=True"):
            check(f"nl.logsumexp(a[0], b=a[1], {options}{more})", x, b, mask)
    check("nl.logsumexp(a[0], b=a[1], axis=0)", x[:, :1], b[0], mask)
    check("nl.logsumexp(a[0], b=a[1])", x.astype("f"), np.arange(7))


@pytest.mark.slow
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gates_everywhere(axis):
    a = hard_rows((3, 4, 5), np.float64)
    b, shape = a[::-1].copy(), list(a.shape)
    shape[axis] *= 2
    g = np.random.default_rng(1).normal(size=shape)
    rows = [n for i, n in enumerate(a.shape) if i != axis]
    kept = [1 if i == axis else n for i, n in enumerate(a.shape)]
    for lengths in (rows, rows[1:], [1, rows[1]], kept):
        gate = np.random.default_rng(2).normal(size=lengths)
        check(f"nl.gated_log_softmax(a[0], a[1], a[2], {axis})", gate, a, b)
        for u in ("", ", a[3]"):
            check(f"nl.gated_log_softmax_vjp(a[0], a[1], a[2]{u}, axis={axis})", gate, a, b, g)
    turned = map(np.asfortranarray, (a, b))
    check(f"nl.gated_log_softmax_vjp(a[0], a[1], a[2], axis={axis})", gate, *turned)


@pytest.mark.slow
def test_results_of_rows_go_into_out():
    x, t, _ = _masked((5, 7))
    both = "(nl.logsumexp(a[0], out=a[1]), nl.logsumexp_jvp(a[0], a[2], out=a[1][::-1]))"
    out = np.empty(5)
    jitted(both)((x, out, t))
    np.testing.assert_array_equal(out[::-1], nl.logsumexp_jvp(x, t))
    y, gradient = np.empty_like(x), np.empty_like(x)
    pair = jitted("nl.log1m_softmax_value_and_vjp(a[0], a[1], out=(a[2], a[3]))")
    pair((x, t, y, gradient))
    expected = nl.log1m_softmax_value_and_vjp(x, t)
    np.testing.assert_array_equal((y, gradient), expected)
    with pytest.raises(ValueError, match="out must be two arrays that overlap neither"):
        pair((x, t, y, y))
