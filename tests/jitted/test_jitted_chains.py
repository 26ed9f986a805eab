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
    with pytest.raises(TypeError, match="log_emission must have 2 axes of float64"):
        call(initial, transition, emission[None])
    with pytest.raises(TypeError, match="log_initial must have one axis of float64"):
        call(initial.astype(np.float32), transition, emission)
    call = njit(lambda a, b, c: nl.hmm_forward(a, b, c, lengths=np.array([3])))
    with pytest.raises(TypeError, match="lengths is not supported"):
        call(initial, transition, emission)
