"""The arguments of a call as large as they count, so that a library sees how they are broadcast."""

import numpy as np

from .._arguments.layout import normalize_axes, result_shape
from .calls import ROWS, are_labels, has_single_entries


def spread(call, arrays, name, integers, expanded):
    """One of the arrays of a call, as large as it counts.

    `integers` are the names of the arrays of integers or bool. `expanded(u, shape)` gives back what
    does not fit, which is left for the function to refuse.
    """
    u = arrays[name]
    if call.kind == "chain":
        return _of_each_chain(u, name, arrays, expanded)
    shape = _shape(call, arrays, name, integers)
    if shape is None:
        return u
    if call.role(name) == ROWS and u.ndim == arrays[call.first].ndim:
        axes = normalize_axes(_axis_of(call), u.ndim)
        if all(u.shape[a] == 1 for a in axes):
            u = u.reshape(result_shape(tuple(u.shape), axes, keepdims=False))
    return u if tuple(u.shape) == shape else expanded(u, shape)


def product(a, b, of_matrices):
    """The product of two arrays by that of matrices, of which a vector is one too."""
    y = of_matrices(a if a.ndim > 1 else a[None], b if b.ndim > 1 else b[:, None])
    y = y if b.ndim > 1 else y[..., 0]
    return y if a.ndim > 1 else y[0] if b.ndim == 1 else y[..., 0, :]


def _shape(call, arrays, name, integers):
    # None for what stays as it is.
    if call.kind.startswith("gated"):
        return _shape_of_gated(call, arrays, name)
    if name in ("where", "class_weights") or call.kind.startswith(("segment", "product")):
        return None
    whole = tuple(arrays[call.first].shape)
    if "b" in arrays:
        whole = np.broadcast_shapes(whole, tuple(arrays["b"].shape))
    axes = normalize_axes(_axis_of(call), len(whole))
    if (
        name == "targets"
        and axes
        and are_labels(tuple(arrays[name].shape), name in integers, whole, axes[0])
    ):
        return None
    return result_shape(whole, axes, keepdims=False) if call.role(name) == ROWS else whole


def _axis_of(call):
    return () if has_single_entries(call.kind) else call.options.get("axis", -1)


def _of_each_chain(u, name, arrays, expanded):
    # With the axes of all chains in front, so that what chains share is summed by the library.
    lead = tuple(arrays["log_emission"].shape)[:-2]
    if name == "lengths" or not lead:
        return u
    own = 1 if name == "log_initial" else 3
    if name == "log_emission" or u.ndim < min(own, 2):
        return u
    if name == "log_transition" and u.ndim == 2:
        u = u[None]
    return expanded(u, (*lead, *tuple(u.shape)[-own:]))


def _shape_of_gated(call, arrays, name):
    a, b = arrays["a"], arrays["b"]
    if a.ndim == 0 or name in ("a", "b"):
        return None
    (axis,) = normalize_axes(call.axis, a.ndim)
    if name == "gate":
        return result_shape(tuple(a.shape), (axis,), keepdims=False)
    return tuple(k + b.shape[i] if i == axis else k for i, k in enumerate(a.shape))
