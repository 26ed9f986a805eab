"""A call on arrays of JAX as one primitive: on their memory, or called back from compiled code."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir

from .likes import likes_of
from .made import Made as AnyMade
from .made import shapes_of

_SMALL = 4096

call_p = Primitive("numba_logspace")
call_p.multiple_results = True


class Made(AnyMade):
    """A call without its arrays, which JAX compares to find what it has compiled."""

    def __init__(self, function, names, others, ndim, value_only=False):
        super().__init__(function, names, others, ndim, value_only)
        self._key = function, names, repr(sorted(self.others.items())), value_only

    def __eq__(self, other):
        return type(other) is Made and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def __repr__(self):
        options = "".join(f", {name}={u!r}" for name, u in self.others.items())
        return f"{self.function}({', '.join(self.names)}{options})"

    @property
    def differentiable(self):
        """How many of the results have derivatives, None for all."""
        return 1 if self.others.get("return_sign") else None


def call(made, arrays):
    """The results of a call, a list."""
    return call_p.bind(*arrays, made=made)


def avals_of(made, arrays):
    """What is known of the results before there are any."""
    shapes = {name: u.shape for name, u in zip(made.names, arrays)}
    # Of two sets of labels the first array is the gate.
    dtype = arrays[made.names.index("a") if "a" in made.names else 0].dtype
    likes, whole = likes_of(made.function), jax.dtypes.canonicalize_dtype(np.int64)
    dtypes = [whole if like.is_integer else dtype for like in likes] or itertools.repeat(dtype)
    found = shapes_of(made.function, shapes, made.others)
    return [jax.core.ShapedArray(shape, dtype) for shape, dtype in zip(found, dtypes)]


def as_array(y, like):
    """A result of NumPy as an array of JAX, where an argument has been put."""
    if like.committed and isinstance(like.device, jax.Device):
        return jax.device_put(y, like.device)
    # JAX copies a small one sooner than it finds out whether it has to.
    return jnp.array(y) if np.size(y) <= _SMALL else jnp.asarray(y)


def of_numpy(u):
    """The memory of an array; of a small one a copy, since what is read-only takes longer."""
    return np.array(u) if u.size <= _SMALL else np.asarray(u)


def _on_memory(made, *arrays):
    # Arrays of NumPy: nothing of JAX may run in what its compiled code calls.
    results = [np.asarray(y) for y in made.results(map(of_numpy, arrays))]
    whole = jax.dtypes.canonicalize_dtype(np.int64)
    return [y.astype(whole) if y.dtype == np.int64 else y for y in results]


@call_p.def_impl
def _call(*arrays, made):
    first = next((u for u in arrays if isinstance(u, jax.Array)), None)
    results = _on_memory(made, *arrays)
    return [jnp.asarray(y) if first is None else as_array(y, first) for y in results]


@call_p.def_abstract_eval
def _abstract(*arrays, made):
    return avals_of(made, arrays)


def _lower(ctx, *operands, made):
    function, avals = functools.partial(_on_memory, made), (ctx.avals_in, ctx.avals_out)
    options = {"has_side_effect": False, "returns_token": False}
    results, _, _ = mlir.emit_python_callback(
        ctx, function, None, list(operands), *map(list, avals), **options
    )
    return results


mlir.register_lowering(call_p, _lower, cacheable=False)


# --- one more axis -------------------------------------------------------------------------------


def batched(made, arrays, dims, bind, others=(), other_dims=()):
    """The results of `bind(arrays, others)` with one more axis in front.

    Of `others` each has the shape of a result or of an argument: it has all axes that it needs.
    """
    count = len(arrays)
    dims = [*dims, *other_dims]
    operands = [u if d is None else jnp.moveaxis(u, d, 0) for u, d in zip([*arrays, *others], dims)]
    is_batched = [d is not None for d in dims]
    if not made.takes_one_more_axis(operands[0].ndim - is_batched[0]):
        return _one_by_one(operands, is_batched, lambda *u: bind(u[:count], u[count:]))
    size = next(u.shape[0] for u, b in zip(operands, is_batched) if b)
    operands = [
        u if b else jnp.broadcast_to(u, (size, *u.shape)) for u, b in zip(operands, is_batched)
    ]
    ndim = max(u.ndim for u in operands[:count])
    arrays = [
        _with_axes(u, ndim) if made.needs_all_axes(name) else u
        for name, u in zip(made.names, operands)
    ]
    return bind(arrays, operands[count:])


def _with_axes(u, ndim):
    return u.reshape(u.shape[0], *[1] * (ndim - u.ndim), *u.shape[1:])


def _one_by_one(operands, is_batched, function):
    def of_one(each):
        each = iter(each)
        return function(*(next(each) if b else u for u, b in zip(operands, is_batched)))

    return jax.lax.map(of_one, [u for u, b in zip(operands, is_batched) if b])


def _batch(arrays, dims, *, made):
    results = batched(made, arrays, dims, lambda u, _: call(made, u))
    return results, [0] * len(results)


batching.primitive_batchers[call_p] = _batch
