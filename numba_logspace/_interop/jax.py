"""JAX: arrays in and out, also inside its transformations, with derivatives."""

import jax
import jax.numpy as jnp
import numpy as np

from .._family import WEIGHTED_LOGSUMEXP
from .calls import name_of, refuse_complex, run
from .jax_calls import Made, as_array, call, of_numpy
from .jax_derivatives import elementwise, summed_to
from .likes import as_returned
from .spread import product, spread
from .tried import tried

# Arguments that may stand beside arrays as they are.
_OPTIONS = {bool, int, float, str, tuple, type(None)}
# Kinds in which the dtype of several arguments counts.
_OF_SEVERAL = "gated", "product", "weighted", "chain"
_COMPUTED = {np.dtype(np.float32), np.dtype(np.float64)}
_KEPT = _COMPUTED | {np.dtype(np.bool_), np.dtype(np.int32), np.dtype(np.int64)}


def take_soon(call):
    """The result of a call on whole arrays alone, without more to be looked at; or else None.

    Nothing is recorded where no argument is traced.
    """
    arguments, first = {}, None
    for name, u in call.arguments.items():
        if u is None and name != "axis":
            continue
        if type(u) in _OPTIONS and name != "out":
            arguments[name] = u
            continue
        if isinstance(u, jax.core.Tracer) or not isinstance(u, jax.Array):
            return None
        if name == "out" or u.dtype not in (_COMPUTED if first is None else _KEPT):
            return None
        first = u if first is None else first
        arguments[name] = of_numpy(u)
    several = call.function is WEIGHTED_LOGSUMEXP or call.function.kind.startswith(_OF_SEVERAL)
    if several or "stream" in arguments:
        return None
    return _arrays(run(name_of(call.function), arguments), first)


def _arrays(results, first):
    if type(results) is tuple:
        return tuple(_arrays(y, first) for y in results)
    return as_array(results, first)


def take(call):
    """The result of a call as an array, or a tuple of them."""
    call.refuse("out", "stream")
    others = dict(call.options)
    arrays = {
        name: _checked(u, name)
        for name, u in call.arrays.items()
        if u is not True or name != "where"
    }
    arrays, half = _computed(call.kind, arrays)
    is_traced = any(isinstance(u, jax.core.Tracer) for u in arrays.values())
    ids = arrays.get("segment_ids")
    if call.kind == "segment reduction" and ids is not None and "num_segments" not in others:
        if isinstance(ids, jax.core.Tracer):
            raise TypeError("num_segments must be given where segment_ids is traced")
        others["num_segments"] = int(ids.max()) + 1 if ids.size else 0
    results = _traced(call, arrays, others) if is_traced else _made(call, arrays, others)
    if half is not None:
        results = [y.astype(half) if _is_floating(y) else y for y in results]
    return as_returned(call.name, results)


def _made(call_, arrays, others):
    ndim = max(u.ndim for name, u in arrays.items() if name in (call_.first, "a", "b"))
    return call(Made(call_.name, tuple(arrays), others, ndim), arrays.values())


def _traced(call_, arrays, others):
    # Derivatives may be asked for: JAX has to see how arguments are broadcast.
    tried(
        lambda small: call_.call(**small),
        call_.kind,
        {name: (u.shape, u.dtype) for name, u in arrays.items()},
    )
    if call_.kind == "product":
        made = Made(call_.name, ("a", "b"), others, 2)
        return [product(*arrays.values(), lambda *pair: call(made, pair)[0])]
    given = arrays
    integers = {name for name, u in arrays.items() if not _is_floating(u)}
    arrays = {name: spread(call_, arrays, name, integers, jnp.broadcast_to) for name in arrays}
    results = _made(call_, arrays, others)
    if call_.kind == "gated vjp":
        results[0] = summed_to(results[0], given["gate"].shape)
    return results


# --- what is passed ------------------------------------------------------------------------------


def _checked(u, name):
    if not isinstance(u, jax.Array):
        u = _converted(u, name)
    if jnp.issubdtype(u.dtype, jax.dtypes.extended):
        raise TypeError(f"{name} has dtype {u.dtype}: an array of numbers is wanted")
    refuse_complex(str(u.dtype), name)
    return u


def _converted(u, name):
    if isinstance(u, np.ndarray) and u.dtype.kind in "iu":
        _check_range(u, name)
    try:
        if not isinstance(u, (str, bytes)):  # which JAX would take for a dtype
            return jnp.asarray(u)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name} must be an array of numbers: {error}") from None
    raise TypeError(f"{name} must be an array of numbers, got {u!r}")


def _check_range(u, name):
    # JAX would take the last 32 bits of a number of 64, which may look like a class.
    limits = np.iinfo(jax.dtypes.canonicalize_dtype(u.dtype))
    for v in (u.min(initial=0), u.max(initial=0)):
        if not limits.min <= v <= limits.max:
            raise ValueError(f"{name} must be within {limits.dtype}, as JAX has it here, got {v}")


def _is_floating(u):
    return jnp.issubdtype(u.dtype, jnp.floating)


def _computed(kind, arrays):
    # (the arrays in the dtypes in which they are computed, the dtype of the results or None where
    # it is the same); integers count as JAX's floats.
    counted = [name for name in arrays if _counts(kind, name)] or list(arrays)[:1]
    dtype = jnp.result_type(*(arrays[name] for name in counted))
    if jnp.issubdtype(dtype, jnp.integer) or dtype == jnp.bool_:
        dtype = jnp.result_type(float)
    half = dtype if jnp.issubdtype(dtype, jnp.floating) and dtype.itemsize < 4 else None
    dtypes = dict.fromkeys(counted, dtype if half is None else jnp.float32)
    return {n: u.astype(dtypes.get(n) or _widened(u)) for n, u in arrays.items()}, half


def _counts(kind, name):
    if kind == "chain":
        return name != "lengths"
    if kind.startswith("gated") or kind.startswith("product"):
        return name in ("a", "b")
    if kind.startswith("weighted"):
        return name in ("x", "b")
    return kind == "elementwise" or (kind == "reduction" and name in ("x", "b"))


def _widened(u):
    return jnp.float32 if _is_floating(u) and u.dtype.itemsize < 4 else u.dtype


# --- elementwise ---------------------------------------------------------------------------------


def on_elements(name, arguments):
    """An elementwise function of arrays of JAX."""
    arrays = {n: _checked(u, n) for n, u in arguments.items()}
    arrays, half = _computed("elementwise", arrays)
    for n, u in arrays.items():
        if not _is_floating(u):
            raise TypeError(f"{n} has dtype {u.dtype}: real numbers are wanted")
    result = elementwise(name, arrays.values())
    return result if half is None else result.astype(half)
