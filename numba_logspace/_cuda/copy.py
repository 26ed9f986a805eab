"""CUDA kernels that copy: strided or masked arrays to flat ones of a working dtype, and back.

As the slabs of the CPU, but whole arrays: a GPU has no cache to hold a slab between kernels. A
thread copies an entry; the first entry lies at `start` of the memory, others at strides from it.
"""

import functools
import math
from typing import Any

from cuda.bindings.driver import CUfunction_attribute
from numba import cuda, types
from numba.cuda.cudadrv.driver import driver
from numba.extending import overload

from .._compile.inline import inlined
from .._formulas.simd import const
from . import tape
from .arrays import flat, merged, span, stream_of

_INLINED: Any = {"error_model": "numpy", "forceinline": True}
THREADS = 256
# numba-cuda warns where there are fewer; those with nothing to do end at once.
_FEWEST_BLOCKS = 128
_TOO_LARGE = float(1 << 62)
_SHARED_BYTES = CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
# What a block may declare on any device.
_DECLARED = 48 << 10


def blocks_of(units):
    """How many blocks a kernel for so many is launched with."""
    return max(units, _FEWEST_BLOCKS)


def launch(kernel, units, threads, stream, *args, shared=0):
    """Run a kernel of blocks of so many threads, that share so many bytes, on a stream."""
    if shared:
        _let_share(kernel, args)
    kernel[blocks_of(units), threads, stream_of(stream), shared](*args)
    noting = tape.current()
    if noting:
        noting.launches.append((kernel, units, threads, stream, args, shared))


def most_shared():
    """How many bytes the device lets a block share, part of which the block declares itself."""
    return cuda.get_current_device().MAX_SHARED_MEMORY_PER_BLOCK_OPTIN or _DECLARED


def _let_share(kernel, args):
    # A kernel has to be allowed what is more than it may declare.
    function = kernel.compile(tuple(map(kernel.typeof_pyval, args))).library.get_cufunc()
    most = most_shared() - function.attrs.shared
    driver.cuKernelSetAttribute(_SHARED_BYTES, most, function.handle, function.device.id)


@inlined
def place(i, shape, start, strides):
    """Where entry i lies, counted in C order."""
    at = start
    for k in range(len(shape)):
        d = len(shape) - 1 - k
        rest = i // shape[d]
        at += (i - rest * shape[d]) * strides[d]
        i = rest
    return at


def taken(mask, i, shape, start, strides):
    """Whether a mask takes entry i; all, if it is ()."""
    raise NotImplementedError("only inside compiled code")


@overload(taken, jit_options=_INLINED)
def _overload_taken(mask, i, shape, start, strides):
    if getattr(mask, "ndim", 0):
        return lambda mask, i, shape, start, strides: mask[place(i, shape, start, strides)]
    return lambda mask, i, shape, start, strides: True


@functools.cache
def _pack():
    def pack(x, start, strides, mask, mask_start, mask_strides, shape, to, absent):
        i = cuda.grid(1)
        if i < to.size:
            if taken(mask, i, shape, mask_start, mask_strides):
                to[i] = x[place(i, shape, start, strides)]
            else:
                to[i] = absent

    return cuda.jit(pack)


def whole_number(label):
    """A label as an int, -1 for floats that are none."""
    raise NotImplementedError("only inside compiled code")


@overload(whole_number, jit_options=_INLINED)
def _overload_whole_number(label):
    if not isinstance(label, types.Float):
        return lambda label: int(label)

    def whole(label):
        # NaN, fractions and what no int holds are no labels.
        right = 0.0 <= label < _TOO_LARGE and label == math.floor(label)
        return int(label) if right else -1

    return whole


@functools.cache
def _pack_labels():
    def pack_labels(x, start, strides, mask, mask_start, mask_strides, shape, to):
        i = cuda.grid(1)
        if i < to.size:
            to[i] = 0
            if taken(mask, i, shape, mask_start, mask_strides):
                to[i] = whole_number(x[place(i, shape, start, strides)])

    return cuda.jit(pack_labels)


@functools.cache
def _unpack():
    def unpack(values, mask, mask_start, mask_strides, fill, out, start, strides, shape):
        i = cuda.grid(1)
        if i < values.size:
            value = values[i]
            if not taken(mask, i, shape, mask_start, mask_strides):
                value = const(value, fill)
            out[place(i, shape, start, strides)] = value

    return cuda.jit(unpack)


def _spans(*headers):
    """(shape, what `span` gives for each header or None), with the fewest axes."""
    shape, fewest = merged([h for h in headers if h is not None])
    fewest = iter(fewest)
    return shape, [((), 0, (0,)) if h is None else span(next(fewest)) for h in headers]


def blocks(size):
    """How many blocks have a thread for each of so many entries."""
    return -(-size // THREADS)


def pack(header, to, stream, mask=None, absent=-math.inf):
    """Copy an array to a flat one in C order, as another dtype, `absent` where the mask is not."""
    shape, (placed, taking) = _spans(header, mask)
    args = *placed, *taking, shape, flat(to), absent
    launch(_pack(), blocks(header.size), THREADS, stream, *args)


def pack_labels(header, to, stream, mask=None):
    """Copy class labels to flat ints: -1 for what is not whole, 0 where the mask is not."""
    shape, (placed, taking) = _spans(header, mask)
    args = *placed, *taking, shape, flat(to)
    launch(_pack_labels(), blocks(header.size), THREADS, stream, *args)


def unpack(values, header, stream, mask=None, fill=0.0):
    """Copy flat values in C order to an array, `fill` where the mask is not."""
    shape, (placed, taking) = _spans(header, mask)
    args = *taking, fill, *placed, shape
    launch(_unpack(), blocks(header.size), THREADS, stream, flat(values), *args)


@functools.cache
def _fill():
    def fill(out, value):
        i = cuda.grid(1)
        if i < out.size:
            out[i] = value

    return cuda.jit(fill)


def fill_with(header, value, stream):
    """Fill a contiguous array."""
    launch(_fill(), blocks(header.size), THREADS, stream, flat(header), value)


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
    launch(_leave_out_first_max(), blocks(x.size // n), THREADS, stream, flat(x), n)


@functools.cache
def _move_present():
    def move_present(x, mask, start, strides, shape, n, lengths):
        r = cuda.grid(1)
        if r < lengths.size:
            k = r * n
            for i in range(k, k + n):
                if taken(mask, i, shape, start, strides):
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
    shape, (taking,) = _spans(mask)
    args = flat(x), *taking, shape, n, flat(lengths)
    launch(_move_present(), blocks(lengths.size), THREADS, stream, *args)


@functools.cache
def _move_back():
    def move_back(x, mask, start, strides, shape, n, lengths):
        r = cuda.grid(1)
        if r < lengths.size:
            k = r * n + lengths[r]
            # From the end, so that what has not been moved yet is not written over.
            for i in range(r * n + n - 1, r * n - 1, -1):
                if taken(mask, i, shape, start, strides):
                    k -= 1
                    x[i] = x[k]

    return cuda.jit(move_back)


def move_back(x, mask, n, lengths, stream):
    """Move the entries of each row back to where `move_present` found them."""
    shape, (taking,) = _spans(mask)
    args = flat(x), *taking, shape, n, flat(lengths)
    launch(_move_back(), blocks(lengths.size), THREADS, stream, *args)
