"""Dask: segments, whole along their axis in a chunk, and chains, each of them whole in a chunk."""

import functools

import numpy as np

from .._arguments import layout
from .blocks import as_lazy, blockwise, call_block, in_one_chunk, part_of, shadow, tuples_of
from .likes import as_returned, likes_of

# The sums over what is shared would have to go through all blocks.
REFUSED = {"weighted vjp", "weighted jvp", "product vjp", "product jvp"}
_OWN_SHARED = "hmm_loglikelihood_value_and_grad"


def refuse(call):
    """Raise a TypeError for a function that Dask's arrays do not go to."""
    if call.kind in REFUSED or call.name == _OWN_SHARED:
        raise TypeError(
            f"{call.name} takes no arrays of Dask, got {call.first} as one: pass "
            f"{call.first}.compute(), or map it over blocks that share nothing"
        )


def of_segments(call):
    """A function of segments, over the chunks along the other axes."""
    arrays = {name: as_lazy(u) for name, u in call.arrays.items()}
    x = arrays["x"]
    entries, other, count = tuple(range(x.ndim)), x.ndim, x.ndim + 1
    own = {"x": entries, "segment_ids": (0,), "offsets": (other,)}
    g_of_segments = call.kind == "segment vjp of a reduction"
    if "g" in arrays:
        of_g = (count, *entries[1:]) if g_of_segments else entries
        own["g"] = of_g[len(of_g) - arrays["g"].ndim :]
    lengths = {}
    if call.kind == "segment reduction":
        lengths[count] = _count(call)
    indices = (count, *entries[1:]) if call.kind == "segment reduction" else entries
    whole = {0, other, count}
    given = [
        (in_one_chunk(u, [i for i, a in enumerate(own[name]) if a in whole], name), own[name])
        for name, u in arrays.items()
    ]
    _, _, dtype = layout.as_array(shadow(x), "x", has_where=False)
    function = functools.partial(call_block, call.name, tuple(arrays), call.options)
    return blockwise(function, indices, given, lengths, x._meta, dtype)


def _count(call):
    if "offsets" in call.arrays:
        return np.shape(call.arrays["offsets"])[0] - 1
    count, ids = call.options.get("num_segments"), call.arrays["segment_ids"]
    if count is None and isinstance(ids, (np.ndarray, list, tuple)):
        count = int(np.max(ids, initial=-1)) + 1
    if count is None:
        raise TypeError("num_segments must be given where segment_ids is an array of Dask")
    call.options["num_segments"] = count
    return count


def of_chains(call):
    """A function of chains, over the chunks of the axes in front."""
    arrays = {name: as_lazy(u) for name, u in call.arrays.items()}
    seen = arrays["log_emission"]
    if seen.ndim < 2:
        raise ValueError(f"log_emission must have the axes (..., T, K), got the shape {seen.shape}")
    n = seen.ndim - 2
    batch, step, state = tuple(range(n)), n, n + 1
    of = {"log_initial": (state,), "log_transition": (n + 2, n + 3, n + 4), "lengths": ()}
    of["log_emission"] = step, state
    given, dtypes = [], []
    for name, u in arrays.items():
        own = (*batch, *of[name])[-u.ndim :] if u.ndim else ()
        given.append((in_one_chunk(u, [i for i, a in enumerate(own) if a >= n], name), own))
        if name != "lengths":
            dtypes.append(layout.as_array(shadow(u), name, has_where=False)[2])
    dtype = functools.reduce(layout.common_dtype, dtypes)
    function = functools.partial(call_block, call.name, tuple(arrays), call.options)
    kinds = [np.dtype(np.int64) if like.is_integer else dtype for like in likes_of(call.name)]
    indices = [(*batch, step, state)[like.axes] for like in likes_of(call.name)]
    lengths, like = dict(zip((*batch, step, state), seen.shape)), seen._meta
    if len(kinds) == 1:
        return blockwise(function, indices[0], given, lengths, like, kinds[0])
    tuples = tuples_of(function, batch, given, lengths)
    parts = [
        part_of(k, tuples, batch, i, lengths, like, kind)
        for k, (i, kind) in enumerate(zip(indices, kinds))
    ]
    return as_returned(call.name, parts)
