"""Fail where a commit is slower than another by more than 15 %.

    python asv_bench/gate.py [BASE [HEAD]]

BASE is main and HEAD the commit that is checked out, by default. Two processes, each with the
package of one commit, measure the same benchmark in turn, a few milliseconds each, so that what
else the machine does meets both. What looks slower is measured again in fresh processes, since an
unlucky place in memory stays with a process; what is slower each time fails.
"""

import io
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).parent.resolve()
LIMIT = 1.15
ROUNDS, TRIES = 15, 3
AT_LEAST = 3e-3  # seconds that one measurement takes
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def cells():
    """(class, method, parameters) of the benchmarks that count: every function, and more ways."""
    from benchmarks import functions, layouts, peers

    for name in functions.ARGUMENTS:
        yield functions.Rows, "time_call", (name,)
    for name in ("log1m_softmax", "logsumexp"):
        for layout in ("first axis", "every second column"):
            yield layouts.Layouts, "time_value", (name, layout, "float64")
        for dtype in ("float32", "float64"):
            yield peers.Times, "time_value", (name, "ours", 10, dtype)


def measure_on_request():
    """The other side of a Side: one line of JSON for each line of input."""
    todo = {f"{c.__module__}.{c.__name__}{p}": (c, m, p) for c, m, p in cells()}
    print(json.dumps(list(todo)), flush=True)
    ready = {}
    for line in sys.stdin:
        name = json.loads(line)
        if name not in ready:
            ready[name] = _prepare(*todo[name])
        print(json.dumps(ready[name] and ready[name]()), flush=True)


def _prepare(kind, method, parameters):
    # A call that measures, compiled and with as many repetitions as take long enough; or None.
    benchmark = kind()
    try:
        benchmark.setup(*parameters)
    except NotImplementedError:
        return None
    call, count = getattr(benchmark, method), 1

    def repeat():
        start = time.perf_counter()
        for _ in range(count):
            call(*parameters)
        return (time.perf_counter() - start) / count

    count = max(1, round(AT_LEAST / min(repeat() for _ in range(3))))
    return repeat


class Side:
    """A process that measures with the package in a folder."""

    def __init__(self, folder):
        """Start it, and learn what it can measure."""
        paths = os.pathsep.join([str(folder), str(HERE)])
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--measure"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": paths},
        )
        self.names = json.loads(self._process.stdout.readline())

    def ask(self, name):
        """Begin one measurement."""
        self._process.stdin.write(json.dumps(name) + "\n")
        self._process.stdin.flush()

    def answer(self):
        """The seconds of one call, or None where the function is absent."""
        return json.loads(self._process.stdout.readline())

    def seconds(self, name):
        """One measurement."""
        self.ask(name)
        return self.answer()

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def unpack(commit, folder):
    """The package of a commit, in a folder."""
    command = ["git", "archive", commit, "numba_logspace"]
    archive = subprocess.run(command, cwd=HERE.parent, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def ratios(folders, chosen=None):
    """{benchmark: time of the head over that of the base}, of those that both have."""
    base, head = sides = [Side(folder) for folder in folders]
    found = {}
    for name in chosen or head.names:
        for side in sides:  # both compile at once
            side.ask(name)
        if None in [side.answer() for side in sides]:
            continue
        pairs = []
        for k in range(ROUNDS):
            order = sides if k % 2 else sides[::-1]
            times = {side: side.seconds(name) for side in order}
            pairs.append(times[head] / times[base])
        found[name] = statistics.median(pairs)
    for side in sides:
        side.close()
    return found


def main(base="main", head="HEAD"):
    """Compare two commits; the number of benchmarks that are slower each time."""
    with tempfile.TemporaryDirectory() as folder:
        folders = pathlib.Path(folder, "base"), pathlib.Path(folder, "head")
        for commit, place in zip((base, head), folders):
            unpack(commit, place)
        found = ratios(folders)
        print(f"{len(found)} benchmarks, {head} over {base}: median {_middle(found):.3f}")
        slower = _slower(found)
        for _ in range(TRIES):
            slower = _slower(ratios(folders, list(slower))) if slower else {}
    for name, r in slower.items():
        print(f"slower: {name}: {found[name]:.2f}, again {r:.2f}")
    print("failed" if slower else f"none is slower by more than {LIMIT - 1:.0%}")
    return len(slower)


def _slower(found):
    return {name: r for name, r in found.items() if r > LIMIT}


def _middle(found):
    return statistics.median(found.values())


if __name__ == "__main__":
    if sys.argv[1:] == ["--measure"]:
        measure_on_request()
    else:
        sys.exit(min(main(*sys.argv[1:]), 1))
