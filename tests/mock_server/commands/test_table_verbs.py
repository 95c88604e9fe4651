"""The verbs from the control plane's table: `clock`, `snapshot` and `reset`, from help to errors."""

import json

import pytest

from sigmic_mock.control.table import control_table
from tests.mock_server.commands.conftest import outcome

VERBS = {row.row["verb"]["is"]: row for row in control_table().operations.values() if "verb" in row.row}


@pytest.mark.parametrize("name", VERBS)
def test_the_help_of_a_verb_explains_its_fields(name: str, capsys) -> None:
    row, (verb, *_) = VERBS[name], name.split()
    outcome(verb, "--help")
    told = " ".join(capsys.readouterr().out.split())
    outcome(*name.split(), "--help")
    fields = " ".join(capsys.readouterr().out.split())

    assert name == verb or row.summary[1:] in told
    for field in row.body.values():
        assert field.schema.get("description", "").strip(".")[1:].replace("`", "") in fields
    assert {"--ready-file", "--project", "--json"} <= set(fields.split())


@pytest.mark.parametrize("name", VERBS)
async def test_a_misspelt_flag_is_refused_with_the_nearest_name(name: str, verb) -> None:
    code, said, complaint = await verb(*name.split(), "--projct", "x")

    assert (code, said) == (2, "")
    assert "did you mean --project?" in complaint or "required" in complaint


async def test_every_verb_is_done_and_prints_its_line_or_one_object(mock, verb) -> None:
    task = await mock.finished()
    for words, line in (
        ("clock show", "manual  "),
        ("clock timers", f"  session_expiry  {task}"),
        ("clock advance 31m", "1 x session_expiry"),
        ("clock timers", "nothing is pending"),
        ("clock set scaled:60 --now 2030-01-31T12:00:00Z", "scaled:60  2030-01-31T12:00:0"),
        ("clock set manual", "manual  2030"),
        ("snapshot save before", "before  "),
        ("snapshot list", "before  2030-01-31"),
        ("snapshot restore before", "restored before  2030-01-31"),
        ("snapshot fork before --count 2", "  1 task"),
        ("snapshot delete before", "deleted before of project "),
        ("snapshot list", "there is no snapshot"),
        ("reset clock", "reset clock of project "),
    ):
        code, said, complaint = await verb(*words.split())
        assert (code, complaint) == (0, ""), words
        assert line in said, words
    for words in (
        "clock show",
        "clock advance 1s",
        "snapshot save s",
        "snapshot fork s",
        "reset state clock",
    ):
        code, said, _ = await verb(*words.split(), "--json")
        assert (code, isinstance(json.loads(said), dict)) == (0, True), words
    assert (
        json.loads((await verb("clock", "show", "--json", "--project", "elsewhere"))[1])["project"]
        == "elsewhere"
    )
    assert (await mock.call("GET", f"/api/v1/tasks/{task}")).status == 404


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("clock advance soon", 2, "for example 30s"),
        ("clock set manul", 2, "did you mean manual?"),
        ("clock set", 2, "Send mode, now or both"),
        ("clock advance", 2, "TIME"),
        ("clock advanc 1s", 2, "advance"),
        ("clock show --project elsewher", 1, "did you mean elsewhere?"),
        ("snapshot restore snapshot-2", 1, "snapshot-2"),
        ("snapshot fork s --count 0", 2, "count must be a whole number, 1 to 100"),
        ("snapshot fork s --count many", 2, "--count"),
        ("reset stat", 2, "did you mean state?"),
    ],
)
async def test_a_wrong_command_is_refused_with_a_hint(mock, verb, words: str, code: int, told: str) -> None:
    task = await mock.finished()

    ended, said, complaint = await verb(*words.split())

    assert (ended, said) == (code, "")
    assert complaint.startswith("sigmic-mock: ")
    assert told in complaint
    assert (await mock.call("GET", f"/api/v1/tasks/{task}")).status == 200


async def test_replies_are_added_listed_and_deleted(mock, verb) -> None:
    tools = '[{"run": {"command": "ls"}}]'

    added = await verb("reply", "add", "You said {{message}}", "--tools", tools)
    listed = await verb("reply", "list")
    cleared = await verb("reply", "clear")
    refused = await verb("reply", "add", "Hi", "--tools", "ls")

    assert added[1].startswith("1 reply  project ")
    assert "{'run': {'command': 'ls'}}" in listed[1]
    assert cleared[1].startswith("deleted 1 reply of project ")
    assert refused[0] == 2
    assert "--tools must be JSON, not 'ls'" in refused[2]
