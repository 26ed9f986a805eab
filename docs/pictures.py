"""An extension of Sphinx: pictures of functions and of speed, drawn when the pages are built.

They are written as SVG beside the pages of the reference, in docs/auto_reference. Those of speed
are of the numbers that stand in the tables of docs/speed.md.
"""

import io
import re
from pathlib import Path

import matplotlib
import naive
import numpy as np
from matplotlib.figure import Figure

HERE = Path(__file__).parent
FOLDER = HERE / "auto_reference"
STYLE = {
    "svg.hashsalt": "numba_logspace",  # the same picture has the same text
    "font.size": 9,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
COLOURS = {"naive": "#D55E00", "numba_logspace": "#009E73"}
LINES = ("naive", 2.5), ("numba_logspace", 1.5)
LOST = 2.0**52  # an error of so many ulp leaves no digit
TOP = 1e19  # where results are drawn that are no number


def saved(name, figure):
    """Write a picture; one that is as it was keeps its time, so that no page is built again."""
    held = io.StringIO()
    figure.savefig(held, format="svg", metadata={"Date": None})
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.svg"
    if not path.is_file() or path.read_text(encoding="utf-8") != held.getvalue():
        path.write_text(held.getvalue(), encoding="utf-8")


# --- functions -----------------------------------------------------------------------------------


def function(case):
    """A picture of a function: its values, and the errors of the naive form and of ours."""
    values, errors = naive.of(case)
    place = case.place(case.x)
    figure = Figure(figsize=(5, 4.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
    above.plot(place, values, color="0.2")
    above.set(title=case.what, ylabel="value")
    if min(values) > 0 and max(values) > 1e4 * min(values) and case.log:
        above.set_yscale("log")
    for name, width in LINES:
        drawn = np.clip(errors[name], 0.02, None)
        drawn = np.where(np.isfinite(drawn), np.minimum(drawn, TOP / 10), TOP)
        label = f"naive: {case.text}" if name == "naive" else name
        below.semilogy(place, drawn, color=COLOURS[name], lw=width, label=label)
    below.axhline(LOST, color="0.6", lw=0.8)
    below.text(1, LOST * 2, "no digit right", ha="right", size=7, transform=_across(below))
    if not np.isfinite(errors["naive"]).all():
        below.text(1, TOP * 2, "0, infinity or NaN", ha="right", size=7, transform=_across(below))
    below.set(ylim=(0.01, TOP * 50), xlabel=case.axis, ylabel="error, ulp", yticks=_TICKS)
    if case.log:
        below.set_xscale("log")
    figure.legend(*below.get_legend_handles_labels(), loc="outside lower left", frameon=False)
    return figure


_TICKS = [10.0**k for k in range(0, 20, 4)]


def _across(axes):
    # The width of the picture by its share, the height by its numbers.
    return axes.get_yaxis_transform()


# --- speed ---------------------------------------------------------------------------------------


def table(page, heading):
    """The rows of the table of a page whose first line begins with a heading."""
    found = re.search(rf"^\| {re.escape(heading)} \|.*\n\|[ |-]+\n((?:\|.*\n)+)", page, re.M)
    if not found:
        raise ValueError(f"docs/speed.md has no table that begins with {heading}")
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in found[1].splitlines()]


def limits(page):
    """What bounds log1m_softmax, and where it is."""
    bounds = table(page, "limit, ns for an entry")
    points = table(page, "log1m_softmax, one thread")
    figure = Figure(figsize=(5.4, 4.8), layout="constrained")
    for axes, dtype in zip(figure.subplots(2, 1, sharex=True), ("float32", "float64"), strict=True):
        rows = [row for row in points if row[1] == dtype]
        for (name, *numbers), style in zip(bounds, ("-", "--", ":"), strict=True):
            number = float(numbers[dtype == "float64"])
            axes.axvline(number, color="#0072B2", ls=style, label=re.sub(r"[`*]", "", name))
        times = [float(row[2]) for row in rows]
        axes.plot(times, range(len(rows)), "o", color=COLOURS["numba_logspace"])
        for height, row in enumerate(rows):
            axes.annotate(
                row[2], (float(row[2]), height), (5, -3), textcoords="offset points", size=7
            )
        axes.set(title=dtype, yticks=range(len(rows)), yticklabels=[row[0] for row in rows])
        axes.set(xscale="log", xlim=(0.2, 8), ylim=(len(rows) - 0.5, -0.5))
        axes.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["0.25", "0.5", "1", "2", "4", "8"])
        axes.minorticks_off()
    axes.set_xlabel("log1m_softmax: ns for an entry, one thread")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", frameon=False)
    return figure


def peers(page):
    """How many times as long PyTorch and SciPy take."""
    rows = table(page, "function, one thread")
    names = list(dict.fromkeys(row[0] for row in rows))
    figure = Figure(figsize=(5.4, 7), layout="constrained")
    for axes, name in zip(figure.subplots(len(names), 1, sharex=True), names, strict=True):
        shapes = list(dict.fromkeys(row[1] for row in rows if row[0] == name))
        for column, (peer, mark) in enumerate((("PyTorch", "o"), ("SciPy", "s")), 3):
            for dtype, colour in (("float32", "#56B4E9"), ("float64", "#0072B2")):
                those = [row for row in rows if row[0] == name and row[2] == dtype]
                ratios = [float(row[column]) for row in those]
                heights = [shapes.index(row[1]) for row in those]
                axes.plot(ratios, heights, mark, color=colour, label=f"{peer}, {dtype}")
        axes.axvline(1, color="0.3", lw=1)
        axes.set(title=name, yticks=range(len(shapes)), yticklabels=shapes, xscale="log")
        axes.set(ylim=(len(shapes) - 0.5, -0.5), xlim=(0.8, 25))
        axes.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
        axes.minorticks_off()
    axes.set_xlabel("time of the other library / ours, one thread")
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False
    )
    return figure


def draw(app=None):
    """Draw all pictures."""
    page = (HERE / "speed.md").read_text(encoding="utf-8")
    with matplotlib.rc_context(STYLE):
        for name, case in naive.CASES.items():
            saved(name, function(case))
        saved("speed_limits", limits(page))
        saved("speed_peers", peers(page))


def setup(app):
    """Called by Sphinx."""
    app.connect("builder-inited", draw, priority=90)
    return {"parallel_read_safe": True}
