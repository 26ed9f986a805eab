"""The derivatives of running sums, weighted sums and matrix products of logarithms on tensors.

A cotangent has both signs, so what it adds to a sum of exponentials is taken for each sign alone.
What all have in common is subtracted first: in large logarithms digits are missing.
"""

import torch

from . import PUBLIC


def _less_max(x, axes):
    top = x.amax(axes, keepdim=True)
    return x - torch.where(top.isfinite(), top, 0)


def _of_both_signs(u, log_of):
    # exp(log_of(log u)) of the positive u, less that of the negative ones.
    plus, minus = (torch.exp(log_of(torch.log(part.clamp_min(0)))) for part in (u, -u))
    return plus - minus


# --- the running sum -----------------------------------------------------------------------------


def _scanned(p):
    # (x less its maximum, without what is masked; its running sum; the options of the call).
    x = p.x if p["where"] is None else torch.where(p["where"], p.x, -torch.inf)
    x = _less_max(x, p.made.axes)
    return x, PUBLIC["logcumsumexp"](x, p.made.axis)


def _scan_by_x(p, u):
    # The sum over i >= j of u_i exp(x_j - y_i).
    x, y = _scanned(p)

    def log_of(logs):
        parts = torch.where(y > -torch.inf, logs - y, -torch.inf).flip(p.made.axes)
        return x + PUBLIC["logcumsumexp"](parts, p.made.axis).flip(p.made.axes)

    return _of_both_signs(u, log_of)


def _scan_along_x(p, t):
    x, y = _scanned(p)

    def log_of(logs):
        parts = torch.where(x > -torch.inf, logs + x, -torch.inf)
        sums = PUBLIC["logcumsumexp"](parts, p.made.axis)
        return torch.where(y > -torch.inf, sums - y, -torch.inf)

    return _of_both_signs(t, log_of)


# --- logmatmulexp --------------------------------------------------------------------------------


def _factors(p):
    a, b = _less_max(p["a"], -1), _less_max(p["b"], -2)
    return a, b, PUBLIC["logmatmulexp"](a, b)


def _over(logs, c):
    # Where nothing has been summed up nothing changes.
    return torch.where(c > -torch.inf, logs - c, -torch.inf)


def _product_by_a(p, u):
    a, b, c = _factors(p)
    product = PUBLIC["logmatmulexp"]
    gradient = _of_both_signs(u, lambda logs: a + product(_over(logs, c), b.mT))
    return gradient.sum_to_size(p["a"].shape)


def _product_by_b(p, u):
    a, b, c = _factors(p)
    product = PUBLIC["logmatmulexp"]
    gradient = _of_both_signs(u, lambda logs: b + product(a.mT, _over(logs, c)))
    return gradient.sum_to_size(p["b"].shape)


def _product_along_a(p, t):
    a, b, c = _factors(p)
    return _of_both_signs(t, lambda logs: _over(PUBLIC["logmatmulexp"](a + logs, b), c))


def _product_along_b(p, t):
    a, b, c = _factors(p)
    return _of_both_signs(t, lambda logs: _over(PUBLIC["logmatmulexp"](a, b + logs), c))


# --- logsumexp with weights ----------------------------------------------------------------------


def _weighted_shares(p):
    # (exp(x) over their sum, the sum of it with the weights). An entry of weight 0 has no part in
    # the sum, but a derivative by its weight.
    present = p["b"] != 0
    present = present if p["where"] is None else present & p["where"]
    share = PUBLIC["softmax"](p.x, p.made.axis, where=present)
    total = PUBLIC["logsumexp"](p.x, p.made.axis, keepdims=True, where=present)
    beside = torch.exp(p.x - total).nan_to_num()
    if p["where"] is not None:
        beside = torch.where(p["where"], beside, 0)
    share = torch.where(present, share, beside)
    return share, (p["b"] * share).sum(p.made.axis, keepdim=True)


def _weighted_by_x(p, u, *_):
    share, total = _weighted_shares(p)
    return p.spread(u) * (p["b"] * share / total)


def _weighted_by_b(p, u, *_):
    share, total = _weighted_shares(p)
    return p.spread(u) * (share / total)


def _weighted_along(by):
    def along(p, t):
        change = t * by(p, torch.ones_like(p.results[0]))
        change = change.sum(p.made.axis, keepdim=p.made.others.get("keepdims", False))
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
