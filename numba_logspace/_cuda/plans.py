"""What a call has done on the GPU as a plan to do it again with other arrays.

A plan has the words that kernels take: those of arrays change from call to call, the others stay.
"""

import ctypes
import itertools
import operator

import numpy as np
from cuda.bindings.driver import CUresult, cuLaunchKernel, cuMemAllocAsync, cuMemFreeAsync
from numba import types
from numba.cuda.cudadrv import devices
from numba.cuda.cudadrv.devicearray import DeviceNDArray
from numba.cuda.cudadrv.driver import driver

from .arrays import Operand, address_of, empty, library_of
from .copy import blocks_of
from .descriptions import ALIGNED, bits_of, reader

# Working memory of a call is one array, in which each part begins at a multiple of this.
_PART = 256
# Arrays of up to so many bytes in all are allocated together, and the last in use keeps all.
_SMALL = 1 << 13
# Where among the fields of an array that a kernel takes its address is.
_ADDRESS = 4
_DONE = CUresult.CUDA_SUCCESS
_WORD, _BYTE = (1 << 64) - 1, np.dtype(np.uint8)


# --- memory --------------------------------------------------------------------------------------


class Range:
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


class Memory:
    """The arrays that were given, and those that were made, with where they lie."""

    def __init__(self, arrays, given, made):
        self.arrays, self.given = arrays, given
        self.made = [Range(address_of(o.header), o.header) for o, _ in made]
        self.likes = [like for _, like in made]

    def is_apart(self):
        """Whether each address tells which array it is of."""
        ranges = [r for r in (*self.given, *self.made) if r.high > r.low]
        return all(
            a.address == b.address or a.is_apart(b)
            for i, a in enumerate(ranges)
            for b in ranges[:i]
        )


# --- arrays to be made ---------------------------------------------------------------------------


def _up_to_part(size):
    return -(-size // _PART) * _PART


class _New:
    """An array to be made: a result, or working memory."""

    def __init__(self, shape, dtype, is_result=True):
        self.is_result = is_result
        self.shape, self.dtype, self.strides = tuple(shape), dtype, []
        step = dtype.itemsize
        for k in reversed(self.shape):
            self.strides.insert(0, step)
            step *= k
        self.strides, self.bytes = tuple(self.strides), step


class _ByLibrary:
    """Makes arrays of the library of an argument, which keeps what is freed."""

    def __init__(self, news, like):
        self._news, self._like = news, like

    def make(self, arrays, bases, stream):
        """Append the arrays and their addresses."""
        like = arrays[self._like]
        for new in self._news:
            array = empty(like, new.shape, new.dtype, stream)
            arrays.append(array)
            bases.append(reader(type(array))(array)[0])

    def done(self, bases, stream):
        """The arrays free themselves."""


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
                array = data  # which is enough for working memory
                if new.is_result:
                    own = data.view(offset, offset + new.bytes) if offset else data
                    array = DeviceNDArray(new.shape, new.strides, new.dtype, on, own)
                arrays.append(array)

    def done(self, bases, stream):
        """The arrays free themselves."""


class _InOrder:
    """Makes working memory, and frees it, as work of the stream, which a graph can capture."""

    def __init__(self, size):
        self._size = size

    def make(self, arrays, bases, stream):
        """Append the address; there is no array."""
        code, address = cuMemAllocAsync(self._size, stream)
        if code is not _DONE:
            driver.cuMemAllocAsync(self._size, stream)  # which raises what is wrong
        bases.append(int(address))

    def done(self, bases, stream):
        """Free it once what was launched is done."""
        cuMemFreeAsync(bases[-1], stream)


# --- plans ---------------------------------------------------------------------------------------


class _Unsuited(Exception):
    """Something was done that cannot be done again in the same way."""


def plan_of(done, memory, written, results, stream):
    """The Plan of a call that is on a Tape; None where there can be none."""
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


def _word(value):
    if isinstance(value, int):
        return value & _WORD
    return int.from_bytes(bytes(value), "little")


def _picker(numbers):
    # What takes the results from all arrays: one, or tuples of them and of tuples.
    if type(numbers) is int:
        return operator.itemgetter(numbers)
    if len(numbers) > 1 and all(type(number) is int for number in numbers):
        return operator.itemgetter(*numbers)
    parts = [_picker(number) for number in numbers]
    return lambda arrays: tuple([part(arrays) for part in parts])


class _Plan:
    """What is made and launched; `bases` are the addresses of all arrays, those made the last."""

    def __init__(self, done, memory, written, results, stream):
        _require(not done.ordered and not any(r.address % ALIGNED for r in memory.made))
        self._apart = self._to_be_apart(memory.given, written)
        self._places = [(r, i, 0) for i, r in enumerate(memory.given)]
        self._pick = _picker(self._results(memory, results))
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
        # The number of each among what is given and the results, in tuples as they are.
        self._new, owned, count = [], set(), len(memory.given)

        def number_of(result):
            if type(result) is tuple:
                return tuple(map(number_of, result))
            given = [i for i, u in enumerate(memory.arrays) if u is result]
            if given:
                return given[0]
            _require(reader(type(result)))
            header = Operand(result, "", None).header
            own = [
                i
                for i, r in enumerate(memory.made)
                if header.size == r.header.size and header.dtype == r.header.dtype
                and header.flags.c_contiguous and r.address == address_of(header)
            ]  # fmt: skip
            _require(header.size and len(own) == 1 and own[0] not in owned)
            owned.add(own[0])
            number = count + len(self._new)
            self._places.append((memory.made[own[0]], number, 0))
            self._new.append(_New(header.shape, header.dtype))
            return number

        numbers = number_of(results)
        self._scratch(memory, owned, count)
        return numbers

    def _scratch(self, memory, owned, count):
        offset = 0
        for i, r in enumerate(memory.made):
            if i not in owned:
                self._places.append((r, count + len(self._new), offset))
                offset += _up_to_part(r.high)
        if offset:
            self._new.append(_New((offset,), _BYTE, is_result=False))
        self._maker = self._made_like(memory) if self._new else None

    def _made_like(self, memory):
        # What makes the arrays, of the library of one of the arguments.
        like = memory.likes[0]
        _require(all(u is like for u in memory.likes))
        if library_of(type(like)) not in ("cupy", "torch"):
            pools = devices.get_context().device.MEMORY_POOLS_SUPPORTED
            if pools and not any(new.is_result for new in self._new):
                return _InOrder(self._new[0].bytes)
            return _ByNumba(self._new)
        numbers = [i for i, u in enumerate(memory.arrays) if u is like]
        _require(numbers)
        return _ByLibrary(self._new, numbers[0])

    def _add(self, kernel, units, threads, stream, args, shared):
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
        shape = blocks_of(units), 1, 1, threads, 1, 1, shared
        self._launches.append((function.handle, shape, before, function))

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
        """The results, from the arrays of a call and their addresses; None if they do not fit."""
        if self._apart and self._overlap(bases):
            return None
        maker = self._maker
        if maker:
            count = len(bases)
            maker.make(arrays, bases, stream)
            if bits_of(bases[count:]) % ALIGNED:
                return None
        # No two threads have the same words at one time.
        try:
            words, packed = self._free.pop()
        except IndexError:
            words, packed = self._packed()
        for i, base, offset in self._patches:
            words[i] = bases[base] + offset
        for (function, shape, _, _), parameters in zip(self._launches, packed):
            launch = function, *shape, stream, parameters, 0
            if cuLaunchKernel(*launch)[0] is not _DONE:
                driver.cuLaunchKernel(*launch)  # which raises what is wrong
        self._free.append((words, packed))  # what is launched has a copy of its own
        if maker:
            maker.done(bases, stream)
        return self._pick(arrays)

    def _packed(self):
        # The words of all launches, and for each the address of the pointers to its own.
        words = (ctypes.c_uint64 * len(self._words))(*self._words)
        first, size = ctypes.addressof(words), ctypes.sizeof(ctypes.c_uint64)
        count = len(self._words)
        pointers = (ctypes.c_void_p * count)(*range(first, first + size * count, size))
        words.pointers = pointers  # they last as long
        return words, [ctypes.addressof(pointers) + size * launch[2] for launch in self._launches]
