"""Random calls of every function against exact values: python tests/fuzz/fuzz.py --seconds 60.

A case has a number; the same seed and number make the same case, whatever ran before. Cases come
in rounds of one function and one working dtype, so that compiling does not eat the time. A case
that fails is made smaller and printed as Python code.
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "helpers")]

from cases import Maker  # noqa: E402
from checks import Fault, check  # noqa: E402
from jitted import NOT_JITTED, Plan  # noqa: E402
from shrink import code, shrink  # noqa: E402

import numba_logspace  # noqa: E402
from numba_logspace._family import FAMILY  # noqa: E402

# Chains have searches of their own, in tests/formulas; the others have arguments that random calls
# do not know, and tests of their own.
_OTHERS = "chain", "product ", "weighted "
NAMES = tuple(name for name, f in FAMILY.items() if not f.kind.startswith(_OTHERS))
ROUND = 24
# One round of so many is in jitted code, of fewer cases.
JITTED, ROUND_OF_JITTED = 16, 6
# How many faults of one kind, of one function, are made smaller and printed.
SHOWN = 2


def case_of(seed, number, names=NAMES, library=numba_logspace):
    """The case of a number, and what it is called on."""
    at, index = divmod(number, ROUND)
    turn, place = divmod(at, len(names))
    # Every function once before any comes again.
    name = str(np.random.default_rng([seed, turn]).permutation(names)[place])
    of_round = np.random.default_rng([seed, at, 0])
    working = ("f4", "f8")[of_round.integers(2)]
    rng = np.random.default_rng([seed, at, 1 + index])
    if of_round.integers(JITTED) == 0 and not FAMILY[name].kind.startswith(NOT_JITTED):
        if index >= ROUND_OF_JITTED:
            return None, None
        plan = Plan(name, working, of_round)
        return plan.case(rng), _jitted(seed, at, plan)
    return Maker(name, working).case(rng), library


_LIBRARIES = {}


def _jitted(seed, at, plan):
    # Of the last round alone: compiled code takes memory.
    if (seed, at) not in _LIBRARIES:
        _LIBRARIES.clear()
        _LIBRARIES[seed, at] = plan.library()
    return _LIBRARIES[seed, at]


class Run:
    """A run of the fuzzer: what it has called, and the faults it has found."""

    def __init__(self, seed, names=NAMES, library=numba_logspace, shown=SHOWN, tell=print):
        self.seed, self.names, self.library = seed, names, library
        self.shown, self.tell = shown, tell
        self.cases, self.faults = 0, Counter()

    def one(self, number):
        """Call one case; the Fault, or None."""
        case, library = case_of(self.seed, number, self.names, self.library)
        if case is None:
            return None
        self.cases += 1
        try:
            fault = check(case, library)
        except Exception:  # noqa: BLE001 - one case less is no reason to stop
            fault = Fault("the fuzzer broke", traceback.format_exc(limit=-4))
        if fault is not None:
            key = case.name, fault.kind
            self.faults[key] += 1
            if self.faults[key] <= self.shown:
                self._report(number, case, library, fault)
        return fault

    def _report(self, number, case, library, fault):
        def fails(smaller):
            found = check(smaller, library)
            return found is not None and found.kind == fault.kind

        small = shrink(case, fails) if fault.kind != "the fuzzer broke" else case
        self.tell(f"\n--- case {number} of seed {self.seed}, {case.name}: {fault}")
        if small is not case:
            fault = check(small, library)
        self.tell(f"{code(small)}\n# {fault}")

    def keep_on(self, seconds, start=0, most=None):
        """Call cases for so many seconds."""
        end = time.monotonic() + seconds
        number = start
        while time.monotonic() < end and (most is None or number < start + most):
            self.one(number)
            number += 1
        return number

    def summary(self):
        """How many cases, and the faults by function and kind."""
        lines = [f"{self.cases} cases, {sum(self.faults.values())} faults, seed {self.seed}"]
        lines += [f"{count:6d}  {name}: {kind}" for (name, kind), count in self.faults.items()]
        return "\n".join(lines)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--case", type=int, help="the number of one case to run alone")
    parser.add_argument("--start", type=int, default=0, help="the number of the first case")
    parser.add_argument("--functions", nargs="*", default=list(NAMES))
    parser.add_argument("--shown", type=int, default=SHOWN, help="how often to print one kind")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time())
    run = Run(seed, tuple(arguments.functions), shown=arguments.shown)
    if arguments.case is not None:
        run.one(arguments.case)
    else:
        run.tell(f"seed {seed}")
        end = run.keep_on(arguments.seconds, arguments.start)
        run.tell(f"\nup to case {end}: {run.summary()}")
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main())
