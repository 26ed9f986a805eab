"""Where the arrays come from: files by what is in them, members of archives, a pipe."""

import contextlib
import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from .outputs import PIPE, temporary_file

ARRAYS, TABLES, CHUNKS = "an array in a file", "a table", "an array in a folder"


@contextlib.contextmanager
def opened(source: str) -> Iterator[tuple[Path, str]]:
    """(path, what is chosen of it): of a pipe the path of a copy."""
    if source == PIPE:
        with temporary_file() as path:
            with open(path, "wb") as file:
                shutil.copyfileobj(sys.stdin.buffer, file)
            yield path, ""
        return
    name, _, chosen = source.rpartition(":")
    # A colon may be part of the name.
    yield (Path(name), chosen) if name and not Path(source).exists() else (Path(source), "")


def check(sources: Sequence[str]) -> None:
    """Refuse two arrays from the one pipe."""
    if list(sources).count(PIPE) > 1:
        raise ValueError("only one input may be -, the pipe")


def kind_of(path: Path) -> str:
    """What is in a file or folder, by its beginning, whatever its name."""
    if any((path / name).is_file() for name in ("zarr.json", ".zarray")):
        return CHUNKS
    with open(path, "rb") as file:  # a file that cannot be read is not a damaged one
        return TABLES if file.read(4) == b"PAR1" else ARRAYS


@contextlib.contextmanager
def unpacked(path: Path, chosen: str, name: str) -> Iterator[Path]:
    """The .npy file itself, or a copy of the member of an .npz archive."""
    if not zipfile.is_zipfile(path):
        if chosen:
            raise ValueError(f"{name}: only archives and tables have parts to choose from")
        yield path
        return
    with zipfile.ZipFile(path) as archive, temporary_file() as copy:
        names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
        if not chosen and len(names) == 1:
            chosen = names[0]
        if chosen not in names:
            raise ValueError(
                f"{name}: choose one of the arrays {', '.join(names)}, as in {path}:{names[0]}"
                if names
                else f"{name} is an archive without arrays"
            )
        with archive.open(f"{chosen}.npy") as member, open(copy, "wb") as file:
            shutil.copyfileobj(member, file)
        yield copy
