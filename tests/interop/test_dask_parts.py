"""Rows of Dask in several chunks: the bounds of the errors hold whatever the chunks."""

import itertools

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, REGIMES, regimes
from error import check
from every import as_tuple
from oracle import expected
from special import SPECIAL, assert_same

import numba_logspace as nl
from numba_logspace._arguments import parts
from numba_logspace._family import FAMILY, named

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

MAPS = named("map")
REDUCTIONS = [name for name in named("reduction") if FAMILY[name].engine.in_parts]
IN_PARTS = [*MAPS, *REDUCTIONS]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
each_function = pytest.mark.parametrize("name", IN_PARTS)


def cut(n, seed):
    """Random lengths that add up to n, some of them 0."""
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.integers(0, n + 1, rng.integers(1, 9)))
    return tuple(np.diff([0, *ends, n]).tolist())


def one_by_one(y):
    return np.asarray(y.compute(scheduler="sync"))


def of_one_length(rows, longest):
    rows = sorted((row for row in rows if row.size <= longest), key=len)
    return [np.stack(list(group)) for _, group in itertools.groupby(rows, key=len)]


def check_rows(name, rows, chunks):
    y = getattr(nl, name)(da.from_array(rows, chunks=(-1, chunks)))
    assert y.chunks == ((len(rows),), chunks)[: y.ndim] or rows.shape[1] == 1
    y = one_by_one(y)
    for row, values in zip(rows, y[:, None] if y.ndim == 1 else y, strict=True):
        what = f"{name} of {row[:8]} in chunks of {chunks}"
        check(expected(name, row), values, BUDGETS[name], what)


@each_dtype
@pytest.mark.parametrize("regime", REGIMES)
def test_rows_in_several_chunks(regime, dtype):
    for i, rows in enumerate(of_one_length(regimes(DTYPES[dtype])[regime], 500)):
        for name in IN_PARTS:
            check_rows(name, rows, cut(rows.shape[1], i))


@each_function
def test_memory_that_looks_like_a_nan(name, monkeypatch):
    # NumPy warns of the cast of a NaN that signals; new memory may hold one.
    empty = np.empty

    def signalling(*arguments):
        array = empty(*arguments)
        if array.dtype == np.float32:
            array.view(np.uint32)[...] = 0x7FA00000
        return array

    x = np.ones((4, 3), np.float32)
    monkeypatch.setattr(np, "empty", signalling)
    assert np.isfinite(parts.summary(FAMILY[name], x, (1,), 1)).all()


@pytest.mark.slow
@each_dtype
@pytest.mark.parametrize("regime", REGIMES)
def test_rows_in_many_chunks(regime, dtype):
    for i, rows in enumerate(of_one_length(regimes(DTYPES[dtype])[regime], 40_000)):
        n = rows.shape[1]
        step = -(-n // 33)
        for name in IN_PARTS:
            for chunks in (cut(n, i + 100), *da.core.normalize_chunks((step,), (n,))):
                check_rows(name, rows, chunks)


@pytest.mark.parametrize("chunk", [1, 2])
def test_special_values(chunk):
    for name, row, result in SPECIAL:
        if name in IN_PARTS:
            y = getattr(nl, name)(da.from_array(np.array(row, float), chunks=chunk))
            assert_same(one_by_one(y), result)


@each_dtype
@each_function
def test_the_order_of_merging_does_not_matter(name, dtype):
    # Where the maximum grows from part to part, each merging changes what sums are relative to.
    row, function = np.linspace(-30, 5, 4096, dtype=dtype), FAMILY[name]
    for x in (row, row[::-1], np.random.default_rng(0).permutation(row)):
        states = [parts.summary(function, piece[None], (1,), 1) for piece in np.split(x, 256)]
        state = states[0]
        for other in states[1:]:
            state = parts.merge(function, np.stack([state[0], other[0]], axis=1), (1,))
        state = state.squeeze(1)
        if name in MAPS:
            pieces = [parts.entries(function, p[None], state, (1,), 1) for p in np.split(x, 256)]
            values = np.concatenate(pieces, axis=1)[0]
        else:
            values = parts.values(function, state, row.dtype, row.dtype)
        check(expected(name, x), values, BUDGETS[name], name)


@each_function
@pytest.mark.parametrize("axis", [0, 1, 2, (0, 2), (1, 2), None])
def test_axes_and_dtypes(name, axis):
    x = 3 * np.random.default_rng(0).standard_normal((7, 6, 5))
    for dtype, rtol in (("f8", 1e-14), ("f4", 2e-6), ("f2", 2e-3), ("i8", 1e-14)):
        right = getattr(nl, name)(x.astype(dtype), axis=axis)
        lazy = da.from_array(x.astype(dtype), chunks=(2, 4, 2))
        y = getattr(nl, name)(lazy, axis=axis)
        found = one_by_one(y)
        assert (y.shape, y.dtype, found.shape, found.dtype) == (np.shape(right), right.dtype) * 2
        np.testing.assert_allclose(found, right, rtol, atol=rtol / 10)
        if name in REDUCTIONS:
            kept = getattr(nl, name)(lazy, axis=axis, keepdims=True)
            assert kept.shape == np.sum(x, axis=axis, keepdims=True).shape
            np.testing.assert_array_equal(one_by_one(kept).squeeze(), found)


@each_function
def test_empty_rows_and_no_rows(name):
    function = getattr(nl, name)
    for shape, chunks, axis in (
        ((2, 0), (1, (0, 0)), 1),
        ((0, 4), (1, 2), 1),
        ((2, 3), (2, ((0, 2, 0, 1, 0))), 1),
    ):
        x = np.ones(shape)
        found = one_by_one(function(da.from_array(x, chunks=chunks), axis=axis))
        np.testing.assert_array_equal(found, function(x, axis=axis))


@each_function
def test_lengths_that_are_not_known(name):
    x = np.random.default_rng(1).standard_normal((3, 40))
    lazy = da.from_array(x, chunks=(2, 7))
    some = lazy[:, lazy[0] > 0]
    right = getattr(nl, name)(x[:, x[0] > 0])
    np.testing.assert_allclose(one_by_one(getattr(nl, name)(some)), right, rtol=1e-14)


def test_what_has_no_summaries_is_made_whole():
    x = da.from_array(np.random.default_rng(1).standard_normal((6, 8)), chunks=3)
    mask = x > 0
    for y in (
        nl.logcumsumexp(x),
        nl.softmax_vjp(x, x),
        nl.logsumexp(x, b=x),
        nl.softmax(x, where=mask),
        nl.cross_entropy_value_and_grad(x, np.zeros(6, int)),
    ):
        for one in as_tuple(y):
            assert one.ndim == 1 or one.chunks[1] == (8,)
            assert one.chunks[0] == (3, 3)
