"""Segments, chains, gradients in pairs and single entries, with objects of other libraries."""

import numpy as np
import pytest

import numba_logspace as nl

RNG = np.random.default_rng(3)
X, IDS, OFFSETS = RNG.normal(0, 3, 6), np.array([0, 0, 1, 1, 1, 2]), np.array([0, 2, 5, 6])
ROWS, WEIGHTS = RNG.normal(0, 3, (4, 3)), RNG.random((4, 3))
START, MOVES, SEEN = np.log(RNG.random(3)), np.log(RNG.random((3, 3))), RNG.normal(0, 1, (4, 3))
LABELS, G = np.array([0, 2, 1, 2]), RNG.normal(0, 1, 3)

# {name: (function, arguments, options)}
CALLS = {
    "ids": (nl.segment_logsumexp, (X, IDS), {"num_segments": 4}),
    "offsets": (nl.segment_log1m_softmax, (X,), {"offsets": OFFSETS}),
    "segment vjp": (nl.segment_softmax_vjp, (X, X[::-1].copy(), IDS), {}),
    "by segments": (nl.segment_logsumexp_vjp, (X, G), {"offsets": OFFSETS}),
    "forward": (nl.hmm_forward, (START, MOVES, SEEN), {}),
    "backward": (nl.hmm_backward, (MOVES, SEEN), {}),
    "likelihood": (nl.hmm_loglikelihood, (START, MOVES, SEEN), {}),
    "counts": (nl.hmm_loglikelihood_value_and_grad, (START, MOVES, SEEN), {}),
    "path": (nl.hmm_viterbi, (START, MOVES, SEEN), {}),
    "entries": (nl.sigmoid_binary_cross_entropy, (ROWS, WEIGHTS), {"reduction": "sum"}),
    "entries and gradient": (
        nl.sigmoid_binary_cross_entropy_value_and_grad,
        (ROWS, WEIGHTS),
        {"pos_weight": WEIGHTS + 1, "where": WEIGHTS > 0.2},
    ),
    "weighted vjp": (nl.weighted_logsumexp_vjp, (ROWS, WEIGHTS, None), {}),
    "weighted jvp": (nl.weighted_logsumexp_jvp, (ROWS, WEIGHTS, SEEN, None), {}),
    "scan": (nl.logcumsumexp_vjp, (ROWS, SEEN), {"axis": 0}),
    "product vjp": (nl.logmatmulexp_vjp, (ROWS, MOVES, None), {}),
    "product jvp": (nl.logmatmulexp_jvp, (ROWS, MOVES, SEEN, None), {}),
    "hessian": (nl.logsumexp_hvp, (ROWS, None, SEEN), {}),
    "hessian of a loss": (nl.cross_entropy_hvp, (ROWS, LABELS, SEEN), {}),
    "hessian with options": (
        nl.cross_entropy_hvp,
        (ROWS, LABELS, SEEN),
        {"where": LABELS > 0, "class_weights": G**2, "reduction": "sum"},
    ),
    "hessian of entries": (
        nl.sigmoid_binary_cross_entropy_hvp,
        (ROWS, WEIGHTS, SEEN),
        {"pos_weight": WEIGHTS, "where": ROWS > 0, "reduction": "sum"},
    ),
    "options": (
        nl.cross_entropy_value_and_grad,
        (ROWS, LABELS),
        {"where": LABELS > 0, "class_weights": G**2, "label_smoothing": 0.1, "reduction": "sum"},
    ),
}
REFUSED = {
    "dask": {"counts", "weighted vjp", "weighted jvp", "product vjp", "product jvp"},
    "xarray": {"product vjp", "product jvp"},
}


def flat(results):
    if not isinstance(results, tuple):
        return [results]
    return [v for u in results for v in flat(u)]


def converted(name, convert):
    """The results of a call on converted arrays, and on arrays of NumPy."""
    function, arrays, options = CALLS[name]
    given = [u if u is None else convert(u) for u in arrays]
    more = {k: convert(u) if isinstance(u, np.ndarray) else u for k, u in options.items()}
    return lambda: flat(function(*given, **more)), lambda: flat(function(*arrays, **options))


def converter(library):
    module = pytest.importorskip({"dask": "dask.array"}.get(library, library))
    if library == "xarray":
        names = {(4, 3): "ab", (3, 3): "bc", (6,): "i", (4,): "a"}

        def to_dims(u):
            name = "segment" if u is G else None
            return module.DataArray(u, dims=[name] if name else list(names.get(u.shape, "b")))

        return to_dims
    if library in ("pandas", "polars"):
        return lambda u: (module.DataFrame if u.ndim == 2 else module.Series)(u)
    return {"dask": module.from_array}[library] if library == "dask" else module.asarray


@pytest.mark.parametrize("library", ["pandas", "polars", "xarray", "dask", "array_api_strict"])
def test_same_kind_and_same_numbers(library):
    convert = converter(library)
    for name in CALLS:
        run, plain = converted(name, convert)
        if name in REFUSED.get(library, ()):
            with pytest.raises(TypeError, match="takes no"):
                run()
            continue
        for y, expected in zip(run(), plain(), strict=True):
            if np.ndim(expected) or library in ("dask", "array_api_strict"):
                top = type(y).__module__.partition(".")[0]
                assert top == library, name
            u = np.asarray(y if library != "polars" or not np.ndim(y) else y.to_numpy())
            np.testing.assert_array_equal(u, expected, err_msg=name)
            assert u.dtype == np.asarray(expected).dtype


def test_labels_of_pandas():
    pd = pytest.importorskip("pandas")
    x = pd.Series(X, list("abcdef"), name="utility")
    ids = pd.Series(IDS, list("abcdef"))[::-1]
    y = nl.segment_softmax(x, ids)
    assert y.name == "utility" and y.index.equals(x.index)
    np.testing.assert_array_equal(y, nl.segment_softmax(X, IDS))
    states = ["rain", "sun", "fog"]
    seen = pd.DataFrame(SEEN, columns=states)
    moves = pd.DataFrame(MOVES, states, states).iloc[::-1]
    _, (first, counts, _) = nl.hmm_loglikelihood_value_and_grad(
        pd.Series(START, states), moves, seen
    )
    assert list(first.index) == states and list(counts.index) == states
    path, _ = nl.hmm_viterbi(START, moves, seen)
    assert path.dtype == np.int64
    with pytest.raises(ValueError, match="log_initial and log_emission have different labels"):
        nl.hmm_forward(pd.Series(START), moves, seen)
    loss = nl.cross_entropy(seen, LABELS, class_weights=pd.Series(G**2, states)[::-1])
    np.testing.assert_array_equal(loss, nl.cross_entropy(SEEN, LABELS, class_weights=G**2))


def test_blocks_of_dask():
    da = pytest.importorskip("dask.array")
    x = da.from_array(RNG.normal(0, 1, (6, 4)), chunks=(4, 2))
    y = nl.segment_logsumexp(x, offsets=OFFSETS)
    assert y.numblocks == (1, 2) and y.shape == (3, 4)
    np.testing.assert_array_equal(y, nl.segment_logsumexp(x.compute(), offsets=OFFSETS))
    seen = da.from_array(RNG.normal(0, 1, (5, 4, 3)), chunks=(2, 2, 3))
    value = nl.hmm_loglikelihood(START, MOVES, seen)
    assert value.numblocks == (3,)
    np.testing.assert_array_equal(value, nl.hmm_loglikelihood(START, MOVES, seen.compute()))
    with pytest.raises(TypeError, match="num_segments must be given"):
        nl.segment_logsumexp(x, da.from_array(IDS))
    with pytest.raises(TypeError, match="reduction must not be 'mean'"):
        nl.cross_entropy(x[:4], LABELS, where=LABELS > 0, reduction="mean")


# --- derivatives ---------------------------------------------------------------------------------


def exact_weighted(x, b):
    """The gradients of log |sum b exp(x)|, from exact numbers."""
    flint = pytest.importorskip("flint")
    with flint.ctx.workprec(400):
        terms = [flint.arb(float(v)).exp() for v in x]
        total = sum(flint.arb(float(w)) * e for w, e in zip(b, terms))
        return [float(flint.arb(float(w)) * e / total) for w, e in zip(b, terms)], [
            float(e / total) for e in terms
        ]


def ulps(found, exact):
    return np.max(np.abs(np.asarray(found) - exact) / np.spacing(np.abs(exact)))


def gradients_of_torch(function, *arrays):
    torch = pytest.importorskip("torch")
    tensors = [torch.tensor(u, requires_grad=u.dtype.kind == "f") for u in arrays]
    y = function(*tensors)
    return torch.autograd.grad(y.sum(), [t for t in tensors if t.requires_grad])


def gradients_of_jax(function, *arrays):
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        floats = tuple(i for i, u in enumerate(arrays) if u.dtype.kind == "f")
        by = jax.grad(lambda *u: function(*u).sum(), floats)
        return [np.asarray(u) for u in by(*map(jax.numpy.asarray, arrays))]


def gradients_of_pytensor(function, *arrays):
    pytensor = pytest.importorskip("pytensor")
    variables = [pytensor.tensor.as_tensor_variable(u).type() for u in arrays]
    y = function(*variables)
    floats = [v for v in variables if v.dtype.startswith("float")]
    run = pytensor.function(
        variables, pytensor.grad(y.sum(), floats), mode="FAST_COMPILE", on_unused_input="ignore"
    )
    return run(*arrays)


@pytest.mark.parametrize("gradients", [gradients_of_torch, gradients_of_jax, gradients_of_pytensor])
def test_gradients_are_those_of_the_family(gradients):
    def equal(found, *expected):
        for u, v in zip(found, expected, strict=True):
            np.testing.assert_array_equal(np.asarray(u), v)

    for base in ("softmax", "log_softmax", "log1m_softmax", "logsumexp"):
        function, vjp = (getattr(nl, f"segment_{base}{s}") for s in ("", "_vjp"))
        found = gradients(lambda x, o, f=function: f(x, offsets=o), X, OFFSETS)
        g = None if base == "logsumexp" else np.ones(6)
        equal(found, vjp(X, g, offsets=OFFSETS))
    found = gradients(lambda x, i: nl.segment_logsumexp(x, i, num_segments=3), X, IDS)
    equal(found, nl.segment_logsumexp_vjp(X, None, IDS))
    found = gradients(nl.hmm_loglikelihood, START, MOVES, SEEN)
    equal(found, *nl.hmm_loglikelihood_value_and_grad(START, MOVES, SEEN)[1])
    many = np.stack([SEEN, SEEN[::-1]])
    found = gradients(nl.hmm_loglikelihood, START, MOVES, many)
    for u, v in zip(found, nl.hmm_loglikelihood_value_and_grad(START, MOVES, many)[1]):
        np.testing.assert_allclose(np.asarray(u), v, 1e-15)
    options = {"class_weights": G**2, "where": LABELS > 0, "label_smoothing": 0.1}
    found = gradients(lambda x, y: nl.cross_entropy(x, y, **options), ROWS, LABELS)
    equal(found, nl.cross_entropy_value_and_grad(ROWS, LABELS, **options)[1])
    found = gradients(lambda x: nl.sigmoid_binary_cross_entropy(x, WEIGHTS, reduction="mean"), ROWS)
    entries = nl.sigmoid_binary_cross_entropy_value_and_grad(ROWS, WEIGHTS, reduction="mean")
    equal(found, entries[1])
    options = {"where": ROWS > 0, "pos_weight": WEIGHTS + 1}
    found = gradients(
        lambda t: nl.sigmoid_binary_cross_entropy_hvp(ROWS, WEIGHTS, t, **options), SEEN
    )
    equal(found, nl.sigmoid_binary_cross_entropy_hvp(ROWS, WEIGHTS, np.ones((4, 3)), **options))
    # Where compositions lose digits: the exact functions take each share with its exponent.
    found = gradients(lambda x: nl.logcumsumexp(x), 300 * ROWS)
    equal(found, nl.logcumsumexp_vjp(300 * ROWS, np.ones((4, 3))))
    found = gradients(nl.logmatmulexp, 300 * ROWS, MOVES)
    equal(found, *nl.logmatmulexp_vjp(300 * ROWS, MOVES, None))
    x, b = 1e5 + 50 * RNG.random(40), RNG.random(40)
    found = gradients(lambda x, b: nl.logsumexp(x, b=b), x, b)
    assert all(ulps(u, v) <= 2 for u, v in zip(found, exact_weighted(x, b), strict=True))


def test_second_derivatives_of_torch():
    torch = pytest.importorskip("torch")
    x, t = torch.tensor(ROWS), torch.tensor(SEEN)
    labels, share = torch.tensor(LABELS), 0.1
    present = torch.tensor(LABELS > 0)
    classes = torch.tensor(G**2)
    shares = torch.tensor(WEIGHTS)
    losses = [
        (
            lambda x: nl.cross_entropy(
                x,
                labels,
                where=present,
                class_weights=classes,
                label_smoothing=share,
                reduction="mean",
            ),
            lambda x: torch.nn.functional.cross_entropy(
                x[present], labels[present], classes, label_smoothing=share
            ),
        ),
        (
            lambda x: nl.sigmoid_binary_cross_entropy(
                x, shares, pos_weight=classes, where=shares > 0.3, reduction="mean"
            ),
            lambda x: torch.nn.functional.binary_cross_entropy_with_logits(
                x, shares, pos_weight=classes, reduction="none"
            )[shares > 0.3].mean(),
        ),
        (
            lambda x: nl.logsumexp(x, b=shares - 0.2).sum(),
            lambda x: torch.log(torch.abs(((shares - 0.2) * x.exp()).sum(-1))).sum(),
        ),
    ]
    for ours, theirs in losses:
        _, found = torch.autograd.functional.hvp(ours, x, t)
        _, expected = torch.autograd.functional.hvp(theirs, x, t)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12, equal_nan=True)
    x.requires_grad_(True)
    (first,) = torch.autograd.grad(
        nl.segment_logsumexp(x[:, 0], offsets=[0, 4]).sum(), x, create_graph=True
    )
    with pytest.raises(NotImplementedError, match="segment_logsumexp has no second derivatives"):
        first.sum().backward()
