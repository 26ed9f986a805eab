"""An extension of Sphinx: the inventories that intersphinx reads, made from what is installed.

So names of NumPy, SciPy, Python and Numba become links, and no request leaves the build. NumPy and
SciPy have a page for each public function and class, whose address is a rule of their sites.
"""

import importlib
import zlib
from pathlib import Path

FOLDER = Path(__file__).parent / "auto_reference"
_GENERATED = "reference/generated/{0}.html#{0}"
_MODULES = {
    "numpy": ("numpy", "numpy.linalg", "numpy.random"),
    "scipy": ("scipy.special", "scipy.optimize", "scipy.stats", "scipy.linalg", "scipy.sparse"),
}
# What our pages name of the others, and the terms of NumPy's glossary that docstrings use.
_LISTED = {
    "numpy": {
        "array_like": ("std:term", "glossary.html#term-array_like"),
        "arrays.scalars": ("std:label", "reference/arrays.scalars.html#arrays-scalars"),
    },
    "scipy": {
        "scipy.special": ("py:module", "reference/special.html#module-scipy.special"),
        "scipy.optimize": ("py:module", "reference/optimize.html#module-scipy.optimize"),
    },
    "python": {
        **{
            name: ("py:class", f"library/functions.html#{name}")
            for name in ("int", "bool", "float")
        },
        **{
            name: ("py:class", f"library/stdtypes.html#{name}") for name in ("str", "tuple", "dict")
        },
        **{
            name: ("py:exception", f"library/exceptions.html#{name}")
            for name in ("TypeError", "ValueError", "NotImplementedError", "MemoryError")
        },
        "None": ("py:data", "library/constants.html#None"),
    },
    "numba": {
        "numba.njit": ("py:function", "reference/jit-compilation.html#numba.jit"),
        "numba.jit": ("py:function", "reference/jit-compilation.html#numba.jit"),
        "numba.prange": ("py:function", "user/parallel.html#explicit-parallel-loops"),
        "numba.cuda.jit": ("py:function", "cuda-reference/kernel.html#numba.cuda.jit"),
        "numba.extending.intrinsic": (
            "py:function",
            "extending/high-level.html#implementing-intrinsics",
        ),
    },
}
SITES = {
    "numpy": ("https://numpy.org/doc/stable/", "NumPy"),
    "scipy": ("https://docs.scipy.org/doc/scipy/", "SciPy"),
    "python": ("https://docs.python.org/3/", "Python"),
    "numba": ("https://numba.readthedocs.io/en/stable/", "Numba"),
}


def entries(library):
    """{name: (domain and role, address)} of what a library has."""
    found = {}
    for module in _MODULES.get(library, ()):
        for name, value in vars(importlib.import_module(module)).items():
            if callable(value) and not name.startswith("_"):
                role = "py:class" if isinstance(value, type) else "py:function"
                full = f"{module}.{name}"
                found[full] = role, _GENERATED.format(full)
    return found | _LISTED.get(library, {})


def inventory(library):
    """The bytes of an inventory, as Sphinx of version 2 of the format reads it."""
    head = f"# Sphinx inventory version 2\n# Project: {SITES[library][1]}\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    lines = (f"{name} {role} 1 {at} -\n" for name, (role, at) in sorted(entries(library).items()))
    return head.encode() + zlib.compress("".join(lines).encode())


def write(app, config):
    """Write them where `mapping` says, before intersphinx reads them."""
    FOLDER.mkdir(exist_ok=True)
    for library in SITES:
        path, content = FOLDER / f"{library}.inv", inventory(library)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)


def mapping():
    """What conf.py tells intersphinx."""
    return {name: (site, str(FOLDER / f"{name}.inv")) for name, (site, _) in SITES.items()}


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", write)
    return {"parallel_read_safe": True}
