"""How everything here is compiled: options, the on-disk cache and what keeps it honest."""

import contextlib
import hashlib
import inspect
import os
import pickle
import sys
import uuid
from pathlib import Path

import llvmlite
import numba
from numba import njit
from numba.core.caching import FunctionCache, NullCache
from numba.core.serialize import dumps
from numba.extending import register_jitable

# Division must not raise: the check for zero would cost a branch for every element.
_ERROR_MODEL = "numpy"

# Inlined without fail: a call inside a loop would keep it from becoming vector code. Nobody calls
# one from outside, and the wrappers for that are a fifth of the time to compile.
formula = register_jitable(
    error_model=_ERROR_MODEL, forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True
)


def _digest():
    # Every module, so that no kernel source can be forgotten.
    text = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        text.update(path.read_bytes())
    return text.hexdigest()


DIGEST = _digest()


def _name(function):
    # What a kernel is made of: its name and those of the formulas in its cells, and in theirs.
    inner = [cell.cell_contents for cell in function.__closure__ or ()]
    names = [_name(f) if inspect.isfunction(f) else repr(f) for f in inner]
    return f"{function.__module__}.{function.__qualname__}({', '.join(names)})"


class _Files:
    """One file for each kernel and signature, replaced when a source has changed."""

    def __init__(self, folder, function):
        self._folder, self._name = Path(folder), _name(function)
        self._prefix = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        # What a file must have been written by to be of use.
        self._stamp = DIGEST, numba.__version__, llvmlite.__version__, sys.version

    def _path(self, key):
        digest = hashlib.sha256(f"{self._name} {key}".encode()).hexdigest()
        return self._folder / f"{self._prefix}-{digest[:32]}.nbc"

    def load(self, key):
        try:
            stamp, data = pickle.loads(self._path(key).read_bytes())
        except Exception:  # noqa: BLE001 - missing or damaged, it is compiled anew
            return None
        return pickle.loads(data) if stamp == self._stamp else None

    def save(self, key, data):
        path = self._path(key)
        temporary = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
        try:
            temporary.write_bytes(pickle.dumps((self._stamp, dumps(data))))
            os.replace(temporary, path)
        except OSError:  # a full disk is no reason to fail
            with contextlib.suppress(OSError):
                temporary.unlink()


class _Cache(FunctionCache):
    """Numba's cache with other keys: what a kernel is made of, and the text of all sources.

    Numba's own key pickles the closure. That differs in every process where a function in it
    uses an intrinsic, which is pickled with a random number. And all kernels of one factory share
    an index, in which two processes at once can give each other's file a wrong name.
    """

    def __init__(self, function):
        super().__init__(function)
        self._cache_file = _Files(self.cache_path, function)

    def _guard_against_spurious_io_errors(self):
        return contextlib.suppress(OSError)  # such as a folder that has gone

    def _index_key(self, sig, codegen):
        return f"{sig} {codegen.magic_tuple()}"


def cache_for(function):
    """The cache for a compiled function; one that holds nothing where no folder can be had."""
    try:
        return _Cache(function)
    except RuntimeError as error:
        # Numba says so where neither the package's folder nor the home folder can be written.
        if "cannot cache function" not in str(error):
            raise
        return NullCache()


def kernel(function):
    """Compile `function` without the GIL, cached on disk where a cache folder can be had."""
    dispatcher = njit(nogil=True, error_model=_ERROR_MODEL, no_cfunc_wrapper=True)(function)
    dispatcher._cache = cache_for(function)
    return dispatcher
