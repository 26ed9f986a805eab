"""Losses with rows left out, weights of classes, smoothed labels and sparse targets."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from oracle import ROW_FUNCTIONS, Row
from scipy import sparse

import numba_logspace as nl

inf, nan = np.inf, np.nan
LOSS, BOTH = nl.cross_entropy, nl.cross_entropy_value_and_grad
K = 7
# Of weights and smoothing, which change the targets.
BUDGET, BUDGET_OF_GRADIENT = 6, BUDGETS["cross_entropy_gradient"]
WEIGHTS = np.array([1.0, 0.3, 2.7, 0.0, 1e-3, 40.0, 0.9])
SOFT = {"class_weights": WEIGHTS, "label_smoothing": 0.1}
OTHERS = ("softmax_binary_cross_entropy", "complement_cross_entropy")
both_of = {name: getattr(nl, f"{name}_value_and_grad") for name in ("cross_entropy", *OTHERS)}


def hard_rows(dtype):
    rng = np.random.default_rng(1)
    x = rng.normal(0, 3, (60, K))
    x[10:20] *= 10.0 ** rng.uniform(-8, 1, (10, 1))
    x[20:30, 2] += 30  # one that dominates
    x[30:34] = np.round(x[30:34])  # ties
    x[34] = 0
    x[35, 1:] -= 80
    return x.astype(dtype)


def target_rows(targets, options):
    """The exact numbers for the classes of each row."""
    s, w = options.get("label_smoothing") or 0.0, options.get("class_weights")
    s, w = arb(s), [arb(1)] * K if w is None else [arb(float(v)) for v in w]
    targets = np.eye(K)[targets] if targets.ndim == 1 else targets
    return [
        [w_k * ((1 - s) * arb(float(v)) + s / K) for w_k, v in zip(w, row, strict=True)]
        for row in targets
    ]


def check_exact(x, targets, options, row_weights=None):
    """Losses, sums and means and their gradients against exact numbers."""
    dtype, count = x.dtype.type, len(x)
    c = [arb(1)] * count if row_weights is None else [arb(float(v)) for v in row_weights]
    given = options | ({} if row_weights is None else {"weights": row_weights})
    w = options.get("class_weights")
    with ctx.workprec(2000):
        scores, rows = target_rows(targets, options), [Row(r.tolist()) for r in x]
        values = [
            c_i * ROW_FUNCTIONS["cross_entropy"](r, m)[0][0]
            for c_i, r, m in zip(c, rows, scores, strict=True)
        ]
        slopes = [ROW_FUNCTIONS["cross_entropy_gradient"](*u) for u in zip(rows, scores)]
        of_mean = c
        if w is not None and targets.ndim == 1:
            of_mean = [c_i * arb(float(w[y])) for c_i, y in zip(c, targets, strict=True)]
        over = {"none": arb(1), "sum": arb(1), "mean": sum(of_mean, arb(0))}
        for reduction, divisor in over.items():
            loss, gradient = BOTH(x, targets, reduction=reduction, **given)
            np.testing.assert_array_equal(LOSS(x, targets, reduction=reduction, **given), loss)
            total = values if reduction == "none" else [sum(values, arb(0))]
            what = f"{reduction} of {given}"
            check(Target([v / divisor for v in total], dtype), np.atleast_1d(loss), BUDGET, what)
            for c_i, (slope, scale), found in zip(c, slopes, gradient, strict=True):
                exact = ([c_i * v / divisor for v in part] for part in (slope, scale))
                exact, scale = exact
                check(Target(exact, dtype, scale), found, BUDGET_OF_GRADIENT, what)


def labels_of(count):
    return np.random.default_rng(2).integers(0, K, count)


def shares_of(count, dtype):
    shares = np.random.default_rng(3).random((count, K))
    shares[shares < 0.3] = 0
    return shares.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)])
@pytest.mark.parametrize("names", [("class_weights",), ("label_smoothing",), tuple(SOFT)])
def test_accuracy(names, dtype):
    x, options = hard_rows(dtype), {name: SOFT[name] for name in names}
    row_weights = np.random.default_rng(4).random(len(x)).astype(dtype)
    for targets in (labels_of(len(x)), shares_of(len(x), dtype)):
        check_exact(x, targets, options)
        check_exact(x, targets, options, row_weights)


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
def test_axes_and_layouts(axis):
    rng = np.random.default_rng(5)
    shape = [5, 6, 4]
    shape[axis] = K
    x, labels = rng.normal(0, 3, shape), rng.integers(0, K, np.delete(shape, axis))
    where = rng.random(labels.shape) < 0.7
    flat = np.moveaxis(x, axis, -1).reshape(-1, K)
    options = SOFT | {"reduction": "mean"}
    loss, gradient = BOTH(flat, labels.ravel(), where=where.ravel(), **options)
    gradient = np.moveaxis(gradient.reshape(*labels.shape, K), -1, axis)
    kept = np.expand_dims(labels, axis), np.expand_dims(where, axis)
    for other in (x, np.asfortranarray(x), np.repeat(x, 2, 0)[::2], x.astype(">f8")):
        for y, present in ((labels, where), (labels.astype("u1"), where), kept):
            result = BOTH(other, y, axis, where=present, **options)
            assert abs(result[0] - loss) <= 2 * np.spacing(loss)
            np.testing.assert_allclose(result[1], gradient, rtol=1e-14, atol=1e-17)
    each = LOSS(flat, labels.ravel()).reshape(labels.shape)
    np.testing.assert_array_max_ulp(LOSS(x, labels, axis), each, 4)


@pytest.mark.parametrize("bad", [-1, K, nan, inf])
def test_rows_left_out_may_hold_anything(bad):
    x = hard_rows(np.float64)
    labels = labels_of(len(x)).astype(float)
    where = np.arange(len(x)) % 3 > 0
    inside = labels[where].astype(int)
    for options in ({}, SOFT, {"class_weights": WEIGHTS}):
        kept = {r: BOTH(x[where], inside, reduction=r, **options) for r in ("none", "sum", "mean")}
        spoiled, y = x.copy(), labels.copy()
        spoiled[~where], y[~where] = bad, bad
        w = np.where(where, 1.0, bad)
        for reduction, (loss, gradient) in kept.items():
            result = BOTH(spoiled, y, where=where, weights=w, reduction=reduction, **options)
            found = result[0] if reduction != "none" else result[0][where]
            np.testing.assert_array_max_ulp(found, loss, 2)
            np.testing.assert_allclose(result[1][where], gradient, rtol=1e-14, atol=1e-17)
            assert not result[1][~where].any()
            assert reduction != "none" or not result[0][~where].any()


@pytest.mark.parametrize("name", ["cross_entropy", *OTHERS])
def test_numbers_of_rows_left_out(name):
    x, scores = hard_rows(np.float64), shares_of(60, np.float64)
    where = np.arange(60) % 4 > 0
    loss, gradient = both_of[name](x[where], scores[where], reduction="mean")
    for bad in (-1, nan, inf):
        scores[~where] = bad
        result = both_of[name](x, scores, where=where, reduction="mean")
        np.testing.assert_array_max_ulp(result[0], loss, 2)
        np.testing.assert_allclose(result[1][where], gradient, rtol=1e-14, atol=1e-17)
        assert not result[1][~where].any()
    scores[2] = -1
    with pytest.raises(ValueError, match="got -1.0 in row 2"):
        both_of[name](x, scores, where=where)


def test_where_of_all_and_of_none():
    x, y = hard_rows(np.float64), labels_of(60)
    np.testing.assert_array_equal(LOSS(x, y, where=True), LOSS(x, y))
    assert LOSS(x[0], 3, where=np.True_) == LOSS(x[0], 3)
    assert not np.any(LOSS(x, y, where=False))
    assert LOSS(x, y, where=False, reduction="sum") == 0.0
    with pytest.raises(ValueError, match="reduction must not be 'mean' of no rows"):
        LOSS(x, y, where=False, reduction="mean")


def test_classes_of_weight_0_do_not_count():
    x = np.array([[nan, 0, 0], [0, 1, 2.0]])
    loss, gradient = BOTH(x, [0, 1], class_weights=[0, 1, 1], reduction="mean")
    assert loss == LOSS(x[1], 1)
    assert not gradient[0].any()


def test_the_mean_of_a_single_smoothed_row():
    x, options = np.array([[1.0, 2.0, -1.0]]), {"class_weights": [1, 2, 0.5], "reduction": "mean"}
    for label, share in ((1, 0.1), (0, 0.5)):
        found = BOTH(x[0], label, label_smoothing=share, **options)
        expected = BOTH(x, [label], label_smoothing=share, **options)
        assert found[0] == expected[0]
        np.testing.assert_array_equal(found[1], expected[1][0])


def test_smoothing_scores_what_cannot_be():
    x = np.array([0.0, -inf, 1])
    assert LOSS(x, 0, label_smoothing=0.1) == inf
    assert LOSS(x, 0, label_smoothing=0.0) == LOSS(x, 0)
    assert np.isfinite(LOSS(x, 0, label_smoothing=0.1, class_weights=[1, 0, 1]))


@pytest.mark.parametrize(
    "kind", ["csr_array", "csc_matrix", "coo_array", "csr_matrix", "lil_array"]
)
def test_sparse_targets(kind):
    x, shares = hard_rows(np.float64), shares_of(60, np.float64)
    make = getattr(sparse, kind)
    for options in ({}, SOFT, {"weights": np.arange(60.0), "reduction": "mean"}):
        for u, v in zip(BOTH(x, make(shares), **options), BOTH(x, shares, **options)):
            np.testing.assert_allclose(u, v, rtol=1e-14, atol=1e-17)
    other = both_of["softmax_binary_cross_entropy"]
    for u, v in zip(other(x.T, make(shares.T), 0), other(x.T, shares.T, 0)):
        np.testing.assert_allclose(u, v, rtol=1e-13, atol=1e-17)
    np.testing.assert_array_equal(
        LOSS(x, make(shares.round()), where=True)[:2], LOSS(x, shares.round())[:2]
    )


def test_sparse_targets_that_are_wrong():
    x, shares = hard_rows(np.float64), shares_of(60, np.float64)
    shares[3, 2] = 1.5
    where = np.arange(60) != 3
    with pytest.raises(ValueError, match=r"targets must be in \[0, 1\], got 1.5 in row 3"):
        LOSS(x, sparse.csr_array(shares))
    assert LOSS(x, sparse.csr_array(shares), where=where)[3] == 0.0
    with pytest.raises(ValueError, match="must have the shape of logits"):
        LOSS(x[:5], sparse.csr_array(shares))
    with pytest.raises(TypeError, match=r"logits is a sparse csr_array: pass logits.toarray\(\)"):
        LOSS(sparse.csr_array(x), labels_of(60))
    with pytest.raises(TypeError, match="targets must be real numbers"):
        LOSS(x, sparse.csr_array(shares * 1j))
    # Of several entries in one place the sum counts, and the argument stays as it is.
    twice = sparse.coo_array(([0.5, 0.5], ([0, 0], [2, 2])), shape=x.shape)
    assert LOSS(x, twice)[0] == LOSS(x[0], 2)
    assert twice.nnz == 2


def test_many_rows():
    # More than one slab, by several threads.
    rng = np.random.default_rng(6)
    x, y = rng.normal(0, 3, (40_000, K)), rng.integers(0, K, 40_000)
    loss, gradient = BOTH(x, y, reduction="mean", workers=2, **SOFT)
    soft = np.full((40_000, K), 0.1 / K)
    soft[np.arange(40_000), y] += 0.9
    exact = -np.sum(soft * WEIGHTS * nl.log_softmax(x)) / WEIGHTS[y].sum()
    np.testing.assert_allclose(loss, exact, rtol=1e-12)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-18)


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"where": np.ones(4, bool)}, ValueError, r"where of shape \(4,\) cannot be broadcast to"),
        ({"where": np.ones(3)}, TypeError, "where must be boolean, got dtype float64"),
        ({"class_weights": np.ones(3)}, ValueError, r"class_weights must have the shape \(7,\)"),
        ({"class_weights": -np.ones(K)}, ValueError, "class_weights must be finite and >= 0, got"),
        ({"class_weights": np.full(K, nan)}, ValueError, "got nan for class 0"),
        ({"class_weights": "a"}, TypeError, "class_weights has dtype"),
        ({"label_smoothing": 1.0}, ValueError, r"label_smoothing must be in \[0, 1\), got 1.0"),
        ({"label_smoothing": nan}, ValueError, "label_smoothing must be in"),
        ({"label_smoothing": True}, TypeError, "label_smoothing must be a number in"),
        ({"label_smoothing": [0.1]}, TypeError, "label_smoothing must be a number in"),
    ],
)
def test_errors(options, error, message):
    x, out = np.zeros((3, K)), np.full((3, K), 7.0)
    with pytest.raises(error, match=message):
        BOTH(x, [0, 1, 2], out=out, **options)
    assert (out == 7).all()


@pytest.mark.parametrize("smoothing", [None, 0.1])
def test_a_mean_of_classes_of_weight_0(smoothing):
    with pytest.raises(ValueError, match="'mean' of weights that are all 0"):
        LOSS(
            np.zeros((2, 3)),
            [0, 0],
            class_weights=[0, 1, 1],
            label_smoothing=smoothing,
            reduction="mean",
        )


def test_out():
    x = hard_rows(np.float64)
    y, own = labels_of(60), x.copy()
    loss, gradient = BOTH(x, y, **SOFT)
    result = BOTH(own, y, out=own, **SOFT)
    np.testing.assert_array_equal(result[0], loss)
    np.testing.assert_array_equal(own, gradient)
    shares = shares_of(60, np.float64)
    with pytest.raises(ValueError, match="out overlaps targets in memory"):
        BOTH(x, shares, out=shares, **SOFT)


# --- weights near the ends of the range ----------------------------------------------------------


def as_exact(loss, exact, bound=BUDGET):
    check(Target([exact], loss.dtype.type), np.atleast_1d(loss), bound, "mean")


@pytest.mark.parametrize(
    "weights, classes, smoothing",
    [
        ([1e200, 1e200], [1e200, 1e200, 1], None),
        ([1e200, 1e200], [1e200, 1e200, 1], 0.1),
        ([1e-200, 1e-200], [1e-200, 1e-200, 1e-200], None),
        ([1e-200, 1e-200], [1e-200, 1e-200, 1e-200], 0.1),
        ([1e-300, 3e300], [1e300, 1e-300, 1e-300], None),
        ([0, 1e-300], [1e300, 1e-300, 0], None),
        (None, [5e-324, 5e-324, 0], None),
        (None, [5e-324, 5e-324, 0], 0.1),
    ],
)
def test_a_mean_of_weights_whose_products_leave_the_range(weights, classes, smoothing):
    x = np.array([[0.0, 1, 2], [3, 1, 0]])
    w = [1.0, 1.0] if weights is None else weights
    with ctx.workprec(400):
        options = {"class_weights": np.array(classes), "label_smoothing": smoothing}
        s, w_k = arb(smoothing or 0.0), [arb(float(v)) for v in classes]
        shares = [[w_k[k] * ((1 - s) * (k == r) + s / 3) for k in range(3)] for r in range(2)]
        losses = [
            ROW_FUNCTIONS["cross_entropy"](Row(x[r].tolist()), shares[r])[0][0] for r in (0, 1)
        ]
        over = sum((arb(float(w[r])) * w_k[r] for r in (0, 1)), arb(0))
        exact = sum((arb(float(w[r])) * losses[r] for r in (0, 1)), arb(0)) / over
        loss, gradient = BOTH(x, [0, 1], weights=weights, reduction="mean", **options)
        as_exact(loss, exact)
    assert LOSS(x, [0, 1], weights=weights, reduction="mean", **options) == loss
    assert np.isfinite(gradient).all()


def test_a_mean_of_float32_of_weights_above_their_range():
    x = np.array([[0, 1, 2], [3, 1, 0]], "f4")
    exact = LOSS(x, [0, 1], reduction="mean", weights=[1, 3])
    for given in (
        {"weights": [1e60, 3e60]},
        {"class_weights": [1e60, 3e60, 1]},
        {"class_weights": [1e60, 3e60, 1], "label_smoothing": 1e-300},
    ):
        np.testing.assert_array_max_ulp(LOSS(x, [0, 1], reduction="mean", **given), exact, 2)


@pytest.mark.parametrize(
    "dtype, options, message",
    [
        ("f8", {"weights": [1e200], "class_weights": [1e200] * 3}, "times class.* inf in row 0"),
        ("f4", {"weights": [1, 1e60]}, "weights must be finite and >= 0 in float32, .* in row 1"),
        ("f4", {"class_weights": [1, 1e60, 0]}, "class_weights .* in float32, got 1e.60 in row 1"),
        ("f4", {"class_weights": [1, 1, 1e60], "label_smoothing": 0.1}, "1e.60 for the largest"),
        (
            "f8",
            {"class_weights": [5e-324, 5e-324, 1], "label_smoothing": 0.1, "reduction": "mean"},
            "class_weights over their mean must be finite in float64, got inf",
        ),
    ],
)
def test_weights_above_the_range(dtype, options, message):
    x, out = np.array([[0, 1, 2], [3, 1, 0]], dtype), np.full((2, 3), 7.0, dtype)
    with pytest.raises(ValueError, match=message):
        BOTH(x, [0, 1], out=out, **options)
    assert (out == 7).all()
    # What does not count may be anything, and what is rounded to the largest number is right.
    largest = float(np.finfo(dtype).max)
    options = {"weights": [largest, 1e60 if dtype == "f4" else inf], "where": [True, False]}
    loss, gradient = BOTH([[-inf, 0]] * 2, [1, 1], **options)
    assert not loss.any() and not gradient.any()
    assert LOSS(x[1], 0, weights=largest * (1 + 1e-8) if dtype == "f4" else largest) < largest


@pytest.mark.parametrize("name", OTHERS)
def test_numbers_above_the_range_of_float32(name):
    x, scores = np.zeros((2, 3), "f4"), np.full((2, 3), 0.5)
    given = {"weights": 1e60} if name == OTHERS[0] else {}
    scores = scores if given else 1e60 * scores
    with pytest.raises(ValueError, match=r"weights must be finite and >= 0 in float32, got .*e\+"):
        both_of[name](x, scores, **given)


def test_classes_of_weight_0_beside_numbers():
    x, shares = hard_rows(np.float64), shares_of(60, np.float64)
    loss, gradient = BOTH(x, shares, class_weights=np.zeros(K), reduction="mean")
    assert loss == 0.0 and not gradient.any()


def test_messages():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"weights of shape \(4,\) .* shape of the losses, \(2,\)"):
        LOSS(x, [0, 1], weights=np.ones(4))
    with pytest.raises(ValueError, match=r"targets must be in \[0, 1\], got 2.0$"):
        LOSS(x[0], [0, 2.0, 1])
    with pytest.raises(ValueError, match="logits have none: their axis is empty"):
        LOSS(np.zeros((2, 0)), [0, 1])
    with pytest.raises(ValueError, match="targets must be classes.* got 7 in row 0"):
        LOSS(x, [7, 1], weights=[0, 1])
    with pytest.raises(TypeError, match="t must be an array of the shape of logits"):
        nl.cross_entropy_hvp(x, [0, 1], None)
    for logits, axis in ((x, 5), (1.0, -1)):
        with pytest.raises(np.exceptions.AxisError, match=f"^axis {axis} is out of bounds"):
            LOSS(logits, 0, axis)
