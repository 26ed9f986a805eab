"""Results share no memory with any array of a call: masks, ids, offsets, lengths, class weights."""

import numpy as np
import pytest
from numba import njit

import numba_logspace as nl

X = np.random.default_rng(0).normal(size=(6, 10))
CHAIN = np.zeros(2), np.zeros((2, 2)), np.zeros((3, 4, 2))
OFFSETS = np.array([0, 3, 3, 10])
IDS = np.repeat([0, 1], 5)
MASK = np.arange(10) < 7


def shared(values, shape):
    """An array of these values, and one of doubles of a shape over the same memory."""
    room = np.zeros(max(np.prod(shape) * 8, values.nbytes), np.uint8)
    view = room[: values.nbytes].view(values.dtype).reshape(values.shape)
    view[...] = values
    return view, room[: np.prod(shape) * 8].view(np.float64).reshape(shape)


def rows(mask, out):
    return nl.softmax(X, where=mask, out=out)


def reduction(mask, out):
    return nl.logsumexp(X, where=mask, out=out)


def vjp(mask, out):
    return nl.log_softmax_vjp(X, X, where=mask, out=out)


def cotangents_of_rows(mask, out):
    return nl.logsumexp_vjp(X, np.ones(6), where=mask, out=out)


def weighted(mask, out):
    return nl.logsumexp(X, b=X, where=mask, out=out)


def loss(mask, out):
    return nl.cross_entropy_value_and_grad(X, np.ones(6, int), where=mask, out=out)


def loss_of_classes(weights, out):
    return nl.cross_entropy_value_and_grad(X, np.ones(6, int), class_weights=weights, out=out)


def single_logits(mask, out):
    return nl.sigmoid_binary_cross_entropy_value_and_grad(X, X > 0, where=mask, out=out)


def segments(offsets, out):
    return nl.segment_softmax(X[0], offsets=offsets, out=out)


def segments_vjp(offsets, out):
    return nl.segment_logsumexp_vjp(X[0], None, offsets=offsets, out=out)


def ids(given, out):
    return nl.segment_log_softmax(X[0], given, out=out)


def chains(lengths, out):
    return nl.hmm_forward(*CHAIN, lengths=lengths, out=out)


def posterior(lengths, out):
    return nl.hmm_posterior(*CHAIN, lengths=lengths, out=out)


CASES = [
    (rows, MASK, X.shape, "where"),
    (reduction, MASK, (6,), "where"),
    (vjp, MASK, X.shape, "where"),
    (cotangents_of_rows, MASK, X.shape, "where"),
    (weighted, MASK, (6,), "where"),
    (loss, MASK[:6], X.shape, "where"),
    (loss_of_classes, np.ones(10), X.shape, "class_weights"),
    (single_logits, np.ones(X.shape, bool), X.shape, "where"),
    (segments, OFFSETS, (10,), "offsets"),
    (segments, OFFSETS.astype(np.int32), (10,), "offsets"),
    (segments_vjp, OFFSETS, (10,), "offsets"),
    (ids, IDS, (10,), "segment_ids"),
    (chains, np.array([4, 2, 1]), (3, 4, 2), "lengths"),
    (posterior, np.array([4, 2, 1]), (3, 4, 2), "lengths"),
]


@pytest.mark.parametrize(("function", "values", "shape", "name"), CASES)
def test_an_out_that_shares_memory(function, values, shape, name):
    view, out = shared(values, shape)
    with pytest.raises(ValueError, match=f"out overlaps {name} in memory"):
        function(view, out)
    np.testing.assert_array_equal(view, values)  # nothing has been written


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("function", "values", "match"),
    [
        (lambda o, out: nl.segment_softmax(X[0], offsets=o, out=out), OFFSETS, "offsets"),
        (lambda i, out: nl.segment_softmax(X[0], i, out=out), IDS, "segment_ids"),
        (lambda m, out: nl.softmax(X[0], where=m, out=out), MASK, "where"),
    ],
)
def test_in_jitted_code(function, values, match):
    view, out = shared(values, (10,))
    jitted = njit(function)
    with pytest.raises(ValueError, match=f"out must not overlap .*{match}"):
        jitted(view, out)
    np.testing.assert_array_equal(view, values)
    np.testing.assert_array_equal(jitted(values, out), function(values, None))


def test_many_rows_with_a_mask_in_the_memory_of_out():
    mask = np.random.default_rng(0).random((30_000, 10)) < 0.5
    view, out = shared(mask, mask.shape)
    x = np.zeros(mask.shape)
    with pytest.raises(ValueError, match="out overlaps where"):
        nl.softmax(x, where=view, out=out, workers=1)
