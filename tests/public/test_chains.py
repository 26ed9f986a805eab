"""Chains as public functions: batches, lengths, layouts, dtypes, `out`, threads, errors."""

import numpy as np
import pytest

import numba_logspace as nl

K, T, N = 3, 12, 4
RNG = np.random.default_rng(0)
INITIAL = nl.log_softmax(RNG.normal(size=K))
TRANSITION = nl.log_softmax(RNG.normal(size=(K, K)))
EMISSION = RNG.normal(size=(N, T, K)) * 3
LENGTHS = np.array([T, 1, 5, 2])
# Functions by what they take, each with arrays as results.
OF_STATES = {
    "hmm_forward": nl.hmm_forward,
    "hmm_backward": lambda i, *rest, **options: nl.hmm_backward(*rest, **options),
    "hmm_posterior": nl.hmm_posterior,
}
each_of_states = pytest.mark.parametrize("name", OF_STATES)


def results(initial, transition, emission, **options):
    """Whatever each function gives, but the gradients that chains share."""
    path, best = nl.hmm_viterbi(initial, transition, emission, **options)
    value, gradient = nl.hmm_loglikelihood_value_and_grad(initial, transition, emission, **options)
    found = [f(initial, transition, emission, **options) for f in OF_STATES.values()]
    return [*found, path, best, value, gradient[2]]


def same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_batches_are_chains_one_by_one():
    whole = results(INITIAL, TRANSITION, EMISSION)
    for n in range(N):
        same([r[n] for r in whole], results(INITIAL, TRANSITION, EMISSION[n]))
    assert whole[-2].shape == (N,)
    two = results(INITIAL, TRANSITION, EMISSION.reshape(2, 2, T, K))
    same([r.reshape(w.shape) for r, w in zip(two, whole)], whole)
    threads = results(INITIAL, TRANSITION, EMISSION, workers=2)
    same(threads, whole)


def test_each_chain_with_a_model_of_its_own():
    initial = nl.log_softmax(RNG.normal(size=(N, K)))
    constant = nl.log_softmax(RNG.normal(size=(N, 1, K, K)))
    varying = nl.log_softmax(RNG.normal(size=(N, T - 1, K, K)))
    for transition in (constant, varying):
        whole = results(initial, transition, EMISSION)
        for n in range(N):
            same([r[n] for r in whole], results(initial[n], transition[n], EMISSION[n]))
    _, one = nl.hmm_loglikelihood_value_and_grad(initial, varying, EMISSION)
    assert [g.shape for g in one] == [initial.shape, varying.shape, EMISSION.shape]
    # A matrix repeated for each step is the same model.
    _, other = nl.hmm_loglikelihood_value_and_grad(initial, constant, EMISSION)
    repeated = np.repeat(constant, T - 1, axis=1)
    _, spread = nl.hmm_loglikelihood_value_and_grad(initial, repeated, EMISSION)
    np.testing.assert_allclose(spread[1].sum(1), other[1][:, 0], rtol=1e-15)


def test_gradients_of_what_is_shared_are_sums():
    _, shared = nl.hmm_loglikelihood_value_and_grad(INITIAL, TRANSITION, EMISSION, lengths=LENGTHS)
    alone = [
        nl.hmm_loglikelihood_value_and_grad(INITIAL, TRANSITION, EMISSION[n, : LENGTHS[n]])[1]
        for n in range(N)
    ]
    for i in range(2):
        total = sum(gradient[i] for gradient in alone)
        np.testing.assert_allclose(shared[i], total, rtol=4e-16 * N)
    assert shared[1].shape == (K, K)


def test_lengths():
    poisoned = EMISSION.copy()
    for n, length in enumerate(LENGTHS):
        poisoned[n, length:] = np.nan
    whole = results(INITIAL, TRANSITION, poisoned, lengths=LENGTHS)
    for n, length in enumerate(LENGTHS):
        alone = results(INITIAL, TRANSITION, EMISSION[n, :length])
        same([r[n][:length] if r[n].ndim else r[n] for r in whole], alone)
        for values, rest in zip(whole, (-np.inf, -np.inf, -np.inf, -1, None, None, 0.0)):
            if rest is not None:
                assert (values[n][length:] == rest).all()


def others(initial, transition, emission, lengths):
    """What `results` leaves out, but the path."""
    _, gradient = nl.hmm_loglikelihood_value_and_grad(
        initial, transition, emission, lengths=lengths
    )
    value = nl.hmm_loglikelihood(initial, transition, emission, lengths=lengths)
    moves = gradient[1]
    return value, gradient[0], moves.sum(axis=tuple(range(moves.ndim - 2)))


@pytest.mark.slow
@pytest.mark.parametrize(("count", "steps"), [(1, 70), (3, 40), (40, 9)])
def test_stretches(count, steps):
    # Of few states each lane has a stretch of a chain, or a chain; with a matrix for each step
    # all go the general way.
    seen = RNG.normal(size=(count, steps, K)) * 3
    seen[0, 5:7, 0] = -np.inf
    if count > 2:
        seen[1, 3] = [0.0, -400.0, 500.0]  # too far apart for lanes
        seen[2, 4] = -np.inf
    lengths = RNG.integers(1, steps + 1, count) if count > 1 else None
    for start in (INITIAL, nl.log_softmax(RNG.normal(size=(count, K)))):
        general = np.broadcast_to(TRANSITION, (steps - 1, K, K))
        found = [
            (*results(start, moves, seen, lengths=lengths), *others(start, moves, seen, lengths))
            for moves in (TRANSITION, general)
        ]
        for one, other in zip(*found):
            np.testing.assert_allclose(one, other, rtol=2e-15, atol=1e-25 * steps)
    seen[0, 0] = np.nan
    assert np.isnan(nl.hmm_loglikelihood(INITIAL, TRANSITION, seen)).tolist()[0]
    forward = np.isnan(nl.hmm_forward(INITIAL, TRANSITION, seen))
    assert forward[0].all() and not forward[1:].any()


def test_one_step():
    emission = EMISSION[:, :1]
    np.testing.assert_allclose(
        nl.hmm_loglikelihood(INITIAL, TRANSITION, emission),
        nl.logsumexp(INITIAL + emission[:, 0], axis=-1),
        rtol=1e-15,
    )
    none = np.empty((0, K, K))
    same(results(INITIAL, none, emission), results(INITIAL, TRANSITION, emission))
    _, gradient = nl.hmm_loglikelihood_value_and_grad(INITIAL, none, emission)
    assert gradient[1].shape == none.shape
    assert not nl.hmm_loglikelihood_value_and_grad(INITIAL, TRANSITION, emission)[1][1].any()


def test_no_chains():
    found = results(INITIAL, TRANSITION, EMISSION[:0])
    assert [r.shape[0] for r in found] == [0] * len(found)


@pytest.mark.parametrize("layout", ["F", "strided", "reversed", "big-endian", "read-only", "list"])
def test_layouts(layout):
    turn = {
        "F": np.asfortranarray,
        "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
        "reversed": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
        "big-endian": lambda x: x.astype(">f8"),
        "read-only": lambda x: np.frombuffer(x.tobytes()).reshape(x.shape),
        "list": np.ndarray.tolist,
    }[layout]
    model = INITIAL, TRANSITION, EMISSION
    same(results(*map(turn, model)), results(*model))


def test_dtypes():
    single = [u.astype(np.float32) for u in (INITIAL, TRANSITION, EMISSION)]
    exact = results(*(u.astype(np.float64) for u in single))
    for one, other in zip(results(*single), exact):
        assert one.dtype == (np.int64 if other.dtype == np.int64 else np.float32)
        np.testing.assert_array_equal(one, other.astype(one.dtype))
    assert nl.hmm_forward(INITIAL, *single[1:]).dtype == np.float64
    assert nl.hmm_forward(*(u.astype(np.float16) for u in single)).dtype == np.float16
    assert nl.hmm_forward(np.zeros(2, int), np.zeros((2, 2), bool), [[0, -1]]).dtype == np.float64


@each_of_states
def test_out(name):
    call = OF_STATES[name]
    expected = call(INITIAL, TRANSITION, EMISSION)
    for out in (np.empty_like(EMISSION), np.empty((T, N, K)).transpose(1, 0, 2)):
        assert call(INITIAL, TRANSITION, EMISSION, out=out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("count", [(), (2,)])
def test_out_of_the_likelihood(count):
    seen = EMISSION[:2].reshape(*count, -1, K)
    out = np.empty(count)
    assert nl.hmm_loglikelihood(INITIAL, TRANSITION, seen, out=out) is out
    np.testing.assert_array_equal(out, nl.hmm_loglikelihood(INITIAL, TRANSITION, seen))
    with pytest.raises(ValueError, match="out must have the shape"):
        nl.hmm_loglikelihood(INITIAL, TRANSITION, seen, out=np.empty(5))
    with pytest.raises(ValueError, match="out overlaps log_emission"):
        nl.hmm_loglikelihood(INITIAL, TRANSITION, seen, out=seen[..., 0, 0])


@each_of_states
def test_wrong_out(name):
    call = OF_STATES[name]
    locked = np.empty_like(EMISSION)
    locked.flags.writeable = False
    for out, error, match in (
        (np.empty((N, T)), ValueError, "out must have the shape"),
        (np.empty((N, T, K), np.float32), TypeError, "out must have the dtype"),
        (EMISSION, ValueError, "out overlaps log_emission"),
        (locked, ValueError, "read-only"),
        ([0.0], TypeError, "out must be a numpy array"),
    ):
        before = EMISSION.copy()
        with pytest.raises(error, match=match):
            call(INITIAL, TRANSITION, EMISSION, out=out)
        np.testing.assert_array_equal(EMISSION, before)


def test_no_lengths_of_no_chains():
    empty = np.empty((0, 3, K))
    assert nl.hmm_posterior(INITIAL, TRANSITION, empty, lengths=[]).shape == empty.shape
    with pytest.raises(ValueError, match="between 1 and 12, .* got 13$"):
        nl.hmm_loglikelihood(INITIAL, TRANSITION, EMISSION[0], lengths=T + 1)


def test_nan_is_in_what_is_computed_from_it():
    seen = np.zeros((4, K))
    seen[1, 1] = np.nan
    forward = np.isnan(nl.hmm_forward(INITIAL, TRANSITION, seen))
    assert forward.sum(axis=1).tolist() == [0, 1, K, K] and forward[1, 1]
    backward = np.isnan(nl.hmm_backward(TRANSITION, seen))
    assert backward.sum(axis=1).tolist() == [K, 0, 0, 0]
    assert np.isnan(nl.hmm_posterior(INITIAL, TRANSITION, seen)).all()
    assert np.isnan(nl.hmm_loglikelihood(INITIAL, TRANSITION, seen))


class OnCuda:
    """What tells that an array is in the memory of a GPU."""

    __cuda_array_interface__ = {"shape": (2,), "typestr": "<f8", "data": (0, False), "version": 3}


@pytest.mark.one_in(4)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("steps", [2, 40])
def test_moves_that_are_no_numbers_in_chains_side_by_side(bad, steps):
    moves = TRANSITION[:2, :2].copy()
    moves[0, 1] = bad
    seen = np.zeros((17, steps, 2))
    for name, f in OF_STATES.items():
        found, alone = f(np.zeros(2), moves, seen), f(np.zeros(2), moves, seen[:1])
        assert np.isnan(alone).any()
        np.testing.assert_array_equal(found, np.repeat(alone, 17, axis=0), err_msg=name)


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"log_emission": np.zeros(3)}, ValueError, "log_emission must have the axes"),
        ({"log_emission": np.zeros((0, 3))}, ValueError, "log_emission must have the axes"),
        ({"log_emission": np.zeros((2, 0))}, ValueError, "log_emission must have the axes"),
        ({"log_initial": np.zeros(2)}, ValueError, "log_initial must have the shape"),
        ({"log_initial": 0.0}, ValueError, "log_initial must have the shape"),
        ({"log_initial": np.zeros((2, K))}, ValueError, "log_initial must have the shape"),
        ({"log_transition": np.zeros((K, 2))}, ValueError, "log_transition must have the shape"),
        ({"log_transition": np.zeros((T, K, K))}, ValueError, "log_transition must have the"),
        ({"log_transition": np.zeros((3, 1, K, K))}, ValueError, "log_transition must have the"),
        ({"lengths": [T] * (N - 1)}, ValueError, "lengths must have the shape"),
        ({"lengths": [T, T, T, T + 1]}, ValueError, "lengths must be between 1 and 12.* 13 at 3$"),
        ({"lengths": [T, 0, T, 0]}, ValueError, "lengths must be between 1 and 12.* got 0 at 1$"),
        (
            {"lengths": [1.0] * N},
            TypeError,
            r"lengths must hold ints.* lengths.astype\(numpy.int64",
        ),
        ({"lengths": ["1"] * N}, TypeError, "lengths must hold ints, got dtype <U1$"),
        ({"log_emission": EMISSION + 0j}, TypeError, "log_emission has dtype complex128"),
        ({"log_emission": np.ma.masked_array(EMISSION)}, TypeError, "log_emission is a masked"),
        ({"log_transition": OnCuda()}, TypeError, "log_transition is a CUDA array"),
        ({"workers": 0}, ValueError, "workers must be"),
    ],
)
def test_errors(changed, error, match):
    arguments = {"log_initial": INITIAL, "log_transition": TRANSITION, "log_emission": EMISSION}
    arguments |= changed
    for function in (
        *(nl.hmm_forward, nl.hmm_posterior, nl.hmm_loglikelihood, nl.hmm_viterbi),
        nl.hmm_loglikelihood_value_and_grad,
    ):
        with pytest.raises(error, match=match):
            function(**arguments)


def test_the_gradient_is_that_of_the_log_likelihood():
    # By central differences in a random direction, of which the error is known.
    steps = [RNG.normal(size=u.shape) for u in (INITIAL, TRANSITION, EMISSION[0])]
    model, h = (INITIAL, TRANSITION, EMISSION[0]), 1e-5
    _, gradient = nl.hmm_loglikelihood_value_and_grad(*model)
    up, down = (
        nl.hmm_loglikelihood(*(u + sign * h * d for u, d in zip(model, steps))) for sign in (1, -1)
    )
    slope = sum((g * d).sum() for g, d in zip(gradient, steps))
    assert abs((up - down) / (2 * h) - slope) <= 1e-7 * abs(slope)
