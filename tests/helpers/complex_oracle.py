"""Exact values of the functions of complex numbers, and points where they are hard."""

import math

import numpy as np
from flint import acb, arb, ctx

BITS, MOST_BITS = 250, 4000
PI = math.pi


def _sigma(z):
    return 1 / (1 + (-z).exp())


def _log(z):
    # The principal value: on the cut from above, whatever the sign of the zero.
    return z.log()


ELEMENTWISE = {
    "log1mexp": lambda z: _log(1 - z.exp()),
    "log1pexp": lambda z: _log(1 + z.exp()),
    "logistic": _sigma,
    "logit": lambda z: _log(z / (1 - z)),
    "log_sigmoid": lambda z: _log(_sigma(z)),
    "log1m_sigmoid": lambda z: _log(_sigma(-z)),
    "xlogy": lambda z, w: z * _log(w),
    "xlog1py": lambda z, w: z * _log(1 + w),
    "log2mexp": lambda z: _log(2 - z.exp()),
    "log1pmx": lambda z: _log(1 + z) - z,
    "logmxp1": lambda z: _log(z) - z + 1,
    "logcosh": lambda z: _log(z.cosh()),
    "cexpexp": lambda z: 1 - (-z.exp()).exp(),
    "xlogx": lambda z: z * _log(z),
    "log_inv_logit_diff": lambda z, w: _log(_sigma(z) - _sigma(w)),
    "log1psq": lambda z: _log(1 + z * z),
    "log_mix_dx": lambda t, z, w: _sigma(t + z - w),
    "log_mix_dy": lambda t, z, w: _sigma(w - z - t),
    "log_mix_dt": lambda t, z, w: _sigma(t + z - w) - _sigma(t),
    "logaddexp": lambda z, w: _log(z.exp() + w.exp()),
    "logsubexp": lambda z, w: _log(z.exp() - w.exp()),
    "logexpm1": lambda z: _log(z.exp() - 1),
    "logitexp": lambda z: _log(z.exp() / (1 - z.exp())),
    "cloglog": lambda z: _log(-_log(1 - z)),
    "log_mix": lambda t, z, w: _log(_sigma(t) * z.exp() + _sigma(-t) * w.exp()),
}
# What errors are relative to beside the result: moduli of the arguments, or terms of a sum.
OF_INPUT = {"logaddexp", "logsubexp", "logexpm1", "logitexp", "cloglog", "log_mix"}
OF_TERMS = {
    "cexpexp": lambda z: abs((z - z.exp()).exp()),
    "log_mix": lambda t, z, w: (
        (abs(_sigma(t) * z.exp()) + abs(_sigma(-t) * w.exp()))
        / abs(_sigma(t) * z.exp() + _sigma(-t) * w.exp())
    ),
    # Where the phases differ by a multiple of 2 pi to the last digit.
    "log_mix_dt": lambda t, z, w: (
        abs(_sigma(t + z - w) * _sigma(-t)) * (abs(z) + abs(w)) * arb(2) ** -52
    ),
}


def _sum(terms):
    return sum(terms, acb(0))


ROWS = {
    "logsumexp": lambda e: [_log(_sum(e))],
    "logmeanexp": lambda e: [_log(_sum(e) / len(e))],
    "softmax": lambda e: [v / _sum(e) for v in e],
    "log_softmax": lambda e: [_log(v / _sum(e)) for v in e],
    "log1m_softmax": lambda e: [
        _log(_sum(e[:i] + e[i + 1 :]) / _sum(e)) if len(e) > 1 else None for i in range(len(e))
    ],
    "logcumsumexp": lambda e: [_log(_sum(e[: i + 1])) for i in range(len(e))],
}


def ball(z):
    """A complex number as an exact ball."""
    z = complex(z)
    return acb(z.real, z.imag)


def _is_sharp(value):
    size = max(abs(float(value.real.mid())) + abs(float(value.imag.mid())), 1e-280)
    return all(float(part.rad()) < 1e-22 * size for part in (value.real, value.imag))


def exact(function, *arguments):
    """What a function gives for exact arguments; None where the bits do not suffice."""
    for bits in (BITS, MOST_BITS):
        with ctx.workprec(bits):
            value = function(*map(ball, arguments))
            if _is_sharp(value):
                return value
    return None


def _bits_for(x):
    # Enough for the smallest term beside the largest.
    return BITS + 3 * int(np.ptp(np.real(x)))


def exact_row(name, x, weights=None):
    """The results of a row, as many as there are."""
    with ctx.workprec(_bits_for(x)):
        terms = [ball(v).exp() for v in x]
        if weights is not None:
            terms = [ball(w) * e for w, e in zip(weights, terms, strict=True)]
        return ROWS[name](terms)


def share_left(x, weights=None):
    """|sum| over the sum of the moduli."""
    with ctx.workprec(_bits_for(x)):
        weights = np.ones(len(x)) if weights is None else weights
        terms = [ball(w) * ball(v).exp() for v, w in zip(x, weights, strict=True)]
        return float(abs(_sum(terms)) / sum((abs(e) for e in terms), arb(0)))


def error_of(result, value, scale=0.0):
    """The error in units in the last place of the modulus, or of a larger scale."""
    re, im = float(value.real - result.real), float(value.imag - result.imag)
    if abs(abs(im) - 2 * PI) < 1e-9:  # both sides of the cut
        im = 0.0
    modulus = abs(complex(float(value.real), float(value.imag)))
    return math.hypot(re, im) / math.ulp(max(modulus, scale, 1e-290))


def parts_of_error(result, value, scale=0.0):
    """(error of the real part in ulp, relative error of the imaginary part)."""
    re, im = float(value.real), float(value.imag)
    of_real = abs(float(value.real - result.real)) / math.ulp(max(abs(re), scale, 1e-290))
    return of_real, abs(float(value.imag - result.imag)) / max(abs(im), 1e-300)


def _near(rng, values):
    n = values.size
    return values * (1 + rng.integers(-3, 4, n) * 2.0 ** -rng.integers(5, 54, n).astype(float))


def numbers(rng, n):
    """Real numbers of many sizes, and close to those where terms cancel."""
    plain = rng.normal(size=n)
    ends = np.array([0.0, 1.0, -1.0, 0.5, 2.0, math.log(2), -math.log(2)])
    kinds = [
        plain,
        plain * 10.0 ** rng.uniform(-20, 3, n),
        _near(rng, rng.integers(-8, 9, n) * PI / 4),
        _near(rng, rng.choice(ends, n)),
        rng.uniform(-3, 3, n),
        np.where(rng.random(n) < 0.5, 0, plain * 1e-20),
        rng.uniform(-40, 40, n),
        plain * 10.0 ** rng.uniform(-300, 2.7, n),
    ]
    return np.choose(rng.integers(0, len(kinds), n), kinds)


def points(rng, n, count):
    """So many complex arguments, the second often close to the first."""
    arguments = [numbers(rng, n) + 1j * numbers(rng, n) for _ in range(count)]
    if count > 1:
        gap = (rng.normal(size=n) + 1j * rng.normal(size=n)) * 10.0 ** rng.uniform(-17, 1, n)
        is_close = rng.random(n) < 0.3
        arguments[1] = np.where(is_close, arguments[0] + gap, arguments[1])
    return arguments


def real_points(name, rng, n, count):
    """Real arguments where the real function has a value."""
    if name in ("logit", "cloglog"):
        return [rng.choice([rng.random(n), 0.5 + 0.1 * rng.normal(size=n) ** 3 / 8], axis=0) % 1]
    kinds = [
        3 * rng.normal(size=n),
        rng.normal(size=n) * 10.0 ** rng.uniform(-20, 2.5, n),
        rng.uniform(-40, 40, n),
    ]
    arguments = [np.choose(rng.integers(0, 3, n), kinds) for _ in range(count)]
    if name in ("log1mexp", "logitexp"):
        arguments = [-abs(arguments[0])]
    if name in ("logexpm1", "xlogx", "logmxp1"):
        arguments = [abs(arguments[0])]
    if name == "log1pmx":
        arguments = [np.where(arguments[0] > -1, arguments[0], -1 / arguments[0] / 2)]
    if name == "log2mexp":
        arguments = [np.minimum(arguments[0], 0.69)]
    if name == "cexpexp":
        arguments = [np.minimum(arguments[0], 3.0)]  # past it the derivative is lost in the value
    if name in ("logsubexp", "log_inv_logit_diff"):
        x, y = np.maximum(*arguments), np.minimum(*arguments)
        arguments = [np.where(x == y, x + 1, x), y]
    if name in ("xlogy", "xlog1py"):
        arguments = [arguments[0], abs(arguments[1])]
    return arguments
