"""Find flagged words in the texts of this repository. Pages, messages, documents and data have none.

    python -m tools.words                   lower the limits to what is found; part of `tox -e fix`
    python -m tools.words --check           exit 1 for an area above its limit; `tox -e lint`
    python -m tools.words --show AREA ...   print every flagged word of these areas

`words.yaml` has the words and the exceptions, `words_limits.json` the limit of each area. A limit only falls.
"""

import argparse
import json
import re
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path

import yaml

from tools.texts import AREAS, Text

ROOT = Path(__file__).parents[1]
RULES = Path(__file__).with_name("words.yaml")
LIMITS = "tools/words_limits.json"
_AROUND = 30
_HUNK = re.compile(r"@@ \S+ \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Found:
    """A flagged word in a text."""

    path: str
    line: int
    around: str
    write: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: …{self.around}… (write: {self.write})"


@dataclass(frozen=True, slots=True)
class Allowed:
    """A text that keeps a flagged word, and why. `path` may have `*`."""

    path: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The flagged expressions, and the exceptions."""

    flagged: Mapping[re.Pattern[str], str]
    allowed: Sequence[Allowed]

    @classmethod
    def load(cls, file: Path = RULES) -> "Rules":
        """Read the rules. Raises re.error for a bad expression, KeyError for a missing field."""
        data = yaml.safe_load(file.read_text("utf-8"))
        flagged = {re.compile(each["find"], re.IGNORECASE): each["write"] for each in data["flagged"]}
        return cls(
            flagged, [Allowed(each["path"], each["words"], each["reason"]) for each in data["allowed"]]
        )

    def found(self, text: Text) -> Iterator[Found | Allowed]:
        """Yield the flagged words of a text, and for a word that may stay the exception that allows it."""
        words = text.content.split()
        content = " ".join(words)
        for rule, write in self.flagged.items():
            for match in rule.finditer(content):
                start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
                exception = self._allowing(text.path, content, match)
                line = text.line + _line_breaks(text.content, words, match.start())
                yield exception or Found(text.path, line, content[start:end], write)

    def _allowing(self, path: str, content: str, match: re.Match[str]) -> Allowed | None:
        for each in self.allowed:
            if not fnmatchcase(path, each.path):
                continue
            spans = (place.span() for place in re.finditer(re.escape(each.words), content))
            if any(start <= match.start() and match.end() <= end for start, end in spans):
                return each
        return None


def _line_breaks(content: str, words: Sequence[str], offset: int) -> int:
    """Return how many lines of `content` end before the word at `offset` of its words joined by one space."""
    starts = list(accumulate((len(word) + 1 for word in words), initial=0))
    index = bisect_right(starts, offset) - 1
    places = [place.start() for place in re.finditer(r"\S+", content)]
    return content.count("\n", 0, places[index])


def survey(
    root: Path, rules: Rules, areas: Sequence[str] = ()
) -> tuple[dict[str, list[Found]], set[Allowed]]:
    """Return the flagged words by area, and the exceptions that were used."""
    found: dict[str, list[Found]] = {}
    used: set[Allowed] = set()
    for area in areas or AREAS:
        results = [each for text in AREAS[area](root) for each in rules.found(text)]
        found[area] = [each for each in results if isinstance(each, Found)]
        used |= {each for each in results if isinstance(each, Allowed)}
    return found, used


def added_lines(root: Path) -> set[tuple[str, int]]:
    """Return path and number of each line that was added since the limits were last committed."""

    def git(*words: str) -> str:
        command = ["git", *words]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        return done.stdout

    since = git("log", "-1", "--format=%H", "--", LIMITS).strip()
    path, added = "", set()
    for line in git("diff", "--unified=0", "--no-prefix", since or "HEAD").splitlines():
        if line.startswith("+++ "):
            path = line.removeprefix("+++ ")
        elif hunk := _HUNK.match(line):
            first = int(hunk[1])
            added |= {(path, number) for number in range(first, first + int(hunk[2] or 1))}
    return added


def problems(
    found: Mapping[str, Sequence[Found]], limits: Mapping[str, int], added: Collection[tuple[str, int]] = ()
) -> Iterator[str]:
    """Yield the words of each area above its limit, and each limit above the number found.

    Of an area, the words in `added` lines are enough, if there are any.
    """
    for area, words in found.items():
        limit = limits[area]
        if len(words) > limit:
            yield from map(str, [each for each in words if (each.path, each.line) in added] or words)
            yield f"{area}: {len(words)} flagged words, {limit} are allowed"
        elif len(words) < limit:
            yield f"{area}: {len(words)} flagged words, {limit} are allowed. `tox -e fix` lowers the limit"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT, rules: Rules | None = None) -> int:
    """Check, show or lower; return 1 if an area is above its limit or an exception is not used."""
    parser = argparse.ArgumentParser(prog="python -m tools.words", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare with the limits instead of lowering them"
    )
    parser.add_argument(
        "--show", nargs="+", choices=AREAS, metavar="AREA", help=f"print the words of {', '.join(AREAS)}"
    )
    given = parser.parse_args(arguments)
    rules = rules or Rules.load()
    if given.show:
        found, _ = survey(root, rules, given.show)
        sys.stdout.writelines(f"{each}\n" for words in found.values() for each in words)
        return 0
    found, used = survey(root, rules)
    file = root / LIMITS
    limits = json.loads(file.read_text("utf-8"))
    if not given.check:
        limits = {area: min(limit, len(found[area])) for area, limit in limits.items()}
        file.write_text(json.dumps(limits, indent=2) + "\n", "utf-8")
    said = list(problems(found, limits, added_lines(root)))
    said += [
        f"{RULES.name}: nothing has “{each.words}” in {each.path}"
        for each in rules.allowed
        if each not in used
    ]
    if said:
        sys.stderr.write("\n".join(said) + "\nCONTRIBUTING.md explains how we write.\n")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
