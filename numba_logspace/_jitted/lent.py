"""Arrays without their counts of references, for as long as a call has them from its caller.

Numba counts the references to an array wherever one function hands it to another, each time by an
atomic addition. That costs as much as a row of ten numbers, and the processor finishes all that
came before first, so that it does not start on the next row meanwhile. The caller holds what it
passes until the call has returned. So inside nobody has to count.
"""

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .._compile.inline import overload


@intrinsic
def _uncounted(typing_context, array):
    def generate(context, builder, sig, args):
        model = context.make_array(array)
        given, lent = model(context, builder, args[0]), model(context, builder)
        for field in ("nitems", "itemsize", "data", "shape", "strides"):
            setattr(lent, field, getattr(given, field))
        lent.meminfo = cgutils.get_null_value(given.meminfo.type)
        lent.parent = cgutils.get_null_value(given.parent.type)
        return lent._getvalue()

    return array(array), generate


def lent(u):
    """An argument as it is; an array, or each of a pair, without counting references."""
    raise NotImplementedError("only inside compiled code")


@overload(lent)
def _overload_lent(u):
    if type(u) is types.Array:
        return lambda u: _uncounted(u)
    if isinstance(u, types.UniTuple) and type(u.dtype) is types.Array and len(u) == 2:
        return lambda u: (_uncounted(u[0]), _uncounted(u[1]))
    return lambda u: u


def handed_out(result, out):
    """The results of a call with those in `out`, which was lent, as the caller passed them.

    Of two results the second is in a single `out`: the gradient beside a loss.
    """
    raise NotImplementedError("only inside compiled code")


@overload(handed_out)
def _overload_handed_out(result, out):
    if isinstance(out, types.BaseTuple) or not isinstance(result, types.BaseTuple):
        return lambda result, out: out
    return lambda result, out: (result[0], out)


def value_handed_out(result, out):
    """As `handed_out`, where the first of two results is in `out`: the value beside its sign."""
    raise NotImplementedError("only inside compiled code")


@overload(value_handed_out)
def _overload_value_handed_out(result, out):
    if isinstance(result, types.BaseTuple):
        return lambda result, out: (out, result[1])
    return lambda result, out: out
