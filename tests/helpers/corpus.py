"""The inputs of the accuracy tests: rows that hurt, and layouts that carry them through memory."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

DTYPES = {"float32": np.float32, "float64": np.float64}

# Where a test needs kernels that no other has compiled, float32 can wait.
float64_soon = pytest.mark.parametrize(
    "dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)]
)

FORUM = (
    [-1000, -1000, 0],
    [-1000, -1000, 1000],
    [-1000, 1000, 1000],
    [-1000, -1000, 2],
    [1000, -1000, -1000.5],
    [1e-15, 2e-15, 3e-15],
    [0.1915, 0.3306, 0.2306, 0.8936, -0.2044],
    [0.7893, -0.9312, -1.9368, -0.2072, -1.0539, 1.0529, 1.3023, -0.4860],
    [-0.040429, -1000, -0.81404, 1.3722, 0.50596, -0.48234, -0.78525, 0.66808],
    [-0.44394, 1000, 0.59861, 0.64581, 0.63061, -1.4668, -0.67976, -0.69703],
)


def _ladder(dtype, start, steps):
    # Neighbouring floats, from `start` upwards.
    row = [dtype(start)]
    for _ in range(steps):
        row.append(np.nextafter(row[-1], dtype(np.inf)))
    return row


def _sweep(rng):
    for c in range(0, 101, 5):
        row = rng.normal(size=100)
        row[c % 7] = c
        yield row


def _offsets(rng, dtype):
    for offset in (1e3, -1e3, 1e6, -1e6) + (1e12, 1e15, -1e15) * (dtype is np.float64):
        yield rng.normal(size=50) * 3 + offset


def _gaps(rng, many):
    for gap in (0, 0.5, 1, 5, 15, 17, 25, 36, 38, 60, 87, 88, 100, 104, 300, 708, 740, 746, 800):
        if many:
            yield np.append(-gap - rng.random(60), 0.25)
        else:
            yield [0, -gap]
            yield [1.5 - gap, 1.5]


def _subnormals(dtype):
    # Rows whose softmax, or the rest of whose sum, is subnormal.
    limits = np.finfo(dtype)
    normal, least = np.log(float(limits.tiny)), np.log(float(limits.smallest_subnormal))
    yield np.append(np.linspace(normal + 1, least - 1, 40), 0)
    yield np.append(np.full(500, least + 0.5), [-1, 0])
    yield np.append(np.full(500, least - 0.5), [0])
    yield [0, normal]
    yield [0, least]
    yield [3, 3 + normal, 3 + least]
    yield [float(limits.tiny), float(limits.smallest_subnormal), 0]


def _half_cancelled(rng):
    # The sum is near 1, though the maximum is not near 0: the logarithm of the sum and the
    # maximum cancel to a small part, and what both have been rounded by counts more than once.
    for n in (2, 3, 5, 9, 20, 60):
        for share in (0.4, 0.5, 0.8, 1.1):
            row = rng.uniform(-6, 0, n)
            row -= row.max()
            yield row - np.log(np.exp(row).sum()) * share


def _extremes(dtype):
    top, least = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    yield from ([top, -top], [top, top, 1], [-top, -top], [top], [-top], [-top, 0, 1])
    yield from ([top / 2, 3, -top / 2], [least, -least, 0], [least], [top, top / 2, -top])


@np.errstate(all="ignore")
def regimes(dtype):
    """Name -> rows of a dtype."""
    rng = np.random.default_rng(20240229)
    inf = np.inf
    rows = {
        "forum": FORUM,
        "sweep": _sweep(rng),
        "offset": _offsets(rng, dtype),
        "gap of two": _gaps(rng, many=False),
        "gap of many": _gaps(rng, many=True),
        "subnormal": _subnormals(dtype),
        "tie": ([2, 2, 2, 1, -30], [0, 0, -40], [5, 5], [-700, 0, 0, -700], [1e6, 1e6, 1]),
        "near tie": (
            *(_ladder(dtype, x, 1) for x in (0, 1, -1, 1e4, 1e-30)),
            *([*_ladder(dtype, x, 3), x - 40] for x in (0.75, -3, 1e3)),
            1.5 + rng.normal(size=77) * 1e-6,
        ),
        "equal": (np.full(7, 0.1), np.full(1000, -3.3), np.append(np.full(333, 2.7), 2.8)),
        "near one class": ([0, -1e-20], [0, -0.0], [0, -5, -40], [0, -5, -800], [-1e-9, -60]),
        "length one": ([3], [-1e4], [0], [1e-30]),
        "length two": rng.normal(size=(12, 2)) * np.geomspace(1e-6, 1e3, 12)[:, None],
        "minus inf": (
            [0, -inf, 1],
            [-inf, 5, -inf, -inf],
            [-inf, 2, 2],
            np.where(rng.random(90) < 0.5, -inf, rng.normal(size=90) * 20),
        ),
        "normal": [rng.normal(size=n) * s for n in (3, 9, 17, 41, 333) for s in (0.01, 1, 30)],
        "spread": [rng.normal(size=n) * 200 for n in (5, 64, 300)],
        "half cancelled": _half_cancelled(np.random.default_rng(1)),
        "extremes": _extremes(dtype),
        "long": (
            rng.normal(size=10_000),
            np.append(rng.normal(size=9_999) - 12, 4),
            np.full(10_000, 0.1),
            np.append(-20 - rng.random(33_000), 0),
        ),
    }
    return {name: _typed(r, dtype) for name, r in rows.items()}


def long_regimes(dtype):
    """Name -> rows of a dtype that take the oracle long."""
    rng = np.random.default_rng(7)
    rows = {
        "10^5": (rng.normal(size=10**5), np.append(rng.normal(size=10**5) - 15, 3)),
        "10^6": (rng.normal(size=10**6), np.full(10**6, 0.3)),
    }
    return {name: _typed(r, dtype) for name, r in rows.items()}


def _typed(rows, dtype):
    return [np.asarray(row, dtype) for row in rows]


def weights_of(row):
    """Name -> weights of the entries of a row, such as derivatives take."""
    rng = np.random.default_rng(row.size)
    one_hot = np.zeros_like(row)
    one_hot[np.argmax(row)] = 1
    signed = rng.normal(size=row.size).astype(row.dtype)
    return {"one hot": one_hot, "all others": one_hot - 1, "normal": signed}


def targets_of(row):
    """Targets of the classes that a row scores."""
    rng = np.random.default_rng(row.size)
    top, other = np.zeros((2, row.size), row.dtype)
    top[np.argmax(row)] = 1
    other[np.argmin(row)] = 1
    yield from (top, other, rng.random(row.size).astype(row.dtype))
    yield np.where(rng.random(row.size) < 0.5, 0, 1e-30).astype(row.dtype)


REGIMES = tuple(regimes(np.float64))
LONG_REGIMES = ("10^5", "10^6")


# --- random points of the elementwise functions --------------------------------------------------


def _moderate(rng, count, dtype, largest=32):
    # Of all sizes from 1/16 to the largest, dense at each, and of both signs.
    exponents = rng.integers(-4, int(np.log2(largest)), count, endpoint=True)
    return np.ldexp(rng.uniform(-1, 1, count), exponents).astype(dtype)


def _random_pairs(rng, count, dtype, ordered):
    x = _moderate(rng, count, dtype)
    apart = abs(_moderate(rng, count, dtype))
    y = x - apart
    if ordered:
        return x, y
    swapped = rng.integers(0, 2, count, dtype=bool)
    return np.where(swapped, y, x), np.where(swapped, x, y)


def _shares(rng, count, dtype):
    # In (0, 1): evenly, and near both ends.
    p = rng.random(count)
    p[::4] = np.exp2(-20 * p[::4])
    p[1::4] = 1 - np.exp2(-20 * p[1::4])
    return p.astype(dtype)


def _above(lowest):
    def points(rng, count, dtype):
        x, y = (_moderate(rng, count, dtype) for _ in range(2))
        return x, np.where(y > lowest, y, abs(y))

    return points


def _one(rng, count, dtype):
    return (_moderate(rng, count, dtype),)


def _three(rng, count, dtype):
    return _moderate(rng, count, dtype), *_random_pairs(rng, count, dtype, ordered=False)


def _positive_pairs(rng, count, dtype):
    # Anywhere, and near each other.
    x, y = abs(_moderate(rng, count, dtype)), abs(_moderate(rng, count, dtype))
    y[::2] = x[::2] * (1 + rng.normal(size=x[::2].size) * np.exp2(-20 * rng.random(x[::2].size)))
    return x, abs(y)


def _below_log_2(rng, count, dtype):
    x = _moderate(rng, count, dtype)
    x[::4] = np.log(2) - np.exp2(-20 * rng.random(x[::4].size))
    return (np.where(x < np.log(2), x, -x),)


POINTS = {
    "log1mexp": lambda *of: (-abs(_moderate(*of)),),
    "logaddexp": lambda *of: _random_pairs(*of, ordered=False),
    **dict.fromkeys(
        ("logsubexp", "log_inv_logit_diff"), lambda *of: _random_pairs(*of, ordered=True)
    ),
    **dict.fromkeys(("rel_entr", "kl_div"), _positive_pairs),
    **dict.fromkeys(("logit", "cloglog"), lambda *of: (_shares(*of),)),
    "logitexp": lambda *of: (-abs(_moderate(*of)),),
    **dict.fromkeys(("logexpm1", "logmxp1", "xlogx", "entr"), lambda *of: (abs(_moderate(*of)),)),
    "log2mexp": _below_log_2,
    "log1pmx": lambda *of: (np.where((x := _moderate(*of)) > -1, x, abs(x)),),
    "xlogy": _above(0),
    "xlog1py": _above(-1),
    **dict.fromkeys(("log_mix", "log_mix_dt", "log_mix_dx", "log_mix_dy"), _three),
}


def moderate_points(name, rng, count, dtype):
    """Random moderate arguments of an elementwise function, each an array."""
    return POINTS.get(name, _one)(rng, count, dtype)


# --- points of the elementwise functions -------------------------------------------------------


def _magnitudes(dtype):
    limits = np.finfo(dtype)
    low, high = np.log10(float(limits.smallest_subnormal)), np.log10(float(limits.max))
    rng = np.random.default_rng(3)
    ends = [limits.max, limits.tiny, limits.smallest_subnormal]
    around = np.concatenate([_ladder(dtype, c, 3) for c in (0.5, np.log(2), 1, 2, 18, 37)])
    wide = 10.0 ** np.linspace(low, np.nextafter(high, 0), 200)
    parts = [wide, rng.random(200) * 3, rng.random(150) * 60, rng.random(150) * 760]
    values = np.concatenate([ends, around, *parts]).astype(dtype)
    return values[np.isfinite(values) & (values > 0)]


RANDOM_POINTS = 500


@np.errstate(all="ignore")
def points(name, dtype):
    """Arguments of an elementwise function, each an array."""
    random = moderate_points(name, np.random.default_rng(6), RANDOM_POINTS, dtype)
    pairs = zip(_hard_points(name, dtype), random, strict=True)
    return tuple(np.concatenate(pair) for pair in pairs)


def _hard_points(name, dtype):
    positive = _magnitudes(dtype)
    both = np.concatenate([positive, -positive, [dtype(0)]])
    shuffled = np.random.default_rng(4).permutation(both)
    below_one = positive[positive < 1]
    if name in ("log1mexp", "logitexp"):
        return (-positive,)
    if name in ("logexpm1", "logmxp1", "xlogx", "entr"):
        return (positive,)
    if name in ("rel_entr", "kl_div"):
        near = np.concatenate([positive * dtype(f) for f in (0.385, 0.4, 0.51, 1.001, 1.99, 3)])
        near = np.concatenate([near, np.nextafter(positive, dtype(0)), positive[::-1]])
        near = np.clip(near, np.finfo(dtype).smallest_subnormal, np.finfo(dtype).max)
        return np.resize(positive, near.size), near
    if name in ("logit", "cloglog"):
        return (np.concatenate([below_one, 1 - below_one[below_one > 1e-4]]),)
    if name == "log1pmx":
        near = below_one[below_one > np.finfo(dtype).eps]
        return (np.concatenate([positive, -below_one, near - 1]),)
    if name == "log2mexp":
        return (both[both < np.log(2)],)
    if name == "xlogy":
        return shuffled, np.abs(np.where(both == 0, dtype(1), both))
    if name == "xlog1py":
        second = np.concatenate([positive, -below_one, below_one - 1])
        second = second[second > -1]
        return np.resize(shuffled, second.size), second
    if name in ("logaddexp", "logsubexp", "log_inv_logit_diff"):
        lower = np.concatenate([both, shuffled[: both.size // 2]])
        return _pairs(lower, both, positive, name != "logaddexp")
    if name.startswith("log_mix"):
        return _triples(both, positive, shuffled)
    return (both,)


def _triples(both, gaps, shuffled):
    # Pairs with log-odds of all sizes, of about their distance, and such that they almost cancel.
    x, y = _pairs(both, both[::3], gaps[::3], ordered=False)
    rng = np.random.default_rng(5)
    small, moderate = rng.normal(size=gaps.size), rng.normal(size=both.size) * 40
    above, below = np.abs(moderate) / 30, -np.abs(moderate[::-1]) / 30
    cancelling = np.log(-np.expm1(below)) - np.log(np.expm1(above))
    cases = (
        (np.resize(shuffled, x.size), x, y),
        (np.resize(moderate, x.size), x, y),
        (y - x + np.resize(small, x.size), x, y),
        (np.resize(moderate, 2 * both.size), *rng.normal(size=(2, 2 * both.size)) * 20),
        (cancelling, above, below),
        (-cancelling, below, above),
        (np.resize(both, 8 * 30), *rng.choice([0, 1, -1, 1e-5, -745, -800], (2, 8 * 30))),
    )
    t, x, y = (np.concatenate(parts).astype(both.dtype) for parts in zip(*cases, strict=True))
    keep = np.isfinite(t) & np.isfinite(x) & np.isfinite(y)
    return t[keep], x[keep], y[keep]


def _pairs(lower, both, gaps, ordered):
    # Pairs at all gaps: x and y anywhere, and y below x by a given gap or a few neighbours.
    x = np.concatenate([lower, np.resize(both, 3 * gaps.size), both])
    near = np.resize(both, 3 * gaps.size) - np.resize(gaps, 3 * gaps.size)
    y = np.concatenate([np.resize(both[::-1], lower.size), near, np.nextafter(both, -np.inf)])
    if ordered:
        x, y = np.maximum(x, y), np.minimum(x, y)
    keep = np.isfinite(x) & np.isfinite(y) & ((x > y) if ordered else True)
    return x[keep], y[keep]


# --- layouts -----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Layout:
    """How a row lies in the array of a call: `place(row, fill)` makes the array.

    A `length` is that of the longer row, otherwise of the value `fill`, which the row is
    scattered over; rows longer than `longest` are left out.
    """

    place: Callable = lambda row, fill: row.copy()
    axis: int = -1
    length: int = 0
    longest: int = 10**7
    in_place: bool = False
    options: dict = dataclasses.field(default_factory=dict)

    def takes(self, n, name):
        """Whether the row fits, and its padding changes nothing (a mean counts entries)."""
        padded = n < self.length
        return n <= self.longest and not (padded and name.startswith(("logmeanexp", "logvarexp")))

    def array(self, row, fill=-np.inf):
        """The array of the call."""
        if row.size < self.length:
            long = np.full(self.length, fill, row.dtype)
            long[self._positions(row.size)] = row
            row = long
        return self.place(row, fill)

    def entries(self, result, n):
        """What belongs to the entries of the row, with its axis last."""
        result = np.moveaxis(result, self.axis, -1)
        return result[..., self._positions(n)] if n < self.length else result

    def _positions(self, n):
        return np.linspace(1, self.length - 1, n).astype(int)


def _columns(count):
    return lambda row, fill: np.repeat(row[:, None], count, axis=1)


def _rows(count):
    return lambda row, fill: np.repeat(row[None], count, axis=0)


def _blocks(row, fill):
    return np.repeat(np.repeat(row[None, :, None], 9, axis=0), 2, axis=2)


def _strided(row, fill):
    return np.repeat(row[::-1], 3)[::-3]


LAYOUTS = {
    "row": Layout(),
    "long row": Layout(length=5_000),
    "shared row": Layout(length=33_000, options={"workers": 2}),
    "rows": Layout(_rows(3), longest=40_000),
    "short rows": Layout(_rows(37), longest=40),
    "short columns": Layout(_columns(37), axis=0, longest=40),
    "two columns": Layout(_columns(2), axis=0),
    "blocks of two columns": Layout(_blocks, axis=1, length=41, longest=8_192),
    "columns": Layout(_columns(37), axis=0, length=41, longest=8_192),
    "long columns": Layout(_columns(17), axis=0, length=8_200, longest=40_000),
    "strided": Layout(_strided),
    "strided columns": Layout(lambda r, fill: _columns(9)(_strided(r, fill), fill), axis=0),
    "in place": Layout(in_place=True),
    "short rows in place": Layout(_rows(37), longest=40, in_place=True),
    "columns in place": Layout(_columns(37), axis=0, length=41, longest=8_192, in_place=True),
}


def call(function, layout, row, reduces=False, weights=()):
    """Call a function on a row in a layout; the results, with the entries of the row last."""
    x = layout.array(row)
    more = [layout.array(w, 0.0) for w in weights]
    options = dict(layout.options, **({"out": x} if layout.in_place else {}))
    result = function(x, *more, axis=layout.axis, **options)
    if reduces:
        return np.asarray(result)[..., None]
    return layout.entries(result, row.size)
