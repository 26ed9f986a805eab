"""What a row has to give: exact values where it is finite, the rules of special values elsewhere.

A row is a list of numbers of the working dtype. `expected` returns an Expected for each result of
a function: exact values by the oracle, and entries that are one of a few numbers exactly.
"""

import math
from collections import defaultdict
from fractions import Fraction

import numpy as np
from error import Target
from flint import arb, ctx
from oracle import FIRST_BITS, MOST_BITS, ROW_FUNCTIONS, ZERO, Row

inf, nan = np.inf, np.nan
# The longest row that the exact Hessian and Jacobian are computed of, and any other.
LONGEST = {"log1m_softmax_hvp": 16, "log1m_softmax_jacobian": 40, "log_softmax_jacobian": 40}
LONGEST_ROW = 120_000
# Where a row is longer than this, more bits than these take too long.
LONG, BITS_OF_LONG = 3000, 1024

MAPS = ("softmax", "log_softmax", "log1m_softmax", "loo_logsumexp", "logcumsumexp")
SCANNED = ("logcumsumexp_vjp", "logcumsumexp_jvp")
REDUCTIONS = ("logsumexp", "logsumexp_excluding_max", "logmeanexp", "logvarexp")
SLOPES = ("logsumexp_jvp", "logmeanexp_jvp", "logvarexp_jvp")
# What is absent changes nothing but the results there; these have results of their own there.
OF_OTHERS = ("loo_logsumexp", "loo_logsumexp_jvp", "loo_logsumexp_vjp", "logcumsumexp", *SCANNED)
FILL = {"softmax": (0.0,), "log_softmax": (-inf,), "log1m_softmax": (-0.0,)}
ZEROS = (0.0, -0.0)


class Uncertain(Exception):
    """The exact value takes too long, or nothing is promised."""


class Expected:
    """The right results: of `target` at the indices `at`, and exactly one of `fixed[i]` at i."""

    def __init__(self, n, target=None, at=None, fixed=()):
        self.n, self.target = n, target
        self.fixed = dict(fixed)
        self.at = np.arange(n) if at is None else np.asarray(at, int)

    def worst(self, results, budget, working):
        """(how wrong the worst result is, in its budgets, its index, the exact value)."""
        found = (0.0, None, None)
        if self.target is not None and len(self.at):
            errors = _errors(self.target, results[self.at], budget, working)
            i = int(np.argmax(errors))
            found = float(errors[i]), int(self.at[i]), float(self.target.near[i])
        for i, allowed in self.fixed.items():
            if not any(_same(results[i], value) for value in allowed):
                return math.inf, i, allowed[0]
        return found


def _errors(target, results, budget, working):
    # In budgets. A float16 has been rounded from a result of the working dtype.
    if results.dtype != np.float16:
        return target.errors(results) / budget
    room = target.ulp * budget
    with np.errstate(all="ignore"):
        low, high = ((target.near + d).astype(np.float16) for d in (-room, room))
        right = (results >= low) & (results <= high)
        wrong = abs(results.astype(float) - target.near) / np.spacing(abs(low)).astype(float)
    return np.where(right, 0.0, np.where(wrong > 1.5, np.nan_to_num(wrong, nan=inf), 1.5))


def _same(result, value):
    if math.isnan(value):
        return bool(np.isnan(result))
    return bool(result == value) and bool(np.signbit(result)) == (math.copysign(1, value) < 0)


def constant(n, *allowed):
    """Expected of n results that are the same."""
    return Expected(n, at=[], fixed={i: allowed for i in range(n)})


def certain(make, dtype, n=1):
    """The Target of make() -> (values, scales), with as many bits as it takes."""
    bits = FIRST_BITS
    while bits <= (MOST_BITS if n < LONG else BITS_OF_LONG):
        with ctx.workprec(bits):
            values, scales = make()
            target = Target(values, dtype, scales)
        if target.certain:
            return target
        bits *= 2
    raise Uncertain


def by_oracle(name, x, operands, dtype, factor=1.0):
    """The Target of a function of the oracle on a row; `factor` multiplies its values."""
    if len(x) > LONGEST.get(name, LONGEST_ROW):
        raise Uncertain
    tiny = np.finfo(dtype).tiny
    if name.endswith("_hvp") and any(0 < abs(v) < tiny for u in operands for v in u):
        raise Uncertain  # nothing is promised of subnormal g and t

    def make():
        values, scales = ROW_FUNCTIONS[name](Row(x), *([arb(v) for v in u] for u in operands))
        if name.startswith("logvarexp_") and any(s > float(np.finfo(dtype).max) for s in scales):
            raise Uncertain  # moduli that overflow say nothing
        if factor != 1.0:
            values = [v * arb(factor) for v in values]
            scales = scales and [s * abs(arb(factor)) for s in scales]
        return values, scales

    return certain(make, dtype, len(x))


# --- rows without a mask -------------------------------------------------------------------------


def of_row(name, x, operands, dtype):
    """Expected of a row, a list, of which nothing is absent; operands are lists."""
    n = len(x)
    by_row = name in REDUCTIONS or name in SLOPES
    by_row = by_row or name == "logsumexp_excluding_max_jvp"
    size = 1 if by_row else n * n if name.endswith("jacobian") else n
    if n == 0:
        return constant(size, *((0.0, -0.0, -inf) if name.endswith("jvp") else (-inf,)))
    if name == "logcumsumexp":
        return _running(x, dtype)
    values = name in MAPS or name in REDUCTIONS
    if name in SCANNED and not all(v < inf for v in x):
        raise Uncertain  # what is behind differs from what is before
    if any(map(math.isnan, x)):
        return _of_nan(x, size, values)
    if all(v == -inf for v in x):
        if not values:
            return constant(size, *ZEROS)
        return constant(size, -inf if by_row or name == "loo_logsumexp" else nan)
    if inf in x:
        return (_value_at_inf if values else _derivative_at_inf)(name, x, operands, size, dtype)
    operands = _counted(name, x, operands)
    expected = Expected(size, by_oracle(name, x, operands, dtype))
    if name in FILL:
        expected.fixed.update((i, FILL[name]) for i, v in enumerate(x) if v == -inf)
    return expected


def _counted(name, x, operands):
    # What goes with an entry of -inf does not count, but that the value there may.
    if name in ("loo_logsumexp_vjp", "logcumsumexp_vjp") or any(len(u) != len(x) for u in operands):
        return operands
    return [[0.0 if v == -inf else w for v, w in zip(x, u)] for u in operands]


def _of_nan(x, size, values):
    expected = constant(size, nan)
    absent = [i for i, v in enumerate(x) if v == -inf]
    if not values and size == len(x):
        expected.fixed.update((i, (0.0, -0.0, nan)) for i in absent)
    elif not values and size == len(x) ** 2:
        n = len(x)
        pairs = [(i * n + j, j * n + i) for i in absent for j in range(n)]
        expected.fixed.update((i, (0.0, -0.0, nan)) for pair in pairs for i in pair)
    return expected


def _running(x, dtype):
    # Up to the first +inf or NaN, and from there on.
    end = next((i for i, v in enumerate(x) if math.isnan(v) or v == inf), len(x))
    first_nan = next((i for i, v in enumerate(x) if math.isnan(v)), len(x))
    start = next((i for i, v in enumerate(x) if v != -inf), len(x))
    fixed = {i: (-inf,) for i in range(min(start, end))}
    fixed |= {i: (inf,) for i in range(end, first_nan)}
    fixed |= {i: (nan,) for i in range(first_nan, len(x))}
    if start >= end:
        return Expected(len(x), at=[], fixed=fixed)
    target = by_oracle("logcumsumexp", x[start:end], (), dtype)
    return Expected(len(x), target, range(start, end), fixed)


def _value_at_inf(name, x, operands, size, dtype):
    infinite = [i for i, v in enumerate(x) if v == inf]
    (k, *more) = infinite
    rest = [v for i, v in enumerate(x) if i != k]
    if name in ("logsumexp", "logmeanexp") or (name == "logsumexp_excluding_max" and more):
        return constant(1, inf)
    if name == "logsumexp_excluding_max":
        return of_row("logsumexp", rest, (), dtype)
    if name == "logvarexp":
        return constant(1, nan if more else inf if rest else -inf)
    if name == "loo_logsumexp":
        expected = constant(size, inf)
        if not more:
            own = of_row("logsumexp", rest, (), dtype)
            expected.fixed.pop(k)
            expected.fixed |= {k: own.fixed[0]} if own.fixed else {}
            expected.target, expected.at = own.target, np.array([k] if own.target else [], int)
        return expected
    expected = constant(size, *FILL[name])
    at = {"softmax": 1.0, "log_softmax": 0.0, "log1m_softmax": -inf}[name]
    expected.fixed.update((i, (nan if more else at,)) for i in infinite)
    return expected


def _derivative_at_inf(name, x, operands, size, dtype):
    # That of a single +inf is the limit: of a number far above all others.
    if x.count(inf) > 1:
        if "excluding" in name:
            raise Uncertain  # one is left out, and what is promised of the others is not said
        return _of_nan([-inf if v == -inf else nan for v in x], size, values=False)
    finite = [abs(v) for v in x if math.isfinite(v)]
    if max(finite, default=0.0) > 2.0**40:
        raise Uncertain
    far = [arb(2) ** 61 if v == inf else v for v in x]
    return Expected(size, by_oracle(name, far, _counted(name, x, operands), dtype))


# --- rows with a mask ----------------------------------------------------------------------------


def of_masked_row(name, x, operands, present, dtype):
    """As `of_row`, of a row where some entries are absent; None says that none is."""
    if present is None:
        return of_row(name, x, operands, dtype)
    if name in OF_OTHERS:
        # An entry of -inf is as absent. Its operands do not count, but the g of a running sum.
        x = [v if here else -inf for v, here in zip(x, present)]
        if name != "logcumsumexp_vjp":
            operands = [[w if here else 0.0 for w, here in zip(u, present)] for u in operands]
        expected = of_row(name, x, operands, dtype)
        if name == "loo_logsumexp_vjp":
            expected.fixed.update((i, ZEROS) for i, here in enumerate(present) if not here)
        return expected
    kept = [i for i, here in enumerate(present) if here]
    x_kept = [x[i] for i in kept]
    operands = [u if len(u) != len(x) else [u[i] for i in kept] for u in operands]
    expected = of_row(name, x_kept, operands, dtype)
    if name in REDUCTIONS or name in SLOPES:
        return expected
    if name == "logsumexp_excluding_max_jvp":
        return expected
    at = [kept[i] for i in expected.at] if len(kept) else []
    fixed = {kept[i]: allowed for i, allowed in expected.fixed.items()}
    masked = FILL.get(name, ZEROS)
    fixed |= {i: masked for i, here in enumerate(present) if not here}
    return Expected(len(x), expected.target if kept else None, at, fixed)


# --- weights and signs ---------------------------------------------------------------------------


def weighted(x, b, dtype):
    """Expected of log |sum b exp(x)| and of the sign."""
    terms = [(v, w) for v, w in zip(x, b) if w != 0 and v != -inf]
    if any(math.isnan(v) for v, _ in terms):
        return constant(1, nan), constant(1, nan)
    signs = {math.copysign(1.0, w) for v, w in terms if v == inf}
    if len(signs) == 2:
        return constant(1, nan), constant(1, nan)
    if signs:
        return constant(1, inf), constant(1, *signs)
    sums = defaultdict(Fraction)
    for v, w in terms:
        sums[v] += Fraction(w)
    # Exponentials of different numbers cannot cancel exactly.
    if not any(sums.values()):
        return constant(1, -inf), constant(1, 0.0, -0.0)
    points, weights = zip(*terms)
    sign = []

    def make():
        row = Row(list(points))
        total = sum((arb(w) * e for w, e in zip(weights, row.terms)), ZERO)
        if not (total > 0 or total < 0):
            return [arb(0, 1e300)], None  # more bits
        sign[:] = [1.0 if total > 0 else -1.0]
        return ROW_FUNCTIONS["weighted_logsumexp"](row, [arb(w) for w in weights])

    target = certain(make, dtype, len(points))
    return Expected(1, target), constant(1, *sign)


# --- losses --------------------------------------------------------------------------------------


def loss(name, x, scores, c, dtype):
    """Expected of the loss of a row, times c, and of its gradient."""
    n = len(x)
    if c == 0:
        return constant(1, *ZEROS), constant(n, *ZEROS)
    if any(map(math.isnan, x)):
        return _loss_of_nan(x, scores, n)
    if x.count(inf) > 1 or not any(v > -inf for v in x):
        raise Uncertain  # a distribution that is none
    if inf in x:
        value = constant(1, _loss_at_inf(name, x, scores))
        gradient = _derivative_at_inf(f"{name}_gradient", x, (scores,), n, dtype)
        return value, gradient if c == 1 else None
    gaps = [max(x) - v for v in x if v != -inf]
    if max(gaps) > float(np.finfo(dtype).max) / 4:
        raise Uncertain  # the logarithm of a probability may overflow
    value = Expected(1, by_oracle(name, x, (scores,), dtype, c))
    if np.isinf(value.target.near[0]):
        return value, None
    target = by_oracle(f"{name}_gradient", x, (scores,), dtype, c)
    return value, Expected(n, target)


def _loss_of_nan(x, scores, n):
    if any(scores):
        return constant(1, nan), None
    raise Uncertain


def _loss_at_inf(name, x, scores):
    k = x.index(inf)
    others = any(w > 0 for i, w in enumerate(scores) if i != k)
    wrong = {
        "cross_entropy": others,
        "complement_cross_entropy": scores[k] > 0,
        "softmax_binary_cross_entropy": others or scores[k] < 1,
    }
    return inf if wrong[name] else 0.0


def total_loss(name, rows, scores, factors, dtype):
    """The Target of the sum of losses of finite rows times their factors."""

    def make():
        parts = zip(rows, scores, factors)
        losses = [ROW_FUNCTIONS[name](Row(x), [arb(v) for v in m])[0][0] * c for x, m, c in parts]
        return [sum(losses, ZERO)], None

    for x in rows:
        if not all(map(math.isfinite, x)) or max(x) - min(x) > float(np.finfo(dtype).max) / 4:
            raise Uncertain
    factors = [arb(c) for c in factors]
    return certain(make, dtype)


def curvature(name, x, operands, c, dtype):
    """Expected of what the Hessian of a loss of a row, times c, makes of a vector."""
    if c == 0:
        return constant(len(x), *ZEROS)
    if not all(map(math.isfinite, x)) or max(x) - min(x) > float(np.finfo(dtype).max) / 4:
        raise Uncertain
    target = by_oracle(name, x, operands, dtype, c)
    if c > 1 and any(0 < abs(v) < np.finfo(dtype).tiny * c for v in target.near):
        raise Uncertain  # what is promised is said of that before it is weighted
    return Expected(len(x), target)


def entry_loss(x, m, q, c, t, present, dtype):
    """{part: Expected} of the loss of a logit, its gradient, and its second derivative times t."""
    if not present or c == 0:
        return dict.fromkeys(("value", "gradient", "hvp"), constant(1, *ZEROS))
    tiny = float(np.finfo(dtype).tiny)
    if not math.isfinite(x) or 0 < abs(t) < tiny:
        raise Uncertain

    def parts():
        v, hit, miss = arb(x), arb(c) * arb(q) * arb(m), arb(c) * (1 - arb(m))
        p, other = 1 / (1 + (-v).exp()), 1 / (1 + v.exp())
        loss = hit * (-v).exp().log1p() + miss * v.exp().log1p()
        slopes = miss * p, hit * other
        return {
            "value": ([loss], None),
            "gradient": ([slopes[0] - slopes[1]], [slopes[0] + slopes[1]]),
            "hvp": ([(hit + miss) * p * other * arb(t)], None),
        }

    largest = max(1.0, q) * max(1.0, c)
    if min(q * c, c, 1.0) < 1e-30 or abs(x) > -math.log(tiny * largest) - 60:
        raise Uncertain  # of subnormal numbers less is promised
    return {
        name: Expected(1, certain(lambda name=name: parts()[name], dtype))
        for name in ("value", "gradient", "hvp")
    }


# --- sets with a gate, products ------------------------------------------------------------------


def gated(gate, a, b, dtype):
    """The Target of gated_log_softmax of a finite row."""

    def make():
        t = arb(gate)
        shares = -(-t).exp().log1p(), -t.exp().log1p()
        parts = (ROW_FUNCTIONS["log_softmax"](Row(x))[0] for x in (a, b))
        return [share + y for share, part in zip(shares, parts) for y in part], None

    return certain(make, dtype)


def gated_vjp(gate, a, b, g, dtype):
    """The Targets of the gradients of the gate, a and b of finite rows that share a gate each."""

    def sums(x, weights):
        counted = [arb(w) for w, v in zip(weights, x) if v != -inf]
        return sum(counted, ZERO), sum(map(abs, counted), ZERO)

    def of_gate():
        t = arb(gate)
        s = 1 / (1 + (-t).exp()), 1 / (1 + t.exp())
        (first, scale), (second, other) = sums(a, g[: len(a)]), sums(b, g[len(a) :])
        return [first * s[1] - second * s[0]], [scale * s[1] + other * s[0]]

    def of_set(x, weights):
        return by_oracle("log_softmax_vjp", x, _counted("", x, (weights,)), dtype)

    return certain(of_gate, dtype), of_set(a, g[: len(a)]), of_set(b, g[len(a) :])


def product_entry(row, column, dtype):
    """Expected of one entry of logmatmulexp."""
    pairs = list(zip(row, column))
    if any(math.isnan(u) or math.isnan(v) or {u, v} == {inf, -inf} for u, v in pairs):
        return constant(1, nan)
    if any(inf in pair for pair in pairs):
        return constant(1, inf)
    pairs = [(u, v) for u, v in pairs if -inf not in (u, v)]
    if not pairs:
        return constant(1, -inf)

    def make():
        sums = [arb(u) + arb(v) for u, v in pairs]
        m = max(sums, key=lambda s: s.mid())
        return [m + sum(((s - m).exp() for s in sums), ZERO).log()], [abs(m)]

    return Expected(1, certain(make, dtype))
