"""The small calls of every public function: each kind, plain and with each of its options."""

import numpy as np

# (shape, axis) of what a sampler calls functions on, one row first.
ONE_ROW = [((10,), -1), ((10,), 0)]
ROWS = [((100, 4), -1), ((100, 4), 0), ((5, 4, 3), 1), ((5, 4, 3), -3)]
ALL_AXES = [((10,), None), ((25, 4), None)]


def lengths_of_rows(shape, axis):
    """The shape of an array of these without the axis."""
    return () if axis is None else tuple(np.delete(shape, axis).tolist())


def _kept(shape, axis):
    return tuple(1 if axis is None or i == axis % len(shape) else k for i, k in enumerate(shape))


class Arrays:
    """Arguments of each sort for x of a shape, and axis."""

    def __init__(self, shape, axis, dtype, spoil=lambda x: x):
        rng = np.random.default_rng(len(shape))
        self.shape, self.axis, self.dtype = shape, axis, np.dtype(dtype)
        self.rows, self.kept = lengths_of_rows(shape, axis), _kept(shape, axis)
        self.classes = shape[axis] if axis is not None else int(np.prod(shape))
        self.x, self.g, self.t = (spoil(rng.normal(0, 2, shape).astype(dtype)) for _ in range(3))
        self.row_numbers = np.asarray(rng.random(self.rows) + 0.25, dtype)
        self.labels = rng.integers(0, self.classes, self.rows)
        self.shares = rng.random(shape).astype(dtype)
        longer = list(shape)
        if axis is not None:
            longer[axis] += 3
            self.b = rng.normal(0, 2, longer).astype(dtype)
            longer[axis] += shape[axis]
        self.both = rng.normal(0, 2, longer).astype(dtype)

    def out(self, shape=None):
        """An array for results, which holds sevens."""
        return np.full(self.shape if shape is None else shape, 7, self.dtype)


def calls_of(function, a):
    """{option: (arguments, keywords)} of a function, beside axis and workers."""
    return _OF_KIND[function.kind](function, a)


def _maps(function, a):
    return {"plain": ((a.x,), {}), "out": ((a.x,), {"out": a.out()})}


def _reductions(function, a):
    calls = {
        "plain": ((a.x,), {}),
        "keepdims": ((a.x,), {"keepdims": True}),
        "out": ((a.x,), {"out": a.out(a.rows)}),
        "keepdims, out": ((a.x,), {"keepdims": True, "out": a.out(a.kept)}),
    }
    if function.name == "logsumexp":
        calls |= {
            "b": ((a.x,), {"b": a.g}),
            "return_sign": ((a.x,), {"return_sign": True}),
            "b, return_sign, keepdims": (
                (a.x,),
                {"b": a.g, "return_sign": True, "keepdims": True},
            ),
            "b, out": ((a.x,), {"b": a.g, "out": a.out(a.rows)}),
        }
    return calls


def _vjps(function, a):
    return {
        "plain": ((a.x,), {}),
        "g": ((a.x, a.g), {}),
        "g, out": ((a.x, a.g), {"out": a.out()}),
    }


def _vjps_of_reductions(function, a):
    return {
        "plain": ((a.x,), {}),
        "g": ((a.x, a.row_numbers), {}),
        "a number": ((a.x, 1.5), {}),
        "g, kept axes": ((a.x, a.row_numbers.reshape(a.kept)), {}),
        "g, out": ((a.x, a.row_numbers), {"out": a.out()}),
    }


def _jvps(function, a):
    return {"plain": ((a.x, a.t), {}), "out": ((a.x, a.t), {"out": a.out()})}


def _jvps_of_reductions(function, a):
    return {
        "plain": ((a.x, a.t), {}),
        "keepdims": ((a.x, a.t), {"keepdims": True}),
        "out": ((a.x, a.t), {"out": a.out(a.rows)}),
    }


def _pairs(function, a):
    return {
        "plain": ((a.x,), {}),
        "g": ((a.x, a.g), {}),
        "g, out": ((a.x, a.g), {"out": (a.out(), a.out())}),
    }


def _hvps(function, a):
    return {
        "plain": ((a.x, None, a.t), {}),
        "g": ((a.x, a.g, a.t), {}),
        "g, out": ((a.x, a.g, a.t), {"out": a.out()}),
    }


def _hvps_of_reductions(function, a):
    return {
        "plain": ((a.x, None, a.t), {}),
        "g": ((a.x, a.row_numbers, a.t), {}),
        "g, out": ((a.x, a.row_numbers, a.t), {"out": a.out()}),
    }


def _hvps_of_losses(function, a):
    calls = {"soft": ((a.x, a.shares, a.t), {})}
    if function.operands[0] == "weights":
        given, options = (a.x, a.shares, a.t), {}
    else:
        given, options = (a.x, a.labels, a.t), {"weights": a.row_numbers}
        calls["labels"] = given, {}
    calls["mean"] = given, {"reduction": "mean"}
    calls["out"] = given, {"out": a.out()}
    calls["all"] = given, {**options, "reduction": "mean", "out": a.out()}
    return calls


def _jacobians(function, a):
    return {"plain": ((a.x,), {})}


def _losses(function, a):
    scores = {"labels": a.labels, "int32 labels": a.labels.astype(np.int32), "soft": a.shares}
    if not a.rows:
        scores |= {"a label": int(a.labels), "an int8 label": np.int8(a.labels)}
    calls = {score: ((a.x, u), {}) for score, u in scores.items()}
    labelled = a.x, a.labels
    for reduction in ("sum", "mean"):
        calls[reduction] = labelled, {"reduction": reduction}
    calls["weights"] = labelled, {"weights": a.row_numbers}
    calls["a weight"] = labelled, {"weights": 0.75}
    calls["weights, mean"] = labelled, {"weights": a.row_numbers, "reduction": "mean"}
    return calls | _with_gradient(function, a, labelled, {"weights": a.row_numbers})


def _class_weights(function, a):
    calls = {"plain": ((a.x, a.shares), {})}
    for reduction in ("sum", "mean"):
        calls[reduction] = (a.x, a.shares), {"reduction": reduction}
    return calls | _with_gradient(function, a, (a.x, a.shares), {})


def _with_gradient(function, a, arguments, options):
    if not function.gives_gradient:
        return {}
    return {
        "out": (arguments, {"out": a.out()}),
        "all": (arguments, {**options, "reduction": "mean", "out": a.out()}),
    }


def _gated(function, a):
    sets = a.x, a.b
    return {
        "plain": ((a.row_numbers, *sets), {}),
        "a number": ((0.25, *sets), {}),
        "out": ((a.row_numbers, *sets), {"out": a.out(a.both.shape)}),
    }


def _gated_vjps(function, a):
    sets = a.x, a.b
    return {
        "plain": ((a.row_numbers, *sets), {}),
        "g": ((a.row_numbers, *sets, a.both), {}),
    }


_OF_KIND = {
    **dict.fromkeys(("map", "scan"), _maps),
    "reduction": _reductions,
    **dict.fromkeys(("vjp", "vjp of a scan"), _vjps),
    "vjp of a reduction": _vjps_of_reductions,
    **dict.fromkeys(("jvp", "jvp of a scan"), _jvps),
    "jvp of a reduction": _jvps_of_reductions,
    "value and vjp": _pairs,
    "hvp": _hvps,
    "hvp of a reduction": _hvps_of_reductions,
    **dict.fromkeys(("hvp of a loss", "hvp of class weights"), _hvps_of_losses),
    "jacobian": _jacobians,
    **dict.fromkeys(("loss", "loss and gradient"), _losses),
    **dict.fromkeys(("class weights", "class weights and gradient"), _class_weights),
    "gated": _gated,
    "gated vjp": _gated_vjps,
}
# Their axis is an int.
OF_ONE_AXIS = {k for k in _OF_KIND if k.startswith(("loss", "class", "gated", "jacobian"))}
OF_ONE_AXIS |= {"hvp of a loss", "hvp of class weights"}


def products(dtype):
    """{option: arguments and keywords} of a product of matrices, and of one with a vector."""
    rng = np.random.default_rng(5)
    a, b, v = (rng.normal(0, 2, k).astype(dtype) for k in ((4, 3), (3, 9), 3))
    return {
        "plain": ((a, b), {}),
        "out": ((a, b), {"out": np.full((4, 9), 7, dtype)}),
        "row": ((v, b), {}),
        "column": ((a, v), {}),
        "column, out": ((a, v), {"out": np.full(4, 7, dtype)}),
        "dot": ((v, v), {}),
        "few columns": ((b.T.copy(), v[:, None]), {}),
    }
