"""Prints the largest error of every function over the corpus, as a Markdown table."""

import warnings

import numpy as np
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

import numba_logspace

# The exact Jacobian takes the square of the length of a row, the second derivative the third power.
LONGEST = dict.fromkeys(JACOBIANS, 40) | dict.fromkeys(HVPS, 20)


def peers():
    """Name -> function name -> function, of those that are installed."""
    found = {}
    try:
        from scipy import special

        found["SciPy"] = {f: getattr(special, f) for f in ("softmax", "log_softmax", "logsumexp")}
    except ImportError:
        pass
    try:
        import torch

        def through_torch(name):
            return lambda x: getattr(torch, name)(torch.from_numpy(x), -1).numpy()

        names = ("softmax", "log_softmax", "logsumexp")
        found["PyTorch"] = {f: through_torch(f) for f in names}
    except ImportError:
        pass
    return found


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


def where_found(regime, arguments):
    """The place of an error, for readers."""
    if regime == "points":
        return ", ".join(f"{float(a):.6g}" for a in arguments)
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


def formatted(error):
    """An error for the table."""
    return f"{error:.2f}" if error < 1000 else f"{error:.0e}".replace("e+", "e")


def main():
    """Print the table, a line for each function and dtype."""
    others = peers()
    head = ["function", "dtype", "largest error, ulp", "allowed", "found at", *others]
    print("| " + " | ".join(head) + " |")
    print("|" + " --- |" * len(head))
    for name in MAPS | REDUCTIONS | DERIVATIVES | JACOBIANS | ELEMENTWISE:
        for label, dtype in DTYPES.items():
            error, where = worst(name, getattr(numba_logspace, name), dtype)
            cells = [f"`{name}`", label, formatted(error), str(BUDGETS[name]), where]
            for functions in others.values():
                peer = functions.get(name)
                cells.append(formatted(worst(name, peer, dtype)[0]) if peer else "")
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        main()
