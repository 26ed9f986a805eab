"""Dask: arguments as lazy arrays, and what a function gives for their blocks."""

import contextlib
import itertools
import math
import operator

import dask.array as da
import numpy as np

from .._arguments import layout
from . import PUBLIC
from .calls import run

# Stands for lengths that are not known.
_UNKNOWN = 1_000_003


# --- arguments -----------------------------------------------------------------------------------


def as_lazy(u):
    """An array as one of Dask."""
    if isinstance(u, da.Array):
        return u
    u = u if hasattr(u, "dtype") and hasattr(u, "shape") else np.asarray(u)
    return da.from_array(u, asarray=False)


def is_number(u):
    """Whether it is one of Python's numbers, which stay what they are: their dtype adapts."""
    return isinstance(u, (bool, int, float))


def shadow(u):
    """What shape and dtype of an array can be checked by; it takes no memory."""
    if is_number(u):
        return u
    meta = u._meta
    if type(meta) is not np.ndarray and not layout.is_on_cuda(meta):
        return meta  # which is refused for what it is
    return np.broadcast_to(np.zeros((), u.dtype), shape_of(u))


def shape_of(u):
    """The shape, without lengths that are not known."""
    return tuple(_UNKNOWN if math.isnan(k) else k for k in u.shape)


@contextlib.contextmanager
def lengths_named(arrays):
    """Where shapes do not fit, say which lengths are not known."""
    try:
        yield
    except ValueError as error:
        if str(_UNKNOWN) not in str(error):
            raise
        name = next(name for name, u in arrays.items() if math.isnan(math.prod(np.shape(u))))
        raise ValueError(
            f"{error}, where {_UNKNOWN} stands for lengths that are not known: call "
            f"{name}.compute_chunk_sizes() first"
        ) from None


def in_one_chunk(u, axes, name):
    """The same array with one chunk along these axes."""
    axes = [a for a in axes if u.numblocks[a] > 1]
    for a in axes:
        if any(map(math.isnan, u.chunks[a])):
            raise ValueError(
                f"{name} has chunks of unknown length along axis {a}, which must be whole: call "
                f"{name}.compute_chunk_sizes() first"
            )
    return u.rechunk(dict.fromkeys(axes, -1)) if axes else u


# --- blocks --------------------------------------------------------------------------------------


def call_block(name, names, options, *blocks):
    """A public function on the blocks of its arrays, in one thread: Dask has some of its own."""
    given = dict(zip(names, blocks)) | options
    if options.get("workers") is not None:
        return run(name, given)
    with PUBLIC["set_workers"](1):
        return run(name, given)


def blockwise(function, indices, arrays, lengths, like, dtype, **options):
    """The array, by its indices, of what a function gives for the blocks of [(array, indices)].

    `lengths` has that of each index which no array has; it has one chunk. Indices that the result
    does not have are of one chunk too.
    """
    known = {a for _, own in arrays for a in own}
    return da.blockwise(
        function,
        indices,
        *itertools.chain.from_iterable(arrays),
        dtype=dtype,
        meta=np.empty_like(like, dtype, shape=(0,) * len(indices)),
        concatenate=True,
        new_axes={a: (lengths[a],) for a in indices if a not in known},
        **options,
    )


def tuples_of(function, indices, arrays, lengths):
    """As blockwise, of a function that gives several arrays for a block."""
    return blockwise(function, indices, arrays, lengths, np.empty(0), object)


def part_of(k, tuples, own, indices, lengths, like, dtype, **options):
    """The array of one of these, with its own indices."""
    function = operator.itemgetter(k)
    return blockwise(function, indices, [(tuples, own)], lengths, like, dtype, **options)
