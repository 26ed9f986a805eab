"""What a CUDA thread holds of a row: entries in registers, moved in groups of 16 bytes.

Entry k of a thread's share is entry (k // v size + index) v + k % v of the row, where v is the
number of entries in a group: each group is one instruction, and the threads of a team touch
neighbouring groups.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from .._formulas.simd import FORMATS, const

_INLINED = {"error_model": "numpy", "forceinline": True}
_GROUP_BYTES = 16
_GLOBAL, _SHARED = 1, 3  # address spaces


def group_of(itemsize):
    """How many numbers of a size are moved at once."""
    return _GROUP_BYTES // itemsize


def _group_pointer(context, builder, array_type, array, index, count, space):
    data = context.make_array(array_type)(context, builder, array).data
    wide = ir.VectorType(FORMATS[array_type.dtype].llvm_float, count)
    pointer = builder.bitcast(builder.gep(data, [index]), wide.as_pointer())
    # Without the address space it would be one load or store for each number.
    return builder.addrspacecast(pointer, wide.as_pointer(space)), wide


def _own_pointers(context, builder, array_type, array, index, count):
    data = context.make_array(array_type)(context, builder, array).data
    for i in range(count):
        yield builder.gep(data, [builder.add(index, ir.Constant(index.type, i))])


def _loader(space):
    @intrinsic(prefer_literal=True)
    def load(typing_context, array, index, mine, k, count):
        number, size = count.literal_value, array.dtype.bitwidth // 8

        def generate(context, builder, sig, args):
            pointer, _ = _group_pointer(context, builder, array, args[0], args[1], number, space)
            vector = builder.load(pointer, align=number * size)
            own = _own_pointers(context, builder, mine, args[2], args[3], number)
            for i, place in enumerate(own):
                builder.store(builder.extract_element(vector, _lane(i)), place)
            return context.get_dummy_value()

        return types.none(array, types.intp, mine, types.intp, count), generate

    return load


def _storer(space):
    @intrinsic(prefer_literal=True)
    def store(typing_context, array, index, mine, k, count):
        number, size = count.literal_value, array.dtype.bitwidth // 8

        def generate(context, builder, sig, args):
            pointer, wide = _group_pointer(context, builder, array, args[0], args[1], number, space)
            vector = ir.Constant(wide, ir.Undefined)
            own = _own_pointers(context, builder, mine, args[2], args[3], number)
            for i, place in enumerate(own):
                vector = builder.insert_element(vector, builder.load(place), _lane(i))
            builder.store(vector, pointer, align=number * size)
            return context.get_dummy_value()

        return types.none(array, types.intp, mine, types.intp, count), generate

    return store


# mine[k : k + count] = array[index : index + count], and back, at a multiple of their size: of an
# array in the memory of the GPU, and of one that a block shares.
load_group, store_group = _loader(_GLOBAL), _storer(_GLOBAL)
load_shared, store_shared = _loader(_SHARED), _storer(_SHARED)


def _lane(i):
    return ir.Constant(ir.IntType(32), i)


class Share:
    """How the entries of a row are shared: `held` of them a thread, in groups of `group`."""

    def __init__(self, size, held, group):
        self.size, self.held, self.group = size, held, group
        self.fetch, self.put_back = _fetch(size, held, group), _put_back(size, held, group)
        self.spread = _spread(size, held, group)


def _fetch(size, held, group):
    def fetch(array, base, n, index, fill, mine):
        raise NotImplementedError("only inside compiled code")

    @overload(fetch, jit_options=_INLINED)
    def _overload_fetch(array, base, n, index, fill, mine):
        def one_by_one(array, base, n, index, fill, mine):
            for k in range(held):
                at = k * size + index
                mine[k] = array[base + at] if at < n else const(mine[0], fill)

        def in_groups(array, base, n, index, fill, mine):
            for k in range(0, held, group):
                at = k * size + index * group
                if at < n:
                    load_group(array, base + at, mine, k, group)
                else:
                    for i in range(group):
                        mine[k + i] = const(mine[0], fill)

        return one_by_one if group == 1 else in_groups

    return fetch


def _put_back(size, held, group):
    def put_back(mine, array, base, n, index):
        raise NotImplementedError("only inside compiled code")

    @overload(put_back, jit_options=_INLINED)
    def _overload_put_back(mine, array, base, n, index):
        if array == types.none:
            return lambda mine, array, base, n, index: None

        def one_by_one(mine, array, base, n, index):
            for k in range(held):
                at = k * size + index
                if at < n:
                    array[base + at] = mine[k]

        def in_groups(mine, array, base, n, index):
            for k in range(0, held, group):
                at = k * size + index * group
                if at < n:
                    store_group(array, base + at, mine, k, group)

        return one_by_one if group == 1 else in_groups

    return put_back


def _spread(size, held, group):
    """What goes with the entries (see `_entries`) as numbers, 0 beyond the end of the row."""

    def spread(u, base, n, index, mine):
        raise NotImplementedError("only inside compiled code")

    fetch = _fetch(size, held, group)

    @overload(spread, jit_options=_INLINED)
    def _overload_spread(u, base, n, index, mine):
        def ones(u, base, n, index, mine):
            for k in range(held):
                at = (k // group * size + index) * group + k % group
                mine[k] = const(mine[0], 1.0) if at < n else const(mine[0], 0.0)

        def one_hot(u, base, n, index, mine):
            for k in range(held):
                at = (k // group * size + index) * group + k % group
                mine[k] = const(mine[0], 1.0) if at == u else const(mine[0], 0.0)

        if u == types.none:
            return ones
        if isinstance(u, types.Integer):
            return one_hot
        return lambda u, base, n, index, mine: fetch(u, base, n, index, 0.0, mine)

    return spread
