"""Known hard vectors: log(1 - softmax) as usually computed, as published, ours and exact."""

from pathlib import Path

import mpmath
import numpy as np
from tqdm import tqdm

import numba_logspace as nl

from . import _published
from ._exact import Row, ulp_error
from ._tables import aligned, write_csv

FORMS = {
    "log(1 - softmax)": _published.naive,
    "log1mexp(log_softmax)": _published.log1mexp_of_log_softmax,
    "published linear form": _published.linear,
    "numba_logspace": nl.log1m_softmax,
}

# Most of them stand in the PyTorch forum thread on a stable log(1 - softmax).
VECTORS = (
    (-1000, -1000, 0),
    (-1000, -1000, 1000),
    (-1000, 1000, 1000),
    (-1000, -1000, 2),
    (1000, -1000, -1000.5),
    (1e-15, 2e-15, 3e-15),
    (0.1915, 0.3306, 0.2306, 0.8936, -0.2044),
    (0.7893, -0.9312, -1.9368, -0.2072, -1.0539, 1.0529, 1.3023, -0.4860),
    (-0.040429, -1000, -0.81404, 1.3722, 0.50596, -0.48234, -0.78525, 0.66808),
    (-0.44394, 1000, 0.59861, 0.64581, 0.63061, -1.4668, -0.67976, -0.69703),
)


def report(output: Path, quick: bool) -> list[Path]:
    """Print every form's result next to the exact one, and write the same as CSV."""
    rows, printed = [], []
    worst = dict.fromkeys(FORMS, 0.0)
    for number, vector in enumerate(tqdm(VECTORS, desc="vectors, kernels compile")):
        x = np.array(vector, np.float32)
        exact = Row(x)
        with np.errstate(all="ignore"):
            results = {name: form(x) for name, form in FORMS.items()}
        for name, result in results.items():
            worst[name] = max(worst[name], ulp_error(result, exact.values()).max())
        if number:
            printed.append([""] * (len(FORMS) + 2))
        for xi, truth, *computed in zip(x, exact.numbers, *results.values()):
            rows.append([number, xi, *computed, mpmath.nstr(truth, 17)])
            texts = [f"{value:.8g}" for value in computed]
            printed.append([f"{xi:.6g}", *texts, mpmath.nstr(truth, 9)])
    printed.append([""] * (len(FORMS) + 2))
    printed.append(["max ulp error", *(f"{error:.3g}" for error in worst.values()), ""])

    header = ["x", *FORMS, "exact"]
    print("1. log(1 - softmax(x)) of known hard vectors, float32\n")
    print(aligned(header, printed))
    smallest = float(np.finfo(np.float32).smallest_subnormal)
    print(f"(an exact value closer to 0 than {smallest / 2:.1e} rounds to -0 in float32)")
    return [write_csv(output / "vectors.csv", ["vector", *header], rows)]
