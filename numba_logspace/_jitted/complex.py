"""Rows of complex numbers inside jitted code: copied together for the kernels they have."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.complex import logmeanexp
from .memory import quiet
from .rows import lengths_of, placer, shaper, turn_of
from .typing import Rows, check_numbers_of, is_none, literal

_COMPLEX = types.complex64, types.complex128


@inlined
def _gathered(x, outer, n, inner):
    # The rows of a flat array, one after the other.
    rows = np.empty(outer * n * inner, np.complex128)
    for r in range(outer * inner):
        base = (r // inner) * n * inner + r % inner
        for i in range(n):
            rows[r * n + i] = x[base + i * inner]
    return rows


@inlined
def _scattered(rows, out, outer, n, inner):
    for r in range(outer * inner):
        base = (r // inner) * n * inner + r % inner
        for i in range(n):
            out[base + i * inner] = rows[r * n + i]


def complex_map(entry, x, axis):
    """What a map of complex rows does."""
    rows = Rows(entry.name, x, axis, kinds=_COMPLEX)
    place, turn, lengths = placer(rows, None), turn_of(rows), lengths_of(rows)
    kernel = quiet(entry.of_complex)

    def whole(x, axis=-1, where=None, out=None, workers=None, stream=None):
        check_sources()
        source, result = place(x, None)
        outer, n, inner = lengths(x)
        gathered = _gathered(source, outer, n, inner)
        results = np.empty_like(gathered)
        kernel(gathered, results, n, 0, outer * inner)
        _scattered(results, turn(result), outer, n, inner)
        return result

    return whole


def complex_reduction(entry, x, axis, keepdims):
    """A function of x: what a reduction makes of its rows."""
    name, keepdims = entry.name, literal(keepdims, bool, "keepdims", entry.name)
    kernel, is_mean = quiet(entry.of_complex), entry.of_complex is logmeanexp
    beside = inlined((lambda n: np.zeros(n, np.int64)) if is_mean else (lambda n: None))

    @inlined
    def of_rows(flat, outer, n, inner):
        check_sources()
        part = np.empty(outer * inner, np.complex128)
        kernel(_gathered(flat, outer, n, inner), beside(outer * inner), part, n, 0, outer * inner)
        return part

    if is_none(axis):
        check_numbers_of(name, x, "x", _COMPLEX)
        if keepdims:
            raise TypeError(f"{name}: keepdims must be False where axis is None in jitted code")
        return inlined(lambda x: x.dtype.type(of_rows(x.copy().reshape(-1), 1, x.size, 1)[0]))
    rows = Rows(name, x, axis, kinds=_COMPLEX)
    turn, lengths = turn_of(rows), lengths_of(rows)
    if rows.ndim == 1 and not keepdims:
        return inlined(lambda x: x.dtype.type(of_rows(turn(x), 1, x.size, 1)[0]))
    shaped = shaper(rows, keepdims)

    @inlined
    def reduce(x):
        outer, n, inner = lengths(x)
        values = of_rows(turn(x), outer, n, inner).astype(x.dtype)
        return shaped(x, values)

    @inlined
    def reduce_kept_row(x):
        return of_rows(turn(x), 1, x.size, 1).astype(x.dtype)

    return reduce_kept_row if rows.ndim == 1 else reduce
