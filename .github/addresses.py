"""Write the address of the repository into the README and the metadata, before a build.

    python .github/addresses.py https://HOST/OWNER/NAME COMMIT

In the repository links lead to files beside the page, wherever the repository lies. A page at a
package index has no files beside it: there they lead to those of the commit that is built.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[1]
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")
_PICTURES = (".png", ".svg")


def absolute(text, repository, commit):
    """A page of Markdown whose links to files lead to those of a commit."""

    def link(found):
        mark, words, path = found.groups()
        way = "raw" if path.endswith(_PICTURES) else "blob"
        return f"{mark}[{words}]({repository}/{way}/{commit}/{path})"

    return _LINK.sub(link, text)


def with_addresses(metadata, repository):
    """The text of setup.cfg with the addresses of the project."""
    pages = {"Source": "", "Issues": "/issues", "Changelog": "/blob/main/CHANGELOG.md"}
    lines = [f"    {name} = {repository}{page}" for name, page in pages.items()]
    head, keywords, rest = metadata.partition("keywords =")
    assert keywords, "setup.cfg has no keywords, before which the addresses belong"
    return head + "\n".join(["project_urls =", *lines, keywords]) + rest


def main(repository, commit):
    """Change both files."""
    readme, metadata = ROOT / "README.md", ROOT / "setup.cfg"
    readme.write_text(absolute(readme.read_text("utf-8"), repository, commit), "utf-8")
    metadata.write_text(with_addresses(metadata.read_text("utf-8"), repository), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
