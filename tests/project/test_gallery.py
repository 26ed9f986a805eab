"""The scripts of the gallery run on their own, without a warning, and print what they found."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
SCRIPTS = sorted(GALLERY.glob("*.py"))


# What scripts need that the package, its tests and its documentation do not; `.ci/run` has it.
LIBRARIES = {"libraries": ("jax", "pymc", "statsmodels")}


def test_there_are_scripts():
    assert SCRIPTS


@pytest.mark.slow
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.stem)
def test_script(path):
    for library in LIBRARIES.get(path.stem, ()):
        pytest.importorskip(library, reason=f"{path.name} needs {library}")
    # Invalid and infinite results are expected only where a script says so.
    environment = {**os.environ, "MPLBACKEND": "Agg", "TQDM_DISABLE": "1"}
    environment["PYTHONWARNINGS"] = "error::RuntimeWarning"
    done = subprocess.run(
        [sys.executable, str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    # What a script says that it printed, where its page is made without running it.
    said = re.findall(r"^#    (.+\.\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [line for line in said if line not in done.stdout.splitlines()] == []
