"""PyTorch: tensors in and out, on their device, with gradients."""

import numpy as np
import torch

from .._family import WEIGHTED_LOGSUMEXP
from .calls import is_foreign, name_of, run, with_gradient
from .likes import as_returned
from .spread import product, spread
from .torch_arguments import all_tensors, beside, checked, device_of
from .torch_autograd import elementwise, is_recorded, is_transformed, record
from .torch_calls import PLAIN, Made, as_tensor, compute, is_traced

# Arguments that may stand beside tensors as they are.
_OPTIONS = {bool, int, float, str, tuple, type(None)}
# With these there is more to be looked at.
_OPTIONS_OF_LOSSES = {"where", "class_weights", "label_smoothing"}
# Kinds with one result, of which the first argument has all the derivatives there mostly are.
_SOON = {"map", "scan", "reduction", "loss"}


def take_soon(call):
    """The result of a call that is not yet described, or None where there is more to be looked at.

    That is anything but options and whole tensors of the CPU, of real dtypes of NumPy, of which
    only the first may ask for derivatives; or whole tensors of CUDA, of which none does.
    """
    if torch.compiler.is_dynamo_compiling() or is_transformed() or is_traced():
        return None
    if _is_on_cuda(call.arguments):
        return call.here()
    tensors, others = {}, {}
    for name, u in call.arguments.items():
        kind = type(u)
        if kind in PLAIN and name != "out":
            if not u.is_cpu or u.layout is not torch.strided or u.dtype is torch.bfloat16:
                return None
            if u.dtype.is_complex:
                return None
            tensors[name] = u
        elif u is None and name != "axis":
            continue
        elif kind not in _OPTIONS or name == "out":
            return None
        else:
            others[name] = u
    recorded = torch.is_grad_enabled() and any([u.requires_grad for u in tensors.values()])
    if recorded and not _OPTIONS_OF_LOSSES.isdisjoint(call.arguments) and "targets" in tensors:
        return None
    return _recorded_soon(call, tensors, others) if recorded else _plain_soon(call, tensors, others)


def _is_on_cuda(arguments):
    # Whether all tensors are, and are to be taken as they are.
    found = False
    for u in arguments.values():
        if type(u) in PLAIN:
            if not u.is_cuda or u.layout is not torch.strided or u.dtype.is_complex:
                return False
            if u.requires_grad and torch.is_grad_enabled():
                return False
            found = True
        elif type(u) not in _OPTIONS:
            return False
    return found


def _plain_soon(call, tensors, others):
    for name, u in tensors.items():
        others[name] = (u.detach() if u.requires_grad else u).numpy()
    return _tensors(run(name_of(call.function), others))


def _tensors(results):
    if type(results) is tuple:
        return tuple(map(_tensors, results))
    return torch.from_numpy(np.asarray(results))


def _recorded_soon(call, tensors, others):
    # Beside the first, a mask and labels need not be broadcast.
    function = call.function
    x, *more = tensors.values()
    if function.kind not in _SOON or function is WEIGHTED_LOGSUMEXP or "g" in others:
        return None
    for u in more:
        if u.dtype.is_floating_point or ("targets" in tensors and u.ndim != x.ndim - 1):
            return None
    return record(
        Made(with_gradient(function.name), tuple(tensors), others, x.ndim), tuple(tensors.values())
    )[0]


def take(call):
    """The result of a call as a tensor, or a tuple of them."""
    if torch.compiler.is_dynamo_compiling():
        return _in_graph(call)
    tensors, others = {}, dict(call.options)
    for name, u in call.arrays.items():
        if isinstance(u, torch.Tensor):
            tensors[name] = checked(u, name)
        elif is_foreign(u):
            raise TypeError(f"{name} is a {type(u).__name__}: pass a tensor")
        elif u is not True or name != "where":
            others[name] = u
    device = device_of(tensors)
    recorded = is_recorded(tensors.values())
    if recorded and "out" in others:
        raise TypeError("out must be None where the result has a gradient")
    if device == "cuda" and not (recorded and others.keys() <= call.options.keys()):
        return call.here()  # which refuses arrays of the CPU among those of CUDA
    call.refuse(*() if device == "cuda" else ("stream",))
    if "out" in others:
        return _into(call, tensors, others)
    if call.first in others:
        tensors = {call.first: as_tensor(others.pop(call.first))} | tensors
    return _recorded(call, tensors, others) if recorded else _plain(call, tensors, others)


def _in_graph(call):
    # Known to the compiler by now, which puts it into the graph as it is.
    from . import torch_compile

    return torch_compile.call(call.name, call.arrays | call.options)


def _made(function, call, tensors, others):
    others = _counted(call, tensors, others)
    ndims = [u.ndim for name, u in tensors.items() if name in (call.first, "a", "b")]
    return Made(function, tuple(tensors), others, max(ndims), function != call.name)


def _counted(call, tensors, others):
    # The number of segments, as far as the numbers of ids are there.
    ids = tensors.get("segment_ids")
    if ids is None or call.kind != "segment reduction" or "num_segments" in others:
        return others
    if is_traced() or is_transformed() or not ids.is_cpu:
        return others
    return others | {"num_segments": int(ids.max()) + 1 if ids.numel() else 0}


def _plain(call, tensors, others):
    made = _made(call.name, call, tensors, others)
    return as_returned(call.name, compute(made, tuple(tensors.values())))


def _into(call, tensors, others):
    out = others.pop("out")
    several = isinstance(out, tuple)
    for u in out if several else (out,):
        if type(u) is not torch.Tensor or u.device.type != "cpu" or u.requires_grad:
            of = f" on {u.device.type}" if isinstance(u, torch.Tensor) else ""
            raise TypeError(
                f"out must be a tensor without a gradient on the CPU where {next(iter(tensors))} "
                f"is a tensor, got a {type(u).__name__}{of}"
            )
        if u.dtype is torch.bfloat16:
            raise TypeError("out must have a dtype of NumPy, got torch.bfloat16")
    arrays = {name: u.detach().numpy() for name, u in tensors.items()}
    places = tuple(u.numpy() for u in out) if several else out.numpy()
    results = call.call(**arrays, out=places)
    if isinstance(results, tuple) and not several:  # a loss, and its gradient
        return torch.from_numpy(np.asarray(results[0])), out
    return out


# --- with derivatives: all arguments are tensors, and broadcast by PyTorch -----------------------


def _recorded(call, tensors, others):
    x = tensors[call.first]
    for name in [name for name in call.arrays if name in others]:
        tensors[name] = beside(others.pop(name), x)
    if call.kind == "product":
        made = Made(call.name, ("a", "b"), others, 2)
        return product(tensors["a"], tensors["b"], lambda *pair: record(made, pair)[0])
    given = tensors
    if len(tensors) > 1:
        integers = {name for name, u in tensors.items() if not u.dtype.is_floating_point}
        tensors = {name: spread(call, tensors, name, integers, _expanded) for name in tensors}
    function = with_gradient(call.name)
    results = record(_made(function, call, tensors, others), tuple(tensors.values()))
    if function != call.name:
        return results[0]
    if call.kind == "gated vjp":
        return results[0].sum_to_size(given["gate"].shape), *results[1:]
    return as_returned(call.name, results)


def _expanded(u, shape):
    try:
        return u.expand(shape)
    except RuntimeError:
        return u


# --- elementwise ---------------------------------------------------------------------------------


def on_elements(name, arguments):
    """An elementwise function of tensors."""
    if torch.compiler.is_dynamo_compiling():
        from . import torch_compile

        return torch_compile.call_elementwise(name, arguments)
    return elementwise(name, all_tensors(arguments))
