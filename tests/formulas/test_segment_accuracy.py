"""Every function of segments against its definition, on rows that hurt, one after the other."""

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, regimes, weights_of
from error import check
from oracle import SEGMENTS, expected

import numba_logspace as nl
from numba_logspace._family import FAMILY

# Long rows take the oracle long; their sweeps are those of the functions of rows.
LONGEST, LONGEST_SOON = 1000, 64
# Kernels of float32 have the same text, and take long to compile.
WAYS = [
    pytest.param(name, dtype, marks=[] if dtype == "float64" or "sumexp" in name else slow)
    for slow in [pytest.mark.slow]
    for name in SEGMENTS
    for dtype in DTYPES
]
each = pytest.mark.parametrize("name, dtype", WAYS)
NOTHING = np.array([])


def rows_of(dtype, longest):
    """The rows of the corpus up to a length, with empty ones between them, in no order."""
    rows = [row for rows in regimes(DTYPES[dtype]).values() for row in rows if row.size <= longest]
    rows += [NOTHING.astype(dtype)] * 50
    order = np.random.default_rng(3).permutation(len(rows))
    return [rows[i] for i in order]


def cotangents(name, rows):
    """Of every row, so many times: one for each entry, for each segment, or none."""
    kind = FAMILY[name].kind
    if kind == "segment vjp of a reduction":
        numbers = np.random.default_rng(1).normal(size=len(rows))
        return [[np.array([n], row.dtype) for n, row in zip(numbers, rows, strict=True)]]
    if kind == "segment vjp":
        every = [weights_of(row) if row.size else {} for row in rows]
        which = ("one hot", "all others", "normal")
        return [
            [w.get(kind, NOTHING.astype(row.dtype)) for w, row in zip(every, rows, strict=True)]
            for kind in which
        ]
    return [None]


def check_rows(name, rows, g, call):
    """Hold what `call(x, *g, offsets)` gives to the exact values of each row."""
    offsets = np.append(0, np.cumsum([row.size for row in rows]))
    more = () if g is None else (np.concatenate(g),)
    results = call(np.concatenate(rows), *more, offsets)
    assert results.dtype == rows[0].dtype
    reduces = FAMILY[name].kind == "segment reduction"
    bounds = np.arange(len(rows) + 1) if reduces else offsets
    for i, row in enumerate(rows):
        part = results[bounds[i] : bounds[i + 1]]
        if not row.size:
            assert part.tolist() in ([], [-np.inf])
            continue
        target = expected(name, row, *(() if g is None else (g[i],)))
        check(target, part, BUDGETS[name], f"{name}, segment {i} ({row[:8]})")


def by_offsets(name):
    return lambda x, *rest: getattr(nl, name)(x, *rest[:-1], offsets=rest[-1])


@pytest.mark.one_in(3)
@each
@pytest.mark.parametrize("longest", [LONGEST_SOON, pytest.param(LONGEST, marks=pytest.mark.slow)])
def test_segments(name, dtype, longest):
    rows = rows_of(dtype, longest)
    for g in cotangents(name, rows):
        check_rows(name, rows, g, by_offsets(name))


@each
def test_short_segments(name, dtype):
    # Side by side, of equal and of unequal lengths.
    mixed = rows_of(dtype, 40)
    for rows in (mixed, sorted(mixed, key=len)):
        for g in cotangents(name, rows):
            check_rows(name, rows, g, by_offsets(name))


@each
def test_segments_in_any_order(name, dtype):
    # Entries of all segments among each other; within a segment they stay in order.
    rows, kind = rows_of(dtype, 40), FAMILY[name].kind
    ids = np.repeat(np.arange(len(rows)), [row.size for row in rows])
    places = np.argsort(np.random.default_rng(2).permutation(ids.size))
    by_id = np.argsort(ids[places], kind="stable")

    def call(x, *rest):
        def spread(u):
            scattered = np.empty_like(u)
            scattered[by_id] = u
            return scattered

        g = rest[:-1] if kind == "segment vjp of a reduction" else map(spread, rest[:-1])
        y = getattr(nl, name)(spread(x), *g, ids[places], num_segments=len(rows))
        return y if kind == "segment reduction" else y[by_id]

    for g in cotangents(name, rows):
        check_rows(name, rows, g, call)


@pytest.mark.parametrize("name", SEGMENTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.slow
def test_long_segments(name, dtype):
    # Of which the exponentials are not kept, among short ones.
    rng = np.random.default_rng(8)
    long = [rng.normal(size=10**5) * s for s in (1, 30)]
    long += [np.append(rng.normal(size=10**5) - 15, 3)]
    rows = [rng.normal(size=n).astype(dtype) for n in (3, 0, 70, 40)]
    rows = [row.astype(dtype) for row in long] + rows
    for g in cotangents(name, rows):
        check_rows(name, rows, g, by_offsets(name))


def random_rows(rng, dtype, count):
    """Rows of random lengths, scales and hard entries."""
    limits = np.finfo(dtype)
    for n in rng.choice([0, 1, 2, 3, 5, 8, 13, 30, 40, 41, 64, 200], size=count):
        row = rng.normal(size=n) * 10.0 ** rng.uniform(-3, 3)
        row += rng.choice([0, 0, 1e3, -1e6])
        if n and rng.random() < 0.3:
            row[rng.integers(n)] += rng.choice([20, 40, 800])
        if n > 1 and rng.random() < 0.2:
            row[rng.random(n) < 0.4] = rng.choice([-np.inf, limits.smallest_subnormal, -0.0])
        if n and np.isneginf(row).all():
            row[0] = 0
        if n > 2 and rng.random() < 0.2:
            row[:2] = row.max() + 1
        yield row.astype(dtype)


@pytest.mark.slow
@pytest.mark.parametrize("name", SEGMENTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_search(name, dtype):
    rng = np.random.default_rng(2024)
    rows = list(random_rows(rng, dtype, 1000))
    for g in cotangents(name, rows):
        check_rows(name, rows, g, by_offsets(name))
