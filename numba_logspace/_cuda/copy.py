"""CUDA kernels that copy: strided or masked arrays to flat ones of a working dtype, and back.

As the slabs of the CPU, but whole arrays: a GPU has no cache to hold a slab between kernels. A
thread copies an entry; the first entry lies at `start` of the memory, others at strides from it.
"""

import functools
import math
from typing import Any

from numba import cuda
from numba.extending import overload

from .._compile.inline import inlined
from .._formulas.simd import const
from .arrays import flat, span, stream_of

_INLINED: Any = {"error_model": "numpy", "forceinline": True}
_THREADS = 256
# numba-cuda warns where there are fewer; those with nothing to do end at once.
_FEWEST_BLOCKS = 128
_TOO_LARGE = float(1 << 62)


def launch(kernel, units, threads, stream, *args):
    """Run a kernel of blocks of so many threads on a stream."""
    kernel[max(units, _FEWEST_BLOCKS), threads, stream_of(stream)](*args)


@inlined
def _place(i, shape, start, strides):
    # Where entry i lies, counted in C order.
    at = start
    for k in range(len(shape)):
        d = len(shape) - 1 - k
        rest = i // shape[d]
        at += (i - rest * shape[d]) * strides[d]
        i = rest
    return at


def _taken(mask, i, shape, start, strides):
    raise NotImplementedError("only inside compiled code")


@overload(_taken, jit_options=_INLINED)
def _overload_taken(mask, i, shape, start, strides):
    if getattr(mask, "ndim", 0):
        return lambda mask, i, shape, start, strides: mask[_place(i, shape, start, strides)]
    return lambda mask, i, shape, start, strides: True


@functools.cache
def _pack():
    def pack(x, start, strides, mask, mask_start, mask_strides, shape, to, absent):
        i = cuda.grid(1)
        if i < to.size:
            if _taken(mask, i, shape, mask_start, mask_strides):
                to[i] = x[_place(i, shape, start, strides)]
            else:
                to[i] = absent

    return cuda.jit(pack)


@functools.cache
def _pack_labels():
    def pack_labels(x, start, strides, shape, to):
        i = cuda.grid(1)
        if i < to.size:
            label = x[_place(i, shape, start, strides)]
            # NaN, fractions and what no int holds are no labels.
            whole = 0.0 <= label < _TOO_LARGE and label == math.floor(label)
            to[i] = int(label) if whole else -1

    return cuda.jit(pack_labels)


@functools.cache
def _unpack():
    def unpack(values, mask, mask_start, mask_strides, fill, out, start, strides, shape):
        i = cuda.grid(1)
        if i < values.size:
            taken = _taken(mask, i, shape, mask_start, mask_strides)
            value = values[i]
            out[_place(i, shape, start, strides)] = value if taken else const(value, fill)

    return cuda.jit(unpack)


def _span(header):
    return ((), 0, (0,)) if header is None else span(header)


def _blocks(size):
    return -(-size // _THREADS)


def pack(header, to, stream, mask=None, absent=-math.inf):
    """Copy an array to a flat one in C order, as another dtype, `absent` where the mask is not."""
    shape = header.shape or (1,)
    args = *_span(header.reshape(shape)), *_span(mask), shape, flat(to), absent
    launch(_pack(), _blocks(header.size), _THREADS, stream, *args)


def pack_labels(header, to, stream):
    """Copy class labels that are floats to a flat array of ints, -1 where they are not whole."""
    shape = header.shape or (1,)
    args = *_span(header.reshape(shape)), shape, flat(to)
    launch(_pack_labels(), _blocks(header.size), _THREADS, stream, *args)


def unpack(values, header, stream, mask=None, fill=0.0):
    """Copy flat values in C order to an array, `fill` where the mask is not."""
    shape = header.shape or (1,)
    args = *_span(mask), fill, *_span(header.reshape(shape)), shape
    launch(_unpack(), _blocks(header.size), _THREADS, stream, flat(values), *args)


@functools.cache
def _fill():
    def fill(out, value):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = value

    return cuda.jit(fill)


def fill_with(header, value, stream):
    """Fill a contiguous array."""
    launch(_fill(), _blocks(header.size), _THREADS, stream, flat(header), value)


@functools.cache
def _leave_out_first_max():
    def leave_out(x, n):
        r = cuda.grid(1)
        if r * n < x.size:
            k = r * n
            for i in range(k, k + n):
                # NaN is the maximum, and stays.
                if x[i] > x[k] or x[i] != x[i]:
                    k = i
            x[k] = x[k] if x[k] != x[k] else -math.inf

    return cuda.jit(leave_out)


def leave_out_first_max(x, n, stream):
    """Make the first maximum of each row of n entries -inf."""
    launch(_leave_out_first_max(), _blocks(x.size // n), _THREADS, stream, flat(x), n)


@functools.cache
def _move_present():
    def move_present(x, mask, start, strides, shape, n, lengths):
        r = cuda.grid(1)
        if r < lengths.size:
            k = r * n
            for i in range(k, k + n):
                if _taken(mask, i, shape, start, strides):
                    x[k] = x[i]
                    k += 1
            # A row of nothing is one of a single -inf.
            if k == r * n:
                x[k] = -math.inf
                k += 1
            lengths[r] = k - r * n

    return cuda.jit(move_present)


def move_present(x, mask, n, lengths, stream):
    """Move what the mask takes of each row of n entries to its beginning, and count it."""
    args = flat(x), *_span(mask), mask.shape, n, flat(lengths)
    launch(_move_present(), _blocks(lengths.size), _THREADS, stream, *args)
