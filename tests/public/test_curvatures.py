"""Hessians of logsumexp and of the losses times a vector: exact values, arguments, jitted code."""

import numba
import numpy as np
import pytest
import test_loss_options as of_losses
from budgets import BUDGETS
from corpus import DTYPES, regimes, targets_of, weights_of
from error import Target, check
from flint import arb, ctx
from oracle import CURVATURES, Row, expected

import numba_logspace as nl

CORPUS = {name: regimes(dtype) for name, dtype in DTYPES.items()}
LONGEST = 20  # the exact ones take the third power
inf, nan = np.inf, np.nan
LOSSES = [name for name in CURVATURES if name != "logsumexp_hvp"]

each_name = pytest.mark.parametrize("name", CURVATURES)
each_loss = pytest.mark.parametrize("name", LOSSES)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


def scores_of(name, row):
    """The second arguments of a function for a row."""
    if name == "logsumexp_hvp":
        return [np.array([-1.375], row.dtype)]
    return list(targets_of(row))


@pytest.mark.one_in(3)
@each_dtype
@pytest.mark.parametrize("regime", CORPUS["float64"])
@each_name
def test_accuracy(name, regime, dtype):
    function = getattr(nl, name)
    for i, row in enumerate(CORPUS[dtype][regime]):
        if row.size > LONGEST:
            continue
        for scores in scores_of(name, row):
            for kind, t in list(weights_of(row).items())[:3]:
                second = scores[0] if name == "logsumexp_hvp" else scores
                what = f"{name}, row {i} ({row[:8]}), {kind}"
                result = function(row, second, t)
                assert result.dtype == row.dtype
                check(expected(name, row, scores, t), result, BUDGETS[name], what)


def nested(rng, dtype):
    """A row in which an entry dominates, and mostly a second one all others."""
    most = {"float32": 80.0, "float64": 700.0}[dtype]
    gaps = np.exp(rng.uniform(0, np.log(most), rng.integers(2, 6)))
    if rng.random() < 0.3:
        gaps[:-1] = rng.random(gaps.size - 1)
    return rng.permutation(np.cumsum(gaps * min(1.0, most / gaps.sum()))).astype(dtype)


@each_dtype
@each_name
def test_each_entry_keeps_its_digits_beside_dominant_ones(name, dtype):
    rng = np.random.default_rng(7)
    function = getattr(nl, name)
    for _ in range(60):
        row = nested(rng, dtype)
        g, t = rng.normal(size=(2, row.size)).astype(dtype)
        scores = g[:1] if name == "logsumexp_hvp" else np.minimum(np.abs(g), 1)
        result = function(row, scores[0] if name == "logsumexp_hvp" else scores, t)
        what = f"{name}, {row}, {scores}, {t}"
        check(expected(name, row, scores, t), result, BUDGETS[name], what)


@pytest.mark.parametrize("n", [100, 100_000])
def test_long_rows(n):
    # Ones and equal entries: each result is a sum of n equal terms less one.
    x, t = np.zeros(n), np.zeros(n)
    t[0] = 1.0
    p = 1.0 / n
    for result in (nl.logsumexp_hvp(x, None, t), nl.cross_entropy_hvp(x, 3, t)):
        np.testing.assert_array_max_ulp(result[:1], np.array([p * (1 - p)]), 8)
        np.testing.assert_array_max_ulp(result[1:], np.full(n - 1, -p * p), 8)


# --- the other arguments -----------------------------------------------------------------------


def _arrays(shape=(6, 5)):
    rng = np.random.default_rng(2)
    x, t = rng.normal(size=(2, *shape)) * 3
    return x, rng.random(shape), t


def _dense(name, x, scores, t, c):
    # The sum over rows of c times what the function gives for a row of its own.
    return np.stack([k * getattr(nl, name)(*row) for k, *row in zip(c, x, scores, t)])


@pytest.mark.one_in(3)
@each_loss
def test_reductions(name):
    x, scores, t = _arrays()
    function = getattr(nl, name)
    rows = _dense(name, x, scores, t, np.ones(6))
    np.testing.assert_array_equal(function(x, scores, t), rows)
    np.testing.assert_array_equal(function(x, scores, t, reduction="sum"), rows)
    mean = function(x, scores, t, reduction="mean")
    np.testing.assert_allclose(mean, rows / 6, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("name", [n for n in LOSSES if n != "complement_cross_entropy_hvp"])
def test_labels_and_weights_of_rows(name):
    x, _, t = _arrays()
    function, labels, weights = getattr(nl, name), np.arange(6) % 5, np.arange(6.0)
    x[0] = nan  # of weight 0
    result = function(x, labels, t, weights=weights)
    soft = function(x, np.eye(5)[labels], t, weights=weights)
    np.testing.assert_array_equal(result, soft)
    assert (result[0] == 0).all()
    np.testing.assert_allclose(
        result[1:], function(x[1:], labels[1:], t[1:]) * weights[1:, None], 1e-13
    )
    mean = function(x, labels, t, weights=weights, reduction="mean")
    np.testing.assert_allclose(mean, result / 15, rtol=1e-13)


@each_loss
def test_it_is_the_derivative_of_the_gradient(name):
    x, scores, t = _arrays()
    gradient = getattr(nl, name.replace("_hvp", "_value_and_grad"))
    step = 1e-6 * t
    for reduction in ("sum", "mean"):
        pair = (gradient(x + s, scores, reduction=reduction)[1] for s in (step, -step))
        slope = np.subtract(*pair) / 2e-6
        result = getattr(nl, name)(x, scores, t, reduction=reduction)
        np.testing.assert_allclose(result, slope, rtol=1e-6, atol=1e-8)


def test_numbers_of_rows_masks_and_axes():
    x, _, t = _arrays()
    g, where = np.arange(6.0) - 2, np.arange(5) != 2
    expected_rows = g[:, None] * nl.softmax_vjp(x, t, where=where)
    np.testing.assert_allclose(nl.logsumexp_hvp(x, g, t, where=where), expected_rows, 1e-13, 1e-15)
    whole = nl.logsumexp_hvp(x, None, t, axis=(0, 1))
    np.testing.assert_allclose(whole, nl.softmax_vjp(x, t, axis=None), rtol=1e-13)


@each_name
def test_layouts_and_out(name):
    x, scores, t = _arrays((6, 5, 3))
    scores = scores[:, 0] if name == "logsumexp_hvp" else scores
    function = getattr(nl, name)
    y = function(x, scores, t, axis=1)
    for lie in (np.asfortranarray, lambda u: u[::-1].copy()[::-1], lambda u: u.astype(">f8")):
        result = function(lie(x), lie(scores), lie(t), axis=1)
        np.testing.assert_allclose(result, y, rtol=1e-13, atol=1e-16)
    for out in (np.empty_like(x), t.copy()):
        second = out if out.tobytes() == t.tobytes() else t
        assert function(x, scores, second, axis=1, out=out) is out
        np.testing.assert_array_equal(out, y)


@each_name
def test_special_values(name):
    t = np.array([1.0, 2.0, 4.0])
    second = 1.0 if name == "logsumexp_hvp" else np.ones(3)
    function = getattr(nl, name)
    with np.errstate(all="raise"):
        assert (function(np.full(3, -inf), second, t) == 0).all()
        assert np.isnan(function(np.array([0.0, nan, 1.0]), second, t)).all()
        assert function(np.array([0.0, -inf, 1.0]), second, t)[1] == 0
        assert np.isnan(function(np.array([inf, 0.0, inf]), second, t)).all()
        none = np.zeros((0, 3))
        assert function(none, none[:, 0] if name == "logsumexp_hvp" else none, none).shape == (0, 3)


@each_name
def test_refused_arguments(name):
    x, scores, t = _arrays()
    scores = scores[:, 0] if name == "logsumexp_hvp" else scores
    function = getattr(nl, name)
    with pytest.raises(TypeError, match="t must be an array"):
        function(x, scores, None)
    with pytest.raises(ValueError, match="t of shape"):
        function(x, scores, t[:, :2])
    for array in (x, t):
        with pytest.raises(ValueError, match="out overlaps"):
            function(x, scores, t, out=array[::-1])


# --- the options of the losses -----------------------------------------------------------------


@pytest.mark.parametrize("options", [of_losses.SOFT, {"class_weights": of_losses.WEIGHTS}])
@pytest.mark.parametrize("of_labels", [True, False])
def test_options_of_classes_are_exact(of_labels, options):
    x = of_losses.hard_rows(np.float64)[::2]
    count = len(x)
    t, weights = np.random.default_rng(5).normal(size=(2, count, of_losses.K))
    weights, where = np.abs(weights[:, 0]), np.arange(count) % 4 > 0
    targets = of_losses.labels_of(count) if of_labels else of_losses.shares_of(count, np.float64)
    given = options | {"weights": weights, "where": where}
    w = np.where(where, weights, 0.0)
    of_mean = w * of_losses.WEIGHTS[targets] if of_labels else w
    with ctx.workprec(2000):
        scores = of_losses.target_rows(targets, options)
        total = sum((arb(float(v)) for v in of_mean), arb(0))
        for reduction, over in (("none", arb(1)), ("mean", total)):
            found = nl.cross_entropy_hvp(x, targets, t, reduction=reduction, **given)
            for r in range(count):
                exact = CURVATURES["cross_entropy_hvp"](
                    Row(x[r].tolist()), scores[r], [arb(v) for v in t[r].tolist()]
                )
                values, scales = ([arb(float(w[r])) * v / over for v in part] for part in exact)
                check(Target(values, np.float64, scales), found[r], 8, f"row {r}, {reduction}")


@each_loss
@pytest.mark.parametrize("bad", [-1.0, inf, nan])
def test_rows_left_out_may_hold_anything(name, bad):
    x, scores, t = _arrays()
    function, where = getattr(nl, name), np.arange(6) % 3 > 0
    for reduction in ("none", "sum", "mean"):
        kept = function(x[where], scores[where], t[where], reduction=reduction)
        for u in (x, scores, t):
            u[~where] = bad
        with np.errstate(all="raise"):
            found = function(x, scores, t, where=where, reduction=reduction)
        assert not found[~where].any()
        np.testing.assert_allclose(found[where], kept, rtol=1e-14, atol=1e-17)
    assert not function(x, scores, t, where=False).any()
    with pytest.raises(ValueError, match="'mean' of no rows"):
        function(x, scores, t, where=False, reduction="mean")


def test_refused_options():
    x, scores, t = _arrays()
    room = np.zeros(64)
    out = room[:30].reshape(6, 5)
    for given, error, message in (
        ({"class_weights": np.ones(4)}, ValueError, "class_weights must have the shape"),
        ({"class_weights": -np.ones(5)}, ValueError, "class_weights must be finite and >= 0"),
        ({"class_weights": room[:5]}, ValueError, "out overlaps class_weights"),
        ({"label_smoothing": 1.0}, ValueError, "label_smoothing must be in"),
        ({"label_smoothing": True}, TypeError, "label_smoothing must be a number"),
        ({"where": np.ones(5, bool)}, ValueError, "where of shape"),
        ({"where": room.view("?")[:6]}, ValueError, "out overlaps where"),
        ({"weights": room[:6]}, ValueError, "out overlaps weights"),
    ):
        with pytest.raises(error, match=message):
            nl.cross_entropy_hvp(x, scores, t, out=out, **given)
    assert not room.any()


# --- jitted code -------------------------------------------------------------------------------

_EACH_JITTED = {
    name: numba.njit(eval(f"lambda x, u, t: nl.{name}(x, u, t)", {"nl": nl})) for name in CURVATURES
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            n, marks=() if n in ("logsumexp_hvp", "cross_entropy_hvp") else pytest.mark.slow
        )
        for n in CURVATURES
    ],
)
def test_jitted_code_has_the_same_bits(name):
    x, scores, t = _arrays((7, 5))
    scores = scores[:, 0].copy() if name == "logsumexp_hvp" else scores
    np.testing.assert_array_equal(_EACH_JITTED[name](x, scores, t), getattr(nl, name)(x, scores, t))
    with pytest.raises(ValueError, match="t must have the shape"):
        _EACH_JITTED[name](x, scores, t[:, :3].copy())


@pytest.mark.slow
def test_jitted_code_takes_labels_and_weights():
    @numba.njit
    def mean(x, labels, t, weights):
        return nl.cross_entropy_hvp(x, labels, t, weights=weights, reduction="mean")

    x, _, t = _arrays((7, 5))
    arguments = x, np.arange(7) % 5, t
    result = mean(*arguments, np.arange(7.0))
    exact = nl.cross_entropy_hvp(*arguments, weights=np.arange(7.0), reduction="mean")
    np.testing.assert_array_equal(result, exact)


@pytest.mark.slow
def test_jitted_code_takes_the_options():
    @numba.njit
    def of_classes(x, labels, t, where, weights):
        return nl.cross_entropy_hvp(
            x, labels, t, where=where, class_weights=weights, reduction="mean"
        )

    @numba.njit
    def of_rows(x, scores, t, where):
        return nl.complement_cross_entropy_hvp(x, scores, t, where=where)

    x, scores, t = _arrays((7, 5))
    where, weights = np.arange(7) % 3 > 0, np.arange(5.0)
    labels = np.where(where, np.arange(7) % 5, -1)
    given = {"where": where, "class_weights": weights, "reduction": "mean"}
    np.testing.assert_array_equal(
        of_classes(x, labels, t, where, weights), nl.cross_entropy_hvp(x, labels, t, **given)
    )
    np.testing.assert_array_equal(
        of_rows(x, scores, t, where), nl.complement_cross_entropy_hvp(x, scores, t, where=where)
    )
