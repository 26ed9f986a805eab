"""What the dashboard says in words: names of benchmarks, units, and what is known of each step."""

import html
import os
import statistics
import subprocess

# By the part before the first dot, and in the order in which they are shown.
GROUPS = {
    "accuracy": "Accuracy",
    "values": "Long arrays",
    "layouts": "Layouts of memory",
    "gradients": "Derivatives",
    "losses": "Losses",
    "elementwise": "Elementwise functions",
    "mixtures": "Products of matrices of logarithms",
    "peers": "Other libraries",
    "small": "Small calls",
    "jitted": "Jitted code",
    "workers": "Threads",
    "memory": "Memory",
    "cuda": "CUDA",
    "functions": "Every function once",
    "startup": "The import, and first calls",
}
# Name and unit; in each group errors and ratios come before times.
LABELS = {
    "accuracy.Accuracy.track_largest_error": ("Largest error on hard rows", "ulp"),
    "values.Lengths.track_over_copy": ("Ten million entries, over a copy", "copies"),
    "values.Lengths.time_value": ("Ten million entries", "seconds"),
    "layouts.Layouts.track_over_last_axis": ("A layout, over the last axis", "times"),
    "layouts.Layouts.time_value": ("A layout", "seconds"),
    "gradients.Gradients.track_derivative_over_value": ("Derivative over value", "times"),
    "gradients.AgainstPublished.track_ours_over_published": (
        "Gradient over that of the published PyTorch form",
        "times",
    ),
    "gradients.Gradients.time_derivative": ("Derivative", "seconds"),
    "losses.Losses.track_gradient_over_value": ("Loss with its gradient over the loss", "times"),
    "losses.AgainstPublished.track_ours_over_published": (
        "Loss with its gradient over that of the published PyTorch form",
        "times",
    ),
    "losses.Losses.time_loss": ("Loss", "seconds"),
    "losses.Losses.time_loss_and_gradient": ("Loss with its gradient", "seconds"),
    "elementwise.Elementwise.track_ours_over_peer": ("Function over SciPy's or NumPy's", "times"),
    "elementwise.Sizes.track_ours_over_exp": ("Function over np.exp", "times"),
    "elementwise.Elementwise.time_call": ("Function", "seconds"),
    "elementwise.Ways.time_call": ("Ways to call a function", "seconds"),
    "mixtures.Products.track_ours_over_matmul": ("logmatmulexp over exp and matmul", "times"),
    "mixtures.Products.track_ours_over_scipy": ("logmatmulexp over SciPy's logsumexp", "times"),
    "mixtures.Products.time_logmatmulexp": ("logmatmulexp", "seconds"),
    "peers.Peers.track_ours_over_peer": ("Function over that of another library", "times"),
    "peers.Times.time_value": ("Function of each library", "seconds"),
    "small.SmallCalls.track_call": ("Call over np.exp of ten numbers", "times"),
    "jitted.Loops.track_over_array_function": ("Loop over the array function", "times"),
    "jitted.Compile.track_seconds": ("Compilation of a caller", "seconds"),
    "workers.TwoOverOne.track_two_over_one": ("Two threads over one", "times"),
    "workers.Workers.time_call": ("One thread, and two", "seconds"),
    "memory.Memory.track_peak_beyond_arguments": ("Memory beyond the arguments", "arguments"),
    "cuda.OnDevice.track_over_copy": ("On a GPU, over a copy", "copies"),
    "cuda.OnDevice.time_call": ("On a GPU", "seconds"),
    "cuda.Code.track_instructions": ("Instructions of a kernel", "instructions"),
    "cuda.Code.track_bytes": ("Size of a kernel", "bytes"),
    "functions.Rows.time_call": ("Call on 100 x 1000 numbers", "seconds"),
    "functions.TenNumbers.track_call": ("Call on ten numbers", "seconds"),
    "startup.FirstCall.timeraw_cold": ("First call, nothing compiled", "seconds"),
    "startup.FirstCall.timeraw_warm": ("First call, kernel on the disk", "seconds"),
    "startup.Import.timeraw_import": ("The import", "seconds"),
    "startup.Import.timeraw_import_beyond_numba": ("The import, without Numba's", "seconds"),
}
PARAMETERS = {"impl": "library", "log10_length": "log10 length"}
STEP = 0.15  # of asv.conf.json


def rewrite(data):
    """Put words for names into the data of all pages, and drop what was never measured."""
    index = data["index.json"]
    numbers = {_benchmark(path): path for path in data if _is_series(path)}
    measured = {name for name, path in numbers.items() if _has_numbers(data[path])}
    index["benchmarks"] = {
        name: _described(index["benchmarks"][name], *LABELS[name])
        for group in GROUPS
        for name in LABELS
        if name.startswith(f"{group}.") and name in measured
    }
    index["groups"] = GROUPS
    # A commit is shown on a page of its own, where no site of the repository is known.
    index["show_commit_url"] = "commits.html#"
    order = list(index["benchmarks"])
    for path, rows in data.items():
        if path.endswith("/summary.json"):
            rows[:] = [row for row in rows if row["last_value"] is not None]
            rows.sort(key=lambda row: order.index(row["name"]))
            for row in rows:
                row["pretty_name"] = in_words(row["pretty_name"])
    for step in data["regressions.json"]["regressions"]:
        name, path, jumps = step[0], step[1], step[6] or ()
        why = " ".join(reason(data[path], index, *jump[:2]) for jump in jumps)
        step.extend([in_words(name), why])


def _is_series(path):
    return path.startswith("graphs/branch-") and not path.endswith("/summary.json")


def _benchmark(path):
    return path.rpartition("/")[2].removesuffix(".json")


def _has_numbers(series):
    values = (v for _, found in series for v in (found if isinstance(found, list) else [found]))
    return any(value is not None for value in values)


def _described(benchmark, words, unit):
    names = [PARAMETERS.get(name, name) for name in benchmark["param_names"]]
    return benchmark | {"pretty_name": words, "unit": unit, "param_names": names}


def in_words(name):
    """A benchmark with its parameters as a person would say it."""
    base, bracket, parameters = name.partition("(")
    words, _ = LABELS[base.strip()]
    if not bracket:
        return words
    return f"{words} ({parameters.rstrip(')').replace(chr(39), '')})"


def reason(series, index, before, after):
    """What the data say of a step: whether the machine made it, and what else moved."""
    numbers = dict(series)
    if before is None:
        before = max(revision for revision in numbers if revision < after)
    hashes = [index["revision_to_hash"][str(revision)] for revision in (before, after)]
    if not _changed(*hashes):
        return "No file of the package differs between these commits: the machine made the step."
    pairs = zip(numbers[before], numbers[after], strict=True)
    ratios = [b / a for a, b in pairs if a is not None and b is not None]
    up = sum(ratio > 1 + STEP for ratio in ratios)
    down = sum(ratio < 1 / (1 + STEP) for ratio in ratios)
    return (
        f"Of the {len(ratios)} series of this benchmark {up} rose so between these commits "
        f"and {down} fell; the median changed by {statistics.median(ratios) - 1:+.0%}."
    )


def _git(*command):
    return subprocess.run(["git", *command], capture_output=True, text=True, check=False)


def _changed(before, after):
    return _git("diff", "--quiet", before, after, "--", ":/numba_logspace").returncode != 0


def commits(index):
    """A page with the commits that were measured: date, subject, and what they touched."""
    parts = []
    measured = {int(revision): name for revision, name in index["revision_to_hash"].items()}
    for _, name in sorted(measured.items()):
        said = _git("show", "--no-patch", "--format=%cs%n%s", name).stdout.split("\n")
        files = _git("show", "--format=", "--name-only", name, "--", ":/numba_logspace").stdout
        touched = ", ".join(files.split()) or "no file of the package"
        short, where = name[: index["hash_length"]], _address(name)
        title = f'<a href="{where}">{short}</a>' if where else short
        text = f"{html.escape(said[1])}</p><p>Touches {html.escape(touched)}."
        parts.append(f'<section id="{short}"><h2>{title}, {said[0]}</h2><p>{text}</p></section>')
    return _PAGE.format("\n".join(parts))


def _address(name):
    # Of the commit at the site that builds the dashboard, where that says which it is.
    server, repository = (os.environ.get(f"GITHUB_{n}") for n in ("SERVER_URL", "REPOSITORY"))
    return f"{server}/{repository}/commit/{name}" if server and repository else ""


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Measured commits</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font-family: sans-serif; max-width: 44em; margin: 1em auto; padding: 0 1em; }}
h2 {{ font-size: 1.1em; margin-bottom: 0; }} p {{ margin: 0.3em 0; overflow-wrap: anywhere; }}
section:target {{ background: #eef6fa; }}
</style></head><body>
<p><a href="index.html">All benchmarks</a></p><h1>Measured commits, the oldest first</h1>
{}
</body></html>
"""
