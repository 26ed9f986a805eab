"""What lies at the top of the repository, and that its parts agree on versions and addresses."""

import configparser
import re
import runpy
import subprocess
from pathlib import Path

import pytest

import numba_logspace

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
# What tools, people and sites look for at the top, and nowhere else. The last three are of the
# repository alone.
TOP = {"CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "MANIFEST.in", "README.md"}
TOP |= {"SECURITY.md", "asv_bench", "docs", "numba_logspace", "pyproject.toml", "setup.cfg"}
TOP |= {"tests", ".ci", ".github", ".gitignore", ".pre-commit-config.yaml"}
PAGES = sorted(ROOT.glob("*.md"))
in_the_repository = pytest.mark.skipif(not GITHUB.is_dir(), reason="not in the repository")


@pytest.fixture(scope="module")
def metadata():
    """The settings of the package; what an extra takes from another one is filled in."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    return settings


@in_the_repository
def test_the_top():
    if not (ROOT / ".git").exists():
        pytest.skip("a copy without its history")
    command = ["git", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {name.split("/")[0] for name in done.stdout.split("\0") if name} == TOP


# --- versions ------------------------------------------------------------------------------------


def newest(changelog):
    """The version of the section at the top."""
    return re.search(r"^## (\S+), (?:not released yet|\d{4}-\d\d-\d\d)$", changelog, re.M)[1]


def test_the_changelog_begins_with_the_version(metadata):
    assert newest((ROOT / "CHANGELOG.md").read_text("utf-8")) == numba_logspace.__version__
    assert metadata["metadata"]["version"] == "attr: numba_logspace.__version__"


def test_wrong_sections_are_found():
    assert newest("# Changelog\n\n## 0.2.0, 2030-01-31\n\n## 0.1.0, 2029-01-31\n") == "0.2.0"
    with pytest.raises(TypeError):
        newest("## 0.2.0\n")


def pythons(classifiers):
    """The versions of Python in a list of classifiers."""
    return re.findall(r"^Programming Language :: Python :: (3\.\d+)$", classifiers, re.M)


@in_the_repository
def test_the_workflows_run_every_python(metadata):
    found = pythons(metadata["metadata"]["classifiers"])
    text = (GITHUB / "workflows" / "tests.yml").read_text("utf-8")
    assert re.findall(r'"([\d.]+)"', re.search(r"python: \[(.*)\]", text)[1]) == found
    assert metadata["options"]["python_requires"] == f">={found[0]}"
    assert f"need Python {found[0]} to {found[-1]} " in (ROOT / "README.md").read_text("utf-8")
    pages = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert f"Python {found[0]} to {found[-1]}:" in pages


@in_the_repository
def test_actions_are_pinned():
    text = "\n".join(path.read_text("utf-8") for path in sorted(GITHUB.glob("workflows/*.yml")))
    used = [line for line in text.splitlines() if re.search(r"uses: [^.]", line)]
    pinned = re.findall(r"- uses: (\S+)@([0-9a-f]{40} # v[\d.]+)$", text, re.M)
    assert used and len(used) == len(pinned)
    # Wherever an action is used it is the same one.
    assert len(set(pinned)) == len(dict(pinned))


# --- links and commands --------------------------------------------------------------------------


def lost(text, folder):
    """The files that links of a page lead to and that are not there."""
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text)
    return [u for u in links if ":" not in u and not (folder / u).exists()]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(path):
    assert not lost(path.read_text("utf-8"), ROOT)


def test_lost_files_are_found():
    text = "[a](README.md#use) [b](docs/no.md) ![c\nd](no.png) [e](https://x.org/no) [f](#use)"
    assert lost(text, ROOT) == ["docs/no.md", "no.png"]


def unknown_extras(text, metadata):
    """The extras of the package in commands that setup.cfg does not have."""
    named = {extra for found in re.findall(r"'\.\[([\w,]+)\]'", text) for extra in found.split(",")}
    return sorted(named - set(metadata["options.extras_require"]))


@in_the_repository
def test_commands_name_extras_that_exist(metadata):
    scripts = [*GITHUB.glob("workflows/*.yml"), ROOT / ".ci" / "run"]
    for path in (*PAGES, *ROOT.glob("docs/**/*.md"), *scripts):
        assert not unknown_extras(path.read_text("utf-8"), metadata), path


def test_unknown_extras_are_found(metadata):
    assert unknown_extras("pip install '.[test,tset]'", metadata) == ["tset"]


@in_the_repository
def test_addresses_are_written_for_a_build(metadata):
    script = runpy.run_path(str(GITHUB / "addresses.py"))
    there = "https://example.org/a/b"
    text = "[x](docs/a.md#b) ![y\n(z)](c.png) [u](https://v.org) [w](#t)"
    wanted = f"[x]({there}/blob/1f/docs/a.md#b) ![y\n(z)]({there}/raw/1f/c.png)"
    assert script["absolute"](text, there, "1f").startswith(f"{wanted} [u](https://v.org) [w](#t)")
    readme = script["absolute"]((ROOT / "README.md").read_text("utf-8"), there, "1f")
    assert not re.findall(r"\]\((?!https://|#)", readme)
    assert there in readme
    changed = configparser.ConfigParser()
    text = (ROOT / "setup.cfg").read_text("utf-8")
    changed.read_string(script["with_addresses"](text, there))
    urls = changed["metadata"].pop("project_urls")
    assert urls.splitlines()[1:] == [
        f"Source = {there}",
        f"Issues = {there}/issues",
        f"Changelog = {there}/blob/main/CHANGELOG.md",
    ]
    assert changed == metadata
