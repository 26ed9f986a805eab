"""A function over arrays in .npy files, slab by slab."""

import contextlib
import dataclasses
import functools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .._arguments import layout
from .._interop.calls import CLASSES, ENTRIES, ROWS
from . import outputs, sources
from .calls import Call, located
from .progress import progress
from .stored import File, Stored, create, opened, slabs

# Bytes of the inputs and of the results that are held together, unless one row needs more.
_HELD = 64 << 20


def over_arrays(
    call: Call,
    inputs: Sequence[str],
    places: Sequence[tuple[Path, str]],
    targets: Sequence[str],
    axis: int,
    workers: int | None,
) -> None:
    """Apply a function to arrays in files of NumPy, slab by slab."""
    with contextlib.ExitStack() as stack:
        paths = [
            stack.enter_context(sources.unpacked(path, chosen, name))
            for name, (path, chosen) in zip(inputs, places, strict=True)
        ]
        arrays = [opened(path, name) for path, name in zip(paths, inputs, strict=True)]
        if call.has_axis:
            (axis,) = layout.normalize_axes(axis, len(arrays[0].shape))
        roles = call.roles(arrays, axis)
        dtype = call.dtype(arrays)
        order = _common_order(arrays)
        files = outputs.appearing([str(p) for p, _ in places], targets, (".npy", ".npz"))
        written = stack.enter_context(files)
        around = _Around(call, arrays[0].shape, axis, order)
        x = [a.stored(around.shape(role)) for a, role in zip(arrays, roles, strict=True)]
        y = []
        for path, role in zip(written, call.results, strict=True):
            offset = create(path, dtype, around.result(role), order)
            y.append(Stored(path, dtype, offset, around.shape(role)))
        _Streamed(call, x, y, roles, around, workers).run()


def _common_order(arrays: Sequence[File]) -> str:
    # The order of the axes in which all files are read, and the results are written.
    for order in "CF":
        if all(order in array.orders for array in arrays):
            return order
    first, other = (next(a for a in arrays if order not in a.orders) for order in "FC")
    raise ValueError(
        f"{first.name} is in C order and {other.name} in Fortran order: save both in one"
    )


class _Around:
    """The shapes of entries and rows as (outer, n, inner), axes in the order of the files."""

    def __init__(self, call: Call, shape: tuple[int, ...], axis: int, order: str):
        self._shape, self._rows = shape, shape
        self._reversed = order == "F"
        if not call.has_axis:
            self._entries = (math.prod(shape), 1, 1)
            return
        self._rows = shape[:axis] + shape[axis + 1 :]
        if self._reversed:
            shape, axis = shape[::-1], len(shape) - 1 - axis
        self._entries = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])

    def shape(self, role: str) -> tuple[int, ...]:
        """(outer, n, inner) of the entries, or of a number for each row or class."""
        outer, n, inner = self._entries
        return {ENTRIES: (outer, n, inner), ROWS: (outer, 1, inner), CLASSES: (1, n, 1)}[role]

    def result(self, role: str) -> tuple[int, ...]:
        """The shape of a result."""
        return self._shape if role == ENTRIES else self._rows

    def row(self, outer: int, inner: int, *here: int) -> int | tuple[int, ...]:
        """The index, without the axis, of a row of a slab that begins at (outer, inner)."""
        flat = (outer + here[0]) * self._entries[2] + inner + here[-1]
        shape = self._rows[::-1] if self._reversed else self._rows
        index = tuple(int(k) for k in np.unravel_index(flat, shape))
        index = index[::-1] if self._reversed else index
        return index[0] if len(index) == 1 else index


# What a slab of the entries has of an array, by what that has a number for.
_ALL = slice(0, 1)
_READ = {
    ENTRIES: Stored.read,
    ROWS: lambda array, outer, inner: array.read(outer, inner)[:, 0],
    CLASSES: lambda array, outer, inner: array.read(_ALL, _ALL)[0, :, 0],
}


@dataclasses.dataclass(frozen=True)
class _Streamed:
    """A call, and the arrays that it reads and writes."""

    call: Call
    x: Sequence[Stored]
    y: Sequence[Stored]
    roles: Sequence[str]
    around: _Around
    workers: int | None

    def run(self) -> None:
        """Slab after slab."""
        x = self.x[0]
        arrays = (array for array in (*self.x, *self.y) if array.shape == x.shape)
        together = sum(array.dtype.itemsize for array in arrays)
        with progress(math.prod(x.shape) * x.dtype.itemsize) as bar:
            for outer, inner in slabs(x.shape, _HELD // together):
                # In a function of its own, so that a slab is forgotten before the next is read.
                bar.update(self._slab(outer, inner))

    def _slab(self, outer: slice, inner: slice) -> int:
        pieces = [
            _READ[role](array, outer, inner) for array, role in zip(self.x, self.roles, strict=True)
        ]
        first = pieces[0]
        try:
            results = self.call.run(pieces, 1, self.workers)
        except ValueError as error:
            name = functools.partial(self.around.row, outer.start, inner.start)
            raise ValueError(located(str(error), name)) from error
        for result, stored in zip(results, self.y, strict=True):
            stored.write(outer, inner, result.reshape(len(first), stored.shape[1], first.shape[2]))
        return first.nbytes
