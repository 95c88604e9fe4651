"""Links of the documents outside the site lead somewhere; those of the site are held by `tox -e docs`."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
ANCHOR = re.compile(r'<a id="([^"]+)">')
TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)


def documents() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    names = [name for name in listing.split("\0") if name and not name.startswith("docs/")]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def folder_of(document: Path) -> Path:
    """Where its links start: a note of a change is read in CHANGELOG.md, at the top."""
    is_note = document.parent.name == "changes" and document.name != "README.md"
    return ROOT if is_note else document.parent


def anchors(document: Path) -> set[str]:
    """The anchors of a document, as code hosts make them from its titles, and those it names itself."""
    text = document.read_text("utf-8")
    titles = {
        re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in TITLE.findall(text)
    }
    return titles | set(ANCHOR.findall(text))


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path):
    lost = []
    for path, anchor in LINK.findall(document.read_text("utf-8")):
        target = (folder_of(document) / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(f"{path}#{anchor}" if anchor else path)

    assert lost == []
