"""Kernels of rows of one entry each: nothing is summed up, a vector holds as many rows as lanes."""

import math

from .._compile.jit import kernel
from .._compile.trace import formula
from .._formulas.simd import const
from .entries import entry, numbers_of_rows
from .memory import lanes, load, store


def weigh_entries(formulas):
    """The kernel (x, g, t, c, values, out, start, stop); the unit of work is a vector of rows."""
    settle, element, result = formulas.settle, formulas.element, formulas.result

    @formula
    def vector(x, base, width, g, t, c, values, out):
        v = load(x, base, width, -math.inf)
        mine = entry(g, x, base, base, width), entry(t, x, base, base, width)
        zero, one = const(v, 0.0), const(v, 1.0)
        _, row = formulas.prepare((v, zero, zero, zero), None, 1)
        sums, own = formulas.weigh(v, None, *mine, v, row, one)
        # A sum of one term lacks nothing.
        pairs = tuple(number for term in sums for number in (term, zero))
        row = settle(pairs, own, row, numbers_of_rows(c, base, width, x), one)
        if element is not None:
            store(out, base, width, element(v, None, *mine, v, row)[0])
        store(values, base, width, result(row))

    def entries(x, g, t, c, values, out, start, stop):
        w = lanes(x)
        full = min(stop, x.size // w)
        for unit in range(start, full):
            vector(x, unit * w, None, g, t, c, values, out)
        for unit in range(max(start, full), stop):
            vector(x, unit * w, x.size - unit * w, g, t, c, values, out)

    return kernel(entries)
