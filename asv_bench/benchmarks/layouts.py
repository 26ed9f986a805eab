"""The same million numbers in other layouts and along other axes."""

import functools

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio


def _square(dtype):
    return normals((1_000, 1_000), dtype)


# The array, and the axis of a row of a thousand.
LAYOUTS = {
    "last axis": lambda dtype: (_square(dtype), -1),
    "first axis": lambda dtype: (_square(dtype), 0),
    "middle axis": lambda dtype: (normals((10, 1_000, 100), dtype), 1),
    "Fortran, last axis": lambda dtype: (np.asfortranarray(_square(dtype)), -1),
    "Fortran, first axis": lambda dtype: (np.asfortranarray(_square(dtype)), 0),
    "every second column": lambda dtype: (normals((1_000, 2_000), dtype)[:, ::2], -1),
    "backwards": lambda dtype: (_square(dtype)[:, ::-1], -1),
    "other byte order": lambda dtype: (_square(dtype).astype(np.dtype(dtype).newbyteorder()), -1),
}


class Layouts(Timed):
    """One thread."""

    params = (("log1m_softmax", "logsumexp"), list(LAYOUTS), DTYPES)
    param_names = ("function", "layout", "dtype")

    def setup(self, name, layout, dtype):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.x, self.axis = LAYOUTS[layout](dtype)
        self.time_value(name, layout, dtype)

    def time_value(self, name, layout, dtype):
        """One call."""
        self.call(self.x, self.axis, workers=1)

    def track_over_last_axis(self, name, layout, dtype):
        """Its time over that of contiguous rows along the last axis."""
        plain = _square(dtype)
        ours = functools.partial(self.time_value, name, layout, dtype)
        return ratio(ours, lambda: self.call(plain, -1, workers=1))
