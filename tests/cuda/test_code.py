"""The machine code of CUDA kernels: 16 bytes at a time, no local memory, no double in single."""

import importlib.metadata
import re
import subprocess
import types

import numpy as np
import pytest
from kernels import (
    NAMES,
    kernel_of,
    kernel_of_columns,
    long_kernel_of,
    of_chains,
    others,
    signature,
)

cuda = pytest.importorskip("numba.cuda")

pytestmark = pytest.mark.compiled
ARCHITECTURES = [(8, 0), (9, 0), (10, 0)]
# Where tests need kernels that no other has compiled, these can wait.
SOON = {("log1m_softmax", n, cc) for n in (256, 4096) for cc in [(9, 0)]}
SOON |= {("log1m_softmax", 256, cc) for cc in ARCHITECTURES} | {("logsumexp", 256, (9, 0))}
each_kernel = pytest.mark.parametrize(
    "name, n, cc",
    [
        pytest.param(name, n, cc, marks=[] if (name, n, cc) in SOON else pytest.mark.slow)
        for name in NAMES
        for n in (256, 512, 4096)
        for cc in ARCHITECTURES
        if not (name == "log1m_softmax_vjp" and n == 4096)  # such rows are read from memory
    ],
)


@pytest.fixture
def ptx_of(monkeypatch):
    """The PTX of a kernel, with the types of its arguments, for an architecture."""
    # Functions on the device ask for the present one.
    from numba.cuda import dispatcher

    def ptx_of(kernel, arguments, cc, **options):
        device = types.SimpleNamespace(compute_capability=cc)
        monkeypatch.setattr(dispatcher, "get_current_device", lambda: device)
        return cuda.compile_ptx(kernel.py_func, arguments, cc=cc, **options)[0]

    return ptx_of


@pytest.fixture
def compiled(ptx_of):
    """The PTX of a kernel for contiguous rows, and how many entries a thread holds."""

    def compiled(name, dtype, n, cc):
        _, kernel, held = kernel_of(name, dtype, n)
        return ptx_of(kernel, signature(name, dtype), cc), held

    return compiled


def instructions(ptx):
    """The names of the instructions of PTX."""
    found = re.findall(r"^\s+(?:@!?%p\d+\s+)?([a-z]\w*(?:\.[\w:]+)*)\s[^\n]*;$", ptx, re.M)
    return [name for name in found if not name.startswith("reg")]


def _vectors(kind, found):
    # The bytes of each load or store of several numbers at once.
    wide = (re.fullmatch(rf"{kind}\.global\.v(\d)\.[fb](\d+)", name) for name in found)
    return [int(w[1]) * int(w[2]) // 8 for w in wide if w]


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


def checked(ptx, dtype, cc, folder):
    """The machine code of a kernel; it keeps all in registers, and single is never double."""
    found = instructions(ptx)
    assert not [i for i in found if ".local" in i]
    said, machine = _assembled(ptx, cc, folder)
    assert re.search(r"0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads", said)
    if dtype == "float32":
        assert not [i for i in found if ".f64" in i]
        assert not re.search(r"\bD(ADD|MUL|FMA|SETP)\b", machine)
    return machine


@each_kernel
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_code(name, dtype, n, cc, compiled, tmp_path):
    ptx, held = compiled(name, dtype, n, cc)
    found = instructions(ptx)
    group = 16 // np.dtype(dtype).itemsize
    arrays = 2 if name.endswith("vjp") else 1
    # Each entry is read once, but for what a second look at the row takes.
    assert _vectors("ld", found) == [16] * (arrays * held // group)
    assert _vectors("st", found) == [16] * (0 if name == "logsumexp" else held // group)
    machine = checked(ptx, dtype, cc, tmp_path)
    assert len(re.findall(r"\bLDG\.E\.128", machine)) == arrays * held // group


@pytest.mark.parametrize(
    "name, dtype, n",
    [
        pytest.param(name, dtype, n, marks=[pytest.mark.slow] * ((dtype, n) != ("float64", 256)))
        for name in ("log1m_softmax", "logsumexp")
        for dtype in ("float32", "float64")
        for n in (10, 256, 4096)
        if name == "log1m_softmax" or n == 4096
    ],
)
def test_code_of_columns(name, dtype, n, ptx_of, tmp_path):
    columns, size, kernel = kernel_of_columns(name, dtype, n)
    bounds = kernel.targetoptions["launch_bounds"]
    assert bounds[0] == columns * size
    ptx = ptx_of(kernel, signature(name, dtype, 3), (9, 0), launch_bounds=bounds)
    checked(ptx, dtype, (9, 0), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, dtype, n",
    [
        ("log1m_softmax", "float32", 1 << 15),
        ("log1m_softmax", "float64", 1 << 15),
        ("log1m_softmax", "float32", 1 << 17),
        ("log1m_softmax_vjp", "float64", 1 << 17),
    ],
)
def test_code_of_long_rows(name, dtype, n, ptx_of, tmp_path):
    kernel, threads, _ = long_kernel_of(name, dtype, n)
    bounds = kernel.targetoptions["launch_bounds"]
    ptx = ptx_of(kernel, signature(name, dtype), (9, 0), launch_bounds=bounds)
    # Bounded by the threads that are launched, so that they have enough registers.
    assert f".maxntid {threads}" in ptx
    found = instructions(ptx)
    assert _vectors("ld", found) and set(_vectors("ld", found)) == {16}
    checked(ptx, dtype, (9, 0), tmp_path)


_OTHERS_SOON = {("logmatmulexp", "float32"), ("log1mexp", "float64")}


@pytest.mark.parametrize(
    "name, dtype",
    [
        pytest.param(name, dtype, marks=[pytest.mark.slow] * ((name, dtype) not in _OTHERS_SOON))
        for name in others("float32")
        for dtype in ("float32", "float64")
    ],
)
def test_code_of_others(name, dtype, ptx_of, tmp_path):
    kernel, arguments = others(dtype)[name]
    checked(ptx_of(kernel, arguments, (9, 0)), dtype, (9, 0), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", of_chains())
def test_code_of_chains(name, ptx_of, tmp_path):
    kernel, arguments = of_chains()[name]
    checked(ptx_of(kernel, arguments, (9, 0)), "float64", (9, 0), tmp_path)
