"""What PyTensor makes of calls when it compiles: one of two, jitted code, JAX in its mode."""

import hashlib

import numpy as np
from pytensor.compile.mode import optdb
from pytensor.graph.rewriting.basic import GraphRewriter, node_rewriter
from pytensor.link.numba.dispatch.basic import (
    generate_fallback_impl,
    numba_njit,
    register_funcify_and_cache_key,
)
from pytensor.tensor.rewriting.basic import register_canonicalize, register_specialize

from .._compile.jit import DIGEST
from .._family import FAMILY
from . import PUBLIC
from .calls import with_gradient
from .pytensor_derivatives import Call, Once

_FLOATS = ("float32", "float64")


# --- in all modes --------------------------------------------------------------------------------


@register_canonicalize("fast_compile")
@node_rewriter([Once])
def remove_once(fgraph, node):
    """Leave out what was there to be differentiated only."""
    return [node.inputs[0]]


@register_specialize("fast_compile")
@node_rewriter([Call])
def share_pass(fgraph, node):
    """Take the value of a loss from where it comes with its gradient."""
    full = with_gradient(node.op.function)
    if full == node.op.function:
        return None
    for other, _ in fgraph.clients[node.inputs[0]]:
        if getattr(other.op, "function", None) != full or other.inputs != node.inputs:
            continue
        if other.op.options == node.op.options and other.op.names == node.op.names:
            return [other.outputs[0]]
    return None


# Of these kinds the calls go through object mode in numba mode.
_IN_PYTHON = (
    "segment",
    "chain",
    "entry",
    "product ",
    "weighted",
    "hvp of",
    "vjp of a scan",
    "jvp of a scan",
)


# --- numba ---------------------------------------------------------------------------------------


@register_funcify_and_cache_key(Call)
def _in_numba(op, node, **_):
    # PyTensor keeps machine code under this key: so it has to change with the kernels.
    source = _jitted(op.made, node)
    if source is None:
        return generate_fallback_impl(op, node), None
    space = {"function": PUBLIC[op.function], "asarray": np.asarray}
    exec(source, space)
    key = repr((op.function, source, DIGEST))
    return numba_njit(space["call"]), hashlib.sha256(key.encode()).hexdigest()


def _jitted(made, node):
    """The source of a function of the arrays for jitted code, or None where it has no such call."""
    arrays = dict(zip(made.names, node.inputs))
    weighted = made.kind == "reduction" and "b" in made.names
    if weighted or "where" in made.names:
        return None
    if made.kind != "elementwise" and not FAMILY[made.function].runs("jitted"):
        return None
    if made.kind.startswith(_IN_PYTHON) or "class_weights" in made.names:
        return None
    options = _options_of(made, arrays)
    if options is None or any(u.dtype == "float16" for u in node.inputs):
        return None
    given, turned = _as_numbers_or_rows(made, arrays)
    given += [f"{name}={u!r}" for name, u in options.items()]
    results = [f"y{i}" for i in range(len(node.outputs))]
    returned = [f"asarray({y})" if u.ndim == 0 else y for y, u in zip(results, node.outputs)]
    if turned:
        returned = [
            f"{y}.reshape({made.names[0]}.shape)" if u.ndim else y
            for y, u in zip(returned, node.outputs)
        ]
    return (
        f"def call({', '.join(made.names)}):\n"
        f"    {', '.join(results)} = function({', '.join(given)})\n"
        f"    return {', '.join(returned)}\n"
    )


def _as_numbers_or_rows(made, arrays):
    # (the arguments as they are passed, whether arrays are made one row): what has no axes is a
    # number there.
    if made.kind == "elementwise":
        return [_as_number(name, u) for name, u in arrays.items()], False
    first = next(iter(arrays.values()))
    turned = made.kind != "product" and len(made.axes) == first.ndim > 1
    given = [
        f"{name}={name}.ravel()"
        if turned and u.ndim == first.ndim
        else f"{name}={_as_number(name, u)}"
        for name, u in arrays.items()
    ]
    return given, turned


def _as_number(name, u):
    return f"{name}[()]" if u.ndim == 0 else name


def _options_of(made, arrays):
    # As jitted code wants them, or None.
    options = {name: u for name, u in made.others.items() if name != "workers"}
    if made.kind == "elementwise":
        return options
    if made.kind == "product":
        return options if all(u.ndim <= 2 for u in arrays.values()) else None
    x, axes = next(iter(arrays.values())), made.axes
    if not 1 <= x.ndim <= 4 or x.dtype not in _FLOATS or "return_sign" in options:
        return None
    targets = arrays.get("targets")
    if targets is not None and targets.ndim < x.ndim and targets.dtype.startswith("float"):
        return None
    if len(axes) == 1:
        return options | {"axis": axes[0]}
    if len(axes) == x.ndim and "keepdims" not in options:
        return options | {"axis": -1}
    return None


# --- JAX -----------------------------------------------------------------------------------------


class _KnownToJax(GraphRewriter):
    """Changes nothing; in the mode of JAX alone, it tells that mode of the Ops here.

    So nothing of JAX is imported where no function is compiled for it.
    """

    def apply(self, fgraph):
        from pytensor.link.jax.dispatch import jax_funcify

        jax_funcify.register(Call, _in_jax)


optdb.register("numba_logspace_jax", _KnownToJax(), "jax", position=0)


def _in_jax(op, **_):
    made = op.made

    def call(*arrays):
        from . import jax

        if made.kind == "elementwise":
            return jax.on_elements(made.function, dict(zip(made.names, arrays)))
        return made.public(**dict(zip(made.names, arrays)))

    return call
