"""What a function takes from files, and what it gives to files."""

import ast
import dataclasses
import difflib
import functools
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import numba_logspace

from .._arguments import layout
from .._family import FAMILY, Function
from .._interop.calls import ENTRIES, RESULTS, ROWS, are_labels, role_of

NAMES = [function.name for function in FAMILY.values() if function.runs("apply")]
# The arguments that are arrays, of functions that have others too.
_ARRAYS = {"x", "g", "t", "b", "logits", "targets", "weights"}


@dataclasses.dataclass(frozen=True)
class Call:
    """A function, and its arguments that come from files."""

    function: Function
    names: tuple[str, ...]

    @property
    def is_elementwise(self) -> bool:
        """Whether there are no rows, only entries."""
        return self.function.kind == "elementwise"

    @property
    def results(self) -> tuple[str, ...]:
        """What each result has a number for."""
        return (ENTRIES,) if self.is_elementwise else RESULTS[self.function.kind]

    def run(self, arrays: Sequence[Any], axis: int, workers: int | None) -> tuple[Any, ...]:
        """The results, of arrays of any library."""
        function = getattr(numba_logspace, self.function.name)
        if self.is_elementwise:
            return (function(*arrays),)
        arguments = dict(zip(self.names, arrays, strict=True))
        results = function(**arguments, axis=axis, workers=workers)
        return results if len(self.results) > 1 else (results,)

    def roles(self, arrays: Sequence[Any], axis: int) -> list[str]:
        """What each argument has a number for, of arrays with a name, a shape and a dtype."""
        first = arrays[0].shape
        axis = axis % max(1, len(first))
        found = []
        for name, array in zip(self.names, arrays, strict=True):
            role = ENTRIES if self.is_elementwise else role_of(self.function.kind, name)
            if name == "targets" and are_labels(array.shape, array.dtype.kind in "iu", first, axis):
                role = ROWS
            rows = tuple(k for a, k in enumerate(first) if a != axis)
            wanted = rows if role == ROWS else first
            kept = tuple(1 if a == axis else k for a, k in enumerate(first))
            if array.shape != wanted and not (role == ROWS and array.shape == kept):
                raise ValueError(
                    f"{name} must have the shape {wanted} beside {arrays[0].name}, "
                    f"{array.name} has {array.shape}"
                )
            found.append(role)
        return found

    def dtype(self, arrays: Sequence[Any]) -> np.dtype:
        """The dtype of the results, of arrays with a name and a dtype."""
        found = [result_of(a.dtype, a.name) for a in arrays]
        # Derivatives and losses have the dtype of their first argument.
        count = len(found) if self.is_elementwise or "b" in self.names else 1
        return functools.reduce(layout.common_dtype, found[:count])


def result_of(dtype: np.dtype, name: str) -> np.dtype:
    """The dtype of the results of an array in a file."""
    try:
        return layout.as_array(np.empty(0, dtype), name)[2]
    except TypeError:  # which says what to do with an array that is at hand
        raise TypeError(
            f"{name} has dtype {dtype}; files must hold real numbers: float16, float32, float64, "
            "integers or bool"
        ) from None


def _arguments(name: str) -> dict[str, bool]:
    # The arguments that files are for, in order, and whether each may be left out.
    function = FAMILY[name]
    if function.kind == "elementwise":
        return dict.fromkeys(inspect.signature(function.engine).parameters, False)
    parameters = inspect.signature(getattr(numba_logspace, name)).parameters.values()
    empty = inspect.Parameter.empty
    return {p.name: p.default is not empty for p in parameters if p.name in _ARRAYS}


def unknown(name: str, names: Sequence[str]) -> str:
    """That there is no such function, and which may be meant."""
    close = difflib.get_close_matches(name, names)
    meant = f"did you mean {' or '.join(close)}?" if close else "numba_logspace.__all__ has all"
    return f"no function {name!r}: {meant}"


def divided(name: str, files: Sequence[str]) -> tuple[Call, list[str], list[str]]:
    """The call, the files it reads and the files it writes."""
    if name not in NAMES:
        if name in numba_logspace.__all__:
            raise ValueError(f"{name} does not run on files; apply --help lists what does")
        raise ValueError(unknown(name, NAMES))
    arguments = _arguments(name)
    outputs = len(Call(FAMILY[name], ()).results)
    inputs = len(files) - outputs
    needed = sum(not optional for optional in arguments.values())
    if not needed <= inputs <= len(arguments):
        names = [f"[{n}]" if optional else n for n, optional in arguments.items()]
        results = "output" if outputs == 1 else "loss gradient"
        if FAMILY[name].kind == "value and vjp":
            results = "value gradient"
        raise ValueError(f"the files of {name} are: {' '.join(names)} {results}, got {len(files)}")
    call = Call(FAMILY[name], tuple(arguments)[:inputs])
    return call, list(files[:inputs]), list(files[inputs:])


def located(text: str, row: Callable[..., Any]) -> str:
    """The text of an error about a row of a slab, with what `row` calls it in the file."""
    found = re.search(r"in row (\d+|\([\d, ]+\))", text)
    if found is None:
        return text
    here = ast.literal_eval(found[1])
    place = row(*here) if isinstance(here, tuple) else row(here)
    return text.replace(found[0], f"in row {place}")
