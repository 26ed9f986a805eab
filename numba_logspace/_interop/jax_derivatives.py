"""The derivatives of calls on arrays of JAX, in both modes."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from .calls import with_gradient
from .derivatives.elementwise import ARGUMENTS
from .derivatives.point import Point as AnyPoint
from .derivatives.rows import missing
from .derivatives.table import has_second, rules_of
from .jax_calls import Made, avals_of, batched, call, call_p

# A derivative as a linear function: of a tangent of one argument, or of cotangents of the results.
# Each is the transpose of the other, which makes both modes of one.
_linear_p = Primitive("numba_logspace_derivative")
_linear_p.multiple_results = True


def elementwise(function, arrays):
    """An elementwise function on arrays of JAX of one dtype, with its derivatives."""
    made = Made(function, ARGUMENTS[function], {}, 0)
    return call(made, jnp.broadcast_arrays(*arrays))[0]


def summed_to(u, shape):
    """The sums over the axes along which an array of that shape was broadcast."""
    u = jnp.sum(u, axis=tuple(range(u.ndim - len(shape))))
    axes = tuple(i for i, k in enumerate(shape) if k == 1 != u.shape[i])
    return jnp.sum(u, axis=axes, keepdims=True)


class Point(AnyPoint):
    """Where a call on arrays of JAX is differentiated."""

    xp = jnp

    def map(self, function, *arrays):
        """An elementwise function of the family, with its derivatives."""
        return elementwise(function, arrays)

    def constant(self, u):
        """An array whose derivatives do not count."""
        return jax.lax.stop_gradient(u)

    def eye(self, n):
        """The unit matrix, in the dtype of x."""
        return jnp.eye(n, dtype=self.x.dtype)

    def one_hot(self, labels):
        """1 where an entry is the class that a label says."""
        classes = jax.lax.broadcasted_iota(labels.dtype, self.x.shape, self.made.axis % self.x.ndim)
        return (classes == labels).astype(self.x.dtype)

    def summed_to(self, u, shape):
        """The sums over the axes along which an array of that shape was broadcast."""
        return summed_to(u, shape)

    def wide(self, u):
        """An array in float64, or in float32 without 64 bits."""
        return u.astype(jax.dtypes.canonicalize_dtype(np.float64))

    def narrow(self, u):
        """An array in the dtype of x."""
        return u.astype(self.x.dtype)

    @functools.cached_property
    def segments(self):
        """(the segment of each entry along the first axis, how many there are)."""
        offsets, ids, n = self["offsets"], self["segment_ids"], len(self.x)
        if offsets is not None:
            return jnp.searchsorted(offsets, jnp.arange(n), side="right") - 1, len(offsets) - 1
        if self.made.kind == "segment reduction":
            return ids, self.made.others["num_segments"]
        _, ids = jnp.unique(ids, return_inverse=True, size=n)
        return ids, n

    def added(self, u):
        """The sums over segments."""
        return jax.ops.segment_sum(u, *self.segments)

    def is_floating(self, u):
        """Whether an array has a dtype of floats."""
        return jnp.issubdtype(u.dtype, jnp.floating)


# --- the derivative of a call --------------------------------------------------------------------


def _kept(made, results):
    # The results that the rules look at.
    looked_at = "gradient" in made.kind or made.kind in ("jacobian", "chain") or "b" in made.names
    return results if looked_at else []


def _has_tangent(t):
    return type(t) is not ad.Zero and t.dtype != jax.dtypes.float0


def _jvp(arrays, tangents, *, made):
    count = len(avals_of(made, arrays))
    full = with_gradient(made.function)
    if full != made.function:
        made = Made(full, made.names, made.others, arrays[0].ndim, value_only=True)
    results, total = call(made, arrays), []
    kept = _kept(made, results)
    for name, t in zip(made.names, tangents):
        if not _has_tangent(t):
            continue
        if not any(name in rules for rules in rules_of(made)):
            raise missing(made.function, name)
        total = _sum(total, _linear(made, arrays, kept, name, [t], forward=True))
    return results[:count], _with_zeros(total[:count], results[:count])


def _sum(total, changes):
    return list(map(jnp.add, total, changes)) if total else changes


def _with_zeros(changes, results):
    # Of a sign, and where nothing changes.
    missing = results[len(changes) :]
    return [*changes, *(ad.Zero(jax.typeof(y).to_tangent_aval()) for y in missing)]


ad.primitive_jvps[call_p] = _jvp


def _linear(made, arrays, kept, name, given, *, forward, present=None):
    operands = *arrays, *kept, *given
    options = {"made": made, "name": name, "forward": forward, "present": present}
    return _linear_p.bind(*operands, **options)


def _parts(made, operands, present):
    # (arrays, results, the tangent or the cotangents)
    count = len(made.names)
    end = len(operands) - (1 if present is None else sum(present))
    return operands[:count], operands[count:end], operands[end:]


def _outputs(made, arrays, name, forward):
    # What is known of the results of a derivative before there are any.
    if forward:
        return avals_of(made, arrays)[: made.differentiable]
    u = arrays[made.names.index(name)]
    return [jax.core.ShapedArray(u.shape, u.dtype)]


def _evaluated(*operands, made, name, forward, present):
    arrays, kept, given = _parts(made, operands, present)
    outputs = _outputs(made, arrays, name, forward)
    rule = _rule(made, arrays, kept, name, forward)
    if not forward:
        of_present = iter(given)
        given = [next(of_present) if p else None for p in present]
    changes = rule(*given)
    changes = changes if isinstance(changes, (tuple, list)) else [changes]
    return [
        jnp.zeros(aval.shape, aval.dtype)
        if change is None
        else jnp.broadcast_to(change, aval.shape).astype(aval.dtype)
        for change, aval in zip(changes, outputs)
    ]


def _rule(made, arrays, kept, name, forward):
    point = Point(made, arrays, kept)
    vjp, jvp = rules_of(made)
    rules = jvp if forward else vjp
    if name in rules:
        return lambda *given: rules[name](point, *given)
    # A rule for reverse mode alone is linear: its transpose is the other.
    zeros = [jnp.zeros(aval.shape, aval.dtype) for aval in _outputs(made, arrays, name, True)]

    def along(t):
        _, pull = jax.vjp(lambda *u: vjp[name](point, *u).astype(t.dtype), *zeros)
        return pull(t)

    return along


_linear_p.def_impl(_evaluated)


@_linear_p.def_abstract_eval
def _abstract(*operands, made, name, forward, present):
    arrays, _, _ = _parts(made, operands, present)
    return _outputs(made, arrays, name, forward)


mlir.register_lowering(_linear_p, mlir.lower_fun(_evaluated, multiple_results=True))


def _linear_jvp(operands, tangents, *, made, name, forward, present):
    # Along what a derivative is linear in, and along the rest.
    options = {"made": made, "name": name, "forward": forward, "present": present}
    results, total = _linear_p.bind(*operands, **options), []
    arrays, kept, given = _parts(made, operands, present)
    sources = tangents[: len(arrays) + len(kept)]
    along = [t if _has_tangent(t) else None for t in tangents[len(sources) :]]
    if any(t is not None for t in along):
        there = None if forward else _spread(present, along)
        along = [t for t in along if t is not None]
        total = _linear(made, arrays, kept, name, along, forward=forward, present=there)
    moved = [i for i, t in enumerate(sources) if _has_tangent(t)]
    if moved:
        if not has_second(made):
            raise NotImplementedError(f"{made.function} has no second derivatives")

        def of_moved(*sources):
            others = dict(zip(moved, sources))
            return _evaluated(*(others.get(i, u) for i, u in enumerate(operands)), **options)

        places = [operands[i] for i in moved], [tangents[i] for i in moved]
        total = _sum(total, jax.jvp(of_moved, *places)[1])
    return results, _with_zeros(total, results)


def _spread(present, along):
    # Which of the cotangents have a tangent.
    along = iter(along)
    return tuple(p and next(along) is not None for p in present)


def _transpose(cotangents, *operands, made, name, forward, present):
    arrays, kept, given = _parts(made, operands, present)
    if forward:
        present = tuple(type(u) is not ad.Zero for u in cotangents)
        of_results = [u for u, p in zip(cotangents, present) if p]
        found = _linear(made, arrays, kept, name, of_results, forward=False, present=present)
    else:
        changes = _linear(made, arrays, kept, name, cotangents, forward=True)
        found = [u for u, p in zip(changes, present) if p]
    found = [u if ad.is_undefined_primal(v) else None for u, v in zip(found, given)]
    return [None] * (len(operands) - len(given)) + found


def _batch(operands, dims, *, made, name, forward, present):
    arrays, kept, given = _parts(made, operands, present)
    place = made.names.index(name)

    def bind(arrays, others):
        kept_here, given_here = others[: len(kept)], others[len(kept) :]
        if forward:
            given_here = [given_here[0].reshape(arrays[place].shape)]
        return _linear(made, arrays, kept_here, name, given_here, forward=forward, present=present)

    count = len(arrays)
    results = batched(made, arrays, dims[:count], bind, [*kept, *given], dims[count:])
    if not forward:
        u, d = arrays[place], dims[place]
        shape = list(u.shape)
        if d is not None:
            del shape[d]
        results = [results[0].reshape(results[0].shape[0], *shape)]
    return results, [0] * len(results)


ad.primitive_jvps[_linear_p] = _linear_jvp
ad.primitive_transposes[_linear_p] = _transpose
batching.primitive_batchers[_linear_p] = _batch
