"""Kernels of reductions that take a sweep of sums after the summary, called as those without it."""

from .._compile.jit import kernel
from . import weigh


def sum_rows(formulas, condition, seconds):
    """Rows one by one."""
    weigh_rows = weigh.weigh_rows(formulas, condition, seconds)

    def rows(x, values, n, start, stop):
        weigh_rows(x, None, None, None, None, values, None, None, n, start, stop)

    return kernel(rows)


def sum_one_row(formulas, condition, seconds):
    """A single row, whose number is returned."""
    one_row = weigh.weigh_one_row(formulas, condition, seconds)

    def row(x):
        return one_row(x, None, None, None, None, None, None)

    return kernel(row)


def sum_tiles(make, formulas, condition, seconds):
    """Columns or short rows, by the factory of a kernel of `weigh`; the unit is that one's."""
    weigh_tiles = make(formulas, condition, seconds)

    def tiles(x, values, n, inner, start, stop):
        weigh_tiles(x, None, None, None, None, values, None, None, n, inner, start, stop)

    return kernel(tiles)
