"""The order of the folders, what each may know, and how long files may be."""

import ast
import graphlib
import re
from itertools import chain
from pathlib import Path

import pytest

import numba_logspace

PACKAGE = Path(numba_logspace.__file__).parent
TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
BENCHMARKS = ROOT / "asv_bench"

# From the ground up: a file imports from its own line and from the lines above it. The faces are
# all other modules at the top, those with the public functions.
FLOORS = (
    *("_compile", "_formulas", "_cpu", "_arguments", "_cuda", "_family", "_door", "faces"),
    *("_jitted", "_interop", "__init__", "_commands", "demo __main__ cuda differentiable partials"),
)
# What is not imported although it lies below: there is another way to it.
BARRED = {"faces": {"_compile", "_cpu", "_cuda"}, "_jitted": {"_cuda", "_door", "faces"}}
# Libraries that keep machine code need what says which sources it is of: `_compile`.
BARRED["_interop"] = {"_cpu", "_cuda", "_door", "faces", "_jitted"}
# Folders whose exponentials and logarithms are not ours, since they show what is lost with others.
FOREIGN = {"demo"}
LOGARITHMS = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp", "tanh"}
# Files at the top, and lines; tests are lists of cases.
MOST_AT_THE_TOP = 16
LONGEST, LONGEST_TEST = 500, 760


def name_of(path):
    """The dotted name of a module, in the package; that of a folder is that of its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[:-1] else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
FOLDERS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
RANK = {name: i for i, line in enumerate(FLOORS) for name in line.split()}


def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def floor(name):
    """The line of FLOORS that a module is on."""
    top = name.split(".")[0]
    return top if top in RANK else "faces" if not top.startswith("_") else None


# --- imports -------------------------------------------------------------------------------------


def _absolute(name, dots, rest):
    # The dotted name, in the package, of what a module calls by so many dots and a rest.
    inside = name.split(".") if name in FOLDERS else name.split(".")[:-1]
    return ".".join([*inside[: len(inside) + 1 - dots], *rest.split(".")]).strip(".")


def stated(name, module):
    """The modules of the package that a module imports by a statement, wherever it stands."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                if top == "numba_logspace":
                    yield rest or "__init__"
        elif isinstance(node, ast.ImportFrom):
            top, _, rest = (node.module or "").partition(".")
            if node.level:
                origin = _absolute(name, node.level, node.module or "")
            elif top == "numba_logspace":
                origin = rest
            else:
                continue
            for alias in node.names:
                inner = f"{origin}.{alias.name}".strip(".")
                yield inner if inner in MODULES else origin or "__init__"


def spelled(name, module):
    """The modules of the package whose names stand in strings, to be imported by them."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = re.fullmatch(r"(\.+|numba_logspace\.)([\w.]+)", node.value)
            if found:
                dots = len(found[1]) if found[1].startswith(".") else 0
                other = _absolute(name, dots, found[2]) if dots else found[2]
                if other in MODULES:
                    yield other


def upward(name, module):
    """The imports of a module that do not go down."""
    others = chain(stated(name, module), spelled(name, module))
    return [other for other in others if RANK[floor(other)] > RANK[floor(name)]]


def barred(name, module):
    """The imports of a module that go down, but where another way leads."""
    others = chain(stated(name, module), spelled(name, module))
    return [other for other in others if floor(other) in BARRED.get(floor(name), ())]


def circle(imports):
    """A circle in {module: what it imports}, or None."""
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_every_module_has_its_place():
    places = {floor(name) for name in MODULES}
    assert places == set(RANK)
    assert floor("rows") == floor("jacobians") == "faces"
    assert floor("_new.rows") is None


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name):
    assert not upward(name, tree(name))
    assert not barred(name, tree(name))


def test_upward_imports_are_found():
    text = (
        "from .._cpu import row\ndef f():\n    from .simd import const, x\n    from .. import rows"
    )
    assert upward("_formulas.softsum", ast.parse(text)) == ["_cpu.row", "rows"]
    for text in ("import numba_logspace.rows as r", "import_module('..rows', __package__)"):
        assert upward("_formulas.softsum", ast.parse(text)) == ["rows"]
    text = "'._jitted.rows'; '.nothing'; 'numba_logspace._commands.apply'"
    assert upward("rows", ast.parse(text)) == ["_jitted.rows", "_commands.apply"]
    assert upward("rows", ast.parse("import numba_logspace as nl")) == ["__init__"]
    assert not upward("_commands.apply", ast.parse("import numba_logspace"))


def test_barred_imports_are_found():
    assert barred("rows", ast.parse("from ._cpu.workers import share")) == ["_cpu.workers"]
    assert barred("_jitted.rows", ast.parse("from ..losses import x")) == ["losses"]
    assert not barred("_cpu.row", ast.parse("from .._compile import jit"))


def test_the_door_imports_neither_side():
    # It names them in strings, and looks them up when a call first needs them.
    door = [name for name in MODULES if name.split(".")[0] == "_door"]
    sides = {"_arguments.rows"}
    on_cuda = "again", "call", "chains", "elementwise", "matrices", "products", "segments"
    sides |= {f"_cuda.{name}" for name in on_cuda}
    assert {other for name in door for other in spelled(name, tree(name))} == sides
    assert not sides & {other for name in door for other in stated(name, tree(name))}


def test_imports_make_no_circle():
    imports = {n: {*stated(n, tree(n)), *spelled(n, tree(n))} for n in MODULES}
    assert circle(imports) is None


def test_circles_are_found():
    late = set(stated("_cpu.b", ast.parse("def f():\n    from .a import x")))
    assert circle({"_cpu.a": {"_cpu.b"}, "_cpu.b": late}) in (
        ["_cpu.a", "_cpu.b", "_cpu.a"],
        ["_cpu.b", "_cpu.a", "_cpu.b"],
    )
    assert circle({"_cpu.a": {"_compile.jit"}, "_cpu.b": late}) is None


# --- what each folder knows ----------------------------------------------------------------------


def memory(module):
    """What a file of formulas has that only engines may have: arrays of NumPy, and loops."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("numpy")]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found += [node.module] if node.module.startswith("numpy") else []
        elif isinstance(node, ast.FunctionDef):
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            if any(re.match(r"formula\b", mark) for mark in marks):
                loops = [n for n in ast.walk(node) if isinstance(n, (ast.For, ast.While))]
                found += [f"a loop in {node.name}"] * bool(loops)
    return found


@pytest.mark.parametrize("name", [n for n in MODULES if floor(n) == "_formulas"])
def test_formulas_know_no_memory(name):
    assert not memory(tree(name))


def test_memory_in_formulas_is_found():
    for text in ("import numpy as np", "from numpy.lib import x", "import numpy.linalg"):
        assert memory(ast.parse(text))
    loop = "def f(x):\n    for i in range(3):\n        x += i\n    return x"
    assert memory(ast.parse(f"@formula\n{loop}")) == ["a loop in f"]
    assert not memory(ast.parse(f"@intrinsic\n{loop}\nimport math"))


def bare_logarithms(module):
    """The exponentials and logarithms of math and NumPy that a module takes of no literal."""
    found = []
    of_literals = {
        id(node.func)
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and all(isinstance(a, ast.Constant) for a in node.args)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module in ("math", "numpy"):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            wanted = node.value.id in ("math", "np", "numpy") and id(node) not in of_literals
            found += [node.attr] * wanted
    return sorted(LOGARITHMS.intersection(found))


@pytest.mark.parametrize("name", [n for n in MODULES if floor(n) not in FOREIGN])
def test_logarithms_are_ours(name):
    assert not bare_logarithms(tree(name))


def test_bare_logarithms_are_found():
    for text in ("import math\nmath.exp(x)", "from math import log1p", "np.log(x)", "f(np.exp)"):
        assert bare_logarithms(ast.parse(text))
    for text in ("from ._formulas.vectormath import log\nlog(x)", "x = math.log(2.0)"):
        assert not bare_logarithms(ast.parse(text))


# --- files ---------------------------------------------------------------------------------------


def faults(text, longest):
    """What is wrong with a file, whatever it does."""
    found = []
    if not text.startswith('"""'):
        found.append("no docstring in the first line")
    elif not ast.get_docstring(ast.parse(text)).splitlines()[0].endswith((".", ":")):
        found.append("no full stop behind what the file is about")
    if len(text.splitlines()) > longest:
        found.append(f"more than {longest} lines")
    return found


FILES = sorted({*PACKAGE.rglob("*.py"), *TESTS.rglob("*.py"), *BENCHMARKS.glob("*.py")})
FILES += sorted([*BENCHMARKS.glob("benchmarks/*.py"), *ROOT.glob("docs/*.py")])


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_files(path):
    longest = LONGEST if PACKAGE in path.parents else LONGEST_TEST
    assert not faults(path.read_text(encoding="utf-8"), longest)


def test_faults_are_found():
    assert faults("import math\n", 9) == ["no docstring in the first line"]
    assert faults('"""Of one thing"""\n', 9) == ["no full stop behind what the file is about"]
    assert faults('"""Of one thing."""\n\n\n', 2) == ["more than 2 lines"]
    assert not faults('"""Of one thing."""\n', 1)


def crowded(names):
    """Whether more files lie directly in the package than can be looked over."""
    return sum(name.endswith(".py") for name in names) > MOST_AT_THE_TOP


def test_files_at_the_top():
    assert not crowded(path.name for path in PACKAGE.iterdir())
    assert crowded([f"{i}.py" for i in range(17)])


# --- the page about it ---------------------------------------------------------------------------


def drawn(page):
    """The floors in the table of the architecture, from the ground up, as FLOORS has them."""
    rows = re.findall(r"^\| (`_.*?|the faces.*?|`demo/.*?) \|", page, re.M)
    names = (re.findall(r"`(\w+)(?:/|\.py)`", row) or ["faces"] for row in rows)
    return tuple(" ".join(row) for row in names)


def test_the_architecture_is_drawn():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert drawn(page) == FLOORS
    assert set(re.findall(r"`(\w+)/`", page)) == FOLDERS


def test_wrong_drawings_are_found():
    assert drawn("| `_cpu/` | x |\n| the faces | `rows.py` |\n") == ("_cpu", "faces")
    assert drawn("| `demo/`, `cuda.py` | x |\n| _cpu | y |\n") == ("demo cuda",)
