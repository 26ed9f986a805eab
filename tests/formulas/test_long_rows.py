"""Every function over rows of up to 2^31 entries: the bounds hold whatever the length."""

import math

import numba
import numpy as np
import pytest
from budgets import BUDGETS
from error import Target, check
from flint import arb, ctx
from levels import LOSSES, MAPS, REDUCTIONS, ROW_JVPS, ROW_VJPS, WEIGHTED, Runs

import numba_logspace as nl

slow = pytest.mark.slow
SHAPES = {
    # name -> (values, shares of the row; None is a single entry)
    "one above": ((1.5, 0), (None, 1)),
    "one far above": ((0, 8, 0), (0.3, None, 0.7)),
    "two far above": ((20, 0, 30), (None, 1, None)),
    "all equal": ((0.1,), (1,)),
    "many ties": ((2, -1.3, 2), (0.25, 0.5, 0.25)),
    "nearly equal": ((0.3, 0.30000004), (0.6, 0.4)),
    "three levels": ((-3.3, 0.7, -7.9), (0.2, 0.3, 0.5)),
    "near a mean": ((0, 0.69), (0.999, 0.001)),
}
each_shape = pytest.mark.parametrize("shape", SHAPES)
# Of the rows that take long: equal terms, whose errors add up, and counts beyond a float's digits.
each_hard_shape = pytest.mark.parametrize("shape", ["one far above", "all equal", "many ties"])


def runs(shape, n, dtype=np.float32):
    """A row of that shape and about that length."""
    values, parts = SHAPES[shape]
    return Runs(values, [1 if p is None else int(p * n) for p in parts], dtype)


def weights_of(row, seed=0):
    """Weights of the runs that add up to no great sum, and targets."""
    rng = np.random.default_rng(seed)
    signed = rng.normal(size=row.values.size) / np.sqrt(row.counts)
    return signed, rng.random(row.values.size) / row.counts


# --- ways through memory: (x, arrays with a weight each, axis, options) ---------------------------


def along(row, arrays):
    return arrays, -1, {"workers": 1}


def shared(row, arrays):
    return arrays, -1, {"workers": 2}


def down(row, arrays):
    return [np.repeat(a[:, None], 2, axis=1) for a in arrays], 0, {"workers": 1}


def down_shared(row, arrays):
    return [np.repeat(a[:, None], 2, axis=1) for a in arrays], 0, {"workers": 2}


WAYS = {f.__name__: f for f in (along, shared, down, down_shared)}
each_way = pytest.mark.parametrize("way", WAYS)
# The others go through kernels of the same text, which take long to compile.
SOON = [
    ("along", name)
    for name in (*MAPS, *REDUCTIONS, *WEIGHTED, *ROW_JVPS, *ROW_VJPS, *LOSSES, "log1m_softmax_hvp")
] + [
    *[("shared", name) for name in (*MAPS, *REDUCTIONS)],
    *[("down", name) for name in ("softmax", "log1m_softmax", "logmeanexp", "logsumexp_jvp")],
    *[("down", name) for name in ("softmax_vjp", "cross_entropy")],
    *[("down_shared", name) for name in ("softmax", "logsumexp_excluding_max")],
]
LATER = [
    (way, name)
    for way in WAYS
    for name in (*MAPS, *REDUCTIONS, *WEIGHTED, *ROW_JVPS, *ROW_VJPS, *LOSSES, "log1m_softmax_hvp")
    if (way, name) not in SOON
]


def results_of(name, row, way, x=None):
    """(Target, what the function gives) for results at each run, or of the row; and for losses
    their gradients."""
    signed, scores = weights_of(row)
    tangent = weights_of(row, 1)[0]
    function = getattr(nl, name)
    if name in ROW_VJPS:
        (x,), axis, options = WAYS[way](row, [row.spread(row.values)])
        number = np.full(np.delete(x.shape, axis), row.dtype.type(-1.375))
        target = row.target(name, [-1.375] * row.values.size)
        yield name, target, entries(row, function(x, number, axis=axis, **options), axis)
        return
    weights = [scores] if name in LOSSES else [signed] * (name in WEIGHTED or name in ROW_JVPS)
    if name == "log1m_softmax_hvp":
        weights = [signed, tangent]
    arrays = [row.spread(a) for a in (row.values, *weights)]
    (x, *more), axis, options = WAYS[way](row, arrays)
    result = function(x, *more, axis=axis, **options)
    if name in LOSSES:
        both = getattr(nl, f"{name}_value_and_grad")(x, *more, axis=axis, **options)
        for loss in (result, both[0]):
            yield name, row.target(name, *weights), np.asarray(loss)[..., None]
        gradient = f"{name}_gradient"
        yield gradient, row.target(gradient, *weights), entries(row, both[1], axis)
    elif name in REDUCTIONS or name in ROW_JVPS:
        yield name, row.target(name, *weights), np.asarray(result)[..., None]
    else:
        yield name, row.target(name, *weights), entries(row, result, axis)


def entries(row, result, axis):
    """The first and the last entry of each run, runs last."""
    result = np.moveaxis(result, axis, -1)
    return np.stack([result[..., row.at], result[..., row.at + row.counts - 1]])


def check_all(name, row, way):
    for what, target, result in results_of(name, row, way):
        check(target, result, BUDGETS[what], f"{what}, {way}, n = {row.n}, {row.values}")


@pytest.mark.one_in(5)
@each_shape
@pytest.mark.parametrize("way, name", SOON)
def test_long(way, name, shape):
    check_all(name, runs(shape, 200_003), way)


@slow
@each_shape
@pytest.mark.parametrize("way, name", LATER)
def test_long_through_other_kernels(way, name, shape):
    check_all(name, runs(shape, 200_003), way)


@each_shape
@pytest.mark.parametrize(
    "name", ["softmax", "log1m_softmax", "logmeanexp", "softmax_vjp", "cross_entropy"]
)
def test_five_million(name, shape):
    check_all(name, runs(shape, 5_000_000), "along")


@slow
@each_hard_shape
@pytest.mark.parametrize(
    "way, name",
    [
        *(
            ("along", name)
            for name in (*MAPS, *REDUCTIONS, *WEIGHTED, *ROW_JVPS, *LOSSES, "log1m_softmax_hvp")
        ),
        # A count and a sum of weights go through the same code in all other functions.
        *(("down_shared", name) for name in ("softmax", "logsumexp", "cross_entropy")),
    ],
)
def test_counts_and_lengths_of_more_digits_than_a_float(way, name, shape):
    check_all(name, runs(shape, (1 << 25) + 77), way)


# --- running sums, products, weighted sums --------------------------------------------------------


def check_running(row, axis):
    x = row.spread(row.values)
    x = x if axis else np.repeat(x[:, None], 2, axis=1)
    y = np.moveaxis(nl.logcumsumexp(x, axis=axis), axis, -1)
    last = y[..., row.at + row.counts - 1]
    check(row.target("logcumsumexp"), last, BUDGETS["logcumsumexp"], f"n = {row.n}, {row.values}")


@each_shape
@pytest.mark.parametrize("axis", [-1, 0])
def test_running_sum(axis, shape):
    check_running(runs(shape, 1_000_003), axis)


@slow
@each_hard_shape
@pytest.mark.parametrize("dtype, n", [(np.float32, 1 << 28), (np.float64, 1 << 26)])
def test_running_sum_of_very_many(dtype, n, shape):
    check_running(runs(shape, n, dtype), -1)


@each_shape
@pytest.mark.parametrize("n", [1, 40])
def test_product_of_matrices(n, shape):
    row = runs(shape, 1_000_003 // n)
    a, b = row.spread(row.values), np.zeros((row.n, n), np.float32)
    result = nl.logmatmulexp(a[None], b)
    check(row.target("logsumexp"), result.reshape(-1, 1), BUDGETS["logmatmulexp"], "one row")
    result = nl.logmatmulexp(b.T, a[:, None])
    check(row.target("logsumexp"), result.reshape(-1, 1), BUDGETS["logmatmulexp"], "one column")


@each_shape
def test_weighted_sum(shape):
    row = runs(shape, 1_000_003, np.float64)
    result = nl.logsumexp(row.spread(row.values), b=np.full(row.n, 1.0))
    check(row.target("logsumexp"), np.reshape(result, 1), BUDGETS["weighted_logsumexp"], shape)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_losses_of_many_rows(reduction):
    n, value = 2_000_003, np.float32(1.7)
    x = np.zeros((n, 2), np.float32)
    x[:, 1] = value
    result = nl.cross_entropy(x, np.zeros(n, np.int64), reduction=reduction)
    with ctx.workprec(300):
        one = arb(float(value)).exp().log1p()
        target = Target([one * n if reduction == "sum" else one], np.float32)
    check(target, np.reshape(result, 1), BUDGETS["cross_entropy"], reduction)


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0])
@pytest.mark.parametrize("label", [1 << 24, (1 << 24) + 1, (1 << 24) + 2])
def test_labels_of_more_digits_than_a_float(label, axis):
    n = (1 << 24) + 4
    row = Runs([0, 3, 0], [(1 << 24) + 1, 1, 2], np.float32)
    x = row.spread(row.values)
    x = x if axis else np.repeat(x[:, None], 2, axis=1)
    labels = label if axis else np.array([label, 5])
    result = np.atleast_1d(nl.cross_entropy(x, labels, axis=axis))
    with ctx.workprec(300):
        total = (arb(3).exp() + (n - 1)).log()
        own = 3 if label == (1 << 24) + 1 else 0
        exact = [total - own, total][: result.size]
        target = Target(exact, np.float32)
    check(target, result, BUDGETS["cross_entropy"], f"label {label}")


# --- inside users' jitted code --------------------------------------------------------------------


@numba.njit
def _jitted(x, t):
    y = nl.softmax(x, 0)
    return (
        y[0, 0],
        nl.logsumexp(x, 0)[0],
        nl.logsumexp_jvp(x, t, 0)[0],
        nl.logcumsumexp(x, 0)[-1, 0],
    )


@pytest.mark.one_in(4)
@each_shape
def test_in_jitted_code(shape):
    row = runs(shape, 200_003)
    signed, _ = weights_of(row)
    x, t = (np.repeat(row.spread(a)[:, None], 2, axis=1) for a in (row.values, signed))
    softmax, total, tangent, last = np.array(_jitted(x, t), np.float32)
    first = row.target("softmax")
    assert first.errors([softmax, *[0] * (row.values.size - 1)])[0] <= BUDGETS["softmax"]
    assert row.target("logcumsumexp").errors([last] * row.values.size)[-1] <= 4
    check(row.target("logsumexp"), total[None], BUDGETS["logsumexp"], shape)
    check(row.target("logsumexp_jvp", signed), tangent[None], BUDGETS["logsumexp_jvp"], shape)


# --- the longest ----------------------------------------------------------------------------------


@slow
@each_hard_shape
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "log1m_softmax"])
def test_maps_of_very_long_rows(name, workers, shape):
    row = runs(shape, 1 << 28)
    x = row.spread(row.values)
    result = getattr(nl, name)(x, out=x, workers=workers)
    check(row.target(name), entries(row, result, -1), BUDGETS[name], f"n = {row.n}")


@slow
@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("n, workers", [(1 << 29, 1), (1 << 31, 2)])
def test_reductions_of_the_longest_rows(n, name, workers):
    # Untouched zeros take no memory.
    for first, last in ((0, 0), (20, 30), (-3, 1)):
        x = np.zeros(n, np.float32)
        x[0], x[-1] = first, last
        row = Runs([first, 0, last], [1, n - 2, 1], np.float32)
        result = getattr(nl, name)(x, workers=workers)
        check(row.target(name), np.reshape(result, 1), BUDGETS[name], f"{name}, n = {n}")


@slow
def test_softmax_of_the_longest_row():
    n = 1 << 31
    row = Runs([9, 0, 12], [1, n - 2, 1], np.float32)
    x = np.zeros(n, np.float32)
    x[0], x[-1] = 9, 12
    result = nl.softmax(x, out=np.empty_like(x), workers=2)
    check(row.target("softmax"), entries(row, result, -1), BUDGETS["softmax"], f"n = {n}")


# --- random rows ----------------------------------------------------------------------------------

SEARCHED = {"softmax": 2.6, "log_softmax": 2.6, "log1m_softmax": 2.6}


def _rows_alone(function, x):
    return np.stack([function(row) for row in x])


ROUTES = {
    "short rows": (lambda f, x: f(x), (3, 10, 40)),
    "rows": (lambda f, x: f(x), (60, 300, 1000)),
    "columns": (lambda f, x: f(np.ascontiguousarray(x.T), axis=0).T, (10, 40, 300)),
    "alone": (_rows_alone, (10, 300)),
    "shared": (lambda f, x: np.stack([f(r, workers=2) for r in x]), (100_000,)),
}


def _reference(x):
    # In the next larger type, by the definitions of the family: within 2^-9 ulp of float32.
    x = x.astype(np.float64)
    k, rows = x.argmax(axis=1), np.arange(len(x))
    gaps = x - x[rows, k][:, None]
    terms = np.exp(gaps)
    rest = terms.copy()
    rest[rows, k] = 0
    s = rest.sum(axis=1, keepdims=True)
    log1m = np.log1p(-terms / (1 + s))
    log1m[rows, k] = (np.log(s) - np.log1p(s))[:, 0]
    values = terms / (1 + s), gaps - np.log1p(s), log1m
    return dict(zip(SEARCHED, values, strict=True))


def _search(route, entries_in_all):
    through, lengths = ROUTES[route]
    rng, worst = np.random.default_rng(11), dict.fromkeys(SEARCHED, 0.0)
    for n in lengths:
        count = max(1, min(entries_in_all, 2_000_000) // n)
        for _ in range(max(1, entries_in_all // len(lengths) // (n * count))):
            x = rng.standard_normal((count, n), np.float32)
            x *= rng.choice(np.array([1, 2, 3], np.float32))
            for name, exact in _reference(x).items():
                result = through(getattr(nl, name), x)
                unit = np.spacing(np.abs(exact).astype(np.float32)).astype(np.float64)
                worst[name] = max(worst[name], float((np.abs(result - exact) / unit).max()))
    return worst


@pytest.mark.parametrize("route", ROUTES)
def test_random_rows(route):
    for name, error in _search(route, 600_000).items():
        assert error <= SEARCHED[name], (name, error)


@slow
@pytest.mark.parametrize("route", ["short rows", "rows", "columns", "shared"])
def test_search_of_random_rows(route):
    for name, error in _search(route, 100_000_000).items():
        assert error <= SEARCHED[name], (name, error)


def _exactly(row):
    # log1m_softmax and so on at all entries of a short row, in ball arithmetic.
    runs_of_one = Runs(row, np.ones(row.size, int), row.dtype)
    return {name: runs_of_one.target(name) for name in SEARCHED}


@slow
def test_search_of_random_doubles():
    # What long doubles hold for the worst rows is looked at with balls.
    rng, n = np.random.default_rng(12), 10
    for _ in range(50):
        x = rng.standard_normal((200_000, n)) * rng.choice([1, 2, 3])
        wide = x.astype(np.longdouble)
        k, rows = x.argmax(axis=1), np.arange(len(x))
        terms = np.exp(wide - wide[rows, k][:, None])
        rest = terms.copy()
        rest[rows, k] = 0
        s = rest.sum(axis=1, keepdims=True)
        exact = np.log1p(-terms / (1 + s))
        exact[rows, k] = (np.log(s) - np.log1p(s))[:, 0]
        result = nl.log1m_softmax(x)
        error = np.abs(result - exact) / np.spacing(np.abs(result))
        for i in np.argsort(error.max(axis=1))[-3:]:
            check(_exactly(x[i])["log1m_softmax"], result[i], 2.6, str(x[i]))
            assert math.isfinite(float(error[i].max()))
