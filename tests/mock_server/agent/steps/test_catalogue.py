"""Kinds of steps: each example matches the schema and can be performed, and every key is described."""

import pytest

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.agent.steps.catalogue import STEP_KINDS
from sigmic_mock.agent.turn import TurnCancelled, TurnFailed
from tests.fakes.turn import ScriptedTurn

EXAMPLES = [
    pytest.param(key, example, id=f"{key}-{at}")
    for key, kind in STEP_KINDS.by_key.items()
    for at, example in enumerate(kind.examples)
]


def playbook(*steps: object) -> dict[str, object]:
    return {"name": "a", "when": {"message": "go"}, "steps": list(steps)}


@pytest.mark.parametrize(("key", "example"), EXAMPLES)
async def test_an_example_fits_the_schema_and_is_performed(key: str, example: object) -> None:
    library = Library()
    assert library.put(library.draft("project", "a", playbook({key: example})))
    turn = ScriptedTurn("go")
    quiet = ScriptedTurn("go")

    try:
        await Agent(library).perform(turn)
    except (TurnCancelled, TurnFailed):
        assert key in {"cancel", "fail"}
        return

    assert library.put(library.draft("project", "a", playbook({"wait": 0})))
    await Agent(library).perform(quiet)
    assert turn.log != quiet.log
    assert turn.answer


def test_every_key_of_the_schema_is_described() -> None:
    def missing(schema: object, place: str) -> list[str]:
        found: list[str] = []
        if isinstance(schema, dict):
            for name, part in schema.get("properties", {}).items():
                if "description" not in part and "description" not in _followed(part):
                    found.append(f"{place}/{name}")
            for name, part in schema.items():
                found += missing(part, f"{place}/{name}")
        elif isinstance(schema, list):
            for at, part in enumerate(schema):
                found += missing(part, f"{place}/{at}")
        return found

    assert missing(playbook_schema(), "") == []


def _followed(part: dict[str, object]) -> dict[str, object]:
    reference = part.get("$ref")
    if not isinstance(reference, str):
        return part
    followed: dict[str, object] = playbook_schema()["$defs"][reference.removeprefix("#/$defs/")]
    return followed
