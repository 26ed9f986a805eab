"""Derivatives of products in log space on the GPU: exact values, broadcasting, layouts, errors."""

import numpy as np
import pytest
import test_logmatmulexp_derivatives as on_cpu
from libraries import LIBRARIES
from on_device import MORE, Foreign, cuda, download, on_cuda, upload
from special import assert_same
from test_logmatmulexp import SHAPES

import numba_logspace as nl

inf, nan = np.inf, np.nan
VJP, JVP = on_cuda(nl.logmatmulexp_vjp), on_cuda(nl.logmatmulexp_jvp)
each_dtype = pytest.mark.parametrize("dtype", on_cpu.DTYPES)


@pytest.fixture(autouse=True)
def on_device(monkeypatch):
    """Have the checks of NumPy arrays check CUDA arrays."""
    monkeypatch.setattr(on_cpu, "logmatmulexp_vjp", VJP)
    monkeypatch.setattr(on_cpu, "logmatmulexp_jvp", JVP)
    for name in ("logmatmulexp_vjp", "logmatmulexp_jvp"):
        monkeypatch.setitem(on_cpu.BUDGETS, name, on_cpu.BUDGETS[name] + MORE)


# Of the others the kernels are the same, and a third of them tells as much.
_FIRST = ("stochastic", "nearly identity", "cancelling", "offset 1e+15")
_LATER = [name for name in [*on_cpu.CASES][::3] if name not in _FIRST]


@each_dtype
@pytest.mark.parametrize(
    "name", [*_FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in _LATER)]
)
def test_accuracy(name, dtype):
    on_cpu.test_accuracy(name, dtype)


@each_dtype
@pytest.mark.parametrize("size", [1e-30, 1e10])
def test_weights_of_any_size(size, dtype):
    on_cpu.test_weights_of_any_size(size, dtype)


def test_weights_of_very_different_sizes():
    on_cpu.test_weights_of_very_different_sizes()


@pytest.mark.slow
@each_dtype
def test_long_sums(dtype):
    # Equal terms: errors of each step would add up to many ulp.
    for rows, n in ((2, 3000), (3000, 2)):
        a, b = np.full((rows, 1), dtype(0.1)), np.zeros((1, n), dtype)
        g = np.full((rows, n), dtype(0.1))
        for result, count in zip(VJP(a, b, g), (n, rows)):
            exact = np.full_like(result, float(g[0, 0]) * count)
            np.testing.assert_array_max_ulp(result, exact, 8 + MORE)
    a, b, t = np.zeros((1, 5000)), np.full((5000, 3), 0.3), np.full((1, 5000), 0.1)
    np.testing.assert_array_max_ulp(JVP(a, b, t, None), np.full((1, 3), 0.1), 2 + MORE)


_SMALL = [s for s in SHAPES if np.prod(s[0]) * np.prod(s[1]) < 3000]


# With more axes than one before the matrices it is another kernel.
@pytest.mark.parametrize(
    "shapes", [pytest.param(s, marks=[pytest.mark.slow] * (max(map(len, s)) > 3)) for s in _SMALL]
)
def test_shapes(shapes):
    a, b = on_cpu._arrays(shapes)
    g, ta, tb = map(np.asarray, on_cpu.weights_for(a, b, np.float64))
    found = *VJP(a, b, g), JVP(a, b, ta, tb)
    wanted = *nl.logmatmulexp_vjp(a, b, g), nl.logmatmulexp_jvp(a, b, ta, tb)
    for y, exact in zip(found, wanted, strict=True):
        assert y.shape == np.shape(exact)
        np.testing.assert_allclose(y, exact, rtol=1e-12, atol=1e-14)
    outs = Foreign(np.ones(a.shape)), Foreign(np.ones(b.shape))
    results = nl.logmatmulexp_vjp(*map(upload, (a, b, g)), out=outs)
    assert all(y is out for y, out in zip(results, outs))
    out = Foreign(np.ones(found[2].shape))
    assert nl.logmatmulexp_jvp(*map(upload, (a, b, ta, tb)), out=out) is out
    for y, same in zip((*outs, out), found):
        assert_same(download(y), same)


def test_layouts_and_what_is_left_out():
    a, b = on_cpu._arrays([(4, 5), (5, 7)])
    g, ta, tb = on_cpu.weights_for(a, b, np.float64)
    exact = *VJP(a, b, g), JVP(a, b, ta, tb)
    for lie in (np.asfortranarray, lambda u: np.repeat(u[::-1], 2, axis=1)[::-1, ::2]):
        given = [lie(u) for u in (a, b, g, ta, tb)]
        for y, same in zip((*VJP(*given[:3]), JVP(*given[:2], *given[3:])), exact):
            assert_same(y, same)
    for y, same in zip(VJP(a, b), VJP(a, b, np.ones((4, 7)))):
        assert_same(y, same)
    for y, same in zip(VJP(a, b, g[:1]), VJP(a, b, np.broadcast_to(g[:1], g.shape).copy())):
        assert_same(y, same)
    assert_same(JVP(a, b, None, tb), JVP(a, b, np.zeros_like(a), tb))
    assert_same(JVP(a, b, ta[0], None), JVP(a, b, np.tile(ta[0], (4, 1)), np.zeros_like(b)))


@pytest.mark.parametrize(
    "first, second, result", [("f4", "f4", "f4"), ("f4", "f8", "f8"), ("i4", "?", "f8")]
)
def test_dtypes(first, second, result):
    # Of powers of two the shares are exact.
    a, b = np.zeros((4, 4), first), np.zeros((4, 4), second)
    t = np.ones((4, 4), first)
    for y in (*VJP(a, b), JVP(a, b, t, None), JVP(a, b, t, np.zeros((4, 4)))):
        assert y.dtype == result
        assert_same(y, np.ones((4, 4), result))


@pytest.mark.parametrize("row, column, shares", on_cpu.SPECIAL)
def test_special_values(row, column, shares):
    a, b = np.array([row]), np.array([column]).T
    for m, n in ((1, 1), (3, 20)):
        rows, columns = np.repeat(a, m, axis=0), np.repeat(b, n, axis=1)
        of_a, of_b = VJP(rows, columns)
        assert_same(of_a, np.repeat(np.array([shares]) * n, m, axis=0))
        assert_same(of_b, np.repeat(np.array([shares]).T * m, n, axis=1))
        assert_same(JVP(rows, columns, np.ones_like(rows), None), np.full((m, n), np.sum(shares)))


def test_weights_that_are_no_numbers_stay_where_they_count():
    a, b = np.array([[0.0, -inf], [0.0, 0.0]]), np.zeros((2, 3))
    of_a, of_b = VJP(a, b, np.array([[nan, 1.0, 1.0], [0.0, inf, 0.0]]))
    assert_same(of_a, np.array([[nan, 0.0], [inf, inf]]))
    assert_same(of_b, np.array([[nan, inf, 1.0], [0.0, inf, 0.0]]))


@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries_and_streams(name, monkeypatch):
    library = LIBRARIES[name](monkeypatch)
    a, b = on_cpu._arrays([(4, 5), (5, 7)])
    g, ta, tb = on_cpu.weights_for(a, b, np.float64)
    sent = [library.send(u) for u in (a, b, g, ta, tb)]
    stream = cuda.stream() if name == "numba" else None
    found = nl.logmatmulexp_vjp(*sent[:3], stream=stream)
    slopes = nl.logmatmulexp_jvp(*sent[:2], *sent[3:], stream=stream)
    cuda.synchronize()
    assert all(type(y) is type(sent[0]) for y in (*found, slopes))
    for y, same in zip((*found, slopes), (*VJP(a, b, g), JVP(a, b, ta, tb)), strict=True):
        assert_same(library.fetched(y), same)


_A, _B = on_cpu._arrays([(2, 3), (3, 4)])
_VJP, _JVP = nl.logmatmulexp_vjp, nl.logmatmulexp_jvp
REFUSED = [
    (lambda d: _VJP(_A, _B, stream=0), TypeError, "stream must be None where a is not"),
    (lambda d: _VJP(d(_A), d(_B), workers=2), TypeError, "workers must be None for"),
    (lambda d: _VJP(d(_A), _B), TypeError, "b is a ndarray while other"),
    (lambda d: _VJP(d(_A), d(_B), np.ones((2, 4))), TypeError, "g is a ndarray while other"),
    (lambda d: _VJP(_A, _B, d(np.ones((2, 4)))), TypeError, "g is a CUDA array"),
    (lambda d: _VJP(d(_B), d(_B)), ValueError, "got a of shape"),
    (lambda d: _VJP(d(_A), d(_B), d(np.ones((4, 2)))), ValueError, "g of shape .* the result"),
    (lambda d: _VJP(d(_A), d(_B), d(np.ones((2, 4), complex))), TypeError, "^g has dtype"),
    (lambda d: _VJP(d(_A), d(_B), out=d(_A)), TypeError, "tuple of two arrays"),
    (lambda d: _VJP(d(_A), d(_B), out=(_A, _B)), TypeError, r"out\[0\] is a ndarray"),
    (lambda d: _VJP(d(_A), b := d(_B), out=(d(_A), b)), ValueError, r"out\[1\] overlaps b"),
    (lambda d: _JVP(d(_A), d(_B), d(_B), None), ValueError, "ta of shape .* the shape of a"),
    (lambda d: _JVP(d(_A), d(_B), None, None), TypeError, "ta and tb must not both be None"),
    (lambda d: _JVP(d(_A), d(_B), _A, None), TypeError, "ta is a ndarray while other"),
    (lambda d: _JVP(d(_A), d(_B), d(_A), None, out=d(_A)), ValueError, "out must have the shape"),
]


@pytest.mark.parametrize("call, error, message", REFUSED)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(upload)
