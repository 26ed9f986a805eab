"""CUDA arrays of any library: where they lie, on which stream they are made, results of their kind.

A header is a NumPy array with the shape, strides and dtype of a CUDA array, at its address. It
can be transposed, cut and broadcast as any other, but its entries must never be touched.
"""

import sys

import numpy as np
from cuda.core.utils import StridedMemoryView
from numba import cuda
from numpy.lib.stride_tricks import as_strided

from .._arguments import layout
from . import tape


class _Interface:
    """What NumPy asks of an object to make an array of memory, be it of a device."""

    def __init__(self, **interface):
        self.__array_interface__ = interface | {"version": 3}


def _header(address, shape, strides, typestr, read_only):
    if 0 in shape:
        return np.empty(shape, typestr)
    data = address, read_only
    return np.asarray(_Interface(data=data, shape=shape, strides=strides, typestr=typestr))


def address_of(header):
    """The address of the first entry of a header."""
    return header.__array_interface__["data"][0]


class Operand:
    """A CUDA array that was passed in: the object itself, its header and its stream."""

    def __init__(self, owner, name, stream):
        if not layout.is_on_cuda(owner):
            raise TypeError(
                f"{name} is a {type(owner).__name__} while other arguments are CUDA arrays: all "
                "have to be on one device"
            )
        self.owner = owner
        self.header, self.stream = _read(owner, name, stream)


def _read(owner, name, stream):
    # (header, number of the stream of the producer, or None where there is nothing to wait for)
    if library_of(type(owner)) == "torch":
        if getattr(owner, "requires_grad", False) and sys.modules["torch"].is_grad_enabled():
            raise TypeError(
                f"{name} requires a gradient, and none is recorded here: pass {name}.detach()"
            )
        return _header_of_tensor(owner, name), torch_stream(owner)
    interface = getattr(owner, "__cuda_array_interface__", None)
    if interface is None:
        return _header_of_dlpack(owner, stream), None
    if interface.get("mask") is not None:
        raise TypeError(f"{name} is a masked array: pass its data, and its mask as where=")
    (address, read_only), shape = interface["data"], tuple(interface["shape"])
    header = _header(
        address, shape, interface.get("strides"), interface["typestr"], bool(read_only)
    )
    return header, interface.get("stream")


def _header_of_tensor(tensor, name):
    kind = str(tensor.dtype).removeprefix("torch.")
    if kind not in {"bool", *(f"float{b}" for b in (16, 32, 64)), *_INTEGERS}:
        raise TypeError(
            f"{name} has dtype {tensor.dtype}; float16, float32, float64, integers and bool are "
            "supported: convert it to one of them first"
        )
    dtype = np.dtype(kind)
    strides = tuple(s * dtype.itemsize for s in tensor.stride())
    return _header(tensor.data_ptr(), tuple(tensor.shape), strides, dtype.str, False)


_INTEGERS = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}


def torch_stream(tensor):
    """The number of PyTorch's current stream on the device of a tensor."""
    return sys.modules["torch"].cuda.current_stream(tensor.device).cuda_stream


def _header_of_dlpack(owner, stream):
    # The producer makes its data ready for our stream.
    view = StridedMemoryView.from_dlpack(owner, stream_ptr=stream or 1)
    strides = None if view.strides is None else tuple(s * view.dtype.itemsize for s in view.strides)
    return _header(view.ptr, tuple(view.shape), strides, view.dtype.str, view.readonly)


def library_of(kind):
    """The name of the library that a class comes from."""
    return kind.__module__.partition(".")[0]


# --- streams -------------------------------------------------------------------------------------


def number_of_stream(stream):
    """The number (address) of a stream of Numba, CuPy, PyTorch or cuda.core, or of a plain int."""
    if isinstance(stream, int):
        return stream
    if hasattr(stream, "__cuda_stream__"):
        return int(stream.__cuda_stream__()[1])
    for attribute in ("cuda_stream", "ptr"):
        if hasattr(stream, attribute):
            return int(getattr(stream, attribute))
    raise TypeError(
        f"stream must be a CUDA stream or its address, an int, got {type(stream).__name__}"
    )


def stream_of(number):
    """Numba's stream of that number; 0, as Numba wants it, for the default stream, None or 0."""
    return cuda.external_stream(number) if number else 0


def order(first, then):
    """Have stream `then` wait for all that stream `first` has been given; the host waits not."""
    if _same(first, then):
        return
    noting = tape.current()
    if noting:
        noting.ordered = True
    event = cuda.event(timing=False)
    event.record(stream_of(first))
    event.wait(stream_of(then))


def _same(a, b):
    # The default stream has the numbers 0 and 1.
    return a == b or {a or 1, b or 1} == {1}


# --- memory for kernels --------------------------------------------------------------------------


def flat(header):
    """The entries of a contiguous header as kernels take them; () for None, which they do not."""
    if header is None:
        return ()
    return _device_array(address_of(header), (header.size,), None, header.dtype)


def _device_array(address, shape, strides, dtype):
    description = {
        "shape": shape,
        "strides": strides,
        "typestr": dtype.str,
        "data": (address, False),
        "version": 3,
    }
    return cuda.from_cuda_array_interface(description, sync=False)


def merged(headers):
    """(shape, headers of one shape with the fewest axes that keep C order), at least one axis.

    So kernels are compiled for few numbers of axes, and an index needs few divisions.
    """
    (shape,) = {header.shape for header in headers}
    kept = [a for a, k in enumerate(shape) if k != 1]
    lengths, strides = (
        [shape[a] for a in kept[:1]],
        [[h.strides[a] for a in kept[:1]] for h in headers],
    )
    for a in kept[1:]:
        if all(s[-1] == h.strides[a] * shape[a] for h, s in zip(headers, strides)):
            lengths[-1] *= shape[a]
            for h, s in zip(headers, strides):
                s[-1] = h.strides[a]
        else:
            lengths.append(shape[a])
            for h, s in zip(headers, strides):
                s.append(h.strides[a])
    if not lengths:
        lengths, strides = [1], [[h.itemsize] for h in headers]
    shape = tuple(lengths)
    return shape, [as_strided(h, shape, s) for h, s in zip(headers, strides)]


def span(header):
    """(its memory from the lowest address on, index of the first entry there, strides) in entries.

    For kernels that find their way by strides, which may be 0 or negative.
    """
    size = header.itemsize
    if any(s % size for s in header.strides):
        raise ValueError("a CUDA array must have strides that are multiples of its itemsize")
    steps = [s // size for s in header.strides]
    low = sum(s * (k - 1) for s, k in zip(steps, header.shape) if s < 0)
    high = sum(s * (k - 1) for s, k in zip(steps, header.shape) if s > 0)
    memory = _device_array(address_of(header) + low * size, (high - low + 1,), None, header.dtype)
    return memory, -low, tuple(steps)


def empty(like, shape, dtype, stream):
    """A new array of the library of another one."""
    library = library_of(type(like))
    if library == "torch":
        torch = sys.modules["torch"]
        return torch.empty(shape, dtype=getattr(torch, dtype.name), device=like.device)
    if library == "cupy":
        return sys.modules["cupy"].empty(shape, dtype)
    return cuda.device_array(shape, dtype, stream=stream_of(stream))


def empty_like(owner, shape, dtype, stream):
    """A new array of the library of `owner`, as an Operand."""
    operand = Operand(empty(owner, shape, dtype, stream), "", stream)
    noting = tape.current()
    if noting:
        noting.made.append((operand, owner))
    return operand


def reshaped(array, shape, stream):
    """A contiguous array that was made on a stream, in another shape."""
    if tuple(array.shape) == shape:
        return array
    array = array.reshape(shape)
    # Numba forgets the stream.
    return array.bind(stream_of(stream)) if hasattr(array, "bind") else array
