"""Explain: which playbook was chosen and why, and why the others were not."""

from typing import Any

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
        ("regex", False, "the message does not match /^b/"),
        ("other", False, "the message is not like '*invoice*'"),
        ("elsewhere", False, "it is for project q"),
    ]
    assert told["compiled"] == {
        "name": "best",
        "when": {"message": "a report please"},
        "steps": [{"say": "best"}],
    }
    assert told["unparsed"] == []


def test_a_bundled_playbook_that_does_not_match_is_not_listed() -> None:
    told = explained("playbook: tour", shipped=True, other=when(message="*invoice*"))

    assert told["playbook"]["name"] == "tour"
    assert [each["name"] for each in told["runners_up"]] == ["other"]


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


def test_a_refused_message_is_explained_with_the_text_not_understood() -> None:
    told = explained("Create a file named a.txt containing `x` and mail it")

    assert told["source"] == "directives"
    assert told["why"].endswith("is not fully understood: nothing is done")
    assert (told["understood"], told["unparsed"]) == ([], ["and mail it"])
    assert [key for step in told["compiled"]["steps"] for key in step] == ["think", "say"]


def test_the_default_answer_is_named_and_a_wildcard_in_the_message_is_taken_literally() -> None:
    told = explained("xyzzy *[?")

    assert told["source"] == "default"
    assert told["why"].endswith("default answer honest")
    assert told["unparsed"] == ["xyzzy *[?"]
    assert told["compiled"]["when"] == {"message": "xyzzy [*][[][?]"}
