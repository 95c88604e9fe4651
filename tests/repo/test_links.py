"""Links and paths of documents outside the site have a target; for links of the site, see `tox -e docs`."""

import re
from pathlib import Path

import pytest

from tools.tracked import tracked

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")
ANCHOR = re.compile(r'<a id="([^"]+)">')
TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)


def documents() -> list[Path]:
    return [ROOT / name for name in tracked("*.md") if not name.startswith("docs/")]


def folder_of(document: Path) -> Path:
    """The folder that its links start from: notes of a change are read in CHANGELOG.md, at the top."""
    is_note = document.parent.name == "changes" and document.name != "README.md"
    return ROOT if is_note else document.parent


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document: those that code hosts derive from its titles, and explicit ones."""
    text = document.read_text("utf-8")
    titles = {
        re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in TITLE.findall(text)
    }
    return titles | set(ANCHOR.findall(text))


def places(text: str) -> set[str]:
    """Return the paths that a page names: in backticks, or in a line of a tour of the files."""
    named = re.findall(r"`([\w.-]+/[\w./*-]*)`", text)
    walked = re.findall(r"^ *([a-z_]+/[\w/]+)(?=  | *$)", text, re.MULTILINE)
    return {*named, *walked}


def is_there(place: str) -> bool:
    """Return whether it is a file, a folder, or a module of one of the packages, with or without suffix."""
    homes = (
        ROOT,
        ROOT / "mock_server/sigmic_mock",
        ROOT / "conformance/sigmic_conformance",
        ROOT / "load/sigmic_load",
    )
    return any([*home.glob(place.rstrip("/"))] or (home / f"{place}.py").is_file() for home in homes)


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/explanations/code-walks.md"])
def test_every_file_that_is_named_is_there(name: str):
    examples = {"2.1/appId"}
    found = places((ROOT / name).read_text("utf-8")) - examples

    assert len(found) > 10
    assert [place for place in sorted(found) if not is_there(place)] == []


def test_every_test_that_a_document_names_is_there():
    sources = "".join((ROOT / name).read_text("utf-8") for name in tracked("*.py"))
    there = set(re.findall(r"def (test_\w+)", sources)) | {
        Path(name).stem for name in tracked("test_*.py", "*/test_*.py")
    }
    named = {
        (name, test)
        for name in tracked("*.md")
        for test in re.findall(r"`(test_\w+)`", (ROOT / name).read_text("utf-8"))
    }

    assert len(named) > 10
    assert sorted((name, test) for name, test in named if test not in there) == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path):
    lost = []
    for path, anchor in LINK.findall(document.read_text("utf-8")):
        target = (folder_of(document) / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(f"{path}#{anchor}" if anchor else path)

    assert lost == []
