"""CUDA arrays of hidden Markov chains: what the host checks, and which kernels run in turn."""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .._arguments.chains import Chains as ChainsOfCpu
from . import recursions, totals
from .arrays import flat, merged
from .best_path import best_path
from .call import Call
from .copy import THREADS, blocks, fill_with, launch, unpack

_DOUBLE, _INT = np.dtype(np.float64), np.dtype(np.int64)
# From so many expected moves on a thread takes each; of fewer, a block where there are many steps.
_MANY, _LONG = 1 << 14, 128


def _apart(lead, batch, size):
    # An array without memory, whose strides say how far apart what belongs to each chain lies.
    strides = [_DOUBLE.itemsize * size * math.prod(lead[i + 1 :]) for i in range(len(lead))]
    return np.broadcast_to(as_strided(np.empty(()), lead, strides), batch)


class Chains(ChainsOfCpu):
    """As on the CPU, of CUDA arrays; what is checked are their headers.

    A chain whose length is out of range is NaN.
    """

    def __init__(self, arguments, lengths, stream):
        name, self._first = next(iter(arguments.items()))
        self.call = Call(self._first, name, stream)
        super().__init__(arguments, lengths)

    def taken(self, array, name):
        """The header of an argument."""
        return self.call.x if array is self._first else self.call.header(array, name)

    def whole_numbers(self, given, name):
        """The header of an argument that holds ints, which are not looked at."""
        return self.call.whole_numbers(given, name)

    def check_lengths(self, array):
        """Nothing: the host would have to wait for them."""

    def prepare(self, lengths, workers):
        """Put the arguments as kernels take them."""
        call = self.call
        if lengths is None:
            self._lengths = call.new(self.count, _INT)
            if self.count:
                fill_with(self._lengths, self.steps, call.stream)
        else:
            self._lengths = call.flat(lengths, _INT)
        self._plain = {name: call.flat(x, _DOUBLE) for name, x in self.given.items()}
        apart = [_apart(lead, self.batch, size) for lead, size in self.leads().values()]
        self._batch, apart = merged(apart)
        steps = [tuple(s // _DOUBLE.itemsize for s in u.strides) for u in apart]
        self._apart_by_name = dict(zip(self.leads(), steps))

    # --- memory ----------------------------------------------------------------------------------

    def _room(self, size, dtype=_DOUBLE):
        # Of at least one number: what a kernel does not touch has an address, too.
        return self.call.new(max(1, size), dtype)

    def _numbers_of(self, size):
        return tuple(flat(self._room(size)) for _ in range(3))

    def _exponentials(self, name, turned=False):
        x = self._plain[name]
        to = self._numbers_of(x.size)
        self._launch(recursions.exponentials(), x.size, flat(x), self.states, turned, to)
        return to

    def _launch(self, kernel, size, *args):
        # With a thread for each of so many entries.
        if size:
            launch(kernel, blocks(size), THREADS, self.call.stream, *args)

    def _launch_teams(self, made, count, *args):
        team, kernel = made
        if count:
            threads = team.size * team.per_block
            launch(kernel, -(-count // team.per_block), threads, self.call.stream, *args)

    @property
    def _lengths_and_states(self):
        return flat(self._lengths), self.steps, self.states

    def _numbers(self, values, shape, out=None):
        if out is None and self.dtype == _DOUBLE:
            return self.call.handed_out(values)
        out = self.call.new(shape, self.dtype) if out is None else out
        if out.size:
            unpack(values.reshape(-1), out, self.call.stream)
        return self.call.handed_out(out)

    def _of_argument(self, name, values, shape):
        # Each entry is the sum over what shares it, even where that is one chain.
        wanted = self.given[name].shape
        out = self.call.new(wanted, self.dtype)
        if out.size and values.size:
            totals.added((values,), out, self.call.stream)
        elif out.size:
            fill_with(out, 0.0, self.call.stream)
        return self.call.handed_out(out)

    # --- the passes ------------------------------------------------------------------------------

    def _moves(self, turned):
        name = "log_transition"
        return self._exponentials(name, turned), self._apart_by_name[name]

    def _checked_out(self, out, shape):
        out = self.call.header(out, "out")
        self.check_out(out, shape)
        return out

    def _run_forward(self):
        every = self._exponentials("log_emission")
        begin = self._exponentials("log_initial"), self._apart_by_name["log_initial"]
        rest = self._batch, self.step, every, *self._lengths_and_states, self.count
        made = recursions.forward(recursions.threads_for(self.states))
        self._launch_teams(made, self.count, *begin, *self._moves(False), *rest)
        return every

    def _run_totals(self, every):
        # (1 over the totals, the log-likelihoods).
        final, inverse = self.call.new(self.batch, _DOUBLE), self._numbers_of(self.count)
        args = every, *self._lengths_and_states, inverse
        self._launch(recursions.totals(), self.count, *args, flat(final))
        return inverse, final

    def _run_backward(self):
        # (the numbers of the backward pass, the same times what is seen, the moves).
        moves, then = self._moves(True), self._exponentials("log_emission")
        kept = self._numbers_of(math.prod(self.shape))
        rest = self._batch, self.step, then, *self._lengths_and_states, kept, self.count
        made = recursions.backward(recursions.threads_for(self.states))
        self._launch_teams(made, self.count, *moves, *rest)
        return kept, then, moves

    def _logarithms(self, of, out):
        values = self.call.new(self.shape, _DOUBLE)
        args = of, *self._lengths_and_states
        self._launch(recursions.logarithms(), values.size, *args, flat(values))
        return self._numbers(values, self.shape, out)

    def _posteriors(self, every, kept, inverse, in_logs):
        values = self.call.new(self.shape, _DOUBLE)
        args = every, kept, inverse, *self._lengths_and_states, in_logs
        self._launch(recursions.posteriors(), values.size, *args, flat(values))
        return values

    def _expected_moves(self, every, then, moves, inverse):
        values = self.call.new((*self.batch, *self.moves), _DOUBLE)
        each = self.step > 0
        is_long = not each and values.size < _MANY and self.steps >= _LONG
        made = recursions.expected_moves(_LONG if is_long else 1)
        args = self._batch, self.step, then, inverse, *self._lengths_and_states, each
        self._launch_teams(made, values.size, every, *moves, *args, flat(values))
        return values

    # --- what is computed ------------------------------------------------------------------------

    def forward(self, out):
        """log p(y_1..t, z_t)."""
        out = self._checked_out(out, self.shape)
        return self._logarithms(self._run_forward(), out)

    def backward(self, out):
        """log p(y_t+1..T | z_t)."""
        out = self._checked_out(out, self.shape)
        return self._logarithms(self._run_backward()[0], out)

    def loglikelihood(self, out):
        """log p(y)."""
        out = self._checked_out(out, self.batch)
        return self._numbers(self._run_totals(self._run_forward())[1], self.batch, out)

    def posterior(self, out):
        """log p(z_t | y)."""
        out, every = self._checked_out(out, self.shape), self._run_forward()
        inverse, _ = self._run_totals(every)
        values = self._posteriors(every, self._run_backward()[0], inverse, True)
        return self._numbers(values, self.shape, out)

    def value_and_grad(self):
        """log p(y), and its derivatives by each argument."""
        every = self._run_forward()
        inverse, final = self._run_totals(every)
        kept, then, moves = self._run_backward()
        values = self._posteriors(every, kept, inverse, False)
        pairs = self._expected_moves(every, then, moves, inverse)
        gradients = (
            self._of_argument("log_initial", values[..., 0, :], (self.states,)),
            self._of_argument("log_transition", pairs, self.moves),
            self._numbers(values, self.shape),
        )
        return self._numbers(final, self.batch), gradients

    def best_path(self):
        """The best path, and the logarithm of its probability together with what is seen."""
        path, final = self.call.new(self.shape[:-1], _INT), self.call.new(self.batch, _DOUBLE)
        logs = [flat(self._room(2 * self.count * self.states)) for _ in range(2)]
        origin = self._room(math.prod(self.shape), np.dtype(np.int32))
        wrong = self._room(self.count, np.dtype(np.int32))
        fill_with(wrong, 0, self.call.stream)
        model = (
            (flat(self._plain[name]), self._apart_by_name[name])
            for name in ("log_initial", "log_transition")
        )
        given = *next(model), *next(model), self._batch, self.step
        seen = flat(self._plain["log_emission"]), *self._lengths_and_states
        made = best_path(recursions.threads_for(self.states))
        if self.count:
            room = *logs, *map(flat, (origin, wrong, path, final))
            self._launch_teams(made, self.count, *given, *seen, *room)
        return self.call.handed_out(path), self._numbers(final, self.batch)
