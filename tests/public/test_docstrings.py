"""The docstrings of the public names: their examples run, their sections are all there."""

import contextlib
import doctest
import inspect
import re

import numpy as np
import pytest

import numba_logspace as nl
from numba_logspace import partials
from numba_logspace._family import FAMILY
from numba_logspace._family.partials import PARTIALS

MANAGERS = ("set_workers",)
NUMERIC = tuple(name for name in nl.__all__ if name not in MANAGERS)
UFUNCS = tuple(name for name in NUMERIC if not inspect.isfunction(getattr(nl, name)))

each = pytest.mark.parametrize("name", nl.__all__)


def docstring(name):
    return inspect.cleandoc(getattr(nl, name).__doc__)


def sections(text):
    """Title -> body of the sections of a numpydoc docstring."""
    parts = re.split(r"^(\S[^\n]*)\n(-{3,})$", text, flags=re.M)
    for title, line in zip(parts[1::3], parts[2::3], strict=True):
        assert len(title) == len(line), title
    return dict(zip(parts[1::3], parts[3::3], strict=True))


def documented(body):
    """The names of a list of parameters."""
    heads = re.findall(r"^(\S[^\n:]*?)(?: :|$)", body, re.M)
    return [name.strip() for head in heads for name in head.split(",")]


def run_examples(text, name):
    """(failed, tried, what went wrong) of the examples of a docstring."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    said = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    return result.failed, result.attempted, "".join(said)


@each
def test_examples(name):
    failed, tried, said = run_examples(docstring(name), name)
    assert not failed, said
    assert tried >= 2
    assert f"nl.{name}(" in docstring(name)


def test_wrong_examples_are_found():
    assert run_examples(">>> 1 + 1\n3\n>>> 2\n2\n", "wrong")[:2] == (1, 2)


@each
def test_sections(name):
    found = sections(docstring(name))
    wanted = ["Parameters", "Returns", "Raises", "Notes", "Examples"]
    if name in MANAGERS:
        wanted.remove("Returns")
    assert list(found) == wanted
    assert all(body.strip() for body in found.values())


@pytest.mark.parametrize("name", NUMERIC)
def test_notes_say_what_is_promised(name):
    notes = sections(docstring(name))["Notes"]
    assert re.search(r"Error bound: \d+ ulp", notes)
    assert "Special values:" in notes
    assert re.search(r"O\(size[^)]*\)", notes)


@each
def test_no_places_are_left_over(name):
    # A set of words to choose from is none: {"none", "sum"}.
    text = re.sub(r'\{"\w+"(, "\w+")*\}', "", docstring(name))
    assert "{" not in text
    assert "}" not in text
    # Shared parts stand at the margin, as what is around them does.
    assert not re.search(r"^ +-{3,}$", text, re.M)


@each
def test_lines_fit_on_a_page(name):
    lines = inspect.cleandoc(getattr(nl, name).__doc__).splitlines()
    # The first of a ufunc is its signature.
    assert all(len(line) <= 100 for line in lines[isinstance(getattr(nl, name), np.ufunc) :])


@each
def test_summary_is_one_paragraph_with_a_full_stop(name):
    paragraphs = docstring(name).split("\n\n")
    summary = paragraphs[1] if name in UFUNCS else paragraphs[0]
    assert summary.endswith(".")


@pytest.mark.parametrize("name", [n for n in nl.__all__ if n not in UFUNCS])
def test_every_parameter_is_documented(name):
    parameters = list(inspect.signature(getattr(nl, name)).parameters)
    assert sorted(documented(sections(docstring(name))["Parameters"])) == sorted(parameters)


@pytest.mark.parametrize("name", UFUNCS)
def test_every_argument_of_a_ufunc_is_documented(name):
    text = docstring(name)
    signature = re.match(rf"{name}\((.+?), /, out=None, \*, where=True", text)
    inputs = signature[1].split(", ")
    assert len(inputs) == getattr(nl, name).nin
    found = documented(sections(text)["Parameters"])
    names = {1: ["x"], 2: ["x", "y"], 3: ["t", "x", "y"]}[len(inputs)]
    assert found[: len(inputs)] == names
    if hasattr(np.exp, "__dict__"):  # otherwise NumPy calls them x1, x2
        assert inputs == names
        assert list(inspect.signature(getattr(nl, name)).parameters)[: len(names)] == names
    assert {"out", "where"} < set(found)


@pytest.mark.parametrize("name", MANAGERS)
def test_context_managers(name):
    assert isinstance(getattr(nl, name)(1), contextlib.AbstractContextManager)


@pytest.mark.parametrize("name", [n for n in nl.__all__ if n not in UFUNCS])
def test_raises_names_exceptions(name):
    heads = documented(sections(docstring(name))["Raises"])
    known = {"TypeError": TypeError, "ValueError": ValueError}
    known["numpy.exceptions.AxisError"] = np.exceptions.AxisError
    assert heads
    assert set(heads) <= known.keys()


# --- of the derivatives of elementwise functions -------------------------------------------------

# Those that are not public functions already.
DERIVATIVES = [n for n, entry in PARTIALS.items() if n == entry.name and n not in FAMILY]


def docstring_of_derivative(name):
    return inspect.cleandoc(getattr(partials, name).__doc__)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_docstrings_of_derivatives(name):
    text = docstring_of_derivative(name)
    found = sections(text)
    assert list(found) == ["Parameters", "Returns", "Raises", "Notes", "Examples"]
    assert f"Error bound: {PARTIALS[name].ulp} ulp" in found["Notes"]
    assert "Special values:" in found["Notes"]
    inputs = re.match(rf"{name}\((.+?), /, out=None, \*, where=True", text)[1].split(", ")
    names = list(inspect.signature(PARTIALS[name].engine).parameters)
    assert documented(found["Parameters"])[: len(inputs)] == names
    if hasattr(np.exp, "__dict__"):  # otherwise NumPy calls them x1, x2
        assert inputs == names
    assert re.match(r"The (second )?derivative of `\w+` by \w( and \w)?\.$", text.split("\n\n")[1])
    assert f"partials.{name}(" in found["Examples"]
    assert "{" not in text


@pytest.mark.slow  # each is compiled
@pytest.mark.parametrize("name", DERIVATIVES)
def test_examples_of_derivatives(name):
    failed, tried, said = run_examples(docstring_of_derivative(name), name)
    assert not failed, said
    assert tried == 2
