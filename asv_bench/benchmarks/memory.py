"""What a call allocates beyond its arguments and its result."""

import subprocess
import sys

from .common import function

SIZE = 80_000_000  # bytes; what an allocator or a thread needs for itself is little beside it
CALLS = {
    "log1m_softmax": "numba_logspace.log1m_softmax(x, out=out, workers=1)",
    "log1m_softmax, axis 0": "numba_logspace.log1m_softmax(x, 0, out=out, workers=1)",
    "log1m_softmax, backwards": "numba_logspace.log1m_softmax(x[::-1, ::-1], out=out, workers=1)",
    "log1m_softmax, two workers": "numba_logspace.log1m_softmax(x, out=out, workers=2)",
    "log1m_softmax_vjp": "numba_logspace.log1m_softmax_vjp(x, x, out=out, workers=1)",
    "logsumexp": "numba_logspace.logsumexp(x, workers=1)",
    "NumPy, softmax": "e = numpy.exp(x); e /= e.sum(axis=-1, keepdims=True)",
    "SciPy, log_softmax": "result = special.log_softmax(x, axis=-1)",
}
# Called with fewer numbers before, on the same way through memory (columns of up to 8192), so that
# neither compiling nor the first call counts.
_CODE = """
import resource, numpy, numba_logspace
try:
    from scipy import special
except ImportError:
    print("nan"), exit()
def call(rows):
    x, out = numpy.ones((rows, 1250)), numpy.ones((rows, 1250))
    x[:, ::7] = 3
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    {call}
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / x.nbytes
call(3), call(300)
print(call({size} // 10000))
"""


class Memory:
    """The growth of the resident memory of a fresh process during one call on 80 MB."""

    params = (list(CALLS),)
    param_names = ("call",)
    unit = "times the argument"
    timeout = 120

    def setup(self, call):
        """N/a where the function is."""
        if call.startswith("log"):
            function(call.partition(",")[0])

    def track_peak_beyond_arguments(self, call):
        """In units of the size of the argument; a result that is not given counts too."""
        code = _CODE.format(call=CALLS[call], size=SIZE)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return float(done.stdout)
