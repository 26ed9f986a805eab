"""What users' functions compile with `fastmath` leaves the digits of the kernels alone."""

import os
import subprocess
import sys

import numpy as np
import pytest

import numba_logspace as nl

_CODE = """
import sys, numba, numpy as np, numba_logspace as nl
x = np.load(sys.argv[1])
functions = [
    numba.njit(lambda x: nl.log1m_softmax_vjp(x), fastmath=True),
    numba.njit(lambda x: nl.logsumexp(x), fastmath=True),
    numba.njit(lambda x: nl.log1pexp(x), fastmath=True),
]
np.savez(sys.argv[2], *[f(x) for f in functions], *[f(x[0, 0]) for f in functions])
"""


@pytest.mark.slow
def test_digits_are_kept(tmp_path):
    # In a process without kernels, where each is compiled for the function that calls it.
    x = np.random.default_rng(0).standard_normal((4, 5, 30))
    paths = tmp_path / "x.npy", tmp_path / "y.npz"
    np.save(paths[0], x)
    subprocess.run(
        [sys.executable, "-c", _CODE, *map(str, paths)],
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        check=True,
    )
    functions = nl.log1m_softmax_vjp, nl.logsumexp, nl.log1pexp
    wanted = [f(x) for f in functions] + [f(x[0, 0]) for f in functions]
    for y, right in zip(np.load(paths[1]).values(), wanted, strict=True):
        assert y.tobytes() == np.asarray(right).tobytes()
