"""The derivatives of calls on variables of PyTensor, in both modes."""

import functools
import types

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_grad, grad_not_implemented
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.basic import get_underlying_scalar_constant_value, infer_static_shape
from pytensor.tensor.exceptions import NotScalarConstantError

from .._arguments.layout import normalize_axes
from .calls import with_gradient
from .derivatives.elementwise import ARGUMENTS
from .derivatives.point import Point as AnyPoint
from .derivatives.rows import missing
from .derivatives.table import has_second, rules_of
from .made import Made
from .pytensor_calls import Computed

# The functions of NumPy that the rules ask for.
_NUMPY = types.SimpleNamespace(
    abs=pt.abs,
    amax=pt.max,
    broadcast_to=pt.broadcast_to,
    concatenate=pt.concatenate,
    exp=pt.exp,
    expm1=pt.expm1,
    flip=pt.flip,
    isnan=pt.isnan,
    log=pt.log,
    log1p=pt.log1p,
    moveaxis=pt.moveaxis,
    nan_to_num=pt.nan_to_num,
    not_equal=pt.neq,
    ones_like=pt.ones_like,
    sum=pt.sum,
    tanh=pt.tanh,
    where=pt.where,
    zeros_like=pt.zeros_like,
)


class Call(Computed):
    """A public function with its derivatives."""

    def connection_pattern(self, node):
        """Floats to floats; a sign does not change."""
        several = self.made.others.get("return_sign")
        return [
            [_is_floating(u) and not (several and i == 1) for i in range(len(node.outputs))]
            for u in node.inputs
        ]

    def pullback(self, inputs, outputs, cotangents):
        """The gradients by all inputs; those that are not there raise when they are asked for."""
        given = [None if isinstance(u.type, DisconnectedType) else u for u in cotangents]
        made, outputs = _with_gradient(self.made, inputs, outputs)
        given += [None] * (len(outputs) - len(given))
        point = Point(made, inputs, outputs)
        return [self._gradient(point, i, given) for i in range(len(inputs))]

    def _gradient(self, point, i, given):
        name, u = point.made.names[i], point.arrays[i]
        if not _is_floating(u) or all(v is None for v in given):
            return DisconnectedType()()
        rules, _ = rules_of(point.made)
        try:
            if name not in rules:
                raise missing(self.function, name)
            gradient = rules[name](point, *given[: len(point.results)])
        except NotImplementedError as error:
            return grad_not_implemented(self, i, u, str(error))
        if gradient is None:
            return u.zeros_like()
        gradient = sum_like(gradient, u).astype(u.dtype)
        return gradient if has_second(point.made) else Once(self.function)(gradient)

    def R_op(self, inputs, eval_points):
        """The change of the results along tangents, None for none."""
        made, results = _with_gradient(self.made, inputs, self(*inputs, return_list=True))
        point, totals = Point(made, inputs, results), None
        _, rules = rules_of(made)
        count = len(self.made.names)
        for name, t in zip(made.names[:count], eval_points):
            if _is_zero(t):
                continue
            if name not in rules:
                raise missing(self.function, f"{name} in forward mode")
            changes = rules[name](point, t)
            changes = changes if isinstance(changes, tuple) else (changes,)
            totals = changes if totals is None else tuple(map(_sum, totals, changes))
        outputs = self(*inputs, return_list=True)
        if totals is None:
            return [None] * len(outputs)
        return [
            y.zeros_like() if change is None else _as_result(change, y)
            for change, y in zip(totals, outputs)
        ]


if not hasattr(Op, "pullback"):  # before PyTensor 3
    setattr(Call, "L_op", Call.pullback)  # noqa: B010


def call(function, names, arrays, others, ndim=None):
    """The results of a public function on variables, a list."""
    ndim = arrays[0].ndim if ndim is None else ndim
    return Call(Made(function, tuple(names), others, ndim))(*arrays, return_list=True)


def elementwise(function, arrays):
    """An elementwise function of variables."""
    return call(function, ARGUMENTS[function], arrays, {})[0]


def _with_gradient(made, inputs, outputs):
    # A loss of which derivatives are wanted comes with its gradient.
    full = with_gradient(made.function)
    if full == made.function:
        return made, outputs
    results = call(full, made.names, inputs, made.others)
    return Made(full, made.names, made.others, inputs[0].ndim, value_only=True), results


def _is_zero(t):
    # PyTensor gives zeros to what does not change.
    if t is None or isinstance(t.type, DisconnectedType):
        return True
    try:
        return get_underlying_scalar_constant_value(t) == 0
    except NotScalarConstantError:
        return False


def _sum(a, b):
    return a if a is None else a + b


def _as_result(change, y):
    # What depends on a scalar alone may have fewer axes.
    change = change.astype(y.dtype)
    return change if change.ndim == y.ndim else pt.broadcast_to(change, y.shape)


def _is_floating(u):
    return u.dtype.startswith("float")


def sum_like(u, like):
    """The sums over the axes along which a variable was broadcast."""
    return _summed(u, like.type.shape)


def _summed(u, static):
    u = pt.sum(u, axis=tuple(range(u.ndim - len(static)))) if u.ndim > len(static) else u
    axes = tuple(i for i, k in enumerate(static) if k == 1 != u.type.shape[i])
    return pt.sum(u, axis=axes, keepdims=True) if axes else u


# --- a derivative that has none itself -----------------------------------------------------------


class Once(Op):
    """A derivative that has none itself: to ask for it is an error, and not a silent 0."""

    __props__ = ("function",)
    view_map = {0: [0]}

    def __init__(self, function):
        self.function = function

    def make_node(self, derivative):
        """An Apply of the derivative."""
        return Apply(self, [derivative], [derivative.type()])

    def perform(self, node, inputs, output_storage):
        """The derivative as it is."""
        output_storage[0][0] = inputs[0]

    def infer_shape(self, fgraph, node, shapes):
        """The shape as it is."""
        return shapes

    def pullback(self, inputs, outputs, cotangents):
        """An error, where it is looked at."""
        text = f"{self.function} has no second derivatives"
        return [grad_not_implemented(self, 0, inputs[0], text)]

    def R_op(self, inputs, eval_points):
        """An error."""
        raise NotImplementedError(f"{self.function} has no second derivatives")


if not hasattr(Op, "pullback"):  # before PyTensor 3
    setattr(Once, "L_op", Once.pullback)  # noqa: B010


# --- what the rules ask for ----------------------------------------------------------------------


class Point(AnyPoint):
    """Where a call on variables is differentiated."""

    xp = _NUMPY

    def map(self, function, *arrays):
        """An elementwise function of the family, with its derivatives."""
        return elementwise(function, arrays)

    def constant(self, u):
        """A variable whose derivatives do not count."""
        return disconnected_grad(u)

    def eye(self, n):
        """The unit matrix, in the dtype of x."""
        return pt.eye(n, dtype=self.x.dtype)

    def one_hot(self, labels):
        """1 where an entry is the class that a label says."""
        axis = self.made.axis % self.x.ndim
        others = [a for a in range(self.x.ndim) if a != axis]
        classes = pt.expand_dims(pt.arange(self.x.shape[axis]), others)
        return pt.eq(classes, labels).astype(self.x.dtype)

    def summed_to(self, u, shape):
        """The sums over the axes along which a variable of that shape was broadcast."""
        return _summed(u, infer_static_shape(shape)[1])

    def wide(self, u):
        """A variable in float64."""
        return u.astype("float64")

    def narrow(self, u):
        """A variable in the dtype of x."""
        return u.astype(self.x.dtype)

    @functools.cached_property
    def segments(self):
        """(the segment of each entry along the first axis, how many there are)."""
        offsets, ids = self["offsets"], self["segment_ids"]
        if offsets is not None:
            entries = pt.arange(self.x.shape[0])
            return pt.searchsorted(offsets, entries, side="right") - 1, offsets.shape[0] - 1
        if self.made.kind == "segment reduction":
            return ids, self.made.others["num_segments"]
        return ids, pt.max(pt.concatenate([ids, [-1]])) + 1

    def added(self, u):
        """The sums over segments."""
        ids, count = self.segments
        shape = [count, *(u.shape[i] for i in range(1, u.ndim))]
        return pt.inc_subtensor(pt.zeros(shape, u.dtype)[ids], u)

    def is_floating(self, u):
        """Whether a variable has a dtype of floats."""
        return _is_floating(u)

    def has_labels(self):
        """Whether the targets are labels, and not numbers."""
        return self["targets"].ndim < self.x.ndim

    def spread(self, c):
        """What has a number for each row, with axes of length 1 for the entries."""
        if c.ndim == self.x.ndim:
            return c
        return pt.expand_dims(c, normalize_axes(self.made.axes, self.x.ndim))
