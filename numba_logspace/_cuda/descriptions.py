"""What is said of the arguments of a call: all that its work follows from, but for addresses.

A reader gives (address, number of the stream, what else is said) of an array, or None where the
general way has to look at it.
"""

import functools

from cuda.bindings.driver import CUresult, cuCtxGetCurrent
from numba.cuda.cudadrv.devicearray import DeviceNDArray

from .arrays import library_of, number_of_stream, torch_stream

# Arrays begin at multiples of this, where kernels move several entries at once.
ALIGNED = 16


def _of_numba(array):
    stream = array.stream
    address = array.gpu_data.device_ctypes_pointer.value
    return address, int(stream) if stream else 0, (array.shape, array.strides, array.dtype)


def _of_interface(array):
    interface = getattr(array, "__cuda_array_interface__", None)
    if interface is None or interface.get("mask") is not None:
        return None
    (address, read_only), strides = interface["data"], interface.get("strides")
    strides = None if strides is None else tuple(strides)
    said = tuple(interface["shape"]), strides, interface["typestr"], bool(read_only)
    return address, interface.get("stream") or 0, said


def _of_tensor(tensor):
    if not tensor.is_cuda or tensor.requires_grad:
        return None
    said = tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device
    return tensor.data_ptr(), torch_stream(tensor), said


@functools.cache
def reader(kind):
    """The reader for arrays of a class; None where it is not one of CUDA arrays."""
    if kind is DeviceNDArray:
        return _of_numba
    if library_of(kind) == "torch":
        return _of_tensor
    return _of_interface if hasattr(kind, "__cuda_array_interface__") else None


class Description:
    """A `key` of what is said, and the arrays with their addresses and streams."""

    __slots__ = "addresses", "arrays", "key", "streams"

    def __init__(self):
        self.key, self.arrays, self.addresses, self.streams = [], [], [], []

    def take(self, values):
        """Describe some arguments; whether that could be done."""
        key = self.key
        for u in values:
            kind = type(u)
            if u is None:
                key.append(None)
            elif kind is int or kind is str or kind is bool:
                key += kind, u
            elif kind is tuple:
                key += kind, len(u)
                if not self.take(u):
                    return False
            elif kind is float:
                key += kind, u.hex()  # -0.0 equals 0.0, and NaN nothing
            elif not self._take_array(u, kind):
                return False
        return True

    def _take_array(self, u, kind):
        read = reader(kind)
        described = read and read(u)
        if not described:
            return False
        address, stream, said = described
        self.arrays.append(u)
        self.addresses.append(address)
        self.streams.append(stream)
        self.key += kind, said
        return True

    def stream(self, given):
        """The number of the stream that does the work; None where streams have to wait."""
        if not self.streams:
            return None
        try:
            stream = self.streams[0] if given is None else number_of_stream(given)
        except TypeError:
            return None
        same = stream or 1  # the default stream has the numbers 0 and 1
        for other in self.streams:
            if (other or 1) != same:
                return None
        return stream

    def whole_key(self, verb, function, context):
        """The key with what is said of the addresses."""
        addresses = self.addresses
        aligned = bits_of(addresses) % ALIGNED == 0 or tuple([a % ALIGNED for a in addresses])
        apart = len(set(addresses)) == len(addresses) or tuple(map(addresses.index, addresses))
        return (verb, function, context, aligned, apart, *self.key)


def bits_of(addresses):
    """A number with every bit that one of them has."""
    bits = 0
    for address in addresses:
        bits |= address
    return bits


def context_of_thread():
    """The address of the present context; 0 where there is none yet, or CUDA does not work."""
    code, context = cuCtxGetCurrent()
    return int(context) if code is CUresult.CUDA_SUCCESS else 0
