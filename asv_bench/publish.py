"""Publish the dashboard so that it needs neither a network nor a server.

    python asv_bench/publish.py [FOLDER]

The pages of `asv publish` load their scripts from the network and their numbers by requests. Here
the scripts lie beside them, and the numbers come in a script too, so that index.html may be opened
as a file. Benchmarks have the names and units of words.py. FOLDER is asv_bench/html/dashboard by
default, from where the documentation takes it.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import words

HERE = pathlib.Path(__file__).parent.resolve()
# What the pages load, by the end of its address.
VENDORED = {
    "jquery-3.3.1.min.js": "jquery/jquery.min.js",
    "jquery.flot.min.js": "flot/jquery.flot.js",
    "jquery.flot.time.min.js": "flot/jquery.flot.time.js",
    "jquery.flot.selection.min.js": "flot/jquery.flot.selection.js",
    "jquery.flot.categories.min.js": "flot/jquery.flot.categories.js",
    "jquery.flot.orderBars.js": "flot-orderbars/jquery.flot.orderBars.js",
    "stupidtable.min.js": "stupid-table-plugin/stupidtable.min.js",
    "md5.min.js": "blueimp-md5/md5.min.js",
    "bootstrap.min.js": "bootstrap/bootstrap.min.js",
    "bootstrap.min.css": "bootstrap/bootstrap.min.css",
}
_LOADED = re.compile(r'<(?:script src|link rel="stylesheet" href)="(https:[^"]*)"[^>]*>')
# What the scripts and pages of asv say, and what they say here.
CHANGED = {
    "index.html": (
        (
            """<a href="https://github.com/airspeed-velocity/asv/" class="navbar-link" """
            """target="_blank"><img src="swallow.png" width="22" height="22" alt="swallow"></img>"""
            """airspeed velocity</a>
            of an unladen""",
            "Benchmarks of",
        ),
        (
            """<a id="project-name" href="#" class="navbar-link" target="_blank">project</a>""",
            """<span id="project-name">numba_logspace</span>""",
        ),
        (
            """<li id="nav-li-graphdisplay">""",
            """<li><a href="commits.html">Commits</a></li>
        <li id="nav-li-graphdisplay">""",
        ),
        (
            """    </div>

    <div id="regressions-display\"""",
            """      <div id="legend"></div>
    </div>

    <div id="regressions-display\"""",
        ),
    ),
    "summarygrid.js": (("'<h1>' + group", "'<h1>' + main_json.groups[group]"),),
    # As the data are: errors and ratios before times.
    "summarylist.js": (
        (
            """
            var th_to_sort = table.find("thead th").eq(0);
            th_to_sort.stupidsort("asc");""",
            "",
        ),
    ),
    "graphdisplay.js": (
        (
            """$("#title").text(bm_name)""",
            """$("#title").text($.asv.main_json.benchmarks[bm_name].pretty_name)""",
        ),
        ("""parts.push(key + "-" + value)""", """parts.push(key + " " + value)"""),
        (
            """position: "nw",""",
            """position: "nw", container: innerWidth < 768 ? $("#legend") : null,""",
        ),
    ),
    "regressions.js": (
        (
            """.text(benchmark_name);
                row.append($('<td/>').append(benchmark_link));""",
            """.text(item[7]);
                var why = $('<div class="why"/>').text(item[8]);
                row.append($('<td/>').append(benchmark_link, why));""",
        ),
    ),
}
_OURS = """<script src="data.js"></script>
    <script src="offline.js"></script>
    <link rel="stylesheet" href="narrow.css">
    <meta name="viewport" content="width=device-width, initial-scale=1">
  </head>"""


def local(tag):
    """The tag that loads the vendored file; an address that is not known stops us."""
    path = "vendor/" + VENDORED[tag[1].rpartition("/")[2]]
    if path.endswith(".css"):
        return f'<link rel="stylesheet" href="{path}">'
    return f'<script src="{path}">'


def collected(folder):
    """All numbers, {path: content} of every JSON file; the files are removed."""
    paths = sorted(folder.rglob("*.json"))
    found = {p.relative_to(folder).as_posix(): json.loads(p.read_text("utf-8")) for p in paths}
    for path in paths:
        path.unlink()
    shutil.rmtree(folder / "graphs")
    return found


def change(path, changes):
    """Change what a file of asv says; where it does not say it any more we stop."""
    text = path.read_text("utf-8")
    for theirs, ours in changes:
        assert text.count(theirs) == 1, f"{path.name} of asv does not have {theirs} once"
        text = text.replace(theirs, ours)
    path.write_text(text, "utf-8")


def publish(folder):
    """Make the dashboard in a folder, which is emptied first."""
    command = [sys.executable, "-m", "asv", "publish", "--no-pull", "--html-dir", str(folder)]
    subprocess.run(command, cwd=HERE, check=True)
    shutil.copytree(HERE / "dashboard", folder, dirs_exist_ok=True)
    index = folder / "index.html"
    text, count = _LOADED.subn(local, index.read_text("utf-8"))
    assert count == len(VENDORED), f"asv loads {count} files from elsewhere, not {len(VENDORED)}"
    index.write_text(text.replace("</head>", _OURS), "utf-8")
    for name, changes in CHANGED.items():
        change(folder / name, changes)
    data = collected(folder)
    words.rewrite(data)
    script = f"var DASHBOARD_DATA = {json.dumps(data, separators=(',', ':'))};\n"
    (folder / "data.js").write_text(script, "utf-8")
    (folder / "commits.html").write_text(words.commits(data["index.json"]), "utf-8")


if __name__ == "__main__":
    publish(pathlib.Path(sys.argv[1] if sys.argv[1:] else HERE / "html" / "dashboard").resolve())
