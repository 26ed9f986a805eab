"""CUDA kernels in which a thread takes the entries of a row one after the other."""

import functools
import math

from numba import cuda, types

from .._cpu.scan import STATE, advance, begin
from .._cpu.weighted import weighted_row
from .arrays import flat
from .copy import launch

_THREADS = 128


def _blocks(rows):
    return -(-rows // _THREADS)


@functools.cache
def _scan():
    def scan(x, out, n, inner, count):
        r = cuda.grid(1)
        if r >= count:
            return
        state = cuda.local.array((STATE, 1), types.float64)
        begin(state, 0)
        outer = r // inner
        base = outer * n * inner + (r - outer * inner)
        for i in range(n):
            at = base + i * inner
            out[at] = advance(state, 0, x[at])

    return cuda.jit(scan)


def scan(x, out, outer, n, inner, stream):
    """The running logsumexp; `out` may be x."""
    count = outer * inner
    lengths = n, inner, count
    launch(_scan(), _blocks(count), _THREADS, stream, flat(x), flat(out), *lengths)


@functools.cache
def _weighted():
    def weighted(x, b, values, signs, n, signed):
        r = cuda.grid(1)
        if r >= values.size:
            return
        value, sign = weighted_row(x, b, r * n, n)
        signs[r] = sign
        values[r] = math.nan if sign < 0.0 and not signed else value

    return cuda.jit(weighted)


def weighted(x, b, values, signs, n, signed, stream):
    """Contiguous rows of doubles: log |sum b exp(x)| and the sign, or NaN for a negative sum."""
    arrays = [flat(a) for a in (x, b, values, signs)]
    launch(_weighted(), _blocks(values.size), _THREADS, stream, *arrays, n, signed)
