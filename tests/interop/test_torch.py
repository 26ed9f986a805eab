"""Tensors of PyTorch in and out, with their derivatives, compiled and transformed."""

import warnings

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
from numba_logspace._family import FAMILY, named

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")

import numba_logspace.differentiable as nlt  # noqa: E402

# PyTorch's own, when it imports its forward mode.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

SMALL = (1, 3, 2)
MAPS = ["softmax", "log_softmax", "log1m_softmax", "loo_logsumexp"]
# (function, whether its targets are labels)
LABELS = [(n, labels) for n in OVER_ROWS for labels in {False, "targets" in FAMILY[n].operands}]
SUMS = ["logsumexp", "logsumexp_excluding_max", "logmeanexp"]
LOSSES = named("loss", "class weights")
# {function: arguments by which no derivative is there, not even the first}
WITHOUT = {
    "log1m_softmax_hvp": ("x", "g"),
    "logvarexp_vjp": ("x",),
    "logvarexp_jvp": ("x",),
}
# Second derivatives that are not there: those that would be third ones of log1m_softmax, and of
# sums whose first derivatives are sums of logarithms.
_OF_HESSIANS = ("loo_logsumexp_vjp", "loo_logsumexp_jvp", "log1m_softmax_vjp", "log1m_softmax_jvp")
ONCE = {
    *_OF_HESSIANS,
    *("log1m_softmax_value_and_vjp", "log1m_softmax_jacobian", "logcumsumexp", "logvarexp"),
    *("softmax_binary_cross_entropy_value_and_grad", "complement_cross_entropy_value_and_grad"),
}
# In forward mode these have none by x.
NOT_FORWARD = ("log1m_softmax_jvp", "loo_logsumexp_jvp")


def tensors_of(name, shape=SMALL, labels=False, dtype=np.float64, axis=AXIS):
    arrays = arrays_of(name, shape, axis, dtype, labels)
    return {k: torch.from_numpy(u) for k, (u, _) in arrays.items()}


def arrays_in(tensors):
    return {k: u.numpy() for k, u in tensors.items()}


def assert_same(found, wanted):
    """Tensors of the same bits as arrays."""
    for y, right in zip(as_tuple(found), as_tuple(wanted), strict=True):
        right = np.asarray(right)
        assert type(y) is torch.Tensor
        assert y.dtype == torch.from_numpy(right).dtype and y.shape == right.shape
        assert y.detach().numpy().tobytes() == right.tobytes()


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_every_function(name, labels):
    tensors = tensors_of(name, (4, 5, 3), labels)
    found = getattr(nl, name)(**tensors, axis=AXIS)
    assert_same(found, getattr(nl, name)(**arrays_in(tensors), axis=AXIS))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_function(name):
    inputs = elementwise_inputs(name, (4, 5))
    found = getattr(nlt, name)(*map(torch.from_numpy, inputs))
    assert_same(found, getattr(nl, name)(*inputs))


def test_matrices_and_gates():
    rng = np.random.default_rng(0)
    a, b, gate = (rng.standard_normal(s) for s in ((2, 3, 4), (4, 2), (2, 1)))
    assert_same(nl.logmatmulexp(*map(torch.from_numpy, (a, b))), nl.logmatmulexp(a, b))
    arguments = gate[..., 0], a[0, :2], a[1, :2, :3]
    tensors = [torch.from_numpy(u) for u in arguments]
    assert_same(nl.gated_log_softmax(*tensors), nl.gated_log_softmax(*arguments))
    assert_same(nl.gated_log_softmax_vjp(*tensors), nl.gated_log_softmax_vjp(*arguments))


@pytest.mark.parametrize("integer", [torch.int8, torch.int64, torch.bool])
def test_integers_count_as_float64(integer):
    x = torch.tensor([[0, 1, 0]]).to(integer)
    assert_same(nl.softmax(x), nl.softmax(x.numpy()))
    assert_same(nlt.log1pexp(x), nl.log1pexp(x.numpy()))


def test_float16():
    x = torch.tensor([[0.0, 1.0, -1.0]], dtype=torch.float16)
    assert_same(nl.log1m_softmax(x), nl.log1m_softmax(x.numpy()))
    assert_same(nlt.log1pexp(x), nl.log1pexp(x.numpy()))


@pytest.mark.parametrize("name", ["log1m_softmax", "softmax_vjp", "cross_entropy_value_and_grad"])
def test_bfloat16_is_computed_in_float32(name):
    tensors = {
        k: u.bfloat16() if u.dtype.is_floating_point else u
        for k, u in tensors_of(name, labels=True).items()
    }
    wide = {k: u.float() if u.dtype.is_floating_point else u for k, u in tensors.items()}
    found = as_tuple(getattr(nl, name)(**tensors, axis=AXIS))
    for y, right in zip(found, as_tuple(getattr(nl, name)(**wide, axis=AXIS)), strict=True):
        assert torch.equal(y, right.bfloat16())


STRIDED = [
    torch.zeros(3, 1).double().expand(3, 4),
    torch.arange(12.0).double().view(4, 3).mT[:, ::2],
]


@pytest.mark.parametrize("x", STRIDED)
def test_any_strides(x):
    assert_same(nl.log1m_softmax(x), nl.log1m_softmax(x.numpy()))
    leaf = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(nl.log1m_softmax(leaf).sum(), leaf)
    assert torch.equal(gradient, nl.log1m_softmax_vjp(x))


def test_options():
    x, where = torch.arange(6.0).double().view(2, 3), torch.tensor([True, False, True])
    for mask in (where, where.numpy(), where.tolist()):
        assert_same(nl.softmax(x, where=mask), nl.softmax(x.numpy(), where=where.numpy()))
    assert_same(nl.logsumexp(x, axis=None), nl.logsumexp(x.numpy(), axis=None))
    assert_same(
        nl.logsumexp(x, (0, 1), keepdims=True), nl.logsumexp(x.numpy(), None, keepdims=True)
    )
    b = torch.tensor([1.0, -2.0, 0.5]).double()
    assert_same(
        nl.logsumexp(x, b=b, return_sign=True),
        nl.logsumexp(x.numpy(), b=b.numpy(), return_sign=True),
    )
    assert_same(nl.softmax(x, workers=2), nl.softmax(x.numpy()))
    assert_same(
        nl.softmax_vjp(x.numpy(), torch.ones(3).double()), nl.softmax_vjp(x.numpy(), np.ones(3))
    )


def test_results_in_a_tensor():
    x = torch.arange(6.0).double().view(2, 3)
    out = torch.empty(2, 3).double()
    assert nl.softmax(x, out=out) is out
    assert torch.equal(out, nl.softmax(x))
    loss, gradient = nl.cross_entropy_value_and_grad(x, torch.tensor([0, 1]), out=out)
    assert gradient is out and loss.shape == (2,)
    pair = torch.empty_like(out), torch.empty_like(out)
    found = nl.log1m_softmax_value_and_vjp(x, None, out=pair)
    assert found is pair and torch.equal(pair[0], nl.log1m_softmax(x))
    for wrong in (np.empty((2, 3)), out.clone().requires_grad_(), out.bfloat16()):
        with pytest.raises(TypeError, match="out must"):
            nl.softmax(x, out=wrong)
    with pytest.raises(TypeError, match="out must be None where the result has a gradient"):
        nl.softmax(x.requires_grad_(), out=out)


# --- gradients -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((n, np.float64) for n in (*MAPS, *SUMS)), ("log1m_softmax", np.float32)],
)
def test_gradients_are_the_vjps(name, dtype):
    x = tensors_of(name, (4, 5, 3), dtype=dtype)["x"]
    leaf = x.clone().requires_grad_()
    y = getattr(nl, name)(leaf, AXIS)
    assert_same(y, getattr(nl, name)(x.numpy(), AXIS))
    g = torch.randn(y.shape, dtype=y.dtype)
    y.backward(g)
    assert_same(leaf.grad, getattr(nl, f"{name}_vjp")(x.numpy(), g.numpy(), AXIS))


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_gradients_of_losses_are_those_of_the_family(name, labels, reduction):
    tensors = tensors_of(name, (4, 5, 3), labels)
    arrays = arrays_in(tensors)
    leaf = tensors["logits"].clone().requires_grad_()
    loss = getattr(nl, name)(**tensors | {"logits": leaf}, axis=AXIS, reduction=reduction)
    function = getattr(nl, f"{name}_value_and_grad")
    value, gradient = function(**arrays, axis=AXIS, reduction=reduction)
    assert_same(loss, value)
    loss.sum().backward()
    assert_same(leaf.grad, gradient)


def differentiated(name, labels=False, **options):
    """(argument, the function of it, its value) of each that may have a derivative."""
    tensors = tensors_of(name, labels=labels) | options.pop("more", {})
    options = {"axis": AXIS} | options
    for k, u in tensors.items():
        if u.dtype.is_floating_point:

            def function(v, k=k):
                return getattr(nl, name)(**tensors | {k: v}, **options)

            yield k, function, u.clone().requires_grad_()


def check(name, labels=False, **options):
    for k, function, leaf in differentiated(name, labels, **options):
        if k in WITHOUT.get(name, ()):
            with pytest.raises(NotImplementedError, match=f"{name} has no derivative by {k}"):
                torch.autograd.grad(function(leaf).sum(), leaf)
            continue
        forward = not (k == "x" and name in NOT_FORWARD)
        assert torch.autograd.gradcheck(function, [leaf], check_forward_ad=forward)
        if name in ONCE and k in ("x", "logits"):
            with pytest.raises(NotImplementedError):
                torch.autograd.gradgradcheck(function, [leaf])
        else:
            assert torch.autograd.gradgradcheck(function, [leaf])


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_derivatives(name, labels):
    check(name, labels)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", [n for n in OVER_ROWS if "entropy" in n])
def test_derivatives_of_reduced_losses(name, reduction):
    check(name, labels=True, reduction=reduction)


_MASKED = [n for n in OVER_ROWS if "entropy" not in n and "jacobian" not in n]
# These give -inf where nothing is left, of which there are no differences.
_NOTHING_LEFT = "log_softmax", "loo_logsumexp", "logcumsumexp"
_MASK = torch.tensor([[True, False], [True, True], [True, True]])


@pytest.mark.parametrize("name", [n for n in _MASKED if n not in _NOTHING_LEFT])
def test_derivatives_with_a_mask(name):
    check(name, more={"where": _MASK})


@pytest.mark.parametrize("name", _NOTHING_LEFT)
def test_derivatives_with_a_mask_of_what_is_finite(name):
    x = tensors_of(name)["x"].requires_grad_()
    finite = getattr(nl, name)(x.detach(), AXIS, where=_MASK).isfinite()

    def function(x):
        return torch.where(finite, getattr(nl, name)(x, AXIS, where=_MASK), 0)

    assert torch.autograd.gradcheck(function, [x], check_forward_ad=True)
    if name not in ONCE:
        assert torch.autograd.gradgradcheck(function, [x])


@pytest.mark.parametrize("axis", [None, (0, 2)])
@pytest.mark.parametrize("name", [*MAPS, *SUMS, "logcumsumexp"])
def test_derivatives_over_several_axes(name, axis):
    check(name, axis=axis, **({"keepdims": True} if name in SUMS else {}))


def test_derivatives_of_weighted_sums():
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    for weights in ([1.0, -0.5, 2.0], [0.0, 1.0, 2.0]):
        b = torch.tensor(weights, dtype=torch.float64, requires_grad=True)

        def function(x, b):
            return nl.logsumexp(x, b=b, return_sign=True)

        assert torch.autograd.gradcheck(function, [x, b], check_forward_ad=True)
        assert torch.autograd.gradgradcheck(function, [x, b])
    y, sign = nl.logsumexp(x, b=b, return_sign=True)
    assert y.requires_grad and not sign.requires_grad
    # An entry of weight 0 has no gradient, whatever it holds.
    x = torch.tensor([np.nan, 0.0, 1.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(nl.logsumexp(x, b=torch.tensor([0.0, 1.0, 1.0])), x)
    assert_same(gradient, np.r_[0, nl.softmax(np.float32([0, 1]))].astype("f4"))


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,))]
)
def test_derivatives_of_matrix_products(a, b):
    a, b = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in (a, b))
    assert torch.autograd.gradcheck(nl.logmatmulexp, [a, b], check_forward_ad=True)
    with pytest.raises(NotImplementedError, match="logmatmulexp has no second derivatives"):
        torch.autograd.gradgradcheck(nl.logmatmulexp, [a, b])


def test_derivatives_of_gates():
    shapes = (2, 1), (2, 1, 2), (2, 2, 2), (2, 3, 2)
    gate, a, b, g = (torch.randn(s, dtype=torch.float64, requires_grad=True) for s in shapes)

    def value(*arguments):
        return nl.gated_log_softmax(*arguments, axis=1)

    def vjp(*arguments):
        return nl.gated_log_softmax_vjp(*arguments, axis=1)

    assert torch.autograd.gradcheck(value, [gate, a, b], check_forward_ad=True)
    assert torch.autograd.gradgradcheck(value, [gate, a, b])
    assert torch.autograd.gradcheck(vjp, [gate, a, b, g], check_forward_ad=True)
    assert torch.autograd.gradcheck(vjp, [gate, a, b], check_forward_ad=True)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_of_elementwise_functions(name):
    inputs = [torch.from_numpy(u).requires_grad_() for u in elementwise_inputs(name, (2, 3))]
    function = getattr(nlt, name)
    assert torch.autograd.gradcheck(function, inputs, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(function, inputs)


@pytest.mark.parametrize(("name", "inputs", "first", "second"), HARD_DERIVATIVES)
def test_hard_derivatives_of_elementwise_functions(name, inputs, first, second):
    inputs = [torch.tensor(u, dtype=torch.float64, requires_grad=True) for u in inputs]
    (slope,) = torch.autograd.grad(getattr(nlt, name)(*inputs), inputs[:1], create_graph=True)
    (bend,) = torch.autograd.grad(slope, inputs[:1])
    np.testing.assert_allclose([slope.item(), bend.item()], [first, second], rtol=1e-14, atol=0)


@pytest.mark.parametrize(("shape", "axis"), [((0,), -1), ((0, 3), 0), ((3, 0), None), ((), -1)])
def test_the_gradient_of_an_empty_running_sum(shape, axis):
    x = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    nl.logcumsumexp(x, axis=axis).sum().backward()
    assert x.grad.shape == shape


@pytest.mark.parametrize("name", [*MAPS, *SUMS, *LOSSES, "logcumsumexp"])
def test_a_dominant_class_has_a_finite_gradient(name):
    arrays = tensors_of(name, (3,), labels=True, axis=-1)
    first = next(iter(arrays))
    for row in ([1000.0, -1000.0, -1000.5], [-1e4, 0.0, 1e4], [5.0, 5.0, -800.0]):
        leaf = torch.tensor(row, dtype=torch.float64, requires_grad=True)
        y = getattr(nl, name)(**arrays | {first: leaf})
        g = torch.arange(1.0, y.numel() + 1).view(y.shape)
        (gradient,) = torch.autograd.grad((g * y).sum(), leaf)
        assert gradient.isfinite().all()
        assert gradient.any() or name == "softmax" or name in LOSSES


# --- transforms, compilers -----------------------------------------------------------------------


@pytest.mark.parametrize("name", OVER_ROWS)
def test_vmap(name):
    tensors = tensors_of(name, (4, 5, 3), labels=True)
    keys = tuple(tensors)

    def function(*values):
        return getattr(nl, name)(**dict(zip(keys, values)), axis=0)

    found = as_tuple(torch.func.vmap(function)(*tensors.values()))
    each = [as_tuple(function(*(u[i] for u in tensors.values()))) for i in range(4)]
    for y, *rows in zip(found, *each, strict=True):
        torch.testing.assert_close(y, torch.stack(rows), rtol=1e-13, atol=1e-14)


def test_vmap_over_some_arguments():
    x, g = (torch.randn(k, 3, dtype=torch.float64) for k in (5, 2))
    where = torch.rand(2, 3) < 0.7
    each = torch.stack([nl.softmax_vjp(x, u, where=w) for u, w in zip(g, where)])
    found = torch.func.vmap(lambda g, where: nl.softmax_vjp(x, g, where=where))(g, where)
    torch.testing.assert_close(found, each)
    scalars = torch.randn(4, dtype=torch.float64)
    assert torch.equal(torch.func.vmap(nl.softmax)(scalars), torch.ones_like(scalars))
    labels = torch.tensor([0, 2])
    per_sample = torch.func.vmap(
        torch.func.grad(lambda x, y: nl.cross_entropy(x, y, reduction="mean"))
    )(x[:4].view(2, 2, 3), torch.stack([labels, labels]))
    assert per_sample.shape == (2, 2, 3)
    product = torch.func.vmap(nl.logmatmulexp, in_dims=(0, None))(
        torch.randn(2, 3, 4), torch.randn(4, 5)
    )
    assert product.shape == (2, 3, 5)
    mixed = torch.func.vmap(nlt.logaddexp, in_dims=(0, None))(scalars, x)
    assert torch.equal(mixed, nlt.logaddexp(scalars[:, None, None], x))


@pytest.mark.parametrize("name", [*MAPS, *SUMS])
def test_transforms(name):
    x, t = torch.randn(2, 4, 5, dtype=torch.float64)
    function = getattr(nl, name)
    _, change = torch.func.jvp(function, (x,), (t,))
    assert torch.equal(change, getattr(nl, f"{name}_jvp")(x, t))
    gradient = torch.func.grad(lambda x: function(x).sum())(x)
    assert torch.equal(gradient, getattr(nl, f"{name}_vjp")(x))


def test_forward_mode_twice_is_refused():
    # PyTorch would give 0.
    x = torch.zeros(3, dtype=torch.float64)
    target = torch.tensor(1)
    for function in (
        lambda x: nl.cross_entropy(x, target),
        lambda x: nl.logsumexp(x, b=torch.ones(3)),
        lambda x: nl.log_softmax_jacobian(x)[0, 0],
        lambda x: nlt.log1pexp(x).sum(),
    ):
        twice = torch.func.jacfwd(torch.func.jacfwd(function))
        with pytest.raises(NotImplementedError, match="in forward mode within forward mode"):
            twice(x)
        assert torch.func.jacfwd(torch.func.jacrev(function))(x).shape == (3, 3)
    twice = torch.func.jacfwd(torch.func.jacfwd(nl.logsumexp))(x)
    torch.testing.assert_close(twice, torch.func.hessian(nl.logsumexp)(x), rtol=1e-15, atol=1e-16)


@pytest.mark.parametrize("shape", [(2, 3), (3,)])
def test_second_derivatives_of_weighted_sums(shape):
    x = torch.randn(2, 3, dtype=torch.float64)
    b = torch.rand(shape, dtype=torch.float64) + 0.5

    def plain(x, b):
        return torch.log(torch.sum(b * torch.exp(x), -1)).sum()

    hessian = torch.func.hessian(plain, argnums=(0, 1))(x, b)
    for outer in (torch.func.jacrev, torch.func.jacfwd):
        gradient = torch.func.jacrev(lambda x, b: nl.logsumexp(x, b=b).sum(), argnums=(0, 1))
        twice = outer(gradient, argnums=(0, 1))(x, b)
        torch.testing.assert_close(twice, hessian, rtol=1e-13, atol=1e-15)


def test_jacobians_and_hessians():
    x = torch.randn(4, dtype=torch.float64)
    right = nl.log1m_softmax_jacobian(x)
    for jacobian in (torch.func.jacrev, torch.func.jacfwd):
        torch.testing.assert_close(jacobian(nl.log1m_softmax)(x), right, rtol=1e-14, atol=1e-15)
    hessian = torch.func.hessian(lambda x: nl.log1m_softmax(x).sum())(x)
    columns = [nl.log1m_softmax_hvp(x, None, e) for e in torch.eye(4, dtype=torch.float64)]
    torch.testing.assert_close(hessian, torch.stack(columns), rtol=1e-14, atol=1e-15)


@pytest.fixture
def compiled():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import torch._dynamo

    torch._dynamo.reset()
    return lambda f: torch.compile(f, backend="aot_eager", fullgraph=True)


def step(x, labels, where):
    y = nl.log1m_softmax(x, where=where) + nlt.log_sigmoid(x)
    return y.sum() + nl.cross_entropy(x, labels, reduction="mean") + nl.logsumexp(x, None)


def test_compiled_without_a_break(compiled):
    x = torch.randn(4, 5, dtype=torch.float64)
    more = torch.tensor([0, 1, 2, 4]), torch.rand(4, 5) < 0.9
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    for leaf, function in zip(leaves, (step, compiled(step))):
        function(leaf, *more).backward()
    assert torch.equal(leaves[0].grad, leaves[1].grad)


def test_compiled_where_a_cotangent_is_left_out(compiled):
    x, t = torch.randn(2, 5, dtype=torch.float64)
    wanted = nl.log1m_softmax_hvp(x, None, t)
    assert torch.equal(compiled(lambda x, t: nl.log1m_softmax_hvp(x, None, t))(x, t), wanted)


def test_compiled_first(compiled):
    # In a process that has not seen a tensor yet.
    import subprocess
    import sys

    code = (
        "import torch, numba_logspace as nl\n"
        "f = torch.compile(lambda x: 2 * nl.softmax(x), backend='eager', fullgraph=True)\n"
        "assert torch.equal(f(torch.zeros(2)), torch.ones(2))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", OVER_ROWS)
def test_the_operator(name):
    from numba_logspace._interop.torch_calls import Made

    tensors = tensors_of(name, labels=True)
    made = Made(name, tuple(tensors), {"axis": AXIS}, 3)
    arguments = name, " ".join(tensors), list(tensors.values()), f'{{"axis": {made.axis}}}'
    tests = "test_schema", "test_faketensor", "test_aot_dispatch_dynamic"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.library.opcheck(torch.ops.numba_logspace.call.default, arguments, test_utils=tests)


@pytest.mark.parametrize("name", OVER_ROWS)
def test_meta_tensors_have_shapes(name):
    tensors = tensors_of(name, labels=True)
    wanted = as_tuple(getattr(nl, name)(**tensors, axis=AXIS))
    found = getattr(nl, name)(**{k: u.to("meta") for k, u in tensors.items()}, axis=AXIS)
    for y, right in zip(as_tuple(found), wanted, strict=True):
        assert (y.shape, y.dtype, y.device.type) == (right.shape, right.dtype, "meta")


# --- other tensors -------------------------------------------------------------------------------


class Tagged(torch.Tensor):
    """A subclass."""


def test_subclasses():
    x = torch.nn.Parameter(torch.randn(3))
    nl.log1m_softmax(x).sum().backward()
    assert torch.equal(x.grad, nl.log1m_softmax_vjp(x.detach()))
    x = x.detach()
    tagged = x.as_subclass(Tagged)
    assert type(nl.softmax(tagged)) is Tagged
    assert torch.equal(nl.softmax(tagged).as_subclass(torch.Tensor), nl.softmax(x))


def test_what_is_refused():
    x = torch.zeros(3)
    for call, message in (
        (lambda: nl.softmax(x.to_sparse()), "x is a tensor of layout sparse_coo: pass x.to_dense"),
        (lambda: nl.softmax(x.to(torch.complex64)), "x has dtype complex64"),
        (lambda: nl.softmax_vjp(x, x.to("meta")), "on one device, got several: x is on cpu"),
        (lambda: nl.softmax_vjp(x, torch.nn.Linear(1, 1)), "g is a Linear: pass a tensor"),
        (lambda: nl.softmax(x, stream=3), "stream must be None"),
        (lambda: nl.cross_entropy(x, torch.tensor(0), axis=None), "axis must be an int"),
        (lambda: nlt.log_mix(x, x), "log_mix takes 3 arguments, t, x, y, got 2"),
        (lambda: nl.softmax(x, where=x), "where must be boolean"),
    ):
        with pytest.raises(TypeError, match=message):
            call()
    for leaf in (x, x.clone().requires_grad_()):
        with pytest.raises(ValueError, match="cannot be broadcast"):
            nl.softmax_vjp(leaf, torch.zeros(2))
        with pytest.raises(np.exceptions.AxisError):
            nl.softmax(leaf, axis=1)


def test_arrays_beside_tensors_are_constants():
    x, g = torch.randn(2, 3, requires_grad=True), np.float32([1.0, 2.0, 3.0])
    g.flags.writeable = False
    y = nl.log1m_softmax_vjp(x, g)
    assert_same(y, nl.log1m_softmax_vjp(x.detach().numpy(), g))
    assert y.requires_grad
    assert nl.cross_entropy(x, [0, 1]).requires_grad


def test_where_nothing_is_recorded():
    x = torch.randn(3, requires_grad=True)
    with torch.no_grad():
        assert not nl.softmax(x).requires_grad
    with torch.inference_mode():
        assert not nl.softmax(x).requires_grad
