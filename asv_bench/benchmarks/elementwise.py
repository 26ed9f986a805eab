"""Elementwise functions over ten to a million entries, beside NumPy's exp, SciPy or NumPy."""

import functools
import timeit

import numpy as np

from .common import DTYPES, Timed, function, normals, ratio
from .functions import ARGUMENTS
from .peers import special

# The same in SciPy, where it has it, or written down in NumPy as the definition reads.
PEERS = {
    "cexpexp": lambda x: -np.expm1(-np.exp(x)),
    "cloglog": lambda x: np.log(-np.log1p(-x)),
    "entr": lambda x: special.entr(x),
    "kl_div": lambda x, y: special.kl_div(x, y),
    "log1m_sigmoid": lambda x: special.log_expit(-x),
    "log1mexp": lambda x: np.log1p(-np.exp(x)),
    "log1pexp": lambda x: np.log1p(np.exp(x)),
    "log1pmx": lambda x: np.log1p(x) - x,
    "log1psq": lambda x: np.log1p(x * x),
    "log2mexp": lambda x: np.log1p(-np.expm1(x)),
    "log_inv_logit_diff": lambda x, y: np.log(special.expit(x) - special.expit(y)),
    "log_mix": lambda t, x, y: np.log(special.expit(t) * np.exp(x) + special.expit(-t) * np.exp(y)),
    "log_sigmoid": lambda x: special.log_expit(x),
    "logaddexp": np.logaddexp,
    "logcosh": lambda x: np.log(np.cosh(x)),
    "logexpm1": lambda x: np.log(np.expm1(x)),
    "logistic": lambda x: special.expit(x),
    "logit": lambda x: special.logit(x),
    "logitexp": lambda x: x - np.log(-np.expm1(x)),
    "logmxp1": lambda x: np.log(x) - x + 1,
    "logsubexp": lambda x, y: x + np.log1p(-np.exp(y - x)),
    "xlog1py": lambda x, y: special.xlog1py(x, y),
    "rel_entr": lambda x, y: special.rel_entr(x, y),
    "xlogx": lambda x: special.xlogy(x, x),
    "xlogy": lambda x, y: special.xlogy(x, y),
}


class Elementwise(Timed):
    """One call on a million entries, one thread."""

    params = (list(PEERS), DTYPES)
    param_names = ("function", "dtype")

    def setup(self, name, dtype):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.arguments = ARGUMENTS[name](normals((1_000, 1_000), dtype))
        self.time_call(name, dtype)

    def time_call(self, name, dtype):
        """One call."""
        self.call(*self.arguments)

    def track_ours_over_peer(self, name, dtype):
        """Its time over that of SciPy's function, or of the definition in NumPy."""
        if special is None:
            raise NotImplementedError("SciPy is not installed")
        peer = functools.partial(PEERS[name], *self.arguments)
        return ratio(functools.partial(self.time_call, name, dtype), peer)


class Sizes(Timed):
    """A call over that of numpy.exp on as many entries, from ten to a million, and on a number."""

    params = (list(PEERS), DTYPES, (None, 10, 1_000, 1_000_000))
    param_names = ("function", "dtype", "size")

    def setup(self, name, dtype, size):
        """Make the arguments, and compile."""
        x = normals((size or 1,), dtype)
        arguments = ARGUMENTS[name](x)
        if size is None:
            x, *arguments = (a.item() for a in (x, *arguments))
        self.call = functools.partial(function(name), *arguments)
        self.exp = functools.partial(np.exp, x)
        self.count = max(1, 10_000 // (size or 1))
        self.call()

    def track_ours_over_exp(self, name, dtype, size):
        """Its time over that of numpy.exp."""
        ours, exp = (timeit.Timer(call) for call in (self.call, self.exp))
        return ratio(lambda: ours.timeit(self.count), lambda: exp.timeit(self.count))


# Derivatives, as their formulas read.
FORMULAS = {
    "cexpexp_dxx": lambda x: np.exp(x - np.exp(x)) * (1 - np.exp(x)),
    "log1psq_dxx": lambda x: 2 * (1 - x * x) / (1 + x * x) ** 2,
    "logaddexp_dxx": lambda x, y: special.expit(x - y) * special.expit(y - x),
    "logcosh_dxx": lambda x: 1 / np.cosh(x) ** 2,
    "logistic_dx": lambda x: special.expit(x) * special.expit(-x),
    "logit_dxx": lambda x: (2 * x - 1) / (x * (1 - x)) ** 2,
    "rel_entr_dx": lambda x, y: 1 + np.log(x / y),
}


class Derivatives(Elementwise):
    """One call of a derivative on a million entries, one thread."""

    params = (list(FORMULAS), DTYPES)

    def setup(self, name, dtype):
        """Make the arguments, and compile."""
        try:
            from numba_logspace import partials
        except ImportError:
            raise NotImplementedError("no derivatives in this version") from None
        self.call, parent = getattr(partials, name), name.rpartition("_")[0]
        self.arguments = ARGUMENTS[parent](normals((1_000, 1_000), dtype))
        self.time_call(name, dtype)

    def track_ours_over_peer(self, name, dtype):
        """Its time over that of the formula in NumPy and SciPy."""
        if special is None:
            raise NotImplementedError("SciPy is not installed")
        peer = functools.partial(FORMULAS[name], *self.arguments)
        return ratio(functools.partial(self.time_call, name, dtype), peer)


# How the operands of logaddexp lie, or which of its methods is called.
WAYS = {
    "every second": lambda x, out: function("logaddexp")(x[::2], x[::-2], out=out[::2]),
    "one number": lambda x, out: function("logaddexp")(x, 0.5, out=out),
    "a mask": lambda x, out: function("logaddexp")(x, 0.5, out=out, where=x > 0),
    "in place": lambda x, out: function("logaddexp")(out, x, out=out),
    "int8": lambda x, out: function("logaddexp")(x.astype(np.int8), 1),
    "float16": lambda x, out: function("logaddexp")(x.astype(np.float16), 1),
    "reduce": lambda x, out: function("logaddexp").reduce(x),
    "accumulate": lambda x, out: function("logaddexp").accumulate(x, out=out),
}


class Ways(Timed):
    """logaddexp of a hundred thousand entries in other ways than from side to side."""

    params = (list(WAYS), DTYPES)
    param_names = ("way", "dtype")

    def setup(self, way, dtype):
        """Make the arguments, and compile."""
        self.x = normals((100_000,), dtype)
        self.out = self.x.copy()
        self.time_call(way, dtype)

    def time_call(self, way, dtype):
        """One call."""
        WAYS[way](self.x, self.out)
