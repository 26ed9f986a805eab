"""The source distribution holds the tests with all they need, and they run from it."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What lies in the folder of a developer and is not the project's, and what only the repository has.
MADE = ("tests/__pycache__/x.pyc", "numba_logspace/_compile/__pycache__/x.nbi")
MADE += ("docs/_build/x.html", "docs/auto_gallery/x.rst", "docs/auto_reference/x.rst")
MADE += ("asv_bench/html/x.js", "asv_bench/env/x")
OF_THE_REPOSITORY = ("asv_bench/results",)
PARTS = ("numba_logspace", "tests", "docs", "asv_bench")
FILES = ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.cfg")
FILES += ("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "SECURITY.md")


def files_below(folder):
    """The files of the project in a folder, by their paths from there."""
    paths = [folder / name for name in FILES]
    paths += (path for part in PARTS for path in (folder / part).rglob("*"))
    return {path.relative_to(folder).as_posix() for path in paths if path.is_file()}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the project, without what was made in it."""
    folder = tmp_path_factory.mktemp("source")
    made = ("__pycache__", "_build", "auto_*", "env", "html", ".*", "*.egg-info")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(*made))
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def unpacked(source, tmp_path_factory):
    """The source distribution of the project, unpacked; it is made without a network."""
    if importlib.util.find_spec("setuptools") is None:
        pytest.skip("setuptools is not installed")
    folder = tmp_path_factory.mktemp("sdist")
    here = tmp_path_factory.mktemp("developer") / "numba_logspace"
    shutil.copytree(source, here)
    for name in MADE:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    code = f"from setuptools import build_meta as b; b.build_sdist({str(folder)!r})"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=here, check=True, timeout=120)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    archive.unlink()
    (only,) = folder.iterdir()
    return only


def test_it_holds_the_project(source, unpacked):
    wanted = {f for f in files_below(source) if not f.startswith(OF_THE_REPOSITORY)}
    assert files_below(unpacked) == wanted
    assert {"tests/conftest.py", "tests/helpers/oracle.py", "tests/cuda/on_device.py"} < wanted


@pytest.mark.slow
def test_it_runs_its_tests(unpacked):
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "NUMBA_CACHE_DIR": ""}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider"]
    options = {"cwd": unpacked, "env": environment, "capture_output": True, "text": True}
    for more in (
        ("--collect-only", "-m", "slow or not slow"),
        ("tests/project/test_house.py", "tests/project/test_family.py"),
        ("tests/public/test_docstrings.py", "-k", "logsumexp"),
        ("tests/formulas/test_published.py", "-k", "test_values"),
    ):
        done = subprocess.run([*command, *more], check=False, timeout=600, **options)
        assert done.returncode == 0, done.stdout[-2000:]
