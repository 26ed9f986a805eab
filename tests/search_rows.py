"""Prints the largest errors that a search among random rows finds, as a Markdown table.

For every function that is not elementwise: half of the rows are random ones, the others small
changes of the worst so far. 2000 rows for each function and dtype take ten minutes; an argument
says how many others, and names behind it which functions. It fails where an error is above its
bound. The derivatives of elementwise functions, by the name `partials`, are searched as
`tests/helpers/partial_search.py` does it.
"""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent / "cpu"))
sys.path.insert(0, str(pathlib.Path(__file__).parent / "public"))
sys.path.insert(0, str(pathlib.Path(__file__).parent / "formulas"))
sys.path.insert(0, str(pathlib.Path(__file__).parent / "helpers"))

import test_chain_accuracy as chains
import test_gated as gated
import test_logmatmulexp as products
import test_logmatmulexp_derivatives as product_derivatives
import test_sigmoid_losses as sigmoid
import test_weighted_derivatives as weighted
from budgets import BUDGETS
from corpus import DTYPES
from error import Target
from flint import arb, ctx
from oracle import (
    CURVATURES,
    HVPS,
    JACOBIANS,
    LEAST_SHARE,
    LOSS_GRADIENTS,
    LOSSES,
    MAP_DERIVATIVES,
    MAPS,
    REDUCTION_JVPS,
    REDUCTION_VJPS,
    REDUCTIONS,
    SEGMENTS,
    expected,
    share_left,
)
from partial_search import search_partial

import numba_logspace as nl
from numba_logspace import partials
from numba_logspace._family.partials import PARTIALS

COUNT = 2000
KEPT = 12
OF_PARTIALS = 50  # points of a derivative for each row of the others


# --- random rows ---------------------------------------------------------------------------------


def _length(rng, most):
    # Mostly few entries, and so many that a row goes the way of long ones.
    return int(rng.integers(64, most) if most > 64 and rng.random() < 0.1 else rng.integers(2, 12))


def _logits(rng, n):
    x = rng.normal(size=n) * 10.0 ** rng.uniform(-3, 2.5)
    kind = rng.integers(4)
    if kind == 0:
        x += rng.normal() * 10.0 ** rng.uniform(0, 4)
    elif kind == 1:  # one that dominates
        x[rng.integers(n)] += rng.uniform(0, 50)
    elif kind == 2:  # a sum near 1
        x -= np.log(np.exp(x - x.max()).sum()) * rng.uniform(0.3, 1.2) + x.max()
    return x


def _arrays(*others, most=300):
    # A row of logits, and as many arrays like it.
    def make(rng):
        n = _length(rng, most)
        made = {"weights": lambda: rng.normal(size=n), "shares": lambda: rng.random(n)}
        made["number"] = lambda: rng.normal(size=1)
        return [_logits(rng, n), *(made[other]() for other in others)]

    return make


def changed(rng, arrays):
    """The arrays with small changes: of one entry, or of all of one array."""
    arrays = [a.copy() for a in arrays]
    array = arrays[rng.integers(len(arrays))].reshape(-1)
    size, shares = 2.0 ** -rng.uniform(1, 40), ((array >= 0) & (array <= 1)).all()
    if rng.random() < 0.3:
        array *= 1 + rng.normal() * size
    else:
        array[rng.integers(array.size)] *= 1 + rng.normal() * size
    if shares:
        array.clip(0, 1, out=array)
    return arrays


# --- what is searched: {name: (how to make arguments, error of a call)} --------------------------


def _flat(results):
    parts = results if isinstance(results, tuple) else (results,)
    return np.concatenate([np.ravel(p) for p in parts])


def _of_row(name, call):
    return lambda *arrays: expected(name, *arrays).worst(_flat(call(*arrays)))[0]


def _worst_of(targets, results):
    pairs = zip(targets, results, strict=True)
    return max(target.worst(np.ravel(result))[0] for target, result in pairs)


def _rows():
    found = {}
    for name in MAPS | REDUCTIONS | JACOBIANS:
        found[name] = _arrays(most=20 if name in JACOBIANS else 300), getattr(nl, name)
    for name in MAP_DERIVATIVES | REDUCTION_JVPS:
        found[name] = _arrays("weights"), getattr(nl, name)
    for name in REDUCTION_VJPS:
        function = getattr(nl, name)
        found[name] = _arrays("number"), lambda x, g, f=function: f(x, g[0])
    for name in HVPS:
        found[name] = _arrays("weights", "weights", most=13), getattr(nl, name)
    for name in CURVATURES:
        second = "number" if name == "logsumexp_hvp" else "shares"
        function = getattr(nl, name)
        if second == "number":
            found[name] = _arrays(second, "weights"), lambda x, g, t, f=function: f(x, g[0], t)
        else:
            found[name] = _arrays(second, "weights", most=13), function
    for name in LOSSES:
        found[name] = _arrays("shares"), getattr(nl, name)
    for name in LOSS_GRADIENTS:
        both = getattr(nl, name.replace("_gradient", "_value_and_grad"))
        found[name] = _arrays("shares"), lambda x, m, f=both: f(x, m)[1]
    found = {name: (make, _of_row(name, call)) for name, (make, call) in found.items()}
    for name in SEGMENTS:
        more = () if not name.endswith("_vjp") else ("weights",)
        if name == "segment_logsumexp_vjp":
            more = ("number",)
        function = getattr(nl, name)

        def call(*arrays, f=function):
            return f(*arrays, offsets=[0, arrays[0].size])

        found[name] = _arrays(*more), _of_row(name.removeprefix("segment_"), call)
    return found


def _weighted(name):
    def make(rng):
        x, b = _arrays("weights", most=12)(rng)
        if rng.random() < 0.3:  # of terms that cancel
            b[-1] = -(b[:-1] * np.exp(x[:-1] - x[-1])).sum() * (1 + 2.0 ** -rng.uniform(1, 40))
        return [x, b, rng.normal(size=1), *rng.normal(size=(2, x.size))]

    def error(x, b, g, t, s):
        if not share_left(x, b) >= LEAST_SHARE:
            return 0.0
        if name == "weighted_logsumexp":
            value, _ = nl.logsumexp(x, b=b, return_sign=True)
            return expected(name, x, b).worst(np.array([value]))[0]
        targets = weighted.expected(x[None], b[None], g, t[None], s[None], axes=(-1,))
        if name.endswith("_jvp"):
            return _worst_of(targets[2:], [nl.weighted_logsumexp_jvp(x, b, t, s)])
        return _worst_of(targets[:2], nl.weighted_logsumexp_vjp(x, b, g[0]))

    return make, error


def _product(name):
    def make(rng):
        n = int(rng.integers(2, 10))
        a, b = (np.stack([_logits(rng, n) for _ in range(2)]) for _ in range(2))
        return [a, b.T.copy(), *rng.normal(size=(2, 2, n)), rng.normal(size=(2, 2))]

    def error(a, b, ta, tb, g):
        if name == "logmatmulexp":
            return _worst_of([products.expected(a, b)], [nl.logmatmulexp(a, b)])
        targets = product_derivatives.expected(a, b, g, ta, tb.T.copy())
        if name.endswith("_jvp"):
            return _worst_of(targets[2:], [nl.logmatmulexp_jvp(a, b, ta, tb.T)])
        return _worst_of(targets[:2], nl.logmatmulexp_vjp(a, b, g))

    return make, error


def _gated(name):
    def make(rng):
        a, b = _logits(rng, _length(rng, 0)), _logits(rng, _length(rng, 0))
        return [rng.normal(size=1) * 10, a, b, rng.normal(size=a.size + b.size)]

    def error(gate, a, b, g):
        gate, dtype = gate[0], a.dtype.type
        with ctx.workprec(3000):
            if name == "gated_log_softmax":
                targets = [Target(gated.exact_value(gate, a, b), dtype)]
                return _worst_of(targets, [nl.gated_log_softmax(gate, a, b)])
            exact = gated.exact_gradients(gate, a, b, g)
            targets = [Target(values, dtype, scales) for values, scales in exact]
        return _worst_of(targets, nl.gated_log_softmax_vjp(gate, a, b, g))

    return make, error


def _sigmoid(name):
    def make(rng):
        n = _length(rng, 0)
        return [_logits(rng, n).clip(-60, 60), rng.random(n), rng.normal(size=n)]

    def error(x, m, t):
        ones = np.ones_like(x)
        with ctx.workprec(400):
            values = sigmoid.exact(x, m, ones, ones)
            curved = sigmoid.exact_hvp(x, m, ones, ones, t)
        loss, gradient = nl.sigmoid_binary_cross_entropy_value_and_grad(x, m)
        dtype = x.dtype.type
        if name.endswith("_gradient"):
            return _worst_of([Target(values[1], dtype, values[2])], [gradient])
        if name.endswith("_hvp"):
            found = nl.sigmoid_binary_cross_entropy_hvp(x, m, t)
            return _worst_of([Target(curved, dtype)], [found])
        return _worst_of([Target(values[0], dtype)], [loss])

    return make, error


def _chain(name):
    # Of the functions of hidden Markov models; the dtype is float64 alone.
    def make(rng):
        steps, k = int(rng.integers(2, 12)), int(rng.integers(2, 5))
        start = nl.log_softmax(rng.normal(size=k) * 10.0 ** rng.uniform(-1, 2))
        moves = nl.log_softmax(rng.normal(size=(k, k)) * 10.0 ** rng.uniform(-1, 2.5))
        return [start, moves, rng.normal(size=(steps, k)) * 10.0 ** rng.uniform(-3, 2.5)]

    def error(*model):
        with ctx.workprec(chains.BITS):
            exact, steps = chains.Exact(*model), model[2].shape[0]
            logs = {
                "hmm_forward": lambda: chains._flat(exact.forward),
                "hmm_backward": lambda: chains._flat(exact.backward),
                "hmm_loglikelihood": lambda: [chains._log(exact.total)],
                "hmm_posterior": lambda: [chains._log(v) for v in exact.marginals()],
            }
            if name in logs:
                values, near = logs[name](), arb(chains.NEAR_ZERO * steps * 2.0**53)
                arguments = model[1:] if name == "hmm_backward" else model
                results = [getattr(nl, name)(*arguments)]
                return _worst_of([Target(values, np.float64, [near] * len(values))], results)
            marginals = exact.marginals()
            parts = marginals[: exact.k], exact.pairs(), marginals
            targets = [Target(part, np.float64) for part in parts]
        return _worst_of(targets, nl.hmm_loglikelihood_value_and_grad(*model)[1])

    return make, error


_KINDS = {
    _weighted: ("weighted_logsumexp", "weighted_logsumexp_vjp", "weighted_logsumexp_jvp"),
    _product: ("logmatmulexp", "logmatmulexp_vjp", "logmatmulexp_jvp"),
    _gated: ("gated_log_softmax", "gated_log_softmax_vjp"),
    _sigmoid: tuple(f"sigmoid_binary_cross_entropy{end}" for end in ("", "_gradient", "_hvp")),
    _chain: (
        *(f"hmm_{end}" for end in ("forward", "backward", "loglikelihood", "posterior")),
        "hmm_loglikelihood_value_and_grad",
    ),
}
SEARCHED = _rows() | {name: kind(name) for kind, names in _KINDS.items() for name in names}
BOUNDS = BUDGETS | {"sigmoid_binary_cross_entropy_gradient": sigmoid.BUDGET_OF_GRADIENT}


# --- the search ----------------------------------------------------------------------------------


def climb(name, dtype, count, seed=0):
    """The largest error of a function, of a dtype, over so many rows."""
    make, error = SEARCHED[name]
    rng, found = np.random.default_rng(seed), []
    for i in range(count):
        if i < count // 2 or not found:
            arrays = make(rng)
        else:
            arrays = changed(rng, found[rng.integers(len(found))][1])
        arrays = [a.astype(dtype) for a in arrays]
        found.append((error(*arrays), arrays))
        found = sorted(found, key=lambda case: -case[0])[:KEPT]
    return found[0]


def searched(count, names):
    """(name, errors of each dtype, bound) of every function, or of those named."""
    for name in SEARCHED:
        if not names or name in names:
            dtypes = [np.float64] if name.startswith("hmm_") else DTYPES.values()
            yield name, [climb(name, dtype, count)[0] for dtype in dtypes], BOUNDS[name]
    for name, entry in PARTIALS.items() if not names or "partials" in names else ():
        if entry.name == name:
            of = getattr(partials, name), OF_PARTIALS * count
            errors = [search_partial(name, of[0], dtype, of[1])[0] for dtype in DTYPES.values()]
            yield f"partials.{name}", errors, entry.ulp


def main(count=COUNT, *names):
    """Print the table, a line for each function; an error above its bound ends in a failure."""
    print("| function | float32 | float64 | promised |\n| --- | --- | --- | --- |")
    above = []
    for name, errors, bound in searched(count, names):
        cells = [""] * (2 - len(errors)) + [f"{error:.2f}" for error in errors]
        print(f"| `{name}` | {' | '.join(cells)} | {bound} |", flush=True)
        above += [name] if max(errors) > bound else []
    if above:
        sys.exit(f"above their bounds: {', '.join(above)}")


if __name__ == "__main__":
    with np.errstate(all="ignore"):
        main(*map(int, sys.argv[1:2]), *sys.argv[2:])
