"""The pages' files: vendored libraries are the committed ones, and no file uses what the policy forbids."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
WEB = ROOT / "mock_server" / "sigmic_mock" / "web"
VENDOR = WEB / "vendor"
OWN = sorted(
    path for path in WEB.rglob("*") if path.suffix in {".js", ".css", ".html"} and VENDOR not in path.parents
)
MOST_KB = {
    "chat.html": 75,
    "console.html": 80,
    "deck.html": 90,
    "docs.html": 60,
    "unknown.html": 20,
    "widget": 60,
}
"""Limits in KB of a page's first load, packed by gzip; of the widget until its panel opens."""
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\("
    r"|new Function|DOMParser"
    r"|createContextualFragment|srcdoc| style=\"|\son\w+=\"|javascript:"
)
STORED_IN_A_TAB = [WEB / "deck" / "control.js", WEB / "ui" / "ends.js"]
"""The control token, which ends with its server (ADR 24), and how turns ended; no other credential."""


def test_vendored_files_match_their_list():
    listed = json.loads((VENDOR / "vendor.json").read_text())["libraries"]

    assert {path.name for path in VENDOR.glob("*.js")} == {library["file"] for library in listed}
    for library in listed:
        assert hashlib.sha256((VENDOR / library["file"]).read_bytes()).hexdigest() == library["sha256"]
        for package in library["packages"]:
            assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
            assert package["licence"] in {"MIT", "Apache-2.0"}
            assert (VENDOR / package["licenceFile"]).stat().st_size > 500


def test_no_file_makes_markup_of_text_or_runs_it():
    assert OWN
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in OWN
        for match in [FORBIDDEN.search(path.read_text())]
        if match
    ]

    assert found == []


def test_no_credential_is_stored():
    assert [path for path in OWN if "sessionStorage" in path.read_text()] == STORED_IN_A_TAB


def test_every_import_names_a_file_beside_it():
    pattern = re.compile(r"""(?:from|import)\s*\(?\s*["']([^"']+)["']""")
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in OWN
        if path.suffix == ".js"
        for name in pattern.findall(path.read_text())
        if not name.startswith(".") or not (path.parent / name).is_file()
    ]

    assert missing == []


def test_pages_name_only_files_that_there_are():
    for page in WEB.glob("*.html"):
        named = re.findall(r'(?:href|src)="/ui/([^"]+)"', page.read_text())
        assert named
        assert [name for name in named if not (WEB / name).is_file()] == []


def first_load(page: Path) -> set[Path]:
    """Return the files that a browser fetches before it draws the page."""
    named = re.findall(r'(?:href|src)="/ui/([^"]+)"', page.read_text())
    return {page} | with_imports(WEB / name for name in named)


def with_imports(files: Iterable[Path]) -> set[Path]:
    """Return these files and every module that one of them imports before it runs."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path not in found and path.suffix == ".js":
            names = re.findall(r'^(?:import|export)[^;]*?from "([^"]+)"', path.read_text(), re.MULTILINE)
            waiting += [(path.parent / name).resolve() for name in names]
        found.add(path)
    return found


def test_a_page_names_all_its_modules_so_that_none_waits_for_another_to_be_read():
    for page in WEB.glob("*.html"):
        named = set(re.findall(r'(?:href|src)="/ui/([^"]+\.js)"', page.read_text()))

        assert named == {str(it.relative_to(WEB)) for it in first_load(page) if it.suffix == ".js"}, page


def test_no_page_loads_more_than_it_may():
    for page in WEB.glob("*.html"):
        bytes_sent = sum(len(gzip.compress(path.read_bytes(), 9)) for path in first_load(page))

        assert len(first_load(page)) > 2, page
        assert bytes_sent <= MOST_KB[page.name] * 1000, f"{page.name}: {bytes_sent}"


def test_the_widget_loads_no_more_than_it_may():
    script = WEB / "widget" / "widget.js"
    styles = re.findall(r'"([a-z/-]+\.css)"', script.read_text())
    loaded = with_imports([WEB / "widget" / "loader.js", script, *(WEB / name for name in styles)])

    assert len(styles) == 2
    assert WEB / "ui" / "dialogue.js" not in loaded
    assert sum(len(gzip.compress(path.read_bytes(), 9)) for path in loaded) <= MOST_KB["widget"] * 1000
