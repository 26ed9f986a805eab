"""Segments on the GPU: exact values, ids in any order, layouts, and what becomes NaN."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, regimes, weights_of
from error import check
from on_device import MORE, cuda, download, on_cuda, upload
from oracle import expected
from special import assert_same

import numba_logspace as nl

inf, nan = np.inf, np.nan
MAPS = ("softmax", "log_softmax", "log1m_softmax")
NAMES = (*MAPS, "logsumexp", *(f"{name}_vjp" for name in (*MAPS, "logsumexp")))
# Of the others the kernels are of the same text, and take long to compile.
SOON = {("float64", "log1m_softmax"), ("float64", "logsumexp"), ("float64", "log1m_softmax_vjp")}
each_name = pytest.mark.parametrize(
    "dtype, name",
    [
        pytest.param(dtype, name, marks=[] if (dtype, name) in SOON else [pytest.mark.slow])
        for dtype in DTYPES
        for name in NAMES
    ],
)


def function_of(name):
    return on_cuda(getattr(nl, f"segment_{name}"))


def spread(sizes):
    """Ids of segments of given sizes, in no order, and the places of the entries of each."""
    ids = np.random.default_rng(1).permutation(np.repeat(np.arange(len(sizes)), sizes))
    return ids, [np.flatnonzero(ids == r) for r in range(len(sizes))]


@each_name
def test_segments(name, dtype):
    rows = [r for rows in regimes(DTYPES[dtype]).values() for r in rows if r.size <= 300][::4]
    sizes = [row.size for row in rows]
    of_rows = name == "logsumexp_vjp"
    kinds = [list(weights_of(row).values()) for row in rows]
    g = [weights[i % len(weights)] for i, weights in enumerate(kinds)]
    if of_rows:
        g = np.resize(np.array([-1.375, 2.5, 1e-3], dtype), (len(rows), 1))
    exact = [expected(name, *pair) for pair in zip(rows, g)] if "vjp" in name else None
    exact = exact or [expected(name, row) for row in rows]
    x, offsets = np.concatenate(rows), np.cumsum([0, *sizes])
    more = [np.concatenate(g)] if "vjp" in name else []
    results = function_of(name)(x, *more, offsets=offsets)
    assert results.dtype == dtype
    parts = results[:, None] if name == "logsumexp" else np.split(results, offsets[1:-1])
    for i, (target, part) in enumerate(zip(exact, parts, strict=True)):
        check(target, part, BUDGETS[name] + MORE, f"{name}, segment {i} ({rows[i][:8]})")
    # The same bits from ids in any order.
    ids, places = spread(sizes)
    order = np.concatenate(places)
    mixed = np.empty_like(x)
    mixed[order] = x
    if more and not of_rows:
        more = [np.empty_like(x)]
        more[0][order] = np.concatenate(g)
    found = function_of(name)(mixed, *more, ids, num_segments=len(sizes))
    assert_same(found if name == "logsumexp" else found[order], results)


@pytest.mark.parametrize("size", [100, pytest.param(5000, marks=pytest.mark.slow)])
def test_segments_of_any_size(size):
    # A part of a warp, a warp, a block; empty ones among them.
    rng = np.random.default_rng(2)
    sizes = [size, 0, 1, 3 * size, 0, 2]
    x = rng.normal(size=(sum(sizes), 2)) * 4
    offsets = np.cumsum([0, *sizes])
    result = function_of("logsumexp")(x, offsets=offsets)
    for r, part in enumerate(np.split(x, offsets[1:-1])):
        for column in range(2):
            exact = expected("logsumexp", part[:, column]) if len(part) else None
            if exact is None:
                assert result[r, column] == -inf
            else:
                check(exact, result[r, column : column + 1], BUDGETS["logsumexp"] + MORE, f"{r}")


def test_layouts_and_out():
    rng = np.random.default_rng(3)
    x, ids = rng.normal(size=(60, 3)), rng.integers(0, 7, 60)
    wanted = nl.segment_log1m_softmax(x, ids)
    f = function_of("log1m_softmax")
    for lie in (
        np.asfortranarray,
        lambda u: u[::-1].copy()[::-1],
        lambda u: np.repeat(u, 2, 0)[::2],
    ):
        assert_same(f(lie(x), lie(ids), num_segments=9), f(x, ids.astype("i4"), num_segments=9))
    np.testing.assert_allclose(f(x, ids, num_segments=7), wanted, rtol=1e-14)
    whole = x.astype(int)
    of_ints = f(whole, ids, num_segments=7)
    np.testing.assert_allclose(of_ints, nl.segment_log1m_softmax(whole, ids), rtol=1e-14)
    stream, own = cuda.stream(), cuda.to_device(x)
    given = {"num_segments": 7, "out": own, "stream": stream}
    assert nl.segment_log1m_softmax(own, upload(ids), **given) is own
    np.testing.assert_allclose(download(own), wanted, rtol=1e-14)
    assert f(np.zeros((0, 3)), offsets=np.zeros(3, int)).shape == (0, 3)
    assert_same(function_of("logsumexp")(np.zeros(0), offsets=np.zeros(3, int)), [-inf, -inf])


@pytest.mark.parametrize(
    "given",
    [
        {"offsets": [1, 6]},
        {"offsets": [0, 4]},
        {"offsets": [0, 4, 2, 6]},
        {"offsets": [0, 9, 6]},
        {"offsets": [0, -3, 6]},
        {"segment_ids": [0, 1, 2, 3, -1, 0], "num_segments": 4},
        {"segment_ids": [0, 1, 2, 3, 4, 0], "num_segments": 4},
    ],
)
def test_wrong_segments_become_nan(given):
    given = {k: np.array(v) if isinstance(v, list) else v for k, v in given.items()}
    for name in ("logsumexp", "log1m_softmax"):
        assert np.isnan(function_of(name)(np.arange(6.0), **given)).all()


def test_errors():
    x, ids = cuda.to_device(np.zeros(4)), cuda.to_device(np.zeros(4, int))
    for arguments, error, message in (
        ((x, ids), TypeError, "num_segments must be an int beside segment_ids"),
        ((x, np.zeros(4, int)), TypeError, "segment_ids is a ndarray"),
        ((x, x), TypeError, "segment_ids must hold ints"),
        ((x, cuda.to_device(np.zeros(3, int))), ValueError, "segment_ids must have an id"),
        ((x,), TypeError, "one of segment_ids and offsets must be given"),
    ):
        with pytest.raises(error, match=message):
            nl.segment_softmax(*arguments)
    room = cuda.to_device(np.zeros(4, int))
    for given, name in (
        ({"segment_ids": room, "num_segments": 1}, "segment_ids"),
        ({"offsets": room}, "offsets"),
    ):
        with pytest.raises(ValueError, match=f"out overlaps {name} in memory"):
            nl.segment_softmax(x, out=room.view("f8"), **given)
    with pytest.raises(TypeError, match="workers must be None"):
        nl.segment_softmax(x, ids, num_segments=1, workers=1)
