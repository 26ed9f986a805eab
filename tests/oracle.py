"""Every public function by its definition, in ball arithmetic with as many bits as it takes."""

import functools
import itertools

import numpy as np
from error import Target
from flint import arb, ctx

ZERO = arb(0)
FIRST_BITS, MOST_BITS = 256, 1 << 14


def log(value):
    """The logarithm, -inf at exactly 0."""
    return arb.neg_inf() if value.is_zero() else value.log()


def without_own(terms):
    """For each term the sum of all others, without subtraction."""
    before = itertools.accumulate(terms[:-1], initial=ZERO)
    after = list(itertools.accumulate(terms[:0:-1], initial=ZERO))
    return [a + b for a, b in zip(before, reversed(after), strict=True)]


class Row:
    """The numbers of one row that several definitions share, m its first maximum, at k."""

    def __init__(self, x):
        self.x = [arb(v) for v in x]
        self.n, self.k = len(x), x.index(max(x))
        self.m = self.x[self.k]
        self.gaps = [v - self.m for v in self.x]
        self.terms = [d.exp() for d in self.gaps]

    @functools.cached_property
    def total(self):
        return sum(self.terms, ZERO)

    @functools.cached_property
    def others(self):
        return without_own(self.terms)

    @functools.cached_property
    def p(self):
        return [e / self.total for e in self.terms]

    @functools.cached_property
    def q(self):
        return [o / self.total for o in self.others]

    @functools.cached_property
    def odds(self):
        return [p / q for p, q in zip(self.p, self.q, strict=True)]

    @functools.cached_property
    def scale(self):
        return abs(self.m)

    @functools.cached_property
    def scale_without_max(self):
        rest = [v for i, v in enumerate(self.x) if i != self.k and v.is_finite()]
        return max(self.scale, abs(max(rest, default=self.m)))


# Definitions over a row: the values, and the magnitudes that errors may be relative to.


def softmax(row):
    return row.p, None


def log_softmax(row):
    log_total = log(row.total)
    return [d - log_total for d in row.gaps], None


def log1m_softmax(row):
    return [log(q) for q in row.q], None


def loo_logsumexp(row):
    scales = [row.scale_without_max if i == row.k else row.scale for i in range(row.n)]
    return [row.m + log(o) for o in row.others], scales


def logcumsumexp(row):
    scales = [abs(m) if m.is_finite() else ZERO for m in itertools.accumulate(row.x, max)]
    return [row.m + log(s) for s in itertools.accumulate(row.terms)], scales


def logsumexp(row):
    return [row.m + log(row.total)], [row.scale]


def logsumexp_excluding_max(row):
    return [row.m + log(row.others[row.k])], [row.scale_without_max]


def logmeanexp(row):
    return [row.m + log(row.total / row.n)], [row.scale]


def weighted_logsumexp(row, b):
    """log |sum b exp(x)|: cancellation counts as a scale too, as do large weights."""
    terms = [w * e for w, e in zip(b, row.terms, strict=True)]
    total, largest = abs(sum(terms, ZERO)), max(abs(t) for t in terms)
    scale = max(row.scale, abs(row.m + log(largest)))
    if total.is_zero():
        return [arb.neg_inf()], None
    return [row.m + log(total)], [max(scale, sum(abs(t) for t in terms) / total)]


# Gradients of sum(g * y), relative to the sum over i of |g_i dy_i/dx_j|. The -inf of a class that
# holds all probability counts as constant, and an entry of -inf as absent.


def log_softmax_vjp(row, g):
    g = [ZERO if e.is_zero() else v for v, e in zip(g, row.terms, strict=True)]
    total, others = sum(g, ZERO), without_own([abs(v) for v in g])
    values = [v - p * total for v, p in zip(g, row.p, strict=True)]
    columns = zip(g, row.p, row.q, others, strict=True)
    return values, [abs(v) * q + p * o for v, p, q, o in columns]


def log1m_softmax_vjp(row, g):
    if row.q[row.k].is_zero():
        return [ZERO] * row.n, None
    terms = [v * r for v, r in zip(g, row.odds, strict=True)]
    others, scales = without_own(terms), without_own([abs(t) for t in terms])
    values = [p * (o - v) for p, o, v in zip(row.p, others, g, strict=True)]
    return values, [p * (s + abs(v)) for p, s, v in zip(row.p, scales, g, strict=True)]


def log1m_softmax_jacobian(row):
    if row.q[row.k].is_zero():
        return [ZERO] * row.n**2, None
    pairs = itertools.product(range(row.n), repeat=2)
    return [-row.p[i] if i == j else row.odds[i] * row.p[j] for i, j in pairs], None


MAPS = {f.__name__: f for f in (softmax, log_softmax, log1m_softmax, loo_logsumexp, logcumsumexp)}
REDUCTIONS = {f.__name__: f for f in (logsumexp, logsumexp_excluding_max, logmeanexp)}
VJPS = {f.__name__: f for f in (log_softmax_vjp, log1m_softmax_vjp)}
JACOBIANS = {f.__name__: f for f in (log1m_softmax_jacobian,)}
ROW_FUNCTIONS = MAPS | REDUCTIONS | VJPS | JACOBIANS
ROW_FUNCTIONS["weighted_logsumexp"] = weighted_logsumexp


def logistic(x):
    return 1 / (1 + (-x).exp())


def log_mix(t, x, y):
    m = max(x, y)
    return m + log(logistic(t) * (x - m).exp() + logistic(-t) * (y - m).exp())


ELEMENTWISE = {
    "log1mexp": lambda x: log(-x.expm1()),
    "log1pexp": lambda x: x.exp().log1p(),
    "logaddexp": lambda x, y: log(x.exp() + y.exp()),
    "logsubexp": lambda x, y: log(x.exp() - y.exp()),
    "logistic": logistic,
    "logit": lambda x: log(x / (1 - x)),
    "log_sigmoid": lambda x: -(-x).exp().log1p(),
    "log1m_sigmoid": lambda x: -x.exp().log1p(),
    "xlogy": lambda x, y: x * log(y),
    "xlog1py": lambda x, y: x * y.log1p(),
    "log_mix": log_mix,
    "log_mix_dt": lambda t, x, y: logistic(t + x - y) * logistic(-t) * -(y - x).expm1(),
    "log_mix_dx": lambda t, x, y: logistic(t + x - y),
    "log_mix_dy": lambda t, x, y: logistic(y - x - t),
}
RELATIVE_TO_LARGER = {
    **dict.fromkeys(("logaddexp", "logsubexp"), lambda x, y: max(abs(x), abs(y))),
    "log_mix": lambda t, x, y: abs(max(x, y)),
}


@functools.lru_cache(maxsize=8)
def _row(data, dtype, bits):
    return Row(np.frombuffer(data, dtype).tolist())


def _row_target(name, dtype, bits, x, *more):
    row = _row(x, dtype, bits)
    more = [[arb(v) for v in np.frombuffer(g, dtype).tolist()] for g in more]
    values, scales = ROW_FUNCTIONS[name](row, *more)
    return Target(values, dtype, scales)


def _point_target(name, dtype, bits, *points):
    point = [arb(np.frombuffer(p, dtype)[0].item()) for p in points]
    scales = [RELATIVE_TO_LARGER[name](*point)] if name in RELATIVE_TO_LARGER else None
    return Target([ELEMENTWISE[name](*point)], dtype, scales)


@functools.cache
def _certain(name, dtype, *arguments):
    # Bits are doubled until every ball is far smaller than the spacing of the result.
    make = _point_target if name in ELEMENTWISE else _row_target
    bits = FIRST_BITS
    while bits <= MOST_BITS:
        with ctx.workprec(bits):
            target = make(name, dtype, bits, *arguments)
        if target.certain:
            return target
        bits *= 2
    raise ArithmeticError(f"{name}: {MOST_BITS} bits are not enough")


def expected(name, *arguments):
    """The Target of a function at one row (and the weights g), or at one point."""
    arguments = [np.ascontiguousarray(a) for a in arguments]
    return _certain(name, arguments[0].dtype.type, *(a.tobytes() for a in arguments))


def exact_sign(x, b):
    """The sign of sum b exp(x)."""
    with ctx.workprec(2 * MOST_BITS // 8):
        row = Row(x.tolist())
        total = sum((w * e for w, e in zip(b.tolist(), row.terms, strict=True)), ZERO)
        return (total > 0) - (total < 0)
