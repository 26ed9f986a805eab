"""Calls on small plain arrays by the shortest way: for them all else costs more than the work.

Plain are C-contiguous, writeable arrays of float32 or float64, all of one dtype, and numbers. Each
function here returns None, with nothing written, where there is more to do or something is wrong:
the general way then does it, or says what is wrong. What both can do has the same bits.
"""

import functools
import math
import sys

import numpy as np

from .._cpu.loops import all_between, leave_out_first_max, put_logarithms
from .._cpu.totals import fill_shares, mean_of_rows, sum_of_rows
from .._cpu.workers import THRESHOLD
from .slabs import SLAB
from .targets import REDUCTIONS

_SINGLE, DOUBLE, _LABEL = np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)
_FLOATS = {float, np.float32, np.float64}
_INTS = {int, *(np.dtype(code).type for code in "bBhHiIlLqQ")}
LARGEST = sys.float_info.max
_NOWHERE = None, None
_ONE = {dtype: np.ones(1, dtype) for dtype in (_SINGLE, DOUBLE)}


# --- what is plain -------------------------------------------------------------------------------


def form_of(x, axis):
    """(shape of the rows, outer, n, inner) of a small plain array; None for others."""
    if type(x) is not np.ndarray:
        return None
    dtype, size, shape = x.dtype, x.size, x.shape
    ndim = len(shape)
    plain = (dtype is DOUBLE or dtype is _SINGLE) and x.flags.carray
    if not (plain and 0 < size < THRESHOLD and ndim):
        return None
    if axis is None:
        return (), 1, size, 1
    if type(axis) is not int or not -ndim <= axis < ndim:
        return None
    if ndim == 1:
        return (), 1, size, 1
    if axis < 0:
        axis += ndim
    behind, n = shape[axis + 1 :], shape[axis]
    inner = math.prod(behind)
    return shape[:axis] + behind, size // (n * inner), n, inner


def is_one_thread(workers):
    """Whether so many workers are one, for a small array."""
    return workers is None or (type(workers) is int and workers == 1)


def is_like(u, shape, dtype):
    """Whether u is a plain array of this shape and dtype."""
    return type(u) is np.ndarray and u.dtype is dtype and u.shape == shape and u.flags.carray


def takes(out, shape, dtype, others):
    """Whether results can go to `out`, apart from others: arrays in one piece, or None."""
    if not is_like(out, shape, dtype):
        return False
    own = out.flags.owndata
    for u in others:
        if u is None or (own and u is not out and u.flags.owndata):
            continue
        if np.may_share_memory(out, u):
            return False
    return True


def apart(out, x, t):
    """Those of two arrays that `out` is not itself, None for the others."""
    return None if out is x else x, None if out is t else t


def flat(u):
    """A plain array as kernels take it; None for None."""
    return u if u is None or u.ndim == 1 else u.ravel()


def weigh(engine, x, g, t, c, values, outs, form):
    """Call an engine of weighted sums, all arrays flat."""
    outer, n, inner = form
    if outer == inner == 1:
        engine.one_row(x, g, t, c, values, outs)
    else:
        engine(x, g, t, c, values, outs, outer, n, inner, 1)


def _kept(x, axis):
    # The shape of rows that keep their axes.
    if axis is None:
        return (1,) * x.ndim
    shape = list(x.shape)
    shape[axis] = 1
    return tuple(shape)


def _all_like(x, operands, function):
    # Whether each is None, where it may be, or lies as x does.
    shape, dtype = x.shape, x.dtype
    for u, name in zip(operands, function.operands):
        if not is_like(u, shape, dtype) and (u is not None or name == "t"):
            return False
    return True


def numbers_of(u, x, axis, rows, dtype=None):
    """A number for each row of x, from such an array or one number; None for others."""
    dtype = dtype or x.dtype
    if type(u) is np.ndarray:
        fits = u.dtype is dtype and (u.shape == rows or u.shape == _kept(x, axis))
        return flat(u) if fits and u.flags.carray else None
    if type(u) not in _FLOATS and not (type(u) is int and abs(u) <= 2**53):
        return None
    # NumPy would warn of what overflows or underflows.
    if dtype is _SINGLE and u != 0 and not 1e-37 < abs(u) < 1e38:
        return None
    numbers = np.empty(math.prod(rows) if rows else 1, dtype)
    numbers.fill(u)
    return numbers


def rows_last(u, outer, n, inner):
    """A flat copy in which the entries of each row follow each other; None for None."""
    if u is None:
        return None
    if inner == 1:
        return u.flatten()
    return u.reshape(outer, n, inner).transpose(0, 2, 1).flatten()


def put_rows(rows, out, outer, n, inner):
    """Write what `rows_last` has made of an array to one of its shape."""
    if inner > 1:
        rows = rows.reshape(outer, inner, n).transpose(0, 2, 1)
    out[...] = rows.reshape(out.shape)


# --- results for the entries, or for the rows ----------------------------------------------------


def of_entries(function, x, axis, out, workers, operands):
    """A result for each entry, from x and what has a number for each entry."""
    form = form_of(x, axis)
    if form is None or (workers is not None and not is_one_thread(workers)):
        return None
    shape, dtype, engine, (_, outer, n, inner) = x.shape, x.dtype, function.engine, form
    if operands and not _all_like(x, operands, function):
        return None
    if out is None:
        out = np.empty(shape, dtype)
    elif not takes(out, shape, dtype, [u for u in (x, *operands) if u is not out]):
        return None
    if operands:
        g, t = operands if len(operands) == 2 else (operands[0], None)
        outs = flat(out), None
        weigh(engine, flat(x), flat(g), flat(t), None, None, outs, (outer, n, inner))
    elif len(shape) == 1 and out is not x:
        engine.one_row(x, out)
    else:
        engine(flat(x), None, None, None, None, (flat(out), None), outer, n, inner, 1)
    return out


def of_rows(function, x, axis, keepdims, out, workers, operands):
    """A result for each row, from x and what has a number for each entry."""
    form = form_of(x, axis)
    if form is None or (workers is not None and not is_one_thread(workers)):
        return None
    dtype, engine, shape = x.dtype, function.engine, form[0]
    alone = not operands and not shape
    if alone and out is None and not keepdims:
        return dtype.type(engine.one_row(x if x.ndim == 1 else x.ravel()))
    form = form[1:]
    if operands and not _all_like(x, operands, function):
        return None
    if keepdims:
        shape = _kept(x, axis)
    given = out
    if given is None:
        out = np.empty(shape, dtype)
    elif not takes(out, shape, dtype, (x, *operands)):
        return None
    if alone:
        out.fill(engine.one_row(flat(x)))
    elif not operands:
        engine(flat(x), None, None, None, flat(out), _NOWHERE, *form, 1)
    elif not function.without_max:
        weigh(engine, flat(x), flat(operands[0]), None, None, flat(out), _NOWHERE, form)
    elif not _weigh_without_max(engine, x, operands[0], None, flat(out), None, form):
        return None
    return out[()] if given is None else out


def _weigh_without_max(engine, x, g, c, values, out, form):
    # Of copies, as the general way does; whether that could be done.
    if x.size > SLAB:
        return False
    outer, n, inner = form
    piece, g = rows_last(x, *form), rows_last(g, *form)
    leave_out_first_max(piece, n)
    outs = _NOWHERE if out is None else (piece, None)
    weigh(engine, piece, g, None, c, values, outs, (outer * inner, n, 1))
    if out is not None:
        put_rows(piece, out, *form)
    return True


def pair_of_entries(function, x, axis, out, workers, g):
    """Two results for each entry: a value and a gradient."""
    form = form_of(x, axis)
    if form is None or not is_one_thread(workers) or not _all_like(x, (g,), function):
        return None
    shape, dtype = x.shape, x.dtype
    if out is None:
        out = first, second = np.empty(shape, dtype), np.empty(shape, dtype)
    elif type(out) is tuple and len(out) == 2:
        first, second = out
        if not takes(first, shape, dtype, (x, g)) or not takes(second, shape, dtype, (x, g, first)):
            return None
    else:
        return None
    outs = flat(first), flat(second)
    weigh(function.engine, flat(x), flat(g), None, None, None, outs, form[1:])
    return out


def from_rows(function, x, axis, out, workers, g, t=None):
    """A result for each entry, from x and a number for each row, perhaps with a tangent."""
    form = form_of(x, axis)
    if form is None or not is_one_thread(workers):
        return None
    shape, dtype, engine, c = x.shape, x.dtype, function.engine, None
    if t is not None and not is_like(t, shape, dtype):
        return None
    if g is not None:
        c = numbers_of(g, x, axis, form[0])
        if c is None:
            return None
    if out is None:
        out = np.empty(shape, dtype)
    elif not takes(out, shape, dtype, (c, None if out is x else x, None if out is t else t)):
        return None
    if not function.without_max:
        tangents = None if t is None else flat(t)
        weigh(engine, flat(x), tangents, None, c, None, (flat(out), None), form[1:])
    elif not _weigh_without_max(engine, x, None, c, None, out, form[1:]):
        return None
    return out


def weighted(function, x, axis, b, return_sign, keepdims, out, workers):
    """log |sum b exp(x)| of each row and its sign, or the first alone."""
    form = form_of(x, axis)
    if form is None or not is_one_thread(workers):
        return None
    dtype, (shape, *form) = x.dtype, form
    if keepdims:
        shape = _kept(x, axis)
    if b is None:
        b = np.ones(x.shape)
    elif not is_like(b, x.shape, dtype):
        return None
    given = out
    if given is None:
        out = np.empty(shape, dtype)
    elif not takes(out, shape, dtype, (x, b)):
        return None
    signs, count = np.empty(shape), form[0] * form[2]
    values, of_signs = np.empty(count), flat(signs)
    function.engine(doubles(x, form), doubles(b, form), values, of_signs, form[1])
    put_logarithms(values, of_signs, bool(return_sign), flat(out))
    values = out[()] if given is None else out
    return (values, signs.astype(dtype, copy=False)[()]) if return_sign else values


def doubles(u, form):
    """A plain array as float64, flat, in which the entries of each row follow each other."""
    u = flat(u) if form[2] == 1 else rows_last(u, *form)
    return u if u.dtype is DOUBLE else u.astype(DOUBLE)


# --- losses --------------------------------------------------------------------------------------


def loss(function, logits, scores, axis, weights, reduction, out, workers, t=None):
    """A loss for each row, or one number; with a gradient where the function has one.

    With a tangent t it is what the Hessian makes of that, and no loss.
    """
    form = None if axis is None else form_of(logits, axis)
    if form is None or not is_one_thread(workers):
        return None
    if type(reduction) is not str or reduction not in REDUCTIONS:
        return None
    shape, dtype, (rows, *form) = logits.shape, logits.dtype, form
    of_scores = _targets_of if function.operands[0] == "targets" else _class_weights_of
    scores = of_scores(scores, logits, axis, rows)
    if scores is None:
        return None
    c = None
    if weights is not None or reduction == "mean":
        c = _row_weights_of(weights, logits, axis, rows, reduction)
        if c is None:
            return None
    if t is not None:
        return _hessian(function, logits, scores, t, c, out, form)
    gradient = function.gives_gradient
    if out is None:
        out = np.empty(shape, dtype) if gradient else None
    elif not takes(out, shape, dtype, (scores, c) if out is logits else (logits, scores, c)):
        return None
    values = np.empty(rows, dtype)
    of_rows = flat(values)
    outs = flat(out), None
    weigh(function.engine, flat(logits), scores, None, c, of_rows, outs, form)
    values = values[()] if reduction == "none" else reduced(of_rows, weights, c, reduction)
    return (values, out) if gradient else values


def _hessian(function, logits, scores, t, c, out, form):
    shape, dtype = logits.shape, logits.dtype
    if not is_like(t, shape, dtype):
        return None
    if out is None:
        out = np.empty(shape, dtype)
    elif not takes(out, shape, dtype, (scores, c, *apart(out, logits, t))):
        return None
    weigh(function.engine, flat(logits), scores, flat(t), c, None, (flat(out), None), form)
    return out


def reduced(values, weights, shares, reduction):
    """The sum of all, or the mean; a single one is either."""
    if values.size == 1:
        return values[0] + values.dtype.type(0.0)  # -0.0 is 0.0 in a sum
    if reduction == "sum":
        total = sum_of_rows(values)
    else:
        total = mean_of_rows(values, shares[:1] if weights is None else shares)
    if values.dtype is DOUBLE:
        return np.float64(total)
    with np.errstate(all="ignore"):  # it may overflow or underflow
        return np.float32(total)


@functools.lru_cache(256)
def _label(number):
    return np.array([number], np.int64)


def _targets_of(u, x, axis, rows):
    # Labels, or a number in [0, 1] for each class; flat.
    n = x.shape[axis]
    if type(u) in _INTS:
        return None if rows or not 0 <= u < n else _label(int(u))
    if is_like(u, x.shape, x.dtype):
        u = flat(u)
        return u if all_between(u, 0.0, 1.0) else None
    if type(u) is not np.ndarray or u.dtype.kind not in "iu" or not u.flags.carray:
        return None
    if u.shape != rows and u.shape != _kept(x, axis):
        return None
    u = flat(u if u.dtype is _LABEL else u.astype(_LABEL))
    return u if all_between(u, 0, n - 1) else None


def _class_weights_of(u, x, axis, rows):
    # A finite number >= 0 for each class; flat.
    if not is_like(u, x.shape, x.dtype):
        return None
    u = flat(u)
    return u if all_between(u, 0.0, LARGEST) else None


def _row_weights_of(weights, x, axis, rows, reduction):
    # What the loss of each row is multiplied with: weights, or their shares of a mean.
    count, mean = math.prod(rows), reduction == "mean"
    if count == 1:
        return _weight_of_one_row(weights, x, axis, rows, mean)
    if weights is not None:
        # Their sum is that of what they were.
        wide = DOUBLE if mean and type(weights) is not np.ndarray else x.dtype
        weights = numbers_of(weights, x, axis, rows, wide)
        if weights is None or not all_between(weights, 0.0, LARGEST):
            return None
        if not mean:
            return weights
    shares = np.empty(count, x.dtype)
    if weights is None:
        shares.fill(1.0 / count)
    elif not fill_shares(weights.astype(DOUBLE, copy=False), shares) > 0.0:
        return None
    return shares


def _weight_of_one_row(weights, x, axis, rows, mean):
    # Looked at in Python, which is sooner than by a kernel; the mean of one row is itself.
    # A float32 would be compared with the largest float64 in float32, and NumPy warn.
    number = 1.0 if weights is None else weights
    if type(number) is np.ndarray:
        if number.dtype is not x.dtype or number.shape not in (rows, _kept(x, axis)):
            return None
        number = number.item()
    if mean:
        right = (type(number) in _FLOATS or type(number) is int) and 0.0 < number < math.inf
        return _ONE[x.dtype] if right else None
    c = numbers_of(weights, x, axis, rows)
    return c if c is not None and 0.0 <= number < math.inf else None
