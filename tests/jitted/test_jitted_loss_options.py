"""Losses in jitted code with rows left out and with weights of the classes."""

import numpy as np
import pytest
from numba import njit

import numba_logspace as nl

nan = np.nan
RNG = np.random.default_rng(0)
X = RNG.normal(0, 3, (6, 5))
LABELS = np.array([0, -1, 2, 3, 4, -1])
WHERE = LABELS >= 0
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0, 3.0])
SHARES = RNG.random((6, 5))
SHARES[~WHERE] = nan


@njit
def of_labels(x, labels, weights, where, classes):
    return nl.cross_entropy_value_and_grad(
        x, labels, weights=weights, class_weights=classes, where=where, reduction="mean"
    )


@pytest.mark.slow
def test_labels():
    row_weights = np.where(WHERE, RNG.random(6), nan)
    options = {"weights": row_weights, "class_weights": WEIGHTS, "where": WHERE}
    loss, gradient = of_labels(X, LABELS, *(options[k] for k in ("weights", "where")), WEIGHTS)
    expected = nl.cross_entropy_value_and_grad(X, LABELS, reduction="mean", **options)
    assert loss == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])
    with pytest.raises(ValueError, match="class_weights must have a number for each class"):
        of_labels(X, LABELS, row_weights, WHERE, WEIGHTS[:4])
    with pytest.raises(ValueError, match="class_weights must be finite and >= 0"):
        of_labels(X, LABELS, row_weights, WHERE, -WEIGHTS)
    with pytest.raises(ValueError, match="weights must be finite and >= 0"):
        of_labels(X, LABELS, np.full(6, nan), WHERE, WEIGHTS)
    with pytest.raises(ValueError, match="targets must be classes from 0"):
        of_labels(X, LABELS, np.ones(6), np.ones(6, np.bool_), WEIGHTS)
    with pytest.raises(ValueError, match="mean' of no rows"):
        of_labels(X, LABELS, np.ones(6), ~np.ones(6, np.bool_), WEIGHTS)


@pytest.mark.slow
def test_numbers_of_the_classes():
    @njit
    def along_the_first(x, shares, where):
        return nl.complement_cross_entropy(x, shares, 0, where=where)

    x, shares = np.ascontiguousarray(X.T), np.ascontiguousarray(SHARES.T)
    found = along_the_first(x, shares, WHERE)
    np.testing.assert_array_equal(found, nl.complement_cross_entropy(x, shares, 0, where=WHERE))
    with pytest.raises(ValueError, match="weights must be finite and >= 0"):
        along_the_first(x, shares, np.ones(6, np.bool_))


def test_a_single_row():
    @njit
    def one(x, label, where, classes):
        return nl.cross_entropy(x, label, class_weights=classes, where=where)

    assert one(X[0], 1, True, WEIGHTS) == nl.cross_entropy(X[0], 1, class_weights=WEIGHTS)
    assert one(X[0], -1, False, WEIGHTS) == 0.0


@pytest.mark.slow
def test_class_weights_beside_probabilities():
    @njit
    def of_shares(x, shares, where, classes):
        return nl.cross_entropy_value_and_grad(x, shares, class_weights=classes, where=where)

    for dtype in (np.float64, np.float32):
        x, shares = X.astype(dtype), SHARES.astype(dtype)
        found = of_shares(x, shares, WHERE, WEIGHTS)
        expected = nl.cross_entropy_value_and_grad(x, shares, class_weights=WEIGHTS, where=WHERE)
        for mine, its in zip(found, expected, strict=True):
            np.testing.assert_array_equal(mine, its)
    with pytest.raises(ValueError, match="class_weights must have a number for each class"):
        of_shares(x, shares, WHERE, WEIGHTS[:4])


@pytest.mark.slow
def test_other_losses_and_layouts():
    @njit
    def both(x, shares, where):
        a = nl.softmax_binary_cross_entropy_value_and_grad(x, shares, where=where, reduction="sum")
        return a, nl.cross_entropy(x.T, shares.T, 0, where=where)

    found = both(X, SHARES, WHERE)
    both_of = nl.softmax_binary_cross_entropy_value_and_grad
    expected = both_of(X, SHARES, where=WHERE, reduction="sum")
    assert found[0][0] == expected[0]
    np.testing.assert_array_equal(found[0][1], expected[1])
    np.testing.assert_array_max_ulp(found[1], nl.cross_entropy(X, SHARES, where=WHERE), 2)


@pytest.mark.parametrize(
    "options, message",
    [
        ("label_smoothing=x", "label_smoothing must be a number in"),
        ("label_smoothing=True", "label_smoothing must be a number in"),
        ("where=x", "where must be boolean, with a number for each row in jitted code, one axis"),
        ("class_weights=x", "class_weights must have one axis in jitted code"),
        ("class_weights=y", "class_weights must hold float32"),
    ],
)
def test_what_is_refused(options, message):
    function = eval(f"lambda x, y: nl.cross_entropy(x, y, {options})", {"nl": nl})
    with pytest.raises(TypeError, match=message):
        njit(function)(X, np.abs(LABELS))


@pytest.mark.slow
def test_weights_near_the_ends_of_the_range():
    everywhere = np.ones(6, np.bool_)
    labels, ones = np.abs(LABELS), np.arange(1.0, 7)
    loss, gradient = of_labels(X, labels, ones, everywhere, np.ones(5))
    for size in (2.0**700, 2.0**-700):
        found = of_labels(X, labels, size * ones, everywhere, np.full(5, size))
        assert found[0] == loss
        np.testing.assert_array_equal(found[1], gradient)


@pytest.mark.slow
def test_weights_above_the_range_of_float32():
    @njit
    def mean(x, labels, weights, classes):
        both = nl.cross_entropy_value_and_grad
        return both(x, labels, weights=weights, class_weights=classes, reduction="mean")

    x, labels = X[:2].astype("f4"), np.array([0, 1])
    for weights, classes in (([1e200, 3e200], 1e200), ([1e-200, 3e-200], 1e-200), ([1, 3], 0.3)):
        given = np.array(weights, float), np.full(5, classes)
        loss, gradient = mean(x, labels, *given)
        options = dict(zip(("weights", "class_weights"), given), reduction="mean")
        expected = nl.cross_entropy_value_and_grad(x, labels, **options)
        assert loss == expected[0]
        np.testing.assert_array_equal(gradient, expected[1])


@pytest.mark.slow
def test_products_above_the_range():
    @njit
    def each(x, labels, weights, classes):
        return nl.cross_entropy(x, labels, weights=weights, class_weights=classes)

    with pytest.raises(ValueError, match="weights times class_weights must be finite"):
        each(X[:2].astype("f4"), np.array([0, 1]), np.full(2, 1e30), np.full(5, 1e30))


# --- smoothed labels -----------------------------------------------------------------------------


@njit
def smoothed(x, labels, share):
    return nl.cross_entropy_value_and_grad(x, labels, label_smoothing=share)


def assert_equal(found, expected):
    for mine, its in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_smoothed_labels():
    labels = np.abs(LABELS)
    for share in (0.1, 0.5, 1 / 3, 0.999, 1e-17, 1e-310):
        expected = nl.cross_entropy_value_and_grad(X, labels, label_smoothing=share)
        assert_equal(smoothed(X, labels, share), expected)
    for mine, its in zip(smoothed(X, labels, 0.0), nl.cross_entropy_value_and_grad(X, labels)):
        np.testing.assert_array_max_ulp(mine, its, 2)
    for share in (1.0, -0.1, nan):
        with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\)"):
            smoothed(X, labels, share)
    with pytest.raises(ValueError, match="targets must be classes from 0"):
        smoothed(X, LABELS, 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_smoothed_labels_with_all_options(reduction):
    @njit
    def of_labels(x, labels, weights, where, classes, share):
        return nl.cross_entropy_value_and_grad(
            x,
            labels,
            weights=weights,
            class_weights=classes,
            label_smoothing=share,
            where=where,
            reduction=reduction,
        )

    options = {"class_weights": WEIGHTS, "label_smoothing": 0.2, "reduction": reduction}
    for dtype in (np.float64, np.float32):
        x, weights = X.astype(dtype), np.where(WHERE, RNG.random(6), nan)
        found = of_labels(x, LABELS, weights, WHERE, WEIGHTS, 0.2)
        options |= {"weights": weights, "where": WHERE}
        assert_equal(found, nl.cross_entropy_value_and_grad(x, LABELS, **options))
    with pytest.raises(ValueError, match="class_weights must have a number for each class"):
        of_labels(x, LABELS, weights, WHERE, WEIGHTS[:4], 0.2)
    over = "over their mean" if reduction == "mean" else "weights times class_weights"
    with pytest.raises(ValueError, match=f"{over}.* must be finite in the dtype of logits"):
        large = np.where(WEIGHTS == 3.0, 1e38, 1e-38)
        of_labels(x, np.zeros(6, int), np.full(6, 1e10), WHERE, large, 0.2)
    if reduction == "mean":
        with pytest.raises(ValueError, match="mean' of weights that are all 0"):
            of_labels(x, np.full(6, 3), weights, WHERE, WEIGHTS, 0.2)


@pytest.mark.slow
def test_smoothed_shares_and_columns():
    @njit
    def both(x, shares, labels, classes):
        a = nl.cross_entropy(x, shares, class_weights=classes, label_smoothing=0.25)
        return a, nl.cross_entropy(x.T, labels, 0, class_weights=classes, label_smoothing=0.25)

    shares, labels = RNG.random(X.shape), np.abs(LABELS)
    options = {"class_weights": WEIGHTS, "label_smoothing": 0.25}
    found = both(X, shares, labels, WEIGHTS)
    np.testing.assert_array_equal(found[0], nl.cross_entropy(X, shares, **options))
    np.testing.assert_array_max_ulp(found[1], nl.cross_entropy(X, labels, **options), 2)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0, 0.1, np.float32(0.1)])
def test_shares_of_smoothing_of_any_dtype(share):
    @njit
    def loss(x, labels, share):
        return nl.cross_entropy(x, labels, label_smoothing=share)

    x, labels = np.random.default_rng(5).normal(size=(3, 4)), np.array([0, 3, 1])
    np.testing.assert_array_max_ulp(loss(x, labels, share), loss.py_func(x, labels, share), 2)


@pytest.mark.slow
def test_a_smoothed_row():
    @njit
    def one(x, label, classes, share):
        return nl.cross_entropy(
            x, label, class_weights=classes, label_smoothing=share, reduction="mean"
        )

    options = {"class_weights": WEIGHTS, "label_smoothing": 0.1, "reduction": "mean"}
    assert one(X[0], 1, WEIGHTS, 0.1) == nl.cross_entropy(X[0], 1, **options)
    with pytest.raises(ValueError, match="mean' of weights that are all 0"):
        one(X[0], 3, WEIGHTS, 0.1)


@pytest.mark.slow
def test_weights_of_classes_beside_probabilities_stay_in_range():
    @njit
    def each(x, shares, classes):
        return nl.cross_entropy(x, shares, class_weights=classes)

    shares = RNG.random(X.shape).astype("f4")
    with pytest.raises(ValueError, match="weights times class_weights must be finite"):
        each(X.astype("f4"), shares, np.full(5, 1e39))
