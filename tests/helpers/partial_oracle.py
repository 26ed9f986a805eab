"""The derivatives of the elementwise functions, exact: their definitions taken of jets of balls."""

import functools

import numpy as np
from error import Target
from flint import arb, ctx
from oracle import ELEMENTWISE, FIRST_BITS, MOST_BITS, ZERO

# Of the functions that are derivatives themselves, the name of what they are derivatives of.
ARGUMENTS = {1: "x", 2: "xy", 3: "txy"}


class Jet:
    """A number with its first and second derivatives by some arguments, all of them balls."""

    def __init__(self, value, first, second):
        self.value, self.first, self.second = value, first, second

    @classmethod
    def of(cls, point):
        """A jet for each argument."""
        n = len(point)
        nothing = {(i, k): ZERO for i in range(n) for k in range(i, n)}
        return [cls(v, [arb(int(i == k)) for k in range(n)], nothing) for i, v in enumerate(point)]

    def _lift(self, other):
        if isinstance(other, Jet):
            return other
        return Jet(arb(other), [ZERO] * len(self.first), dict.fromkeys(self.second, ZERO))

    def _through(self, value, slope, curve):
        # A function of one number with this value, first and second derivative.
        u = self.first
        second = {(i, k): slope * v + curve * u[i] * u[k] for (i, k), v in self.second.items()}
        return Jet(value, [slope * v for v in u], second)

    def __neg__(self):
        return self._through(-self.value, arb(-1), ZERO)

    def __add__(self, other):
        other = self._lift(other)
        second = {at: v + other.second[at] for at, v in self.second.items()}
        first = [a + b for a, b in zip(self.first, other.first, strict=True)]
        return Jet(self.value + other.value, first, second)

    def __sub__(self, other):
        return self + -self._lift(other)

    def __mul__(self, other):
        other = self._lift(other)
        a, b, u, v = self.value, other.value, self.first, other.first
        second = {
            (i, k): a * other.second[i, k] + b * w + u[i] * v[k] + u[k] * v[i]
            for (i, k), w in self.second.items()
        }
        return Jet(a * b, [a * q + b * p for p, q in zip(u, v, strict=True)], second)

    def __truediv__(self, other):
        other = self._lift(other)
        inverse = 1 / other.value
        square = inverse * inverse
        return self * other._through(inverse, -square, 2 * square * inverse)

    def __rsub__(self, other):
        return self._lift(other) - self

    def __rtruediv__(self, other):
        return self._lift(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def __gt__(self, other):
        return self.value > other.value

    def is_zero(self):
        return self.value.is_zero()

    def exp(self):
        e = self.value.exp()
        return self._through(e, e, e)

    def expm1(self):
        e = self.value.exp()
        return self._through(self.value.expm1(), e, e)

    def log(self):
        inverse = 1 / self.value
        return self._through(self.value.log(), inverse, -inverse * inverse)

    def log1p(self):
        inverse = 1 / (1 + self.value)
        return self._through(self.value.log1p(), inverse, -inverse * inverse)

    def cosh(self):
        c = self.value.cosh()
        return self._through(c, self.value.sinh(), c)


def derivatives(parent, point):
    """{order: the derivative of an elementwise function} at a point of balls."""
    jet = ELEMENTWISE[parent](*Jet.of(point))
    letters = ARGUMENTS[len(point)]
    first = {f"d{a}": v for a, v in zip(letters, jet.first, strict=True)}
    return first | {f"d{letters[i]}{letters[k]}": v for (i, k), v in jet.second.items()}


@functools.lru_cache(maxsize=1 << 16)
def _of_point(parent, bits, *point):
    with ctx.workprec(bits):
        return derivatives(parent, [arb(v) for v in point])


def expected_partial(parent, order, *point):
    """The Target of a derivative at a point, numbers of NumPy of one dtype."""
    dtype, point = type(point[0]), [v.item() for v in point]
    bits = FIRST_BITS
    while bits <= MOST_BITS:
        with ctx.workprec(bits):
            target = Target([_of_point(parent, bits, *point)[order]], dtype)
        if target.certain:
            return target
        bits *= 2
    raise ArithmeticError(f"{parent}_{order}{tuple(point)}: {MOST_BITS} bits are not enough")


def worst_error(parent, order, args, results):
    """(largest error in ulp, point) of results at points, an array of each argument."""
    errors = [
        (expected_partial(parent, order, *point).worst(np.array([result]))[0], point)
        for *point, result in zip(*args, results, strict=True)
    ]
    return max(errors, key=lambda case: case[0])
