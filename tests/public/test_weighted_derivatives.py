"""Derivatives of weighted logsumexp against their definition in ball arithmetic, and arguments."""

import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from oracle import FIRST_BITS, MOST_BITS, ZERO

from numba_logspace import logsumexp, weighted_logsumexp_jvp, weighted_logsumexp_vjp

inf, nan = np.inf, np.nan
VJP, JVP = BUDGETS["weighted_logsumexp_vjp"], BUDGETS["weighted_logsumexp_jvp"]
# What a cancellation of weighted terms must leave for the derivatives to have all their digits.
LEAST_SHARE = 2.0**-45
each_dtype = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])


# --- the definition ------------------------------------------------------------------------------


def _row_terms(x, b):
    # exp(x_j) over the signed sum of b_j exp(x_j); 0 at entries of -inf.
    present = [v for v, w in zip(x, b, strict=True) if v != -inf and w != 0]
    m = arb(max(present, default=0.0))
    terms = [(arb(v) - m).exp() if v != -inf else ZERO for v in x]
    total = sum((arb(w) * u for w, u in zip(b, terms, strict=True)), ZERO)
    return [u / total for u in terms] if present else [ZERO] * len(terms)


def _rows(array, axes):
    # The array as (rows, entries).
    axes = tuple(a % array.ndim for a in axes)
    kept = [a for a in range(array.ndim) if a not in axes]
    rows = array.transpose(*kept, *axes)
    return rows.reshape(-1, int(np.prod([array.shape[a] for a in axes])))


def _exact(x, b, g, t, s, axes):
    # The (values, sums of moduli) of the gradients and of the derivative along the tangents.
    shape = np.broadcast_shapes(x.shape, b.shape)
    places = [
        _rows(np.broadcast_to(np.arange(u.size).reshape(u.shape), shape), axes) for u in (x, b)
    ]
    own = [u.astype(np.float64).ravel().tolist() for u in (x, b, t, s)]
    of_x, of_b, slope = ([[ZERO, ZERO] for _ in range(k)] for k in (x.size, b.size, g.size))

    def add(pair, term):
        pair[0], pair[1] = pair[0] + term, pair[1] + abs(term)

    for r, c in enumerate(g.astype(np.float64).ravel().tolist()):
        at = [p[r].tolist() for p in places]
        row, weights = ([own[k][i] for i in at[k]] for k in range(2))
        for i, j, w, share in zip(*at, weights, _row_terms(row, weights), strict=True):
            add(of_x[i], arb(c) * share * arb(w))
            add(of_b[j], arb(c) * share)
            add(slope[r], arb(own[2][i]) * share * arb(w))
            add(slope[r], arb(own[3][j]) * share)
    return of_x, of_b, slope


def _capped(value):
    # What overflows anyway, not larger than needed: a ball is as wide as it is large.
    most = arb(2) ** 1100
    return most if value > most else -most if value < -most else value


def expected(x, b, *others, axes):
    """The Targets of both gradients and of the derivative along the tangents."""
    dtypes = x.dtype.type, b.dtype.type, np.result_type(x, b).type
    bits = FIRST_BITS
    while bits <= MOST_BITS:
        with ctx.workprec(bits):
            pairs = _exact(x, b, *others, axes)
            columns = [[list(map(_capped, u)) for u in zip(*of_one)] for of_one in pairs]
            targets = [Target(v, dtype, s) for (v, s), dtype in zip(columns, dtypes, strict=True)]
        if all(target.certain for target in targets):
            return targets
        bits *= 2
    raise ArithmeticError(f"{MOST_BITS} bits are not enough")


def share_left(x, b):
    """|sum b exp(x)| / sum |b| exp(x), the least of the rows."""
    with ctx.workprec(2048):
        shares = []
        for row, weights in zip(x.astype(float), b.astype(float), strict=True):
            terms = [
                arb(w) * (arb(v) - arb(row.max())).exp()
                for v, w in zip(row.tolist(), weights.tolist())
                if v != -inf
            ]
            shares.append(float(abs(sum(terms, ZERO)) / sum(map(abs, terms), ZERO)))
    return min(shares)


def others_for(x, b, axes, seed=1, size=1.0):
    """A cotangent and tangents for x and b, with some zeros."""
    rng = np.random.default_rng(seed)
    shape = np.broadcast_shapes(x.shape, b.shape)
    gone = {a % len(shape) for a in axes}
    rows = tuple(k for a, k in enumerate(shape) if a not in gone)
    shapes = (rows, x.shape, b.shape)
    made = [rng.normal(size=s) * (rng.random(s) < 0.9) * size for s in shapes]
    return [np.asarray(u, x.dtype) for u in made]


def check_arrays(x, b, axes=(-1,), others=None, what=""):
    """Hold all three results to their bounds."""
    g, t, s = others or others_for(x, b, axes)
    axis = axes[0] if len(axes) == 1 else axes
    results = *weighted_logsumexp_vjp(x, b, g, axis), weighted_logsumexp_jvp(x, b, t, s, axis)
    assert [np.shape(y) for y in results] == [x.shape, b.shape, g.shape], what
    assert [y.dtype for y in results] == [x.dtype, b.dtype, np.result_type(x, b)], what
    targets = expected(x, b, g, t, s, axes=axes)
    for target, result, bound in zip(targets, results, (VJP, VJP, JVP), strict=True):
        check(target, np.ravel(result), bound, f"{what}: x {x.ravel()[:9]}, b {b.ravel()[:9]}")


# --- accuracy ------------------------------------------------------------------------------------


def _nearly_cancelled(x, b, rng):
    # The last weight of each row cancels the others but for 2^-1 to 2^-44.
    with ctx.workprec(256):
        for row, weights in zip(x, b):
            terms = zip(row[:-1].tolist(), weights[:-1].tolist())
            total = sum((arb(w) * (arb(v) - arb(float(row[-1]))).exp() for v, w in terms), ZERO)
            weights[-1] = -float(total) * (1 + 2.0 ** -rng.uniform(1, 44))
    return x, b


def _cases():
    rng = np.random.default_rng(7)
    shape = (5, 17)
    x, b = rng.normal(size=shape) * 3, rng.normal(size=shape)
    sparse = b * (rng.random(shape) < 0.5)
    sparse[:, 0] = 1.0
    holes = np.where(rng.random(shape) < 0.3, -inf, x)
    yield "mixed signs", x, b
    yield "one sign", x, abs(b)
    yield "ties", np.round(x), np.sign(b) * 3
    yield "weights of 0", x, sparse
    yield "weights of 0 at the largest", x * 50, sparse
    yield "entries of -inf", holes, b
    yield "a dominant term", x + 60 * (np.arange(17) == 3), b


def _wide_cases():
    rng = np.random.default_rng(8)
    shape = (6, 15)
    x, b = rng.normal(size=shape), rng.normal(size=shape)
    yield "nearly cancelled", *_nearly_cancelled(x * 3, b.copy(), rng)
    yield "far apart and cancelled", *_nearly_cancelled(x * 200, b.copy(), rng)
    yield "a huge range", x * 1000, b
    yield "the largest range", x * 5e307, b
    yield "offset", x + 1e15, b
    yield "huge", 1e18 + np.round(x * 9) * 128, b
    yield "weights that make up for it", x * 2 - np.log(10) * (e := x * 80), b * 10**e
    yield "cut off", x * 2 - np.log(10) * (e := np.sign(x) * 299), b * 10**e
    yield "subnormal weights", x, b * 1e-318
    yield "the largest weights", x, b * 5e307
    yield "subnormal entries", x * 1e-310, b


CASES = {name: arrays for name, *arrays in _cases()}
WIDE = {name: arrays for name, *arrays in _wide_cases()}


@each_dtype
@pytest.mark.parametrize("name", CASES)
def test_accuracy(name, dtype):
    x, b = (u.astype(dtype) for u in CASES[name])
    assert share_left(x, b) > LEAST_SHARE
    check_arrays(x, b, what=name)


@pytest.mark.parametrize("name", WIDE)
def test_accuracy_of_wide_ranges(name):
    x, b = WIDE[name]
    assert share_left(x, b) > LEAST_SHARE
    check_arrays(x, b, what=name)
    for size in (1e-200, 1e300):
        check_arrays(x, b, others=others_for(x, b, (-1,), size=size), what=f"{name}, {size}")


def test_what_cancels_exactly_leaves_the_rest():
    # Of two equal terms and one that is far below them: terms of one entry are exact.
    x, b = np.array([[5.0, 5.0, -1300.0], [0.0, 0.0, -1000.0]]), np.array([[1.0, -1.0, 1.0]] * 2)
    for size in (1e-300, 1e-280, 1.0):
        check_arrays(x, b, others=[np.full(2, size), x * 0 + size, b * size], what=f"{size}")


@pytest.mark.parametrize("cancelled", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_long_row(cancelled):
    rng = np.random.default_rng(11)
    x, b = rng.normal(size=(1, 100_000)), rng.normal(size=(1, 100_000))
    if cancelled:
        x, b = _nearly_cancelled(x, b, rng)
    # All terms of the derivative along these tangents are of one sign: their sum has its digits.
    others = [np.array([1.3]), b, abs(rng.normal(size=b.shape))]
    check_arrays(x, b, others=others, what=f"long, {cancelled}")


def test_a_long_sum_over_a_broadcast_axis():
    # Equal terms: errors of each step would add up to many ulp.
    for shapes in (((3,), (40_000, 1)), ((40_000, 3), (3,))):
        x, b = np.full(shapes[0], 0.3), np.full(shapes[1], 0.7)
        g = np.full(40_000, 0.1)
        of_x, of_b = weighted_logsumexp_vjp(x, b, g)
        for result, weight in ((of_x, 1.0), (of_b, 1 / 0.7)):
            count = g.size * 3 // result.size
            exact = np.full(result.shape, float(arb(0.1) * count / 3 * weight))
            np.testing.assert_array_max_ulp(result, exact, 2)


@pytest.mark.slow
def test_random_searches():
    rng = np.random.default_rng(17)
    for _ in range(1500):
        shape = rng.integers(1, 6), rng.integers(1, 20)
        spread, offset = 10.0 ** rng.uniform(-20, 4), 10.0 ** rng.uniform(-5, 17)
        x = rng.normal(size=shape) * spread + offset * rng.integers(-1, 2)
        b = rng.normal(size=shape) * 10.0 ** (rng.uniform(-3, 3, shape) * rng.choice([0, 1, 99]))
        b[rng.random(shape) < 0.1] = 0.0
        x[rng.random(shape) < 0.1] = -inf
        x[:, 0], b[:, 0] = offset, 0.5
        if rng.random() < 0.4 and shape[1] > 1 and np.isfinite(x[:, -1]).all():
            with np.errstate(over="ignore"):
                _nearly_cancelled(x, b, rng)
        if not np.isfinite(b).all() or not share_left(x, b) > LEAST_SHARE:
            continue
        size = 10.0 ** rng.choice([0, -250, 250])
        check_arrays(x, b, others=others_for(x, b, (-1,), rng.integers(1 << 30), size), what=shape)


# --- shapes, layouts, dtypes ---------------------------------------------------------------------

BROADCAST = [
    ((4, 5), (5,), (-1,)),
    ((5,), (4, 5), (-1,)),
    ((4, 1), (1, 5), (-1,)),
    ((4, 1), (1, 5), (0,)),
    ((4, 5), (), (-1,)),
    ((), (3,), (0,)),
    ((2, 3, 4), (3, 1), (1,)),
    ((2, 3, 4), (2, 1, 4), (0, 2)),
    ((3, 4), (2, 1, 1), (0, 1, 2)),
    ((1, 3), (1, 3), (1,)),
]


@pytest.mark.parametrize("shapes", BROADCAST, ids=str)
def test_broadcasting(shapes):
    rng = np.random.default_rng(3)
    x, b = (np.asarray(rng.normal(size=shape)) for shape in shapes[:2])
    check_arrays(x, b, shapes[2], what=f"{shapes}")


def test_numbers():
    of_x, of_b = weighted_logsumexp_vjp(1.5, -2.0, 3.0)
    assert (of_x, of_b) == (3.0, -1.5) and isinstance(of_x, np.float64)
    assert weighted_logsumexp_jvp(1.5, -2.0, 1.0, 4.0) == -1.0


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3)])
def test_nothing_to_sum(shape):
    x = np.zeros(shape)
    of_x, of_b = weighted_logsumexp_vjp(x, np.ones(shape[-1:]))
    assert of_x.shape == shape and not of_b.any()
    slope = weighted_logsumexp_jvp(x, x, x, x)
    assert slope.shape == shape[:-1] and not slope.any()


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": lambda u: np.repeat(u, 2, -1)[..., ::2],
    "reversed": lambda u: u[::-1].copy()[::-1],
    "swapped": lambda u: u.astype(u.dtype.newbyteorder()),
    "readonly": lambda u: np.broadcast_to(u, u.shape),
    "list": np.ndarray.tolist,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    rng = np.random.default_rng(4)
    x, b, t, s = rng.normal(size=(4, 3, 4, 5))
    for axes in ((0,), (1,), (2,), (0, 2), (1, 2), (0, 1, 2)):
        axis = axes[0] if len(axes) == 1 else axes
        g = others_for(x, b, axes)[0]
        exact = *weighted_logsumexp_vjp(x, b, g, axis), weighted_logsumexp_jvp(x, b, t, s, axis)
        if layout == "fortran":
            check_arrays(x, b, axes, [g, t, s], f"{axes}")
        laid = [LAYOUTS[layout](u) for u in (x, b, t, s)]
        results = *weighted_logsumexp_vjp(*laid[:2], g, axis), weighted_logsumexp_jvp(*laid, axis)
        for result, same in zip(results, exact, strict=True):
            np.testing.assert_array_equal(result, same)


def test_options():
    rng = np.random.default_rng(5)
    x, b, t, s = rng.normal(size=(4, 3, 7))
    g = rng.normal(size=3)
    exact = weighted_logsumexp_vjp(x, b, g)
    for result, same in zip(weighted_logsumexp_vjp(x, b, g[:, None]), exact):
        np.testing.assert_array_equal(result, same)
    ones = weighted_logsumexp_vjp(x, b, np.ones(3))
    for result, same in zip(weighted_logsumexp_vjp(x, b), ones):
        np.testing.assert_array_equal(result, same)
    slope = weighted_logsumexp_jvp(x, b, t, s)
    assert (weighted_logsumexp_jvp(x, b, t, s, keepdims=True) == slope[:, None]).all()
    none = np.zeros_like(x)
    for tangents, same in (((t, None), (t, none)), ((None, s), (none, s))):
        np.testing.assert_array_equal(
            weighted_logsumexp_jvp(x, b, *tangents), weighted_logsumexp_jvp(x, b, *same)
        )


@pytest.mark.parametrize("order", ["C", "F"])
def test_out(order):
    rng = np.random.default_rng(5)
    x, t = rng.normal(size=(2, 3, 7))
    b, s = rng.normal(size=(2, 4, 1, 7)).astype(np.float32)
    of_x, of_b = np.full((3, 7), nan, order=order), np.full((4, 1, 7), nan, "f4", order)
    found = weighted_logsumexp_vjp(x, b, out=(of_x, of_b))
    assert found[0] is of_x and found[1] is of_b
    for result, exact in zip(found, weighted_logsumexp_vjp(x, b), strict=True):
        np.testing.assert_array_equal(result, exact)
    for keepdims in (False, True):
        exact = weighted_logsumexp_jvp(x, b, t, s, keepdims=keepdims)
        out = np.full(exact.shape, nan, order=order)
        assert weighted_logsumexp_jvp(x, b, t, s, keepdims=keepdims, out=out) is out
        np.testing.assert_array_equal(out, exact)


def test_out_that_is_wrong():
    x, b, g = np.zeros((2, 3)), np.ones(3), np.ones(2)
    right = np.zeros((2, 3)), np.zeros(3)
    for outs, error, message in (
        (right[0], TypeError, "out must be a tuple of two arrays"),
        (right[::-1], ValueError, r"out\[0\] must have the shape of the result, \(2, 3\)"),
        ((right[0], np.zeros(3, "f4")), TypeError, r"out\[1\] must have the dtype"),
        ((x, right[1]), ValueError, r"out\[0\] overlaps x"),
        ((right[0], b), ValueError, r"out\[1\] overlaps b"),
        ((right[0], right[0][0]), ValueError, r"out\[1\] overlaps out\[0\]"),
    ):
        with pytest.raises(error, match=message):
            weighted_logsumexp_vjp(x, b, g, out=outs)
    room, t = np.zeros(6), np.zeros((2, 3))
    for out, error, message in (
        (np.zeros(3), ValueError, "out must have the shape"),
        (np.zeros(2, "f4"), TypeError, "out must have the dtype"),
        (t[:, 0], ValueError, "out overlaps t"),
        (room[::3], ValueError, "out overlaps s"),
    ):
        with pytest.raises(error, match=message):
            weighted_logsumexp_jvp(x, b, t, room[:3], out=out)
    assert not (x.any() or t.any() or room.any() or right[0].any())


def test_where_leaves_out():
    rng = np.random.default_rng(6)
    x, b, t, s = rng.normal(size=(4, 3, 7))
    where = rng.random((3, 7)) < 0.6
    where[:, 2] = True
    gone = [np.where(where, u, v) for u, v in ((x, -inf), (b, 0), (t, 0), (s, 0))]
    spoiled = [np.where(where, u, nan) for u in (x, b, t, s)]
    exact = *weighted_logsumexp_vjp(*gone[:2]), weighted_logsumexp_jvp(*gone)
    results = (
        *weighted_logsumexp_vjp(*spoiled[:2], where=where),
        weighted_logsumexp_jvp(*spoiled, where=where),
    )
    for result, same in zip(results, exact, strict=True):
        np.testing.assert_array_equal(result, same)
    assert not results[0][~where].any() and not results[1][~where].any()
    _, of_b = weighted_logsumexp_vjp(x, b, where=np.zeros(7, bool))
    assert not of_b.any()


def test_threads_give_the_same_bits():
    x, b, t, s = np.random.default_rng(9).normal(size=(4, 300, 1000))
    calls = [
        (*weighted_logsumexp_vjp(x, b, workers=k), weighted_logsumexp_jvp(x, b, t, s, workers=k))
        for k in (1, 2)
    ]
    for one, two in zip(*calls, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("of_x", ["f2", "f4", "f8", "i4", "?"])
@pytest.mark.parametrize("of_b", ["f2", "f4", "f8", "i4", "?"])
def test_dtypes(of_x, of_b):
    x, b = np.array([1, 0, 1], of_x), np.array([1, 1, 0], of_b)
    gradients = weighted_logsumexp_vjp(x, b)
    exact = weighted_logsumexp_vjp(x.astype(np.float64), b.astype(np.float64))
    for result, same, dtype in zip(gradients, exact, (of_x, of_b), strict=True):
        assert result.dtype == (dtype if dtype[0] == "f" else "f8")
        np.testing.assert_array_equal(result, same.astype(result.dtype))
    slope = weighted_logsumexp_jvp(x, b, x, b)
    assert slope.dtype == logsumexp(x, b=b).dtype


def test_smaller_dtypes_overflow_to_inf():
    with np.errstate(all="raise"):
        _, of_b = weighted_logsumexp_vjp(np.float32([0, 200]), np.float32([1, 0]))
    np.testing.assert_array_equal(of_b, np.float32([1, inf]))


# --- special values ------------------------------------------------------------------------------

SPECIAL = [
    # x, b, g, the gradient in x, the gradient in b
    ([-inf, 0], [1, 2], 1, [0, 1], [0, 0.5]),
    ([-inf, -inf], [1, 2], 1, [0, 0], [0, 0]),
    ([0, 0], [0, -2], 1, [0, 1], [-0.5, -0.5]),
    ([nan, 0], [0, 2], 1, [0, 1], [nan, 0.5]),
    ([inf, 0], [0, -2], 1, [0, 1], [-inf, -0.5]),
    ([inf, 0], [0, 2], 0, [0, 0], [nan, 0]),
    ([nan, 0, -inf], [1, 2, 1], 1, [nan, nan, 0], [nan, nan, 0]),
    ([0, 0, 0], [nan, 2, 0], 1, [nan, nan, 0], [nan, nan, nan]),
    ([inf, 0, 0, -inf], [4, 2, 0, 1], 3, [3, 0, 0, 0], [0.75, 0, 0, 0]),
    ([inf, 0], [-4, 2], 1, [1, 0], [-0.25, 0]),
    ([inf, inf, nan], [4, 0, 0], 1, [1, 0, 0], [0.25, nan, nan]),
    ([inf, inf], [4, 2], 1, [nan, nan], [nan, nan]),
    ([inf, inf], [4, -2], 1, [nan, nan], [nan, nan]),
    ([0, 0], [inf, 2], 1, [1, 0], [0, 0]),
    ([-inf, 0], [inf, 2], 1, [nan, nan], [nan, nan]),
    ([inf, 0], [-inf, 2], 1, [1, 0], [0, 0]),
    ([0, 0], [inf, -inf], 1, [nan, nan], [nan, nan]),
    ([0, 0], [0, 0], 1, [0, 0], [nan, nan]),
    ([0, -inf], [0, 0], 1, [0, 0], [nan, 0]),
    ([5, 5, -inf], [1, -1, 3], 1, [nan, nan, 0], [nan, nan, 0]),
    ([0, 0], [1, 1], inf, [inf, inf], [inf, inf]),
    ([0, 0, 0], [1, -0.5, 0], -inf, [-inf, inf, 0], [-inf, -inf, -inf]),
    ([0, 0, 0], [1, 1, 0], nan, [nan, nan, 0], [nan, nan, nan]),
    ([1e308, -1e308], [1, 1], 1, [1, 0], [1, 0]),
]


@pytest.mark.parametrize("x, b, g, of_x, of_b", SPECIAL)
def test_special_values(x, b, g, of_x, of_b):
    with np.errstate(all="raise"):
        results = weighted_logsumexp_vjp(np.array(x, float), np.array(b, float), g)
    for result, exact in zip(results, (of_x, of_b), strict=True):
        np.testing.assert_array_equal(result, exact)
    # Along a basis of tangents, what counts is the same; the others are exactly 0.
    if g == 1:
        for i, (along_x, along_b) in enumerate(zip(of_x, of_b, strict=True)):
            unit = np.arange(len(x)) == i
            beside_x = [u for j, u in enumerate(of_x) if j != i and not np.isfinite(u)]
            beside_b = [u for j, u in enumerate(of_b) if j != i and not np.isfinite(u)]
            along = weighted_logsumexp_jvp(x, b, unit, None)
            np.testing.assert_array_equal(along, nan if beside_x else along_x)
            along = weighted_logsumexp_jvp(x, b, None, unit)
            np.testing.assert_array_equal(along, nan if beside_b else along_b)


def test_derivatives_that_overflow():
    x, b = [1e308, -1e308], [0.0, -1.0]
    for g, of_b in ((1.0, -inf), (-1e-300, inf), (0.0, 0.0)):
        results = weighted_logsumexp_vjp(x, b, g)
        np.testing.assert_array_equal(results, [[0, g], [of_b, -g]])
        assert weighted_logsumexp_jvp(x, b, None, [g, 0.0]) == of_b


def test_infinite_tangents():
    x, b = np.zeros(3), np.array([1.0, 1.0, 0.0])
    assert weighted_logsumexp_jvp(x, b, [inf, 0, 0], None) == inf
    assert weighted_logsumexp_jvp(x, -b, [0, 0, inf], None) == 0
    assert weighted_logsumexp_jvp(x, -b, None, [0, 0, inf]) == -inf
    assert np.isnan(weighted_logsumexp_jvp(x, b, [inf, -inf, 0], None))
    assert weighted_logsumexp_jvp([-inf, 0], [1, 1], [nan, 2], [nan, 3]) == 5


def test_tangents_whose_terms_overflow_cancel():
    x, b, s = [0.0, 0.0, 0.0], [1e-300, 0.0, 0.0], [1e300, -1e300, 1.0]
    assert weighted_logsumexp_jvp(x, b, None, s) == pytest.approx(1e300, rel=1e-15)


# --- errors --------------------------------------------------------------------------------------


class OnCuda:
    """What says that it is in the memory of a GPU."""

    __cuda_array_interface__ = {"shape": (2,), "typestr": "<f8", "data": (0, True), "version": 3}


WRONG = {
    "no weights": (([0.0], None), TypeError, "b must be an array of weights, got None"),
    "shapes": (([0.0] * 3, [1.0] * 2), ValueError, "x and b must broadcast together"),
    "complex": (([0.0], [1j]), TypeError, "b has dtype complex128"),
    "masked": ((np.ma.masked_array([0.0], [1]), [1.0]), TypeError, "x is a masked array"),
    "cuda b": (([1.0, 1.0], OnCuda()), TypeError, "b is a CUDA array"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments(name):
    arguments, error, message = WRONG[name]
    with pytest.raises(error, match=message):
        weighted_logsumexp_vjp(*arguments)
    with pytest.raises(error, match=message):
        weighted_logsumexp_jvp(*arguments, [0.0], [0.0])


def test_wrong_cotangents_and_tangents():
    x, b = np.zeros((2, 3)), np.ones(3)
    with pytest.raises(ValueError, match="g of shape .3,. cannot be broadcast .* the result"):
        weighted_logsumexp_vjp(x, b, np.ones(3))
    with pytest.raises(TypeError, match="g has dtype complex"):
        weighted_logsumexp_vjp(x, b, 1j)
    with pytest.raises(TypeError, match="t and s must not both be None"):
        weighted_logsumexp_jvp(x, b, None, None)
    with pytest.raises(ValueError, match="s of shape .2, 3. cannot be broadcast .* of b"):
        weighted_logsumexp_jvp(x, b, x, x)
    with pytest.raises(ValueError, match="t of shape .4,. cannot be broadcast .* of x"):
        weighted_logsumexp_jvp(x, b, np.ones(4), None)
    with pytest.raises(np.exceptions.AxisError):
        weighted_logsumexp_vjp(x, b, axis=2)
