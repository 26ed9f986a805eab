"""Arguments of other libraries: the one hook by which a call with them is handed over.

It stands at the general way of each verb, behind the short way of small plain arrays: there all
arguments of a call are together, and what takes the short way does not meet it.
"""

import functools
import inspect
import sys
from collections.abc import Callable

import numpy as np

# What an argument is that belongs to no library, scalars of NumPy among them, to find that out
# soon.
_OURS = {np.ndarray, type(None), bool, int, float, str, tuple, list, *np.sctypeDict.values()}

# Where the classes of a library come from, if not from itself.
_PARTS = {"jaxlib": "jax"}
# What takes arrays of the array API standard, of whatever library.
ARRAY_API = "array API"
# {top-level name of a library: what takes its calls}, filled by `_interop`.
TAKERS: dict[str, Callable] = {}


class Call:
    """A call of a public function, some of whose arguments belong to other libraries.

    `function` is its entry in the table, `arguments` what has been passed, by the names that the
    public function gives them; `here` runs it as if the arguments were NumPy's or CUDA's.
    """

    def __init__(self, function, arguments, here):
        self.function, self.arguments, self.here = function, arguments, here


def library_of(kind):
    """What takes the calls with a class: a library that it or a base comes from, or None.

    For classes of no such library that is "array API", if their arrays belong to that standard.
    """
    for base in kind.__mro__:
        top = base.__module__.partition(".")[0]
        top = _PARTS.get(top, top)
        # A class of that name alone may be anything.
        if top in TAKERS and getattr(sys.modules.get(base.__module__), base.__name__, None) is base:
            return top
    if issubclass(kind, np.ndarray) or hasattr(kind, "__cuda_array_interface__"):
        return None
    return ARRAY_API if hasattr(kind, "__array_namespace__") else None


def names_of(verb):
    """The names of the arguments of a verb, but for those that may be any number."""
    code = inspect.unwrap(verb).__code__
    return code.co_varnames[: code.co_argcount]


def handed_over(verb):
    """Decorate a verb: a call with arguments of another library goes to what takes those."""
    names = names_of(verb)[1:]

    @functools.wraps(verb)
    def wrapper(function, *arguments):
        kinds = {*map(type, arguments)} - _OURS
        libraries = kinds and {*map(library_of, kinds)} - {None}
        if not libraries:
            return verb(function, *arguments)
        named = _by_name(function, names, arguments)
        if len(libraries) > 1:
            raise TypeError(_mixed(named))
        here = functools.partial(verb, function, *arguments)
        return TAKERS[libraries.pop()](Call(function, named, here))

    return wrapper


def _by_name(function, names, arguments):
    # What is passed, by name; the scores of the classes have the name that the table says.
    operands = function.operands
    named = dict(zip(names, arguments))
    if "scores" in named:
        # Of two by one name, weights for the rows and for the classes, one is always None.
        named = {
            operands[0] if k == "scores" else k: u
            for k, u in named.items()
            if u is not None or k == "axis"
        }
    return named | dict(zip(operands, arguments[len(names) :]))


def _mixed(named):
    kinds = {name: type(u) for name, u in named.items() if library_of(type(u))}
    found = ", ".join(f"{name} is a {kind.__name__}" for name, kind in kinds.items())
    return f"arguments must be of one library, beside NumPy arrays, got several: {found}"
