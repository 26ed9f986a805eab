"""Prints the largest error of every function, as a Markdown table.

Over the corpus, and for elementwise functions also over a search of random points, which takes half
an hour: 10^8 in float32 and 10^7 in float64, or as many as an argument says. Other libraries, where
they are installed, are searched with the first 10^6 of them.
"""

import pathlib
import sys
import warnings

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent / "helpers"))

from budgets import BUDGETS
from corpus import DTYPES, points, regimes
from oracle import (
    DERIVATIVES,
    ELEMENTWISE,
    HVPS,
    JACOBIANS,
    MAPS,
    REDUCTION_VJPS,
    REDUCTIONS,
    expected,
)
from peers import peers
from search import SEARCHED, is_wide_enough, search

import numba_logspace

# The exact Jacobian takes the square of the length of a row, the second derivative the third power.
OF_PEERS = 10**6
LONGEST = dict.fromkeys(JACOBIANS, 40) | dict.fromkeys(HVPS, 20)


def cases(name, dtype):
    """(regime, arguments) of every evaluation of a function."""
    if name in ELEMENTWISE:
        yield from (("points", point) for point in zip(*points(name, dtype), strict=True))
        return
    rng = np.random.default_rng(9)
    for regime, rows in regimes(dtype).items():
        for row in rows:
            if row.size <= LONGEST.get(name, row.size):
                count = 1 if name in REDUCTION_VJPS else row.size
                arrays = 2 if name in HVPS else name in DERIVATIVES
                weights = [rng.normal(size=count).astype(dtype) for _ in range(arrays)]
                yield regime, (row, *weights)


def coordinates(point):
    """A point, for readers."""
    return ", ".join(f"{float(a):.6g}" for a in point)


def where_found(regime, arguments):
    """The place of an error, for readers."""
    if regime == "points":
        return coordinates(arguments)
    return f"{regime}, {arguments[0].size} entries"


def worst(name, function, dtype):
    """(largest error, where) of a function over all of its cases."""
    found = (0.0, "")
    for regime, arguments in cases(name, dtype):
        # The cotangent of the only row is a number.
        call = (arguments[0], arguments[1][0]) if name in REDUCTION_VJPS else arguments
        results = np.asarray(function(*call)).reshape(-1)
        error = expected(name, *arguments).worst(results)[0]
        if error > found[0]:
            found = (error, where_found(regime, arguments))
    return found


def worst_of_all(name, function, dtype, count):
    """As `worst`, for elementwise functions also over a search of so many random points."""
    found = worst(name, function, dtype)
    if name in ELEMENTWISE and (dtype is np.float32 or is_wide_enough()):
        error, point = search(name, function, dtype, count)
        found = max(found, (error, coordinates(point)))
    return found


def formatted(error):
    """An error for the table."""
    return f"{error:.2f}" if error < 1000 else f"{error:.0e}".replace("e+", "e")


def main(count=None):
    """Print the table, a line for each function and dtype."""
    others = peers()
    head = ["function", "dtype", "largest error, ulp", "allowed", "found at", *others]
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for name in MAPS | REDUCTIONS | DERIVATIVES | JACOBIANS | ELEMENTWISE:
        function = getattr(numba_logspace, name)
        for label, dtype in DTYPES.items():
            error, where = worst_of_all(name, function, dtype, count or SEARCHED[label])
            cells = [f"`{name}`", label, formatted(error), str(BUDGETS[name]), where]
            for functions in others.values():
                peer = functions.get(name)
                points = min(count or OF_PEERS, OF_PEERS)
                error = worst_of_all(name, peer, dtype, points)[0] if peer else None
                cells.append("" if error is None else formatted(error))
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        main(*map(int, sys.argv[1:]))
