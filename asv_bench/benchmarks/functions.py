"""Every public function: the overhead of a call on ten numbers, and 100 rows of 1000."""

import timeit

import numpy as np

from .common import Timed, function, normals


def _square(x):
    # A product of less than a hundred thousand terms, so that one thread does it.
    a = np.atleast_2d(x)[:30, :100]
    return a, np.ascontiguousarray(a.T)


def _one(x):
    return (x,)


def _weights(x):
    return x, x * 2


def _row_weights(x):
    return x, np.ones(x.shape[:-1], x.dtype)


def _short(x):
    return (np.ascontiguousarray(x[..., :30]),)


def _probabilities(x):
    return np.abs(np.tanh(x))


def _targets(x):
    return x, _probabilities(x)


def _gated(x):
    return x[..., 0], x, x * 2


def _three(x):
    return x, x * 2, x * 3


# What to call each function with, made of an array of normals.
ARGUMENTS = {
    "complement_cross_entropy": _targets,
    "complement_cross_entropy_value_and_grad": _targets,
    "cross_entropy": _targets,
    "cross_entropy_value_and_grad": _targets,
    "gated_log_softmax": _gated,
    "gated_log_softmax_vjp": _gated,
    "log1m_sigmoid": _one,
    "log1m_softmax": _one,
    "log1m_softmax_hvp": _three,
    "log1m_softmax_jacobian": _short,
    "log1m_softmax_jvp": _weights,
    "log1m_softmax_value_and_vjp": _weights,
    "log1m_softmax_vjp": _weights,
    "log1mexp": lambda x: (-np.abs(x),),
    "log1pexp": _one,
    "log_mix": _three,
    "log_mix_dt": _three,
    "log_mix_dx": _three,
    "log_mix_dy": _three,
    "log_sigmoid": _one,
    "log_softmax": _one,
    "log_softmax_jacobian": _short,
    "log_softmax_jvp": _weights,
    "log_softmax_vjp": _weights,
    "logaddexp": _weights,
    "logcumsumexp": _one,
    "logistic": _one,
    "logit": lambda x: (_probabilities(x),),
    "logmatmulexp": _square,
    "logmeanexp": _one,
    "logmeanexp_jvp": _weights,
    "logmeanexp_vjp": _row_weights,
    "logsubexp": lambda x: (np.abs(x), -np.abs(x)),
    "logsumexp": _one,
    "logsumexp_excluding_max": _one,
    "logsumexp_excluding_max_jvp": _weights,
    "logsumexp_excluding_max_vjp": _row_weights,
    "logsumexp_jvp": _weights,
    "logsumexp_vjp": _row_weights,
    "loo_logsumexp": _one,
    "loo_logsumexp_jvp": _weights,
    "loo_logsumexp_vjp": _weights,
    "softmax": _one,
    "softmax_binary_cross_entropy": _targets,
    "softmax_binary_cross_entropy_value_and_grad": _targets,
    "softmax_jvp": _weights,
    "softmax_vjp": _weights,
    "xlog1py": lambda x: (x, np.abs(x)),
    "xlogy": lambda x: (x, np.abs(x)),
}


class TenNumbers:
    """What a call costs that has almost nothing to do."""

    params = (list(ARGUMENTS),)
    param_names = ("function",)
    unit = "seconds"

    def setup(self, name):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.arguments = ARGUMENTS[name](normals(10, np.float64))
        self.call(*self.arguments)

    def track_call(self, name):
        """One call: the fastest of a few hundred in a row."""
        call, arguments = self.call, self.arguments
        return min(timeit.repeat(lambda: call(*arguments), number=500, repeat=7)) / 500


class Rows(Timed):
    """100 rows of 1000, in one thread."""

    params = (list(ARGUMENTS),)
    param_names = ("function",)

    def setup(self, name):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.arguments = ARGUMENTS[name](normals((100, 1000), np.float64))
        self.time_call(name)

    def time_call(self, name):
        """One call."""
        self.call(*self.arguments)
