"""The command line: what its commands print, write, refuse and leave behind."""

import functools
import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import numba_logspace
from numba_logspace.__main__ import main
from numba_logspace._commands import arrays, cache, stored
from numba_logspace._family import KINDS, named

FUNCTIONS = named("map", "scan", "reduction")
X = np.random.default_rng(5).normal(3, 4, (5, 6, 7))


def run_process(command, **options):
    """A finished process: its exit code and what it printed."""
    options = {"capture_output": True, "text": True, "timeout": 300, **options}
    return subprocess.run(command, check=False, **options)


def run_python(code, *args, **options):
    """As run_process, for Python code."""
    return run_process([sys.executable, "-c", code, *map(str, args)], **options)


@pytest.fixture
def small_slabs(monkeypatch):
    """Divide even tiny files into many slabs, and those into many maps."""
    monkeypatch.setattr(arrays, "_HELD", 512)
    monkeypatch.setattr(stored, "_MAPPED", 100)


def check_apply(folder, name, x, axis):
    """Compare the file that apply writes with the function itself."""
    np.save(folder / "in.npy", x)
    files = str(folder / "in.npy"), str(folder / "out.npy")
    assert main(["apply", name, *files, "--axis", str(axis)]) == 0
    expected = getattr(numba_logspace, name)(x, axis)
    result = np.load(folder / "out.npy")
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    # Slabs may take another way through memory than the whole array.
    eps = np.finfo(result.dtype).eps
    np.testing.assert_allclose(result, expected, rtol=8 * eps, atol=0)
    assert sorted(os.listdir(folder)) == ["in.npy", "out.npy"]


# --- results -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function(tmp_path, name):
    check_apply(tmp_path, name, X, axis=-1)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, 2, -3])
@pytest.mark.parametrize("name", ["log1m_softmax", "logsumexp"])
def test_axes_and_orders(tmp_path, small_slabs, name, axis, order):
    check_apply(tmp_path, name, np.array(X, order=order), axis)


@pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4", "<f2", "i1", ">i4", "u8", "?"])
@pytest.mark.parametrize("name", ["log1m_softmax", "logsumexp"])
def test_dtypes(tmp_path, small_slabs, name, dtype):
    check_apply(tmp_path, name, np.abs(X).astype(dtype), axis=1)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("shape", [(30,), (1, 1), (0,), (0, 3), (3, 0), (200, 3), (3, 200)])
@pytest.mark.parametrize("name", ["softmax", "logsumexp"])
def test_shapes(tmp_path, small_slabs, name, shape, axis):
    check_apply(tmp_path, name, np.ones(shape), axis)


def test_order_of_the_file_is_kept(tmp_path):
    check_apply(tmp_path, "softmax", np.asfortranarray(X), axis=0)
    assert np.load(tmp_path / "out.npy").flags.f_contiguous


def test_workers(tmp_path):
    np.save(tmp_path / "in.npy", X)
    files = [str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]
    assert main(["apply", "softmax", *files, "--workers", "2"]) == 0
    np.testing.assert_allclose(np.load(files[1]), numba_logspace.softmax(X), rtol=1e-15)


def test_an_old_output_is_replaced(tmp_path):
    (tmp_path / "out.npy").write_bytes(b"old")
    check_apply(tmp_path, "softmax", X, axis=0)


# --- memory and progress -----------------------------------------------------------------------

_MEASURE = """
import sys
from numba_logspace.__main__ import main

def memory(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) << 10

small, large, out, axis = sys.argv[1:]
assert main(["apply", "log1m_softmax", small, out, "--axis", axis]) == 0
before = memory("VmRSS")
assert main(["apply", "log1m_softmax", large, out, "--axis", axis]) == 0
print(memory("VmHWM") - before)
"""


@pytest.mark.one_in(2)
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc of Linux")
@pytest.mark.parametrize("axis", [0, 1])
def test_memory_is_bounded(tmp_path, axis):
    np.save(tmp_path / "small.npy", np.zeros((100, 500)))
    row = np.arange(50_000) % 7.0
    file = np.lib.format.open_memmap(tmp_path / "large.npy", "w+", shape=(500, row.size))
    file[:] = row
    size = file.nbytes
    del file
    names = [tmp_path / name for name in ("small.npy", "large.npy", "out.npy")]
    # Compiling takes memory of its own: the second time the kernels are on the disk.
    done = [run_python(_MEASURE, *names, axis) for _ in range(2)][-1]
    assert done.returncode == 0, done.stderr
    # 64 MiB of arrays and 8 MiB of a file; the input and the output are 400 MB together.
    assert size == 200e6
    assert int(done.stdout) < 110e6
    expected = numba_logspace.log1m_softmax(row) if axis else np.log1p(-1 / 500)
    result = np.load(tmp_path / "out.npy", mmap_mode="r")
    for i in (0, 250, 499):
        np.testing.assert_allclose(result[i], np.broadcast_to(expected, row.shape), rtol=1e-14)


class _Terminal(io.StringIO):
    def isatty(self):
        return True


def _apply_on_terminal(folder, monkeypatch, delay):
    # What stands on a terminal after a run whose first slab takes `delay` seconds more.
    function = numba_logspace.softmax
    waits = iter([delay])

    @functools.wraps(function)
    def slow(*args, **options):
        time.sleep(next(waits, 0))
        return function(*args, **options)

    terminal = _Terminal()
    monkeypatch.setattr(numba_logspace, "softmax", slow)
    monkeypatch.setattr(sys, "stderr", terminal)
    np.save(folder / "in.npy", X)
    assert main(["apply", "softmax", str(folder / "in.npy"), str(folder / "out.npy")]) == 0
    return terminal.getvalue()


def test_bar_only_when_it_takes_long(tmp_path, monkeypatch, small_slabs):
    pytest.importorskip("tqdm")
    assert _apply_on_terminal(tmp_path, monkeypatch, delay=0) == ""
    assert "%" in _apply_on_terminal(tmp_path, monkeypatch, delay=2.2)


def test_without_tqdm(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    check_apply(tmp_path, "softmax", X, axis=0)


# --- errors ------------------------------------------------------------------------------------


def check_refused(folder, capsys, arguments, names):
    """Run a command that must fail in one line and leave nothing but the files `names`."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as left:
        code = left.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.out == ""
    assert printed.err.startswith("numba_logspace: error: ")
    assert printed.err.count("\n") == 1
    assert len(printed.err) > len("numba_logspace: error: \n")
    assert sorted(os.listdir(folder)) == sorted(names)
    return printed.err


def _bytes_of(x, **options):
    file = io.BytesIO()
    np.save(file, x, **options)
    return file.getvalue()


WRONG_FILES = {
    "empty": b"",
    "text": b"1.0 2.0\n3.0 4.0\n",
    "magic only": _bytes_of(X)[:6],
    "half a header": _bytes_of(X)[:50],
    "header only": _bytes_of(X)[:128],
    "truncated": _bytes_of(X)[:-1],
    "zip": b"PK\x03\x04" + bytes(200),
    "pickle": _bytes_of(np.array([1, None]), allow_pickle=True),
    "complex": _bytes_of(X + 0j),
    "long double": _bytes_of(X.astype(np.longdouble)),
    "text array": _bytes_of(np.array(["a", "b"])),
    "dates": _bytes_of(np.zeros(3, "M8[s]")),
    "records": _bytes_of(np.zeros(3, [("a", "f8")])),
    "no axis": _bytes_of(np.array(1.0)),
}
if np.dtype(np.longdouble) == np.float64:
    del WRONG_FILES["long double"]


@pytest.mark.parametrize("kind", WRONG_FILES)
def test_wrong_input(tmp_path, capsys, kind):
    source = tmp_path / "in.npy"
    source.write_bytes(WRONG_FILES[kind])
    arguments = "apply", "softmax", source, tmp_path / "out.npy"
    check_refused(tmp_path, capsys, arguments, ["in.npy"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("softmax no.npy out.npy", "no.npy: No such file"),
        ("softmax . out.npy", "directory"),
        ("softmax in.npy out.npy --axis 3", "axis 3 is out of bounds"),
        ("softmax in.npy out.npy --axis -4", "axis -4 is out of bounds"),
        ("softmax in.npy out.npy --axis x", "--axis"),
        ("softmax in.npy out.npy --workers 0", "workers"),
        ("softmax in.npy no/out.npy", "not a folder"),
        ("softmax in.npy in.npy/out.npy", "not a folder"),
        ("softmax in.npy .", "not a regular file"),
        ("softmax in.npy in.npy", "the output is the input"),
        ("softmax in.npy ./in.npy", "the output is the input"),
        ("softmax in.npy out.csv", "must end in .npy or .npz, got out.csv"),
        ("softmax in.npy out", "must end in .npy"),
        ("softmax in.npy out.npy.gz", "must end in .npy"),
        ("softmin in.npy out.npy", "no function 'softmin': did you mean softmax"),
        ("fit in.npy out.npy", "no function 'fit': apply --help lists all of them"),
        ("nosuch", "no function 'nosuch': apply --help lists all of them"),
        ("set_workers in.npy out.npy", "set_workers does not run on files"),
        ("hmm_forward in.npy out.npy", "hmm_forward does not run on files; apply --help lists"),
        ("softmax complex.npy out.npy", "complex.npy has dtype complex128; files must hold real"),
        ("softmax in.npy", "the files of softmax are: x output, got 1"),
    ],
)
def test_wrong_arguments(tmp_path, capsys, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    np.save("in.npy", X)
    np.save("complex.npy", X + 0j)
    files = ["in.npy", "complex.npy"]
    error = check_refused(tmp_path, capsys, ["apply", *arguments.split()], files)
    assert said in error
    np.testing.assert_array_equal(np.load("in.npy"), X)


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_input_under_another_name(tmp_path, capsys, link):
    np.save(tmp_path / "in.npy", X)
    link(tmp_path / "in.npy", tmp_path / "same.npy")
    arguments = "apply", "softmax", tmp_path / "in.npy", tmp_path / "same.npy"
    check_refused(tmp_path, capsys, arguments, ["in.npy", "same.npy"])


def test_the_name_of_a_link_counts(tmp_path):
    np.save(tmp_path / "in.npy", X)
    (tmp_path / "out.NPY").symlink_to("data")
    files = str(tmp_path / "in.npy"), str(tmp_path / "out.NPY")
    assert main(["apply", "softmax", *files]) == 0
    assert (tmp_path / "out.NPY").is_symlink()
    np.testing.assert_array_equal(np.load(tmp_path / "data"), numba_logspace.softmax(X))


def test_input_under_the_name_of_another_format(tmp_path):
    (tmp_path / "in.csv").write_bytes(_bytes_of(X))
    files = str(tmp_path / "in.csv"), str(tmp_path / "out.npy")
    assert main(["apply", "softmax", *files]) == 0


def test_damaged_headers(tmp_path, capsys):
    whole, source = _bytes_of(X[0]), tmp_path / "in.npy"
    refused = 0
    for place in range(128):
        for mask in (0x01, 0x10, 0xFF):
            damaged = bytearray(whole)
            damaged[place] ^= mask
            source.write_bytes(damaged)
            code = main(["apply", "softmax", str(source), str(tmp_path / "out.npy")])
            error = capsys.readouterr().err
            (tmp_path / "out.npy").unlink(missing_ok=code == 2)
            assert code in (0, 2)
            assert error.count("\n") == (code == 2)
            assert os.listdir(tmp_path) == ["in.npy"]
            refused += code == 2
    assert refused > 100


def test_errors_of_the_process(tmp_path):
    command = [sys.executable, "-m", "numba_logspace", "apply", "softmax", "no.npy", "out.npy"]
    done = run_process(command, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "numba_logspace: error: no.npy: No such file or directory\n"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt, 130), (MemoryError, 2)])
def test_nothing_is_left_by_half_a_run(tmp_path, capsys, monkeypatch, small_slabs, raised, code):
    def stop(x, **options):
        stop.calls += 1
        if stop.calls == 3:
            raise raised("stopped")
        (temporary,) = tmp_path.glob(".out.npy*")
        assert temporary.stat().st_size > X.nbytes
        assert (tmp_path / "out.npy").read_bytes() == b"old"
        return x

    stop.calls = 0
    monkeypatch.setattr(numba_logspace, "softmax", stop)
    np.save(tmp_path / "in.npy", X)
    (tmp_path / "out.npy").write_bytes(b"old")
    assert main(["apply", "softmax", str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]) == code
    assert stop.calls == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert (tmp_path / "out.npy").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["in.npy", "out.npy"]


def test_no_room_for_the_output(tmp_path):
    resource = pytest.importorskip("resource")
    limit = 4096
    np.save(tmp_path / "in.npy", np.zeros(limit))
    code = "import sys; from numba_logspace.__main__ import main; sys.exit(main(sys.argv[1:]))"
    arguments = "apply", "softmax", tmp_path / "in.npy", tmp_path / "out.npy"
    done = run_python(
        code,
        *arguments,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("numba_logspace: error: ")
    assert done.stderr.count("\n") == 1
    assert os.listdir(tmp_path) == ["in.npy"]


# --- signals -----------------------------------------------------------------------------------

# An apply of many slabs, the first of which says so and takes long.
_SLOW = """
import signal, sys, time
import numba_logspace
from numba_logspace._commands import arrays
from numba_logspace.__main__ import main

def wait(x, **options):
    if not waited:
        waited.append(True)
        print("waits", flush=True)
        {wait}
    return x

waited = []
numba_logspace.softmax = wait
arrays._HELD = 512
sys.exit(main(["apply", "softmax", "in.npy", "out.npy"]))
"""
_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]

posix = pytest.mark.skipif(os.name != "posix", reason="needs the signals of POSIX")


# In pieces, as a signal that comes just before a sleep does not end it.
_SLEEP = "[time.sleep(0.1) for _ in range(600)]"


# As where the tests do not run under nohup themselves.
_HEARD = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"


def end_while_it_waits(folder, numbers, wait=_SLEEP, before=_HEARD):
    """Send signals to an apply, return its exit code and what it said."""
    np.save(folder / "in.npy", X)
    (folder / "out.npy").write_bytes(b"old")
    command = [sys.executable, "-c", before + _SLOW.format(wait=wait)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, **pipes) as process:
        assert process.stdout.readline() == "waits\n"
        assert (folder / f".out.npy.{process.pid}.tmp").exists()
        for number in numbers:
            process.send_signal(number)
        _, said = process.communicate(timeout=30)
    return process.returncode, said


@posix
@pytest.mark.parametrize("number", _SIGNALS)
def test_signals_leave_nothing(tmp_path, number):
    assert end_while_it_waits(tmp_path, [number]) == (128 + number, "numba_logspace: terminated\n")
    assert sorted(os.listdir(tmp_path)) == ["in.npy", "out.npy"]
    assert (tmp_path / "out.npy").read_bytes() == b"old"


@posix
def test_signals_in_a_burst(tmp_path):
    code, said = end_while_it_waits(tmp_path, _SIGNALS * 3)
    assert code in [128 + number for number in _SIGNALS]
    assert said == "numba_logspace: terminated\n"
    assert sorted(os.listdir(tmp_path)) == ["in.npy", "out.npy"]


@posix
def test_signals_need_no_exception(tmp_path):
    # Which could be lost, as in a callback of LLVM.
    wait = "try: time.sleep(60)\n        except BaseException: time.sleep(60)"
    code, _ = end_while_it_waits(tmp_path, [signal.SIGTERM], wait)
    assert code == 143
    assert sorted(os.listdir(tmp_path)) == ["in.npy", "out.npy"]


@posix
def test_ignored_signals_stay_ignored(tmp_path):
    # As under nohup; the wait is over when the signal has come.
    before = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    code, said = end_while_it_waits(tmp_path, [signal.SIGHUP], "time.sleep(1)", before)
    assert (code, said) == (0, "")
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), X)


def test_handlers_are_put_back_and_those_of_others_left(tmp_path, monkeypatch):
    def see(x, **options):
        seen.append([signal.getsignal(number) for number in _SIGNALS])
        return x

    def own(number, frame):
        raise AssertionError

    seen = []
    monkeypatch.setattr(numba_logspace, "softmax", see)
    np.save(tmp_path / "in.npy", X)
    command = ["apply", "softmax", str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]
    before = [signal.signal(number, signal.SIG_DFL) for number in _SIGNALS]
    try:
        assert main(command) == 0
        assert {signal.getsignal(number) for number in _SIGNALS} == {signal.SIG_DFL}
        for number in _SIGNALS:
            signal.signal(number, own)
        assert main(command) == 0
        assert {signal.getsignal(number) for number in _SIGNALS} == {own}
    finally:
        for number, handler in zip(_SIGNALS, before):
            signal.signal(number, handler)
    first, second = seen
    assert not {signal.SIG_DFL, own} & set(first)
    assert set(second) == {own}


def test_apply_in_another_thread(tmp_path):
    # Which may not set handlers.
    np.save(tmp_path / "in.npy", X)
    command = ["apply", "softmax", str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(main, command).result() == 0


@posix
def test_what_a_killed_process_left_is_removed(tmp_path):
    code, _ = end_while_it_waits(tmp_path, [signal.SIGKILL])
    assert code == -signal.SIGKILL
    (stale,) = tmp_path.glob(".out.npy.*.tmp")
    # Those of living processes, of other targets, and what only looks like one, stay.
    kept = [f".out.npy.{os.getppid()}.tmp", ".out.npy.1.tmp", ".out.npy.x.tmp", ".out.npy.tmp"]
    kept += [stale.name.replace("out", "other"), stale.name + "x", f".out.npy.{10**30}.tmp"]
    for name in kept:
        (tmp_path / name).write_bytes(b"")
    command = ["apply", "softmax", str(tmp_path / "in.npy"), str(tmp_path / "out.npy")]
    assert main(command) == 0
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, "in.npy", "out.npy"])


# --- the other commands ------------------------------------------------------------------------


def _info(**environment):
    command = [sys.executable, "-m", "numba_logspace", "info"]
    done = run_process(command, env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)


def test_info(tmp_path):
    info = {k: v.strip() for k, v in _info(NUMBA_CACHE_DIR=str(tmp_path)).items()}
    assert info["python"] == ".".join(map(str, sys.version_info[:3]))
    assert info["numpy"] == np.__version__
    for name in ("numba_logspace", "numba", "llvmlite", "scipy", "cpu"):
        assert info[name]
    assert info["cache folder"].startswith(str(tmp_path))
    width = int(info["vector width"].split()[0])
    assert info["vector width"] == f"{width} bytes ({width // 4} float32, {width // 8} float64)"
    assert info["cuda"] in ("yes", "no")


def test_version():
    done = run_process([sys.executable, "-m", "numba_logspace", "--version"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"numba_logspace {numba_logspace.__version__}\n"
    assert _info()["numba_logspace"].strip() == numba_logspace.__version__


def _compile(tmp_path, *arguments):
    command = [sys.executable, "-m", "numba_logspace", "compile", *arguments]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_compile_knows_every_kind():
    assert cache._CALLS.keys() == KINDS.keys()


def test_compile_fills_the_cache(tmp_path):
    done = _compile(tmp_path, "softmax", "logit", "--dtype", "float64", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert "2/2" in done.stderr  # of the progress bar
    said = done.stdout.split()
    info = _info(NUMBA_CACHE_DIR=str(tmp_path))
    assert info["cached"].split()[:2] == said[:2]
    assert said[1] == "kernels"
    files = list(tmp_path.rglob("*.nbc"))
    assert int(said[0]) == len(files) >= 5
    listed = subprocess.run(
        [sys.executable, "-m", "numba_logspace", "info"],
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        check=True,
    ).stdout.splitlines()
    counts = {line.split()[0]: int(line.split()[1]) for line in listed if line.endswith("MB")}
    assert {"softmax", "logit"} < set(counts)
    assert not set(counts) & {"log_softmax", "log1m_softmax_vjp"}
    # What was prepared is found, and nothing is compiled any more.
    code = (
        "import numpy as np, numba_logspace as nl; "
        "[nl.softmax(x) for x in (np.zeros(7), np.zeros((5, 60)), np.zeros((50, 3)))]; "
        "nl.softmax(np.zeros((50, 30)), axis=0); nl.logit(np.ones(3) / 2)"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert set(tmp_path.rglob("*.nbc")) == set(files)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["softmax", "sofmax"], "no function 'sofmax': did you mean softmax"),
        (["softmax", "--dtype", "float16"], "invalid choice: 'float16'"),
        (["softmax", "--workers", "0"], "--workers must be a positive number, got 0"),
    ],
)
def test_compile_refuses(tmp_path, arguments, words):
    done = _compile(tmp_path, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.rglob("*.nbc"))


def test_info_knows_the_thread_limit():
    assert _info(NUMBA_NUM_THREADS="1")["threads"].split()[0] == "1"


def test_demo_without_its_dependencies(tmp_path):
    code = """
import sys
for name in ("matplotlib", "mpmath", "scipy", "sklearn", "tqdm"):
    sys.modules[name] = None
from numba_logspace.__main__ import main
sys.exit(main(["demo", "--output", sys.argv[1]]))
"""
    done = run_python(code, tmp_path / "demo")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("numba_logspace: error: the demo needs ")
    assert done.stderr.endswith("pip install 'numba_logspace[demo]'\n")
    assert done.stderr.count("\n") == 1


def test_no_command(tmp_path, capsys):
    assert "command" in check_refused(tmp_path, capsys, [], [])
