"""Copies of arrays of any strides in one piece and back, and what masked entries hold.

Line by line: an assignment of arrays brings all that Numba needs to write its error.
"""

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel


@inlined
def _copy(array, out):
    # To a flat array.
    if array.ndim == 1:
        for j in range(array.size):
            out[j] = array[j]
    else:
        n, start = array.shape[array.ndim - 1], 0
        for index in np.ndindex(array.shape[:-1]):
            line = array[index]
            for j in range(n):
                out[start + j] = line[j]
            start += n


def _copy_rows(array, mask, absent, out):
    _copy(array, out)
    if mask is not None:
        for i in range(out.size):
            if not mask[i]:
                out[i] = absent


def _put_rows(entries, out):
    if out.ndim == 1:
        for j in range(out.size):
            out[j] = entries[j]
    else:
        n, start = out.shape[out.ndim - 1], 0
        for index in np.ndindex(out.shape[:-1]):
            line = out[index]
            for j in range(n):
                line[j] = entries[start + j]
            start += n


def _repeat(array, shape, out):
    _copy(np.broadcast_to(array, shape), out)


def _fill_masked(entries, mask, value):
    for i in range(entries.size):
        if not mask[i]:
            entries[i] = value


# (array, mask, absent, out): copy into `out`, flat; `absent` where the mask, flat or None, is not.
copy_rows = kernel(_copy_rows)
# (entries, out): copy what is flat into an array.
put_rows = kernel(_put_rows)
# (array, shape, out): copy into `out`, flat, what is broadcast to a shape.
repeat = kernel(_repeat)
# (entries, mask, value): the value where the mask is not, all flat.
fill_masked = kernel(_fill_masked)
