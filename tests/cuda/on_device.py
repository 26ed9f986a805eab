"""NumPy arrays to a GPU and back, so that the tests of NumPy arrays can be those of CUDA arrays."""

import functools

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
cuda = pytest.importorskip("numba.cuda")

# How many ulp the GPU may be off beyond the bound of the CPU.
MORE = 2


class Foreign:
    """A CUDA array of a library that Numba does not know: an interface, and the memory behind it.

    It lies as the NumPy array does that it is made of, with strides of any sign.
    """

    def __init__(self, array, **interface):
        self.shape, self.strides, self.dtype = array.shape, array.strides, array.dtype
        reaches = [s * (k - 1) for s, k in zip(self.strides, self.shape)]
        self._before = -sum(r for r in reaches if r < 0)
        size = self._before + sum(r for r in reaches if r > 0) + self.dtype.itemsize
        memory = np.zeros(size if array.size else 1, np.uint8)
        self._placed(memory)[...] = array
        self._memory = cuda.to_device(memory)
        self._interface = interface

    def _placed(self, memory):
        return np.ndarray(self.shape, self.dtype, memory, self._before, self.strides)

    @property
    def __cuda_array_interface__(self):
        address = self._memory.device_ctypes_pointer.value + self._before
        return {
            "shape": self.shape,
            "strides": self.strides,
            "typestr": self.dtype.str,
            "data": (address, False),
            "version": 3,
        } | self._interface

    def copy_to_host(self):
        """The NumPy array of its entries."""
        return self._placed(self._memory.copy_to_host())


def upload(array):
    """An array on the GPU: Numba's where it is contiguous."""
    return cuda.to_device(array) if array.flags.c_contiguous and array.size else Foreign(array)


def download(result):
    """The NumPy array, or the NumPy arrays, of a result."""
    if isinstance(result, tuple):
        return tuple(map(download, result))
    return result.copy_to_host()


def on_cuda(function):
    """The function as one of NumPy arrays that is computed on the GPU."""

    @functools.wraps(function)
    def call(*args, workers=None, **options):
        device = {}

        def sent(value):
            if isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value):
                return tuple(map(sent, value))
            if not isinstance(value, np.ndarray):
                return value
            if id(value) not in device:
                device[id(value)] = upload(value)
            return device[id(value)]

        args = [sent(a) for a in args]
        return download(function(*args, **{name: sent(v) for name, v in options.items()}))

    return call
