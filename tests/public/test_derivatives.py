"""Arguments of the derivatives: shapes, axes, masks, out, threads, and what they agree on."""

import itertools

import numpy as np
import pytest
from scipy.optimize import check_grad

import numba_logspace as nl
from numba_logspace._family import named

OF_MAPS = [name.removesuffix("_vjp") for name in named("vjp")]
OF_REDUCTIONS = [name.removesuffix("_vjp") for name in named("vjp of a reduction")]
HVP = "log1m_softmax_hvp"

each_map = pytest.mark.parametrize("name", OF_MAPS)
each_reduction = pytest.mark.parametrize("name", OF_REDUCTIONS)
each = pytest.mark.parametrize("name", OF_MAPS + OF_REDUCTIONS)

AXES = (-1, 0, 1, (0, 2), (1, 2), None)
LAYOUTS = {
    "plain": np.copy,
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
}


def numbers(*shape, seed=3):
    return np.random.default_rng(seed).normal(0, 2, shape)


def value(name):
    return getattr(nl, name)


def vjp(name):
    return getattr(nl, f"{name}_vjp")


def jvp(name):
    return getattr(nl, f"{name}_jvp")


def assert_close(result, exact):
    assert result.shape == exact.shape
    np.testing.assert_allclose(result, exact, rtol=0, atol=1e-14 * max(1, np.abs(exact).max()))


def reduced_shape(x, axis):
    return x.sum(axis=axis).shape


# --- vjp, jvp and Jacobian are one ---------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
@each
def test_vjp_and_jvp_are_adjoint(name, axis):
    x, t = numbers(3, 4, 5), numbers(3, 4, 5, seed=4)
    g = numbers(*value(name)(x, axis).shape, seed=5)
    forward = np.sum(g * jvp(name)(x, t, axis))
    assert forward == pytest.approx(np.sum(vjp(name)(x, g, axis) * t), rel=1e-12)


@pytest.mark.parametrize("shape", [(7,), (40, 7), (3, 100), (9000,)])
@each
def test_jvp_is_the_derivative(name, shape):
    x, t = numbers(*shape), numbers(*shape, seed=4)
    h = 1e-6
    central = (value(name)(x + h * t) - value(name)(x - h * t)) / (2 * h)
    np.testing.assert_allclose(jvp(name)(x, t), central, rtol=1e-7, atol=2e-9)


@each
def test_gradients_in_scipy(name):
    g = numbers(*value(name)(numbers(8)).shape, seed=5)
    error = check_grad(lambda x: np.sum(g * value(name)(x)), lambda x: vjp(name)(x, g), numbers(8))
    assert error < 1e-6


@pytest.mark.parametrize("name", ["log_softmax", "log1m_softmax"])
def test_jacobians_give_both(name):
    x, g = numbers(3, 5), numbers(3, 5, seed=5)
    jacobian = getattr(nl, f"{name}_jacobian")(x)
    assert_close(vjp(name)(x, g), np.einsum("ri,rij->rj", g, jacobian))
    assert_close(jvp(name)(x, g), np.einsum("rij,rj->ri", jacobian, g))


def test_hvp_is_the_derivative_of_the_gradient():
    x, g, t = numbers(3, 6), numbers(3, 6, seed=4), numbers(3, 6, seed=5)
    h = 1e-6
    central = (nl.log1m_softmax_vjp(x + h * t, g) - nl.log1m_softmax_vjp(x - h * t, g)) / (2 * h)
    np.testing.assert_allclose(nl.log1m_softmax_hvp(x, g, t), central, rtol=1e-7, atol=1e-8)


def test_hvp_is_symmetric():
    x, g, s, t = (numbers(6, seed=seed) for seed in range(4))
    first, second = s @ nl.log1m_softmax_hvp(x, g, t), t @ nl.log1m_softmax_hvp(x, g, s)
    assert first == pytest.approx(second, rel=1e-12)


@pytest.mark.slow
def test_value_and_vjp_are_the_two():
    for x in (numbers(3, 4, 50), numbers(40, 7), numbers(9000, 2)):
        g = numbers(*x.shape, seed=5)
        for axis in (-1, 0):
            y, gradient = nl.log1m_softmax_value_and_vjp(x, g, axis)
            np.testing.assert_array_max_ulp(y, nl.log1m_softmax(x, axis), 4)
            assert_close(gradient, nl.log1m_softmax_vjp(x, g, axis))


# --- against PyTorch's figures and published gradients -------------------------------------------

PRINTED = [
    ([-1000, -1000, 0], [0.5, 0.5, -1]),
    ([-1000, -1000, 1000], [0.5, 0.5, -1]),
    ([-1000, 1000, 1000], [0, 0, 0]),
    (
        [0.7893, -0.9312, -1.9368, -0.2072, -1.0539, 1.0529, 1.3023, -0.4860],
        [0.0137, 0.0100, 0.0040, 0.0175, 0.0090, -0.0084, -0.0601, 0.0144],
    ),
    (
        [-0.040429, -1000, -0.81404, 1.3722, 0.50596, -0.48234, -0.78525, 0.66808],
        [0.0237, 0, 0.0135, -0.1160, 0.0256, 0.0177, 0.0139, 0.0217],
    ),
    (
        [-0.44394, 1000, 0.59861, 0.64581, 0.63061, -1.4668, -0.67976, -0.69703],
        [0.0857, -1, 0.2432, 0.2549, 0.2511, 0.0308, 0.0677, 0.0666],
    ),
]


@pytest.mark.parametrize("row, gradient", PRINTED)
def test_gradients_as_printed(row, gradient):
    result = nl.log1m_softmax_vjp(np.array(row, np.float32))
    # The rows themselves were printed with five digits.
    np.testing.assert_allclose(result, gradient, rtol=0, atol=1e-4)


# --- arguments -----------------------------------------------------------------------------------


def _all(x, name):
    """(function, whether it takes a second array of the shape of x)."""
    if name == HVP:
        t = numbers(*x.shape, seed=8)
        return lambda x, **options: nl.log1m_softmax_hvp(x, None, t, **options)
    kind, _, which = name.rpartition(" ")
    if which == "vjp":
        return vjp(kind)
    t = numbers(*x.shape, seed=8)
    return lambda x, **options: jvp(kind)(x, t, **options)


NAMES = [f"{n} {k}" for n, k in itertools.product(OF_MAPS + OF_REDUCTIONS, ("vjp", "jvp"))]
NAMES.append(HVP)
each_name = pytest.mark.parametrize("name", NAMES)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layout", LAYOUTS)
@each_name
def test_layouts(name, layout):
    x = numbers(4, 6, 50)
    function = _all(x, name)
    for axis in (-1, 0, (0, 2), None):
        assert_close(function(LAYOUTS[layout](x), axis=axis), function(x, axis=axis))


@each_name
def test_masked_entries_are_absent(name):
    x, where = numbers(6, 50), np.random.default_rng(2).random((6, 50)) < 0.5
    absent = np.where(where, x, -np.inf)
    function = _all(x, name)
    for axis in (-1, 0):
        result = function(np.where(where, x, np.nan), where=where, axis=axis)
        if name == "loo_logsumexp vjp" or name.startswith("logvarexp"):
            # Entries of -inf have values, whose cotangents count, or count in the mean.
            assert np.isfinite(result).all()
            continue
        right = function(absent, axis=axis)
        # Rows side by side take few operations only where none of them has an infinity.
        atol = 8 * np.finfo(right.dtype).eps * max(1, np.abs(right).max())
        np.testing.assert_allclose(result, right, rtol=0, atol=atol)
    if "vjp" in name or name == HVP:
        assert not function(x, where=where)[~where].any()


def test_masked_entries_do_not_count_in_a_mean():
    rng = np.random.default_rng(2)
    x, t, g = rng.normal(size=(6, 50)), rng.normal(size=(6, 50)), rng.normal(size=6)
    where = rng.random((6, 50)) < 0.5
    where[2], where[3] = False, np.arange(50) == 7
    where[4] = where[5]  # as many
    gradient, slopes = np.zeros((6, 50)), np.zeros(6)
    for r, mask in enumerate(where):
        if mask.any():
            gradient[r, mask] = nl.logvarexp_vjp(x[r, mask], g[r])
            slopes[r] = nl.logvarexp_jvp(x[r, mask], t[r, mask])
    x[~where], t[~where] = np.nan, np.nan
    for turned in (False, True):
        arrays = (u.T if turned else u for u in (x, t, where))
        y, s, mask = arrays
        found = nl.logvarexp_vjp(y, g, -2 if turned else -1, where=mask)
        assert_close(found.T if turned else found, gradient)
        assert not found[~mask].any()
        assert_close(nl.logvarexp_jvp(y, s, -2 if turned else -1, where=mask), slopes)


@each_name
def test_out(name):
    x = numbers(6, 50)
    function = _all(x, name)
    for axis in (-1, 0):
        exact = function(x, axis=axis)
        for order in "CF":
            out = np.full(exact.shape, 7.0, order=order)
            assert function(x, axis=axis, out=out) is out
            assert_close(out, exact)
        if exact.shape == x.shape:
            y = x.copy()
            assert function(y, axis=axis, out=y) is y
            np.testing.assert_array_equal(y, exact)


@each_name
def test_refused_out(name):
    x = numbers(8, 8)
    function = _all(x, name)
    shape = function(x).shape
    wrong = [np.zeros((*shape, 1)), np.zeros(shape, np.float32), [0.0]]
    for out in wrong:
        with pytest.raises((TypeError, ValueError), match="out must"):
            function(x, out=out)
    before = x.copy()
    with pytest.raises(ValueError, match="out overlaps x"):
        function(x, out=x[::-1] if len(shape) == 2 else x[0])
    np.testing.assert_array_equal(x, before)


def test_two_outs():
    x = numbers(6, 50)
    exact = nl.log1m_softmax_value_and_vjp(x)
    out = np.empty((6, 50)), np.empty((50, 6)).T
    result = nl.log1m_softmax_value_and_vjp(x, out=out)
    for a, b, c in zip(result, out, exact, strict=True):
        assert a is b
        assert_close(a, c)
    for wrong in (out[0], (out[0],), [*out]):
        with pytest.raises(TypeError, match="out must be a tuple of two"):
            nl.log1m_softmax_value_and_vjp(x, out=wrong)
    with pytest.raises(ValueError, match=r"out\[1\] overlaps out\[0\]"):
        nl.log1m_softmax_value_and_vjp(x, out=(out[0], out[0]))
    with pytest.raises(ValueError, match=r"out\[0\] overlaps x"):
        nl.log1m_softmax_value_and_vjp(x, out=(x, out[0]))


@each_reduction
def test_cotangents_of_reductions(name):
    x, g = numbers(3, 4, 5), numbers(3, 5, seed=8)
    exact = np.expand_dims(g, 1) * vjp(name)(x, axis=1)
    for other in (g, np.asfortranarray(g), g.astype(">f8"), g.tolist()):
        assert_close(vjp(name)(x, other, axis=1), exact)
        assert_close(vjp(name)(np.asfortranarray(x), other, axis=1), exact)
    assert_close(vjp(name)(x, 2.0, axis=1), 2 * vjp(name)(x, axis=1))
    assert_close(vjp(name)(x, 2.0, axis=None), 2 * vjp(name)(x, axis=None))
    with pytest.raises(ValueError, match="g of shape"):
        vjp(name)(x, np.ones((3, 4)), axis=1)


@each_reduction
def test_keepdims_of_reductions(name):
    x, t = numbers(3, 4, 5), numbers(3, 4, 5, seed=8)
    for axis in AXES:
        kept = jvp(name)(x, t, axis, keepdims=True)
        assert kept.shape == x.sum(axis=axis, keepdims=True).shape
        np.testing.assert_array_equal(np.ravel(kept), np.ravel(jvp(name)(x, t, axis)))


@each
def test_refused_tangents(name):
    x = numbers(4, 5)
    with pytest.raises(ValueError, match="t of shape"):
        jvp(name)(x, np.ones(4))
    with pytest.raises(TypeError, match="t has dtype complex"):
        jvp(name)(x, 1j)
    with pytest.raises(TypeError, match="t must be an array"):
        jvp(name)(x, None)


@each_name
def test_dtypes(name):
    x = numbers(6, 50)
    function = _all(x, name)
    single, half = x.astype(np.float32), x.astype(np.float16)
    assert function(single).dtype == np.float32
    assert function(half).dtype == np.float16
    np.testing.assert_allclose(function(half), function(half.astype(float)), rtol=2e-3, atol=2e-3)
    np.testing.assert_allclose(function(single), function(single.astype(float)), rtol=0, atol=1e-4)
    assert function(np.rint(x).astype(int)).dtype == np.float64


@pytest.mark.one_in(3)
@each_name
def test_threads_do_not_change_results(name):
    for x in (numbers(300, 1000), numbers(30_000, 10), numbers(10, 30_000)):
        function = _all(x, name)
        for axis in (-1, 0):
            one, two = (function(x, axis=axis, workers=w) for w in (1, 2))
            np.testing.assert_array_equal(one, two)


@each_name
def test_empty(name):
    for shape, axis in (((0,), -1), ((3, 0), 1), ((0, 3), 0), ((0, 3), 1)):
        x = np.empty(shape)
        result = _all(x, name)(x, axis=axis)
        of_reduction = name.endswith("jvp") and name.split()[0] in OF_REDUCTIONS
        assert result.shape == (reduced_shape(x, axis) if of_reduction else shape)
        assert not result.any()


# --- Jacobians of arrays -------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1, -2])
def test_jacobians_of_every_axis(axis):
    x = numbers(3, 4, 5)
    rows = np.moveaxis(x, axis, -1)
    expected = np.stack([nl.log1m_softmax_jacobian(r) for r in rows.reshape(-1, rows.shape[-1])])
    expected = expected.reshape(*rows.shape, rows.shape[-1])
    for layout in LAYOUTS.values():
        result = nl.log1m_softmax_jacobian(layout(x), axis)
        np.testing.assert_array_equal(result, expected, strict=True)


def test_jacobians_give_the_gradient():
    x, g = numbers(3, 5), numbers(3, 5, seed=8)
    through = np.einsum("ri,rij->rj", g, nl.log1m_softmax_jacobian(x))
    np.testing.assert_allclose(nl.log1m_softmax_vjp(x, g), through, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape, axis", [((0,), 0), ((3, 0), 1), ((0, 3), -1), ((2, 0, 3), 0)])
def test_empty_jacobians(shape, axis):
    rest = tuple(np.delete(shape, axis))
    result = nl.log1m_softmax_jacobian(np.empty(shape, np.float32), axis)
    assert result.shape == (*rest, shape[axis], shape[axis])
    assert result.dtype == np.float32


@pytest.mark.parametrize("axis", [None, (0,), (0, 1), 1.0])
def test_jacobians_want_one_axis(axis):
    with pytest.raises(TypeError, match="axis must be an int"):
        nl.log1m_softmax_jacobian(numbers(3, 4), axis)
