"""The arguments of segments: ids or offsets, and arrays with segments along their first axis."""

import math

import numpy as np

from .._cpu import grouping
from .._cpu.flat import flat
from .._cpu.workers import count_for
from . import layout

_INT = np.dtype(np.int64)
_UNIQUE = "numpy.unique(segment_ids, return_inverse=True)[1]"


class Segments:
    """The argument x of a call and where its segments are.

    `order` sorts the entries by their segments, None where they lie so; `length` is that of the
    longest segment.
    """

    def __init__(self, x, segment_ids, offsets, num_segments, workers=None):
        self.x, self.dtype, self.result = layout.as_array(x, has_where=False)
        if not self.x.ndim:
            raise ValueError("x must have at least one axis, along which the segments are")
        if (segment_ids is None) == (offsets is None):
            given = "neither" if offsets is None else "both"
            raise TypeError(f"one of segment_ids and offsets must be given, got {given}")
        self.order = None
        if offsets is None:
            self._take_ids(self._ints(segment_ids, "segment_ids"), num_segments)
        else:
            self._take_offsets(self._ints(offsets, "offsets"), num_segments)
        self.count = self.offsets.size - 1
        self.columns = math.prod(self.x.shape[1:])
        self.workers = count_for(workers, self.x.size)

    def taken(self, array, name):
        """What is looked at of an argument: here the argument itself."""
        return array

    def _ints(self, given, name):
        is_id = name == "segment_ids"
        numbered = f": where none is missing, {_UNIQUE} numbers them" if is_id else ""
        array = self.whole_numbers(given, name, numbered)
        if array.ndim != 1:
            raise ValueError(f"{name} must have one axis, got shape {array.shape}")
        self._given = {name: array}
        return self.of_int64(array, name)

    def whole_numbers(self, given, name, otherwise):
        """An argument that holds ints; `otherwise` is what an error says of others."""
        return layout.int_array(given, name, otherwise)

    def of_int64(self, array, name):
        """Whole numbers as a flat array of int64."""
        if array.dtype.kind == "u" and array.size and int(array.max()) > np.iinfo(_INT).max:
            raise ValueError(f"{name} must hold numbers below 2^63, got {array.max()}")
        return flat(np.ascontiguousarray(array, _INT))

    def _take_offsets(self, offsets, num_segments):
        if num_segments is not None:
            raise TypeError(
                f"num_segments must be None beside offsets, which say it, got {num_segments!r}"
            )
        if not offsets.size:
            raise ValueError("offsets must have at least one number, got none")
        self.check_offsets(offsets)
        self.offsets = offsets

    def check_offsets(self, offsets):
        """Refuse offsets that are none; else find out the length of the longest segment."""
        n = len(self.x)
        place, self.length = grouping.faults_of_offsets(offsets, n)
        if place >= 0:
            raise ValueError(
                f"offsets must begin with 0, never decrease and end with the length of x, {n}; "
                f"got {offsets[place]} at {place} of {offsets.size}"
            )

    def _take_ids(self, ids, num_segments):
        if ids.shape != self.x.shape[:1]:
            raise ValueError(
                f"segment_ids must have an id for each entry of the first axis of x, "
                f"{len(self.x)}, got {ids.size}"
            )
        self.group(ids, _count(num_segments))

    def group(self, ids, count):
        """Find the offsets, and the order that sorts the entries."""
        least, most, rises = grouping.survey(ids) if ids.size else (0, -1, True)
        if least < 0:
            raise ValueError(
                f"segment_ids must not be negative, got {least} at {int(ids.argmin())}"
            )
        if count is None:
            found = f"the ids of segment_ids, up to {most}: {_UNIQUE} numbers those that are there"
            self.offsets = _room(int(most) + 1, found)
        elif most >= count:
            raise ValueError(
                f"segment_ids must be below num_segments, {count}, got {most} at "
                f"{int(ids.argmax())}"
            )
        else:
            self.offsets = _room(count, f"num_segments, {count}")
        self.length = grouping.put_offsets(ids, rises, self.offsets)
        if not rises:
            self.order = np.empty(ids.size, _INT)
            grouping.put_order(ids, self.offsets, self.order)

    @property
    def shape_of_segments(self):
        """The shape of an array with a number for each segment."""
        return (self.count, *self.x.shape[1:])

    def argument(self, array, name, shape, of):
        """Another array, broadcast to that shape; None for None."""
        if array is None:
            return None
        array, _, _ = layout.as_array(self.taken(array, name), name, has_where=False)
        return layout.check_operand(array, name, shape, of)

    def out(self, out, shape, inputs, may_be=()):
        """An array for results, made or checked."""
        if out is None:
            return np.empty(shape, self.result)
        # The kernels read offsets while they write: no place of theirs may change.
        inputs = inputs | self._given
        checked = {name: a for name, a in inputs.items() if a is not None}
        layout.check_out(out, shape, self.result, checked, may_be)
        return out

    def handed_out(self, out):
        """What the caller gets for an array that was made or checked here."""
        return out

    def _flat(self, array):
        # In the working dtype, one column after the other.
        with np.errstate(all="ignore"):  # a float64 may overflow or underflow in a smaller dtype
            array = array.astype(self.dtype, copy=False)
        return flat(np.ascontiguousarray(array.reshape(len(array), self.columns).T))

    def _of_entries(self, array):
        if array is None or self.order is None:
            return None if array is None else self._flat(array)
        return self._flat(array.take(self.order, axis=0))

    def run(self, function, out, g=None, c=None):
        """Fill `out` from x, and from g or c, which have a number for each entry or segment."""
        reduces = function.kind == "segment reduction"
        if not out.size:
            return
        size = self.count if reduces else len(self.x)
        lies = out.dtype == self.dtype and out.flags.carray and self.columns == 1
        lies = lies and (reduces or self.order is None)
        results = out.reshape(-1) if lies else np.empty(size * self.columns, self.dtype)
        function.engine(
            self._of_entries(self.x),
            self._of_entries(g),
            None if c is None else self._flat(c),
            results,
            grouping.columns_of(self.offsets, len(self.x), self.columns),
            self.length,
            self.workers,
        )
        if lies:
            return
        results = results.reshape(self.columns, size).T.reshape(out.shape)
        with np.errstate(all="ignore"):  # a float16 result may overflow to inf
            if reduces or self.order is None:
                out[...] = results
            else:
                out[self.order] = results


def _room(count, of):
    # An array for the offsets of so many segments.
    try:
        return np.empty(count + 1, _INT)
    except (MemoryError, OverflowError, ValueError):
        raise ValueError(f"there is no room for as many segments as {of}") from None


def _count(num_segments):
    # The number of segments, or None.
    if num_segments is None:
        return None
    try:
        count = layout.index_of(num_segments)
    except TypeError:
        raise TypeError(f"num_segments must be an int or None, got {num_segments!r}") from None
    if count < 0:
        raise ValueError(f"num_segments must not be negative, got {count}")
    return count


def values(function, call, out):
    """A result for each entry, or for each segment where the function is a reduction."""
    reduces = function.kind == "segment reduction"
    shape = call.shape_of_segments if reduces else call.x.shape
    out = call.out(out, shape, {"x": call.x}, () if reduces else ("x",))
    call.run(function, out)
    return call.handed_out(out)


def gradients(function, call, g, out):
    """A result for each entry, from the cotangent g of the values."""
    of_reduction = function.kind == "segment vjp of a reduction"
    shape = call.shape_of_segments if of_reduction else call.x.shape
    g = call.argument(g, "g", shape, "the result" if of_reduction else "x")
    out = call.out(out, call.x.shape, {"x": call.x, "g": g}, ("x",) if of_reduction else ("x", "g"))
    call.run(function, out, **{"c" if of_reduction else "g": g})
    return call.handed_out(out)
