"""Hidden Markov chains on the GPU: exact values, batches, lengths, dtypes, places and errors."""

import numpy as np
import pytest
import test_chain_accuracy as exact
import test_chains as on_cpu
from flint import ctx
from libraries import LIBRARIES
from on_device import MORE, Foreign, cuda, download, on_cuda, upload
from special import assert_same
from test_chains import EMISSION, INITIAL, LENGTHS, TRANSITION, K, N, T

import numba_logspace as nl

inf, nan = np.inf, np.nan
NAMES = [name for name in nl.__all__ if name.startswith("hmm_")]


class OnCuda:
    """The package, with chains as functions of NumPy arrays that are computed on the GPU."""

    def __getattr__(self, name):
        function = getattr(nl, name)
        return on_cuda(function) if name in NAMES else function


on_gpu = OnCuda()


@pytest.fixture(autouse=True)
def on_device(monkeypatch):
    """Have the checks of NumPy arrays check CUDA arrays."""
    monkeypatch.setattr(exact, "nl", on_gpu)
    monkeypatch.setattr(on_cpu, "nl", on_gpu)
    for name in ("hmm_forward", "hmm_posterior"):
        monkeypatch.setitem(on_cpu.OF_STATES, name, getattr(on_gpu, name))
    for name, bound in exact.BOUNDS.items():
        monkeypatch.setitem(exact.BOUNDS, name, bound + MORE)


# --- exact values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "steps"),
    [
        (2, 40),
        # Enough steps for a block to sum up the expected moves, and states for one to take a chain.
        pytest.param(3, 150, marks=pytest.mark.slow),
        pytest.param(17, 30, marks=pytest.mark.slow),
        pytest.param(40, 6, marks=pytest.mark.slow),
        pytest.param(1, 20, marks=pytest.mark.slow),
    ],
)
def test_models(k, steps):
    with ctx.workprec(exact.BITS):
        for model in exact.models(steps, k, seed=k).values():
            exact.check_model(model)


@pytest.mark.slow
def test_a_long_chain():
    with ctx.workprec(exact.BITS):
        for name, model in exact.models(3000, 2).items():
            if name in ("nearly certain", "wide", "holes", "far apart"):
                exact.check_model(model)


@pytest.mark.parametrize("k", [2, pytest.param(17, marks=pytest.mark.slow)])
def test_best_paths(k):
    exact.test_best_paths(k)


def test_ties_go_to_the_lowest_state():
    rng = np.random.default_rng(5)
    with ctx.workprec(exact.BITS):
        for k in (2, 3):
            start, moves = -rng.integers(0, 3, k) * 1.0, -rng.integers(0, 3, (k, k)) * 1.0
            model = start, moves, -rng.integers(0, 3, (50, k)) * 1.0
            assert on_gpu.hmm_viterbi(*model)[0].tolist() == exact._best(*model)[0]


@pytest.mark.parametrize("k", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_sums_that_nearly_tie(k):
    exact.test_sums_that_nearly_tie(k)


def test_what_cannot_be_seen():
    exact.test_what_cannot_be_seen()


@pytest.mark.parametrize("bad", [nan, inf])
@pytest.mark.parametrize("of", range(3))
def test_what_is_no_probability(of, bad):
    exact.test_what_is_no_probability(of, bad)


# --- batches, lengths, dtypes --------------------------------------------------------------------


@pytest.mark.parametrize(
    "check",
    [
        on_cpu.test_batches_are_chains_one_by_one,
        on_cpu.test_each_chain_with_a_model_of_its_own,
        on_cpu.test_gradients_of_what_is_shared_are_sums,
        on_cpu.test_lengths,
        on_cpu.test_one_step,
        on_cpu.test_nan_is_in_what_is_computed_from_it,
        on_cpu.test_the_gradient_is_that_of_the_log_likelihood,
    ],
)
def test_as_on_the_cpu(check):
    check()


def test_no_chains():
    found = on_cpu.results(INITIAL, TRANSITION, np.empty((0, T, K)), lengths=np.empty(0, int))
    assert [r.shape[0] for r in found] == [0] * len(found)
    _, gradient = on_gpu.hmm_loglikelihood_value_and_grad(INITIAL, TRANSITION, np.empty((0, T, K)))
    assert [u.any() for u in gradient] == [False] * 3


def model_of(rng, k, batch, steps, kind):
    """A model of ragged chains with zeros in it, and the lengths."""
    lead = {"shared": (), "own": batch, "some": (batch[0], *[1] * (len(batch) - 1))}[kind]
    moves = {"shared": (k, k), "own": (*batch, steps - 1, k, k), "some": (*lead, 1, k, k)}[kind]
    initial = nl.log_softmax(rng.normal(size=(*lead, k)) * 3)
    transition = nl.log_softmax(rng.normal(size=moves) * 5)
    emission = rng.normal(size=(*batch, steps, k)) * 30
    transition[rng.random(moves) < 0.1] = -inf
    emission[rng.random(emission.shape) < 0.1] = -inf
    return (initial, transition, emission), rng.integers(1, steps + 1, batch)


@pytest.mark.parametrize(
    ("k", "batch", "steps", "kind"),
    [
        (5, (3, 2), 9, "some"),
        pytest.param(5, (3, 2), 9, "own", marks=pytest.mark.slow),
        pytest.param(70, (2, 2), 5, "some", marks=pytest.mark.slow),
        pytest.param(70, (3,), 5, "own", marks=pytest.mark.slow),
        pytest.param(300, (2,), 3, "shared", marks=pytest.mark.slow),
        pytest.param(2, (300,), 7, "shared", marks=pytest.mark.slow),
        pytest.param(4, (3,), 140, "shared", marks=pytest.mark.slow),
    ],
)
def test_ragged_batches(k, batch, steps, kind):
    model, lengths = model_of(np.random.default_rng(k), k, batch, steps, kind)
    for name in NAMES:
        given = model[1:] if name == "hmm_backward" else model
        found = getattr(on_gpu, name)(*given, lengths=lengths)
        wanted = getattr(nl, name)(*given, lengths=lengths)
        for y, other in zip(flat(found), flat(wanted), strict=True):
            assert y.dtype == other.dtype and y.shape == np.shape(other)
            if name == "hmm_viterbi" and y.dtype == np.int64:
                y = np.where(np.isfinite(found[1])[..., None], y, other)
            np.testing.assert_allclose(y, other, rtol=3e-15, atol=1e-25 * steps)


def flat(results):
    """All arrays of a result, one after the other."""
    if isinstance(results, tuple):
        return [y for part in results for y in flat(part)]
    return [results]


def test_dtypes():
    single = [u.astype(np.float32) for u in (INITIAL, TRANSITION, EMISSION)]
    right = on_cpu.results(*(u.astype(np.float64) for u in single))
    for y, other in zip(on_cpu.results(*single), right):
        assert y.dtype == (np.int64 if other.dtype == np.int64 else np.float32)
        assert_same(y, other.astype(y.dtype))
    assert on_gpu.hmm_forward(INITIAL, *single[1:]).dtype == np.float64
    whole = np.zeros(2, int), np.zeros((2, 2), bool), np.array([[0, -1]])
    assert_same(on_gpu.hmm_forward(*whole), nl.hmm_forward(*whole))


def test_layouts_and_out():
    model = INITIAL, TRANSITION, EMISSION
    wanted = on_cpu.results(*model, lengths=LENGTHS)
    for lie in (np.asfortranarray, lambda u: np.repeat(u[::-1], 2, axis=-1)[::-1][..., ::2]):
        found = on_cpu.results(*map(lie, model), lengths=np.repeat(LENGTHS.astype("i4"), 2)[::2])
        on_cpu.same(found, wanted)
    for name, result in zip(("hmm_forward", "hmm_backward", "hmm_posterior"), wanted):
        given = map(upload, model[1:] if name == "hmm_backward" else model)
        out = Foreign(np.zeros((T, N, 2 * K)).transpose(1, 0, 2)[..., ::2])
        assert getattr(nl, name)(*given, lengths=upload(LENGTHS), out=out) is out
        assert_same(download(out), result)


def test_huge_logarithms():
    moves = np.log([[0.5, 0.5], [0.5, 0.5]])
    for size in (1e14, 1e100, 1e280):
        seen = np.array([[0.0, -size], [-size, -2 * size], [-size, 0.0]])
        value = on_gpu.hmm_loglikelihood(np.zeros(2), moves, seen)
        assert abs(value / size + 1.0) <= 1e-13


def test_lengths_out_of_range_become_nan():
    lengths = np.array([T, 0, T + 1, -(2**40)])
    model = INITIAL, TRANSITION, EMISSION
    right = on_cpu.results(*model, lengths=np.array([T, 1, 1, 1]))
    found = on_cpu.results(*model, lengths=lengths)
    for y, other in zip(found, right):
        assert_same(y[0], other[0])
        assert (y[1:] == -1).all() if y.dtype == np.int64 else np.isnan(y[1:]).all()
    _, gradient = on_gpu.hmm_loglikelihood_value_and_grad(*model, lengths=lengths)
    assert all(np.isnan(u).all() for u in gradient[:2])
    huge = np.array([T, 2**63 + 1, 1, 1], np.uint64)
    assert np.isnan(on_gpu.hmm_loglikelihood(*model, lengths=huge)).tolist() == [0, 1, 0, 0]


# --- places and errors ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries_and_streams(name, monkeypatch):
    library = LIBRARIES[name](monkeypatch)
    arrays = INITIAL, TRANSITION, EMISSION
    sent, lengths = [library.send(u) for u in arrays], library.send(LENGTHS)
    stream = cuda.stream() if name == "numba" else None
    for function in (nl.hmm_forward, nl.hmm_loglikelihood_value_and_grad, nl.hmm_viterbi):
        found = function(*sent, lengths=lengths, stream=stream)
        cuda.synchronize()
        wanted = on_cuda(function)(*arrays, lengths=LENGTHS)
        for y, same in zip(flat(found), flat(wanted), strict=True):
            assert type(y) is type(sent[0])
            assert_same(library.fetched(y), same)


_MODEL = {"log_initial": INITIAL, "log_transition": TRANSITION, "log_emission": EMISSION}


@pytest.mark.parametrize(
    ("changed", "error", "match"),
    [
        ({"log_emission": np.zeros(3)}, ValueError, "log_emission must have the axes"),
        ({"log_emission": np.zeros((2, 0))}, ValueError, "log_emission must have the axes"),
        ({"log_initial": np.zeros((2, K))}, ValueError, "log_initial must have the shape"),
        ({"log_transition": np.zeros((T, K, K))}, ValueError, "log_transition must have the"),
        ({"lengths": np.full(N - 1, T)}, ValueError, "lengths must have the shape"),
        ({"lengths": np.ones(N)}, TypeError, r"lengths must hold ints.*lengths.astype\(numpy.int"),
        ({"log_emission": EMISSION + 0j}, TypeError, "log_emission has dtype complex128"),
    ],
)
def test_errors(changed, error, match):
    given = {name: upload(u) for name, u in (_MODEL | changed).items()}
    for name in NAMES:
        if name != "hmm_backward":
            with pytest.raises(error, match=match):
                getattr(nl, name)(**given)


def test_errors_of_places():
    model = {name: upload(u) for name, u in _MODEL.items()}
    for given, error, match in (
        (model | {"log_transition": TRANSITION}, TypeError, "log_transition is a ndarray while"),
        (model | {"lengths": LENGTHS}, TypeError, "lengths is a ndarray while other"),
        (model | {"log_initial": INITIAL}, TypeError, "log_transition is a CUDA array"),
        (model | {"workers": 2}, TypeError, "workers must be None for CUDA arrays"),
        (_MODEL | {"stream": 0}, TypeError, "stream must be None where log_initial is not"),
        (model | {"out": EMISSION.copy()}, TypeError, "out is a ndarray while other"),
        (model | {"out": upload(EMISSION[0])}, ValueError, "out must have the shape"),
        (model | {"out": upload(EMISSION.astype("f4"))}, TypeError, "out must have the dtype"),
        (model | {"out": model["log_emission"]}, ValueError, "out overlaps log_emission"),
    ):
        with pytest.raises(error, match=match):
            nl.hmm_posterior(**given)
    with pytest.raises(TypeError, match="stream must be None where log_transition is not"):
        nl.hmm_backward(TRANSITION, EMISSION, stream=0)
    assert_same(download(model["log_emission"]), EMISSION)
