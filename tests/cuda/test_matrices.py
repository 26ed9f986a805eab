"""Jacobians and products in log space of CUDA arrays: values, layouts, streams, errors."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, regimes
from error import check
from libraries import LIBRARIES
from on_device import MORE, Foreign, cuda, download, on_cuda, upload
from oracle import JACOBIANS, expected
from special import GRADIENTS, assert_same
from test_logmatmulexp import CASES, RESULTS, SHAPES
from test_logmatmulexp import expected as exact_product

import numba_logspace as nl

inf, nan = np.inf, np.nan
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
product = on_cuda(nl.logmatmulexp)


def numbers(*shape, dtype=np.float64, seed=1):
    return (np.random.default_rng(seed).normal(size=shape) * 3).astype(dtype)


# --- Jacobians -----------------------------------------------------------------------------------

# By the kernel: part of a warp, a warp, several of them a row, blocks that share a row.
_SIZES = {
    "few": range(1, 9),
    "tens": range(9, 17),
    "warp": range(17, 129),
    "block": range(129, 400),
}
_SOON = {
    ("log1m_softmax_jacobian", "float32", "warp"),
    ("log1m_softmax_jacobian", "float64", "few"),
}
each_jacobian = pytest.mark.parametrize(
    "name, dtype, sizes",
    [
        pytest.param(*case, marks=[] if case in _SOON else pytest.mark.slow)
        for case in ((n, d, s) for n in JACOBIANS for d in DTYPES for s in _SIZES)
    ],
)


@each_jacobian
def test_jacobians(name, dtype, sizes):
    function, rng = on_cuda(getattr(nl, name)), np.random.default_rng(3)
    rows = [r for rows in regimes(DTYPES[dtype]).values() for r in rows if r.size in _SIZES[sizes]]
    rows = rows[:: max(1, len(rows) // 12)]
    rows += [(rng.normal(size=n) * 9).astype(dtype) for n in _SIZES[sizes][:: 1 << 6]]
    # One dominates, so much that the others underflow beside it.
    rows += [np.append(r[1:], r.max() + 200).astype(dtype) for r in rows[-1:]]
    for row in rows:
        result = function(np.tile(row, (3, 1)))
        assert_same(result, np.broadcast_to(result[0], result.shape))
        check(expected(name, row), result[0].reshape(-1), BUDGETS[name] + MORE, f"{row[:8]}")


@pytest.mark.parametrize("name", JACOBIANS)
def test_special_jacobians(name):
    for row, exact in [(row, exact) for of, row, exact in GRADIENTS if of == name]:
        # The sign of a 0 is no matter of derivatives.
        np.testing.assert_array_equal(on_cuda(getattr(nl, name))(np.array(row, float)), exact)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_axes_of_jacobians(axis):
    x = numbers(3, 4, 5)
    function = on_cuda(nl.log_softmax_jacobian)
    right = function(np.moveaxis(x, axis, -1).copy())
    assert_same(function(x, axis), right)
    assert_same(function(np.repeat(np.asfortranarray(x), 2, axis=1)[:, ::2], axis), right)


def test_dtypes_of_jacobians():
    x = numbers(4, 5, dtype=np.int32)
    function = on_cuda(nl.log_softmax_jacobian)
    assert_same(function(x), function(x.astype(np.float64)))
    assert function(np.empty((0, 3), np.float32)).shape == (0, 3, 3)
    assert function(np.empty((3, 0), np.float32)).shape == (3, 0, 0)


# --- products ------------------------------------------------------------------------------------

_FIRST = ("stochastic", "nearly identity", "cancelling", "halved, 8", "offset 1e+15", "halves")


@each_dtype
@pytest.mark.parametrize(
    "name", [c if c in _FIRST else pytest.param(c, marks=pytest.mark.slow) for c in CASES]
)
def test_products(name, dtype):
    a, b = (np.ascontiguousarray(x, dtype) for x in CASES[name])
    result = product(a, b)
    assert result.dtype == dtype
    check(exact_product(a, b), result.reshape(-1), BUDGETS["logmatmulexp"] + MORE, name)


@pytest.mark.slow
@each_dtype
@pytest.mark.parametrize("shape", [(3, 2500, 17), (1, 1024, 2), (17, 1025, 1)])
def test_long_sums(shape, dtype):
    m, k, n = shape
    for scale in (1, 30):
        a, b = (numbers(m, k) * scale).astype(dtype), numbers(k, n, dtype=dtype, seed=2)
        target = exact_product(a, b)
        check(target, product(a, b).reshape(-1), BUDGETS["logmatmulexp"] + MORE, f"{shape}")


def test_special_products():
    a = np.array([[0, 1, -inf], [inf, 0, 0], [-inf, -inf, -inf], [nan, 0, 0], [inf, -inf, 0.0]])
    b = np.array([[0, -inf, -inf], [1, -inf, 0], [0, inf, -inf]])
    assert_same(product(a, b), nl.logmatmulexp(a, b))
    assert_same(product(np.array([inf]), np.array([-inf])), nan)


def right(a, b):
    """The results of contiguous arrays, matrix by matrix."""
    first = a[None] if a.ndim == 1 else a
    second = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(first.shape[:-2], second.shape[:-2])
    out = np.empty((*batch, first.shape[-2], second.shape[-1]), np.result_type(a, b))
    first, second = (np.broadcast_to(u, batch + u.shape[-2:]) for u in (first, second))
    for i in np.ndindex(*batch):
        out[i] = nl.logmatmulexp(first[i].copy(), second[i].copy())
    return out.reshape(np.matmul(a, b).shape)


# As the CPU, but for the last digits.
_CLOSE = {np.float32: 1e-6, np.float64: 2e-15}


# With more axes than one before the matrices it is another kernel.
@pytest.mark.parametrize(
    "shapes", [pytest.param(s, marks=[pytest.mark.slow] * (max(map(len, s)) > 3)) for s in SHAPES]
)
def test_shapes(shapes):
    a, b = (numbers(*shape, seed=i) for i, shape in enumerate(shapes))
    result, exact = product(a, b), right(a, b)
    assert result.shape == exact.shape
    np.testing.assert_allclose(result, exact, rtol=_CLOSE[np.float64], atol=_CLOSE[np.float64])


@pytest.mark.parametrize("shapes", [((4, 0), (0, 5)), ((0,), (0,)), ((2, 1, 0), (0, 3))])
def test_nothing_to_sum_over(shapes):
    a, b = map(np.empty, shapes)
    result = product(a, b)
    assert_same(result, np.full(np.matmul(a, b).shape, -inf))
    out = Foreign(np.zeros(result.shape))
    assert nl.logmatmulexp(Foreign(a), Foreign(b), out=out) is out
    assert_same(download(out), result)


def test_layouts():
    a, b = numbers(2, 20, 19), numbers(2, 19, 18, seed=2)
    exact = product(a, b)
    for change in (
        np.asfortranarray,
        lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
        lambda x: x[:, ::-1].copy()[:, ::-1],
    ):
        assert_same(product(change(a), change(b)), exact)
    many = np.broadcast_to(a[:, None], (2, 3, 20, 19))
    assert_same(product(many, b[0]), np.broadcast_to(product(a, b[0])[:, None], (2, 3, 20, 18)))


def test_rows_of_several_axes():
    # Together they are one matrix, where memory allows.
    a, b = numbers(5, 4, 3, 6), numbers(6, 17, seed=2)
    exact = product(a.reshape(60, 6), b).reshape(5, 4, 3, 17)
    assert_same(product(a, b), exact)
    assert_same(product(np.asfortranarray(a), b), exact)
    assert_same(product(a[:, :1], b), exact[:, :1])


def test_out():
    a, b = numbers(7, 5), numbers(5, 20, seed=2)
    out = Foreign(np.zeros((20, 14))[:, ::2].T)
    assert nl.logmatmulexp(upload(a), upload(b), out=out) is out
    assert_same(download(out), product(a, b))


@pytest.mark.parametrize("first, second, result", [r for r in RESULTS if not {"f2", ">f4"} & {*r}])
def test_dtypes(first, second, result):
    a, b = np.array([[0, 1], [1, 1]], first), np.array([[1, 0], [0, 1]], second)
    found = product(a, b)
    assert found.dtype == result
    assert_same(found, product(a.astype(result), b.astype(result)))


# --- both ----------------------------------------------------------------------------------------

CALLS = {
    "jacobian": lambda a, b, **options: nl.log_softmax_jacobian(a, **options),
    "product": nl.logmatmulexp,
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", LIBRARIES)
def test_results_are_of_the_library(name, call, monkeypatch):
    library = LIBRARIES[name](monkeypatch)
    arrays = numbers(4, 5), numbers(5, 3)
    sent = [library.send(x) for x in arrays]
    result = CALLS[call](*sent)
    assert type(result) is type(sent[0])
    assert_same(library.fetched(result), on_cuda(CALLS[call])(*arrays))


@pytest.mark.parametrize("call", CALLS)
def test_a_stream(call):
    stream, arrays = cuda.stream(), (numbers(4, 5), numbers(5, 3))
    result = CALLS[call](*map(upload, arrays), stream=stream)
    assert int(result.stream.handle) == int(stream.handle)
    stream.synchronize()
    assert_same(download(result), on_cuda(CALLS[call])(*arrays))


_A, _B = numbers(4, 5), numbers(5, 3)
REFUSED = [
    (lambda d: nl.log_softmax_jacobian(_A, stream=0), TypeError, "stream must be None where x"),
    (lambda d: nl.log_softmax_jacobian(d(_A), 2), np.exceptions.AxisError, "axis 2 is out of"),
    (lambda d: nl.log_softmax_jacobian(d(_A), None), TypeError, "axis must be an int"),
    (lambda d: nl.log_softmax_jacobian(d(_A + 0j)), TypeError, "x has dtype complex128"),
    (lambda d: nl.log_softmax_jacobian(d(_A), stream="0"), TypeError, "stream must be a CUDA"),
    (lambda d: nl.logmatmulexp(_A, _B, stream=0), TypeError, "stream must be None where a is not"),
    (lambda d: nl.logmatmulexp(d(_A), d(_B), workers=2), TypeError, "workers must be None for"),
    (lambda d: nl.logmatmulexp(d(_A), _B), TypeError, "b is a ndarray while other"),
    (lambda d: nl.logmatmulexp(_A, d(_B)), TypeError, "b is a CUDA array"),
    (lambda d: nl.logmatmulexp(d(_A), d(_A)), ValueError, "the last axis of a must be as long"),
    (lambda d: nl.logmatmulexp(d(_A), d(_B + 0j)), TypeError, "b has dtype complex128"),
    (lambda d: nl.logmatmulexp(d(_A), d(_B), out=np.empty((4, 3))), TypeError, "out is a ndarray"),
    (lambda d: nl.logmatmulexp(d(_A), d(_B), out=d(_A)), ValueError, "out must have the shape"),
]


@pytest.mark.parametrize("call, error, message", REFUSED)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call(upload)


def test_out_that_overlaps():
    a = upload(numbers(4, 4))
    with pytest.raises(ValueError, match="out overlaps a"):
        nl.logmatmulexp(a, upload(numbers(4, 4)), out=a)
