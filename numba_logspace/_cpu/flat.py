"""Contiguous arrays as kernels take them."""

import numpy as np


def flat(array):
    """A contiguous array as kernels take it, with one axis and not read-only; None for None."""
    if array is None:
        return None
    array = array.reshape(-1)
    # Numba would compile a second kernel for read-only arrays; none writes to an input.
    return array if array.flags.writeable else np.asarray(_Unlocked(array))


class _Unlocked:
    """The memory of an array, as if it could be written to."""

    def __init__(self, array):
        place, _ = array.__array_interface__["data"]
        self.__array_interface__ = array.__array_interface__ | {"data": (place, False)}
        self._owner = array  # kept alive as long as this is
