"""`sigmic-mock clock`."""

import json

import pytest


async def test_time_is_shown_set_and_moved(mock, verb) -> None:
    task_id = await mock.finished()

    code, shown, _ = await verb("clock", "show")
    assert (code, shown.split()[0]) == (0, "manual")

    code, listed, _ = await verb("clock", "timers")
    assert (code, listed.split()[1:]) == (0, ["session_expiry", task_id])

    code, moved, _ = await verb("clock", "advance", "31m")
    assert code == 0
    assert "1 x session_expiry" in moved

    code, changed, _ = await verb("clock", "set", "scaled:60", "--now", "2030-01-31T12:00:00Z")
    assert (code, changed.split()[0]) == (0, "scaled:60")
    assert "2030-01-31T12:00:0" in changed


async def test_json_is_one_object(mock, verb) -> None:
    for words in (("show",), ("timers",), ("advance", "15s"), ("set", "manual")):
        code, said, _ = await verb("clock", *words, "--json")
        assert code == 0
        assert json.loads(said)["now"].endswith("Z")


async def test_a_project_can_be_named(mock, verb) -> None:
    _, said, _ = await verb("clock", "show", "--json", "--project", "elsewhere")

    assert json.loads(said)["project"] == "elsewhere"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("advance", "soon"), 1, "for example 15s"),
        (("set", "manul"), 1, "did you mean manual?"),
        (("set",), 1, "Send mode, now or both"),
        (("advance",), 2, "TIME"),
        (("advanc", "1s"), 2, "advance"),
        (("show", "--projct", "x"), 2, "did you mean --project?"),
        (("show", "--project", "elsewher"), 1, "did you mean elsewhere?"),
    ],
)
async def test_a_mistake_says_what_to_type(mock, verb, words, code, told) -> None:
    ended, said, complaint = await verb("clock", *words)

    assert (ended, said) == (code, "")
    assert complaint.startswith("sigmic-mock: ")
    assert told in complaint


async def test_a_clock_that_runs_says_how_to_stop_it(mock, verb) -> None:
    await verb("clock", "set", "real")

    code, _, complaint = await verb("clock", "advance", "1s")

    assert code == 1
    assert "manual" in complaint
