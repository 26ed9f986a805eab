"""What a call of a public function is made of: arrays and what is in them, options, results."""

from .._arguments.foreign import library_of
from .._family import FAMILY, WEIGHTED_LOGSUMEXP
from . import PUBLIC

ENTRIES, ROWS, PAIRS, CLASSES = "entries", "rows", "pairs", "classes"
# What the results of a kind have a number for.
RESULTS = {
    "map": (ENTRIES,),
    "scan": (ENTRIES,),
    "reduction": (ROWS,),
    "vjp": (ENTRIES,),
    "vjp of a reduction": (ENTRIES,),
    "jvp": (ENTRIES,),
    "jvp of a reduction": (ROWS,),
    "vjp of a scan": (ENTRIES,),
    "jvp of a scan": (ENTRIES,),
    "value and vjp": (ENTRIES, ENTRIES),
    "hvp": (ENTRIES,),
    "hvp of a reduction": (ENTRIES,),
    "hvp of a loss": (ENTRIES,),
    "hvp of class weights": (ENTRIES,),
    "hvp of an entry loss": (ENTRIES,),
    "weighted jvp": (ROWS,),
    "jacobian": (PAIRS,),
    "loss": (ROWS,),
    "loss and gradient": (ROWS, ENTRIES),
    "class weights": (ROWS,),
    "class weights and gradient": (ROWS, ENTRIES),
    "entry loss": (ROWS,),
    "entry loss and gradient": (ROWS, ENTRIES),
}
_OPTIONS = (
    "axis",
    "keepdims",
    "return_sign",
    "reduction",
    "num_segments",
    "label_smoothing",
    "out",
    "workers",
    "stream",
)
# Of these kinds the argument of that name has a number for each row.
_OF_ENTRIES = "entry loss", "entry loss and gradient", "hvp of an entry loss"
_OF_ROWS = {
    "g": ("vjp of a reduction", "hvp of a reduction", "weighted vjp"),
    "targets": _OF_ENTRIES,
    "pos_weight": _OF_ENTRIES,
    "weights": ("loss", "loss and gradient", "hvp of a loss", *_OF_ENTRIES),
    "where": (
        *("loss", "loss and gradient", "class weights", "class weights and gradient"),
        *("hvp of a loss", "hvp of class weights"),
        *_OF_ENTRIES,
    ),
}
# Functions of these kinds take one axis only.
ALONG_ONE = {"jacobian", "hvp of a loss", "hvp of class weights"}
ALONG_ONE |= {kind for kind in RESULTS if kind.startswith(("loss", "class weights"))}
# Arguments of these kinds that have to be said.
_SAID = {
    "hvp": ("g",),
    "hvp of a reduction": ("g",),
    "product vjp": ("g",),
    "product jvp": ("ta", "tb"),
    "weighted vjp": ("g",),
    "weighted jvp": ("t", "s"),
}
_DEFAULTS = {"keepdims": False, "return_sign": False, "out": None, "workers": None, "stream": None}
_DEFAULTS |= {"num_segments": None, "label_smoothing": None}


def role_of(kind, name):
    """What an argument of a function of a kind has a number for."""
    if name == "class_weights":
        return CLASSES
    return ROWS if kind in _OF_ROWS.get(name, ()) else ENTRIES


def has_single_entries(kind):
    """Whether each entry of the first array is a row of its own, along no axis."""
    return kind in _OF_ENTRIES


def kind_of(name):
    """The kind of a public function, or of a derivative of an elementwise one."""
    return FAMILY[name].kind if name in FAMILY else "elementwise"


def name_of(function):
    """The public name of an entry of the table."""
    return "logsumexp" if function is WEIGHTED_LOGSUMEXP else function.name


def with_gradient(name):
    """What gives a loss together with its gradient; all else is itself."""
    has_one = kind_of(name) in ("loss", "class weights", "entry loss")
    return f"{name}_value_and_grad" if has_one or name == "hmm_loglikelihood" else name


def run(name, arguments):
    """A public function on arguments by name."""
    said = _SAID.get(kind_of(name), ())
    return PUBLIC[name](**dict.fromkeys(said) | arguments)


class Described:
    """A call, described: `arrays` by name, the first of them first, and `options`.

    `here` runs it as if the arguments were NumPy's or CUDA's.
    """

    def __init__(self, call):
        function, arguments = call.function, call.arguments
        self.function, self.kind, self.here = function, function.kind, call.here
        self.name = name_of(function)
        self.arrays = {
            name: u for name, u in arguments.items() if name not in _OPTIONS and u is not None
        }
        self.options = {
            name: u
            for name, u in arguments.items()
            if name in _OPTIONS and u is not _DEFAULTS.get(name, self)
        }
        self.first = next(iter(self.arrays))
        results = RESULTS.get(self.kind, ())
        self.results = (ROWS, ROWS) if self.options.get("return_sign") else results

    def call(self, **changed):
        """The public function on these arguments, others as they were."""
        if has_single_entries(self.kind):
            changed.pop("axis", None)
        return run(self.name, self.arrays | self.options | changed)

    def role(self, name):
        """What an array has a number for; of targets see `are_labels`."""
        return role_of(self.kind, name)

    def role_beside(self, name, shape, is_integer, first, axes):
        """The same of an array of that shape beside the first array, of targets too."""
        if name != "targets":
            return self.role(name)
        return ROWS if not axes or are_labels(shape, is_integer, first, axes[0]) else ENTRIES

    @property
    def axis(self):
        """The axis as it was passed; () where each entry is a row of its own."""
        return () if has_single_entries(self.kind) else self.options.get("axis")

    @property
    def along_one(self):
        """Whether the function takes one axis only."""
        return self.kind in ALONG_ONE

    @property
    def summed(self):
        """Whether a loss is one number for all rows."""
        return self.options.get("reduction", "none") != "none" and "hvp" not in self.kind

    def refuse(self, *names):
        """Raise a TypeError for options that the library of the arrays has no use for."""
        for name in names:
            if name in self.options:
                first, kind = next((n, type(u)) for n, u in self.arrays.items() if is_foreign(u))
                value = self.options[name]
                raise TypeError(
                    f"{name} must be None where {first} is a {kind.__name__}, got "
                    f"{type(value).__name__ if name == 'out' else repr(value)}"
                )


def is_foreign(u):
    """Whether an array belongs to one of the libraries."""
    return library_of(type(u)) is not None


def are_labels(shape, is_integer, logits, axis):
    """Whether targets of that shape are labels, beside logits of a shape, and not numbers."""
    kept = tuple(1 if a == axis else k for a, k in enumerate(logits))
    rows = tuple(k for a, k in enumerate(logits) if a != axis)
    return shape == rows or (shape == kept and (is_integer or shape != logits))


def refuse_complex(dtype, name):
    """Refuse what the rules of derivatives are not for, by the name of its dtype."""
    if dtype.startswith("complex"):
        raise TypeError(
            f"{name} has dtype {dtype}: complex numbers are taken as NumPy arrays alone"
        )
