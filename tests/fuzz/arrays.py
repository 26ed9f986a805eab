"""Arguments of a call: their values, and how these lie in memory."""

import dataclasses

import numpy as np

LAYOUTS = ("C", "F", "strided", "negative", "broadcast", "readonly", "misaligned", "turned")


@dataclasses.dataclass(frozen=True)
class Argument:
    """The values of an argument, the names of its axes, and how it lies in memory."""

    values: np.ndarray
    axes: tuple
    layout: str = "C"

    def __post_init__(self):
        object.__setattr__(self, "values", np.asarray(self.values))

    def made(self):
        """A new array, or list, for a call."""
        return lay(self.values, self.layout)

    def seen(self):
        """The values as NumPy sees them: a list has lost its dtype."""
        return np.asarray(self.made()) if self.layout in ("list", "number") else self.values


def lay(values, layout):
    """The values in memory of their own."""
    if layout == "list":
        return values.tolist() if values.dtype != np.float16 else _scalars(values)
    if layout == "number":
        return values.item()
    if layout == "F":
        return np.array(values, order="F")
    if layout == "readonly":
        array = values.copy()
        array.flags.writeable = False
        return array
    if layout == "misaligned":
        buffer = np.zeros(values.nbytes + 1, np.uint8)
        array = buffer[1:].view(values.dtype).reshape(values.shape)
        array[...] = values
        return array
    if values.ndim == 0:
        return values.copy()
    if layout == "strided":
        array = np.zeros((*values.shape[:-1], 2 * values.shape[-1]), values.dtype)[..., ::2]
        array[...] = values
        return array
    if layout == "negative":
        back = (slice(None, None, -1),) * values.ndim
        return values[back].copy()[back]
    if layout == "turned":
        return np.moveaxis(np.moveaxis(values, 0, -1).copy(), -1, 0)
    if layout == "broadcast" and len(values):
        return np.broadcast_to(values[:1].copy(), values.shape)
    return values.copy()


def _scalars(values):
    # NumPy's scalars in lists of lists.
    return [_scalars(v) for v in values] if values.ndim else values[()]


def to_rows(array, axes):
    """An array as a matrix of rows."""
    array = np.atleast_1d(array)
    rest = tuple(a for a in range(array.ndim) if a not in axes)
    n = int(np.prod([array.shape[a] for a in axes], dtype=int))
    lead = int(np.prod([array.shape[a] for a in rest], dtype=int))
    return array.transpose(rest + axes).reshape(lead, n)


def from_rows(rows, shape, axes):
    rest = tuple(a for a in range(len(shape)) if a not in axes)
    order = rest + axes
    return rows.reshape([shape[a] for a in order]).transpose(np.argsort(order)).reshape(shape)
