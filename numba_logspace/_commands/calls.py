"""What a function takes from files, and what it gives to files."""

import ast
import dataclasses
import difflib
import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import numba_logspace

from .._arguments import layout
from .._family import FAMILY, Function
from .._interop.calls import (
    CLASSES,
    ENTRIES,
    RESULTS,
    ROWS,
    are_labels,
    has_single_entries,
    role_of,
)

NAMES = [function.name for function in FAMILY.values() if function.runs("apply")]
# The arguments that are arrays, of functions that have others too.
_ARRAYS = {"x", "g", "t", "b", "logits", "targets", "weights"}
# The arguments that may be said by name, as options of the command: what each is.
FILES = {
    "where": "a bool for each entry, of a loss for each row: which of them count",
    "weights": "the weights of a loss, which may also be the last of its arrays",
    "class_weights": "a weight for each class",
    "pos_weight": "a weight for the part of a loss that is for targets of 1",
}
NUMBERS = {"label_smoothing": "the share of label smoothing, in [0, 1)"}


@dataclasses.dataclass(frozen=True)
class Call:
    """A function, its arguments that come from files, and those that are numbers."""

    function: Function
    names: tuple[str, ...]
    numbers: Mapping[str, float]

    @property
    def is_elementwise(self) -> bool:
        """Whether it is a ufunc."""
        return self.function.kind == "elementwise"

    @property
    def has_axis(self) -> bool:
        """Whether there are rows, and not only entries."""
        return not self.is_elementwise and not has_single_entries(self.function.kind)

    @property
    def results(self) -> tuple[str, ...]:
        """What each result has a number for."""
        return results_of(self.function)

    def run(self, arrays: Sequence[Any], axis: int, workers: int | None) -> tuple[Any, ...]:
        """The results, of arrays of any library."""
        function = getattr(numba_logspace, self.function.name)
        if self.is_elementwise:
            return (function(*arrays),)
        arguments = dict(zip(self.names, arrays, strict=True)) | dict(self.numbers)
        along = {"axis": axis} if self.has_axis else {}
        results = function(**arguments, **along, workers=workers)
        return results if len(self.results) > 1 else (results,)

    def roles(self, arrays: Sequence[Any], axis: int) -> list[str]:
        """What each argument has a number for, of arrays with a name, a shape and a dtype."""
        first = arrays[0].shape
        axis = axis % max(1, len(first))
        found = []
        for name, array in zip(self.names, arrays, strict=True):
            role = self._role(name, array, first, axis)
            rows = tuple(k for a, k in enumerate(first) if a != axis)
            wanted = {ROWS: rows, CLASSES: first[axis : axis + 1], ENTRIES: first}[role]
            kept = tuple(1 if a == axis else k for a, k in enumerate(first))
            if array.shape != wanted and not (role == ROWS and array.shape == kept):
                raise ValueError(
                    f"{name} must have the shape {wanted} beside {arrays[0].name}, "
                    f"{array.name} has {array.shape}"
                )
            found.append(role)
        return found

    def _role(self, name: str, array: Any, first: tuple[int, ...], axis: int) -> str:
        if not self.has_axis:
            return ENTRIES
        is_integer = array.dtype.kind in "iu"
        if name == "targets" and are_labels(array.shape, is_integer, first, axis):
            return ROWS
        return role_of(self.function.kind, name)

    def dtype(self, arrays: Sequence[Any]) -> np.dtype:
        """The dtype of the results, of arrays with a name and a dtype."""
        found = [result_of(a.dtype, a.name) for a in arrays]
        # Derivatives and losses have the dtype of their first argument.
        count = len(found) if self.is_elementwise else 2 if "b" in self.names else 1
        return functools.reduce(layout.common_dtype, found[:count])


def results_of(function: Function) -> tuple[str, ...]:
    """What each result of a function has a number for."""
    if function.kind == "elementwise":
        return (ENTRIES,)
    found = RESULTS[function.kind]
    return (ENTRIES,) * len(found) if has_single_entries(function.kind) else found


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


def flag(name: str) -> str:
    """The option of the command that is an argument of functions."""
    return "--" + name.replace("_", "-")


def _check_options(name: str, options: Mapping[str, Any]) -> None:
    elementwise = FAMILY[name].kind == "elementwise"
    taken = {} if elementwise else inspect.signature(getattr(numba_logspace, name)).parameters
    for option in options:
        if option not in taken:
            known = ", ".join(flag(n) for n in (*FILES, *NUMBERS) if n in taken) or "none of them"
            raise ValueError(f"{name} has no option {flag(option)}; it has {known}")


def unknown(name: str, names: Sequence[str], all_of_them: str) -> str:
    """That there is no such function, which may be meant, and where all of them are listed."""
    close = difflib.get_close_matches(name, names)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return f"no function {name!r}: {meant}{all_of_them}"


def check_name(name: str) -> str:
    """The name of a function that runs on files; others are refused."""
    if name in NAMES:
        return name
    if name in numba_logspace.__all__:
        raise ValueError(f"{name} does not run on files; apply --help lists what does")
    raise ValueError(unknown(name, NAMES, "apply --help lists all of them"))


def divided(
    name: str, files: Sequence[str], options: Mapping[str, Any] | None = None
) -> tuple[Call, list[str], list[str]]:
    """The call, the files it reads and the files it writes."""
    check_name(name)
    options = options or {}
    _check_options(name, options)
    named = {n: file for n, file in options.items() if n in FILES}
    arguments = {n: optional for n, optional in _arguments(name).items() if n not in named}
    outputs = len(results_of(FAMILY[name]))
    inputs = len(files) - outputs
    needed = sum(not optional for optional in arguments.values())
    if not needed <= inputs <= len(arguments):
        names = [f"[{n}]" if optional else n for n, optional in arguments.items()]
        results = "output" if outputs == 1 else "loss gradient"
        if FAMILY[name].kind == "value and vjp":
            results = "value gradient"
        raise ValueError(f"the files of {name} are: {' '.join(names)} {results}, got {len(files)}")
    numbers = {n: number for n, number in options.items() if n in NUMBERS}
    call = Call(FAMILY[name], (*list(arguments)[:inputs], *named), numbers)
    return call, [*files[:inputs], *named.values()], list(files[inputs:])


def located(text: str, row: Callable[..., Any]) -> str:
    """The text of an error about a row of a slab, with what `row` calls it in the file."""
    found = re.search(r"in row (\d+|\([\d, ]+\))", text)
    if found is None:
        return text
    here = ast.literal_eval(found[1])
    place = row(*here) if isinstance(here, tuple) else row(here)
    return text.replace(found[0], f"in row {place}")
