"""Elementwise functions of arrays inside jitted code: by the vectors of the processor, as outside.

Numba's own loop over the entries of ufuncs may become vector code or not; where it does not, an
entry takes ten times as long, and where arrays may overlap LLVM takes up to a minute to find out.
"""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.entrywise import entrywise
from .._cpu.together import copy_rows, put_rows
from .calls import made
from .memory import flat, flat_turned, overlap, quiet

_FLOATS = (types.float32, types.float64)


class _Call:
    """A call by its types: the inputs, the number they are computed in, and the result."""

    def __init__(self, inputs, computed, result, has_out):
        self.inputs, self.result, self.has_out = inputs, result, has_out
        self.computed, self.dtype = computed, np.dtype(computed.name).type
        self.turned = result.layout == "F" and result.ndim > 1
        self.turn = flat_turned if self.turned else flat

    def lies(self, u):
        """Whether an array is read or written where it lies, if its shape is the result's."""
        order = "F" if self.turned else "C"
        return u.dtype == self.computed and u.ndim == self.result.ndim and u.layout == order

    def taker(self, u):
        """A function of an input, the shape and `out`: what the kernel takes."""
        dtype, turn = self.dtype, self.turn
        if not isinstance(u, types.Array):
            return inlined(lambda u, shape, out: dtype(u))
        lie = inlined((lambda u: u.T) if self.turned else (lambda u: u))

        @inlined
        def copied(u, shape, out):
            whole = lie(np.broadcast_to(u, shape))
            entries = np.empty(whole.size, dtype)
            copy_rows(whole, None, 0.0, entries)
            return entries

        @inlined
        def as_it_lies(u, shape, out):
            return turn(u) if u.shape == shape else copied(u, shape, out)

        @inlined
        def beside_out(u, shape, out):
            apart = not overlap(u, out) or u.ctypes.data == out.ctypes.data
            return turn(u) if apart and u.shape == shape else copied(u, shape, out)

        if not self.lies(u):
            return copied
        return beside_out if self.has_out else as_it_lies

    def shape(self):
        """A function of the inputs, a tuple, and `out`: the shape of the result."""
        if self.has_out:
            return inlined(lambda args, out: out.shape)
        arrays = [i for i, u in enumerate(self.inputs) if isinstance(u, types.Array)]
        if len(arrays) == 1:
            return inlined(made(f"lambda args, out: args[{arrays[0]}].shape"))
        shapes = ", ".join(f"args[{i}].shape" for i in arrays)
        broadcast = {"broadcast": np.broadcast_shapes}
        return inlined(made(f"lambda args, out: broadcast({shapes})", **broadcast))

    def placer(self):
        """A function of the shape and `out`: (where the results go, flat, and their array)."""
        dtype, turn, turned = self.dtype, self.turn, self.turned
        lengths = ", ".join(f"s[{i}]" for i in reversed(range(self.result.ndim)))
        backwards = inlined(made(f"lambda s: ({lengths},)"))

        @inlined
        def new(shape, out):
            result = np.empty(shape, dtype)
            return flat(result), result

        @inlined
        def new_turned(shape, out):
            result = np.empty(backwards(shape), dtype)
            return flat(result), result.T

        @inlined
        def given(shape, out):
            return turn(out), out

        @inlined
        def beside(shape, out):
            return np.empty(out.size, dtype), out

        if not self.has_out:
            return new_turned if turned else new
        return given if self.lies(self.result) else beside

    def finisher(self):
        """A function of the results, flat, and their array, which puts them there."""
        if self.lies(self.result):
            return inlined(lambda entries, result: None)
        turned = self.turned

        @inlined
        def put(entries, result):
            put_rows(entries, result.T if turned else result)

        return put


def array_call(of, inputs, computed, result, has_out):
    """A function of the inputs and, where it is given, of `out`, by the types; None for numbers."""
    if computed not in _FLOATS or not isinstance(result, types.Array) or result.ndim == 0:
        return None
    call = _Call(inputs, computed, result, has_out)
    if not has_out and not call.lies(result):
        return None
    count = len(inputs)
    takers = {f"take{i}": call.taker(u) for i, u in enumerate(inputs)}
    taken = ", ".join(f"take{i}(args[{i}], shape, out)" for i in range(count))
    take = inlined(made(f"lambda args, shape, out: ({taken},)", **takers))
    shape_of, place, finish = call.shape(), call.placer(), call.finisher()
    run = quiet(entrywise(of, count))

    @inlined
    def compute(args, out):
        check_sources()
        shape = shape_of(args, out)
        target, result = place(shape, out)
        run(*(take(args, shape, out) + (target,)))
        finish(target, result)
        return result

    names = "".join(f"u{i}, " for i in range(count))
    if has_out:
        return made(f"lambda {names}out: compute(({names}), out)", compute=compute)
    return made(f"lambda {names}: compute(({names}), None)", compute=compute)
