"""Every function with every argument in jitted code: it is taken, or docs/jitted.md tells how not.

What is taken is found out by types, without compiling; one function of each kind is called.
"""

import fnmatch
import inspect
import re
from pathlib import Path

import numpy as np
import pytest
from numba import njit, typeof, types
from numba.core.registry import cpu_target
from test_jitted import assert_same, one_of_each_kind

import numba_logspace as nl
from numba_logspace._family import FAMILY

PAGE = (Path(__file__).parents[2] / "docs" / "jitted.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.*) \| (.*) \| (TypeError): (.*) \|$", PAGE, re.M)
CALLS = re.findall(r"^\| `(nl\.[^`]*)` \| (\w+Error): (.*) \|$", PAGE, re.M)
OF_ROWS = [f for f in FAMILY.values() if f.kind != "elementwise"]
RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(2, 2, 4))


def refused(function):
    """{argument: the error} of a function, by the table of the page."""
    found = {}
    for functions, arguments, _, text in ROWS:
        patterns = ["*"] if functions == "all but the elementwise" else words(functions)
        if any(fnmatch.fnmatch(function.name, p) for p in patterns):
            found |= dict.fromkeys(words(arguments), text)
    return found


def words(cell):
    return re.findall(r"`([\w*]+)`", cell)


# --- arguments -----------------------------------------------------------------------------------

LABELS, IDS = np.array([1, 0]), np.array([0, 1, 0, 1])
OF_EACH, MASK = np.array([0.5, 2.0]), X > -0.5


def arguments_of(function):
    """{name: what is passed} for every argument of a function that may go with the others."""
    kind, x = function.kind, X
    common = {"x": x, "t": T, "g": T, "where": MASK, "axis": 1, "keepdims": True, "b": T, "s": x}
    common |= {"return_sign": True, "out": np.empty_like(x)}
    if "reduction" in kind or kind == "weighted vjp":
        common["g"] = OF_EACH
    if kind in ("reduction", "jvp of a reduction"):
        common["out"] = np.empty((2, 1))
    if kind == "value and vjp":
        common["out"] = np.empty_like(x), np.empty_like(x)
    if kind.startswith("segment"):
        g = OF_EACH if "reduction" in kind else x[0]
        common |= {"x": x[1], "g": g, "segment_ids": IDS, "num_segments": 2, "out": np.empty(4)}
    if "loss" in kind or "class" in kind:
        common |= {"logits": x, "targets": LABELS, "weights": OF_EACH, "where": MASK[:, 0]}
        common |= {"class_weights": np.ones(4), "label_smoothing": 0.1, "reduction": "mean"}
    if "class" in kind:
        common["weights"] = np.abs(T)
    if "entry" in kind:
        common |= {"targets": np.abs(T) % 1, "weights": np.abs(T), "where": MASK, "pos_weight": 2.0}
    if kind.startswith("gated"):
        both = np.concatenate([x, x], axis=1)
        common |= {"gate": OF_EACH, "a": x, "b": T, "g": both, "out": np.empty_like(both)}
    if kind.startswith("product"):
        common |= {"a": x, "b": x.T.copy(), "ta": T, "tb": T.T.copy(), "g": np.ones((2, 2))}
    if kind == "chain":
        steps = np.log(np.array([[0.25, 0.75], [0.5, 0.5]]))
        common |= {"log_initial": steps[0], "log_transition": steps, "lengths": 2}
        common["log_emission"] = x[:, :2].copy()
    return common


def required(function):
    """The arguments that a call needs."""
    parameters = inspect.signature(getattr(nl, function.name)).parameters.values()
    given = arguments_of(function)
    names = [p.name for p in parameters if p.default is p.empty]
    names += ["segment_ids"] if "segment" in function.kind else []
    return {n: given[n] for n in names}


def type_of(value):
    return types.literal(value) if isinstance(value, (bool, int, str)) else typeof(value)


def choose(function, arguments):
    """What Numba asks when it types a call: it raises where the call is refused."""
    context = cpu_target.typing_context
    context.refresh()
    (template,) = context.resolve_value_type(getattr(nl, function.name)).templates
    return template._overload_func(**{name: type_of(u) for name, u in arguments.items()})


def test_the_page_has_its_tables():
    assert len(ROWS) == 2
    assert len(CALLS) > 15


@pytest.mark.parametrize("function", OF_ROWS, ids=lambda f: f.name)
def test_every_argument(function):
    names = set(inspect.signature(getattr(nl, function.name)).parameters)
    given, errors = arguments_of(function), refused(function)
    taken = names - errors.keys() - {"offsets"}
    assert choose(function, {name: given[name] for name in taken})
    if "offsets" in names:
        others = {n: given[n] for n in taken - {"segment_ids", "num_segments"}}
        assert choose(function, others | {"offsets": IDS})
    for name in names & errors.keys():
        value = given.get(name, 1)
        with pytest.raises(TypeError) as error:
            choose(function, required(function) | {name: value})
        assert str(error.value) == f"{function.name}: {name} {errors[name]}"


@pytest.mark.parametrize("call, error, text", CALLS)
def test_refused_calls(call, error, text):
    arrays = {"x": X, "f": X.astype("f4"), "h": X.astype("f2"), "i": X.astype(int), "m": X[None]}
    given = {n: u for n, u in {**arrays, "k": 1}.items() if re.search(rf"\b{n}\b", call)}
    function = njit(eval(f"lambda {', '.join(given)}: {call}", {"nl": nl}))
    with pytest.raises(Exception, match=re.escape(text)) as raised:
        function(*given.values())
    assert type(raised.value).__name__ == error


# --- a call of each kind -------------------------------------------------------------------------


@pytest.mark.one_in(10)
@pytest.mark.parametrize("name", one_of_each_kind(f.name for f in OF_ROWS))
def test_a_function_of_every_kind(name):
    function = getattr(nl, name)
    given = required(FAMILY[name])
    passed = ", ".join(f"{n}={n}" for n in given)
    call = eval(f"lambda {', '.join(given)}: function({passed})", {"function": function})
    assert_same(njit(call)(*given.values()), function(**given))
