"""Names that tell functions apart in whatever process each of them was compiled.

Numba tells two functions of one factory apart by a number that it counts up in each process. Two
kernels that two processes left in the cache may so have one name, and a third process would call
one of them for both. The names here say what a function is made of.
"""

import hashlib
import inspect
from types import CodeType

_MARK = "#"


def _plain(function):
    # The function itself of one that is compiled.
    return getattr(function, "py_func", function)


def _members(value):
    # A value itself, or how many there are in a sequence and each of those.
    if isinstance(value, (tuple, list)):
        yield len(value)
        for each in value:
            yield from _members(each)
    else:
        yield _plain(value)


def _inner(function):
    # What is in the cells of a function.
    return [v for cell in function.__closure__ or () for v in _members(cell.cell_contents)]


def name_of(function):
    """What a function is made of: its name and those of the functions in its cells, and so on."""
    names = [name_of(f) if inspect.isfunction(f) else repr(f) for f in _inner(function)]
    qualname = function.__qualname__.partition(_MARK)[0]
    return f"{function.__module__}.{qualname}({', '.join(names)})"


def _codes(function):
    # Of what no name tells apart, such as two lambdas of one function.
    code = function.__code__
    constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
    yield code.co_firstlineno, code.co_code, code.co_names, constants
    for f in _inner(function):
        if inspect.isfunction(f):
            yield from _codes(f)


def distinct(function):
    """The function, with a name that no other has."""
    made_of = repr((name_of(function), *_codes(function)))
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:20]
    function.__qualname__ = f"{function.__qualname__.partition(_MARK)[0]}{_MARK}{digest}"
    return function
