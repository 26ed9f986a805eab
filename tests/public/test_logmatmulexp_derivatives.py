"""Derivatives of logmatmulexp against their definition in ball arithmetic, and their arguments."""

import numba
import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from oracle import FIRST_BITS, MOST_BITS, ZERO
from special import assert_same
from test_logmatmulexp import CASES, LAYOUTS, SHAPES
from test_vector_code import compiled, faults

from numba_logspace import logmatmulexp, logmatmulexp_jvp, logmatmulexp_vjp
from numba_logspace._cpu import logmatmul_derivatives

inf, nan = np.inf, np.nan
DTYPES = (np.float32, np.float64)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)


# --- the definition ----------------------------------------------------------------------------


def _shares(row, column):
    # What each term has in the sum; 0 where all are -inf.
    sums = [arb(u) + arb(v) for u, v in zip(row, column, strict=True)]
    finite = [s for s in sums if s.is_finite()]
    if not finite:
        return [ZERO] * len(sums)
    m = max(finite, key=lambda s: s.mid())
    terms = [(s - m).exp() if s.is_finite() else ZERO for s in sums]
    total = sum(terms, ZERO)
    return [t / total for t in terms]


def _full(shape):
    # (values, sums of moduli) of results of that shape.
    return [np.full(shape, ZERO, object) for _ in range(2)]


def _add(pair, index, term):
    pair[0][index] += term
    pair[1][index] += abs(term)


def _indices(index, shape):
    # The leading index of an argument that is broadcast.
    lead = shape[:-2]
    index = index[len(index) - len(lead) :]
    return tuple(0 if k == 1 else i for i, k in zip(index, lead, strict=True))


def _exact(a, b, g, ta, tb):
    # The pairs of the gradients and of the derivative along the tangents, of matrices.
    of_a, of_b, slope = _full(a.shape), _full(b.shape), _full(g.shape)
    for *batch, i, j in np.ndindex(g.shape):
        lead_a, lead_b = _indices(batch, a.shape), _indices(batch, b.shape)
        row, column = a[lead_a][i].tolist(), b[lead_b][:, j].tolist()
        for k, share in enumerate(_shares(row, column)):
            term = share * arb(g[(*batch, i, j)].item())
            _add(of_a, (*lead_a, i, k), term)
            _add(of_b, (*lead_b, k, j), term)
            for t in (ta[(*lead_a, i, k)], tb[(*lead_b, k, j)]):
                _add(slope, (*batch, i, j), share * arb(t.item()))
    return of_a, of_b, slope


def expected(a, b, *weights):
    """The Targets of both gradients and of the derivative along the tangents."""
    dtype, bits = a.dtype.type, FIRST_BITS
    while bits <= MOST_BITS:
        with ctx.workprec(bits):
            pairs = _exact(a, b, *weights)
            targets = [Target(v.ravel().tolist(), dtype, s.ravel().tolist()) for v, s in pairs]
        if all(target.certain for target in targets):
            return targets
        bits *= 2
    raise ArithmeticError(f"{MOST_BITS} bits are not enough")


def weights_for(a, b, dtype, size=1.0, seed=1):
    """Cotangents and tangents for matrices a and b, with some zeros."""
    rng = np.random.default_rng(seed)
    shape = np.shape(np.matmul(np.zeros(a.shape), np.zeros(b.shape)))
    weights = [rng.normal(size=s) * (rng.random(s) < 0.9) for s in (shape, a.shape, b.shape)]
    return [(u * size).astype(dtype) for u in weights]


def check_matrices(a, b, weights, what):
    """Hold all three results to their bounds."""
    g, ta, tb = weights
    results = *logmatmulexp_vjp(a, b, g), logmatmulexp_jvp(a, b, ta, tb)
    budgets = [BUDGETS["logmatmulexp_vjp"]] * 2 + [BUDGETS["logmatmulexp_jvp"]]
    for target, result, budget in zip(expected(a, b, *weights), results, budgets, strict=True):
        assert result.dtype == a.dtype
        check(target, result.ravel(), budget, what)


@each_dtype
@pytest.mark.parametrize("name", CASES)
def test_accuracy(name, dtype):
    # A tenth of the entries of the cases tell as much.
    a, b = (np.ascontiguousarray(x, dtype) for x in CASES[name])
    a, b = a[:7], np.ascontiguousarray(b[:, :19])
    check_matrices(a, b, weights_for(a, b, dtype), name)


@each_dtype
@pytest.mark.parametrize("size", [1e-30, 1e10])
def test_weights_of_any_size(size, dtype):
    rng = np.random.default_rng(5)
    size = size if dtype == np.float32 else size**2 if size > 1 else size**9
    a, b = (rng.normal(size=s).astype(dtype) * 30 for s in ((4, 9), (9, 18)))
    check_matrices(a, b, weights_for(a, b, dtype, size), f"{size}")


def test_weights_of_very_different_sizes():
    a, b = np.zeros((2, 3)), np.zeros((3, 20))
    g, ta, tb = weights_for(a, b, np.float64)
    g[0] *= 1e250
    g[1] *= 1e-250
    check_matrices(a, b, (g, ta, tb), "1e250 and 1e-250")


@each_dtype
def test_a_long_sum_over_the_columns_and_one_over_the_rows(dtype):
    # Equal terms: errors of each step would add up to many ulp.
    for rows, n in ((2, 30_000), (30_000, 2)):
        a, b = np.full((rows, 1), dtype(0.1)), np.zeros((1, n), dtype)
        g = np.full((rows, n), dtype(0.1))
        of_a, of_b = logmatmulexp_vjp(a, b, g)
        for result, count in ((of_a, n), (of_b, rows)):
            exact = float(g[0, 0]) * count
            np.testing.assert_array_max_ulp(result, np.full_like(result, exact), 8)


def test_a_long_sum_over_the_terms():
    k = 100_000
    a, b = np.zeros((1, k)), np.full((k, 3), 0.3)
    t = np.full((1, k), 0.1)
    np.testing.assert_array_max_ulp(logmatmulexp_jvp(a, b, t, None), np.full((1, 3), 0.1), 2)


@pytest.mark.slow
@each_dtype
def test_random_searches(dtype):
    rng = np.random.default_rng(17)
    for _ in range(400):
        rows, k, n = rng.integers(1, 24, 3)
        spread, offset = 10.0 ** rng.uniform(-20, 4), 10.0 ** rng.uniform(-5, 19)
        a = (rng.normal(size=(rows, k)) * spread + offset * rng.integers(-1, 2)).astype(dtype)
        b = (rng.normal(size=(k, n)) * spread).astype(dtype)
        a[rng.random(a.shape) < 0.1] = -inf
        b[rng.random(b.shape) < 0.1] = -inf
        check_matrices(a, b, weights_for(a, b, dtype), f"{(rows, k, n, spread, offset)}")


# --- shapes and layouts ------------------------------------------------------------------------


def _arrays(shapes, dtype=np.float64):
    rng = np.random.default_rng(3)
    return [(rng.normal(size=s) * 10).astype(dtype) for s in shapes]


def _as_matrices(a, b, *weights):
    # What a product of vectors is of matrices.
    g, ta, tb = weights
    columns = b.ndim > 1
    row, column = (lambda u: u[None]) if a.ndim == 1 else (lambda u: u), lambda u: u
    if not columns:
        column = lambda u: u[:, None]  # noqa: E731
    g = g if columns else g[..., None]
    g = g[..., None, :] if a.ndim == 1 else g
    return row(a), column(b), g, row(ta), column(tb)


@pytest.mark.parametrize("shapes", [s for s in SHAPES if np.prod(s[0]) * np.prod(s[1]) < 30_000])
def test_shapes(shapes):
    a, b = _arrays(shapes)
    g, ta, tb = weights_for(a, b, np.float64)
    results = *logmatmulexp_vjp(a, b, g), logmatmulexp_jvp(a, b, ta, tb)
    assert [np.shape(r) for r in results] == [a.shape, b.shape, np.shape(logmatmulexp(a, b))]
    for target, result in zip(expected(*_as_matrices(a, b, g, ta, tb)), results, strict=True):
        check(target, np.ravel(result), BUDGETS["logmatmulexp_vjp"], f"{shapes}")
    outs = np.empty(a.shape), np.empty(b.shape)
    assert all(y is out for y, out in zip(logmatmulexp_vjp(a, b, g, out=outs), outs))
    np.testing.assert_array_equal(outs[0], results[0])
    np.testing.assert_array_equal(outs[1], results[1])
    out = np.empty(np.shape(results[2]))
    assert logmatmulexp_jvp(a, b, ta, tb, out=out) is out
    np.testing.assert_array_equal(out, results[2])


@pytest.mark.parametrize("shapes", [((4, 0), (0, 5)), ((0,), (0,)), ((2, 1, 0), (0, 3))])
def test_nothing_to_sum_over(shapes):
    a, b = _arrays(shapes)
    of_a, of_b = logmatmulexp_vjp(a, b)
    assert of_a.shape == a.shape and of_b.shape == b.shape
    assert (logmatmulexp_jvp(a, b, a, b) == 0).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shapes", [((1, 5), (5, 9)), ((40, 6), (6, 3)), ((3, 2, 6), (6, 18))])
def test_layouts(shapes, layout):
    a, b = _arrays(shapes)
    weights = weights_for(a, b, np.float64)
    exact = *logmatmulexp_vjp(a, b, weights[0]), logmatmulexp_jvp(a, b, *weights[1:])
    a, b, g, ta, tb = map(LAYOUTS[layout], (a, b, *weights))
    for result, same in zip((*logmatmulexp_vjp(a, b, g), logmatmulexp_jvp(a, b, ta, tb)), exact):
        np.testing.assert_array_equal(result, same)


def test_weights_are_broadcast_and_may_be_left_out():
    a, b = _arrays([(4, 5), (5, 7)])
    ones, zeros = np.ones((4, 7)), np.zeros((5, 7))
    for g in (None, 1.0, [1.0], np.ones((4, 1), np.float32)):
        for result, same in zip(logmatmulexp_vjp(a, b, g), logmatmulexp_vjp(a, b, ones)):
            np.testing.assert_array_equal(result, same)
    t = np.arange(5.0)
    full = logmatmulexp_jvp(a, b, np.broadcast_to(t, (4, 5)), zeros)
    np.testing.assert_array_equal(logmatmulexp_jvp(a, b, t, None), full)


@pytest.mark.parametrize("first, second, result", [("f2", "f2", "f2"), ("f4", "f8", "f8")])
def test_dtypes(first, second, result):
    a, b = np.zeros((2, 2), first), np.zeros((2, 2), second)
    results = *logmatmulexp_vjp(a, b), logmatmulexp_jvp(a, b, a + 1, b)
    for y in results:
        assert y.dtype == result
        np.testing.assert_array_equal(y, np.ones((2, 2)))


def test_float16_overflows_to_inf():
    a = np.zeros((2, 1), np.float16)
    with np.errstate(all="raise"):
        of_a, _ = logmatmulexp_vjp(a, a.T, np.full((2, 2), 60000, np.float16))
    assert (of_a == inf).all()


@pytest.mark.parametrize(
    "shapes", [((70, 30), (30, 90)), ((9, 5, 8), (9, 8, 3)), ((4, 2, 8), (8, 3))]
)
def test_any_number_of_threads_gives_the_same(shapes):
    a, b = _arrays(shapes)
    g, ta, tb = weights_for(a, b, np.float64)
    one = *logmatmulexp_vjp(a, b, g, workers=1), logmatmulexp_jvp(a, b, ta, tb, workers=1)
    many = *logmatmulexp_vjp(a, b, g, workers=-1), logmatmulexp_jvp(a, b, ta, tb, workers=-1)
    for result, same in zip(many, one):
        np.testing.assert_array_equal(result, same)


# --- special values ----------------------------------------------------------------------------

# a row and a column, and the shares of their terms
SPECIAL = [
    ([-inf, -inf], [0.0, 5.0], [0.0, 0.0]),
    ([-inf, 3.0], [0.0, 5.0], [0.0, 1.0]),
    ([-inf, 3.0], [0.0, -inf], [0.0, 0.0]),
    ([inf, 0.0], [0.0, 0.0], [1.0, 0.0]),
    ([inf, -inf], [0.0, 0.0], [1.0, 0.0]),
    ([inf, -inf, inf], [0.0, 0.0, 0.0], [nan, 0.0, nan]),
    ([nan, 0.0], [0.0, 0.0], [nan, nan]),
    ([nan, -inf], [0.0, 0.0], [nan, 0.0]),
    ([inf, 0.0], [-inf, 0.0], [nan, nan]),
    ([0.0, 0.0], [-0.0, 0.0], [0.5, 0.5]),
]


@each_dtype
@pytest.mark.parametrize("row, column, shares", SPECIAL)
def test_special_values(row, column, shares, dtype):
    a, b = np.array([row], dtype), np.array([column], dtype).T
    shares = np.array(shares, dtype)
    for m, n in ((1, 1), (1, 33), (40, 3)):
        rows, columns = np.repeat(a, m, axis=0), np.repeat(b, n, axis=1)
        with np.errstate(all="raise"):
            of_a, of_b = logmatmulexp_vjp(rows, columns)
            slope = logmatmulexp_jvp(rows, columns, np.ones_like(rows), None)
        assert_same(of_a, np.repeat(shares[None] * n, m, axis=0))
        assert_same(of_b, np.repeat(shares[:, None] * m, n, axis=1))
        assert_same(slope, np.full((m, n), shares.sum()))


def test_weights_that_are_no_numbers_stay_where_they_count():
    a, b = np.array([[0.0, -inf], [0.0, 0.0]]), np.zeros((2, 3))
    of_a, of_b = logmatmulexp_vjp(a, b, [[nan, 1.0, 1.0], [0.0, inf, 0.0]])
    assert_same(of_a, np.array([[nan, 0.0], [inf, inf]]))
    assert_same(of_b, np.array([[nan, inf, 1.0], [0.0, inf, 0.0]]))


# --- jitted code -------------------------------------------------------------------------------

_VJP = numba.njit(lambda a, b, g: logmatmulexp_vjp(a, b, g))
_JVP = numba.njit(lambda a, b, ta, tb: logmatmulexp_jvp(a, b, ta, tb))


@pytest.mark.slow
@pytest.mark.parametrize("shapes", [((9, 3), (3, 2)), ((3,), (3, 4))])
def test_jitted_code_has_the_same_bits(shapes):
    a, b = _arrays(shapes)
    g, ta, tb = weights_for(a, b, np.float64)
    g = g if g.ndim else float(g)
    for result, same in zip(_VJP(a, b, g), logmatmulexp_vjp(a, b, g)):
        np.testing.assert_array_equal(result, same)
    np.testing.assert_array_equal(_JVP(a, b, ta, tb), logmatmulexp_jvp(a, b, ta, tb))


def test_errors_in_jitted_code():
    a, b = _arrays([(9, 3), (3, 2)])
    with pytest.raises(ValueError, match="the last axis of a"):
        _VJP(a, a, np.zeros((9, 3)))
    with pytest.raises(ValueError, match="g must have the shape"):
        _VJP(a, b, np.zeros((9, 3)))
    with pytest.raises(ValueError, match="ta and tb must have the shapes"):
        _JVP(a, b, b, b)
    with pytest.raises(TypeError, match="g must have 2 axes of float64"):
        _VJP(a, b, np.zeros(2))
    with pytest.raises(TypeError, match="must not both be None"):
        _JVP(a, b, None, None)


# --- errors ------------------------------------------------------------------------------------


def test_refused_arguments():
    a, b = _arrays([(2, 3), (3, 4)])
    with pytest.raises(ValueError, match="got a of shape"):
        logmatmulexp_vjp(b, b)
    with pytest.raises(ValueError, match="g of shape .* the shape of the result"):
        logmatmulexp_vjp(a, b, np.zeros((4, 2)))
    with pytest.raises(ValueError, match="ta of shape .* the shape of a"):
        logmatmulexp_jvp(a, b, b, None)
    with pytest.raises(TypeError, match="ta and tb must not both be None"):
        logmatmulexp_jvp(a, b, None, None)
    with pytest.raises(TypeError, match="^g has dtype"):
        logmatmulexp_vjp(a, b, np.zeros((2, 4), complex))
    with pytest.raises(TypeError, match="tuple of two arrays"):
        logmatmulexp_vjp(a, b, out=np.empty((2, 3)))
    copies = a.copy(), b.copy()
    with pytest.raises(ValueError, match=r"out\[1\] overlaps b"):
        logmatmulexp_vjp(a, b, out=(np.empty((2, 3)), b))
    square = np.zeros((3, 3))
    one = np.empty((3, 3))
    with pytest.raises(ValueError, match=r"out\[1\] overlaps out\[0\]"):
        logmatmulexp_vjp(square, square, out=(one, one))
    with pytest.raises(ValueError, match="out overlaps tb"):
        logmatmulexp_jvp(a, a.T, a, tb := np.zeros((3, 2)), out=tb[:2])
    np.testing.assert_array_equal(a, copies[0])
    np.testing.assert_array_equal(b, copies[1])


# --- vector code -------------------------------------------------------------------------------


@each_dtype
def test_vector_code(dtype):
    flat, zero, number = np.zeros(1, dtype), np.zeros(1, np.intp), dtype(1.0)
    at, lengths = (zero, zero), (1, 1, 1)
    made = logmatmul_derivatives
    calls = (
        (made.references(), (*[flat] * 5, *at, 1, 1, number, *lengths, 0, 1)),
        (made.gradients(), (*[flat] * 9, *at, *lengths, 1, 1, 0, 1)),
        (made.tangents(), (*[flat] * 5, *at, 1, 1, number, *lengths, 0, 1)),
    )
    found = [
        fault for kernel, args in calls for fault in faults(compiled(kernel.py_func, *args), False)
    ]
    assert not found, "\n".join(found)
