"""The page of all small bugs: `python -m tests.conformance.targets.bugs.page` writes it anew.

What the suite said of each bug before anybody had looked at the bugs stands in `first_run.yaml`, by id:
`seen` is what showed it (rows and outcome) or "no", `why` is why it was missed.
"""

from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.conformance.targets.bugs.all import AREAS, BUGS
from tests.conformance.targets.bugs.catalogue import DIMENSIONS, Bug

PAGE = Path(__file__).parents[4] / "docs/explanations/bugs-first-missed.md"
FIRST_RUN = Path(__file__).with_name("first_run.yaml")
INTRODUCTION = """\
# Small bugs of a stranger, and which were missed at first

A judge that is only tried on bugs that its authors thought of is blind where they are. The independent
platform under `tests/conformance/targets/` therefore has {count} small bugs that somebody wrote from the
documented facts alone, before looking at any judge or probe. Each breaks one documented sentence, and only in
a situation: a second turn, a restored session, another caller, a reader that dropped. Elsewhere the platform
stays right: a first turn by JSON and bearer with one reader shows nothing of any of them.

Each bug is a subclass of one part of the platform in `targets/bugs/`, and is seen from outside by a tiny
client in the test of its area. One is switched on at a time:

```console
$ python -m tests.conformance.targets more-on-an-exact-page
$ python -m pytest tests/conformance/targets/bugs          # all of them, with and without
```

The two columns on the right hold what the suite said in its first run against the bugs, before any row or
probe was changed because of them. They are kept in `targets/bugs/first_run.yaml`, and this page is written
by `python -m tests.conformance.targets.bugs.page`. A bug that was missed stays in the list, with the reason;
where both are empty, nobody kept what that run said.
[Ten are explained](judge-proof.md#ten-small-bugs-and-what-is-told-of-them).

## How they are spread

A bug may stand in several dimensions, and in several lines of one.

| dimension | bugs | values |
|---|--:|---|
"""
HEAD = """
## {area}

| bug | what is wrong | documented sentence | situation | seen in the first run | why not |
|---|---|---|---|---|---|
"""


def page(found: Mapping[str, Mapping[str, str]]) -> str:
    """The whole page; `found` is what the first run said, by id."""
    text = INTRODUCTION.format(count=len(BUGS)) + "".join(map(spread, DIMENSIONS))
    for area in AREAS:
        name = area.__name__.rpartition(".")[2]
        rows = [row(each, found.get(each.id, {})) for each in BUGS.values() if each.area == name]
        text += HEAD.format(area=name.capitalize()) + "".join(rows)
    return text


def spread(dimension: str) -> str:
    told = [each.situation[dimension] for each in BUGS.values() if dimension in each.situation]
    values = (f"{value} {sum(value in each for each in told)}" for value in DIMENSIONS[dimension])
    return f"| {dimension} | {len(told)} | {' · '.join(values)} |\n"


def row(bug: Bug, found: Mapping[str, str]) -> str:
    situation = " · ".join(f"{name}: {' and '.join(values)}" for name, values in bug.situation.items())
    sentence = f"{bug.sentence} ({', '.join(bug.facts)})"
    cells = (f"`{bug.id}`", bug.says, sentence, situation, found.get("seen", ""), found.get("why", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def first_run() -> dict[str, dict[str, str]]:
    """What the first run said, by id; nothing before it was run."""
    return yaml.safe_load(FIRST_RUN.read_text()) or {}


if __name__ == "__main__":
    PAGE.write_text(page(first_run()))
