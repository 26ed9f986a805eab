"""Arrays on a GPU: times against that of a copy, and what is counted in the code without one."""

import importlib.util
import re
from types import SimpleNamespace

import numpy as np

import numba_logspace as nl

from .common import interleaved, normals

SHAPES = {
    "100000 x 256": (100_000, 256),
    "50000 x 1024": (50_000, 1_024),
    "10000 x 4096": (10_000, 4_096),
}
DTYPES = ("float32", "float64")
FUNCTIONS = ("log1m_softmax", "logsumexp")


def cuda_or_skip():
    """numba.cuda where it can compile; without numba-cuda the benchmark shows n/a."""
    if importlib.util.find_spec("numba_cuda") is None:
        raise NotImplementedError("numba-cuda is not installed")
    return importlib.import_module("numba.cuda")


class OnDevice:
    """One call with its kernels, until they are done; every kernel has been compiled before."""

    params = (FUNCTIONS, tuple(SHAPES), DTYPES)
    param_names = ("function", "shape", "dtype")

    def setup(self, function, shape, dtype):
        """Send the array, and compile."""
        self.cuda = cuda_or_skip()
        if not self.cuda.is_available():
            raise NotImplementedError("there is no GPU")
        self.x = self.cuda.to_device(normals(SHAPES[shape], dtype))
        reduces = function == "logsumexp"
        self.out = self.cuda.device_array(self.x.shape[: 1 if reduces else 2], dtype)
        self.copy = self.cuda.device_array_like(self.x)
        self.call = getattr(nl, function)
        self.time_call(function, shape, dtype)

    def _done(self, call):
        call()
        self.cuda.synchronize()

    def time_call(self, function, shape, dtype):
        """The function."""
        self._done(lambda: self.call(self.x, out=self.out))

    def track_over_copy(self, function, shape, dtype):
        """Its time over that of a copy of the array on the device."""
        t = interleaved(
            {
                "ours": lambda: self._done(lambda: self.call(self.x, out=self.out)),
                "copy": lambda: self._done(lambda: self.copy.copy_to_device(self.x)),
            },
            rounds=21,
        )
        return t["ours"] / t["copy"]


# {call: the function, the names of its arguments, and of `out` if there is one}.
HOST_CALLS = {
    "value into out": ("log1m_softmax", ("x",), "out"),
    "value": ("log1m_softmax", ("x",), None),
    "reduction": ("logsumexp", ("x",), None),
    "derivative into out": ("log1m_softmax_vjp", ("x", "g"), "out"),
    "loss": ("cross_entropy", ("x", "labels"), None),
    "loss and gradient into out": ("cross_entropy_value_and_grad", ("x", "labels"), "out"),
    "elementwise into out": ("logaddexp", ("x", "g"), "out"),
}


class Host:
    """What a call costs the host, of arrays so small that the GPU waits for the host."""

    params = list(HOST_CALLS)
    param_names = ("call",)

    def setup(self, call):
        """Send the arrays, compile, and launch a kernel of Numba that does nothing."""
        self.cuda = cuda = cuda_or_skip()
        if not cuda.is_available():
            raise NotImplementedError("there is no GPU")
        name, arguments, out = HOST_CALLS[call]
        given = {
            "x": normals((4, 10), "float64"),
            "g": normals((4, 10), "float64")[::-1].copy(),
            "labels": np.arange(4),
        }
        sent = [cuda.to_device(given[a]) for a in arguments]
        options = {"out": cuda.device_array((4, 10))} if out else {}
        function = getattr(nl, name)
        self.ours = lambda: function(*sent, **options)
        x, y = cuda.to_device(given["x"]), cuda.device_array((4, 10))
        nothing = cuda.jit(lambda x, y: None)
        self.launch = lambda: nothing[128, 128](x, y)
        for _ in range(4):  # calls that come again are done by a plan
            self._calls(self.ours)
            self._calls(self.launch)

    def _calls(self, call):
        # Fewer than a stream holds before the host has to wait.
        for _ in range(100):
            call()
        self.cuda.synchronize()

    def time_calls(self, call):
        """A hundred calls, until the GPU is done."""
        self._calls(self.ours)

    def track_over_launch(self, call):
        """The time of a call over that of a bare launch of two arrays by Numba."""
        calls = {"ours": self.ours, "launch": self.launch}
        t = interleaved({k: lambda c=c: self._calls(c) for k, c in calls.items()}, rounds=21)
        return t["ours"] / t["launch"]


class Code:
    """The PTX of log1m_softmax for rows held in registers, which is compiled without a GPU."""

    params = ((256, 4096), DTYPES)
    param_names = ("entries", "dtype")

    def setup(self, entries, dtype):
        """Compile for the architecture 9.0."""
        cuda = cuda_or_skip()
        from numba.cuda import dispatcher

        try:
            from numba_logspace._cuda import engines, memory
            from numba_logspace._family import FAMILY
        except ImportError:
            raise NotImplementedError("the kernels of this version lie elsewhere") from None

        engine, dtype = FAMILY["log1m_softmax"].engine, np.dtype(dtype)
        threads, self.held = engines._plan(engine, dtype.itemsize, entries)
        group = memory.group_of(dtype.itemsize)
        _, kernel = engines._kernel(engine, threads, self.held, group, dtype)
        of = cuda.types
        array, none = of.Array(getattr(of, dtype.name), 1, "C"), of.Tuple(())
        arguments = of.void(array, none, none, none, none, array, none, of.int64, of.int64)
        # Functions on the device ask for the present one.
        present = dispatcher.get_current_device
        dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=(9, 0))
        try:
            self.ptx, _ = cuda.compile_ptx(kernel.py_func, arguments, cc=(9, 0))
        finally:
            dispatcher.get_current_device = present

    def track_instructions(self, entries, dtype):
        """Instructions of the text for each entry, those of the rare second look with them."""
        return len(re.findall(r"^\t[^.\n][^\n]*;$", self.ptx, re.M)) / self.held

    def track_bytes(self, entries, dtype):
        """Bytes that are read and written 16 at a time, for each entry."""
        wide = re.findall(r"\b(?:ld|st)\.global\.v(\d)\.[fb](\d+)", self.ptx)
        return sum(int(count) * int(bits) // 8 for count, bits in wide) / self.held


Code.track_instructions.unit = "instructions"
Code.track_bytes.unit = "bytes"
