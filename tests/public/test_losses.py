"""Losses and their gradients: exact values, targets of both kinds, weights, reductions, errors."""

import itertools

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, LAYOUTS, REGIMES, float64_soon, regimes, targets_of
from error import Target, check
from flint import arb, ctx
from oracle import LOSSES, ROW_FUNCTIONS, Row, expected
from scipy.optimize import check_grad

import numba_logspace as nl
from numba_logspace._family import named

inf, nan = np.inf, np.nan
CORPUS = {name: regimes(dtype) for name, dtype in DTYPES.items()}
FIRST, *OTHERS = LOSSES
LABELLED = named("loss")
# The others go through kernels of the same text, which take long to compile.
SOON = {("float64", "row"), ("float64", "short rows"), ("float32", "row")}
each_way = pytest.mark.parametrize(
    "dtype, layout",
    [
        pytest.param(*way, marks=[] if way in SOON else pytest.mark.slow)
        for way in itertools.product(DTYPES, ("row", "short rows", "columns"))
    ],
)

each = pytest.mark.parametrize("name", LOSSES)
each_labelled = pytest.mark.parametrize("name", LABELLED)
each_regime = pytest.mark.parametrize("regime", REGIMES)


def loss_of(name):
    return getattr(nl, name)


def both_of(name):
    return getattr(nl, f"{name}_value_and_grad")


def numbers(*shape, seed=3):
    return np.random.default_rng(seed).normal(0, 3, shape)


def shares(*shape, seed=4):
    """Rows that sum to one."""
    x = np.random.default_rng(seed).random(shape)
    return x / x.sum(axis=-1, keepdims=True)


# --- accuracy ------------------------------------------------------------------------------------


@pytest.mark.one_in(3)
@each_way
@each_regime
@each
def test_accuracy(name, layout, regime, dtype):
    layout = LAYOUTS[layout]
    for i, row in enumerate(CORPUS[dtype][regime]):
        low = np.isneginf(nl.log_softmax(row)) & np.isfinite(row)
        if not layout.takes(row.size, "") or row.size > 1000 or low.any():
            continue  # nothing is promised where log P itself overflows
        for targets in targets_of(row):
            x, scores = layout.array(row), layout.array(targets, 0.0)
            what = f"{name}, row {i} ({row[:8]}), targets {targets[:8]}"
            loss, gradient = both_of(name)(x, scores, layout.axis)
            target = expected(name, row, targets)
            check(target, np.asarray(loss)[..., None], BUDGETS[name], what)
            alone = loss_of(name)(x, scores, layout.axis)
            check(target, np.asarray(alone)[..., None], BUDGETS[name], what)
            if np.isfinite(loss).all():
                results = layout.entries(gradient, row.size)
                target = expected(f"{name}_gradient", row, targets)
                check(target, results, BUDGETS[f"{name}_gradient"], what)


# --- labels, weights, reductions -----------------------------------------------------------------

SHAPES = [((7,), 0), ((50, 7), 1), ((7, 50), 0), ((6, 100), 1), ((4, 9, 50), 1), ((9000, 3), 0)]


def one_hot(labels, classes, axis):
    return np.moveaxis(np.eye(classes)[labels], -1, axis)


@pytest.mark.one_in(4)
@pytest.mark.parametrize("shape, axis", SHAPES)
@each_labelled
def test_labels_are_one_hot_targets(name, shape, axis):
    x, classes = numbers(*shape), shape[axis]
    labels = np.random.default_rng(5).integers(0, min(classes, 100), np.delete(shape, axis))
    loss, gradient = both_of(name)(x, one_hot(labels, classes, axis), axis)
    alone = loss_of(name)(x, one_hot(labels, classes, axis), axis)
    for kind in (np.int64, np.uint8, ">i4", np.int16):
        result = both_of(name)(x, labels.astype(kind), axis)
        np.testing.assert_array_max_ulp(result[0], loss, 2)
        np.testing.assert_allclose(result[1], gradient, rtol=1e-15, atol=1e-16)
        result = loss_of(name)(x, labels.astype(kind), axis)
        np.testing.assert_array_max_ulp(result, alone, 2)
    strided = np.repeat(x, 2, axis=-1)[..., ::2]
    for other in (strided, np.asfortranarray(x)):
        np.testing.assert_allclose(loss_of(name)(other, labels, axis), loss, rtol=1e-13)


@each
def test_weights_and_reductions(name):
    x, scores, w = numbers(40, 7), shares(40, 7), np.random.default_rng(6).random(40)
    loss, gradient = both_of(name)(x, scores)
    np.testing.assert_array_equal(loss, loss_of(name)(x, scores))
    weighted = {"weights": w} if name in LABELLED else {}
    w = w if weighted else np.ones(40)
    for reduction, scale in (("none", w), ("sum", w), ("mean", w / w.sum())):
        options = weighted | {"reduction": reduction}
        value, slope = both_of(name)(x, scores, **options)
        exact = scale * loss if reduction == "none" else np.sum(scale * loss)
        np.testing.assert_allclose(value, exact, rtol=1e-14)
        np.testing.assert_allclose(slope, scale[:, None] * gradient, rtol=1e-13, atol=1e-17)
        np.testing.assert_array_equal(loss_of(name)(x, scores, **options), value)
    if weighted:
        np.testing.assert_allclose(loss_of(name)(x, scores, weights=2.0), 2 * loss, rtol=1e-15)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("weight", [2, 2.0, np.float32(2), np.float64(2), np.uint8(2), np.array(2)])
@pytest.mark.parametrize("rows", [(), (1,), (3,)])
def test_a_weight_of_any_type(rows, weight, reduction):
    # NumPy warns where a float32 is compared with a number too large for it.
    x, labels = np.ones((*rows, 4), np.float32), np.zeros(rows, int)
    loss, gradient = both_of("cross_entropy")(x, labels, weights=weight, reduction=reduction)
    scale = 1.0 if reduction == "mean" else 2.0
    assert loss.dtype == gradient.dtype == np.float32
    assert loss.sum() == scale * nl.cross_entropy(x, labels, reduction=reduction).sum()


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@each
def test_gradients_in_scipy(name, reduction):
    scores = shares(3, 4)

    def value(flat):
        return np.sum(loss_of(name)(flat.reshape(3, 4), scores, reduction=reduction))

    def gradient(flat):
        return both_of(name)(flat.reshape(3, 4), scores, reduction=reduction)[1].ravel()

    assert check_grad(value, gradient, numbers(12)) < 1e-6


def test_losses_of_different_kinds():
    x, m = numbers(20, 5), shares(20, 5)
    parts = nl.cross_entropy(x, m) + nl.complement_cross_entropy(x, 1 - m)
    np.testing.assert_allclose(nl.softmax_binary_cross_entropy(x, m), parts, rtol=1e-14)
    np.testing.assert_allclose(
        nl.cross_entropy(x, m), -np.sum(m * nl.log_softmax(x), -1), rtol=1e-14
    )


def test_relation_of_classes():
    relation, labels, x = shares(5, 5), np.array([0, 3, 3, 1]), numbers(4, 5)
    exact = -np.sum(relation[labels] * nl.log1m_softmax(x), -1)
    np.testing.assert_allclose(nl.complement_cross_entropy(x, relation[labels]), exact, rtol=1e-14)


@pytest.mark.parametrize(
    "name", [FIRST, *(pytest.param(n, marks=pytest.mark.slow) for n in OTHERS)]
)
def test_sum_of_many_rows(name):
    x = np.tile(numbers(1, 3), (300_000, 1)).astype(np.float32)
    scores = shares(1, 3).astype(np.float32)
    one = loss_of(name)(x[0], scores[0])
    total = loss_of(name)(x, scores, reduction="sum")
    np.testing.assert_allclose(total, one * 300_000.0, rtol=2e-7)
    mean = loss_of(name)(x, scores, reduction="mean")
    np.testing.assert_allclose(mean, one, rtol=3e-7)


@pytest.mark.one_in(2)
@float64_soon
@each_labelled
def test_weighted_gradients_of_tiny_shares(name, dtype):
    # The weight comes before the rounding to a subnormal number, not after it.
    gap = {"float32": 101.75, "float64": 743.375}[dtype]
    x, weight = np.array([0, -gap, -gap / 2], dtype), DTYPES[dtype](871_978)
    for label in range(3):
        scores = np.eye(3, dtype=dtype)[label]

        with ctx.workprec(4000):
            m = [arb(v) for v in scores.tolist()]
            parts = ROW_FUNCTIONS[f"{name}_gradient"](Row(x.tolist()), m)
            values, scales = ([v * float(weight) for v in part] for part in parts)
            target = Target(values, DTYPES[dtype], scales)
        for targets in (scores, label):
            gradient = both_of(name)(x, targets, weights=weight)[1]
            check(target, gradient, BUDGETS[f"{name}_gradient"], f"{name}, label {label}")


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["i8", "u1", "f2", "f4", "f8", ">f8", "?"])
@pytest.mark.parametrize("axis", [-1, 0])
@each_labelled
def test_labels_of_any_dtype(name, axis, dtype):
    # As many rows as classes, for which labels may look like numbers for the classes.
    x, labels = numbers(4, 4), np.array([1, 0, 1, 1])
    one_hot = np.eye(4)[labels]
    exact = both_of(name)(x, one_hot, axis=-1)
    if axis == 0:
        x, exact = x.T, (exact[0], exact[1].T)
    for given in (labels.astype(dtype), np.expand_dims(labels.astype(dtype), axis)):
        loss, gradient = both_of(name)(x, given, axis=axis)
        np.testing.assert_array_equal(loss, exact[0])
        np.testing.assert_array_equal(gradient, exact[1])
        np.testing.assert_array_equal(loss_of(name)(x, given, axis=axis), exact[0])


def test_labels_as_patsy_gives_them():
    loss = nl.cross_entropy([[2.0, -1], [0, 3]], [[1], [0]])
    np.testing.assert_array_max_ulp(loss, np.full(2, 3.048587351573742), 1)


@each_labelled
def test_numbers_for_a_single_class(name):
    x = np.zeros((3, 1))
    np.testing.assert_array_equal(loss_of(name)(x, np.full((3, 1), 1.0)), np.zeros(3))
    np.testing.assert_array_equal(nl.cross_entropy(x, np.zeros((3, 1), int)), np.zeros(3))


# --- rows without weight -------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@each_labelled
def test_rows_of_weight_0_do_not_count(name, reduction):
    x = np.array([[1.0, -inf], [0.0, 0.0], [nan, 1.0], [inf, inf]])
    weights, options = np.array([0.0, 2.0, 0.0, 0.0]), {"reduction": reduction}
    loss, gradient = both_of(name)(x, [1, 0, 0, 1], weights=weights, **options)
    right, slope = both_of(name)(x[1:2], [0], weights=[2.0], **options)
    if reduction == "none":
        right = [0, right[0], 0, 0]
    np.testing.assert_array_equal(loss, right)
    np.testing.assert_array_equal(gradient, [[0, 0], slope[0], [0, 0], [0, 0]])
    alone = loss_of(name)(x, [1, 0, 0, 1], weights=weights, **options)
    np.testing.assert_array_equal(alone, loss)


@each
def test_a_row_with_nan_is_nan_whatever_counts(name):
    x, scores = np.array([[1.0, nan], [0.0, 0.0]]), np.zeros((2, 2))
    loss, gradient = both_of(name)(x, scores)
    assert np.isnan(loss[0]) and np.isnan(gradient[0]).all()
    assert np.isfinite(loss[1]) and np.isfinite(gradient[1]).all()
    np.testing.assert_array_equal(loss_of(name)(x, scores), loss)


# --- special values ------------------------------------------------------------------------------

SPECIAL = [
    ("cross_entropy", [0, -inf, 0], [1, 0, 0], np.log(2)),
    ("cross_entropy", [0, -inf, 0], [0, 1, 0], inf),
    ("cross_entropy", [0, inf, 0], [0, 1, 0], 0),
    ("cross_entropy", [0, nan], [1, 0], nan),
    ("cross_entropy", [3], [1], 0),
    ("softmax_binary_cross_entropy", [3], [1], 0),
    ("softmax_binary_cross_entropy", [3, -inf], [1, 0], 0),
    ("softmax_binary_cross_entropy", [3, -inf], [0, 1], inf),
    ("softmax_binary_cross_entropy", [0, nan], [1, 0], nan),
    ("complement_cross_entropy", [3, -inf], [0, 9], 0),
    ("complement_cross_entropy", [3, -inf], [1, 0], inf),
    ("complement_cross_entropy", [3], [0], 0),
    ("complement_cross_entropy", [0, nan], [1, 0], nan),
]


@float64_soon
@pytest.mark.parametrize("name, logits, scores, exact", SPECIAL)
def test_special_values(name, logits, scores, exact, dtype):
    logits, scores = np.array(logits, dtype), np.array(scores, dtype)
    for x, m in ((logits, scores), (np.tile(logits, (40, 1)), scores[None])):
        loss, gradient = both_of(name)(x, m)
        alone = loss_of(name)(x, m)
        assert loss.dtype == alone.dtype == gradient.dtype == dtype
        for result in (loss, alone):
            np.testing.assert_array_max_ulp(result, np.full(x.shape[:-1], exact, dtype), 2)
        if not np.isnan(exact):
            assert np.isfinite(gradient).all()
        assert not gradient[..., np.isneginf(logits)].any()


def test_saturated_gradients_are_finite():
    x = np.array([[1000.0, -1000.0, -1000.5]])
    for name, label in itertools.product(LABELLED, range(3)):
        loss, gradient = both_of(name)(x, [label])
        assert np.isfinite(loss).all()
        assert np.isfinite(gradient).all()
        assert abs(gradient.sum()) < 1e-12


# --- bad input -----------------------------------------------------------------------------------

BAD = [
    (([0, 1.5, 3, 2],), {}, ValueError, "whole numbers from 0 to 3, got 1.5 in row 1"),
    (([[0], [1], [nan], [2]],), {}, ValueError, "whole numbers from 0 to 3, got nan in row 2"),
    (([0.25] * 5,), {}, ValueError, "targets of shape .5,. are neither"),
    (([[0.25] * 3],), {}, ValueError, "targets of shape .1, 3. are neither"),
    ((1,), {}, ValueError, "targets of shape .. are neither"),
    (([0, 1, 4, 2],), {}, ValueError, "classes, whole numbers from 0 to 3, got 4 in row 2"),
    (([0, -1, 4, 2],), {}, ValueError, "classes, whole numbers from 0 to 3, got -1 in row 1"),
    (([0, 1, 2],), {}, ValueError, "targets of shape .3,. are neither"),
    ((np.full((4, 4), 1.5),), {}, ValueError, r"in \[0, 1\], got 1.5 in row 0"),
    ((np.diag([1, 1, nan, 1]),), {}, ValueError, r"in \[0, 1\], got nan in row 2"),
    ((np.diag([1, 1, 1, -0.5]),), {}, ValueError, r"in \[0, 1\], got -0.5 in row 3"),
    (([0, 1, 1, 2],), {"weights": [1, 1, -2, 1]}, ValueError, "weights .* got -2.* in row 2"),
    (([0, 1, 1, 2],), {"weights": [1, nan, -2, 1]}, ValueError, "weights .* got nan in row 1"),
    (([0, 1, 1, 2],), {"weights": [1, inf, 2, 1]}, ValueError, "weights .* got inf in row 1"),
    (([0, 1, 1, 2],), {"weights": np.ones(3)}, ValueError, "weights of shape"),
    (([0, 1, 1, 2],), {"weights": np.zeros(4), "reduction": "mean"}, ValueError, "all 0"),
    (([0, 1, 1, 2],), {"reduction": "average"}, ValueError, "reduction must be one of"),
    (([0, 1, 1, 2],), {"axis": None}, TypeError, "axis must be an int"),
    ((np.ones((4, 4), complex),), {}, TypeError, "targets has dtype complex"),
]


@pytest.mark.parametrize("args, options, error, message", BAD)
@each_labelled
def test_bad_input(name, args, options, error, message):
    out = np.full((4, 4), 7.0)
    with pytest.raises(error, match=message):
        both_of(name)(numbers(4, 4), *args, **options, out=out)
    assert (out == 7).all()
    with pytest.raises(error, match=message):
        loss_of(name)(numbers(4, 4), *args, **options)


@pytest.mark.parametrize(
    "weights, message",
    [
        (np.diag([1, 1, -1, 1]), "weights .* got -1.* in row 2"),
        (np.diag([1, 1, 1, nan]), "weights .* got nan in row 3"),
        (np.ones((3, 3)), "weights of shape"),
        ([1, 1, -1, 1], "weights .* got -1.* in row 0"),
    ],
)
def test_bad_class_weights(weights, message):
    with pytest.raises(ValueError, match=message):
        nl.complement_cross_entropy(numbers(4, 4), weights)
    with pytest.raises(TypeError, match="weights must be"):
        nl.complement_cross_entropy(numbers(4, 4), None)


def test_bad_rows_of_many_axes_are_named():
    labels = np.zeros((3, 5), int)
    labels[2, 1] = 9
    with pytest.raises(ValueError, match=r"got 9 in row \(2, 1\)"):
        nl.cross_entropy(numbers(3, 4, 5), labels, axis=1)


@each
def test_mean_of_nothing(name):
    with pytest.raises(ValueError, match="no rows"):
        loss_of(name)(np.empty((0, 4)), np.empty((0, 4)), reduction="mean")
    assert loss_of(name)(np.empty((0, 4)), np.empty((0, 4)), reduction="sum") == 0
    assert both_of(name)(np.empty((0, 4)), np.empty((0, 4)))[1].shape == (0, 4)


@each
def test_out_and_threads(name):
    x, scores = numbers(3000, 100), shares(3000, 100)
    loss, gradient = both_of(name)(x, scores, workers=1)
    y = x.copy()
    again = both_of(name)(y, scores, out=y, workers=2)
    assert again[1] is y
    np.testing.assert_array_equal(again[0], loss)
    np.testing.assert_array_equal(y, gradient)
    with pytest.raises(ValueError, match="out overlaps"):
        both_of(name)(x, scores, out=scores)


@each
def test_dtypes(name):
    x, scores = numbers(20, 5), shares(20, 5)
    exact = both_of(name)(x, scores)
    for dtype, tolerance in ((np.float16, 1e-2), (np.float32, 1e-5)):
        loss, gradient = both_of(name)(x.astype(dtype), scores)
        assert loss.dtype == gradient.dtype == dtype
        np.testing.assert_allclose(loss, exact[0], rtol=tolerance)
        np.testing.assert_allclose(gradient, exact[1], rtol=0, atol=tolerance)
    whole = np.rint(x).astype(int)
    np.testing.assert_array_equal(loss_of(name)(whole, scores), loss_of(name)(whole * 1.0, scores))
