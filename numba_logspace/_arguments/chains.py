"""The arguments of chains: the logarithms of where they begin, how they move and what is seen."""

import math

import numpy as np

from .._cpu import chains as engine
from .._cpu import passes_of_lanes
from .._cpu.best_path_of_few import best_path as best_path_engine
from .._cpu.chains import COUNTS, LOGS, NUMBERS, POSTERIORS
from .._cpu.lanes_of_chains import few_states, pieces_for
from .._cpu.passes_of_lanes import passes
from .._cpu.stretches import loglikelihood as stretches_engine
from .._cpu.totals import sums_over
from .._cpu.workers import count_for, run_all, share
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

    def check_out(self, out, shape):
        """Refuse an `out` that is not of the shape and dtype of the result."""
        if out is not None:
            layout.check_out(out, shape, self.dtype, self._apart)

    @property
    def pieces(self):
        """How many stretches each chain becomes in lanes, 0 for whole chains."""
        return pieces_for(self.states, self.steps, self.count)

    @property
    def go_in_lanes(self):
        """Whether lanes may hold stretches or chains: few states, and one matrix for all steps."""
        one_matrix = self.step == 0 and math.prod(self.given["log_transition"].shape[:-3]) == 1
        return one_matrix and self.pieces >= 0

    @property
    def moving(self):
        """What kernels take of how chains move and of what is seen."""
        return *self.transition, self.step, self.emission, self.lengths, self.steps, self.states

    def run(self, kernel, *arguments, units=None):
        """Call a kernel for all chains, or for some of them."""
        if units is None or len(units) == self.count:
            share(kernel, arguments, self.count, self._workers)
        else:
            run_all([(kernel, *arguments, i, i + 1) for i in units], self._workers)

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


def _run_forward(chains, keeps, units, final, values=_NOWHERE):
    # (the numbers, those of the totals), if these are kept.
    every = totals = _NO_NUMBERS
    if keeps == NUMBERS:
        every = tuple(np.empty(math.prod(chains.shape)) for _ in range(3))
        totals = tuple(np.empty(chains.count) for _ in range(3))
    rest = values, every, totals, keeps, final
    chains.run(engine.forward(), *chains.initial, *chains.moving, *rest, units=units)
    return every, totals


def _run_backward(chains, gives, units, every, totals, values, pairs=_NOWHERE):
    rest = every, totals, values, gives, pairs, chains.step
    chains.run(engine.backward(), *chains.moving, *rest, units=units)


def _in_lanes(chains, gives, values, pairs=_NOWHERE, final=_NOWHERE):
    """Which chains the passes in lanes left, all where they cannot go that way."""
    if not chains.go_in_lanes:
        return range(chains.count)
    left = np.zeros(chains.count, np.uint8)
    matrix, at, _, *seen = chains.moving
    kernel = passes(gives, few_states(chains.states))
    initial = chains.initial if gives != passes_of_lanes.BACKWARD else (_NOWHERE, at)
    rest = chains.pieces, values, pairs, final, left
    chains.run(kernel, *initial, matrix, at, *seen, *rest)
    return np.flatnonzero(left).tolist() if left.any() else ()


@handed_over
def forward(function, log_initial, log_transition, log_emission, lengths, out, workers):
    """log p(y_1..t, z_t)."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    chains.check_out(out, chains.shape)
    values = np.empty(math.prod(chains.shape))
    left = _in_lanes(chains, passes_of_lanes.FORWARD, values)
    if left:
        _run_forward(chains, LOGS, left, np.empty(chains.count), values)
    return chains.numbers(values, chains.shape, out)


@handed_over
def backward(function, log_transition, log_emission, lengths, out, workers):
    """log p(y_t+1..T | z_t)."""
    chains = Chains(_by_name(None, log_transition, log_emission), lengths, workers)
    chains.check_out(out, chains.shape)
    values = np.empty(math.prod(chains.shape))
    left = _in_lanes(chains, passes_of_lanes.BACKWARD, values)
    if left:
        _run_backward(chains, LOGS, left, _NO_NUMBERS, _NO_NUMBERS, values)
    return chains.numbers(values, chains.shape, out)


@handed_over
def loglikelihood(function, log_initial, log_transition, log_emission, lengths, out, workers):
    """log p(y)."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    chains.check_out(out, chains.batch)
    final, units = np.empty(chains.count), range(chains.count)
    if chains.go_in_lanes:
        left = np.zeros(chains.count, np.uint8)
        matrix, at, _, *seen = chains.moving
        rest = chains.pieces, final, left
        kernel = stretches_engine(few_states(chains.states))
        chains.run(kernel, *chains.initial, matrix, at, *seen, *rest)
        units = np.flatnonzero(left).tolist() if left.any() else ()
    if units:
        _run_forward(chains, 0, units, final)
    return chains.numbers(final, chains.batch, out)


@handed_over
def posterior(function, log_initial, log_transition, log_emission, lengths, out, workers):
    """log p(z_t | y)."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    chains.check_out(out, chains.shape)
    values = np.empty(math.prod(chains.shape))
    left = _in_lanes(chains, passes_of_lanes.POSTERIORS, values)
    if left:
        every, totals = _run_forward(chains, NUMBERS, left, np.empty(chains.count))
        _run_backward(chains, POSTERIORS, left, every, totals, values)
    return chains.numbers(values, chains.shape, out)


@handed_over
def value_and_grad(function, log_initial, log_transition, log_emission, lengths, workers):
    """log p(y), and its derivatives by each argument."""
    chains = Chains(_by_name(log_initial, log_transition, log_emission), lengths, workers)
    values, final = np.empty(math.prod(chains.shape)), np.empty(chains.count)
    pairs = np.zeros(chains.count * math.prod(chains.moves))
    left = _in_lanes(chains, passes_of_lanes.COUNTS, values, pairs, final)
    if left:
        every, totals = _run_forward(chains, NUMBERS, left, final)
        _run_backward(chains, COUNTS, left, every, totals, values, pairs)
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
