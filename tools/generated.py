"""Every tracked file that follows from code or data, and the one command that writes them all.

    python -m tools.generated            write them; part of `tox -e fix`
    python -m tools.generated --check    exit 1 and say which are out of date; `tox -e lint`

What has to be measured comes from a run against the mock: `reports/reference.tsv`
(`python -m sigmic_conformance.reports.reference`) and the costs of probes
(`python -m sigmic_conformance.run.costs`).
"""

import argparse
import difflib
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigmic_mock.reference_pages import PAGES as MOCK_PAGES
from tools import blocks, suite_pages
from tools.python_types import answer_types
from tools.recording import tour
from tools.typescript import control_types

ROOT = Path(__file__).parents[1]
COMMAND = "tox -e fix"
_PAGES = "docs/reference"
_DIFF_LINES = 12


@dataclass(frozen=True, slots=True)
class Generator:
    """Writes some files. A person edits `source` instead of them."""

    name: str
    source: str
    files: Callable[[], Mapping[str, bytes]]
    """The content of each file, by its path from the root of the repository."""


def _one(path: str, text: Callable[[], str]) -> Callable[[], Mapping[str, bytes]]:
    return lambda: {path: text().encode()}


def _pages(pages: Mapping[str, Callable[[], str]]) -> Callable[[], Mapping[str, bytes]]:
    return lambda: {f"{_PAGES}/{name}": page().encode() for name, page in pages.items()}


def _blocks() -> Mapping[str, bytes]:
    return {
        path.relative_to(ROOT).as_posix(): blocks.filled(path.read_text("utf-8")).encode()
        for path in blocks.documents()
    }


GENERATORS: Sequence[Generator] = (
    Generator("flags, errors, playbooks", "mock_server/sigmic_mock/", _pages(MOCK_PAGES)),
    Generator("commands, reason codes", "conformance/sigmic_conformance/", _pages(suite_pages.PAGES)),
    Generator(
        "types of the control plane",
        "mock_server/sigmic_mock/control/control.yaml",
        _one("javascript/control.d.ts", control_types),
    ),
    Generator(
        "answers of the control plane",
        "mock_server/sigmic_mock/control/control.yaml",
        _one("mock_server/sigmic_mock/testing/control_answers.py", answer_types),
    ),
    Generator("blocks", "tools/blocks.py", _blocks),
    Generator("the moving picture", "docs/guides/use-the-mock.md", _one("docs/images/tour.svg", tour)),
)
"""In the order of writing."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A file whose content differs from the current output of its generator."""

    path: str
    source: str
    before: bytes | None
    """None if the file is missing."""
    after: bytes

    def text(self) -> str:
        """Return one line about the file and the first lines that differ."""
        return "\n".join([f"{self.path} does not follow from {self.source}", *self._difference()])

    def _difference(self) -> Iterator[str]:
        if self.before is None:
            yield "    there is no such file"
            return
        before, after = (text.decode("utf-8", "replace").splitlines() for text in (self.before, self.after))
        lines = difflib.unified_diff(before, after, lineterm="", n=0)
        for line in itertools.islice(lines, 2, _DIFF_LINES):
            yield f"    {line[:160]}"


def stale(generator: Generator, root: Path = ROOT) -> list[Stale]:
    """Return the files of a generator that are missing or out of date."""
    found = []
    for path, after in generator.files().items():
        file = root / path
        before = file.read_bytes() if file.is_file() else None
        if before != after:
            found.append(Stale(path, generator.source, before, after))
    return found


def main(
    arguments: Sequence[str] | None = None,
    generators: Sequence[Generator] = GENERATORS,
    root: Path = ROOT,
) -> int:
    """Write or check; return 1 if the check finds a file out of date, or if a file cannot be generated."""
    parser = argparse.ArgumentParser(prog="python -m tools.generated", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    is_check = parser.parse_args(arguments).check
    said: list[str] = []
    for generator in generators:
        try:
            found = stale(generator, root)
        except ValueError as problem:  # an invalid ledger, catalogue or block states the reason
            said.append(f"{generator.name}: {problem}")
            continue
        for each in found:
            if is_check:
                said.append(each.text())
                continue
            file = root / each.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(each.after)
            sys.stdout.write(f"wrote {each.path}\n")
    if said:
        advice = f"\nRun `{COMMAND}`, and commit what it writes." if is_check else ""
        sys.stderr.write("\n".join(said) + f"{advice}\n")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
