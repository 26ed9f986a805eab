"""What the overloads find out when a call in jitted code is typed, and the errors they raise.

The errors are TypeErrors: unlike Numba's own they reach the user as one line.
"""

from numba import types

_FLOATS = (types.float32, types.float64)


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


def is_number(argument):
    """Whether an argument is a real number, by its type."""
    return isinstance(argument, (types.Float, types.Integer))


def axes_in_words(*counts):
    """So many axes, or one of several numbers of them, as messages say it."""
    words = " or ".join("no" if k == 0 else "one" if k == 1 else str(k) for k in counts)
    return f"{words} {'axis' if counts[-1] == 1 else 'axes'}"


def no_mask(where):
    """Whether an argument `where` is None, True or left out."""
    return is_none(where) or _value(where) is True


def several(axis):
    """Whether an argument `axis` may name several axes."""
    return is_none(axis) or isinstance(axis, (types.BaseTuple, tuple))


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
    """The array of a call by its type: how it lies, and which axes the rows are along.

    `turned` says that the memory is that of the transposed array, whose axes number `axes` are
    those of the rows; `last` that these are its last ones, `apart` that others lie between them,
    and `whole` that there are no others. Without `turns` the order is C order.
    """

    def __init__(self, function, x, axis, name="x", turns=True, kinds=_FLOATS):
        self.function, self.name, self.type, self._kinds = function, name, x, kinds
        check_numbers_of(function, x, name, kinds)
        self.ndim, self.dtype = x.ndim, x.dtype
        axes = self._axes(axis)
        self.turned = x.layout == "F" and x.ndim > 1 and turns
        self.copied = x.layout == "A" or (x.layout == "F" and not self.turned)
        self.axes = tuple(sorted(x.ndim - 1 - k for k in axes)) if self.turned else axes
        self.whole = len(axes) == x.ndim
        self.apart = self.axes[-1] - self.axes[0] >= len(axes)
        self.last = not self.apart and self.axes[-1] == x.ndim - 1

    def _axes(self, axis):
        # The axes as sorted numbers from 0 on; several are for functions that take several.
        axis = _value(axis)
        if axis is None:
            return tuple(range(self.ndim))
        named = tuple(axis) if several(axis) else (axis,)
        axes = tuple(literal(a, int, "axis", self.function) for a in named)
        for a in axes:
            if not -self.ndim <= a < self.ndim:
                raise TypeError(
                    f"{self.function}: axis {a} is out of bounds for {self.name} of "
                    f"{axes_in_words(self.ndim)}"
                )
        axes = tuple(sorted({a % self.ndim for a in axes}))
        if not axes or len(axes) < len(named):
            raise TypeError(f"{self.function}: axis must name different axes, got {axis}")
        return axes

    def one_axis(self):
        """Refuse several axes, for functions that take one."""
        if len(self.axes) > 1:
            raise TypeError(f"{self.function}: axis must be a literal int in jitted code")

    def check_entries(self, u, name, or_spread=False):
        """Refuse what is not an array like x, or None; with `or_spread` it may broadcast to x."""
        if is_none(u) or (or_spread and is_number(u)):
            return
        check_numbers_of(self.function, u, name, self._kinds)
        fits = u.ndim == self.ndim or (or_spread and u.ndim < self.ndim)
        if not fits or u.dtype != self.dtype:
            raise TypeError(
                f"{self.function}: {name} must have the shape and the dtype of {self.name} in "
                f"jitted code, {axes_in_words(self.ndim)} of {self.dtype}, got {u}"
            )

    def check_numbers(self, u, name, or_spread=False):
        """Refuse what is not an array with a number for each row, or None.

        With `or_spread` it may be one number for all rows, or keep their axes.
        """
        if is_none(u) or (is_number(u) and (self.whole or or_spread)):
            return
        axes = self.ndim - len(self.axes)
        counts = (axes, self.ndim) if or_spread else (axes,)
        if isinstance(u, types.Array) and u.ndim in counts and not self.whole:
            return
        if self.whole:
            raise TypeError(
                f"{self.function}: {name} must be a number where {self.name} is one row, in "
                f"jitted code, got {u}"
            )
        raise TypeError(
            f"{self.function}: {name} must have a number for each row in jitted code, "
            f"{axes_in_words(*counts)}, got {u}"
        )

    def check_where(self, where):
        """Refuse what is no mask that may broadcast to x."""
        if no_mask(where) or isinstance(where, types.Boolean):
            return
        if (
            not isinstance(where, types.Array)
            or not isinstance(where.dtype, types.Boolean)
            or where.ndim > self.ndim
        ):
            raise TypeError(
                f"{self.function}: where must be a bool or an array of bool of up to "
                f"{axes_in_words(self.ndim)} in jitted code, got {where}"
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

    def check_two_outs(self, out):
        """Refuse an `out` that is no pair of such arrays; the types of both, or None twice."""
        if is_none(out):
            return None, None
        if not isinstance(out, types.BaseTuple) or len(out) != 2:
            raise TypeError(f"{self.function}: out must be a tuple of two arrays, got {out}")
        for each in out:
            self.check_out(each)
        return tuple(out)

    def check_out_of_rows(self, out, keepdims, dtype=None):
        """Refuse an `out` that is no array with a number for each row."""
        if is_none(out):
            return
        axes = self.ndim if keepdims else self.ndim - len(self.axes)
        dtype = dtype or self.dtype
        if (
            not isinstance(out, types.Array)
            or (out.ndim, out.dtype) != (axes, dtype)
            or not out.mutable
        ):
            raise TypeError(
                f"{self.function}: out must be a writable array of {axes_in_words(axes)} of "
                f"{dtype} in jitted code, got {out}"
            )


def is_complex(x, entry):
    """Whether an array is complex, and the function one of complex numbers too."""
    return entry.of_complex is not None and isinstance(getattr(x, "dtype", None), types.Complex)


def check_floats(function, x, name):
    """Refuse what is not an array of floats."""
    check_numbers_of(function, x, name, _FLOATS)


def check_numbers_of(function, x, name, kinds):
    """Refuse what is not an array of numbers of some kinds."""
    if not isinstance(x, types.Array) or x.ndim < 1:
        raise TypeError(
            f"{function}: {name} must be an array of one axis or more in jitted code, got {x}"
        )
    if x.dtype not in kinds:
        raise TypeError(
            f"{function}: {name} must hold float32 or float64 in jitted code, got {x.dtype}: "
            f"convert it with .astype(np.float64)"
        )
