"""PyTensor: symbolic variables in and out, with derivatives, for PyMC and its samplers."""

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.type import DenseTensorType

from .._arguments.layout import normalize_axes, result_shape
from . import pytensor_modes  # noqa: F401 - it registers itself
from .calls import ROWS, has_single_entries, is_foreign, refuse_complex
from .likes import as_returned
from .pytensor_derivatives import call as made_call
from .pytensor_derivatives import elementwise, sum_like
from .spread import product


def take(call):
    """The result of a call as a variable, or a tuple of them."""
    call.refuse("out", "stream")
    given = {n: u for n, u in call.arrays.items() if u is not True or n != "where"}
    arrays = _as_computed(call, _variables(given))
    if call.kind == "product":
        return product(
            *arrays.values(), lambda *ab: made_call(call.name, "ab", ab, call.options, 2)[0]
        )
    first = arrays.get("a", next(iter(arrays.values())))
    if call.kind == "jacobian":
        return _jacobian(call, first)
    spread = {name: _spread(call, arrays, name) for name in arrays}
    if "b" in arrays and "x" in arrays:
        first = spread["x"]
    results = made_call(call.name, spread, [*spread.values()], call.options, first.ndim)
    if call.kind == "gated vjp":
        gate = arrays["gate"]
        kept = gate.ndim == first.ndim
        of_gate = pt.expand_dims(results[0], call.axis) if kept else results[0]
        results[0] = sum_like(of_gate, gate)
    return as_returned(call.name, results)


def on_elements(name, arguments):
    """An elementwise function of variables."""
    return elementwise(name, [*_variables(arguments).values()])


def _jacobian(call, x):
    # The rows come first in the result, whichever axis they are along: so they may here.
    axis = call.axis
    if type(axis) is int and -x.ndim <= axis < x.ndim:
        x, axis = pt.moveaxis(x, axis, -1), -1
    return made_call(call.name, "x", [x], {"axis": axis})[0]


# --- what is passed ------------------------------------------------------------------------------


def _variables(given):
    """All arguments as variables; Python's numbers adapt to the first variable of floats."""
    dtypes = [_dtype(u, name) for name, u in given.items() if isinstance(u, Variable)]
    like = next((dtype for dtype in dtypes if dtype.startswith("float")), None)
    found = {}
    for name, u in given.items():
        if isinstance(u, Variable):
            found[name] = u
        elif is_foreign(u):
            raise TypeError(f"{name} is a {type(u).__name__}: pass a variable")
        elif isinstance(u, (int, float)) and like is not None:
            found[name] = pt.constant(np.asarray(u, like))
        else:
            found[name] = pt.as_tensor_variable(np.asarray(u))
    return found


def _dtype(u, name):
    if not isinstance(u.type, DenseTensorType):
        raise TypeError(f"{name} is a variable of type {u.type}: a dense tensor is wanted")
    refuse_complex(u.dtype, name)
    return u.dtype


def _as_computed(call, arrays):
    # In the dtype in which it is computed, as far as that is float32 or float64: integers count as
    # float64, and what has a number for each entry adapts to the first.
    together = {"product": "ab", "gated": "ab", "gated vjp": "ab", "reduction": "xb"}
    together |= dict.fromkeys(("product vjp", "product jvp"), "ab")
    together |= dict.fromkeys(("weighted vjp", "weighted jvp"), "xb")
    together["chain"] = ("log_initial", "log_transition", "log_emission")
    counted = [name for name in together.get(call.kind, call.first) if name in arrays]
    if call.kind not in together:
        counted = [call.first]
    dtypes = {arrays[name].dtype for name in counted}
    kinds = {"float64" if d.startswith(("int", "uint", "bool")) else d for d in dtypes}
    dtype = kinds.pop() if len(kinds) == 1 else str(np.result_type(*kinds))
    if call.kind.startswith("gated") and len(dtypes) > 1:
        dtype = "float64"
    return {name: _cast(call, arrays, name, u, counted, dtype) for name, u in arrays.items()}


# These keep their dtype.
_OF_INTEGERS = "where", "segment_ids", "offsets", "lengths"


def _cast(call, arrays, name, u, counted, dtype):
    labels = name == "targets" and (
        u.ndim < arrays[call.first].ndim or _has_kept_axis(call, arrays)
    )
    if name in _OF_INTEGERS or labels or not u.dtype.startswith(("float", "int", "uint", "bool")):
        return u
    if name in counted or call.role(name) != ROWS:
        return u if u.dtype == dtype else u.astype(dtype)
    return u


# --- as large as it counts -----------------------------------------------------------------------


def _spread(call, arrays, name):
    """An argument as large as it counts, where the types show that it is smaller."""
    u, x = arrays[name], arrays[call.first]
    if call.kind.startswith("gated"):
        return _spread_of_gated(call, arrays, name)
    if call.kind == "chain":
        return _of_each_chain(u, name, arrays["log_emission"])
    if name in ("where", "class_weights") or call.kind.startswith(("segment", "product ")):
        return u
    lengths, static = _whole(arrays, x)
    axes = normalize_axes(_axis_of(call), len(static))
    if name == "targets":
        if _has_kept_axis(call, arrays):
            return pt.squeeze(u, axes[0])
        return u
    if call.role(name) != ROWS:
        return _expanded(u, lengths, static)
    if u.ndim == len(static) > 0 and all(u.type.shape[a] == 1 for a in axes):
        u = pt.squeeze(u, axes)
    return _expanded(u, *(result_shape(k, axes, keepdims=False) for k in (lengths, static)))


def _axis_of(call):
    return () if has_single_entries(call.kind) else call.options.get("axis", -1)


def _of_each_chain(u, name, seen):
    # With the axes of all chains in front, so that the gradients of what they share are summed.
    lead, own = seen.ndim - 2, {"log_initial": 1, "log_transition": 3}.get(name)
    if own is None or not lead or u.ndim < min(own, 2):
        return u
    u = u[None] if own == 3 and u.ndim == 2 else u
    lengths = [seen.shape[i] for i in range(lead)] + [u.shape[u.ndim - own + i] for i in range(own)]
    return pt.broadcast_to(u, lengths)


def _whole(arrays, x):
    # (the lengths of the axes, what is known of them)
    if "b" not in arrays:
        return tuple(x.shape), x.type.shape
    like = arrays["x"] + arrays["b"]
    return tuple(like.shape), like.type.shape


def _has_kept_axis(call, arrays):
    # Whether targets are labels with an axis of length 1, and not numbers.
    u, logits = arrays["targets"], arrays[call.first]
    axis = call.axis
    if u.ndim != logits.ndim or type(axis) is not int or not -u.ndim <= axis < u.ndim:
        return False
    return u.type.shape[axis] == 1 and (u.dtype[:5] != "float" or logits.type.shape[axis] != 1)


def _spread_of_gated(call, arrays, name):
    u, a, b = arrays[name], arrays["a"], arrays["b"]
    if name in ("a", "b") or not a.ndim or a.ndim != b.ndim:
        return u
    (axis,) = normalize_axes(call.axis, a.ndim)
    if name == "gate":
        if u.ndim == a.ndim and u.type.shape[axis] == 1:
            u = pt.squeeze(u, axis)
        rows = (result_shape(k, (axis,), keepdims=False) for k in (tuple(a.shape), a.type.shape))
        return _expanded(u, *rows)
    lengths, static = list(a.shape), list(a.type.shape)
    lengths[axis] = lengths[axis] + b.shape[axis]
    ends = static[axis], b.type.shape[axis]
    static[axis] = None if None in ends else sum(ends)
    return _expanded(u, lengths, static)


def _expanded(u, lengths, static):
    # What does not fit is left for the function to refuse.
    if u.ndim > len(static):
        return u
    known = [1] * (len(static) - u.ndim) + list(u.type.shape)
    if u.ndim == len(static) and all(k != 1 or s == 1 for k, s in zip(known, static)):
        return u
    if any(k not in (None, 1) and s not in (None, k) for k, s in zip(known, static)):
        return u
    return pt.broadcast_to(u, lengths)
