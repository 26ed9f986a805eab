"""The derivatives of losses and of gated labels.

A loss of which derivatives are wanted is computed with its gradient: that is its second result,
which the backward pass has only to multiply.
"""

import math


def _reduction(p):
    return p.made.others.get("reduction", "none")


def _factor(p):
    # What the loss of each row is multiplied with, for its entries; a number where all are alike.
    weights = p["weights"] if "targets" in p.made.names else None
    if _reduction(p) != "mean":
        return 1.0 if weights is None else p.spread(weights)
    if weights is None:
        return p.x.shape[p.made.axis] / math.prod(p.x.shape)
    return p.spread(weights / p.xp.sum(weights))


def _outer(p, c):
    # The cotangent of the losses, for the entries.
    return c if _reduction(p) != "none" else p.spread(c)


def _sum_of_targets(p):
    return 1.0 if p.has_labels() else p.xp.sum(p["targets"], axis=p.made.axis, keepdims=True)


def _one_hot(p):
    return p.one_hot(p.spread(p["targets"])) if p.has_labels() else p["targets"]


# {loss: (the Hessian of a row times u, the derivative of the loss by what scores the classes,
# the derivative of the gradient along u by it)}
_PARTS = {
    "cross_entropy": (
        lambda p, u: _sum_of_targets(p) * p.call("softmax_vjp", p.x, u),
        lambda p: -p.call("log_softmax", p.x),
        lambda p, u: -p.call("log_softmax_jvp", p.x, u),
    ),
    "softmax_binary_cross_entropy": (
        lambda p, u: (
            _sum_of_targets(p) * p.call("softmax_vjp", p.x, u)
            - p.call("log1m_softmax_hvp", p.x, 1 - _one_hot(p), u)
        ),
        lambda p: p.call("log1m_softmax", p.x) - p.call("log_softmax", p.x),
        lambda p, u: p.call("log1m_softmax_jvp", p.x, u) - p.call("log_softmax_jvp", p.x, u),
    ),
    "complement_cross_entropy": (
        lambda p, u: -p.call("log1m_softmax_hvp", p.x, p["weights"], u),
        lambda p: -p.call("log1m_softmax", p.x),
        lambda p, u: -p.call("log1m_softmax_jvp", p.x, u),
    ),
}


def _rule(loss):
    hessian, by_score, by_score_along = _PARTS[loss]

    def by_logits(p, c, u):
        parts = [] if c is None else [_outer(p, c) * p.results[1]]
        parts += [] if u is None else [_factor(p) * hessian(p, u)]
        return sum(parts[1:], parts[0])

    def by_scores(p, c, u):
        parts = [] if c is None else [_outer(p, c) * by_score(p)]
        parts += [] if u is None else [by_score_along(p, u)]
        return _factor(p) * sum(parts[1:], parts[0])

    def by_row_weights(p, c, u):
        return _by_row_weights(p, loss, c, u)

    def along_logits(p, t):
        change = p.results[1] * t
        whole = _reduction(p) != "none"
        axis = None if whole else p.made.axis
        return p.xp.sum(change, axis=axis), _factor(p) * hessian(p, t)

    scores = "weights" if loss == "complement_cross_entropy" else "targets"
    vjp = {"weights": by_row_weights, "logits": by_logits, scores: by_scores}
    return vjp, {"logits": along_logits}


def _by_row_weights(p, loss, c, u):
    # A loss is linear in the weights; their mean is over the sum of them.
    axis = p.made.axis
    value, gradient = p.public(f"{loss}_value_and_grad", p.x, p["targets"], axis=axis)
    mean = _reduction(p) == "mean"
    total = p.xp.sum(p["weights"]) if mean else 1.0
    parts = [] if c is None else [c * (value - p.results[0] if mean else value)]
    if u is not None:
        along = p.xp.sum(u * gradient, axis=axis)
        parts.append(along - p.xp.sum(u * p.results[1]) if mean else along)
    return sum(parts[1:], parts[0]) / total


# --- two sets of labels with a gate --------------------------------------------------------------


def _sets(p, g):
    # The parts of what has the shape of the result that belong to a and to b.
    n = p["a"].shape[p.made.axis]
    return _part(p, g, slice(None, n)), _part(p, g, slice(n, None))


def _part(p, u, along):
    # Of an array, by an index along the axis, which is counted from the last.
    index = (..., along, *[slice(None)] * (-1 - p.made.axis))
    return u[index]


def _as_column(p, c):
    # A number for each row, with an axis for the entries.
    return _part(p, c, None)


def _gated_vjp(which):
    def by(p, u):
        arrays = p["gate"], p["a"], p["b"], u
        return p.public("gated_log_softmax_vjp", *arrays, axis=p.made.axis)[which]

    return by


def _total(p, x, g):
    return p.xp.sum(p.xp.where(x > -math.inf, g, 0), axis=p.made.axis)


def _shares_of_gate(p):
    return p.map("logistic", -p["gate"]), p.map("logistic", p["gate"])


def _along_gate(p, t):
    rest, share = _shares_of_gate(p)
    changes = {"a": _as_column(p, rest * t), "b": _as_column(p, -share * t)}
    parts = [p.xp.broadcast_to(change, p[name].shape) for name, change in changes.items()]
    return p.xp.concatenate(parts, axis=p.made.axis)


def _along_a(p, t):
    change = p.call("log_softmax_jvp", p["a"], t)
    return p.xp.concatenate([change, p.xp.zeros_like(p["b"])], axis=p.made.axis)


def _along_b(p, t):
    change = p.call("log_softmax_jvp", p["b"], t)
    return p.xp.concatenate([p.xp.zeros_like(p["a"]), change], axis=p.made.axis)


def _cotangents(p):
    if p["g"] is None:
        return p.xp.ones_like(p["a"]), p.xp.ones_like(p["b"])
    return _sets(p, p["g"])


def _vjp_by_gate(p, u, *_):
    if u is None:
        return None
    rest, share = _shares_of_gate(p)
    totals = (_total(p, p[name], g) for name, g in zip("ab", _cotangents(p)))
    return -u * rest * share * sum(totals)


def _vjp_by_set(name):
    def by(p, *cotangents):
        u = cotangents["ab".index(name) + 1]
        if u is None:
            return None
        g = _cotangents(p)["ab".index(name)]
        total = _as_column(p, _total(p, p[name], g))
        return -total * p.call("softmax_vjp", p[name], u)

    return by


def _vjp_by_g(p, u, *of_sets):
    parts = []
    for name, v, share in zip("ab", of_sets, _shares_of_gate(p)):
        part = p.xp.zeros_like(p[name])
        if u is not None:
            part = part + _as_column(p, (u * share) * (1 if name == "a" else -1))
        if v is not None:
            part = part + p.call("log_softmax_jvp", p[name], v)
        parts.append(part)
    return p.xp.concatenate(parts, axis=p.made.axis)


RULES = {f"{loss}_value_and_grad": _rule(loss) for loss in _PARTS} | {
    "gated_log_softmax": (
        {name: _gated_vjp(i) for i, name in enumerate(("gate", "a", "b"))},
        {"gate": _along_gate, "a": _along_a, "b": _along_b},
    ),
    "gated_log_softmax_vjp": (
        {"gate": _vjp_by_gate, "a": _vjp_by_set("a"), "b": _vjp_by_set("b"), "g": _vjp_by_g},
        {},
    ),
}
