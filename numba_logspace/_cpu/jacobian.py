"""Kernels of the Jacobians of log_softmax and log1m_softmax, row by row."""

import numpy as np

from .._compile.jit import kernel
from .._formulas.derivatives import is_dominant
from .._formulas.jacobians import (
    OF_LOG1M_SOFTMAX,
    OF_LOG_SOFTMAX,
    odds_in,
    of_another,
    of_dominant,
    probability_in,
    share_in,
)
from .kernels import row_summaries


def log_softmax_rows(prepare, condition, seconds):
    """The Jacobian of log_softmax of each row, -p_j and 1 - p_i; the unit of work is a row."""
    summaries = row_summaries(condition, seconds[0])
    _, column, line, entry, diagonal, _ = OF_LOG_SOFTMAX

    def rows(x, out, n, start, stop):
        p = np.empty(n, x.dtype)
        for r in range(start, stop):
            base = r * n
            summary, more = summaries(x, base, n, None, 0)
            m = summary[0]
            reference, row = prepare(summary, more, n)
            for j in range(n):
                (p[j],) = column(x[base + j], m, reference, row, ())
            for i in range(n):
                v = x[base + i]
                numbers, at = line(v, m, row), (base + i) * n
                for j in range(n):
                    out[at + j] = entry(numbers, x[base + j], (p[j],))
                out[at + i] = diagonal(v, m, row, (p[i],))

    return kernel(rows)


def log1m_softmax_rows(prepare, condition, seconds):
    """The Jacobian of log1m_softmax of each row; the unit of work is a row."""
    summaries = row_summaries(condition, seconds[0])
    others_of, diagonal = OF_LOG1M_SOFTMAX.others, OF_LOG1M_SOFTMAX.diagonal

    def rows(x, out, n, start, stop):
        p_high, p_low = np.empty(n, x.dtype), np.empty(n, x.dtype)
        for r in range(start, stop):
            base = r * n
            summary, more = summaries(x, base, n, None, 0)
            m = summary[0]
            reference, row = prepare(summary, more, n)
            others = others_of(reference, summary, more)
            for j in range(n):
                p_high[j], p_low[j] = probability_in(x[base + j], m, row)
            for i in range(n):
                v = x[base + i]
                line = (base + i) * n
                p, odds = (p_high[i], p_low[i]), odds_in(v, m, row)
                dominant = is_dominant(v, m, row[6])
                for j in range(n):
                    w = x[base + j]
                    if dominant:
                        out[line + j] = of_dominant(w, share_in(w, reference, others), p)
                    else:
                        out[line + j] = of_another(v, w, odds, (p_high[j], p_low[j]))
                out[line + i] = diagonal(v, m, row, p)

    return kernel(rows)
