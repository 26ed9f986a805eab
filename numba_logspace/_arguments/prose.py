"""Prose of docstrings, in lines of the usual length."""

import textwrap

_WIDTH = 96  # to which an indentation of four comes


def filled(text: str, indent: str = "") -> str:
    """A paragraph in lines of the usual length, whatever the lines that it is given in."""
    return textwrap.fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
