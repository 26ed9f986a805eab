"""logmatmulexp against its definition in ball arithmetic, its arguments, memory and code."""

import functools
import tracemalloc

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from oracle import FIRST_BITS, MOST_BITS, ZERO, log
from special import assert_same
from test_vector_code import compiled, faults

from numba_logspace import logmatmulexp, set_workers
from numba_logspace._cpu import logmatmul
from numba_logspace._formulas.simd import VECTOR_BYTES

inf, nan = np.inf, np.nan
DTYPES = (np.float32, np.float64)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


# --- the definition ----------------------------------------------------------------------------


def _entry(row, column):
    # (the logarithm, the magnitude that errors may be relative to).
    sums = [arb(u) + arb(v) for u, v in zip(row, column, strict=True)]
    sums = [s for s in sums if s.is_finite()]
    if not sums:
        return arb.neg_inf(), ZERO
    # Exact sums differ in their middles, if at all.
    m = max(sums, key=lambda s: s.mid())
    return m + log(sum(((s - m).exp() for s in sums), ZERO)), abs(m)


def expected(a, b):
    """The Target of a product of two matrices, row by row."""
    dtype, bits = a.dtype.type, FIRST_BITS
    pairs = [(row, column) for row in a.tolist() for column in b.T.tolist()]
    while bits <= MOST_BITS:
        with ctx.workprec(bits):
            values, scales = zip(*(_entry(*pair) for pair in pairs), strict=True)
            target = Target(values, dtype, scales)
        if target.certain:
            return target
        bits *= 2
    raise ArithmeticError(f"{MOST_BITS} bits are not enough")


# --- matrices that hurt ------------------------------------------------------------------------


def _log_stochastic(rng, k, sharpness):
    x = rng.normal(size=(k, k)) * sharpness
    x -= x.max(axis=1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def _nearly_identity(rng, k):
    # log(1 - p) on the diagonal, log p / k elsewhere, for p down to 1e-30.
    p = 10.0 ** rng.uniform(-30, -3, (k, 1))
    return np.where(np.eye(k, dtype=bool), np.log1p(-p), np.log(p / k))


def _with_holes(rng, shape):
    x = rng.normal(size=shape) * 5
    x[rng.random(shape) < 0.4] = -inf
    return x


def _cancelling(rng, m, k, n):
    # All a_ik + b_kj are nearly 0, their terms are not.
    shift = rng.normal(size=k) * 1000
    near = shift + rng.normal(size=(m, k)) * 1e-3, rng.normal(size=(k, n)) * 1e-3 - shift[:, None]
    return near[0], near[1] - np.log(k)


def _offset(rng, offset, spread):
    return rng.normal(size=(6, 9)) * spread + offset, rng.normal(size=(9, 7)) * spread


def _half_ulp_sums(rng, offset):
    # Each sum is rounded by up to half of what separates neighbours.
    u = np.spacing(offset)
    a = offset + u * rng.integers(-2, 3, (6, 12))
    return a, u * rng.uniform(-3, 3, (12, 18))


def _cases():
    rng = np.random.default_rng(7)
    normal = rng.normal
    yield "plain", (normal(size=(7, 5)) * 3, normal(size=(5, 37)) * 3)
    yield "wide", (normal(size=(5, 20)) * 300, normal(size=(20, 19)) * 300)
    yield "saturated", (normal(size=(6, 30)) * 1e4, normal(size=(30, 17)) * 1e4)
    yield "stochastic", (_log_stochastic(rng, 20, 1.0), _log_stochastic(rng, 20, 1.0))
    yield "sharp", (_log_stochastic(rng, 20, 40.0), _log_stochastic(rng, 20, 40.0))
    yield "nearly identity", (_nearly_identity(rng, 18), _nearly_identity(rng, 18))
    yield "identity", (_nearly_identity(rng, 18)[:1], _nearly_identity(rng, 18))
    yield "holes", (_with_holes(rng, (9, 6)), _with_holes(rng, (6, 33)))
    yield "cancelling", _cancelling(rng, 8, 10, 17)
    for offset in (1e3, 1e6, -1e9, 1e15, -1e15, 1e17, 1e19, -1e30):
        yield f"offset {offset:g}", _offset(rng, offset, 1.0)
        yield f"spread at {offset:g}", _offset(rng, offset, abs(offset) * 1e-7 + 30)
        yield (
            f"opposite offsets {offset:g}",
            tuple(x + s * offset for x, s in zip(_offset(rng, 0, 1.0), (1, -1), strict=True)),
        )
    for k in (2, 3, 5, 8, 17):
        # The results are half of the logarithms that the maxima take away from.
        yield f"halved, {k}", (normal(size=(20, k)) / 9, normal(size=(k, 20)) / 9 - np.log(k) / 2)
    yield "ties", (rng.integers(-2, 3, (6, 40)), rng.integers(-2, 3, (40, 18)))
    yield "all equal", (np.full((3, 50), 0.1), np.full((50, 18), 0.2))
    yield "tiny", (normal(size=(4, 9)) * 1e-20, normal(size=(9, 17)) * 1e-25)
    yield "subnormal", (normal(size=(4, 1)) * 1e-40, normal(size=(1, 17)) * 1e-41)
    yield "one", (normal(size=(9, 1)) * 10, normal(size=(1, 21)) * 10)
    yield "dot", (normal(size=(1, 1000)) * 20, normal(size=(1000, 1)) * 20)
    yield "dots", (normal(size=(2, 333)), normal(size=(333, 3)) - 1e3)
    yield "dot at 1e15", (normal(size=(1, 300)) + 1e15, normal(size=(300, 1)))
    yield "dot with holes", (_with_holes(rng, (1, 90)), _with_holes(rng, (90, 1)))
    yield "dot of ties", (rng.integers(-2, 3, (1, 100)), rng.integers(-2, 3, (100, 1)))
    yield "vector", (normal(size=(1, 50)), normal(size=(50, 50)) * 20)
    yield "column", (normal(size=(40, 6)) * 4, normal(size=(6, 1)) * 4)
    yield "long", (normal(size=(2, 1000)), normal(size=(1000, 5)))
    yield "long and equal", (np.zeros((2, 1000)), np.full((1000, 3), -np.log(1000)))
    yield "halves", _half_ulp_sums(rng, 1e5)
    yield "large halves", _half_ulp_sums(rng, 3e16)


CASES = dict(_cases())


@functools.cache
def _case(name, dtype):
    a, b = (np.ascontiguousarray(x, dtype) for x in CASES[name])
    return a, b, expected(a, b)


@each_dtype
@pytest.mark.parametrize("name", CASES)
def test_accuracy(name, dtype):
    a, b, target = _case(name, dtype)
    result = logmatmulexp(a, b)
    assert result.dtype == dtype
    assert result.shape == (len(a), b.shape[1])
    check(target, result.reshape(-1), BUDGETS["logmatmulexp"], name)


@each_dtype
@pytest.mark.parametrize("offset", [3.0, 1e3, 1e6, 2.0**23, 2.0**24, 1e9, 1e15, 2.0**53, 1e17])
def test_sums_that_round_by_half_an_ulp(offset, dtype):
    u = np.spacing(dtype(offset))
    rng = np.random.default_rng(8)
    for sign in (1, -1):
        a = (sign * dtype(offset) + u * rng.integers(-2, 3, (8, 12))).astype(dtype)
        b = (u * rng.uniform(-2, 2, (12, 18))).astype(dtype)
        result = logmatmulexp(a, b)
        check(expected(a, b), result.reshape(-1), BUDGETS["logmatmulexp"], f"{sign * offset}")


@each_dtype
def test_results_near_zero_keep_their_digits(dtype):
    small = dtype(1e-20)
    assert logmatmulexp(np.array([[-small]]), np.zeros((1, 1), dtype))[0, 0] == -small
    a = np.array([[-small, -45.0]], dtype)
    b = np.array([[0.0], [0.0]], dtype)
    result = logmatmulexp(a, b)[0, 0]
    assert result == pytest.approx(np.exp(-45.0), rel=1e-6)


# --- shapes and layouts ------------------------------------------------------------------------

SHAPES = [
    ((3,), (3,)),
    ((3,), (3, 4)),
    ((5, 3), (3,)),
    ((1, 1), (1, 1)),
    ((1, 3), (3, 40)),
    ((2, 3), (3, 40)),
    ((3, 3), (3, 3)),
    ((40, 3), (3, 2)),
    ((2, 4, 3), (3, 5)),
    ((4, 3), (2, 3, 5)),
    ((3,), (2, 3, 5)),
    ((2, 4, 3), (3,)),
    ((2, 1, 4, 3), (6, 3, 5)),
    ((2, 1, 20, 3), (1, 6, 3, 2)),
    ((2, 7, 4, 1), (2, 7, 1, 19)),
    ((70,), (70,)),
    ((3, 1, 70), (70, 1)),
    ((2, 1, 2, 70), (3, 70, 2)),
    ((0, 3), (3, 4)),
    ((4, 3), (3, 0)),
    ((0, 4, 3), (3, 5)),
    ((0, 4, 3), (1, 3, 5)),
]


def _arrays(shapes, dtype=np.float64):
    rng = np.random.default_rng(3)
    return [(rng.normal(size=s) * 10).astype(dtype) for s in shapes]


def _plain(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.log(np.matmul(np.exp(a), np.exp(b)))


def assert_close(result, exact, dtype=np.float64):
    assert np.shape(result) == np.shape(exact)
    assert result.dtype == dtype
    tolerance = {2: 2e-3, 4: 1e-5, 8: 1e-12}[result.dtype.itemsize]
    np.testing.assert_allclose(result, exact, rtol=tolerance, atol=tolerance)


@each_dtype
@pytest.mark.parametrize("shapes", SHAPES)
def test_shapes(shapes, dtype):
    a, b = _arrays(shapes, dtype)
    with np.errstate(divide="ignore"):
        exact = _plain(a, b)
    assert_close(logmatmulexp(a, b), exact, dtype)
    out = np.empty(np.shape(exact), dtype)
    assert logmatmulexp(a, b, out=out) is out
    assert_close(out, exact, dtype)


def test_a_number_where_no_axis_is_left():
    assert isinstance(logmatmulexp([0.0], [1.0]), np.float64)


@pytest.mark.parametrize("shapes", [((4, 0), (0, 5)), ((0,), (0,)), ((2, 1, 0), (0, 3))])
def test_nothing_to_sum_over(shapes):
    a, b = _arrays(shapes)
    result = logmatmulexp(a, b)
    assert result.shape == np.matmul(a, b).shape
    assert (result == -inf).all()
    out = np.zeros(result.shape)
    assert (logmatmulexp(a, b, out=out) == -inf).all()


LAYOUTS = {
    "Fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "reversed": lambda x: x[..., ::-1, :].copy()[..., ::-1, :],
    "big-endian": lambda x: x.astype(x.dtype.newbyteorder(">")),
    "list": lambda x: x.astype(np.float64).tolist(),
    "unaligned": lambda x: _unaligned(x),
}


def _unaligned(x):
    copy = np.empty(x.nbytes + 1, np.int8)[1:].view(x.dtype).reshape(x.shape)
    copy[...] = x
    return copy


@each_dtype
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "shapes", [((1, 5), (5, 9)), ((40, 6), (6, 33)), ((3, 2, 6), (6, 18)), ((1, 90), (90, 1))]
)
def test_layouts(shapes, layout, dtype):
    dtype = np.float64 if layout == "list" else dtype
    a, b = _arrays(shapes, dtype)
    exact = logmatmulexp(a, b)
    change = LAYOUTS[layout]
    for args in ((change(a), b), (a, change(b)), (change(a), change(b))):
        result = logmatmulexp(*args)
        assert result.flags.c_contiguous
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, exact)


def test_read_only_and_broadcast_inputs():
    a, b = _arrays([(1, 6), (6, 20)])
    many = np.broadcast_to(a, (5, 4, 6))
    b.flags.writeable = False
    one = logmatmulexp(a, b)
    np.testing.assert_array_equal(logmatmulexp(many, b), np.broadcast_to(one, (5, 4, 20)))


@pytest.mark.parametrize("order", ["C", "F"])
def test_strided_out(order):
    a, b = _arrays([(7, 5), (5, 20)])
    big = np.zeros((14, 40), order=order)
    logmatmulexp(a, b, out=big[::2, ::-2])
    np.testing.assert_array_equal(big[::2, ::-2], logmatmulexp(a, b))
    assert (big[1::2] == 0).all()
    assert (big[:, ::2] == 0).all()


# dtypes of a and b, of the result
RESULTS = [
    ("f2", "f2", "f2"),
    ("f2", "f4", "f4"),
    ("f4", "f8", "f8"),
    ("f8", "f4", "f8"),
    ("i4", "f4", "f8"),
    ("?", "i8", "f8"),
    ("f2", "u1", "f8"),
    (">f4", "f4", "f4"),
]


@pytest.mark.parametrize("first, second, result", RESULTS)
def test_dtypes(first, second, result):
    a, b = np.array([[0, 1], [1, 1]], first), np.array([[1, 0], [0, 1]], second)
    assert_close(logmatmulexp(a, b), _plain(a, b), np.dtype(result))


def test_float16_overflows_to_inf():
    large = np.full((1, 1), 60000, np.float16)
    with np.errstate(all="raise"):
        assert logmatmulexp(large, large) == np.array([[inf]], np.float16)


# --- threads and memory ------------------------------------------------------------------------


@each_dtype
@pytest.mark.parametrize(
    "shapes",
    [
        ((70, 30), (30, 90)),
        ((200, 9), (9, 3)),
        ((1, 99), (99, 300)),
        ((9, 5, 8), (8, 3)),
        ((2, 99), (99, 2)),
    ],
)
def test_any_number_of_threads_gives_the_same(shapes, dtype):
    a, b = _arrays(shapes, dtype)
    one = logmatmulexp(a, b, workers=1)
    for workers in (2, 3, -1):
        np.testing.assert_array_equal(logmatmulexp(a, b, workers=workers), one)
    with set_workers(2):
        np.testing.assert_array_equal(logmatmulexp(a, b), one)
    np.testing.assert_array_equal(logmatmulexp(a, b), one)


@pytest.mark.parametrize("shapes", [((50, 20), (20, 3)), ((90, 40), (40, 30))])
def test_turning_changes_no_bits(shapes):
    a, b = _arrays(shapes)
    np.testing.assert_array_equal(logmatmulexp(a, b), logmatmulexp(b.T, a.T).T)


@pytest.mark.parametrize("shapes", [((300, 200), (200, 400)), ((400, 200), (200, 3))])
def test_memory(shapes):
    a, b = _arrays(shapes)
    result = logmatmulexp(a, b, workers=1)
    tracemalloc.start()
    try:
        logmatmulexp(a, b, workers=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * (2 * result.nbytes + a.nbytes + b.nbytes) + 100_000


# --- special values ----------------------------------------------------------------------------

SPECIAL = [
    ([-inf, -inf], [0.0, 5.0], -inf),
    ([-inf, 3.0], [0.0, 5.0], 8.0),
    ([-inf, -inf, -inf], [-inf, -inf, -inf], -inf),
    ([inf, 0.0], [0.0, 0.0], inf),
    ([inf, inf], [0.0, inf], inf),
    ([inf, -inf], [0.0, 0.0], inf),
    ([inf, 0.0], [-inf, 0.0], nan),
    ([-inf, 0.0], [inf, 0.0], nan),
    ([inf, inf], [-inf, 0.0], nan),
    ([nan, 0.0], [0.0, 0.0], nan),
    ([0.0, 0.0], [0.0, nan], nan),
    ([nan, inf], [0.0, 0.0], nan),
    ([nan, 0.0], [-inf, 0.0], nan),
    ([nan, -inf], [0.0, 0.0], nan),
    ([0.0], [-0.0], 0.0),
    ([1.0, 1.0], [-1.0, -1.0], np.log(2.0)),
]


@each_dtype
@pytest.mark.parametrize("row, column, exact", SPECIAL)
def test_special_values(row, column, exact, dtype):
    a, b = np.array([row], dtype), np.array([column], dtype).T
    width = VECTOR_BYTES // a.itemsize
    for m, n, more in ((1, 1, 0), (1, 1, 99), (1, width + 1, 0), (9, 3, 0), (50, width, 50)):
        rows = np.repeat(np.pad(a, ((0, 0), (0, more)), constant_values=-inf), m, axis=0)
        columns = np.repeat(np.pad(b, ((0, more), (0, 0))), n, axis=1)
        with np.errstate(all="raise"):
            result = logmatmulexp(rows, columns)
        assert_same(result, np.full((m, n), exact, dtype))


@each_dtype
def test_special_values_stay_in_their_column(dtype):
    a, b = _arrays([(6, 4), (4, 40)], dtype)
    exact = logmatmulexp(a, b)
    b[2, 7], b[1, 11], b[:, 20], a[3, 0] = nan, inf, -inf, -inf
    result = logmatmulexp(a, b)
    assert np.isnan(result[:, 7]).all()
    assert (result[:, 11] == inf).all()
    assert (result[:, 20] == -inf).all()
    same = np.ones(result.shape, bool)
    same[:, [7, 11, 20]], same[3] = False, False
    np.testing.assert_array_equal(result[same], exact[same])


@each_dtype
def test_the_largest_floats(dtype):
    large = np.finfo(dtype).max
    a = np.array([[large, -large]], dtype)
    assert_same(logmatmulexp(a, np.zeros((2, 1), dtype)), np.array([[large]]))
    assert_same(logmatmulexp(a, a.T), np.array([[inf]], dtype))
    assert_same(logmatmulexp(-abs(a), -abs(a.T)), np.array([[-inf]], dtype))
    assert_same(logmatmulexp(a, -a.T), np.log(np.array([[2]], dtype)))


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shapes",
    [((2, 3), (4, 5)), ((3,), (4,)), ((2, 3), (4,)), ((3,), (4, 2)), ((2, 4, 3), (3, 3, 5))]
    + [((), (3,)), ((3, 3), ())],
)
def test_shapes_that_do_not_match(shapes):
    a, b = _arrays(shapes)
    with pytest.raises(ValueError) as caught:
        logmatmulexp(a, b)
    text = str(caught.value)
    assert f"a of shape {shapes[0]} and b of shape {shapes[1]}" in text


def test_refused_arguments():
    a, b = _arrays([(2, 3), (3, 4)])
    for name, args in {"a": (a * 1j, b), "b": (a, b.astype(object))}.items():
        with pytest.raises(TypeError, match=f"^{name} has dtype"):
            logmatmulexp(*args)
    with pytest.raises(TypeError, match="b is a masked array"):
        logmatmulexp(a, np.ma.masked_array(b))
    with pytest.raises(ValueError, match="workers"):
        logmatmulexp(a, b, workers=0)
    with pytest.raises(ValueError, match="shape of the result"):
        logmatmulexp(a, b, out=np.empty((4, 2)))
    with pytest.raises(TypeError, match="dtype of the result"):
        logmatmulexp(a, b, out=np.empty((2, 4), np.float32))


def test_out_must_not_overlap():
    a, b = _arrays([(4, 4), (4, 4)])
    copies = a.copy(), b.copy()
    for name, array in (("a", a), ("b", b)):
        with pytest.raises(ValueError, match=f"out overlaps {name}"):
            logmatmulexp(a, b, out=array)
        with pytest.raises(ValueError, match=f"out overlaps {name}"):
            logmatmulexp(a, b, out=array.T)
    np.testing.assert_array_equal((a, b), copies)


# --- vector code -------------------------------------------------------------------------------


@each_dtype
def test_vector_code(dtype):
    flat, zero = np.zeros(1, dtype), np.zeros(1, np.intp)
    args = flat, flat, flat.copy(), zero, zero, 1, 1, 1, 1, 1, 1, 0, 1
    found = faults(compiled(logmatmul._products().py_func, *args), division=False)
    found += faults(compiled(logmatmul.one_product().py_func, *[flat[None]] * 3), False)
    assert not found, "\n".join(found)
