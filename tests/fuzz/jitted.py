"""Calls inside jitted code: those of a plan have the same types, and other numbers and lengths."""

import dataclasses

import cases
import numba
import numpy as np
import random_rows
from arrays import Argument
from cases import LOSSES, Case

import numba_logspace
from numba_logspace._family import FAMILY, KINDS

LAYOUTS = ("C", "C", "F", "strided")
# Of which a plan does not know the arguments.
NOT_JITTED = ("hvp of", "entry loss", "segment")


class Plan:
    """Random calls of one function in jitted code, all of the same types."""

    def __init__(self, name, working, rng):
        self.name, self.working, self.kind = name, working, FAMILY[name].kind
        self.ndim = int(rng.choice([1, 2, 2, 3]))
        last = self.kind == "jacobian"
        self.axis = -1 if last else int(rng.integers(-self.ndim, self.ndim))
        self.layout = str(rng.choice(LAYOUTS))
        self.reduction = str(rng.choice(["none", "sum", "mean"]))
        self.labels, self.weights, self.g = (bool(rng.integers(2)) for _ in range(3))
        self.where, self.b, self.sign = (bool(rng.random() < 0.3) for _ in range(3))

    def case(self, rng):
        """A random call."""
        options = {} if self.kind in ("elementwise", "product") else {"axis": self.axis}
        if self.kind in LOSSES:
            options["reduction"] = self.reduction
        if self.name == "logsumexp" and self.sign:
            options["return_sign"] = True
        return Case(self.name, self._arguments(rng), options, jitted=True)

    def _arguments(self, rng):
        if self.kind == "elementwise":
            made = cases.Maker(self.name, self.working).case(rng)
            return {n: self._plain(a) for n, a in made.arguments.items() if n != "where"}
        # With an axis of one entry an array is contiguous in more than one order.
        lengths = (2, 3, 5, 8, 17, 33, 100) if self.kind != "jacobian" else (2, 3, 8, 20)
        shape = tuple(int(rng.choice(lengths)) for _ in range(self.ndim))
        if self.kind == "product":
            m, k, n = (int(rng.choice([2, 5, 17])) for _ in range(3))
            pairs = {"a": ((m, k), ("i", "k")), "b": ((k, n), ("k", "j"))}
            return {
                name: Argument(random_rows.numbers(rng, s, (1,), self.working), axes)
                for name, (s, axes) in pairs.items()
            }
        if self.kind.startswith("gated"):
            return self._of_sets(rng, shape)
        return self._of_rows(rng, shape)

    def _of_sets(self, rng, shape):
        axes, along = tuple(map(str, range(self.ndim))), self.axis % self.ndim
        kept = tuple(k for a, k in enumerate(shape) if a != along)
        of_rows = tuple(a for a in axes if a != str(along))
        gate = np.asarray(rng.normal(size=kept).astype(self.working))
        arguments = {"gate": Argument(gate, of_rows, "number" if self.ndim == 1 else "C")}
        for name in "ab":
            values = random_rows.numbers(rng, shape, (along,), self.working)
            arguments[name] = Argument(values, axes, self.layout)
        if self.kind == "gated vjp" and self.g:
            both = tuple(2 * k if a == along else k for a, k in enumerate(shape))
            g = random_rows.weights(rng, both, self.working)
            arguments["g"] = Argument(g, axes, self.layout)
        return arguments

    def _of_rows(self, rng, shape):
        axes = tuple(map(str, range(self.ndim)))
        along = self.axis % self.ndim
        x = Argument(random_rows.numbers(rng, shape, (along,), self.working), axes, self.layout)
        arguments = {"logits" if self.kind in LOSSES else "x": x}
        kept = tuple(k for a, k in enumerate(shape) if a != along)
        rows = kept, tuple(a for a in axes if a != str(along))
        plain = "number" if self.ndim == 1 else "C"
        if self.kind in LOSSES:
            if self.kind.startswith("loss") and self.labels:
                labels = rng.integers(0, shape[along], rows[0])
                arguments["targets"] = Argument(np.asarray(labels), rows[1], plain)
            else:
                name = "weights" if self.kind.startswith("class") else "targets"
                arguments[name] = Argument(rng.random(shape).astype(self.working), axes)
            if self.kind.startswith("loss") and self.weights:
                weights = np.asarray(rng.random(rows[0]).astype(self.working))
                arguments["weights"] = Argument(weights, rows[1], plain)
            return arguments
        if self.where and self.kind != "jacobian":
            mask = rng.random(shape) < rng.choice([0.1, 0.5, 0.9])
            arguments["where"] = Argument(mask, axes, self.layout)
        if self.name == "logsumexp" and self.b:
            b = rng.normal(size=shape).astype(self.working)
            arguments["b"] = Argument(b, axes, self.layout)
        if self.kind == "vjp of a reduction" and self.g:
            g = np.asarray(rng.normal(size=rows[0]).astype(self.working))
            arguments["g"] = Argument(g, rows[1], plain)
        for name in KINDS[self.kind][0]:
            if name == "t" or self.g:
                weights = random_rows.weights(rng, shape, self.working)
                arguments[name] = Argument(weights, axes, self.layout)
        return arguments

    def _plain(self, argument):
        values = np.broadcast_to(argument.values, argument.values.shape).astype(self.working)
        return dataclasses.replace(argument, values=values, layout="C")

    def library(self):
        """What has the function, compiled in a jitted one for each way of calling it."""
        return Library(self.name)


class Library:
    """Stands for the package: the function of this name is called in jitted code."""

    def __init__(self, name):
        self._name, self._compiled = name, {}

    def __getattr__(self, name):
        return lambda *first, **keywords: self._call(first, keywords)

    def _call(self, first, keywords):
        arrays = {k: v for k, v in keywords.items() if isinstance(v, (np.ndarray, np.generic))}
        arrays |= {
            k: v
            for k, v in keywords.items()
            if k in ("g", "t", "targets", "weights") and v is not None
        }
        options = {k: v for k, v in keywords.items() if k not in arrays}
        key = len(first), tuple(arrays), tuple(options.items())
        if key not in self._compiled:
            self._compiled[key] = self._compile(len(first), arrays, options)
        return self._compiled[key](*first, *arrays.values())

    def _compile(self, count, arrays, options):
        names = [f"x{i}" for i in range(count)]
        parts = [*names, *(f"{k}={k}" for k in arrays), *(f"{k}={v!r}" for k, v in options.items())]
        text = f"def call({', '.join([*names, *arrays])}):\n"
        text += f"    return nl.{self._name}({', '.join(parts)})\n"
        space = {"nl": numba_logspace}
        exec(text, space)
        return numba.njit(space["call"])
