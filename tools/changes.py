"""Whether the notes in `changes/` are named and written so that a release can gather them.

python -m tools.changes           look at every note (`tox -e lint`)
python -m tools.changes FILE ...  look at these
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "changes"
WITHOUT_TEXT = "internal"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.(?P<type>[a-z]+)(?:\.[1-9][0-9]*)?\.md")


@cache
def _settings() -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the types of notes, and the names of files that are none, as towncrier reads them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
    return tuple(each["directory"] for each in settings["type"]), frozenset(settings["ignore"])


def problems(note: Path) -> Iterator[str]:
    """Yield what is wrong with a note, in plain sentences; nothing for a file that is no note."""
    types, others = _settings()
    if note.name in others:
        return
    named = _NAME.fullmatch(note.name)
    if named is None or named["type"] not in types:
        one_of = ", ".join(types)
        yield f"its name is not NAME.TYPE.md: NAME of small letters, digits and hyphens, TYPE {one_of}"
        return
    text = note.read_text("utf-8").strip()
    if not text and named["type"] != WITHOUT_TEXT:
        yield f"it says nothing; only {WITHOUT_TEXT} may"
    elif text and not text.endswith((".", "!", "?", "```")):
        yield "its last sentence does not end"
    elif text.startswith(("-", "*", "#")):
        yield "it is plain sentences: the release makes the list"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for every problem; 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m tools.changes", description=__doc__)
    parser.add_argument("notes", nargs="*", type=Path, metavar="FILE")
    given: list[Path] = parser.parse_args(arguments).notes
    found = [
        f"changes/{note.name}: {problem}"
        for note in given or sorted(FOLDER.iterdir())
        for problem in problems(note)
    ]
    if found:
        sys.stderr.write("\n".join([*found, "changes/README.md says how a note is named and written.", ""]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
