"""What `plan` prints about journeys: how many pairs of situations they reach, which they do not, and why."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.traffic.journeys.coverage import Combination
from sigmic_conformance.traffic.journeys.planning import Journeys


def heading(journeys: Journeys | None) -> Iterator[str]:
    """One or two lines for the head of the plan."""
    if journeys is None:
        yield "journeys   none: requirements were chosen by name, and journeys are for all of them"
        return
    turns = sum(each.cost.turns for each in journeys.bought)
    yield f"journeys   {len(journeys.bought)} of {turns} turns: {counted(journeys)}"
    for each in journeys.unbought:
        yield f"           not bought: {_counts(len(each.pairs), len(each.triples))}: {each.because}"


def counted(journeys: Journeys) -> str:
    """How many pairs and triples are covered, of how many."""
    said = f"{journeys.pairs_bought:,} of {journeys.pairs:,} pairs of situations"
    if journeys.triples:
        said += f", {journeys.triples_bought} of {journeys.triples} triples"
    return said


def as_json(journeys: Journeys | None) -> dict[str, Any] | None:
    """The journeys as JSON values."""
    if journeys is None:
        return None
    return {
        "seed": journeys.seed,
        "pairs": {"possible": journeys.pairs, "bought": journeys.pairs_bought},
        "triples": {"possible": journeys.triples, "bought": journeys.triples_bought},
        "bought": [
            {
                "name": each.journey.name,
                "owner": each.journey.owner,
                "value": each.journey.value,
                "asks": each.journey.asks,
                "left_out": each.left_out,
                "steps": [
                    {"expires": step.expires, "situation": dict(step.situation)}
                    for step in each.journey.steps
                ],
            }
            for each in journeys.bought
        ],
        "unbought": [
            {
                "because": each.because,
                "pairs": [_named(pair) for pair in each.pairs],
                "triples": [_named(triple) for triple in each.triples],
            }
            for each in journeys.unbought
        ],
    }


def _counts(pairs: int, triples: int) -> str:
    return f"{pairs} pairs" + (f", {triples} triples" if triples else "")


def _named(combination: Combination) -> str:
    return " with ".join(map(str, combination))
