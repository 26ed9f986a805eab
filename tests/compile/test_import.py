"""What an import costs, where the package can live, and what it keeps on disk between runs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import numba_logspace
from numba_logspace._family import FAMILY

PACKAGE = Path(numba_logspace.__file__).parent

# The time of the first call and the results of one kernel and of one ufunc, as JSON.
_SCRIPT = """
import json, time
import numpy as np
import numba_logspace

x = np.linspace(-3.0, 0.5, 500).reshape(5, 100)
start = time.perf_counter()
rows = numba_logspace.log1m_softmax(x)
seconds = time.perf_counter() - start
ufunc = numba_logspace.log1mexp(np.linspace(-3.0, -0.5, 5))
results = [float(v).hex() for v in (*rows[0, 24::25], *ufunc)]
print(json.dumps({"file": numba_logspace.__file__, "seconds": seconds,
                  "rows": results[:4], "ufunc": results[4:]}))
"""


def run_python(code, folder=None, **environment):
    """What a Python process prints; in `folder`, so that it imports the copy there."""
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | environment
    if folder is not None:
        environment["PYTHONPATH"] = str(folder)
    command = [sys.executable, "-c", code]
    options = {"capture_output": True, "text": True, "timeout": 300, "cwd": folder}
    done = subprocess.run(command, check=False, env=environment, **options)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def copy_package(folder):
    """A copy without caches, to be edited and to fill a cache of its own."""
    ignore = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PACKAGE, folder / "numba_logspace", ignore=ignore))


def run_script(folder):
    """Run the script with the copy in `folder`."""
    result = json.loads(run_python(_SCRIPT, folder))
    assert Path(result.pop("file")).parent == folder / "numba_logspace"
    return result


def cache_of(folder):
    """The cache of the copy in `folder`: file names and when each was written."""
    files = (folder / "numba_logspace" / "_compile" / "__pycache__").iterdir()
    return {f.name: f.stat().st_mtime_ns for f in files if f.suffix in (".nbi", ".nbc")}


# --- import ------------------------------------------------------------------------------------


def test_import_is_cheap(tmp_path):
    # Of the processor, so that other tests beside this one count less.
    code = "import time; t = time.process_time(); import {}; print(time.process_time() - t)"
    names = "numba", "numba_logspace"
    # With the bytecode on disk, as installers leave it.
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    runs = [[float(run_python(code.format(name), **kept)) for name in names] for _ in range(8)]
    # The fastest of each: whatever else runs here only ever adds.
    base, ours = (min(times) for times in zip(*runs, strict=True))
    assert ours - base < base / 2


def test_import_brings_little():
    code = """
import sys, numba
before = set(sys.modules)
import numba_logspace
print(*set(sys.modules) - before)
"""
    brought = run_python(code).split()
    assert "numba_logspace.rows" in brought
    assert "numba_logspace.partials" not in brought
    unwanted = {"numba_cuda", "scipy", "matplotlib", "mpmath", "sklearn", "tqdm"}
    assert not [name for name in brought if name.split(".")[0] in unwanted]
    assert not [name for name in brought if name.startswith("numba.cuda")]


def test_partials_are_imported_when_asked_for():
    code = """
import sys
import numba_logspace
assert "numba_logspace.partials" not in sys.modules
print(numba_logspace.partials.log1pexp_dx(0.0))
"""
    assert run_python(code).strip() == "0.5"


def test_no_other_names_are_made_up():
    with pytest.raises(AttributeError, match="no attribute 'sofmax'"):
        numba_logspace.sofmax  # noqa: B018


# --- no place for a cache ----------------------------------------------------------------------


@pytest.fixture
def read_only(tmp_path):
    """A copy that cannot be written, and an environment in which no other folder can be."""
    package = copy_package(tmp_path)
    # For root permissions mean nothing; where a folder should be there is a file.
    (package / "_compile" / "__pycache__").write_text("")
    (tmp_path / "file").write_text("")
    folders = sorted(path for path in tmp_path.rglob("*") if path.is_dir())
    for folder in folders:
        folder.chmod(0o555)
    nowhere = str(tmp_path / "file" / "folder")
    yield tmp_path, {"HOME": nowhere, "XDG_CACHE_HOME": nowhere}
    for folder in folders:
        folder.chmod(0o755)


@pytest.mark.parametrize("with_folder", [False, True])
def test_read_only_install_without_home(read_only, with_folder):
    folder, environment = read_only
    if with_folder:
        environment["NUMBA_CACHE_DIR"] = environment["HOME"]
    here = json.loads(run_python(_SCRIPT))
    there = json.loads(run_python(_SCRIPT, folder, **environment))
    assert Path(there["file"]).parent == folder / "numba_logspace"
    assert there["rows"] == here["rows"]
    assert there["ufunc"] == here["ufunc"]


def test_info_says_that_there_is_no_cache(read_only):
    folder, environment = read_only
    code = "from numba_logspace.__main__ import main; main(['info'])"
    lines = run_python(code, folder, **environment).splitlines()
    (line,) = (line for line in lines if line.startswith("cache folder:"))
    assert line.split()[-1] == "none"


# --- the cache ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A copy that has run once, and what came out."""
    folder = tmp_path_factory.mktemp("used")
    copy_package(folder)
    return folder, run_script(folder)


def test_cache_is_used_and_does_not_grow(used):
    folder, first = used
    before = cache_of(folder)
    assert before
    second = run_script(folder)
    # Not even rewritten: everything was there.
    assert cache_of(folder) == before
    assert second["rows"] == first["rows"]
    assert second["ufunc"] == first["ufunc"]


def test_first_call_with_a_warm_cache(used):
    folder, _ = used
    code = (
        "import sys, numpy as np, numba_logspace as nl; nl.log1m_softmax(np.zeros((5, 100))); "
        "print('numba.np.linalg' in sys.modules)"
    )
    # What only compiling needs, which takes Numba a second to import, stays where it is.
    assert run_python(code, folder).strip() == "False"


def test_kernels_are_compiled_where_numba_is_disabled(tmp_path):
    code = """
import numba, numpy as np, numba_logspace as nl
x = np.array([[0.0, 40.0], [1.0, 1.0]])
print(type(numba.njit(lambda x: x)).__name__, numba.config.DISABLE_JIT)
print(nl.log1m_softmax(x)[0, 1], nl.log1mexp(-1e-20), nl.logsumexp(x, b=[1, 2], axis=1)[1])
print(nl.cross_entropy_value_and_grad(x, [1, 0], reduction="mean")[0])
print(numba.config.DISABLE_JIT)
"""
    settings = {"NUMBA_DISABLE_JIT": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    disabled = run_python(code, **settings).splitlines()
    enabled = run_python(code, NUMBA_CACHE_DIR=str(tmp_path)).splitlines()
    assert disabled[0] == "function 1"
    assert disabled[-1] == "1"
    assert enabled[0] == "CPUDispatcher 0"
    assert disabled[1:-1] == enabled[1:-1]


@pytest.mark.parametrize(
    ("name", "old", "new", "changed"),
    [
        ("_formulas/softsum.py", "const(e, -2.0)", "const(e, -2.25)", {"rows"}),
        (
            "_formulas/vectormath.py",
            "return z * atanh_curve(z)",
            "return z * atanh_curve(z + z)",
            {"rows", "ufunc"},
        ),
    ],
)
def test_cache_is_not_stale(used, tmp_path, name, old, new, changed):
    folder, first = used
    kernel = FAMILY["log1m_softmax"].engine._rows.py_func
    assert Path(kernel.__code__.co_filename) != PACKAGE / name
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    before = cache_of(tmp_path)
    source = tmp_path / "numba_logspace" / name
    text = source.read_text()
    assert text.count(old) == 1
    source.write_text(text.replace(old, new))
    second = run_script(tmp_path)
    assert {key for key in ("rows", "ufunc") if second[key] != first[key]} == changed
    # The new kernels take the place of the old.
    assert cache_of(tmp_path).keys() == before.keys()


def test_device_functions_are_imported_by_name_and_say_what_they_need():
    code = """
import importlib.util, sys
import numba_logspace

assert "numba_logspace.cuda" not in sys.modules
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba_cuda" else find(name, *rest)
try:
    import numba_logspace.cuda
except ImportError as error:
    print(error)
"""
    assert "install the extra cuda12 or cuda13" in run_python(code)
