"""How Sphinx builds the documentation: python -m sphinx -W -n -b html docs docs/_build/html."""

import os
import sys
import warnings
from pathlib import Path

import matplotlib
from sphinx_gallery.sorting import FunctionSortKey

import numba_logspace

sys.path.insert(0, os.path.dirname(__file__))  # where the extensions of these pages lie
import inventories

# The gallery in the order in which it is to be read; a script that is not named stops the build.
ORDER = [
    "plot_precision.py",
    "plot_related_classes.py",
    "plot_gate.py",
    "plot_hmm.py",
    "plot_newton.py",
    "plot_jitted.py",
    "libraries.py",  # shown but not run: it needs what the documentation does not
]

matplotlib.use("Agg")
# A warning would stand in the page of its script: there it is an error.
warnings.filterwarnings("error", category=RuntimeWarning)
os.environ["TQDM_DISABLE"] = "1"  # progress bars have no place in a page

project = "numba_logspace"
author = "The numba_logspace developers"
copyright = author
release = version = numba_logspace.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx_gallery.gen_gallery"]
extensions += ["sphinx.ext.mathjax", "sphinx.ext.viewcode", "sphinx_copybutton"]
# Links to NumPy, SciPy, Python and Numba, by inventories that are made here: nothing is fetched.
extensions += ["sphinx.ext.intersphinx", "inventories"]
intersphinx_mapping = inventories.mapping()
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but for these
numpydoc_xref_aliases = {
    "array_like": ":term:`numpy:array_like`",
    "ndarray": "numpy.ndarray",
    "ndarrays": "numpy.ndarray",
    **{name: name for name in ("int", "bool", "float", "str", "tuple", "dict")},
}
# Tables from the table of the family; a page for each function, links to it, MathJax; pictures.
extensions += ["family", "pages", "pictures"]
mathjax_path = "tex-svg.js"  # which pages.py puts there: no request leaves the site
myst_enable_extensions = ["dollarmath"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
autodoc_typehints = "none"  # the docstrings say it in words
numpydoc_class_members_toctree = False
exclude_patterns = ["_build", "gallery", "**/sg_execution_times.rst", "sg_execution_times.rst"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False

# The dashboard of the benchmarks, where asv_bench/publish.py has made it; pages ask for the tag.
_PUBLISHED = Path(__file__).parent.parent / "asv_bench" / "html"
if (_PUBLISHED / "dashboard" / "index.html").is_file():
    html_extra_path = [str(_PUBLISHED)]
    tags.add("dashboard")  # noqa: F821 - given by Sphinx
html_show_sphinx = False

# Links to edit a page lead to the repository that builds it, where that says which it is.
if os.environ.get("GITHUB_REPOSITORY"):
    html_theme_options = {
        "source_repository": f"https://github.com/{os.environ['GITHUB_REPOSITORY']}/",
        "source_branch": "main",
        "source_directory": "docs/",
    }

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "within_subsection_order": FunctionSortKey(ORDER.index, "the order of ORDER"),
    "abort_on_example_error": True,
    "capture_repr": (),
    "download_all_examples": False,
    "reset_modules": ("matplotlib",),
    "show_signature": False,
    "write_computation_times": False,
}
