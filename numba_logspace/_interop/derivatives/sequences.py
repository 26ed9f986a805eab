"""The derivatives of segments and of hidden Markov chains, once."""

import math

from ..._family import named

# --- segments ------------------------------------------------------------------------------------


def _of_segments(p, function, *arrays):
    # Over the same segments.
    options = {name: p[name] for name in ("segment_ids", "offsets") if p[name] is not None}
    options |= {name: u for name, u in p.made.others.items() if name == "num_segments"}
    return p.public(function, *arrays, **options)


def _by_x(function):
    return lambda p, u: _of_segments(p, f"{function}_vjp", p.x, u)


def _shares(p, x):
    return p.xp.where(x > -math.inf, _of_segments(p, "segment_softmax", x), 0)


def _in_double(p, t):
    # (x, a tangent without what belongs to entries of -inf, the shares), where sums keep the digits
    # of float32.
    x = p.wide(p.x)
    return x, p.xp.where(x > -math.inf, p.wide(t), 0), _shares(p, x)


def _logsumexp_along(p, t):
    _, t, shares = _in_double(p, t)
    return p.narrow(p.segment_sums(shares * t))


def _less_mean(p, t, shares):
    # A tangent less its mean in each segment. Where an entry has more than half of a segment all
    # count from that one: else the difference would be lost there.
    t = t - p.of_entries(p.added(p.xp.where(shares > 0.5, t, 0)))
    return t - p.of_entries(p.segment_sums(shares * t))


def _log_softmax_along(p, t):
    x, t, shares = _in_double(p, t)
    return p.narrow(p.xp.where(x > -math.inf, _less_mean(p, t, shares), 0))


def _log1m_softmax_along(p, t):
    # -odds (t - its mean). Of an entry with more than half of a segment the odds may be infinite:
    # times the rest of the segment they are its share.
    x, t, shares = _in_double(p, t)
    is_top = shares > 0.5
    others = p.xp.where(is_top, -math.inf, x)
    rest = p.of_entries(p.segment_sums(_shares(p, others) * t))
    is_alone = p.of_entries(p.added(p.wide(others > -math.inf))) <= 0
    of_top = p.xp.where(is_alone, 0, shares * (t - rest))
    change = shares / (1 - p.xp.where(is_top, 0, shares)) * _less_mean(p, t, shares)
    change = p.xp.where(is_top, of_top, change)
    return p.narrow(p.xp.where(x > -math.inf, -change, 0))


_ALONG = {
    "segment_softmax": _by_x("segment_softmax"),  # whose Jacobian is symmetric
    "segment_log_softmax": _log_softmax_along,
    "segment_log1m_softmax": _log1m_softmax_along,
    "segment_logsumexp": _logsumexp_along,
}

# --- chains --------------------------------------------------------------------------------------

_GRADIENT = "hmm_loglikelihood_value_and_grad"
_ARGUMENTS = "log_initial", "log_transition", "log_emission"


def _by(i):
    def gradient(p, c, *of_gradients):
        if any(u is not None for u in of_gradients):
            raise NotImplementedError("hmm_loglikelihood has no second derivatives")
        counts = p.results[i]
        over = (...,) + (None,) * (counts.ndim - c.ndim)
        return counts * c[over]

    return gradient


def _along(i):
    def change(p, t):
        if not p.made.value_only:
            raise NotImplementedError(
                f"{_GRADIENT} has no derivatives in forward mode: take hmm_loglikelihood"
            )
        value, counts = p.results[0], p.wide(p.results[i])
        own = tuple(range(value.ndim - counts.ndim, 0))
        return p.narrow(p.exact_sum(counts * p.wide(t), own)), None, None, None

    return change


# The derivatives of these have no derivatives.
ONCE = {
    name: ({"x": _by_x(name)}, {"x": _ALONG[name]})
    for name in named("segment map", "segment reduction")
} | {
    _GRADIENT: (
        {name: _by(i + 1) for i, name in enumerate(_ARGUMENTS)},
        {name: _along(i + 1) for i, name in enumerate(_ARGUMENTS)},
    )
}
