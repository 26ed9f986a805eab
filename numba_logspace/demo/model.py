"""A model of real data whose loss also scores the classes that are not the label."""

from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import OptimizeResult, minimize
from sklearn.datasets import load_digits, load_wine
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from ._exact import mean_loss
from ._losses import METHODS
from ._tables import aligned, write_csv

SEED = 0
HELD_OUT = 0.3
ITERATIONS = 300
STARTS = ("zeros", "random")

_COLOURS = dict(zip(METHODS, ("#D55E00", "#0072B2", "#009E73")))
# Wide lines and big crosses beneath stay visible where smaller ones coincide with them.
_WIDTHS = dict(zip(METHODS, (5.0, 3.0, 1.4)))


@dataclass
class Data:
    """Rows to fit and rows held out; the penalty multiplies the sum of squared coefficients."""

    name: str
    features: np.ndarray
    labels: np.ndarray
    penalty: float
    fitted: np.ndarray = field(init=False)
    held_out: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Choose the rows that are held out."""
        order = np.random.default_rng(SEED).permutation(self.labels.size)
        self.held_out, self.fitted = np.split(order, [round(HELD_OUT * order.size)])

    def start(self, kind: str) -> np.ndarray:
        """The weights to start from: zeros, or normals where `kind` is "random"."""
        shape = self.features.shape[1], self.labels.max() + 1
        return np.random.default_rng(SEED).standard_normal(shape) * (kind == "random")


@dataclass
class Fit:
    """What the optimiser reports, and what is true of the coefficients it returned."""

    status: str
    iterations: int
    reported_loss: float
    exact_loss: float
    accuracy: float
    trace: list[float]


# The fit of every data set, start and method, by their names.
Fits = dict[tuple[str, str, str], Fit]


def report(output: Path, quick: bool) -> list[Path]:
    """Fit every data set from every start with every method; write a table and a picture."""
    sets = _load(quick)
    cases = list(product(sets, STARTS, METHODS))
    fits = {
        (data.name, start, method): fit(data, start, method)
        for data, start, method in tqdm(cases, desc="models of real data")
    }
    print("\n3. P = softmax(X B), loss = -mean of sum_k [M_k log P_k + (1 - M_k) log(1 - P_k)]")
    print(f"   L-BFGS-B, at most {ITERATIONS} iterations; exact loss: that of the B it returned")
    for data in sets:
        penalty = f"{data.penalty:g} * sum of B^2" if data.penalty else "none"
        size = f"{data.fitted.size} rows fitted, {data.held_out.size} held out"
        print(f"   {data.name}: {size}, penalty {penalty}")
    header = [
        *("data", "start", "method", "status", "iterations"),
        *("reported loss", "exact loss", "held-out accuracy"),
    ]
    rows = [(*key, *list(vars(one).values())[:-1]) for key, one in fits.items()]
    printed = [
        [*row[:4], f"{row[4]}", f"{row[5]:.6g}", f"{row[6]:.6g}", f"{row[7]:.3f}"] for row in rows
    ]
    print(f"\n{aligned(header, printed, left=4)}\n")
    print("Exact losses, beside that of numba_logspace:")
    for data, start in product(sets, STARTS):
        print(f"  {data.name}, {start} start: {_verdict(fits, data.name, start)}")
    return [
        write_csv(output / "model.csv", header, rows),
        _picture(output / "model.png", fits, sets),
    ]


def fit(data: Data, start: str, method: str) -> Fit:
    """Minimise the penalised mean loss by L-BFGS-B with the gradient of `method`."""
    x, labels = data.features[data.fitted], data.labels[data.fitted]
    first = data.start(start)
    onehot = np.eye(first.shape[1])[labels]

    def penalised(flat: np.ndarray) -> tuple[float, np.ndarray]:
        b = flat.reshape(first.shape)
        loss, gradient = METHODS[method](x @ b, onehot)
        slope = x.T @ gradient / labels.size + 2 * data.penalty * b
        return float(loss / labels.size + data.penalty * np.sum(b**2)), slope.ravel()

    # The matrices are small: where other programs run, more threads only wait for each other.
    with np.errstate(all="ignore"), threadpool_limits(1, user_api="blas"):
        trace = [penalised(first.ravel())[0]]
        found = minimize(
            penalised,
            first.ravel(),
            jac=True,
            method="L-BFGS-B",
            callback=lambda intermediate_result: trace.append(intermediate_result.fun),
            options={"maxiter": ITERATIONS},
        )
    b = found.x.reshape(first.shape)
    exact = mean_loss(x, labels, b) + data.penalty * float(np.sum(b**2))
    guesses = np.argmax(data.features[data.held_out] @ b, axis=1)
    accuracy = float(np.mean(guesses == data.labels[data.held_out]))
    return Fit(_status(found), found.nit, float(found.fun), exact, accuracy, trace)


def _load(quick: bool) -> list[Data]:
    columns, cultivar = load_wine(return_X_y=True)
    sets = [Data("wine, raw columns", columns, cultivar, penalty=0.0)]
    if not quick:
        pixels, digit = load_digits(return_X_y=True)
        sets.append(Data("digits, pixels 0 to 16", pixels, digit, penalty=1e-3))
        sets.append(Data("digits, pixels 0 to 1", pixels / 16, digit, penalty=1e-3))
    return sets


def _status(found: OptimizeResult) -> str:
    if not np.isfinite(found.fun):
        return "nan"
    if found.success:
        return "converged"
    return "iteration limit" if found.nit >= ITERATIONS else "line search failed"


def _verdict(fits: Fits, name: str, start: str) -> str:
    """How the exact losses of the other methods compare with ours."""
    *others, ours = (fits[name, start, method] for method in METHODS)
    parts = []
    for method, other in zip(METHODS, others):
        ratio = other.exact_loss / ours.exact_loss
        same = abs(ratio - 1) < 1e-3
        part = f"{method} " + ("equally low" if same else f"{ratio:.3g} times as high")
        if other.status == ours.status == "iteration limit":
            part += " (neither has converged)"
        parts.append(part)
    return "; ".join(parts)


def _picture(path: Path, fits: Fits, sets: list[Data]) -> Path:
    figure = Figure(figsize=(4 * len(sets), 7), layout="constrained")
    panels = figure.subplots(len(STARTS), len(sets), sharey="col", squeeze=False)
    for (row, start), (column, data) in product(enumerate(STARTS), enumerate(sets)):
        panel = panels[row, column]
        panel.set(title=f"{data.name}\n{start} start", yscale="log", xlabel="iteration")
        panel.grid(alpha=0.3)
        for method in METHODS:
            _curve(panel, fits[data.name, start, method], method)
    for panel in panels[:, 0]:
        panel.set_ylabel("loss")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(sets), frameon=False)
    figure.savefig(path, dpi=150)
    return path


def _curve(panel: Axes, one: Fit, method: str) -> None:
    colour, width = _COLOURS[method], _WIDTHS[method]
    panel.plot(one.trace, color=colour, linewidth=width, label=f"{method}, reported")
    if len(one.trace) == 1:
        panel.plot(0, one.trace[0], ".", color=colour, markersize=10)
    panel.plot(
        one.iterations,
        one.exact_loss,
        "x",
        color=colour,
        markersize=4 + 2.5 * width,
        markeredgewidth=2,
        label=f"{method}, exact at the end",
    )
