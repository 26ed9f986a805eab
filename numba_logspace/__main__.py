"""The command line: python -m numba_logspace demo | info | apply."""

import argparse
import contextlib
import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import llvmlite
import numba
import numpy as np

from . import _apply, _jit, _simd, _workers


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
    commands = parser.add_subparsers(dest="command", required=True)

    demo = commands.add_parser("demo", help="show what the naive formulas lose, on real data")
    demo.add_argument("--output", metavar="FOLDER", type=Path, default=Path("demo-output"))
    demo.set_defaults(run=_demo)

    info = commands.add_parser("info", help="print versions and what is in use here")
    info.set_defaults(run=_info)

    apply = commands.add_parser(
        "apply", help="apply a function to a .npy file, which may be larger than memory"
    )
    apply.add_argument("name", help=", ".join(_apply.MAPS + _apply.REDUCTIONS))
    apply.add_argument("input", type=Path, help="the .npy file to read")
    apply.add_argument("output", type=Path, help="the .npy file to write")
    apply.add_argument("--axis", type=int, default=-1, help="the axis (default: the last)")
    apply.add_argument("--workers", type=int, help="how many threads may share the work")
    apply.set_defaults(run=_run_apply)
    return parser


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


def _run_apply(arguments: argparse.Namespace) -> int:
    try:
        _apply.apply(
            arguments.name,
            arguments.input,
            arguments.output,
            axis=arguments.axis,
            workers=arguments.workers,
        )
    except (OSError, TypeError, ValueError, MemoryError) as error:
        if isinstance(error, OSError) and error.filename is not None:
            return _fail(f"{error.filename}: {error.strerror}")
        return _fail(str(error))
    return 0


# --- info --------------------------------------------------------------------------------------


def _info(arguments: argparse.Namespace) -> int:
    settings = vars(numba.config)
    lines = {
        "numba_logspace": _version("numba_logspace"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "scipy": _version("scipy"),
        "cache folder": _cache_folder() or "none",
        "vector width": _vector_width(),
        "cpu": settings["CPU_NAME"] or llvmlite.binding.get_host_cpu_name(),
        "threads": f"{_workers.limit()} of {_workers.cores()} cores, "
        f"NUMBA_NUM_THREADS {settings['NUMBA_NUM_THREADS']}",
        "cuda": "yes" if _cuda_is_available() else "no",
    }
    for name, value in lines.items():
        print(f"{name + ':':<16}{value}")
    return 0


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _cache_folder() -> str | None:
    # Numba decides by the file in which a kernel is defined; every file here has one folder.
    def probe() -> None:
        pass

    return _jit.kernel(probe).stats.cache_path


def _vector_width() -> str:
    lanes = {kind: _simd.Vector(kind).lanes for kind in _simd.FORMATS}
    numbers = ", ".join(f"{count} {kind}" for kind, count in lanes.items())
    return f"{_simd.VECTOR_BYTES} bytes ({numbers})"


def _cuda_is_available() -> bool:
    with contextlib.suppress(Exception):  # whatever is wrong with a driver, it is a no
        from numba import cuda

        return cuda.is_available()
    return False


if __name__ == "__main__":
    sys.exit(main())
