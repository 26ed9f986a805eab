"""Every public function: the overhead of a call on ten numbers, and 100 rows of 1000."""

import ast
import pathlib
import timeit

import numpy as np

from .common import Timed, function, normals


def _square(x):
    # A product of less than a hundred thousand terms, so that one thread does it.
    a = np.atleast_2d(x)[:30, :100]
    return a, np.ascontiguousarray(a.T)


def _one(x):
    return (x,)


def _weights(x):
    return x, x * 2


def _factors_and_tangents(x):
    a, b = _square(x)
    return a, b, a, b


def _row_weights_and_tangent(x):
    return x, np.ones(x.shape[:-1], x.dtype), x * 2


def _targets_and_tangent(x):
    return x, _probabilities(x), x * 2


def _row_weights(x):
    return x, np.ones(x.shape[:-1], x.dtype)


def _weights_and_tangents(x):
    return x, x * 2, x * 3, x * 4


def _short(x):
    return (np.ascontiguousarray(x[..., :30]),)


def _probabilities(x):
    return np.abs(np.tanh(x))


def _targets(x):
    return x, _probabilities(x)


def _gated(x):
    return x[..., 0].copy(), x, x * 2


def _chain(x):
    # Ten numbers are two steps of five states.
    k = min(x.shape[-1] // 2, 10) if x.ndim == 1 else 10
    emission = x[: x.size // k * k].reshape(-1, k) if x.ndim == 1 else x.reshape(-1, k)
    return np.zeros(k), np.full((k, k), -np.log(k)), emission


def _chain_of_moves(x):
    return _chain(x)[1:]


def _three(x):
    return x, x * 2, x * 3


def _ids(x):
    # Segments of ten entries.
    return np.arange(x.size) // 10


def _segments(x):
    return x.reshape(-1), _ids(x)


def _weighted_segments(x):
    return x.reshape(-1), x.reshape(-1) * 2, _ids(x)


def _segments_and_numbers(x):
    return x.reshape(-1), np.ones(-(-x.size // 10), x.dtype), _ids(x)


def _table():
    # {name: kind} of the family. The table is read as text, from beside this file: the package
    # under test may be of an older commit, which has no table, or fewer functions.
    kinds = {}
    for path in (pathlib.Path(__file__).parents[2] / "numba_logspace" / "_family").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        nodes = [n for n in tree.body if isinstance(n, ast.Assign)]
        assigned = {ast.unparse(n.targets[0]): n.value for n in nodes}
        entries = getattr(assigned.get("TABLE"), "elts", ())
        calls = [entry.args for entry in entries if isinstance(entry, ast.Call)]
        kinds |= {name.value: kind.value for name, kind, *_ in calls}
        for names in (n for n in assigned if n.startswith("WITHIN_")):
            kinds |= dict.fromkeys(ast.literal_eval(assigned[names]), "elementwise")
    return kinds


# What to call the functions of a kind with, made of an array of normals.
_OF_KIND = {
    **dict.fromkeys(("map", "scan", "reduction", "elementwise"), _one),
    **dict.fromkeys(("vjp", "jvp", "jvp of a reduction", "value and vjp"), _weights),
    **dict.fromkeys(("vjp of a scan", "jvp of a scan"), _weights),
    "vjp of a reduction": _row_weights,
    "hvp": _three,
    "hvp of a reduction": _row_weights_and_tangent,
    **dict.fromkeys(("hvp of a loss", "hvp of class weights"), _targets_and_tangent),
    "hvp of an entry loss": _targets_and_tangent,
    "jacobian": _short,
    **dict.fromkeys(("loss", "loss and gradient"), _targets),
    **dict.fromkeys(("class weights", "class weights and gradient"), _targets),
    **dict.fromkeys(("entry loss", "entry loss and gradient"), _targets),
    **dict.fromkeys(("product", "product vjp"), _square),
    "product jvp": _factors_and_tangents,
    "chain": _chain,
    "weighted vjp": _weights,
    "weighted jvp": _weights_and_tangents,
    **dict.fromkeys(("gated", "gated vjp"), _gated),
    **dict.fromkeys(("segment map", "segment reduction"), _segments),
    "segment vjp": _weighted_segments,
    "segment vjp of a reduction": _segments_and_numbers,
}
# Elementwise functions of several numbers, or of some numbers only.
_OF_NAME = {
    "log1mexp": lambda x: (-np.abs(x),),
    "cloglog": lambda x: (_probabilities(x),),
    "hmm_backward": _chain_of_moves,
    "entr": lambda x: (np.abs(x),),
    "kl_div": lambda x: (np.abs(x), _probabilities(x)),
    "log1pmx": lambda x: (np.abs(x),),
    "log2mexp": lambda x: (-np.abs(x),),
    "log_inv_logit_diff": lambda x: (np.abs(x), -np.abs(x)),
    "log_mix": _three,
    "log_mix_dt": _three,
    "log_mix_dx": _three,
    "log_mix_dy": _three,
    "logaddexp": _weights,
    "logexpm1": lambda x: (np.abs(x),),
    "logit": lambda x: (_probabilities(x),),
    "logitexp": lambda x: (-np.abs(x),),
    "logmxp1": lambda x: (np.abs(x),),
    "logsubexp": lambda x: (np.abs(x), -np.abs(x)),
    "xlog1py": lambda x: (x, np.abs(x)),
    "rel_entr": lambda x: (np.abs(x), _probabilities(x)),
    "xlogx": lambda x: (np.abs(x),),
    "xlogy": lambda x: (x, np.abs(x)),
}
KINDS = dict(sorted(_table().items()))
ARGUMENTS = {
    name: _OF_NAME.get(name) or _OF_KIND[kind]
    for name, kind in KINDS.items()
    if name in _OF_NAME or kind in _OF_KIND  # tests/project/test_house.py names what is left out
}


class TenNumbers:
    """What a call costs that has almost nothing to do."""

    params = (list(ARGUMENTS),)
    param_names = ("function",)
    unit = "seconds"

    def setup(self, name):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.arguments = ARGUMENTS[name](normals(10, np.float64))
        self.call(*self.arguments)

    def track_call(self, name):
        """One call: the fastest of a few hundred in a row."""
        call, arguments = self.call, self.arguments
        return min(timeit.repeat(lambda: call(*arguments), number=500, repeat=7)) / 500


class Rows(Timed):
    """100 rows of 1000, in one thread."""

    params = (list(ARGUMENTS),)
    param_names = ("function",)

    def setup(self, name):
        """Make the arguments, and compile."""
        self.call = function(name)
        self.arguments = ARGUMENTS[name](normals((100, 1000), np.float64))
        self.time_call(name)

    def time_call(self, name):
        """One call."""
        self.call(*self.arguments)
