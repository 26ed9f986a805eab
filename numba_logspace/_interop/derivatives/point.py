"""Where a call is differentiated, and what the rules ask for there."""

import functools
import math
from typing import Any

from ..._arguments.layout import normalize_axes, result_shape
from .. import PUBLIC
from ..calls import are_labels


class Point:
    """The arguments of a call by name, and its results if they are kept.

    `x` is the first argument, `made` the call. Each library has its own: `xp` is its functions that
    have the names and arguments of NumPy's; the methods without a body are what it does otherwise.
    What is here takes the shapes of arrays as numbers, and has to be written anew where they are
    not.
    """

    xp: Any

    def __init__(self, made, arrays, results):
        self.made, self.arrays, self.results = made, arrays, results
        self._given = dict(zip(made.names, arrays))
        self.x = arrays[0]

    def __getitem__(self, name):
        return self._given.get(name)

    # --- the family ------------------------------------------------------------------------------

    def public(self, function, *arrays, **options):
        """A function of the family, with its derivatives."""
        return PUBLIC[function](*arrays, **options)

    def call(self, function, *arrays, **options):
        """The same over the same rows, with the same mask."""
        if self["where"] is not None:
            options["where"] = self["where"]
        return self.public(function, *arrays, axis=self.made.axis, **options)

    def map(self, function, *arrays):
        """An elementwise function of the family, with its derivatives."""
        raise NotImplementedError

    # --- arrays ----------------------------------------------------------------------------------

    def constant(self, u):
        """An array whose derivatives do not count."""
        raise NotImplementedError

    def eye(self, n):
        """The unit matrix, in the dtype of x."""
        raise NotImplementedError

    def one_hot(self, labels):
        """1 where an entry is the class that a label says; labels have the axis, of length 1."""
        raise NotImplementedError

    def summed_to(self, u, shape):
        """The sums over the axes along which an array of that shape was broadcast."""
        raise NotImplementedError

    def is_floating(self, u):
        """Whether an array has a dtype of floats."""
        raise NotImplementedError

    def has_labels(self):
        """Whether the targets are labels, and not numbers."""
        targets, shape = self["targets"], tuple(self.x.shape)
        axis = self.made.axis % len(shape)
        return are_labels(tuple(targets.shape), not self.is_floating(targets), shape, axis)

    def wide(self, u):
        """An array in float64, where the library has it."""
        raise NotImplementedError

    def narrow(self, u):
        """An array in the dtype of x."""
        raise NotImplementedError

    # --- sums ------------------------------------------------------------------------------------

    def exact_sum(self, u, axes):
        """The sum over some axes, however many numbers: with an error of its last digit."""
        high, low = _in_two(u, self.xp.sum(abs(u), axis=axes, keepdims=True))
        return self.xp.sum(high, axis=axes) + self.xp.sum(low, axis=axes)

    def segment_sums(self, u):
        """The same over segments."""
        high, low = _in_two(u, self.of_entries(self.added(abs(u))))
        return self.added(high) + self.added(low)

    @functools.cached_property
    def segments(self):
        """(the segment of each entry along the first axis, how many there are)."""
        raise NotImplementedError

    def added(self, u):
        """The sums over segments as the library has them."""
        raise NotImplementedError

    def of_entries(self, c):
        """What has a number for each segment, for its entries."""
        ids, _ = self.segments
        return c[ids]

    # --- rows and entries ------------------------------------------------------------------------

    def spread(self, c):
        """What has a number for each row, with axes of length 1 for the entries."""
        if c.ndim == self.x.ndim:
            return c
        axes = normalize_axes(self.made.axes, self.x.ndim)
        return c.reshape(result_shape(self.x.shape, axes, keepdims=True))

    def counts(self):
        """Which entries take part."""
        finite = self.x > -math.inf
        return finite if self["where"] is None else finite & self["where"]

    def total(self, g):
        """The sums over rows of the cotangents that count, the axes kept."""
        counted = self.xp.where(self.counts(), g, 0)
        return self.xp.sum(counted, axis=self.made.axis, keepdims=True)


def _in_two(u, most):
    # Parts that make up u. The sums of the first have no error: these are multiples of one number,
    # of which those of 2^52 are more than the moduli of all add up to.
    most = 2 * most
    high = (most + u) - most
    return high, u - high
