"""Arrays in .npy files, of which pieces are mapped at a time."""

import dataclasses
import math
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

# Bytes of a file that are mapped while a slab is copied. A page stays in memory as long as its
# map, so a strided slab must not be read through one map: it would bring in the whole file.
_MAPPED = 8 << 20

_Index = tuple[slice, slice]


@dataclasses.dataclass(frozen=True)
class File:
    """What the header of a .npy file says, and what the file is called in messages."""

    name: str
    path: Path
    dtype: np.dtype
    offset: int
    shape: tuple[int, ...]
    orders: str  # "C", "F" or both: in which orders of its axes the file has the array

    def stored(self, shape: tuple[int, ...]) -> "Stored":
        """The array as (outer, n, inner)."""
        return Stored(self.path, self.dtype, self.offset, shape)


@dataclasses.dataclass(frozen=True)
class Stored:
    """An array (outer, n, inner) in C order in a file, of which only pieces are mapped."""

    path: Path
    dtype: np.dtype
    offset: int
    shape: tuple[int, ...]

    def read(self, outer: slice, inner: slice) -> np.ndarray:
        """A copy of [outer, :, inner] in native byte order."""
        shape = outer.stop - outer.start, self.shape[1], inner.stop - inner.start
        copy = np.empty(shape, self.dtype.newbyteorder("="))
        for here, there in self._parts(outer):
            place = (*there, inner)
            copy[here] = self._map("r")[place]
        return copy

    def write(self, outer: slice, inner: slice, values: np.ndarray) -> None:
        """Write [outer, :, inner]."""
        for here, there in self._parts(outer):
            place = (*there, inner)
            self._map("r+")[place] = values[here]

    def _parts(self, outer: slice) -> Iterator[tuple[_Index, _Index]]:
        # Indices (outer, n) in a slab, and those in the array, of what is mapped together.
        _, n, inner = self.shape
        lines = max(1, _MAPPED // max(1, inner * self.dtype.itemsize))
        blocks = max(1, lines // max(1, n))
        for first in range(outer.start, outer.stop, blocks):
            stop = min(first + blocks, outer.stop)
            for start in range(0, n, lines):
                part = slice(start, start + lines)
                here = slice(first - outer.start, stop - outer.start)
                yield (here, part), (slice(first, stop), part)

    def _map(self, mode: Literal["r", "r+"]) -> np.memmap:
        return np.memmap(self.path, self.dtype, mode, self.offset, self.shape)


def opened(path: Path, name: str) -> File:
    """The array in a .npy file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # NumPy's reader of headers raises whatever damage leads to
        raise ValueError(f"{name} is not a complete .npy file of numbers: {error}") from error
    orders = "C" * array.flags.c_contiguous + "F" * array.flags.f_contiguous
    return File(name, path, array.dtype, array.offset, array.shape, orders)


def create(path: Path, dtype: np.dtype, shape: tuple[int, ...], order: str) -> int:
    """Make a .npy file with its header, and the room for its data; give where those begin."""
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": order == "F",
        "shape": shape,
    }
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        offset = file.tell()
        size = offset + math.prod(shape) * dtype.itemsize
        file.truncate(size)
        if hasattr(os, "posix_fallocate"):
            # A disk that is full must show here: in a memory map it would end the process.
            os.posix_fallocate(file.fileno(), 0, size)
    return offset


def slabs(shape: Sequence[int], entries: int) -> Iterator[tuple[slice, slice]]:
    """(outer, inner) that cut (outer, n, inner) into whole rows, about so many entries each."""
    outer, n, inner = shape
    if n * inner <= entries:
        step = entries // max(1, n * inner)
        for start in range(0, outer, step):
            yield slice(start, min(start + step, outer)), slice(0, inner)
        return
    step = max(1, entries // n)
    for block in range(outer):
        for start in range(0, inner, step):
            yield slice(block, block + 1), slice(start, min(start + step, inner))
