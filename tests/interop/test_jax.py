"""Arrays of JAX in and out, with their derivatives, traced and transformed."""

import functools
import os
import subprocess
import sys

import numpy as np
import pytest
from every import (
    AXIS,
    ELEMENTWISE,
    HARD_DERIVATIVES,
    OVER_ROWS,
    arrays_of,
    as_tuple,
    elementwise_inputs,
)

import numba_logspace as nl
import numba_logspace.differentiable as nld
from numba_logspace._family import FAMILY, named

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402
from jax.test_util import check_grads  # noqa: E402

SMALL = (1, 3, 2)
MAPS = ["softmax", "log_softmax", "log1m_softmax", "loo_logsumexp"]
SUMS = ["logsumexp", "logsumexp_excluding_max", "logmeanexp"]
LABELS = [(n, labels) for n in OVER_ROWS for labels in {False, "targets" in FAMILY[n].operands}]
LOSSES = named("loss", "class weights")
# {function: arguments by which no derivative is there in reverse mode, not even the first}
WITHOUT = {
    "log1m_softmax_hvp": ("x", "g"),
    "logvarexp_vjp": ("x",),
    "logvarexp_jvp": ("x",),
}
# Functions without second derivatives by the first argument.
ONCE = {
    *("loo_logsumexp_vjp", "loo_logsumexp_jvp", "log1m_softmax_vjp", "log1m_softmax_jvp"),
    *("log1m_softmax_value_and_vjp", "log1m_softmax_jacobian", "logcumsumexp", "logvarexp"),
    *("softmax_binary_cross_entropy_value_and_grad", "complement_cross_entropy_value_and_grad"),
}
# In forward mode these have no derivative by x.
NOT_FORWARD = {"log1m_softmax_jvp", "loo_logsumexp_jvp"}


@pytest.fixture(autouse=True)
def wide():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def numbers(name, shape=SMALL, labels=False, dtype=np.float64, axis=AXIS, seed=0):
    """The arguments of a call as arrays of NumPy."""
    return {k: u for k, (u, _) in arrays_of(name, shape, axis, dtype, labels, seed).items()}


def traced(arrays):
    return jax.tree.map(jnp.asarray, arrays)


def assert_same(found, wanted):
    """Arrays of JAX of the same bits as those of NumPy."""
    for y, right in zip(as_tuple(found), as_tuple(wanted), strict=True):
        right = np.asarray(right)
        assert isinstance(y, jax.Array)
        assert y.dtype == right.dtype and y.shape == right.shape
        assert np.asarray(y).tobytes() == right.tobytes()


def close(found, wanted):
    """Nearly the same, where sums are taken in another order."""
    for y, right in zip(as_tuple(found), as_tuple(wanted), strict=True):
        np.testing.assert_allclose(y, right, rtol=1e-13, atol=1e-14)


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_every_function(name, labels):
    arrays = numbers(name, (4, 5, 3), labels)
    wanted = getattr(nl, name)(**arrays, axis=AXIS)
    function = functools.partial(getattr(nl, name), axis=AXIS)
    assert_same(function(**traced(arrays)), wanted)
    assert_same(jax.jit(function)(**traced(arrays)), wanted)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_function(name):
    inputs = elementwise_inputs(name, (4, 5))
    function, wanted = getattr(nld, name), getattr(nl, name)(*inputs)
    assert_same(function(*traced(inputs)), wanted)
    assert_same(jax.jit(function)(*inputs), wanted)
    assert type(function(*inputs)) is np.ndarray


def test_matrices_and_gates():
    rng = np.random.default_rng(0)
    a, b, gate = (rng.standard_normal(s) for s in ((2, 3, 4), (4, 2), (2, 1)))
    cases = {
        "logmatmulexp": (a, b),
        "gated_log_softmax": (gate[..., 0], a[0, :2], a[1, :2, :3]),
        "gated_log_softmax_vjp": (gate[..., 0], a[0, :2], a[1, :2, :3]),
    }
    for name, arguments in cases.items():
        for function in (getattr(nl, name), jax.jit(getattr(nl, name))):
            assert_same(function(*traced(arguments)), getattr(nl, name)(*arguments))
    vector = np.arange(4.0)
    for pair in ((vector, b), (a, vector), (vector, vector)):
        assert_same(jax.jit(nl.logmatmulexp)(*pair), nl.logmatmulexp(*pair))


@pytest.mark.parametrize("integer", ["int8", "int32", "int64", "bool"])
def test_integers_count_as_floats(integer):
    x = jnp.array([[0, 1, 0]]).astype(integer)
    assert_same(nl.softmax(x), nl.softmax(np.asarray(x)))
    assert_same(nld.log1pexp(x), nl.log1pexp(np.asarray(x)))
    with jax.enable_x64(False):
        assert_same(nl.softmax(x), nl.softmax(np.asarray(x)).astype("f4"))


def test_without_64_bits():
    with jax.enable_x64(False):
        x = np.random.default_rng(0).standard_normal((2, 3)).astype("f4")
        for function in (nl.log1m_softmax, jax.jit(nl.log1m_softmax)):
            assert_same(function(jnp.asarray(x)), nl.log1m_softmax(x))
        wide = np.float64([1.0, 2.0, 3.0])  # which counts as float32, as everywhere in JAX
        assert_same(nl.softmax_vjp(jnp.asarray(x), wide), nl.softmax_vjp(x, wide.astype("f4")))
        gradient = jax.grad(lambda x: nl.cross_entropy(x, jnp.array([0, 2]), reduction="mean"))
        wanted = nl.cross_entropy_value_and_grad(x, [0, 2], reduction="mean")[1]
        assert_same(gradient(jnp.asarray(x)), wanted)
        assert nld.logaddexp(jnp.float32(1), 2.0).dtype == jnp.float32


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["log1m_softmax", "softmax_vjp", "cross_entropy_value_and_grad"])
def test_halves_are_computed_in_float32(name, half):
    arrays = {
        k: u.astype(half) if u.dtype == np.float64 else u
        for k, u in traced(numbers(name, labels=True)).items()
    }
    wide = {k: u.astype("f4") if u.dtype == half else u for k, u in arrays.items()}
    wanted = as_tuple(getattr(nl, name)(**wide, axis=AXIS))
    for function in (getattr(nl, name), jax.jit(getattr(nl, name), static_argnames="axis")):
        for y, right in zip(as_tuple(function(**arrays, axis=AXIS)), wanted, strict=True):
            assert y.dtype == half and (y == right.astype(half)).all()
    if name == "log1m_softmax":
        gradient = jax.grad(lambda x: nl.log1m_softmax(x, AXIS).sum().astype("f4"))(arrays["x"])
        assert gradient.dtype == half
        assert (gradient == nl.log1m_softmax_vjp(wide["x"], axis=AXIS).astype(half)).all()


def test_options():
    x, where = np.arange(6.0).reshape(2, 3), np.array([True, False, True])
    b, g = np.array([1.0, -2.0, 0.5]), np.array([[1.0], [2.0]])
    for call in (
        lambda x, c=jnp.asarray: nl.softmax(x, where=c(where)),
        lambda x, c=None: nl.softmax(x, where=where.tolist()),
        lambda x, c=None: nl.logsumexp(x, axis=None),
        lambda x, c=None: nl.logsumexp(x, (0, 1), keepdims=True),
        lambda x, c=jnp.asarray: nl.logsumexp(x, b=c(b), return_sign=True),
        lambda x, c=None: nl.logsumexp(x, b=2.0, where=where),
        lambda x, c=None: nl.softmax(x, workers=2, where=True),
        lambda x, c=jnp.asarray: nl.softmax_vjp(x, c(b)),
        lambda x, c=jnp.asarray: nl.logsumexp_vjp(x, c(g)),
        lambda x, c=None: nl.log1m_softmax_value_and_vjp(x, None),
        lambda x, c=None: nl.log1m_softmax_hvp(x, None, b),
        lambda x, c=None: nl.cross_entropy(x, [0, 2], weights=[1.0, 2.0], reduction="mean"),
    ):
        wanted = call(x, np.asarray)
        assert_same(call(jnp.asarray(x)), wanted)
        assert_same(jax.jit(call)(x), wanted)
    assert_same(nl.softmax_vjp(x, jnp.asarray(b)), nl.softmax_vjp(x, b))


def test_empty_arrays_and_numbers():
    for x in (np.zeros((0, 3)), np.zeros((3, 0)), np.float64(2.0)):
        for name in ("softmax", "logsumexp"):
            function = getattr(nl, name)
            assert_same(function(jnp.asarray(x)), function(x))
            assert_same(jax.jit(function)(x), function(x))
    assert_same(jax.vmap(nl.softmax)(jnp.arange(3.0)), np.ones(3))


# --- derivatives ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "axis"), [((0,), -1), ((0, 3), 0), ((3, 0), None), ((), -1)])
@pytest.mark.parametrize("name", [*MAPS, *SUMS, "logcumsumexp"])
def test_derivatives_of_empty_arrays_and_numbers(name, shape, axis):
    function, x = functools.partial(getattr(nl, name), axis=axis), jnp.zeros(shape)
    y, change = jax.jvp(function, (x,), (x,))
    assert y.shape == change.shape and not np.any(change)
    assert jax.grad(lambda x: function(x).sum())(x).shape == shape
    if name != "logcumsumexp":
        assert jax.hessian(lambda x: function(x).sum())(x).shape == 2 * shape


def test_derivatives_of_a_product_over_nothing():
    a, b = jnp.zeros((2, 0)), jnp.zeros((0, 3))
    y, change = jax.jvp(nl.logmatmulexp, (a, b), (a, b))
    assert (y == -np.inf).all() and (change == 0).all()
    gradients = jax.grad(lambda *u: nl.logmatmulexp(*u).sum(), (0, 1))(a, b)
    assert [g.shape for g in gradients] == [(2, 0), (0, 3)]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((n, np.float64) for n in (*MAPS, *SUMS)), ("log1m_softmax", np.float32)],
)
def test_gradients_are_the_vjps(name, dtype):
    x = numbers(name, (4, 5, 3), dtype=dtype)["x"]
    function = functools.partial(getattr(nl, name), axis=AXIS)
    for f in (function, jax.jit(function)):
        y, pull = jax.vjp(f, jnp.asarray(x))
        assert_same(y, function(x))
        g = np.random.default_rng(1).standard_normal(y.shape).astype(dtype)
        (gradient,) = pull(jnp.asarray(g))
        assert_same(gradient, getattr(nl, f"{name}_vjp")(x, g, AXIS))
        t = np.random.default_rng(2).standard_normal(x.shape).astype(dtype)
        y, change = jax.jvp(f, (jnp.asarray(x),), (jnp.asarray(t),))
        assert_same(change, getattr(nl, f"{name}_jvp")(x, t, AXIS))


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_losses_are_those_of_the_family(name, labels, reduction):
    arrays = numbers(name, (4, 5, 3), labels)
    function = getattr(nl, f"{name}_value_and_grad")
    value, gradient = function(**arrays, axis=AXIS, reduction=reduction)

    def loss(logits):
        return getattr(nl, name)(
            **traced(arrays) | {"logits": logits}, axis=AXIS, reduction=reduction
        )

    for f in (loss, jax.jit(loss)):
        y, pull = jax.vjp(f, jnp.asarray(arrays["logits"]))
        assert_same(y, value)
        assert_same(pull(jnp.ones_like(y)), (gradient,))


def differentiated(name, labels=False, more=None, **options):
    """(argument, the function of it, its value) of each that may have a derivative."""
    arrays = traced(numbers(name, labels=labels) | (more or {}))
    for k, u in arrays.items():
        if jnp.issubdtype(u.dtype, jnp.floating):

            def function(v, k=k):
                return getattr(nl, name)(**arrays | {k: v}, **{"axis": AXIS} | options)

            yield k, function, u


def twice(function, u):
    """The gradient of a sum of the gradient."""

    def gradient(u):
        y, pull = jax.vjp(function, u)
        (found,) = pull(jax.tree.map(jnp.ones_like, y))
        return (found * jnp.arange(1.0, 1 + found.size).reshape(found.shape)).sum()

    return jax.grad(gradient)(u)


def check(name, labels=False, **options):
    for k, function, u in differentiated(name, labels, **options):
        if k in WITHOUT.get(name, ()):
            with pytest.raises(NotImplementedError, match=f"{name} has no derivative by {k}"):
                jax.grad(lambda u: function(u).sum())(u)  # noqa: B023
            continue
        forward = not (k == "x" and name in NOT_FORWARD)
        modes = ("fwd", "rev") if forward else ("rev",)
        check_grads(function, (u,), 1, modes, rtol=1e-6, atol=1e-6)
        if name in ONCE and k in ("x", "logits"):
            with pytest.raises(NotImplementedError):
                twice(function, u)
        else:
            check_grads(function, (u,), 2, ("rev",), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_derivatives(name, labels):
    check(name, labels)


@pytest.mark.slow
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", [n for n in OVER_ROWS if "entropy" in n])
def test_derivatives_of_reduced_losses(name, reduction):
    check(name, labels=True, reduction=reduction)


_MASKED = [n for n in OVER_ROWS if "entropy" not in n and "jacobian" not in n]
# These give -inf where nothing is left, of which there are no differences.
_NOTHING_LEFT = "log_softmax", "loo_logsumexp", "logcumsumexp"
_MASK = np.array([[True, False], [True, True], [True, True]])


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in _MASKED if n not in _NOTHING_LEFT])
def test_derivatives_with_a_mask(name):
    check(name, more={"where": _MASK})


@pytest.mark.slow
@pytest.mark.parametrize("name", _NOTHING_LEFT)
def test_derivatives_with_a_mask_of_what_is_finite(name):
    x = jnp.asarray(numbers(name)["x"])
    finite = jnp.isfinite(getattr(nl, name)(x, AXIS, where=_MASK))

    def function(x):
        return jnp.where(finite, getattr(nl, name)(x, AXIS, where=_MASK), 0)

    check_grads(function, (x,), 1, rtol=1e-6, atol=1e-6)
    if name not in ONCE:
        check_grads(function, (x,), 2, ("rev",), rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("axis", [None, (0, 2)])
@pytest.mark.parametrize("name", [*MAPS, *SUMS, "logcumsumexp"])
def test_derivatives_over_several_axes(name, axis):
    check(name, axis=axis, **({"keepdims": True} if name in SUMS else {}))


def test_derivatives_of_weighted_sums():
    x = jnp.asarray(np.random.default_rng(0).standard_normal((2, 3)))
    for weights in ([1.0, -0.5, 2.0], [0.0, 1.0, 2.0]):

        def function(x, b):
            return nl.logsumexp(x, b=b, return_sign=True)[0]

        check_grads(function, (x, jnp.array(weights)), 2, ("rev",), rtol=1e-5, atol=1e-5)
        check_grads(function, (x, jnp.array(weights)), 1, rtol=1e-6, atol=1e-6)
    # An entry of weight 0 has no gradient, whatever it holds.
    x = jnp.array([np.nan, 0.0, 1.0])
    gradient = jax.grad(lambda x: nl.logsumexp(x, b=jnp.array([0.0, 1.0, 1.0])))(x)
    assert_same(gradient, np.r_[0, nl.softmax([0.0, 1.0])])


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,))]
)
def test_derivatives_of_matrix_products(a, b):
    rng = np.random.default_rng(0)
    a, b = (jnp.asarray(rng.standard_normal(s)) for s in (a, b))
    check_grads(nl.logmatmulexp, (a, b), 1, rtol=1e-6, atol=1e-6)
    with pytest.raises(NotImplementedError, match="logmatmulexp has no second derivatives"):
        twice(lambda a: nl.logmatmulexp(a, b), a)


def test_derivatives_of_gates():
    rng = np.random.default_rng(0)
    shapes = (2, 1), (2, 1, 2), (2, 2, 2), (2, 3, 2)
    gate, a, b, g = (jnp.asarray(rng.standard_normal(s)) for s in shapes)
    value = functools.partial(nl.gated_log_softmax, axis=1)
    vjp = functools.partial(nl.gated_log_softmax_vjp, axis=1)
    check_grads(value, (gate, a, b), 1, rtol=1e-6, atol=1e-6)
    check_grads(value, (gate, a, b), 2, ("rev",), rtol=1e-5, atol=1e-5)
    check_grads(vjp, (gate, a, b, g), 1, rtol=1e-6, atol=1e-6)
    check_grads(vjp, (gate, a, b), 1, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_of_elementwise_functions(name):
    inputs = traced(elementwise_inputs(name, (2, 3)))
    check_grads(getattr(nld, name), inputs, 2, rtol=1e-4, atol=1e-4, eps=1e-5)


@pytest.mark.parametrize(("name", "inputs", "first", "second"), HARD_DERIVATIVES)
def test_hard_derivatives_of_elementwise_functions(name, inputs, first, second):
    slope = jax.grad(getattr(nld, name))
    for found, wanted in ((slope, first), (jax.grad(slope), second)):
        np.testing.assert_allclose(found(*inputs), wanted, rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", [*MAPS, *SUMS, *LOSSES, "logcumsumexp"])
def test_a_dominant_class_has_a_finite_gradient(name):
    arrays = traced(numbers(name, (3,), labels=True, axis=-1))
    first = next(iter(arrays))
    for row in ([1000.0, -1000.0, -1000.5], [-1e4, 0.0, 1e4], [5.0, 5.0, -800.0]):
        y, pull = jax.vjp(lambda u: getattr(nl, name)(**arrays | {first: u}), jnp.array(row))
        (gradient,) = pull(jnp.arange(1.0, y.size + 1).reshape(y.shape))
        assert jnp.isfinite(gradient).all()


@pytest.mark.parametrize("where", [None, [True, True, False, True]])
@pytest.mark.parametrize("name", [*MAPS, *SUMS])
def test_hessians(name, where):
    x = np.random.default_rng(0).standard_normal(4)
    where = None if where is None else np.array(where)

    def function(x):
        y = getattr(nl, name)(x, where=where)
        return jnp.where(jnp.isfinite(y), y, 0).sum()

    hessian = jax.hessian(function)(x)
    close(jax.jit(jax.hessian(function))(x), hessian)
    close(jax.jacrev(jax.grad(function))(x), hessian)
    if name == "log1m_softmax" and where is None:
        columns = [nl.log1m_softmax_hvp(x, None, e) for e in np.eye(4)]
        close(hessian, np.stack(columns))


def test_jacobians():
    x = jnp.asarray(np.random.default_rng(0).standard_normal(4))
    for name in ("log_softmax", "log1m_softmax"):
        right = getattr(nl, f"{name}_jacobian")(x)
        for jacobian in (jax.jacrev, jax.jacfwd):
            close(jacobian(getattr(nl, name))(x), right)


@pytest.mark.parametrize("name", LOSSES)
def test_hessians_of_losses(name):
    arrays = traced(numbers(name, labels=True))
    for reduction in ("sum", "mean"):

        def loss(u, reduction=reduction):
            return getattr(nl, name)(**arrays | {"logits": u}, axis=AXIS, reduction=reduction)

        hessian = jax.hessian(loss)(arrays["logits"])
        close(jax.jit(jax.jacrev(jax.grad(loss)))(arrays["logits"]), hessian)


# --- transformations -----------------------------------------------------------------------------


def looped(function, arrays, batched):
    """Results of each of a batch, stacked."""
    size = len(arrays[batched[0]])
    each = [as_tuple(function(**arrays | {k: arrays[k][i] for k in batched})) for i in range(size)]
    return tuple(np.stack(parts) for parts in zip(*each))


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_vmap_is_a_loop(name, labels):
    batch = [numbers(name, (4, 5, 3), labels, seed=i) for i in range(3)]
    arrays = {k: np.stack([b[k] for b in batch]) for k in batch[0]}
    function = functools.partial(getattr(nl, name), axis=AXIS)
    wanted = looped(function, arrays, list(arrays))
    assert_same(jax.vmap(lambda u: function(**u))(traced(arrays)), wanted)
    # The first alone, along another axis.
    first = next(iter(arrays))
    alone = batch[0] | {first: arrays[first]}
    wanted = looped(function, alone, [first])
    moved = np.moveaxis(arrays[first], 0, -1)
    mapped = jax.vmap(lambda u: function(**traced(batch[0]) | {first: u}), in_axes=-1)
    assert_same(jax.jit(mapped)(moved), wanted)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_each_of_a_batch(name, reduction):
    batch = [numbers(name, (4, 3), True, axis=1, seed=i) for i in range(3)]
    arrays = {k: np.stack([b[k] for b in batch]) for k in batch[0]}
    loss, of_family = getattr(nl, name), getattr(nl, f"{name}_value_and_grad")

    def total(logits, more):
        return loss(logits, **more, reduction=reduction).sum()

    more = {k: u for k, u in arrays.items() if k != "logits"}
    of_family = functools.partial(of_family, reduction=reduction)
    if reduction == "none":
        wanted = of_family(**arrays)[1]
    else:
        wanted = looped(of_family, arrays, list(arrays))[1]
    for function in (jax.vmap(jax.grad(total)), jax.jit(jax.vmap(jax.grad(total)))):
        assert_same(function(arrays["logits"], more), wanted)
    both = jax.grad(lambda u: jax.vmap(total)(u, more).sum())
    assert_same(both(jnp.asarray(arrays["logits"])), wanted)


def test_vmap_of_the_rest():
    rng = np.random.default_rng(0)
    a, b, g = (rng.standard_normal(s) for s in ((5, 3, 4), (4, 2), (5, 3)))
    product = jax.vmap(nl.logmatmulexp, in_axes=(0, None))
    assert_same(product(a, b), nl.logmatmulexp(a, b))
    gradients = [jax.grad(lambda b, f=f: f(a, b).sum())(b) for f in (product, nl.logmatmulexp)]
    close(*gradients)
    gated = jax.vmap(lambda g, a: nl.gated_log_softmax(g, a, a))(g, a)
    assert_same(gated, nl.gated_log_softmax(g, a, a))
    mixed = jax.vmap(nld.logaddexp, in_axes=(0, None))(g[:, 0], a)
    assert_same(mixed, nl.logaddexp(g[:, 0, None, None, None], a))
    where = np.array([True, False, True, True])
    masked = jax.vmap(lambda a: nl.log1m_softmax(a, where=where))(a)
    assert_same(masked, nl.log1m_softmax(a, where=where))
    each = jax.vmap(lambda a, w: nl.logsumexp(a, where=w), in_axes=(0, 1))(a, np.eye(4, 5) == 0)
    assert_same(each, nl.logsumexp(a, where=(np.eye(4, 5) == 0).T[:, None]))


def test_loops_and_checkpoints():
    x = jnp.asarray(np.random.default_rng(0).standard_normal((6, 4)))

    def scanned(x):
        step = jax.checkpoint(lambda c, row: (c + nl.logsumexp(row), nl.log1m_softmax(row)))
        total, rows = jax.lax.scan(step, 0.0, x)
        return total + rows.sum()

    def plain(x):
        return nl.logsumexp(x).sum() + nl.log1m_softmax(x).sum()

    for function in (jax.grad(scanned), jax.jit(jax.grad(scanned))):
        close(function(x), jax.grad(plain)(x))
    close(jax.vmap(jax.grad(scanned))(jnp.stack([x, x]))[1], jax.grad(plain)(x))
    close(jax.lax.map(nl.softmax, x), nl.softmax(x))


def test_large_arrays_do_not_wait_for_themselves():
    # Callbacks that ask JAX for anything can.
    x = jnp.asarray(np.random.default_rng(0).standard_normal((1000, 1000)))
    value, gradient = jax.jit(jax.value_and_grad(lambda x: nl.log1m_softmax(2 * x).sum()))(x)
    assert jnp.isfinite(value)
    assert_same(gradient, 2 * nl.log1m_softmax_vjp(2 * np.asarray(x)))
    chain = jax.jit(lambda x: nl.softmax(nl.log_softmax(nl.softmax(x) @ x.T) + 1))
    for _ in range(3):
        assert jnp.isfinite(chain(x)).all()


def test_several_devices():
    code = """
import jax, numpy as np, numba_logspace as nl
from jax.sharding import Mesh, NamedSharding, PartitionSpec
x, devices = np.arange(24, dtype="f4").reshape(4, 6), jax.devices()
mesh, by_rows = Mesh(np.array(devices), "i"), PartitionSpec("i")
split = jax.device_put(x, NamedSharding(mesh, by_rows))
gradient = jax.grad(lambda x: nl.log1m_softmax(x).sum())
options = {"mesh": mesh, "in_specs": by_rows, "out_specs": by_rows, "check_vma": False}
for f in (nl.log1m_softmax, gradient):
    wanted = np.asarray(f(jax.numpy.asarray(x)))
    for g in (f, jax.jit(f), jax.shard_map(f, **options)):
        assert np.array_equal(g(split), wanted)
put = jax.device_put(x, devices[1])
assert nl.softmax(put).device == jax.jit(nl.softmax)(put).device == devices[1]
"""
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | flags)


def test_shapes_without_numbers():
    known = jax.eval_shape(nl.log1m_softmax_jacobian, jax.ShapeDtypeStruct((2, 3), "f4"))
    assert (known.shape, known.dtype) == ((2, 3, 3), jnp.float32)


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, "a", object(), [[1], [2, 3]]])
def test_what_is_no_array(wrong):
    with pytest.raises(TypeError, match="y must be an array of numbers"):
        nld.logaddexp(jnp.zeros(3), wrong)


def test_what_is_refused():
    x = jnp.zeros(3)
    for call, message in (
        (lambda x: nl.softmax(x, out=np.zeros(3)), "out must be None"),
        (lambda x: nl.softmax(x, stream=3), "stream must be None"),
        (lambda x: nl.softmax(x.astype("complex64")), "x has dtype complex64"),
        (lambda x: nl.cross_entropy(x, jnp.array(0), axis=None), "axis must be an int"),
        (lambda x: nl.softmax(x, where=x), "where must be boolean"),
        (lambda x: nl.softmax(x, axis="rows"), "axis must be an int"),
        (lambda x: nld.log_mix(x, x), "log_mix takes 3 arguments, t, x, y, got 2"),
        (lambda x: nld.log1pexp(x.astype("complex64")), "x has dtype complex64"),
    ):
        for function in (call, jax.jit(call)):
            with pytest.raises(TypeError, match=message):
                function(x)
    for call, message in (
        (lambda x: nl.softmax_vjp(x, jnp.zeros(2)), r"\(2,\)"),
        (lambda x: nl.cross_entropy(x, jnp.array(0), reduction="all"), "reduction must be"),
        (lambda x: nl.logsumexp_vjp(x, jnp.zeros(3)), r"\(3,\)"),
        (lambda x: nl.logmatmulexp(x, jnp.zeros(2)), "logmatmulexp|2"),
        (lambda x: nl.softmax(x, axis=1), "axis 1"),
    ):
        for function in (call, jax.jit(call), jax.grad(lambda x, call=call: call(x).sum())):
            with pytest.raises(ValueError, match=message):
                function(x)
    with pytest.raises(TypeError, match="x has dtype key"):
        nl.softmax(jax.random.key(0))


def test_labels_that_are_no_classes():
    x, labels = jnp.zeros((2, 3)), jnp.array([0, 3])
    with pytest.raises(ValueError, match="targets"):
        nl.cross_entropy(x, labels)
    gradient = jax.grad(lambda x, y: nl.cross_entropy(x, y).sum())
    for function in (jax.jit(nl.cross_entropy), jax.jit(gradient)):
        with pytest.raises(jax.errors.JaxRuntimeError, match="ValueError: targets"):
            jax.block_until_ready(function(x, labels))


def test_labels_of_one_class_as_floats():
    x, labels = jnp.zeros((3, 1)), jnp.zeros(3)
    for function in (nl.cross_entropy, jax.jit(nl.cross_entropy)):
        np.testing.assert_array_equal(function(x, labels), np.zeros(3))


@pytest.mark.parametrize("label", [np.int64(2**32), np.uint64(2**32 + 1), np.int64(-(2**32))])
def test_labels_beyond_32_bits(label):
    # The last 32 bits of these are classes.
    with jax.enable_x64(False):
        x, labels = jnp.zeros((1, 3)), np.array([label])
        with pytest.raises(ValueError, match=f"targets must be within u?int32, .* got {label}"):
            nl.cross_entropy(x, labels)
        with pytest.raises(ValueError, match="targets must be within"):
            jax.grad(lambda x: nl.cross_entropy(x, labels).sum())(x)


def test_no_silent_zero():
    x, t = jnp.arange(3.0), jnp.ones(3)
    for function in (
        lambda x: nl.log1m_softmax_hvp(x, None, t).sum(),
        lambda x: jax.grad(lambda x: nl.logcumsumexp(x).sum())(x).sum(),
        lambda x: jax.jvp(nl.logcumsumexp, (x,), (t,))[1].sum(),
        lambda x: jax.grad(lambda x: nl.log1m_softmax_vjp(x).sum())(x).sum(),
    ):
        for gradient in (jax.grad(function), jax.jit(jax.grad(function))):
            with pytest.raises(NotImplementedError, match="has no (second )?derivative"):
                gradient(x)
