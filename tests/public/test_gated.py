"""Two sets of labels with a gate: exact values and gradients, shapes, and the wrong remedy."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES
from error import Target, check
from flint import arb, ctx
from oracle import Row, log_softmax, log_softmax_vjp
from scipy.optimize import check_grad

import numba_logspace as nl

each_dtype = pytest.mark.parametrize("dtype", DTYPES)
GATES = (0.0, 1.5, -3.0, 40.0, -40.0, 745.0, -1e4)
SETS = [
    ([0, 0, 0, 0], [0, 0, 0]),
    ([0.3], [1e-20, 40, -700]),
    ([1000, -1000, -1000.5], [0, 1e-3]),
    ([1e15, 1e15 + 2], [-1e15]),
    ([-60, 0.5, 0.5], [-np.inf, 0, -100]),
]


def numbers(*shape, seed=3):
    return np.random.default_rng(seed).normal(0, 2, shape)


def exact_value(gate, a, b):
    t = arb(float(gate))
    shares = -(-t).exp().log1p(), -t.exp().log1p()
    parts = (log_softmax(Row(x.tolist()))[0] for x in (a, b))
    return [share + y for share, part in zip(shares, parts, strict=True) for y in part]


@each_dtype
@pytest.mark.parametrize("gate", GATES)
def test_values(gate, dtype):
    for a, b in SETS:
        a, b, gate = np.array(a, DTYPES[dtype]), np.array(b, DTYPES[dtype]), DTYPES[dtype](gate)
        with ctx.workprec(8000):
            target = Target(exact_value(gate, a, b), DTYPES[dtype])
        assert target.certain
        for repeats in (1, 40):
            rows = np.tile(a, (repeats, 1)), np.tile(b, (repeats, 1))
            result = nl.gated_log_softmax(gate, *rows)
            assert result.dtype == a.dtype
            check(target, result, BUDGETS["gated_log_softmax"], f"{gate}, {a}, {b}")


def exact_gradients(gate, a, b, g):
    """(values, scales) of the gate, a and b."""
    t, g = arb(float(gate)), [arb(v) for v in g.tolist()]
    s = 1 / (1 + (-t).exp()), 1 / (1 + t.exp())
    sets = (a, g[: a.size]), (b, g[a.size :])
    sums, parts = [], []
    for x, weights in sets:
        row = Row(x.tolist())
        counted = [w for w, e in zip(weights, row.terms, strict=True) if not e.is_zero()]
        sums.append((sum(counted, arb(0)), sum(map(abs, counted), arb(0))))
        parts.append(log_softmax_vjp(row, weights))
    slope = sums[0][0] * s[1] - sums[1][0] * s[0]
    scale = sums[0][1] * s[1] + sums[1][1] * s[0]
    return [([slope], [scale]), *parts]


@each_dtype
@pytest.mark.parametrize("gate", GATES)
def test_gradients(gate, dtype):
    for a, b in SETS:
        a, b, gate = np.array(a, DTYPES[dtype]), np.array(b, DTYPES[dtype]), DTYPES[dtype](gate)
        g = numbers(a.size + b.size).astype(a.dtype)
        with ctx.workprec(8000):
            exact = exact_gradients(gate, a, b, g)
            targets = [Target(values, a.dtype.type, scales) for values, scales in exact]
        for target, result in zip(targets, nl.gated_log_softmax_vjp(gate, a, b, g), strict=True):
            assert target.certain
            check(
                target, np.atleast_1d(result), BUDGETS["gated_log_softmax_vjp"], f"{gate} {a} {b}"
            )


def check_shared_gate(gate, a, b, g, counts=None):
    """A gate that all rows share; each row comes so many times."""
    counts = np.ones(len(a), int) if counts is None else np.array(counts)
    with ctx.workprec(1000):
        rows = [exact_gradients(gate, *row)[0] for row in zip(a, b, g, strict=True)]
        weighted = [
            sum((int(n) * part[0] for n, part in zip(counts, parts, strict=True)), arb(0))
            for parts in zip(*rows, strict=True)
        ]
        target = Target(weighted[:1], a.dtype.type, weighted[1:])
    assert target.certain
    a, b, g = (np.repeat(x, counts, axis=0) for x in (a, b, g))
    for axis in (-1, 0):
        arrays = (a, b, g) if axis else (a.T, b.T, g.T)
        slope = nl.gated_log_softmax_vjp(gate, *arrays, axis)[0]
        assert (slope.shape, slope.dtype) == ((), a.dtype)
        budget = BUDGETS["gated_log_softmax_vjp"]
        check(target, slope[None], budget, f"gate {gate}, {len(a)} rows, axis {axis}")


@pytest.mark.one_in(4)
@each_dtype
@pytest.mark.parametrize("gate", [0.3, -3.0, 20.0])
def test_a_gate_for_many_rows(gate, dtype):
    a, b, g = (numbers(10**4, n, seed=n).astype(dtype) for n in (3, 2, 5))
    check_shared_gate(DTYPES[dtype](gate), a, b, g)
    check_shared_gate(DTYPES[dtype](gate), a, b, abs(g))


@pytest.mark.slow
@each_dtype
@pytest.mark.parametrize("rows", [10**6, pytest.param(10**7, marks=pytest.mark.slow)])
def test_a_gate_for_very_many_rows(rows, dtype):
    a, b = (np.array([x] * 3, dtype) for x in ([0.5, -1], [0.25]))
    g = np.array([[0.1, 0.2, 0.3], [1, 0, 0.7], [1e5, 3, -4]], dtype)
    check_shared_gate(DTYPES[dtype](0.7), a, b, g, [rows // 2, rows - rows // 2 - 1, 1])


@each_dtype
def test_a_gate_for_some_rows(dtype):
    # The sums of each entry of a gate are those of its rows alone.
    a, b, g = (numbers(6, 5, n, seed=n).astype(dtype) for n in (3, 2, 5))
    for shape in ((5,), (1, 5), (6, 1), (1, 1)):
        gate = numbers(*shape).astype(dtype)
        slopes = nl.gated_log_softmax_vjp(gate, a, b, g)[0]
        assert slopes.shape == shape
        rows = np.broadcast_to(np.arange(gate.size).reshape(shape), (6, 5))
        for i, slope in enumerate(slopes.flat):
            own = rows == i
            alone = nl.gated_log_softmax_vjp(gate.flat[i], a[own], b[own], g[own])[0]
            assert slope == alone


def test_it_is_a_distribution():
    # Four and three labels, a third of the probability on the first.
    y = nl.gated_log_softmax(nl.logit(1 / 3), numbers(4), numbers(3))
    assert abs(nl.logsumexp(y)) < 1e-15
    np.testing.assert_allclose(nl.log_softmax(y), y, rtol=1e-14)
    assert nl.logsumexp(y[:4]) == pytest.approx(np.log(1 / 3), rel=1e-14)


def test_the_wrong_remedy():
    # log_sigmoid(1 - t), as once advised, is not log(1 - s): the result sums to more than one.
    t = 0.5
    assert nl.log_sigmoid(-t) == pytest.approx(np.log(1 - nl.logistic(t)), rel=1e-15)
    wrong = np.append(nl.log_sigmoid(t) + nl.log_softmax(numbers(4)), nl.log_sigmoid(1 - t))
    assert nl.logsumexp(wrong) > 0.2


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_shapes(axis):
    a, b = numbers(3, 4, 5), numbers(3, 4, 5, seed=4).take(range(2), axis)
    gate = numbers(*np.delete(a.shape, axis))
    y = nl.gated_log_softmax(gate, a, b, axis)
    shares = (
        np.expand_dims(nl.log_sigmoid(gate), axis),
        np.expand_dims(nl.log1m_sigmoid(gate), axis),
    )
    parts = [s + nl.log_softmax(x, axis) for s, x in zip(shares, (a, b), strict=True)]
    np.testing.assert_allclose(y, np.concatenate(parts, axis), rtol=1e-14)
    out = np.empty(y.shape[::-1]).T
    assert nl.gated_log_softmax(gate, np.asfortranarray(a), b, axis, out=out) is out
    np.testing.assert_allclose(out, y, rtol=1e-14)
    g = numbers(*y.shape, seed=8)
    slope, da, db = nl.gated_log_softmax_vjp(gate, a, b, g, axis)
    assert (slope.shape, da.shape, db.shape) == (gate.shape, a.shape, b.shape)
    shared = nl.gated_log_softmax_vjp(0.7, a, b, g, axis)[0]
    every = nl.gated_log_softmax_vjp(np.full(gate.shape, 0.7), a, b, g, axis)[0]
    assert shared.shape == ()
    assert shared == pytest.approx(every.sum(), rel=1e-12)


def test_gradients_in_scipy():
    g = numbers(2, 7)

    def split(flat):
        return flat[:2], flat[2:10].reshape(2, 4), flat[10:].reshape(2, 3)

    def gradient(flat):
        return np.concatenate([np.ravel(d) for d in nl.gated_log_softmax_vjp(*split(flat), g)])

    error = check_grad(
        lambda flat: np.sum(g * nl.gated_log_softmax(*split(flat))), gradient, numbers(16)
    )
    assert error < 1e-5


def test_special_gates():
    inf = np.inf
    y = nl.gated_log_softmax([inf, -inf], np.zeros((2, 2)), np.zeros((2, 1)))
    half = np.log(0.5)
    np.testing.assert_array_equal(y, [[half, half, -inf], [-inf, -inf, 0]])


def test_bad_input():
    a, b = numbers(4, 3), numbers(4, 2)
    for arguments, message in (
        ((np.zeros(3), a, b), "gate of shape"),
        ((0.0, a, numbers(3, 2)), "a and b must have the same shape"),
        ((0.0, a, numbers(2)), "a and b must have the same shape"),
    ):
        with pytest.raises(ValueError, match=message):
            nl.gated_log_softmax(*arguments)
        with pytest.raises(ValueError, match=message):
            nl.gated_log_softmax_vjp(*arguments)
    with pytest.raises(ValueError, match="g of shape"):
        nl.gated_log_softmax_vjp(0.0, a, b, np.ones(4))
    with pytest.raises(ValueError, match="out overlaps a"):
        both = np.zeros((4, 5))
        nl.gated_log_softmax(0.0, both[:, :3], both[:, 3:], out=both)
    with pytest.raises(TypeError, match="axis must be an int"):
        nl.gated_log_softmax(0.0, a, b, None)
    with pytest.raises(TypeError, match="a has dtype complex"):
        nl.gated_log_softmax(0.0, a * 1j, b)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gates_that_keep_the_axis(axis):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4, 5))
    gate = rng.normal(size=np.delete(a.shape, axis))
    right = nl.gated_log_softmax_vjp(gate, a, b, axis=axis)
    kept = np.expand_dims(gate, axis)
    slope, *others = nl.gated_log_softmax_vjp(kept, a, b, axis=axis)
    np.testing.assert_array_equal(slope, np.expand_dims(right[0], axis))
    for one, of in zip(others, right[1:], strict=True):
        np.testing.assert_array_equal(one, of)
