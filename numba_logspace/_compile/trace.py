"""Formulas: traced into the function that calls them, instead of compiled one by one.

Numba types and lowers each function that a kernel calls, and LLVM optimises each as a library of
its own. That is a tenth of a second for three lines of arithmetic, and a kernel has a hundred of
them. A formula runs once in Python with stand-ins for its arguments, whose operators and functions
emit LLVM's instructions where the caller is being built. Tuples and None are Python's own
meanwhile: what depends on them is decided while it is traced. What depends on numbers is a
`branch` or a `loop`.
"""

import functools
import inspect

from llvmlite import ir
from numba import types
from numba.core import typing
from numba.core.extending import _Intrinsic
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import make_intrinsic_template

from .known import known

# operator: (the instruction for floats and vectors of them, for integers)
_ARITHMETIC = {
    "add": ("fadd", "add"),
    "sub": ("fsub", "sub"),
    "mul": ("fmul", "mul"),
    "truediv": ("fdiv", None),
    "floordiv": (None, "udiv"),  # of what is not negative: lengths and indices
    "and": (None, "and_"),
}
_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}


class Traced:
    """A value of a formula that is being traced; without LLVM's value while only types count."""

    __slots__ = ("kind", "tracer", "value")

    def __init__(self, tracer, kind, value):
        self.tracer, self.kind, self.value = tracer, kind, value

    def __neg__(self):
        return self.tracer.emit(self.kind, lambda builder: _negative(builder, self.value))

    def __bool__(self):
        raise TypeError("a formula cannot ask what a number is: use select, branch or loop")

    __hash__ = None  # type: ignore[assignment]  # compared, it gives another traced value


def _negative(builder, value):
    # A number as Numba does it: the language of CUDA's compiler has no fneg.
    if isinstance(value.type, ir.VectorType):
        return builder.fneg(value)
    return builder.fsub(ir.Constant(value.type, -0.0), value)


def _define_operators():
    def arithmetic(name):
        return lambda a, b: a.tracer.arithmetic(name, a, b)

    def reflected(name):
        return lambda a, b: a.tracer.arithmetic(name, a.tracer.like(a, b), a)

    def comparison(symbol):
        return lambda a, b: a.tracer.compare(symbol, a, b)

    for name in _ARITHMETIC:
        setattr(Traced, f"__{name}__", arithmetic(name))
        setattr(Traced, f"__r{name}__", reflected(name))
    for name, symbol in _COMPARISONS.items():
        setattr(Traced, f"__{name}__", comparison(symbol))


_define_operators()


class _Tracer:
    """Where the instructions of a formula go: nowhere while only the types are wanted."""

    def __init__(self, typing_context, context=None, builder=None):
        self.typing_context, self.context, self.builder = typing_context, context, builder

    def emit(self, kind, instruction):
        value = instruction(self.builder) if self.builder else None
        return Traced(self, kind, value)

    def like(self, a, number):
        """A Python number in the type of `a`."""
        if isinstance(number, Traced):
            return number
        return self.emit(a.kind, lambda _: self.context.get_constant(a.kind, number))

    def _as_index(self, a):
        # Integers of all widths count as indices do, as everywhere in Numba.
        if not isinstance(a.kind, types.Integer) or a.kind == types.intp:
            return a
        return self.emit(
            types.intp,
            lambda builder: self.context.cast(builder, a.value, a.kind, types.intp),
        )

    def _operands(self, a, b):
        a, b = self._as_index(a), self._as_index(self.like(a, b))
        if a.kind != b.kind:
            raise TypeError(f"{a.kind} and {b.kind} do not mix in a formula")
        return a, b

    def arithmetic(self, name, a, b):
        a, b = self._operands(a, b)
        instruction = _ARITHMETIC[name][isinstance(a.kind, types.Integer)]
        return self.emit(a.kind, lambda builder: getattr(builder, instruction)(a.value, b.value))

    def compare(self, symbol, a, b):
        a, b = self._operands(a, b)
        truth = getattr(a.kind, "mask", types.boolean)
        name = "icmp_signed" if isinstance(a.kind, types.Integer) else "fcmp_ordered"
        return self.emit(truth, lambda builder: getattr(builder, name)(symbol, a.value, b.value))

    def argument(self, kind, value):
        """A formula's argument as it sees it: tuples and None are Python's."""
        if kind == types.none:
            return None
        if isinstance(kind, types.BaseTuple):
            extract = self.builder.extract_value if self.builder else lambda value, i: None
            return tuple(self.argument(k, extract(value, i)) for i, k in enumerate(kind))
        return Traced(self, kind, value)

    def result(self, tree):
        """(type, LLVM's value) of what a formula returns, or a primitive takes."""
        if isinstance(tree, Traced):
            return tree.kind, tree.value
        if isinstance(tree, tuple):
            items = [self.result(item) for item in tree]
            kind = types.BaseTuple.from_types([k for k, _ in items])
            if self.builder is None:
                return kind, None
            return kind, self.context.make_tuple(self.builder, kind, [v for _, v in items])
        return self._of_python(tree)

    def _of_python(self, item):
        kind = self.typing_context.resolve_value_type(item)
        kind = types.unliteral(kind) if isinstance(item, (int, float)) else kind
        if self.builder is None:
            return kind, None
        if isinstance(kind, types.Number):
            return kind, self.context.get_constant(kind, item)
        return kind, self.context.get_dummy_value()  # None, and names

    def call(self, definition, args, prefer_literal):
        """What a primitive makes of its arguments."""
        pairs = [self.result(arg) for arg in args]
        kinds = [kind for kind, _ in pairs]
        if prefer_literal:
            kinds = [
                types.literal(arg) if isinstance(arg, (int, str)) else kind
                for kind, arg in zip(kinds, args)
            ]
        found = definition(self.typing_context, *kinds)
        if found is None:
            raise TypeError(f"{definition.__name__} does not take {kinds}")
        sig, generate = found
        if self.builder is None:
            return self.argument(sig.return_type, None)
        values = [
            self.context.cast(self.builder, value, kind, wanted)
            if isinstance(kind, types.Number)
            else value
            for (kind, value), wanted in zip(pairs, sig.args)
        ]
        return self.argument(sig.return_type, generate(self.context, self.builder, sig, values))


def _tracer_of(args):
    for arg in args:
        if isinstance(arg, Traced):
            return arg.tracer
        if isinstance(arg, tuple) and (tracer := _tracer_of(arg)):
            return tracer
    return None


class _Primitive(_Intrinsic):  # type: ignore[misc]  # final only in what mypy is told
    """An intrinsic of Numba that traced formulas may call too."""

    @functools.cached_property
    def _numba_type_(self):
        # Made when Numba first asks: at import all of them would take too long.
        template = make_intrinsic_template(
            self, self._defn, self._name, prefer_literal=self._prefer_literal
        )
        return types.Function(template)

    def __call__(self, *args):
        tracer = _tracer_of(args)
        if tracer is None:
            raise TypeError(f"{self._name} is only for formulas and compiled code")
        return tracer.call(self._defn, args, self._prefer_literal)


def primitive(definition=None, *, prefer_literal=False):
    """What formulas are made of: an intrinsic, defined as for `numba.extending.intrinsic`."""
    if definition is None:
        return lambda definition: primitive(definition, prefer_literal=prefer_literal)
    return _Primitive(definition.__name__, definition, prefer_literal=prefer_literal)


def _leaves(tracer, tree):
    # The tree with all numbers of Python as traced ones.
    if isinstance(tree, tuple):
        return tuple(_leaves(tracer, item) for item in tree)
    return (
        tree if tree is None or isinstance(tree, Traced) else Traced(tracer, *tracer.result(tree))
    )


def _join(a, b, ends):
    # What is `a` where one block has ended, and `b` where the other has.
    if isinstance(a, tuple):
        return tuple(_join(*pair, ends) for pair in zip(a, b, strict=True))
    if a is b is None:
        return None
    if a.kind != b.kind:
        raise TypeError(f"both ways must give the same types, got {a.kind} and {b.kind}")
    value = a.tracer.builder.phi(a.value.type)
    for item, end in zip((a, b), ends):
        value.add_incoming(item.value, end)
    return Traced(a.tracer, a.kind, value)


def branch(holds, yes, no):
    """yes() where `holds`, a bit, and otherwise no(), or `no` itself; of the same form.

    Where `holds` is a bool of Python, that is decided already.
    """
    if isinstance(holds, bool):
        return yes() if holds else no() if callable(no) else no
    tracer, builder = holds.tracer, holds.tracer.builder
    compute = no if callable(no) else lambda: no
    if builder is None:
        return _leaves(tracer, yes())
    results, ends = [], []
    with builder.if_else(holds.value) as arms:
        for arm, result in zip(arms, (yes, compute)):
            with arm:
                results.append(_leaves(tracer, result()))
                ends.append(builder.block)
    return _join(*results, ends)


def loop(count, body, state, start=0, step=1):
    """The state after state = body(i, state) for i in range(start, count, step)."""
    if isinstance(count, int) and isinstance(start, int):
        for i in range(start, count, step):
            state = body(i, state)
        return state
    tracer = _tracer_of((count, start))
    state, start = _leaves(tracer, (state, start))
    builder = tracer.builder
    if builder is None:
        return _leaves(tracer, body(start, state))
    before = builder.block
    head, inside, after = (builder.append_basic_block(name) for name in ("head", "loop", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    i, current = _join((start, state), (start, state), (before, head))
    builder.cbranch((i < count).value, inside, after)
    builder.position_at_end(inside)
    following = _leaves(tracer, (i + step, body(i, current)))
    builder.branch(head)
    _come_back((i, current), following, builder.block)
    builder.position_at_end(after)
    return current


def _come_back(state, following, end):
    # The second way into the head of a loop is from where its body has ended.
    if isinstance(state, tuple):
        for pair in zip(state, following, strict=True):
            _come_back(*pair, end)
    elif state is not None:
        if state.kind != following.kind:
            raise TypeError(f"the state of a loop was {state.kind}, and is {following.kind}")
        state.value.incomings[1] = (following.value, end)


def _trace(function, typing_context, kinds, context=None, builder=None, values=None):
    tracer = _Tracer(typing_context, context, builder)
    values = values or [None] * len(kinds)
    return tracer.result(function(*map(tracer.argument, kinds, values)))


def formula(function):
    """A formula: numbers and vectors go in and come out, and nothing depends on which they are.

    It stays the Python function that it is, which other formulas call while they are traced.
    """

    def definition(typing_context, *kinds):
        result, _ = _trace(function, typing_context, kinds)

        def generate(context, builder, sig, args):
            _, value = _trace(function, typing_context, kinds, context, builder, args)
            return impl_ret_borrowed(context, builder, result, value)

        return typing.signature(result, *kinds), generate

    def template():
        # Numba matches arguments by the signature, of which the typing context is the first.
        own = inspect.signature(function)
        first = inspect.Parameter("typing_context", inspect.Parameter.POSITIONAL_ONLY)
        definition.__signature__ = own.replace(parameters=[first, *own.parameters.values()])
        return make_intrinsic_template(function, definition, function.__name__)

    known(function, template)
    return function
