"""Calls on CUDA arrays that have come before are done by a plan: what to make, what to launch.

The host reads no device memory. So what a call does follows from what is said of its arguments:
their classes, shapes, strides and dtypes, how their addresses are aligned and which are equal, and
the options. The second call that is alike in all of that is noted while the general way does it;
later ones make the same arrays and launch the same kernels, with other addresses. Errors come from
the general way alone, since a call that raises one leaves nothing to be done again.
"""

import ctypes
import functools
import itertools
import os

import numpy as np
from cuda.bindings.driver import CUresult, cuCtxGetCurrent, cuLaunchKernel
from numba import types
from numba.cuda.cudadrv import devices
from numba.cuda.cudadrv.devicearray import DeviceNDArray
from numba.cuda.cudadrv.driver import driver

from . import tape
from .arrays import Operand, address_of, empty, library_of, number_of_stream, torch_stream
from .copy import blocks_of

# {description of a call: _SEEN, its Plan, or None where there can be none}.
_PLANS: dict = {}
_SEEN = object()
# So many descriptions are kept; then all are forgotten.
_MOST = 4096
# Arrays begin at multiples of this, where kernels move several entries at once.
_ALIGNED = 16
# Working memory of a call is one array, in which each part begins at a multiple of this.
_PART = 256
# Up to so many bytes arrays of one call are allocated together: the last one that is used keeps all.
_SMALL = 1 << 16
# Where among the fields of an array that a kernel takes its address is.
_ADDRESS = 4
_DONE = CUresult.CUDA_SUCCESS
_WORD, _BYTE = (1 << 64) - 1, np.dtype(np.uint8)

# A process that has been forked cannot use what its parent has loaded; Numba says so.
os.register_at_fork(after_in_child=_PLANS.clear)


# --- the description of a call -------------------------------------------------------------------
# A reader gives (address, number of the stream, what else is said of an array), or None for one that
# the general way has to look at.


def _of_numba(array):
    stream = array.stream
    address = array.gpu_data.device_ctypes_pointer.value
    return address, int(stream) if stream else 0, (array.shape, array.strides, array.dtype)


def _of_interface(array):
    interface = array.__cuda_array_interface__
    if interface.get("mask") is not None:
        return None
    (address, read_only), strides = interface["data"], interface.get("strides")
    strides = None if strides is None else tuple(strides)
    said = tuple(interface["shape"]), strides, interface["typestr"], bool(read_only)
    return address, interface.get("stream") or 0, said


def _of_tensor(tensor):
    if getattr(tensor, "requires_grad", False):
        return None
    said = tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device
    return tensor.data_ptr(), torch_stream(tensor), said


@functools.cache
def _reader(kind):
    # The reader for arrays of a class; None where it is not one of CUDA arrays.
    if kind is DeviceNDArray:
        return _of_numba
    if library_of(kind) == "torch":
        return _of_tensor
    return _of_interface if hasattr(kind, "__cuda_array_interface__") else None


class _Call:
    """What is said of the arguments of a call: a `key`, and the arrays with their addresses."""

    __slots__ = "addresses", "arrays", "key", "streams"

    def __init__(self):
        self.key, self.arrays, self.addresses, self.streams = [], [], [], []

    def take(self, values):
        """Describe some arguments; whether that could be done."""
        key = self.key
        for u in values:
            kind = type(u)
            if u is None:
                key.append(None)
            elif kind is int or kind is str or kind is bool:
                key += kind, u
            elif kind is tuple:
                key += kind, len(u)
                if not self.take(u):
                    return False
            elif kind is float:
                key += kind, u.hex()  # -0.0 equals 0.0, and NaN nothing
            elif not self._take_array(u, kind):
                return False
        return True

    def _take_array(self, u, kind):
        read = _reader(kind)
        described = read and read(u)
        if not described:
            return False
        address, stream, said = described
        self.arrays.append(u)
        self.addresses.append(address)
        self.streams.append(stream)
        self.key += kind, said
        return True

    def stream(self, given):
        """The number of the stream that does the work; None where streams have to wait."""
        if not self.streams:
            return None
        stream = self.streams[0] if given is None else number_of_stream(given)
        same = stream or 1  # the default stream has the numbers 0 and 1
        for other in self.streams:
            if (other or 1) != same:
                return None
        return stream

    def whole_key(self, verb, function, context):
        """The key with what is said of the addresses."""
        addresses = self.addresses
        aligned = _common(addresses) % _ALIGNED == 0 or tuple([a % _ALIGNED for a in addresses])
        apart = len(set(addresses)) == len(addresses) or tuple(map(addresses.index, addresses))
        return (verb, function, context, aligned, apart, *self.key)


def _common(addresses):
    # A number with every bit that one of them has.
    bits = 0
    for address in addresses:
        bits |= address
    return bits


def _context():
    # The address of the context of this thread; 0 where it has none yet, or CUDA does not work.
    code, context = cuCtxGetCurrent()
    return int(context) if code is _DONE else 0


def call(verb, places, arguments):
    """The result of verb(*arguments), the first of which is the function.

    `places` says which argument is the stream, and which is `out`, None if there is no such one.
    """
    at, at_out = places
    described = _Call()
    if tape.current() or not described.take(arguments[1:at]):
        return verb(*arguments)
    if not described.take(arguments[at + 1 :]):
        return verb(*arguments)
    stream, context = described.stream(arguments[at]), _context()
    if stream is None or not context:
        return verb(*arguments)
    key = described.whole_key(verb, arguments[0], context)
    plan = _PLANS.get(key, key)
    if plan is key:
        if len(_PLANS) >= _MOST:
            _PLANS.clear()
        _PLANS[key] = _SEEN
    elif plan is _SEEN:
        return _noted(key, verb, arguments, described, stream, at_out)
    elif plan is not None:
        results = plan.run(described.arrays, described.addresses, stream)
        if results is not None:
            return results
    return verb(*arguments)


def _noted(key, verb, arguments, described, stream, at_out):
    with tape.noted() as done:
        results = verb(*arguments)
    given = [Operand(u, "", stream).header for u in described.arrays]
    out = None if at_out is None else arguments[at_out]
    outs = out if isinstance(out, tuple) else () if out is None else (out,)
    memory = _Memory(described.arrays, [*map(_Range, described.addresses, given)], done.made)
    if memory.is_apart():
        written = [i for i, u in enumerate(described.arrays) if any(u is v for v in outs)]
        _PLANS[key] = _plan_of(done, memory, written, results, stream)
    return results


# --- a plan from what was done -------------------------------------------------------------------


class _Unsuited(Exception):
    """Something was done that cannot be done again in the same way."""


class _Range:
    """The memory from the lowest to the highest entry, from an address on."""

    def __init__(self, address, header):
        reaches = [s * (k - 1) for s, k in zip(header.strides, header.shape)]
        self.address, self.header, self.low, self.high = address, header, 0, 0
        if header.size:
            self.low = sum(r for r in reaches if r < 0)
            self.high = sum(r for r in reaches if r > 0) + header.itemsize

    def holds(self, address):
        """Whether an address is in it."""
        return self.low <= address - self.address < self.high

    def is_apart(self, other):
        """Whether no place is in both."""
        distance = other.address - self.address
        return self.high <= distance + other.low or distance + other.high <= self.low


class _Memory:
    """The arrays that were given, and those that were made, with where they lie."""

    def __init__(self, arrays, given, made):
        self.arrays, self.given = arrays, given
        self.made = [_Range(address_of(o.header), o.header) for o in made]
        self.owners = [o.owner for o in made]

    def is_apart(self):
        """Whether each address tells which array it is of."""
        ranges = [r for r in (*self.given, *self.made) if r.high > r.low]
        return all(
            a.address == b.address or a.is_apart(b)
            for i, a in enumerate(ranges)
            for b in ranges[:i]
        )


def _plan_of(done, memory, written, results, stream):
    try:
        return _Plan(done, memory, written, results, stream)
    except _Unsuited:
        return None


def _require(condition):
    if not condition:
        raise _Unsuited


def _flatten(compiled, kind, value, words, places):
    # The fields of an argument of a kernel as Numba hands them over, and which are addresses.
    if isinstance(kind, types.BaseTuple):
        for k, v in zip(kind, value):
            _flatten(compiled, k, v, words, places)
        return
    place = len(words) + _ADDRESS
    compiled._prepare_args(kind, value, 0, [], words)
    if isinstance(kind, types.Array) and value.size:
        _require(words[place] == value.gpu_data.device_ctypes_pointer.value)
        places.append(place)


def _up_to_part(size):
    return -(-size // _PART) * _PART


def _word(value):
    if isinstance(value, int):
        return value & _WORD
    return int.from_bytes(bytes(value), "little")


class _New:
    """An array to be made."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype, self.strides = tuple(shape), dtype, []
        step = dtype.itemsize
        for k in reversed(self.shape):
            self.strides.insert(0, step)
            step *= k
        self.strides, self.bytes = tuple(self.strides), step


class _ByLibrary:
    """Makes arrays of the library of the first argument, which keeps what is freed."""

    def __init__(self, news):
        self._news = news

    def make(self, arrays, bases, stream):
        """Append the arrays and their addresses."""
        like = arrays[0]
        for new in self._news:
            array = empty(like, new.shape, new.dtype, stream)
            arrays.append(array)
            bases.append(_reader(type(array))(array)[0])


class _ByNumba:
    """Makes arrays of Numba, which takes as long for each as a launch: few small ones together."""

    def __init__(self, news):
        self._news, self._context = news, devices.get_context()
        ends = [*itertools.accumulate(_up_to_part(new.bytes) for new in news)]
        together = ends[-1] <= _SMALL
        # The size of what is allocated, and the news in it with their places.
        if together:
            self._blocks = [(ends[-1], [*zip(news, [0, *ends])])]
        else:
            self._blocks = [(new.bytes, [(new, 0)]) for new in news]

    def make(self, arrays, bases, stream):
        """Append the arrays and their addresses."""
        context = self._context
        on = context.create_external_stream(stream) if stream else 0
        for size, parts in self._blocks:
            data = context.memalloc(size)
            first = data.device_ctypes_pointer.value
            for new, offset in parts:
                bases.append(first + offset)
                if new.dtype is _BYTE:  # working memory, which needs to be no array
                    arrays.append(data)
                    continue
                own = data.view(offset, offset + new.bytes) if offset else data
                arrays.append(DeviceNDArray(new.shape, new.strides, new.dtype, on, own))


class _Plan:
    """What is made and launched; `bases` are the addresses of all arrays, those made the last."""

    def __init__(self, done, memory, written, results, stream):
        _require(not done.ordered and not any(r.address % _ALIGNED for r in memory.made))
        self._apart = self._to_be_apart(memory.given, written)
        self._places = [(r, i, 0) for i, r in enumerate(memory.given)]
        self._single, self._returned = self._results(memory, results)
        self._launches, self._words, self._patches = [], [], []
        for launch in done.launches:
            _require((launch[3] or 1) == (stream or 1))
            self._add(*launch)
        self._free = []

    def _to_be_apart(self, given, written):
        return [
            (i, j, given[i].low, given[i].high, given[j].low, given[j].high)
            for i in written
            for j in range(len(given))
            if given[i].address != given[j].address
        ]

    def _results(self, memory, results):
        # (whether it is a single one, the number of each among what is given and the results).
        single = not isinstance(results, tuple)
        self._new, returned, owned = [], [], set()
        count = len(memory.given)
        for result in (results,) if single else results:
            given = [i for i, u in enumerate(memory.arrays) if u is result]
            if given:
                returned.append(given[0])
                continue
            _require(_reader(type(result)))
            header = Operand(result, "", None).header
            own = [
                i
                for i, r in enumerate(memory.made)
                if header.size == r.header.size and header.dtype == r.header.dtype
                and header.flags.c_contiguous and r.address == address_of(header)
            ]  # fmt: skip
            _require(header.size and len(own) == 1 and own[0] not in owned)
            owned.add(own[0])
            returned.append(count + len(self._new))
            self._places.append((memory.made[own[0]], count + len(self._new), 0))
            self._new.append(_New(header.shape, header.dtype))
        self._scratch(memory, owned, count)
        return single, returned

    def _scratch(self, memory, owned, count):
        offset = 0
        for i, r in enumerate(memory.made):
            if i not in owned:
                self._places.append((r, count + len(self._new), offset))
                offset += _up_to_part(r.high)
        if offset:
            self._new.append(_New((offset,), _BYTE))
        library = library_of(type(memory.arrays[0]))
        made_by = _ByLibrary if library in ("cupy", "torch") else _ByNumba
        self._make = made_by(self._new).make if self._new else None

    def _add(self, kernel, units, threads, stream, args):
        # The launch of a kernel with its arguments, as words of 8 bytes.
        compiled = kernel.compile(tuple(map(kernel.typeof_pyval, args)))
        _require(not (compiled.debug or compiled.extensions or compiled.cooperative))
        words, places = [], []
        for kind, value in zip(compiled.argument_types, args):
            _flatten(compiled, kind, value, words, places)
        before = len(self._words)
        for place in places:
            base, offset = self._place_of(words[place])
            self._patches.append((before + place, base, offset))
        self._words += map(_word, words)
        function = compiled.library.get_cufunc()
        self._launches.append((function.handle, blocks_of(units), threads, before, function))

    def _place_of(self, address):
        for r, base, offset in self._places:
            if r.holds(address):
                return base, offset + address - r.address
        raise _Unsuited

    def _overlap(self, addresses):
        # Whether results overlap arguments in a way that is not part of the description.
        for i, j, low, high, other_low, other_high in self._apart:
            distance = addresses[j] - addresses[i]
            if high > distance + other_low and distance + other_high > low:
                return True
        return False

    def run(self, arrays, bases, stream):
        """The results of a call, from its arrays and their addresses; None where it is not suited."""
        if self._apart and self._overlap(bases):
            return None
        if self._make:
            count = len(bases)
            self._make(arrays, bases, stream)
            if _common(bases[count:]) % _ALIGNED:
                return None
        # No two threads have the same words at one time.
        try:
            words, packed = self._free.pop()
        except IndexError:
            words, packed = self._packed()
        for i, base, offset in self._patches:
            words[i] = bases[base] + offset
        for (function, blocks, threads, _, _), parameters in zip(self._launches, packed):
            launch = function, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, 0
            if cuLaunchKernel(*launch)[0] is not _DONE:
                driver.cuLaunchKernel(*launch)  # which raises what is wrong
        self._free.append((words, packed))  # what is launched has a copy of its own
        if self._single:
            return arrays[self._returned[0]]
        return tuple([arrays[i] for i in self._returned])

    def _packed(self):
        # The words of all launches, and for each the address of the pointers to its own.
        words = (ctypes.c_uint64 * len(self._words))(*self._words)
        first, size = ctypes.addressof(words), ctypes.sizeof(ctypes.c_uint64)
        count = len(self._words)
        pointers = (ctypes.c_void_p * count)(*range(first, first + size * count, size))
        words.pointers = pointers  # they last as long
        return words, [ctypes.addressof(pointers) + size * launch[3] for launch in self._launches]
