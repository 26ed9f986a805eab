"""Segments inside jitted code: the same digits, no memory but the result's, and what is refused."""

import numpy as np
import pytest
from numba import njit
from numba.core.runtime import _nrt_python, rtsys

import numba_logspace as nl
from numba_logspace._family import FAMILY, named

NAMES = named("segment map", "segment reduction", "segment vjp", "segment vjp of a reduction")
VJPS = named("segment vjp", "segment vjp of a reduction")
# Each function takes seconds to compile with all its options: a few stand for all soon.
SOON = {"segment_logsumexp", "segment_log_softmax_vjp"}
each = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in SOON else pytest.mark.slow) for n in NAMES]
)
OFFSETS = np.array([0, 0, 3, 4, 50, 50, 57, 60])
IDS = np.repeat(np.arange(7), np.diff(OFFSETS))
ORDER = np.random.default_rng(1).permutation(60)


def arguments(name):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=60), rng.normal(size=60)
    if name not in VJPS:
        return (x,)
    return x, g[:7] if name == "segment_logsumexp_vjp" else g


def compiled(name):
    """(by offsets, by ids) in jitted code."""
    function = getattr(nl, name)
    if name in VJPS:
        return (
            njit(lambda x, g, offsets: function(x, g, offsets=offsets)),
            njit(lambda x, g, ids, count: function(x, g, ids, num_segments=count)),
        )
    return (
        njit(lambda x, offsets: function(x, offsets=offsets)),
        njit(lambda x, ids, count: function(x, ids, num_segments=count)),
    )


@each
def test_the_same_digits(name):
    function, args = getattr(nl, name), arguments(name)
    by_offsets, by_ids = compiled(name)
    assert np.array_equal(by_offsets(*args, OFFSETS), function(*args, offsets=OFFSETS))
    for ids in (IDS, IDS[ORDER]):
        expected = function(*args, ids, num_segments=7)
        assert np.array_equal(by_ids(*args, ids, 7), expected)
    with pytest.raises(ValueError, match="offsets must begin with 0"):
        by_offsets(*args, np.array([0, 3, 1, 60]))
    for ids, count, message in (
        (IDS - 2, 7, "must not be negative"),
        (IDS, 6, "must be below num_segments"),
        (IDS[1:], 7, "an id for each entry"),
        (IDS, -1, "num_segments must not be negative"),
    ):
        with pytest.raises(ValueError, match=message):
            by_ids(*args, ids, count)


@pytest.mark.slow
def test_other_arrays_and_the_count_of_the_ids():
    @njit
    def both(x, ids, offsets):
        return nl.segment_logsumexp(x, ids), nl.segment_logsumexp(x, offsets=offsets)

    x = np.random.default_rng(0).normal(size=120)[::2]
    expected = nl.segment_logsumexp(x, offsets=OFFSETS)
    for result in both(x, IDS.astype(np.uint8), OFFSETS.astype(np.int32)):
        assert np.array_equal(result, expected)
    for result in both(x[:0], IDS[:0].astype(np.uint8), OFFSETS[:1].astype(np.int32)):
        assert result.shape == (0,)


def test_only_the_result_is_allocated():
    @njit
    def into(x, offsets, out):
        nl.segment_softmax(x, offsets=offsets, out=out)

    @njit
    def reduced(x, offsets, out):
        return nl.segment_logsumexp(x, offsets=offsets)[0]

    @njit
    def nothing(x, offsets, out):
        return 0.0

    (x,) = arguments("segment_softmax")
    out = np.empty_like(x)
    _nrt_python.memsys_enable_stats()
    try:
        counts = []
        for function in (nothing, into, reduced):
            function(x, OFFSETS, out)
            before = rtsys.get_allocation_stats().alloc
            function(x, OFFSETS, out)
            counts.append(rtsys.get_allocation_stats().alloc - before)
    finally:
        _nrt_python.memsys_disable_stats()
    assert counts == [counts[0], counts[0], counts[0] + 1]
    assert np.array_equal(out, nl.segment_softmax(x, offsets=OFFSETS))


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NAMES if FAMILY[n].kind != "segment reduction"])
def test_out(name):
    function, args = getattr(nl, name), arguments(name)
    if name in VJPS:
        into = njit(lambda x, g, ids, out: function(x, g, ids, num_segments=7, out=out))
    else:
        into = njit(lambda x, ids, out: function(x, ids, num_segments=7, out=out))
    for ids in (IDS, IDS[ORDER]):
        expected = function(*args, ids, num_segments=7)
        for out in (np.empty(60), args[0].copy()):
            first = out if out[0] == args[0][0] else args[0]
            into(first, *args[1:], ids, out)
            np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-15)
    with pytest.raises(ValueError, match="out must have the shape of x"):
        into(*args, IDS, np.empty(3))


# --- what is refused when a call is typed --------------------------------------------------------

REFUSED = {
    "neither": (lambda x, u: nl.segment_softmax(x), "must be given, got neither"),
    "both": (lambda x, u: nl.segment_softmax(x, u, offsets=u), "must be given, got both"),
    "floats": (lambda x, u: nl.segment_softmax(x, x), "segment_ids must be an array of ints"),
    "float offsets": (lambda x, u: nl.segment_logsumexp(x, offsets=x), "offsets must be an array"),
    "count": (
        lambda x, u: nl.segment_softmax(x, offsets=u, num_segments=3),
        "num_segments must be None beside offsets",
    ),
    "float count": (
        lambda x, u: nl.segment_softmax(x, u, num_segments=3.0),
        "num_segments must be an int",
    ),
    "workers": (
        lambda x, u: nl.segment_softmax(x, u, workers=2),
        "workers is not supported in jitted code",
    ),
    "ints": (lambda x, u: nl.segment_softmax(u, u), "x must hold float32 or float64"),
    "matrix": (lambda x, u: nl.segment_softmax(x.reshape(2, 2), u), "x must have one axis"),
    "g": (lambda x, u: nl.segment_softmax_vjp(x, u, u), "g must hold float32 or float64"),
    "single g": (
        lambda x, u: nl.segment_softmax_vjp(x, x.astype(np.float32), u),
        "g must have the dtype of x in jitted code, float64, got",
    ),
    "out": (
        lambda x, u: nl.segment_softmax(x, u, out=x[::2]),
        "out must be writable and C-contiguous",
    ),
    "out of a reduction": (
        lambda x, u: nl.segment_logsumexp(x, u, out=x),
        "out is not supported in jitted code",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    function, message = REFUSED[case]
    with pytest.raises(TypeError, match=message):
        njit(function)(np.zeros(4), np.zeros(4, np.int64))


@pytest.mark.slow
def test_ids_out_of_range():
    of_ids = njit(lambda x, ids: nl.segment_logsumexp(x, ids))
    counted = njit(lambda x, ids, count: nl.segment_logsumexp(x, ids, num_segments=count))
    of_offsets = njit(lambda x, u: nl.segment_logsumexp(x, offsets=u))
    x, ids = np.zeros(3), np.array([0, 1, 1], np.uint64)
    assert np.array_equal(of_ids(x, ids), nl.segment_logsumexp(x, ids))
    offsets = np.array([0, 1, 3], np.uint64)
    assert np.array_equal(of_offsets(x, offsets), nl.segment_logsumexp(x, ids))
    with pytest.raises(ValueError, match=r"segment_ids must hold numbers below 2\^63"):
        of_ids(x, ids + np.uint64(2**63))
    with pytest.raises(ValueError, match=r"offsets must hold numbers below 2\^63"):
        of_offsets(x, offsets + np.uint64(2**63))
    for large in (2**63 - 1, 2**50):
        with pytest.raises(ValueError, match="there is no room for as many segments as"):
            of_ids(x, np.array([0, 1, large]))
        with pytest.raises(ValueError, match="there is no room for as many segments as"):
            counted(x, np.array([0, 1, 1]), large)


@pytest.mark.slow
def test_cotangents_of_other_lengths_are_refused():
    of_entries = njit(lambda x, g, u: nl.segment_softmax_vjp(x, g, u))
    of_segments = njit(lambda x, g, u: nl.segment_logsumexp_vjp(x, g, u))
    x, ids = np.zeros(4), np.zeros(4, np.int64)
    with pytest.raises(ValueError, match="g must have the shape of x"):
        of_entries(x, x[:3], ids)
    with pytest.raises(ValueError, match="g must have a number for each segment"):
        of_segments(x, x, ids)
