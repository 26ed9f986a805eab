"""One function over a .npy file that may be larger than memory, slab by slab."""

import contextlib
import dataclasses
import math
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

import numba_logspace

from .._arguments import layout
from .._family import named

MAPS, REDUCTIONS = named("map", "scan"), named("reduction")

# Bytes of the input and of the result that are held together, unless one row needs more.
_HELD = 64 << 20
# Bytes of a file that are mapped while a slab is copied. A page stays in memory as long as its
# map, so a strided slab must not be read through one map: it would bring in the whole file.
_MAPPED = 8 << 20

_Index = tuple[slice, slice]

# The temporary files of this process.
_unfinished: set[Path] = set()


def apply(
    name: str, source: Path, target: Path, axis: int = -1, workers: int | None = None
) -> None:
    """Apply a function over one axis of the array in a .npy file and write the result to another.

    Parameters
    ----------
    name : str
        One of `MAPS` or `REDUCTIONS`. The result of a reduction does not have the axis.
    source, target : Path
        The files. `target` appears under its name, or is replaced, only when it is complete.
    axis : int
        The axis, over the whole length of which the function is taken.
    workers : int, optional
        How many threads may share the work, as in the function itself.

    Raises
    ------
    OSError, TypeError, ValueError
        Where one of the files, the array in `source` or an argument is not usable. No part of
        `target` has been written then.

    Notes
    -----
    About 64 MiB are held at a time. A row is never divided: one that is longer than that is
    processed whole. Where the axis is not the one that is contiguous in the file, and so long
    that few rows fit, the file is read several times.
    """
    if name not in MAPS + REDUCTIONS:
        known = ", ".join(MAPS + REDUCTIONS)
        raise ValueError(f"no function {name!r}; choose from {known}")
    x, shape, fortran = _open(source)
    (axis,) = layout.normalize_axes(axis, len(shape))
    result = layout.as_array(np.empty(0, x.dtype), str(source))[2]
    if name in REDUCTIONS:
        shape = layout.result_shape(shape, (axis,), keepdims=False)
    x = x.around(x.ndim - 1 - axis if fortran else axis)
    with _appearing(source, target) as temporary:
        length = 1 if name in REDUCTIONS else x.shape[1]
        offset = _create(temporary, result, shape, fortran)
        y = _Stored(temporary, result, offset, (x.shape[0], length, x.shape[2]))
        _stream(name, x, y, workers)


def forget() -> None:
    """Remove what is not finished, where the process is about to end."""
    for temporary in tuple(_unfinished):
        with contextlib.suppress(OSError):
            temporary.unlink()


@dataclasses.dataclass(frozen=True)
class _Stored:
    """An array in C order in a file, of which only pieces are mapped at a time."""

    path: Path
    dtype: np.dtype
    offset: int
    shape: tuple[int, ...]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def around(self, axis: int) -> "_Stored":
        """The same array as (outer, n, inner) with the axis in the middle."""
        before, after = self.shape[:axis], self.shape[axis + 1 :]
        shape = math.prod(before), self.shape[axis], math.prod(after)
        return dataclasses.replace(self, shape=shape)

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


def _open(path: Path) -> tuple[_Stored, tuple[int, ...], bool]:
    # The array with its axes in the order of the file, its shape, and whether that is reversed.
    with open(path, "rb"):  # a file that cannot be read is not a damaged one
        pass
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # NumPy's reader of headers raises whatever damage leads to
        raise ValueError(f"{path} is not a complete .npy file of numbers: {error}") from error
    fortran = not array.flags.c_contiguous
    shape = array.shape[::-1] if fortran else array.shape
    return _Stored(path, array.dtype, array.offset, shape), array.shape, fortran


@contextlib.contextmanager
def _appearing(source: Path, target: Path) -> Iterator[Path]:
    # A temporary file beside `target`, which replaces it where all goes well, else vanishes.
    _check_target(source, target)
    target = Path(os.path.realpath(target))
    _remove_stale(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    _unfinished.add(temporary)
    try:
        yield temporary
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


def _check_target(source: Path, target: Path) -> None:
    # A link goes by its own name, and by what it leads to in all else.
    place = Path(os.path.realpath(target))
    if not place.parent.is_dir():
        raise FileNotFoundError(f"{place.parent} is not a folder")
    if place.exists() and not place.is_file():
        raise OSError(f"{place} is not a regular file")
    if not target.name.lower().endswith(".npy"):
        raise ValueError(f"the output is a .npy file, so its name must end in .npy, got {target}")
    if place.exists() and place.samefile(source):
        raise ValueError("the output is the input file; write to another")


def _remove_stale(target: Path) -> None:
    # What processes that were killed have left beside `target`. That of a process on this machine
    # which lives, or is not ours to ask, stays.
    if os.name != "posix":
        return  # elsewhere there is no such harmless question to a process
    name = re.compile(rf"\.{re.escape(target.name)}\.([1-9]\d*)\.tmp")
    for path in target.parent.iterdir():
        found = name.fullmatch(path.name)
        if found and not _lives(int(found[1])):
            with contextlib.suppress(OSError):
                path.unlink()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # no signal, only the question whether one could be sent
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True


def _create(path: Path, dtype: np.dtype, shape: tuple[int, ...], fortran: bool) -> int:
    # A .npy file with its header, and the room for its data; where those begin.
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": fortran,
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


def _stream(name: str, x: _Stored, y: _Stored, workers: int | None) -> None:
    function = getattr(numba_logspace, name)
    options = {"keepdims": True} if name in REDUCTIONS else {}
    entries = _HELD // (x.dtype.itemsize + y.dtype.itemsize)
    with _progress(math.prod(x.shape) * x.dtype.itemsize) as bar:
        for outer, inner in _slabs(x.shape, entries):
            piece = x.read(outer, inner)
            y.write(outer, inner, function(piece, axis=1, workers=workers, **options))
            bar.update(piece.nbytes)


def _slabs(shape: tuple[int, ...], entries: int) -> Iterator[tuple[slice, slice]]:
    # (outer, inner) that cut the array into whole rows, about so many entries at a time.
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


class _NoBar(contextlib.AbstractContextManager):
    """Stands for the progress bar where there is none."""

    def __exit__(self, *error: object) -> None:
        return None

    def update(self, amount: int) -> None:
        """Do nothing."""


def _progress(size: int):
    # A bar in bytes, which shows itself after two seconds, and only on a terminal.
    try:
        from tqdm import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=size, unit="B", unit_scale=True, delay=2, disable=None, leave=False)
