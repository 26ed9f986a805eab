"""The tests of other libraries with the functions here in the place of SciPy's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HELPERS = Path(__file__).parents[1] / "helpers"
# {tests: those that are left out}
SUITES = {
    # The phase of a complex sum with infinite terms: SciPy has that of an infinite number of NumPy
    # with two infinite parts, a multiple of pi/4, and here it is that of the terms.
    "scipy.special.tests.test_logsumexp": "test_gh22601_infinite_elements",
    "sklearn.mixture.tests": "",
    "hmmlearn.tests.test_base": "",
}


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_suites_pass_with_our_functions(suite, tmp_path):
    pytest.importorskip(suite.partition(".")[0])
    pytest.importorskip(suite, reason=f"{suite} is not installed")
    options = ["-q", "-c", os.devnull, "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "swapped"]
    if SUITES[suite]:
        options += ["-k", f"not {SUITES[suite]}"]
    path = os.pathsep.join(filter(None, [str(HELPERS), os.environ.get("PYTHONPATH")]))
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--pyargs", suite],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    assert int(re.search(r"^calls: (\d+)", run.stdout, re.M)[1]) > 0
