"""Which rules a call has."""

from . import elementwise, losses, mixtures, rows, sequences

_ONCE = mixtures.ONCE | sequences.ONCE
_RULES = rows.RULES | losses.RULES | elementwise.RULES | mixtures.RULES | _ONCE


def rules_of(made):
    """(vjp, jvp) of a call."""
    if made.function == "logsumexp" and "b" in made.names:
        return mixtures.WEIGHTED
    return _RULES.get(made.function, ({}, {}))


def has_second(made):
    """Whether the derivatives of a call may have derivatives."""
    return made.function not in _ONCE
