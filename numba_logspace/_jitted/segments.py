"""Segments inside jitted code: arrays of one axis, cut by offsets or by ids."""

import numpy as np
from numba import types

from .._compile.inline import inlined, overload
from .._compile.stamp import check_sources
from .._cpu.grouping import faults_of_offsets, put_offsets, put_order, survey
from .memory import may_overlap, out_beside, overlap, quiet
from .typing import check_floats, is_none, is_number, refuse

_NAMES = "x", "segment_ids", "offsets", "num_segments"
# Of so many segments no machine can hold the offsets; of fewer Numba raises its MemoryError.
_MOST = 1 << 44
_NO_ROOM = "there is no room for as many segments as segment_ids or num_segments say"
_OFFSETS = "offsets must begin with 0, never decrease and end with the length of x"


def _check_ints(function, u, name):
    if not isinstance(u, types.Array) or u.ndim != 1 or not isinstance(u.dtype, types.Integer):
        raise TypeError(f"{function}: {name} must be an array of ints of one axis, got {u}")


def _check_vector(function, u, name, x):
    check_floats(function, u, name)
    if u.ndim != 1:
        raise TypeError(f"{function}: {name} must have one axis in jitted code, got {u}")
    if u.dtype != x.dtype:
        raise TypeError(
            f"{function}: {name} must have the dtype of x in jitted code, {x.dtype}, got {u}"
        )


def _grouper(function, call):
    # A function of the arguments of these names: (offsets, the order that sorts the entries, which
    # is empty where they lie so).
    x, segment_ids, offsets, num_segments = (getattr(call, name) for name in _NAMES)
    _check_vector(function, x, "x", x)
    if is_none(segment_ids) == is_none(offsets):
        given = "neither" if is_none(offsets) else "both"
        raise TypeError(f"{function}: one of segment_ids and offsets must be given, got {given}")
    if is_none(segment_ids):
        _check_ints(function, offsets, "offsets")
        if not is_none(num_segments):
            raise TypeError(f"{function}: num_segments must be None beside offsets, which say it")
        return _by_offsets(offsets)
    _check_ints(function, segment_ids, "segment_ids")
    if is_none(num_segments):
        return _by_ids(segment_ids)
    if not isinstance(types.unliteral(num_segments), types.Integer):
        raise TypeError(f"{function}: num_segments must be an int, got {num_segments}")
    return _by_ids_in_range(segment_ids)


@inlined
def _check_offsets(offsets, n):
    if offsets.size == 0 or faults_of_offsets(offsets, n)[0] >= 0:
        raise ValueError(_OFFSETS)


def _whole_numbers(u, name):
    # A function of an array of ints: these as int64, contiguous.
    text = f"{name} must hold numbers below 2^63"

    @inlined
    def of_unsigned(u):
        numbers = u.astype(np.int64)
        for number in numbers:
            if number < 0:
                raise ValueError(text)
        return numbers

    if u.dtype == types.int64 and u.layout == "C":
        return inlined(lambda u: u)
    return of_unsigned if u.dtype == types.uint64 else inlined(lambda u: u.astype(np.int64))


@inlined
def _grouped(x, ids, count):
    # A count of -1 says that there are as many as the ids tell.
    if ids.size != x.size:
        raise ValueError("segment_ids must have an id for each entry of x")
    least, most, rises = survey(ids) if ids.size else (np.int64(0), np.int64(-1), True)
    if least < 0:
        raise ValueError("segment_ids must not be negative")
    if count >= 0 and most >= count:
        raise ValueError("segment_ids must be below num_segments")
    if max(most, count) >= _MOST:
        raise ValueError(_NO_ROOM)
    if count < 0:
        count = most + 1
    offsets = np.empty(count + 1, np.int64)
    put_offsets(ids, rises, offsets)
    order = np.empty(0 if rises else ids.size, np.int64)
    if not rises:
        put_order(ids, offsets, order)
    return offsets, order


def _by_offsets(offsets):
    whole = _whole_numbers(offsets, "offsets")

    @inlined
    def by_offsets(x, segment_ids, offsets, num_segments):
        cut = whole(offsets)
        _check_offsets(cut, x.size)
        return cut, None

    return by_offsets


def _by_ids(segment_ids):
    whole = _whole_numbers(segment_ids, "segment_ids")

    @inlined
    def by_ids(x, segment_ids, offsets, num_segments):
        return _grouped(x, whole(segment_ids), np.int64(-1))

    return by_ids


def _by_ids_in_range(segment_ids):
    whole = _whole_numbers(segment_ids, "segment_ids")

    @inlined
    def by_ids(x, segment_ids, offsets, num_segments):
        if num_segments < 0:
            raise ValueError("num_segments must not be negative")
        return _grouped(x, whole(segment_ids), np.int64(num_segments))

    return by_ids


def _sorted_by(u, order):
    # An array in the order of the segments, contiguous; None and arrays without order as they are.
    raise NotImplementedError("only inside compiled code")


@overload(_sorted_by)
def _overload_sorted_by(u, order):
    if not isinstance(u, types.Array):
        return lambda u, order: None
    if isinstance(order, types.NoneType):
        return _contiguous(u)

    def by_order(u, order):
        return np.ascontiguousarray(u[order] if order.size else u)

    return by_order


def _contiguous(u):
    if u.layout == "C":
        return lambda u, order: u
    return lambda u, order: np.ascontiguousarray(u)


def _put_back(results, order):
    # Results where their entries lie; in place.
    raise NotImplementedError("only inside compiled code")


@overload(_put_back)
def _overload_put_back(results, order):
    if isinstance(order, types.NoneType):
        return lambda results, order: None

    def by_order(results, order):
        if order.size:
            sorted_results = results.copy()
            for i in range(order.size):
                results[order[i]] = sorted_results[i]

    return by_order


def _placer(function, x, out):
    # A function of x, segment_ids, offsets and out: the array of results.
    if is_none(out):
        return inlined(lambda x, segment_ids, offsets, out: np.empty(x.size, x.dtype))
    _check_vector(function, out, "out", x)
    if out.layout != "C" or not out.mutable:
        raise TypeError(f"{function}: out must be writable and C-contiguous, got {out}")
    check = out_beside("x")

    @inlined
    def given(x, segment_ids, offsets, out):
        check(x, out)
        # The kernels read offsets while they write: no place of theirs may change.
        if out.size and (may_overlap(segment_ids, out) or may_overlap(offsets, out)):
            raise ValueError("out must not overlap segment_ids or offsets")
        return out

    return given


def _keeper(engine, out):
    # A function of an array of results: where exponentials are kept between sweeps.
    if engine.keeps and is_none(out):
        return inlined(lambda results: results)
    return inlined(lambda results: None)


def plan_segment_map(entry, call):
    """A map over segments."""
    name, engine = entry.name, entry.engine
    group = _grouper(name, call)
    place, keep = _placer(name, call.x, call.out), _keeper(engine, call.out)
    kernel = quiet(engine.kernel)

    def segments(x, segment_ids, offsets, num_segments, out):
        check_sources()
        cut, order = group(x, segment_ids, offsets, num_segments)
        results = place(x, segment_ids, offsets, out)
        kernel(_sorted_by(x, order), keep(results), results, cut, 0, cut.size - 1)
        _put_back(results, order)
        return results

    return segments, (*_NAMES, "out")


def plan_segment_reduction(entry, call):
    """A reduction of segments."""
    name, engine = entry.name, entry.engine
    refuse(name, out=call.out)
    group, kernel = _grouper(name, call), quiet(engine.kernel)

    def segments(x, segment_ids, offsets, num_segments):
        check_sources()
        cut, order = group(x, segment_ids, offsets, num_segments)
        results = np.empty(cut.size - 1, x.dtype)
        kernel(_sorted_by(x, order), results, cut, 0, cut.size - 1)
        return results

    return segments, _NAMES


def plan_segment_vjp(entry, call):
    """A VJP over segments: of a map, or of a reduction."""
    name, engine = entry.name, entry.engine
    of_reduction = entry.kind == "segment vjp of a reduction"
    group = _grouper(name, call)
    g = call.g
    if not is_none(g) and not is_number(g):
        _check_vector(name, g, "g", call.x)
    place, keep = _placer(name, call.x, call.out), _keeper(engine, call.out)
    kernel = quiet(engine.kernel)
    length, beside = _check_of_length(g, of_reduction), _beside_g(g, call.out)
    along = _along_segments if of_reduction else _along_entries
    if is_number(g):
        along = _equal(of_reduction)

    def segments(x, g, segment_ids, offsets, num_segments, out):
        check_sources()
        cut, order = group(x, segment_ids, offsets, num_segments)
        length(g, cut, x)
        beside(g, out)
        results = place(x, segment_ids, offsets, out)
        entries, numbers = along(g, order, cut, x)
        mine = _sorted_by(x, order), keep(results), entries, numbers, results
        kernel(*mine, cut, 0, cut.size - 1)
        _put_back(results, order)
        return results

    return segments, ("x", "g", *_NAMES[1:], "out")


@inlined
def _along_segments(g, order, cut, x):
    return None, _sorted_by(g, None)


@inlined
def _along_entries(g, order, cut, x):
    return _sorted_by(g, order), None


def _equal(of_reduction):
    # The same number for all.
    @inlined
    def segments(g, order, cut, x):
        return None, np.full(cut.size - 1, x.dtype.type(g))

    @inlined
    def entries(g, order, cut, x):
        return np.full(x.size, x.dtype.type(g)), None

    return segments if of_reduction else entries


def _check_of_length(g, of_reduction):
    if not isinstance(g, types.Array):
        return inlined(lambda g, cut, x: None)

    @inlined
    def of_segments(g, cut, x):
        if g.size != cut.size - 1:
            raise ValueError("g must have a number for each segment")

    @inlined
    def of_entries(g, cut, x):
        if g.size != x.size:
            raise ValueError("g must have the shape of x")

    return of_segments if of_reduction else of_entries


def _beside_g(g, out):
    if not isinstance(g, types.Array) or is_none(out):
        return inlined(lambda g, out: None)

    @inlined
    def apart(g, out):
        if g.size and out.size and overlap(g, out):
            raise ValueError("out must not overlap g")

    return apart
