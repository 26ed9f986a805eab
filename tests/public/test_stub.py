"""What static readers see: the stub is in step with the package, and signatures are readable."""

import ast
import importlib.util
import inspect
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path

import numpy as np
import pytest

import numba_logspace as nl
from numba_logspace._family import named
from numba_logspace.losses import Reduction

PACKAGE = Path(nl.__file__).parent
SCRIPT = Path(__file__).parents[2] / "docs" / "write_stub.py"

UFUNCS = named("elementwise")
FUNCTIONS = [name for name in nl.__all__ if inspect.isfunction(getattr(nl, name))]


def load_script():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def write_stub():
    return load_script()


@pytest.fixture(scope="module")
def tree():
    return ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))


def documented(tree):
    """{name: docstring} of a tree: of functions and classes, and of names with a string below."""
    found = {}
    for node, following in zip(tree.body, [*tree.body[1:], None]):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found[node.name] = ast.get_docstring(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(following, ast.Expr):
            found[node.target.id] = inspect.cleandoc(following.value.value)
    return found


# --- in step with the package --------------------------------------------------------------------


def test_stub_is_what_the_script_writes(write_stub):
    written = (PACKAGE / "__init__.pyi").read_text(encoding="utf-8")
    assert written == write_stub.stub(), "run python docs/write_stub.py"
    written = (PACKAGE / "partials.pyi").read_text(encoding="utf-8")
    assert written == write_stub.stub_of_partials(), "run python docs/write_stub.py"


def test_names(tree):
    (names,) = (n.value for n in tree.body if isinstance(n, ast.Assign))
    assert ast.literal_eval(names) == nl.__all__
    public = {name for name in documented(tree) if not name.startswith("_")}
    assert public == set(nl.__all__)


@pytest.mark.parametrize("name", nl.__all__)
def test_docstrings_are_complete(tree, name):
    written, thing = documented(tree)[name], getattr(nl, name)
    docstring = inspect.getdoc(thing)
    if isinstance(thing, np.ufunc):
        # The line with the signature is NumPy's, of each version another.
        written, docstring = (text.partition("\n\n")[2] for text in (written, docstring))
    assert written and written == docstring


@pytest.mark.parametrize("name", FUNCTIONS)
def test_parameters(tree, name):
    (node,) = (n for n in tree.body if getattr(n, "name", None) == name)
    found = {}
    plain = [*node.args.posonlyargs, *node.args.args]
    defaults = [None] * (len(plain) - len(node.args.defaults)) + node.args.defaults
    for arg, default in zip(plain + node.args.kwonlyargs, defaults + node.args.kw_defaults):
        found[arg.arg] = inspect.Parameter.empty if default is None else ast.literal_eval(default)
    wanted = inspect.signature(getattr(nl, name)).parameters.values()
    assert found == {p.name: p.default for p in wanted}


def test_what_the_script_makes_of_a_class(write_stub):
    text = '''
from __future__ import annotations
import contextlib
from numpy.typing import ArrayLike
from ._arguments.layout import Axis
from ._arguments.docs import shared_text

class both(contextlib.ContextDecorator):
    """For a while,
    or for good: \\\\d."""

    def __init__(self, x: ArrayLike, /, *more: Axis, mode="a", **rest) -> None:
        self.x = x

    def stay(self) -> None:
        self.x = None

    def _hidden(self):
        """Nothing."""

    @property
    def axis(self) -> Axis:
        """The axis."""

@shared_text("map")
@contextlib.contextmanager
def short(x: int = 1): ...
'''
    source, needs = write_stub._Source(text, nl.__name__), write_stub._Needs()
    assert write_stub._definition("both", "One.\n\nTwo \\d.", source, needs) == (
        "class both(contextlib.ContextDecorator):\n"
        '    """One.\n\n    Two \\\\d.\n    """\n\n'
        '    def __init__(self, x: ArrayLike, /, *more: _Axis, mode="a", **rest) -> None: ...\n'
        "    def stay(self) -> None: ...\n"
        '    @property\n    def axis(self) -> _Axis:\n        """The axis."""'
    )
    assert needs.aliases == {"_Axis": "int | tuple[int, ...] | None"}
    assert needs.imports() == (
        "import contextlib\nfrom typing import TypeAlias\n\nfrom numpy.typing import ArrayLike"
    )
    short = write_stub._definition("short", "", source, needs)
    assert short == "@contextlib.contextmanager\ndef short(x: int = 1): ..."


# --- signatures at run time ----------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_are_short(name):
    # Types by their names: written out, array_like alone takes 250 characters.
    signature = inspect.signature(getattr(nl, name))
    assert len(str(signature)) <= max(260, 40 * len(signature.parameters))
    assert "Union" not in str(signature)
    assert typing.get_type_hints(inspect.unwrap(getattr(nl, name))).keys() >= {"return"}


def test_reductions_are_those_that_are_taken():
    for reduction in typing.get_args(Reduction):
        nl.cross_entropy(np.zeros((1, 2)), [1], reduction=reduction)
    with pytest.raises(ValueError, match="|".join(typing.get_args(Reduction))):
        nl.cross_entropy(np.zeros((1, 2)), [1], reduction="men")


# --- mypy ----------------------------------------------------------------------------------------

# What mypy says of a line stands behind it.
_PROGRAM = """
import numpy as np
import numba_logspace as nl

x = np.zeros((3, 4))
nl.softmax(x, axis=(0, 1), where=x > 0, out=x, workers=2)
nl.softmax([1.0, 2.0], None)
a: float = nl.logsumexp(x, b=[1, 2, 3, 4], keepdims=True)
loss, gradient = nl.cross_entropy_value_and_grad(x, [1, 2, 3], reduction="mean")
gradient.T @ x
nl.log1mexp(-1.0)
nl.log1mexp(x, x)
nl.log1mexp(x, out=x, where=x < 0, dtype=np.float32, casting="unsafe")
nl.logaddexp(x, [1.0, 2.0, 3.0, 4.0], out=(x,))
nl.logaddexp.reduce(x, axis=0)
nl.logaddexp.accumulate(x, axis=1)
nl.logaddexp.outer(x, x)
nl.logaddexp.at(x, [0], 1.0)
nl.log_mix(0.0, x, x)
ufunc: np.ufunc = nl.logit
number: int = nl.logit.nin
text: str = nl.__version__
with nl.set_workers(2):
    pass

nl.cross_entropy(x, [0, 1, 2], reduction="men")  # arg-type
nl.cross_entropy(x, [0, 1, 2], reduction=None)  # arg-type
nl.softmax(x, axis="rows")  # arg-type
nl.softmax(x, -1, None)  # call-arg
nl.softmax(x, keepdims=True)  # call-arg
nl.softmax(x).no_such_attribute  # attr-defined
nl.sofmax(x)  # attr-defined
nl.log1mexp()  # call-arg
nl.log1mexp(x=x)  # call-arg
nl.log1mexp(x, casting="anything")  # arg-type
nl.logaddexp(x)  # call-arg
nl.log_mix(x, x, x, x, x)  # call-arg
nl.logaddexp.reduced(x)  # attr-defined
nl.logaddexp.at(x, [0], 1.0, 2.0)  # call-arg
nl.set_workers("two")  # arg-type
"""


def test_mypy_accepts_right_programs_and_refuses_wrong_ones(tmp_path):
    pytest.importorskip("mypy")
    # Beside the program, so that it is this package that is found.
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=ignore)
    (tmp_path / "program.py").write_text(_PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    said = re.findall(r"^(.*\.pyi?):(\d+): error: .*\[(.*)\]$", done.stdout, re.M)
    wanted = [
        ("program.py", str(number), line.partition("  # ")[2])
        for number, line in enumerate(_PROGRAM.splitlines(), 1)
        if "  # " in line
    ]
    assert said == wanted, done.stdout + done.stderr
