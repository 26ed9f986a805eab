"""Every public function on small arrays, with its options, in times np.exp of ten numbers."""

import numpy as np

from .common import function, least_ratio, normals
from .functions import ARGUMENTS, KINDS

SHAPES = {"10": (10,), "100 x 4": (100, 4)}


def _rows(x):
    return np.empty(x.shape[:-1], x.dtype)


def _label(x):
    return 3 if x.ndim == 1 else np.arange(len(x)) % x.shape[1]


def _weight(x):
    return 1.5 if x.ndim == 1 else np.full(len(x), 1.5)


def _pair(x):
    return np.empty_like(x), np.empty_like(x)


def _long(x):
    return np.empty((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)


# {option: the keywords that it stands for, of x}; `plain` has none.
_AXIS = {"axis 0": lambda x: {"axis": 0}}
_OUT = {"out": lambda x: {"out": np.empty_like(x)}}
_ONE_THREAD = {"one worker": lambda x: {"workers": 1}}
_OF_ROWS = {
    "keepdims": lambda x: {"keepdims": True},
    "out": lambda x: {"out": _rows(x)},
    "all axes": lambda x: {"axis": None},
}
_LOSS = {
    "label": lambda x: {"targets": _label(x)},
    "sum": lambda x: {"reduction": "sum"},
    "mean": lambda x: {"reduction": "mean"},
    "weights": lambda x: {"targets": _label(x), "weights": _weight(x)},
    "weights, mean": lambda x: {
        "targets": _label(x),
        "weights": _weight(x),
        "reduction": "mean",
    },
}
_CLASS_WEIGHTS = {k: _LOSS[k] for k in ("sum", "mean")}
_OF_KIND = {
    **dict.fromkeys(("map", "scan"), _AXIS | _OUT | _ONE_THREAD),
    **dict.fromkeys(("vjp", "jvp", "hvp"), _AXIS | _OUT | _ONE_THREAD),
    "vjp of a reduction": _OUT | _ONE_THREAD,
    "reduction": _AXIS | _OF_ROWS | _ONE_THREAD,
    "jvp of a reduction": _AXIS | _OF_ROWS | _ONE_THREAD,
    "value and vjp": _AXIS | _ONE_THREAD | {"out": lambda x: {"out": _pair(x)}},
    "jacobian": _AXIS,
    "loss": _LOSS,
    "loss and gradient": _LOSS | _OUT,
    "class weights": _CLASS_WEIGHTS,
    "class weights and gradient": _CLASS_WEIGHTS | _OUT,
    "gated": _ONE_THREAD | {"out": lambda x: {"out": _long(x)}},
    "gated vjp": _ONE_THREAD | {"g": lambda x: {"g": np.ones_like(_long(x))}},
}
# Of one function alone.
_OF_NAME = {
    "logsumexp": {
        "b": lambda x: {"b": x * 2},
        "b, return_sign": lambda x: {"b": x * 2, "return_sign": True},
    }
}
CALLS = [
    (name, option)
    for name in ARGUMENTS
    for option in ("plain", *_OF_KIND.get(KINDS[name], {}), *_OF_NAME.get(name, {}))
]


def call_of(name, option, x):
    """A call without arguments."""
    arguments, options = ARGUMENTS[name](x), {}
    if option != "plain":
        table = _OF_KIND.get(KINDS[name], {}) | _OF_NAME.get(name, {})
        options = table[option](x)
    if "targets" in options:
        arguments = arguments[:1]
    call = function(name)
    return lambda: call(*arguments, **options)


class SmallCalls:
    """What a call costs that has almost nothing to do."""

    params = ([", ".join(call) for call in CALLS], list(SHAPES))
    param_names = ("call", "shape")
    unit = "times np.exp of 10 numbers"
    timeout = 120

    def setup(self, call, shape):
        """Make the arguments, and compile."""
        name, _, option = call.partition(", ")
        x, self.ten = normals(SHAPES[shape], np.float64), normals(10, np.float64)
        self.call = call_of(name, option, x)
        self.call()

    def track_call(self, call, shape):
        """The fastest of many short runs of both, in turn."""
        return least_ratio(self.call, lambda: np.exp(self.ten))
