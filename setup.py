"""The description that a package index shows: README.md, with links that work there.

An index has no files beside the README. A relative link is completed by `Source` of `project.urls`, once the project
has such a home; without one the link's text is kept and pictures are left out. All else stands in pyproject.toml.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:)([^)#]*)(#[^)]*)?\)")


def for_an_index(text: str, source: str | None) -> str:
    """Return a README whose relative links lead to ``source``, or nowhere."""

    def complete(link: re.Match[str]) -> str:
        picture, words, path, place = link.groups(default="")
        if not path:  # within the page
            return link[0]
        if source is None:
            return "" if picture else words
        folder = "raw" if picture else "blob"
        return f"{picture}[{words}]({source}/{folder}/v{PROJECT['version']}/{path}{place})"

    return _LINK.sub(complete, text)


if __name__ == "__main__":
    setup(
        long_description=for_an_index(
            (ROOT / "README.md").read_text(encoding="utf-8"), PROJECT.get("urls", {}).get("Source")
        ),
        long_description_content_type="text/markdown",
    )
