"""Performing: the effects of a message, as the turn receives them."""

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.agent import Agent, plan_of
from sigmic_mock.agent.answers.introduction import JOKE
from sigmic_mock.agent.long_text import SHORT_CHARACTERS, TextWork
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.prompt import Prompt, ResponseStyle
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.step import Plan
from sigmic_mock.agent.turn import ToolOutcome, TurnFailed
from sigmic_mock.domain.model import MessageRole, ToolStatus
from tests.fakes.turn import ScriptedTurn, message

AGENT = Agent(Library())
REFUSED = ToolOutcome(ToolStatus.CANCELLED, "refused")
BROKEN = ToolOutcome(ToolStatus.ERROR, "no such file or directory")


def success(output: str) -> ToolOutcome:
    return ToolOutcome(ToolStatus.SUCCESS, output)


def planned(text: str) -> Plan:
    return plan_of(Prompt(text=text), AGENT.library.of(""))


async def performed(turn: ScriptedTurn) -> ScriptedTurn:
    await AGENT.perform(turn)
    return turn


MEMORY = (
    message("My name is Ada Lovelace and my favourite colour is green."),
    message("Nice to meet you.", role=MessageRole.ASSISTANT),
    message("Remember the codeword BANANA-42."),
    message("The codeword is WRONG", role=MessageRole.ASSISTANT),
)
TWO_CODEWORDS = (message("Remember the codeword one."), message("Remember the codeword: `two three`"))
FRANCE = "What is the capital of France?"
SHOUTING = "Answer in upper case. End every answer with X"


@pytest.mark.parametrize(
    ("turn", "answer"),
    [
        (ScriptedTurn("What is 2+2?"), "2+2 = 4"),
        (ScriptedTurn("what is (3 + 4) * 5 / 2"), "(3 + 4) * 5 / 2 = 17.5"),
        (ScriptedTurn("What is 12 divided by 4?"), "12 divided by 4 = 3"),
        (ScriptedTurn("Calculate 1/0"), "1/0 has no value: it divides by zero."),
        (ScriptedTurn(FRANCE), "The capital of France is Paris."),
        (
            ScriptedTurn("Hello! Tell me: what's the capital of the United States, please?"),
            "The capital of the United States is Washington, D.C.",
        ),
        (ScriptedTurn("Hello"), "Hello! What can I do for you?"),
        (ScriptedTurn("Thanks!"), "You are welcome."),
        (ScriptedTurn("What is my name?"), "You have not told me your name in this conversation."),
        (ScriptedTurn("My name is Ada and I code"), "Nice to meet you, Ada. I will remember your name."),
        (ScriptedTurn("What did I ask before?"), "This is the first message of our conversation."),
        (
            ScriptedTurn("Remember the codeword blue. What is the codeword?"),
            "I will remember the codeword blue.\n\nThe codeword is blue.",
        ),
        (ScriptedTurn("What is my name?", memory=MEMORY), "Your name is Ada Lovelace."),
        (ScriptedTurn("What is my favourite colour?", memory=MEMORY), "Your favourite colour is green."),
        (ScriptedTurn("What is the codeword?", memory=MEMORY), "The codeword is BANANA-42."),
        (ScriptedTurn("Reply with only the codeword.", memory=MEMORY), "BANANA-42"),
        (ScriptedTurn("What is the codeword?", memory=TWO_CODEWORDS), "The codeword is two three."),
        (
            ScriptedTurn("What was my first message?", memory=MEMORY),
            "You wrote: “My name is Ada Lovelace and my favourite colour is green.”",
        ),
        (
            ScriptedTurn("What did I say before?", memory=MEMORY),
            (
                "You wrote before:\n\n1. “My name is Ada Lovelace and my favourite colour is green.”\n"
                "2. “Remember the codeword BANANA-42.”"
            ),
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
            ScriptedTurn(FRANCE, system_prompt="Always answer in upper case."),
            "THE CAPITAL OF FRANCE IS PARIS.",
        ),
        (
            ScriptedTurn(FRANCE, system_prompt='Start every answer with "ZEBRA:"'),
            "ZEBRA: The capital of France is Paris.",
        ),
        (
            ScriptedTurn(FRANCE, system_prompt="End each reply with the word over"),
            "The capital of France is Paris. over",
        ),
        (ScriptedTurn(FRANCE, system_prompt="Be kind."), "The capital of France is Paris."),
        (ScriptedTurn("Who are you?", system_prompt="You are Robby, a helpful robot."), "I am Robby."),
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


@pytest.mark.parametrize(
    "text",
    [
        "Write a Python script that prints the first 10 prime numbers, then run it and show me the output.",
        "write a python script that prints primes and run it",
        "Write a script that prints hello and run it",
        "Write a report about cats and email it to me",
        "Create a CSV with 100 rows",
        "Create a file named a.txt",
        "Create a file named a.txt containing a list of capitals",
        "Compose a symphony in D minor.",
    ],
)
async def test_a_request_to_write_that_is_not_understood_whole_writes_nothing_and_says_so(text):
    turn = await performed(ScriptedTurn(text))

    assert turn.of("tool") == []
    assert turn.answer.startswith(f"I did nothing of this message, because I did not understand “{text}”.")
    assert "I am a simulated agent" in turn.answer or "The closest that I understand" in turn.answer


async def test_a_request_understood_only_in_part_saves_no_report():
    text = "Analyze this data, write a report and email it"

    turn = await performed(ScriptedTurn(text, "uploads/t.txt", outcomes=[success("a b\nc\n")]))

    assert [name for name, _ in turn.of("tool")] == ["read_file"]
    assert turn.answer.endswith(f"I did nothing else: I did not understand all of “{text}”.")


@pytest.mark.parametrize(
    ("text", "not_understood"),
    [
        ("What is the capital of France? Write it to a.txt", "Write it to a.txt"),
        ("What is my name? Then delete everything.", "Then delete everything."),
        ("What is my name and fax it to bob", "What is my name and fax it to bob"),
    ],
)
async def test_a_question_with_an_order_that_is_not_understood_is_refused_whole(text, not_understood):
    turn = await performed(ScriptedTurn(text))

    assert turn.answer.startswith(
        f"I did nothing of this message, because I did not understand “{not_understood}”."
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("What is 2+2? What is the capital of France?", "2+2 = 4\n\nThe capital of France is Paris."),
        ("What is 2+2 and what is the capital of France?", "2+2 = 4\n\nThe capital of France is Paris."),
        ("Think about the sea. What is 2+2?", "I thought about the sea.\n\n2+2 = 4"),
        ("My name is Ada, please remember it.", "Nice to meet you, Ada. I will remember your name."),
        ("What is 2+2? Reply with exactly: ok", "ok"),
        (
            "Create a file named a.txt containing: x, then tell me a joke",
            f"I wrote `a.txt` (1 byte).\n\n{JOKE}",
        ),
    ],
)
async def test_every_question_of_a_message_is_answered(text, answer):
    assert (await performed(ScriptedTurn(text))).answer == answer


@pytest.mark.parametrize("text", ["what can you do?", "Hi! What can you do for me?", "help"])
async def test_the_agent_understands_every_sentence_of_its_help(text):
    turn = await performed(ScriptedTurn(text))

    cells = re.findall(r"\| (`+)(?: )?([^|]*?)(?: )?\1 \|", turn.answer)
    playbooks = [
        line.removeprefix("- ") for line in turn.answer.splitlines() if line.startswith("- playbook:")
    ]
    assert (len(cells), len(playbooks)) == (10, 3)
    for sentence in (*(cell for _, cell in cells), *playbooks):
        assert planned(sentence).not_understood == ()


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "playbook: retri",
            "There is no playbook 'retri', so I did nothing. Did you mean “playbook: retry”?",
        ),
        ("Playbook: failing-taks please", "Did you mean “playbook: failing-task”?"),
        ("playbook: nope", "Those that are asked for by name: approvals-demo, artifacts, "),
    ],
)
async def test_an_unknown_playbook_name_is_answered_with_names_that_exist(text, hint):
    assert hint in (await performed(ScriptedTurn(text))).answer


@pytest.mark.parametrize("system_prompt", [None, "Answer in upper case.", 'Start every answer with "So:"'])
async def test_an_unknown_instruction_is_not_remembered_under_any_system_prompt(system_prompt):
    told = ScriptedTurn("Remember the codeword bread and butter", system_prompt=system_prompt)
    answer = (await performed(told)).answer
    memory = (told.message, message(answer, role=MessageRole.ASSISTANT))

    later = await performed(ScriptedTurn("What is the codeword?", memory=memory))

    assert later.answer == "I don't know a codeword. You haven't given me one in this conversation."


async def test_a_codeword_in_a_plain_sentence_is_remembered():
    told = await performed(ScriptedTurn("The codeword is blue horse."))
    memory = (told.message, message(told.answer, role=MessageRole.ASSISTANT))

    later = await performed(ScriptedTurn("What is the codeword?", memory=memory))

    assert told.answer == "I will remember the codeword blue horse."
    assert later.answer == "The codeword is blue horse."


async def test_an_instruction_that_was_not_executed_is_not_remembered():
    refused = ScriptedTurn("My name is Bob. Remember the codeword RED. Then juggle.", memory=MEMORY)
    answer = (await performed(refused)).answer
    memory = (*MEMORY, refused.message, message(answer, role=MessageRole.ASSISTANT))

    later = await performed(ScriptedTurn("What is the codeword?", memory=memory))
    name = await performed(ScriptedTurn("What is my name?", memory=memory))

    assert answer.startswith("I did nothing of this message, because I did not understand “Then juggle.”. ")
    assert (later.answer, name.answer) == ("The codeword is BANANA-42.", "Your name is Ada Lovelace.")


@pytest.mark.parametrize("uploads", [(), ("uploads/a.txt",)])
@pytest.mark.parametrize("question", ["What files are in the workspace?", "which files are there"])
async def test_a_question_for_the_files_is_answered_with_the_files_and_nothing_else(question, uploads):
    turn = await performed(ScriptedTurn(question, *uploads, outcomes=[success("a.txt (1 byte)")]))

    assert turn.of("tool") == [("list_directory", {"path": ".", "recursive": True})]
    assert turn.answer == "The files are:\n\n```\na.txt (1 byte)\n```"


async def test_an_uploaded_table_is_read_and_summarised_truthfully():
    table = 'name,amount,note\n"Smith, J",1.50,x\nDoe,-2,\n"multi\nline",10,y\n'

    turn = await performed(
        ScriptedTurn("Analyze the CSV file", "uploads/data.csv", outcomes=[success(table)])
    )

    assert turn.of("tool") == [("read_file", {"path": "uploads/data.csv"})]
    assert turn.answer == (
        "I read the file.\n\nI read `uploads/data.csv`: 3 data rows, 3 columns.\n\n"
        "Columns: name, amount, note.\n\n"
        "- amount: sum 9.50, minimum -2, maximum 10"
    )


async def test_a_report_on_an_upload_is_saved_too():
    turn = await performed(
        ScriptedTurn("Analyze this data and write a report", "uploads/t.txt", outcomes=[success("a b\nc\n")])
    )

    name, args = turn.of("tool")[1]
    assert (name, args["path"]) == ("write_file", "downloads/report.md")
    assert "It has 2 lines, 3 words and 6 characters." in args["content"]
    assert turn.answer.endswith("I saved this as `downloads/report.md`.")


async def test_an_upload_without_a_question_is_acknowledged_with_name_and_size():
    listing = success("data.csv (2,048 bytes)\ndeep/\ndeep/x.bin (7 bytes)")

    turn = await performed(
        ScriptedTurn("Here you are", "uploads/data.csv", "uploads/deep/x.bin", outcomes=[listing])
    )

    assert turn.answer.startswith(
        "I received 2 files:\n\n- `uploads/data.csv` (2,048 bytes)\n- `uploads/deep/x.bin` (7 bytes)\n\n"
    )


async def test_a_later_message_reads_the_upload_of_an_earlier_one():
    memory = (message("Here", "uploads/data.csv"), message("ok", role=MessageRole.ASSISTANT))

    turn = await performed(
        ScriptedTurn("Please summarise the file", memory=memory, outcomes=[success("a\n1\n")])
    )

    assert turn.of("tool") == [("read_file", {"path": "uploads/data.csv"})]


@pytest.mark.parametrize(
    ("text", "path", "part"),
    [
        ("Create a Python script that prints hello", "script.py", "print('hello')\n"),
        (
            'Write a bash script called run.sh that says "it\'s me"',
            "run.sh",
            "printf '%s\\n' 'it'\"'\"'s me'\n",
        ),
        ("Write a report about solar power", "report.md", "# Solar power"),
        ("Write a poem about tea to tea.md", "tea.md", "# Tea"),
        ("Please generate a CSV with sample data", "data.csv", "id,name,value\n"),
    ],
)
async def test_a_request_to_write_really_writes_a_file_and_says_so(text, path, part):
    turn = await performed(ScriptedTurn(text))

    [(name, args)] = turn.of("tool")
    assert (name, args["path"]) == ("write_file", path)
    assert part in args["content"]
    assert f"I wrote `{path}`" in turn.answer


async def test_an_essay_without_a_file_is_the_answer_and_a_long_essay_is_longer():
    essay = await performed(ScriptedTurn("Write an essay about trees"))
    long = await performed(ScriptedTurn("Write a long essay about trees."))

    assert essay.of("tool") == []
    assert essay.answer.startswith("# Trees\n\nThis essay is about **trees**.")
    assert all(
        mark in long.answer for mark in ("\n## ", "\n- **", "\n| ", "\n```python\n", "](https://", "\n> ")
    )
    assert len(long.answer) > 1.5 * len(essay.answer)


async def test_a_script_is_written_and_run():
    turn = await performed(ScriptedTurn("Create a Python script that prints `hello`. Then run it."))

    assert [name for name, _ in turn.of("tool")] == ["write_file", "run_shell_command"]


async def test_a_subagent_follows_its_instruction_or_the_message_is_refused():
    wrote = await performed(ScriptedTurn("Use a subagent named code-writer to write a report"))
    refused = await performed(ScriptedTurn("Use a subagent named x to fax the report"))

    assert [name for name, _ in wrote.of("subagent runs")] == ["write_file"]
    assert "I wrote `report.md`" in wrote.answer
    assert refused.answer.startswith("I did nothing of this message")


async def test_a_search_is_one_of_bundled_pages():
    turn = await performed(ScriptedTurn("Search the web for solar power"))
    asked = await performed(ScriptedTurn("Tell me about the sea."))

    assert turn.of("tool") == [("web_search", {"query": "solar power"})]
    assert asked.of("tool") == [("web_search", {"query": "sea"})]


@pytest.mark.parametrize(
    ("text", "told", "closest"),
    [
        ("Erase everything in a.txt", "“Erase everything in a.txt”", "Delete the file a.txt"),
        ("Create a file named a.txt containing: one. Fax it to bob", "“Fax it to bob”", ""),
        ("playbook: retri", "“playbook: retri”", ""),
        ("How nice. Reply with exactly: ok", "“How nice.”", ""),
    ],
)
async def test_a_strict_agent_fails_the_task_and_names_the_closest_directive(text, told, closest):
    turn = ScriptedTurn(text)
    with pytest.raises(TurnFailed) as failed:
        await Agent(Library(), strict=True).perform(turn)

    assert failed.value.code == "NOT_UNDERSTOOD"
    assert f"I did not understand {told}. The closest directive is “{closest}" in failed.value.message
    assert turn.log == []


async def test_a_strict_agent_follows_an_instruction_that_it_understands():
    turn = ScriptedTurn("Hello! Reply with exactly: ok")
    await Agent(Library(), strict=True).perform(turn)

    assert turn.answer == "ok"


async def test_a_saved_answer_is_reported_only_if_the_playbook_asks_for_it():
    library = Library()
    said = []
    for save in ("a.md", {"path": "a.md", "report": {"brief": "Saved."}}):
        plan = Plan(source="playbook", steps=({"say": "Refund"}, {"save_answer": save}, {"say": "ed."}))
        turn = ScriptedTurn("go")
        await Performance(turn, ResponseStyle(), library.kinds, TextWork()).follow(plan, lambda _at: None)
        said.append((turn.answer, turn.of("tool")))

    wrote = [("write_file", {"path": "a.md", "content": "Refund\n"})]
    assert said == [("Refunded.", wrote), ("Refund\n\nSaved.ed.", wrote)]


@pytest.mark.parametrize(
    ("text", "output", "answer"),
    [
        ("Run `true`", "(no output)", "The command printed nothing."),
        ("Read the file a.txt", "", "`a.txt` holds nothing."),
        ("Print the environment variable A_B", "1\n", "`A_B` holds:\n\n```\n1\n```"),
    ],
)
async def test_tool_output_is_described_in_plain_words_even_if_it_is_empty(text, output, answer):
    assert (await performed(ScriptedTurn(text, outcomes=[success(output)]))).answer == answer


async def test_a_directive_without_words_still_answers():
    assert (
        await performed(ScriptedTurn("Use a subagent named x to look around. Reply with exactly: ` `"))
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

    later = await performed(ScriptedTurn("again please", memory=[turn.message]))

    assert (turn.answer, failed.value.code) == ("I begin with the work. ", "MODEL_UNAVAILABLE")
    assert later.answer == "This time it works."


def test_the_agent_sees_the_list_of_files_in_front_of_the_words():
    prompt = Prompt.of(ScriptedTurn("Hello", "uploads/a.csv", "uploads/b/c.txt"))

    assert prompt.text == "Hello"
    assert prompt.seen == (
        "The user uploaded these files to the workspace:\n- uploads/a.csv\n- uploads/b/c.txt\n\nHello"
    )


def test_explain_shows_the_steps_and_the_text_not_understood():
    explained = AGENT.explain(
        Prompt(text="I am new. Reply with exactly: A", system_prompt="Answer in lower case")
    )

    assert explained["source"] == "directives"
    assert explained["understood"] == ["Reply with exactly: A"]
    assert explained["unparsed"] == ["I am new."]
    assert explained["system_prompt"] == {"text": "Answer in lower case", "followed": ["case: lower"]}
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


@pytest.mark.parametrize(
    "text",
    ["Run: ls\n" * 1_001, "Write 100000 words. " * 3, "Run these commands in parallel: `a`, `b`. " * 501],
    ids=["steps", "characters", "steps of few directives"],
)
def test_of_a_message_that_asks_for_too_much_nothing_is_done(text):
    plan = planned(text)

    assert plan.name == "too much"
    _thought, answer = plan.steps
    assert "more than 1000 steps" in answer["say"]["text"]
    assert "more than one message allows" in AGENT.explain(Prompt(text=text))["why"]


def test_as_many_steps_as_a_message_may_ask_for_are_done():
    plan = planned("Run: ls\n" * 1_000)

    assert (plan.name, len(plan.steps)) == (None, 1_001)


async def test_a_long_message_is_compiled_in_a_thread_and_a_short_one_at_once():
    work, threads = TextWork(), []

    for length in (SHORT_CHARACTERS, SHORT_CHARACTERS + 1):
        await work.do(length, lambda: threads.append(threading.current_thread() is threading.main_thread()))

    assert threads == [True, False]
