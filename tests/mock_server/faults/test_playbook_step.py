"""The playbook step that arms a fault: known with faults enabled, refused with a plain message without."""

from pathlib import Path

import jsonschema_rs
import pytest

from sigmic_mock.agent.playbooks.files import LacksStep, PlaybookError, PlaybookReader
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.agent.steps.catalogue import KINDS
from sigmic_mock.agent.steps.kind import StepKinds
from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS, KEY

READER = PlaybookReader(ALL_STEP_KINDS)
WITHOUT = PlaybookReader(StepKinds(KINDS, missing={KEY: "there are no faults here"}))
EXAMPLES = ALL_STEP_KINDS.by_key[KEY].examples


def playbook(*steps: object) -> dict[str, object]:
    return {"name": "a", "when": {"message": "go"}, "steps": list(steps)}


@pytest.mark.parametrize("example", EXAMPLES, ids=["long", "short"])
def test_an_example_fits_the_schema(example: object) -> None:
    jsonschema_rs.validator_for(playbook_schema(ALL_STEP_KINDS)).validate(playbook({KEY: example}))


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("sse.crfl", "steps/0/fault: no fault named 'sse.crfl'; did you mean sse.crlf?"),
        ({"id": "net.slow", "with": {"second": 1}}, "net.slow has no parameter 'second'; did you mean"),
        ({"id": "sse.crlf", "with": {"task": "x"}}, "steps/0/fault/with: the key 'task' is not allowed"),
    ],
)
def test_a_fault_that_cannot_be_armed_is_a_problem_of_the_playbook(step: object, told: str) -> None:
    library = Library(shipped=False, reader=READER)

    with pytest.raises(PlaybookError) as refused:
        assert library.put(library.draft("project", "a", playbook({KEY: step})))

    assert told in str(refused.value)


def test_a_wrong_fault_is_found_in_a_branch_and_an_argument_of_that_name_is_none() -> None:
    branch = {"run": {"command": "a", "on_error": [{KEY: "sse.crfl"}]}}
    argument = {"tool": {"name": "x", "args": {KEY: "sse.crfl"}}}

    with pytest.raises(PlaybookError) as refused:
        READER.check(playbook(argument, branch), Path("a.yaml"))

    [problem] = refused.value.problems
    assert problem.startswith("a.yaml: steps/1/run/on_error/0/fault: no fault named 'sse.crfl'; did you mean")


def test_the_bundled_playbooks_ask_for_faults_that_exist() -> None:
    asked = 0
    for each in Library(reader=READER).of(""):
        for _place, step in each.placed_steps():
            if KEY in step:
                specify(step[KEY]["id"], step[KEY].get("with", {}))
                asked += 1
    assert asked


def test_without_faults_a_playbook_that_arms_one_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\nwhen: {message: go}\nsteps:\n  - fault: sse.crlf\n")

    with pytest.raises(LacksStep) as refused:
        WITHOUT.read(tmp_path / "a.yaml")
    with pytest.raises(PlaybookError) as at_the_start:
        Library([tmp_path], reader=WITHOUT)

    line = f"{tmp_path}/a.yaml:4: steps/0/fault: there are no faults here"
    assert refused.value.problems == at_the_start.value.problems == (line,)


def test_without_faults_bundled_playbooks_that_arm_one_are_left_out_and_the_others_stay() -> None:
    everything, without = (Library(reader=reader).of("") for reader in (READER, WITHOUT))

    assert set(everything.names) - set(without.names) == {"faulty-stream"}
    assert set(without.names) < set(everything.names)
