"""The derivatives of losses and of gated labels on tensors.

A loss on tensors with gradients is computed with its gradient: that is its second result, which the
backward pass has only to multiply.
"""

import torch

from . import PUBLIC


def _reduction(p):
    return p.made.others.get("reduction", "none")


def _factor(p):
    # What the loss of each row is multiplied with, for its entries; a number where all are alike.
    weights = p["weights"] if "targets" in p.made.names else None
    if _reduction(p) != "mean":
        return 1.0 if weights is None else p.spread(weights)
    if weights is None:
        return p.x.shape[p.made.axis] / p.x.numel()
    return p.spread(weights / weights.sum())


def _outer(p, c):
    # The cotangent of the losses, for the entries.
    return c if _reduction(p) != "none" else p.spread(c)


def _has_labels(p):
    return p["targets"].shape != p.x.shape or not p["targets"].dtype.is_floating_point


def _sum_of_targets(p):
    return 1.0 if _has_labels(p) else p["targets"].sum(p.made.axis, keepdim=True)


def _one_hot(p):
    if not _has_labels(p):
        return p["targets"]
    axis = p.made.axis
    labels = p["targets"].to(torch.int64)
    labels = labels if labels.ndim == p.x.ndim else labels.unsqueeze(axis)
    return torch.zeros_like(p.x).scatter(axis, labels, 1.0)


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
        return (change.sum() if whole else change.sum(p.made.axis)), _factor(p) * hessian(p, t)

    scores = "weights" if loss == "complement_cross_entropy" else "targets"
    vjp = {"weights": by_row_weights, "logits": by_logits, scores: by_scores}
    return vjp, {"logits": along_logits}


def _by_row_weights(p, loss, c, u):
    # A loss is linear in the weights; their mean is over the sum of them.
    axis = p.made.axis
    value, gradient = PUBLIC[f"{loss}_value_and_grad"](p.x, p["targets"], axis)
    mean = _reduction(p) == "mean"
    total = p["weights"].sum() if mean else 1.0
    parts = [] if c is None else [c * (value - p.results[0] if mean else value)]
    if u is not None:
        along = (u * gradient).sum(axis)
        parts.append(along - (u * p.results[1]).sum() if mean else along)
    return sum(parts[1:], parts[0]) / total


# --- two sets of labels with a gate --------------------------------------------------------------


def _sets(p, g):
    # The parts of what has the shape of the result that belong to a and to b.
    n = p["a"].shape[p.made.axis]
    return g.narrow(p.made.axis, 0, n), g.narrow(p.made.axis, n, g.shape[p.made.axis] - n)


def _gated_vjp(which):
    def by(p, u):
        gradients = PUBLIC["gated_log_softmax_vjp"](p["gate"], p["a"], p["b"], u, p.made.axis)
        return gradients[which]

    return by


def _total(p, x, g):
    return torch.where(x > -torch.inf, g, 0).sum(p.made.axis)


def _shares_of_gate(p):
    return p.map("logistic", -p["gate"]), p.map("logistic", p["gate"])


def _along_gate(p, t):
    rest, share = (s.unsqueeze(p.made.axis) for s in _shares_of_gate(p))
    t = t.unsqueeze(p.made.axis)
    return torch.cat(
        [(rest * t).expand(p["a"].shape), (-share * t).expand(p["b"].shape)], p.made.axis
    )


def _along_a(p, t):
    change = PUBLIC["log_softmax_jvp"](p["a"], t, p.made.axis)
    return torch.cat([change, torch.zeros_like(p["b"])], p.made.axis)


def _along_b(p, t):
    change = PUBLIC["log_softmax_jvp"](p["b"], t, p.made.axis)
    return torch.cat([torch.zeros_like(p["a"]), change], p.made.axis)


def _cotangents(p):
    if p["g"] is None:
        return torch.ones_like(p["a"]), torch.ones_like(p["b"])
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
        total = _total(p, p[name], g).unsqueeze(p.made.axis)
        return -total * PUBLIC["softmax_vjp"](p[name], u, p.made.axis)

    return by


def _vjp_by_g(p, u, *of_sets):
    parts = []
    for name, v, share in zip("ab", of_sets, _shares_of_gate(p)):
        part = torch.zeros_like(p[name])
        if u is not None:
            part = part + ((u * share) * (1 if name == "a" else -1)).unsqueeze(p.made.axis)
        if v is not None:
            part = part + PUBLIC["log_softmax_jvp"](p[name], v, p.made.axis)
        parts.append(part)
    return torch.cat(parts, p.made.axis)


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
