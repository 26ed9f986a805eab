"""Many rows at once, so that few kernels and launches do for the whole corpus, and how they lie."""

import dataclasses

import numpy as np
import pytest
from corpus import DTYPES

inf = np.inf
# Every row comes that often, far from the first, and all results must be the same.
COPIES = 3


@dataclasses.dataclass(frozen=True)
class Way:
    """How rows lie: scattered over `length` entries, the others being absent, along an axis.

    Without a length, rows of one size come together as they are. The length says which kernel
    does the work. Of more rows than about `most`, only so many are taken.
    """

    length: int | None
    axis: int = -1
    strided: bool = False
    most: int = 1_000

    def batches(self, rows):
        """(numbers of the rows, Batch) until each row that is not too long has been in one."""
        if self.length:
            fitting = [i for i, r in enumerate(rows) if r.size <= self.length]
            sizes = [(self.length, fitting[:: max(1, len(fitting) // self.most)])]
        else:
            of_size = {r.size: [k for k, s in enumerate(rows) if s.size == r.size] for r in rows}
            sizes = of_size.items()
        for size, numbers in sizes:
            yield numbers, Batch(self, size, [rows[i].size for i in numbers])


@dataclasses.dataclass(frozen=True)
class Batch:
    """Rows of given sizes that lie in one array."""

    way: Way
    length: int
    sizes: list

    def _places(self, size):
        return np.linspace(0, self.length - 1, size).astype(int)

    def rows(self, rows, fill):
        """The rows as those of a matrix."""
        matrix = np.full((len(rows), self.length), fill, rows[0].dtype)
        for whole, row in zip(matrix, rows, strict=True):
            whole[self._places(row.size)] = row
        return matrix

    def array(self, rows, fill=-inf):
        """The array of a call."""
        x = np.tile(self.rows(rows, fill), (COPIES, 1))
        if self.way.strided:
            x = np.repeat(x[:, ::-1], 3, axis=1)[:, ::-3]
        return np.moveaxis(x, 0, -1).copy() if self.way.axis == 0 else x

    def numbers(self, numbers):
        """The array of a number for each row."""
        return np.tile(np.ravel(numbers), COPIES)

    def results(self, result, reduces=False):
        """The results of each row, one row after the other."""
        if reduces:
            result = np.expand_dims(result, self.way.axis)
        result = np.moveaxis(result, self.way.axis, -1)
        first, *others = np.split(result, COPIES)
        for other in others:
            np.testing.assert_array_equal(other, first, strict=True)
        for values, size in zip(first, self.sizes, strict=True):
            yield values if reduces else values[self._places(size)]


# One kernel or more each: two threads, part of a warp, a warp, a block in whose registers rows are;
# blocks and threads that read them from memory.
WAYS = {
    "few entries": Way(12),
    "odd": Way(129),
    "warp": Way(336),
    "block": Way(2_048),
    "long": Way(10_004),
    "several blocks": Way(40_000, most=14),
    "columns": Way(61, axis=0),
    "long columns": Way(4_201, axis=0, most=200),
    "columns of several blocks": Way(33_001, axis=0, most=14),
    "strided": Way(336, strided=True),
    "as they are": Way(None),
}

# The others go through kernels of the same text, which take long to compile.
_LATER = {
    *(("float32", way) for way in ("long columns", "strided", "columns of several blocks")),
    *(("float64", way) for way in ("few entries", "odd", "block", "long columns")),
    ("float64", "several blocks"),
    ("float64", "columns of several blocks"),
}


def each_way(*ways, later=_LATER):
    """Parametrise a test by dtype and way, slow if `later`; one process takes all of both."""
    return pytest.mark.parametrize(
        "dtype, way",
        [
            pytest.param(
                *(dtype, way),
                marks=[
                    pytest.mark.xdist_group(f"{dtype} {way}"),
                    *([pytest.mark.slow] if (dtype, way) in later else []),
                ],
            )
            for dtype in DTYPES
            for way in ways
        ],
    )
