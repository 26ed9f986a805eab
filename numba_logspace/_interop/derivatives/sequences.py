"""The derivatives of segments and of hidden Markov chains, once and in reverse mode."""

from ..._family import named


def _of_segments(p, function, *arrays):
    # Over the same segments.
    options = {name: p[name] for name in ("segment_ids", "offsets") if p[name] is not None}
    options |= {name: u for name, u in p.made.others.items() if name == "num_segments"}
    return p.public(function, *arrays, **options)


def _rule(function):
    vjp = {"x": lambda p, u: _of_segments(p, f"{function}_vjp", p.x, u)}
    return vjp, dict(vjp) if function == "segment_softmax" else {}  # whose Jacobian is symmetric


def _by(i):
    def gradient(p, c, *of_gradients):
        if any(u is not None for u in of_gradients):
            raise NotImplementedError("hmm_loglikelihood has no second derivatives")
        counts = p.results[i]
        over = (...,) + (None,) * (counts.ndim - c.ndim)
        return counts * c[over]

    return gradient


_ARGUMENTS = "log_initial", "log_transition", "log_emission"

# The derivatives of these have no derivatives.
ONCE = {name: _rule(name) for name in named("segment map", "segment reduction")} | {
    "hmm_loglikelihood_value_and_grad": (
        {name: _by(i + 1) for i, name in enumerate(_ARGUMENTS)},
        {},
    )
}
