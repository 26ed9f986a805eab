"""Variables of PyTensor in and out: types, values in its modes, derivatives, what is refused."""

import pickle

import numpy as np
import pytest
from every import (
    AXIS,
    ELEMENTWISE,
    OVER_ROWS,
    arrays_of,
    as_tuple,
    elementwise_inputs,
)

import numba_logspace as nl
import numba_logspace.differentiable as nld
from numba_logspace._family import FAMILY, named

pytensor = pytest.importorskip("pytensor")
import pytensor.tensor as pt  # noqa: E402
from pytensor.gradient import NullTypeGradError, Rop, verify_grad  # noqa: E402
from pytensor.graph.replace import vectorize_graph  # noqa: E402

SMALL = (1, 3, 2)
MAPS = ["softmax", "log_softmax", "log1m_softmax", "loo_logsumexp"]
SUMS = ["logsumexp", "logsumexp_excluding_max", "logmeanexp"]
LOSSES = named("loss", "class weights")
LABELS = [(n, labels) for n in OVER_ROWS for labels in {False, "targets" in FAMILY[n].operands}]
# {function: arguments by which no derivative is there, not even the first}
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
NOT_FORWARD = {"log1m_softmax_jvp", "loo_logsumexp_jvp", "logsumexp_excluding_max_jvp"}


@pytest.fixture(autouse=True)
def interpreted(request):
    """Where a test names no mode, nothing is compiled."""
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield


def numbers(name, shape=SMALL, labels=False, dtype=np.float64, axis=AXIS):
    """The arguments of a call as arrays of NumPy."""
    return {k: u for k, (u, _) in arrays_of(name, shape, axis, dtype, labels).items()}


def variables(arrays, lengths=False):
    """Variables of the types of arrays, whose lengths are known or not."""
    return {
        k: pt.tensor(k, dtype=str(u.dtype), shape=u.shape if lengths else (None,) * u.ndim)
        for k, u in arrays.items()
    }


def assert_same(results, inputs, arrays, wanted, mode=None):
    """Variables whose values are of the same bits as those of NumPy, and whose types say so."""
    results, wanted = as_tuple(results), as_tuple(wanted)
    found = pytensor.function([*inputs], [*results], mode=mode)(*arrays)
    for variable, y, right in zip(results, found, wanted, strict=True):
        right = np.asarray(right)
        assert variable.dtype == y.dtype == right.dtype
        assert variable.ndim == y.ndim == right.ndim and y.shape == right.shape
        assert all(k in (None, n) for k, n in zip(variable.type.shape, y.shape))
        assert y.tobytes() == right.tobytes()


def check(name, arrays, mode=None, **options):
    """A public function on variables against the same on arrays."""
    given = variables(arrays)
    found = getattr(nl, name)(**given, **options)
    wanted = getattr(nl, name)(**arrays, **options)
    assert_same(found, given.values(), arrays.values(), wanted, mode)


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_every_function(name, labels):
    arrays = numbers(name, (4, 5, 3), labels)
    check(name, arrays, axis=AXIS)
    given = variables(arrays, lengths=True)
    wanted = as_tuple(getattr(nl, name)(**arrays, axis=AXIS))
    for y, right in zip(as_tuple(getattr(nl, name)(**given, axis=AXIS)), wanted, strict=True):
        assert y.type.shape == np.shape(right)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_function(name):
    arrays = dict(zip("abc", elementwise_inputs(name, (4, 5))))
    given = variables(arrays)
    found, wanted = getattr(nld, name)(*given.values()), getattr(nl, name)(*arrays.values())
    assert_same(found, given.values(), arrays.values(), wanted)


def test_elementwise_functions_broadcast():
    t, x = pt.vector("t", dtype="float32"), pt.tensor("x", shape=(None, 1))
    values = np.float32([0.5, -1.0]), np.array([[0.0], [1.0], [2.0]])
    y = nld.log_mix(t, x, 0)
    assert y.type.shape == (None, None) and y.dtype == "float64"
    assert_same(y, (t, x), values, nl.log_mix(*values, 0.0))
    gradients = pytensor.grad(y.sum(), [t, x])
    found = pytensor.function([t, x], gradients)(*values)
    for name, u, gradient in zip(("dt", "dx"), values, found, strict=True):
        partials = getattr(nl, f"log_mix_{name}")(*values, 0.0)
        axis = 0 if u.ndim == 1 else 1
        wanted = partials.sum(axis=axis, keepdims=u.ndim == 2).astype(u.dtype)
        np.testing.assert_array_equal(gradient, wanted)
    assert nld.log1pexp(t * 2 + 1.0).dtype == "float32"
    shape = pytensor.function([t, x], y.shape)(*values)
    assert shape.tolist() == [3, 2]


def products():
    rng = np.random.default_rng(0)
    pairs = (
        ((2, 3, 4), (4, 2)),
        ((4,), (4, 2)),
        ((3, 4), (4,)),
        ((4,), (4,)),
        ((1, 3, 4), (2, 4, 2)),
    )
    return [[rng.standard_normal(s) for s in pair] for pair in pairs]


@pytest.mark.parametrize(("a", "b"), products())
def test_products(a, b):
    check("logmatmulexp", {"a": a, "b": b})

    def function(a, b):
        return nl.logmatmulexp(a, b).sum()

    verify_grad(function, [a, b], rng=np.random.default_rng(0))
    u = pt.as_tensor(a)
    (gradient,) = pytensor.grad(nl.logmatmulexp(u, b).sum(), [u])
    with pytest.raises(NullTypeGradError, match="logmatmulexp has no second derivatives"):
        pytensor.grad(gradient.sum(), u)


def gates():
    rng = np.random.default_rng(0)
    shapes = {"gate": (2, 1), "a": (2, 1, 2), "b": (2, 2, 2), "g": (2, 3, 2)}
    return {name: rng.standard_normal(s) for name, s in shapes.items()}


@pytest.mark.parametrize("kept", [False, True])
def test_gates(kept):
    arrays = {k: u for k, u in gates().items() if k != "g"}
    arrays["gate"] = rng_gate = np.broadcast_to(arrays["gate"], (2, 2)).copy()
    if kept:
        arrays["gate"] = rng_gate[:, None]
    given = variables(arrays)
    given["gate"] = pt.tensor("gate", shape=(None, 1, None) if kept else (None, None))
    for name in ("gated_log_softmax", "gated_log_softmax_vjp"):
        found = getattr(nl, name)(*given.values(), axis=1)
        wanted = getattr(nl, name)(*arrays.values(), axis=1)
        assert_same(found, given.values(), arrays.values(), wanted)


def test_derivatives_of_gates():
    arrays = gates()

    def value(*arguments):
        return scalar(nl.gated_log_softmax(*arguments, axis=1))

    def vjp(*arguments):
        return scalar(nl.gated_log_softmax_vjp(*arguments, axis=1))

    rng = np.random.default_rng(0)
    verify_grad(value, [*arrays.values()][:3], rng=rng)
    verify_grad(vjp, [*arrays.values()], rng=rng)
    verify_grad(vjp, [*arrays.values()][:3], rng=rng)


@pytest.mark.parametrize("integer", ["int8", "int64", "bool"])
def test_integers_count_as_float64(integer):
    arrays = {"x": np.array([[0, 1, 0]]).astype(integer)}
    check("softmax", arrays)
    x = pt.tensor("x", dtype=integer, shape=(1, 3))
    assert_same(nld.log1pexp(x), [x], arrays.values(), nl.log1pexp(arrays["x"]))
    assert nl.logmatmulexp(x, x.T).dtype == "float64"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_other_floats(dtype):
    arrays = numbers("log1m_softmax_vjp", dtype=dtype)
    check("log1m_softmax_vjp", arrays, axis=AXIS)
    labelled = numbers("cross_entropy", labels=True, dtype=dtype)
    check("cross_entropy_value_and_grad", labelled, axis=AXIS)
    wide = arrays | {"g": arrays["g"].astype(np.float64)}
    given = variables(wide)
    # The array function copies a cotangent of another dtype, and so goes another way.
    slope = pytensor.function([*given.values()], nl.log1m_softmax_vjp(**given, axis=AXIS))
    right = nl.log1m_softmax_vjp(**wide, axis=AXIS)
    np.testing.assert_array_max_ulp(slope(*wide.values()), right, 8, right.dtype)
    gradient = pytensor.grad(nl.log1m_softmax_vjp(**given).sum(), given["x"])
    assert gradient.dtype == np.dtype(dtype).name


def test_options():
    x = np.arange(6.0).reshape(2, 3)
    where = np.array([True, False, True])
    check("softmax", {"x": x, "where": where})
    v = pt.matrix()
    for mask in (where.tolist(), True):
        assert_same(nl.softmax(v, where=mask), [v], [x], nl.softmax(x, where=mask))
    check("logsumexp", {"x": x}, axis=None)
    check("logsumexp", {"x": x}, axis=[0, 1], keepdims=True)
    check("logsumexp", {"x": x, "b": np.array([1.0, -2.0, 0.5])}, return_sign=True)
    check("softmax", {"x": x}, workers=2)
    check("softmax", {"x": x[0, 0]})
    check("log_softmax_jacobian", {"x": x}, axis=0)
    for targets in (np.array([[1], [2]]), np.array([[1.0], [2.0]])):
        t = pt.tensor("t", dtype=str(targets.dtype), shape=(None, 1))
        logits = pt.tensor("x", shape=(None, 3))
        found = nl.cross_entropy(logits, t)
        assert_same(found, [logits, t], [x, targets], nl.cross_entropy(x, targets))


def test_arrays_beside_variables():
    x, g = np.arange(6.0).reshape(2, 3), np.array([1.0, 2.0, 3.0])
    v, w = pt.matrix(), pt.vector()
    for cotangent in (g, g.tolist(), g.astype(np.int64)):
        assert_same(nl.softmax_vjp(v, cotangent), [v], [x], nl.softmax_vjp(x, g))
    assert_same(nl.softmax_vjp(x, w[None]), [w], [g], nl.softmax_vjp(x, g))
    assert_same(nl.cross_entropy(v, [0, 1]), [v], [x], nl.cross_entropy(x, [0, 1]))
    shared = pytensor.shared(x)
    assert np.array_equal(nl.softmax(shared).eval(), nl.softmax(x))
    assert np.array_equal(nl.softmax(pt.as_tensor(x)).eval(), nl.softmax(x))


# --- types and shapes ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", OVER_ROWS)
def test_shapes_need_no_numbers(name):
    arrays = numbers(name, (4, 5, 3), labels=True)
    given = variables(arrays)
    results = as_tuple(getattr(nl, name)(**given, axis=AXIS))
    function = pytensor.function(
        [*given.values()], [y.shape for y in results], on_unused_input="ignore"
    )
    applied = {type(node.op).__module__ for node in function.maker.fgraph.toposort()}
    assert not any(module.startswith("numba_logspace") for module in applied)
    wanted = as_tuple(getattr(nl, name)(**arrays, axis=AXIS))
    for shape, y in zip(function(*arrays.values()), wanted, strict=True):
        assert tuple(shape) == np.shape(y)


def test_shapes_of_products_and_gates():
    (a, b), arrays = products()[0], gates()
    v, w = pt.tensor3(), pt.matrix()
    assert pytensor.function([v, w], nl.logmatmulexp(v, w).shape)(a, b).tolist() == [2, 3, 2]
    u, v, w = pt.tensor(shape=(2, 1)), pt.tensor(shape=(2, None, 2)), pt.tensor3()
    y = nl.gated_log_softmax(u, v, w, axis=1)
    shape = pytensor.function([u, v, w], y.shape)(*[*arrays.values()][:3])
    assert y.type.shape == (2, None, 2) and shape.tolist() == [2, 3, 2]


def test_equal_calls_are_one():
    x = pt.matrix("x")
    y = nl.softmax(x) + nl.softmax(x, axis=1)
    function = pytensor.function([x], y)
    names = [getattr(node.op, "function", None) for node in function.maker.fgraph.toposort()]
    assert names.count("softmax") == 1
    assert nl.softmax(x).owner.op != nl.softmax(x, axis=0).owner.op
    assert str(nl.softmax(x).owner.op) == "softmax{axis=-1}"


def test_graphs_and_functions_are_pickled():
    x = pt.matrix("x")
    y = nl.logsumexp(x, axis=0, keepdims=True)
    copied = pickle.loads(pickle.dumps(y))
    assert copied.owner.op == y.owner.op and hash(copied.owner.op) == hash(y.owner.op)
    function = pickle.loads(pickle.dumps(pytensor.function([x], [y, pytensor.grad(y.sum(), x)])))
    value, gradient = function(np.eye(2))
    assert np.array_equal(value, nl.logsumexp(np.eye(2), axis=0, keepdims=True))
    assert np.array_equal(gradient, nl.logsumexp_vjp(np.eye(2), axis=0))


def test_one_more_axis():
    x, many = pt.matrix(), pt.tensor3()
    y = vectorize_graph(nl.log1m_softmax(x, axis=0), {x: many})
    values = np.random.default_rng(0).standard_normal((2, 3, 4))
    assert_same(y, [many], [values], nl.log1m_softmax(values, axis=1))


# --- derivatives ---------------------------------------------------------------------------------


def scalar(results):
    """One number of results, whose cotangents differ from entry to entry."""
    return sum(
        (y * pt.cos(1.0 + pt.arange(y.size).reshape(y.shape))).sum() for y in as_tuple(results)
    )


@pytest.mark.parametrize(
    ("name", "dtype"), [*((n, np.float64) for n in (*MAPS, *SUMS)), ("log1m_softmax", np.float32)]
)
def test_gradients_are_the_vjps(name, dtype):
    x = numbers(name, (4, 5, 3), dtype=dtype)["x"]
    g = np.random.default_rng(1).standard_normal(np.shape(getattr(nl, name)(x, AXIS)))
    v, u = variables({"x": x, "g": g.astype(dtype)}).values()
    gradient = pytensor.grad(None, v, known_grads={getattr(nl, name)(v, AXIS): u})
    wanted = getattr(nl, f"{name}_vjp")(x, g.astype(dtype), AXIS)
    assert_same(gradient, [v, u], [x, g.astype(dtype)], wanted)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("labels", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_come_with_their_gradients(name, labels, reduction):
    arrays = numbers(name, (4, 5, 3), labels)
    given = variables(arrays)
    options = {"axis": AXIS, "reduction": reduction}
    loss = getattr(nl, name)(**given, **options)
    gradient = pytensor.grad(loss.sum(), given["logits"])
    wanted = getattr(nl, f"{name}_value_and_grad")(**arrays, **options)
    assert_same((loss, gradient), given.values(), arrays.values(), wanted)
    function = pytensor.function([*given.values()], [loss, gradient])
    names = [getattr(node.op, "function", None) for node in function.maker.fgraph.toposort()]
    assert name not in names and names.count(f"{name}_value_and_grad") == 1


def each_argument(name, labels=False, **options):
    """(argument, the function of it, its value) of each that may have a derivative."""
    arrays = numbers(name, labels=labels) | options.pop("more", {})
    options = {"axis": AXIS} | options
    for k, u in arrays.items():
        if u.dtype.kind == "f":

            def function(v, k=k):
                return getattr(nl, name)(**arrays | {k: v}, **options)

            yield k, function, u


def check_derivatives(name, labels=False, second=True, **options):
    rng = np.random.default_rng(0)
    for k, function, u in each_argument(name, labels, **options):

        def value(v, function=function):
            return scalar(function(v))

        def gradient(v, value=value):
            return scalar(pytensor.grad(value(v), v))

        if k in WITHOUT.get(name, ()):
            with pytest.raises(NullTypeGradError, match=f"{name} has no derivative by {k}"):
                gradient(pt.as_tensor(u))
            continue
        verify_grad(value, [u], rng=rng)
        if name in ONCE and k in ("x", "logits"):
            v = pt.as_tensor(u)
            with pytest.raises(NullTypeGradError, match="has no (second derivatives|derivative)"):
                pytensor.grad(gradient(v), v)
        elif second:
            verify_grad(gradient, [u], rng=rng)


@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_derivatives(name, labels):
    check_derivatives(name, labels)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", [n for n in OVER_ROWS if "entropy" in n])
def test_derivatives_of_reduced_losses(name, reduction):
    check_derivatives(name, labels=True, reduction=reduction, second=reduction == "mean")


_MASK = np.array([[True, False], [True, True], [True, True]])


@pytest.mark.parametrize("name", ["softmax", "log1m_softmax", *SUMS, "logsumexp_vjp"])
def test_derivatives_with_a_mask(name):
    check_derivatives(name, more={"where": _MASK})


@pytest.mark.parametrize("axis", [None, (0, 2)])
@pytest.mark.parametrize("name", ["log_softmax", "loo_logsumexp", "logsumexp", "logcumsumexp"])
def test_derivatives_over_several_axes(name, axis):
    check_derivatives(name, axis=axis, **({"keepdims": True} if name in SUMS else {}))


def test_derivatives_of_weighted_sums():
    x = np.random.default_rng(0).standard_normal((2, 3))
    for weights in ([1.0, -0.5, 2.0], [0.0, 1.0, 2.0]):
        b = np.array(weights)

        def function(x, b):
            return scalar(nl.logsumexp(x, b=b, return_sign=True)[0])

        verify_grad(function, [x, b], rng=np.random.default_rng(0))
    v = pt.vector()
    (y, sign) = nl.logsumexp(v, b=np.array([0.0, 1.0, 1.0]), return_sign=True)
    gradient = pytensor.function([v], pytensor.grad(y, v))(np.array([np.nan, 0.0, 1.0]))
    assert np.array_equal(gradient, np.r_[0, nl.softmax([0, 1])])
    with pytest.raises(pytensor.gradient.DisconnectedInputError):
        pytensor.grad(sign, v)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivatives_of_elementwise_functions(name):
    inputs, rng = elementwise_inputs(name, (2, 3)), np.random.default_rng(0)

    def value(*arguments):
        return scalar(getattr(nld, name)(*arguments))

    def gradient(*arguments):
        return scalar(tuple(pytensor.grad(value(*arguments), [*arguments])))

    verify_grad(value, inputs, rng=rng)
    verify_grad(gradient, inputs, rng=rng)


def test_where_a_factor_is_0():
    x, y = pt.vectors("xy")
    at = [0.0, 0.0, 2.0], [0.0, 2.0, 1.0]
    gradients = pytensor.grad(nld.xlogy(x, y).sum(), [x, y])
    by_x, by_y = pytensor.function([x, y], gradients)(*at)
    assert by_x.tolist() == [0.0, np.log(2.0), 0.0] and by_y.tolist() == [0.0, 0.0, 2.0]


@pytest.mark.parametrize("name", OVER_ROWS)
def test_forward_mode(name):
    rng = np.random.default_rng(0)
    for k, function, u in each_argument(name, labels=True):
        v, t = pt.tensor("v", shape=u.shape), rng.standard_normal(u.shape)
        results = [*as_tuple(function(v))]
        refused = k in WITHOUT.get(name, ()) and not (name.endswith("hvp") and k == "g")
        if refused or k == "weights" or (k == "x" and name in NOT_FORWARD):
            with pytest.raises(NotImplementedError, match=f"has no derivative by {k}"):
                Rop(results, [v], [pt.constant(t)], use_op_rop_implementation=True)
            continue
        changes = Rop(results, [v], [pt.constant(t)], use_op_rop_implementation=True)
        found = pytensor.function([v], changes, on_unused_input="ignore")(u)
        at = pytensor.function([v], results)
        step = 1e-6
        for change, high, low in zip(found, at(u + step * t), at(u - step * t), strict=True):
            np.testing.assert_allclose(change, (high - low) / (2 * step), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", [*MAPS, *SUMS])
def test_forward_mode_by_reverse_mode(name):
    x, t = pt.matrices("xt")
    changes = Rop(getattr(nl, name)(x), [x], [t])
    values = np.random.default_rng(0).standard_normal((2, 2, 3))
    found = pytensor.function([x, t], changes)(*values)
    wanted = getattr(nl, f"{name}_jvp")(*values)
    np.testing.assert_allclose(found[0] if isinstance(found, list) else found, wanted, rtol=1e-13)


# --- compiled ------------------------------------------------------------------------------------


def step_of(x, labels):
    y = nl.log1m_softmax(x) + nld.log_sigmoid(x)
    loss = y.sum() + nl.cross_entropy(x, labels, reduction="mean") + nl.logsumexp(x, axis=None)
    return [loss, pytensor.grad(loss, x)]


@pytest.mark.parametrize("mode", ["FAST_RUN", "NUMBA"])
def test_compiled(mode):
    x, labels = pt.matrix("x"), pt.lvector("labels")
    values = np.random.default_rng(0).standard_normal((4, 5)), np.array([0, 1, 2, 4])
    wanted = pytensor.function([x, labels], step_of(x, labels))(*values)
    found = pytensor.function([x, labels], step_of(x, labels), mode=mode)(*values)
    for y, right in zip(found, wanted, strict=True):
        np.testing.assert_allclose(y, right, rtol=1e-14, atol=1e-15)
    with pytest.raises(ValueError, match="targets must be classes"):
        pytensor.function([x, labels], nl.cross_entropy(x, labels), mode=mode)(
            np.zeros((1, 2)), [2]
        )


_QUICK = {"log1m_softmax": -1, "logsumexp": None}


@pytest.mark.parametrize(("name", "axis"), _QUICK.items())
def test_jitted(name, axis):
    check(name, numbers(name, (4, 5, 3)), "NUMBA", axis=axis)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "labels"), LABELS)
def test_every_function_jitted(name, labels):
    check(name, numbers(name, (4, 5, 3), labels, axis=-1), "NUMBA", axis=-1)
    if FAMILY[name].kind != "jacobian":
        check(name, numbers(name, (4, 5, 3), labels), "NUMBA", axis=AXIS)
    else:
        check(name, numbers(name, (4, 5, 3), labels), "NUMBA", axis=0)
    check(name, numbers(name, (5,), labels, axis=0), "NUMBA", axis=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["log1m_softmax", "logcumsumexp", "logsumexp", "logsumexp_vjp", "logmeanexp_jvp"]
)
def test_one_row_of_all_axes_jitted(name):
    arrays = numbers(name)
    if name == "logsumexp_vjp":
        arrays["g"] = np.array(2.0)
    check(name, arrays, "NUMBA", axis=None)


@pytest.mark.slow
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_function_jitted(name):
    for shape in ((4, 5), ()):
        arrays = dict(zip("abc", map(np.asarray, elementwise_inputs(name, shape))))
        given = variables(arrays)
        found, wanted = getattr(nld, name)(*given.values()), getattr(nl, name)(*arrays.values())
        assert_same(found, given.values(), arrays.values(), wanted, "NUMBA")


@pytest.mark.slow
@pytest.mark.parametrize(("a", "b"), products()[1:4])
def test_products_jitted(a, b):
    check("logmatmulexp", {"a": a, "b": b}, "NUMBA")


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("softmax", {"where": np.array([True, False, True])}),
        ("logsumexp", {"b": np.array([1.0, 2.0, 3.0])}),
    ],
)
def test_what_has_no_jitted_form_is_called_back(name, more):
    arrays = {"x": np.arange(6.0).reshape(2, 3)} | more
    with pytest.warns(UserWarning, match="Numba will use object mode"):
        check(name, arrays, "NUMBA")


def test_keys_of_machine_code_change_with_the_kernels(monkeypatch):
    from pytensor.link.numba.dispatch.basic import numba_funcify_and_cache_key

    from numba_logspace._interop import pytensor_modes

    def key(y):
        return numba_funcify_and_cache_key(y.owner.op, node=y.owner)[1]

    x = pt.matrix()
    first = key(nl.softmax(x))
    assert first == key(nl.softmax(x, axis=1)) != key(nl.softmax(x, axis=0))
    monkeypatch.setattr(pytensor_modes, "DIGEST", "another")
    assert key(nl.softmax(x)) != first


def test_in_jax():
    jax = pytest.importorskip("jax")
    x = pt.matrix("x")
    y = nl.log1m_softmax(x)
    with jax.enable_x64(True):
        function = pytensor.function([x], [y, pytensor.grad(y.sum(), x)], mode="JAX")
        value, gradient = function(np.eye(2))
    assert np.array_equal(value, nl.log1m_softmax(np.eye(2)))
    assert np.array_equal(gradient, nl.log1m_softmax_vjp(np.eye(2)))


# --- what is refused -----------------------------------------------------------------------------


def test_what_is_refused():
    from pytensor import sparse

    x, g = pt.matrix("x"), pt.tensor(shape=(2, 3))
    for error, call, message in (
        (TypeError, lambda: nl.softmax(x, out=np.zeros(3)), "out must be None where x is a Tensor"),
        (TypeError, lambda: nl.softmax(x, stream=3), "stream must be None"),
        (TypeError, lambda: nl.softmax(pt.zmatrix()), "x has dtype complex128"),
        (TypeError, lambda: nl.softmax(x, where=x), "where must be boolean"),
        (TypeError, lambda: nl.softmax(x, axis=0.5), "axis must be an int"),
        (TypeError, lambda: nl.cross_entropy(x, [0], axis=None), "axis must be an int"),
        (np.exceptions.AxisError, lambda: nl.softmax(x, axis=2), "axis 2 is out of bounds"),
        (ValueError, lambda: nl.softmax_vjp(g, pt.tensor(shape=(2,))), "cannot be broadcast"),
        (ValueError, lambda: nl.cross_entropy(x, [0], reduction="x"), "reduction must be one of"),
        (ValueError, lambda: nl.logmatmulexp(g, g), "a"),
        (TypeError, lambda: nl.softmax(sparse.csr_matrix("s")), "x is a variable of type Sparse"),
        (TypeError, lambda: nld.log_mix(x, x), "log_mix takes 3 arguments, t, x, y, got 2"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_lengths_that_were_not_known():
    x, g = pt.matrices("xg")
    y = nl.softmax_vjp(x, g)
    function = pytensor.function([x, g], y)
    with pytest.raises(ValueError, match="g of shape .1, 3. cannot be broadcast to .2, 3.: PyTens"):
        function(np.zeros((2, 3)), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="y of shape .1, 3. cannot be broadcast"):
        pytensor.function([x, g], nld.logaddexp(x, g))(np.zeros((2, 3)), np.zeros((1, 3)))
