"""The library: a folder that is edited while it is used, a project's playbooks, and leftover files."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.playbooks.files import PlaybookError
from sigmic_mock.agent.playbooks.library import MOST_PATTERNS, Library
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.turn import PLAIN, CallScript, ToolOutcome, TurnFailed
from sigmic_mock.domain.model import ToolStatus
from tests.fakes.turn import ScriptedTurn, message

_moments = count(1_000_000_000)


def save(folder: Path, name: str, says: str, when: str = "message: go", more: str = "") -> Path:
    """Write a playbook's file, each time with another modification time, as after a person's edit."""
    return save_text(folder, name, f"name: {name}\nwhen: {{{when}}}\n{more}\nsteps:\n  - say: {says}\n")


def save_text(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    moment = next(_moments)
    os.utime(path, (moment, moment))
    return path


def said(library: Library, text: str = "go", project: str = "p") -> str | None:
    plan = library.of(project).plan(Prompt(text=text, project_id=project))
    if plan is None:
        return None
    return "".join(step["say"] for step in plan.steps)


def data(says: str = "own", when: str = "go") -> dict[str, object]:
    return {"when": {"message": when}, "steps": [{"say": says}]}


# --- a folder that changes --------------------


def test_a_changed_a_new_and_a_removed_file_are_taken_in_and_nothing_is_read_twice(tmp_path: Path) -> None:
    path = save(tmp_path, "one", "first")
    library = Library([tmp_path])
    assert (said(library), library.refresh()) == ("first", False)

    save(tmp_path, "one", "second")
    save(tmp_path, "two", "other", "message: else")
    assert library.refresh()
    assert (said(library), said(library, "else")) == ("second", "other")

    path.unlink()
    assert library.refresh()
    assert said(library) is None


def test_a_broken_edit_keeps_the_last_good_version_and_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    save(tmp_path, "one", "first")
    library = Library([tmp_path])

    with caplog.at_level(logging.WARNING):
        save_text(tmp_path, "one", "name: one\nwhen: {message: go}\nsteps:\n  - saay: x\n")
        save(tmp_path, "two", "taken in all the same", "message: else")
        library.refresh()
        library.refresh()

    assert (said(library), said(library, "else")) == ("first", "taken in all the same")
    assert len(library.problems) == 1
    assert "one.yaml:4: steps/0" in library.problems[0]
    assert sum("one.yaml:4" in record.getMessage() for record in caplog.records) == 1
    save(tmp_path, "one", "fixed")
    library.refresh()
    assert said(library) == "fixed"
    assert not library.problems


def vanish(folder: Path) -> None:
    (folder / "one.yaml").unlink()
    folder.rmdir()


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda folder: save(folder, "two", "second"), "'one'"),
        (
            lambda folder: save_text(folder, "two", "name: one\nwhen: {message: x}\nsteps: [{say: y}]\n"),
            "is taken by one.yaml",
        ),
        (vanish, "there is no such folder"),
    ],
    ids=["a tie", "a name twice", "no folder"],
)
def test_a_refused_edit_keeps_the_earlier_playbooks(
    tmp_path: Path, edit: Callable[[Path], object], told: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    save(folder, "one", "first")
    library = Library([folder])

    edit(folder)
    library.refresh()

    assert said(library) == "first"
    assert told in library.problems[0]


async def test_a_turn_keeps_the_playbook_that_it_began_with(tmp_path: Path) -> None:
    text = "name: one\nwhen: {message: go}\nsteps: [{say: a}, {wait: 1}, {say: b}]\n"
    save_text(tmp_path, "one", text)
    agent = Agent(Library([tmp_path]))

    class Edited(ScriptedTurn):
        async def sleep(self, seconds: float) -> None:
            save(tmp_path, "one", "new")
            agent.library.refresh()

    turn, later = Edited("go"), ScriptedTurn("go")
    await agent.perform(turn)
    await agent.perform(later)

    assert (turn.answer, later.answer) == ("ab", "new")


# --- playbooks of one project --------------------


def test_a_projects_own_playbook_is_its_alone_and_outranks_the_folders(tmp_path: Path) -> None:
    save(tmp_path, "one", "shared")
    library = Library([tmp_path])

    assert library.put(library.draft("p", "mine", data()))

    assert (said(library), said(library, project="q")) == ("own", "shared")
    save(tmp_path, "two", "late", "message: else")
    library.refresh()
    assert (said(library), said(library, "else")) == ("own", "late")
    assert library.remove("p", "mine") == ("mine",)
    assert (said(library), library.remove("p")) == ("shared", ())


def test_priority_goes_before_ownership(tmp_path: Path) -> None:
    save(tmp_path, "one", "shared", more="priority: 1")
    library = Library([tmp_path])

    assert library.put(library.draft("p", "mine", data()))

    assert said(library) == "shared"


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("a", {"when": {"mesage": "x"}, "steps": [{"say": "y"}]}, "a.yaml: when/mesage: "),
        ("a", "name: a\nwhen: {message: x}\nsteps:\n  - sya: y\n", "a.yaml:4: steps/0"),
        ("a", "name: b\nwhen: {message: x}\nsteps: [{say: y}]\n", "a.yaml:1: name: the address says 'a'"),
        ("a", data("x", "taken"), "'taken'"),
        ("A b", data(), "small letters"),
    ],
)
def test_a_wrong_one_is_refused_and_changes_nothing(
    name: str, given: dict[str, object] | str, told: str
) -> None:
    library = Library(shipped=False)
    assert library.put(library.draft("p", "taken", data("first", "taken")))

    with pytest.raises(PlaybookError) as refused:
        library.draft("p", name, given)

    assert told in str(refused.value)
    assert [each.name for each in library.of("p")] == ["taken"]


def test_a_draft_of_playbooks_that_have_changed_since_is_not_put() -> None:
    library = Library(shipped=False)
    first, second = library.draft("p", "one", data("a")), library.draft("p", "two", data("b"))

    assert [library.put(first), library.put(second)] == [True, False]

    assert [each.name for each in library.of("p")] == ["one"]


def test_a_project_has_a_hundred_patterns_at_most() -> None:
    library = Library(shipped=False)
    many = {"when": {"message": [f"m{number}" for number in range(MOST_PATTERNS)]}, "steps": [{"say": "x"}]}
    assert library.put(library.draft("p", "many", many))

    assert library.put(library.draft("p", "many", many))
    with pytest.raises(PlaybookError, match=f"more than {MOST_PATTERNS} patterns"):
        library.draft("p", "one-more", data("n"))


def test_whatever_goes_wrong_while_a_folder_is_read_again_the_last_good_playbooks_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(tmp_path, "one", "first")
    library = Library([tmp_path])
    agent = Agent(library)

    with monkeypatch.context() as broken:
        broken.setattr("sigmic_mock.agent.playbooks.library.ties", lambda _: 1 // 0)
        save(tmp_path, "one", "second")
        chosen = agent.explain(Prompt(text="go", project_id="p"))["playbook"]["name"]
        during = chosen, said(library), library.problems
    library.refresh()

    assert during[:2] == ("one", "first")
    assert "ZeroDivisionError" in during[2][0]
    assert (said(library), library.problems) == ("second", ())


# --- leftover files --------------------


async def test_steps_that_were_not_performed_are_listed_with_their_place(tmp_path: Path) -> None:
    agent = Agent(Library(shipped=False))
    own = agent.library.own
    steps = [
        {"run": {"command": "x", "on_error": [{"say": "broken"}]}},
        {"retry": "again"},
        {"fail": "no"},
        {"say": "never"},
    ]
    turns = [{"when": {"message": "a"}, "steps": [{"say": "b"}]}, {"steps": [{"say": "c"}]}]
    assert agent.library.put(
        agent.library.draft("project", "one", {"when": {"message": "go"}, "steps": steps, "turns": turns})
    )
    assert agent.library.put(agent.library.draft("project", "idle", data(when="never asked")))
    assert agent.usage.leftovers("project", own("project")) == {
        "count": 2,
        "playbooks": [],
        "never_chosen": ["idle", "one"],
    }

    with pytest.raises(TurnFailed):
        await agent.perform(ScriptedTurn("go"))
    await agent.perform(ScriptedTurn("what", memory=[message("go")]))

    assert agent.usage.leftovers("project", own("project")) == {
        "count": 3,
        "playbooks": [
            {
                "name": "one",
                "source": "one.yaml",
                "chosen": 2,
                "not_performed": [
                    {"at": "steps/3", "step": {"say": "never"}},
                    {"at": "turns/0/steps/0", "step": {"say": "b"}},
                ],
            }
        ],
        "never_chosen": ["idle"],
    }
    assert agent.usage.leftovers("elsewhere", ())["count"] == 0
    agent.usage.forget("project")
    assert agent.usage.leftovers("project", ())["count"] == 0


async def test_a_branch_that_replaced_the_rest_leaves_the_rest_over() -> None:
    agent = Agent(Library(shipped=False))
    steps = [{"run": {"command": "x", "on_error": [{"say": "broken"}]}}, {"say": "rest"}]
    assert agent.library.put(
        agent.library.draft("project", "one", {"when": {"message": "go"}, "steps": steps})
    )

    await agent.perform(ScriptedTurn("go", outcomes=[ToolOutcome(ToolStatus.ERROR, "no")]))

    [left] = agent.usage.leftovers("project", ())["playbooks"]
    assert [each["at"] for each in left["not_performed"]] == ["steps/1"]


class CancelledTurn(ScriptedTurn):
    """Its caller cancels the task while a tool runs."""

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        raise asyncio.CancelledError


async def test_a_refused_or_cancelled_call_leaves_nothing_over() -> None:
    agent = Agent(Library(shipped=False))
    steps = [{"run": {"command": "x", "on_cancel": [{"say": "no"}]}}, {"say": "rest"}]
    for name in ("refused", "cancelled"):
        draft = agent.library.draft("project", name, {"when": {"message": name}, "steps": steps})
        assert agent.library.put(draft)

    refused = ScriptedTurn("refused", outcomes=[ToolOutcome(ToolStatus.CANCELLED, "")])
    await agent.perform(refused)
    with pytest.raises(asyncio.CancelledError):
        await agent.perform(CancelledTurn("cancelled"))

    assert ("say", "no") in refused.log
    assert ("say", "rest") not in refused.log
    assert agent.usage.leftovers("project", ())["count"] == 0


async def test_a_bundled_playbook_is_never_left_over() -> None:
    agent = Agent(Library())
    await agent.perform(ScriptedTurn("playbook: artifacts", outcomes=[ToolOutcome(ToolStatus.ERROR, "no")]))

    assert agent.usage.times_chosen("project") == {"artifacts": 1}
    assert agent.usage.leftovers("project", ())["count"] == 0


async def test_use_is_forgotten_after_very_many_projects() -> None:
    agent = Agent(Library(shipped=False))
    for number in range(1_002):
        assert agent.library.put(agent.library.draft(f"p{number}", "one", data()))
        await agent.perform(ScriptedTurn("go", project_id=f"p{number}"))
        agent.library.remove(f"p{number}")

    assert agent.usage.times_chosen("p0") == {}
    assert agent.usage.times_chosen("p1001") == {"one": 1}
