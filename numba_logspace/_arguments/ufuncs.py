"""NumPy's own ufuncs from formulas, with loops that are compiled when NumPy first calls them."""

import contextlib
import ctypes
import functools
import inspect
import threading

import numpy as np

from .._cpu.ufuncs import (
    compile_loop,
    loop_of,
    loop_of_complex,
    loop_of_half,
    loop_of_integers,
)

try:
    from numpy._core import _multiarray_umath  # type: ignore[attr-defined]
except ImportError:  # NumPy 1
    from numpy.core import _multiarray_umath

_ADDRESS, _INT, _TEXT, _OBJECT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.py_object
_WORDS = ctypes.POINTER(ctypes.c_ssize_t)

# PyUFuncGenericFunction: (addresses, length, steps, data).
_LOOP = ctypes.CFUNCTYPE(None, _ADDRESS, _ADDRESS, _ADDRESS, _ADDRESS)

# NumPy takes the loop of the very dtypes, and else the first to which all inputs can be cast
# safely. Thus all integers come to float64, the larger ones by a cast of NumPy.
_INTEGERS = {"?": np.uint8, "b": np.int8, "B": np.uint8, "h": np.int16, "H": np.uint16}
_FLOATS = {"e": np.float16, "f": np.float32, "d": np.float64}
_TYPES = "".join([*_INTEGERS, *_FLOATS])
# Behind those of real numbers, which NumPy could cast to complex ones; {..: of their parts}.
_COMPLEX = {"F": np.float32, "D": np.float64}

# PyUFunc_IdentityValue and PyUFunc_ReorderableNone of NumPy's headers.
_IDENTITY_VALUE, _REORDERABLE = -3, -2


def _of_python(name, result, *arguments):
    # A function of Python's C API; not the attribute of pythonapi, whose types all share.
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


def _numpy_function():
    # PyUFunc_FromFuncAndDataAndSignatureAndIdentity, of the table of NumPy's C API: (functions,
    # data, types, their count, inputs, outputs, kind of identity, name, doc, 0, signature,
    # identity).
    get = _of_python("PyCapsule_GetPointer", _ADDRESS, _OBJECT, _TEXT)
    table = ctypes.cast(get(_multiarray_umath._UFUNC_API, None), ctypes.POINTER(_ADDRESS))
    arguments = [*[_ADDRESS] * 3, *[_INT] * 4, *[_ADDRESS] * 2, _INT, _ADDRESS, _OBJECT]
    return ctypes.PYFUNCTYPE(_OBJECT, *arguments)(table[42])


_make_ufunc = _numpy_function()

_raise_in_thread = _of_python("PyThreadState_SetAsyncExc", _INT, ctypes.c_ulong, _OBJECT)


def _class_like(error):
    # What can be raised in a thread is a class.
    def __init__(self, *_):
        BaseException.__init__(self, *error.args)
        self.__cause__ = error

    kind = type(error)
    return type(kind.__name__, (kind,), {"__init__": __init__, "__module__": kind.__module__})


class _FirstCall:
    """Stands for a loop until NumPy first calls it; then the machine code takes its place.

    NumPy calls it to the end of that call of the ufunc. Nothing of Python runs in it any more by
    then: an exception, as of Ctrl-C, could not leave, and a part of the results would be missing.
    """

    def __init__(self, compile_, install, result):
        self._compile, self._install, self._result = compile_, install, result
        # Another thread may be in the function while it is exchanged.
        self._kept = self._first
        self._called = functools.partial(self._kept)
        self._pointer = _LOOP(self._called)
        install(ctypes.cast(self._pointer, _ADDRESS).value)

    def _first(self, addresses, lengths, steps, data):
        try:
            address, error = self._compiled()
            machine_code = _LOOP(address)
            machine_code(addresses, lengths, steps, data)
            self._install(address)
            self._called.__setstate__((machine_code, (), {}, None))
        except BaseException as raised:  # noqa: BLE001 - it cannot leave
            error = raised
            self._spoil(addresses, lengths, steps)
        if error is not None:
            # An unpacking is no call, after which Python would raise it here. It does so in the
            # thread when the ufunc has returned.
            [*map(_raise_in_thread, [threading.get_ident()], [_class_like(error)])]

    def _compiled(self):
        # (the address, an interrupt): what is interrupted begins anew, and the interrupt waits.
        interrupt = None
        for last in (False, False, True):
            try:
                return self._compile(), interrupt
            except KeyboardInterrupt as error:
                interrupt = error
                if last:
                    raise
        raise AssertionError

    def _spoil(self, addresses, lengths, steps):
        # NaN, so that nothing looks like a result.
        k, dtype = self._result
        nan = np.array(np.nan, dtype).tobytes()
        places, lengths, steps = (ctypes.cast(a, _WORDS) for a in (addresses, lengths, steps))
        for i in range(lengths[0]):
            ctypes.memmove(places[k] + i * steps[k], nan, len(nan))


class _Loops:
    """The loops of a ufunc, as NumPy wants them; they have to live as long as it does."""

    def __init__(self, formula, inputs, of_complex):
        self._formula, self._inputs, self._of_complex = formula, inputs, of_complex
        self.characters = _TYPES if of_complex is None else _TYPES + "".join(_COMPLEX)
        self.functions = (_ADDRESS * len(self.characters))()
        # Where the loops of other dtypes find the one that computes.
        self._computing = {"f": _ADDRESS(), "d": _ADDRESS()}
        self.data = (_ADDRESS * len(self.characters))()
        self._first_calls = []
        types = []
        for i, character in enumerate(self.characters):
            result = "d" if character in _INTEGERS else character
            types += [character] * inputs + [result]
            self.data[i] = ctypes.addressof(self._computing["f" if result == "e" else "d"])
            compile_ = functools.partial(self._compile, character)
            install = functools.partial(self.functions.__setitem__, i)
            self._first_calls.append(_FirstCall(compile_, install, (inputs, result)))
        self.types = ctypes.create_string_buffer(bytes(np.dtype(c).num for c in types))

    def _compile(self, character):
        if character in _COMPLEX:
            kind = _COMPLEX[character]
            return compile_loop(loop_of_complex, self._of_complex, self._inputs, kind)
        if character in self._computing:
            kind = _FLOATS[character]
            return compile_loop(loop_of, self._formula, self._inputs, kind)
        computing = "f" if character == "e" else "d"
        self._computing[computing].value = self._compile(computing)
        if character == "e":
            return compile_loop(loop_of_half, self._inputs)
        return compile_loop(loop_of_integers, _INTEGERS[character], self._inputs)


class _Identity(float):
    """A number that NumPy can keep as an integer, for loops of integers; they never use it."""

    def __int__(self):
        return 0


def _signature(names):
    # As NumPy gives it, but for the names of the inputs.
    of = inspect.Parameter
    options = {"where": True, "casting": "same_kind", "order": "K", "dtype": None}
    options |= {"subok": True, "signature": None}
    return inspect.Signature(
        [
            *(of(name, of.POSITIONAL_ONLY) for name in names),
            of("out", of.POSITIONAL_OR_KEYWORD, default=None),
            *(of(name, of.KEYWORD_ONLY, default=value) for name, value in options.items()),
        ]
    )


_PACKAGE = __name__.partition(".")[0]
_ALIVE: list = []  # what the C structures of ufuncs point to


def make_ufunc(formula, names, doc, identity=None, of_complex=None, module=_PACKAGE):
    """A numpy.ufunc of a formula of numbers with these names.

    An `identity` of None lets reductions go over several axes, but not over nothing. `of_complex`
    is the formula of complex numbers, where there is one. The ufunc has to be found in `module` by
    its name, to be pickled.
    """
    name = formula.__name__
    loops = _Loops(formula, len(names), of_complex)
    texts = [ctypes.create_string_buffer(text.encode()) for text in (name, doc)]
    _ALIVE.append((loops, texts))
    tables = map(ctypes.addressof, (loops.functions, loops.data, loops.types))
    counts, kind = (len(loops.characters), len(names), 1), _REORDERABLE
    if identity is not None:
        identity, kind = _Identity(identity), _IDENTITY_VALUE
    ends = kind, *map(ctypes.addressof, texts), 0, None, identity
    ufunc = _make_ufunc(*tables, *counts, *ends)
    # Older ufuncs have no such attributes: NumPy's signature says x1, x2, and to be pickled they
    # are looked for in all modules.
    with contextlib.suppress(AttributeError):
        ufunc.__module__, ufunc.__qualname__ = module, name
        ufunc.__signature__ = _signature(names)
        ufunc.__doc__ = f"{name}{ufunc.__signature__}\n\n{doc}"
    return ufunc
