"""Chains inside jitted code: the same bits as the array functions, and their errors."""

import numpy as np
import pytest
from numba import njit

import numba_logspace as nl


@njit
def everything(initial, transition, emission):
    value, (first, moves, states) = nl.hmm_loglikelihood_value_and_grad(
        initial, transition, emission
    )
    path, best = nl.hmm_viterbi(initial, transition, emission)
    return (
        nl.hmm_forward(initial, transition, emission),
        nl.hmm_backward(transition, emission),
        nl.hmm_loglikelihood(initial, transition, emission),
        (value, first, moves, states),
        nl.hmm_posterior(initial, transition, emission),
        (path, best),
    )


def in_python(initial, transition, emission):
    """The same by the array functions."""
    value, gradient = nl.hmm_loglikelihood_value_and_grad(initial, transition, emission)
    return (
        nl.hmm_forward(initial, transition, emission),
        nl.hmm_backward(transition, emission),
        nl.hmm_loglikelihood(initial, transition, emission),
        (value, *gradient),
        nl.hmm_posterior(initial, transition, emission),
        nl.hmm_viterbi(initial, transition, emission),
    )


def model(steps, k, varies, seed=0):
    rng = np.random.default_rng(seed)
    shape = (steps - 1, k, k) if varies else (k, k)
    transition = nl.log_softmax(rng.normal(size=shape) * 3)
    return nl.log_softmax(rng.normal(size=k)), transition, rng.normal(size=(steps, k)) * 3


def assert_same(results, expected):
    for one, other in zip(results, expected, strict=True):
        if isinstance(one, tuple):
            assert_same(one, other)
        else:
            np.testing.assert_array_equal(one, other)
            assert np.shape(one) == np.shape(other)


def test_the_same_bits():
    for case in (model(30, 3, False), model(1, 2, False), model(5, 20, False)):
        assert_same(everything(*case), in_python(*case))


@pytest.mark.slow
def test_the_same_bits_of_other_layouts():
    for case in (model(30, 3, True), model(2, 3, True), model(1, 3, True)):
        assert_same(everything(*case), in_python(*case))
    initial, transition, emission = model(30, 3, False)
    emission = np.repeat(emission, 2, axis=0)[::2]
    assert_same(
        everything(initial, transition.T, emission), in_python(initial, transition.T, emission)
    )


def test_wrong_shapes():
    initial, transition, emission = model(30, 3, False)
    call = njit(lambda a, b, c: nl.hmm_loglikelihood(a, b, c))
    for wrong, match in (
        ((initial[1:], transition, emission), "log_initial"),
        ((initial, transition[:, :2].copy(), emission), "log_transition"),
        ((initial, transition, emission[:0]), "log_emission"),
    ):
        with pytest.raises(ValueError, match=match):
            call(*wrong)


def test_wrong_types():
    initial, transition, emission = model(30, 3, False)
    call = njit(lambda a, b, c: nl.hmm_loglikelihood(a, b, c))
    with pytest.raises(TypeError, match="log_emission must have 2 or 3 or 4 axes"):
        call(initial, transition, emission[0])
    with pytest.raises(TypeError, match="log_initial must have one axis in jitted code"):
        call(emission, transition, emission)
    with pytest.raises(TypeError, match="log_transition must have 2 or 3 or 4 axes"):
        call(initial, emission[0], emission[None])
    call = njit(lambda a, b, c, n: nl.hmm_forward(a, b, c, lengths=n))
    with pytest.raises(TypeError, match="lengths must be integers with no axes"):
        call(initial, transition, emission, np.array([3]))
    with pytest.raises(TypeError, match="lengths must be integers with one axis"):
        call(initial, transition, emission[None], np.array([3.0]))


# --- many chains ---------------------------------------------------------------------------------


@njit
def of_many(initial, transition, emission, lengths):
    gradient = nl.hmm_loglikelihood_value_and_grad(initial, transition, emission, lengths=lengths)
    return (
        nl.hmm_forward(initial, transition, emission, lengths=lengths),
        nl.hmm_backward(transition, emission, lengths=lengths),
        nl.hmm_loglikelihood(initial, transition, emission, lengths=lengths),
        gradient,
        nl.hmm_posterior(initial, transition, emission, lengths=lengths),
        nl.hmm_viterbi(initial, transition, emission, lengths=lengths),
    )


def many(front, steps, k, varies=False, own=False, dtype=np.float64, seed=1):
    """A model of chains with axes in front, of which some share their moves and beginnings."""
    rng = np.random.default_rng(seed)
    moves = (steps - 1, k, k) if varies else (1, k, k) if own else (k, k)
    transition = nl.log_softmax(rng.normal(size=(front if own else ()) + moves) * 3)
    initial = nl.log_softmax(rng.normal(size=(front if own else ()) + (k,)))
    emission = rng.normal(size=(*front, steps, k)) * 3
    lengths = rng.integers(1, steps + 1, front) if front else steps - 1
    return *(u.astype(dtype) for u in (initial, transition, emission)), lengths


@pytest.mark.slow
def test_many_chains():
    case = many((3,), 9, 5)
    assert_same(of_many(*case), of_many.py_func(*case))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("front", "varies", "own", "dtype"),
    [
        ((), False, False, np.float32),
        ((3,), False, True, np.float64),
        ((3,), True, False, np.float32),
        ((2, 3), True, True, np.float64),
    ],
)
def test_chains_of_every_kind(front, varies, own, dtype):
    case = many(front, 7, 5, varies, own, dtype)
    results, expected = of_many(*case), of_many.py_func(*case)
    assert_same(results, expected)
    assert results[0].dtype == results[3][1][1].dtype == dtype
    turned = [np.asfortranarray(u) for u in case[:3]]
    assert_same(of_many(*turned, case[3]), expected)


@pytest.mark.slow
def test_lengths_and_wrong_chains():
    initial, transition, emission, lengths = many((3,), 9, 5, own=True)
    call = njit(lambda a, b, c, n: nl.hmm_loglikelihood(a, b, c, lengths=n))
    right = call.py_func(initial, transition, emission, lengths)
    np.testing.assert_array_equal(call(initial, transition, emission, lengths), right)
    for wrong, match in (
        ((initial[:2], transition, emission, lengths), "log_initial must have the axes"),
        ((initial, transition[:2], emission, lengths), "log_transition must have the axes"),
        ((initial, transition, emission, lengths[:2]), "a number for each chain"),
        ((initial, transition, emission, lengths * 0), "between 1 and the steps"),
        ((initial, transition, emission, lengths + 9), "between 1 and the steps"),
    ):
        with pytest.raises(ValueError, match=match):
            call(*wrong)


@pytest.mark.slow
def test_no_chains():
    initial, transition, emission, lengths = many((3,), 9, 5)
    case = initial, transition, emission[:0], lengths[:0]
    assert_same(of_many(*case), of_many.py_func(*case))
