"""Gradients: their times, and ratios to their values and to PyTorch's backward pass."""

import numpy as np

import numba_logspace as nl

from .common import SHAPES, interleaved, normals, published_gradient, torch_or_skip

DTYPES = ("float32", "float64")
OF_MAPS = ("softmax", "log_softmax", "log1m_softmax", "loo_logsumexp")
OF_REDUCTIONS = ("logsumexp", "logsumexp_excluding_max", "logmeanexp")
_FEW = ["10000 x 1000", "1000000 x 10", "(1000, 10000), axis 0"]


class Gradients:
    """One call, one thread; every kernel has been compiled before."""

    params = (OF_MAPS + OF_REDUCTIONS, ("vjp", "jvp"), _FEW, DTYPES)
    param_names = ("function", "kind", "shape", "dtype")

    def setup(self, function, kind, shape, dtype):
        """Make the arguments, and compile."""
        (size, self.axis), dtype = SHAPES[shape], np.dtype(dtype)
        self.x = normals(size, dtype)
        self.call = getattr(nl, f"{function}_{kind}")
        of_rows = kind == "vjp" and function in OF_REDUCTIONS
        self.weights = np.ones(np.delete(size, self.axis), dtype) if of_rows else self.x * 2
        self.out = None if kind == "jvp" and function in OF_REDUCTIONS else np.empty_like(self.x)
        self.time_derivative(function, kind, shape, dtype)

    def time_derivative(self, function, kind, shape, dtype):
        """The derivative of one function."""
        self.call(self.x, self.weights, self.axis, out=self.out, workers=1)

    def track_derivative_over_value(self, function, kind, shape, dtype):
        """Its time over that of the value on the same array."""
        value = getattr(nl, function)
        t = interleaved(
            {
                "value": lambda: value(self.x, self.axis, workers=1),
                "derivative": lambda: self.call(self.x, self.weights, self.axis, workers=1),
            },
            rounds=5,
        )
        return t["derivative"] / t["value"]


class AgainstPublished:
    """log1m_softmax_vjp against the backward pass of the form published for PyTorch."""

    params = (_FEW, DTYPES)
    param_names = ("shape", "dtype")
    timeout = 300

    def setup(self, shape, dtype):
        """Make the arguments of both."""
        torch = torch_or_skip()
        size, self.axis = SHAPES[shape]
        self.x = normals(size, dtype)
        self.g = self.x * 2
        self.tensors = torch.from_numpy(self.x), torch.from_numpy(self.g)

    def track_ours_over_published(self, shape, dtype):
        """Its time over that of PyTorch's forward and backward pass."""
        t = interleaved(
            {
                "ours": lambda: nl.log1m_softmax_value_and_vjp(
                    self.x, self.g, self.axis, workers=1
                ),
                "published": lambda: published_gradient(*self.tensors, self.axis),
            },
            rounds=3,
        )
        return t["ours"] / t["published"]


class SecondDerivatives:
    """The Hessian of log1m_softmax times a vector, and Jacobians."""

    params = (DTYPES,)
    param_names = ("dtype",)

    def setup(self, dtype):
        """Make the arguments, and compile."""
        self.x = normals((1000, 1000), dtype)
        self.rows = self.x[:, :50].copy()
        self.time_hvp(dtype)
        self.time_jacobian(dtype)

    def time_hvp(self, dtype):
        """1000 x 1000."""
        nl.log1m_softmax_hvp(self.x, self.x, self.x, workers=1)

    def time_jacobian(self, dtype):
        """1000 x 50 x 50."""
        nl.log1m_softmax_jacobian(self.rows)
