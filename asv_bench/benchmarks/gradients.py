"""Gradients: their times, and ratios to their values and to PyTorch's backward pass."""

import functools

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio
from .peers import published_gradient, torch_or_skip

SHAPES = {
    "1000 x 1000": ((1_000, 1_000), -1),
    "100000 x 10": ((100_000, 10), -1),
    "1000 x 1000, axis 0": ((1_000, 1_000), 0),
}


class Gradients(Timed):
    """A derivative along one direction, of a map and of a reduction; one thread."""

    params = (("log1m_softmax", "logsumexp"), ("vjp", "jvp"), list(SHAPES), DTYPES)
    param_names = ("function", "kind", "shape", "dtype")

    def setup(self, name, kind, shape, dtype):
        """Make the arguments, and compile."""
        size, axis = SHAPES[shape]
        x = normals(size, dtype)
        of_rows = kind == "vjp" and name == "logsumexp"
        weights = np.ones(np.delete(size, axis), dtype) if of_rows else x * 2
        self.value = functools.partial(function(name), x, axis, workers=1)
        derivative = function(f"{name}_{kind}")
        self.derivative = functools.partial(derivative, x, weights, axis, workers=1)
        self.derivative()

    def time_derivative(self, name, kind, shape, dtype):
        """The derivative of one function."""
        self.derivative()

    def track_derivative_over_value(self, name, kind, shape, dtype):
        """Its time over that of the value on the same array."""
        return ratio(self.derivative, self.value)


class AgainstPublished(Timed):
    """log1m_softmax_vjp against the backward pass of the form published for PyTorch."""

    params = (list(SHAPES), DTYPES)
    param_names = ("shape", "dtype")

    def setup(self, shape, dtype):
        """Make the calls of both."""
        torch = torch_or_skip()
        size, axis = SHAPES[shape]
        x = normals(size, dtype)
        g = x * 2
        both = function("log1m_softmax_value_and_vjp")
        self.ours = functools.partial(both, x, g, axis, workers=1)
        tensors = torch.from_numpy(x), torch.from_numpy(g)
        self.published = functools.partial(published_gradient, *tensors, axis)

    def track_ours_over_published(self, shape, dtype):
        """Its time over that of PyTorch's forward and backward pass."""
        return ratio(self.ours, self.published, rounds=3)
