"""Files that appear under their names only when all of them are complete."""

import contextlib
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

PIPE = "-"

# The temporary files and folders of this process.
_unfinished: set[Path] = set()


def forget() -> None:
    """Remove what is not finished, where the process is about to end."""
    for temporary in tuple(_unfinished):
        _remove(temporary)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def temporary(path: Path) -> Iterator[Path]:
    """A file or folder that is gone in the end, however that comes, unless it has been renamed."""
    _unfinished.add(path)
    try:
        yield path
    finally:
        _remove(path)
        _unfinished.discard(path)


@contextlib.contextmanager
def temporary_file() -> Iterator[Path]:
    """A file among the temporary ones of the system."""
    number, name = tempfile.mkstemp(prefix="numba_logspace.")
    os.close(number)
    with temporary(Path(name)) as path:
        yield path


@contextlib.contextmanager
def appearing(
    sources: Sequence[str], targets: Sequence[str], endings: Sequence[str]
) -> Iterator[list[Path]]:
    """Paths to write to, which become the targets where all goes well, else vanish."""
    for i, target in enumerate(targets):
        if target in targets[:i]:
            raise ValueError(f"two outputs must not be one file, got {target} twice")
        _check(sources, target, endings)
    with contextlib.ExitStack() as stack:
        written = [stack.enter_context(_written(target)) for target in targets]
        yield written
        ready = [
            stack.enter_context(_packed(path, target)) if target.lower().endswith(".npz") else path
            for path, target in zip(written, targets, strict=True)
        ]
        for path in ready:
            _flush(path)
        for path, target in zip(ready, targets, strict=True):
            _publish(path, target)


def _check(sources: Sequence[str], target: str, endings: Sequence[str]) -> None:
    # A link goes by its own name, and by what it leads to in all else.
    if target == PIPE:
        if sys.stdout.isatty():
            raise ValueError("the output - is a terminal: lead it into a file or a pipe")
        return
    place = Path(os.path.realpath(target))
    if not place.parent.is_dir():
        raise FileNotFoundError(f"{place.parent} is not a folder")
    if place.exists() and (not place.is_file() or ".zarr" in endings):
        raise OSError(f"{place} is not a regular file, or in the way of a folder; remove it first")
    if not target.lower().endswith(tuple(endings)):
        wanted = " or ".join(endings)
        raise ValueError(f"the name of the output must end in {wanted}, got {target}")
    for source in sources:
        if place.exists() and os.path.exists(source) and place.samefile(source):
            raise ValueError("the output is the input file; write to another")


@contextlib.contextmanager
def _written(target: str) -> Iterator[Path]:
    # What becomes the target; of a pipe, and of what will be packed, it lies elsewhere.
    if target == PIPE or target.lower().endswith(".npz"):
        with temporary_file() as path:
            yield path
        return
    with _beside(target) as path:
        yield path


@contextlib.contextmanager
def _beside(target: str) -> Iterator[Path]:
    place = Path(os.path.realpath(target))
    _remove_stale(place)
    with temporary(place.with_name(f".{place.name}.{os.getpid()}.tmp")) as path:
        yield path


@contextlib.contextmanager
def _packed(array: Path, target: str) -> Iterator[Path]:
    # As numpy.savez does for one array.
    with _beside(target) as path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            archive.write(array, "arr_0.npy")
        yield path


def _flush(path: Path) -> None:
    if path.is_file():
        with open(path, "r+b") as file:
            os.fsync(file.fileno())


def _publish(path: Path, target: str) -> None:
    if target != PIPE:
        os.replace(path, os.path.realpath(target))
        return
    with open(path, "rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _remove_stale(target: Path) -> None:
    # What processes that were killed have left beside `target`. That of a process on this machine
    # which lives, or is not ours to ask, stays.
    if os.name != "posix":
        return  # elsewhere there is no such harmless question to a process
    name = re.compile(rf"\.{re.escape(target.name)}\.([1-9]\d*)\.tmp")
    for path in target.parent.iterdir():
        found = name.fullmatch(path.name)
        if found and not _lives(int(found[1])):
            _remove(path)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)  # no signal, only the question whether one could be sent
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
