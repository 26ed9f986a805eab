"""The Python blocks of the documentation run as printed, and give what they say."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parent.parent / "docs"
# What needs a GPU is in tests/cuda; the gallery and the docstrings have tests of their own.
PAGES = ("index.md", "guide.md", "jitted.md")
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_RESULT = re.compile(r"#.*?(-?[\[(]?-?\d[\d\s.,e\])(inf-]*)$")


def numbers(text):
    """The numbers of a comment."""
    return np.array([float(n) for n in re.findall(r"-?(?:\d+\.?\d*(?:e-?\d+)?|inf)", text)])


def statements(page):
    """(source, the comment behind it or None) of every statement of a page."""
    for block in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        lines = block.splitlines()
        for node in ast.parse(block).body:
            source = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            comment = lines[node.end_lineno - 1][node.end_col_offset :].strip()
            yield isinstance(node, ast.Expr), source, comment or None


@pytest.mark.parametrize("page", PAGES)
def test_blocks(page):
    space = {}
    compared = 0
    for is_expression, source, comment in statements(page):
        if not is_expression:
            exec(source, space)
            continue
        result = eval(source.partition("  #")[0], space)
        found = _RESULT.search(comment or "")
        if found and "over" not in comment:
            # As many digits as the comment has.
            printed = numbers(found[1])
            np.testing.assert_allclose(np.ravel(result), printed, rtol=1e-8, atol=0)
            compared += 1
    assert compared
