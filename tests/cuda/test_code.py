"""The machine code of CUDA kernels: 16 bytes at a time, no local memory, no double in single."""

import importlib.metadata
import re
import subprocess
import types

import numpy as np
import pytest

pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
cuda = pytest.importorskip("numba.cuda")

from numba_logspace import _cuda, _cuda_memory, gradients, rows  # noqa: E402

pytestmark = pytest.mark.compiled
ENGINES = {
    "log1m_softmax": rows._LOG1M_SOFTMAX,
    "logsumexp": rows._LOGSUMEXP,
    "log1m_softmax_vjp": gradients._LOG1M_SOFTMAX,
}
ARCHITECTURES = [(8, 0), (9, 0), (10, 0)]
# Where tests need kernels that no other has compiled, these can wait.
SOON = {("log1m_softmax", n, cc) for n in (256, 4096) for cc in [(9, 0)]}
SOON |= {("log1m_softmax", 256, cc) for cc in ARCHITECTURES} | {("logsumexp", 256, (9, 0))}
each_kernel = pytest.mark.parametrize(
    "name, n, cc",
    [
        pytest.param(name, n, cc, marks=[] if (name, n, cc) in SOON else pytest.mark.slow)
        for name in ENGINES
        for n in (256, 512, 4096)
        for cc in ARCHITECTURES
        if not (name == "log1m_softmax_vjp" and n == 4096)  # such rows are read from memory
    ],
)


@pytest.fixture
def compiled(monkeypatch):
    """The PTX of a kernel for contiguous rows, and how many entries a thread holds."""
    # Functions on the device ask for the present one.
    from numba.cuda import dispatcher

    def compiled(name, dtype, n, cc):
        device = types.SimpleNamespace(compute_capability=cc)
        monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
        engine, size = ENGINES[name], np.dtype(dtype).itemsize
        threads, held = _cuda._plan(engine, size, 1000, n, 1)
        group = _cuda_memory.group_of(size)
        _, kernel = _cuda._kernel(engine, threads, held, group, np.dtype(dtype))
        ptx, _ = cuda.compile_ptx(kernel.py_func, _signature(name, dtype), cc=cc)
        return ptx, held

    return compiled


def _signature(name, dtype):
    from numba import types as of

    array, none = of.Array(getattr(of, dtype), 1, "C"), of.Tuple(())
    values, out = (array, none) if name == "logsumexp" else (none, array)
    g = array if name.endswith("vjp") else none
    return of.void(array, g, none, none, values, out, none, of.int64, of.int64)


def instructions(ptx):
    """The names of the instructions of PTX."""
    found = re.findall(r"^\s+(?:@!?%p\d+\s+)?([a-z]\w*(?:\.[\w:]+)*)\s[^\n]*;$", ptx, re.M)
    return [name for name in found if not name.startswith("reg")]


def _assembled(ptx, cc, folder):
    # (what ptxas says, the machine code), by the tools of the packages of NVIDIA.
    tools = {}
    for package in ("nvidia-cuda-nvcc", "nvidia-cuda-nvdisasm"):
        try:
            files = importlib.metadata.files(package)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"{package} is not installed")
        tools |= {f.name: f.locate() for f in files if f.name in ("ptxas", "nvdisasm")}
    source, binary = folder / "kernel.ptx", folder / "kernel.cubin"
    source.write_text(ptx)
    architecture = f"sm_{cc[0]}{cc[1]}"
    options = {"check": True, "capture_output": True, "text": True}
    assembly = [tools["ptxas"], "-v", "-arch", architecture, source, "-o", binary]
    said = subprocess.run(assembly, **options).stderr
    return said, subprocess.run([tools["nvdisasm"], binary], **options).stdout


@each_kernel
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_code(name, dtype, n, cc, compiled, tmp_path):
    ptx, held = compiled(name, dtype, n, cc)
    found = instructions(ptx)
    group = 16 // np.dtype(dtype).itemsize
    vector = f"global.v{group}.f{8 * np.dtype(dtype).itemsize}"
    arrays = 2 if name.endswith("vjp") else 1
    # Each entry is read once, but for what a second look at the row takes.
    assert found.count(f"ld.{vector}") == arrays * held // group
    assert found.count(f"st.{vector}") == (0 if name == "logsumexp" else held // group)
    assert not [i for i in found if ".local" in i]
    if dtype == "float32":
        assert not [i for i in found if ".f64" in i]
    said, machine = _assembled(ptx, cc, tmp_path)
    assert re.search(r"0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads", said)
    assert len(re.findall(r"\bLDG\.E\.128", machine)) == arrays * held // group
    if dtype == "float32":
        assert not re.search(r"\bD(ADD|MUL|FMA|SETP)\b", machine)
