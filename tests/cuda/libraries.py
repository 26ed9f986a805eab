"""Arrays of CuPy, PyTorch and others: real ones where there are any, and stand-ins for them."""

import copy
import ctypes
import sys
import types
import warnings

import numpy as np
import pytest
from on_device import Foreign, upload


class CupyArray(Foreign):
    """What CuPy shows of an array."""

    __module__ = "cupy"

    def __dlpack_device__(self):
        return 2, 0

    def reshape(self, shape):
        other = copy.copy(self)
        other.shape, other.strides = shape, np.empty(shape, self.dtype).strides
        return other


class Tensor:
    """What PyTorch shows of a tensor."""

    __module__ = "torch"
    device, is_cuda, requires_grad = "cuda:0", True, False

    def __init__(self, array):
        self._array = array if isinstance(array, CupyArray) else CupyArray(array)
        self.shape, self.dtype = self._array.shape, f"torch.{self._array.dtype}"
        self.copy_to_host = self._array.copy_to_host

    def __dlpack_device__(self):
        return 2, 0

    def stride(self):
        return tuple(s // self._array.dtype.itemsize for s in self._array.strides)

    def data_ptr(self):
        return self._array.__cuda_array_interface__["data"][0]

    def reshape(self, shape):
        return Tensor(self._array.reshape(shape))


class Capsuled:
    """An array that can be had by DLPack alone."""

    def __init__(self, array):
        self._array = upload(array)
        self._numbers = (ctypes.c_int64 * array.ndim)(*array.shape)
        self._tensor = _Managed(
            data=self._array.__cuda_array_interface__["data"][0],
            device=(2, 0),
            ndim=array.ndim,
            dtype=({"f": 2, "i": 0, "u": 1}[array.dtype.kind], 8 * array.itemsize, 1),
            shape=self._numbers,
        )
        self.copy_to_host = self._array.copy_to_host

    def __dlpack_device__(self):
        return 2, 0

    def __dlpack__(self, **_):
        make = ctypes.pythonapi.PyCapsule_New
        make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, _Free]
        return make(ctypes.addressof(self._tensor), b"dltensor", _Free())


_Free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Managed(ctypes.Structure):
    # DLManagedTensor with its DLTensor.
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("dtype", type("DLDataType", (ctypes.Structure,), {"_fields_": [
            ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)
        ]})),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
        ("manager", ctypes.c_void_p),
        ("deleter", _Free),
    ]  # fmt: skip


class Library:
    """How arrays are sent to the GPU and fetched from it, and of which class they are there."""

    def __init__(self, send, fetch=lambda array: array.copy_to_host()):
        self.send, self.fetch = send, fetch

    def fetched(self, result):
        """The NumPy arrays of a result."""
        if isinstance(result, tuple):
            return tuple(map(self.fetched, result))
        return self.fetch(result)


def _cupy_stand_in(monkeypatch):
    module = types.SimpleNamespace(empty=lambda shape, dtype: CupyArray(np.zeros(shape, dtype)))
    monkeypatch.setitem(sys.modules, "cupy", module)
    return Library(CupyArray)


def _torch_stand_in(monkeypatch):
    stream = types.SimpleNamespace(cuda_stream=0)
    module = types.SimpleNamespace(
        empty=lambda shape, dtype, device: Tensor(np.zeros(shape, dtype)),
        cuda=types.SimpleNamespace(current_stream=lambda device: stream),
        is_grad_enabled=lambda: True,
        **{k: k for k in ("uint8", "int32", "int64", "float16", "float32", "float64")},
    )
    monkeypatch.setitem(sys.modules, "torch", module)
    return Library(Tensor)


def _imported(name):
    # Neither is ours: what they warn of on import is not either.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name)


def _cupy(monkeypatch):
    cupy = _imported("cupy")
    return Library(cupy.asarray, cupy.asnumpy)


def _torch(monkeypatch):
    torch = _imported("torch")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch finds no GPU")
    return Library(lambda a: torch.from_numpy(a).cuda(), lambda tensor: tensor.cpu().numpy())


LIBRARIES = {
    "numba": lambda monkeypatch: Library(upload),
    "stand-in for cupy": _cupy_stand_in,
    "stand-in for torch": _torch_stand_in,
    "cupy": _cupy,
    "torch": _torch,
}
