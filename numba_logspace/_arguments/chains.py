"""The arguments of chains: the logarithms of where they begin, how they move and what is seen."""

import functools
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
from .slabs import flat

_DOUBLE = np.dtype(np.float64)
_NOWHERE = np.empty(1)
_NO_NUMBERS = (_NOWHERE,) * 3
# Where what belongs to the one chain begins; kernels only read it.
_AT_FIRST = np.zeros(1, np.intp)


class Chains:
    """Checked arguments of chains, each by name, and what is computed of them.

    `batch` are the axes in front, `steps` and `states` the last two of what is seen, `moves` the
    shape of the matrices of one chain and `step` how far apart those of two steps are.
    """

    def __init__(self, arguments, lengths, workers=None):
        if lengths is None and self._take_plain(arguments, workers):
            return
        self.given, results = {}, []
        for name, x in arguments.items():
            array = self.taken(x, name)
            self.given[name], _, result = layout.as_array(array, name, has_where=False)
            results.append(result)
        self.dtype = results[0]
        for result in results[1:]:
            self.dtype = layout.common_dtype(self.dtype, result)
        self._read_emission(self.given["log_emission"])
        if "log_initial" in self.given:
            self._check_initial(self.given["log_initial"])
        self._read_transition(self.given["log_transition"])
        self._apart, array = self.given, None
        if lengths is not None:
            array = self._checked_lengths(self.whole_numbers(lengths, "lengths"))
            self._apart = self.given | {"lengths": array}
        self.prepare(array, workers)

    def _take_plain(self, arguments, workers):
        # Whether it is one chain with one matrix, in contiguous doubles, which needs least.
        for x in arguments.values():
            if type(x) is not np.ndarray or x.dtype != _DOUBLE or not x.flags.carray:
                return False
        moves, seen = arguments["log_transition"], arguments["log_emission"]
        initial = arguments.get("log_initial")
        if seen.ndim != 2 or seen.size == 0 or moves.shape != (k := seen.shape[1], k):
            return False
        if initial is not None:
            if initial.shape != (k,):
                return False
            self._initial = initial, _AT_FIRST
        self.given = self._apart = arguments
        self.dtype, self.shape, self.batch, self.count = _DOUBLE, seen.shape, (), 1
        (self.steps, self.states), self.moves, self.step = seen.shape, (k, k), 0
        self._workers = count_for(workers, self.steps * k * k)
        self._lengths = np.array((self.steps,), np.int64)
        self._transition, self._emission = (moves.reshape(-1), _AT_FIRST), seen.reshape(-1)
        return True

    def taken(self, array, name):
        """What is looked at of an argument: here the argument itself."""
        return array

    def whole_numbers(self, given, name):
        """An argument that holds ints."""
        return layout.int_array(given, name)

    def _read_emission(self, x):
        if x.ndim < 2 or x.shape[-1] == 0 or x.shape[-2] == 0:
            raise ValueError(
                "log_emission must have the axes (..., T, K), T and K at least 1, got the shape "
                f"{x.shape}"
            )
        self.shape, self.batch, (self.steps, self.states) = x.shape, x.shape[:-2], x.shape[-2:]
        self.count = math.prod(self.batch)

    def _check_initial(self, x):
        wanted = (*self.batch, self.states)
        if x.ndim == 0 or x.shape[-1] != self.states or not _broadcasts(x.shape, wanted):
            raise ValueError(
                f"log_initial must have the shape ({self.states},), or axes in front of it that "
                f"broadcast to those of log_emission, {self.batch}, got the shape {x.shape}"
            )

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

    def _checked_lengths(self, array):
        if array.shape != self.batch:
            raise ValueError(
                f"lengths must have the shape of the axes of log_emission before the last two, "
                f"{self.batch}, got {array.shape}"
            )
        self.check_lengths(array)
        return array

    def check_lengths(self, array):
        """Refuse numbers of steps that no chain has."""
        bad = (array < 1) | (array > self.steps)
        if bad.any():
            raise ValueError(
                f"lengths must be between 1 and {self.steps}, the steps of log_emission, got "
                f"{layout.first_of(array, bad)}"
            )

    def leads(self):
        """{name: (the axes in front, how many numbers a chain has)} of what chains may share."""
        found = {}
        if "log_initial" in self.given:
            found["log_initial"] = self.given["log_initial"].shape[:-1], self.states
        lead = self.given["log_transition"].shape[:-3]
        return found | {"log_transition": (lead, math.prod(self.moves))}

    def prepare(self, lengths, workers):
        """Put the arguments as kernels take them."""
        self._workers = count_for(workers, self.count * self.steps * self.states**2)
        if lengths is None:
            self._lengths = np.full(self.count, self.steps, np.int64)
        else:
            self._lengths = lengths.reshape(-1).astype(np.int64)
        starts = {name: _starts(lead, self.batch, n) for name, (lead, n) in self.leads().items()}
        plain = {name: _plain(x) for name, x in self.given.items()}
        if "log_initial" in starts:
            self._initial = plain["log_initial"], starts["log_initial"]
        self._transition = plain["log_transition"], starts["log_transition"]
        self._emission = plain["log_emission"]

    # --- results ---------------------------------------------------------------------------------

    def check_out(self, out, shape):
        """Refuse an `out` that is not of the shape and dtype of the result."""
        if out is not None:
            layout.check_out(out, shape, self.dtype, self._apart)

    @property
    def _pieces(self):
        # How many stretches each chain becomes in lanes, 0 for whole chains.
        return pieces_for(self.states, self.steps, self.count)

    @property
    def _one_matrix(self):
        # For all steps of all chains.
        return self.step == 0 and math.prod(self.given["log_transition"].shape[:-3]) == 1

    def _in_some_lanes(self, kernel, initial, *rest):
        # Which chains a kernel for lanes left, all where they cannot go that way: lanes hold
        # stretches or chains, of few states and with one matrix.
        pieces = self._pieces
        if pieces < 0 or not self._one_matrix:
            return range(self.count)
        left = np.zeros(self.count, np.uint8)
        seen = self._emission, self._lengths, self.steps, self.states
        kernel = kernel(few_states(self.states))
        self._run(kernel, *initial, *self._transition, *seen, pieces, *rest, left)
        return np.flatnonzero(left).tolist() if np.count_nonzero(left) else ()

    @property
    def _moving(self):
        # What kernels take of how chains move and of what is seen.
        lengths = self._lengths, self.steps, self.states
        return *self._transition, self.step, self._emission, *lengths

    def _run(self, kernel, *arguments, units=None):
        # For all chains, or for some of them.
        if units is None or len(units) == self.count:
            share(kernel, arguments, self.count, self._workers)
        else:
            run_all([(kernel, *arguments, i, i + 1) for i in units], self._workers)

    def _numbers(self, values, shape, out=None):
        # The doubles of a kernel in a shape and the dtype of results.
        values = values.reshape(shape)
        if out is None and self.dtype == _DOUBLE:
            return values[()]
        with np.errstate(all="ignore"):  # a result may overflow, or underflow
            if out is None:
                return values.astype(self.dtype)[()]
            out[...] = values
        return out

    def _of_argument(self, name, values, shape):
        # A gradient for each chain as one of the argument: summed where chains share it.
        wanted = self.given[name].shape
        values = values.reshape((*self.batch, *shape))
        axes = layout.broadcast_axes(wanted, values.shape)
        values = sums_over(values, axes) if axes else values
        return self._numbers(values, wanted)

    # --- what is computed ------------------------------------------------------------------------

    def _run_forward(self, keeps, units, final, values=_NOWHERE):
        # (the numbers, those of the totals), if these are kept.
        every = totals = _NO_NUMBERS
        if keeps == NUMBERS:
            every = tuple(np.empty(math.prod(self.shape)) for _ in range(3))
            totals = tuple(np.empty(self.count) for _ in range(3))
        rest = values, every, totals, keeps, final
        self._run(engine.forward(), *self._initial, *self._moving, *rest, units=units)
        return every, totals

    def _run_backward(self, gives, units, every, totals, values, pairs=_NOWHERE):
        rest = every, totals, values, gives, pairs, self.step
        self._run(engine.backward(), *self._moving, *rest, units=units)

    def _in_lanes(self, gives, values, pairs=_NOWHERE, final=_NOWHERE):
        # Which chains the passes in lanes left.
        begin = self._transition[1]
        initial = self._initial if gives != passes_of_lanes.BACKWARD else (_NOWHERE, begin)
        kernel = functools.partial(passes, gives)
        return self._in_some_lanes(kernel, initial, values, pairs, final)

    def forward(self, out):
        """log p(y_1..t, z_t)."""
        self.check_out(out, self.shape)
        values = np.empty(math.prod(self.shape))
        left = self._in_lanes(passes_of_lanes.FORWARD, values)
        if left:
            self._run_forward(LOGS, left, np.empty(self.count), values)
        return self._numbers(values, self.shape, out)

    def backward(self, out):
        """log p(y_t+1..T | z_t)."""
        self.check_out(out, self.shape)
        values = np.empty(math.prod(self.shape))
        left = self._in_lanes(passes_of_lanes.BACKWARD, values)
        if left:
            self._run_backward(LOGS, left, _NO_NUMBERS, _NO_NUMBERS, values)
        return self._numbers(values, self.shape, out)

    def loglikelihood(self, out):
        """log p(y)."""
        self.check_out(out, self.batch)
        final = np.empty(self.count)
        units = self._in_some_lanes(stretches_engine, self._initial, final)
        if units:
            self._run_forward(0, units, final)
        return self._numbers(final, self.batch, out)

    def posterior(self, out):
        """log p(z_t | y)."""
        self.check_out(out, self.shape)
        values = np.empty(math.prod(self.shape))
        left = self._in_lanes(passes_of_lanes.POSTERIORS, values)
        if left:
            every, totals = self._run_forward(NUMBERS, left, np.empty(self.count))
            self._run_backward(POSTERIORS, left, every, totals, values)
        return self._numbers(values, self.shape, out)

    def value_and_grad(self):
        """log p(y), and its derivatives by each argument."""
        values, final = np.empty(math.prod(self.shape)), np.empty(self.count)
        pairs = np.zeros(self.count * math.prod(self.moves))
        left = self._in_lanes(passes_of_lanes.COUNTS, values, pairs, final)
        if left:
            every, totals = self._run_forward(NUMBERS, left, final)
            self._run_backward(COUNTS, left, every, totals, values, pairs)
        first = values.reshape(self.count, self.steps, self.states)[:, 0]
        gradients = (
            self._of_argument("log_initial", first, (self.states,)),
            self._of_argument("log_transition", pairs, self.moves),
            self._numbers(values, self.shape),
        )
        return self._numbers(final, self.batch), gradients

    def best_path(self):
        """The best path, and the logarithm of its probability together with what is seen."""
        path = np.empty(self.count * self.steps, np.int64)
        final = np.empty(self.count)
        self._run(best_path_engine(self.states), *self._initial, *self._moving, path, final)
        return path.reshape(self.shape[:-1]), self._numbers(final, self.batch)


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
