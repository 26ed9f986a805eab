"""The arguments of chains: the logarithms of where they begin, how they move and what is seen."""

import math

import numpy as np

from .._cpu import chains as engine
from .._cpu.best_path_of_few import best_path as best_path_engine
from .._cpu.chains import COUNTS, LOGS, NUMBERS, POSTERIORS
from .._cpu.stretches import loglikelihood as stretches_engine
from .._cpu.stretches import pieces_for
from .._cpu.totals import sums_over
from .._cpu.workers import count_for, share
from . import layout
from .foreign import handed_over
from .slabs import flat

_DOUBLE = np.dtype(np.float64)


class Chains:
    """Checked arguments of chains, each by name, as kernels take them.

    `batch` are the axes in front, `steps` and `states` the last two of what is seen, `moves` the
    shape of the matrices of one chain and `step` how far apart those of two steps are.
    """

    def __init__(self, arguments, lengths, workers):
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
        self._workers = count_for(workers, size)

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
        self._apart = self.given
        if lengths is None:
            self.lengths = np.full(self.count, self.steps, np.int64)
            return
        array = layout.int_array(lengths, "lengths")
        if array.shape != self.batch:
            raise ValueError(
                f"lengths must have the shape of the axes of log_emission before the last two, "
                f"{self.batch}, got {array.shape}"
            )
        bad = (array < 1) | (array > self.steps)
        if bad.any():
            raise ValueError(
                f"lengths must be between 1 and {self.steps}, the steps of log_emission, got "
                f"{layout.first_of(array, bad)}"
            )
        self._apart = self.given | {"lengths": array}
        self.lengths = array.reshape(-1).astype(np.int64)

    # --- results ---------------------------------------------------------------------------------

    def out_of_states(self, out):
        """Refuse an `out` that is not of the shape and dtype of what is seen."""
        if out is not None:
            layout.check_out(out, self.shape, self.dtype, self._apart)

    @property
    def has_one_matrix(self):
        """Whether all steps of all chains have the same matrix."""
        return self.step == 0 and math.prod(self.given["log_transition"].shape[:-3]) == 1

    @property
    def moving(self):
        """What kernels take of how chains move and of what is seen."""
        return *self.transition, self.step, self.emission, self.lengths, self.steps, self.states

    def run(self, kernel, *arguments):
        """Call a kernel for all chains."""
        share(kernel, arguments, self.count, self._workers)

    def numbers(self, values, shape, out=None):
        """The doubles of a kernel in a shape and the dtype of results."""
        values = values.reshape(shape)
        if out is None and self.dtype == _DOUBLE:
            return values[()]
        with np.errstate(all="ignore"):  # a result may overflow, or underflow
            if out is None:
                return values.astype(self.dtype)[()]
            out[...] = values
        return out

    def of_argument(self, name, values, shape):
        """A gradient for each chain as one of the argument: summed where chains share it."""
        wanted = self.given[name].shape
        values = values.reshape((*self.batch, *shape))
        axes = layout.broadcast_axes(wanted, values.shape)
        values = sums_over(values, axes) if axes else values
        return self.numbers(values, wanted)


def _broadcasts(shape, wanted):
    if shape == wanted[len(wanted) - len(shape) :]:
        return True  # at once, as nearly always
    try:
        return np.broadcast_shapes(shape, wanted) == wanted
    except ValueError:
        return False


def _plain(x):
    is_plain = x.dtype == _DOUBLE and x.flags.carray
    return flat(x if is_plain else np.require(x, _DOUBLE, ["C", "A"]))


def _starts(lead, batch, size):
    # Where what belongs to each chain begins.
    if not lead:
        return np.zeros(math.prod(batch), np.intp)
    numbers = np.arange(math.prod(lead), dtype=np.intp).reshape(lead) * size
    return np.ascontiguousarray(np.broadcast_to(numbers, batch)).reshape(-1)


def _by_name(log_initial, log_transition, log_emission):
    given = {"log_transition": log_transition, "log_emission": log_emission}
    return given if log_initial is None else {"log_initial": log_initial} | given


# --- the calls -----------------------------------------------------------------------------------

_NOWHERE = np.empty(1)
_NO_NUMBERS = (_NOWHERE,) * 3


def _run_forward(chains, keeps):
    # (the logarithms of each step, the numbers, those of the totals, the log-likelihoods).
    size = math.prod(chains.shape)
    values = np.empty(size) if keeps == LOGS else _NOWHERE
    every = totals = _NO_NUMBERS
    if keeps == NUMBERS:
        every = tuple(np.empty(size) for _ in range(3))
        totals = tuple(np.empty(chains.count) for _ in range(3))
    final = np.empty(chains.count)
    kernel = engine.forward()
    chains.run(kernel, *chains.initial, *chains.moving, values, every, totals, keeps, final)
    return values, every, totals, final


def _run_backward(chains, every, totals, gives, pairs=_NOWHERE):
    values = np.empty(math.prod(chains.shape))
    rest = every, totals, values, gives, pairs, chains.step
    chains.run(engine.backward(), *chains.moving, *rest)
    return values


@handed_over
def forward(function, log_initial, log_transition, log_emission, lengths, out, workers):
    """log p(y_1..t, z_t)."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    chains.out_of_states(out)
    return chains.numbers(_run_forward(chains, LOGS)[0], chains.shape, out)


@handed_over
def backward(function, log_transition, log_emission, lengths, out, workers):
    """log p(y_t+1..T | z_t)."""
    chains = Chains(_by_name(None, log_transition, log_emission), lengths, workers)
    chains.out_of_states(out)
    values = _run_backward(chains, _NO_NUMBERS, _NO_NUMBERS, LOGS)
    return chains.numbers(values, chains.shape, out)


@handed_over
def loglikelihood(function, log_initial, log_transition, log_emission, lengths, workers):
    """log p(y)."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    pieces = pieces_for(chains.states, chains.steps, chains.count)
    if pieces < 0 or not chains.has_one_matrix:
        return chains.numbers(_run_forward(chains, 0)[-1], chains.batch)
    final, left = np.empty(chains.count), np.zeros(chains.count, np.uint8)
    matrix, at, _, *seen = chains.moving
    chains.run(stretches_engine(), *chains.initial, matrix, at, *seen, pieces, final, left)
    if left.any():
        arguments = *chains.initial, *chains.moving, _NOWHERE, _NO_NUMBERS, _NO_NUMBERS, 0, final
        kernel = engine.forward()
        for unit in np.flatnonzero(left).tolist():
            kernel(*arguments, unit, unit + 1)
    return chains.numbers(final, chains.batch)


@handed_over
def posterior(function, log_initial, log_transition, log_emission, lengths, out, workers):
    """log p(z_t | y)."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    chains.out_of_states(out)
    _, every, totals, _ = _run_forward(chains, NUMBERS)
    values = _run_backward(chains, every, totals, POSTERIORS)
    return chains.numbers(values, chains.shape, out)


@handed_over
def value_and_grad(function, log_initial, log_transition, log_emission, lengths, workers):
    """log p(y), and its derivatives by each argument."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    _, every, totals, final = _run_forward(chains, NUMBERS)
    pairs = np.zeros(chains.count * math.prod(chains.moves))
    values = _run_backward(chains, every, totals, COUNTS, pairs)
    first = values.reshape(chains.count, chains.steps, chains.states)[:, 0]
    gradients = (
        chains.of_argument("log_initial", first, (chains.states,)),
        chains.of_argument("log_transition", pairs, chains.moves),
        chains.numbers(values, chains.shape),
    )
    return chains.numbers(final, chains.batch), gradients


@handed_over
def best_path(function, log_initial, log_transition, log_emission, lengths, workers):
    """The best path, and the logarithm of its probability together with what is seen."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    path = np.empty(chains.count * chains.steps, np.int64)
    final = np.empty(chains.count)
    chains.run(best_path_engine(chains.states), *chains.initial, *chains.moving, path, final)
    return path.reshape(chains.shape[:-1]), chains.numbers(final, chains.batch)
