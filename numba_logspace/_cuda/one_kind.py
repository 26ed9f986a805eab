"""The formulas of all functions as those of one kind, for CUDA.

A value is a derivative without sums of weighted terms (see `_cpu.weigh.Formulas`).
"""

from .._compile.inline import inlined
from .._cpu.weigh import Formulas
from .._formulas.losses import weight_or_nan


@inlined
def _keep_row(sums, own, row, c, lift):
    return row


def _element_of_row(element):
    @inlined
    def element_of(v, e, g, t, m, row):
        return (element(v, e, m, row[0], row[1], row[2], row[3]),)

    return element_of


def of_map(prepare, element, lighter=()):
    """The formulas of a Map."""

    @inlined
    def prepare_row(summary, second, n):
        return summary[0], prepare(summary, second, n)

    if lighter:
        holds, light = lighter

        @inlined
        def is_light(row):
            return holds(row[0], row[1], row[2], row[3])

        lighter = is_light, _element_of_row(light)
    return Formulas(prepare_row, _keep_row, element=_element_of_row(element), lighter=lighter)


def of_reduction(reduce):
    """The formulas of a Reduction."""

    @inlined
    def prepare_row(summary, second, n):
        return summary[0], (reduce(summary, second, n),)

    return Formulas(prepare_row, _keep_row)


def admitting(formulas):
    """The formulas with NaN for scores and weights that the CPU would have refused."""
    admit, weigh, settle, element = (
        formulas.admit,
        formulas.weigh,
        formulas.settle,
        formulas.element,
    )
    if admit is None:
        return formulas
    admit_second = formulas.admit_second

    @inlined
    def weigh_admitted(v, e, g, t, m, row, lift):
        return weigh(v, e, admit(g), admit_second(t), m, row, lift)

    @inlined
    def settle_admitted(sums, own, row, c, lift):
        return settle(sums, own, row, weight_or_nan(c), lift)

    @inlined
    def element_admitted(v, e, g, t, m, row):
        return element(v, e, admit(g), admit_second(t), m, row)

    return Formulas(
        formulas.prepare,
        settle_admitted,
        weigh=weigh_admitted if formulas.weighs else None,
        sums=formulas.sums,
        element=element_admitted if element else None,
        result=formulas.result,
    )
