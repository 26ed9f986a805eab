"""Threads that stand by to help a call with its work.

A helper waits without the GIL, in compiled code: a little while for the next job, then asleep on a
lock. Its state, a word that compiled code changes at once, says whose turn it is. So a job can be
taken back as long as it has not been begun, and tokens of the locks are never too many. Locks are
Python's, since they are there on every system and can be had without the GIL.
"""

import contextlib
import ctypes
import itertools
import os
import threading

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from .._compile.inline import inlined
from .._compile.jit import kernel
from .._compile.trace import primitive

# The states of a helper. A caller waits for what is awaited on a lock.
_FREE, _ASLEEP, _OFFERED, _BEGUN, _AWAITED = range(5)
# Where in the words of a helper they are: the state, the work, two locks, two functions.
_STATE, _WORK, _WAKE, _ENDED, _ACQUIRE, _RELEASE = range(0, 48, 8)
# As much of work that threads share: a function that calls a kernel, the kernel, its arguments, the
# first unit nobody has begun, their number, the fewest at a time, by what the rest is divided, and
# whether a call has failed.
_CALL, _KERNEL, _ARGUMENTS, _NEXT, _UNITS, _LEAST, _AMONG, _FAILED = range(0, 64, 8)
# How often a thread looks at a state before it sleeps: some tens of microseconds, as long as it
# takes to be woken.
_LOOKS = 1 << 15


# --- words of memory that threads share ----------------------------------------------------------

_WORD = ir.IntType(64)


def _pointer(builder, address):
    return builder.inttoptr(address, _WORD.as_pointer())


@primitive
def _word(typing_context, address):
    """A word as other threads have left it, and all that they wrote before."""

    def generate(context, builder, sig, args):
        return builder.load_atomic(_pointer(builder, args[0]), "acquire", 8)

    return types.intp(types.intp), generate


@primitive
def _swap(typing_context, address, value):
    """Write a word; what it was before."""

    def generate(context, builder, sig, args):
        return builder.atomic_rmw("xchg", _pointer(builder, args[0]), args[1], "seq_cst")

    return types.intp(types.intp, types.intp), generate


@primitive
def _turns(typing_context, address, before, after):
    """Whether the word was `before`, and is `after` now."""

    def generate(context, builder, sig, args):
        pair = builder.cmpxchg(_pointer(builder, args[0]), *args[1:], "seq_cst")
        return builder.extract_value(pair, 1)

    return types.boolean(types.intp, types.intp, types.intp), generate


@primitive
def _call_with_lock(typing_context, function, lock, wait):
    """Call a function of C with a lock and an int."""

    def generate(context, builder, sig, args):
        number = ir.IntType(32)
        kind = ir.FunctionType(number, [_WORD, number])
        function = builder.inttoptr(args[0], kind.as_pointer())
        builder.call(function, [args[1], builder.trunc(args[2], number)])
        return context.get_dummy_value()

    return types.none(types.intp, types.intp, types.intp), generate


# --- calls of kernels by their addresses ---------------------------------------------------------


@primitive
def _packed(typing_context, arguments):
    """The address of a copy of a tuple, until the function returns."""

    def generate(context, builder, sig, args):
        place = cgutils.alloca_once_value(builder, args[0])
        return builder.ptrtoint(place, _WORD)

    return types.intp(arguments), generate


@primitive
def _eight_words(typing_context):
    """The address of memory for eight words, until the function returns."""

    def generate(context, builder, sig, args):
        return builder.ptrtoint(cgutils.alloca_once(builder, ir.ArrayType(_WORD, 8)), _WORD)

    return types.intp(), generate


@primitive
def _caller_of(typing_context, arguments):
    """The address of a function (kernel, such a tuple's address, start, stop): 0 if all is well."""
    kinds = (*arguments, types.intp, types.intp)

    def generate(context, builder, sig, args):
        kind = ir.FunctionType(_WORD, [_WORD] * 4)
        name = builder.module.get_unique_name("call_kernel")
        function = ir.Function(builder.module, kind, name)
        function.linkage = "internal"
        inside = ir.IRBuilder(function.append_basic_block())
        address, packed, start, stop = function.args
        place = inside.inttoptr(packed, args[0].type.as_pointer())
        values = cgutils.unpack_tuple(inside, inside.load(place))
        convention = context.call_conv
        of_kernel = convention.get_function_type(types.none, kinds).as_pointer()
        status, _ = convention.call_function(
            inside, inside.inttoptr(address, of_kernel), types.none, kinds, (*values, start, stop)
        )
        inside.ret(inside.zext(status.is_error, _WORD))
        return builder.ptrtoint(function, _WORD)

    return types.intp(arguments), generate


@primitive
def _call(typing_context, function, kernel, arguments, start, stop):
    """Call such a function."""

    def generate(context, builder, sig, args):
        kind = ir.FunctionType(_WORD, [_WORD] * 4)
        return builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

    return types.intp(*[types.intp] * 5), generate


# --- what caller and helper do -------------------------------------------------------------------


@inlined
def _take_part(work):
    # Parts of what is left, the later the smaller, so that all threads end at about one time.
    function, called, arguments = (
        _word(work + _CALL),
        _word(work + _KERNEL),
        _word(work + _ARGUMENTS),
    )
    units, least, among = _word(work + _UNITS), _word(work + _LEAST), _word(work + _AMONG)
    while True:
        start = _word(work + _NEXT)
        if start >= units:
            return
        stop = start + max(least, (units - start) // among // least * least)
        if stop + least > units:
            stop = units
        if not _turns(work + _NEXT, start, stop):
            continue
        if _call(function, called, arguments, start, stop) != 0:
            _swap(work + _FAILED, 1)
            _swap(work + _NEXT, units)


@inlined
def _offer(helper, work):
    _swap(helper + _WORK, work)
    if _swap(helper + _STATE, _OFFERED) == _ASLEEP:
        _call_with_lock(_word(helper + _RELEASE), _word(helper + _WAKE), 0)


@inlined
def _settle(helper):
    # Take the work back or, where it has been begun, wait for its end.
    if _turns(helper + _STATE, _OFFERED, _FREE):
        return
    for _ in range(_LOOKS):
        if _word(helper + _STATE) < _OFFERED:
            return
    if _turns(helper + _STATE, _BEGUN, _AWAITED):
        _call_with_lock(_word(helper + _ACQUIRE), _word(helper + _ENDED), 1)


@inlined
def _end(helper):
    if _swap(helper + _STATE, _FREE) == _AWAITED:
        _call_with_lock(_word(helper + _RELEASE), _word(helper + _ENDED), 0)


@kernel
def _serve(helper, has_ended):
    # Take part in the work of kernels, until there is work in Python.
    if has_ended:
        _end(helper)
    while True:
        for _ in range(_LOOKS):
            if _word(helper + _STATE) != _FREE:
                break
        if _turns(helper + _STATE, _FREE, _ASLEEP):
            _call_with_lock(_word(helper + _ACQUIRE), _word(helper + _WAKE), 1)
        if _turns(helper + _STATE, _OFFERED, _BEGUN):
            work = _word(helper + _WORK)
            if work == 0:
                return
            _take_part(work)
            _end(helper)


@kernel
def _offer_python(helper):
    _offer(helper, 0)


@kernel
def _settle_python(helper):
    _settle(helper)


@kernel
def _share(helpers, called, units, least, among, arguments):
    # Call the kernel over all units, with helpers; whether a call has failed.
    # On the stack: the references of an array end where Numba sees its last use.
    work = _eight_words()
    _swap(work + _CALL, _caller_of(arguments))
    _swap(work + _KERNEL, called)
    _swap(work + _ARGUMENTS, _packed(arguments))
    _swap(work + _NEXT, 0)
    _swap(work + _UNITS, units)
    _swap(work + _LEAST, least)
    _swap(work + _AMONG, among)
    _swap(work + _FAILED, 0)
    for i in range(helpers.size):
        _offer(helpers[i], work)
    _take_part(work)
    for i in range(helpers.size):
        _settle(helpers[i])
    return _word(work + _FAILED) != 0


# --- the threads ---------------------------------------------------------------------------------


def _address(name):
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value


def _new_lock():
    # A function of Python's C API; not the attribute of pythonapi, whose types all share.
    allocate = ctypes.PYFUNCTYPE(ctypes.c_void_p)(_address("PyThread_allocate_lock"))
    lock = allocate()
    if not lock:
        raise RuntimeError("no more locks")
    acquire = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
    acquire(_address("PyThread_acquire_lock"))(lock, 1)
    return lock


class _Helper:
    """A thread that does jobs: parts of work of kernels, or a function that raises nothing."""

    def __init__(self):
        self._job = None
        functions = _address("PyThread_acquire_lock"), _address("PyThread_release_lock")
        # A line of the cache to itself, with others on no side.
        self._words = np.zeros(24, np.int64)
        self._words[8:14] = _FREE, 0, _new_lock(), _new_lock(), *functions
        self.place = self._words.ctypes.data + 64
        threading.Thread(target=self._run, name="numba_logspace", daemon=True).start()

    def offer(self, job):
        """Have the thread do a job; only for who has taken the helper."""
        self._job = job
        _offer_python(self.place)

    def settle(self):
        """Take the job back or, where it has been begun, wait for its end."""
        _settle_python(self.place)
        self._job = None

    def _run(self):
        has_ended = False
        while True:
            _serve(self.place, has_ended)
            self._job()
            has_ended = True


class _Pool:
    """The helpers that nobody has taken. A forked child has none: threads do not survive a fork."""

    def __init__(self):
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self):
        self._lock = threading.Lock()
        self._free, self._count = [], 0

    def take(self, taken, wanted, most):
        """Take up to `wanted` helpers, of which there may be `most` in all."""
        _move(self._free, taken, wanted)
        if len(taken) < wanted and self._count < most:
            with self._lock:
                for _ in range(min(wanted - len(taken), most - self._count)):
                    self._make()
            _move(self._free, taken, wanted - len(taken))

    def give_back(self, taken):
        """Have all be free again."""
        _move(taken, self._free, len(taken))

    def _make(self):
        # Where there are no more threads, or the interpreter ends, the caller works alone.
        with contextlib.suppress(RuntimeError):
            self._free.append(_Helper())
            self._count += 1


def _move(source, target, count):
    # In one call, so that no signal comes when a helper is in neither list.
    with contextlib.suppress(IndexError):
        target.extend(itertools.starmap(source.pop, itertools.repeat((), count)))


_pool = _Pool()


# --- work ----------------------------------------------------------------------------------------


# A signal may raise an error in the caller at any step. So what gives helpers back is done again
# where it has been interrupted, and changes nothing where it has been done.


class _Calls:
    """Calls [(function, *arguments), ...] that threads take from a list."""

    def __init__(self, calls):
        self.left, self.error = calls[::-1], None

    def do(self):
        """Do what is left."""
        while self.left:
            try:
                function, *arguments = self.left.pop()
            except IndexError:
                return
            function(*arguments)

    def help(self):
        """As `do`, in another thread: an error goes on in the caller."""
        try:
            self.do()
        except BaseException as error:  # noqa: BLE001
            self.left.clear()
            self.error = error

    def end(self, taken):
        """Begin no more calls, wait for those that helpers have begun, and give these back."""
        self.left.clear()
        for helper in taken:
            helper.settle()
        _pool.give_back(taken)


def do_all(calls, helpers, most):
    """Do all calls with so many helpers, if as many are free; `most` is how many there may be."""
    work, taken = _Calls(calls), []
    try:
        _pool.take(taken, helpers, most)
        for helper in taken:
            helper.offer(work.help)
        work.do()
    finally:
        try:
            work.end(taken)
        finally:
            work.end(taken)
    if work.error is not None:
        try:
            raise work.error
        finally:
            work.error = None  # it holds this frame


def _kind(argument):
    # What decides of which type an argument is to Numba, found out in no time.
    if isinstance(argument, np.ndarray):
        return argument.dtype, argument.ndim, argument.flags.num
    return tuple(map(_kind, argument)) if isinstance(argument, tuple) else type(argument)


_addresses: dict[tuple, int] = {}


def _address_of(called, arguments):
    # Where the code of a kernel lies, for these arguments and two ints; compiled if need be.
    key = called, *map(_kind, arguments)
    found = _addresses.get(key)
    if found is None:
        kinds = *map(called.typeof_pyval, arguments), types.intp, types.intp
        called.compile(kinds)
        compiled = called.overloads[kinds]
        name = compiled.fndesc.llvm_func_name
        found = _addresses[key] = compiled.library.get_pointer_to_function(name)
    return found


def share_units(called, arguments, units, least, helpers, most):
    """Call the kernel over parts of range(units), multiples of `least`; the rest as in do_all."""
    address, taken = _address_of(called, arguments), []
    try:
        _pool.take(taken, helpers, most)
        among = 2 * (len(taken) + 1)
        places = np.array([helper.place for helper in taken], np.intp)
        failed = _share(places, address, units, least, among, arguments)
    finally:
        try:
            _pool.give_back(taken)
        finally:
            _pool.give_back(taken)
    if failed:
        raise MemoryError("no memory for what a thread works with")
