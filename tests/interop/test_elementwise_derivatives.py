"""Derivatives of the elementwise functions in other libraries: exact values, masks, third ones."""

import itertools
import warnings

import numpy as np
import pytest
from corpus import DTYPES, points
from every import ELEMENTWISE, elementwise_inputs, jax_in_64_bits
from flint import arb, ctx
from partial_oracle import derivatives, worst_error

import numba_logspace as nl
import numba_logspace.differentiable as nld
from numba_logspace import partials
from numba_logspace._family.partials import PARTIALS

PARENTS = [name for name in ELEMENTWISE if not name.startswith("log_mix_")]
LETTERS = {1: "x", 2: "xy", 3: "txy"}
# A kernel takes half a second to compile, and a function has up to nine derivatives.
SOON = {"log1mexp", "cloglog", "logsubexp", "rel_entr"}
each = pytest.mark.parametrize(
    "name", [n if n in SOON else pytest.param(n, marks=pytest.mark.slow) for n in PARENTS]
)
# (function, arguments outside of its domain, or at which it has a value and no derivative)
OUTSIDE = [
    ("log1mexp", (1.0,)),
    ("logsubexp", (1.0, 2.0)),
    ("logit", (1.5,)),
    ("xlogy", (1.0, -1.0)),
    ("xlog1py", (1.0, -2.0)),
    ("logexpm1", (-1.0,)),
    ("log2mexp", (1.0,)),
    ("cloglog", (2.0,)),
    ("xlogx", (-1.0,)),
    ("log_inv_logit_diff", (0.0, 1.0)),
    ("rel_entr", (0.0, 0.0)),
    ("kl_div", (-1.0, 1.0)),
]


# --- what each library makes of them: {"": values, "x": first, "xy": second, ...} -----------------


def of_torch(name, arrays, order):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch = pytest.importorskip("torch")
    given = [torch.tensor(u, requires_grad=True) for u in arrays]
    letters, found = LETTERS[len(given)], {"": getattr(nld, name)(*given)}
    for k in range(order):
        for so_far in [key for key in found if len(key) == k]:
            gradients = torch.autograd.grad(
                found[so_far].sum(), given, create_graph=True, materialize_grads=True
            )
            found |= dict(zip((so_far + a for a in letters), gradients))
    return {key: u.detach().numpy() for key, u in found.items()}


def of_jax(name, arrays, order):
    letters, function = LETTERS[len(arrays)], getattr(nld, name)
    functions, found = {"": function}, {}

    def slope(jax, f, i):
        return jax.grad(lambda *u: f(*u).sum(), i)

    with jax_in_64_bits() as jax:
        for k in range(order):
            for so_far in [key for key in functions if len(key) == k]:
                for i, a in enumerate(letters):
                    functions[so_far + a] = slope(jax, functions[so_far], i)
        for key, f in functions.items():
            found[key] = np.asarray(f(*map(jax.numpy.asarray, arrays)))
    return found


def of_pytensor(name, arrays, order):
    pytensor = pytest.importorskip("pytensor")
    given = [pytensor.tensor.vector(a, dtype=u.dtype) for a, u in zip("abc", arrays)]
    letters, found = LETTERS[len(given)], {"": getattr(nld, name)(*given)}
    for k in range(order):
        for so_far in [key for key in found if len(key) == k]:
            gradients = pytensor.grad(
                found[so_far].sum(), given, disconnected_inputs="ignore", return_disconnected="zero"
            )
            found |= dict(zip((so_far + a for a in letters), gradients))
    run = pytensor.function(given, [*found.values()], mode="FAST_COMPILE", on_unused_input="ignore")
    return dict(zip(found, run(*arrays), strict=True))


each_library = pytest.mark.parametrize("of", [of_torch, of_jax, of_pytensor])


# --- first and second ones -----------------------------------------------------------------------


def some_points(name, dtype, count=40):
    """Some of the points of the corpus, hard ones among them."""
    args = points(name, dtype)
    return [np.ascontiguousarray(a[:: max(1, a.size // count)]) for a in args]


def _is_normal(u):
    return (u == 0) | (abs(u) >= np.finfo(u.dtype).tiny)


def check_bounds(of, name, dtype):
    args = some_points(name, dtype)
    for key, found in of(name, args, 2).items():
        if not key:
            continue
        order = "d" + "".join(sorted(key))
        assert found.dtype == dtype
        # Where the function has no derivative, see OUTSIDE.
        exact = getattr(partials, f"{name}_{order}")(*args)
        there = ~np.isnan(exact)
        if of is of_jax:  # XLA takes subnormal numbers for 0
            there &= np.all([_is_normal(u) for u in (exact, *args)], axis=0)
        error, point = worst_error(name, order, [a[there] for a in args], found[there])
        bound = PARTIALS[f"{name}_{order}"].ulp
        assert error <= bound, f"{name}_{order}{tuple(point)}: {error:.4g} ulp"


@each_library
@each
def test_bounds_are_those_of_partials(of, name):
    check_bounds(of, name, np.float64)


@pytest.mark.slow
@each_library
@pytest.mark.parametrize("name", PARENTS)
def test_bounds_in_float32(of, name):
    check_bounds(of, name, DTYPES["float32"])


def test_derivatives_of_derivatives():
    # Which are public functions themselves.
    args = some_points("log_mix", np.float64)
    for letter in "txy":
        of_first = of_torch(f"log_mix_d{letter}", args, 1)
        for other in "txy":
            order = "".join(sorted(letter + other))
            exact = getattr(partials, f"log_mix_d{order}")(*args)
            np.testing.assert_array_equal(of_first[other], exact)


# --- where there are none ------------------------------------------------------------------------


@each_library
def test_a_mask_is_enough(of):
    for name, arguments in OUTSIDE:
        arrays = [np.array([u, np.nan]) for u in arguments]
        for key, found in of(name, arrays, 1).items():
            if key:
                assert found[0] == 0, f"{name} by {key}"
                # Of one of two arguments alone a derivative may be a number, also beside a NaN.
                exact = getattr(partials, f"{name}_d{key}")(*(np.nan for _ in arguments))
                np.testing.assert_equal(found[1], exact)


def test_a_mask_on_the_result_of_torch():
    torch = pytest.importorskip("torch")
    x = torch.tensor([-1.0, 2.0], dtype=torch.float64, requires_grad=True)
    masked = torch.where(x < 0, nld.log1mexp(x), 0)
    (slope,) = torch.autograd.grad(masked.sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), x)
    exact = [[f(-1.0), 0.0] for f in (partials.log1mexp_dx, partials.log1mexp_dxx)]
    assert [slope.tolist(), bend.tolist()] == exact


# --- third ones ----------------------------------------------------------------------------------


def third_of_oracle(name, point):
    """{letters: third derivative}, from differences of exact second ones over 2^-200."""
    letters = LETTERS[len(point)]
    with ctx.workprec(1200):
        step, found = arb(2) ** -200, {}
        for i, a in enumerate(letters):
            beside = [[arb(float(v)) for v in point] for _ in range(2)]
            beside[0][i] += step
            beside[1][i] -= step
            high, low = (derivatives(name, balls) for balls in beside)
            for b, c in itertools.combinations_with_replacement(letters, 2):
                found[b + c + a] = float((high[f"d{b}{c}"] - low[f"d{b}{c}"]) / (2 * step))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", PARENTS)
@each_library
def test_third_derivatives(of, name):
    args = elementwise_inputs(name, (3,))
    found = of(name, args, 3)
    for i, point in enumerate(zip(*args)):
        for key, exact in third_of_oracle(name, point).items():
            # They are sums of products of exact ones, of about the size of the second.
            scale = max(abs(exact), abs(found[key[:2]][i]))
            assert abs(found[key][i] - exact) <= 1e-14 * scale, f"{name} by {key} at {point}"


def test_the_third_derivative_of_a_logistic_loss():
    # As of the logarithm of a determinant of a Hessian.
    found = of_torch("log1pexp", [np.array([-3.0, 0.5])], 3)
    np.testing.assert_array_equal(found["xxx"], partials.logistic_dxx([-3.0, 0.5]))


# --- mixed in a graph ----------------------------------------------------------------------------


def test_derivatives_of_derivatives_in_forward_mode_and_batches():
    x = np.linspace(-3, -0.1, 5)
    with jax_in_64_bits() as jax:
        second = jax.jit(jax.vmap(jax.jacfwd(jax.jacrev(nld.log1mexp))))(x)
    np.testing.assert_array_equal(second, partials.log1mexp_dxx(x))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # by PyTorch itself
def test_hessians_in_batches_of_torch():
    torch = pytest.importorskip("torch")
    x = np.linspace(-3, -0.1, 5)
    hessian = torch.func.vmap(torch.func.hessian(nld.log1mexp))(torch.from_numpy(x))
    np.testing.assert_array_equal(hessian.numpy(), partials.log1mexp_dxx(x))


def test_gradients_by_a_gate_go_through_the_exact_ones():
    torch = pytest.importorskip("torch")
    gate = torch.tensor(40.0, dtype=torch.float64, requires_grad=True)
    a, b = torch.zeros(2, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    value = nl.gated_log_softmax(gate, a, b)[0]
    (slope,) = torch.autograd.grad(value, gate, create_graph=True)
    (bend,) = torch.autograd.grad(slope, gate)
    assert slope.item() == nl.logistic(-40.0) and bend.item() == -partials.logistic_dx(40.0)
