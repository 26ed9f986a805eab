"""The import, and the first call of a function with and without its kernel on the disk."""

from .common import Timed, function, normals

FUNCTIONS = ("log1m_softmax", "logsumexp", "log1m_softmax_vjp", "log1mexp")
_ARRAY = "import numpy; x = -numpy.linspace(1.0, 2.0, 1000).reshape(10, 100)\n"


class Import(Timed):
    """What importing the package takes, in a fresh process."""

    def timeraw_import(self):
        """All of it, with Numba and NumPy."""
        return "import numba_logspace"

    def timeraw_import_beyond_numba(self):
        """Our own part."""
        return "import numba_logspace", "import numba, numpy"


class FirstCall(Timed):
    """The first call in a fresh process, after the import."""

    params = (FUNCTIONS,)
    param_names = ("function",)
    repeat = 3
    number = 1

    def setup(self, name):
        """Compile, so that the kernel is on the disk."""
        call, x = function(name), -abs(normals((10, 100), "float64"))
        call(x, x) if name.endswith("vjp") else call(x)

    def timeraw_warm(self, name):
        """The kernel is on the disk."""
        return _call(name), f"{_ARRAY}import numba_logspace"

    def timeraw_cold(self, name):
        """The kernel is compiled, and written to an empty folder."""
        return _call(name), (
            "import os, tempfile; folder = tempfile.TemporaryDirectory()\n"
            "os.environ['NUMBA_CACHE_DIR'] = folder.name\n"
            f"{_ARRAY}import numba_logspace"
        )


def _call(name):
    return f"numba_logspace.{name}({'x, x' if name.endswith('vjp') else 'x'})"
