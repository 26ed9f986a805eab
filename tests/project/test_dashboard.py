"""The dashboard of the benchmarks in a real browser, without a network."""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# One of the commits with results; a shallow copy of the repository has not got it.
_FIRST = ["git", "-C", str(ROOT), "merge-base", "--is-ancestor", "e94fe5b", "HEAD"]
_HISTORY = (
    shutil.which("git") and not subprocess.run(_FIRST, check=False, capture_output=True).returncode
)
MISSING = [
    what
    for what, there in (
        ("asv", importlib.util.find_spec("asv")),
        ("playwright", importlib.util.find_spec("playwright")),
        ("Chromium", CHROMIUM),
        ("the history of the repository", _HISTORY),
    )
    if not there
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"missing: {', '.join(MISSING)}"),
]

GRAPH, NAME = "values.Lengths.track_over_copy", "Ten million entries, over a copy"
# How many pixels of a canvas are neither transparent nor grey: lines and points are coloured.
COLOURED = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.slice(i, i + 4);
        count += a > 0 && Math.max(r, g, b) - Math.min(r, g, b) > 60;
    }
    return count;
}"""


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The address of the published dashboard, a file."""
    folder = tmp_path_factory.mktemp("dashboard") / "html"
    command = [sys.executable, ROOT / "asv_bench" / "publish.py", folder]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(params=[(1400, 900), (420, 800)], ids=["wide", "narrow"])
def page(request, browser, index):
    """A page that must ask for nothing outside, and raise no error."""
    width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    asked, errors = [], []
    opened.on("request", lambda r: asked.append(r.url))
    opened.on("pageerror", lambda e: errors.append(str(e)))
    yield opened
    opened.close()
    folder = index.removesuffix("index.html")
    assert asked
    assert not [url for url in asked if not url.startswith((folder, "data:", "about:"))]
    assert not errors


def show(page, index, where):
    """Open a page of the dashboard afresh: within one document only the fragment would change."""
    page.goto("about:blank")
    page.goto(f"{index}#{where}")


def test_grid(page, index):
    show(page, index, "/")
    page.wait_for_selector("#summarygrid-display canvas")
    assert page.locator(".benchmark-container").count() >= 15  # those that were measured
    assert page.locator(".benchmark-group h1").first.inner_text() == "Accuracy"
    canvases = page.locator("#summarygrid-display canvas.flot-base").all()
    assert any(canvas.evaluate(COLOURED) for canvas in canvases)


def test_list(page, index):
    show(page, index, "/summarylist")
    page.wait_for_selector("#summarylist-body tbody tr")
    text = page.inner_text("#summarylist-body")
    assert f"{NAME} (log1m_softmax, 3, float32)" in text
    assert "copies" in text and "track_" not in text
    values = page.locator("#summarylist-body td.value").all_inner_texts()
    assert all(values)  # what was never measured is not shown
    page.click("#summarylist-body th:first-child")  # sorted by a script of its own
    assert page.locator("#summarylist-body tbody tr").count() > 100


def test_graph(page, index):
    show(page, index, GRAPH)
    page.wait_for_selector("#main-graph canvas.flot-base")
    assert page.inner_text("#title") == NAME
    canvas = page.locator("#main-graph canvas.flot-base")
    assert canvas.evaluate(COLOURED) > 200
    assert page.locator("#error").is_hidden()


def test_regressions(page, index):
    show(page, index, "/regressions")
    page.wait_for_selector("#regressions-body table")
    text = page.inner_text("#regressions-body table tbody")
    assert "the machine made the step" in text
    assert re.search(r"Of the \d+ series of this benchmark \d+ rose", text)


def test_commits(page, index):
    page.goto(index.replace("index.html", "commits.html#e94fe5b2"))
    assert "e94fe5b2" in page.inner_text("section:target h2")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]


def test_there_is_no_cover(page, index):
    # The bar at the top covers nothing in a narrow window.
    show(page, index, GRAPH)
    page.wait_for_selector("#main-graph canvas.flot-base")
    bar = page.locator("#nav").bounding_box()
    panel = page.locator("#graphdisplay-navigation").bounding_box()
    assert panel["y"] >= bar["y"] + bar["height"] - 1
