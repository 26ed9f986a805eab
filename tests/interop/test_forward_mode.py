"""Forward mode of segments and chains, and Hessians of losses, in other libraries."""

import warnings

import numpy as np
import pytest
from budgets import BUDGETS
from corpus import DTYPES, regimes, weights_of
from error import check
from every import jax_in_64_bits
from flint import arb, ctx
from oracle import expected

import numba_logspace as nl

# PyTorch's own, when it imports its forward mode.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

BASES = ["softmax", "log_softmax", "log1m_softmax", "logsumexp"]
LOSSES = ["cross_entropy", "softmax_binary_cross_entropy", "complement_cross_entropy"]
EMPTY = np.array([])
# A kernel takes half a second to compile, and what is taken twice several of them.
each_base = pytest.mark.parametrize(
    "base", [b if b == "log1m_softmax" else pytest.param(b, marks=pytest.mark.slow) for b in BASES]
)


# --- the change of a function of some arrays along tangents, in each library ----------------------


def _torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch")


def along_torch(function, arrays, tangents, others=()):
    torch = _torch()
    arrays, tangents, others = (tuple(map(torch.tensor, u)) for u in (arrays, tangents, others))
    _, change = torch.func.jvp(lambda *u: function(*u, *others), arrays, tangents)
    return change.numpy()


def along_jax(function, arrays, tangents, others=()):
    with jax_in_64_bits() as jax:
        arrays, tangents, others = (
            tuple(map(jax.numpy.asarray, u)) for u in (arrays, tangents, others)
        )
        run = jax.jit(lambda u, t: jax.jvp(lambda *u: function(*u, *others), u, t)[1])
        return np.asarray(run(arrays, tangents))


def along_pytensor(function, arrays, tangents, others=()):
    pytensor = pytest.importorskip("pytensor")
    from pytensor.gradient import Rop

    given, along = ([pytensor.tensor.as_tensor(u).type() for u in us] for us in (arrays, tangents))
    y = function(*given, *map(pytensor.tensor.as_tensor, others))
    change = Rop(y, given, along, use_op_rop_implementation=True)
    run = pytensor.function([*given, *along], change, mode="FAST_COMPILE", on_unused_input="ignore")
    return run(*arrays, *tangents)


each_library = pytest.mark.parametrize("along", [along_torch, along_jax, along_pytensor])


# --- segments ------------------------------------------------------------------------------------


def rows_of(dtype, longest):
    """The rows of the corpus up to a length, with empty ones between them."""
    rows = [row for rows in regimes(DTYPES[dtype]).values() for row in rows if row.size <= longest]
    return [v for row in rows for v in (row, EMPTY.astype(dtype))]


def check_segments(along, base, rows, kind):
    tangents = [weights_of(row)[kind] if row.size else row for row in rows]
    offsets = np.append(0, np.cumsum([row.size for row in rows]))
    x, t = np.concatenate(rows), np.concatenate(tangents)
    function = getattr(nl, f"segment_{base}")
    found = along(lambda x, o: function(x, offsets=o), [x], [t], [offsets])
    assert found.dtype == x.dtype
    bounds = np.arange(len(rows) + 1) if base == "logsumexp" else offsets
    for i, (row, tangent) in enumerate(zip(rows, tangents)):
        part = found[bounds[i] : bounds[i + 1]]
        if row.size:
            name = f"{base}_jvp"
            what = f"{name}, segment {i} ({row[:8]}), {kind}"
            target = expected(name, row, tangent)
            # Shares may underflow, and XLA takes what has underflowed for 0, in calls back too.
            limits = np.finfo(x.dtype)
            least = limits.tiny if along is along_jax else limits.smallest_subnormal
            near = np.abs(part - target.near) <= 2.0 * least * row.size
            part = np.where(near, target.near, part)
            # PyTensor makes plain sums of those in two parts.
            plain = row.size / 16 if along is along_pytensor else 0
            check(target, part, BUDGETS[name] + plain, what)
        else:
            assert not part.any()


@each_library
@each_base
def test_segments(along, base):
    check_segments(along, base, rows_of("float64", 20), "normal")


@pytest.mark.slow
@each_library
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_longer_segments(along, base, dtype):
    for kind in ("one hot", "all others", "normal"):
        check_segments(along, base, rows_of(dtype, 1000), kind)


@pytest.mark.slow
@pytest.mark.parametrize("base", BASES)
def test_long_segments(base):
    rng = np.random.default_rng(5)
    rows = [rng.normal(size=10**5), np.append(rng.normal(size=10**5) - 15, 3)]
    for along in (along_torch, along_jax):
        try:
            check_segments(along, base, rows, "normal")
        except pytest.skip.Exception:
            continue


@each_library
@each_base
def test_ids_in_no_order_and_more_axes(along, base):
    rng = np.random.default_rng(1)
    x, t = rng.normal(size=(2, 9, 2)) * 3
    ids = np.array([2, 0, 2, 5, 0, 0, 5, 5, 2])
    options = {"num_segments": 6} if base == "logsumexp" else {}
    function = getattr(nl, f"segment_{base}")
    found = along(lambda x, i: function(x, i, **options), [x], [t], [ids])
    for k in (0, 2, 5):
        here = ids == k
        exact = getattr(nl, f"{base}_jvp")(x[here], t[here], axis=0)
        part = found[k] if base == "logsumexp" else found[here]
        np.testing.assert_allclose(part, exact, rtol=1e-14, atol=1e-15)
    if base == "logsumexp":
        assert not found[[1, 3, 4]].any()


@pytest.mark.slow
@each_library
def test_special_values_of_segments(along):
    inf = np.inf
    rows = ([3.0], [-inf, -inf], [0.0, -inf, -inf], [inf, 2.0, 1.0], [0.0, -1e4], [-800.0, 0.0])
    offsets = np.append(0, np.cumsum([len(row) for row in rows]))
    x, t = np.concatenate(rows), np.arange(1.0, offsets[-1] + 1)
    for base in BASES:
        function = getattr(nl, f"segment_{base}")
        found = along(lambda x, o, f=function: f(x, offsets=o), [x], [t], [offsets])
        bounds = np.arange(len(rows) + 1) if base == "logsumexp" else offsets
        for i, (start, end) in enumerate(zip(offsets, offsets[1:])):
            exact = getattr(nl, f"{base}_jvp")(x[start:end], t[start:end])
            part = found[bounds[i] : bounds[i + 1]]
            np.testing.assert_allclose(part, np.atleast_1d(exact), rtol=1e-14, atol=0)


# --- chains --------------------------------------------------------------------------------------


def log_likelihood(start, moves, seen):
    """log p of the observations, of balls."""
    forward = [a + b for a, b in zip(start, seen[0], strict=True)]
    for row in seen[1:]:
        shares = [
            sum(((v + moves[i][k]).exp() for i, v in enumerate(forward)), arb(0))
            for k in range(len(start))
        ]
        forward = [s.log() + b for s, b in zip(shares, row, strict=True)]
    return sum((v.exp() for v in forward), arb(0)).log()


def balls(u, t, step):
    """Numbers moved along their tangents."""
    if np.ndim(u) == 0:
        return arb(float(u)) + step * arb(float(t))
    return [balls(v, s, step) for v, s in zip(u, t, strict=True)]


def exact_change(arrays, tangents):
    with ctx.workprec(1200):
        step = arb(2) ** -200
        ends = [
            log_likelihood(*(balls(u, t, s * step) for u, t in zip(arrays, tangents)))
            for s in (1, -1)
        ]
        return float((ends[0] - ends[1]) / (2 * step))


def a_chain(steps=5, scale=3.0):
    rng = np.random.default_rng(2)
    shapes = (3,), (3, 3), (steps, 3)
    return [[scale * rng.normal(size=s) for s in shapes] for _ in range(2)]


@each_library
@pytest.mark.parametrize("scale", [pytest.param(1.0, marks=pytest.mark.slow), 100.0])
def test_likelihoods_of_chains(along, scale):
    arrays, tangents = a_chain(scale=scale)
    found = along(nl.hmm_loglikelihood, arrays, tangents)
    _, counts = nl.hmm_loglikelihood_value_and_grad(*arrays)
    size = sum(np.sum(np.abs(c * t)) for c, t in zip(counts, tangents))
    # The gradients are within 4 ulp, and so is their sum, relative to the moduli.
    assert abs(found - exact_change(arrays, tangents)) <= 5 * np.spacing(size)


@pytest.mark.slow
@each_library
def test_several_chains(along):
    arrays, tangents = a_chain()
    for k in (1, 2):  # with transitions for all and for each
        many, moved = (
            [u if i < k else np.stack([u, u[::-1] - 1]) for i, u in enumerate(us)]
            for us in (arrays, tangents)
        )
        if k == 1:
            many[1], moved[1] = (np.stack([u[None], u[None]]) for u in (arrays[1], tangents[1]))
        found = along(nl.hmm_loglikelihood, many, moved)
        for i in range(2):
            one = [u if j < k else u[i] for j, u in enumerate(many)]
            t = [u if j < k else u[i] for j, u in enumerate(moved)]
            exact = exact_change(
                [u[0] if u.ndim == 3 else u for u in one], [u[0] if u.ndim == 3 else u for u in t]
            )
            np.testing.assert_allclose(found[i], exact, rtol=1e-13)


# --- what there is not ---------------------------------------------------------------------------


@each_library
def test_what_to_take_instead(along):
    arrays, tangents = a_chain()
    for function, message in (
        (nl.hmm_forward, "hmm_forward has no derivative by .*: hmm_loglikelihood has one"),
        (
            lambda *u: nl.hmm_loglikelihood_value_and_grad(*u)[1][0],
            "hmm_loglikelihood_value_and_grad has no derivatives in forward mode: take hmm_log",
        ),
        (
            lambda s, *_: nl.segment_softmax_vjp(s, s, offsets=np.array([0, 3])),
            "segment_softmax_vjp has no derivative by .*: segment_softmax has one",
        ),
    ):
        with pytest.raises(NotImplementedError, match=message):
            along(function, arrays, tangents)


def test_forward_mode_three_times_is_refused():
    # PyTorch would give numbers that are wrong.
    torch = _torch()
    x = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    forward = torch.func.jacfwd
    for function in (nl.softmax, nl.logsumexp, nl.log_softmax):
        with pytest.raises(NotImplementedError, match="in forward mode within forward mode"):
            forward(forward(forward(function)))(x)
        twice = forward(forward(function))(x)
        torch.testing.assert_close(twice, torch.func.jacrev(torch.func.jacrev(function))(x))


# --- Hessians of losses --------------------------------------------------------------------------


def hvp_torch(loss, x, t):
    torch = _torch()
    x, t = torch.tensor(x, requires_grad=True), torch.tensor(t)
    (gradient,) = torch.autograd.grad(loss(x), x, create_graph=True)
    return torch.autograd.grad(gradient, x, t)[0].numpy()


def hvp_jax(loss, x, t):
    with jax_in_64_bits() as jax:
        x, t = jax.numpy.asarray(x), jax.numpy.asarray(t)
        forward = jax.jvp(jax.grad(loss), (x,), (t,))[1]
        _, pull = jax.vjp(jax.grad(loss), x)
        np.testing.assert_array_equal(forward, pull(t)[0])
        return np.asarray(forward)


def hvp_pytensor(loss, x, t):
    pytensor = pytest.importorskip("pytensor")
    v = pytensor.tensor.matrix()
    gradient = pytensor.grad(loss(v), v)
    product = pytensor.grad((gradient * t).sum(), v)
    return pytensor.function([v], product, mode="FAST_COMPILE", on_unused_input="ignore")(x)


@pytest.mark.parametrize("hvp", [hvp_torch, hvp_jax, hvp_pytensor])
@pytest.mark.parametrize(
    "name",
    [n if n == "cross_entropy" else pytest.param(n, marks=pytest.mark.slow) for n in LOSSES],
)
def test_hessians_are_those_of_the_family(name, hvp):
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(2, 4, 3)) * [[[20.0]], [[1.0]]]
    shares, labels, weights = rng.random((4, 3)), np.array([0, 2, 1, 1]), rng.random(4)
    cases = [(shares, {})]
    if name != "complement_cross_entropy":
        cases += [(labels, {}), (shares, {"weights": weights}), (labels, {"weights": weights})]
    for scores, options in cases:
        for reduction in ("sum", "mean"):
            options = options | {"reduction": reduction}
            found = hvp(lambda x, s=scores, o=options: getattr(nl, name)(x, s, **o), x, t)
            exact = getattr(nl, f"{name}_hvp")(x, scores, t, **options)
            np.testing.assert_array_equal(found, exact)


def test_hessians_where_compositions_lose_their_digits():
    # One class of almost all, whose complement cancels in sums of whole Hessians.
    x, t = np.array([[0.0, -40.0, -41.0]]), np.array([[1.0, 0.5, -0.25]])
    found = hvp_torch(lambda x: nl.softmax_binary_cross_entropy(x, [0], reduction="sum"), x, t)
    target = expected("softmax_binary_cross_entropy_hvp", x[0], np.array([1.0, 0.0, 0.0]), t[0])
    check(target, found[0], BUDGETS["softmax_binary_cross_entropy_hvp"], "one class of almost all")


def test_third_derivatives_of_cross_entropy():
    torch = _torch()
    rng = np.random.default_rng(0)
    x, t, s = (torch.tensor(u, requires_grad=True) for u in rng.normal(size=(3, 2, 3)))
    targets = torch.tensor(rng.random((2, 3)), requires_grad=True)
    weights = torch.tensor(rng.random(2), requires_grad=True)
    for reduction in ("none", "sum", "mean"):

        def hvp(x, targets, t, weights, reduction=reduction):
            return nl.cross_entropy_hvp(x, targets, t, weights=weights, reduction=reduction)

        assert torch.autograd.gradcheck(hvp, (x, targets, t, weights), check_forward_ad=True)
    other = torch.func.jvp(lambda x: nl.cross_entropy_hvp(x, targets, t), (x,), (s,))[1]
    same = torch.func.jvp(lambda x: nl.cross_entropy_hvp(x, targets, s), (x,), (t,))[1]
    torch.testing.assert_close(other, same, rtol=1e-13, atol=1e-15)
    labels = torch.tensor([0, 2])

    def binary(x, t, weights):
        return nl.softmax_binary_cross_entropy_hvp(x, labels, t, weights=weights, reduction="mean")

    assert torch.autograd.gradcheck(lambda t, w: binary(x.detach(), t, w), (t, weights))
    with pytest.raises(NotImplementedError, match="softmax_binary_cross_entropy_hvp has no deriv"):
        binary(x, t, weights).sum().backward()
