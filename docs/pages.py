"""An extension of Sphinx: a page for each function, links where text names one, local MathJax.

Names of NumPy, SciPy and Numba become links too, which intersphinx resolves.

The pages are written to docs/auto_reference when the documentation is built.
"""

import importlib.util
import re
import shutil
from pathlib import Path

import inventories
from definitions import SAME_ELSEWHERE, formula, neighbours, relatives, sources
from docutils import nodes
from naive import CASES
from sphinx.addnodes import pending_xref

import numba_logspace
from numba_logspace._family import FAMILY
from numba_logspace._family.partials import PARTIALS

HERE = Path(__file__).parent
FOLDER = HERE / "auto_reference"
# Where names are mostly those of other libraries only the first column of tables has ours.
OF_OTHERS = ("names", "coming/")
# Pages that explain functions, for those that no page calls.
EXPLAIN = ("chains", "guide", "likelihoods", "mathematics", "partials", "segments")
_NAME = re.compile(r"(?:nl\.|numba_logspace\.)?(\w+)$")
# What other libraries have, as their inventories say.
ELSEWHERE = {
    name for library in ("numpy", "scipy", "numba") for name in inventories.entries(library)
}
# One file without fonts or further parts: no request leaves the page.
MATHJAX = "tex-svg.js"


def page(name, users):
    """The page of a function, in reStructuredText."""
    parts = [f"{name}\n{'=' * len(name)}"]
    if formula(name):
        parts.append(f".. math::\n\n   {' '.join(formula(name).split())}")
    parts.append(f".. autofunction:: numba_logspace.{name}")
    if name in CASES:
        parts.append(_picture(name))
    others = relatives(name) + neighbours(name)
    links = [f":py:func:`~numba_logspace.{other}`" for other in others]
    if any(entry.name == name for entry in PARTIALS.values()) or f"{name}_dx" in PARTIALS:
        links.append(":doc:`its derivatives </partials>`")
    if name in SAME_ELSEWHERE:
        links.append(f":py:func:`{SAME_ELSEWHERE[name]}`")
    if links:
        parts.append(".. rubric:: See also\n\n" + ", ".join(links))
    if sources(name):
        # Without the backslash the initial of an author would begin a list, as A. does.
        cited = (f"- \\{text}{_doi(doi)}." for text, doi in sources(name))
        parts.append(".. rubric:: References\n\n" + "\n".join(cited))
    if users:
        parts.append(".. rubric:: On other pages\n\n" + _list_of(users))
    return "\n\n".join(parts) + "\n"


def _picture(name):
    # docs/pictures.py draws it beside the page.
    case = CASES[name]
    form = f"``{case.text}``"
    return f""".. rubric:: Its digits

.. figure:: /auto_reference/{name}.svg
   :alt: {case.what} over {case.axis}, and the error in ulp of {case.text} and of {name}

   The value, and the errors in float64: of the formula as it is written, {form}, and of
   this function."""


def _doi(doi):
    if doi and doi.startswith("https:"):
        return f", `on the web <{doi}>`__"
    return f", `doi:{doi} <https://doi.org/{doi}>`__" if doi else ""


def _list_of(users):
    return "\n".join(f"- :doc:`/{user}`" for user in users)


def users():
    """{name: the pages of the gallery and of the guide that call the function, or speak of it}."""
    called, named = ({name: [] for name in FAMILY} for _ in range(2))
    texts = {f"auto_gallery/{p.stem}": p for p in sorted((HERE / "gallery").glob("*.py"))}
    texts |= {
        path.relative_to(HERE).with_suffix("").as_posix(): path
        for path in sorted(HERE.rglob("*.md"))
        if not path.relative_to(HERE).parts[0].startswith(("auto_", "_"))
    }
    for where, path in texts.items():
        text = path.read_text(encoding="utf-8")
        for name in set(re.findall(r"\bnl\.(\w+)\(", text)) & FAMILY.keys():
            called[name].append(where)
        for name in set(re.findall(r"`(\w+)`", text)) & FAMILY.keys():
            named[name] += [where] if where in EXPLAIN else []
    return {name: called[name] or named[name] for name in FAMILY}


def write(app=None):
    """Write the pages that differ from what is there, so that others are not built again."""
    FOLDER.mkdir(exist_ok=True)
    for name, where in users().items():
        path, text = FOLDER / f"{name}.rst", page(name, where)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in FOLDER.glob("*.rst"):
        if path.stem not in FAMILY:
            path.unlink()


# --- names in text -------------------------------------------------------------------------------


def is_ours(literal, document):
    """Whether a literal is the name of a function of this package, and not of another's."""
    found = _NAME.fullmatch(literal.astext())
    if not found or found[1] not in numba_logspace.__all__ or found[1] == document.split("/")[-1]:
        return False
    ancestors = _around(literal)
    if document.startswith(OF_OTHERS):
        entry = next((a for a in ancestors if isinstance(a, nodes.entry)), None)
        return entry is not None and entry.parent.index(entry) == 0
    before = literal.parent[: literal.parent.index(literal)]
    return not (before and re.search(r"['’]s $", before[-1].astext()))


def _around(node):
    # The nodes that a node is in, from the inside.
    ancestors = []
    while node.parent is not None:
        node = node.parent
        ancestors.append(node)
    return ancestors


def elsewhere(text):
    """What a name of NumPy, SciPy or Numba is called in full; None where it is none."""
    name = re.sub(r"^np\.", "numpy.", text)
    return name if name in ELSEWHERE and "." in name else None


def link(app, doctree):
    """Make links of the literals that name a function."""
    document = app.env.current_document.docname
    for literal in list(doctree.findall(nodes.literal)):
        if any(
            isinstance(a, nodes.title | nodes.reference | pending_xref) for a in _around(literal)
        ):
            continue
        target = elsewhere(literal.astext())
        if not target and is_ours(literal, document):
            target = "numba_logspace." + _NAME.fullmatch(literal.astext())[1]
        if target:
            reference = pending_xref(
                "", refdomain="py", reftype="obj", reftarget=target, refwarn=True, refexplicit=True
            )
            literal.replace_self(reference)
            reference += literal


# --- MathJax -------------------------------------------------------------------------------------


def copy_mathjax(app):
    """Put MathJax, from the package that has it, beside the other scripts of the site."""
    if app.builder.format == "html":
        found = importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
        target = Path(app.outdir) / "_static"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(found) / "static" / "mathjax" / MATHJAX, target)


def not_to_edit(app, document, template, context, doctree):
    """Take the links to the source away from pages that are made, and have none to edit."""
    if document.startswith("auto_"):
        context["theme_top_of_page_buttons"] = []


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", not_to_edit)
    app.connect("builder-inited", write, priority=100)
    app.connect("builder-inited", copy_mathjax)
    app.connect("doctree-read", link)
    return {"parallel_read_safe": True}
