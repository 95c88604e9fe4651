"""The page of all small bugs: `python -m tests.conformance.targets.bugs.page` writes it anew.

What the suite said of each bug stands in `judged.yaml`, by id: `before` its journeys and invariants and
`now`. Either is a map of the rows that said what is wrong to their outcome, or "no"; `why` is why it was not
seen before, or is not now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.conformance.targets.bugs.all import AREAS, BUGS
from tests.conformance.targets.bugs.catalogue import DIMENSIONS, Bug

PAGE = Path(__file__).parents[4] / "docs/explanations/bugs-first-missed.md"
JUDGED = Path(__file__).with_name("judged.yaml")
OUTCOMES = ("failed", "warned")
Rows = Mapping[str, str]
INTRODUCTION = """\
# Small bugs of a stranger, and which were missed at first

{totals}

A judge that is only tried on bugs that its authors thought of is blind where they are. The independent
platform under `tests/conformance/targets/` therefore has {count} small bugs that somebody wrote from the
documented facts alone, before looking at any judge or probe. Each breaks one documented sentence, and only in
a situation: a second turn, a restored session, another caller, a reader that dropped. Elsewhere the platform
stays right: a first turn by JSON and bearer with one reader shows nothing of any of them.

Each bug is a subclass of one part of the platform in `targets/bugs/`, and is seen from outside by a tiny
client in the test of its area:

```console
$ python -m tests.conformance.targets more-on-an-exact-page
$ python -m pytest tests/conformance/targets/bugs          # all of them, with and without
```

*Before* is what the suite said when it had neither journeys nor invariants: of those that a seed drew, and of
four that came later. *Now* is what it says of all of them, with the tier `full`, journeys of all pairs and a
heartbeat of 3 s. Named are rows whose finding says what the bug does; whatever else it turned red does not
count. Most were judged several at a time, of such as do not hide one another; what was not seen so was judged
alone. A bug that was missed stays in the list, with the reason. All of it is kept in
`targets/bugs/judged.yaml`, and this page is written by `python -m tests.conformance.targets.bugs.page`.
[Ten are explained](judge-proof.md#ten-small-bugs-and-what-is-told-of-them).

## How they are spread

A bug may stand in several dimensions, and in several lines of one.

| dimension | bugs | values |
|---|--:|---|
"""
HEAD = """
## {area}

| bug | what is wrong | documented sentence | situation | before | now | why it was missed, or is |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What the suite said of a bug: rows with their outcome, none where it saw nothing.

    `before` is None of one that was not judged then.
    """

    now: Rows
    before: Rows | None
    why: str = ""


def judged() -> dict[str, Judged]:
    """What was said of each bug, by id. Raises ValueError for an outcome or a miss without reason."""
    found = {}
    for name, said in yaml.safe_load(JUDGED.read_text()).items():
        now, before = rows(said["now"]), rows(said["before"]) if "before" in said else None
        found[name] = Judged(now=now, before=before, why=said.get("why", ""))
        if not now and not found[name].why:
            raise ValueError(f"{name} is not seen, and nobody says why")
    return found


def rows(told: object) -> Rows:
    """Rows with their outcome. Raises ValueError for anything else but "no"."""
    if told == "no":
        return {}
    if not isinstance(told, dict) or not told or not set(told.values()) <= set(OUTCOMES):
        raise ValueError(f"neither rows with their outcome nor no: {told}")
    return told


def page(found: Mapping[str, Judged]) -> str:
    """The whole page; `found` is what was said of the bugs, by id."""
    text = INTRODUCTION.format(count=len(BUGS), totals=totals(found)) + "".join(map(spread, DIMENSIONS))
    for area in AREAS:
        name = area.__name__.rpartition(".")[2]
        lines = [row(each, found[each.id]) for each in BUGS.values() if each.area == name]
        text += HEAD.format(area=name.capitalize()) + "".join(lines)
    return text


def totals(found: Mapping[str, Judged]) -> str:
    """One sentence: how many were seen, now and before."""
    before = [each.before for each in found.values() if each.before is not None]
    now = [each.now for each in found.values()]
    return (
        f"Of all {len(now)} bugs {seen(now)}; of the {len(before)} that the suite judged before it had "
        f"journeys and invariants {seen(before)}."
    )


def seen(said: Iterable[Rows]) -> str:
    """For how many a row failed, of how many one only warned, and how many were not seen."""
    worst = [next((each for each in OUTCOMES if each in told.values()), "") for told in said]
    failed, warned, missed = (worst.count(each) for each in (*OUTCOMES, ""))
    return f"a row turns red at {failed}, only warns at {warned} and says nothing at {missed}"


def spread(dimension: str) -> str:
    told = [each.situation[dimension] for each in BUGS.values() if dimension in each.situation]
    values = (f"{value} {sum(value in each for each in told)}" for value in DIMENSIONS[dimension])
    return f"| {dimension} | {len(told)} | {' · '.join(values)} |\n"


def row(bug: Bug, found: Judged) -> str:
    situation = " · ".join(f"{name}: {' and '.join(values)}" for name, values in bug.situation.items())
    sentence = f"{bug.sentence} ({', '.join(bug.facts)})"
    cells = (f"`{bug.id}`", bug.says, sentence, situation, told(found.before), told(found.now), found.why)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def told(said: Rows | None) -> str:
    """Rows under their outcome, the worse first; nothing where nobody ran it."""
    if said is None:
        return ""
    by = {each: ", ".join(row for row, outcome in said.items() if outcome == each) for each in OUTCOMES}
    return "; ".join(f"{outcome} {names}" for outcome, names in by.items() if names) or "not seen"


if __name__ == "__main__":
    PAGE.write_text(page(judged()))
