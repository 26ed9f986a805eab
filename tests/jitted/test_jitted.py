"""The public functions inside users' jitted code: the same bits, clear errors, an honest cache."""

import functools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import error
import numba
import numpy as np
import pytest
from budgets import BUDGETS
from numba.core.registry import cpu_target
from oracle import expected

import numba_logspace as nl
from numba_logspace._compile import stamp
from numba_logspace._family import FAMILY, named


def assert_same(result, expected):
    """Same shape, dtype and bits, also in tuples."""
    if isinstance(expected, tuple):
        assert len(result) == len(expected)
        for pair in zip(result, expected):
            assert_same(*pair)
        return
    if np.ndim(expected):  # a number leaves jitted code as a float of Python
        assert result.dtype == expected.dtype
    result, expected = np.asarray(result), np.asarray(expected)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(np.signbit(result), np.signbit(expected))


@functools.cache
def jitted(expression):
    """A jitted function of one tuple `a` of arguments."""
    return numba.njit(eval(f"lambda a: {expression}", {"nl": nl}))


def check(expression, *arguments):
    """Compare an expression in jitted code with the same one outside."""
    code = f"lambda a: {expression}"
    assert_same(jitted(expression)(arguments), eval(code, {"nl": nl})(arguments))


def hard_rows(shape, dtype, seed=0):
    """Random rows, with a dominant class, ties, infinities, and NaN among them."""
    x = np.random.default_rng(seed).normal(scale=5.0, size=shape).astype(dtype)
    flat = x.reshape(-1)
    flat[1] = 200.0
    flat[len(flat) // 2] = -np.inf
    if x.ndim > 1:
        x[-1, ..., 0] = np.nan
    return x


def test_every_function_is_there():
    context = cpu_target.typing_context
    context.refresh()
    for name in nl.__all__:
        # The number of threads is an option of the process.
        if name == "set_workers" or not FAMILY[name].runs("jitted"):
            with pytest.raises(ValueError, match="Cannot"):
                context.resolve_value_type(getattr(nl, name))
        else:
            context.resolve_value_type(getattr(nl, name))  # raises where there is none


def test_maps_and_reductions():
    expression = (
        "(nl.log1m_softmax(a[0]), nl.log_softmax(a[0], axis=0), nl.logsumexp(a[0]), "
        "nl.logsumexp(a[0], axis=0, keepdims=True), nl.logsumexp(a[0], axis=None), "
        "nl.logcumsumexp(a[0], 0))"
    )
    check(expression, hard_rows((6, 9), np.float64))


def test_one_row_of_floats():
    check("(nl.softmax(a[0]), nl.logsumexp(a[0]))", hard_rows((37,), np.float32))


def test_derivatives():
    x, g = hard_rows((6, 9), np.float64), hard_rows((6, 9), np.float64, seed=1)
    check("(nl.log_softmax_vjp(a[0], a[1]), nl.logsumexp_vjp(a[0], a[1][:, 3]))", x, g)


_LOSS = "nl.cross_entropy_value_and_grad(a[0], a[1])"


def test_losses():
    check(_LOSS, hard_rows((6, 9), np.float64), np.arange(6))


def test_elementwise():
    x = np.linspace(-3.0, -0.1, 12).reshape(3, 4)
    check("(nl.log1mexp(a[0]), nl.logaddexp(a[0], 0.5), nl.log_mix(a[0], a[0], a[0]))", x)
    check("nl.xlog1py(a[0], a[1])", 0.5, -0.25)


def test_results_go_into_out():
    x = hard_rows((4, 12), np.float64)
    out, row = np.empty_like(x), np.empty(12)
    function = jitted("(nl.log1m_softmax(a[0], out=a[1]), nl.log1m_softmax(a[0][0], out=a[2]))")
    function((x, out, row))
    assert_same((out, row), (nl.log1m_softmax(x), nl.log1m_softmax(x[0])))
    same = x.copy()
    function((same, same, row))
    assert_same(same, out)
    for bad, what in ((np.empty((3, 12)), "shape"), (x[1:], "shape")):
        with pytest.raises(ValueError, match=f"out must have the {what} of x"):
            function((x, bad, row))
    memory = np.zeros((5, 12))
    with pytest.raises(ValueError, match="out must not overlap x"):
        function((memory[:4], memory[1:], row))


def test_bad_labels_raise():
    x = np.zeros((2, 3))
    for labels in ([0, 3], [-1, 0]):
        with pytest.raises(ValueError, match="targets must be classes from 0"):
            jitted(_LOSS)((x, np.array(labels)))
    with pytest.raises(ValueError, match="targets must have the shape of logits without"):
        jitted(_LOSS)((x, np.zeros(3, np.int64)))


@pytest.mark.slow
def test_bad_probabilities_and_weights_raise():
    x = np.zeros((2, 3))
    with pytest.raises(ValueError, match=r"targets must be in \[0, 1\]"):
        jitted("nl.cross_entropy(a[0], a[1])")((x, np.full((2, 3), 1.5)))
    weighted = jitted("nl.cross_entropy(a[0], a[0], weights=a[1], reduction='mean')")
    for weights, text in (([1.0, -1.0], "finite and >= 0"), ([0.0, 0.0], "all 0")):
        with pytest.raises(ValueError, match=text):
            weighted((x, np.array(weights)))
    with pytest.raises(ValueError, match="weights must be finite"):
        jitted("nl.complement_cross_entropy(a[0], a[1])")((x, np.full((2, 3), np.nan)))


@pytest.mark.parametrize(
    "expression, arguments, text",
    [
        ("nl.softmax(a[0], workers=2)", [np.zeros(3)], "softmax: workers is not supported"),
        ("nl.softmax(a[0], axis=1)", [np.zeros(3)], "softmax: axis 1 is out of bounds"),
        ("nl.softmax(a[0], axis=a[1])", [np.zeros(3), 0], "softmax: axis must be a literal int"),
        ("nl.softmax(a[0])", [np.zeros(3, np.int64)], "must hold float32 or float64"),
        ("nl.softmax(a[0])", [1.0], "softmax: x must be an array of one axis or more"),
        ("nl.softmax(a[0], out=a[0].T)", [np.zeros((3, 2))], "out must be writable and C-cont"),
        ("nl.softmax_vjp(a[0], a[1])", [np.zeros(3), np.zeros(3, "f")], "g must have the shape"),
        ("nl.logsumexp_vjp(a[0], '1')", [np.zeros((3, 2))], "g must have a number for each row"),
        ("nl.cross_entropy(a[0], 1, reduction='all')", [np.zeros(3)], "reduction must be one of"),
    ],
)
def test_typing_errors_are_one_line(expression, arguments, text):
    with pytest.raises(TypeError, match=text.replace("[", r"\[")) as error:
        jitted(expression)(tuple(arguments))
    assert "\n" not in str(error.value)


def test_threads_and_parallel_loops():
    x = hard_rows((200, 10), np.float64)

    @numba.njit(parallel=True)
    def in_parallel(x, out):
        for i in numba.prange(len(x)):
            out[i] = nl.log_softmax(x[i])

    @numba.njit(nogil=True)
    def without_gil(x, out):
        for i in range(len(x)):
            nl.log_softmax(x[i], out=out[i])

    expected = np.stack([nl.log_softmax(row) for row in x])
    out = np.empty_like(x)
    in_parallel(x, out)
    assert_same(out, expected)
    out[...] = 0
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: without_gil(x[i : i + 50], out[i : i + 50]), range(0, 200, 50)))
    assert_same(out, expected)


_CACHED = """
import sys
import numba, numpy as np
import numba_logspace as nl
from numba_logspace._compile import stamp

@numba.njit(cache=True)
def function(x):
    return nl.logsumexp(x)

if "upgraded" in sys.argv:
    stamp._NOW.value += 1
try:
    right = function(np.zeros(4)) == nl.logsumexp(np.zeros(4))
    print(right, sum(function.stats.cache_hits.values()))
except RuntimeError as error:
    print(error)
"""


def test_cached_functions_know_of_upgrades(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(_CACHED)
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}

    def run(*arguments):
        command = [sys.executable, str(script), *arguments]
        options = {"capture_output": True, "text": True, "timeout": 300, "env": environment}
        done = subprocess.run(command, check=True, **options)
        assert done.stderr == ""
        return done.stdout.strip()

    assert run() == "True 0"
    assert run() == "True 1"
    assert "cached with another version of numba_logspace: delete" in run("upgraded")


def test_the_number_of_the_sources_is_theirs():
    assert stamp._NOW.value == int(stamp.DIGEST[:15], 16)


# --- everything, which takes minutes to compile --------------------------------------------------


def one_of_each_kind(names):
    """One of these functions for each kind: those of a kind go one way, and compile for seconds."""
    return list({FAMILY[name].kind: name for name in names}.values())


_DERIVED = [
    *(f"nl.{name}(a[0], a[1], axis={{axis}})" for name in ("log1m_softmax_vjp", "softmax_jvp")),
    *(f"nl.{name}_vjp(a[0], axis={{axis}})" for name in ("logsumexp", "logmeanexp")),
    *(f"nl.{name}_jvp(a[0], a[1], axis={{axis}})" for name in ("logsumexp", "logmeanexp")),
    "nl.log1m_softmax_value_and_vjp(a[0], a[1], axis={axis})",
    "nl.log1m_softmax_hvp(a[0], a[1], a[1], axis={axis})",
    "nl.softmax_binary_cross_entropy_value_and_grad(a[0], a[2], axis={axis})",
    "nl.cross_entropy_value_and_grad(a[0], a[2], axis={axis}, reduction='sum')",
    "nl.complement_cross_entropy_value_and_grad(a[0], a[2], axis={axis})",
    "nl.softmax_binary_cross_entropy(a[0], a[2], axis={axis})",
    "nl.cross_entropy(a[0], a[2], axis={axis})",
    "nl.complement_cross_entropy(a[0], a[2], axis={axis}, reduction='mean')",
]
_VALUES = [f"nl.{name}(a[0], axis={{axis}})" for name in named("map", "scan", "reduction")]
_LAYOUTS = {
    "C": lambda x: x,
    "F": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=-1)[..., ::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
}


@pytest.mark.slow
@pytest.mark.parametrize("layout", _LAYOUTS)
@pytest.mark.parametrize("name", ["log1m_softmax", "logsumexp", "logcumsumexp"])
def test_values_in_all_layouts(name, layout):
    lie = _LAYOUTS[layout]
    for shape, axis in (((11,), 0), ((5, 11), 0), ((2, 3, 11), 1), ((2, 3, 2, 5), -1)):
        check(f"nl.{name}(a[0], axis={axis})", lie(hard_rows(shape, np.float64)))


_KINDS = ((np.float32, "C", -1), (np.float64, "C", 0))


@pytest.mark.slow
@pytest.mark.parametrize("expression", [*_VALUES, *_DERIVED])
def test_everything(expression):
    for dtype, layout, axis in _KINDS:
        lie = _LAYOUTS[layout]
        x, g = (lie(hard_rows((5, 7), dtype, seed)) for seed in (0, 1))
        probabilities = lie(np.random.default_rng(2).uniform(size=(5, 7)).astype(dtype))
        check(expression.format(axis=axis), x, g, probabilities)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["C", "F"])
def test_derivatives_without_the_maximum(layout):
    # The array functions copy the rows of other axes, so that the last bit may differ.
    names = "logsumexp_excluding_max_vjp", "logsumexp_excluding_max_jvp"
    lie, rng = _LAYOUTS[layout], np.random.default_rng(4)
    x, t = lie(rng.normal(scale=5.0, size=(7, 5))), lie(rng.normal(size=(7, 5)))
    for axis in (0, 1):
        expressions = f"(nl.{names[0]}(a[0], axis={axis}), nl.{names[1]}(a[0], a[1], axis={axis}))"
        gradient, tangent = jitted(expressions)((x, t))
        rows, weights, results = (np.moveaxis(a, axis, -1) for a in (x, t, gradient))
        for row, weight, result, number in zip(rows, weights, results, tangent, strict=True):
            exact = expected(names[0], row, np.ones(1)), expected(names[1], row, weight)
            error.check(exact[0], result, BUDGETS[names[0]], names[0])
            error.check(exact[1], np.array([number]), BUDGETS[names[1]], names[1])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["log_softmax_jacobian", "log1m_softmax_jacobian"])
def test_jacobians(name):
    check(f"nl.{name}(a[0])", hard_rows((3, 6), np.float64))
    check(f"nl.{name}(a[0])", hard_rows((2, 4, 6), np.float32)[::-1])


@pytest.mark.slow
def test_products():
    a, b = hard_rows((3, 4), np.float64), hard_rows((4, 20), np.float64, seed=1)
    for left, right in ((a, b), (a[0], b), (a, b[:, 1].copy()), (a[0], b[:, 1].copy())):
        check("nl.logmatmulexp(a[0], a[1])", left, right)
    with pytest.raises(ValueError, match="the last axis of a must be as long"):
        jitted("nl.logmatmulexp(a[0], a[1])")((a, a))


# --- inside a user's ufunc -----------------------------------------------------------------------


def test_no_warning_inside_a_ufunc():
    @numba.guvectorize(["void(f8[:], f8[:], f8[:], f8[:])"], "(n)->(n),(n),()")
    def both(x, value, gradient, total):
        value[:] = nl.log1m_softmax(x)
        gradient[:] = nl.log1m_softmax_vjp(x)
        total[0] = nl.logsumexp(x)

    x = np.array([[0.0, -np.inf, 3.0], [1000.0, -1000.0, -1000.5], [np.inf, 0.0, 1.0]])
    with np.errstate(all="raise"):
        value, gradient, total = both(x)
    np.testing.assert_array_equal(value, nl.log1m_softmax(x))
    np.testing.assert_array_equal(gradient, nl.log1m_softmax_vjp(x))
    np.testing.assert_array_equal(total, nl.logsumexp(x))
