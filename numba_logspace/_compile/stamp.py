"""What keeps users' cached functions honest: they hold kernels, and say of which sources.

Numba looks only at the user's file to see whether a cached function is up to date. So each such
function compares the number of the sources it was compiled with to that of those imported now.
"""

import ctypes

from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic, register_jitable

from .jit import DIGEST

# Of the sources imported now; alive as long as the process, since machine code reads it.
_NOW = ctypes.c_int64(int(DIGEST[:15], 16))
_SYMBOL = "numba_logspace_sources"
binding.add_symbol(_SYMBOL, ctypes.addressof(_NOW))

_COMPILED = _NOW.value


@intrinsic
def _now(typing_context):
    def generate(context, builder, sig, args):
        number = ir.IntType(64)
        place = builder.module.globals.get(_SYMBOL)
        if place is None:
            place = ir.GlobalVariable(builder.module, number, _SYMBOL)
        return builder.load(place)

    return types.int64(), generate


@register_jitable
def check_sources():
    """Raise where the function was compiled with other sources of this package."""
    if _now() != _COMPILED:
        raise RuntimeError(
            "this function was cached with another version of numba_logspace: delete its cache "
            "(the files .nbi and .nbc in __pycache__ beside it)"
        )
