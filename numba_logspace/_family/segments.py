"""The table: rows of unequal length, with the formulas and the bounds of the rows."""

from .._cpu.segments import SegmentMap, SegmentReduction, SegmentWeighing
from . import derivatives, rows
from .kinds import Function

_ROWS = {function.name: function.engine for part in (rows, derivatives) for function in part.TABLE}

TABLE = (
    Function("segment_softmax", "segment map", SegmentMap(_ROWS["softmax"]), ulp=4),
    Function("segment_log_softmax", "segment map", SegmentMap(_ROWS["log_softmax"]), ulp=4),
    Function("segment_log1m_softmax", "segment map", SegmentMap(_ROWS["log1m_softmax"]), ulp=4),
    Function("segment_logsumexp", "segment reduction", SegmentReduction(_ROWS["logsumexp"]), ulp=4),
    Function("segment_softmax_vjp", "segment vjp", SegmentWeighing(_ROWS["softmax_vjp"]), ulp=8),
    Function(
        "segment_log_softmax_vjp", "segment vjp", SegmentWeighing(_ROWS["log_softmax_vjp"]), ulp=8
    ),
    Function(
        "segment_log1m_softmax_vjp",
        "segment vjp",
        SegmentWeighing(_ROWS["log1m_softmax_vjp"]),
        ulp=8,
    ),
    Function(
        "segment_logsumexp_vjp",
        "segment vjp of a reduction",
        SegmentWeighing(_ROWS["logsumexp_vjp"]),
        ulp=4,
    ),
)
