"""Performing: the effects of a message, as the turn receives them."""

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.directives.forms import FORMS
from sigmic_mock.agent.long_text import SHORT_CHARACTERS, TextWork
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.turn import ToolOutcome, TurnFailed
from sigmic_mock.domain.model import MessageRole, ToolStatus
from tests.fakes.turn import ScriptedTurn, message

AGENT = Agent(Library())
REFUSED = ToolOutcome(ToolStatus.CANCELLED, "refused")
BROKEN = ToolOutcome(ToolStatus.ERROR, "no such file or directory")


def success(output: str) -> ToolOutcome:
    return ToolOutcome(ToolStatus.SUCCESS, output)


async def performed(turn: ScriptedTurn) -> ScriptedTurn:
    await AGENT.perform(turn)
    return turn


MEMORY = (
    message("Remember the codeword BANANA-42."),
    message("The codeword is WRONG", role=MessageRole.ASSISTANT),
    message("Remember the codeword RED. Then juggle."),
)
TWO_CODEWORDS = (
    message("playbook: session-restore\nRemember the codeword one."),
    message("Remember the codeword `two`"),
)
FRANCE = "What is the capital of France?"
SHOUTING = 'Answer in upper case. End every answer with "X"'


@pytest.mark.parametrize(
    ("turn", "answer"),
    [
        (ScriptedTurn("What is 2+2?"), "2+2 = 4"),
        (ScriptedTurn(FRANCE), "The capital of France is Paris."),
        (
            ScriptedTurn("Remember the codeword blue. What is the codeword?"),
            "I will remember the codeword blue.\n\nThe codeword is blue.",
        ),
        (ScriptedTurn("What is the codeword?", memory=MEMORY), "The codeword is BANANA-42."),
        (ScriptedTurn("Reply with the codeword only.", memory=MEMORY), "BANANA-42"),
        (ScriptedTurn("What is the codeword?", memory=TWO_CODEWORDS), "The codeword is two."),
        (ScriptedTurn("What is the codeword?", memory=TWO_CODEWORDS[:1]), "The codeword is one."),
        (
            ScriptedTurn("What is the keyword?", memory=MEMORY),
            "I don't know a keyword. You haven't given me one in this conversation.",
        ),
        (
            ScriptedTurn("Create a file named a.txt containing: hello\nSay: DONE", outcomes=[REFUSED]),
            "The call of `write_file` was refused, so I did not do that.\n\nDONE",
        ),
        (
            ScriptedTurn("Read the file no.txt. Reply with exactly: DONE", outcomes=[BROKEN]),
            "The tool `read_file` reported an error:\n\n```\nno such file or directory\n```\n\nDONE",
        ),
        (
            ScriptedTurn("Run exactly this shell command: `id`. Reply with exactly: `a \u2028 b`"),
            "a \u2028 b",
        ),
        (
            ScriptedTurn("Run exactly this shell command: `x`", outcomes=[success("```\nin\n```\n")]),
            "Output:\n\n````\n```\nin\n```\n````",
        ),
        (
            ScriptedTurn(FRANCE, system_prompt="Always answer in upper case, please."),
            "THE CAPITAL OF FRANCE IS PARIS.",
        ),
        (
            ScriptedTurn(FRANCE, system_prompt='Start every answer with "ZEBRA:"'),
            "ZEBRA: The capital of France is Paris.",
        ),
        (
            ScriptedTurn(FRANCE, system_prompt="End every answer with “over”"),
            "The capital of France is Paris. over",
        ),
        (ScriptedTurn(FRANCE, system_prompt="Be kind."), "The capital of France is Paris."),
        (ScriptedTurn("Reply with exactly: ok", system_prompt=SHOUTING), "ok"),
        (
            ScriptedTurn("playbook: stream-example", system_prompt=SHOUTING),
            "I'll analyze the data for you. I've created output.csv with the analysis results.",
        ),
        (
            ScriptedTurn("playbook: approvals-demo", outcomes=[success("a"), REFUSED]),
            "I would like to look around and then write a file. You refused the file, so I wrote nothing.",
        ),
    ],
    ids=lambda each: each.message.content if isinstance(each, ScriptedTurn) else "",
)
async def test_a_message_has_its_answer(turn: ScriptedTurn, answer: str):
    assert (await performed(turn)).answer == answer


async def test_the_agent_shows_its_directives_if_asked_what_it_can_do():
    turn = await performed(ScriptedTurn("What can you do?"))

    shown = [
        cells[0] or cells[1] for cells in re.findall(r"(?m)^\| (?:`` (.+?) ``|`([^`]+)`) \|", turn.answer)
    ]
    assert shown == [form.examples[0] for form in FORMS]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "playbook: retri",
            "There is no playbook named 'retri'. Did you mean “playbook: retry”?",
        ),
        ("Playbook: failing-taks please", "Did you mean “playbook: failing-task”?"),
        ("playbook: nope", "Available playbooks: approvals-demo, artifacts, "),
    ],
)
async def test_an_unknown_playbook_name_is_answered_with_names_that_exist(text, hint):
    assert hint in (await performed(ScriptedTurn(text))).answer


async def test_an_uploaded_table_is_read_and_summarised_truthfully():
    table = 'name,amount,note\n"Smith, J",1.50,x\nDoe,-2,\n"multi\nline",10,y\n'

    turn = await performed(
        ScriptedTurn("Summarise the attached file", "uploads/data.csv", outcomes=[success(table)])
    )

    assert turn.of("tool") == [("read_file", {"path": "uploads/data.csv"})]
    assert turn.answer == (
        "I read `uploads/data.csv`: 3 data rows, 3 columns.\n\n"
        "Columns: name, amount, note.\n\n"
        "- amount: sum 9.50, minimum -2, maximum 10"
    )


async def test_a_later_message_reads_the_upload_of_an_earlier_one():
    memory = (message("Here", "uploads/data.csv"), message("ok", role=MessageRole.ASSISTANT))

    turn = await performed(ScriptedTurn("Summarise the file", memory=memory, outcomes=[success("a\n1\n")]))

    assert turn.of("tool") == [("read_file", {"path": "uploads/data.csv"})]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Erase everything in a.txt", "Erase everything in a.txt"),
        ("Run `ls`. Fax it to bob", "Fax it to bob"),
        ("playbook: retri", "playbook: retri"),
        ("Hello!", "Hello!"),
    ],
)
async def test_a_strict_agent_fails_the_task_of_a_message_that_it_does_not_execute(text, told):
    turn = ScriptedTurn(text)
    with pytest.raises(TurnFailed) as failed:
        await Agent(Library(), strict=True).perform(turn)

    assert failed.value.code == "NOT_UNDERSTOOD"
    assert f"completely directives: “{told}”. Nothing was done" in failed.value.message
    assert turn.log == []


@pytest.mark.parametrize(
    ("text", "answer"), [("Reply with exactly: ok", "ok"), ("playbook: retry", "It worked")]
)
async def test_a_strict_agent_follows_directives_and_playbooks(text, answer):
    turn = ScriptedTurn(text)
    await Agent(Library(), strict=True).perform(turn)

    assert turn.answer.startswith(answer)


@pytest.mark.parametrize(
    ("text", "output", "answer"),
    [
        ("Run `true`", "(no output)", "The command printed nothing."),
        ("Read the file a.txt", "", "`a.txt` holds nothing."),
    ],
)
async def test_tool_output_is_described_in_plain_words_even_if_it_is_empty(text, output, answer):
    assert (await performed(ScriptedTurn(text, outcomes=[success(output)]))).answer == answer


async def test_a_directive_without_words_still_answers():
    assert (
        await performed(ScriptedTurn("Use a subagent named x to list the files\nReply with exactly: ` `"))
    ).answer.strip()


async def test_waiting_and_counting_let_platform_time_pass():
    turn = await performed(ScriptedTurn("Wait 20 seconds. Count from 1 to 3, one number per second"))

    assert turn.of("sleep") == [20.0, 1.0, 1.0]
    assert turn.answer == "I waited 20 seconds.\n\n1\n2\n3"


async def test_a_subagent_is_seen_from_start_to_end():
    turn = await performed(
        ScriptedTurn("Use a subagent named x to create a file named o.csv containing: a,b")
    )

    shown = [kind.removeprefix("subagent").strip("_ ") for kind in turn.kinds[1:7]]
    assert shown == ["start", "thought", "tool", "runs", "tool", "end"]


async def test_a_subagent_whose_tool_fails_ends_with_an_error():
    turn = await performed(ScriptedTurn("Use a subagent named x to read the file no.txt", outcomes=[BROKEN]))

    [end] = turn.of("subagent_end")
    assert end["terminateReason"] == "ERROR"
    assert "no such file or directory" in turn.answer


async def test_the_failing_playbook_speaks_and_then_fails_and_works_the_next_time():
    turn = ScriptedTurn("playbook: failing-task")
    with pytest.raises(TurnFailed) as failed:
        await AGENT.perform(turn)

    later = await performed(ScriptedTurn("Try again, please", memory=[turn.message]))

    assert (turn.answer, failed.value.code) == ("I begin with the work. ", "MODEL_UNAVAILABLE")
    assert later.answer == "This time it works."


def test_the_agent_sees_the_list_of_files_in_front_of_the_words():
    prompt = Prompt.of(ScriptedTurn("Hello", "uploads/a.csv", "uploads/b/c.txt"))

    assert prompt.text == "Hello"
    assert prompt.seen == (
        "The user uploaded these files to the workspace:\n- uploads/a.csv\n- uploads/b/c.txt\n\nHello"
    )


def test_explain_shows_the_steps_and_how_the_system_prompt_is_followed():
    explained = AGENT.explain(Prompt(text="Reply with exactly: A", system_prompt="Answer in upper case"))

    assert explained["source"] == "directives"
    assert explained["understood"] == ["Reply with exactly: A"]
    assert explained["unparsed"] == []
    assert explained["system_prompt"] == {"text": "Answer in upper case", "followed": ["case: upper"]}
    assert explained["compiled"]["steps"][1] == {"say": {"text": "A", "paragraph": True}}


@given(st.text(max_size=300), st.text(max_size=100), st.lists(st.text(min_size=1, max_size=20), max_size=2))
async def test_whatever_is_asked_there_is_an_answer_and_always_the_same(text, system_prompt, files):
    runs = [ScriptedTurn(text, *files, system_prompt=system_prompt, memory=[message(text)]) for _ in range(2)]
    for turn in runs:
        try:
            await AGENT.perform(turn)
        except TurnFailed:
            continue
        assert turn.answer.strip()

    assert runs[0].log == runs[1].log


async def test_a_long_message_is_compiled_in_a_thread_and_a_short_one_at_once():
    work, threads = TextWork(), []

    for length in (SHORT_CHARACTERS, SHORT_CHARACTERS + 1):
        await work.do(length, lambda: threads.append(threading.current_thread() is threading.main_thread()))

    assert threads == [True, False]
