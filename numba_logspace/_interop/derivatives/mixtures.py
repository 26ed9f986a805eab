"""The derivatives of running sums, weighted sums and matrix products of logarithms.

A cotangent has both signs, so what it adds to a sum of exponentials is taken for each sign alone.
What all have in common is subtracted first: in large logarithms digits are missing.
"""

import math


def _less_max(p, x, axes):
    if 0 in tuple(x.shape):
        return x  # of nothing there is no maximum
    top = p.xp.amax(x, axis=axes, keepdims=True)
    return x - p.xp.where(p.xp.abs(top) < math.inf, top, 0)


def _of_both_signs(p, u, log_of):
    # exp(log_of(log u)) of the positive u, less that of the negative ones.
    positive = [p.xp.where(part < 0, 0, part) for part in (u, -u)]
    plus, minus = (p.xp.exp(log_of(p.xp.log(part))) for part in positive)
    return plus - minus


def _over(p, logs, sums):
    # Where nothing has been summed up nothing changes.
    return p.xp.where(sums > -math.inf, logs - sums, -math.inf)


# --- the running sum -----------------------------------------------------------------------------


def _scan(p, x):
    return p.public("logcumsumexp", x, axis=p.made.axis)


def _scanned(p):
    # (x less its maximum, without what is masked; its running sum; the options of the call).
    x = p.x if p["where"] is None else p.xp.where(p["where"], p.x, -math.inf)
    x = _less_max(p, x, p.made.axes)
    return x, _scan(p, x)


def _scan_by_x(p, u):
    # The sum over i >= j of u_i exp(x_j - y_i).
    x, y = _scanned(p)

    def log_of(logs):
        parts = p.xp.flip(_over(p, logs, y), p.made.axes)
        return x + p.xp.flip(_scan(p, parts), p.made.axes)

    return _of_both_signs(p, u, log_of)


def _scan_along_x(p, t):
    x, y = _scanned(p)

    def log_of(logs):
        parts = p.xp.where(x > -math.inf, logs + x, -math.inf)
        return _over(p, _scan(p, parts), y)

    return _of_both_signs(p, t, log_of)


# --- logmatmulexp --------------------------------------------------------------------------------


def _product(p, a, b):
    return p.public("logmatmulexp", a, b)


def _factors(p):
    a, b = _less_max(p, p["a"], -1), _less_max(p, p["b"], -2)
    return a, b, _product(p, a, b)


def _product_by_a(p, u):
    a, b, c = _factors(p)
    gradient = _of_both_signs(p, u, lambda logs: a + _product(p, _over(p, logs, c), b.mT))
    return p.summed_to(gradient, p["a"].shape)


def _product_by_b(p, u):
    a, b, c = _factors(p)
    gradient = _of_both_signs(p, u, lambda logs: b + _product(p, a.mT, _over(p, logs, c)))
    return p.summed_to(gradient, p["b"].shape)


def _product_along_a(p, t):
    a, b, c = _factors(p)
    return _of_both_signs(p, t, lambda logs: _over(p, _product(p, a + logs, b), c))


def _product_along_b(p, t):
    a, b, c = _factors(p)
    return _of_both_signs(p, t, lambda logs: _over(p, _product(p, a, b + logs), c))


# --- logsumexp with weights ----------------------------------------------------------------------


def _weighted_shares(p):
    # (exp(x) over their sum, the sum of it with the weights). An entry of weight 0 has no part in
    # the sum, but a derivative by its weight.
    present = p.xp.not_equal(p["b"], 0)
    present = present if p["where"] is None else present & p["where"]
    share = p.public("softmax", p.x, axis=p.made.axis, where=present)
    total = p.public("logsumexp", p.x, axis=p.made.axis, keepdims=True, where=present)
    beside = p.xp.nan_to_num(p.xp.exp(p.x - total))
    if p["where"] is not None:
        beside = p.xp.where(p["where"], beside, 0)
    share = p.xp.where(present, share, beside)
    return share, p.xp.sum(p["b"] * share, axis=p.made.axis, keepdims=True)


def _weighted_by_x(p, u, *_):
    share, total = _weighted_shares(p)
    return p.spread(u) * (p["b"] * share / total)


def _weighted_by_b(p, u, *_):
    share, total = _weighted_shares(p)
    return p.spread(u) * (share / total)


def _weighted_along(by):
    def along(p, t):
        change = t * by(p, p.xp.ones_like(p.results[0]))
        keepdims = p.made.others.get("keepdims", False)
        change = p.xp.sum(change, axis=p.made.axis, keepdims=keepdims)
        return (change, None)[: len(p.results)]

    return along


WEIGHTED = (
    {"x": _weighted_by_x, "b": _weighted_by_b},
    {"x": _weighted_along(_weighted_by_x), "b": _weighted_along(_weighted_by_b)},
)

# The derivatives of these have no derivatives.
ONCE = {
    "logcumsumexp": ({"x": _scan_by_x}, {"x": _scan_along_x}),
    "logmatmulexp": (
        {"a": _product_by_a, "b": _product_by_b},
        {"a": _product_along_a, "b": _product_along_b},
    ),
}
