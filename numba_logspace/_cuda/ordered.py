"""CUDA kernels in which a thread takes the entries of a row one after the other."""

import functools

import numpy as np
from numba import cuda, types

from .._cpu.scan import STATE, advance, begin
from .._cpu.scan_derivatives import gradient_row, gradient_rows, tangent_row
from .._cpu.weighted_derivatives import fill_gradients_of_row, slope_of_row
from . import running, teams
from .arrays import flat
from .copy import launch
from .kernels import given

_THREADS = 128
_DOUBLE = np.dtype(np.float64)
# Rows up to so many entries are a thread's, up to so many a warp's, and others a block's.
_ALONE, _OF_WARP, _BLOCK = 64, 1024, 256


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
    args = flat(x), flat(out), n, inner, count
    if n <= _ALONE or (inner > 1 and count >= teams.MANY_COLUMNS):
        launch(_scan(), _blocks(count), _THREADS, stream, *args)
        return
    size = teams.WARP if n <= _OF_WARP else _BLOCK
    launch(running.kernel(size, getattr(types, x.dtype.name)), count, size, stream, *args)


@functools.cache
def _tangent():
    def tangent(x, t, out, n, inner, count):
        r = cuda.grid(1)
        if r < count:
            state = cuda.local.array((STATE, 1), types.float64)
            outer = r // inner
            tangent_row(state, x, t, out, outer * n * inner + (r - outer * inner), inner, n)

    return cuda.jit(tangent)


@functools.cache
def _gradient():
    def gradient(x, g, out, n, inner, count, pivots, totals):
        r = cuda.grid(1)
        if r < count:
            state = cuda.local.array((STATE, 1), types.float64)
            outer = r // inner
            base, own = outer * n * inner + (r - outer * inner), r * n
            room = pivots[own : own + n], totals[own : own + n]
            gradient_row(state, x, given(g), out, base, inner, n, room[0], room[1])

    return cuda.jit(gradient)


def scan_derivative(rows, x, u, out, form, call):
    """The derivative that the kernel factory `rows` of the CPU computes, of weights u."""
    outer, n, inner = form
    count = outer * inner
    arrays, lengths = map(flat, (x, u, out)), (n, inner, count)
    if rows is gradient_rows:
        room = (flat(call.new(count * n, _DOUBLE)) for _ in range(2))
        launch(_gradient(), _blocks(count), _THREADS, call.stream, *arrays, *lengths, *room)
    else:
        launch(_tangent(), _blocks(count), _THREADS, call.stream, *arrays, *lengths)


@functools.cache
def _weighted_gradients():
    def gradients(x, b, g, of_x, of_b, n):
        r = cuda.grid(1)
        if r * n < x.size:
            fill_gradients_of_row(x, b, g[r], of_x, of_b, r * n, n)

    return cuda.jit(gradients)


@functools.cache
def _weighted_slopes():
    def slopes(x, b, t, s, with_t, with_s, values, n):
        r = cuda.grid(1)
        if r < values.size:
            values[r] = slope_of_row(x, b, t, s, with_t, with_s, r * n, n)

    return cuda.jit(slopes)


def weighted_gradients(x, b, g, of_x, of_b, n, stream):
    """The gradients of contiguous rows of doubles in x and b, each times its number g."""
    arrays = map(flat, (x, b, g, of_x, of_b))
    launch(_weighted_gradients(), _blocks(g.size), _THREADS, stream, *arrays, n)


def weighted_slopes(x, b, t, s, flags, values, n, stream):
    """The derivatives along t and s; the flags say which of these count."""
    arrays = map(flat, (x, b, t, s))
    args = *arrays, *flags, flat(values), n
    launch(_weighted_slopes(), _blocks(values.size), _THREADS, stream, *args)
