"""Ufuncs whose calls a Python function sees before NumPy, where an argument may not be NumPy's.

NumPy makes an array of whatever comes, and of arrays on a GPU it can make none. A ufunc is called
through a pointer that it holds itself (PEP 590). Here that becomes the address of a few
instructions: they look at the classes of the arguments, and where all are NumPy's or plain numbers
NumPy goes on at once. Otherwise the function is called, and if it returns NotImplemented NumPy is.
"""

import ctypes

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

_WORD, _TRUTH = ir.IntType(64), ir.IntType(1)
_BYTES = ctypes.sizeof(ctypes.c_void_p)
# What NumPy takes without a look; most come first.
_PLAIN = np.ndarray, float, int, np.float64, np.float32, bool, type(None)
# Of Python's headers: the flag of classes with such a pointer, and where in a class it is said
# how far from the beginning of an object that lies: behind the head of an object of any size, its
# name, two sizes and a function.
_HAS_POINTER, _SAYS_WHERE = 1 << 11, object.__basicsize__ + 5 * _BYTES
_OF_CLASS = object.__basicsize__ - _BYTES  # where in an object its class is
_COUNT = (1 << 63) - 1  # of the arguments, in a number with a flag

_ALIVE: list = []  # what the pointers of ufuncs need


def _address_of(name):
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value


def _pointer_of(ufunc):
    # The place of the pointer of a ufunc.
    offset = ctypes.c_ssize_t.from_address(id(np.ufunc) + _SAYS_WHERE).value
    if not np.ufunc.__flags__ & _HAS_POINTER or not 0 < offset < np.ufunc.__basicsize__:
        raise NotImplementedError("ufuncs of this NumPy are not called by a pointer of their own")
    return ctypes.c_void_p.from_address(id(ufunc) + offset)


class _Code:
    """LLVM's instructions on words, which addresses are too."""

    def __init__(self, function):
        self.function = function
        self.builder = ir.IRBuilder(function.append_basic_block())

    def load(self, address):
        place = self.builder.inttoptr(address, _WORD.as_pointer())
        return self.builder.load(place)

    def call(self, address, *args):
        kind = ir.FunctionType(_WORD, [_WORD] * len(args)).as_pointer()
        address = _WORD(address) if isinstance(address, int) else address
        return self.builder.call(self.builder.inttoptr(address, kind), args)

    def for_each(self, count, body):
        """Call body(i) within a loop over range(count)."""
        builder = self.builder
        before = builder.block
        head, inside, after = (self.function.append_basic_block() for _ in range(3))
        builder.branch(head)
        builder.position_at_end(head)
        i = builder.phi(_WORD)
        i.add_incoming(_WORD(0), before)
        builder.cbranch(builder.icmp_signed("<", i, count), inside, after)
        builder.position_at_end(inside)
        body(i)
        i.add_incoming(builder.add(i, _WORD(1)), builder.block)
        builder.branch(head)
        builder.position_at_end(after)


def _module(see, original):
    # One function (ufunc, arguments, their count, names of the last ones), as `original` is.
    module = ir.Module("first_look")
    function = ir.Function(module, ir.FunctionType(_WORD, [_WORD] * 4), "look")
    code, (ufunc, args, flagged, names) = _Code(function), function.args
    builder, go_on = code.builder, function.append_basic_block()
    count = builder.and_(flagged, _WORD(_COUNT))
    place = builder.alloca(_WORD)
    builder.store(count, place)
    with builder.if_then(builder.icmp_signed("!=", names, _WORD(0))):
        named = code.call(_address_of("PyTuple_Size"), names)
        builder.store(builder.add(count, named), place)
    total = builder.load(place)
    look = function.append_basic_block()

    def argument(i):
        return code.load(builder.add(args, builder.mul(i, _WORD(_BYTES))))

    def check(i):
        kind = code.load(builder.add(argument(i), _WORD(_OF_CLASS)))
        following = function.append_basic_block()
        choice = builder.switch(kind, look)
        for plain in _PLAIN:
            choice.add_case(_WORD(id(plain)), following)
        builder.position_at_end(following)

    code.for_each(total, check)
    builder.branch(go_on)
    builder.position_at_end(go_on)
    builder.ret(code.call(original, *function.args))

    builder.position_at_end(look)
    room = builder.alloca(_WORD, builder.add(total, _WORD(1)))
    builder.store(ufunc, room)
    code.for_each(
        total,
        lambda i: builder.store(argument(i), builder.gep(room, [builder.add(i, _WORD(1))])),
    )
    more = builder.ptrtoint(room, _WORD), builder.add(count, _WORD(1)), names
    result = code.call(_address_of("PyObject_Vectorcall"), _WORD(id(see)), *more)
    declined = builder.icmp_signed("==", result, _WORD(id(NotImplemented)))
    with builder.if_then(declined):
        code.call(_address_of("Py_DecRef"), result)
        builder.branch(go_on)
    builder.ret(result)
    return module


def _compiled(module):
    # The address of the function of a module.
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    parsed = llvm.parse_assembly(str(module))
    parsed.verify()
    # To optimise would take longer at import than it gains in calls.
    target = llvm.Target.from_default_triple().create_target_machine(opt=0)
    engine = llvm.create_mcjit_compiler(parsed, target)
    engine.finalize_object()
    _ALIVE.append(engine)
    return engine.get_function_address("look")


def look_first(ufuncs, see):
    """Have see(ufunc, *args, **options) look at calls of these ufuncs; see above."""
    pointers = [*map(_pointer_of, ufuncs)]
    (original,) = {pointer.value for pointer in pointers}
    _ALIVE.append(see)
    address = _compiled(_module(see, original))
    for pointer in pointers:
        pointer.value = address
