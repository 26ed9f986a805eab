"""The table of the family, and what every function in it has: a place that is missing is named."""

import ast
import inspect
import re
import sys
from pathlib import Path

import pytest
from budgets import BUDGETS
from oracle import ELEMENTWISE, LOSS_GRADIENTS, LOSSES, ROW_FUNCTIONS

import numba_logspace as nl
from numba_logspace._family import FAMILY, KINDS, WEIGHTED_LOGSUMEXP, Function

PACKAGE = Path(nl.__file__).parent
TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
# What is public and no function of numbers.
MANAGERS = {"set_workers"}
# What a function that gives two results is called, and its two oracles.
PAIRS = {"_value_and_vjp": "_vjp", "_value_and_grad": "_gradient"}


def faces():
    """{public name: its file} of what the modules at the top define."""
    found = {}
    for path in PACKAGE.glob("[a-z]*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = path.name
            elif isinstance(node, ast.Assign):
                found |= {n.id: path.name for n in node.targets if isinstance(n, ast.Name)}
    return found


def arguments_of_benchmarks():
    """What the benchmarks call each function with."""
    sys.path.insert(0, str(ROOT / "asv_bench"))
    try:
        from benchmarks.functions import ARGUMENTS
    finally:
        sys.path.pop(0)
    return ARGUMENTS


def of_the_readme():
    """The functions in the table of the README, with those named by their ending."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("| | functions |")[2].partition("\n\n")[0]
    words = set(re.findall(r"`([\w<>]+)", table))
    endings = {w.removeprefix("<name>") for w in words if w.startswith("<name>")}
    return words | {word + ending for word in words for ending in endings}


def sections_of_the_reference():
    """The kinds that have a section in the reference."""
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    return [k for kinds in re.findall(r"<!-- functions: (.*) -->", text) for k in kinds.split(", ")]


FACES, ARGUMENTS = faces(), arguments_of_benchmarks()
STUB = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
README, SECTIONS = of_the_readme(), sections_of_the_reference()
FILES = {path: path.read_text(encoding="utf-8") for path in TESTS.glob("*/test_*.py")}


def own_file(name):
    """The test file with exact values of a function that takes several arrays, or None."""
    for path, text in FILES.items():
        if f'BUDGETS["{name}"]' in text and "from flint import" in text:
            return path
    return None


def has_oracle(name):
    """Whether there are exact values of a function, or of the two that it gives."""
    for ending, second in PAIRS.items():
        if name.endswith(ending):
            base = name.removesuffix(ending)
            if {base, base + second} <= ROW_FUNCTIONS.keys():
                return True
    return name in ROW_FUNCTIONS or name in ELEMENTWISE or own_file(name) is not None


def missing(function):
    """What a function of the table lacks: each with the place where it belongs."""
    name, kind = function.name, function.kind
    public = getattr(nl, name, None)
    lacks = {
        "a kind: KINDS in numba_logspace/_family/kinds.py": kind not in KINDS,
        "a bound of up to 10 ulp: numba_logspace/_family": not 0 < function.ulp <= 10,
        "its import: numba_logspace/__init__.py": public is None,
        "its place in __all__: numba_logspace/__init__.py": name not in nl.__all__,
        "its definition in a face: rows.py, gradients.py, ...": name not in FACES,
        "a docstring: where it is defined": public and not inspect.getdoc(public),
        "its part of the stub: run python docs/write_stub.py": f'"{name}"' not in STUB,
        "exact values: tests/helpers/oracle.py, or a test file with flint": not has_oracle(name),
        "a benchmark: asv_bench/benchmarks/functions.py": name not in ARGUMENTS,
        "a section for its kind: docs/reference.md": kind not in SECTIONS,
        "its name in the table of functions: README.md": name not in README,
    }
    return [what for what, is_missing in lacks.items() if is_missing]


@pytest.mark.parametrize("name", FAMILY)
def test_nothing_is_missing(name):
    found = "".join(f"\n{name} lacks {what}" for what in missing(FAMILY[name]))
    assert not found, found


def test_what_is_missing_is_named(monkeypatch):
    found = "\n".join(missing(Function("softmin", "new kind", None, ulp=11)))
    places = ("KINDS", "10 ulp", "import", "__all__", "a face", "write_stub.py", "oracle.py")
    for place in (*places, "asv_bench", "reference.md", "README.md"):
        assert place in found
    assert len(found.splitlines()) == 10
    monkeypatch.setattr(nl, "softmax", lambda x: x)
    assert missing(FAMILY["softmax"]) == ["a docstring: where it is defined"]


def not_in_the_table(names):
    """The functions among public names that the table does not have."""
    return sorted(set(names) - FAMILY.keys() - MANAGERS)


def test_every_public_function_is_in_the_table():
    found = [f"\n{n} lacks its entry: numba_logspace/_family" for n in not_in_the_table(nl.__all__)]
    assert not found, "".join(found)
    assert not_in_the_table(["softmax", "softmin", "set_workers"]) == ["softmin"]


def test_nothing_is_left_over():
    # Of a function that is no more.
    assert ELEMENTWISE.keys() | ARGUMENTS.keys() <= FAMILY.keys()
    assert ROW_FUNCTIONS.keys() <= {*FAMILY, *LOSS_GRADIENTS, WEIGHTED_LOGSUMEXP.name}
    assert BUDGETS.keys() - FAMILY.keys() == {*LOSS_GRADIENTS, WEIGHTED_LOGSUMEXP.name}
    assert LOSS_GRADIENTS.keys() == {f"{name}_gradient" for name in LOSSES}
    assert sorted(SECTIONS) == sorted(KINDS)
    assert {function.kind for function in FAMILY.values()} == KINDS.keys()


def test_public_names():
    assert sorted(nl.__all__) == nl.__all__
    public = {name for name in vars(nl) if not name.startswith("_")}
    assert public - set(nl.__all__) <= {path.stem for path in PACKAGE.iterdir()}


def said_bounds(name):
    """The bounds of the error that a docstring says, in ulp."""
    notes = inspect.getdoc(getattr(nl, name)).partition("Error bound")[2]
    return [int(n) for n in re.findall(r"(\d+) ulp", notes.partition("Examples")[0])]


@pytest.mark.parametrize("name", [name for name in FAMILY if hasattr(nl, name)])
def test_docstrings_say_the_bound_of_the_table(name):
    assert FAMILY[name].ulp in said_bounds(name)


def test_other_bounds_are_found():
    assert said_bounds("softmax") == [4]
    assert 5 not in said_bounds("cross_entropy_value_and_grad")


@pytest.mark.parametrize("name", [f.name for f in FAMILY.values() if f.kind == "elementwise"])
def test_elementwise_functions_are_called_with_their_inputs(name):
    x = nl.log_softmax([1.0, 2.0, 3.0])
    count = len(inspect.signature(FAMILY[name].engine).parameters)
    assert getattr(nl, name).nin == len(ARGUMENTS[name](x)) == count
