"""The derivatives of losses and of gated labels.

A loss of which derivatives are wanted is computed with its gradient: that is its second result,
which the backward pass has only to multiply. The derivative of the gradient is the `_hvp` of the
loss.
"""

import math

from ..._family import FAMILY
from .rows import missing


def _reduction(p):
    return p.made.others.get("reduction", "none")


def _call(p, function, *arrays, **options):
    # A mask of a loss is for its rows, and not for entries.
    return p.public(function, *arrays, axis=p.made.axis, **options)


def _has_options(p):
    classes = p["class_weights"] is not None or p.made.others.get("label_smoothing")
    return p["where"] is not None or bool(classes)


def _factor(p):
    # What the loss of each row is multiplied with, for its entries; a number where all are alike.
    weights = p["weights"] if "targets" in p.made.names else None
    if p["where"] is not None:
        present = _of_rows(p, p["where"])
        ones = p.xp.ones_like(p.xp.sum(p.x, axis=p.made.axis, keepdims=True))
        weights = p.xp.where(present, ones if weights is None else p.spread(weights), 0.0)
    if _reduction(p) == "mean" and p["class_weights"] is not None and p.has_labels():
        chosen = p.xp.sum(_one_hot(p) * _classes(p), axis=p.made.axis, keepdims=True)
        weights = p.xp.ones_like(chosen) if weights is None else p.spread(weights)
        return weights / p.xp.sum(weights * chosen)
    if _reduction(p) != "mean":
        return 1.0 if weights is None else p.spread(weights)
    if weights is None:
        return p.x.shape[p.made.axis] / math.prod(p.x.shape)
    return p.spread(weights / p.xp.sum(weights))


def _outer(p, c):
    # The cotangent of the losses, for the entries.
    return c if _reduction(p) != "none" else p.spread(c)


def _of_rows(p, mask):
    # With the axes of the entries, as weights have.
    return mask if mask.ndim in (0, p.x.ndim) else p.spread(mask)


def _classes(p):
    # The weights of the classes, along their axis.
    over = (...,) + (None,) * (-1 - p.made.axis)
    return p["class_weights"][over]


def _scores(p):
    # What the classes of a row count, with the options of the loss.
    scores, share = _one_hot(p), p.made.others.get("label_smoothing")
    if share:
        scores = scores * (1 - share) + share / p.x.shape[p.made.axis]
    return scores if p["class_weights"] is None else scores * _classes(p)


def _sum_of_targets(p):
    if _has_options(p):
        return p.xp.sum(_scores(p), axis=p.made.axis, keepdims=True)
    return 1.0 if p.has_labels() else p.xp.sum(p["targets"], axis=p.made.axis, keepdims=True)


def _one_hot(p):
    if not p.has_labels():
        return p["targets"]
    labels = p.spread(p["targets"])
    if p["where"] is not None:  # others may be anything
        labels = p.xp.where(_of_rows(p, p["where"]), labels, 0)
    return p.one_hot(labels)


# {loss: (its derivative by what scores the classes, that of its gradient along u by the same)}
_PARTS = {
    "cross_entropy": (
        lambda p: -_call(p, "log_softmax", p.x),
        lambda p, u: -_call(p, "log_softmax_jvp", p.x, u),
    ),
    "softmax_binary_cross_entropy": (
        lambda p: _call(p, "log1m_softmax", p.x) - _call(p, "log_softmax", p.x),
        lambda p, u: _call(p, "log1m_softmax_jvp", p.x, u) - _call(p, "log_softmax_jvp", p.x, u),
    ),
    "complement_cross_entropy": (
        lambda p: -_call(p, "log1m_softmax", p.x),
        lambda p, u: -_call(p, "log1m_softmax_jvp", p.x, u),
    ),
}


def _hessian(p, loss, u):
    # That of the losses as they are added up, times u.
    scores = FAMILY[f"{loss}_hvp"].operands[0]
    options = {"reduction": _reduction(p)}
    for name in {"weights", "where", "class_weights"} - {scores}:
        if p[name] is not None:
            options[name] = p[name]
    if p.made.others.get("label_smoothing"):
        options["label_smoothing"] = p.made.others["label_smoothing"]
    return _call(p, f"{loss}_hvp", p.x, p[scores], u, **options)


def _rule(loss):
    by_score, by_score_along = _PARTS[loss]

    def by_logits(p, c, u):
        parts = [] if c is None else [_outer(p, c) * p.results[1]]
        parts += [] if u is None else [_hessian(p, loss, u)]
        return sum(parts[1:], parts[0])

    def by_scores(p, c, u):
        if _has_options(p):
            raise missing(loss, f"{scores} with options")
        parts = [] if c is None else [_outer(p, c) * by_score(p)]
        parts += [] if u is None else [by_score_along(p, u)]
        return _factor(p) * sum(parts[1:], parts[0])

    def by_row_weights(p, c, u):
        return _by_row_weights(p, loss, c, u)

    def along_logits(p, t):
        change = p.results[1] * t
        whole = _reduction(p) != "none"
        axis = None if whole else p.made.axis
        return p.xp.sum(change, axis=axis), _hessian(p, loss, t)

    scores = "weights" if loss == "complement_cross_entropy" else "targets"
    vjp = {"weights": by_row_weights, "logits": by_logits, scores: by_scores}
    return vjp, {"logits": along_logits}


def _present(p, u):
    # What belongs to rows that count.
    return u if p["where"] is None else p.xp.where(_of_rows(p, p["where"]), u, 0)


def _by_row_weights(p, loss, c, u):
    if _has_options(p):
        raise missing(loss, "weights with options")
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


# --- Hessians times a vector ---------------------------------------------------------------------


def _again(p, u):
    # A Hessian is symmetric.
    return p.made.public(**dict(zip(p.made.names, p.arrays)) | {"t": u})


def _refuse_options(p, name):
    if _has_options(p):
        raise missing(p.made.function, f"{name} with options")


def _hvp_by_logits(p, u):
    # Of cross_entropy, whose Hessian is that of logsumexp times the sum of the targets.
    first, second = (_call(p, "log_softmax_jvp", p.x, v) for v in (u, p["t"]))
    bend = _call(p, "softmax_vjp", p.x, first * second)
    return _present(p, _factor(p) * _sum_of_targets(p) * bend)


def _hvp_by_targets(p, u):
    _refuse_options(p, "targets")
    along = p.xp.sum(u * _call(p, "softmax_vjp", p.x, p["t"]), axis=p.made.axis, keepdims=True)
    return p.xp.zeros_like(p["targets"]) + _factor(p) * along


def _hvp_along_targets(p, s):
    _refuse_options(p, "targets")
    total = p.xp.sum(s, axis=p.made.axis, keepdims=True)
    return _factor(p) * total * _call(p, "softmax_vjp", p.x, p["t"])


def _hvp_by_row_weights(p, u):
    _refuse_options(p, "weights")
    # It is linear in the weights; that of the mean is over the sum of them.
    rows = p.public(p.made.function, p.x, p["targets"], p["t"], axis=p.made.axis)
    along = p.xp.sum(u * rows, axis=p.made.axis)
    if _reduction(p) != "mean":
        return along
    return (along - p.xp.sum(u * _again(p, p["t"]))) / p.xp.sum(p["weights"])


def _hvp_along_row_weights(p, s):
    _refuse_options(p, "weights")
    # Written out: a transposed rule would call the function at the very same place again.
    rows = p.public(p.made.function, p.x, p["targets"], p["t"], axis=p.made.axis)
    change = p.spread(s) * rows
    if _reduction(p) != "mean":
        return change
    return (change - p.xp.sum(s) * _again(p, p["t"])) / p.xp.sum(p["weights"])


_BY_T = {"t": _again}
_ALONG = _BY_T | {"weights": _hvp_along_row_weights}
_HESSIANS = {
    "cross_entropy_hvp": (
        _BY_T
        | {
            "logits": _hvp_by_logits,
            "targets": _hvp_by_targets,
            "weights": _hvp_by_row_weights,
        },
        _ALONG | {"logits": _hvp_by_logits, "targets": _hvp_along_targets},
    ),
    "softmax_binary_cross_entropy_hvp": (_BY_T | {"weights": _hvp_by_row_weights}, _ALONG),
    "complement_cross_entropy_hvp": (_BY_T, _BY_T),
    "sigmoid_binary_cross_entropy_hvp": (_BY_T, _BY_T),
    "logsumexp_hvp": (_BY_T, _BY_T),
}

# --- single entries ------------------------------------------------------------------------------

_ENTRIES = "sigmoid_binary_cross_entropy"


def _entry_factor(p):
    weights = 1.0 if p["weights"] is None else p["weights"]
    if p["where"] is not None:
        weights = p.xp.ones_like(p.x) * weights
        weights = p.xp.where(p["where"], weights, 0.0)
    if _reduction(p) != "mean":
        return weights
    if p["weights"] is None and p["where"] is None:
        return 1.0 / math.prod(p.x.shape)
    weights = p.xp.broadcast_to(weights, p.x.shape)
    return weights / p.xp.sum(weights)


def _times_q(p, u):
    return u if p["pos_weight"] is None else p["pos_weight"] * u


def _both(p):
    return p.map("logistic", p.x), p.map("logistic", -p.x)


def _entry_hessian(p, u):
    first, second = _both(p)
    t = p["targets"]
    curvature = (1 - t + _times_q(p, t)) * (first * second)
    return _counted(p, _entry_factor(p) * curvature * u)


def _counted(p, u):
    # What belongs to entries that count.
    return u if p["where"] is None else p.xp.where(p["where"], u, 0)


def _entry_by_logits(p, c, u):
    parts = [] if c is None else [c * p.results[1]]
    parts += [] if u is None else [_entry_hessian(p, u)]
    return sum(parts[1:], parts[0])


def _entry_along_logits(p, t):
    change = p.results[1] * t
    whole = _reduction(p) != "none"
    return p.xp.sum(change) if whole else change, _entry_hessian(p, t)


def _entry_by_targets(p, c, u):
    first, second = _both(p)
    by = p.map("log1m_sigmoid", p.x) - _times_q(p, p.map("log_sigmoid", p.x))
    parts = [] if c is None else [c * by]
    parts += [] if u is None else [-u * (first + _times_q(p, second))]
    return _counted(p, _entry_factor(p) * sum(parts[1:], parts[0]))


def _entry_by_pos_weight(p, c, u):
    parts = [] if c is None else [-c * p.map("log_sigmoid", p.x)]
    parts += [] if u is None else [-u * p.map("logistic", -p.x)]
    return _counted(p, _entry_factor(p) * p["targets"] * sum(parts[1:], parts[0]))


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


RULES = {f"{loss}_value_and_grad": _rule(loss) for loss in _PARTS} | _HESSIANS
RULES |= {
    f"{_ENTRIES}_value_and_grad": (
        {
            "logits": _entry_by_logits,
            "targets": _entry_by_targets,
            "pos_weight": _entry_by_pos_weight,
        },
        {"logits": _entry_along_logits},
    ),
    "gated_log_softmax": (
        {name: _gated_vjp(i) for i, name in enumerate(("gate", "a", "b"))},
        {"gate": _along_gate, "a": _along_a, "b": _along_b},
    ),
    "gated_log_softmax_vjp": (
        {"gate": _vjp_by_gate, "a": _vjp_by_set("a"), "b": _vjp_by_set("b"), "g": _vjp_by_g},
        {},
    ),
}
