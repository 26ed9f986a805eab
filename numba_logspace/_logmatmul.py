"""The product of matrices of logarithms: sums over k whose lanes are columns of the result."""

import functools
import math

import numpy as np

from . import _layout
from ._jit import formula, kernel
from ._passes import no_sums
from ._simd import VECTOR_BYTES, const, full, lanes, load, select, store
from ._softsum import reduce_logsumexp, scaled_term_of_sum
from ._vectormath import larger, two_sum
from ._workers import THRESHOLD, count_for, share

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)

# Rows from which on it pays to copy a panel of b together.
_ROWS_TO_PACK = 4
# Vectors of terms added plainly, as in _passes.
_CHUNK = 8


# --- kernels -----------------------------------------------------------------------------------


@formula
def _largest(a, a_at, b, b_at, step, k, width):
    m = full(b, -math.inf)
    for i in range(k):
        m = larger(full(b, a[a_at + i]) + load(b, b_at + i * step, width, -math.inf), m)
    return m


@formula
def _sums(a, a_at, b, b_at, step, k, width, m):
    # (number of sums that round to m, scaled sum of all else, its error).
    ties, rest, error = no_sums(m)
    one, zero = const(m, 1.0), const(m, 0.0)
    for start in range(0, k, _CHUNK):
        part = zero
        for i in range(start, min(start + _CHUNK, k)):
            v, low = two_sum(full(b, a[a_at + i]), load(b, b_at + i * step, width, -math.inf))
            part = part + scaled_term_of_sum(v, low, m)
            ties = ties + select(v >= m, one, zero)
        rest, lost = two_sum(rest, part)
        error = error + lost
    return ties, rest, error


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
def _pack(b, b_at, k, n, width, packed):
    w = lanes(b)
    for i in range(k):
        store(packed, i * w, None, load(b, b_at + i * n, width, -math.inf))


@functools.cache
def _products():
    """The kernel of products of contiguous matrices (rows, k) and (k, n).

    The unit of work is a vector of columns by a block of rows. `a_at` and `b_at` say where the
    matrices of each product begin.
    """

    def products(a, b, out, a_at, b_at, blocks, rows, k, n, start, stop):
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
                _pack(b, b_at[product] + column, k, n, width, packed)
                before = panel
            a_from = a_at[product] + first * k
            o_from = (product * rows + first) * n + column
            _panel(a, a_from, packed, 0, w, out, o_from, last - first, k, n, None, width)

    return kernel(products)


@functools.cache
def _few_rows():
    """The kernel of one product with few rows, for which b is read where it lies."""

    def few_rows(a, b, out):
        rows, k = a.shape
        n = b.shape[1]
        a, b, out = a.ravel(), b.ravel(), out.ravel()
        w = lanes(b)
        end = n // w * w
        for column in range(0, end, w):
            _panel(a, 0, b, column, n, out, column, rows, k, n, None, None)
        if end < n:
            _panel(a, 0, b, end, n, out, end, rows, k, n, n - end, n - end)

    return kernel(few_rows)


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
    whole = (*batch, rows, n)
    workers = count_for(workers, math.prod(whole) * k)
    if k == 0:
        values = np.full(whole, -np.inf, dtype)
    elif _vectors(n, rows, dtype) < _vectors(rows, n, dtype):
        # The columns of the result do not fill vectors as well as its rows do.
        turned = _values(second.swapaxes(-1, -2), first.swapaxes(-1, -2), batch, dtype, workers)
        values = turned.swapaxes(-1, -2)
    else:
        values = _values(first, second, batch, dtype, workers)
    values = values.reshape(shape)
    with np.errstate(all="ignore"):  # a float16 result may overflow to inf
        if out is None:
            return values.astype(result, order="C", copy=False)[()]
        out[...] = values
    return out


def _direct(a, b):
    # The product of small plain arrays of one or two axes with few rows; None for others.
    dtype = a.dtype
    if not (dtype is _DOUBLE or dtype is _SINGLE) or b.dtype is not dtype:
        return None
    if not (a.flags.carray and b.flags.carray and b.ndim == 2 and 1 <= a.ndim <= 2):
        return None
    k, n = b.shape
    rows = 1 if a.ndim == 1 else len(a)
    few = 0 < rows < _ROWS_TO_PACK and (rows <= n or n * a.itemsize >= VECTOR_BYTES)
    if not few or a.shape[-1] != k or not 0 < k * n * rows < THRESHOLD:
        return None
    out = np.empty((rows, n), dtype)
    _few_rows()(a if a.ndim == 2 else a[None], b, out)
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


def _vectors(rows, n, dtype):
    return rows * -(-n * dtype.itemsize // VECTOR_BYTES)


def _values(a, b, batch, dtype, workers):
    # The products, contiguous, of matrices of any layout.
    (rows, k), n = a.shape[-2:], b.shape[-1]
    values = np.empty((*batch, rows, n), dtype)
    if values.size == 0:
        return values
    a_at, b_at = _starts(a, batch), _starts(b, batch)
    panels = a_at.size * _vectors(1, n, dtype)
    blocks = 1 if workers == 1 else min(rows, -(-4 * workers // panels))
    flat = [np.ascontiguousarray(x, dtype).reshape(-1) for x in (a, b)]
    sizes = blocks, rows, k, n
    task = functools.partial(_products(), *flat, values.reshape(-1), a_at, b_at, *sizes)
    share(task, panels * blocks, workers)
    return values


def _starts(x, batch):
    # Where the matrix of each product begins in a contiguous copy of x.
    lead, size = x.shape[:-2], x.shape[-2] * x.shape[-1]
    numbers = np.arange(math.prod(lead)).reshape(lead) * size
    return np.ascontiguousarray(np.broadcast_to(numbers, batch)).reshape(-1)
