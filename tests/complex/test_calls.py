"""Calls with complex numbers: as SciPy has them, dtypes, layouts, special values, errors."""

import numpy as np
import pytest
from numba import njit
from scipy import special

import numba_logspace as nl
from numba_logspace._family import FAMILY

inf, nan = np.inf, np.nan
TAKING = [f for f in FAMILY.values() if f.of_complex is not None]
ELEMENTWISE = [f.name for f in TAKING if f.kind == "elementwise"]
MAPS = [f.name for f in TAKING if f.kind in ("map", "scan")]
REDUCTIONS = [f.name for f in TAKING if f.kind == "reduction"]
REFUSING = [f for f in FAMILY.values() if f.of_complex is None]
RNG = np.random.default_rng(3)
X = RNG.normal(size=(3, 4, 5)) * 3 + 1j * RNG.uniform(-9, 9, (3, 4, 5))


def assert_close(result, expected, eps=1e-14):
    assert result.shape == expected.shape
    turned = np.exp(1j * result.imag) - np.exp(1j * np.imag(expected))  # both sides of the cut
    np.testing.assert_allclose(result.real, np.real(expected), rtol=eps, atol=eps)
    np.testing.assert_allclose(abs(turned), 0, atol=10 * eps)


def plain(name, x):
    """The textbook formula along the last axis."""
    e = np.exp(x)
    total = e.sum(axis=-1, keepdims=True)
    return {
        "softmax": lambda: e / total,
        "log_softmax": lambda: np.log(e / total),
        "log1m_softmax": lambda: np.log(1 - e / total),
        "logcumsumexp": lambda: np.log(np.cumsum(e, axis=-1)),
        "logsumexp": lambda: np.log(e.sum(axis=-1)),
        "logmeanexp": lambda: np.log(e.mean(axis=-1)),
    }[name]()


# --- as SciPy has it -----------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_scipy(axis, keepdims):
    for b in (None, RNG.normal(size=X.shape), RNG.normal(size=5), 2.5, -1):
        options = {"axis": axis, "keepdims": keepdims, "b": b}
        result, expected = nl.logsumexp(X, **options), special.logsumexp(X, **options)
        assert_close(np.asarray(result), np.asarray(expected))
        assert (-np.pi < result.imag).all()
        assert (result.imag <= np.pi).all()
        both = nl.logsumexp(X, **options, return_sign=True)
        of_scipy = special.logsumexp(X, **options, return_sign=True)
        for u, v in zip(both, of_scipy):
            np.testing.assert_allclose(u, v, rtol=0, atol=1e-13)
        assert both[0].dtype == np.float64
        assert both[1].dtype == np.complex128


def test_complex_weights():
    b = RNG.normal(size=X.shape) + 1j * RNG.normal(size=X.shape)
    expected = np.log((b * np.exp(X)).sum(axis=-1))
    assert_close(nl.logsumexp(X, b=b), expected)
    of_real = nl.logsumexp(X.real, b=b)
    assert_close(of_real, np.log((b * np.exp(X.real)).sum(axis=-1)))
    assert nl.logsumexp(X.real.astype("f4"), b=1j).dtype == np.complex64
    assert nl.logsumexp([1.0, 2.0], b=[0, 1j]) == 2 + 0.5j * np.pi
    # A weight of 0 leaves out whatever the entry is.
    assert nl.logsumexp([complex(nan, 1), 2j], b=[0, 1]) == 2j


def test_cases_of_jax():
    # The principal value, whatever the phases of the terms.
    assert_close(nl.logsumexp([100j]), np.log(np.exp(100j)))
    assert nl.logsumexp([0j, np.pi * 1j]).real < -35
    turned = 1 + np.log(2) + (4 - 2 * np.pi) * 1j
    assert_close(nl.logsumexp([1 + 4j, 1 + 4j]), np.complex128(turned))
    value, sign = nl.logsumexp([1j], b=[-1.0], return_sign=True)
    assert value == 0
    assert_close(sign, -np.exp(1j))


# --- dtypes and layouts --------------------------------------------------------------------------

LAYOUTS = {
    "C": np.ascontiguousarray,
    "fortran": np.asfortranarray,
    "reversed": lambda x: x[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "big-endian": lambda x: x.astype(">c16"),
    "list": lambda x: x.tolist(),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MAPS + REDUCTIONS)
def test_rows(name, layout):
    function, x = getattr(nl, name), LAYOUTS[layout](X)
    for axis in range(3):
        expected = plain(name, np.moveaxis(X, axis, -1))
        result = function(x, axis=axis)
        assert result.dtype == np.complex128
        result = np.moveaxis(result, axis, -1) if name in MAPS else result
        assert_close(result, expected, 1e-11)  # the textbook formula loses digits
        result = function(np.asarray(x).astype(np.complex64), axis=axis)
        assert result.dtype == np.complex64


@pytest.mark.parametrize("name", MAPS + REDUCTIONS)
def test_out_and_where(name):
    function = getattr(nl, name)
    mask = RNG.random(X.shape) < 0.6
    mask[..., 0] = True
    result = function(X, where=mask)
    for i in np.ndindex(3, 4):
        row = function(X[i][mask[i]])
        np.testing.assert_array_equal(result[i][mask[i]] if name in MAPS else result[i], row)
        if name in MAPS and FAMILY[name].masked:
            assert (result[i][~mask[i]] == FAMILY[name].masked[0]).all()
    out = np.empty_like(result)
    assert function(X, where=mask, out=out, workers=2) is out
    np.testing.assert_array_equal(out, result)
    with pytest.raises(TypeError, match="out must have the dtype of the result, complex128"):
        function(X, out=out.real.copy())
    if name in MAPS:
        x = X.copy()
        assert function(x, out=x) is x
        np.testing.assert_array_equal(x, function(X))


def test_out_of_moduli():
    out = np.empty((3, 4))
    value, sign = nl.logsumexp(X, return_sign=True, out=out)
    assert value is out
    np.testing.assert_allclose(out, nl.logsumexp(X).real)
    with pytest.raises(TypeError, match="out must have the dtype of the result, float64"):
        nl.logsumexp(X, return_sign=True, out=sign)


@pytest.mark.parametrize("name", ["logaddexp", "log1pexp", "log_mix"])
def test_ufuncs(name):
    function, count = getattr(nl, name), getattr(nl, name).nin
    arguments = [X, X[::-1] / 2, X.T.reshape(X.shape)][:count]
    expected = function(*arguments)
    single = [a.astype(np.complex64) for a in arguments]
    result = function(*single)
    assert result.dtype == np.complex64
    wide = function(*(a.astype(np.complex128) for a in single))
    np.testing.assert_allclose(result, wide, rtol=1e-6)
    for layout in LAYOUTS.values():
        np.testing.assert_array_equal(function(*map(layout, arguments)), expected)
    if count > 1:
        assert function(*single[:-1], 2.0).dtype == np.complex64
        assert function(*single[:-1], X.real).dtype == np.complex128


def test_reductions_of_ufuncs():
    np.testing.assert_allclose(nl.logaddexp.reduce(X, axis=1), nl.logsumexp(X, axis=1))
    np.testing.assert_array_equal(nl.logaddexp.reduce(X[:0], axis=0), np.full((4, 5), -inf))
    running = nl.logaddexp.accumulate(X[0, 0])  # which begins with the first entry as it is
    np.testing.assert_allclose(running[1:], nl.logcumsumexp(X[0, 0])[1:])


# --- special values ------------------------------------------------------------------------------

ENDS = [-inf, inf, -0.0, 0.0, 1.0, -1.0, 0.5, -2.0, 1e308, -1e308, 5e-324, -800.0, 800.0, nan]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_real_axis(name):
    # Wherever the real function has a value.
    function = getattr(nl, name)
    x = np.array(np.meshgrid(*[ENDS] * function.nin)).reshape(function.nin, -1)
    with np.errstate(all="raise"):
        real, result = function(*x), function(*x.astype(complex))
    for a, b, z in zip(real, result, x.T):
        if not np.isnan(a):
            size = max(abs(v) for v in (*z, a) if np.isfinite(v) or v is a)
            near = np.isfinite(a) and abs(a - b.real) <= 4 * np.spacing(size)
            assert a == b.real or near, (z, a, b)
            assert b.imag == 0, (z, a, b)


def c(re, im):
    return complex(re, im)


SPECIAL = [
    ("logsumexp", [c(-inf, nan), 1 + 2j], 1 + 2j),
    ("logsumexp", [c(-inf, 3), c(-inf, 4)], c(-inf, 0)),
    ("logsumexp", [], c(-inf, 0)),
    ("logsumexp", [c(inf, 1), 5j], c(inf, 1)),
    ("logsumexp", [c(inf, 1), c(inf, 1)], c(inf, 1)),
    ("logsumexp", [c(inf, 1), c(inf, 2)], c(inf, nan)),
    ("logsumexp", [c(0, nan), 1], c(nan, nan)),
    ("logsumexp", [c(0, inf), 1], c(nan, nan)),
    ("logmeanexp", [c(-inf, 3), c(-inf, 4)], c(-inf, 0)),
    ("logmeanexp", [], c(-inf, 0)),
    ("softmax", [c(-inf, nan), 3j], [0, 1]),
    ("softmax", [c(inf, 1), 3j], [1, 0]),
    ("softmax", [c(inf, 1), c(inf, 1), 0], [c(nan, nan), c(nan, nan), 0]),
    ("log_softmax", [c(-inf, 7), 3j], [c(-inf, 0), 0]),
    ("log_softmax", [c(inf, 1), 3j], [0, c(-inf, 0)]),
    ("log1m_softmax", [c(-inf, 7), 3j], [0, c(-inf, 0)]),
    ("log1m_softmax", [5j], [c(-inf, 0)]),
    ("logcumsumexp", [c(-inf, 7), 3j, c(inf, 1), 1], [c(-inf, 0), 3j, c(inf, 1), c(inf, 1)]),
    ("log1pexp", c(-inf, nan), 0),
    ("log1pexp", c(inf, 1), c(inf, 1)),
    ("log1pexp", c(inf, inf), c(inf, nan)),
    ("log1pexp", c(1, inf), c(nan, nan)),
    ("log1mexp", 1, c(np.log(np.e - 1), np.pi)),
    ("log1mexp", c(1, -0.0), c(np.log(np.e - 1), np.pi)),
    ("log1mexp", 0j, c(-inf, 0)),
    ("logit", 2, c(np.log(2), np.pi)),
    ("logistic", c(inf, 3), 1),
    ("logistic", c(-inf, nan), 0),
]


@pytest.mark.parametrize("name, x, exact", SPECIAL)
def test_special_values(name, x, exact):
    with np.errstate(all="raise"):
        result = getattr(nl, name)(np.array(x, complex))
    exact = np.array(exact, complex)
    # Each by itself: older versions of NumPy multiply complex infinities to compare them.
    for part in (np.real, np.imag):
        np.testing.assert_allclose(part(result), part(exact), rtol=1e-15)


def test_infinities_of_two():
    assert nl.logaddexp(c(inf, 1), c(inf, 1)) == c(inf, 1)
    far = nl.logaddexp(c(inf, 4), 3j)
    assert far.real == inf
    assert abs(far.imag - (4 - 2 * np.pi)) < 1e-15
    assert nl.logaddexp(c(-inf, nan), 1 + 1j) == 1 + 1j
    for result in (nl.logaddexp(c(inf, 1), c(inf, 2)), nl.logsubexp(c(inf, 1), c(inf, 1))):
        assert np.isnan(result.imag)
    assert nl.logsubexp(3j, 3j).real == -inf
    assert nl.log_mix(c(inf, 0), 1 + 1j, c(inf, 2)) == 1 + 1j


# --- errors --------------------------------------------------------------------------------------


def test_real_functions_say_who_takes_complex_numbers():
    refusing = {f.name for f in REFUSING if f.kind == "elementwise"}
    assert refusing == {"entr", "rel_entr", "kl_div"}
    for name in refusing:
        function = getattr(nl, name)
        with pytest.raises(TypeError, match=f"'{name}' (not supported|did not contain)"):
            function(*[1j] * function.nin)
    with pytest.raises(TypeError, match="x has dtype complex128.* complex arrays are for") as found:
        nl.loo_logsumexp(X)
    words = str(found.value).replace(",", " ").split()
    assert set(MAPS + REDUCTIONS) <= set(words)
    assert not {f.name for f in REFUSING} & set(words)


def test_other_wrong_calls():
    for wrong in ({"where": np.ones(5)}, {"axis": 3}, {"workers": 0}, {"b": np.ones(4)}):
        with pytest.raises((TypeError, ValueError, IndexError)):
            nl.logsumexp(X, **wrong)
    with pytest.raises(TypeError, match="g has dtype complex"):
        nl.softmax_vjp(X.real, X)


# --- in jitted code ------------------------------------------------------------------------------


def check_jitted(expression, x):
    code = f"lambda x: {expression}"
    result, expected = njit(eval(code, {"nl": nl}))(x), eval(code, {"nl": nl})(x)
    np.testing.assert_array_equal(result, expected)
    assert np.shape(result) == np.shape(expected)
    assert not np.ndim(result) or result.dtype == expected.dtype


CALLS = [
    ("nl.logsumexp(x, axis=1)", X),
    ("nl.logsumexp(x, axis=0, keepdims=True)", np.asfortranarray(X)),
    ("nl.logsumexp(x)", X[0, 0]),
    pytest.param("nl.logsumexp(x, axis=None)", X[::2], marks=pytest.mark.slow),
    pytest.param("nl.logsumexp(x, keepdims=True)", X[0, 0], marks=pytest.mark.slow),
    pytest.param("nl.logsumexp(x)", X[0, :, ::2].astype("c8"), marks=pytest.mark.slow),
    pytest.param("nl.logmeanexp(x)", X[:, :0].T, marks=pytest.mark.slow),
    pytest.param("nl.logmeanexp(x)", X, marks=pytest.mark.slow),
    *(pytest.param(f"nl.{n}(x, axis=0)", X[0], marks=pytest.mark.slow) for n in MAPS),
    pytest.param("nl.softmax(x, axis=0)", X[:, 0, ::2].astype("c8"), marks=pytest.mark.slow),
]


MASK = X.real < 2.0
MASK[0, 1] = False
MASKED = [
    pytest.param("nl.logsumexp(x, axis=(0, 2), where=MASK)", X, marks=pytest.mark.slow),
    pytest.param("nl.logmeanexp(x, where=MASK, keepdims=True)", X, marks=pytest.mark.slow),
    pytest.param("nl.logmeanexp(x, axis=None, where=MASK)", X, marks=pytest.mark.slow),
    pytest.param("nl.softmax(x, axis=0, where=MASK[0])", X, marks=pytest.mark.slow),
    *(
        pytest.param(
            f"nl.{n}(x, axis={a}, where=MASK)", np.asfortranarray(X), marks=pytest.mark.slow
        )
        for n, a in zip(MAPS, (None, (0, 2), 1, (0, 2)))
    ),
]


@pytest.mark.parametrize("expression, x", MASKED)
def test_masks_in_jitted_code(expression, x):
    code = f"lambda x, MASK: {expression}"
    result, expected = njit(eval(code, {"nl": nl}))(x, MASK), eval(code, {"nl": nl})(x, MASK)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.slow
def test_results_in_jitted_code_go_into_out():
    x, out = X[0].astype("c8"), np.empty((4, 5), np.complex64)
    fill = njit(lambda x, out: nl.softmax(x, axis=0, out=out))
    for array, into in ((x, out), (x.copy(),) * 2):
        fill(array, into)
        np.testing.assert_array_equal(into, nl.softmax(x, axis=0))
    with pytest.raises(ValueError, match="out must have the shape of x"):
        fill(x, out[:3])


@pytest.mark.parametrize("expression, x", CALLS)
def test_rows_in_jitted_code(expression, x):
    check_jitted(expression, x)


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("log1pexp", "logaddexp") else pytest.param(name, marks=pytest.mark.slow)
        for name in ELEMENTWISE
    ],
)
def test_elementwise_in_jitted_code(name):
    # The same numbers, where no rounding depends on how instructions are put together.
    ufunc = getattr(nl, name)
    if ufunc.nin == 1:
        jitted = njit(lambda x, y, t: (ufunc(x), ufunc(x[0, 0])))
    elif ufunc.nin == 2:
        jitted = njit(lambda x, y, t: (ufunc(x, y), ufunc(x[0, 0], y[0, 0])))
    else:
        jitted = njit(lambda x, y, t: (ufunc(x, y, t), ufunc(x[0, 0], y[0, 0], t[0, 0])))
    for dtype, eps in (("c16", 1e-14), ("c8", 1e-5)):
        x, y, t = X.astype(dtype)
        results, number = jitted(x, y, t)
        expected = ufunc(*(x, y, t)[: ufunc.nin])
        assert results.dtype == expected.dtype
        np.testing.assert_allclose(results, expected, rtol=eps, atol=eps)
        np.testing.assert_allclose(number, expected[0, 0], rtol=eps)
    if ufunc.nin == 2:
        mixed = jitted(X[0], X[1].real.copy(), X[2])[0]
        np.testing.assert_allclose(mixed, ufunc(X[0], X[1].real), rtol=1e-13, atol=1e-13)


def test_refused_in_jitted_code():
    with pytest.raises(TypeError, match="loo_logsumexp: x must hold float32 or float64"):
        njit(lambda x: nl.loo_logsumexp(x))(X)
