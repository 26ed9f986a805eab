"""Options of losses, losses of entries and Hessian products on the GPU against exact values."""

import numpy as np
import pytest
import test_loss_options as options_of_losses
import test_sigmoid_losses as of_entries
from budgets import BUDGETS
from corpus import regimes, targets_of, weights_of
from error import Target, check
from flint import ctx
from on_device import MORE, cuda, download, on_cuda, upload
from oracle import CURVATURES, expected

import numba_logspace as nl

inf, nan = np.inf, np.nan
LOSS, BOTH = on_cuda(nl.cross_entropy), on_cuda(nl.cross_entropy_value_and_grad)
OF_ENTRIES = on_cuda(nl.sigmoid_binary_cross_entropy_value_and_grad)
K = options_of_losses.K
# The kernels of float32 are of the same text.
each_dtype = pytest.mark.parametrize(
    "dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)]
)
LONGEST = 20  # the exact Hessians take the third power


@pytest.fixture
def on_device(monkeypatch):
    """Have the checks of NumPy arrays check CUDA arrays."""
    monkeypatch.setattr(options_of_losses, "BOTH", BOTH)
    monkeypatch.setattr(options_of_losses, "LOSS", LOSS)
    for name in ("BUDGET", "BUDGET_OF_GRADIENT"):
        monkeypatch.setattr(options_of_losses, name, getattr(options_of_losses, name) + MORE)


@each_dtype
def test_options_of_classes(dtype, on_device):
    x = options_of_losses.hard_rows(dtype)
    row_weights = np.random.default_rng(4).random(len(x)).astype(dtype)
    soft = options_of_losses.SOFT
    for options in (soft, *({name: value} for name, value in soft.items())):
        labels = options_of_losses.labels_of(len(x))
        shares = options_of_losses.shares_of(len(x), dtype)
        options_of_losses.check_exact(x, labels, options, row_weights)
        options_of_losses.check_exact(x, shares, options)


@pytest.mark.parametrize("bad", [-1, nan])
def test_rows_left_out_may_hold_anything(bad, on_device):
    options_of_losses.test_rows_left_out_may_hold_anything(bad)


def test_axes_of_options():
    rng = np.random.default_rng(5)
    x, labels = rng.normal(0, 3, (4, K, 3)), rng.integers(0, K, (4, 3))
    where, weights = rng.random((4, 3)) < 0.7, rng.random(3)
    options = options_of_losses.SOFT | {"reduction": "mean"}
    wanted = nl.cross_entropy_value_and_grad(x, labels, 1, where=where, weights=weights, **options)
    for y, present in ((labels, where), (labels[:, None].astype("u1"), where[:, None])):
        found = BOTH(x[::-1], y[::-1], 1, where=present[::-1], weights=weights, **options)
        np.testing.assert_array_max_ulp(found[0], wanted[0], 4)
        np.testing.assert_allclose(found[1], wanted[1][::-1], rtol=1e-14, atol=1e-17)


def test_what_is_wrong_becomes_nan():
    x = np.zeros((3, 2))
    for given in ({"class_weights": np.array([1.0, -1])}, {"class_weights": np.array([1, nan])}):
        np.testing.assert_array_equal(np.isnan(LOSS(x, np.array([0, 1, 0]), **given)), [0, 1, 0])
        assert np.isnan(LOSS(x, np.full((3, 2), 0.5), **given)).all()
    smooth = {"label_smoothing": 0.1}
    np.testing.assert_array_equal(np.isnan(LOSS(x, np.array([0, 2, -1]), **smooth)), [0, 1, 1])
    targets = np.array([[0.5, 0.5], [1.5, 0], [0.2, nan]])
    np.testing.assert_array_equal(np.isnan(LOSS(x, targets, **smooth)), [0, 1, 1])
    nothing = {"where": np.zeros(3, bool), "reduction": "mean"}
    assert np.isnan(LOSS(x, np.array([0, 2, -1]), **nothing))
    wrong = np.array([0.5, 1.5, nan, 0.5, 0.5]), np.array([1, 1, 1, -1, inf])
    loss, gradient = OF_ENTRIES(np.zeros(5), wrong[0], pos_weight=wrong[1])
    for found in (loss, gradient):
        np.testing.assert_array_equal(np.isnan(found), [0, 1, 1, 1, 1])


def test_weights_near_the_ends_of_the_range():
    x, labels = np.array([[0, 1, 2], [3, 1, 0]], "f4"), np.array([0, 1])
    for given in ({"weights": [1, 1e60]}, {"class_weights": [1, 1e60, 0]}):
        given = {name: np.array(u) for name, u in given.items()}
        np.testing.assert_array_equal(np.isnan(LOSS(x, labels, **given)), [0, 1])
        found = LOSS(x, labels, label_smoothing=0.1, **given)
        assert np.isnan(found[1]) and not np.isfinite(found).all()
    smooth = {"class_weights": np.array([1e60, 3e60, 1]), "label_smoothing": 0.1}
    for given in ({"weights": np.array([1e60, 3e60])}, smooth):
        loss, gradient = BOTH(x, labels, reduction="mean", **given)
        wanted = nl.cross_entropy_value_and_grad(x, labels, reduction="mean", **given)
        np.testing.assert_array_max_ulp(loss, wanted[0], 4)
        np.testing.assert_allclose(gradient, wanted[1], rtol=1e-5, atol=1e-7)
    loss = nl.sigmoid_binary_cross_entropy
    for name in ("pos_weight", "weights"):
        found = on_cuda(loss)(x[0, :2], np.ones(2, "f4"), **{name: np.array([1, 1e60])})
        np.testing.assert_array_equal(np.isnan(found), [0, 1])


def test_errors_of_options():
    x, labels = cuda.to_device(np.zeros((3, 2))), cuda.to_device(np.zeros(3, int))
    for given, error, message in (
        ({"where": np.ones(3, bool)}, TypeError, "where is a ndarray"),
        ({"where": cuda.to_device(np.ones(2, bool))}, ValueError, "where of shape"),
        ({"class_weights": cuda.to_device(np.ones(3))}, ValueError, "class_weights must have"),
        ({"label_smoothing": 1.0}, ValueError, "label_smoothing must be in"),
    ):
        with pytest.raises(error, match=message):
            nl.cross_entropy(x, labels, **given)
    room = cuda.to_device(np.zeros(64, np.uint8))
    out, bools = room[:48].view("f8").reshape(3, 2), room[:3].view("?")
    both = nl.sigmoid_binary_cross_entropy_value_and_grad
    for function, given, name in (
        (nl.cross_entropy_value_and_grad, {"where": bools}, "where"),
        (nl.cross_entropy_value_and_grad, {"class_weights": room[:16].view("f8")}, "class_weights"),
        (both, {"where": bools.reshape(3, 1)}, "where"),
    ):
        with pytest.raises(ValueError, match=f"out overlaps {name} in memory"):
            function(x, x if function is both else labels, out=out, **given)


# --- losses of single entries --------------------------------------------------------------------


@each_dtype
def test_losses_of_entries(dtype):
    x, t, q, c = of_entries.arguments(dtype)
    where = t > 0.1
    c = np.where(where, c, 0).astype(dtype)
    loss, gradient = OF_ENTRIES(x, t, pos_weight=q, weights=c, where=where)
    alone = on_cuda(nl.sigmoid_binary_cross_entropy)(x, t, pos_weight=q, weights=c, where=where)
    with ctx.workprec(400):
        values = of_entries.exact(x, t, q, c)
        check(Target(values[0], dtype, None), loss, of_entries.BUDGET + MORE, "loss")
        check(Target(values[0], dtype, None), alone, of_entries.BUDGET + MORE, "loss alone")
        target = Target(values[1], dtype, values[2])
        check(target, gradient, of_entries.BUDGET_OF_GRADIENT + MORE, "gradient")
    mean = OF_ENTRIES(x, t, pos_weight=q, weights=c, where=where, reduction="mean")
    total = np.sum(c, dtype=float)
    np.testing.assert_allclose(mean[0], np.sum(loss, dtype=float) / total, rtol=1e-6)
    np.testing.assert_allclose(mean[1], gradient / total, rtol=1e-6, atol=1e-40)


def test_special_losses_of_entries(monkeypatch):
    monkeypatch.setattr(of_entries, "BOTH", OF_ENTRIES)
    x, t = np.array([inf, inf, -inf, -inf, nan, nan]), np.array([1.0, 0, 0, 1, 0, 1])
    loss, gradient = OF_ENTRIES(x, t)
    np.testing.assert_array_equal(loss, [0, inf, 0, inf, nan, nan])
    np.testing.assert_array_equal(gradient, [0, 1, 0, -1, nan, nan])
    none = np.zeros(6, bool)
    assert not np.any(OF_ENTRIES(x, np.full(6, nan), weights=np.full(6, nan), where=none))


def test_places_of_losses_of_entries():
    rng = np.random.default_rng(6)
    x, t = rng.normal(size=(3, 5, 4)), rng.random((5, 1))
    wanted = nl.sigmoid_binary_cross_entropy_value_and_grad(x, t)
    stream, own = cuda.stream(), cuda.to_device(x)
    results = nl.sigmoid_binary_cross_entropy_value_and_grad(own, upload(t), out=own, stream=stream)
    assert results[1] is own
    for found in (download(results), OF_ENTRIES(x[:, ::-1], t[::-1])):
        found = found if found[0] is results[0] else found
        for values, exact in zip(found, wanted, strict=True):
            matches = [np.allclose(v, exact, rtol=1e-14) for v in (values, values[:, ::-1])]
            assert any(matches)


@each_dtype
def test_hessian_products_of_entries(dtype):
    x, m, q, c = of_entries.arguments(dtype)
    near = np.abs(x) < -np.log(np.finfo(dtype).tiny) - 16
    x, m, q, c = (u[near] for u in (x, m, q, c))
    t, where = np.random.default_rng(6).normal(size=x.size).astype(dtype), c > 0.1
    present = np.where(where, c, 0)
    product = on_cuda(nl.sigmoid_binary_cross_entropy_hvp)
    found = product(x, m, t, pos_weight=q, weights=c, where=where)
    with ctx.workprec(400):
        exact = Target(of_entries.exact_hvp(x, m, q, present, t), dtype)
        check(exact, found, of_entries.BUDGET_OF_HVP + MORE, "with options")
    wrong = product(x[:2], np.array([0.5, 2.0], dtype), t[:2])
    np.testing.assert_array_equal(np.isnan(wrong), [False, True])


@pytest.mark.parametrize("name", [n for n in CURVATURES if n != "logsumexp_hvp"])
def test_options_of_hessian_products(name):
    rng = np.random.default_rng(8)
    x, t = rng.normal(size=(2, 30, K)) * 3
    scores, where = rng.random((30, K)), np.arange(30) % 3 > 0
    given = {"where": where, "reduction": "mean"}
    if name == "cross_entropy_hvp":
        given |= options_of_losses.SOFT
    wanted = getattr(nl, name)(x, scores, t, **given)
    found = on_cuda(getattr(nl, name))(x, scores, t, **given)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-17)


# --- Hessian products ----------------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize("name", CURVATURES)
def test_hessian_products(name, dtype):
    # Rows as long as the longest, the others filled up with classes that cannot be.
    columns = []
    for row in (r for rows in regimes(dtype).values() for r in rows):
        if row.size <= LONGEST:
            kinds = list(weights_of(row).values())[:3]
            of_loss = name != "logsumexp_hvp"
            scores = list(targets_of(row)) if of_loss else [np.array([-1.375], dtype)]
            columns += [(row, s, t) for s in scores for t in kinds]
    columns = columns[:: max(1, len(columns) // 300)]

    def wide(rows, fill):
        matrix = np.full((len(rows), LONGEST), fill, dtype)
        for whole, row in zip(matrix, rows, strict=True):
            whole[: row.size] = row
        return matrix

    rows, scores, t = zip(*columns)
    second = np.ravel(scores) if name == "logsumexp_hvp" else wide(scores, 0.0)
    results = on_cuda(getattr(nl, name))(wide(rows, -inf), second, wide(t, 0.0))
    assert results.dtype == dtype
    for i, (row, m, tangent, result) in enumerate(zip(rows, scores, t, results, strict=True)):
        what = f"{name}, row {i} ({row[:8]})"
        exact = expected(name, row, m, tangent)
        check(exact, result[: row.size], BUDGETS[name] + MORE, what)


@pytest.mark.slow
@pytest.mark.parametrize("name", CURVATURES)
def test_hessian_products_of_long_rows(name):
    # Columns, and a row that several blocks share.
    rng = np.random.default_rng(7)
    for shape, axis in (((40, 3), 0), ((1, 40_000), -1)):
        x, scores, t = rng.normal(size=(3, *shape)) * 3
        scores = scores.sum(axis) if name == "logsumexp_hvp" else np.abs(scores) / 20
        wanted = getattr(nl, name)(x, scores, t, axis)
        found = on_cuda(getattr(nl, name))(x, scores, t, axis)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-17)
