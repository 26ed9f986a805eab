"""How everything here is compiled: options, the on-disk cache and what keeps it honest."""

import hashlib
from pathlib import Path

from numba import njit
from numba.extending import register_jitable

# Division must not raise: the check for zero would cost a branch for every element.
_ERROR_MODEL = "numpy"

# Inlined without fail: a call inside a loop would keep it from becoming vector code.
formula = register_jitable(error_model=_ERROR_MODEL, forceinline=True)


def _digest():
    # Every private module, so that no kernel source can be forgotten.
    text = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("_*.py")):
        text.update(path.read_bytes())
    return text.hexdigest()


# Numba's cache key holds the text of one file and the closure cells of the function. Each factory
# of kernels captures this digest in a cell named digest, so that an edit of a formula in another
# file gives another key.
DIGEST = _digest()


def kernel(function):
    """Compile `function` without the GIL, cached on disk where a cache folder can be had."""
    if "digest" not in function.__code__.co_freevars:
        raise TypeError(f"{function.__qualname__} does not capture the digest of its sources")
    options = {"nogil": True, "error_model": _ERROR_MODEL}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError as error:
        # Numba says so where neither the package's folder nor the home folder can be written.
        if "cannot cache function" not in str(error):
            raise
        return njit(**options)(function)
