"""`sigmic-mock playbooks`."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from sigmic_mock.agent.playbooks.files import SHIPPED
from tests.mock_server.commands.conftest import Verb

GOOD = "name: good\nwhen: {message: go}\nsteps: [{say: x}]\n"


async def test_validate_reports_all_mistakes_of_all_files_at_once(tmp_path: Path, verb: Verb) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.yaml").write_text("name: a\nwhen: {mesage: x}\nsteps:\n  - fault: sse.crfl\n")
    (folder / "b.yaml").write_text(
        "name: b\nwhen: {message: x}\nsteps:\n  - fault: {id: sse.crlf, with: {tims: 1}}\n"
    )
    (folder / "third.yaml").write_text(GOOD.replace("[{say: x}]", "[{say: {text: a, chunks: [b]}}]"))
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "good.yaml.txt").write_text(GOOD)
    other = tmp_path / "c.yaml"
    other.write_text("name: c\nwhen: {message: 'playbook: retry'}\nsteps: [{say: x}]\n")

    code, said, _ = await verb("playbooks", "validate", folder, other, empty, tmp_path / "none.yaml")

    assert code == 1
    lines = said.replace(f"{tmp_path}/", "").splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "empty",
        "mine/a.yaml:2",
        "mine/a.yaml:4",
        "mine/b.yaml:4",
        "mine/third.yaml:3",
        "none.yaml",
        "c.yaml",
    ]
    for line, told in zip(
        lines,
        (
            "holds no playbook; one is a file whose name ends in .yaml or .yml",
            "did you mean message?",
            "did you mean sse.crlf?",
            "did you mean times?",
            "steps/0/say: give text or chunks, not both",
            "",
            "'c' and 'retry'",
        ),
        strict=True,
    ):
        assert told in line


async def test_validate_reports_success_as_text_and_as_json(tmp_path: Path, verb: Verb) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)

    assert await verb("playbooks", "validate", tmp_path) == (0, "1 playbook, no problems\n", "")
    _, said, _ = await verb("playbooks", "validate", tmp_path, "--json")
    assert json.loads(said) == {"files": 1, "valid": True, "problems": []}
    assert (await verb("playbooks", "validate", SHIPPED))[0] == 0


async def test_the_schema_is_printed_and_fits_the_bundled_ones(verb: Verb) -> None:
    code, said, _ = await verb("playbooks", "schema")

    validator = jsonschema_rs.validator_for(json.loads(said))
    bundled = [yaml.safe_load(path.read_text()) for path in SHIPPED.glob("*.yaml")]
    assert code == 0
    assert all(validator.is_valid(playbook) for playbook in bundled)
    assert not validator.is_valid({**bundled[0], "stepps": []})


async def test_explain_works_without_a_server_and_prints_a_playbook_that_does_the_same(
    tmp_path: Path, verb: Verb
) -> None:
    code, said, _ = await verb("playbooks", "explain", "Wait 2 seconds. Reply with exactly: A")

    assert code == 0
    assert "# directives: no playbook matches (15 checked); the message is made of directives\n" in said
    (tmp_path / "explained.yaml").write_text(said)
    assert (await verb("playbooks", "validate", tmp_path))[0] == 0
    _, again, _ = await verb(
        "playbooks", "explain", "Wait 2 seconds. Reply with exactly: A", "--playbooks", tmp_path
    )
    assert "# playbook: explained matches" in again
    assert yaml.safe_load(again)["steps"] == yaml.safe_load(said)["steps"]


async def test_explain_takes_files_a_project_and_earlier_messages(tmp_path: Path, verb: Verb) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: a\nwhen: {message: go, files: ['*.csv'], project: p}\nsteps: [{say: x}]\n"
        "turns: [{when: {message: more}, steps: [{say: y}]}]\n"
    )
    asked = ("explain", "go", "--playbooks", tmp_path, "--json")

    _, why, _ = await verb("playbooks", *asked[:-1], "--project", "p")
    assert why.splitlines()[1] == "# not a: no attached file for each of *.csv"  # before the bundled ones
    _, alone, _ = await verb("playbooks", *asked)
    _, fitting, _ = await verb("playbooks", *asked, "--file", "b.csv", "--project", "p")
    assert json.loads(alone)["playbook"] is None
    assert json.loads(fitting)["playbook"]["name"] == "a"


async def test_a_list_names_where_each_comes_from(tmp_path: Path, verb: Verb) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)

    _, said, _ = await verb("playbooks", "list", "--playbooks", tmp_path)

    assert any(line.split()[:2] == ["good", "folder"] for line in said.splitlines())
    assert any(line.split()[:2] == ["retry", "bundled"] for line in said.splitlines())


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("validat", "x"), 2, "validate"),
        (("explain", "x", "--flie", "y"), 2, "did you mean --file?"),
        (("explain", "x", "--playbooks", "/nowhere"), 1, "/nowhere: there is no such folder"),
        (("list", "--running"), 1, "Start one with `sigmic-mock`"),
    ],
)
async def test_a_wrong_command_is_refused_with_a_hint(
    verb: Verb, words: tuple[str, ...], code: int, told: str
) -> None:
    ended, _, complaint = await verb("playbooks", *words)

    assert ended == code
    assert told in complaint
    assert complaint.count("\n") == 1


async def test_the_running_server_is_asked_when_that_is_wanted(mock, verb: Verb) -> None:
    await mock.did("put_playbook", name="mine", playbook={"when": {"message": "go"}, "steps": [{"say": "x"}]})

    _, listed, _ = await verb("playbooks", "list", "--running")
    _, told, _ = await verb("playbooks", "explain", "go", "--running", "--json")
    _, offline, _ = await verb("playbooks", "explain", "go", "--json")

    assert "mine" in listed
    assert json.loads(told)["playbook"]["name"] == "mine"
    assert json.loads(offline)["playbook"] is None
