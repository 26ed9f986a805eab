"""A call that has been prepared: which arrays it takes by position, and all else that is said."""

import numpy as np

from .._arguments.layout import normalize_axes, result_shape
from .._family import FAMILY
from . import PUBLIC
from .calls import (
    ALONG_ONE,
    ENTRIES,
    PAIRS,
    RESULTS,
    ROWS,
    has_single_entries,
    kind_of,
    run,
)
from .likes import flattened, likes_of, shape_like

_ALONG_ONE = {f.name for f in FAMILY.values() if f.kind in ALONG_ONE or "gated" in f.kind}
# The arguments of these kinds broadcast together.
BROADCAST = ("elementwise", "product")
# With one more axis these may mean something else.
_FIXED = ("segment", "chain", "weighted", "product ")


class Made:
    """A call without its arrays: the function, the names of the arrays, the other arguments.

    Axes are counted from the last, so that one more may come before all. `value_only` says that of
    a value with its gradient nobody looks at the gradient.
    """

    def __init__(self, function, names, others, ndim, value_only=False):
        self.function, self.names, self.value_only = function, names, value_only
        self.kind = kind_of(function)
        self.others = others
        if "axis" in others:
            axis = _from_last(others["axis"], ndim, function in _ALONG_ONE)
            self.others = others | {"axis": axis}

    @property
    def axis(self):
        """The axis, or a tuple of axes."""
        if has_single_entries(self.kind):
            return ()
        return self.others.get("axis", -1)

    @property
    def axes(self):
        """The axes as a tuple."""
        return self.axis if isinstance(self.axis, tuple) else (self.axis,)

    def public(self, **arrays):
        """The public function on these arrays and the other arguments."""
        if self.kind == "elementwise":
            return PUBLIC[self.function](*(arrays[name] for name in self.names), **self.others)
        return run(self.function, arrays | self.others)

    def results(self, arrays):
        """Its results on arrays in the order of the names, always a tuple."""
        return flattened(self.public(**dict(zip(self.names, arrays))))

    def takes_one_more_axis(self, ndim):
        """Whether one more axis may come before all, where the first array has so many."""
        # So it may where the arguments broadcast, or the rows stay as they are.
        if self.others.get("reduction", "none") != "none":
            return False
        if self.kind.startswith(_FIXED) or "class_weights" in self.names:
            return False
        return self.kind in BROADCAST or ndim > 0

    def needs_all_axes(self, name):
        """Whether an array must have as many axes as all before one more comes first."""
        return self.kind in BROADCAST or name == "where"


def _from_last(axis, ndim, along_one):
    # What is no axis stays as it is, for the function to say so.
    if type(axis) is int and ndim:
        return axis - ndim if 0 <= axis < ndim else axis
    if along_one:
        return axis
    try:
        return tuple(a - ndim for a in normalize_axes(axis, ndim))
    except (TypeError, ValueError):
        return axis


def shapes_of(function, shapes, options, broadcast=np.broadcast_shapes):
    """The shape of each result, from those of the arrays by name, of which the first counts."""
    first, kind = next(iter(shapes.values())), kind_of(function)
    likes = likes_of(function)
    if likes:
        return [shape_like(like, shapes, options) for like in likes]
    if kind == "elementwise":
        return [tuple(broadcast(*shapes.values()))]
    if kind in ("product", "product jvp"):
        return [_shape_of_product(shapes["a"], shapes["b"], broadcast)]
    axis = () if has_single_entries(kind) else options.get("axis", -1)
    if kind.startswith("gated"):
        a, b = shapes["a"], shapes["b"]
        if kind == "gated vjp":
            return [shapes["gate"], a, b]
        (along,) = normalize_axes(axis, len(a))
        return [tuple(k + b[i] if i == along else k for i, k in enumerate(a))]
    whole = tuple(first)
    if "b" in shapes:
        whole = tuple(broadcast(first, shapes["b"]))
    axes = normalize_axes(tuple(axis) if isinstance(axis, list) else axis, len(whole))
    rows = result_shape(whole, axes, options.get("keepdims"))
    if options.get("reduction", "none") != "none":
        rows = ()
    last = whole[min(axes)] if kind == "jacobian" else 0
    found = {ENTRIES: whole, ROWS: rows, PAIRS: (*rows, last, last)}
    roles = (ROWS, ROWS) if options.get("return_sign") else RESULTS[kind]
    return [found[role] for role in roles]


def _shape_of_product(a, b, broadcast):
    batch = broadcast(tuple(a[:-2]), tuple(b[:-2]))
    return (*batch, *tuple(a[-2:-1]), *(tuple(b[-1:]) if len(b) > 1 else ()))
