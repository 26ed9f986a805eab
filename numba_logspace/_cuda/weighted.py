"""CUDA kernels for weighted sums with signs: a thread, a warp or a block takes a row."""

import functools
import math

from numba import cuda, types

from .._compile.inline import inlined
from .._cpu.weighted import (
    exact_sums,
    leading_term,
    plain_sums,
    row_of,
    special_terms,
    weighted_row,
)
from .._formulas.weighted import add_sums, exponent_of_term
from . import teams
from .arrays import flat
from .copy import launch
from .teams import WARP

# Rows up to so many entries are a thread's, up to so many a warp's, and others a block's.
_ALONE, _OF_WARP = 16, 1024
_THREADS, _BLOCK = 128, 256
# How many numbers of each warp a block exchanges at once.
_SUMS = 4
_EVERYONE = 0xFFFFFFFF


def _in_warp(size):
    # The sums of `size` neighbouring threads; the same whichever of two comes first.
    steps, half = size.bit_length() - 1, size // 2

    @inlined
    def summed(a, b, c, moduli):
        for i in range(steps):
            more = (
                cuda.shfl_xor_sync(_EVERYONE, a, half >> i),
                cuda.shfl_xor_sync(_EVERYONE, b, half >> i),
                cuda.shfl_xor_sync(_EVERYONE, c, half >> i),
            )
            moduli += cuda.shfl_xor_sync(_EVERYONE, moduli, half >> i)
            a, b, c = add_sums((a, b, c), more)
        return a, b, c, moduli

    return summed


def _summed_by(size):
    # summed(room, sums, moduli): those of a team, sums of three numbers and plain ones.
    of_warp, of_warps, warps = _in_warp(WARP), _in_warp(max(size // WARP, 1)), size // WARP

    @inlined
    def in_warp(room, sums, moduli):
        a, b, c, moduli = of_warp(sums[0], sums[1], sums[2], moduli)
        return (a, b, c), moduli

    @inlined
    def in_block(room, sums, moduli):
        a, b, c, moduli = of_warp(sums[0], sums[1], sums[2], moduli)
        warp, lane = cuda.threadIdx.x // WARP, cuda.threadIdx.x % WARP
        if lane == 0:
            room[warp], room[WARP + warp] = a, b
            room[2 * WARP + warp], room[3 * WARP + warp] = c, moduli
        cuda.syncthreads()
        at = lane % warps
        a, b, c, moduli = of_warps(
            room[at], room[WARP + at], room[2 * WARP + at], room[3 * WARP + at]
        )
        cuda.syncthreads()
        return (a, b, c), moduli

    return in_warp if size == WARP else in_block


def _row_of_team(team):
    largest, count, summed = team.largest, team.count, _summed_by(team.size)

    @inlined
    def leading(room, x, b, base, step, n):
        # The team agrees on one of the largest terms: of the largest x, then of the largest b.
        pivot, exponent, special = leading_term(x, b, base, step, n)
        term = exponent_of_term(pivot, exponent)
        highest = largest(room, term)
        own = pivot
        pivot = largest(room, own if term == highest else -math.inf)
        mine = term == highest and own == pivot
        exponent = largest(room, exponent if mine else -math.inf)
        return pivot, exponent, count(room, special)

    @inlined
    def specials(room, x, b, base, step, n):
        plus, minus, nan = special_terms(x, b, base, step, n)
        any_plus = count(room, 1.0 if plus else 0.0) > 0.0
        any_minus = count(room, 1.0 if minus else 0.0) > 0.0
        return any_plus, any_minus, count(room, 1.0 if nan else 0.0) > 0.0

    @inlined
    def plain(room, x, b, base, step, n, pivot, exponent):
        sums, moduli = plain_sums(x, b, base, step, n, pivot, exponent)
        return summed(room, sums, moduli)

    @inlined
    def exact(room, x, b, base, step, n, pivot, exponent):
        return summed(room, exact_sums(x, b, base, step, n, pivot, exponent), 0.0)[0]

    return row_of(leading, specials, plain, exact)


@functools.cache
def kernel(size):
    """(team, kernel) for so many threads a row."""
    team = teams.part_of_warp(size, _THREADS // size) if size <= WARP else teams.block(size)
    one_row = weighted_row if size == 1 else _row_of_team(team)
    row_of_thread, index_in_team, room_size = team.row, team.index, _SUMS * WARP

    def weighted(x, b, values, signs, n, signed):
        r = row_of_thread()
        if r >= values.size:
            return
        room, index = cuda.shared.array(room_size, types.float64), index_in_team()
        count = max(0, (n - index + size - 1) // size)
        value, sign = one_row(room, x, b, r * n + index, size, count)
        if index == 0:
            signs[r] = sign
            values[r] = math.nan if sign < 0.0 and not signed else value

    return team, cuda.jit(weighted)


def run(x, b, values, signs, n, signed, stream):
    """Contiguous rows of doubles: log |sum b exp(x)| and the sign, or NaN for a negative sum."""
    size = 1 if n <= _ALONE else WARP if n <= _OF_WARP else _BLOCK
    team, made = kernel(size)
    arrays = [flat(a) for a in (x, b, values, signs)]
    blocks = -(-values.size // team.per_block)
    launch(made, blocks, size * team.per_block, stream, *arrays, n, signed)
