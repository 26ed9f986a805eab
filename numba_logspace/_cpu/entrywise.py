"""Elementwise formulas over flat arrays, with a number or an array for each input."""

import functools

from numba import types

from .._compile.jit import kernel
from .._compile.trace import formula, loop
from .._formulas.vectormath import lesser
from .memory import full, lanes, load, store


def _vectors_of(of):
    @formula
    def vectors(inputs, out, n):
        w = lanes(out)

        def one_more(i, _):
            # Always with a mask: so the formula is compiled once.
            width = lesser(w, n - i)
            numbers = [
                load(u, i, width, 0.0) if isinstance(u.kind, types.Array) else full(out, u)
                for u in inputs
            ]
            store(out, i, width, of(*numbers))

        loop(n, one_more, None, 0, w)

    return vectors


@functools.cache
def entrywise(of, inputs):
    """The kernel (*inputs, out) of a formula; arrays flat and of the length and dtype of `out`."""
    vectors = _vectors_of(of)

    def one(x, out):
        vectors((x,), out, out.size)

    def two(x, y, out):
        vectors((x, y), out, out.size)

    def three(t, x, y, out):
        vectors((t, x, y), out, out.size)

    return kernel({1: one, 2: two, 3: three}[inputs])
