"""The largest error in units in the last place, so that speed bought with digits shows."""

import pathlib
import sys
import warnings

import numpy as np

from .common import DTYPES, function

sys.path.append(str(pathlib.Path(__file__).parents[2] / "tests"))

try:
    # The exact values and the rows that hurt are those of the tests.
    import accuracy_table
except ImportError:
    accuracy_table = None

OF_PEERS = ("softmax", "log_softmax", "logsumexp")
FUNCTIONS = (*OF_PEERS, "log1m_softmax", "loo_logsumexp", "log1m_softmax_vjp", "log1mexp")


class Accuracy:
    """Over the corpus of the tests: ours, and SciPy and PyTorch where they have the function."""

    params = (FUNCTIONS, ("ours", "SciPy", "PyTorch"), DTYPES)
    param_names = ("function", "impl", "dtype")
    unit = "ulp"
    timeout = 120

    def setup(self, name, impl, dtype):
        """Find the function."""
        if accuracy_table is None:
            raise NotImplementedError("python-flint or pytest is not installed")
        ours = {"ours": {name: function(name)}}
        self.call = (ours | accuracy_table.peers()).get(impl, {}).get(name)
        if self.call is None:
            raise NotImplementedError(f"{impl} is not installed, or has no {name}")

    def track_largest_error(self, name, impl, dtype):
        """The largest error of all rows."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # of the peers
            return accuracy_table.worst(name, self.call, np.dtype(dtype).type)[0]
