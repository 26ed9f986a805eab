"""The order of the modules, what each may know, and that every function has an oracle."""

import ast
from itertools import chain
from pathlib import Path

import pytest
from budgets import BUDGETS
from oracle import ELEMENTWISE, LOSSES, ROW_FUNCTIONS

import numba_logspace

PACKAGE = Path(numba_logspace.__file__).parent
TESTS = Path(__file__).parent
BENCHMARKS = TESTS.parent / "asv_bench" / "benchmarks"
MODULES = {path.stem: path for path in sorted(PACKAGE.glob("*.py"))}
TREES = PACKAGE.rglob("*.py"), TESTS.rglob("*.py")
FILES = sorted(chain(*TREES, BENCHMARKS.glob("*.py"), BENCHMARKS.parent.glob("*.py")))
# Lines; tests are lists of cases.
LONGEST, LONGEST_TEST = 520, 760

# Each module may import those of earlier lines, and those before it on its own.
ORDER = (
    "_jit _workers _layout _docs _slabs",
    "_simd",
    "_vectormath",
    "_softsum _formulas _derivatives _lossterms",
    "_sums _passes",
    "_row _tile",
    "_kernels",
    "_entries _jacobian _stream _scan _weighted _logmatmul",
    "_weigh",
    "_cpu _ufuncs",
    "_derive",
    "_call _targets",
    "_cuda_arrays",
    "_cuda_teams _cuda_memory _cuda_copy",
    "_cuda_blocks _cuda_kernels _cuda_totals _cuda_ordered",
    "_cuda _cuda_call",
    "elementwise rows gradients tangents jacobians losses gated mixtures",
    "_stamp _jitted _typing",
    "_overloads",
    "_overload_losses _overload_matrices",
    "_register cuda",
    "__init__",
    "_apply",
    "demo __main__",
)
RANK = {name: (i, j) for i, line in enumerate(ORDER) for j, name in enumerate(line.split())}

FORMULAS = ("_vectormath", "_softsum", "_formulas", "_derivatives", "_lossterms")
MEMORY = {"load", "store", "prefetch", "prefetch_to_write", "lanes", "full"}
ENGINES = (
    *("_cpu", "_call", "_derive", "_slabs", "_kernels", "_passes", "_row", "_tile", "_stream"),
    *("_weigh", "_entries", "_jacobian", "_logmatmul"),
    *("_cuda", "_cuda_call", "_cuda_arrays", "_cuda_teams", "_cuda_memory", "_cuda_copy"),
    *("_cuda_blocks", "_cuda_kernels", "_cuda_totals", "_jitted", "_overloads"),
)
LOGARITHMS = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "tanh"}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(module):
    """(module of the package, name from it or None) of every import, wherever it stands."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            for alias in node.names:
                yield (node.module or alias.name), (alias.name if node.module else None)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "numba_logspace":
                    yield alias.name.partition(".")[2] or "__init__", None


def outside_imports(module):
    """The modules of other packages that are imported."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


def attributes(module, *owners):
    """The attributes of names, such as math.exp of math."""
    nodes = (n for n in ast.walk(module) if isinstance(n, ast.Attribute))
    return {n.attr for n in nodes if isinstance(n.value, ast.Name) and n.value.id in owners}


def upward(name, module):
    """The imports of a module that do not go down."""
    return [other for other, _ in imports(module) if RANK[other.split(".")[0]] >= RANK[name]]


def bare_logarithms(module):
    """The exponentials and logarithms of math and NumPy that a module uses, from either."""
    found = attributes(module, "math", "np", "numpy")
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module in ("math", "numpy"):
            found |= {alias.name for alias in node.names}
    return found & LOGARITHMS


# --- what every function has -------------------------------------------------------------------

# What others are made of, and has their oracles and budgets.
GRADIENTS = {f"{name}_gradient": f"{name}_value_and_grad" for name in LOSSES}
MADE_OF = {"log1m_softmax_value_and_vjp", *GRADIENTS.values()}
NUMERIC = [n for n in numba_logspace.__all__ if n not in {"set_workers", *MADE_OF}]


# What takes several arrays has its exact values in a test file of its own.
OWN_FILE = dict.fromkeys(("gated_log_softmax", "gated_log_softmax_vjp"), "test_gated")
OWN_FILE["logmatmulexp"] = "test_logmatmulexp"


@pytest.mark.parametrize("name", NUMERIC)
def test_every_function_has_an_oracle_and_a_budget(name):
    assert (name in ROW_FUNCTIONS) + (name in ELEMENTWISE) + (name in OWN_FILE) == 1
    assert 0 < BUDGETS[name] <= 8


@pytest.mark.parametrize("name, file", OWN_FILE.items())
def test_files_with_exact_values_hold_to_the_budget(name, file):
    text = (TESTS / f"{file}.py").read_text(encoding="utf-8")
    assert f'BUDGETS["{name}"]' in text
    assert "from flint import" in text


def test_nothing_else_has_one():
    assert BUDGETS.keys() == ROW_FUNCTIONS.keys() | ELEMENTWISE.keys() | OWN_FILE.keys()
    assert BUDGETS.keys() - NUMERIC == {"weighted_logsumexp", *GRADIENTS}


# What no benchmark calls, and why.
NO_BENCHMARK = {"set_workers": "sets a number; benchmarks pass workers to each call"}


def benchmarked():
    """The keys of ARGUMENTS in the benchmarks of every function, read without running them."""
    for node in tree(BENCHMARKS / "functions.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ARGUMENTS":
            return {key.value for key in node.value.keys}
    return set()


def test_every_function_has_a_benchmark():
    assert benchmarked() | NO_BENCHMARK.keys() == set(numba_logspace.__all__)
    assert not benchmarked() & NO_BENCHMARK.keys()


def test_public_names():
    assert sorted(numba_logspace.__all__) == numba_logspace.__all__
    public = {n for n in vars(numba_logspace) if not n.startswith("_")}
    assert public - set(numba_logspace.__all__) <= MODULES.keys()


# --- the order of the modules ------------------------------------------------------------------


def test_every_module_has_its_place():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert RANK.keys() == MODULES.keys() | packages


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name):
    assert not upward(name, tree(MODULES[name]))


def test_upward_imports_are_found():
    text = "from . import _call, _jit\ndef f():\n    from ._kernels import x\n"
    assert upward("_softsum", ast.parse(text)) == ["_call", "_kernels"]
    assert upward("_softsum", ast.parse("import numba_logspace.rows as r")) == ["rows"]


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_know_no_memory(name):
    module = tree(MODULES[name])
    assert not MEMORY & {what for _, what in imports(module)}
    assert not any(other.split(".")[0] == "numpy" for other in outside_imports(module))
    for function in module.body:
        marks = map(ast.unparse, getattr(function, "decorator_list", ()))
        if "formula" in marks:
            assert not [n for n in ast.walk(function) if isinstance(n, (ast.For, ast.While))]


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_are_ours(name):
    # Constants made once from math.log are no calls in compiled code.
    module = tree(MODULES[name])
    for function in (n for n in ast.walk(module) if isinstance(n, ast.FunctionDef)):
        calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
        wanted = [c for c in calls if bare_logarithms(ast.Expression(c.func))]
        assert all(isinstance(c.args[0], ast.Constant) for c in wanted), function.name


@pytest.mark.parametrize("name", ENGINES)
def test_engines_know_no_formulas(name):
    assert not bare_logarithms(tree(MODULES[name]))


def test_logarithms_are_found():
    for text in ("import math\nmath.exp(x)", "from math import log1p", "np.log(x)"):
        assert bare_logarithms(ast.parse(text))
    assert not bare_logarithms(ast.parse("from ._vectormath import log\nlog(x)"))


@pytest.mark.parametrize("name", ["_workers", "_layout"])
def test_modules_for_arguments_know_no_kernels(name):
    assert not list(imports(tree(MODULES[name])))


# --- files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_files(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""'), "the first line is a docstring"
    summary = ast.get_docstring(ast.parse(text)).splitlines()[0]
    assert summary.endswith((".", ":"))
    longest = LONGEST if PACKAGE in path.parents else LONGEST_TEST
    assert len(text.splitlines()) <= longest
