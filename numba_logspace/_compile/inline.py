"""Functions that are compiled into their callers: those with loops or branches.

Numba makes a library of each function that another calls, optimises it, and turns it into machine
code that nobody runs. These are only put into the library of the kernel that they are a part of,
which is then optimised as a whole; and Numba's passes for what they have no use for are left out.
"""

import functools
from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core import compiler, compiler_machinery, typed_passes, typing, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.typing.templates import make_overload_template

from .known import known
from .names import distinct

# Division must not raise: the check for zero would cost a branch for every element.
ERROR_MODEL = "numpy"

# A call inside a loop would keep it from becoming vector code. Nobody calls one from outside, so
# there are no wrappers for that. What is not said about fastmath would be as in the function that
# happens to be compiled first: sums would lose the digits that they carry besides.
OPTIONS: Any = {
    "error_model": ERROR_MODEL,
    "fastmath": False,
    "forceinline": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}


class _Part(JITCodeLibrary):
    """The code of a function as it was lowered, to be optimised where it is put."""

    def add_llvm_module(self, ll_module):
        ll_module.data_layout = self._codegen._data_layout
        self._final_module.link_in(ll_module)

    def finalize(self):
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name):
        return 0  # there is no machine code


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(typed_passes.NativeLowering):
    """Lower a function, and make it known to those that call it, without machine code."""

    _name = "lowering_of_part"

    def run_pass(self, state):
        state.flags.no_compile = True
        super().run_pass(state)
        state.flags.no_compile = False
        lowered, library = state["cr"], state.library
        name = lowered.fndesc.qualname
        # What callers find the function by; it cannot be called from Python.
        key = _dynfunc.make_function(
            lowered.fndesc.lookup_module(), name, "", 0, lowered.env, (library,)
        )
        state.targetctx.insert_user_function(key, lowered.fndesc, [library])
        state.reload_init.extend(library._reload_init)
        state["cr"] = lowered._replace(cfunc=key)
        return True


_PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.InlineClosureLikes,
    untyped_passes.RewriteSemanticConstants,
    untyped_passes.DeadBranchPrune,
    untyped_passes.GenericRewrites,
    untyped_passes.ReconstructSSA,
    untyped_passes.DeadBranchPrune,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.NoPythonSupportedFeatureValidation,
    typed_passes.IRLegalization,
    typed_passes.AnnotateTypes,
    _Lowering,
    typed_passes.NoPythonBackend,
)


class _PartCompiler(compiler.CompilerBase):
    def define_pipelines(self):
        self.state.library = _Part(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        passes = compiler_machinery.PassManager("part of a kernel")
        for each in _PASSES:
            passes.add_pass(each, each.__name__)
        passes.finalize()
        return [passes]


def _template(function, choose, prefer_literal=False):
    base = make_overload_template(
        function, choose, OPTIONS, strict=False, inline="never", prefer_literal=prefer_literal
    )

    class _Template(base):
        def _get_jit_decorator(self):
            decorator = super()._get_jit_decorator()
            if not isinstance(self.context, typing.Context):
                return decorator
            return lambda **options: decorator(**options, pipeline_class=_PartCompiler)

    return _Template


def inlined(function):
    """Compile a function into those that call it; on other targets than the CPU as they do."""

    def implementation(*args, **kwargs):
        return function

    known(distinct(function), lambda: _template(function, implementation))
    return function


def overload(function, prefer_literal=False):
    """As Numba's decorator: what chooses the implementation of a function, compiled as above."""

    def decorate(choose):
        @functools.wraps(choose)
        def named(*args, **kwargs):
            return distinct(choose(*args, **kwargs))

        known(function, lambda: _template(function, named, prefer_literal))
        return choose

    return decorate
