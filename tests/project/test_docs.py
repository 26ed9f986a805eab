"""Pages of the documentation: their Python blocks give what they say, what they name is there."""

import ast
import fnmatch
import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import numba_logspace
from numba_logspace._family import FAMILY
from numba_logspace._family.partials import PARTIALS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# What needs a GPU is in tests/cuda; the gallery and the docstrings have tests of their own.
PAGES = ("index.md", "guide.md", "jitted.md", "partials.md", "segments.md", "chains.md")
PAGES += ("likelihoods.md", "howto.md", "mathematics.md", "coming/scipy.md", "coming/tfp_stan.md")
# Pages about libraries that the package does not need, and what they need; `.ci/run` has them.
LIBRARIES = {
    "coming/jax.md": ["jax"],
    "coming/torch.md": ["torch"],
    "interop/dask.md": ["dask"],
    "interop/jax.md": ["jax"],
    "interop/pandas.md": ["pandas", "pyarrow"],
    "interop/polars.md": ["polars"],
    "interop/pytensor.md": ["pymc"],
    "interop/torch.md": ["torch"],
    "interop/xarray.md": ["xarray"],
}
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_RESULT = re.compile(r"#.*?(-?[\[(]?-?\d[\d\s.,e\])(inf-]*)$")


def numbers(text):
    """The numbers of a comment."""
    return np.array([float(n) for n in re.findall(r"-?(?:\d+\.?\d*(?:e-?\d+)?|inf)", text)])


def blocks_of(path):
    """The blocks of Python of a page."""
    return _BLOCK.findall(path.read_text(encoding="utf-8"))


def statements(blocks):
    """(whether an expression, source, the comment behind it or None) of every statement."""
    for block in blocks:
        lines = block.splitlines()
        for node in ast.parse(block).body:
            above = [decorator.lineno for decorator in getattr(node, "decorator_list", ())]
            source = "\n".join(lines[min([node.lineno, *above]) - 1 : node.end_lineno])
            comment = lines[node.end_lineno - 1][node.end_col_offset :].strip()
            yield isinstance(node, ast.Expr), source, comment or None


# As PyTensor from a wheel says, where its C mode multiplies matrices.
@pytest.mark.filterwarnings("ignore:PyTensor could not link to a BLAS")
@pytest.mark.parametrize("page", [*PAGES, *LIBRARIES])
def test_blocks(page):
    for library in LIBRARIES.get(page, ()):
        pytest.importorskip(library, reason=f"{page} is about {library}, which is not installed")
    assert compared(blocks_of(DOCS / page))


def compared(blocks):
    """How many results of blocks, which are run, are as their comments say."""
    space, count = {}, 0
    for is_expression, source, comment in statements(blocks):
        if not is_expression:
            exec(source, space)
            continue
        result = eval(source.partition("  #")[0], space)
        if comment == "# True":
            assert result
        found = _RESULT.search(comment or "")
        if found and "over" not in comment:
            # As many digits as the comment has.
            printed = numbers(found[1])
            np.testing.assert_allclose(np.ravel(result), printed, rtol=1e-8, atol=0)
            count += 1
    return count


def test_the_beginning_of_the_readme():
    first, *_ = blocks_of(ROOT / "README.md")
    with_torch = importlib.util.find_spec("torch") is not None
    if not with_torch:
        first = re.sub(r"^torch\..*\n|, torch$", "", first, flags=re.M)
    with np.errstate(divide="ignore"):
        assert compared([first]) == 5 + with_torch


@pytest.mark.slow
def test_the_rest_of_the_readme():
    _, *rest = blocks_of(ROOT / "README.md")
    assert compared([block for block in rest if "cupy" not in block]) == 2


# --- what is made from the table of the family ---------------------------------------------------


@pytest.fixture
def family(monkeypatch):
    """The extension of Sphinx that fills in the pages."""
    monkeypatch.syspath_prepend(str(DOCS))
    import family

    yield family
    sys.modules.pop("family")


def test_every_function_is_in_the_reference_once(family):
    page = family.expand((DOCS / "reference.md").read_text(encoding="utf-8"))
    names = re.findall(r"^\| \{py:func\}`~numba_logspace\.(\w+)` \|", page, re.M)
    assert sorted([*names, "set_workers"]) == numba_logspace.__all__
    assert "`block_softmax(x_row, out_row, shared)`" in page
    assert "usage: numba_logspace apply" in page
    assert "<!--" not in page


def test_every_function_has_a_formula_that_reads(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import definitions

    for name in FAMILY:
        formula = definitions.formula(name)
        assert formula, f"{name} lacks its formula: docs/definitions.py"
        assert formula.count("{") == formula.count("}")
    assert definitions.formula("softmin") is None
    assert "log1m_softmax_vjp" in definitions.relatives("log1m_softmax")
    sys.modules.pop("definitions")


def test_page_of_a_function(monkeypatch):
    pytest.importorskip("sphinx", reason="pages are made by an extension of Sphinx")
    monkeypatch.syspath_prepend(str(DOCS))
    import pages

    page = pages.page("softmax_vjp", ["guide"])
    assert ".. math::" in page
    assert ".. autofunction:: numba_logspace.softmax_vjp" in page
    assert ":py:func:`~numba_logspace.softmax`" in page
    assert "- \\P. Blanchard" in page
    assert "https://doi.org/10.1093/imanum/draa038" in page
    assert "- :doc:`/guide`" in page
    assert {"index", "auto_gallery/plot_precision"} <= set(pages.users()["log1m_softmax"])
    assert pages.elsewhere("np.exp") == "numpy.exp"
    assert pages.elsewhere("scipy.optimize.minimize") == "scipy.optimize.minimize"
    for other in ("np.pi", "np.log(x)", "numpy.nothing", "torch.exp", "numpy"):
        assert pages.elsewhere(other) is None
    assert ":py:func:`~numba_logspace.log_softmax`" in pages.page("softmax", [])
    assert ".. figure:: /auto_reference/log1mexp.svg" in pages.page("log1mexp", [])
    for name in ("pages", "definitions", "naive", "inventories"):
        sys.modules.pop(name)


def test_inventories(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import inventories

    pytest.importorskip("sphinx.util.inventory", reason="it reads what is written for it")
    from sphinx.util.inventory import InventoryFile

    found = InventoryFile.loads(inventories.inventory("scipy"), uri="https://docs").data
    item = found["py:function"]["scipy.special.logsumexp"]
    address = "https://docs/reference/generated/scipy.special.logsumexp.html"
    assert item.uri == f"{address}#scipy.special.logsumexp"
    assert "numpy.ndarray" in inventories.entries("numpy")
    assert "numpy.pi" not in inventories.entries("numpy")
    sys.modules.pop("inventories")


def test_pictures(monkeypatch):
    pytest.importorskip("matplotlib", reason="it draws the pictures")
    pytest.importorskip("mpmath", reason="it computes what they compare with")
    monkeypatch.syspath_prepend(str(DOCS))
    import naive
    import pictures

    assert naive.CASES.keys() <= FAMILY.keys()
    case = naive.CASES["log1mexp"]
    assert [float(case.exact(x)) for x in (-1e-20, -300.0)] == pytest.approx(
        [-46.051701859880914, -5.148200222412013e-131], rel=1e-15
    )
    assert naive._ulp(1.0, 1.0, 0.0) == 0 and naive._ulp(0.0, 1e-300, 0.0) == np.inf
    page = (DOCS / "speed.md").read_text(encoding="utf-8")
    above, below = pictures.limits(page).axes
    assert [tick.get_text() for tick in below.get_yticklabels()][0] == "10000 x 1000"
    times = [float(row[2]) for row in pictures.table(page, "log1m_softmax, one thread")]
    assert [*above.lines[-1].get_xdata(), *below.lines[-1].get_xdata()] == times[::2] + times[1::2]
    assert len(pictures.peers(page).axes) == 3
    with pytest.raises(ValueError, match="no table that begins with neck, one thread"):
        pictures.table(page, "neck, one thread")
    for name in ("pictures", "naive"):
        sys.modules.pop(name)


def test_what_runs_where(family):
    page = family.expand((DOCS / "cuda.md").read_text(encoding="utf-8"))
    rows = dict(re.findall(r"^\| (`.*?`) \| yes \| (.*) \|$", page, re.M))
    cells = {name: row for names, row in rows.items() for name in re.findall(r"`(\w+)`", names)}
    assert cells.keys() == set(numba_logspace.__all__) - {"set_workers"}
    assert cells["log_mix"] == "yes | yes | yes"
    assert cells["gated_log_softmax"] == "yes | yes | no"
    assert [row for n, row in rows.items() if "`logsumexp` with `b=`" in n] == ["yes | yes | no"]


def test_what_jitted_code_has_not():
    page = (DOCS / "jitted.md").read_text(encoding="utf-8")
    absent = {name for name, function in FAMILY.items() if not function.runs("jitted")}
    assert "Every function of the package can be called" in page
    assert not absent


def test_what_files_have_not():
    page = (DOCS / "files.md").read_text(encoding="utf-8")
    patterns = re.findall(
        r"`([\w*]+)`", re.search(r"^Not on files: (.+?), and the ", page, re.M | re.S)[1]
    )
    absent = {name for name, function in FAMILY.items() if not function.runs("apply")}
    assert absent == {name for p in patterns for name in fnmatch.filter(FAMILY, p)}
    assert all(fnmatch.filter(FAMILY, p) for p in patterns)


def test_every_derivative_is_in_its_table(family):
    page = family.expand((DOCS / "partials.md").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (\d) \|$", page, re.M)
    assert [name for name, *_ in rows] == list(PARTIALS)
    assert {name: int(ulp) for name, _, _, ulp in rows} == {n: e.ulp for n, e in PARTIALS.items()}


def test_unknown_kinds_are_found(family):
    with pytest.raises(ValueError, match="no such kinds of functions: mop"):
        family.expand("<!-- functions: map, mop -->")
    assert family.expand("<!-- other -->") == "<!-- other -->"


# --- the files they name -------------------------------------------------------------------------

# Pages name files from the root, from the package, or from the folder that they are about.
FOLDERS = (ROOT, ROOT / "numba_logspace", DOCS, ROOT / "asv_bench", ROOT / "asv_bench/benchmarks")


def absent(text):
    """The files that a page names and that are not there."""
    names = re.findall(r"`([\w./]+\.(?:py|md|json)|(?:tests|docs)/[\w./]+)`", text)
    return [name for name in names if not any((folder / name).exists() for folder in FOLDERS)]


@pytest.mark.parametrize(
    "path", [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))], ids=lambda p: p.name
)
def test_named_files_are_there(path):
    assert not absent(path.read_text(encoding="utf-8"))


def test_absent_files_are_found():
    text = "`numba_logspace/_cuda.py`, `tests/formulas`, `tests/test_rows.py`, `rows.py`"
    assert absent(text) == ["numba_logspace/_cuda.py", "tests/test_rows.py"]
