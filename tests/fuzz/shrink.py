"""The smallest case that still fails, and the Python code that shows it."""

import dataclasses
import time

import numpy as np
from arrays import Argument, to_rows
from cases import CURVATURES, ENTRY_LOSSES, IN_PLACE, REFUSED, SEGMENTS, WITH_WEIGHTS

# Arguments that a call can do without, and the plainest options.
OPTIONAL = ("where", "weights", "pos_weight", "g", "b")
PLAINEST = {"workers": None, "keepdims": False, "return_sign": False, "reduction": "none"}
SECONDS = 10


def shrink(case, fails, seconds=SECONDS):
    """A case as small as it gets in so many seconds, for which `fails` is still true."""
    end = time.monotonic() + seconds
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for step in (_without_options, _plain_arrays, _as_rows, _shorter, _simpler_numbers):
            smaller = case
            while smaller is not None and time.monotonic() < end:
                case = smaller
                smaller = next((s for s in step(case) if _fails(s, fails)), None)
                progress |= smaller is not None
    return case


def _fails(case, fails):
    # A case that was cut so that it cannot be called at all fails in another way.
    try:
        return fails(case)
    except Exception:  # noqa: BLE001
        return False


def _with(case, name, argument):
    return case.replaced(arguments=case.arguments | {name: argument})


# --- steps: all cases that are a little smaller --------------------------------------------------


def _without_options(case):
    if case.out:
        yield case.replaced(out="")
    for name in OPTIONAL:
        needed = name == "weights" and "class weights" in case.kind or case.kind == "product"
        if name in case.arguments and not needed:
            rest = {k: a for k, a in case.arguments.items() if k != name}
            yield case.replaced(arguments=rest)
    for name, plain in PLAINEST.items():
        if case.options.get(name, plain) != plain:
            options = {k: v for k, v in case.options.items() if k != name}
            if name == "reduction":
                options[name] = plain
            yield case.replaced(options=options)


def _plain_arrays(case):
    for name, argument in case.arguments.items():
        if argument.layout != "C":
            yield _with(case, name, dataclasses.replace(argument, layout="C"))
        values = argument.values
        if not values.dtype.isnative:
            native = values.astype(values.dtype.newbyteorder("="))
            yield _with(case, name, dataclasses.replace(argument, values=native))


def _as_rows(case):
    # Rows along the last axis, or along the first.
    x = case.first
    if x.values.ndim < 1 or case.options.get("axis", 0) in (-1,) and x.values.ndim <= 2:
        return
    if case.kind in ("elementwise", "product", "gated", "gated vjp", *ENTRY_LOSSES, *SEGMENTS):
        return
    try:
        rows = {name: _rows_of(case, name) for name in case.arguments}
    except ValueError:
        return
    yield case.replaced(arguments=rows, options=case.options | {"axis": -1})
    if x.values.ndim > 2 or case.options["axis"] != 0:
        turned = {n: dataclasses.replace(a, values=a.values.T) for n, a in rows.items()}
        swap = {"0": "1", "1": "0"}
        turned = {
            n: dataclasses.replace(a, axes=tuple(swap[k] for k in a.axes[::-1]))
            for n, a in turned.items()
        }
        yield case.replaced(arguments=turned, options=case.options | {"axis": 0})


def _rows_of(case, name):
    argument, shape = case.arguments[name], case.first.values.shape
    kept = tuple(k for a, k in enumerate(shape) if a not in case.reduced)
    names = tuple(str(a) for a in range(len(shape)) if a not in case.reduced)
    of_rows = name == "g" and case.kind.endswith("of a reduction")
    of_rows |= name == "weights" and case.kind in WITH_WEIGHTS
    of_rows |= name == "where" and case.kind in CURVATURES
    of_rows |= name == "targets" and argument.axes == names
    if of_rows:
        values = np.broadcast_to(argument.values, kept).reshape(-1)
        return Argument(values.copy(), ("0",))
    values = to_rows(np.broadcast_to(argument.values, shape), case.reduced)
    return Argument(values.copy(), ("0", "1"))


def _lengths(case):
    lengths = {}
    for argument in case.arguments.values():
        for name, k in zip(argument.axes, argument.values.shape):
            lengths[name] = max(k, lengths.get(name, 0))
    return lengths


def _taken(case, name, kept):
    # The case with only some indices along the axes of a name.
    arguments = {}
    for key, argument in case.arguments.items():
        values = argument.values
        for axis, own in enumerate(argument.axes):
            if own == name and values.shape[axis] > 1:
                values = values.take(kept, axis=axis)
        arguments[key] = dataclasses.replace(argument, values=values)
    return case.replaced(arguments=arguments)


def _shorter(case):
    for name, k in sorted(_lengths(case).items(), key=lambda pair: -pair[1]):
        if k < 2 or name in ("", "ab"):
            continue
        every = np.arange(k)
        yield _taken(case, name, every[: k // 2])
        yield _taken(case, name, every[k // 2 :])
        pieces = min(k, 40)
        for cut in np.array_split(every, pieces):
            if len(cut) < k:
                yield _taken(case, name, np.setdiff1d(every, cut))
    one_row = case.first.axes == ("0", "1") and len(case.first.values) == 1
    if one_row and case.options.get("axis") == -1 and case.kind not in ("product", "elementwise"):
        arguments = {
            n: dataclasses.replace(a, values=a.values[0], axes=a.axes[1:])
            for n, a in case.arguments.items()
            if a.axes and a.axes[0] == "0"
        }
        if len(arguments) == len(case.arguments):
            yield case.replaced(arguments=arguments)


def _simpler_numbers(case):
    for name, argument in case.arguments.items():
        values = argument.values
        if values.dtype.kind != "f" or not values.size:
            continue
        for digits in (0, 1, 3):
            with np.errstate(all="ignore"):
                rounded = np.array([float(f"{v:.{digits}e}") for v in values.reshape(-1).tolist()])
                rounded = rounded.reshape(values.shape).astype(values.dtype)
            if not np.array_equal(rounded, values, equal_nan=True):
                yield _with(case, name, dataclasses.replace(argument, values=rounded))
        if values.size <= 12:
            for index in np.ndindex(values.shape):
                for number in (0.0, 1.0):
                    if values[index] not in (0.0, 1.0):
                        changed = values.copy()
                        changed[index] = number
                        yield _with(case, name, dataclasses.replace(argument, values=changed))


# --- code ----------------------------------------------------------------------------------------

LAYOUT_CODE = {
    "F": "{n} = np.asfortranarray({n})",
    "strided": "{n} = np.repeat({n}, 2, axis=-1)[..., ::2]",
    "negative": "{n} = np.flip(np.flip({n}).copy())",
    "broadcast": "{n} = np.broadcast_to({n}[:1], {n}.shape)",
    "readonly": "{n}.flags.writeable = False",
    "turned": "{n} = np.moveaxis(np.moveaxis({n}, 0, -1).copy(), -1, 0)",
    "list": "{n} = {n}.tolist()  # of float16: a list of scalars of NumPy",
    "number": "{n} = {n}.item()",
    "misaligned": "{n} = np.frombuffer(b'-' + {n}.tobytes(), np.uint8)[1:].view({n}.dtype)"
    ".reshape({n}.shape)",
}


def code(case):
    """Python code that makes the call."""
    lines = ["import numpy as np", "import numba_logspace as nl", "from numpy import inf, nan"]
    for name, argument in case.arguments.items():
        lines.append(f"{name} = {_array_code(argument.values)}")
        if argument.layout in LAYOUT_CODE:
            lines.append(LAYOUT_CODE[argument.layout].format(n=name))
    names = list(case.arguments)
    count = {"product": 2, "gated": 3, "gated vjp": 3, "elementwise": len(names)}.get(case.kind, 1)
    positional = [n for n in names[:count] if n != "where"]
    parts = [*positional, *(f"{n}={n}" for n in names if n not in positional)]
    if case.kind in ("hvp", "hvp of a reduction") and "g" not in names:
        parts.append("g=None")
    parts += [f"{k}={v!r}" for k, v in case.options.items()]
    if case.out in ("itself", "operand") and case.kind in (*IN_PLACE, "elementwise"):
        parts.append(f"out={[n for n in names if n != 'where'][-(case.out == 'operand')]}")
    elif case.out:
        must = ", and has to raise" if case.out in REFUSED else ""
        lines.append(f"# with an out: {case.out}{must}")
    if case.jitted:
        lines.append(f"# inside numba.njit, with the arrays as arguments, {case.first.layout}")
    return "\n".join([*lines, f"print(nl.{case.name}({', '.join(parts)}))"])


def _array_code(values):
    dtype = values.dtype.str.lstrip("=|")
    dtype = dtype[1:] if dtype.startswith("<") else dtype
    if values.size <= 64:
        return f"np.array({values.tolist()!r}, {dtype!r})"
    flat = values.reshape(-1)
    numbers, counts = np.unique(flat, return_counts=True)
    most = numbers[np.argmax(counts)]
    others = np.flatnonzero(~((flat == most) | (np.isnan(flat) & np.isnan(most))))
    text = f"np.full({values.shape}, {most.item()!r}, {dtype!r})"
    if len(others) > 40:
        return f"...  # {values.shape} {dtype!r}, from {flat[:6].tolist()}; see the case by number"
    pairs = {int(i): flat[i].item() for i in others}
    return text + f"; at the flat indices, the numbers {pairs}" * bool(pairs)
