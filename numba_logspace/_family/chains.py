"""The table: hidden Markov chains, each with the kernel that gives its result."""

from .._cpu import best_path, chains
from .kinds import Function

TABLE = (
    Function("hmm_forward", "chain", chains.forward, ulp=2),
    Function("hmm_backward", "chain", chains.backward, ulp=2),
    Function("hmm_loglikelihood", "chain", chains.forward, ulp=2),
    Function("hmm_loglikelihood_value_and_grad", "chain", chains.backward, ulp=4),
    Function("hmm_posterior", "chain", chains.backward, ulp=2),
    Function("hmm_viterbi", "chain", best_path.best_path_of_many, ulp=2),
)
