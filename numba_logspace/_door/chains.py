"""Functions of hidden Markov chains."""

from .._arguments import chains
from .._arguments.foreign import handed_over
from .planned import planned
from .sides import goes_to_cuda, side

_CHAINS = ".._cuda.chains"


def _chains(given, lengths, workers, stream):
    name, first = next(iter(given.items()))
    if goes_to_cuda(first, workers, stream, name):
        return side(_CHAINS, "Chains")(given, lengths, stream)
    return chains.Chains(given, lengths, workers)


def _moving(log_transition, log_emission):
    return {"log_transition": log_transition, "log_emission": log_emission}


def _model(log_initial, *moving):
    return {"log_initial": log_initial} | _moving(*moving)


@handed_over
@planned
def forward(function, log_initial, log_transition, log_emission, lengths, out, workers, stream):
    """log p(y_1..t, z_t)."""
    model = _model(log_initial, log_transition, log_emission)
    return _chains(model, lengths, workers, stream).forward(out)


@handed_over
@planned
def backward(function, log_transition, log_emission, lengths, out, workers, stream):
    """log p(y_t+1..T | z_t)."""
    moving = _moving(log_transition, log_emission)
    return _chains(moving, lengths, workers, stream).backward(out)


@handed_over
@planned
def loglikelihood(
    function, log_initial, log_transition, log_emission, lengths, out, workers, stream
):
    """log p(y)."""
    model = _model(log_initial, log_transition, log_emission)
    return _chains(model, lengths, workers, stream).loglikelihood(out)


@handed_over
@planned
def posterior(function, log_initial, log_transition, log_emission, lengths, out, workers, stream):
    """log p(z_t | y)."""
    model = _model(log_initial, log_transition, log_emission)
    return _chains(model, lengths, workers, stream).posterior(out)


@handed_over
@planned
def value_and_grad(function, log_initial, log_transition, log_emission, lengths, workers, stream):
    """log p(y), and its derivatives by each argument."""
    model = _model(log_initial, log_transition, log_emission)
    return _chains(model, lengths, workers, stream).value_and_grad()


@handed_over
@planned
def best_path(function, log_initial, log_transition, log_emission, lengths, workers, stream):
    """The best path, and the logarithm of its probability together with what is seen."""
    model = _model(log_initial, log_transition, log_emission)
    return _chains(model, lengths, workers, stream).best_path()
