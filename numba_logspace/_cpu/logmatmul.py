"""The product of matrices of logarithms, lanes being columns of the result."""

import functools
import math

import numpy as np

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._formulas.simd import VECTOR_BYTES, largest_lane
from .._formulas.softsum import add_sum, reduce_logsumexp
from .._formulas.vectormath import larger
from .flat import flat
from .memory import full, lanes, load, prefetch, store
from .passes import BLOCK, merged, no_sums, one_less
from .row import across_lanes
from .workers import share

_FIRST = np.zeros(1, np.intp)

# How many rows of b ahead to fetch.
_AHEAD = 16


# --- kernels -----------------------------------------------------------------------------------


@inlined
def largest_of(a, a_at, b, b_at, step, k, width):
    m = full(b, -math.inf)
    for i in range(k):
        m = larger(full(b, a[a_at + i]) + load(b, b_at + i * step, width, -math.inf), m)
    return m


@inlined
def _sums(a, a_at, b, b_at, step, k, width, m):
    before = sums = no_sums(m)
    for first in range(0, k, BLOCK):
        if first > 0:
            before, sums = merged(before, sums), no_sums(m)
        for i in range(first, min(first + BLOCK, k)):
            v = load(b, b_at + i * step, width, -math.inf)
            sums = add_sum(sums, full(b, a[a_at + i]), v, m)
    return merged(before, sums) if k > BLOCK else sums


@inlined
def vector_of(a, a_at, b, b_at, step, k, width):
    m = largest_of(a, a_at, b, b_at, step, k, width)
    ties, rest, error = one_less(_sums(a, a_at, b, b_at, step, k, width, m))
    return reduce_logsumexp((m, ties, rest, error), m, m)


@inlined
def _panel(a, a_at, b, b_at, step, out, o_at, rows, k, n, width, o_width):
    for i in range(rows):
        y = vector_of(a, a_at + i * k, b, b_at, step, k, width)
        store(out, o_at + i * n, o_width, y)


@inlined
def pack(b, b_at, down, across, k, width, packed):
    w = lanes(b)
    if across == 1:
        for i in range(k):
            store(packed, i * w, None, load(b, b_at + i * down, width, -math.inf))
            prefetch(b, b_at + i * down, _AHEAD * down)
        return
    # Lanes without a column repeat the last one.
    for lane in range(w):
        base = b_at + min(lane, width - 1) * across
        for i in range(k):
            packed[i * w + lane] = b[base + i * down]


@functools.cache
def _products():
    """The kernel of products of matrices (rows, k) and (k, n).

    The unit of work is a vector of columns by a block of rows. `a_at` and `b_at` say where the
    matrices of each product begin, `down` and `across` how far apart the entries of b are.
    """

    def products(a, b, out, a_at, b_at, down, across, blocks, rows, k, n, start, stop):
        w = lanes(b)
        panels = (n + w - 1) // w
        packed = np.empty(k * w, b.dtype)
        before = -1
        for unit in range(start, stop):
            # Blocks of rows come last: those of one panel follow each other.
            panel = unit // blocks
            block = unit - panel * blocks
            product = panel // panels
            column = (panel - product * panels) * w
            first, last = rows * block // blocks, rows * (block + 1) // blocks
            width = min(w, n - column)
            if panel != before:
                pack(b, b_at[product] + column * across, down, across, k, width, packed)
                before = panel
            a_from = a_at[product] + first * k
            o_from = (product * rows + first) * n + column
            _panel(a, a_from, packed, 0, w, out, o_from, last - first, k, n, None, width)

    return kernel(products)


@functools.cache
def one_product():
    """The kernel of one product for which b is read where it lies."""

    def one_product(a, b, out):
        rows, k = a.shape
        n = b.shape[1]
        a, b, out = a.ravel(), b.ravel(), out.ravel()
        w = lanes(b)
        end = n // w * w
        for column in range(0, end, w):
            _panel(a, 0, b, column, n, out, column, rows, k, n, None, None)
        if end < n:
            _panel(a, 0, b, end, n, out, end, rows, k, n, n - end, n - end)

    return kernel(one_product)


# --- lanes along k, where the result is too small for others -------------------------------------


@inlined
def _largest_along(a, a_at, b, b_at, count, width, m):
    w = lanes(a)
    for i in range(count):
        v = load(a, a_at + i * w, width, -math.inf) + load(b, b_at + i * w, width, -math.inf)
        m = larger(v, m)
    return m


@inlined
def _sums_along(a, a_at, b, b_at, count, width, m, sums):
    w, before = lanes(a), no_sums(m)
    for first in range(0, count, BLOCK):
        if first > 0:
            before, sums = merged(before, sums), no_sums(m)
        for i in range(first, min(first + BLOCK, count)):
            x, y = load(a, a_at + i * w, width, -math.inf), load(b, b_at + i * w, width, -math.inf)
            sums = add_sum(sums, x, y, m)
    return merged(before, sums) if count > BLOCK else sums


@inlined
def entry_of(a, a_at, b, b_at, k):
    w = lanes(a)
    body = k // w
    end = body * w
    a_end, b_end = a_at + end, b_at + end
    m = _largest_along(a, a_at, b, b_at, body, None, full(a, -math.inf))
    if end < k:
        m = _largest_along(a, a_end, b, b_end, 1, k - end, m)
    largest = largest_lane(m)
    m = full(a, largest)
    sums = no_sums(m)
    if end < k:
        sums = _sums_along(a, a_end, b, b_end, 1, k - end, m, sums)
    sums = _sums_along(a, a_at, b, b_at, body, None, m, sums)
    ties, rest, error = across_lanes(sums)
    return reduce_logsumexp((largest, ties, rest, error), largest, largest)


@functools.cache
def _entries():
    """The kernel of products of (rows, k) and the turned (n, k); the unit of work is an entry."""

    def entries(a, b, out, a_at, b_at, rows, k, n, start, stop):
        for unit in range(start, stop):
            row = unit // n
            product = row // rows
            a_from = a_at[product] + (row - product * rows) * k
            out[unit] = entry_of(a, a_from, b, b_at[product] + (unit - row * n) * k, k)

    return kernel(entries)


# --- which kernel, and its calls -----------------------------------------------------------------


def way(rows, k, n, dtype):
    """What lanes are: columns of the result, its rows (turned), or the terms of a sum."""
    width = VECTOR_BYTES // dtype.itemsize
    if n >= width and n >= rows:
        return "columns"
    vectors, turned = rows * -(-n // width) * k, n * -(-rows // width) * k
    if rows * n * (k // width + 4) < min(vectors, turned):
        return "entries"
    return "turned" if turned < vectors else "columns"


def fill(a, b, out, chosen, workers):
    """The products of matrices of any layout, all terms one by one; `out` is contiguous."""
    (rows, k), n = a.shape[-2:], b.shape[-1]
    batch = out.shape[:-2]
    at = starts(a, batch), starts(b, batch)
    a = contiguous(a, out.dtype)
    if chosen == "entries":
        b = contiguous(b.swapaxes(-1, -2), out.dtype)
        share(_entries(), (a, b, out.reshape(-1), *at, rows, k, n), out.size, workers)
        return
    b, down, across = columns_of(b, out.dtype)
    panels = math.prod(batch) * -(-n * out.itemsize // VECTOR_BYTES)
    blocks = 1 if workers == 1 else min(rows, -(-4 * workers // panels))
    sizes = down, across, blocks, rows, k, n
    arguments = a, b, out.reshape(-1), *at, *sizes
    share(_products(), arguments, panels * blocks, workers)


def columns_of(b, dtype):
    """(a contiguous b, how far apart its entries are down a column, and across)."""
    k, n = b.shape[-2:]
    if not b.flags.c_contiguous and b.swapaxes(-1, -2).flags.c_contiguous:
        return contiguous(b.swapaxes(-1, -2), dtype), 1, k
    return contiguous(b, dtype), n, 1


def contiguous(x, dtype):
    if x.dtype is not dtype or not x.flags.carray:
        x = np.require(x, dtype, ["C", "A"])
    return flat(x)


def starts(x, batch):
    # Where the matrix of each product begins in a contiguous copy of x.
    if not batch:
        return _FIRST
    lead, size = x.shape[:-2], x.shape[-2] * x.shape[-1]
    numbers = np.arange(math.prod(lead)).reshape(lead) * size
    return np.ascontiguousarray(np.broadcast_to(numbers, batch)).reshape(-1)
