"""A function over the chunks of arrays in folders of zarr, through Dask."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .._arguments import layout
from .._interop.calls import CLASSES
from . import outputs
from .calls import Call


@dataclasses.dataclass(frozen=True)
class _Array:
    """What a folder says of its array, and what it is called in messages."""

    name: str
    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype


def over_chunks(
    call: Call,
    inputs: Sequence[str],
    places: Sequence[tuple[Path, str]],
    targets: Sequence[str],
    axis: int,
    workers: int | None,
) -> None:
    """Apply a function to arrays of chunks, of which a few are held at a time."""
    import dask.array

    arrays = [_opened(path, name) for name, (path, _) in zip(inputs, places, strict=True)]
    if call.has_axis:
        layout.normalize_axes(axis, len(arrays[0].shape))
    roles = call.roles(arrays, axis)
    call.dtype(arrays)
    if outputs.PIPE in targets:
        raise ValueError("a folder of zarr cannot go through the pipe -")
    lazy = [dask.array.from_zarr(str(array.path)) for array in arrays]
    given = [u.compute() if role == CLASSES else u for u, role in zip(lazy, roles, strict=True)]
    results = call.run(given, axis, None)
    files = outputs.appearing([str(path) for path, _ in places], targets, (".zarr",))
    with files as written, _bar():
        writing = [
            dask.array.to_zarr(_even(result), str(path), compute=False)
            for result, path in zip(results, written, strict=True)
        ]
        try:
            dask.compute(*writing, scheduler="threads", num_workers=workers)
        except ValueError as error:
            # The numbers of rows in it are those in a chunk.
            raise ValueError(f"{error}, in one of the chunks") from error


def _even(lazy):
    # The chunks of a folder have one size, but those of several inputs may not meet.
    return lazy.rechunk([max(1, *lengths) for lengths in lazy.chunks])


def _opened(path: Path, name: str) -> _Array:
    import zarr

    try:
        array = zarr.open_array(path, mode="r")
    except Exception as error:  # zarr raises whatever damage leads to
        raise ValueError(f"{name} is not an array of zarr: {error}") from error
    return _Array(name, path, array.shape, np.dtype(array.dtype))


def _bar():
    from dask.diagnostics import ProgressBar

    # After two seconds, and only on a terminal.
    shown = ProgressBar(minimum=2, out=sys.stderr)
    return shown if sys.stderr.isatty() else contextlib.nullcontext()
