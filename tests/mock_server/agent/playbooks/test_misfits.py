"""Problems of a playbook are reported in plain sentences, and reading one never raises another exception."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookReader
from sigmic_mock.agent.playbooks.misfits import Misfits
from sigmic_mock.agent.playbooks.playbook import compiled, ties
from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.agent.steps.catalogue import STEP_KINDS

PATH = Path("a.yaml")
READER = PlaybookReader()
MISFITS = Misfits(STEP_KINDS)


def playbook(*steps: object, **more: object) -> dict[str, Any]:
    return {"name": "a", "when": {"message": "go"}, "steps": list(steps), **more}


def told(step: object) -> list[str]:
    return ["/".join(map(str, place)) + ": " + text for place, text in MISFITS.of(playbook(step))]


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"say": {"text": "a", "chunks": ["b"]}}, "say: give text or chunks, not both"),
        (
            {"say": {"chunks": ["b"], "split": "words"}},
            "say: 'chunks' and 'split' can't be used together: give only one of them",
        ),
        ({"say": {}}, "say: give one of text and chunks"),
        (
            {"artifact": {"path": "a", "text": "b", "size": 3}},
            "artifact: give only one of text, base64 and size, not text and size",
        ),
        (
            {"artifact": {"path": "a", "text": "b", "base64": "eA=="}},
            "artifact: give only one of text, base64 and size, not text and base64",
        ),
        ({"artifact": {"path": "a"}}, "artifact: give one of text, base64 and size"),
        (
            {"artifact": {"path": "a", "size": "20 TB"}},
            'artifact/size: "20 TB" is not a size, for example 20MB or 1.5GiB',
        ),
        ({"say": 5}, "say: 5 is a whole number; put it in quotes to make it text"),
        ({"say": False}, "say: false is a truth value; put it in quotes to make it text"),
        (
            {"say": None},
            (
                "say: nothing is given; it must be text or a mapping of text, chunks, split, pace, "
                "paragraph or exact, for example `say: Hello.`"
            ),
        ),
        (
            {"fail": []},
            (
                "fail: [] is a list; it must be text or a mapping of message or code, for example `fail: "
                "It went wrong`"
            ),
        ),
        (
            {"wait": []},
            ("wait: [] is a list; it must be a number of seconds or a time, for example 30s, 1h30m or 250ms"),
        ),
        ({"wait": "30 secs"}, 'wait: "30 secs" is not a time, for example 30s, 1h30m or 250ms'),
        ({"wait": "30h"}, 'wait: "30h" is longer than a day'),
        ({"wait": -1}, "wait: -1 is too small; give at least 0"),
        ({"wait": float("inf")}, "wait: inf is not a number that JSON knows"),
        (
            {"run": "ls"},
            (
                'run: "ls" is text; it must be a mapping of command, report, on_cancel, on_error, '
                "ask, takes or result, for example `run: {command: ls -la, report: output}`"
            ),
        ),
        (
            {"run": {"command": "a", "report": "outputt"}},
            'run/report: "outputt" is not one of output, printed, table or none; did you mean output?',
        ),
        (
            {"run": {"command": "a", "report": {"quote": 5}}},
            "run/report/quote: 5 is a whole number; put it in quotes to make it text",
        ),
        ({"status": {}}, "status: 'status' (which one) is missing"),
        (
            {"think": {"subject": "a", "description": "Write", "run": None}},
            (
                "think/run: unknown key 'run' (quote a text that contains a comma); "
                "known: subject, description"
            ),
        ),
        ({"parallel": [{"run": {"command": "a"}}]}, "parallel: it has 1 item; give at least 2"),
        ({"cancel": False}, "cancel: false must be true"),
        ({"say": "\ud800"}, 'say: "\\ud800" holds half a character (a lone surrogate)'),
        (
            {"artifact": {"path": "", "size": 1}},
            "artifact/path: the text is empty; give at least one character",
        ),
    ],
)
def test_a_wrong_step_gets_one_sentence_that_says_how_to_correct_it(step, sentence):
    assert told(step) == [f"steps/0/{sentence}"]


def test_a_step_with_two_keys_or_none_is_refused() -> None:
    assert told({"say": "a", "wait": 1}) == [
        "steps/0: a step has one key, this one has 'say' and 'wait': begin each with a '-'"
    ]
    assert told({})[0].startswith("steps/0: it is empty; give at least one of say, think, ")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            playbook({"say": "x"}, when="hello"),
            (
                'when: "hello" is text; it must be a mapping of message, regex, files or project, '
                'for example `when: {message: "hello"}`'
            ),
        ),
        (playbook({"say": "x"}, when={}), "when: give at least one of message, regex and files"),
        (
            playbook({"say": "x"}, when={"message": "a", "regex": "b"}),
            "when: 'message' and 'regex' can't be used together: give only one of them",
        ),
        (playbook({"say": "x"}, when={"message": []}), "when/message: it has 0 items; give at least 1"),
        (
            playbook({"say": "x"}, name="A b"),
            (
                'name: "A b" is not a name of small letters, digits and single hyphens, '
                "for example quarterly-report"
            ),
        ),
        (playbook(), "steps: it has 0 items; give at least 1"),
        (playbook({1: "x"}), "steps/0: the key 1 is not text: put it in quotes"),
        (
            None,
            (
                ": the file is empty; it must be a mapping of name, summary, when, priority, "
                "follow_system_prompt, templates, steps or turns"
            ),
        ),
        (
            ["a"],
            (
                ': ["a"] is a list; it must be a mapping of name, summary, when, priority, '
                "follow_system_prompt, templates, steps or turns"
            ),
        ),
    ],
)
def test_a_wrong_playbook_is_explained_in_one_sentence(data, sentence):
    assert ["/".join(map(str, place)) + ": " + text for place, text in MISFITS.of(data)] == [sentence]


def test_every_pattern_of_the_schema_has_words_for_people() -> None:
    def wordless(schema: object) -> list[object]:
        if isinstance(schema, dict):
            own = (
                [schema]
                if isinstance(schema.get("pattern"), str) and "patternErrorMessage" not in schema
                else []
            )
            return own + [each for part in schema.values() for each in wordless(part)]
        return [each for part in schema for each in wordless(part)] if isinstance(schema, list) else []

    assert wordless(playbook_schema()) == []


WHOLE = playbook(
    *({key: kind.examples[0]} for key, kind in STEP_KINDS.by_key.items()),
    summary="s",
    priority=1,
    turns=[{"when": {"message": "x"}, "steps": [{"say": "y"}]}],
)


def places(value: object, place: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(each for key, item in inner for each in places(item, (*place, key)))]


NAMES = sorted({"regex", "size", *(key for place in places(WHOLE) for key in place if isinstance(key, str))})
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)
SCALARS = st.sampled_from([None, True, 0, -1, 1.5, "", "a", "30 s", "(", [], {}, ["a"], {"a": 1}])


def replaced(place: tuple[str | int, ...], new: object) -> Any:
    changed: Any = {"root": copy.deepcopy(WHOLE)}
    *way, last = ("root", *place)
    holder = changed
    for part in way:
        holder = holder[part]
    holder[last] = new
    return changed["root"]


def read(data: object) -> tuple[str, ...]:
    """Return the problems of a playbook; empty if it is valid."""
    try:
        book = compiled(READER.check(data, PATH))
    except PlaybookError as refused:
        return refused.problems or ("refused without a word",)
    assert book.steps
    assert list(ties([book, book])) != []
    return ()


def test_the_playbook_that_is_changed_here_is_a_good_one() -> None:
    assert read(WHOLE) == ()


@pytest.mark.nightly
@given(st.sampled_from(places(WHOLE)), JSON | SCALARS)
def test_any_value_in_any_place_gives_problems_or_a_playbook(
    place: tuple[str | int, ...], value: object
) -> None:
    for problem in read(replaced(place, value)):
        assert problem.startswith("a.yaml: ")


@given(st.sampled_from(places(WHOLE)), st.sampled_from(NAMES), JSON | SCALARS)
def test_a_further_key_anywhere_gives_problems_or_a_playbook(
    place: tuple[str | int, ...], key: str, value: object
) -> None:
    holder: Any = WHOLE
    for part in place:
        holder = holder[part]
    read(replaced(place, {**holder, key: value} if isinstance(holder, dict) else value))


TOKENS = [
    *"\n \t\x00{}[],|>-#~é",
    *"""name: a;  - ;say;: ;&a ;*a;<<: ;!!bool ;!!int ;? ;';";2001-99-99;1:20
when: {message: go};steps:;{{x}};---;%YAML""".replace("\n", ";").split(";"),
]


@example("!!int name: a")
@example("steps: [{!!bool say: a}]")
@given(
    st.lists(st.sampled_from(TOKENS), max_size=20).map("".join)
    | st.text(max_size=60)
    | JSON.map(lambda value: yaml.safe_dump(json.loads(json.dumps(value))))
)
def test_any_text_of_a_file_gives_problems_or_a_playbook(text: str) -> None:
    problems: tuple[str, ...] = ()
    try:
        compiled(READER.parse(text.encode("utf-8", "replace"), PATH))
    except PlaybookError as refused:
        problems = refused.problems

    assert all(problem.startswith("a.yaml:") for problem in problems)


def test_a_long_playbook_reports_a_limited_number_of_mistakes() -> None:
    wrong = playbook(*([{"say": "x"}] * 1_500), {"saay": "x"}, *([{"say": 1}] * 1_500))

    assert len(read(wrong)) == 1
    assert "steps/" in read(wrong)[0]
    assert len(read(playbook(*([{"saay": "x"}] * 150)))) == 100
