"""logsumexp inside jitted code, which has weights and a sign besides."""

import numpy as np
from numba import from_dtype, types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu.loops import put_logarithms
from .._family import WEIGHTED_LOGSUMEXP
from . import complex as of_complex
from .frames import shaper
from .masked import copier, lengths_together, mask_of
from .memory import out_of_rows, quiet
from .rows import plan_reduction
from .typing import Rows, is_complex, is_none, literal
from .weights import check_weights, dtype_of, numbers_of, spread_of, weights_of


def _weighted_sums(rows, call, dtype, with_sign):
    # A function of x, b and where: (logarithms, signs) of the rows, flat, or of a single row.
    spread = spread_of(rows.function, call.x, call.b)[1]
    get_mask, lengths = mask_of(rows, call.where), lengths_together(rows)
    copy = copier(rows, np.float64)
    weights, kernel = weights_of(rows, call.b), quiet(WEIGHTED_LOGSUMEXP.engine.kernel)

    @inlined
    def sums(x, b, where):
        check_sources()
        wide, factors = spread(x, b)
        mask = get_mask(wide, where)
        outer, n, _ = lengths(wide)
        values, signs = np.empty(outer), np.empty(outer)
        entries = copy(wide, mask, -np.inf)
        kernel(entries, weights(wide, factors, mask), values, signs, n, 0, outer)
        logarithms = np.empty(outer, dtype)
        put_logarithms(values, signs, with_sign, logarithms)
        return logarithms, signs.astype(dtype)

    @inlined
    def sum_of_one(x, b, where):
        logarithms, signs = sums(x, b, where)
        return logarithms[0], signs[0]

    return sum_of_one if rows.whole else sums


def plan_logsumexp(entry, call):
    """logsumexp, with weights or without."""
    name = entry.name
    with_sign = literal(call.return_sign, bool, "return_sign", name)
    if is_none(call.b) and not with_sign:
        return plan_reduction(entry, call)
    if is_complex(call.x, entry) or isinstance(numbers_of(call.b), types.Complex):
        return of_complex.plan_weighted(entry, call)
    check_weights(name, call.b)
    wide, spread = spread_of(name, call.x, call.b)
    rows = Rows(name, wide, call.axis, turns=False)
    rows.check_where(call.where)
    dtype = dtype_of(call.x, call.b)
    keepdims = literal(call.keepdims, bool, "keepdims", name)
    rows.check_out_of_rows(call.out, keepdims, from_dtype(np.dtype(dtype)))
    sums, shaped = _weighted_sums(rows, call, dtype, with_sign), shaper(rows, keepdims)
    hand_out = out_of_rows(call.out, shaped)

    def value(x, b, where, out):
        return hand_out(spread(x, b)[0], sums(x, b, where)[0], out)

    def value_and_sign(x, b, where, out):
        wide = spread(x, b)[0]
        logarithms, signs = sums(x, b, where)
        return hand_out(wide, logarithms, out), shaped(wide, signs)

    return value_and_sign if with_sign else value, ("x", "b", "where", "out")
