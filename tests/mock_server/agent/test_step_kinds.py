"""Kinds of steps: schema, reader, performer and writer agree, and no step is without one of them."""

import json
from typing import get_args

import jsonschema_rs
import pytest

from sigmic_conformance.mock_server.agent.agent import Agent
from sigmic_conformance.mock_server.agent.library import Library
from sigmic_conformance.mock_server.agent.perform import perform
from sigmic_conformance.mock_server.agent.playbook_files import SHIPPED
from sigmic_conformance.mock_server.agent.playbook_schema import SCHEMA_FILE, playbook_schema
from sigmic_conformance.mock_server.agent.step_kinds.catalogue import DEEDS, KINDS, compile_steps, write_steps
from sigmic_conformance.mock_server.agent.steps import Step
from sigmic_conformance.mock_server.agent.turn import TurnCancelled, TurnFailed
from sigmic_conformance.mock_server.faults.catalogue import specify
from tests.fakes.turn import ScriptedTurn

EXAMPLES = [
    pytest.param(key, example, id=f"{key}-{at}")
    for key, kind in KINDS.items()
    for at, example in enumerate(kind.examples)
]


def playbook(*steps: object) -> dict[str, object]:
    return {"name": "a", "when": {"message": "go"}, "steps": list(steps)}


def test_every_class_of_step_has_its_deed_and_nothing_else_has() -> None:
    assert set(DEEDS) == set(get_args(Step))


@pytest.mark.parametrize(("key", "example"), EXAMPLES)
def test_an_example_fits_the_schema_and_reads_back_after_it_was_written(key: str, example: object) -> None:
    jsonschema_rs.validator_for(playbook_schema()).validate(playbook({key: example}))
    steps = compile_steps([{key: example}])

    written = write_steps(steps)

    jsonschema_rs.validator_for(playbook_schema()).validate(playbook(*written))
    assert steps
    assert compile_steps(written) == steps


@pytest.mark.parametrize(("key", "example"), EXAMPLES)
async def test_an_example_is_performed(key: str, example: object) -> None:
    library = Library()
    library.put("project", "a", playbook({key: example}))
    turn = ScriptedTurn("go")
    quiet = ScriptedTurn("go")

    try:
        await perform(turn, Agent(library))
    except (TurnCancelled, TurnFailed):
        assert key in {"cancel", "fail"}
        return

    library.put("project", "a", playbook({"wait": 0}))
    await perform(quiet, Agent(library))
    assert turn.log != quiet.log
    assert turn.answer


def test_the_bundled_schema_is_that_of_the_code() -> None:
    assert json.loads((SHIPPED / SCHEMA_FILE).read_text()) == playbook_schema()


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


def test_the_bundled_playbooks_ask_for_faults_that_exist_and_name_their_schema() -> None:
    asked = 0
    for path in SHIPPED.glob("*.yaml"):
        assert path.read_text().startswith(f"# yaml-language-server: $schema=./{SCHEMA_FILE}\n")
    for each in Library().of(""):
        for part in each.parts:
            for written in write_steps(part.steps):
                if "fault" in written:
                    specify(written["fault"]["id"], written["fault"].get("with", {}))
                    asked += 1
    assert asked
