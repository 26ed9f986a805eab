"""Hidden Markov chains inside jitted code: one chain, or many with axes in front."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu import chains as engine
from .._cpu.best_path import best_path_of_many
from .._cpu.chains import COUNTS, LOGS, NUMBERS, POSTERIORS
from .._cpu.totals import sums_of_groups
from .memory import quiet
from .typing import axes_in_words, check_floats, is_none, refuse

# The axes of each argument for one chain.
_AXES = {"log_initial": (1,), "log_transition": (2, 3), "log_emission": (2,)}
# How many axes the chains may have in front.
_MOST_IN_FRONT = 2


def _check_types(function, given):
    # What chains share has no axes of theirs, and what they do not has them all.
    front = given["log_emission"].ndim - 2
    for name, u in given.items():
        check_floats(function, u, name)
        counts = [*_AXES[name]] if name != "log_emission" else []
        counts += [k + front for k in (1, 3) if k == _AXES[name][-1] and front]
        if name == "log_emission":
            counts = range(2, 3 + _MOST_IN_FRONT)
        if u.ndim not in counts:
            raise TypeError(
                f"{function}: {name} must have {axes_in_words(*counts)} in jitted code, got {u}"
            )
    return front


def _dtype_of(given):
    single = all(u.dtype == types.float32 for u in given.values())
    return np.float32 if single else np.float64


@inlined
def _flat(u):
    return np.ascontiguousarray(u).reshape(-1).astype(np.float64)


# --- what kernels take ---------------------------------------------------------------------------


def _front_checker(name, own):
    # A function of an array of that name and of what is seen: the axes before its `own` last ones
    # are those of the chains.
    message = f"{name} must have the axes of log_emission in front, or none"

    @inlined
    def check(u, emission):
        for i in range(u.ndim - own):
            if u.shape[i] != emission.shape[i]:
                raise ValueError(message)

    return check


def _reader_of_initial(initial):
    # A function of both arrays: the flat numbers, and where those of each chain begin.
    apart, check_front = initial.ndim > 1, _front_checker("log_initial", 1)

    @inlined
    def read(initial, emission):
        k = emission.shape[-1]
        if initial.shape[-1] != k:
            raise ValueError("log_initial must have a number for each state")
        check_front(initial, emission)
        count = emission.size // max(emission.shape[-2] * k, 1)
        return _flat(initial), np.arange(count) * (k if apart else 0)

    return read


def _reader_of_moves(transition):
    # A function of both arrays and the lengths: what kernels take of how chains move.
    each, apart = transition.ndim > 2, transition.ndim > 3
    check_front = _front_checker("log_transition", 3)

    @inlined
    def read(transition, emission, lengths):
        steps, k = emission.shape[-2:]
        if steps == 0 or k == 0:
            raise ValueError("log_emission must have at least one step and one state")
        if transition.shape[-1] != k or transition.shape[-2] != k:
            raise ValueError("log_transition must have a row and a column for each state")
        moves = transition.shape[-3] if each else 1
        if moves != 1 and moves != steps - 1:
            raise ValueError(
                "log_transition must have one matrix, or one for each step but the last"
            )
        check_front(transition, emission)
        at = np.arange(lengths.size) * (moves * k * k if apart else 0)
        # With no matrices at all it is negative.
        step = k * k if moves > 1 else moves - 1
        return _flat(transition), at, step, _flat(emission), lengths, steps, k

    return read


def _reader_of_lengths(function, lengths, front):
    # A function of the lengths and of what is seen: how many steps of each chain count.
    @inlined
    def whole(lengths, emission):
        steps = emission.shape[-2]
        return np.full(emission.size // max(steps * emission.shape[-1], 1), steps, np.int64)

    @inlined
    def given(lengths, emission):
        numbers = np.asarray(lengths)
        if numbers.shape != emission.shape[:-2]:
            raise ValueError("lengths must have a number for each chain of log_emission")
        flat = np.ascontiguousarray(numbers).reshape(-1).astype(np.int64)
        for n in flat:
            if n < 1 or n > emission.shape[-2]:
                raise ValueError("lengths must be between 1 and the steps of log_emission")
        return flat

    if is_none(lengths):
        return whole
    kind = lengths.dtype if isinstance(lengths, types.Array) else lengths
    axes = lengths.ndim if isinstance(lengths, types.Array) else 0
    if not isinstance(kind, types.Integer) or axes != front:
        raise TypeError(
            f"{function}: lengths must be integers with {axes_in_words(front)} in jitted code, "
            f"got {lengths}"
        )
    return given


# --- what is computed ----------------------------------------------------------------------------


@inlined
def _space(size):
    return np.empty(size), np.empty(size), np.empty(size)


def _of_backward(given, dtype):
    run = quiet(engine.backward())

    @inlined
    def finish(first, moving, initial, transition, emission):
        none, values = _space(1), np.empty(emission.size)
        run(*(moving + (none, none, values, LOGS, values, moving[2], 0, moving[4].size)))
        return values.astype(dtype).reshape(emission.shape)

    return finish


def _of_forward(given, dtype):
    run = quiet(engine.forward())

    @inlined
    def finish(first, moving, initial, transition, emission):
        values, none, count = np.empty(emission.size), _space(1), moving[4].size
        final = np.empty(count)
        run(*(first + moving + (values, none, none, LOGS, final, 0, count)))
        return values.astype(dtype).reshape(emission.shape)

    return finish


def _of_chains(given, dtype):
    # A function of a number for each chain: as it is returned.
    if given["log_emission"].ndim == 2:
        return inlined(lambda numbers, emission: dtype(numbers[0]))
    return inlined(lambda numbers, emission: numbers.astype(dtype).reshape(emission.shape[:-2]))


def _of_loglikelihood(given, dtype):
    run, of_chains = quiet(engine.forward()), _of_chains(given, dtype)

    @inlined
    def finish(first, moving, initial, transition, emission):
        none, count = _space(1), moving[4].size
        final = np.empty(count)
        run(*(first + moving + (none[0], none, none, 0, final, 0, count)))
        return of_chains(final, emission)

    return finish


def _of_posterior(given, dtype):
    run, back = quiet(engine.forward()), quiet(engine.backward())

    @inlined
    def finish(first, moving, initial, transition, emission):
        count = moving[4].size
        every, totals, final = _space(emission.size), _space(count), np.empty(count)
        run(*(first + moving + (final, every, totals, NUMBERS, final, 0, count)))
        values = np.empty(emission.size)
        back(*(moving + (every, totals, values, POSTERIORS, final, moving[2], 0, count)))
        return values.astype(dtype).reshape(emission.shape)

    return finish


@inlined
def _summed(values, count, size):
    # The sums over the chains of so many numbers each.
    sums = np.empty(size)
    sums_of_groups(np.ascontiguousarray(values.reshape(count, size).T).reshape(-1), sums)
    return sums


def _summed_to(u, own, front, dtype):
    # A function of the numbers of all chains and u: their sums where the chains share it.
    @inlined
    def shared(values, count, u):
        return _summed(values, count, u.size).astype(dtype).reshape(u.shape)

    if front and u.ndim <= own:
        return shared
    return inlined(lambda values, count, u: values.astype(dtype).reshape(u.shape))


def _of_gradient(given, dtype):
    run, back = quiet(engine.forward()), quiet(engine.backward())
    of_chains, front = _of_chains(given, dtype), given["log_emission"].ndim - 2
    for_initial = _summed_to(given["log_initial"], 1, front, dtype)
    for_moves = _summed_to(given["log_transition"], 3, front, dtype)

    @inlined
    def finish(first, moving, initial, transition, emission):
        count, steps, k = moving[4].size, moving[5], moving[6]
        every, totals, final = _space(emission.size), _space(count), np.empty(count)
        run(*(first + moving + (final, every, totals, NUMBERS, final, 0, count)))
        size = (transition.shape[-3] if transition.ndim > 2 else 1) * k * k
        values, pairs = np.empty(emission.size), np.zeros(count * size)
        back(*(moving + (every, totals, values, COUNTS, pairs, moving[2], 0, count)))
        begin = np.ascontiguousarray(values.reshape(count, steps, k)[:, 0]).reshape(-1)
        gradients = (
            for_initial(begin, count, initial),
            for_moves(pairs, count, transition),
            values.astype(dtype).reshape(emission.shape),
        )
        return of_chains(final, emission), gradients

    return finish


def _of_path(given, dtype):
    run, of_chains = quiet(best_path_of_many()), _of_chains(given, dtype)

    @inlined
    def finish(first, moving, initial, transition, emission):
        count, steps = moving[4].size, moving[5]
        path, final = np.empty(count * steps, np.int64), np.empty(count)
        run(*(first + moving + (path, final, 0, count)))
        return path.reshape(emission.shape[:-1]), of_chains(final, emission)

    return finish


_FINISH = {
    "hmm_backward": _of_backward,
    "hmm_forward": _of_forward,
    "hmm_loglikelihood": _of_loglikelihood,
    "hmm_loglikelihood_value_and_grad": _of_gradient,
    "hmm_posterior": _of_posterior,
    "hmm_viterbi": _of_path,
}


def plan_chain(entry, call):
    """What there is of chains."""
    name = entry.name
    refuse(name, out=getattr(call, "out", None))
    given = {k: u for k, u in vars(call).items() if k in _AXES}
    front = _check_types(name, given)
    finish = _FINISH[name](given, _dtype_of(given))
    moves, sizes = _reader_of_moves(given["log_transition"]), call.lengths
    steps_of = _reader_of_lengths(name, sizes, front)
    starts = "log_initial" in given
    begin = _reader_of_initial(given["log_initial"]) if starts else inlined(lambda u, v: None)

    def compute(log_initial, log_transition, log_emission, lengths):
        check_sources()
        moving = moves(log_transition, log_emission, steps_of(lengths, log_emission))
        first = begin(log_initial, log_emission)
        return finish(first, moving, log_initial, log_transition, log_emission)

    names = tuple(k if k in given else "None" for k in _AXES)
    return compute, (*names, "lengths")
