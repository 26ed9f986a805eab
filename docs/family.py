"""The parts of pages that are made from the table of the family when the documentation is built.

A comment in a page stands where each part goes:

    <!-- functions: KIND, KIND -->    a table of all functions of these kinds, a line each
    <!-- what runs where -->          the same for kinds that run in the same places
    <!-- partials -->                 the derivatives of the elementwise functions
    <!-- device functions -->         the functions of rows for users' CUDA kernels
    <!-- command line -->             what the commands take
"""

import argparse
import inspect
import re

import numba_logspace
from numba_logspace import __main__, partials
from numba_logspace._family import FAMILY, KINDS, named
from numba_logspace._family.partials import PARTIALS

PLACES = {"jitted": "in `njit`", "cuda": "CUDA arrays", "device": "in CUDA kernels"}
_KINDS_OF_PARTS = "functions|what runs where|partials|device functions|command line"
_COMMENT = re.compile(rf"^<!-- ({_KINDS_OF_PARTS})(?:: (.*))? -->$", re.M)


def expand(page):
    """The text of a page with its comments replaced by what they stand for."""
    return _COMMENT.sub(lambda found: _PARTS[found[1]](*(found[2] or "").split(", ")), page)


def _lines(*kinds):
    unknown = set(kinds) - KINDS.keys()
    if unknown:
        raise ValueError(f"no such kinds of functions: {', '.join(sorted(unknown))}")
    rows = (
        (f"{{py:func}}`~numba_logspace.{name}`", summary(name), *_yes(FAMILY[name].kind))
        for name in named(*kinds)
    )
    return _table(("function", "gives", *PLACES.values()), rows)


def _yes(kind):
    return ["yes" if place in KINDS[kind][1] else "no" for place in PLACES]


def _table(head, rows):
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def summary(name):
    """The first paragraph of a docstring; of a ufunc it stands behind the signature."""
    function = getattr(numba_logspace, name)
    paragraphs = inspect.cleandoc(function.__doc__).split("\n\n")
    text = paragraphs[0 if inspect.isfunction(function) else 1]
    return " ".join(text.split()).replace("|", r"\|")


def _what_runs_where(*_):
    rows = {}
    for kind in KINDS:
        names = [f"`{name}`" for name in named(kind)]
        rows.setdefault(tuple(_yes(kind)), []).extend(names)
        if kind == "reduction":  # which has an engine of its own there
            rows.setdefault(("yes", "yes", "no"), []).append("`logsumexp` with `b=`")
    table = ((", ".join(names), "yes", *cells) for cells, names in rows.items())
    return _table(("functions", "NumPy arrays", *PLACES.values()), table)


def _of_derivative(name):
    # (what it is, its special values): the second paragraph of the docstring and a note.
    text = getattr(partials, name).__doc__
    special = text.partition("Special values: ")[2].partition(".\n")[0]
    return text.split("\n\n")[2].strip().rstrip("."), " ".join(special.split())


def _partials(*_):
    rows = []
    for name, entry in PARTIALS.items():
        if entry.name in FAMILY:
            cells = f"`numba_logspace.{entry.name}`", "those of it"
        elif entry.name != name:
            cells = f"`{entry.name}`", "those of it"
        else:
            cells = _of_derivative(name)
        rows.append((f"`{name}`", *cells, str(entry.ulp)))
    return _table(("derivative", "is", "special values", "error bound, ulp"), rows)


def _device_functions(*_):
    rows = []
    for function in FAMILY.values():
        if function.runs("device") and function.kind != "elementwise":
            operands = ["x_row", *(f"{name}_row" for name in function.operands)]
            operands += [] if function.kind == "reduction" else ["out_row"]
            calls = (
                f"`warp_{function.name}({', '.join(operands)})`",
                f"`block_{function.name}({', '.join([*operands, 'shared'])})`",
            )
            rows.append((*calls, f"`{function.name}` of one row"))
    return _table(("by a warp", "by a block", "is"), rows)


def _command_line(*_):
    parser = __main__._parser()
    parsers = [parser, *parser._subparsers._group_actions[0].choices.values()]
    return "\n\n".join(f"```text\n{_help(each)}\n```" for each in parsers)


def _help(parser):
    # Of one width, whatever the terminal has.
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=80)
    return parser.format_help().strip()


_PARTS = {
    "functions": _lines,
    "what runs where": _what_runs_where,
    "partials": _partials,
    "device functions": _device_functions,
    "command line": _command_line,
}


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", lambda app, name, text: text.append(expand(text.pop())))
    return {"parallel_read_safe": True}
