"""Small calls of single-entry losses and derivatives of weighted sums: the shorter way's bits."""

import itertools

import numpy as np
import pytest
from test_small_calls import bits, copied, steps

import numba_logspace as nl

inf, nan = np.inf, np.nan
LOSS, BOTH = nl.sigmoid_binary_cross_entropy, nl.sigmoid_binary_cross_entropy_value_and_grad
HVP = nl.sigmoid_binary_cross_entropy_hvp
VJP, JVP = nl.weighted_logsumexp_vjp, nl.weighted_logsumexp_jvp
each_dtype = pytest.mark.parametrize("dtype", ["f8", pytest.param("f4", marks=pytest.mark.slow)])


def same(function, *arguments, **options):
    """Hold a call to the bits of the general way, and to fewer steps."""
    short = function(*arguments, **options)
    right = function(*arguments, **copied(options), workers=np.int64(1))
    assert bits(short) == bits(right), options
    assert 2 * steps(function, *arguments, **options) < steps(
        function, *arguments, **copied(options), workers=np.int64(1)
    )


def _options(shape, dtype):
    # (pos_weight, weights, where, reduction) of each sort.
    rng = np.random.default_rng(4)
    q, c = (rng.random(shape) * 3).astype(dtype), rng.random(shape).astype(dtype)
    where = rng.random(shape) < 0.6
    yield from itertools.product(
        (None, 2.5, q), (None, 0.1, 2, c), (None, where), ("none", "sum", "mean")
    )


@each_dtype
@pytest.mark.parametrize("shape", [(10,), (1,), (4, 5)])
def test_losses_of_entries(shape, dtype):
    rng = np.random.default_rng(5)
    x, t, m = rng.normal(0, 3, (3, *shape)).astype(dtype)
    m = abs(np.tanh(m))
    for q, c, where, reduction in _options(shape, dtype):
        if where is not None and not where.any():
            continue
        given = {"pos_weight": q, "weights": c, "where": where, "reduction": reduction}
        same(LOSS, x, m, **given)
        same(BOTH, x, m, **given, out=np.full(shape, 7, dtype))
        if q is None:
            del given["pos_weight"]
            same(HVP, x, m, t, **given)
            same(HVP, x, m, t, **given, out=np.full(shape, 7, dtype))


def test_the_same_errors():
    x, m = np.zeros((2, 3)), np.full((2, 3), 0.5)
    out, off = np.zeros((2, 3)), np.zeros((2, 3), bool)
    for given in (
        {"pos_weight": -1.0},
        {"pos_weight": np.full((2, 3), inf)},
        {"weights": nan},
        {"weights": np.ones(7)},
        {"weights": np.zeros((2, 3)), "reduction": "mean"},
        {"where": off, "reduction": "mean"},
        {"where": np.ones(7, bool)},
        {"weights": out, "out": out},
        {"pos_weight": out[::-1], "out": out},
        {"reduction": "average", "pos_weight": 1.0},
    ):
        found = [_error_of(BOTH, (x, m), given, general) for general in (False, True)]
        assert found[0] == found[1], given
    for given in ({"t": None}, {"t": np.ones(7)}, {"t": out[::-1], "out": out}):
        found = [_error_of(HVP, (x, m), given, general) for general in (False, True)]
        assert found[0] == found[1]
    assert not out.any()


def _error_of(function, arguments, options, general):
    with pytest.raises((TypeError, ValueError)) as found:
        function(*arguments, **options, **({"workers": np.int64(1)} if general else {}))
    return found.type, str(found.value)


@each_dtype
@pytest.mark.parametrize(
    "shape, axis", [((10,), -1), ((4, 5), 1), ((4, 5), 0), ((4, 5), None), ((2, 3, 4), 1)]
)
def test_weighted_sums(shape, axis, dtype):
    rng = np.random.default_rng(6)
    x, b, t, s = rng.normal(0, 3, (4, *shape)).astype(dtype)
    x.flat[1], b.flat[2] = -inf, 0
    rows = np.sum(np.zeros(shape), axis).shape
    g = rng.normal(size=rows).astype(dtype)
    for cotangent in (None, 1.5, g) if rows else (None, 1.5):
        same(VJP, x, b, cotangent, axis)
    for tangents in ((t, s), (None, s), (t, None)):
        same(JVP, x, b, *tangents, axis)


def test_weighted_sums_that_overflow_in_float32():
    x, b = np.float32([0, 200]), np.float32([1, 0])
    with np.errstate(all="raise"):
        same(VJP, x, b)
        same(JVP, x, b, None, np.ones(2, "f4"))
