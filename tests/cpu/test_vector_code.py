"""The machine code of the kernels and ufuncs: vectors in the loops, no calls of the C library."""

import inspect
import math
import platform
import re

import numpy as np
import pytest
from numba import njit
from numba.core.ccallback import CFunc

from numba_logspace._cpu.ufuncs import _SIGNATURE, loop_of
from numba_logspace._family import FAMILY, named
from numba_logspace._formulas.simd import VECTOR_BYTES

pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"),
    reason="reads the assembly of x86-64",
)

_LABEL = re.compile(r"(\.L\w+):")
_JUMP = re.compile(r"j(\w+)\s+(\.L\w+)")
_ARITHMETIC = re.compile(r"v?(add|sub|mul|div|fn?m(?:add|sub)\d*)(p|s)[sd]\s")
_LIBRARY = re.compile(r"(?:__svml_|numba_)?(?:exp2?|expm1|exp10|log|log2|log10|log1p|pow)f?\d*")
_REGISTERS = {128: "zmm", 64: "ymm", 32: "xmm"}


# --- loops in assembly -------------------------------------------------------------------------


def body_of(assembly):
    """The instructions and labels of the function itself, without what wraps it for Python."""
    parts = re.findall(r"^([A-Za-z_]\S*):\n(.*?)^\.Lfunc_end", assembly, re.M | re.S)
    (body,) = (text for name, text in parts if re.match("_ZN(?!7cpython)", name))
    lines = (line.split("#")[0].strip() for line in body.splitlines())
    return [line for line in lines if line and (_LABEL.match(line) or line[0] != ".")]


def blocks_of(lines):
    """(blocks of instructions, the blocks that may follow each)."""
    blocks, names = [[]], {}
    for line in lines:
        label = _LABEL.match(line)
        if label:
            blocks.append([])
            names[label[1]] = len(blocks) - 1
            continue
        blocks[-1].append(line)
        if _JUMP.match(line):
            blocks.append([])
    following = []
    for number, block in enumerate(blocks):
        last = block[-1] if block else ""
        jump = _JUMP.match(last)
        onward = not (jump and jump[1] == "mp") and not last.startswith(("ret", "jmp", "ud2"))
        after = {number + 1} if onward and number + 1 < len(blocks) else set()
        following.append(after | ({names[jump[2]]} if jump else set()))
    return blocks, following


def reached(start, following, within):
    """The blocks that control may come to after a block, without leaving `within`."""
    found, todo = set(), [start]
    while todo:
        new = (following[todo.pop()] & within) - found
        found |= new
        todo.extend(new)
    return found


def cycles(following, within):
    """The strongly connected parts of `within` that hold a cycle."""
    ways = {b: reached(b, following, within) for b in within}
    return {frozenset(c for c in ways[b] if b in ways[c]) for b in within if b in ways[b]}


def innermost(following, within):
    """The loops that hold no other loop."""
    loops = []
    for cycle in cycles(following, within):
        entries = {b for b in cycle if any(b in following[a] for a in within - cycle)}
        inside = innermost(following, cycle - (entries or {min(cycle)}))
        loops.extend(inside or [cycle])
    return loops


def loops_of(assembly):
    """The instructions of each innermost loop."""
    blocks, following = blocks_of(body_of(assembly))
    loops = innermost(following, frozenset(range(len(blocks))))
    return [[line for b in sorted(loop) for line in blocks[b]] for loop in loops]


# --- what is wanted of them --------------------------------------------------------------------


def operations(loop, kind):
    """The arithmetic instructions of a loop that are packed ("p") or scalar ("s")."""
    matches = ((_ARITHMETIC.match(line), line) for line in loop)
    return [(m[1], line) for m, line in matches if m and m[2] == kind]


def library_calls(assembly):
    """The functions of the C library, or of a vector library, that the code refers to."""
    symbols = set(re.findall(r"(?:\$|callq?\s+|jmpq?\s+)([A-Za-z_]\w*)", assembly))
    return sorted(s for s in symbols if _LIBRARY.fullmatch(s))


def is_vector_loop(loop, registers):
    """Whether all arithmetic of a loop is packed, in such registers, without a call."""
    packed = operations(loop, "p")
    wide = [line for _, line in packed if any(r in line for r in registers)]
    calls = [line for line in loop if line.startswith("call")]
    return len(wide) == len(packed) > 0 and not operations(loop, "s") and not calls


def faults(assembly, division):
    """What is wrong with the code of a kernel, all of whose loops should be of vectors."""
    loops = [loop for loop in loops_of(assembly) if operations(loop, "p") + operations(loop, "s")]
    found = [f"calls {name}" for name in library_calls(assembly)]
    found += [
        "a loop without vectors:\n" + "\n".join(loop)
        for loop in loops
        if not is_vector_loop(loop, [_REGISTERS[VECTOR_BYTES]])
    ]
    done = [name for loop in loops for name, _ in operations(loop, "p")]
    # A polynomial takes at least so many.
    if sum(name not in ("add", "sub") for name in done) < 10:
        found.append("no loop of packed multiplications")
    if division and "div" not in done:
        found.append("no packed division")
    return found


# --- kernels -----------------------------------------------------------------------------------


def compiled(function, *args):
    """The assembly of a function for these arguments; nothing comes from the cache, which has none.

    The kernels of the package are compiled with the same options.
    """
    dispatcher = njit(nogil=True, error_model="numpy")(function)
    dispatcher(*args)
    return dispatcher.inspect_asm(dispatcher.signatures[0])


def three(dtype):
    return np.zeros(3, dtype)


def map_rows(engine, dtype):
    return engine._rows, (three(dtype), three(dtype), three(dtype), 3, 0, 1)


def map_groups(engine, dtype):
    x, e, out = np.zeros((3, 8 * 64), dtype)
    return engine._groups, (x, e, out, 64, 0, 8)


def map_columns(engine, dtype):
    return engine._columns, (three(dtype), None, three(dtype), 1, 3, 0, 1)


def reduce_rows(engine, dtype):
    return engine._rows, (three(dtype), three(dtype), 3, 0, 1)


def reduce_short(engine, dtype):
    return engine._short, (three(dtype), three(dtype), 1, 1, 0, 3)


def weigh_rows(engine, dtype):
    return engine._rows, (*[three(dtype)] * 3, None, None, None, three(dtype), None, 3, 0, 1)


def weigh_columns(engine, dtype):
    arrays = (*[three(dtype)] * 3, None, None, None, three(dtype), None)
    return engine._columns, (*arrays, 1, 3, 0, 1)


def weigh_both(engine, dtype):
    arrays = (*[three(dtype)] * 3, None, None, None, three(dtype), three(dtype))
    return engine._rows, (*arrays, 3, 0, 1)


def weigh_two(engine, dtype):
    return engine._rows, (*[three(dtype)] * 4, None, None, three(dtype), None, 3, 0, 1)


def weigh_and_reduce(engine, dtype):
    return engine._rows, (*[three(dtype)] * 3, None, None, three(dtype), None, None, 3, 0, 1)


# function, kernel, dtype, whether it divides in its loops
KERNELS = [
    ("log1m_softmax", map_rows, np.float64, True),
    ("log1m_softmax", map_rows, np.float32, True),
    ("log1m_softmax", map_groups, np.float64, True),
    ("log1m_softmax", map_columns, np.float64, True),
    ("softmax", map_rows, np.float32, False),
    ("logsumexp", reduce_rows, np.float64, False),
    ("logsumexp", reduce_short, np.float32, False),
    ("log_softmax_vjp", weigh_rows, np.float64, False),
    ("log1m_softmax_vjp", weigh_rows, np.float32, True),
    ("log1m_softmax_vjp", weigh_columns, np.float64, True),
    ("log1m_softmax_value_and_vjp", weigh_both, np.float32, True),
    ("log1m_softmax_hvp", weigh_two, np.float64, True),
    ("logsumexp_jvp", weigh_and_reduce, np.float64, False),
]


@pytest.mark.parametrize("name, kernel, dtype, division", KERNELS)
def test_kernels(name, kernel, dtype, division):
    dispatcher, args = kernel(FAMILY[name].engine, dtype)
    found = faults(compiled(dispatcher.py_func, *args), division)
    assert not found, "\n".join(found)


# --- ufuncs ------------------------------------------------------------------------------------


def assembly_of_loop(loop):
    """The assembly of a loop; nothing comes from the cache."""
    signature = _SIGNATURE.args, _SIGNATURE.return_type
    callback = CFunc(loop, signature, {}, {"error_model": "numpy"})
    callback.compile()
    return callback._library.get_asm_str()


@pytest.mark.one_in(3)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", named("elementwise"))
def test_ufuncs(name, dtype):
    formula = FAMILY[name].engine
    inputs = len(inspect.signature(formula).parameters)
    assembly = assembly_of_loop(loop_of(formula, inputs, dtype))
    assert not library_calls(assembly)
    loops = [loop for loop in loops_of(assembly) if operations(loop, "p") + operations(loop, "s")]
    # The formula is there once: what is not contiguous is brought to it without arithmetic.
    (loop,) = loops
    assert is_vector_loop(loop, [_REGISTERS[VECTOR_BYTES]])
    assert len(operations(loop, "p")) > 20
    has_quotient = name != "cexpexp"  # of exponentials alone
    assert any(n == "div" for n, _ in operations(loop, "p")) == has_quotient


# --- the checker itself ------------------------------------------------------------------------


def _exp_from_the_library(x, out):
    for i in range(x.size):
        out[i] = math.exp(x[i])


def _one_after_the_other(x, out):
    # Each step needs the last.
    y = 1.0
    for i in range(x.size):
        y = y * x[i] + 0.5
        y = y / (x[i] + 3.0)
        out[i] = y


def _plain_sum(x, out):
    for i in range(x.size):
        out[i] = x[i] + x[i]


def test_calls_are_found():
    assembly = compiled(_exp_from_the_library, three(np.float64), three(np.float64))
    assert library_calls(assembly)
    assert any(fault.startswith("calls") for fault in faults(assembly, division=False))


def test_scalar_loops_are_found():
    assembly = compiled(_one_after_the_other, three(np.float64), three(np.float64))
    assert not library_calls(assembly)
    found = "\n".join(faults(assembly, division=True))
    assert "a loop without vectors" in found
    assert "no packed division" in found
    assert "no loop of packed multiplications" in found


def test_missing_polynomials_are_found():
    assembly = compiled(_plain_sum, three(np.float64), three(np.float64))
    assert "no loop of packed multiplications" in faults(assembly, division=False)


def test_innermost_loops():
    # 0 -> 1 -> 2 -> 2, 2 -> 3 -> 1, 3 -> 4 -> 5 -> 4
    following = [{1}, {2}, {2, 3}, {1, 4}, {5}, {4}]
    found = innermost(following, frozenset(range(6)))
    assert sorted(map(sorted, found)) == [[2], [4, 5]]
