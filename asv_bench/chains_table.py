"""Print the tables of docs/chains.md: hidden Markov chains beside hmmlearn, dynamax and JAX.

    python asv_bench/chains_table.py

Peers are measured where they are installed. One thread, in time of the processor, which
other work on the machine does not count in. `--quick` takes small sizes.
"""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import numpy as np
from benchmarks.common import interleaved

import numba_logspace as nl

try:
    from hmmlearn import _hmmc
    from hmmlearn.base import BaseHMM
except ImportError:
    _hmmc = None
try:
    import jax
    from dynamax.hidden_markov_model import hmm_filter, hmm_posterior_mode, hmm_two_filter_smoother
except ImportError:
    jax = None

QUICK = "--quick" in sys.argv[1:]
# What of a peer does the work of each function.
PEERS = {
    "hmm_loglikelihood": ("forward_log", "scaling", "score", "score, scaling", "dynamax"),
    "hmm_viterbi": ("viterbi", "decode", "dynamax"),
    "hmm_forward": ("forward_log", "scaling", "scaling, logs", "dynamax"),
    "hmm_posterior": ("passes", "passes, scaling", "predict_proba", "dynamax"),
    "gradient": ("E step", "E step, scaling", "dynamax"),
}


def model(k, shape):
    """(log_initial, log_transition, log_emission) of an ordinary model."""
    rng = np.random.default_rng(0)
    start, moves = nl.log_softmax(rng.normal(size=k)), nl.log_softmax(rng.normal(size=(k, k)))
    return start, moves, rng.normal(size=(*shape, k)) * 2


def ours(name, arguments):
    """A call of ours in one thread."""
    if name == "gradient":
        return lambda: nl.hmm_loglikelihood_value_and_grad(*arguments, workers=1)
    return lambda: getattr(nl, name)(*arguments, workers=1)


def _hmmlearn_model(start, moves, implementation):
    # Its own code around its compiled functions, with what is seen given as log-densities.
    class Given(BaseHMM):
        def _compute_log_likelihood(self, seen):
            return seen

        def _compute_likelihood(self, seen):
            return np.exp(seen)

        def _check(self):
            pass

    found = Given(len(start), implementation=implementation)
    found.startprob_, found.transmat_, found.n_features = np.exp(start), np.exp(moves), len(start)
    return found


def _of_hmmlearn(start, moves, seen):
    # {peer: a call of it for one chain}
    p, m = np.exp(start), np.exp(moves)

    def logs_of_scaled():
        # What forward_log gives, of scaled probabilities.
        _, forward, scales = _hmmc.forward_scaling(p, m, np.exp(seen))
        return np.log(forward) - np.cumsum(np.log(scales))[:, None]

    def passes(scaling):
        if scaling:
            densities = np.exp(seen)
            _, forward, scales = _hmmc.forward_scaling(p, m, densities)
            return forward * _hmmc.backward_scaling(p, m, densities, scales)
        _, forward = _hmmc.forward_log(p, m, seen)
        return forward + _hmmc.backward_log(p, m, seen)

    def steps(scaling):
        if scaling:
            densities = np.exp(seen)
            _, forward, scales = _hmmc.forward_scaling(p, m, densities)
            backward = _hmmc.backward_scaling(p, m, densities, scales)
            both = forward * backward
            counts = _hmmc.compute_scaling_xi_sum(forward, m, backward, densities)
        else:
            _, forward = _hmmc.forward_log(p, m, seen)
            backward = _hmmc.backward_log(p, m, seen)
            both = forward + backward
            counts = _hmmc.compute_log_xi_sum(forward, m, backward, seen)
        return both, counts

    log, scaled = (_hmmlearn_model(start, moves, i) for i in ("log", "scaling"))
    return {
        "forward_log": lambda: _hmmc.forward_log(p, m, seen),
        "scaling": lambda: _hmmc.forward_scaling(p, m, np.exp(seen)),
        "scaling, logs": logs_of_scaled,
        "score": lambda: log.score(seen),
        "score, scaling": lambda: scaled.score(seen),
        "viterbi": lambda: _hmmc.viterbi(p, m, seen),
        "decode": lambda: log.decode(seen),
        "passes": lambda: passes(False),
        "passes, scaling": lambda: passes(True),
        "predict_proba": lambda: log.predict_proba(seen),
        "E step": lambda: steps(False),
        "E step, scaling": lambda: steps(True),
    }


def _of_dynamax(name, start, moves, seen):
    calls = {
        "hmm_loglikelihood": lambda *a: hmm_filter(*a).marginal_loglik,
        "hmm_viterbi": hmm_posterior_mode,
        "hmm_forward": lambda *a: hmm_filter(*a).filtered_probs,
        "hmm_posterior": lambda *a: hmm_two_filter_smoother(*a).smoothed_probs,
        "gradient": jax.grad(lambda *a: hmm_filter(*a).marginal_loglik, (0, 1, 2)),
    }
    call = calls[name]
    if seen.ndim == 3:
        call = jax.vmap(call, (None, None, 0))
    call, arguments = (
        jax.jit(call),
        [jax.numpy.asarray(u) for u in (np.exp(start), np.exp(moves), seen)],
    )
    return lambda: jax.block_until_ready(call(*arguments))


def peers(name, start, moves, seen):
    """{peer: a call of it for all chains}."""
    found = {}
    if _hmmc is not None:
        every = seen.reshape(-1, *seen.shape[-2:])
        chains = [_of_hmmlearn(start, moves, u) for u in every]
        for peer in PEERS[name]:
            if peer != "dynamax":
                found[peer] = lambda peer=peer: [calls[peer]() for calls in chains]
    if jax is not None:
        found["dynamax"] = _of_dynamax(name, start, moves, seen)
    return found


def _cases():
    # (what it is, the axes before the states, numbers of states)
    if QUICK:
        return [("one chain of 50 steps", (50,), (2, 10)), ("3 of 40 steps", (3, 40), (2,))]
    return [
        ("one chain of 1000 steps", (1000,), (2, 3, 10, 50)),
        ("one chain of 100,000 steps", (100_000,), (2, 10)),
        ("100 chains of 100 steps", (100, 100), (2, 3, 10)),
    ]


def table(name, rounds):
    """Nanoseconds for a step, and how many times as long each peer takes."""
    print(f"\n| `{name}` | K | ns for a step | {' | '.join(PEERS[name])} |")
    print("|" + "---|" * (3 + len(PEERS[name])))
    for heading, shape, states in _cases():
        for k in states:
            arguments, count = model(k, shape), int(np.prod(shape))
            calls = {"ours": ours(name, arguments)} | peers(name, *arguments)
            t = interleaved(
                calls, rounds if count < 50_000 else max(3, rounds // 3), time.process_time
            )
            cells = [heading, str(k), f"{t['ours'] / count * 1e9:.0f}"]
            cells += [f"{t[p] / t['ours']:.1f}" if p in t else "" for p in PEERS[name]]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    for name in PEERS:
        table(name, 3 if QUICK else 15)
