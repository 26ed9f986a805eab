"""Every public function by its definition, in ball arithmetic with as many bits as it takes."""

import functools
import itertools

import numpy as np
from error import Target
from flint import arb, ctx

from numba_logspace._family import FAMILY, WEIGHTED_LOGSUMEXP, named

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
    def p_of_others(self):
        # The softmax over the entries other than the first maximum, which has 0.
        rest = self.others[self.k]
        shares = [ZERO if rest.is_zero() else e / rest for e in self.terms]
        return [*shares[: self.k], ZERO, *shares[self.k + 1 :]]

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


def logvarexp(row):
    mean = row.total / row.n
    variance = sum(((e - mean) ** 2 for e in row.terms), ZERO) / row.n
    return [2 * row.m + log(variance)], [2 * row.scale]


def weighted_logsumexp(row, b):
    """log |sum b exp(x)|, relative to the logarithm of the largest term too."""
    terms = _products(b, row.terms)
    total, largest = abs(sum(terms, ZERO)), max(abs(t) for t in terms)
    return [row.m + log(total)], [abs(row.m + log(largest))]


# Gradients of sum(g * y), relative to the sum over i of |g_i dy_i/dx_j|. The -inf of a class that
# holds all probability counts as constant, and an entry of -inf as absent.


def _products(first, second):
    return [a * b for a, b in zip(first, second, strict=True)]


def softmax_vjp(row, g):
    shares = _products(row.p, g)
    others, scales = without_own(shares), without_own([abs(v) for v in shares])
    columns = zip(g, row.p, row.q, others, scales, strict=True)
    pairs = [(p * (v * q - o), p * (abs(v) * q + s)) for v, p, q, o, s in columns]
    return [v for v, _ in pairs], [s for _, s in pairs]


def log_softmax_vjp(row, g):
    g = [ZERO if e.is_zero() else v for v, e in zip(g, row.terms, strict=True)]
    total, others = sum(g, ZERO), without_own([abs(v) for v in g])
    values = [v - p * total for v, p in zip(g, row.p, strict=True)]
    columns = zip(g, row.p, row.q, others, strict=True)
    return values, [abs(v) * q + p * o for v, p, q, o in columns]


def log1m_softmax_vjp(row, g):
    if row.q[row.k].is_zero():
        return [ZERO] * row.n, None
    terms = _products(g, row.odds)
    others, scales = without_own(terms), without_own([abs(t) for t in terms])
    values = [p * (o - v) for p, o, v in zip(row.p, others, g, strict=True)]
    return values, [p * (s + abs(v)) for p, s, v in zip(row.p, scales, g, strict=True)]


def loo_logsumexp_vjp(row, g):
    terms = [ZERO if o.is_zero() else v / o for v, o in zip(g, row.others, strict=True)]
    scales = without_own([abs(t) for t in terms])
    return _products(row.terms, without_own(terms)), _products(row.terms, scales)


def logsumexp_vjp(row, g):
    return [p * g[0] for p in row.p], None


def logsumexp_excluding_max_vjp(row, g):
    return [p * g[0] for p in row.p_of_others], None


logmeanexp_vjp = logsumexp_vjp


def _slopes_of_variance(row):
    # The derivatives of the logarithm, and with the moduli of what the deviations are made of.
    mean = row.total / row.n
    total = sum(((e - mean) ** 2 for e in row.terms), ZERO)
    if total.is_zero():
        return [ZERO] * row.n, [ZERO] * row.n
    both = [min(e + mean, (1 - e) + (1 - mean)) for e in row.terms]
    columns = list(zip(row.terms, both, strict=True))
    return [2 * e * (e - mean) / total for e in row.terms], [2 * e * b / total for e, b in columns]


def logvarexp_vjp(row, g):
    slopes, scales = _slopes_of_variance(row)
    return [g[0] * v for v in slopes], [abs(g[0]) * v for v in scales]


def logvarexp_jvp(row, t):
    slopes, scales = _slopes_of_variance(row)
    return [sum(_products(slopes, t), ZERO)], [sum(_products(scales, map(abs, t)), ZERO)]


def logcumsumexp_vjp(row, g):
    totals = list(itertools.accumulate(row.terms))
    # Before there is anything no weight counts.
    parts = [ZERO if t.is_zero() else w / t for w, t in zip(g, totals, strict=True)]
    after = list(itertools.accumulate(parts[::-1]))[::-1]
    scales = list(itertools.accumulate(map(abs, parts[::-1])))[::-1]
    return _products(row.terms, after), _products(row.terms, scales)


def logcumsumexp_jvp(row, t):
    totals, terms = list(itertools.accumulate(row.terms)), _products(row.terms, t)
    sums = itertools.accumulate(terms), itertools.accumulate(map(abs, terms))
    return tuple(
        [ZERO if total.is_zero() else s / total for s, total in zip(part, totals, strict=True)]
        for part in sums
    )


# Derivatives along t, relative to the sum over j of |dy_i/dx_j t_j|.


softmax_jvp = softmax_vjp


def log_softmax_jvp(row, t):
    shares = _products(row.p, t)
    others, scales = without_own(shares), without_own([abs(v) for v in shares])
    columns = zip(row.terms, t, row.q, others, scales, strict=True)
    pairs = [
        (ZERO, ZERO) if e.is_zero() else (v * q - o, abs(v) * q + s) for e, v, q, o, s in columns
    ]
    return [v for v, _ in pairs], [s for _, s in pairs]


def log1m_softmax_jvp(row, t):
    if row.q[row.k].is_zero():
        return [ZERO] * row.n, None
    shares = _products(row.p, t)
    others, scales = without_own(shares), without_own([abs(v) for v in shares])
    values = [r * o - v for r, o, v in zip(row.odds, others, shares, strict=True)]
    return values, [r * s + abs(v) for r, s, v in zip(row.odds, scales, shares, strict=True)]


def loo_logsumexp_jvp(row, t):
    terms = _products(row.terms, t)
    sums = without_own(terms), without_own([abs(v) for v in terms])
    return tuple(
        [ZERO if o.is_zero() else v / o for v, o in zip(part, row.others, strict=True)]
        for part in sums
    )


def logsumexp_jvp(row, t):
    shares = _products(row.p, t)
    return [sum(shares, ZERO)], [sum((abs(v) for v in shares), ZERO)]


def logsumexp_excluding_max_jvp(row, t):
    shares = _products(row.p_of_others, t)
    return [sum(shares, ZERO)], [sum((abs(v) for v in shares), ZERO)]


logmeanexp_jvp = logsumexp_jvp


def log1m_softmax_hvp(row, g, t):
    """Entry j is the sum over i and l of g_i d^2 y_i / (dx_j dx_l) t_l.

    Together that is a sum over l of factors times t_j - t_l, whose moduli the errors are relative
    to, |t_j| + |t_l| for the difference.
    """
    if row.q[row.k].is_zero():
        return [ZERO] * row.n, None
    return _hessian_times(row, g, t), _moduli_of_hessian(row, g, t)


def _hessian_times(row, g, t):
    weighted, shares = _products(g, row.odds), _products(row.p, t)
    rests = [sum((s for k, s in enumerate(shares) if k != i), ZERO) for i in range(row.n)]
    values = []
    for j, p in enumerate(row.p):
        value = ZERO
        for i, (r, rest) in enumerate(zip(row.odds, rests, strict=True)):
            if i == j:
                value += g[i] * p * (rest - row.q[i] * t[i])
            else:
                value += weighted[i] * p * (t[j] - (r + 2) * rest) + g[i] * p * shares[i]
        values.append(value)
    return values


def _moduli_of_hessian(row, g, t):
    # p_j p_l (|t_j| + |t_l|) (2 |g_j| + 2 |g_l| + the sum over other i of |g_i| r_i (r_i + 2)).
    g, t = [abs(v) for v in g], [abs(v) for v in t]
    lifted = [v * r * (r + 2) for v, r in zip(g, row.odds, strict=True)]
    scales = [ZERO] * row.n
    for j, i in itertools.combinations(range(row.n), 2):
        others = sum((v for k, v in enumerate(lifted) if k not in (i, j)), ZERO)
        term = row.p[j] * row.p[i] * (t[j] + t[i]) * (2 * (g[j] + g[i]) + others)
        scales[i] += term
        scales[j] += term
    return scales


def log_softmax_jacobian(row):
    pairs = itertools.product(range(row.n), repeat=2)
    return [
        ZERO if row.terms[i].is_zero() else row.q[i] if i == j else -row.p[j] for i, j in pairs
    ], None


def log1m_softmax_jacobian(row):
    if row.q[row.k].is_zero():
        return [ZERO] * row.n**2, None
    pairs = itertools.product(range(row.n), repeat=2)
    return [-row.p[i] if i == j else row.odds[i] * row.p[j] for i, j in pairs], None


# Losses: sums of terms that are not negative; their gradients are those above.


def _loss(weights, log_values):
    # 0 log 0 is 0.
    pairs = zip(weights, log_values, strict=True)
    terms = [ZERO if w.is_zero() else -w * y for w, y in pairs]
    return [arb.pos_inf() if arb.pos_inf() in terms else sum(terms, ZERO)], None


def _negative(values, scales):
    return [-v for v in values], scales


def _others(m):
    return [1 - v for v in m]


def cross_entropy(row, m):
    return _loss(m, log_softmax(row)[0])


def complement_cross_entropy(row, w):
    return _loss(w, log1m_softmax(row)[0])


def softmax_binary_cross_entropy(row, m):
    return _loss([*m, *_others(m)], [*log_softmax(row)[0], *log1m_softmax(row)[0]])


def cross_entropy_gradient(row, m):
    return _negative(*log_softmax_vjp(row, m))


def complement_cross_entropy_gradient(row, w):
    return _negative(*log1m_softmax_vjp(row, w))


def softmax_binary_cross_entropy_gradient(row, m):
    parts = cross_entropy_gradient(row, m), complement_cross_entropy_gradient(row, _others(m))
    values, scales = zip(*parts, strict=True)
    scales = [s or [ZERO] * row.n for s in scales]
    return tuple([a + b for a, b in zip(*two, strict=True)] for two in (values, scales))


# Hessians times t, relative to the moduli of all terms.


def logsumexp_hvp(row, g, t):
    pairs = zip(*softmax_vjp(row, t), strict=True)
    values, scales = zip(*((v * g[0], s * abs(g[0])) for v, s in pairs), strict=True)
    return list(values), list(scales)


def cross_entropy_hvp(row, m, t):
    counted = [ZERO if e.is_zero() else v for v, e in zip(m, row.terms, strict=True)]
    return logsumexp_hvp(row, [sum(counted, ZERO)], t)


def complement_cross_entropy_hvp(row, w, t):
    return _negative(*log1m_softmax_hvp(row, w, t))


def softmax_binary_cross_entropy_hvp(row, m, t):
    parts = cross_entropy_hvp(row, m, t), complement_cross_entropy_hvp(row, _others(m), t)
    values, scales = zip(*parts, strict=True)
    scales = [s or [ZERO] * row.n for s in scales]
    return tuple([a + b for a, b in zip(*two, strict=True)] for two in (values, scales))


def _definitions(names):
    # One that has none yet is named by tests/project/test_house.py.
    return {name: globals()[name] for name in names if name in globals()}


MAPS = _definitions(named("map", "scan"))
REDUCTIONS = _definitions(named("reduction"))
VJPS = _definitions(named("vjp", "vjp of a scan"))
JVPS = _definitions(named("jvp", "jvp of a scan"))
REDUCTION_VJPS = _definitions(named("vjp of a reduction"))
REDUCTION_JVPS = _definitions(named("jvp of a reduction"))
HVPS = _definitions(named("hvp"))
CURVATURES = _definitions(named("hvp of a reduction", "hvp of a loss", "hvp of class weights"))
JACOBIANS = _definitions(named("jacobian"))
MAP_DERIVATIVES = VJPS | JVPS  # a weight for each entry, a result of the shape of x
DERIVATIVES = MAP_DERIVATIVES | REDUCTION_VJPS | REDUCTION_JVPS | HVPS
LOSSES = _definitions(named("loss", "class weights"))
LOSS_GRADIENTS = _definitions(f"{name}_gradient" for name in LOSSES)
ROW_FUNCTIONS = MAPS | REDUCTIONS | DERIVATIVES | JACOBIANS | LOSSES | LOSS_GRADIENTS | CURVATURES
ROW_FUNCTIONS[WEIGHTED_LOGSUMEXP.name] = weighted_logsumexp
# A segment is a row.
SEGMENTS = {
    name: globals()[name.removeprefix("segment_")] for name in FAMILY if name.startswith("segment_")
}
ROW_FUNCTIONS |= SEGMENTS


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
    "logexpm1": lambda x: log(x.expm1()),
    "log2mexp": lambda x: log(2 - x.exp()),
    "log1pmx": lambda x: x.log1p() - x,
    "logmxp1": lambda x: log(x) - x + 1,
    "logcosh": lambda x: log(x.cosh()),
    "logitexp": lambda x: x - log(-x.expm1()),
    "cloglog": lambda x: log(-(-x).log1p()),
    "cexpexp": lambda x: -(-x.exp()).expm1(),
    "xlogx": lambda x: x * log(x),
    "log_inv_logit_diff": lambda x, y: log(-(y - x).expm1()) - (-x).exp().log1p() - y.exp().log1p(),
    "log1psq": lambda x: (x * x).log1p(),
    "entr": lambda x: -x * log(x),
    "rel_entr": lambda x, y: x * log(x / y),
    "kl_div": lambda x, y: x * log(x / y) - x + y,
    "log_mix": log_mix,
    "log_mix_dt": lambda t, x, y: logistic(t + x - y) * logistic(-t) * -(y - x).expm1(),
    "log_mix_dx": lambda t, x, y: logistic(t + x - y),
    "log_mix_dy": lambda t, x, y: logistic(y - x - t),
}
RELATIVE_TO_LARGER = {
    **dict.fromkeys(("logaddexp", "logsubexp"), lambda x, y: abs(max(x, y))),
    "log_mix": lambda t, x, y: abs(max(x, y)),
    **dict.fromkeys(("logexpm1", "logitexp", "cloglog"), abs),
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


def _signed_sum(x, b):
    # (sum, sum of the moduli) of b exp(x - max x).
    terms = _products(map(arb, b.tolist()), Row(x.tolist()).terms)
    return sum(terms, ZERO), sum(map(abs, terms), ZERO)


def exact_sign(x, b):
    """The sign of sum b exp(x)."""
    with ctx.workprec(2 * MOST_BITS // 8):
        total, _ = _signed_sum(x, b)
        return (total > 0) - (total < 0)


# What a cancellation of weighted terms must leave for the result to have all its digits.
LEAST_SHARE = 2.0**-50


def share_left(x, b):
    """|sum b exp(x)| / sum |b| exp(x)."""
    with ctx.workprec(2 * MOST_BITS // 8):
        total, moduli = _signed_sum(x, b)
        return float(abs(total) / moduli)
