"""Calls on CUDA arrays that come again: the same results and errors as of the general way."""

import contextlib
import gc
import os
import pathlib
import subprocess
import sys
import threading

import numpy as np
import pytest
from libraries import LIBRARIES, Tensor
from on_device import Foreign, cuda, download, upload
from special import assert_same

import numba_logspace as nl
from numba_logspace._cuda import again, arrays
from numba_logspace._cuda.descriptions import reader
from numba_logspace._cuda.plans import _Plan as Plan

PACKAGE = str(pathlib.Path(nl.__file__).parent)
api = cuda.cudadrv.driver.driver


@pytest.fixture(autouse=True)
def nothing_before():
    """Every test begins without plans."""
    again.PLANS.clear()


def of_seed(seed):
    """Arrays {name: array} of a call."""
    rng = np.random.default_rng(seed)
    x, g, t = rng.normal(0, 3, (3, 4, 10))
    return {
        "x": x,
        "g": g,
        "t": t,
        "labels": rng.integers(0, 10, 4),
        "shares": rng.random((4, 10)),
        "weights": rng.random(4),
        "factors": rng.random(10),
        "mask": rng.random((4, 10)) < 0.7,
        "present": rng.random(4) < 0.7,
        "offsets": np.array([0, 3, 4]),
        "out": np.zeros((4, 10)),
        "out2": np.zeros((4, 10)),
        "rows": np.zeros(4),
        "turned": rng.normal(size=(4, 20)).astype(np.float32)[:, ::-2],
        "moves": rng.normal(size=(10, 10)),
    }


CALLS = {
    "map": lambda a: nl.log1m_softmax(a.x),
    "map into out": lambda a: nl.log1m_softmax(a.x, out=a.out),
    "in place": lambda a: nl.log1m_softmax(a.out, out=a.out),
    "columns": lambda a: nl.softmax(a.x, axis=0),
    "all axes": lambda a: nl.log_softmax(a.x, axis=(0, 1)),
    "reversed": lambda a: nl.log1m_softmax(a.turned),
    "mask": lambda a: nl.softmax(a.x, where=a.mask),
    "reduction": lambda a: nl.logsumexp(a.x),
    "kept axes": lambda a: nl.logmeanexp(a.x, axis=0, keepdims=True),
    "reduction into out": lambda a: nl.logsumexp(a.x, out=a.rows),
    "reduction, mask": lambda a: nl.logmeanexp(a.x, where=a.mask, axis=None),
    "scan": lambda a: nl.logcumsumexp(a.x),
    "weighted": lambda a: nl.logsumexp(a.x, b=a.g, return_sign=True),
    "but the maximum": lambda a: nl.logsumexp_excluding_max_vjp(a.x, a.weights),
    "vjp": lambda a: nl.log1m_softmax_vjp(a.x, a.g, out=a.out),
    "vjp of equal arrays": lambda a: nl.softmax_vjp(a.x, a.x),
    "vjp of a reduction": lambda a: nl.logsumexp_vjp(a.x, a.weights),
    "pair": lambda a: nl.log1m_softmax_value_and_vjp(a.x, a.g, out=(a.out, a.out2)),
    "new pair": lambda a: nl.log1m_softmax_value_and_vjp(a.x, a.g),
    "hvp": lambda a: nl.log1m_softmax_hvp(a.x, a.g, a.t),
    "slope": lambda a: nl.logsumexp_jvp(a.x, a.t),
    "gradients of weights": lambda a: nl.weighted_logsumexp_vjp(a.x, a.shares, a.weights),
    "loss": lambda a: nl.cross_entropy(a.x, a.labels),
    "mean": lambda a: nl.cross_entropy(a.x, a.labels, weights=a.weights, reduction="mean"),
    "sum": lambda a: nl.complement_cross_entropy(a.x, a.shares, reduction="sum"),
    "gradient": lambda a: nl.cross_entropy_value_and_grad(a.x, a.labels, out=a.out),
    "options": lambda a: nl.cross_entropy_value_and_grad(
        a.x, a.labels, where=a.present, class_weights=a.factors, label_smoothing=0.25
    ),
    "entry loss": lambda a: nl.sigmoid_binary_cross_entropy_value_and_grad(a.x, a.shares),
    "gate": lambda a: nl.gated_log_softmax(a.weights, a.x, a.g),
    "segments": lambda a: nl.segment_log_softmax(a.weights, offsets=a.offsets),
    "jacobian": lambda a: nl.log1m_softmax_jacobian(a.x),
    "product": lambda a: nl.logmatmulexp(a.weights, a.x),
    "gradients of a product": lambda a: nl.logmatmulexp_vjp(a.x, a.moves),
    "slope of a product": lambda a: nl.logmatmulexp_jvp(a.x, a.moves, a.g, None),
    "hvp of an entry loss": lambda a: nl.sigmoid_binary_cross_entropy_hvp(a.x, a.shares, a.t),
    "chain": lambda a: nl.hmm_forward(a.factors, a.moves, a.x, out=a.out),
    "best path": lambda a: nl.hmm_viterbi(a.factors, a.moves, a.x),
    "gradients of a chain": lambda a: nl.hmm_loglikelihood_value_and_grad(a.factors, a.moves, a.x),
    "moments": lambda a: nl.logvarexp_vjp(a.x, a.weights, where=a.mask),
    "elementwise": lambda a: nl.log1pexp(a.x, where=a.mask, out=a.out),
    "beside a number": lambda a: nl.logaddexp(-2.0, a.x),
    "positional out": lambda a: nl.logaddexp(a.x, a.g, a.out),
}


class Sent:
    """The arrays of a call on the GPU."""

    def __init__(self, seed, send=upload):
        for name, array in of_seed(seed).items():
            setattr(self, name, send(array))


def plan_of_last():
    """The plan that the last new description has got, if any."""
    return [*again.PLANS.values()][-1]


def by_plan(call, seeds=(1, 2, 3), send=upload):
    """The result for the last of the seeds, by a plan of the calls before."""
    for seed in (seeds[0], *seeds[:-1]):  # that a class is one of CUDA arrays is learned first
        call(Sent(seed, send))
    assert isinstance(plan_of_last(), Plan)
    count, sent = len(again.PLANS), Sent(seeds[-1], send)
    with launched() as launches:
        result = call(sent)
    assert launches["general"] == 0
    assert len(again.PLANS) == count
    return result, sent


@contextlib.contextmanager
def launched():
    """How many kernels are launched by the general way within."""
    found, launch = {"general": 0}, cuda.dispatcher._Kernel.launch

    def noted(self, *args, **options):
        found["general"] += 1
        return launch(self, *args, **options)

    cuda.dispatcher._Kernel.launch = noted
    try:
        yield found
    finally:
        cuda.dispatcher._Kernel.launch = launch


def each(result):
    """The arrays of a result, which may be in tuples."""
    return [u for part in result for u in each(part)] if isinstance(result, tuple) else [result]


def said(array):
    return type(array), tuple(array.shape), array.dtype, getattr(array, "stream", None)


@pytest.mark.parametrize("name", CALLS)
def test_results_are_those_of_the_general_way(name):
    call = CALLS[name]
    wanted = call(Sent(3))  # the first one
    again.PLANS.clear()
    found, sent = by_plan(call)
    assert isinstance(found, tuple) == isinstance(wanted, tuple)
    for a, b in zip(each(found), each(wanted), strict=True):
        assert said(a) == said(b)
        assert_same(download(a), download(b))
    if name.endswith("out") or name in ("in place", "vjp", "pair"):
        assert any(each(found)[0] is u for u in vars(sent).values())


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["map", "kept axes", "vjp", "mean", "new pair", "options"])
def test_results_are_of_the_library(name, library, monkeypatch):
    library = LIBRARIES[library](monkeypatch)
    wanted = download(CALLS[name](Sent(3)))
    found, sent = by_plan(CALLS[name], send=library.send)
    for a, b in zip(each(found), each(wanted), strict=True):
        assert type(a) is type(sent.x)
        assert_same(library.fetch(a), b)


def test_the_library_is_that_of_the_first_set():
    def call(a):
        return nl.gated_log_softmax(Foreign(np.zeros(4)), a.x, a.g)

    found, _ = by_plan(call)
    assert_same(download(found), download(call(Sent(3))))


# --- what is part of the description -------------------------------------------------------------


def checked(call, *seeds):
    """Have calls with the seeds, of plans or not, the results of the first call with each."""
    wanted = {}
    for seed in seeds:
        again.PLANS.clear()
        wanted[seed] = download(call(seed))
    again.PLANS.clear()
    for _ in range(3):
        for seed in seeds:
            assert_same(download(call(seed)), wanted[seed])


def test_options_are():
    a, zeros = Sent(1), upload(np.zeros(3))
    calls = (
        lambda: nl.softmax(a.x),
        lambda: nl.softmax(a.x, 0),
        lambda: nl.softmax(a.x, None),
        lambda: nl.log_softmax(a.x),
        lambda: nl.logsumexp(a.x, 1),
        lambda: nl.logsumexp(a.x, 1, keepdims=True),
        lambda: nl.logaddexp(zeros, 0.0),
        lambda: nl.logaddexp(zeros, -0.0),
        lambda: nl.logaddexp(a.x, 1),
        lambda: nl.logaddexp(a.x, True),
        lambda: nl.logaddexp(a.x, 1.0),
        lambda: nl.logaddexp(a.x, 2.0),
        lambda: nl.logaddexp(1.0, a.x),
        lambda: nl.cross_entropy(a.x, a.labels, reduction="sum"),
        lambda: nl.cross_entropy(a.x, a.labels, reduction="mean"),
        lambda: nl.cross_entropy(a.x, a.labels, label_smoothing=0.5),
        lambda: nl.cross_entropy(a.x, a.labels, weights=a.weights),
        lambda: nl.cross_entropy(a.x, a.labels, class_weights=a.factors),
    )
    checked(lambda number: calls[number](), *range(len(calls)))


def test_shapes_strides_and_dtypes_are():
    x = np.random.default_rng(0).normal(size=(12, 12))
    views = [x, x[:6], x[:, :6], x[::2], x[::-1], x.T, x.reshape(4, 36), x.ravel()]
    views += [x.astype(dtype) for dtype in ("f4", "i4", "u1")]
    sent = [upload(v) for v in views]
    checked(lambda number: nl.log1m_softmax(sent[number]), *range(len(sent)))


def test_how_arrays_lie_to_each_other_is():
    memory = upload(np.random.default_rng(0).normal(size=(5, 40)).astype(np.float32).ravel())
    x, g = memory[:40].reshape(1, 40), memory[40:80].reshape(1, 40)
    # At no multiple of 16 bytes, and partly in the same place.
    others = [memory[i : i + 40].reshape(1, 40) for i in (1, 81, 42, 20)]
    pairs = [(x, g), (x, x), (g, x), *((x, u) for u in others), *((u, u) for u in others)]
    checked(lambda number: nl.log1m_softmax_vjp(*pairs[number]), *range(len(pairs)))


class OnEither(Foreign):
    """An array of a library for both sides, which shows an interface only on CUDA."""

    on_cuda = True

    @property
    def __cuda_array_interface__(self):
        if not self.on_cuda:
            raise AttributeError
        return super().__cuda_array_interface__


def test_what_the_general_way_has_to_look_at_has_none():
    x, tensors = np.zeros((4, 10)), [Tensor(np.zeros(3)) for _ in range(3)]
    tensors[1].is_cuda, tensors[2].requires_grad = False, True
    either, elsewhere = OnEither(x), OnEither(x)
    elsewhere.on_cuda = False
    arrays = *tensors, either, elsewhere, Foreign(x, mask=Foreign(x > 0))
    with pytest.MonkeyPatch.context() as patch:
        LIBRARIES["stand-in for torch"](patch)
        described = [reader(type(u))(u) is not None for u in arrays]
    assert described == [True, False, False, True, False, False]


def test_many_descriptions_are_forgotten(monkeypatch):
    monkeypatch.setattr(again, "MOST", 3)
    x = upload(np.arange(4.0))
    for number in range(10):
        nl.logaddexp(x, float(number))
        assert len(again.PLANS) <= 3


# --- errors --------------------------------------------------------------------------------------


def wrong(a):
    """{what is wrong: a call that raises}."""
    memory = upload(np.zeros(50))
    whole, shifted = memory[:40].reshape(4, 10), memory[10:50].reshape(4, 10)
    sealed = Foreign(np.zeros((4, 10)), data=(a.out.device_ctypes_pointer.value, True))
    return {
        "overlap": lambda: nl.log1m_softmax(whole, out=shifted),
        "overlap with g": lambda: nl.log1m_softmax_vjp(a.x, whole, out=shifted),
        "two results in one place": lambda: nl.log1m_softmax_value_and_vjp(
            a.x, a.g, out=(a.out, a.out)
        ),
        "read-only": lambda: nl.log1m_softmax(a.x, out=sealed),
        "shape": lambda: nl.log1m_softmax(a.x, out=a.rows),
        "dtype": lambda: nl.log1m_softmax(a.x, out=upload(np.zeros((4, 10), np.float32))),
        "axis": lambda: nl.log1m_softmax(a.x, True, out=a.out),
        "no such axis": lambda: nl.log1m_softmax(a.x, 2, out=a.out),
        "workers": lambda: nl.log1m_softmax(a.x, out=a.out, workers=1),
        "workers first": lambda: nl.log1m_softmax(a.x, out=a.out, workers=1, stream="one"),
        "stream": lambda: nl.log1m_softmax(a.x, out=a.out, stream="one"),
        "of NumPy": lambda: nl.log1m_softmax(a.x, out=np.zeros((4, 10))),
        "x of NumPy": lambda: nl.log1m_softmax(np.zeros((4, 10)), out=a.out),
        "mask": lambda: nl.log1m_softmax(a.x, out=a.out, where=a.g),
        "reduction": lambda: nl.cross_entropy(a.x, a.labels, reduction="most"),
        "labels": lambda: nl.cross_entropy(a.x, a.factors),
        "ufunc": lambda: nl.log1pexp(a.x, out=a.out, casting="no"),
    }


WRONG = [*wrong(Sent(1))] if cuda.is_available() else ()


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_those_of_the_general_way(name):
    a = Sent(1)
    with pytest.raises((TypeError, ValueError)) as first:
        wrong(a)[name]()
    again.PLANS.clear()
    for _ in range(3):  # what is right
        nl.log1m_softmax(a.x, out=a.out)
        nl.log1m_softmax_vjp(a.x, a.g, out=a.out)
        nl.log1m_softmax_value_and_vjp(a.x, a.g, out=(a.out, a.out2))
        nl.cross_entropy(a.x, a.labels, reduction="mean")
        nl.log1pexp(a.x, out=a.out)
    before = download(a.out), download(a.out2)
    for _ in range(3):
        with pytest.raises(type(first.value)) as found:
            wrong(a)[name]()
        assert str(found.value) == str(first.value)
    assert_same(download(a.out), before[0])
    assert_same(download(a.out2), before[1])


# --- streams, memory, threads --------------------------------------------------------------------


def number_of(stream):
    return stream if isinstance(stream, int) else int(stream.handle)


def test_the_work_is_on_the_stream(monkeypatch):
    stream = cuda.stream()
    seen, a = [], Sent(1, lambda u: cuda.to_device(np.ascontiguousarray(u), stream=stream))
    launch = again.plan_of.__globals__["cuLaunchKernel"]

    def noted(*args):
        seen.append(args[8])
        return launch(*args)

    monkeypatch.setitem(again.plan_of.__globals__, "cuLaunchKernel", noted)
    for given in (None, stream, number_of(stream)):
        for _ in range(3):
            result = nl.logsumexp(a.x, keepdims=True, stream=given)
            assert number_of(result.stream) == number_of(stream)
    # Only what streams are said to be is part of no description.
    assert seen == 7 * [number_of(stream)]


def test_streams_that_have_to_wait_take_the_general_way(monkeypatch):
    pairs = []
    monkeypatch.setattr(arrays, "order", lambda first, then: pairs.append((first, then)))
    monkeypatch.setitem(sys.modules["numba_logspace._cuda.call"].__dict__, "order", arrays.order)
    first, second = cuda.stream(), cuda.stream()
    x = Foreign(of_seed(1)["x"], stream=number_of(first))
    g = Foreign(of_seed(1)["g"], stream=number_of(second))
    for _ in range(4):
        pairs.clear()
        nl.softmax_vjp(x, g)
        assert (number_of(second), number_of(first)) in pairs
    assert not again.PLANS


def counted(monkeypatch, *names):
    """{name: how often it was called} of functions of the driver."""
    counts = dict.fromkeys(names, 0)

    def noted(name, function):
        def call(*args):
            counts[name] += 1
            return function(*args)

        return call

    for name in names:
        monkeypatch.setattr(api, name, noted(name, getattr(api, name)), raising=False)
    return counts


def test_nothing_is_allocated_with_out(monkeypatch):
    a = Sent(1)
    for name in ("map into out", "in place", "vjp", "pair", "positional out"):
        for _ in range(2):
            CALLS[name](a)
        counts = counted(monkeypatch, "cuMemAlloc")
        CALLS[name](a)
        assert counts == {"cuMemAlloc": 0}
        monkeypatch.undo()


def test_small_arrays_are_allocated_together(monkeypatch):
    a = Sent(1)
    for name in ("map", "mean", "new pair", "mask", "options"):
        for _ in range(2):
            CALLS[name](a)
        counts = counted(monkeypatch, "cuMemAlloc")
        CALLS[name](a)
        assert counts == {"cuMemAlloc": 1}
        monkeypatch.undo()


def test_results_of_one_allocation_live_apart():
    def freed():
        gc.collect()
        upload(np.full(40, np.nan))  # where something has been freed

    (value, gradient), sent = by_plan(CALLS["new pair"])
    wanted = download((value, gradient))
    del value
    freed()
    assert_same(download(gradient), wanted[1])
    part = gradient[1:3]
    del gradient
    freed()
    assert_same(download(part), wanted[1][1:3])
    value = nl.log1m_softmax_value_and_vjp(sent.x, sent.g)[0]
    freed()
    assert_same(download(value), wanted[0])


def test_large_results_are_not_kept_by_small_ones():
    x, labels = upload(np.zeros((100, 40))), upload(np.zeros(100, int))
    for _ in range(3):
        loss, gradient = nl.cross_entropy_value_and_grad(x, labels, reduction="sum")
    assert loss.gpu_data.size < gradient.gpu_data.size == 32_000


def test_threads_share_plans():
    sent = [Sent(seed) for seed in range(8)]
    wanted = [download(nl.log1m_softmax_vjp(a.x, a.g)) for a in sent]
    found, start = {}, threading.Barrier(len(sent))

    def work(number):
        a = sent[number]
        start.wait()
        for _ in range(20):
            nl.log1m_softmax_vjp(a.x, a.g, out=a.out)
        found[number] = download(a.out)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(sent))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, right in enumerate(wanted):
        assert_same(found[number], right)


_FORKED = """
import os
import numpy as np
from numba import cuda
import numba_logspace as nl
from numba_logspace._cuda import again

x = cuda.to_device(np.arange(4.0))
for _ in range(3):
    nl.softmax(x)
assert again.PLANS
child = os.fork()
if not child:
    os._exit(len(again.PLANS))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), len(again.PLANS))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_has_no_plans():
    command = [sys.executable, "-c", _FORKED]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "0 1\n"), done.stderr


# --- what a call costs ---------------------------------------------------------------------------

# {call: the steps that it takes, functions of the package and those that they call in C}.
STEPS = {
    "map": 52,
    "map into out": 45,
    "columns": 46,
    "mask": 50,
    "reduction": 46,
    "reduction into out": 50,
    "vjp": 50,
    "new pair": 53,
    "loss": 53,
    "mean": 59,
    "gradient": 59,
    "options": 64,
    "entry loss": 55,
    "gradients of a chain": 62,
    "elementwise": 39,
}


def steps_of(call, a):
    """The steps of a call."""
    count = 0

    def note(frame, event, _):
        nonlocal count
        if event in ("call", "c_call") and frame.f_code.co_filename.startswith(PACKAGE):
            count += 1

    for _ in range(3):
        call(a)
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call(a)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", STEPS)
def test_steps(name):
    found = steps_of(CALLS[name], Sent(1))
    # A limit far above would let a call grow unseen.
    assert 0.85 * STEPS[name] - 1 <= found <= STEPS[name]
