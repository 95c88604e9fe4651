"""Templates: placeholders and their values, which templates are refused, and how far a text may grow."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.templates import LONGEST, Values, file_paths, filled, problems
from sigmic_mock.agent.turn import TurnFailed
from sigmic_mock.domain.model import AttachedFile, MessageRole
from tests.fakes.turn import message

VALUES = Values(
    Prompt(
        text="Hi {{answer}}",
        files=(AttachedFile("a.csv", "uploads/a.csv"), AttachedFile("b", "uploads/b")),
        memory=(
            message("1"),
            message("first", role=MessageRole.ASSISTANT),
            message("2"),
            message("second", role=MessageRole.ASSISTANT),
        ),
    ),
    output="printed",
    files={"notes/a b.txt": "noted"},
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("You said {{message}}.", "You said Hi {{answer}}."),
        ("{{ files }}", "uploads/a.csv, uploads/b"),
        ("{{answer}}, {{answer:2}}", "second, first"),
        ("{{output}}{{file: notes/a b.txt}}", "printednoted"),
        (r"\{{message}} { {x} }", "{{message}} { {x} }"),
        ([{"a": ["{{output}}", 1, None]}], [{"a": ["printed", 1, None]}]),
    ],
)
def test_placeholders_are_replaced_by_their_values(template: Any, text: Any):
    assert list(problems(template)) == []
    assert filled(template, VALUES) == text


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{{mesage}}", "unknown placeholder {{mesage}}; did you mean message?; write \\{{ for two braces"),
        ("{{}}", "unknown placeholder {{}}"),
        ("{{file:}}", "unknown placeholder {{file:}}"),
        ("{{answer:0}}", "unknown placeholder {{answer:0}}"),
        ("a {{message", "{{message is not closed with }}"),
        ("{{file:{{message}}}}", "a placeholder can't contain another placeholder"),
        ("{{" * 50_000, "a placeholder can't contain another placeholder"),
        ("{{file:" + " " * 99_000 + "}}", "unknown placeholder"),
    ],
)
def test_an_invalid_template_is_refused_with_its_place(template: str, problem: str):
    [(place, told)] = problems({"steps": [template]})

    assert place == ("steps", 0)
    assert problem in told
    assert len(told) < 300


@given(st.text(alphabet="{}\\ amesgfilnwrtoup:/1", max_size=40))
def test_every_text_is_refused_or_filled(text: str):
    if not list(problems(text)):
        paths = file_paths(text)
        filled(text, Values(VALUES.prompt, files=dict.fromkeys(paths, "x")))


def test_an_answer_that_there_is_not_fails_the_task():
    with pytest.raises(TurnFailed) as failure:
        filled("{{answer:3}}", VALUES)

    assert failure.value.message == (
        "The template can't be filled: {{answer:3}} is not there yet; the conversation has 2 earlier answers."
    )


def test_a_text_that_repeats_long_values_is_cut_short_with_a_failure():
    values = Values(Prompt(text="x" * 100_000))

    with pytest.raises(TurnFailed, match=f"more than {LONGEST:,} characters"):
        filled(["{{message}}"] * 11, values)


def test_each_file_is_named_once():
    assert file_paths({"a": "{{file:x}}{{file: x }}", "b": ["{{file:y}}"]}) == ["x", "y"]
