"""Print the table of docs/segments.md: segments beside rows, NumPy, pandas and JAX.

    python asv_bench/segments_table.py

pandas and JAX are measured where they are installed. One thread, in time of the processor, which
other work on the machine does not count in. `--quick` takes small sizes.
"""

import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from benchmarks.common import interleaved
from benchmarks.peers import jax

import numba_logspace as nl

try:
    import pandas as pd
except ImportError:
    pd = None

QUICK = "--quick" in sys.argv[1:]
ENTRIES, ROUNDS = (3_000, 3) if QUICK else (300_000, 9)
FUNCTIONS = ("segment_logsumexp", "segment_softmax", "segment_softmax_vjp")


def lengths_of(mean, mixed):
    """Lengths of segments that sum to about so many entries: equal, or half to one and a half."""
    count = max(1, ENTRIES // mean)
    if not mixed:
        return np.full(count, mean)
    return np.random.default_rng(0).integers(mean // 2, mean + mean // 2 + 1, count)


def _of_numpy(name, x, g, starts, lengths):
    m = np.repeat(np.maximum.reduceat(x, starts), lengths)
    e = np.exp(x - m)
    total = np.add.reduceat(e, starts)
    if name == "segment_logsumexp":
        return m[starts] + np.log(total)
    p = e / np.repeat(total, lengths)
    if name == "segment_softmax":
        return p
    return p * (g - np.repeat(np.add.reduceat(p * g, starts), lengths))


def _of_pandas(name, x, ids):
    groups = pd.Series(x).groupby(ids)
    e = np.exp(x - groups.transform("max").to_numpy())
    sums = pd.Series(e).groupby(ids)
    if name == "segment_logsumexp":
        return groups.max() + np.log(sums.sum())
    return e / sums.transform("sum").to_numpy()


def _of_jax(name, x, ids, count):
    def compute(x, ids):
        m = jax.ops.segment_max(x, ids, count)
        e = jax.numpy.exp(x - m[ids])
        total = jax.ops.segment_sum(e, ids, count)
        return m + jax.numpy.log(total) if name == "segment_logsumexp" else e / total[ids]

    call, arguments = jax.jit(compute), (jax.numpy.asarray(x), jax.numpy.asarray(ids))
    return lambda: jax.block_until_ready(call(*arguments))


def calls_for(name, mean, mixed):
    """({who: call}, how many entries)."""
    lengths = lengths_of(mean, mixed)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids, size = np.repeat(np.arange(len(lengths)), lengths), int(offsets[-1])
    x, g = np.random.default_rng(1).standard_normal((2, size))
    rows = x[: size // mean * mean].reshape(-1, mean)
    ours, of_rows = getattr(nl, name), getattr(nl, name.removeprefix("segment_"))
    of_segments, of_row = ((x, g), (rows, rows * 2)) if "vjp" in name else ((x,), (rows,))
    starts = offsets[:-1]
    calls = {
        "ours": lambda: ours(*of_segments, offsets=offsets, workers=1),
        "ids": lambda: ours(*of_segments, segment_ids=ids, workers=1),
        "rows": lambda: of_rows(*of_row, workers=1),
        "NumPy": lambda: _of_numpy(name, x, g, starts, lengths),
    }
    if pd is not None and "vjp" not in name:
        calls["pandas"] = lambda: _of_pandas(name, x, ids)
    if jax is not None and "vjp" not in name:
        calls["JAX"] = _of_jax(name, x, ids, len(lengths))
    return calls, size


def main():
    """Print the table."""
    heads = ("function", "lengths", "ns per entry", "rows / segments")
    heads += ("with sorted ids / with offsets", *(f"{p} / segments" for p in _PEERS))
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for name in FUNCTIONS:
        for mean in (5, 10, 100, 1000):
            for mixed in (False, True):
                calls, size = calls_for(name, mean, mixed)
                t = interleaved(calls, ROUNDS, time.process_time)
                own = t["ours"]
                cells = [f"`{name}`", f"{mean}, {'mixed' if mixed else 'equal'}"]
                cells += [f"{own / size * 1e9:.2f}", f"{t['rows'] / own:.2f}"]
                cells += [f"{t['ids'] / own:.2f}"]
                cells += [f"{t[peer] / own:.1f}" if peer in t else "" for peer in _PEERS]
                print("| " + " | ".join(cells) + " |", flush=True)


_PEERS = ("NumPy", "pandas", "JAX")

if __name__ == "__main__":
    main()
