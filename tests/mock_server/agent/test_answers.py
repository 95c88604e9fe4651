"""The library of answers: varied, harmless, the same each time, and explained once in a conversation."""

import re
from pathlib import Path

import pytest
import yaml

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.answers import BUNDLED, FORMS, SIMULATED, Answers, form_of
from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookReader
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.domain.model import Message, MessageRole
from tests.fakes.turn import ScriptedTurn, message

READER = PlaybookReader()
ANSWERS = Answers(reader=READER)
FILES = sorted(BUNDLED.glob("*.yaml"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
CHAT = (
    "Hi there! What can you help me with?",
    "lol that's great, thanks!",
    "What is the difference between TCP and UDP?",
    "Give me a markdown table comparing Postgres, MySQL and SQLite",
    "Write a Python function that computes the nth Fibonacci number",
    "¿Cuál es la diferencia entre TCP y UDP?",
    "今日はいい天気ですね。何をしましょうか？",
    "🦄🦄🦄",
)


async def conversation(*texts: str, system_prompt: str | None = None) -> list[ScriptedTurn]:
    """Return the turns of a conversation of these messages."""
    agent = Agent(Library(), answers=ANSWERS)
    memory: list[Message] = []
    turns = []
    for text in texts:
        turn = ScriptedTurn(text, memory=list(memory), system_prompt=system_prompt)
        await agent.perform(turn)
        memory += [turn.message, message(turn.answer, role=MessageRole.ASSISTANT)]
        turns.append(turn)
    return turns


def test_there_are_at_least_forty_answers_and_some_for_each_form_of_a_message():
    forms = [form for text in TEXTS.values() for form in yaml.safe_load(text)["for"].split()]

    assert len(TEXTS) >= 40
    assert {form: forms.count(form) >= 5 for form in FORMS} == dict.fromkeys(FORMS, True)


@pytest.mark.parametrize(
    "element",
    [
        r"(?m)^ +#+ ",
        r"(?m)^ +- ",
        r"(?m)^ +\d\. ",
        r"(?m)^ +\|",
        r"(?m)^ +```python",
        r"(?m)^ +> ",
        r"\]\(https://example\.com",
        r"[\u3040-\u30ff]",
        r"[\u0600-\u06ff]",
        r"- think:",
        r"name: list_directory",
        r"- subagent:",
        r"- \[x\]",
    ],
)
def test_the_answers_have_every_element_that_a_client_has_to_show(element):
    assert [name for name, text in TEXTS.items() if re.search(element, text)]


def test_no_answer_claims_that_something_was_done_or_uses_a_tool_that_changes_something():
    claims = re.compile(r"\bI(?:'ve| have)? (?:created|wrote|written|ran|saved|sent|deleted|changed)\b")

    assert [name for name, text in TEXTS.items() if claims.search(text)] == []
    assert set(re.findall(r"tool: \{?\s*name: (\w+)", "\n".join(TEXTS.values()))) == {"list_directory"}


async def test_the_first_answer_of_a_conversation_says_what_it_is_and_later_ones_do_not():
    turns = await conversation("Reply with exactly: ok", *CHAT)

    assert [SIMULATED in turn.answer for turn in turns] == [False, True] + [False] * (len(CHAT) - 1)


async def test_no_answer_of_a_conversation_is_repeated():
    answers = [turn.answer for turn in await conversation(*(["What does a heron eat?"] * 10))]

    assert len(set(answers)) == 10


async def test_the_same_conversation_has_the_same_answers():
    runs = [await conversation(*CHAT) for _ in range(2)]

    assert [turn.log for turn in runs[0]] == [turn.log for turn in runs[1]]


def test_another_seed_chooses_other_answers():
    names = [
        [Answers(reader=READER, seed=seed).plan(Prompt(text=text)).name for text in CHAT] for seed in (1, 2)
    ]

    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("text", "files", "form"),
    [
        ("Hi!", (), "remark"),
        ("", (), "remark"),
        ("Why", (), "remark"),
        ("How are you?", (), "remark"),
        ("ありがとう！", (), "remark"),
        ("What is a heron?", (), "remark"),
        ("What does a heron eat?", (), "question"),
        ("フランスの首都はどこですか？", (), "question"),
        ("海についての詩を書いてください", (), "request"),
        ("Write me a story about a heron", (), "request"),
        ("What is in it?", ("data.csv",), "files"),
    ],
)
def test_the_form_of_a_message_chooses_the_kind_of_answer(text, files, form):
    assert form_of(text, files) == form


async def test_an_answer_follows_the_system_prompt():
    [turn] = await conversation("Hi!", system_prompt='Start every answer with "So:". Answer in upper case.')

    assert turn.answer.startswith("So: ")
    assert SIMULATED.upper() in turn.answer


async def test_an_uploaded_file_is_listed():
    turn = ScriptedTurn("Here you are", "uploads/data.csv")
    await Agent(Library(), answers=ANSWERS).perform(turn)

    assert ("list_directory", {"path": "uploads", "recursive": True}) in turn.of("tool")


def folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return path


def test_a_folder_of_your_own_replaces_the_bundled_answers(tmp_path):
    own = folder(
        tmp_path,
        hello="for: remark\nsteps:\n  - say: Hello from the shop.\n",
        echo="for: [question, request]\ntemplates: true\nsteps:\n  - say: 'You asked: {{message}}'\n",
    )
    answers = Answers(own, reader=READER)

    plans = {text: answers.plan(Prompt(text=text)) for text in ("Hi", "What does a heron eat?")}

    assert [(plan.name, plan.templates) for plan in plans.values()] == [("hello", False), ("echo", True)]


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        ({}, [": there is no answer (*.yaml) in it"]),
        ({"a": "steps: [{saay: x}]\n"}, ["a.yaml:1: steps/0/saay: unknown key 'saay'; did you mean say?"]),
        (
            {"a": "for: remarks\nsteps: [{say: x}]\n"},
            ["a.yaml:1: for: 'remarks' is not one of remark, question,"],
        ),
        (
            {"a": "for: 1\nsteps: [{say: x}]\n"},
            ["a.yaml:1: for: '1' is not one of remark, question, request, files"],
        ),
        ({"a": "Hello\n"}, ["a.yaml: it must be a mapping of for, steps, templates"]),
        ({"a": "for: remark\n"}, ["'steps' (what the agent does, in order) is missing"]),
        (
            {"a": "kind: x\nsteps: [{say: 1}]\n", "b": "steps: [\n"},
            [
                "a.yaml:1: kind: unknown key 'kind'",
                "a.yaml:2: steps/0/say: 1 is a whole number",
                "b.yaml:2: is not",
            ],
        ),
        ({"a": "templates: true\nsteps: [{say: '{{mesage}}'}]\n"}, ["unknown placeholder {{mesage}}"]),
    ],
)
def test_each_mistake_in_a_folder_is_one_line_with_its_place(tmp_path, files, problems):
    with pytest.raises(PlaybookError) as refused:
        Answers(folder(tmp_path, **files), reader=READER)

    assert len(refused.value.problems) == len(problems)
    for told, expected in zip(refused.value.problems, problems, strict=True):
        assert expected in told
        assert "\n" not in told


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PlaybookError, match="there is no such folder"):
        Answers(tmp_path / "nowhere", reader=READER)
