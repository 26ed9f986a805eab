"""A call on variables of PyTensor as one Op: its types, its results, its shapes."""

import itertools
import math

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from .._arguments.layout import normalize_axes, result_shape
from .calls import ROWS, role_of
from .made import shapes_of
from .tried import tried

# The length of an axis that is not known yet: what is added to it is not known either.
_UNKNOWN = math.nan


class Computed(Op):
    """A public function on variables that have been made as large as they count."""

    __props__ = ("function", "names", "options")

    def __init__(self, made):
        self.made = made
        self.function, self.names = made.function, tuple(made.names)
        self.options = tuple(sorted(made.others.items()))

    def __str__(self):
        options = ", ".join(f"{name}={u!r}" for name, u in self.options)
        return f"{self.function}{{{options}}}" if options else self.function

    def make_node(self, *arrays):
        """An Apply, after what NumPy's arrays of such dtypes and axes would have to pass."""
        arrays = [pt.as_tensor_variable(u) for u in arrays]
        results = _tried(self.made, arrays)
        shapes = _static_shapes(self.made, arrays)
        outputs = [
            pt.tensor(dtype=str(y.dtype), shape=shape)
            for y, shape in zip(results, shapes, strict=True)
        ]
        return Apply(self, arrays, outputs)

    def perform(self, node, inputs, output_storage):
        """The public function on arrays."""
        _check_lengths(self.made, node, inputs)
        for storage, y in zip(output_storage, self.made.results(inputs)):
            storage[0] = np.asarray(y)

    def infer_shape(self, fgraph, node, shapes):
        """The shapes of the results from those of the arguments."""
        named = dict(zip(self.names, map(tuple, shapes)))
        return shapes_of(self.made.function, named, self.made.others, _broadcast)


def _broadcast(*shapes):
    return pt.broadcast_shape(*shapes, arrays_are_shapes=True)


# --- what is known before there are arrays -------------------------------------------------------


def _tried(made, arrays):
    """The results on arrays of such dtypes and shapes, as far as these are known."""
    shapes = [u.type.shape for u in arrays]
    if any(None in shape for shape in shapes):
        shapes = [(1,) * len(shape) for shape in shapes]
    dtypes = [u.dtype for u in arrays]

    def results(small):
        with np.errstate(all="ignore"):
            return [np.asarray(y) for y in made.results(small.values())]

    return tried(results, made.kind, dict(zip(made.names, zip(shapes, dtypes))))


def _static_shapes(made, arrays):
    shapes = {
        name: tuple(_UNKNOWN if k is None else k for k in u.type.shape)
        for name, u in zip(made.names, arrays)
    }
    found = shapes_of(made.function, shapes, made.others, _broadcast_known)
    return [tuple(None if k != k else k for k in shape) for shape in found]


def _broadcast_known(*shapes):
    backwards = itertools.zip_longest(*(reversed(shape) for shape in shapes), fillvalue=1)
    return tuple(reversed([_longest(lengths) for lengths in backwards]))


def _longest(lengths):
    known = [k for k in lengths if k == k and k != 1]
    return known[0] if known else 1 if all(k == 1 for k in lengths) else _UNKNOWN


# --- what is known with the arrays ---------------------------------------------------------------


def _check_lengths(made, node, arrays):
    """Refuse to broadcast along axes not known to have length 1: gradients would not be summed."""
    wanted = _lengths_wanted(made, [np.shape(u) for u in arrays])
    for name, u, variable, shape in zip(made.names, arrays, node.inputs, wanted):
        found = np.shape(u)
        if shape is None or found == shape:
            continue
        for k, length, static in zip(found[::-1], shape[::-1], variable.type.shape[::-1]):
            if k == 1 and length != 1 and static != 1:
                raise ValueError(
                    f"{name} of shape {found} cannot be broadcast to {shape}: PyTensor has to know "
                    f"the lengths 1 before, as from pytensor.tensor.tensor(shape={found})"
                )


def _lengths_wanted(made, shapes):
    # For each array, None where all is fine that the function takes.
    if made.kind == "elementwise":
        return [np.broadcast_shapes(*shapes)] * len(shapes)
    first = shapes[0]
    if (
        made.kind.startswith(("product", "segment", "chain"))
        or made.kind.startswith("gated")
        or "b" in made.names
    ):
        return [None] * len(shapes)
    rows = result_shape(first, normalize_axes(made.axes, len(first)), keepdims=False)
    return [
        _length_wanted(made, name, shape, first, rows) for name, shape in zip(made.names, shapes)
    ]


def _length_wanted(made, name, shape, first, rows):
    if name in ("where", "class_weights") or (name == "targets" and len(shape) < len(first)):
        return None
    return rows if role_of(made.kind, name) == ROWS else first
