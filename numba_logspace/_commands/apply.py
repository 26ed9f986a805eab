"""One function over the arrays in files, which may be larger than memory, slab by slab."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from . import calls, sources


def apply(
    name: str,
    files: Sequence[str],
    axis: int = -1,
    workers: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Apply a function to arrays in files and write the results to others.

    Parameters
    ----------
    name : str
        One of `calls.NAMES`.
    files : sequence of str
        The files of the function's arrays in the order of its arguments, of which those that may
        be left out are the last, then those of its results. They are .npy files, .npz archives of
        arrays (``file.npz:name``), tables in .parquet files (``file.parquet:column,column``), or
        folders of zarr. ``-`` is a pipe. An output appears under its name, or is replaced, only
        when all of them are complete.
    axis : int
        The axis, over the whole length of which the function is taken.
    workers : int, optional
        How many threads may share the work, as in the function itself.
    options : mapping, optional
        Further arguments of the function by name: files for `calls.FILES`, and `calls.NUMBERS`.

    Raises
    ------
    OSError, TypeError, ValueError, ModuleNotFoundError
        Where one of the files, the array in it or an argument is not usable, or the library for
        its format is not there. No part of the outputs has been written then.

    Notes
    -----
    About 64 MiB are held at a time. A row is never divided: one that is longer than that is
    processed whole. Where the axis is not the one that is contiguous in the file, and so long
    that few rows fit, the file is read several times. Archives and pipes go through temporary
    files.
    """
    call, inputs, targets = calls.divided(name, files, options)
    sources.check(inputs)
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(sources.opened(source)) for source in inputs]
        kinds = [sources.kind_of(path) for path, _ in places]
        if len(set(kinds)) > 1:
            other = next(i for i, kind in enumerate(kinds) if kind != kinds[0])
            raise ValueError(
                f"all inputs must be of one kind: {inputs[0]} is {kinds[0]}, {inputs[other]} is "
                f"{kinds[other]}"
            )
        over = _over(kinds[0])
        over(call, inputs, places, targets, axis, workers)


def _over(kind: str):
    # Each way when it is needed: it may need a library.
    if kind == sources.TABLES:
        from .tables import over_tables

        return over_tables
    if kind == sources.CHUNKS:
        from .chunks import over_chunks

        return over_chunks
    from .arrays import over_arrays

    return over_arrays
