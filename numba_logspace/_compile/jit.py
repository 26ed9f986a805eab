"""How everything here is compiled: options, the on-disk cache and what keeps it honest."""

import contextlib
import hashlib
import os
import pickle
import sys
import uuid
from pathlib import Path

import llvmlite
import numba
from numba import config
from numba.core.caching import FunctionCache, NullCache
from numba.core.ccallback import CFunc
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher, cpu_target
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from .inline import ERROR_MODEL
from .names import distinct, name_of


def _digest():
    # Every module of every folder, so that no kernel source can be forgotten.
    text = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        text.update(path.read_bytes())
    return text.hexdigest()


DIGEST = _digest()
# What a file of the cache must have been written by to be of use.
STAMP = DIGEST, numba.__version__, llvmlite.__version__, sys.version


class _Files:
    """One file for each kernel and signature, replaced when a source has changed."""

    def __init__(self, folder, function):
        self._folder, self._name = Path(folder), name_of(function)
        self._prefix = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"

    def _path(self, key):
        digest = hashlib.sha256(f"{self._name} {key}".encode()).hexdigest()
        return self._folder / f"{self._prefix}-{digest[:32]}.nbc"

    def load(self, key):
        try:
            with self._path(key).open("rb") as file:
                stamp, _ = pickle.load(file)
                return pickle.load(file) if stamp == STAMP else None
        except Exception:  # noqa: BLE001 - missing or damaged, it is compiled anew
            return None

    def save(self, key, data):
        path = self._path(key)
        temporary = path.with_suffix(f".{uuid.uuid4().hex}.tmp")
        try:
            temporary.write_bytes(pickle.dumps((STAMP, self._name)) + dumps(data))
            os.replace(temporary, path)
        except OSError:  # a full disk is no reason to fail
            with contextlib.suppress(OSError):
                temporary.unlink()


def cached_kernels():
    """[(name, bytes) of each kernel in the cache that is of use to these sources]."""
    folder, found = cache_folder(), []
    for path in sorted(Path(folder).glob("*.nbc")) if folder else ():
        # What is not ours, or is damaged, or has just gone, is of no use.
        with contextlib.suppress(Exception), path.open("rb") as file:
            stamp, name = pickle.load(file)
            if stamp == STAMP:
                found.append((name, path.stat().st_size))
    return found


class _Cache(FunctionCache):
    """Numba's cache with other keys: what a kernel is made of, and the text of all sources.

    Numba's own key pickles the closure. That differs in every process where a function in it
    uses an intrinsic, which is pickled with a random number. And all kernels of one factory share
    an index, in which two processes at once can give each other's file a wrong name.
    """

    def __init__(self, function):
        # Numba's choice of a folder goes by the file of a function: one of this file's for all.
        super().__init__(_digest)
        self._cache_file = _Files(self.cache_path, function)

    def _guard_against_spurious_io_errors(self):
        return contextlib.suppress(OSError)  # such as a folder that has gone

    def _index_key(self, sig, codegen):
        return f"{sig} {codegen.magic_tuple()}"

    def load_overload(self, sig, target_context):
        # Not as Numba does, which first brings in all that compiling may need, in a second.
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def cache_for(function):
    """The cache for a compiled function; one that holds nothing where no folder can be had."""
    try:
        return _Cache(function)
    except RuntimeError as error:
        # Numba says so where neither the package's folder nor the home folder can be written.
        if "cannot cache function" not in str(error):
            raise
        return NullCache()


def cache_folder():
    """The folder of the cache; None where none can be had."""
    # Numba decides by the file in which a function is defined; every kernel here has one folder.
    return cache_for(_digest).cache_path


@contextlib.contextmanager
def _compiling():
    # NUMBA_DISABLE_JIT is for debugging in users' own functions. Kernels are SIMD code and cannot
    # run in Python, so they are compiled all the same.
    with global_compiler_lock:
        before, config.DISABLE_JIT = config.DISABLE_JIT, 0
        try:
            yield
        finally:
            config.DISABLE_JIT = before


class _Kernel(CPUDispatcher):
    def compile(self, sig):
        with _compiling():
            return super().compile(sig)


def kernel(function):
    """Compile `function` without the GIL, cached on disk where a cache folder can be had."""
    options = {
        "nopython": True,
        "nogil": True,
        "error_model": ERROR_MODEL,
        "fastmath": False,
        "boundscheck": None,
        "no_cfunc_wrapper": True,
    }
    dispatcher = _Kernel(distinct(function), targetoptions=options)
    dispatcher._cache = cache_for(function)
    return dispatcher


def c_function(function, signature):
    """Compile for calls from C: (the address, what has to live as long as that is of use).

    Numba's own way to load one from its cache would first bring in all of Numba, in half a second.
    """
    files = getattr(cache_for(function), "_cache_file", None)  # none in a cache of nothing
    codegen = cpu_target.target_context.codegen()
    key = f"{signature} {codegen.magic_tuple()}"
    found = files.load(key) if files else None
    if found is not None:
        code, name = found
        library = codegen.unserialize_library(code)
        return library.get_pointer_to_function(name), library
    options = {"error_model": ERROR_MODEL}
    compiled = CFunc(distinct(function), (signature.args, signature.return_type), {}, options)
    with _compiling():
        compiled.compile()
    if files:
        code = compiled._library.serialize_using_object_code()
        files.save(key, (code, compiled.native_name))
    return compiled.address, compiled
