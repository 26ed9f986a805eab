"""The elementwise functions in jitted code, where Numba treats them as it does NumPy's ufuncs."""

import functools

from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from .._compile.names import distinct
from .._formulas.simd import always_inline
from .entrywise import array_call


def _body(formula, inputs):
    # Without always_inline LLVM may call the larger formulas from the loop instead of making
    # vector code of them.
    def of_one(x):
        always_inline()
        return formula(x)

    def of_two(x, y):
        always_inline()
        return formula(x, y)

    def of_three(t, x, y):
        always_inline()
        return formula(t, x, y)

    return distinct({1: of_one, 2: of_two, 3: of_three}[inputs])


def _body_of_complex(formula, inputs):
    def of_one(x):
        re, im = formula(x.real, x.imag)
        return complex(re, im)

    def of_two(x, y):
        re, im = formula(x.real, x.imag, y.real, y.imag)
        return complex(re, im)

    def of_three(t, x, y):
        re, im = formula(t.real, t.imag, x.real, x.imag, y.real, y.imag)
        return complex(re, im)

    return distinct({1: of_one, 2: of_two, 3: of_three}[inputs])


# What is imported in the functions below is a part of Numba that an import of it does not bring.


@functools.cache
def _rules(ufunc):
    from numba.core.typing.npydecl import Numpy_rules_ufunc
    from numba.np.numpy_support import ufunc_find_matching_loop

    class Rules(Numpy_rules_ufunc):
        key = ufunc

        def generic(self, args, kws):
            given = [a.dtype if isinstance(a, types.Array) else a for a in args[: ufunc.nin]]
            if not any(isinstance(kind, types.Complex) for kind in given):
                return super().generic(args, kws)
            # Numba takes complex loops of NumPy's own ufuncs alone.
            kinds, outs, ndim, layout = self._handle_inputs(ufunc, args, kws)
            found = ufunc_find_matching_loop(ufunc, kinds)
            if found is None:
                raise TypeError(f"{ufunc.__name__} is for real numbers, got {args}")
            (kind,) = found.outputs
            result = outs[0] if outs else types.Array(kind, ndim, layout) if ndim else kind
            return signature(result, *args)

    return Rules


@functools.cache
def _kernel(ufunc, entry):
    from numba.np.npyimpl import _Kernel
    from numba.np.numpy_support import ufunc_find_matching_loop

    body, of_complex = _body(entry.engine, ufunc.nin), None
    if entry.of_complex is not None:
        of_complex = _body_of_complex(entry.of_complex, ufunc.nin)

    class Kernel(_Kernel):
        def generate(self, *args):
            given, result = self.outer_sig.args, self.outer_sig.return_type
            (computed,) = ufunc_find_matching_loop(ufunc, given).outputs
            chosen = body
            if isinstance(computed, types.Complex):
                computed, chosen = types.complex128, of_complex
            cast = [self.cast(value, kind, computed) for value, kind in zip(args, given)]
            signature = computed(*[computed] * ufunc.nin)
            # The caller may be compiled with fastmath: the formula never is.
            exact = self.context.subtarget(fastmath=False)
            value = exact.compile_internal(self.builder, chosen, signature, cast)
            return self.cast(value, computed, result)

    return Kernel


def register_ufunc(ufunc, entry):
    """Have Numba take a ufunc of ours, where it takes one of NumPy's own."""

    # Not the ufunc: Numba would write expressions with it as loops over entries of its own.
    known_by = "numba_logspace", entry.name

    class Typing(AbstractTemplate):
        key = known_by

        def generic(self, args, kws):
            return _rules(ufunc)(self.context).generic(args, kws)

    def lower(context, builder, sig, args):
        from numba.core.imputils import impl_ret_new_ref
        from numba.np.npyimpl import numpy_ufunc_kernel
        from numba.np.numpy_support import ufunc_find_matching_loop

        inputs, result = sig.args[: ufunc.nin], sig.return_type
        kinds = [u.dtype if isinstance(u, types.Array) else u for u in inputs]
        (computed,) = ufunc_find_matching_loop(ufunc, kinds).outputs
        has_out = len(sig.args) > ufunc.nin
        compute = array_call(entry.engine, inputs, computed, result, has_out)
        if compute is not None:
            made = context.compile_internal(builder, compute, sig, args)
            return impl_ret_new_ref(context, builder, result, made)
        return numpy_ufunc_kernel(context, builder, sig, args, ufunc, _kernel(ufunc, entry))

    infer_global(ufunc, types.Function(Typing))
    inputs = [types.Any] * ufunc.nin
    lower_builtin(known_by, *inputs)(lower)
    lower_builtin(known_by, *inputs, types.Array)(lower)
