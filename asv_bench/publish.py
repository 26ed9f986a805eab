"""Publish the dashboard so that it needs neither a network nor a server.

    python asv_bench/publish.py [FOLDER]

The pages of `asv publish` load their scripts from the network and their numbers by requests. Here
the scripts lie beside them, and the numbers come in a script too, so that index.html may be opened
as a file. FOLDER is asv_bench/html/dashboard by default, from where the documentation takes it.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

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


def data(folder):
    """The script with all numbers: {path: content} of every JSON file."""
    paths = sorted(folder.rglob("*.json"))
    found = {p.relative_to(folder).as_posix(): json.loads(p.read_text("utf-8")) for p in paths}
    for path in paths:
        path.unlink()
    shutil.rmtree(folder / "graphs")
    return f"var DASHBOARD_DATA = {json.dumps(found, separators=(',', ':'))};\n"


def publish(folder):
    """Make the dashboard in a folder, which is emptied first."""
    command = [sys.executable, "-m", "asv", "publish", "--no-pull", "--html-dir", str(folder)]
    subprocess.run(command, cwd=HERE, check=True)
    shutil.copytree(HERE / "dashboard", folder, dirs_exist_ok=True)
    index = folder / "index.html"
    text, count = _LOADED.subn(local, index.read_text("utf-8"))
    assert count == len(VENDORED), f"asv loads {count} files from elsewhere, not {len(VENDORED)}"
    index.write_text(text.replace("</head>", _OURS), "utf-8")
    (folder / "data.js").write_text(data(folder), "utf-8")


if __name__ == "__main__":
    publish(pathlib.Path(sys.argv[1] if sys.argv[1:] else HERE / "html" / "dashboard").resolve())
