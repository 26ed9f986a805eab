"""What an entry of the table says, and how functions of each kind are called."""

import dataclasses
import functools
from typing import Any

# kind: (what has a number for each entry beside x, where else than on arrays of the CPU it runs)
KINDS = {
    "map": ((), {"jitted", "cuda", "device", "apply"}),
    "scan": ((), {"jitted", "cuda", "apply"}),
    "reduction": ((), {"jitted", "cuda", "device", "apply"}),
    "vjp": (("g",), {"jitted", "cuda", "device", "apply"}),
    "vjp of a reduction": ((), {"jitted", "cuda", "apply"}),
    "jvp": (("t",), {"jitted", "cuda", "apply"}),
    "jvp of a reduction": (("t",), {"jitted", "cuda", "apply"}),
    "vjp of a scan": (("g",), {"jitted", "cuda", "apply"}),
    "jvp of a scan": (("t",), {"jitted", "cuda", "apply"}),
    "value and vjp": (("g",), {"jitted", "cuda", "apply"}),
    "hvp": (("g", "t"), {"jitted", "cuda", "apply"}),
    "hvp of a reduction": (("t",), {"jitted", "cuda", "apply"}),
    "hvp of a loss": (("targets", "t"), {"jitted", "cuda", "apply"}),
    "hvp of class weights": (("weights", "t"), {"jitted", "cuda", "apply"}),
    "hvp of an entry loss": (("targets", "t"), {"jitted", "cuda", "apply"}),
    "jacobian": ((), {"jitted", "cuda"}),
    "loss": (("targets",), {"jitted", "cuda", "apply"}),
    "loss and gradient": (("targets",), {"jitted", "cuda", "apply"}),
    "class weights": (("weights",), {"jitted", "cuda", "apply"}),
    "class weights and gradient": (("weights",), {"jitted", "cuda", "apply"}),
    "entry loss": (("targets",), {"jitted", "cuda", "apply"}),
    "entry loss and gradient": (("targets",), {"jitted", "cuda", "apply"}),
    "elementwise": ((), {"jitted", "cuda", "device", "apply"}),
    "product": ((), {"jitted", "cuda"}),
    "product vjp": ((), {"jitted", "cuda"}),
    "product jvp": ((), {"jitted", "cuda"}),
    "weighted vjp": ((), {"jitted", "cuda"}),
    "weighted jvp": ((), {"jitted", "cuda"}),
    "chain": ((), {"jitted", "cuda"}),
    "gated": ((), {"jitted", "cuda"}),
    "gated vjp": ((), {"jitted", "cuda"}),
    "segment map": ((), {"jitted", "cuda"}),
    "segment reduction": ((), {"jitted", "cuda"}),
    "segment vjp": (("g",), {"jitted", "cuda"}),
    "segment vjp of a reduction": ((), {"jitted", "cuda"}),
}


@dataclasses.dataclass(frozen=True, eq=False)
class Function:
    """A public function: its name and kind, what computes it, and the error it may have.

    `engine` is an engine of `_cpu`, from whose formulas those of CUDA and of jitted code are made;
    of an elementwise function the formula itself, of gates one for each set. `ulp` is the bound of
    the error, in the units that the docstring says. `masked` is what masked entries of each result
    become, None where the engine sees to it. `without_max` leaves the first maximum of each row
    out as if it were masked. `operands` are the names of the arguments that have a number for each
    entry beside x. `of_complex` computes it for complex numbers, None where it is for real ones
    alone: a kernel of `_cpu/complex.py`, or an elementwise formula.
    """

    name: str
    kind: str
    engine: Any
    ulp: int
    masked: tuple = ()
    without_max: bool = False
    of_complex: Any = None
    operands: tuple = dataclasses.field(init=False)

    def __post_init__(self):
        # A property would be a step of every call. A kind that is missing, a test tells of.
        object.__setattr__(self, "operands", KINDS.get(self.kind, ((),))[0])

    @functools.cached_property
    def parts(self):
        """A function for each of several engines."""
        return [dataclasses.replace(self, engine=engine) for engine in self.engine]

    @functools.cached_property
    def gives_gradient(self):
        """Whether a loss comes with its gradient."""
        return self.kind.endswith("gradient")

    def runs(self, place):
        """Whether it is there in jitted code, on CUDA arrays, as a device function, in apply."""
        return place in KINDS[self.kind][1]
