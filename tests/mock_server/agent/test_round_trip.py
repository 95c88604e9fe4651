"""Directives become steps of a playbook: they match its schema, and are equal when read from a file."""

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sigmic_mock.agent.answers import Answers
from sigmic_mock.agent.directives.forms import FORMS
from sigmic_mock.agent.directives.plans import plan_directives
from sigmic_mock.agent.directives.reader import read
from sigmic_mock.agent.explanation import as_playbook
from sigmic_mock.agent.plan import Plan
from sigmic_mock.agent.playbooks.files import PlaybookReader, as_yaml
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.domain.model import AttachedFile

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
    st.builds("Read the file {}".format, QUOTED),
    st.builds("Read the file {}.csv and summarise it".format, WORD),
    st.builds("List the files in ./{}".format, WORD),
    st.builds("Use a subagent named {} to run exactly this shell command: {}".format, WORD, QUOTED),
    st.builds("Reply with exactly: {}".format, QUOTED),
    st.builds("Think about {}".format, WORD),
    st.builds("Wait {} {}".format, NUMBER, st.sampled_from(["ms", "seconds", "minutes"])),
    st.builds("Count from {} to {}".format, NUMBER, NUMBER),
    st.builds("Count slowly from {} to {}, {} numbers per second".format, NUMBER, NUMBER, NUMBER),
    st.builds("Remember the codeword {}".format, WORD),
    st.sampled_from(
        ["What is the codeword?", "Reply with the codeword only", "List the tools", "What is 2+2?"]
    ),
    st.builds('Fail with the message: "{}" and code {}'.format, WORD, WORD),
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
    assume(read(text).is_complete)  # a drawn word may be one that a text without quotes can't have
    check_directives(text)


@given(WORD, st.dictionaries(TEXT, JSON, max_size=3))
def test_the_arguments_of_a_tool_survive_too(name: str, args: dict[str, object]) -> None:
    prompt = Prompt(text=f"Call the tool {name} with {json.dumps(args)}")
    if (plan := plan_directives(prompt)) is not None:
        check(plan, prompt)


@pytest.mark.parametrize("example", [each for form in FORMS for each in form.examples])
def test_every_example_survives(example: str) -> None:
    prompt = Prompt(text=example, files=(AttachedFile("a.csv", "uploads/a.csv"),))
    check(plan_directives(prompt), prompt)


def test_the_longest_count_survives() -> None:
    check_directives("Count from 1 to 90000")


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("Here you are", ("a.csv", "b.txt")),
        ("What is a heron?", ()),
        ("Write about herons, please.", ()),
        ("x", ()),
    ],
)
def test_the_answers_of_the_library_survive_too(text: str, files: tuple[str, ...]) -> None:
    attached = tuple(AttachedFile(name, f"uploads/{name}") for name in files)
    prompt = Prompt(text=text, files=attached)
    check(Answers(reader=READER).plan(prompt), prompt)
