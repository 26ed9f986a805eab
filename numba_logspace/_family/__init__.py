"""The table of the family: one entry for each public function; all else reads here what exists.

A kind says how a function is called and what it gives. The docstrings, the overloads in jitted
code, the device functions, the command line, the tables of the documentation, the tests and the
benchmarks go by the kinds and the names.
"""

from . import chains, curvatures, derivatives, elementwise, losses, mixtures, rows, segments
from .kinds import KINDS as KINDS
from .kinds import Function as Function
from .rows import WEIGHTED_LOGSUMEXP as WEIGHTED_LOGSUMEXP

_PARTS = rows, derivatives, curvatures, losses, mixtures, segments, chains, elementwise
FAMILY = {function.name: function for part in _PARTS for function in part.TABLE}


def named(*kinds):
    """The names of all functions of these kinds."""
    return [f.name for f in FAMILY.values() if f.kind in kinds]
