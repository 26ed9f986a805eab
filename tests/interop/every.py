"""A call of every public function, with what each of its arrays has a number for."""

import contextlib

import numpy as np
import pytest

from numba_logspace._family import FAMILY

ENTRIES, ROWS = "entries", "rows"
SHAPE, AXIS = (4, 5, 3), 1
ELEMENTWISE = [name for name, f in FAMILY.items() if f.kind == "elementwise"]
# Kinds that have tests of their own, in test_sequences.py.
PLAIN = {"vjp of a scan", "jvp of a scan", "product vjp", "product jvp", "hvp of a reduction"}
PLAIN |= {
    "hvp of a loss",
    "hvp of class weights",
    "hvp of an entry loss",
    "chain",
    "weighted vjp",
    "weighted jvp",
}
PLAIN |= {f.kind for f in FAMILY.values() if f.kind.startswith(("segment", "entry loss"))}
OVER_ROWS = [
    name
    for name, f in FAMILY.items()
    if f.kind not in {"elementwise", "product", "gated", "gated vjp"} | PLAIN
]

# What results of each kind have a number for.
_RESULTS = {
    "reduction": (ROWS,),
    "jvp of a reduction": (ROWS,),
    "value and vjp": (ENTRIES, ENTRIES),
    "loss": (ROWS,),
    "class weights": (ROWS,),
    "loss and gradient": (ROWS, ENTRIES),
    "class weights and gradient": (ROWS, ENTRIES),
    "jacobian": ("pairs",),
}

# (function, inputs, its first and second derivative by the first of them), where the plain formulas
# overflow or cancel
HARD_DERIVATIVES = [
    ("logsubexp", (0.0, -1000.0), 1.0, 0.0),
    ("logsubexp", (50.0, 0.0), 1.0, -1.9287498479639178e-22),
    ("logexpm1", (50.0,), 1.0, -1.9287498479639178e-22),
    ("logitexp", (-50.0,), 1.0, 1.9287498479639178e-22),
    ("log2mexp", (0.6931471,), -12413116.17178677, -154085465507390.44),
    ("log1pmx", (1e12,), -0.999999999999, -9.99999999998e-25),
    ("logmxp1", (1e12,), -0.999999999999, -1e-24),
    ("logcosh", (0.0,), 0.0, 1.0),
    ("logcosh", (30.0,), 1.0, 3.502604305078608e-26),
    ("log1psq", (1e200,), 2e-200, 0.0),
    ("cexpexp", (1000.0,), 0.0, 0.0),
    ("log_inv_logit_diff", (1.0, -1000.0), 0.2689414213699951, -0.19661193324148185),
    ("rel_entr", (1e200, 1e-200), 922.0340371976183, 1e-200),
    ("kl_div", (1.0, 1 + 2.0**-40), -9.094947017725146e-13, 1.0),
]


def results_of(name):
    """What each of the results has a number for."""
    return _RESULTS.get(FAMILY[name].kind, (ENTRIES,))


def arrays_of(name, shape=SHAPE, axis=AXIS, dtype=np.float64, labels=False, seed=0):
    """{argument: (array, what it has a number for)} of a call over one axis."""
    rng = np.random.default_rng(seed)
    rows = tuple(k for a, k in enumerate(shape) if a != axis % len(shape))
    kind, found = FAMILY[name].kind, {}
    found["logits" if "loss" in kind or "weights" in kind else "x"] = (
        (3 * rng.standard_normal(shape)).astype(dtype),
        ENTRIES,
    )
    for operand in FAMILY[name].operands:
        if operand == "targets" and labels:
            found[operand] = rng.integers(0, shape[axis], rows), ROWS
        elif operand in ("targets", "weights"):
            found[operand] = rng.random(shape).astype(dtype), ENTRIES
        else:
            found[operand] = rng.standard_normal(shape).astype(dtype), ENTRIES
    if kind == "vjp of a reduction":
        found["g"] = rng.standard_normal(rows).astype(dtype), ROWS
    if kind in ("loss", "loss and gradient"):
        found["weights"] = rng.random(rows).astype(dtype), ROWS
    return found


def elementwise_inputs(name, shape, dtype=np.float64):
    """Inputs of an elementwise function, within its domain."""
    rng = np.random.default_rng(1)
    x, y, t = -rng.random((3, *shape)).astype(dtype)
    own = dict.fromkeys(("logit", "cloglog", "logexpm1", "logmxp1", "xlogx", "entr"), [-x])
    own |= dict.fromkeys(("rel_entr", "kl_div"), [-x, -y])
    own |= {
        "log_inv_logit_diff": [x, 2 * y - 1],
        "logsubexp": [x, 2 * y - 1],
        "xlogy": [x, -y],
        "xlog1py": [x, -y],
    }
    if name.startswith("log_mix"):
        return [t, x, y]
    return own.get(name) or ([x, y] if name == "logaddexp" else [x])


@contextlib.contextmanager
def jax_in_64_bits():
    """JAX with 64 bits, for the threads of its callbacks too."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    try:
        yield jax
    finally:
        jax.config.update("jax_enable_x64", False)


def as_tuple(results):
    """The results of a call, one or several."""
    return results if isinstance(results, tuple) else (results,)
