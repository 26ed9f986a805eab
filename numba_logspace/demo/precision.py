"""The precision study: the error of values and Jacobian as one element of a row grows."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

import numba_logspace as nl

from . import _published
from ._exact import BITS, Row, absolute_error, ulp_error
from ._tables import aligned, write_csv

LENGTH = 100
SEED = 2022
DTYPES = ("float32", "float64")
QUANTITIES = ("value", "Jacobian")
MEASURES = ("absolute error", "error in ulp")
# The largest absolute errors of the published form in float32 that its forum thread reports.
REPORTED = {"value": 6.56e-6, "Jacobian": 6.79e-6}

_COLOURS = {"naive": "#D55E00", "published": "#0072B2", "numba_logspace": "#009E73"}
# Wide lines beneath stay visible where narrower ones coincide with them.
_WIDTHS = {"naive": 4.5, "published": 3.0, "numba_logspace": 1.4}
_MARKERS = {"float32": "v", "float64": "^"}
# Above this line of each measure's picture stand errors that are no number, at these multiples.
_LIMITS = (1e1, 1e22)
_HEIGHTS = {"float32": 20.0, "float64": 400.0}

# Of every (form, dtype, quantity): its maximum absolute and ulp error at every C.
Errors = dict[tuple[str, str, str], np.ndarray]


def report(output: Path, quick: bool) -> list[Path]:
    """Print the largest errors; write those at every C as a table and as pictures."""
    large = range(0, 101, 10) if quick else range(101)
    errors = study(large)
    print(f"\n2. {LENGTH} standard normals, one of them set to C = 0, {large[1]} .. {large[-1]}")
    print(f"   (new normals for every C): largest errors against mpmath at {BITS} bits;")
    print("   published: the linear form of the PyTorch forum thread on log(1 - softmax)\n")
    print(aligned(*_summary(errors, large), left=3))
    print()
    for quantity, reported in REPORTED.items():
        here = errors["published", "float32", quantity][:, 0].max()
        ours = errors["numba_logspace", "float32", quantity][:, 0].max()
        print(
            f"float32 {quantity}, largest absolute error: the published form {here:.3g} "
            f"(its thread reports {reported:.3g}), numba_logspace {ours:.3g}"
        )
    rows = [
        (*key, c, *pair) for key, table in errors.items() for c, pair in zip(large, table.tolist())
    ]
    header = ["form", "dtype", "quantity", "C", "max absolute error", "max ulp error"]
    return [
        write_csv(output / "precision.csv", header, rows),
        _picture(output / "precision.png", errors, large, measure=0),
        _picture(output / "precision_ulp.png", errors, large, measure=1),
    ]


def study(large: Sequence[int]) -> Errors:
    """The errors of every form with one element set to each of `large`."""
    forms = {
        "naive": (_published.naive, _published.naive_jacobian),
        "published": (_published.linear, _published.linear_jacobian),
        "numba_logspace": (nl.log1m_softmax, nl.log1m_softmax_jacobian),
    }
    errors = {key: np.empty((len(large), 2)) for key in product(forms, DTYPES, QUANTITIES)}
    normals = np.random.default_rng(SEED).standard_normal((len(large), LENGTH))
    points = list(product(DTYPES, enumerate(large)))
    for dtype, (at, c) in tqdm(points, desc="precision study"):
        x = normals[at].astype(dtype)
        x[0] = c
        row = Row(x)
        exact = {"value": row.values(), "Jacobian": row.jacobian()}
        for name, functions in forms.items():
            for quantity, function in zip(QUANTITIES, functions):
                with np.errstate(all="ignore"):
                    computed = function(x)
                measures = (absolute_error, ulp_error)
                errors[name, dtype, quantity][at] = [
                    measure(computed, exact[quantity]).max() for measure in measures
                ]
    return errors


def _summary(errors: Errors, large: Sequence[int]) -> tuple[list[str], list[list[str]]]:
    header = ["quantity", "dtype", "form", "max absolute", "max ulp", "inf or NaN"]
    rows = []
    for quantity, dtype, form in product(QUANTITIES, DTYPES, _COLOURS):
        absolute, ulp = errors[form, dtype, quantity].T
        lost = [c for c, error in zip(large, absolute) if np.isinf(error)]
        since = f"from C = {lost[0]}" if lost else "never"
        rows.append([quantity, dtype, form, f"{absolute.max():.3g}", f"{ulp.max():.3g}", since])
    return header, rows


def _picture(path: Path, errors: Errors, large: Sequence[int], measure: int) -> Path:
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    limit = _LIMITS[measure]
    for panel, quantity in zip(panels, QUANTITIES):
        panel.set(title=f"{quantity} of log(1 - softmax)", xlabel="C, the value of one element")
        panel.set_yscale("log")
        panel.grid(alpha=0.3)
        panel.axhline(limit, color="0.4", linewidth=0.8)
        panel.text(0, limit * _HEIGHTS["float32"], "inf or NaN", va="center", color="0.3")
        for form, dtype in product(_COLOURS, DTYPES):
            error = errors[form, dtype, quantity][:, measure]
            _curve(panel, large, error, form, dtype, limit)
    panels[0].set_ylabel(f"largest {MEASURES[measure]}")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(f"{LENGTH} standard normals, one of them set to C")
    figure.savefig(path, dpi=150)
    return path


def _curve(
    panel: Axes, large: Sequence[int], error: np.ndarray, form: str, dtype: str, limit: float
) -> None:
    # A logarithmic axis has no place for an error of exactly 0.
    drawn = np.where(np.isfinite(error) & (error > 0), error, np.nan)
    panel.plot(
        large,
        drawn,
        label=f"{form}, {dtype}",
        color=_COLOURS[form],
        linestyle="-" if dtype == "float64" else "--",
        linewidth=_WIDTHS[form],
    )
    lost = np.array(large)[np.isinf(error)]
    height = np.full(lost.size, limit * _HEIGHTS[dtype])
    panel.plot(lost, height, _MARKERS[dtype], color=_COLOURS[form], markersize=4)
