"""The table: losses, each alone and with its gradient."""

from .._cpu.engines import Entries, Weighing
from .._cpu.weigh import Formulas
from .._formulas import bernoulli, derivatives, light, losses, softsum
from .derivatives import BY_OTHERS
from .kinds import Function


def _loss(prepare, weigh, settle, admit, *condition):
    formulas = Formulas(
        prepare,
        settle,
        weigh=weigh,
        sums=(1, 0),
        result=derivatives.first_number,
        admit=admit,
    )
    return Weighing(formulas, *condition)


def _loss_and_gradient(prepare, weigh, settle, sums, element, light, admit, *condition):
    formulas = Formulas(
        prepare,
        settle,
        weigh=weigh,
        sums=sums,
        element=element,
        result=losses.last_number,
        admit=admit,
        light=light,
    )
    return Weighing(formulas, *condition)


def _entry_loss(element):
    # Nothing of an entry is summed up but its own loss.
    formulas = Formulas(
        bernoulli.prepare_entry,
        bernoulli.settle_entry,
        weigh=bernoulli.weigh_entry,
        sums=(1, 0),
        element=element,
        result=losses.last_number,
        admit=losses.probability_or_nan,
        admit_second=losses.weight_or_nan,
    )
    return Entries(formulas, softsum.never, keeps=False)


TABLE = (
    Function(
        "cross_entropy",
        "loss",
        _loss(
            losses.prepare_cross_entropy,
            losses.weigh_cross_entropy,
            losses.settle_loss,
            losses.probability_or_nan,
            softsum.never,
        ),
        ulp=4,
    ),
    Function(
        "cross_entropy_value_and_grad",
        "loss and gradient",
        _loss_and_gradient(
            losses.prepare_cross_entropy_gradient,
            losses.weigh_cross_entropy_gradient,
            losses.settle_cross_entropy_gradient,
            (2, 1),
            losses.element_cross_entropy_gradient,
            light.CROSS_ENTROPY,
            losses.probability_or_nan,
            softsum.never,
        ),
        ulp=8,
    ),
    Function(
        "softmax_binary_cross_entropy",
        "loss",
        _loss(
            losses.prepare_binary_cross_entropy,
            losses.weigh_binary_cross_entropy,
            losses.settle_loss_of_odds,
            losses.probability_or_nan,
            *BY_OTHERS,
        ),
        ulp=4,
    ),
    Function(
        "softmax_binary_cross_entropy_value_and_grad",
        "loss and gradient",
        _loss_and_gradient(
            losses.prepare_binary_cross_entropy,
            losses.weigh_binary_cross_entropy_gradient,
            losses.settle_binary_cross_entropy_gradient,
            (3, 2),
            losses.element_binary_cross_entropy_gradient,
            light.BINARY,
            losses.probability_or_nan,
            *BY_OTHERS,
        ),
        ulp=8,
    ),
    Function(
        "complement_cross_entropy",
        "class weights",
        _loss(
            derivatives.prepare_value_and_odds,
            losses.weigh_complement_cross_entropy,
            losses.settle_loss_of_odds,
            losses.weight_or_nan,
            *BY_OTHERS,
        ),
        ulp=4,
    ),
    Function(
        "complement_cross_entropy_value_and_grad",
        "class weights and gradient",
        _loss_and_gradient(
            derivatives.prepare_value_and_odds,
            losses.weigh_complement_cross_entropy_gradient,
            losses.settle_complement_cross_entropy_gradient,
            (2, 1),
            losses.element_complement_cross_entropy_gradient,
            light.COMPLEMENT,
            losses.weight_or_nan,
            *BY_OTHERS,
        ),
        ulp=8,
    ),
    Function("sigmoid_binary_cross_entropy", "entry loss", _entry_loss(None), ulp=4),
    Function(
        "sigmoid_binary_cross_entropy_value_and_grad",
        "entry loss and gradient",
        _entry_loss(bernoulli.element_entry_gradient),
        ulp=8,
    ),
)
