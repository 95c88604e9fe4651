"""Explain: which playbook was chosen and why, and why the others were not."""

from typing import Any

import pytest

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.domain.model import AttachedFile
from tests.fakes.turn import message


def explained(
    text: str, *files: str, after: str | None = None, shipped: bool = False, **playbooks: dict[str, Any]
) -> dict[str, Any]:
    library = Library(shipped=shipped)
    for name, more in playbooks.items():
        assert library.put(library.draft("p", name, {"steps": [{"say": name}], **more}))
    attached = tuple(AttachedFile(name, f"uploads/{name}") for name in files)
    memory = () if after is None else (message(after),)
    return Agent(library).explain(Prompt(text=text, files=attached, project_id="p", memory=memory))


def when(**keys: Any) -> dict[str, Any]:
    return {"when": keys}


def test_the_chosen_one_and_why_each_other_was_not() -> None:
    told = explained(
        "a report please",
        best=when(message="*report*please"),
        general=when(message="*report*"),
        lowly={**when(message="a*"), "priority": -1},
        files=when(message="*report*", files=["*.csv"]),
        regex=when(regex="^b"),
        other=when(message="*invoice*"),
        elsewhere=when(message="*report*", project="q"),
    )

    assert told["source"] == "playbook"
    assert told["playbook"] == {
        "name": "best",
        "summary": "",
        "from": "project",
        "source": "best.yaml",
        "turn": None,
    }
    assert told["why"] == "best matches better than 2 others"
    assert [(each["name"], each["fits"], each["why_not"]) for each in told["runners_up"]] == [
        ("general", True, "its pattern has 6 letters, the other's 12"),
        ("lowly", True, "its priority is -1 to 0"),
        ("files", False, "no attached file for each of *.csv"),
        ("elsewhere", False, "it is for project q"),
    ]
    assert told["compiled"] == {
        "name": "best",
        "when": {"message": "a report please"},
        "steps": [{"say": "best"}],
    }
    assert told["unparsed"] == []


def test_a_playbook_whose_pattern_differs_by_a_letter_is_listed_and_no_other() -> None:
    told = explained(
        "quarterly-report", report=when(message="*quarterly report*"), other=when(message="*invoice*")
    )

    assert told["source"] == "answer"
    assert told["why"].startswith(
        "no playbook matches (2 checked); the message is not made of directives: answer "
    )
    assert told["runners_up"] == [
        {"name": "report", "fits": False, "why_not": "the message is not like '*quarterly report*'"}
    ]


def test_files_decide() -> None:
    told = explained(
        "report", "a.csv", plain=when(message="*report*"), files=when(message="*r*", files=["*.csv"])
    )

    assert told["playbook"]["name"] == "files"
    assert told["runners_up"][0]["why_not"] == "it asks for 0 kinds of files, the other for 1"


def test_a_turn_of_a_conversation_that_a_playbook_began() -> None:
    turns = [{"when": {"message": "x"}, "steps": [{"say": "x"}]}, {"steps": [{"say": "y"}]}]

    told = explained("later", after="go", one={**when(message="go"), "turns": turns})

    assert told["playbook"]["turn"] == 1
    assert told["why"] == "one started this conversation, and its turns/1 matches"
    assert told["compiled"]["steps"] == [{"say": "y"}]


def test_a_tie_is_explained_with_both_playbooks() -> None:
    told = explained("ab", one=when(regex="a"), two=when(regex="b"))

    assert told["playbook"] is None
    assert told["why"].startswith("several playbooks match this message")
    assert [each["why_not"] for each in told["runners_up"]] == [
        "it ties with another: give one another priority"
    ] * 2
    assert told["compiled"]["steps"][0]["fail"]["code"] == "PLAYBOOK_TIE"


def test_a_message_that_is_not_only_directives_is_explained_with_the_text_that_is_not() -> None:
    told = explained("Run `ls`. Then mail it")

    assert told["source"] == "directives"
    assert told["why"].endswith("the message is not made of directives only: nothing is done")
    assert (told["understood"], told["unparsed"]) == ([], ["mail it"])
    assert [key for step in told["compiled"]["steps"] for key in step] == ["say"]


def test_an_answer_is_named_and_a_wildcard_in_the_message_is_taken_literally() -> None:
    told = explained("xyzzy *[?")

    assert told["source"] == "answer"
    assert told["unparsed"] == ["xyzzy *[?"]
    assert told["compiled"]["when"] == {"message": "xyzzy [*][[][?]"}


LATER = ("hello", "Run: ls", "Create a file named a.txt containing: b", "Fail with the message: x")
WITH_TURNS = {
    "artifacts": "Make it shorter",
    "failing-task": "Try again, please",
    "research": "Show me the figures",
    "session-restore": "What do you remember?",
    "stream-example": "Show me the result.",
    "tour": "Shorter, please",
}


@pytest.mark.parametrize("playbook", WITH_TURNS)
@pytest.mark.parametrize("text", LATER)
def test_a_bundled_playbook_lets_go_of_a_message_that_is_not_for_its_turns(playbook: str, text: str) -> None:
    told = explained(text, after=f"playbook: {playbook}", shipped=True)

    assert told["source"] == ("answer" if text == "hello" else "directives")
    assert told["why"].startswith(
        f"{playbook} started this conversation, but none of its turns matches; no playbook matches ("
    )


@pytest.mark.parametrize(("playbook", "text"), WITH_TURNS.items())
def test_a_bundled_playbook_answers_the_later_message_that_its_summary_names(
    playbook: str, text: str
) -> None:
    told = explained(text, after=f"playbook: {playbook}", shipped=True)

    assert told["why"] == f"{playbook} started this conversation, and its turns/0 matches"


def test_every_turn_of_a_bundled_playbook_matches_something() -> None:
    turns = [turn for playbook in Library().of("") for turn in playbook.turns]

    assert len(turns) == len(WITH_TURNS)
    assert all(selector.message for turn in turns for selector in turn.selectors)
