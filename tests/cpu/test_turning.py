"""Rows that become lanes by blocks in registers, and come back."""

import numpy as np
import pytest

from numba_logspace._compile.jit import kernel
from numba_logspace._compile.trace import formula
from numba_logspace._cpu.memory import number_at
from numba_logspace._cpu.turning import lanes_to_rows, rows_to_lanes
from numba_logspace._formulas.simd import VECTOR_BYTES


def _places(offsets):
    return lambda r: (number_at(offsets, r), number_at(offsets, r + 1) - number_at(offsets, r))


@formula
def _there(x, offsets, count, longest, tile):
    rows_to_lanes(x, _places(offsets), count, longest, -7.0, tile)


@formula
def _back(tile, offsets, count, longest, out):
    lanes_to_rows(tile, _places(offsets), count, longest, out)


def _turn(x, offsets, longest, tile, out):
    count = offsets.size - 1
    _there(x, offsets, count, longest, tile)
    _back(tile, offsets, count, longest, out)


turn = kernel(_turn)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("even", [False, True])
def test_rows_come_back(dtype, even):
    rng, most = np.random.default_rng(0), VECTOR_BYTES // np.dtype(dtype).itemsize
    for count in {1, 2, most // 2, most - 1, most}:
        for n in range(1, 42):
            lengths = np.full(count, n) if even else rng.integers(0, n + 1, count)
            offsets = np.concatenate([[0], np.cumsum(lengths)])
            longest = lengths.max()
            x = np.arange(1.0, offsets[-1] + 1).astype(dtype)
            tile = np.full((longest + most) * most, np.nan, dtype)
            # What stands around the rows stays as it is.
            room = np.full(x.size + 2 * most, -1.0, dtype)
            turn(x, offsets, longest, tile, room[most:-most])
            np.testing.assert_array_equal(room[most:-most], x)
            assert (room[:most] == -1).all() and (room[-most:] == -1).all()
            table = tile.reshape(-1, most)[:longest]
            for lane in range(most):
                r = min(lane, count - 1)
                row = x[offsets[r] : offsets[r + 1]]
                np.testing.assert_array_equal(table[: row.size, lane], row)
                assert (table[row.size :, lane] == -7).all()
