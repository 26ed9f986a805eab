"""The steps of the proof in docs/mathematics.md: exponentials and logarithms, for all arguments.

Every rounding of `scaled_exp`, `scaled_exp_from` and `log1p_pair` is bounded over small intervals
of the reduced argument by ball arithmetic, in units of u, half the spacing of floats at 1. The
processor has a fused multiplication, and nothing underflows.
"""

import math

import numpy as np
import pytest
from corpus import DTYPES
from flint import arb, ctx
from numba import types

from numba_logspace._cpu.passes import CHUNK
from numba_logspace._formulas import relative, vectormath
from numba_logspace._formulas.simd import FORMATS

KINDS = {"float32": types.float32, "float64": types.float64}
INTERVALS, PIECES = 128, 32
# The bounds that docs/mathematics.md goes on with.
PROVED = {"differences": 1.35, "references": 2.01, "logarithms": 0.82}


class Step:
    """A computed number: the ball of its exact value, and how many u it may be off."""

    def __init__(self, value, off=0.0, u=0.0):
        self.value, self.off, self.u = value, off, u

    def _rounded(self, value, off):
        # Half an ulp of the largest number that it may be, in units of u.
        most = float(abs(value).upper()) + off * self.u
        return Step(value, off + 2.0 ** (math.frexp(most)[1] - 1), self.u)

    def __add__(self, other):
        return self._rounded(self.value + other.value, self.off + other.off)

    def __mul__(self, other):
        return self._rounded(self.value * other.value, self._off_of_product(other))

    def _off_of_product(self, other):
        sizes = (float(abs(step.value).upper()) for step in (self, other))
        first, second = sizes
        return first * other.off + second * self.off + self.off * other.off * self.u

    def __sub__(self, other):
        return self._rounded(self.value - other.value, self.off + other.off)

    def __truediv__(self, other):
        value, least = self.value / other.value, float(abs(other.value).lower())
        off = (self.off + float(abs(value).upper()) * other.off) / least
        return self._rounded(value, off)

    def fma(self, other, third):
        """self * other + third, rounded once."""
        off = self._off_of_product(other) + third.off
        return self._rounded(self.value * other.value + third.value, off)


def polynomial(z, coefficients, u):
    """As simd.polynomial does it, in Estrin's order."""
    terms = [Step(arb(float(c)), 0.0, u) for c in coefficients]
    while len(terms) > 1:
        pairs = list(zip(terms[::2], terms[1::2], strict=False))
        odd = terms[-1:] if len(terms) % 2 else []
        terms = [z.fma(b, a) for a, b in pairs] + odd
        z = z * z if len(terms) > 1 else z
    return terms[0]


def by_horner(z, coefficients, u):
    """As simd.polynomial_by_horner does it."""
    *others, y = [Step(arb(float(c)), 0.0, u) for c in coefficients]
    for c in reversed(others):
        y = y.fma(z, c)
    return y


def cut_short(r, coefficients, first, u):
    """What r^first times the polynomial lacks to exp(r) without its first terms, in u."""
    taylor = [1 / arb(math.factorial(k)) for k in range(first, first + len(coefficients) + 8)]
    beyond = float(
        (2 * abs(r) ** (first + len(taylor)) / math.factorial(first + len(taylor))).upper()
    )
    return (largest_lack(r, coefficients, taylor, first) + beyond) / u


def cut_atanh(z, coefficients, u):
    """What z times the polynomial in z = t^2 lacks to atanh(t) / t - 1, in u."""
    taylor = [arb(1) / (2 * k + 3) for k in range(len(coefficients) + 20)]
    beyond = float((abs(z) ** (len(taylor) + 1)).upper())
    return (largest_lack(z, coefficients, taylor, 1) + beyond) / u


def largest_lack(r, coefficients, taylor, first):
    """The largest modulus of r^first times the difference of two polynomials."""
    # As terms of both signs nearly cancel, intervals are cut into short ones.
    own = [*map(float, coefficients), *[0.0] * (len(taylor) - len(coefficients))]
    lacks = [arb(c) - t for c, t in zip(own, taylor, strict=True)]
    worst = 0.0
    for i in range(-PIECES + 1, PIECES, 2):
        piece = arb(r.mid() + r.rad() * i / PIECES, r.rad() / PIECES)
        value = arb(0)
        for lack in reversed(lacks):
            value = value * piece + lack
        worst = max(worst, float(abs(value * piece**first).upper()))
    return worst


def reduced():
    """Intervals of r that cover |r| <= log(2) / 2, and a little more."""
    most = math.log(2) / 2 * (1 + 1e-5)
    edges = np.linspace(-most, most, INTERVALS + 1)
    for a, b in zip(edges, edges[1:], strict=False):
        yield arb((a + b) / 2, (b - a) / 2)


class Format:
    """What the proof needs of a dtype."""

    def __init__(self, label):
        kind, dtype = KINDS[label], DTYPES[label]
        self.form, self.u = FORMATS[kind], float(np.finfo(dtype).eps) / 2
        constants = self.form.constants
        self.exp = [dtype(c) for c in vectormath.EXP[kind]]
        self.atanh = [dtype(c) for c in vectormath._ATANH[kind]]
        self.cubic = [dtype(c) for c in relative._CUBIC]
        high, low = (dtype(constants[name]) for name in ("ln2_high", "ln2_low"))
        most_k = -constants["exp_floor"] / math.log(2) + 2
        # k times what log(2) lacks, and the rounding of k times its second part with what x - m
        # has lost, which is below u times the floor.
        lacks = float(abs(arb(2).log() - arb(float(high)) - arb(float(low))).upper())
        second = most_k * float(low) + self.u * most_k
        self.of_reduction = most_k * lacks / self.u + second
        self.high = float(high)
        self.most_k = most_k

    def curve(self, r, along_rows=False):
        """What exp(r) - 1 - r is computed as: r^2, a polynomial, and further errors."""
        # What is lost of r by its rounding enters by exp(r) - 1.
        r_itself = Step(r, 0.0, self.u)
        square = r_itself * r_itself
        if along_rows:
            even, odd = (by_horner(square, self.exp[i::2], self.u) for i in (0, 1))
            p = r_itself.fma(odd, even)
        else:
            p = polynomial(r_itself, self.exp, self.u)
        slope = float(abs(r.exp() - 1).upper())
        return square, p, slope * 0.25 + cut_short(r, self.exp, 2, self.u) + self.of_reduction


def of_differences(form):
    """The largest relative error of `scaled_exp`, in u."""
    worst = 0.0
    for r in reduced():
        square, p, more = form.curve(r)
        curve = square * p
        # What 1 + r and r have lost is added exactly but for a rounding of second order.
        low = curve + Step(arb(0, 1.5 * form.u), 0.0, form.u)
        total = Step(1 + r, 0.0, form.u) + low
        worst = max(worst, (total.off + more) / float(r.exp().lower()))
    return worst


def of_a_reference(form):
    """The relative error that exp(-m) brings into `scaled_exp_from`, in u."""
    worst = 0.0
    for r in reduced():
        r_itself = Step(r, 0.0, form.u)
        square = r_itself * r_itself
        curve = (square * r_itself).fma(
            polynomial(r_itself, form.cubic, form.u), Step(arb(0, form.u / 8), 0.0, form.u)
        )
        off = curve.off + cut_short(r, form.cubic, 3, form.u) + form.of_reduction
        off += 2 * form.u * 4  # of what is added up of the size of u
        worst = max(worst, off / float(r.exp().lower()))
    # The cube of t, at most 2^-11 (2^-25), and the rounding of the rest, of that size.
    t = 2.0 ** -((form.form.mantissa_bits + 1) // 2 - 1)
    return worst + t**3 / form.u + 2 * t


def of_references(form):
    """The largest relative error of `scaled_exp_from`, in u."""
    worst, own = 0.0, of_a_reference(form)
    for r in reduced():
        square, p, more = form.curve(r, along_rows=True)
        small = Step(arb(0, form.most_k * 4e-6 if form.u > 1e-10 else 1e-6), 0.0, form.u)
        q = Step(r, 0.0, form.u) + square.fma(p, small)
        worst = max(worst, (q.off + more) / float(r.exp().lower()))
    return worst + 1 + own


def of_logarithms(form):
    """The largest relative error of `log1p_pair` at a number that is exact, in u."""
    worst, least = 0.0, 0.5 * math.log(2)  # of a logarithm to which a power of 2 contributes
    for start in np.geomspace(2.0**-10, math.sqrt(2) - 1, INTERVALS)[:-1]:
        end = start * (math.sqrt(2) - 1) ** (1 / 127) * 2.0 ** (10 / 127)
        for a, b in ((start, end), (-end, -start)):
            if a > math.sqrt(0.5) - 1 - 0.01:
                off, log = logarithm(form, arb((a + b) / 2, (b - a) / 2))
                worst = max(worst, off / log, off / least)
    return worst


def logarithm(form, g):
    """(how many u the pair is off, |log(1 + g)|) of `_pair_of_parts`."""
    number = lambda value: Step(arb(value), 0.0, form.u)  # noqa: E731
    s = number(g) / (number(2) + number(g))
    z, half_square = s * s, number(g * g / 2)
    # The second part of the half square, and of k log(2), are below u^(1/2).
    small = number(arb(0, 2.0 * math.sqrt(form.u) * float(abs(g).upper())))
    tail = z * polynomial(z, form.atanh, form.u)
    rest = s.fma((half_square + small) + (tail + tail), number(0)) - small
    low = (rest + number(arb(0, 2 * form.u))) - number(half_square.value)
    lack = 2 * float(abs(s.value).upper()) * cut_atanh(z.value, form.atanh, form.u)
    return low.off + lack, float(abs((1 + g).log()).lower())


@pytest.mark.parametrize("label", KINDS)
def test_errors_of_exponentials_and_logarithms(label):
    with ctx.workprec(200):
        form = Format(label)
        assert 1 < of_differences(form) <= PROVED["differences"]
        assert 1 < of_references(form) <= PROVED["references"]
        assert 0.5 < of_logarithms(form) <= PROVED["logarithms"]


def test_terms_added_plainly():
    # Three roundings in a chunk of four, which the page counts.
    assert CHUNK == 4


def test_log_2_times_an_integer_is_exact():
    for label, dtype in DTYPES.items():
        with ctx.workprec(200):
            form = Format(label)
        digits = np.finfo(dtype).nmant + 1
        numerator, denominator = form.high.as_integer_ratio()
        assert numerator.bit_length() + int(form.most_k).bit_length() <= digits
        # And so is its difference from d, a multiple of ulp(1/4) at least, below 1/2.
        assert denominator <= 2 ** (digits + 1)
