"""The benchmarks time nothing that is not compiled, and their two configurations agree."""

import importlib
import itertools
import json
import pathlib
import sys

import pytest
from numba.core import event

FOLDER = pathlib.Path(__file__).parents[2] / "asv_bench"
# What compiles by intent, or has no parameters to go through.
FILES = ("elementwise", "functions", "gradients", "layouts", "losses", "mixtures", "peers")
FILES += ("values", "workers")


def timed(file):
    """(class, method) of what a file of benchmarks times."""
    module = importlib.import_module(f"benchmarks.{file}")
    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            yield from ((kind, name) for name in vars(kind) if name.startswith("time_"))


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_nothing_is_timed_uncompiled(file, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    count = 0
    for kind, method in timed(file):
        for parameters in itertools.product(*kind.params):
            benchmark = kind()
            try:
                benchmark.setup(*parameters)
            except NotImplementedError:
                continue
            with event.install_recorder("numba:compile") as recorder:
                getattr(benchmark, method)(*parameters)
            assert not recorder.buffer, (kind, method, parameters)
            count += 1
    assert count


def test_configurations_differ_in_the_peers_alone():
    plain, peers = (
        json.loads((FOLDER / f"{name}.conf.json").read_text("utf-8")) for name in ("asv", "peers")
    )
    for name in ("torch", "jax"):
        assert peers["matrix"]["req"].pop(name) == [""]
    assert plain == peers


def test_the_dashboard_has_words_for_every_benchmark(monkeypatch):
    measured = FOLDER / "results" / "benchmarks.json"
    if not measured.is_file():
        pytest.skip("a source distribution, which holds no results")
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    words = importlib.import_module("words")
    names = set(json.loads(measured.read_text("utf-8"))) - {"version"}
    assert words.LABELS.keys() == names
    assert {name.split(".")[0] for name in names} == words.GROUPS.keys()
    assert words.in_words("values.Lengths.time_value('logsumexp', 3)") == (
        "Ten million entries (logsumexp, 3)"
    )
    monkeypatch.delitem(sys.modules, "words")
