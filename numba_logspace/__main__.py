"""The command line: python -m numba_logspace demo | info | compile | apply."""

import argparse
import contextlib
import importlib.metadata
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import llvmlite
import numba
import numpy as np

from . import __version__
from ._commands import apply, cache, calls, outputs
from ._compile import jit
from ._cpu import workers
from ._family import FAMILY
from ._formulas import simd


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and leave."""
        sys.exit(_fail(message))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        The exit code: 0, or 2 where the input or the installation does not allow it.
    """
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except KeyboardInterrupt:
        print("numba_logspace: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="numba_logspace",
        description="Log-space numerics, exact to a few units in the last place.",
    )
    parser.add_argument("--version", action="version", version=f"numba_logspace {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)

    demo = commands.add_parser("demo", help="show what the naive formulas lose, on real data")
    demo.add_argument("--output", metavar="FOLDER", type=Path, default=Path("demo-output"))
    demo.set_defaults(run=_demo)

    info = commands.add_parser("info", help="print versions, what is in use here, and the cache")
    info.set_defaults(run=_info)

    compile_ = commands.add_parser(
        "compile", help="fill the kernel cache ahead of the first calls, as for a container"
    )
    compile_.add_argument("names", nargs="*", help="the functions (default: all)", metavar="name")
    compile_.add_argument("--dtype", nargs="+", choices=cache.DTYPES, default=cache.DTYPES)
    compile_.add_argument("--workers", type=int, help="how many processes may share the work")
    compile_.set_defaults(run=_run_compile)

    apply_ = commands.add_parser(
        "apply", help="apply a function to arrays in files, which may be larger than memory"
    )
    apply_.add_argument("name", type=_name_for_files, help=", ".join(calls.NAMES))
    apply_.add_argument(
        "files",
        nargs="+",
        metavar="file",
        help="the function's arrays in the order of its arguments, then what it gives: .npy, "
        "file.npz:name, file.parquet:column,column, a folder of zarr, or - for a pipe",
    )
    apply_.add_argument("--axis", type=int, default=-1, help="the axis (default: the last)")
    apply_.add_argument("--workers", type=int, help="how many threads may share the work")
    _add_options(apply_)
    apply_.set_defaults(run=_run_apply)
    return parser


def _add_options(parser: argparse.ArgumentParser) -> None:
    # What functions take besides, each only some of them.
    for name, text in calls.FILES.items():
        parser.add_argument(calls.flag(name), metavar="FILE", help=text)
    for name, text in calls.NUMBERS.items():
        parser.add_argument(calls.flag(name), metavar="NUMBER", type=float, help=text)


def _name_for_files(name: str) -> str:
    try:
        return calls.check_name(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fail(message: str) -> int:
    print("numba_logspace: error:", " ".join(message.split()), file=sys.stderr)
    return 2


def _demo(arguments: argparse.Namespace) -> int:
    try:
        from . import demo

        demo.run(arguments.output)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(__package__):
            raise
        return _fail(f"the demo needs {error.name}: pip install 'numba_logspace[demo]'")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}")
    return 0


# --- apply -------------------------------------------------------------------------------------


def _run_apply(arguments: argparse.Namespace) -> int:
    given = {name: getattr(arguments, name) for name in (*calls.FILES, *calls.NUMBERS)}
    options = {name: value for name, value in given.items() if value is not None}
    try:
        with _tidy_on_signals():
            apply.apply(arguments.name, arguments.files, arguments.axis, arguments.workers, options)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith(__package__):
            raise
        return _fail(f"this needs {error.name}: pip install 'numba_logspace[files]'")
    except (OSError, TypeError, ValueError, MemoryError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            return _fail(f"{error.filename}: {error.strerror}")
        return _fail(str(error))
    return 0


@contextlib.contextmanager
def _tidy_on_signals() -> Iterator[None]:
    # What is ignored, as under nohup, or has a handler already, is left to whoever set it.
    names = "SIGTERM", "SIGHUP"
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        ours = []  # only that one may set handlers
    try:
        for number in ours:
            signal.signal(number, _tidy_and_end)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _tidy_and_end(number: int, frame: FrameType | None) -> NoReturn:
    # The process would have ended here anyway. An exception may be lost in a callback of LLVM, or
    # leave Numba half way through a compilation, and waits for threads that compile.
    try:
        outputs.forget()
        os.write(2, b"numba_logspace: terminated\n")
    finally:
        os._exit(128 + number)


# --- compile -----------------------------------------------------------------------------------


def _run_compile(arguments: argparse.Namespace) -> int:
    names = arguments.names or list(FAMILY)
    for name in names:
        if name not in FAMILY:
            return _fail(calls.unknown(name, list(FAMILY), "numba_logspace.__all__ has all"))
    if arguments.workers is not None and arguments.workers < 1:
        return _fail(f"--workers must be a positive number, got {arguments.workers}")
    if jit.cache_folder() is None:
        return _fail("there is no folder that can be written: set NUMBA_CACHE_DIR to one")
    try:
        seconds = cache.fill(names, arguments.dtype, arguments.workers)
    except ModuleNotFoundError as error:
        if error.name != "tqdm":
            raise
        return _fail("compile needs tqdm: pip install 'numba_logspace[demo]'")
    kernels = jit.cached_kernels()
    print(f"{len(kernels)} kernels of {_megabytes(kernels)} after {seconds:.0f} s")
    return 0


def _megabytes(kernels: Sequence[tuple[str, int]]) -> str:
    return f"{sum(size for _, size in kernels) / 1e6:.1f} MB"


# --- info --------------------------------------------------------------------------------------


def _info(arguments: argparse.Namespace) -> int:
    settings = vars(numba.config)
    lines = {
        "numba_logspace": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "scipy": _version("scipy"),
        "cache folder": jit.cache_folder() or "none",
        "vector width": _vector_width(),
        "cpu": settings["CPU_NAME"] or llvmlite.binding.get_host_cpu_name(),
        "threads": f"{workers.limit()} of {workers.cores()} cores, "
        f"NUMBA_NUM_THREADS {settings['NUMBA_NUM_THREADS']}",
        "cuda": "yes" if _cuda_is_available() else "no",
    }
    kernels = jit.cached_kernels()
    lines["cached"] = f"{len(kernels)} kernels of {_megabytes(kernels)}"
    for name, value in lines.items():
        print(f"{name + ':':<16}{value}")
    for function, count, size in cache.listing(kernels):
        print(f"    {function:<44}{count:>4} kernels {size / 1e6:>6.1f} MB")
    return 0


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _vector_width() -> str:
    lanes = {kind: simd.Vector(kind).lanes for kind in simd.FORMATS}
    numbers = ", ".join(f"{count} {kind}" for kind, count in lanes.items())
    return f"{simd.VECTOR_BYTES} bytes ({numbers})"


def _cuda_is_available() -> bool:
    with contextlib.suppress(Exception):  # whatever is wrong with a driver, it is a no
        from numba import cuda

        return cuda.is_available()
    return False


if __name__ == "__main__":
    sys.exit(main())
