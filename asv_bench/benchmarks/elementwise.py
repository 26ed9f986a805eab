"""Elementwise functions over a million entries, and beside SciPy or NumPy."""

import functools

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio
from .functions import ARGUMENTS
from .peers import special

# The same in SciPy, where it has it, or written down in NumPy as the definition reads.
PEERS = {
    "log1m_sigmoid": lambda x: special.log_expit(-x),
    "log1mexp": lambda x: np.log1p(-np.exp(x)),
    "log1pexp": lambda x: np.log1p(np.exp(x)),
    "log_mix": lambda t, x, y: np.log(special.expit(t) * np.exp(x) + special.expit(-t) * np.exp(y)),
    "log_sigmoid": lambda x: special.log_expit(x),
    "logaddexp": np.logaddexp,
    "logistic": lambda x: special.expit(x),
    "logit": lambda x: special.logit(x),
    "logsubexp": lambda x, y: x + np.log1p(-np.exp(y - x)),
    "xlog1py": lambda x, y: special.xlog1py(x, y),
    "xlogy": lambda x, y: special.xlogy(x, y),
}


class Elementwise(Timed):
    """One call on a million entries, one thread."""

    params = (list(PEERS), DTYPES)
    param_names = ("function", "dtype")

    def setup(self, name, dtype):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.arguments = ARGUMENTS[name](normals((1_000, 1_000), dtype))
        self.time_call(name, dtype)

    def time_call(self, name, dtype):
        """One call."""
        self.call(*self.arguments)

    def track_ours_over_peer(self, name, dtype):
        """Its time over that of SciPy's function, or of the definition in NumPy."""
        if special is None:
            raise NotImplementedError("SciPy is not installed")
        peer = functools.partial(PEERS[name], *self.arguments)
        return ratio(functools.partial(self.time_call, name, dtype), peer)
