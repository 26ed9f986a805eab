"""Overloads with the signatures of the public functions: which arguments there are is said once."""

import functools
import inspect
from types import SimpleNamespace

from .._compile.inline import inlined, overload
from .lent import handed_out, lent, value_handed_out
from .typing import is_none, refuse

# Options of the process around a call, of which jitted code has none.
_OPTIONS = ("workers", "stream")


def made(text, **given):
    """A function by its text, where Python has no other words: tuples of any length, signatures."""
    return eval(f"lambda {', '.join(given)}: {text}", {"__name__": __name__})(*given.values())


@functools.cache
def _signature(function):
    # Numba knows no arguments that can be passed by their names only.
    parameters = inspect.signature(function).parameters.values()
    plain = {"kind": inspect.Parameter.POSITIONAL_OR_KEYWORD, "annotation": inspect.Parameter.empty}
    return inspect.Signature([p.replace(**plain) for p in parameters])


def register_call(function, entry, plan):
    """Register the overload of a public function.

    `plan(entry, call)` gets the types of the arguments as the attributes of `call`, and gives a
    function and the names of the arguments that it takes, where "None" is None.
    """

    def choose(*args, **kwargs):
        signature = _signature(function)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        call = SimpleNamespace(**bound.arguments)
        refuse(entry.name, **{name: getattr(call, name, None) for name in _OPTIONS})
        compute, names = plan(entry, call)
        given = ", ".join(name if name == "None" else f"lent({name})" for name in names)
        result = f"compute({given})"
        if "out" in names and not is_none(call.out):
            result = f"handed_out({result}, out)"
        text = f"lambda {str(signature)[1:-1]}: {result}"
        hand_out = value_handed_out if entry.kind == "reduction" else handed_out
        return made(text, compute=inlined(compute), lent=lent, handed_out=hand_out)

    overload(function, prefer_literal=True)(choose)
