"""Hidden Markov chains inside jitted code: one chain, of float64."""

import numpy as np
from numba import types

from .._compile.inline import inlined
from .._compile.stamp import check_sources
from .._cpu import chains as engine
from .._cpu.best_path import best_path_of_many
from .._cpu.chains import COUNTS, LOGS, NUMBERS, POSTERIORS
from .memory import quiet
from .typing import axes_in_words, check_floats, refuse

_AXES = {"log_initial": (1,), "log_transition": (2, 3), "log_emission": (2,)}


def _check_types(function, **arrays):
    for name, u in arrays.items():
        check_floats(function, u, name)
        if u.ndim not in _AXES[name] or u.dtype != types.float64:
            axes = axes_in_words(*_AXES[name])
            raise TypeError(
                f"{function}: {name} must have {axes} of float64 in jitted code, got {u}"
            )


@inlined
def _flat(u):
    return np.ascontiguousarray(u).reshape(-1)


def _step_of(transition):
    # How far the matrices of two steps are apart; with none at all it is negative.
    if transition.ndim == 2:
        return inlined(lambda u: 0)
    return inlined(lambda u: u.shape[1] ** 2 if u.shape[0] > 1 else u.shape[0] - 1)


@inlined
def _check_shapes(moves, transition, emission):
    steps, k = emission.shape
    if steps == 0 or k == 0:
        raise ValueError("log_emission must have at least one step and one state")
    if transition.shape[-1] != k or transition.shape[-2] != k:
        raise ValueError("log_transition must have a row and a column for each state")
    if moves != 1 and moves != steps - 1:
        raise ValueError("log_transition must have one matrix, or one for each step but the last")


@inlined
def _check_initial(initial, emission):
    if initial.shape[0] != emission.shape[1]:
        raise ValueError("log_initial must have a number for each state")


def _moves_of(transition):
    return inlined((lambda u: 1) if transition.ndim == 2 else (lambda u: u.shape[0]))


@inlined
def _moving(transition, emission, step):
    # What the kernels take of one chain.
    steps, k = emission.shape
    none, lengths = np.zeros(1, np.intp), np.full(1, steps, np.int64)
    return _flat(transition), none, step, _flat(emission), lengths, steps, k


@inlined
def _space(size):
    return np.empty(size), np.empty(size), np.empty(size)


def _of_backward():
    run = quiet(engine.backward())

    @inlined
    def finish(first, moving, transition, emission):
        none, values = _space(1), np.empty(emission.size)
        run(*(moving + (none, none, values, LOGS, values, moving[2], 0, 1)))
        return values.reshape(emission.shape)

    return finish


def _of_forward():
    run = quiet(engine.forward())

    @inlined
    def finish(first, moving, transition, emission):
        values, none = np.empty(emission.size), _space(1)
        run(*(first + moving + (values, none, none, LOGS, none[0], 0, 1)))
        return values.reshape(emission.shape)

    return finish


def _of_loglikelihood():
    run = quiet(engine.forward())

    @inlined
    def finish(first, moving, transition, emission):
        none = _space(1)
        run(*(first + moving + (none[0], none, none, 0, none[1], 0, 1)))
        return none[1][0]

    return finish


def _of_posterior():
    run, back = quiet(engine.forward()), quiet(engine.backward())

    @inlined
    def finish(first, moving, transition, emission):
        every, totals, none = _space(emission.size), _space(1), np.empty(1)
        run(*(first + moving + (none, every, totals, NUMBERS, none, 0, 1)))
        values = np.empty(emission.size)
        back(*(moving + (every, totals, values, POSTERIORS, none, moving[2], 0, 1)))
        return values.reshape(emission.shape)

    return finish


def _of_gradient():
    run, back = quiet(engine.forward()), quiet(engine.backward())

    @inlined
    def finish(first, moving, transition, emission):
        every, totals, final = _space(emission.size), _space(1), np.empty(1)
        run(*(first + moving + (final, every, totals, NUMBERS, final, 0, 1)))
        values, pairs = np.empty(emission.size), np.zeros(transition.size)
        back(*(moving + (every, totals, values, COUNTS, pairs, moving[2], 0, 1)))
        states = values.reshape(emission.shape)
        return final[0], (states[0].copy(), pairs.reshape(transition.shape), states)

    return finish


def _of_path():
    run = quiet(best_path_of_many())

    @inlined
    def finish(first, moving, transition, emission):
        path, final = np.empty(emission.shape[0], np.int64), np.empty(1)
        run(*(first + moving + (path, final, 0, 1)))
        return path, final[0]

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
    """What there is of one chain."""
    name, transition = entry.name, call.log_transition
    refuse(name, lengths=call.lengths, out=getattr(call, "out", None))
    given = {k: u for k, u in vars(call).items() if k in _AXES}
    _check_types(name, **given)
    finish, step_of, moves_of = _FINISH[name](), _step_of(transition), _moves_of(transition)

    @inlined
    def begin(initial, emission):
        _check_initial(initial, emission)
        return _flat(initial), np.zeros(1, np.intp)

    start = begin if "log_initial" in given else inlined(lambda initial, emission: None)

    def compute(log_initial, log_transition, log_emission):
        check_sources()
        _check_shapes(moves_of(log_transition), log_transition, log_emission)
        first = start(log_initial, log_emission)
        moving = _moving(log_transition, log_emission, step_of(log_transition))
        return finish(first, moving, log_transition, log_emission)

    return compute, tuple(k if k in given else "None" for k in _AXES)
