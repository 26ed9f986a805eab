"""The loss of single logits: exact values and gradients, options, special values, jitted code."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from numba import njit
from scipy import sparse

import numba_logspace as nl

inf, nan = np.inf, np.nan
LOSS, BOTH = nl.sigmoid_binary_cross_entropy, nl.sigmoid_binary_cross_entropy_value_and_grad
HVP, BUDGET_OF_HVP = (
    nl.sigmoid_binary_cross_entropy_hvp,
    BUDGETS["sigmoid_binary_cross_entropy_hvp"],
)
BUDGET = BUDGETS["sigmoid_binary_cross_entropy"]
BUDGET_OF_GRADIENT = BUDGETS["sigmoid_binary_cross_entropy_value_and_grad"]
HARD = [
    0.0,
    -0.0,
    1e-300,
    -1e-300,
    1e-8,
    0.5,
    1.0,
    17.0,
    36.7,
    37.0,
    40.0,
    80.0,
    87.0,
    300.0,
    700.0,
]


def logits(dtype, count=400, seed=0):
    rng = np.random.default_rng(seed)
    parts = (
        HARD,
        rng.normal(0, 3, count),
        rng.normal(0, 60, count),
        rng.uniform(-1, 1, count) * 10.0 ** rng.uniform(-30, 2, count),
    )
    x = np.concatenate(parts).astype(dtype)
    return np.concatenate([x, -x])


def arguments(dtype, seed=1):
    """Logits, targets that are 0, 1, or near the logistic of them, pos_weight, weights."""
    rng = np.random.default_rng(seed)
    x = logits(dtype)
    t = rng.random(x.size).astype(dtype)
    kind = rng.integers(0, 4, x.size)
    t[kind == 0], t[kind == 1] = 0, 1
    t[kind == 2] = nl.logistic(x[kind == 2])
    q, c = (10.0 ** rng.uniform(-2, 2, (2, x.size))).astype(dtype)
    return x, t, q, c


def softplus(x):
    return x.exp().log1p() if x < 0 else x + (-x).exp().log1p()


def exact(x, t, q, c):
    """(losses, gradients, the moduli that these are of)."""
    losses, slopes, moduli = [], [], []
    for numbers in zip(x, t, q, c, strict=True):
        v, m, q_i, c_i = (arb(float(u)) for u in numbers)
        hit, miss = c_i * q_i * m, c_i * (1 - m)
        losses.append(hit * softplus(-v) + miss * softplus(v))
        up, down = miss / (1 + (-v).exp()), hit / (1 + v.exp())
        slopes.append(up - down)
        moduli.append(up + down)
    return losses, slopes, moduli


@pytest.mark.parametrize("options", [(), ("pos_weight",), ("pos_weight", "weights")])
@pytest.mark.parametrize("dtype", [np.float64, pytest.param(np.float32, marks=pytest.mark.slow)])
def test_accuracy(dtype, options):
    x, t, q, c = arguments(dtype)
    near = np.abs(x) < -np.log(np.finfo(dtype).tiny) - 12  # what is weighted is not subnormal
    x, t, q, c = (u[near] for u in (x, t, q, c))
    given = {name: u for name, u in (("pos_weight", q), ("weights", c)) if name in options}
    loss, gradient = BOTH(x, t, **given)
    np.testing.assert_array_equal(LOSS(x, t, **given), loss)
    ones = np.ones_like(x)
    with ctx.workprec(400):
        values = exact(x, t, given.get("pos_weight", ones), given.get("weights", ones))
        check(Target(values[0], dtype, None), loss, BUDGET, "loss")
        check(Target(values[1], dtype, values[2]), gradient, BUDGET_OF_GRADIENT, "gradient")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_logits(dtype):
    # Down to the smallest numbers, and up to the largest.
    x = np.array([88, 100, 110, 720, 744, 800, 1e30], dtype)
    x, t = np.concatenate([x, -x]), np.repeat(np.array([1, 0], dtype), len(x))
    loss, gradient = BOTH(x, t)
    with ctx.workprec(4000):
        values = exact(x, t, np.ones_like(x), np.ones_like(x))
        check(Target(values[0], dtype, None), loss, BUDGET, "loss")
        check(Target(values[1], dtype, values[2]), gradient, BUDGET_OF_GRADIENT, "gradient")


def test_reductions_are_exact():
    x, t, q, c = arguments(np.float64)
    for given in ({}, {"weights": c}, {"where": t < 0.9}, {"weights": c, "where": t > 0.1}):
        w = np.broadcast_to(given.get("weights", 1.0), x.shape) * given.get("where", True)
        with ctx.workprec(400):
            losses, slopes, moduli = exact(x, t, q, w)
            total = sum(losses, arb(0))
            over = sum((arb(float(v)) for v in w), arb(0))
            for reduction, scale in (("sum", arb(1)), ("mean", over)):
                loss, gradient = BOTH(x, t, pos_weight=q, reduction=reduction, **given)
                check(Target([total / scale], np.float64, None), loss[None], BUDGET, reduction)
                target = Target(
                    [s / scale for s in slopes], np.float64, [s / scale for s in moduli]
                )
                check(target, gradient, BUDGET_OF_GRADIENT, reduction)
                assert LOSS(x, t, pos_weight=q, reduction=reduction, **given) == loss


def test_special_values():
    x = np.array([inf, inf, -inf, -inf, nan, nan, inf, -inf])
    t = np.array([1.0, 0, 0, 1, 0, 1, 0.5, 0.5])
    loss, gradient = BOTH(x, t)
    np.testing.assert_array_equal(loss, [0, inf, 0, inf, nan, nan, inf, inf])
    np.testing.assert_array_equal(gradient, [0, 1, 0, -1, nan, nan, 0.5, -0.5])
    # What does not count is 0, whatever it holds.
    for given in ({"weights": 0.0}, {"where": np.zeros(8, bool)}):
        assert not np.any(BOTH(x, t, **given))
    assert not np.any(BOTH(x, np.full(8, nan), weights=np.full(8, nan), where=False))
    np.testing.assert_array_equal(LOSS(x[:2], t[:2], pos_weight=0.0), [0, inf])


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", ">f8", "i4", "?"])
def test_layouts_and_dtypes(dtype):
    rng = np.random.default_rng(2)
    x = (rng.normal(0, 2, (6, 50, 4))).astype(dtype)
    t = (rng.random((50, 1)) < 0.5).astype("u1")
    native = x.astype("f8" if x.dtype.kind in "bi" else x.dtype.newbyteorder("="))
    loss, gradient = BOTH(native, np.broadcast_to(t, x.shape).astype(native.dtype))
    for other in (x, np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], x[::-1][::-1]):
        results = BOTH(other, t)
        np.testing.assert_array_equal(results[0], loss, strict=True)
        np.testing.assert_array_equal(results[1], gradient, strict=True)
    np.testing.assert_array_equal(LOSS(x.T, t.T[..., None])[..., 0], loss.T[..., 0])


def test_out_and_scalars():
    x, t = np.linspace(-3, 3, 12).reshape(3, 4), np.full((3, 4), 0.25)
    loss, gradient = BOTH(x, t)
    for given in ({}, {"weights": np.ones((3, 4))}):
        own, out = x.copy(), np.empty((4, 3)).T
        assert BOTH(x, t, out=out, **given)[1] is out
        results = BOTH(own, t, out=own, **given)
        assert results[1] is own
        for found in (out, own):
            np.testing.assert_array_equal(found, gradient)
        np.testing.assert_array_equal(results[0], loss)
    assert isinstance(LOSS(0.5, 1), np.float64)
    assert all(isinstance(u, np.float64) for u in BOTH(0.5, 1))
    assert LOSS(np.zeros((0, 3)), 0.5).shape == (0, 3)
    assert LOSS([], [], reduction="sum") == 0.0


@pytest.mark.parametrize(
    "given, message",
    [
        ({"targets": 1.5}, r"targets must be in \[0, 1\], got 1.5 in row \(0, 0\)"),
        ({"targets": [nan, 0.5, 0.5]}, r"targets must be in \[0, 1\], got nan"),
        ({"targets": np.zeros(2)}, r"targets of shape \(2,\) cannot be broadcast"),
        ({"pos_weight": [1, -1, 1]}, "pos_weight must be finite and >= 0, got -1"),
        ({"weights": inf}, "weights must be finite and >= 0, got inf"),
        ({"where": np.ones(2, bool)}, r"where of shape \(2,\) cannot be broadcast"),
        ({"reduction": "max"}, "reduction must be one of"),
        ({"where": False, "reduction": "mean"}, "'mean' of no rows"),
        ({"weights": 0.0, "reduction": "mean"}, "'mean' of weights that are all 0"),
        ({"out": np.empty(3)}, "out must have the shape of the result"),
    ],
)
def test_errors(given, message):
    arguments = {"targets": 0.5} | given
    with pytest.raises(ValueError, match=message):
        BOTH(np.zeros((2, 3)), **arguments)


def test_no_targets():
    with pytest.raises(TypeError, match="targets must be an array of numbers"):
        LOSS(np.zeros(3), None)


def test_jitted():
    @njit
    def both(x, t, q, c, where):
        return nl.sigmoid_binary_cross_entropy_value_and_grad(
            x, t, pos_weight=q, weights=c, where=where, reduction="mean"
        )

    x, t, q, c = np.random.default_rng(3).random((4, 5, 30))
    x, where = x * 9, c < 0.7
    t[0, 0], where[0, 0] = nan, True
    with pytest.raises(ValueError, match="targets must be in"):
        both(x, t, q, c, where)
    where[0, 0] = False
    loss, gradient = both(x, t, q, c, where)
    expected = BOTH(x, t, pos_weight=q, weights=c, where=where, reduction="mean")
    assert loss == expected[0]
    np.testing.assert_array_equal(gradient, expected[1])


@pytest.mark.slow
def test_jitted_options():
    @njit
    def all_ways(x, t, where):
        both = nl.sigmoid_binary_cross_entropy_value_and_grad
        a = both(x, t)
        b = both(x, t, pos_weight=2.0, weights=0.5, reduction="sum", out=np.empty_like(x))
        c = nl.sigmoid_binary_cross_entropy(x, t, where=where, reduction="mean")
        return a, b, c, nl.sigmoid_binary_cross_entropy(x.T, t.T)

    x, t = np.random.default_rng(3).random((2, 5, 30))
    where = t < 0.5
    a, b, c, d = all_ways(x, t, where)
    expected = BOTH(x, t), BOTH(x, t, pos_weight=2.0, weights=0.5, reduction="sum")
    for found, exact_ in zip((a, b), expected, strict=True):
        np.testing.assert_array_equal(found[0], exact_[0])
        np.testing.assert_array_equal(found[1], exact_[1])
    assert c == LOSS(x, t, where=where, reduction="mean")
    np.testing.assert_array_equal(d, LOSS(x, t).T)


def test_jitted_arguments():
    @njit
    def with_workers(x):
        return nl.sigmoid_binary_cross_entropy(x, x, workers=1)

    @njit
    def with_ints(x):
        return nl.sigmoid_binary_cross_entropy(x, x, where=x)

    with pytest.raises(TypeError, match="workers is not supported in jitted code"):
        with_workers(np.zeros(3))
    with pytest.raises(TypeError, match="where must be a boolean array"):
        with_ints(np.zeros(3))


def test_weights_above_the_range_of_float32():
    x, t = np.array([1, 2], "f4"), np.array([0, 1], "f4")
    for name in ("pos_weight", "weights"):
        for given in (1e60, [1, 1e60]):
            message = f"{name} must be finite and >= 0 in float32, got 1e.60 in row"
            with pytest.raises(ValueError, match=message):
                LOSS(x, t, **{name: given})
    found = LOSS(x, t, weights=[1e60, 3e60], reduction="mean")
    np.testing.assert_array_max_ulp(found, LOSS(x, t, weights=[1, 3], reduction="mean"), 1)
    with pytest.raises(ValueError, match=r"targets must be in \[0, 1\], got 2$"):
        LOSS(0.5, 2, weights=0.0)
    with pytest.raises(ValueError, match=r"the shape of logits, \(2,\)"):
        LOSS(x, t, weights=np.ones(3))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_jitted_mean_of_what_counts(dtype):
    @njit
    def mean(x, c, where):
        return nl.sigmoid_binary_cross_entropy(x, x * x, weights=c, where=where, reduction="mean")

    x = np.linspace(0.1, 0.9, 6).astype(dtype)
    np.testing.assert_array_equal(mean(x, x + x, x > 0.3), mean.py_func(x, x + x, x > 0.3))


def test_jitted_weights_above_the_range_of_float32():
    @njit
    def weigh(x, t, q, c):
        loss = nl.sigmoid_binary_cross_entropy
        return loss(x, t, weights=c, reduction="mean") + loss(x, t, pos_weight=q).sum()

    x, t = np.array([1, 2], "f4"), np.array([0, 1], "f4")
    exact = LOSS(x, t, reduction="mean") + LOSS(x, t, pos_weight=2.0).sum()
    assert abs(weigh(x, t, 2.0, 1e60) - exact) < 1e-6
    with pytest.raises(ValueError, match="pos_weight must be finite"):
        weigh(x, t, 1e60, 1.0)


# --- the Hessian times a vector ------------------------------------------------------------------


def exact_hvp(x, m, q, c, t):
    """c (1 - m + q m) logistic(x) logistic(-x) t."""
    values = []
    for numbers in zip(x, m, q, c, t, strict=True):
        v, m_i, q_i, c_i, t_i = (arb(float(u)) for u in numbers)
        e = (-abs(v)).exp()
        values.append(c_i * (1 - m_i + q_i * m_i) * t_i * e / (1 + e) ** 2)
    return values


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_accuracy_of_the_hessian(dtype):
    x, m, q, c = arguments(dtype)
    near = np.abs(x) < -np.log(np.finfo(dtype).tiny) - 16  # no product is subnormal
    x, m, q, c = (u[near] for u in (x, m, q, c))
    t, ones = np.random.default_rng(6).normal(size=x.size).astype(dtype), np.ones_like(x)
    where = c > 0.1
    of_options = {"pos_weight": q, "weights": c, "where": where}
    present = np.where(where, c, 0)
    with ctx.workprec(400):
        exact = exact_hvp(x, m, ones, ones, t)
        check(Target(exact, dtype), HVP(x, m, t), BUDGET_OF_HVP, "alone")
        exact = exact_hvp(x, m, q, present, t)
        check(Target(exact, dtype), HVP(x, m, t, **of_options), BUDGET_OF_HVP, "with options")
        over = sum((arb(float(v)) for v in present), arb(0))
        found = HVP(x, m, t, reduction="mean", **of_options)
        check(Target([v / over for v in exact], dtype), found, BUDGET_OF_HVP, "mean")
    np.testing.assert_array_equal(HVP(x, m, t, reduction="sum"), HVP(x, m, t))


def test_special_products():
    x, t = np.array([inf, -inf, nan, 0.0, 1e300, 800.0]), np.ones(6)
    np.testing.assert_array_equal(HVP(x, 0.5, t), [0, 0, nan, 0.25, 0, 0])
    for given in ({"weights": 0.0}, {"where": False}):
        assert not HVP(x, 0.5, t, **given).any()
    assert not HVP(
        x, np.full(6, nan), np.full(6, nan), pos_weight=np.full(6, inf), where=False
    ).any()
    assert isinstance(HVP(0.5, 1, 2.0), np.float64)
    assert HVP(np.zeros((0, 3)), 0.5, 1.0).shape == (0, 3)


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", ">f8", "i4"])
def test_layouts_of_the_hessian(dtype):
    rng = np.random.default_rng(2)
    x = rng.normal(0, 2, (6, 50, 4)).astype(dtype)
    m, (t, q) = (rng.random((50, 1)) < 0.5).astype("u1"), rng.integers(1, 5, (2, 4))
    native = x.astype("f8" if x.dtype.kind == "i" else x.dtype.newbyteorder("="))
    whole = (np.broadcast_to(u, x.shape).astype(native.dtype) for u in (m, t, q))
    m_whole, t_whole, q_whole = whole
    wanted = HVP(native, m_whole, t_whole, pos_weight=q_whole)
    for other in (x, np.asfortranarray(x), np.repeat(x, 2, 1)[:, ::2], x[::-1].copy()[::-1]):
        np.testing.assert_array_equal(HVP(other, m, t, pos_weight=q), wanted, strict=True)
    for out in (np.empty_like(wanted), t_whole, native):
        assert HVP(native, m_whole, t_whole, pos_weight=q_whole, out=out) is out
        np.testing.assert_array_equal(out, wanted)
        t_whole = np.broadcast_to(t, x.shape).astype(native.dtype)


def test_errors_of_the_hessian():
    x, t = np.zeros((2, 3)), np.ones((2, 3))
    for given, error, message in (
        ({"t": None}, TypeError, "t must be an array of the shape of logits"),
        ({"t": np.ones(2)}, ValueError, r"t of shape \(2,\)"),
        ({"targets": 2.0}, ValueError, r"targets must be in \[0, 1\], got 2.0"),
        ({"out": x[::-1]}, ValueError, "out overlaps"),
    ):
        with pytest.raises(error, match=message):
            HVP(x, **({"targets": t, "t": t} | given))


@pytest.mark.slow
def test_jitted_hessian():
    @njit
    def hvp(x, m, t, q, c, where):
        return nl.sigmoid_binary_cross_entropy_hvp(
            x, m, t, pos_weight=q, weights=c, where=where, reduction="mean"
        )

    x, m, t, q, c = np.random.default_rng(3).random((5, 5, 30))
    where = c < 0.7
    expected = HVP(x, m, t, pos_weight=q, weights=c, where=where, reduction="mean")
    np.testing.assert_array_equal(hvp(x, m, t, q, c, where), expected)
    with pytest.raises(ValueError, match="t must have the shape"):
        hvp(x, m, t[:2], q, c, where)


@pytest.mark.slow
def test_jitted_hessian_without_options():
    @njit
    def hvp(x, m, t):
        both = nl.sigmoid_binary_cross_entropy_hvp
        return both(x, m, t), both(x.T, m.T, t.T, weights=2.0), both(x, m, t, out=np.empty_like(x))

    x, m, t = np.random.default_rng(3).random((3, 5, 30))
    expected = HVP(x, m, t)
    first, second, third = hvp(x, m, t)
    for found in (first, second.T / 2, third):
        np.testing.assert_array_equal(found, expected)


def test_sparse_targets_are_refused():
    with pytest.raises(TypeError, match=r"targets is a sparse csr_array: pass targets.toarray\(\)"):
        LOSS(np.zeros((2, 2)), sparse.eye_array(2, format="csr"))
