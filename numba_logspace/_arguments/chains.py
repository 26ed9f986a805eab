"""The arguments of chains: the logarithms of where they begin, how they move and what is seen."""

import math

import numpy as np

from .._cpu.workers import count_for, share
from . import layout
from .slabs import flat

_DOUBLE = np.dtype(np.float64)


class Chains:
    """Checked arguments of chains, each by name, as kernels take them.

    `batch` are the axes in front, `steps` and `states` the last two of what is seen, `moves` the
    shape of the matrices of one chain and `step` how far apart those of two steps are.
    """

    def __init__(self, function, arguments, lengths, workers):
        self.given, results = {}, []
        for name, x in arguments.items():
            self.given[name], _, result = layout.as_array(x, name, has_where=False)
            results.append(result)
        self.dtype = results[0]
        for result in results[1:]:
            self.dtype = layout.common_dtype(self.dtype, result)
        self._read_emission(self.given["log_emission"])
        if "log_initial" in self.given:
            self._read_initial(self.given["log_initial"])
        self._read_transition(self.given["log_transition"])
        self._read_lengths(lengths)
        size = self.count * self.steps * self.states * self.states
        self._workers, self._function = count_for(workers, size), function

    def _read_emission(self, x):
        if x.ndim < 2 or x.shape[-1] == 0 or x.shape[-2] == 0:
            raise ValueError(
                "log_emission must have the axes (..., T, K), T and K at least 1, got the shape "
                f"{x.shape}"
            )
        self.shape, self.batch, (self.steps, self.states) = x.shape, x.shape[:-2], x.shape[-2:]
        self.count = math.prod(self.batch)
        self.emission = _plain(x)

    def _read_initial(self, x):
        wanted = (*self.batch, self.states)
        if x.ndim == 0 or x.shape[-1] != self.states or not _broadcasts(x.shape, wanted):
            raise ValueError(
                f"log_initial must have the shape ({self.states},), or axes in front of it that "
                f"broadcast to those of log_emission, {self.batch}, got the shape {x.shape}"
            )
        self.initial = _plain(x), _starts(x.shape[:-1], self.batch, self.states)

    def _read_transition(self, x):
        k = self.states
        moves = x.shape[-3] if x.ndim > 2 else 1
        right = x.ndim >= 2 and x.shape[-2:] == (k, k) and moves in (1, self.steps - 1)
        if not right or not _broadcasts(x.shape[:-3], self.batch):
            raise ValueError(
                f"log_transition must have the shape ({k}, {k}), or ({self.steps - 1}, {k}, {k}) "
                f"with a matrix for each step, or axes in front of these that broadcast to those "
                f"of log_emission, {self.batch}, got the shape {x.shape}"
            )
        self.step = k * k if moves > 1 else moves - 1  # with none at all it is negative
        self.moves = (moves, k, k) if x.ndim > 2 else (k, k)
        self.transition = _plain(x), _starts(x.shape[:-3], self.batch, moves * k * k)

    def _read_lengths(self, lengths):
        if lengths is None:
            self.lengths = np.full(self.count, self.steps, np.int64)
            return
        array, _, _ = layout.as_array(lengths, "lengths", has_where=False)
        if array.dtype.kind not in "iu":
            raise TypeError(f"lengths must be integers, got dtype {array.dtype}")
        if array.shape != self.batch:
            raise ValueError(
                f"lengths must have the shape of the axes of log_emission before the last two, "
                f"{self.batch}, got {array.shape}"
            )
        if array.size and not (array.min() >= 1 and array.max() <= self.steps):
            raise ValueError(
                f"lengths must be between 1 and {self.steps}, the steps of log_emission, got "
                f"{array.min()} to {array.max()}"
            )
        self.lengths = array.reshape(-1).astype(np.int64)

    # --- results ---------------------------------------------------------------------------------

    def out_of_states(self, out):
        """Refuse an `out` that is not of the shape and dtype of what is seen."""
        if out is not None:
            layout.check_out(out, self.shape, self.dtype, self.given)

    def run(self, kernel, *rest, initial=True):
        """Call a kernel for all chains, on the arguments and the rest of its own."""
        first = self.initial if initial else ()
        sizes = self.lengths, self.steps, self.states
        arguments = *first, *self.transition, self.step, self.emission, *sizes, *rest
        share(kernel, arguments, self.count, self._workers)

    def numbers(self, values, shape, out=None):
        """The doubles of a kernel in a shape and the dtype of results."""
        values = values.reshape(shape)
        with np.errstate(all="ignore"):  # a result may overflow, or underflow
            if out is None:
                return values.astype(self.dtype, copy=False)[()]
            out[...] = values
        return out

    def of_argument(self, name, values, shape):
        """A gradient for each chain as one of the argument: summed where chains share it."""
        wanted = self.given[name].shape
        values = values.reshape((*self.batch, *shape))
        axes = tuple(range(values.ndim - len(wanted)))
        kept = values.shape[len(axes) :]
        axes += tuple(
            len(axes) + i for i, (a, b) in enumerate(zip(kept, wanted)) if a != b and b == 1
        )
        if axes and values.size != math.prod(wanted):
            values = values.sum(axis=axes, dtype=np.longdouble)
        return self.numbers(values, wanted)


def _broadcasts(shape, wanted):
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def _plain(x):
    return flat(np.require(x, _DOUBLE, ["C", "A"]))


def _starts(lead, batch, size):
    # Where what belongs to each chain begins.
    numbers = np.arange(math.prod(lead), dtype=np.intp).reshape(lead) * size
    return np.ascontiguousarray(np.broadcast_to(numbers, batch)).reshape(-1)


# --- the calls -----------------------------------------------------------------------------------


def forward(function, arguments, lengths, out, workers):
    """log p(y_1..t, z_t)."""
    chains = Chains(function, arguments, lengths, workers)
    chains.out_of_states(out)
    values, total = np.empty(math.prod(chains.shape)), np.empty(chains.count)
    chains.run(function.engine(), values, 1, total)
    return chains.numbers(values, chains.shape, out)


def backward(function, arguments, lengths, out, workers):
    """log p(y_t+1..T | z_t)."""
    chains = Chains(function, arguments, lengths, workers)
    chains.out_of_states(out)
    values = np.empty(math.prod(chains.shape))
    chains.run(function.engine(), values, initial=False)
    return chains.numbers(values, chains.shape, out)


def loglikelihood(function, arguments, lengths, workers):
    """log p(y)."""
    chains = Chains(function, arguments, lengths, workers)
    total = np.empty(chains.count)
    chains.run(function.engine(), np.empty(1), 0, total)
    return chains.numbers(total, chains.batch)


def posterior(function, arguments, lengths, out, workers):
    """log p(z_t | y)."""
    chains = Chains(function, arguments, lengths, workers)
    chains.out_of_states(out)
    values, total = np.empty(math.prod(chains.shape)), np.empty(chains.count)
    chains.run(function.engine(), values, True, np.empty(1), 0, total)
    return chains.numbers(values, chains.shape, out)


def value_and_grad(function, arguments, lengths, workers):
    """log p(y), and its derivatives by each argument."""
    chains = Chains(function, arguments, lengths, workers)
    k = chains.states
    values, total = np.empty(math.prod(chains.shape)), np.empty(chains.count)
    pairs = np.zeros(chains.count * math.prod(chains.moves))
    chains.run(function.engine(), values, False, pairs, chains.step, total)
    first = np.ascontiguousarray(values.reshape(chains.count, chains.steps, k)[:, 0])
    gradients = (
        chains.of_argument("log_initial", first, (k,)),
        chains.of_argument("log_transition", pairs, chains.moves),
        chains.numbers(values, chains.shape),
    )
    return chains.numbers(total, chains.batch), gradients


def best_path(function, arguments, lengths, workers):
    """The best path, and the logarithm of its probability together with what is seen."""
    chains = Chains(function, arguments, lengths, workers)
    path = np.empty(chains.count * chains.steps, np.int64)
    total = np.empty(chains.count)
    chains.run(function.engine(), path, total)
    return path.reshape(chains.shape[:-1]), chains.numbers(total, chains.batch)
