"""The derivatives of the softmax family: of values, of VJPs and JVPs, of Jacobians.

They are written in functions that have derivatives themselves, so that what is differentiated
can be differentiated again, as far as the family goes. A rule is {argument: derivative}: `vjp`
takes a cotangent for each result, `jvp` a tangent; see `Point` for p.
"""

from ..._family import FAMILY, named

# What has derivatives instead.
_INSTEAD = dict.fromkeys(
    ("hmm_forward", "hmm_backward", "hmm_posterior", "hmm_viterbi"),
    ": hmm_loglikelihood has one",
)
_INSTEAD |= {
    name: f": {name.removesuffix('_vjp')} has one, once"
    for name in named("segment vjp", "segment vjp of a reduction")
}


def missing(function, name):
    """The error of a derivative that the family has not."""
    instead = _INSTEAD.get(function, "")
    return NotImplementedError(f"{function} has no derivative by {name}{instead}")


# --- second derivatives: (p, g, t) -> the derivative by x of sum(g * (J t)), J the Jacobian -------


def _of_softmax(p, g, t):
    centred = (p.call("log_softmax_jvp", p.x, u) for u in (g, t))
    first, second = centred
    return p.call("softmax_vjp", p.x, first * second)


def _of_log_softmax(p, g, t):
    return -p.total(g) * p.call("softmax_vjp", p.x, t)


def _of_log1m_softmax(p, g, t):
    return p.call("log1m_softmax_hvp", p.x, g, t)


def _of_loo_logsumexp(p, g, t):
    # log(sum of the others) = logsumexp + log1m_softmax, at masked entries the first alone.
    of_sum = p.xp.sum(g, axis=p.made.axis, keepdims=True) * p.call("softmax_vjp", p.x, t)
    return of_sum + p.call("log1m_softmax_hvp", p.x, g, t)


def _of_logsumexp(p, g, t):
    return p.spread(g) * p.call("softmax_vjp", p.x, t)


def _of_rest(p, g, t):
    # Among the entries that are left; those whose share is 0 count as little as the maximum.
    left = p.xp.not_equal(p.call("logsumexp_excluding_max_vjp", p.constant(p.x)), 0)
    left = left if p["where"] is None else left & p["where"]
    return p.spread(g) * p.public("softmax_vjp", p.x, t, axis=p.made.axis, where=left)


_SECOND = {
    "softmax": _of_softmax,
    "log_softmax": _of_log_softmax,
    "log1m_softmax": _of_log1m_softmax,
    "loo_logsumexp": _of_loo_logsumexp,
    "logsumexp": _of_logsumexp,
    "logmeanexp": _of_logsumexp,
    "logsumexp_excluding_max": _of_rest,
}

# --- and along two tangents: (p, t, s) -> the derivative of J t along s ---------------------------


def _inner(p, t, s, keepdims):
    change = t * p.call("softmax_vjp", p.x, s)
    return p.xp.sum(change, axis=p.made.axis, keepdims=keepdims)


def _along_of_sum(p, t, s):
    return _inner(p, t, s, p.made.others.get("keepdims", False))


def _along_of_log_softmax(p, t, s):
    return p.xp.where(p.counts(), -_inner(p, t, s, True), 0)


_SECOND_ALONG = {
    "softmax": _of_softmax,
    "log_softmax": _along_of_log_softmax,
    "logsumexp": _along_of_sum,
    "logmeanexp": _along_of_sum,
}

# --- the rules of each kind -----------------------------------------------------------------------


def _vjp(p, base, g):
    gradient = p.call(f"{base}_vjp", p.x, g)
    if base == "loo_logsumexp" and p["where"] is not None:
        # The value at a masked entry is the logsumexp of the others.
        rest = p.xp.sum(p.xp.where(p["where"], 0, g), axis=p.made.axis)
        gradient = gradient + p.call("logsumexp_vjp", p.x, rest)
    return gradient


def _jvp(p, base, t):
    kept = {"keepdims": True} if p.made.others.get("keepdims") else {}
    return p.call(f"{base}_jvp", p.x, t, **kept)


def _of_value(base):
    return {"x": lambda p, u: _vjp(p, base, u)}, {"x": lambda p, t: _jvp(p, base, t)}


def _cotangent(p, base):
    # That which a VJP was given, or the ones that it stands for.
    g = p["g"]
    if g is None:
        g = p.xp.ones_like(p.x if FAMILY[base].kind == "map" else p.xp.sum(p.x, axis=p.made.axis))
    return _present(p, g) if base == "loo_logsumexp" else g


def _present(p, u):
    # Without what belongs to masked entries.
    return u if p["where"] is None else p.xp.where(p["where"], u, 0)


def _of_vjp(base):
    def by_x(p, u):
        return _SECOND[base](p, _cotangent(p, base), u)

    def by_g(p, u):
        change = p.call(f"{base}_jvp", p.x, u)
        return _present(p, change) if base == "loo_logsumexp" else change

    return {"x": by_x, "g": by_g}, {"x": by_x, "g": lambda p, s: p.call(f"{base}_vjp", p.x, s)}


def _of_jvp(base):
    vjp = {
        "x": lambda p, u: _SECOND[base](p, u, p["t"]),
        "t": lambda p, u: _vjp(p, base, u),
    }
    jvp = {"t": lambda p, s: _jvp(p, base, s)}
    if base in _SECOND_ALONG:
        jvp["x"] = lambda p, s: _SECOND_ALONG[base](p, p["t"], s)
    return vjp, jvp


# --- log1m_softmax with its VJP, its Hessian, and Jacobians --------------------------------------


def _value_and_vjp_by_x(p, u, v):
    parts = [] if u is None else [p.call("log1m_softmax_vjp", p.x, u)]
    parts += [] if v is None else [p.call("log1m_softmax_hvp", p.x, _cotangent(p, _LOG1M), v)]
    return sum(parts[1:], parts[0])


def _value_and_vjp_by_g(p, _, v):
    return None if v is None else p.call("log1m_softmax_jvp", p.x, v)


def _value_and_vjp_along_x(p, t):
    along = p.call("log1m_softmax_hvp", p.x, _cotangent(p, _LOG1M), t)
    return p.call("log1m_softmax_jvp", p.x, t), along


def _value_and_vjp_along_g(p, t):
    return p.xp.zeros_like(p.x), p.call("log1m_softmax_vjp", p.x, t)


def _none(function, name):
    def refuse(p, *_):
        raise missing(function, name)

    return refuse


def _hvp_of(p, g, t):
    return p.call("log1m_softmax_hvp", p.x, g, t)


def _hvp(p, t):
    return _hvp_of(p, p["g"], t)


_LOG1M, _HVP = "log1m_softmax", "log1m_softmax_hvp"


def _rows_of_units(p):
    # x as often as it has entries in a row, its rows last, with the unit vectors as cotangents.
    x = p.xp.moveaxis(p.x, p.made.axis, -1)
    n = x.shape[-1]
    return p.xp.broadcast_to(x[..., None, :], (*x.shape, n)), p.eye(n)


def _log_softmax_jacobian_by_x(p, u):
    columns = p.xp.moveaxis(p.xp.sum(u, axis=-2), -1, p.made.axis)
    return -p.call("softmax_vjp", p.x, columns)


def _log_softmax_jacobian_along_x(p, t):
    change = p.xp.moveaxis(p.call("softmax_vjp", p.x, t), p.made.axis, -1)
    return p.xp.broadcast_to(-change[..., None, :], p.results[0].shape)


def _log1m_softmax_jacobian_by_x(p, u):
    gradients = p.public("log1m_softmax_hvp", *_rows_of_units(p), u)
    return p.xp.moveaxis(p.xp.sum(gradients, axis=-2), -1, p.made.axis)


def _log1m_softmax_jacobian_along_x(p, t):
    t = p.xp.moveaxis(t, p.made.axis, -1)[..., None, :]
    return p.public("log1m_softmax_hvp", *_rows_of_units(p), t)


# The derivatives of the derivatives by x are not there.
_BY_X = {kind: {"x": _none(f"logvarexp_{kind}", "x")} for kind in ("vjp", "jvp")}
_OF_VARIANCE = {
    "logvarexp": _of_value("logvarexp"),
    "logvarexp_vjp": (
        _BY_X["vjp"] | {"g": lambda p, u: _jvp(p, "logvarexp", u)},
        _BY_X["vjp"] | {"g": lambda p, s: _vjp(p, "logvarexp", s)},
    ),
    "logvarexp_jvp": (
        _BY_X["jvp"] | {"t": lambda p, u: _vjp(p, "logvarexp", u)},
        _BY_X["jvp"] | {"t": lambda p, s: _jvp(p, "logvarexp", s)},
    ),
}

# {function: (vjp, jvp)}
RULES = {
    **{name: _of_value(name) for name in _SECOND},
    **{name: _of_vjp(name.removesuffix("_vjp")) for name in named("vjp", "vjp of a reduction")},
    **{name: _of_jvp(name.removesuffix("_jvp")) for name in named("jvp", "jvp of a reduction")},
    "log1m_softmax_value_and_vjp": (
        {"x": _value_and_vjp_by_x, "g": _value_and_vjp_by_g},
        {"x": _value_and_vjp_along_x, "g": _value_and_vjp_along_g},
    ),
    "log1m_softmax_hvp": (
        {"x": _none(_HVP, "x"), "g": _none(_HVP, "g"), "t": _hvp},
        {
            "x": _none(_HVP, "x"),
            "g": lambda p, s: _hvp_of(p, s, p["t"]),
            "t": _hvp,
        },
    ),
    **_OF_VARIANCE,
    "log_softmax_jacobian": (
        {"x": _log_softmax_jacobian_by_x},
        {"x": _log_softmax_jacobian_along_x},
    ),
    "log1m_softmax_jacobian": (
        {"x": _log1m_softmax_jacobian_by_x},
        {"x": _log1m_softmax_jacobian_along_x},
    ),
}
