"""The CUDA kernel of the best path through hidden Markov chains: a team takes a chain.

All sums are in twice the digits. One thread goes the way back.
"""

import functools
import math

from numba import cuda

from .._compile.trace import formula, loop
from .._cpu.best_path import last_of
from .._cpu.memory import full, number_at
from .._formulas.chains import better, log_with
from .._formulas.simd import const, select
from .copy import place
from .recursions import steps_of, team_of


@formula
def _best_before(high, low, at, moves, move_at, k):
    # (high, low, index) of the best way into a state, and 1 where a move to it is no logarithm.
    def one_more(i, state):
        best, fault, index = state
        move = number_at(moves, move_at + i * k)
        one = const(move, 1.0)
        fault = select(move < const(move, math.inf), fault, one)
        sums = log_with(number_at(high, at + i), number_at(low, at + i), move)
        return better(best, sums, index), fault, index + one

    zero = full(high, 0.0)
    best, fault, _ = loop(k, one_more, ((full(high, -math.inf), zero, zero), zero, zero))
    return best, fault


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
                    best, fault = _best_before(high, low, before, moves, matrix + j, k)
                    is_wrong = is_wrong or fault > 0.0
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
