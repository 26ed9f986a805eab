"""A call on tensors, computed: on their memory, or as one opaque operator of PyTorch."""

import itertools
import json

import numpy as np
import torch

from .calls import kind_of
from .likes import likes_of
from .made import Made as AnyMade
from .made import shapes_of

# What is a tensor and nothing else.
PLAIN = {torch.Tensor, torch.nn.Parameter}
# Of these kinds the dtype of all arrays counts, else that of the first.
_OF_ALL = ("elementwise", "product")
# What is said in words and numbers; all else of a call are arrays.
_SAID = (
    "axis",
    "keepdims",
    "return_sign",
    "reduction",
    "workers",
    "num_segments",
    "label_smoothing",
)


class Made(AnyMade):
    """A call without its tensors."""

    def on_memory(self, tensors):
        """The results on tensors of the CPU, without a copy of either."""
        results = self.results([_array(t) for t in tensors])
        found = [torch.from_numpy(np.asarray(y)) for y in results]
        if any(t.dtype is torch.bfloat16 for t in tensors):
            dtypes = result_dtypes(self.function, self.names, tensors)
            found = [y.to(dtype) for y, dtype in zip(found, dtypes)]
        return tuple(found)

    def on_cuda(self, tensors):
        """The results on CUDA tensors, which the public functions take as CUDA arrays."""
        return tuple(self.results([t.detach() for t in tensors]))


def _array(tensor):
    # Of bfloat16, which NumPy has not, in float32.
    if tensor.dtype is torch.bfloat16:
        tensor = tensor.float()
    return tensor.detach().numpy()


def as_tensor(u):
    """Another argument as a tensor; a copy only of memory that PyTorch does not take."""
    array = np.asarray(u)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if not array.flags.writeable or any(s < 0 for s in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


# --- what comes out ------------------------------------------------------------------------------


def result_dtypes(function, names, tensors):
    """The dtypes of the results, as the public functions choose them."""
    kind, likes = kind_of(function), likes_of(function)
    given = dict(zip(names, tensors))
    if kind == "weighted vjp":
        return [_result_of(given[like.name]) for like in likes]
    dtype = _result_dtype(kind, given, tensors)
    if likes:
        return [torch.int64 if like.is_integer else dtype for like in likes]
    return itertools.repeat(dtype)


def _result_dtype(kind, given, tensors):
    counted = tensors if kind in _OF_ALL else tensors[:1]
    if kind == "chain":
        counted = [t for name, t in given.items() if name != "lengths"]
    if kind.startswith("gated"):
        dtypes = {_result_of(given[name]) for name in ("a", "b")}
        return dtypes.pop() if len(dtypes) == 1 else torch.float64
    if "b" in given:
        counted = (given["a"] if "a" in given else given["x"]), given["b"]
    if kind == "elementwise":
        return _result_of_ufunc([t.dtype for t in tensors])
    dtype = _result_of(counted[0])
    for t in counted[1:]:
        dtype = torch.promote_types(dtype, _result_of(t))
    return dtype


def _result_of(tensor):
    return tensor.dtype if tensor.dtype.is_floating_point else torch.float64


def _result_of_ufunc(dtypes):
    dtype = dtypes[0]
    for other in dtypes[1:]:
        dtype = torch.promote_types(dtype, other)
    return dtype if dtype.is_floating_point else torch.float64


# --- one operator for all, which compilers do not look into --------------------------------------

_LIBRARY = torch.library.Library("numba_logspace", "DEF")
_LIBRARY.define(
    "call(str function, str names, Tensor[] arrays, str options) -> Tensor[]",
    tags=(torch.Tag.pt2_compliant_tag,),
)


def _opened(function, names, options):
    # As it came from `as_operator`.
    made = Made.__new__(Made)
    made.function, made.kind, made.names = function, kind_of(function), names.split()
    made.value_only = False
    made.others = {k: tuple(u) if type(u) is list else u for k, u in json.loads(options).items()}
    return made


def _on_cpu(function, names, arrays, options):
    # Contiguous and apart from the arguments, as PyTorch has been told.
    return [y.contiguous() for y in _opened(function, names, options).on_memory(arrays)]


def _on_cuda(function, names, arrays, options):
    return [y.contiguous() for y in _opened(function, names, options).on_cuda(arrays)]


def _shaped(function, names, arrays, options):
    names = names.split()
    dtypes = result_dtypes(function, names, arrays)
    shapes = {name: u.shape for name, u in zip(names, arrays)}
    shapes = shapes_of(function, shapes, json.loads(options), torch.broadcast_shapes)
    return [arrays[0].new_empty(shape, dtype=dtype) for shape, dtype in zip(shapes, dtypes)]


_LIBRARY.impl("call", _on_cpu, "CPU")
_LIBRARY.impl("call", _on_cuda, "CUDA")
torch.library.register_fake("numba_logspace::call", _shaped, lib=_LIBRARY)


def _as_operator(made, tensors):
    names, arrays, options = list(made.names), list(tensors), {}
    for name, u in made.others.items():
        if name in _SAID or (name == "b" and isinstance(u, (int, float))):
            options[name] = u
        else:
            names.append(name)
            arrays.append(as_tensor(u))
    call = torch.ops.numba_logspace.call.default
    return tuple(call(made.function, " ".join(names), arrays, json.dumps(options)))


def is_traced():
    """Whether operators go elsewhere than to memory."""
    return torch._C._len_torch_dispatch_stack() > 0


def compute(made, tensors):
    """The results of a call, a tuple of tensors without gradients."""
    if not is_traced() and all(type(t) in PLAIN for t in tensors):
        device = tensors[0].device.type
        if device == "cpu":
            return made.on_memory(tensors)
        if device == "cuda":
            return made.on_cuda(tensors)
    return _as_operator(made, tensors)
