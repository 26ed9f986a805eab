"""Rows whose lengths count, without their masked entries, inside jitted code."""

import numpy as np

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .loss_options import number_of
from .memory import quiet


@inlined
def choose_present(source, mask, n, r, chosen, at):
    """Add the entries of row r that are not masked to those chosen; how many there are then."""
    for i in range(r * n, r * n + n):
        if mask[i]:
            chosen[at] = source[i]
            at += 1
    return at


def gradients_of_present(engine):
    """A function of flat rows, the mask, numbers of the rows, the place of results, lengths."""
    one_row = quiet(engine.lone_row)

    @inlined
    def gradients(source, mask, c, target, sizes):
        check_sources()
        outer, n, _ = sizes
        chosen = np.empty(n, source.dtype)
        for r in range(outer):
            row = chosen[: choose_present(source, mask, n, r, chosen, 0)]
            if row.size:
                one_row(row, None, None, None, number_of(c, r), row, None)
            k = 0
            for i in range(r * n, r * n + n):
                if mask[i]:
                    target[i] = row[k]
                    k += 1

    return gradients


def slopes_of_present(engine, whole):
    """A function of flat rows, tangents, the mask and lengths: the derivatives of the rows.

    Of a single row, where that is all of x, it is the number itself.
    """
    one_row = quiet(engine.lone_row)

    @inlined
    def slopes(source, tangents, mask, sizes):
        check_sources()
        outer, n, _ = sizes
        values = np.zeros(outer, source.dtype)
        chosen, along = np.empty((2, n), source.dtype)
        for r in range(outer):
            row = chosen[: choose_present(source, mask, n, r, chosen, 0)]
            t = along[: choose_present(tangents, mask, n, r, along, 0)]
            if row.size:
                values[r] = one_row(row, None, t, None, None, None, None)
        return values

    @inlined
    def slope(source, tangents, mask, sizes):
        return slopes(source, tangents, mask, sizes)[0]

    return slope if whole else slopes
