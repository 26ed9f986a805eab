"""Long rows of a few levels: the exact values cost no more than those of short ones.

A row is made of runs, each of so many equal entries. Every definition is that of `oracle`, with
sums in which the terms of a run are multiplied by its length.
"""

import functools
import operator

import numpy as np
from error import Target
from flint import arb, ctx
from oracle import ZERO, log

BITS = 512


def _times(*factors):
    return [functools.reduce(operator.mul, row) for row in zip(*factors, strict=True)]


class Runs:
    """Entries `values`, each so often as `counts` says, in this order."""

    def __init__(self, values, counts, dtype):
        self.values, self.counts = np.asarray(values, dtype), np.asarray(counts)
        self.dtype, self.n = self.values.dtype, int(self.counts.sum())
        self.at = np.cumsum(self.counts) - self.counts
        with ctx.workprec(BITS):
            self._prepare()

    def _prepare(self):
        self.x = [arb(float(v)) for v in self.values]
        self.m = max(self.x)
        self.k = self.x.index(self.m)
        self.gaps = [v - self.m for v in self.x]
        self.terms = [g.exp() for g in self.gaps]
        self.total = self.sum(self.terms)
        self.others = self.but_own(self.terms)
        self.p = [e / self.total for e in self.terms]
        self.q = [o / self.total for o in self.others]
        self.odds = [p / q for p, q in zip(self.p, self.q, strict=True)]
        ties = sum(int(c) for c, v in zip(self.counts, self.x, strict=True) if v == self.m)
        below = [v for v in self.x if v < self.m]
        self.second = self.m if ties > 1 or not below else max(below)
        self.scale = abs(self.m)
        self.scale_without_max = max(self.scale, abs(self.second))

    def spread(self, numbers):
        """An array of the row's length, each number so often as its run is long."""
        return np.repeat(np.asarray(numbers, self.dtype), self.counts)

    def sum(self, numbers):
        """The sum over all entries."""
        return sum((int(c) * v for c, v in zip(self.counts, numbers, strict=True)), ZERO)

    def but_own(self, numbers):
        """For an entry of each run the sum over all others."""
        total = self.sum(numbers)
        return [total - v for v in numbers]

    def target(self, name, *weights):
        """The Target of a function at an entry of each run, or of the row; weights a run each."""
        with ctx.workprec(BITS):
            weights = [[arb(float(v)) for v in np.asarray(w, self.dtype)] for w in weights]
            target = Target(*_with_dtype(FUNCTIONS[name](self, *weights), self.dtype.type))
        assert target.certain
        return target


def _with_dtype(pair, dtype):
    return pair[0], dtype, pair[1]


# --- values --------------------------------------------------------------------------------------


def softmax(row):
    return row.p, None


def log_softmax(row):
    return [g - log(row.total) for g in row.gaps], None


def log1m_softmax(row):
    return [log(q) for q in row.q], None


def loo_logsumexp(row):
    scales = [row.scale_without_max if i == row.k else row.scale for i in range(len(row.x))]
    return [row.m + log(o) for o in row.others], scales


def logcumsumexp(row):
    """At the last entry of each run."""
    values, scales, total, top = [], [], ZERO, row.x[0]
    for x, e, count in zip(row.x, row.terms, row.counts, strict=True):
        total, top = total + int(count) * e, max(top, x)
        values.append(row.m + log(total))
        scales.append(abs(top))
    return values, scales


def logsumexp(row):
    return [row.m + log(row.total)], [row.scale]


def logsumexp_excluding_max(row):
    return [row.m + log(row.others[row.k])], [row.scale_without_max]


def logmeanexp(row):
    return [row.m + log(row.total / row.n)], [row.scale]


def logvarexp(row):
    mean = row.total / row.n
    squares = [(e - mean) ** 2 for e in row.terms]
    return [2 * row.m + log(row.sum(squares) / row.n)], [2 * row.scale]


# --- derivatives ---------------------------------------------------------------------------------


def _slopes_of_variance(row):
    mean = row.total / row.n
    total = row.sum([(e - mean) ** 2 for e in row.terms])
    if total.is_zero():
        return [ZERO] * len(row.x), [ZERO] * len(row.x)
    both = [min(e + mean, (1 - e) + (1 - mean)) for e in row.terms]
    return [2 * e * (e - mean) / total for e in row.terms], [
        2 * e * b / total for e, b in zip(row.terms, both, strict=True)
    ]


def logvarexp_vjp(row, g):
    values, scales = _slopes_of_variance(row)
    return [g[0] * v for v in values], [abs(g[0]) * v for v in scales]


def logvarexp_jvp(row, t):
    values, scales = _slopes_of_variance(row)
    return [row.sum(_times(values, t))], [row.sum(_times(scales, _magnitudes(t)))]


def _magnitudes(numbers):
    return [abs(v) for v in numbers]


def softmax_vjp(row, g):
    shares = _times(row.p, g)
    others, scales = row.but_own(shares), row.but_own(_magnitudes(shares))
    columns = list(zip(row.p, row.q, g, others, scales, strict=True))
    values = [p * (v * q - o) for p, q, v, o, _ in columns]
    return values, [p * (abs(v) * q + s) for p, q, v, _, s in columns]


def log_softmax_vjp(row, g):
    total, others = row.sum(g), row.but_own(_magnitudes(g))
    values = [v - p * total for v, p in zip(g, row.p, strict=True)]
    columns = zip(g, row.p, row.q, others, strict=True)
    return values, [abs(v) * q + p * o for v, p, q, o in columns]


def log1m_softmax_vjp(row, g):
    terms = _times(g, row.odds)
    others, scales = row.but_own(terms), row.but_own(_magnitudes(terms))
    values = [p * (o - v) for p, o, v in zip(row.p, others, g, strict=True)]
    return values, [p * (s + abs(v)) for p, s, v in zip(row.p, scales, g, strict=True)]


def loo_logsumexp_vjp(row, g):
    terms = [v / o for v, o in zip(g, row.others, strict=True)]
    scales = row.but_own(_magnitudes(terms))
    return _times(row.terms, row.but_own(terms)), _times(row.terms, scales)


def log_softmax_jvp(row, t):
    shares = _times(row.p, t)
    others, scales = row.but_own(shares), row.but_own(_magnitudes(shares))
    values = [v * q - o for v, q, o in zip(t, row.q, others, strict=True)]
    return values, [abs(v) * q + s for v, q, s in zip(t, row.q, scales, strict=True)]


def log1m_softmax_jvp(row, t):
    shares = _times(row.p, t)
    others, scales = row.but_own(shares), row.but_own(_magnitudes(shares))
    values = [r * o - v for r, o, v in zip(row.odds, others, shares, strict=True)]
    return values, [r * s + abs(v) for r, s, v in zip(row.odds, scales, shares, strict=True)]


def loo_logsumexp_jvp(row, t):
    terms = _times(row.terms, t)
    parts = row.but_own(terms), row.but_own(_magnitudes(terms))
    return tuple([v / o for v, o in zip(part, row.others, strict=True)] for part in parts)


def logsumexp_vjp(row, g):
    return [p * g[0] for p in row.p], None


def logsumexp_jvp(row, t):
    shares = _times(row.p, t)
    return [row.sum(shares)], [row.sum(_magnitudes(shares))]


def log1m_softmax_hvp(row, g, t):
    values = _hessian_times(row, g, t, -1)
    return values, _hessian_times(row, _magnitudes(g), _magnitudes(t), 1)


def _hessian_times(row, g, t, sign):
    # As in `oracle`, term by term; with a sign of 1 all terms are added.
    shares = _times(row.p, t)
    rest = row.but_own(shares)
    weighted = _times(g, row.odds)
    first = row.but_own(weighted)
    second = row.but_own(_times(weighted, [r + 2 for r in row.odds], rest))
    third = row.but_own(_times(g, shares))
    own = [v + sign * q * w for v, q, w in zip(rest, row.q, t, strict=True)]
    columns = zip(row.p, t, first, second, third, g, own, strict=True)
    return [p * (w * a + sign * b + c + v * o) for p, w, a, b, c, v, o in columns]


# --- losses --------------------------------------------------------------------------------------


def cross_entropy(row, m):
    return [-row.sum(_times(m, log_softmax(row)[0]))], None


def complement_cross_entropy(row, w):
    return [-row.sum(_times(w, log1m_softmax(row)[0]))], None


def softmax_binary_cross_entropy(row, m):
    others = [1 - v for v in m]
    return [cross_entropy(row, m)[0][0] + complement_cross_entropy(row, others)[0][0]], None


def cross_entropy_gradient(row, m):
    values, scales = log_softmax_vjp(row, m)
    return [-v for v in values], scales


def complement_cross_entropy_gradient(row, w):
    values, scales = log1m_softmax_vjp(row, w)
    return [-v for v in values], scales


def softmax_binary_cross_entropy_gradient(row, m):
    parts = cross_entropy_gradient(row, m)
    others = complement_cross_entropy_gradient(row, [1 - v for v in m])
    return tuple(
        [a + b for a, b in zip(*two, strict=True)] for two in zip(parts, others, strict=True)
    )


MAPS = {f.__name__: f for f in (softmax, log_softmax, log1m_softmax, loo_logsumexp)}
REDUCTIONS = {f.__name__: f for f in (logsumexp, logsumexp_excluding_max, logmeanexp, logvarexp)}
WEIGHTED = {  # with a weight for each entry and a result for each
    f.__name__: f
    for f in (
        softmax_vjp,
        log_softmax_vjp,
        log1m_softmax_vjp,
        loo_logsumexp_vjp,
        log_softmax_jvp,
        log1m_softmax_jvp,
        loo_logsumexp_jvp,
    )
} | {"softmax_jvp": softmax_vjp}
ROW_JVPS = {
    "logsumexp_jvp": logsumexp_jvp,
    "logmeanexp_jvp": logsumexp_jvp,
    "logvarexp_jvp": logvarexp_jvp,
}
ROW_VJPS = {
    "logsumexp_vjp": logsumexp_vjp,
    "logmeanexp_vjp": logsumexp_vjp,
    "logvarexp_vjp": logvarexp_vjp,
}
LOSSES = {
    f.__name__: f for f in (cross_entropy, complement_cross_entropy, softmax_binary_cross_entropy)
}
GRADIENTS = {
    f.__name__: f
    for f in (
        cross_entropy_gradient,
        complement_cross_entropy_gradient,
        softmax_binary_cross_entropy_gradient,
    )
}
FUNCTIONS = {
    **MAPS, **REDUCTIONS, **WEIGHTED, **ROW_JVPS, **ROW_VJPS, **LOSSES, **GRADIENTS,
    "logcumsumexp": logcumsumexp, "log1m_softmax_hvp": log1m_softmax_hvp,
}  # fmt: skip
