"""The functions on arrays of other libraries: a file for each, imported with its first array."""

from collections.abc import Callable
from typing import Any


class _Public(dict):
    """The public functions by name; derivatives of elementwise ones when they are asked for."""

    derivative: Callable[[str], Any]

    def __missing__(self, name):
        self[name] = self.derivative(name)
        return self[name]


# Filled when the package is imported.
PUBLIC = _Public()
