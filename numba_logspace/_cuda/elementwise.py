"""Elementwise functions of CUDA arrays: the arguments of a ufunc, and a thread for each entry."""

import functools
from typing import Any

import numpy as np
from numba import cuda, types
from numba.extending import overload

from .._arguments import layout
from .arrays import flat, merged, span
from .call import Call
from .copy import THREADS, blocks, launch, pack, place, taken, unpack

_INLINED: Any = {"error_model": "numpy", "forceinline": True}
_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
# The dtype of results: that in which they are computed.
_COMPUTED = {np.dtype(np.float16): _SINGLE, _SINGLE: _SINGLE, _DOUBLE: _DOUBLE}
_NUMBERS = int, float, np.generic


# --- the kernel ----------------------------------------------------------------------------------
# An operand is a number, a flat array, or (memory, start, strides) of an array that lies anyhow.


def _entry(operand, i, shape):
    raise NotImplementedError("only inside compiled code")


@overload(_entry, jit_options=_INLINED)
def _overload_entry(operand, i, shape):
    if isinstance(operand, types.Number):
        return lambda operand, i, shape: operand
    if isinstance(operand, types.Array):
        return lambda operand, i, shape: operand[i]
    return lambda operand, i, shape: operand[0][place(i, shape, operand[1], operand[2])]


def _put(operand, i, shape, value):
    raise NotImplementedError("only inside compiled code")


@overload(_put, jit_options=_INLINED)
def _overload_put(operand, i, shape, value):
    def flat_put(operand, i, shape, value):
        operand[i] = value

    def placed_put(operand, i, shape, value):
        operand[0][place(i, shape, operand[1], operand[2])] = value

    return flat_put if isinstance(operand, types.Array) else placed_put


def _entries_as(kind):
    # The function that gives entry i of all operands as numbers of one type.
    def entries(operands, i, shape):
        raise NotImplementedError("only inside compiled code")

    @overload(entries, jit_options=_INLINED)
    def _overload_entries(operands, i, shape):
        if operands.count == 0:
            return lambda operands, i, shape: ()
        return lambda operands, i, shape: (
            (kind(_entry(operands[0], i, shape)),) + entries(operands[1:], i, shape)
        )

    return entries


@functools.cache
def kernel_of(formula, dtype):
    """The kernel of a formula that computes in float32 or float64."""
    entries = _entries_as(getattr(types, dtype.name))

    def elementwise(operands, mask, out, shape, size):
        i = cuda.grid(1)
        if i < size and taken(mask[0], i, shape, mask[1], mask[2]):
            _put(out, i, shape, formula(*entries(operands, i, shape)))

    return cuda.jit(elementwise)


# --- arguments -----------------------------------------------------------------------------------


def _options_of(ufunc, args, options):
    # (inputs, out, where, stream) of a call.
    name, count = ufunc.__name__, ufunc.nin
    if not count <= len(args) <= count + 1:
        raise TypeError(f"{name} takes {count} inputs and out, got {len(args)} arguments")
    unknown = options.keys() - {"out", "where", "stream"}
    if unknown:
        raise TypeError(
            f"{name} takes no {', '.join(sorted(unknown))} for CUDA arrays: only out, where and "
            "stream"
        )
    out = options.get("out")
    if len(args) > count:
        if out is not None:
            raise TypeError(f"{name} got out twice, by its place and by its name")
        out = args[count]
    if isinstance(out, tuple):
        if len(out) != 1:
            raise ValueError(f"out must be one array or a tuple of one, got {len(out)} of them")
        (out,) = out
    return args[:count], out, options.get("where", True), options.get("stream")


class _Arguments:
    """The arguments of a call, checked: numbers, and headers of one shape."""

    def __init__(self, ufunc, names, inputs, out, where, stream):
        given = [*zip(names, inputs), ("out", out), ("where", where)]
        first = next((k, u) for k, u in given if layout.is_on_cuda(u))
        self.call = Call(first[1], first[0], stream)
        self.inputs = [self._input(name, u) for name, u in zip(names, inputs)]
        self.mask = None if where is True else self.call.header(where, "where")
        if self.mask is not None and self.mask.dtype != np.bool_:
            raise TypeError(f"where must be boolean, got dtype {self.mask.dtype}")
        self.out = self.call.header(out, "out")
        kinds = [_kind_of(u) for u in self.inputs]
        *self._taken_as, self.result = ufunc.resolve_dtypes((*kinds, None))
        if self.result not in _COMPUTED:
            raise TypeError(
                f"{ufunc.__name__} of CUDA arrays gives float16, float32 or float64, not "
                f"{self.result}: convert the inputs first"
            )
        self.computed = _COMPUTED[self.result]
        self._broadcast()

    def _input(self, name, u):
        if isinstance(u, _NUMBERS):
            return u
        return self.call.header(u, name)

    def _broadcast(self):
        shapes = [np.shape(u) for u in (*self.inputs, self.mask) if u is not None]
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError:
            raise ValueError(
                f"inputs must broadcast together, got shapes {', '.join(map(str, shapes))}"
            ) from None
        if self.out is None:
            self.out = self.call.new(shape, self.result)
        else:
            self._check_out(shape)
        shape = self.out.shape
        self.inputs = [
            np.broadcast_to(u, shape)
            if isinstance(u, np.ndarray)
            else self.computed.type(dtype.type(u))
            for u, dtype in zip(self.inputs, self._taken_as)
        ]
        self.mask = None if self.mask is None else np.broadcast_to(self.mask, shape)

    def _check_out(self, shape):
        out = self.out
        fits = len(shape) <= out.ndim and all(
            k in (1, m) for k, m in zip(shape[::-1], out.shape[::-1])
        )
        if not fits:
            raise ValueError(
                f"out must have a shape that the inputs broadcast to, from {shape}, got {out.shape}"
            )
        if out.dtype not in _COMPUTED or not np.can_cast(self.result, out.dtype, "same_kind"):
            raise TypeError(
                f"out must have a dtype for results of {self.result}: float16, float32 or "
                f"float64, got {out.dtype}"
            )
        if not out.flags.writeable:
            raise ValueError("out is read-only; it must be writeable")
        if layout.has_internal_overlap(out):
            raise ValueError("out must not have several elements in one place of memory")

    def arrays(self):
        """The headers that are read."""
        return [u for u in (*self.inputs, self.mask) if isinstance(u, np.ndarray)]


def _kind_of(u):
    # What NumPy finds the dtype of results by; numbers of Python adapt to arrays.
    if isinstance(u, np.ndarray):
        return u.dtype.newbyteorder("=")
    return np.dtype(type(u)) if isinstance(u, (bool, np.generic)) else type(u)


def call(ufunc, formula, names, args, options):
    """The result of a ufunc of which an argument is a CUDA array."""
    inputs, out, where, stream = _options_of(ufunc, args, options)
    arguments = _Arguments(ufunc, names, inputs, out, where, stream)
    result, on = arguments.out, arguments.call.stream
    if not result.size:
        return arguments.call.handed_out(result)
    # As of NumPy's ufuncs the results do not depend on what lies where.
    apart = all(
        layout.same_memory(result, u) or not layout.shares_memory(result, u)
        for u in arguments.arrays()
    )
    target = result if apart else arguments.call.new(result.shape, result.dtype)
    if not apart:
        pack(result, target.reshape(-1), on)
    _run(formula, arguments, target)
    if not apart:
        unpack(target.reshape(-1), result, on)
    return arguments.call.handed_out(result)


def _run(formula, arguments, out):
    kernel = kernel_of(formula, arguments.computed)
    operands = _as_they_lie(arguments, out) or _placed(arguments, out)
    launch(kernel, blocks(out.size), THREADS, arguments.call.stream, *operands, out.size)


def _as_they_lie(arguments, out):
    # Where all arrays have their entries in one order without gaps; None otherwise.
    order = layout.memory_order(out)
    arrays = [u.transpose(order) for u in (*arguments.arrays(), out)]
    if arguments.mask is not None or not all(
        u.flags.c_contiguous and u.dtype == arguments.computed for u in arrays
    ):
        return None
    operands = tuple(
        flat(u.transpose(order).reshape(-1)) if isinstance(u, np.ndarray) else u
        for u in arguments.inputs
    )
    return operands, ((), 0, ()), flat(arrays[-1].reshape(-1)), ()


def _placed(arguments, out):
    shape, placed = merged([*arguments.arrays(), out])
    placed = [span(u) for u in placed]
    found = iter(placed)
    operands = tuple(next(found) if isinstance(u, np.ndarray) else u for u in arguments.inputs)
    mask = ((), 0, (0,)) if arguments.mask is None else next(found)
    return operands, mask, placed[-1], shape
