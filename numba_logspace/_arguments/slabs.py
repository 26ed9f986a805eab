"""Pieces of arrays: what can be used where it lies, and copies of a bounded size of the rest."""

import math

import numpy as np

from .._cpu.flat import flat
from .._cpu.workers import run_all
from . import layout

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

# How many entries are copied together where x is not contiguous, not native, of another dtype or
# masked: at most this much, or one row, is held besides x and the result.
SLAB = 1 << 16


class Labels:
    """A class label for each row, an array of ints: ones at the labels, zeros elsewhere."""

    def __init__(self, classes):
        self.classes = classes


def shared_form(x, others, axes, dtype):
    """The normal form of x where all others have the same, and all can be used as they lie."""
    for array in (x, *others):
        if array.dtype != dtype or not array.dtype.isnative or not array.flags.aligned:
            return None
    form = layout.normal_form(x, axes) if axes else None
    if form and all(array.transpose(form[0]).flags.c_contiguous for array in others):
        return form
    return None


def flat_rows(array, order, axes):
    """An array with an entry for each row, flat in the order in which x, its axes so, has them."""
    kept = [a for a in order if a not in axes]
    # Its own axes are those of x that are kept, in their natural order.
    own = sorted(kept)
    return flat(np.ascontiguousarray(array.transpose([own.index(a) for a in kept])))


def unflat_rows(values, x, order, axes):
    """The array of which `flat_rows` would make this."""
    kept = [a for a in order if a not in axes]
    in_memory = values.reshape([x.shape[a] for a in kept])
    if kept == sorted(kept):
        return in_memory
    return in_memory.transpose(np.argsort(kept))


def rows_last(array, axes):
    """The array with the axes of the rows last; None for None."""
    if array is None:
        return None
    rest = tuple(a for a in range(array.ndim) if a not in axes)
    return array.transpose(rest + axes)


def _slabs(lengths, n):
    # Index tuples that cut the leading axes of an array into pieces of about SLAB entries.
    whole, split = n, len(lengths)
    while split > 0 and whole * lengths[split - 1] <= SLAB:
        split -= 1
        whole *= lengths[split]
    if split == 0:
        yield ()
        return
    step = max(1, SLAB // whole)
    for lead in np.ndindex(*lengths[: split - 1]):
        for start in range(0, lengths[split - 1], step):
            yield (*lead, slice(start, start + step))


def for_slabs(one, x, axes, workers):
    """Call one(index, n) for each slab of x, whose rows of n entries are its last axes."""
    lead = x.ndim - len(axes)
    n = math.prod(x.shape[lead:])
    run_all([(one, index, n) for index in _slabs(x.shape[:lead], n)], workers)


def copy_of(x, index, dtype, mask=None, absent=-np.inf):
    """A contiguous copy of a slab, `absent` where it is masked; None for None."""
    if x is None:
        return None
    with np.errstate(all="ignore"):  # a float64 may overflow or underflow in a smaller dtype
        piece = np.array(x[index], dtype, order="C")
    if mask is not None:
        np.copyto(piece, absent, where=~mask[index])
    return piece


def is_plain(array):
    """Whether it is a native, contiguous array of numbers that kernels take."""
    if type(array) is not np.ndarray:
        return False
    dtype = array.dtype
    return (dtype is _DOUBLE or dtype is _SINGLE) and array.flags.carray
