"""Products of matrices of logarithms: their times, and ratios to SciPy and to exp and matmul."""

import functools

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio
from .peers import special

SIZES = {
    "64 x 64 x 64": ((64, 64), (64, 64)),
    "256 x 256 x 256": ((256, 256), (256, 256)),
    "one step of 20 states": ((1, 20), (20, 20)),
    "1000 chains of 8 states": ((1000, 1, 8), (8, 8)),
}
# Numbers of matrices: the last two need an exponential for each term, in float64.
FORMS = ("ordinary", "wide", "log-stochastic", "near 0", "maxima apart")


def through_matmul(a, b):
    """log(exp(a) @ exp(b)) by matmul of exponentials relative to the largest; they underflow."""
    m, k = a.max(axis=-1, keepdims=True), b.max(axis=-2, keepdims=True)
    return m + k + np.log(np.exp(a - m) @ np.exp(b - k))


def _through_scipy(a, b):
    return special.logsumexp(a[..., :, :, None] + b[..., None, :, :], axis=-2)


class Products(Timed):
    """One product; one thread."""

    params = (list(SIZES), DTYPES)
    param_names = ("size", "dtype")

    def setup(self, size, dtype):
        """Make the arguments, and compile."""
        self.arrays = [normals(shape, dtype) for shape in SIZES[size]]
        self.ours = functools.partial(function("logmatmulexp"), *self.arrays, workers=1)
        self.ours()

    def time_logmatmulexp(self, size, dtype):
        """The product."""
        self.ours()

    def track_ours_over_scipy(self, size, dtype):
        """Its time over that of SciPy's logsumexp of all terms at once."""
        if special is None:
            raise NotImplementedError("SciPy is not installed")
        return ratio(self.ours, functools.partial(_through_scipy, *self.arrays), rounds=3)

    def track_ours_over_matmul(self, size, dtype):
        """Its time over that of shifted exponentials and matmul, which underflow."""
        return ratio(self.ours, functools.partial(through_matmul, *self.arrays))


def of_form(form, n, dtype):
    """Two square matrices whose numbers decide how they are multiplied."""
    a, b = (normals((2, n, n), dtype) * (300 if form == "wide" else 3)).astype(dtype)
    if form == "log-stochastic":
        return function("log_softmax")(a), function("log_softmax")(b)
    if form == "near 0":
        return a / 30, (b / 30 - np.log(n)).astype(dtype)
    if form == "maxima apart":
        a[:, n // 2 :] -= 1e4
        b[: n // 2] -= 1e4
    return a, b


class Numbers(Timed):
    """Products of 64 x 64 matrices, by their numbers; one thread."""

    params = (FORMS, DTYPES)
    param_names = ("numbers", "dtype")

    def setup(self, form, dtype):
        """Make the arguments, and compile."""
        self.arrays = of_form(form, 64, dtype)
        self.ours = functools.partial(function("logmatmulexp"), *self.arrays, workers=1)
        self.ours()

    def time_logmatmulexp(self, form, dtype):
        """The product."""
        self.ours()
