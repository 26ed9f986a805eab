"""The derivatives of running sums, weighted sums and matrix products of logarithms."""


# --- the running sum -----------------------------------------------------------------------------


def _scan_by_x(p, u):
    return p.call("logcumsumexp_vjp", p.x, u)


def _scan_along_x(p, t):
    return p.call("logcumsumexp_jvp", p.x, t)


# --- logmatmulexp --------------------------------------------------------------------------------


def _product_by(which):
    return lambda p, u: p.public("logmatmulexp_vjp", p["a"], p["b"], u)[which]


def _product_along_a(p, t):
    return p.public("logmatmulexp_jvp", p["a"], p["b"], t, None)


def _product_along_b(p, t):
    return p.public("logmatmulexp_jvp", p["a"], p["b"], None, t)


# --- logsumexp with weights ----------------------------------------------------------------------


def _weighted_by(which):
    return lambda p, u, *_: p.call("weighted_logsumexp_vjp", p.x, p["b"], u)[which]


def _along(p, t, s, **options):
    return p.call("weighted_logsumexp_jvp", p.x, p["b"], t, s, **options)


def _weighted_along(x_or_b):
    def along(p, t):
        tangents = (t, None) if x_or_b == "x" else (None, t)
        change = _along(p, *tangents, keepdims=p.made.others.get("keepdims", False))
        return (change, None)[: len(p.results)]

    return along


def _slope(which):
    # With w and s the derivatives by x and b, and D that of the value along the cotangents u and v:
    # g (u w + v s - D w) by x, g (u s - D s) by b.
    def by(p, g, u, v):
        w, s = p.call("weighted_logsumexp_vjp", p.x, p["b"], None)
        change = _along(p, u, v, keepdims=True)
        if which == "x":
            parts = [-change * w]
            parts += [] if u is None else [u * w]
            parts += [] if v is None else [v * s]
        else:
            parts = [-change * s] + ([] if u is None else [u * s])
        total = sum(parts[1:], parts[0])
        return total if g is None else p.spread(g) * total

    return by


def _gradients_along(x_or_b):
    # The changes of g w and of g s.
    def along(p, t):
        w, s = p.call("weighted_logsumexp_vjp", p.x, p["b"], None)
        change = _along(p, *((t, None) if x_or_b == "x" else (None, t)), keepdims=True)
        if x_or_b == "x":
            parts = (t - change) * w, (t - change) * s
        else:
            parts = t * s - change * w, -change * s
        return parts if p["g"] is None else tuple(p.spread(p["g"]) * part for part in parts)

    return along


def _slope_along(x_or_b):
    def along(p, t):
        change = _slope(x_or_b)(p, None, p["t"], p["s"]) * t
        keepdims = p.made.others.get("keepdims", False)
        return p.xp.sum(change, axis=p.made.axis, keepdims=keepdims)

    return along


WEIGHTED = (
    {"x": _weighted_by(0), "b": _weighted_by(1)},
    {"x": _weighted_along("x"), "b": _weighted_along("b")},
)

# The derivatives of these have no derivatives.
ONCE = {
    "logcumsumexp": ({"x": _scan_by_x}, {"x": _scan_along_x}),
    "logmatmulexp": (
        {"a": _product_by(0), "b": _product_by(1)},
        {"a": _product_along_a, "b": _product_along_b},
    ),
}


RULES = {
    "weighted_logsumexp_vjp": (
        {
            "x": lambda p, u, v: _slope("x")(p, p["g"], u, v),
            "b": lambda p, u, v: _slope("b")(p, p["g"], u, v),
            "g": lambda p, u, v: _along(p, u, v),
        },
        # Written out: a transposed rule would call the function at the very same place again.
        {
            "x": _gradients_along("x"),
            "b": _gradients_along("b"),
            "g": lambda p, t: p.call("weighted_logsumexp_vjp", p.x, p["b"], t),
        },
    ),
    "weighted_logsumexp_jvp": (
        {
            "x": lambda p, c: _slope("x")(p, c, p["t"], p["s"]),
            "b": lambda p, c: _slope("b")(p, c, p["t"], p["s"]),
            "t": _weighted_by(0),
            "s": _weighted_by(1),
        },
        {
            "x": _slope_along("x"),
            "b": _slope_along("b"),
            "t": lambda p, t: _along(p, t, None, keepdims=p.made.others.get("keepdims", False)),
            "s": lambda p, t: _along(p, None, t, keepdims=p.made.others.get("keepdims", False)),
        },
    ),
    "logcumsumexp_vjp": ({"g": _scan_along_x}, {"g": _scan_by_x}),
    "logcumsumexp_jvp": ({"t": _scan_by_x}, {"t": _scan_along_x}),
}
