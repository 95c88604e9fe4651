"""Directives become steps of a playbook: they match its schema, and are equal when read from a file."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sigmic_mock.agent.answers.default import plan_answer
from sigmic_mock.agent.directives.grammar import RULES, plan_directives, read
from sigmic_mock.agent.explanation import as_playbook
from sigmic_mock.agent.playbooks.files import PlaybookReader, as_yaml
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.steps.step import Plan
from sigmic_mock.domain.model import AttachedFile
from tests.mock_server.test_guides import documented_sentences

READER = PlaybookReader()
PATH = Path("explained.yaml")
TEXT = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="`"), min_size=1, max_size=60
).filter(lambda text: text.strip())
QUOTED = TEXT.map(lambda text: f"``` {text} ```".replace("\n", " ").replace("\r", " "))
WORD = st.from_regex(r"[A-Za-z][a-z0-9_]{1,8}", fullmatch=True)
NUMBER = st.integers(1, 400).map(str)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SENTENCES = st.one_of(
    st.builds("Run exactly this shell command: {}".format, QUOTED),
    st.builds("Create a file named {} containing: {}".format, QUOTED, QUOTED),
    st.builds("Create an empty file named {}".format, WORD),
    st.builds("Write {} to {}".format, QUOTED, WORD),
    st.builds("Read the file {}".format, QUOTED),
    st.builds("Read the file {}.csv and summarise it".format, WORD),
    st.builds("List the files in {}".format, WORD),
    st.builds("Delete the file {}".format, QUOTED),
    st.builds("Replace {} with {} in {}".format, QUOTED, QUOTED, WORD),
    st.builds("Use the {} tool".format, WORD),
    st.builds("Print the environment variable {}".format, WORD),
    st.builds("Use a subagent named {} to {}".format, WORD, WORD),
    st.builds("Use a subagent named {} to run exactly this shell command: {}".format, WORD, QUOTED),
    st.builds("Reply with exactly: {}".format, QUOTED),
    st.builds("Think about {}".format, WORD),
    st.builds("Wait {} {}".format, NUMBER, st.sampled_from(["ms", "seconds", "minutes"])),
    st.builds("Count from {} to {}".format, NUMBER, NUMBER),
    st.builds("Count slowly from {} to {}, {} numbers per second".format, NUMBER, NUMBER, NUMBER),
    st.builds(
        "Produce a long answer of {} {}".format,
        NUMBER,
        st.sampled_from(["words", "characters", "sentences", "lines"]),
    ),
    st.builds("Write 20 words with {} words per second".format, NUMBER),
    st.builds("Remember the codeword {}".format, WORD),
    st.sampled_from(
        ["What is the codeword?", "Reply with only the codeword", "Retry once", "List the tools"]
    ),
    st.builds('Fail with the message: "{}" and code {}'.format, WORD, WORD),
    st.builds("Retry {} times".format, st.integers(1, 9)),
)


def check(plan: Plan | None, prompt: Prompt) -> None:
    """Write the plan to a playbook's file and read the file."""
    assert plan is not None
    written = as_yaml(as_playbook(plan, prompt))
    assert READER.parse(written.encode(), PATH).data["steps"] == list(plan.steps)


def check_directives(text: str) -> None:
    prompt = Prompt(text=text)
    check(plan_directives(prompt), prompt)


@given(st.lists(SENTENCES, min_size=1, max_size=4))
def test_directives_are_the_same_steps_after_a_round_trip(sentences: list[str]) -> None:
    text = "\n".join(sentences)
    assume(read(text).directives)  # a drawn word may be a keyword of the grammar
    check_directives(text)


@given(WORD, st.dictionaries(TEXT, JSON, max_size=3))
def test_the_arguments_of_a_tool_survive_too(name: str, args: dict[str, object]) -> None:
    prompt = Prompt(text=f"Call the tool {name} with {json.dumps(args)}")
    if (plan := plan_directives(prompt)) is not None:
        check(plan, prompt)


@pytest.mark.parametrize("sentence", documented_sentences())
def test_every_documented_directive_survives(sentence: str) -> None:
    text = sentence.replace("…", "something short")
    check_directives(text + ("\n```\nhello\n```" if sentence.endswith("content:") else ""))


@pytest.mark.parametrize(
    "text", ["Count from 1 to 90000", "Produce a long answer of 900,000 characters", "Run `a`, `b` and `c`"]
)
def test_the_largest_survive(text: str) -> None:
    check_directives(text)


def test_every_rule_of_the_grammar_is_among_the_sentences_tried() -> None:
    tried = {
        rule
        for sentence in [
            *documented_sentences(),
            "Run `a`",
            "Run exactly: ls",
            "Cat a/b",
            "Only the codeword",
            "Run: ls",
            "Run ls",
            "Say hello",
        ]
        for rule in RULES
        if rule.lead.match(sentence)
    }
    more = (
        "Create a file a.py with the text `1`. Run it",
        "Remove `a`",
        "Call the tool xy",
        "Use the xy tool",
        "Reply exactly with `a`",
        "Read a/b.txt",
    )
    tried |= {rule for text in (*more, "Run it") for rule in RULES if rule.lead.match(text)}

    assert [rule.lead.pattern for rule in RULES if rule not in tried] == []
    assert all(read(text).directives for text in more)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("What is 2+2?", ()),
        ("Here you are", ("a.csv", "b.txt")),
        ("Analyze this and write a report", ("a.csv",)),
        ("What files are there?", ()),
        ("Create a Python script that prints hello", ()),
        ("xyzzy", ()),
    ],
)
def test_the_default_answers_survive_too(text: str, files: tuple[str, ...]) -> None:
    attached = tuple(AttachedFile(name, f"uploads/{name}") for name in files)
    prompt = Prompt(text=text, files=attached)
    check(plan_answer(prompt), prompt)
