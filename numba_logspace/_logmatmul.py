"""The product of matrices of logarithms, lanes being columns of the result."""

import functools
import math

import numpy as np

from . import _layout
from ._jit import formula, kernel
from ._passes import no_sums
from ._simd import (
    VECTOR_BYTES,
    const,
    count_of_lanes,
    full,
    lanes,
    largest_lane,
    load,
    prefetch,
    select,
    store,
)
from ._slabs import flat
from ._softsum import reduce_logsumexp, scaled_parts_of_sum
from ._sums import sum_of_lanes
from ._vectormath import larger, two_sum
from ._workers import THRESHOLD, count_for, share

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

_FIRST = np.zeros(1, np.intp)

# Panels of b are copied together, for all rows to find them in the cache. A small product with
# fewer rows than this, or with a b of no more bytes than that, reads it where it lies.
_ROWS_TO_PACK, _NO_NEED_TO_PACK = 4, 1 << 14
# How many rows of b ahead to fetch.
_AHEAD = 16


# --- kernels -----------------------------------------------------------------------------------


@formula
def _largest(a, a_at, b, b_at, step, k, width):
    m = full(b, -math.inf)
    for i in range(k):
        m = larger(full(b, a[a_at + i]) + load(b, b_at + i * step, width, -math.inf), m)
    return m


@formula
def _add(sums, x, y, m):
    # Take x + y into (number of sums that round to m, scaled sum of all else, its error). Every
    # digit of it counts: where m < 0, the result may be half of the logarithm.
    ties, rest, error = sums
    v, low = two_sum(x, y)
    high, low = scaled_parts_of_sum(v, low, m)
    rest, lost = two_sum(rest, high)
    ties = ties + select(v >= m, const(m, 1.0), const(m, 0.0))
    return ties, rest, error + (lost + low)


@formula
def _sums(a, a_at, b, b_at, step, k, width, m):
    sums = no_sums(m)
    for i in range(k):
        v = load(b, b_at + i * step, width, -math.inf)
        sums = _add(sums, full(b, a[a_at + i]), v, m)
    return sums


@formula
def _vector(a, a_at, b, b_at, step, k, width):
    m = _largest(a, a_at, b, b_at, step, k, width)
    ties, rest, error = _sums(a, a_at, b, b_at, step, k, width, m)
    return reduce_logsumexp((m, ties - const(m, 1.0), rest, error), m, m)


@formula
def _panel(a, a_at, b, b_at, step, out, o_at, rows, k, n, width, o_width):
    for i in range(rows):
        y = _vector(a, a_at + i * k, b, b_at, step, k, width)
        store(out, o_at + i * n, o_width, y)


@formula
def _pack(b, b_at, down, across, k, width, packed):
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
                _pack(b, b_at[product] + column * across, down, across, k, width, packed)
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


@formula
def _largest_along(a, a_at, b, b_at, count, width, m):
    w = lanes(a)
    for i in range(count):
        v = load(a, a_at + i * w, width, -math.inf) + load(b, b_at + i * w, width, -math.inf)
        m = larger(v, m)
    return m


@formula
def _sums_along(a, a_at, b, b_at, count, width, m, sums):
    w = lanes(a)
    for i in range(count):
        x, y = load(a, a_at + i * w, width, -math.inf), load(b, b_at + i * w, width, -math.inf)
        sums = _add(sums, x, y, m)
    return sums


@formula
def _entry(a, a_at, b, b_at, k):
    w = lanes(a)
    body = k // w
    end = body * w
    a_end, b_end = a_at + end, b_at + end
    m = _largest_along(a, a_at, b, b_at, body, None, full(a, -math.inf))
    if end < k:
        m = _largest_along(a, a_end, b, b_end, 1, k - end, m)
    largest = largest_lane(m)
    m = full(a, largest)
    sums = _sums_along(a, a_at, b, b_at, body, None, m, no_sums(m))
    if end < k:
        sums = _sums_along(a, a_end, b, b_end, 1, k - end, m, sums)
    ties = count_of_lanes(sums[0]) - const(largest, 1.0)
    rest, error = sum_of_lanes(sums[1], sums[2])
    return reduce_logsumexp((largest, ties, rest, error), largest, largest)


@functools.cache
def _entries():
    """The kernel of products of (rows, k) and the turned (n, k); the unit of work is an entry."""

    def entries(a, b, out, a_at, b_at, rows, k, n, start, stop):
        for unit in range(start, stop):
            row = unit // n
            product = row // rows
            a_from = a_at[product] + (row - product * rows) * k
            out[unit] = _entry(a, a_from, b, b_at[product] + (unit - row * n) * k, k)

    return kernel(entries)


# --- from arrays to kernels --------------------------------------------------------------------


def product(a, b, out=None, workers=None):
    """log(sum over k of exp(a[..., i, k] + b[..., k, j])), arguments as those of numpy.matmul."""
    # The step of a recursion: everything further down costs more than the work.
    if out is workers is None and type(a) is type(b) is np.ndarray:
        direct = _direct(a, b)
        if direct is not None:
            return direct
    (a, _, of_a), (b, _, of_b) = _layout.as_array(a, "a"), _layout.as_array(b, "b")
    batch, shape = _shapes(a.shape, b.shape)
    result = np.result_type(of_a, of_b)
    dtype = _SINGLE if result == np.float16 else result
    if out is not None:
        _layout.check_out(out, shape, result, {"a": a, "b": b})
    first = a[None] if a.ndim == 1 else a
    second = b[:, None] if b.ndim == 1 else b
    (rows, k), n = first.shape[-2:], second.shape[-1]
    if second.ndim == 2:
        # Then all rows of a meet the same b.
        rows, batch = math.prod(first.shape[:-1]), ()
        first = first.reshape(rows, k)
    whole = (*batch, rows, n)
    workers = count_for(workers, math.prod(whole) * k)
    values = np.empty(whole, dtype)
    if k == 0:
        values.fill(-np.inf)
    elif values.size:
        way = _way(rows, k, n, dtype)
        if way == "turned":
            first, second = second.swapaxes(-1, -2), first.swapaxes(-1, -2)
            values = np.empty((*batch, n, rows), dtype)
        _fill(first, second, values, way, workers)
        if way == "turned":
            values = values.swapaxes(-1, -2)
    values = values.reshape(shape)
    with np.errstate(all="ignore"):  # a float16 result may overflow to inf
        if out is None:
            return values.astype(result, order="C", copy=False)[()]
        out[...] = values
    return out


def _direct(a, b):
    # The product of small plain arrays of one or two axes; None for others.
    dtype = a.dtype
    if not (dtype is _DOUBLE or dtype is _SINGLE) or b.dtype is not dtype:
        return None
    if not (a.flags.carray and b.flags.carray and b.ndim == 2 and 1 <= a.ndim <= 2):
        return None
    k, n = b.shape
    rows = 1 if a.ndim == 1 else len(a)
    if a.shape[-1] != k or not 0 < k * n * rows < THRESHOLD:
        return None
    if rows >= _ROWS_TO_PACK and b.nbytes > _NO_NEED_TO_PACK:
        return None
    if _way(rows, k, n, dtype) != "columns":
        return None
    out = np.empty((rows, n), dtype)
    one_product()(a if a.ndim == 2 else a[None], b, out)
    return out if a.ndim == 2 else out[0]


def _shapes(a, b):
    # (the leading axes, the shape of the product).
    if not a or not b:
        raise ValueError(
            f"a and b must have at least one axis, got a of shape {a} and b of shape {b}"
        )
    if a[-1] != b[-2:][0]:
        raise ValueError(
            f"the last axis of a must be as long as the axis of b that is summed over (the last "
            f"but one, or its only one), got a of shape {a} and b of shape {b}"
        )
    try:
        batch = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        raise ValueError(
            f"the leading axes of a and b must broadcast, got a of shape {a} and b of shape {b}"
        ) from None
    return batch, batch + a[-2:-1] + (b[-1:] if len(b) > 1 else ())


def _way(rows, k, n, dtype):
    # What lanes are: columns of the result, its rows (turned), or the terms of a sum.
    width = VECTOR_BYTES // dtype.itemsize
    if n >= width and n >= rows:
        return "columns"
    vectors, turned = rows * -(-n // width) * k, n * -(-rows // width) * k
    if rows * n * (k // width + 4) < min(vectors, turned):
        return "entries"
    return "turned" if turned < vectors else "columns"


def _fill(a, b, out, way, workers):
    # The products of matrices of any layout; `out` is contiguous.
    (rows, k), n = a.shape[-2:], b.shape[-1]
    batch = out.shape[:-2]
    starts = _starts(a, batch), _starts(b, batch)
    a = _flat(a, out.dtype)
    if way == "entries":
        b = _flat(b.swapaxes(-1, -2), out.dtype)
        task = functools.partial(_entries(), a, b, out.reshape(-1), *starts, rows, k, n)
        share(task, out.size, workers)
        return
    if b.swapaxes(-1, -2).flags.c_contiguous:
        b, down, across = _flat(b.swapaxes(-1, -2), out.dtype), 1, k
    else:
        b, down, across = _flat(b, out.dtype), n, 1
    panels = math.prod(batch) * -(-n * out.itemsize // VECTOR_BYTES)
    blocks = 1 if workers == 1 else min(rows, -(-4 * workers // panels))
    sizes = down, across, blocks, rows, k, n
    task = functools.partial(_products(), a, b, out.reshape(-1), *starts, *sizes)
    share(task, panels * blocks, workers)


def _flat(x, dtype):
    return flat(np.require(x, dtype, ["C", "A"]))


def _starts(x, batch):
    # Where the matrix of each product begins in a contiguous copy of x.
    if not batch:
        return _FIRST
    lead, size = x.shape[:-2], x.shape[-2] * x.shape[-1]
    numbers = np.arange(math.prod(lead)).reshape(lead) * size
    return np.ascontiguousarray(np.broadcast_to(numbers, batch)).reshape(-1)
