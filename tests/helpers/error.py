"""The error of floating-point results against exact values, in units in the last place."""

import math

import numpy as np
from flint import arb

INFINITIES = (arb.pos_inf(), arb.neg_inf())


def spacing(value, dtype):
    """The distance of neighbouring floats where the ball `value` lies, exact at powers of two."""
    limits = np.finfo(dtype)
    near = min(abs(float(value)), float(limits.max))
    mantissa, exponent = math.frexp(near)
    if mantissa == 0.5 and abs(value) < near:
        exponent -= 1
    smallest = limits.minexp - limits.nmant
    return math.ldexp(1.0, max(exponent - limits.nmant - 1, smallest) if near else smallest)


class Target:
    """Exact values, as balls, that results of one dtype are held to.

    `scales` are the magnitudes that the errors of ill-conditioned results are relative to,
    where these are larger than the results. `certain` says that the balls are small enough.
    """

    def __init__(self, values, dtype, scales=None):
        self.ulp = np.array([spacing(v, dtype) for v in values])
        if scales is not None:
            self.ulp = np.maximum(self.ulp, [spacing(s, dtype) for s in scales])
        with np.errstate(over="ignore"):
            self.near = np.array([float(v) for v in values])
            self._infinite = np.isinf(self.near.astype(dtype))
        self.near[self._infinite] *= np.inf
        self._rest = np.zeros(len(values))
        self.certain = True
        for i, (value, ulp) in enumerate(zip(values, self.ulp.tolist(), strict=True)):
            if value in INFINITIES:
                continue
            if not value.rad() < arb(ulp) / 2**20:
                self.certain = False
                return
            if not self._infinite[i]:
                # A double alone would not hold the exact value.
                self._rest[i] = float((value - arb(self.near[i])) / arb(ulp))

    def errors(self, results):
        """How many ulp each result is off; infinities are exactly right or infinitely off."""
        results = np.asarray(results, np.float64)
        with np.errstate(all="ignore"):
            errors = np.abs((results - self.near) / self.ulp - self._rest)
        errors = np.where(np.isnan(errors), np.inf, errors)
        right = np.broadcast_to(results == self.near, errors.shape)
        return np.where(self._infinite, np.where(right, 0.0, np.inf), errors)

    def worst(self, results):
        """(error, index, result, exact) of the worst result."""
        results = np.asarray(results, np.float64)
        errors = self.errors(results)
        if errors.size == 0:
            return 0.0, (), None, None
        index = tuple(int(i) for i in np.unravel_index(np.argmax(errors), errors.shape))
        exact = np.broadcast_to(self.near, errors.shape)
        return errors[index], index, results[index], exact[index]


def check(target, results, budget, what):
    """Assert that all results are within the budget, or say which is the worst."""
    assert results.shape[-1:] == target.near.shape, f"{what}: shape {results.shape}"
    error, index, result, exact = target.worst(results)
    assert error <= budget, (
        f"{what}: {error:.4g} ulp > {budget} at {index}: got {result!r}, exact is {exact!r}"
    )
