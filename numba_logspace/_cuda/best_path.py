"""The CUDA kernel of the best path through hidden Markov chains: a team takes a chain.

All sums are in twice the digits. One thread goes the way back.
"""

import functools
import math

from numba import cuda, types

from .._cpu.best_path import last_of
from .._formulas.chains import better, log_with
from .copy import place
from .recursions import steps_of, team_of


@functools.cache
def best_path(size):
    """(the team, the kernel), with arguments as those of the forward pass.

    `high` and `low` have room for two steps of each chain, `origin` for where the best way into
    each state comes from; `wrong` are zeros.
    """
    team = team_of(size)
    row, index, threads, sync = team.row, team.index, team.size, team.sync

    def best_path(
        initial, starts, moves, places, batch, step, seen, lengths, steps, k,
        high, low, origin, wrong, path, final,
    ):  # fmt: skip
        unit = row()
        if unit >= final.size:
            return
        length, base = steps_of(lengths, unit, steps), unit * steps * k
        first, matrices = place(unit, batch, 0, starts), place(unit, batch, 0, places)
        is_wrong, now = length == 0, unit * 2 * k
        for t in range(length):
            before, now = now, unit * 2 * k + t % 2 * k
            matrix = matrices + step * (t - 1)
            for j in range(index(), k, threads):
                x = seen[base + t * k + j]
                if t == 0:
                    v = initial[first + j]
                    is_wrong = is_wrong or not v < math.inf
                    total, rest = log_with(v, 0.0, x)
                else:
                    best = -math.inf, 0.0, 0.0
                    for i in range(k):
                        v = moves[matrix + i * k + j]
                        is_wrong = is_wrong or not v < math.inf
                        v, v_low = log_with(high[before + i], low[before + i], v)
                        best = better(best, (v, v_low), types.float64(i))
                    total, rest = log_with(best[0], best[1], x)
                    origin[base + t * k + j] = int(best[2])
                is_wrong = is_wrong or not x < math.inf
                high[now + j], low[now + j] = total, rest
            sync()
        if is_wrong:
            wrong[unit] = 1
        for t in range(length + index(), steps, threads):
            path[unit * steps + t] = -1
        sync()
        if index() > 0:
            return
        state, value = 0, math.nan
        if wrong[unit] == 0:
            of_last = high[now : now + k], low[now : now + k]
            state = last_of(of_last[0], of_last[1], k)
            value = of_last[0][state] + of_last[1][state]
        final[unit] = value
        for t in range(length - 1, -1, -1):
            path[unit * steps + t] = state
            if t > 0 and wrong[unit] == 0:
                state = origin[base + t * k + state]

    return team, cuda.jit(best_path)
