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
from .slabs import flat

_DOUBLE = np.dtype(np.float64)
_NOWHERE = np.empty(1)
_NO_NUMBERS = (_NOWHERE,) * 3


class Chains:
    """Checked arguments of chains, each by name, and what is computed of them.

    `batch` are the axes in front, `steps` and `states` the last two of what is seen, `moves` the
    shape of the matrices of one chain and `step` how far apart those of two steps are.
    """

    def __init__(self, arguments, lengths, workers=None):
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

    def check_out_of_states(self, out):
        """Refuse an `out` that is not of the shape and dtype of what is seen."""
        if out is not None:
            layout.check_out(out, self.shape, self.dtype, self._apart)

    @property
    def _has_one_matrix(self):
        # All steps of all chains have the same.
        return self.step == 0 and math.prod(self.given["log_transition"].shape[:-3]) == 1

    @property
    def _moving(self):
        # What kernels take of how chains move and of what is seen.
        lengths = self._lengths, self.steps, self.states
        return *self._transition, self.step, self._emission, *lengths

    def _run(self, kernel, *arguments):
        share(kernel, arguments, self.count, self._workers)

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

    def _run_forward(self, keeps):
        # (the logarithms of each step, the numbers, those of the totals, the log-likelihoods).
        size = math.prod(self.shape)
        values = np.empty(size) if keeps == LOGS else _NOWHERE
        every = totals = _NO_NUMBERS
        if keeps == NUMBERS:
            every = tuple(np.empty(size) for _ in range(3))
            totals = tuple(np.empty(self.count) for _ in range(3))
        final = np.empty(self.count)
        rest = values, every, totals, keeps, final
        self._run(engine.forward(), *self._initial, *self._moving, *rest)
        return values, every, totals, final

    def _run_backward(self, every, totals, gives, pairs=None):
        values, pairs = np.empty(math.prod(self.shape)), _NOWHERE if pairs is None else pairs
        rest = every, totals, values, gives, pairs, self.step
        self._run(engine.backward(), *self._moving, *rest)
        return values

    def forward(self, out):
        """log p(y_1..t, z_t)."""
        self.check_out_of_states(out)
        return self._numbers(self._run_forward(LOGS)[0], self.shape, out)

    def backward(self, out):
        """log p(y_t+1..T | z_t)."""
        self.check_out_of_states(out)
        values = self._run_backward(_NO_NUMBERS, _NO_NUMBERS, LOGS)
        return self._numbers(values, self.shape, out)

    def loglikelihood(self):
        """log p(y)."""
        pieces = pieces_for(self.states, self.steps, self.count)
        if pieces < 0 or not self._has_one_matrix:
            return self._numbers(self._run_forward(0)[-1], self.batch)
        final, left = np.empty(self.count), np.zeros(self.count, np.uint8)
        matrix, at, _, *seen = self._moving
        self._run(stretches_engine(), *self._initial, matrix, at, *seen, pieces, final, left)
        if left.any():
            rest = _NOWHERE, _NO_NUMBERS, _NO_NUMBERS, 0, final
            kernel = engine.forward()
            for unit in np.flatnonzero(left).tolist():
                kernel(*self._initial, *self._moving, *rest, unit, unit + 1)
        return self._numbers(final, self.batch)

    def posterior(self, out):
        """log p(z_t | y)."""
        self.check_out_of_states(out)
        _, every, totals, _ = self._run_forward(NUMBERS)
        values = self._run_backward(every, totals, POSTERIORS)
        return self._numbers(values, self.shape, out)

    def value_and_grad(self):
        """log p(y), and its derivatives by each argument."""
        _, every, totals, final = self._run_forward(NUMBERS)
        pairs = np.zeros(self.count * math.prod(self.moves))
        values = self._run_backward(every, totals, COUNTS, pairs)
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
