"""Dask: lazy arrays in, lazy arrays out; nothing is computed while they are built."""

import functools
import math

import dask.array as da
import numpy as np

from .._arguments import gated, layout, loss_options, matrices, rows, targets
from .._arguments.rows import Rows
from . import dask_sequences, summaries
from .blocks import (
    as_lazy,
    blockwise,
    call_block,
    in_one_chunk,
    is_number,
    lengths_named,
    part_of,
    shadow,
    shape_of,
    tuples_of,
)
from .calls import (
    CLASSES,
    ENTRIES,
    PAIRS,
    ROWS,
    are_labels,
    has_single_entries,
    is_foreign,
)


def take(call):
    """The result of a call, or the tuple of them, as arrays of Dask."""
    call.refuse("out", "stream")
    for name, u in call.arrays.items():
        if is_foreign(u) and not isinstance(u, da.Array):
            raise TypeError(f"{name} is a {type(u).__name__}: pass an array of dask.array")
    dask_sequences.refuse(call)
    _refuse_means(call)
    if call.kind.startswith("segment"):
        return dask_sequences.of_segments(call)
    if call.kind == "chain":
        return dask_sequences.of_chains(call)
    if call.kind == "product":
        return _product(call)
    if call.kind in ("gated", "gated vjp"):
        return _gated(call)
    over_rows = _OverRows(call)
    return _summed(over_rows) if call.summed else over_rows.results()


def _refuse_means(call):
    # What a mean is over goes through all blocks.
    if call.options.get("reduction") != "mean":
        return
    names = ("where", "class_weights") + ("weights",) * has_single_entries(call.kind)
    given = [name for name in names if name in call.arrays]
    if given or "hvp" in call.kind:
        instead = f"{given[0]} is given" if given else "a Hessian is wanted"
        raise TypeError(
            f"reduction must not be 'mean' of arrays of Dask where {instead}: take 'sum', and "
            "divide by what the mean is over"
        )


class _OverRows:
    """A call over rows: its arrays, checked, and for each of their axes that of x beside it."""

    def __init__(self, call):
        self.call = call
        given = {name: u if is_number(u) else as_lazy(u) for name, u in call.arrays.items()}
        x = given[call.first] = as_lazy(given[call.first])
        with lengths_named(given):
            self.rows = _rows_of(call, {name: shadow(u) for name, u in given.items()})
        self.axes, b = self.rows.axes, given.get("b")
        if b is not None and not is_number(b):
            # They broadcast together, so x may have to grow.
            x = given[call.first] = da.broadcast_arrays(x, b)[0]
        self.like, self.ndim = x._meta, x.ndim
        self.kept = tuple(a for a in range(x.ndim) if a not in self.axes)
        pair = dict.fromkeys((x.ndim, x.ndim + 1), x.shape[self.axes[0]] if self.axes else 1)
        self.lengths = dict(enumerate(x.shape)) | pair
        self.in_parts = summaries.are_enough(call, x, self.axes)
        self.arrays = {}
        for name, u in given.items():
            if not is_number(u):
                own = self._indices_of(name, u, x)
                if not self.in_parts:
                    u = in_one_chunk(u, [own.index(a) for a in self.axes if a in own], name)
                self.arrays[name] = u, own
        apart = {*self.arrays, "keepdims"}
        given = call.arrays | call.options
        self.options = {k: u for k, u in given.items() if k not in apart}

    def _indices_of(self, name, u, x):
        role = self.call.role(name)
        if role == CLASSES:
            return self.axes
        if name == "targets" and self.axes and _are_labels(u, x, self.axes):
            role = ROWS
        kept = u.ndim == x.ndim and all(u.shape[a] == 1 for a in self.axes)
        if role == ROWS and not kept:
            return self.kept[len(self.kept) - u.ndim :]
        return tuple(range(x.ndim - u.ndim, x.ndim))

    def indices(self, role):
        """Those of a result."""
        pair = self.ndim, self.ndim + 1
        return {ENTRIES: tuple(range(self.ndim)), ROWS: self.kept, PAIRS: (*self.kept, *pair)}[role]

    def blocks(self, function, *more):
        """A function of the blocks, after other arguments."""
        return functools.partial(
            function, *more, self.call.name, tuple(self.arrays), dict(self.options)
        )

    def results(self):
        """The result, or the tuple of them."""
        arrays, roles, dtype = list(self.arrays.values()), self.call.results, self.rows.result
        if self.in_parts:
            ((x, _),) = arrays
            workers = self.options.get("workers", 1)
            y = summaries.result(self.call.name, x, self.axes, self.rows.dtype, dtype, workers)
            return self._shown(y, roles[0])
        function = self.blocks(call_block)
        if len(roles) == 1:
            indices = self.indices(roles[0])
            y = blockwise(function, indices, arrays, self.lengths, self.like, dtype)
            return self._shown(y, roles[0])
        tuples = tuples_of(function, self.kept, arrays, self.lengths)
        return tuple(
            self._shown(self.part(k, tuples, self.indices(role)), role)
            for k, role in enumerate(roles)
        )

    def part(self, k, tuples, indices, **options):
        """One of the results, of an array with tuples for the rows."""
        more = self.lengths, self.like, self.rows.result
        return part_of(k, tuples, self.kept, indices, *more, **options)

    def _shown(self, y, role):
        if role == ROWS and self.call.options.get("keepdims"):
            return y[tuple(None if a in self.axes else slice(None) for a in range(self.ndim))]
        return y


def _rows_of(call, shadows):
    # The rows of the first argument, when shapes and dtypes of all have been checked.
    others = dict(shadows)
    x = others.pop(call.first)
    if call.along_one:
        targets.check_axis(call.axis)
    if "reduction" in call.options:
        targets.check_reduction(call.options["reduction"])
    b, where = others.pop("b", None), None
    if call.role("where") != ROWS:
        where = others.pop("where", None)
    rows = Rows(x, call.axis, where, call.options.get("workers"), call.first, b)
    if call.along_one and not rows.axes:
        raise np.exceptions.AxisError(call.axis, 0)
    if "class_weights" in others:
        loss_options.weights_of_classes(others.pop("class_weights"), rows)
    for name in () if has_single_entries(call.kind) else call.function.operands:
        u = others.pop(name, None)
        if name == "targets":
            u, _, _ = rows.argument(u, name)
            if not _are_labels(u, rows.x, rows.axes):
                targets.check_shape(u, rows)
        elif name == "weights" and u is None:
            targets.class_weights_of(u, rows)
        else:
            rows.operand(u, name)
    for name, u in others.items():
        rows.numbers(u, name)
    return rows


def _are_labels(u, x, axes):
    return are_labels(shape_of(u), u.dtype.kind in "iu", shape_of(x), axes[0])


# --- sums over all rows --------------------------------------------------------------------------


def _summed(call):
    """The sum or mean of a loss over all rows, and its gradient where that is wanted."""
    dtype, over = call.rows.result, 1
    if call.options["reduction"] == "mean":
        over = _share_out(call)
    call.options["reduction"] = "sum"
    if dtype == np.float16:
        # The sums of blocks have more digits than that.
        x, own = call.arrays[call.call.first]
        call.arrays[call.call.first] = x.astype(np.float32), own
    function = call.blocks(_sum_block, len(call.kept), over, dtype)
    tuples = tuples_of(function, call.kept, list(call.arrays.values()), call.lengths)
    sums = call.part(0, tuples, call.kept, adjust_chunks=dict.fromkeys(call.kept, 1))
    total = _total(sums, range(sums.ndim), dtype, over)
    if not call.call.function.gives_gradient:
        return total
    return total, call.part(1, tuples, call.indices(ENTRIES))


def _sum_block(ndim, over, dtype, *arguments):
    # (the sum of the losses of a block, their gradient)
    results = call_block(*arguments)
    loss, *gradient = results if isinstance(results, tuple) else (results,)
    with np.errstate(all="ignore"):  # a float16 may underflow
        gradient = [(u if over == 1 else u / over).astype(dtype, copy=False) for u in gradient]
    return loss.reshape((1,) * ndim).astype(np.float64), *gradient


def _share_out(call):
    # Make the sum a mean: by the weights, where the function takes any, or by what is returned.
    lengths = [call.lengths[a] for a in call.kept]
    count = math.prod(lengths)
    if math.isnan(count):
        first = call.call.first
        raise ValueError(
            f"reduction must not be 'mean' where the number of rows is not known: call "
            f"{first}.compute_chunk_sizes() first"
        )
    if count == 0:
        raise ValueError("reduction must not be 'mean' of no rows")
    if not call.call.kind.startswith("loss"):
        return count
    if "weights" not in call.arrays:
        _check_total(call.options.get("weights", 1.0))
        call.options["weights"] = 1.0 / count
        return 1
    weights, own = call.arrays["weights"]
    of_blocks = dict.fromkeys(own, 1)
    double, like = np.float64, weights._meta
    pair = weights, own
    totals = []
    for scale in (1.0, _SMALLER):
        function = functools.partial(_sum_of_weights, scale)
        sums = blockwise(function, own, [pair], {}, like, double, adjust_chunks=of_blocks)
        total = _total(sums, range(sums.ndim), np.dtype(double), weights.size / count)
        totals.append((total, ()))
    call.arrays["weights"] = blockwise(_shares, own, [pair, *totals], {}, like, double), own
    return 1


# What weights are multiplied with whose sum may leave the range of doubles.
_SMALLER = 2.0**-100


def _sum_of_weights(scale, weights):
    if isinstance(weights, np.ndarray):  # on a GPU what is wrong becomes NaN
        targets.check_row_weights(weights)
    with np.errstate(all="ignore"):
        return (weights.astype(np.float64) * scale).sum(keepdims=True)


def _shares(weights, total, smaller):
    if isinstance(weights, np.ndarray):
        _check_total(smaller if np.isinf(total) else total)
    weights = weights.astype(np.float64)
    with np.errstate(all="ignore"):  # of the way that is not taken
        return np.where(np.isinf(total), weights * _SMALLER / smaller, weights / total)


def _check_total(total):
    if not 0.0 < total < math.inf:
        raise ValueError(f"reduction must not be 'mean' of weights that add up to {total}")


def _total(parts, axes, dtype, over=1):
    # The sums over axes of doubles, one for each block, over a number.
    axes = tuple(axes)
    if axes:
        meta = np.empty_like(parts._meta, np.float64, shape=(0,) * (parts.ndim - len(axes)))
        parts = da.reduction(
            parts, _as_it_is, _sum_of_parts, axis=axes, dtype=np.float64, meta=meta
        )
    meta = np.empty_like(parts._meta, dtype)
    return parts.map_blocks(functools.partial(_rounded, over, dtype), dtype=dtype, meta=meta)


def _as_it_is(parts, axis, keepdims):
    return parts


def _sum_of_parts(parts, axis, keepdims):
    # With compensation, by operators that arrays of all libraries have.
    last = np.moveaxis(parts, axis, range(-len(axis), 0))
    last = last.reshape((*last.shape[: last.ndim - len(axis)], -1))
    total = error = np.zeros_like(last, shape=last.shape[:-1])
    with np.errstate(invalid="ignore", over="ignore"):  # of infinities
        for k in range(last.shape[-1]):
            part, before = last[..., k], total
            total = before + part
            t = total - before
            error = error + ((before - (total - t)) + (part - t))
        total = np.where(np.isfinite(error), total + error, total)
    if keepdims:
        shape = [1 if a in axis else k for a, k in enumerate(parts.shape)]
        total = total.reshape(shape)
    return total


def _rounded(over, dtype, total):
    with np.errstate(all="ignore"):  # a float16 may overflow to inf
        return (total / over).astype(dtype)


# --- matrices, and two sets ----------------------------------------------------------------------


def _product(call):
    a, b = (as_lazy(call.arrays[name]) for name in "ab")
    shadows = {"a": shadow(a), "b": shadow(b)}
    dtypes = [layout.as_array(u, name, False)[2] for name, u in shadows.items()]
    matrices.check_shapes(*map(np.shape, shadows.values()))
    # The axes of the batches, then that of rows, of what is summed over, and of columns.
    n = max(a.ndim, b.ndim, 2)
    batch, row, k, column = tuple(range(n - 2)), n - 2, n - 1, n
    of_a = (*batch[n - a.ndim :], row, k)[-a.ndim :]
    of_b = (*batch[n - b.ndim :], k, column) if b.ndim > 1 else (k,)
    arrays = [(in_one_chunk(u, [i.index(k)], m), i) for u, i, m in ((a, of_a, "a"), (b, of_b, "b"))]
    function = functools.partial(call_block, call.name, ("a", "b"), call.options)
    indices = tuple(sorted({*of_a, *of_b} - {k}))
    return blockwise(function, indices, arrays, {}, a._meta, np.result_type(*dtypes))


def _gated(call):
    gate, a, b = (as_lazy(call.arrays[name]) for name in ("gate", "a", "b"))
    results = {layout.as_array(shadow(u), name, False)[2] for u, name in ((a, "a"), (b, "b"))}
    dtype = results.pop() if len(results) == 1 else np.dtype(np.float64)
    a, b = a.astype(dtype), b.astype(dtype)
    workers = call.options.get("workers")
    targets.check_axis(call.axis)
    first = rows.Rows(shadow(a), call.axis, None, workers, "a")
    sets = gated.Sets(first, shadow(gate), shadow(b), call.axis, workers)
    axis, n = sets.axis, a.ndim
    # The labels of b, and those of the result, have axes of their own beside those of a.
    labels_b, labels = n, n + 1
    of = {u: tuple(u if i == axis else i for i in range(n)) for u in (axis, labels_b, labels)}
    kept = tuple(i for i in range(n) if i != axis)
    lengths = {axis: a.shape[axis], labels_b: b.shape[axis]}
    lengths[labels] = sum(lengths.values())
    of_rows = _gate_of_rows(gate, axis, n)
    arrays = {
        "gate": (of_rows, kept),
        "a": (in_one_chunk(a, [axis], "a"), of[axis]),
        "b": (in_one_chunk(b, [axis], "b"), of[labels_b]),
    }
    if "g" in call.arrays:
        g = as_lazy(call.arrays["g"])
        layout.check_operand(shadow(g), "g", sets.shape, "the result")
        own = of[labels][n - g.ndim :]
        arrays["g"] = in_one_chunk(g, [i for i, u in enumerate(own) if u == labels], "g"), own
    options = call.options | {"axis": axis}
    function = functools.partial(call_block, call.name, tuple(arrays), options)
    arrays = list(arrays.values())
    if call.kind == "gated":
        return blockwise(function, of[labels], arrays, lengths, a._meta, dtype)
    tuples = tuples_of(function, kept, arrays, lengths)
    more = lengths, a._meta, dtype
    slope = _slope(tuples, gate, of_rows, kept, axis, *more)
    return slope, *(part_of(k, tuples, kept, of[u], *more) for k, u in ((1, axis), (2, labels_b)))


def _gate_of_rows(gate, axis, ndim):
    # With the axes of the rows, of length 1 where rows share it.
    if gate.ndim == ndim:
        return gate[tuple(0 if i == axis else slice(None) for i in range(ndim))]
    return gate[(None,) * (ndim - 1 - gate.ndim)]


def _slope(tuples, gate, of_rows, kept, axis, lengths, like, dtype):
    # The gradient of the gate: of the blocks that share a part of it the sum.
    shared = [i for i, k in enumerate(of_rows.shape) if k == 1]
    once = {kept[i]: 1 for i in shared}
    slope = part_of(0, tuples, kept, kept, lengths, like, dtype, adjust_chunks=once)
    slope = _total(slope.astype(np.float64), shared, dtype)
    own = range(len(kept) + 1) if gate.ndim > len(kept) else kept[len(kept) - gate.ndim :]
    once = {axis} | {kept[i] for i in shared}
    return slope[tuple(None if i in once else slice(None) for i in own)]
