"""Write the page about the small bugs: `python -m tests.conformance.targets.bugs.page`.

`judged.yaml` has the result for each bug, by id: `before` the suite had journeys and invariants, and `now`.
Either is a map from the rows whose finding describes the bug to their outcome, or "no". `why` is the reason
for a miss.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.conformance.targets.bugs.all import AREAS, BUGS
from tests.conformance.targets.bugs.catalogue import DIMENSIONS, Bug

PAGE = Path(__file__).parents[4] / "docs/explanations/bugs-first-missed.md"
JUDGED = Path(__file__).with_name("judged.yaml")
OUTCOMES = ("failed", "warned")
MISSED = "not detected"
Rows = Mapping[str, str]
INTRODUCTION = """\
# Small bugs in one situation

To find the suite's blind spots, {count} small bugs were written from the documented facts alone, by an author
who had not seen any check or probe. Each breaks one documented requirement in one situation only, for example
in a second turn, after a restore, or for another caller. A first turn by one reader shows none of them.

{totals}

Each bug is a subclass of one part of the independent platform, in `tests/conformance/targets/bugs/`. Start
the platform with one of them:

```sh
python -m tests.conformance.targets more-on-an-exact-page
```

Check that a small client sees each bug in its situation, and only there:

```sh
python -m pytest tests/conformance/targets/bugs
```

The suite tested them with the tier `full`, journeys over pairs and a heartbeat of 3 s, most of them several
at a time. A bug counts as detected only if the finding of a row describes it. `judged.yaml` in the same
folder lists these rows for each bug. [How the suite itself is tested](judge-proof.md) puts the result in
context.
"""
AREA_HEAD = """
## By area

| area | bugs | failed | warned | not detected |
|---|--:|--:|--:|--:|
"""
SPREAD_HEAD = """
## By situation

A bug can belong to several dimensions.

| dimension | bugs | values |
|---|--:|---|
"""
MISSED_HEAD = """
## Not detected, and why

| bug | what is wrong | situation | why it is not detected |
|---|---|---|---|
"""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The suite's result for a bug: the rows that describe it, with their outcome; empty if not detected.

    `before` is None if the bug was not tested at that time.
    """

    now: Rows
    before: Rows | None
    why: str = ""


def judged() -> dict[str, Judged]:
    """Return the result for each bug, by id. Raises ValueError for a miss without reason."""
    found = {}
    for name, result in yaml.safe_load(JUDGED.read_text()).items():
        now, before = rows(result["now"]), rows(result["before"]) if "before" in result else None
        found[name] = Judged(now=now, before=before, why=result.get("why", ""))
        if not now and not found[name].why:
            raise ValueError(f"{name} is not detected, and has no reason")
    return found


def rows(value: object) -> Rows:
    """Return rows with their outcome. Raises ValueError for anything else but "no"."""
    if value == "no":
        return {}
    if not isinstance(value, dict) or not value or not set(value.values()) <= set(OUTCOMES):
        raise ValueError(f"expected rows with their outcome, or no: {value}")
    return value


def page(found: Mapping[str, Judged]) -> str:
    """Return the whole page. `found` has the results by id."""
    missed = [each for each in BUGS.values() if not found[each.id].now]
    return "".join(
        [
            INTRODUCTION.format(count=len(BUGS), totals=totals(found)),
            AREA_HEAD,
            *(area_row(area.__name__.rpartition(".")[2], found) for area in AREAS),
            MISSED_HEAD,
            *(missed_row(each, found[each.id].why) for each in missed),
            SPREAD_HEAD,
            *map(spread, DIMENSIONS),
        ]
    )


def totals(found: Mapping[str, Judged]) -> str:
    """Return one paragraph: how many bugs were detected, now and before."""
    before = [each.before for each in found.values() if each.before is not None]
    now = worst(each.now for each in found.values())
    return (
        f"A row fails for {now['failed']} of them, a row warns for {now['warned']}, and {now[MISSED]} are "
        f"not detected. Before the suite had journeys and invariants, it did not detect "
        f"{worst(before)[MISSED]} of the {len(before)} bugs that were tested."
    )


def worst(results: Iterable[Rows]) -> Counter[str]:
    """Count the results by their worst outcome."""
    return Counter(next((each for each in OUTCOMES if each in rows.values()), MISSED) for rows in results)


def area_row(area: str, found: Mapping[str, Judged]) -> str:
    """Return the line of the bugs of one module."""
    results = [found[each.id].now for each in BUGS.values() if each.area == area]
    count = worst(results)
    cells = [area.capitalize(), len(results), *(count[each] for each in (*OUTCOMES, MISSED))]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def spread(dimension: str) -> str:
    """Return the line of one dimension: how many bugs each of its values has."""
    situations = [each.situation[dimension] for each in BUGS.values() if dimension in each.situation]
    values = (f"{value} {sum(value in each for each in situations)}" for value in DIMENSIONS[dimension])
    return f"| {dimension} | {len(situations)} | {' · '.join(values)} |\n"


def missed_row(bug: Bug, why: str) -> str:
    """Return the line of a bug that is not detected."""
    situation = " · ".join(f"{name}: {' and '.join(values)}" for name, values in bug.situation.items())
    cells = (f"`{bug.id}`", bug.says, situation, why)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page(judged()))
