"""Weighted sums of exponentials in jitted code: derivatives, complex numbers, the bits of both."""

import numpy as np
import pytest
from test_jitted import assert_same, check, hard_rows, jitted

import numba_logspace as nl

inf, nan = np.inf, np.nan


def _given(shape, dtype="float64"):
    # Entries, weights of any sign with 0 and infinite ones, a mask, tangents.
    rng = np.random.default_rng(3)
    x = hard_rows(shape, dtype)
    b, t, s = (rng.normal(size=shape).astype(dtype) for _ in range(3))
    b[rng.random(shape) < 0.2] = 0.0
    b.reshape(-1)[3], x.reshape(-1)[5] = inf, inf
    mask = rng.random(shape) < 0.7
    return x, b, mask, t, s


# --- derivatives ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_gradients():
    x, _, _, t, _ = _given((6, 9))
    b = np.array([[2], [-1], [0], [3], [1], [4]])
    check("nl.weighted_logsumexp_vjp(a[0], a[1], a[2][0], 0)", x, b, t)


def test_tangents():
    x, b, _, t, s = _given((6, 9))
    check("nl.weighted_logsumexp_jvp(a[0], a[1], a[2], a[3])", x, b, t, s)


@pytest.mark.slow
def test_one_row_and_a_weight():
    _, _, mask, t, x = _given((9,), "float32")
    check(
        "(nl.weighted_logsumexp_vjp(a[0], 2.0, -0.5, where=a[1]), "
        "nl.weighted_logsumexp_jvp(a[0], 2.0, None, 3.0), "
        "nl.weighted_logsumexp_jvp(a[0], a[0] * 0 + 1, a[2], None, keepdims=True))",
        x,
        mask,
        t,
    )


@pytest.mark.parametrize(
    "expression, text",
    [
        ("nl.weighted_logsumexp_vjp(a[0], None)", "b must be a number or an array of numbers, got"),
        ("nl.weighted_logsumexp_vjp(a[0], 1j)", "b must be a number or an array of numbers, got"),
        ("nl.weighted_logsumexp_vjp(a[0], a[0], 1j)", "g must have a number for each row"),
        ("nl.weighted_logsumexp_jvp(a[0], a[0], None, None)", "t and s must not both be None"),
        ("nl.weighted_logsumexp_jvp(a[0], a[0], a[0][0], None)", "t must have the shape of x"),
        ("nl.weighted_logsumexp_jvp(a[0], 2, None, a[0])", "s must be a number where b is one"),
        ("nl.weighted_logsumexp_jvp(a[0], a[0], 2.0, None)", "t must be an array of one axis"),
    ],
)
def test_refused_derivatives(expression, text):
    with pytest.raises(TypeError, match=text) as error:
        jitted(expression)((np.zeros((3, 2)),))
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_gradients_everywhere():
    x, b, mask, t, s = _given((3, 4, 5))
    gradients = "nl.weighted_logsumexp_vjp(a[0], a[1], {g}, axis={axis}, where=a[2])"
    tangents = "nl.weighted_logsumexp_jvp(a[0], a[1], a[3], a[4], axis={axis}, where=a[2])"
    arguments = x, b, mask, t, s
    check(gradients.format(axis="(0, 2)", g="a[3][0, :, 0]"), *map(np.asfortranarray, arguments))
    check(gradients.format(axis=None, g=2), *(u[::-1, :, ::-1] for u in arguments))
    check(tangents.format(axis="(0, 2)"), *map(np.asfortranarray, arguments))
    for shape in ((3, 1, 5), (1, 1, 1), (4, 1)):
        weights = np.random.default_rng(0).normal(size=shape).astype("f4")
        check(gradients.format(axis=1, g=None), x, weights, mask)
    check(tangents.format(axis=1), x, weights, mask, t, weights[::-1])
    for shape in ((3, 0), (0, 3), (0, 0)):
        u, m = np.zeros(shape), np.ones(shape, np.bool_)
        check(gradients.format(axis=1, g=None), u, u, m)
        check("nl.weighted_logsumexp_jvp(a[0], a[0], a[0], None)", u)


@pytest.mark.slow
def test_shapes_of_derivatives():
    of_both = jitted("nl.weighted_logsumexp_vjp(a[0], a[1], a[2])")
    x = np.zeros((3, 4))
    with pytest.raises(ValueError, match="x and b must broadcast together"):
        of_both((x, np.zeros((3, 3)), np.zeros(3)))
    with pytest.raises(ValueError, match="g must have the shape of the array without the axis"):
        of_both((x, x, np.zeros(4)))
    along = jitted("nl.weighted_logsumexp_jvp(a[0], a[1], a[2], a[3])")
    for t, s, text in ((x.T, x, "t must have the shape of x"), (x, x[1:], "s must have the shape")):
        with pytest.raises(ValueError, match=text):
            along((x, x, t.copy(), s))


# --- complex numbers -----------------------------------------------------------------------------


def _complex(shape):
    rng = np.random.default_rng(4)
    x = rng.normal(scale=4.0, size=shape) + 1j * rng.uniform(-9, 9, shape)
    x.reshape(-1)[2], x.reshape(-1)[7] = -inf, complex(inf, 1)
    b = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    b[rng.random(shape) < 0.2] = 0.0
    return x, b, rng.random(shape) < 0.7


def check_bits(expression, *arguments):
    """As `check`, without asking NumPy what is equal: 1.26 does not know of complex infinities."""
    found = jitted(expression)(arguments)
    wanted = eval(f"lambda a: {expression}", {"nl": nl})(arguments)
    for mine, its in zip(*(u if isinstance(u, tuple) else (u,) for u in (found, wanted))):
        if np.ndim(its):
            assert mine.dtype == its.dtype
            assert mine.shape == its.shape
        dtype = np.asarray(its).dtype
        for part in ("real", "imag"):
            assert_same(*(getattr(np.asarray(u, dtype), part) for u in (mine, its)))


def test_complex_weights_and_signs():
    x, b, _ = _complex((6, 9))
    check_bits("nl.logsumexp(a[0], b=a[1], return_sign=True)", x, b)
    check_bits("nl.logsumexp(a[0], b=a[1])", x.real.copy(), b)


def test_a_sign_of_one_row():
    x, _, mask = _complex((9,))
    check_bits("nl.logsumexp(a[0], return_sign=True, where=a[1])", x.astype("c8"), mask)


def test_a_masked_weight_is_not_looked_at():
    x, mask = np.array([1.0, -inf, 2.0]), np.array([True, False, True])
    for b in (nan, inf, -2.0):
        check("nl.logsumexp(a[0], b=a[1], where=a[2])", x, b, mask)


@pytest.mark.slow
def test_complex_weights_everywhere():
    x, b, mask = _complex((3, 4, 5))

    def calls(option, *arguments):
        for sign in ("", ", return_sign=True"):
            check_bits(f"nl.logsumexp(a[0], b=a[1], {option}{sign})", *arguments, mask)

    calls("axis=0", x, b)
    calls("axis=(0, 2)", np.asfortranarray(x.astype("c8")), b.real[::-1].astype("f4"))
    calls("axis=None, keepdims=True, where=a[2]", x.real.astype("f4"), b[0].astype("c8"))
    calls("where=a[2]", x.real.astype("f4"), 2j)
    check_bits("nl.logsumexp(a[0], b=a[1], axis=1)", x[:, :0], -1)
    out, signs = np.empty(4), np.empty(4, np.complex128)
    both = jitted("nl.logsumexp(a[0], 1, b=a[1], return_sign=True, out=a[2])")
    found = both((x[0].T.copy()[:4].copy(), b[0].T.copy()[:4].copy(), out))
    wanted = nl.logsumexp(x[0].T[:4], 1, b=b[0].T[:4], return_sign=True)
    assert np.shares_memory(found[0], out)
    signs[:] = found[1]
    assert_same(out, wanted[0])
    assert_same(signs.view(float), wanted[1].view(float))


def test_refused_outs_of_complex_rows():
    x = np.zeros((3, 2), np.complex128)
    for out in (np.zeros(3), np.zeros(3, np.complex64)):
        with pytest.raises(TypeError, match="a writable array of one axis of complex128"):
            jitted("nl.logsumexp(a[0], b=2, out=a[1])")((x, out))
    with pytest.raises(TypeError, match="out must be a writable array of one axis of float64"):
        jitted("nl.logsumexp(a[0], return_sign=True, out=a[1])")((x, x[:, 0].copy()))
