"""What the overloads find out when a call in jitted code is typed, and the errors they raise.

The errors are TypeErrors: unlike Numba's own they reach the user as one line.
"""

from numba import types

_FLOATS = (types.float32, types.float64)
_MOST_AXES = 4


def _value(argument):
    # The value of a literal argument or of a default; the type where it is known only at run time.
    if isinstance(argument, types.Omitted):
        return argument.value
    if isinstance(argument, types.NoneType):
        return None
    if isinstance(argument, types.Literal):
        return argument.literal_value
    return argument


def is_none(argument):
    """Whether an argument is None or left out."""
    return _value(argument) is None


def literal(argument, kind, name, function):
    """The value of an argument that has to be a literal of a Python type."""
    value = _value(argument)
    if type(value) is not kind:
        raise TypeError(
            f"{function}: {name} must be a literal {kind.__name__} in jitted code, got {argument}"
        )
    return value


def refuse(function, **arguments):
    """Refuse arguments that only the array function takes."""
    for name, argument in arguments.items():
        if not is_none(argument):
            raise TypeError(f"{function}: {name} is not supported in jitted code: leave it out")


class Rows:
    """The array of a call by its type: how it lies, and which axis the rows are along.

    `turned` says that the memory is that of the transposed array, in which the axis is number
    `k`; `last` that this is its last axis.
    """

    def __init__(self, function, x, axis, name="x", kinds=_FLOATS):
        self.function, self.name, self.type = function, name, x
        check_numbers_of(function, x, name, kinds)
        self.ndim, self.dtype = x.ndim, x.dtype
        axis = literal(axis, int, "axis", function)
        if not -x.ndim <= axis < x.ndim:
            raise TypeError(f"{function}: axis {axis} is out of bounds for {name} of {x.ndim} axes")
        self.turned = x.layout == "F" and x.ndim > 1
        k = axis % x.ndim
        self.k = x.ndim - 1 - k if self.turned else k
        self.last = self.k == x.ndim - 1
        self.copied = x.layout == "A"

    def check_entries(self, u, name):
        """Refuse what is not an array like x, or None."""
        if is_none(u):
            return
        check_floats(self.function, u, name)
        if u.ndim != self.ndim or u.dtype != self.dtype:
            raise TypeError(
                f"{self.function}: {name} must have the shape and the dtype of {self.name} in "
                f"jitted code, {self.ndim} axes of {self.dtype}, got {u}"
            )

    def check_numbers(self, u, name):
        """Refuse what is not an array with a number for each row, or None."""
        if is_none(u):
            return
        if self.ndim == 1 and isinstance(u, (types.Float, types.Integer)):
            return
        if isinstance(u, types.Array) and u.ndim == self.ndim - 1 and self.ndim > 1:
            return
        raise TypeError(
            f"{self.function}: {name} must have a number for each row in jitted code, "
            f"{self.ndim - 1} axes, got {u}"
        )

    def check_out(self, out):
        """Refuse an `out` into which the kernels cannot write as it lies."""
        if is_none(out):
            return
        self.check_entries(out, "out")
        order = "F" if self.turned else "C"
        if out.layout != ("C" if self.ndim == 1 else order) or not out.mutable:
            raise TypeError(
                f"{self.function}: out must be writable and {order}-contiguous in jitted code "
                f"where {self.name} is {self.type}, got {out}"
            )


def is_complex(x, entry):
    """Whether an array is complex, and the function one of complex numbers too."""
    return entry.of_complex is not None and isinstance(getattr(x, "dtype", None), types.Complex)


def check_floats(function, x, name):
    """Refuse what is not an array of floats."""
    check_numbers_of(function, x, name, _FLOATS)


def check_numbers_of(function, x, name, kinds):
    """Refuse what is not an array of numbers of some kinds."""
    if not isinstance(x, types.Array) or not 1 <= x.ndim <= _MOST_AXES:
        raise TypeError(
            f"{function}: {name} must be an array of 1 to {_MOST_AXES} axes in jitted code, got {x}"
        )
    if x.dtype not in kinds:
        raise TypeError(
            f"{function}: {name} must hold float32 or float64 in jitted code, got {x.dtype}: "
            f"convert it with .astype(np.float64)"
        )
