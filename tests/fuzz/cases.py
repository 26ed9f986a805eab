"""Random calls of public functions: what is called, on which arrays, how they lie in memory."""

import dataclasses

import numpy as np
from arrays import LAYOUTS, Argument
from random_rows import cast, hard_row, numbers, weights

from numba_logspace._family import FAMILY, KINDS

# How many entries an array may have, but for the few long ones.
LARGEST = 20_000
LENGTHS = (1, 2, 2, 3, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 20, 33, 40, 64, 65, 100, 129, 300, 1000)
LONG = ((100_000,), (2, 50_000), (33_000,), (20_000, 3), (70_000, 2), (3, 9_000, 2), (40, 600))
# What is computed in float32 and float64, besides these.
OTHERS = {"f4": ("f2", "f2", ">f2", ">f4"), "f8": (">f8", "i1", "i4", "i8", "u1", "?")}

LOSSES = ("loss", "loss and gradient", "class weights", "class weights and gradient")
CURVATURES = ("hvp of a loss", "hvp of class weights")
WITH_WEIGHTS = ("loss", "loss and gradient", "hvp of a loss")
SEGMENTS = tuple(kind for kind in KINDS if kind.startswith("segment"))
ENTRY_LOSSES = ("entry loss", "entry loss and gradient", "hvp of an entry loss")
MASKED = ("map", "scan", "reduction", *(k for k in KINDS if "vjp" in k or "jvp" in k or k == "hvp"))
MASKED += ("hvp of a reduction",)
MASKED = tuple(k for k in MASKED if not k.startswith("gated"))
OF_ROWS = ("reduction", "jvp of a reduction", "loss", "class weights")
NO_OUT = ("jacobian", "loss", "class weights", "gated vjp", "entry loss")
IN_PLACE = ("map", "scan", "vjp", "vjp of a reduction", "jvp", "hvp")
IN_PLACE += ("loss and gradient", "class weights and gradient")
WITH_OPERANDS = ("vjp", "jvp", "hvp")  # whose out may be the last of them
REFUSED = ("overlap", "read-only", "another dtype", "another shape")


@dataclasses.dataclass(frozen=True)
class Case:
    """A call: `out` says which array the result goes to, `options` are the other arguments."""

    name: str
    arguments: dict
    options: dict
    out: str = ""
    jitted: bool = False

    @property
    def kind(self):
        return FAMILY[self.name].kind

    @property
    def first(self):
        """The first argument, whose shape the others follow."""
        return next(iter(self.arguments.values()))

    @property
    def reduced(self):
        """The axes of the first argument that a row runs along, sorted."""
        if self.kind in ENTRY_LOSSES + SEGMENTS:
            return ()
        ndim, axis = max(self.first.values.ndim, 1), self.options.get("axis", -1)
        if axis is None:
            return tuple(range(ndim))
        return tuple(sorted(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))))

    @property
    def wrong(self):
        """Whether it has to be refused, whatever `out` is: True is no number."""
        return any(self.options.get(name) is True for name in ("axis", "workers"))

    def replaced(self, **changes):
        return dataclasses.replace(self, **changes)


# --- shapes, axes, layouts -----------------------------------------------------------------------


def _shape(rng):
    chance = rng.random()
    if chance < 0.01:
        return ()
    if chance < 0.03:
        return LONG[rng.integers(len(LONG))]
    shape = [int(rng.choice(LENGTHS)) for _ in range(rng.choice([1, 2, 2, 3, 3, 4]))]
    if rng.random() < 0.03:
        shape[rng.integers(len(shape))] = 0
    while np.prod(shape) > LARGEST:
        shape[int(np.argmax(shape))] //= 3
    return tuple(shape)


def _axis(rng, ndim, one_only):
    ndim = max(ndim, 1)
    way = rng.random()
    if one_only or way < 0.8:
        return int(rng.choice([-1, -1, rng.integers(-ndim, ndim)]))
    if way < 0.87:
        return None
    chosen = rng.permutation(ndim)[: rng.integers(1, ndim + 1)]
    return tuple(int(a) - ndim * bool(rng.integers(2)) for a in chosen)


def _layout(rng, allowed=LAYOUTS):
    return "C" if rng.random() < 0.4 else str(rng.choice(allowed))


def _spread(rng, values, axes, chance=0.15):
    # Sometimes only what broadcasts to the shape.
    if rng.random() < chance and values.ndim and values.size:
        drop = rng.integers(values.ndim)
        values = values.take([0], axis=drop)
        if drop == 0:
            return values[0], axes[1:]
    return values, axes


# --- calls ---------------------------------------------------------------------------------------


class Maker:
    """Random calls of one function, whose kernels are few: of one working dtype."""

    def __init__(self, name, working):
        self.name, self.working = name, working
        self.kind = FAMILY[name].kind

    def case(self, rng):
        """A random call."""
        make = {"elementwise": _points, "product": _product, "gated": _gated, "gated vjp": _gated}
        make |= dict.fromkeys(ENTRY_LOSSES, _entries) | dict.fromkeys(SEGMENTS, _segments)
        return make.get(self.kind, _of_rows)(self, rng)

    def dtype(self, rng):
        """A dtype that is computed in the working dtype."""
        return self.working if rng.random() < 0.7 else str(rng.choice(OTHERS[self.working]))


def _argument(rng, maker, values, axes, may_be_list=True):
    if may_be_list and values.ndim and 0 < values.size < 100 and rng.random() < 0.06:
        return Argument(values, axes, "list")
    layout = _layout(rng)
    if layout == "broadcast" and values.ndim and len(values):
        values = np.repeat(values[:1], len(values), axis=0)
    return Argument(values, axes, layout)


def _of_rows(maker, rng):
    kind, dtype = maker.kind, maker.dtype(rng)
    one_only = kind in (*LOSSES, *CURVATURES, "jacobian")
    shape = _shape(rng)
    if one_only and not shape:
        shape = (3,)
    if kind in ("jacobian", "hvp", *CURVATURES):  # the exact ones take long
        shape = tuple(min(k, 40 if kind == "jacobian" else 16) for k in shape)
    options = {"axis": _axis(rng, len(shape), one_only)}
    axes = tuple(str(a) for a in range(len(shape)))
    case = Case(maker.name, {"x": Argument(np.zeros(shape, dtype), axes)}, options)
    reduced = case.reduced
    values = numbers(rng, shape or (1,), reduced, dtype).reshape(shape)
    x = _argument(rng, maker, values, axes)
    arguments = {("logits" if kind in LOSSES + CURVATURES else "x"): x}
    kept = [a for a in range(len(shape)) if a not in reduced]
    rows = tuple(shape[a] for a in kept), tuple(axes[a] for a in kept)
    _add_operands(rng, maker, arguments, shape, rows, reduced)
    if kind in CURVATURES and rng.random() < 0.3:
        _add_mask(rng, maker, arguments, *rows)
    if kind in MASKED and rng.random() < 0.3:
        _add_mask(rng, maker, arguments, shape, axes)
    _add_options(rng, maker, arguments, options, rows)
    return Case(maker.name, arguments, options, _out(rng, maker, arguments, options))


def _add_operands(rng, maker, arguments, shape, rows, reduced):
    kind = maker.kind
    x = next(iter(arguments.values()))
    own = x.values.dtype if x.values.dtype.kind == "f" else np.dtype("f8")
    dtype = own if rng.random() < 0.8 else rng.choice(["f4", "f8", "f2", "i4"])
    if kind in ("vjp of a reduction", "hvp of a reduction") and rng.random() < 0.8:
        values, axes = _spread(rng, weights(rng, rows[0], dtype), rows[1])
        if rng.random() < 0.1 and axes == rows[1] and shape:
            values = np.expand_dims(values, reduced)  # as keepdims leaves it
            axes = tuple("" if a in reduced else str(a) for a in range(len(shape)))
        arguments["g"] = _argument(rng, maker, values, axes)
    if kind in LOSSES + CURVATURES:
        _add_scores(rng, maker, arguments, shape, rows, reduced, dtype)
    for name in (n for n in KINDS[kind][0] if n in "gt"):
        if name == "g" and rng.random() < 0.15:
            continue
        values, axes = _spread(rng, weights(rng, shape, dtype), x.axes)
        arguments[name] = _argument(rng, maker, values, axes)


def _add_scores(rng, maker, arguments, shape, rows, reduced, dtype):
    axes = next(iter(arguments.values())).axes
    n = shape[reduced[0]]
    if maker.kind in WITH_WEIGHTS and n and rng.random() < 0.5:
        labels = rng.integers(0, min(n, 100), rows[0])
        labels = labels.astype(rng.choice(["i8", "u1", "i4", ">i4", "i2"]))
        if rng.random() < 0.2 and rows[0]:
            labels = labels.astype("f8")  # whole numbers
        names = rows[1]
        if rng.random() < 0.1 and n > 1:
            labels = np.expand_dims(labels, reduced)
            names = (*names[: reduced[0]], "", *names[reduced[0] :])
        arguments["targets"] = _argument(rng, maker, labels, names, labels.dtype.kind != "f")
        return
    values = rng.random(shape)
    if rng.random() < 0.5:
        values = np.where(rng.random(shape) < 0.6, 0.0, values)
    if rng.random() < 0.3:
        values = np.round(values)
    of_classes = "class weights" in maker.kind
    if of_classes and rng.random() < 0.5:
        values = values * 10.0 ** rng.uniform(-3, 4)
    name = "weights" if of_classes else "targets"
    kind = dtype if np.dtype(dtype).kind == "f" else "f8"
    values = cast(values, kind)
    if rng.random() < 0.1 and values.size:
        # For all rows the same, with all axes: what has fewer, or one class, would be labels.
        for axis in range(len(shape)):
            values = values if axis in reduced else values.take([0], axis=axis)
    arguments[name] = _argument(rng, maker, values, axes, may_be_list=False)


def _add_mask(rng, maker, arguments, shape, axes):
    values = rng.random(shape) < rng.choice([0.0, 0.1, 0.5, 0.8, 0.95, 1.0])
    values, axes = _spread(rng, np.asarray(values), axes, 0.3)
    layout = _layout(
        rng, ("strided", "F", "list", "negative", "readonly") if values.size else ("C",)
    )
    arguments["where"] = Argument(values, axes, layout)


def _add_options(rng, maker, arguments, options, rows):
    kind = maker.kind
    if rng.random() < 0.01:
        options["axis" if kind == "jacobian" or rng.random() < 0.5 else "workers"] = True
    if kind in OF_ROWS[:2] and rng.random() < 0.25:
        options["keepdims"] = True
    if rng.random() < 0.15 and kind != "jacobian" and "workers" not in options:
        options["workers"] = [1, 2, 2, -1][rng.integers(4)]
    if kind in LOSSES + CURVATURES:
        options["reduction"] = ("none", "none", "sum", "mean")[rng.integers(4)]
        if 0 in rows[0] or "where" in arguments and not arguments["where"].values.any():
            options["reduction"] = "none"  # there is no mean of nothing
    if kind in WITH_WEIGHTS and rng.random() < 0.3:
        weights = rng.random(rows[0]) * rng.choice([1, 1, 1000])
        weights = np.asarray(np.where(rng.random(rows[0]) < 0.2, 0.0, weights))
        if not (weights * arguments["where"].values if "where" in arguments else weights).any():
            weights = np.ones(rows[0])
        kind = "f8" if rng.random() < 0.5 else "f4"
        arguments["weights"] = _argument(rng, maker, weights.astype(kind), rows[1])
    if maker.name == "logsumexp" and rng.random() < 0.4:
        x = arguments["x"]
        if rng.random() < 0.8:
            b = rng.normal(size=x.values.shape)
            b = np.where(rng.random(b.shape) < 0.2, 0.0, b if rng.random() < 0.5 else abs(b))
            kind = "f8" if rng.random() < 0.4 else x.values.dtype
            values, axes = _spread(rng, cast(b, kind), x.axes)
            arguments["b"] = _argument(rng, maker, values, axes)
            if (
                rng.random() < 0.1
                and "where" not in arguments
                and len(x.axes) > 0
                and len(x.values)
                and x.layout != "list"
            ):
                short = x.values.take([0], axis=int(rng.integers(len(x.axes))))
                arguments["x"] = dataclasses.replace(x, values=short)
        if rng.random() < 0.5:
            options["return_sign"] = True


def _out(rng, maker, arguments, options):
    if maker.kind in NO_OUT or rng.random() < 0.6:
        return ""
    ways = ["fresh", "fresh", "strided", *REFUSED]
    if maker.kind in IN_PLACE:
        ways += ["itself"] * 3
        ways += ["operand"] * 2 * (maker.kind in WITH_OPERANDS)
    return str(rng.choice(ways))


def _points(maker, rng):
    count = FAMILY[maker.name].engine.__code__.co_argcount
    shape = tuple(min(k, 300) for k in _shape(rng))
    axes = tuple(str(a) for a in range(len(shape)))
    arguments = {}
    for name in {1: "x", 2: "xy", 3: "txy"}[count]:
        flat = hard_row(rng, int(np.prod(shape, dtype=int))) if np.prod(shape) else np.zeros(0)
        values = _into_domain(rng, maker.name, name, flat, arguments).reshape(shape)
        values, own = _spread(rng, cast(values, maker.dtype(rng)), axes)
        arguments[name] = _argument(rng, maker, values, own)
    out = str(rng.choice(["", "", "fresh", "strided", "itself"]))
    if out and rng.random() < 0.3:
        whole = np.broadcast_shapes(*(a.values.shape for a in arguments.values()))
        own = axes[len(axes) - len(whole) :]
        arguments["where"] = Argument(rng.random(whole) < 0.5, own)
    return Case(maker.name, arguments, {}, out)


def _entries(maker, rng):
    shape = tuple(min(k, 300) for k in _shape(rng))
    axes, dtype = tuple(str(a) for a in range(len(shape))), maker.dtype(rng)
    values = numbers(rng, shape or (1,), tuple(range(max(1, len(shape)))), dtype).reshape(shape)
    arguments = {"logits": _argument(rng, maker, values, axes)}
    own = values.dtype if values.dtype.kind == "f" else np.dtype("f8")
    makes = {
        "targets": lambda: rng.choice([rng.random(shape), rng.random(shape).round()]),
        "pos_weight": lambda: 10.0 ** rng.uniform(-3, 3, shape),
        "weights": lambda: rng.random(shape) * rng.choice([1, 1000]),
        "t": lambda: weights(rng, shape, own),
    }
    for name, make in makes.items():
        needed = name == "targets" or name == "t" and maker.kind.startswith("hvp")
        if needed or name != "t" and rng.random() < 0.3:
            given, names = _spread(rng, cast(np.asarray(make()), own), axes)
            arguments[name] = _argument(rng, maker, given, names)
    if rng.random() < 0.3:
        _add_mask(rng, maker, arguments, shape, axes)
    options = {"reduction": ("none", "none", "sum")[rng.integers(3)]}
    return Case(maker.name, arguments, options, _out(rng, maker, arguments, options))


def _segments(maker, rng):
    count, most = int(rng.choice([1, 2, 5, 30, 200])), int(rng.choice([1, 3, 9, 40, 100]))
    lengths = rng.integers(0, most + 1, count)
    if rng.random() < 0.05:
        lengths[rng.integers(count)] = 20_000
    dtype = maker.dtype(rng)
    rows = [hard_row(rng, n) if n else np.zeros(0) for n in lengths]
    values = cast(np.concatenate(rows), dtype)
    ids, options = np.repeat(np.arange(count), lengths), {}
    of_entries, of_segments = (values.shape, ("s",)), ((count,), ("",))
    own = values.dtype if values.dtype.kind == "f" else np.dtype("f8")
    if rng.random() < 0.5:
        given = {"offsets": Argument(np.append(0, np.cumsum(lengths)), ("",))}
    else:
        options["num_segments"] = count
        order = rng.permutation(ids.size) if rng.random() < 0.5 else np.arange(ids.size)
        values, ids = values[order], ids[order].astype(rng.choice(["i8", "i4", "u2"]))
        given = {"segment_ids": Argument(ids, ("s",))}
    arguments = {"x": _argument(rng, maker, values, ("s",))}
    if "vjp" in maker.kind and rng.random() < 0.8:
        shape, axes = of_segments if maker.kind.endswith("reduction") else of_entries
        arguments["g"] = _argument(rng, maker, weights(rng, shape, own), axes)
    return Case(maker.name, arguments | given, options, _out(rng, maker, arguments, options))


def _into_domain(rng, function, name, values, before):
    if rng.random() < 0.1:
        return values
    if function == "log1mexp":
        return -abs(values)
    if function == "logit":
        return rng.choice([rng.random(values.size), 10.0 ** -(rng.random(values.size) * 300)])
    if function in ("xlogy", "xlog1py") and name == "y":
        return abs(values) - (rng.random(values.size) * (function == "xlog1py"))
    if function == "logsubexp" and name == "y" and before["x"].values.size == values.size:
        gaps = 10.0 ** rng.uniform(-8, 3, values.size)
        with np.errstate(all="ignore"):
            return before["x"].values.astype(float).reshape(-1) - gaps
    return values


def _product(maker, rng):
    m, k, n = (int(rng.choice([0, 1, 2, 3, 5, 8, 17, 40])) for _ in range(3))
    m, k, n = (v or int(rng.integers(0, 4)) for v in (m, k, n))
    batch = int(rng.choice([0, 0, 0, 1, 3]))
    first, second = (m, k), (k, n)
    own, other = ("i", "k"), ("k", "j")
    if rng.random() < 0.15:
        first, own = first[1:], own[1:]
    elif batch:
        first, own = (batch, *first), ("0", *own)
    if rng.random() < 0.15 and not batch:
        second, other = second[:1], other[:1]
    elif batch and rng.random() < 0.5:
        second, other = (batch, *second), ("0", *other)
    arguments = {}
    for name, shape, axes in (("a", first, own), ("b", second, other)):
        flat = hard_row(rng, int(np.prod(shape))) if np.prod(shape) else np.zeros(0)
        arguments[name] = _argument(rng, maker, cast(flat.reshape(shape), maker.dtype(rng)), axes)
    options = {"workers": int(rng.choice([1, 2]))} if rng.random() < 0.2 else {}
    out = str(rng.choice(["", "", "", "fresh", "strided", *REFUSED]))
    return Case(maker.name, arguments, options, out)


def _gated(maker, rng):
    shape = _shape(rng) or (3,)
    axis = int(rng.integers(-len(shape), len(shape)))
    along = axis % len(shape)
    axes = tuple(str(a) for a in range(len(shape)))
    kept = tuple(k for a, k in enumerate(shape) if a != along)
    of_rows = tuple(a for a in axes if a != str(along))
    gate = cast(rng.normal(size=kept) * rng.choice([1, 30, 400]), maker.dtype(rng))
    gate, own = _spread(rng, gate, of_rows, 0.3)
    arguments = {"gate": _argument(rng, maker, gate, own)}
    length, dtype = 0, maker.dtype(rng)
    for name in "ab":
        n = int(rng.choice([1, 2, 3, 10, 33])) if name == "b" else shape[along]
        whole = (*shape[:along], n, *shape[along + 1 :])
        names = (*axes[:along], name, *axes[along + 1 :])
        values = numbers(rng, whole, (along,), dtype)
        arguments[name] = _argument(rng, maker, values, names)
        length += n
    options = {"axis": axis}
    if maker.kind == "gated":
        out = str(rng.choice(["", "", "fresh", "strided", *REFUSED]))
        return Case(maker.name, arguments, options, out)
    if rng.random() < 0.8:
        g = weights(rng, (*shape[:along], length, *shape[along + 1 :]), dtype)
        arguments["g"] = _argument(rng, maker, g, (*axes[:along], "ab", *axes[along + 1 :]))
    return Case(maker.name, arguments, options)
