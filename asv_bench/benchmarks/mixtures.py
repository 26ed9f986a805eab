"""Products of matrices of logarithms: their times, and ratios to SciPy and to exp and matmul."""

import numpy as np

import numba_logspace as nl

from .common import interleaved, normals, through_matmul

DTYPES = ("float32", "float64")
SIZES = {
    "64 x 64 x 64": ((64, 64), (64, 64)),
    "256 x 256 x 256": ((256, 256), (256, 256)),
    "one step of 20 states": ((1, 20), (20, 20)),
    "1000 chains of 8 states": ((1000, 1, 8), (8, 8)),
}


class Products:
    """One call, one thread; every kernel has been compiled before."""

    params = (list(SIZES), DTYPES)
    param_names = ("size", "dtype")

    def setup(self, size, dtype):
        """Make the arguments, and compile."""
        self.a, self.b = (normals(shape, dtype) for shape in SIZES[size])
        self.time_logmatmulexp(size, dtype)

    def time_logmatmulexp(self, size, dtype):
        """The product."""
        nl.logmatmulexp(self.a, self.b, workers=1)

    def track_ours_over_scipy(self, size, dtype):
        """Its time over that of SciPy's logsumexp of all terms at once."""
        return self._ratio(lambda: _through_scipy(self.a, self.b))

    def track_ours_over_matmul(self, size, dtype):
        """Its time over that of shifted exponentials and matmul, which underflow."""
        return self._ratio(lambda: through_matmul(self.a, self.b))

    def _ratio(self, peer):
        ours = {"ours": lambda: nl.logmatmulexp(self.a, self.b, workers=1)}
        t = interleaved(ours | {"peer": peer}, rounds=5)
        return t["ours"] / t["peer"]


def _through_scipy(a, b):
    from scipy import special

    return special.logsumexp(a[..., :, :, None] + b[..., None, :, :], axis=-2)


class Mixtures:
    """One call on a million entries each."""

    params = (("log_mix", "log_mix_dt", "log_mix_dx", "log_mix_dy", "gated_log_softmax"), DTYPES)
    param_names = ("function", "dtype")

    def setup(self, function, dtype):
        """Make the arguments, and compile."""
        t, x, y = normals((3, 10_000, 100), dtype)
        gated = function == "gated_log_softmax"
        self.arguments = (t[:, 0].copy(), x, y) if gated else (t, x, y)
        self.call = getattr(nl, function)
        self.time_mixture(function, dtype)

    def time_mixture(self, function, dtype):
        """One of the mixtures; `gated_log_softmax` returns twice as many entries."""
        np.asarray(self.call(*self.arguments))
