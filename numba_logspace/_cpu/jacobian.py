"""Kernels of the Jacobians of log_softmax and log1m_softmax, row by row."""

import numpy as np

from .._compile.jit import kernel
from .._formulas.derivatives import (
    is_dominant,
    largest_probability,
    present,
    probability_and_odds,
    product,
    share,
    share_of_others,
    sum_of_others,
    unscaled,
)
from .._formulas.simd import const
from .._formulas.softsum import scaled_term
from .kernels import row_summaries


def log_softmax_rows(prepare, condition, seconds):
    """The Jacobian of log_softmax of each row, -p_j and 1 - p_i; the unit of work is a row."""
    summaries = row_summaries(condition, seconds[0])

    def rows(x, out, n, start, stop):
        p = np.empty(n, x.dtype)
        for r in range(start, stop):
            base = r * n
            summary, more = summaries(x, base, n, None, 0)
            m = summary[0]
            _, row = prepare(summary, more, n)
            for j in range(n):
                p[j] = unscaled(share(scaled_term(x[base + j], m), row[0], row[1]))
            for i in range(n):
                v = x[base + i]
                line = (base + i) * n
                for j in range(n):
                    out[line + j] = present(v, present(x[base + j], -p[j]))
                # At a dominant entry the sum of the others, which 1 - p has lost.
                rest = unscaled(row[2]) if is_dominant(v, m, row[4]) else const(m, 1.0) - p[i]
                out[line + i] = present(v, rest)

    return kernel(rows)


def log1m_softmax_rows(prepare, condition, seconds):
    """The Jacobian of log1m_softmax of each row; the unit of work is a row."""
    summaries = row_summaries(condition, seconds[0])

    def rows(x, out, n, start, stop):
        p_high, p_low = np.empty(n, x.dtype), np.empty(n, x.dtype)
        for r in range(start, stop):
            base = r * n
            summary, more = summaries(x, base, n, None, 0)
            m = summary[0]
            reference, row = prepare(summary, more, n)
            others = sum_of_others(reference, summary, more)
            for j in range(n):
                p, _ = probability_and_odds(scaled_term(x[base + j], m), row)
                if is_dominant(x[base + j], m, row[6]):
                    p = largest_probability(row)
                p_high[j], p_low[j] = p
            for i in range(n):
                v = x[base + i]
                line = (base + i) * n
                p, odds = probability_and_odds(scaled_term(v, m), row)
                dominant = is_dominant(v, m, row[6])
                for j in range(n):
                    if dominant:
                        q = share_of_others(scaled_term(x[base + j], reference), others)
                        y = product(q, (p_high[i], p_low[i]))
                        out[line + j] = present(x[base + j], y)
                    else:
                        y = product(odds, (p_high[j], p_low[j]))
                        out[line + j] = present(v, present(x[base + j], y))
                out[line + i] = present(v, -(row[4] if dominant else unscaled(p[0])))

    return kernel(rows)
