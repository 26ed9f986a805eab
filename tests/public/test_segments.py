"""Segments: ids and offsets, layouts, dtypes, special values, threads, and what is refused."""

import numpy as np
import pytest

import numba_logspace as nl
from numba_logspace._family import FAMILY, named

NAMES = named("segment map", "segment reduction", "segment vjp", "segment vjp of a reduction")
MAPS, VJPS = named("segment map"), named("segment vjp", "segment vjp of a reduction")
each = pytest.mark.parametrize("name", NAMES)
# Where more kernels are compiled, a few functions stand for all soon.
SOON = {"segment_logsumexp", "segment_softmax", "segment_softmax_vjp"}
each_of_all = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in SOON else pytest.mark.slow) for n in NAMES]
)
OFFSETS = np.array([0, 0, 3, 4, 50, 50, 57, 60])
IDS = np.repeat(np.arange(7), np.diff(OFFSETS))
N, COUNT = 60, 7


def numbers(*shape, seed=3):
    return np.random.default_rng(seed).normal(0, 2, shape)


def arguments(name, x, seed=4):
    """x and what goes with it, of the same columns."""
    if name not in VJPS:
        return (x,)
    length = COUNT if name == "segment_logsumexp_vjp" else len(x)
    return x, numbers(length, *x.shape[1:], seed=seed).astype(x.dtype)


def call(name, x, **options):
    return getattr(nl, name)(*arguments(name, x), **options)


def same(a, b):
    """Whether two results are equal bit for bit, NaN beside NaN."""
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=True)


@each
def test_ids_are_as_offsets(name):
    x = numbers(N)
    y = call(name, x, offsets=OFFSETS)
    for ids in (
        IDS,
        IDS.tolist(),
        IDS.astype(np.int8),
        IDS.astype(np.uint64),
        np.repeat(IDS, 2)[::2],
    ):
        assert same(call(name, x, segment_ids=ids, num_segments=COUNT), y)
    for offsets in (OFFSETS.tolist(), OFFSETS.astype(np.uint16), OFFSETS.astype(">i4")):
        assert same(call(name, x, offsets=offsets), y)


@each
def test_a_segment_is_a_row(name):
    x, row_function = numbers(N), getattr(nl, name.removeprefix("segment_"))
    y = call(name, x, offsets=OFFSETS)
    for i, (a, b) in enumerate(zip(OFFSETS, OFFSETS[1:], strict=False)):
        if name == "segment_logsumexp":
            np.testing.assert_array_max_ulp(y[i], nl.logsumexp(x[a:b]), 4)
            continue
        more = arguments(name, x)[1:]
        more = [g[i] if name == "segment_logsumexp_vjp" else g[a:b] for g in more]
        np.testing.assert_allclose(y[a:b], row_function(x[a:b], *more), rtol=1e-13, atol=1e-14)


@each
def test_every_layout_gives_the_same(name):
    columns = numbers(N, 3)
    expected = np.stack(
        [
            getattr(nl, name)(*(u[:, k].copy() for u in arguments(name, columns)), offsets=OFFSETS)
            for k in range(3)
        ],
        axis=1,
    )
    wide = np.repeat(columns, 2, axis=1)[:, ::2]
    for x in (columns, np.asfortranarray(columns), wide, columns[::-1].copy()[::-1]):
        y = call(name, x, offsets=OFFSETS)
        assert same(y, expected)
        assert same(call(name, x, segment_ids=IDS), expected)
    y = call(name, columns.reshape(N, 1, 3), offsets=OFFSETS)
    assert same(y.reshape(expected.shape), expected)
    assert same(call(name, columns.astype(">f8"), offsets=OFFSETS), expected)
    assert call(name, columns[:, :0], offsets=OFFSETS).shape == (*expected.shape[:1], 0)


@each
def test_order_of_entries_of_a_segment_stays(name):
    # Ids in turn: every second entry belongs to one of two segments.
    x = numbers(N)
    args = arguments(name, x)
    per_segment = name == "segment_logsumexp_vjp"
    args = (x, args[1][:2]) if per_segment else args
    y = getattr(nl, name)(*args, np.arange(N) % 2)
    split = [np.concatenate([u[::2], u[1::2]]) for u in args]
    split = [split[0], args[1]] if per_segment else split
    z = getattr(nl, name)(*split, offsets=[0, N // 2, N])
    if name != "segment_logsumexp":
        z = np.stack([z[: N // 2], z[N // 2 :]], axis=1).reshape(-1)
    assert same(y, z)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, bool])
@each_of_all
def test_dtypes(name, dtype):
    x = numbers(N).astype(dtype)
    working = {np.float16: np.float32, np.float32: np.float32}.get(dtype, np.float64)
    y = call(name, x, offsets=OFFSETS)
    assert y.dtype == (dtype if np.dtype(dtype).kind == "f" else np.float64)
    args = [u.astype(working) for u in arguments(name, x)]
    assert same(y, getattr(nl, name)(*args, offsets=OFFSETS).astype(y.dtype))


@each_of_all
def test_no_cotangent_is_ones(name):
    if name in VJPS:
        x = numbers(N)
        ones = np.ones(COUNT if name == "segment_logsumexp_vjp" else N)
        a, b = (getattr(nl, name)(x, g, IDS, num_segments=COUNT) for g in (None, ones))
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=1e-15)


@each_of_all
def test_out(name):
    x = numbers(N)
    y = call(name, x, offsets=OFFSETS)
    order = np.random.default_rng(1).permutation(N)
    for options in ({"offsets": OFFSETS}, {"segment_ids": IDS[order], "num_segments": COUNT}):
        y = call(name, x, **options)
        for out in (np.full(y.shape, 7.0), np.full(2 * len(y), 7.0)[::2]):
            assert call(name, x, out=out, **options) is out
            assert same(np.ascontiguousarray(out), y)
        if name != "segment_logsumexp":
            place = x.copy()
            args = (place, *arguments(name, x)[1:])
            assert getattr(nl, name)(*args, out=place, **options) is place
            np.testing.assert_allclose(place, y, rtol=1e-13, atol=1e-15)
    if FAMILY[name].kind == "segment vjp":
        g = arguments(name, x)[1].copy()
        y = getattr(nl, name)(x, g.copy(), offsets=OFFSETS)
        np.testing.assert_allclose(
            getattr(nl, name)(x, g, offsets=OFFSETS, out=g), y, rtol=1e-13, atol=1e-15
        )


@pytest.mark.slow
def test_exponentials_are_not_kept_in_x():
    # Long enough to be a row of its own, and the second largest entry has to be looked for.
    x = np.append(numbers(100), 5000.0)
    y = nl.segment_log1m_softmax(x, offsets=[0, 101])
    place = x.copy()
    nl.segment_log1m_softmax(place, offsets=[0, 101], out=place)
    np.testing.assert_array_max_ulp(place, y, 8)


def test_special_values():
    inf, nan = np.inf, np.nan
    x = np.array([1.0, -inf, -inf, -inf, inf, 0.0, nan, 1.0, 2.0])
    offsets = [0, 2, 4, 4, 6, 8, 9]
    for pad in (0, 50):  # short segments, and beside a long one
        # A long one puts what is beside it on the way of rows.
        y = np.concatenate([x, np.zeros(pad)])
        cuts = [*offsets, 9 + pad]
        result = nl.segment_logsumexp(y, offsets=cuts)[:6]
        np.testing.assert_array_equal(result[[0, 1, 2, 3, 5]], [1.0, -inf, -inf, inf, 2.0])
        assert np.isnan(result[4])
        p = nl.segment_softmax(y, offsets=cuts)[:9]
        np.testing.assert_array_equal(p, [1, 0, nan, nan, 1, 0, nan, nan, 1])
        q = nl.segment_log1m_softmax(y, offsets=cuts)[:9]
        np.testing.assert_array_equal(q, [-inf, 0, nan, nan, -inf, 0, nan, nan, -inf])
        for name in VJPS:
            g = np.ones(len(cuts) - 1 if name == "segment_logsumexp_vjp" else len(y))
            v = getattr(nl, name)(y, g, offsets=cuts)[:4]
            np.testing.assert_array_equal(v[1:], 0)


@each
def test_nothing(name):
    x = np.zeros(0)
    g = () if name not in VJPS else (np.zeros(0),)
    for options in ({"segment_ids": []}, {"offsets": [0]}, {"segment_ids": [], "num_segments": 0}):
        assert getattr(nl, name)(x, *g, **options).shape == (0,)


def test_empty_segments():
    expected = [-np.inf, -np.inf, -np.inf]
    assert nl.segment_logsumexp([], [], num_segments=3).tolist() == expected
    assert nl.segment_logsumexp([], offsets=[0, 0, 0, 0]).tolist() == expected
    assert nl.segment_logsumexp([2.0], [1], num_segments=4).tolist() == [
        -np.inf,
        2,
        -np.inf,
        -np.inf,
    ]


@each
@pytest.mark.parametrize("workers", [2, -1])
def test_threads_give_the_same(name, workers):
    lengths = np.random.default_rng(0).integers(0, 60, 500)
    offsets = np.append(0, lengths.cumsum())
    x = numbers(offsets[-1])
    g = {"segment_logsumexp_vjp": numbers(500)}.get(name, numbers(len(x), seed=9))
    args = (x, g) if name in VJPS else (x,)
    one, more = (getattr(nl, name)(*args, offsets=offsets, workers=k) for k in (1, workers))
    # Parts begin elsewhere, so that other segments go side by side.
    np.testing.assert_allclose(more, one, rtol=1e-14, atol=1e-14)


def test_parts_of_threads_are_all_done():
    for lengths in ([0] * 50 + [1000], [1000] + [0] * 50, [1] * 3, [0, 0], [5000, 1, 5000]):
        x = numbers(sum(lengths))
        offsets = np.append(0, np.cumsum(lengths))
        y = nl.segment_logsumexp(x, offsets=offsets, workers=2)
        np.testing.assert_allclose(
            y,
            [nl.logsumexp(x[a:b]) for a, b in zip(offsets, offsets[1:], strict=False)],
            rtol=1e-14,
        )


# --- what is refused -----------------------------------------------------------------------------

X = np.zeros(4)
WRONG = {
    "neither": ({}, TypeError, "one of segment_ids and offsets must be given, got neither"),
    "both": ({"segment_ids": [0] * 4, "offsets": [0, 4]}, TypeError, "got both"),
    "negative": ({"segment_ids": [0, 1, -2, 1]}, ValueError, "must not be negative, got -2 at 2"),
    "too large": (
        {"segment_ids": [0, 3, 1, 1], "num_segments": 3},
        ValueError,
        "must be below num_segments, 3, got 3 at 1",
    ),
    "floats": ({"segment_ids": [0.0, 0, 1, 1]}, TypeError, "segment_ids must hold ints, got .*64"),
    "bools": ({"segment_ids": [True] * 4}, TypeError, "segment_ids must hold ints"),
    "strings": (
        {"segment_ids": list("abca")},
        TypeError,
        r"must hold ints, got dtype <U1: .* numpy.unique\(segment_ids, return_inverse=True\)\[1\]",
    ),
    "objects": (
        {"segment_ids": np.array([0, None, 1, 1])},
        TypeError,
        "must hold ints, got dtype object: where none is missing, numpy.unique",
    ),
    "objects that are ints": (
        {"segment_ids": np.array([0, 1, 1, 2], object)},
        TypeError,
        r"got dtype object: convert it with segment_ids.astype\(numpy.int64\)$",
    ),
    "missing": ({"segment_ids": [0, np.nan, 1, 1]}, TypeError, "must hold ints, got nan at 1$"),
    "no whole": ({"segment_ids": [0, 1, 1, 1.5]}, TypeError, "must hold ints, got 1.5 at 3$"),
    "too many": ({"segment_ids": [0, 2**62, 1, 1]}, ValueError, f"no room .* up to {2**62}: numpy"),
    "largest": ({"segment_ids": [0, 0, 0, 2**63 - 1]}, ValueError, "no room .* of segment_ids"),
    "no room": (
        {"segment_ids": [0] * 4, "num_segments": 2**70},
        ValueError,
        f"no room for as many segments as num_segments, {2**70}",
    ),
    "string offsets": (
        {"offsets": ["0", "4"]},
        TypeError,
        "offsets must hold ints, got dtype <U1$",
    ),
    "too few": ({"segment_ids": [0, 1]}, ValueError, "each entry of the first axis of x, 4, got 2"),
    "matrix": ({"segment_ids": [[0, 1, 1, 1]]}, ValueError, r"one axis, got shape \(1, 4\)"),
    "huge": (
        {"segment_ids": np.full(4, 2**63, np.uint64)},
        ValueError,
        "segment_ids must hold numbers below",
    ),
    "float offsets": ({"offsets": [0.0, 4.0]}, TypeError, "offsets must hold ints"),
    "no offsets": ({"offsets": []}, ValueError, "at least one number, got none"),
    "first offset": ({"offsets": [1, 4]}, ValueError, "begin with 0.* got 1 at 0 of 2"),
    "decreasing": ({"offsets": [0, 3, 2, 4]}, ValueError, "never decrease.* got 2 at 2 of 4"),
    "last offset": ({"offsets": [0, 3]}, ValueError, "length of x, 4; got 3 at 1 of 2"),
    "beyond": ({"offsets": [0, 9, 4]}, ValueError, "length of x, 4; got 9 at 1 of 3"),
    "extreme": ({"offsets": [0, 2**63 - 1, -(2**63), 4]}, ValueError, "at 1 of 4"),
    "count beside": ({"offsets": [0, 4], "num_segments": 1}, TypeError, "must be None beside"),
    "float count": ({"segment_ids": [0] * 4, "num_segments": 2.0}, TypeError, "an int or None"),
    "bool count": ({"segment_ids": [0] * 4, "num_segments": True}, TypeError, "an int or None"),
    "negative count": ({"segment_ids": [0] * 4, "num_segments": -1}, ValueError, "got -1"),
    "workers": ({"offsets": [0, 4], "workers": 0}, ValueError, "workers must be"),
    "masked ids": (
        {"segment_ids": np.ma.masked_array([0] * 4, [1, 0, 0, 0])},
        TypeError,
        "segment_ids is a masked array",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@each
def test_errors(name, case):
    options, error, message = WRONG[case]
    out = np.full(1 if name == "segment_logsumexp" else 4, 7.0)
    with pytest.raises(error, match=message):
        getattr(nl, name)(X, out=out, **options)
    assert (out == 7).all()


@pytest.mark.parametrize("name", ["segment_softmax", "segment_logsumexp", "segment_softmax_vjp"])
def test_errors_of_arrays(name):
    function, cut = getattr(nl, name), {"offsets": [0, 4]}
    with pytest.raises(ValueError, match="x must have at least one axis"):
        function(1.0, offsets=[0])
    with pytest.raises(TypeError, match="x has dtype complex128"):
        function(X + 0j, **cut)
    with pytest.raises(ValueError, match="out must have the shape of the result"):
        function(X, out=np.zeros(9), **cut)
    with pytest.raises(TypeError, match="out must have the dtype of the result"):
        function(X, out=np.zeros(1 if "sumexp" in name else 4, np.float32), **cut)
    shared = np.zeros(8)
    with pytest.raises(ValueError, match="out overlaps x in memory"):
        function(shared[1:5], out=shared[2:3] if "sumexp" in name else shared[:4], **cut)


def test_errors_of_cotangents():
    with pytest.raises(ValueError, match="g of shape .3,. cannot be broadcast to the shape of x"):
        nl.segment_softmax_vjp(X, np.zeros(3), offsets=[0, 4])
    with pytest.raises(ValueError, match="g of shape .3,. .* shape of the result, .2,."):
        nl.segment_logsumexp_vjp(X, np.zeros(3), offsets=[0, 1, 4])
    with pytest.raises(TypeError, match="g is a masked array"):
        nl.segment_softmax_vjp(X, np.ma.zeros(4), offsets=[0, 4])
    shared = np.zeros(5)
    with pytest.raises(ValueError, match="out overlaps g in memory"):
        nl.segment_logsumexp_vjp(X, shared[:2], offsets=[0, 1, 4], out=shared[1:])


def test_cuda_arrays_beside_others_are_refused():
    class OnCuda:
        __cuda_array_interface__ = {
            "shape": (4,),
            "typestr": "<f8",
            "data": (0, False),
            "version": 3,
        }

    with pytest.raises(TypeError, match="offsets is a CUDA array"):
        nl.segment_softmax(np.zeros(4), offsets=OnCuda())


@each
def test_ids_and_offsets_are_left_alone(name):
    x, ids, offsets = numbers(N), IDS[::-1].copy(), OFFSETS.copy()
    for array in (x, ids, offsets):
        array.flags.writeable = False
    call(name, x, segment_ids=ids, num_segments=COUNT)
    call(name, x, offsets=offsets)
    assert np.array_equal(ids, IDS[::-1]) and np.array_equal(offsets, OFFSETS)
