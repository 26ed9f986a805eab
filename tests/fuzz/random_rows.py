"""Random numbers that hurt: rows, cotangents, in any dtype."""

import numpy as np
from arrays import from_rows


def hard_row(rng, n):
    # One row of doubles that hurts in one way.
    normal = rng.normal(size=n)
    way = rng.integers(14)
    if way <= 2:
        row = normal * 10.0 ** rng.uniform(-3, 2.5)
    elif way == 3:
        row = normal - rng.choice([5, 17, 38, 90, 104, 700, 746])
        row[rng.integers(n)] = rng.normal()
    elif way == 4:
        row = rng.choice(normal[:3], n)  # ties
    elif way == 5:
        row = normal * 3 + rng.choice([1e3, -1e3, 1e6, -1e6, 1e12, -1e15])
    elif way == 6:
        row = normal * 1e-6 + rng.choice([0, 1.5, -3, 1000])
    elif way == 7:
        row = np.full(n, rng.normal())
    elif way == 8:
        row = -rng.random(n) * rng.choice([1, 90, 110, 750])
        row[rng.integers(n)] = rng.choice([0.0, -0.0])
    elif way == 9:
        row = rng.uniform(-6, 0, n)
        row -= row.max() + np.log(np.exp(row - row.max()).sum()) * rng.choice([0.4, 0.8, 1, 1.1])
    elif way == 10:
        row = normal * rng.choice([1e-30, 1e-40, 1e-310, 5e-324])
    elif way == 11:
        row = rng.integers(-3, 4, n).astype(float)
    elif way == 12:
        row = normal * rng.choice([1e4, 1e30, 1e38, 1e300])
    else:
        row = np.where(rng.random(n) < 0.5, -rng.choice([30.0, 88, 745]), normal)
    if rng.random() < 0.25:
        _season(rng, row)
    return row


def _season(rng, row):
    # A few special numbers.
    n = len(row)
    for _ in range(rng.integers(1, 3)):
        special = rng.choice([-np.inf, -np.inf, -np.inf, -np.inf, np.inf, np.inf, np.nan, -0.0])
        row[rng.integers(n, size=rng.choice([1, 1, 1, 2, max(1, n // 2)]))] = special
    if rng.random() < 0.04:
        row[:] = -np.inf


def cast(values, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind in "iub":
        limits = (0, 1) if dtype.kind == "b" else (max(np.iinfo(dtype).min, -(2**40)), 100)
        values = np.clip(np.nan_to_num(values, posinf=3, neginf=-3), *limits)
    with np.errstate(all="ignore"):
        return values.astype(dtype)


def numbers(rng, shape, axes, dtype):
    # Rows along the axes; where there are many, some are the same.
    n = int(np.prod([shape[a] for a in axes], dtype=int))
    count = int(np.prod(shape, dtype=int)) // n if n else 0
    if not n or not count:
        return np.zeros(shape, dtype)
    some = np.array([hard_row(rng, n) for _ in range(min(count, 24))])
    rows = some[np.arange(count) % len(some)]
    return cast(from_rows(rows, shape, axes), dtype)


def weights(rng, shape, dtype):
    # A cotangent or a tangent.
    values = rng.normal(size=shape)
    way = rng.integers(6)
    if way == 0:
        values = np.where(rng.random(shape) < 0.7, 0.0, values)
    elif way == 1:
        values = np.ones(shape)
    elif way == 2:
        values = values * 10.0 ** rng.uniform(-5, 4)
    elif way == 3:
        values = values * (1e-43 if np.dtype(dtype).itemsize < 8 else 1e-320)
    return cast(values, dtype)
