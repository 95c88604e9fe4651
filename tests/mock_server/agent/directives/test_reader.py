"""A message is executed if directives are all that it contains; quoted text is preserved byte for byte."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sigmic_mock.agent.directives.forms import FORMS
from sigmic_mock.agent.directives.plans import plan_directives
from sigmic_mock.agent.directives.reader import Reading, read
from sigmic_mock.agent.plan import Step, called
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.domain.model import AttachedFile

UPLOADED = (AttachedFile("data.csv", "uploads/data.csv"),)
EXAMPLES = [example for form in FORMS for example in form.examples]


def steps(text: str) -> list[Step]:
    """Return the steps of a message that is executed, without the opening thought."""
    plan = plan_directives(Prompt(text=text, files=UPLOADED))
    assert plan is not None, text
    assert plan.name is None, plan.steps
    return list(plan.steps[1:])


def calls(text: str) -> list[tuple[str, Any]]:
    return [call for step in steps(text) if (call := called(step))]


def said(text: str) -> list[str]:
    return [step["say"]["text"] for step in steps(text) if "say" in step]


def reading(text: str) -> Reading:
    return read(text, UPLOADED)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_table_is_one_directive(example):
    found = reading(example)

    assert (len(found.directives), found.is_complete) == (1, True)


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize("more", [" Then delete everything.", ", and email it to bob", "\nDelete everything"])
def test_an_example_with_something_else_behind_it_is_not_executed(example, more):
    assert not reading(example + more).is_complete


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("Run exactly this shell command: `echo hi; ls`", ["echo hi; ls"]),
        ("RUN EXACTLY THIS SHELL COMMAND: `id`.", ["id"]),
        ("Run exactly this shell command:\n```sh\necho a\necho b\n```", ["echo a\necho b"]),
        ("Run exactly this shell command:\r\n```\r\necho a\r\n```\r\n", ["echo a"]),
        ("Run exactly this shell command: echo plain | wc -c", ["echo plain | wc -c"]),
        (
            "Run exactly this shell command: uname -sr && ls -la /workspace",
            ["uname -sr && ls -la /workspace"],
        ),
        ('Run exactly this shell command: "uname -a".', ["uname -a"]),
        ("Run exactly this shell command: `` echo `date` ``", ["echo `date`"]),
        ("Run exactly these shell commands: `a`, `b` and `c`.", ["a", "b", "c"]),
        ("Run these commands:\n```\na\n```\n```\nb\n```", ["a", "b"]),
        ("Run `a`, then run `b`", ["a", "b"]),
        ("Please run `a`. Then run exactly this shell command: `b`", ["a", "b"]),
        ("1. Run exactly this shell command: `a`\n2. Run exactly this shell command: `b`", ["a", "b"]),
        ("- run `a`\n- run `b`", ["a", "b"]),
        ("Run: mkdir x; cat a.txt; rm a.txt", ["mkdir x; cat a.txt; rm a.txt"]),
        ("Run: ls | grep a; yes &", ["ls | grep a; yes &"]),
    ],
)
def test_shell_commands(text, commands):
    assert calls(text) == [("run_shell_command", {"command": command}) for command in commands]


def test_commands_at_the_same_time_are_parallel_calls():
    text = "Run exactly these shell commands at the same time, as parallel tool calls: `a` and `b`"

    [step] = steps(text)

    assert step["parallel"] == [{"run": {"command": each, "report": "output"}} for each in ("a", "b")]


@pytest.mark.parametrize(
    ("text", "path", "content"),
    [
        ("Create a file named a.txt containing: hello", "a.txt", "hello"),
        ("Create a text file called `my file.txt` containing: x = 1", "my file.txt", "x = 1"),
        ("Create a file named a.txt with the following content:\n```\none\ntwo\n```", "a.txt", "one\ntwo\n"),
        ("Create a file named a.txt with the text `é`.", "a.txt", "é"),
        ("Create a file named /workspace/d/a.txt containing: # Report", "d/a.txt", "# Report"),
        ("Create an empty file named e.txt.", "e.txt", ""),
        ('Create a file named a.txt containing: it\'s "quoted" in part', "a.txt", 'it\'s "quoted" in part'),
    ],
)
def test_creating_a_file(text, path, content):
    assert calls(text) == [("write_file", {"path": path, "content": content})]


@pytest.mark.parametrize(
    ("text", "name", "args"),
    [
        ("Read the file uploads/data.csv.", "read_file", {"path": "uploads/data.csv"}),
        ("Read the file `a b.txt` and summarise it", "read_file", {"path": "a b.txt"}),
        ("Summarise the attached file", "read_file", {"path": "uploads/data.csv"}),
        ("Analyze the CSV file.", "read_file", {"path": "uploads/data.csv"}),
        ("List the files.", "list_directory", {"path": "."}),
        ("List the files in uploads.", "list_directory", {"path": "uploads"}),
        ('Call the tool x_y with {"a": {"b": "`"}}', "x_y", {"a": {"b": "`"}}),
        ('Call the tool x_y with `{"a": 1}`', "x_y", {"a": 1}),
    ],
)
def test_other_tools(text, name, args):
    assert calls(text) == [(name, args)]


def test_the_names_of_uploaded_files_need_a_tool_only_if_the_conversation_has_none():
    asked = "List the names of the files I uploaded."

    [known] = read(asked, UPLOADED).directives
    [unknown] = read(asked).directives
    assert [step["say"]["text"] for step in known.steps] == ["The files are:\n\n- data.csv\n"]
    assert [called(step) for step in unknown.steps] == [
        ("list_directory", {"path": "uploads", "recursive": True})
    ]


def test_a_subagent_does_one_directive_that_calls_a_tool():
    [step] = steps("Use a subagent named code-writer to create a file named a.txt containing: hi")

    subagent = step["subagent"]
    assert (subagent["name"], subagent["objective"]) == (
        "code-writer",
        "create a file named a.txt containing: hi",
    )
    assert subagent["steps"][1] == {
        "tool": {"name": "write_file", "args": {"path": "a.txt", "content": "hi"}}
    }


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Reply with exactly: ready.", ["ready."]),
        ("Say exactly: naïve 日本語 🎈 \u2028 end", ["naïve 日本語 🎈 \u2028 end"]),
        ("Say `4`.\nRun `true`", ["4"]),
        ("Reply with exactly:\n```\none\ntwo\n```", ["one\ntwo"]),
        ("Say hello world", ["hello world"]),
        ("What is 2+2?", ["2+2 = 4"]),
        ("What is 2+2? (a note, 7)", ["2+2 = 4"]),
        ("What is the capital of France?", ["The capital of France is Paris."]),
        ("Think about rain in Zürich. What is 3+3?", ["I thought about rain in Zürich.", "3+3 = 6"]),
        ("Count from 3 to 1", ["3\n2\n1"]),
        ("Wait 5 seconds. Then reply with exactly: done.", ["done."]),
        ("Remember the codeword n1é𠮷.", ["I will remember the codeword n1é𠮷."]),
    ],
)
def test_words(text, answer):
    assert said(text) == answer


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Wait 2 minutes", {"wait": 120.0}),
        ("wait for 1.5 s.", {"wait": 1.5}),
        ("Fail with the message: The CRM is down", {"fail": "The CRM is down"}),
        ('Fail with the message "a. b" and code E_X', {"fail": {"message": "a. b", "code": "E_X"}}),
        ("List the tools.", {"list_tools": True}),
        (
            "What is the codeword? Reply with the codeword only.",
            {"recall": {"word": "codeword", "only": True}},
        ),
        ("What is the keyword?", {"recall": {"word": "keyword"}}),
        ("Remember the codeword a. What is the codeword?", {"recall": {"word": "codeword", "told": "a"}}),
        (
            "Count from 1 to 2, 100 numbers per second.",
            {"say": {"text": "1\n2", "split": "lines", "pace": 0.01, "paragraph": True, "exact": False}},
        ),
        (
            "Count slowly from 1 to 2, one number per second",
            {"say": {"text": "1\n2", "split": "lines", "pace": 1.0, "paragraph": True, "exact": False}},
        ),
    ],
)
def test_time_memory_and_failure(text, step):
    assert step in steps(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello!",
        "ls",
        "run ls -la and tell me what you see",
        "List the files you would change",
        "Could you list the files?",
        "Create a file hello.txt",
        "Create a file named a.txt containing a list of capitals",
        "create config.json with host localhost and port 8080",
        "write hello to hello.txt",
        "Don't run `ls`",
        "Explain: run exactly this shell command: `ls`",
        "> Run exactly this shell command: `ls`",
        "```\nRun exactly this shell command: `ls`\n```",
        "Say something nice",
        "Wait, what?",
        "Remember the codeword bread and butter",
        "What is 2*2?",
        "What is the capital of Peru?",
        "Führe `ls` aus",
        "mark \ue0000\ue001",
    ],
)
def test_what_does_not_begin_with_a_directive_is_not_read_at_all(text):
    assert plan_directives(Prompt(text=text)) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Run `ls`. Then delete everything", "delete everything"),
        ("Run: ls and mail it to bob", "Run: ls and mail it to bob"),
        ("Run: ls. Mail it to bob", "Run: ls. Mail it to bob"),
        (
            "Create a file named a.txt containing: one. Fax it",
            "Create a file named a.txt containing: one. Fax it",
        ),
        ("Reply with exactly: hello, and email it", "Reply with exactly: hello, and email it"),
        ("Think about rain and run `ls`", "Think about rain and run `ls`"),
        ("Use a subagent named x to fax the report", "Use a subagent named x to fax the report"),
        ("Call the tool x_y with {1}", "Call the tool x_y with {1}"),
        ("Wait 25 hours", "Wait 25 hours"),
        ("Count from 1 to 200000", "Count from 1 to 200000"),
        ("What is the capital of France? Write it to a.txt", "Write it to a.txt"),
        ("Run ` `", "Run ` `"),
    ],
)
def test_nothing_is_done_if_only_the_beginning_is_a_directive_and_the_answer_says_so(text, rest):
    plan = plan_directives(Prompt(text=text))

    assert plan is not None
    [step] = plan.steps
    assert plan.not_understood == (rest,)
    assert step["say"]["text"].startswith("I did nothing:")
    assert f"“{rest}”" in step["say"]["text"]


@pytest.mark.parametrize(
    "text",
    ["Run: ls\n" * 1_001, "Count from 1 to 90000\n" * 3, "Run these commands in parallel: `a`, `b`\n" * 501],
    ids=["steps", "characters", "steps of few directives"],
)
def test_nothing_is_done_of_a_message_that_asks_for_too_much(text):
    plan = plan_directives(Prompt(text=text))

    assert plan is not None
    assert "at most 1,000 steps and 1,000,000 characters" in plan.steps[0]["say"]["text"]


def test_as_many_steps_as_a_message_may_ask_for_are_done():
    assert len(steps("Run: ls\n" * 1_000)) == 1_000


CONTENT = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="`\ue000\ue001"), min_size=1
)


@given(CONTENT.filter(lambda text: text.strip()), st.sampled_from(["``` {} ```", "\n````\n{}\n````"]))
def test_quoted_text_is_content_byte_for_byte(content, quotes):
    fenced = quotes.startswith("\n")
    assume(fenced or len(content.splitlines()) == 1 == len(f"{content}.".splitlines()))
    found = read("Create a file named a.txt containing: " + quotes.format(content))

    [directive] = found.directives
    assert directive.steps[0]["write"]["text"] == (f"{content}\n" if fenced else content)


@given(st.text())
def test_any_text_is_read_the_same_way_twice(text):
    assert read(text) == read(text)
