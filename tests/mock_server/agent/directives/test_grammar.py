"""The grammar: which texts are directives, which are not, and that quoted text is preserved byte for byte."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.directives.grammar import plan_directives, read
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.recall import codewords
from sigmic_mock.agent.steps.step import Step, called, say, think
from sigmic_mock.agent.tools.shell import show_variable
from tests.mock_server.agent.test_growth import TOKENS


def steps(text: str) -> list[Step]:
    """Return the steps of a message without the opening thought."""
    plan = plan_directives(Prompt(text=text))
    return [] if plan is None else list(plan.steps[1:])


def of(text: str, key: str) -> list[Any]:
    return [step[key] for step in steps(text) if key in step]


def calls(text: str) -> list[tuple[str, object]]:
    return [call for step in steps(text) if (call := called(step))]


def dictated(text: str) -> list[str]:
    return [said["text"] for said in of(text, "say") if said.get("exact", True)]


def spoken(text: str) -> list[str]:
    return [said["text"] for said in of(text, "say")]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("Run exactly this shell command: `echo hi; ls`", ["echo hi; ls"]),
        ("RUN EXACTLY THIS SHELL COMMAND: `id`", ["id"]),
        ("Run exactly this shell command:\n```sh\necho a\necho b\n```", ["echo a\necho b"]),
        ("Run exactly this shell command:\r\n```\r\necho a\r\n```\r\n", ["echo a"]),
        ("Run exactly this shell command: echo plain | wc -c", ["echo plain | wc -c"]),
        ('Run exactly this shell command: "uname -a".', ["uname -a"]),
        ("Run exactly this shell command: `` echo `date` ``", ["echo `date`"]),
        ("Run exactly these shell commands: `a`, `b` and `c`.", ["a", "b", "c"]),
        ("Run these commands:\n```\na\n```\n```\nb\n```", ["a", "b"]),
        ("Please run `ls -la` and show me the output.", ["ls -la"]),
        ("Could you execute the following bash command: `true`", ["true"]),
        ("Run exactly this shell command and report its output: printenv HOME", ["printenv HOME"]),
        ("Use the run_shell_command tool to run exactly this command: `sleep 1`", ["sleep 1"]),
        ("Hello! To check isolation, run exactly this shell command: `id`. Thank you.", ["id"]),
        ("Run exactly this: `id`", ["id"]),
        ("Run the command `a`. Then run the command `b`.", ["a", "b"]),
        ("run ls -la", ["ls -la"]),
        ("Please run: ls", ["ls"]),
        ("Run the command ls -la", ["ls -la"]),
        ("Run the command ls -la and show me the output.", ["ls -la"]),
        ("Run python3 primes.py.", ["python3 primes.py"]),
        ("run pwd, please", ["pwd"]),
        ("1. Run exactly this shell command: `a`\n2. Run exactly this shell command: `b`", ["a", "b"]),
        ("- run `a`\n- run `b`", ["a", "b"]),
        ("Run: mkdir x; cat a.txt; rm a.txt", ["mkdir x; cat a.txt; rm a.txt"]),
    ],
)
def test_shell_commands(text, commands):
    assert calls(text) == [("run_shell_command", {"command": command}) for command in commands]


@pytest.mark.parametrize(
    ("text", "path", "content"),
    [
        ("Create a file named a.txt containing: hello", "a.txt", "hello"),
        ("Create a file called `my file.txt` containing: hello", "my file.txt", "hello"),
        ("Create a text file named a.txt with the content: x = 1; y = 2", "a.txt", "x = 1; y = 2"),
        ('Create a new file a.txt with content "x y".', "a.txt", "x y"),
        ("Create a file named a.txt with the following content:\n```\none\ntwo\n```", "a.txt", "one\ntwo\n"),
        ("Write a file named a.txt containing exactly the text `é`", "a.txt", "é"),
        ("Create a file named a.txt that contains the word banana.", "a.txt", "banana"),
        ("Create a file named /workspace/d/a.txt containing: hi", "d/a.txt", "hi"),
        ("Create the file a.py:\n```python\nprint(1)\n```", "a.py", "print(1)\n"),
        ("Create an empty file named e.txt.", "e.txt", ""),
        ('Write "hello" to a.txt', "a.txt", "hello"),
        ("Save `x,y` into a file named t.csv.", "t.csv", "x,y"),
        ("Use the write_file tool to create a file named b.txt containing: yo", "b.txt", "yo"),
        ("Create a file named a.txt containing: hello. Then reply with exactly: ok", "a.txt", "hello"),
        ("Create a file named a.txt with the following content:\none\ntwo", "a.txt", "one\ntwo"),
        ("Create a file called notes.txt with the text hello world", "notes.txt", "hello world"),
        ("Create a file called todo.md with the text buy milk and eggs", "todo.md", "buy milk and eggs"),
        ("Create a file named a.txt containing hello world", "a.txt", "hello world"),
        ("Create a file named a.txt containing hello world.", "a.txt", "hello world"),
        ("Write a file named b.txt with the text one two", "b.txt", "one two"),
        ("Write a file named b.txt with exactly the text only you", "b.txt", "only you"),
        ("Write a file named b.txt with the following words exactly: only you", "b.txt", "only you"),
        (
            "Create a file named a.txt that says good morning, then reply with exactly: ok",
            "a.txt",
            "good morning",
        ),
        ("Create a file named a.txt with the text hello and nothing else.", "a.txt", "hello"),
    ],
)
def test_creating_a_file(text, path, content):
    assert calls(text) == [("write_file", {"path": path, "content": content})]


@pytest.mark.parametrize(
    ("text", "name", "args"),
    [
        ("Rename a.txt to b.txt", "run_shell_command", {"command": "mv -T -- a.txt b.txt"}),
        ("Copy the file `a b` to c.txt, please.", "run_shell_command", {"command": "cp -T -- 'a b' c.txt"}),
        (
            "Move a.txt into the folder docs",
            "run_shell_command",
            {"command": "mkdir -p -- docs && mv -T -- a.txt docs/a.txt"},
        ),
        ("Create a folder named docs.", "run_shell_command", {"command": "mkdir -p -- docs"}),
        (
            "Append the line `it's` to a.txt",
            "run_shell_command",
            {"command": "printf '%s\\n' 'it'\"'\"'s' >> ./a.txt"},
        ),
        ("Search for `a.b` in the files", "grep_search", {"pattern": "a\\.b"}),
        ("Show me a.txt", "read_file", {"path": "a.txt"}),
        ("Read the file uploads/data.csv.", "read_file", {"path": "uploads/data.csv"}),
        ("Show me the contents of the file notes.md", "read_file", {"path": "notes.md"}),
        ("Read the file uploads/data.csv and summarise it.", "read_file", {"path": "uploads/data.csv"}),
        ("Read uploads/data.csv", "read_file", {"path": "uploads/data.csv"}),
        ("Read the file `a b.txt` and tell me what it says.", "read_file", {"path": "a b.txt"}),
        ("List the files", "list_directory", {"path": "."}),
        ("List all files in the workspace, please.", "list_directory", {"path": "."}),
        ("Can you list the files in the uploads directory?", "list_directory", {"path": "uploads"}),
        ("List the files in /uploads", "list_directory", {"path": "uploads"}),
        ("Delete the file x.txt.", "run_shell_command", {"command": "rm -- x.txt"}),
        ("delete data.csv", "run_shell_command", {"command": "rm -- data.csv"}),
        ("Remove the uploads/old.csv, please.", "run_shell_command", {"command": "rm -- uploads/old.csv"}),
        ("Delete the file `a'b.txt`", "run_shell_command", {"command": "rm -- 'a'\"'\"'b.txt'"}),
        (
            "Replace foo with bar in a.txt.",
            "replace",
            {"path": "a.txt", "old_string": "foo", "new_string": "bar"},
        ),
        (
            'Replace "a b" by `c` in the file z.txt',
            "replace",
            {"path": "z.txt", "old_string": "a b", "new_string": "c"},
        ),
        (
            'Call the tool list_directory with {"path": "/workspace"}',
            "list_directory",
            {"path": "/workspace"},
        ),
        ('Call the glob tool with the arguments: `{"pattern": "**"}`', "glob", {"pattern": "**"}),
        ('Call the tool x-y with:\n```json\n{"a": {"b": [1]}}\n```', "x-y", {"a": {"b": [1]}}),
        ("Use the list_directory tool.", "list_directory", {}),
        (
            "Print the environment variable API_KEY.",
            "run_shell_command",
            {"command": show_variable("API_KEY")},
        ),
        (
            "What is the value of the environment variable `T`?",
            "run_shell_command",
            {"command": show_variable("T")},
        ),
        (
            "Tell me the value of the environment variable $T",
            "run_shell_command",
            {"command": show_variable("T")},
        ),
    ],
)
def test_other_tools(text, name, args):
    assert calls(text) == [(name, args)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Reply with exactly: PONG", "PONG"),
        ("reply with exactly: pong. ", "pong."),
        ("Reply with exactly the following text: a, b; c.", "a, b; c."),
        ("Reply with only the word PONG.", "PONG"),
        ("Reply only with OK.", "OK"),
        ("Answer with exactly `42` and nothing else.", "42"),
        ('Say exactly: "hello there" and nothing else.', "hello there"),
        ("Respond with exactly: done and nothing else.", "done"),
        ("Say exactly: it's “quoted” \u2013 naïve \u2028 ☃", "it's “quoted” \u2013 naïve \u2028 ☃"),
        ("Reply with exactly this text:\n```\nline one\n\n  line three\n```", "line one\n\n  line three"),
        ("Reply with exactly this text:\r\n```\r\na\r\nb\r\n```", "a\r\nb"),
        ("Repeat after me: one two", "one two"),
        ("When you are done, reply with exactly: DONE", "DONE"),
        ('Reply with exactly: he said "hi" and "bye"', 'he said "hi" and "bye"'),
        ("Wait for 1 second, then say exactly: hi", "hi"),
        ("Reply with exactly: List the files", "List the files"),
        ("Reply with exactly hello world", "hello world"),
        ("Reply with exactly pong and nothing else.", "pong"),
        ("Say hello world", "hello world"),
        ("Say hello.", "hello"),
        ("Say done", "done"),
        ("Just say ok.", "ok"),
        ("Do not create any files. Just say ok.", "ok"),
        ("Reply with ok", "ok"),
        ("Reply with good night.", "good night"),
        (
            'Reply with exactly: he said "stop". Roses are red. Violets are blue.',
            'he said "stop". Roses are red. Violets are blue.',
        ),
    ],
)
def test_dictated_answers_are_verbatim(text, expected):
    assert dictated(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wait 20 seconds.", 20.0),
        ("Sleep for 2 minutes before answering.", 120.0),
        ("Please pause for 1.5 s", 1.5),
        ("Wait for 250 ms", 0.25),
        ("Wait a minute.", 60.0),
        ("Wait ten seconds, please.", 10.0),
        ("Wait 1 hour", 3600.0),
    ],
)
def test_waits(text, expected):
    assert of(text, "wait") == [expected]


@pytest.mark.parametrize(
    ("text", "said", "pace"),
    [
        ("Count slowly from 1 to 3, one number per second.", "1\n2\n3", 1.0),
        ("Count from 1 to 3", "1\n2\n3", 0.0),
        ("Count slowly to 2", "1\n2", 1.0),
        ("Count from 3 to 1", "3\n2\n1", 0.0),
        ("Count from 1 to 2, one number every 5 seconds, and then stop.", "1\n2", 5.0),
        ("Count from 1 to 2, 10 numbers per second", "1\n2", 0.1),
        ("Count from 1 to 2 with a pause of 2 seconds between numbers.", "1\n2", 2.0),
    ],
)
def test_counting_streams_one_piece_a_number(text, said, pace):
    assert steps(text) == [say(said, split="lines", pace=pytest.approx(pace))]


@pytest.mark.parametrize(
    ("text", "measure", "count"),
    [
        ("Produce a long answer of 2,000 words.", str.split, 2000),
        ("Write an answer of exactly 7 words", str.split, 7),
        ("Produce a long answer of 5000 characters.", str, 5000),
    ],
)
def test_long_answers_are_as_long_as_asked(text, measure, count):
    assert [len(measure(text)) for text in spoken(text)] == [count]


@pytest.mark.parametrize("words", ["in parallel", "at the same time, as parallel tool calls"])
def test_commands_at_the_same_time(words):
    [together] = of(f"Run exactly these shell commands {words}: `a` and `b`", "parallel")

    assert [call["run"]["command"] for call in together] == ["a", "b"]


def test_a_subagent_gets_its_objective():
    [subagent] = of("Use a subagent named code-writer to analyse the data.", "subagent")
    assert "did nothing else" in subagent["report"]["brief"]

    names = subagent["name"], subagent["display_name"], subagent["objective"]
    assert names == ("code-writer", "Code Writer", "analyse the data")


def test_a_subagent_runs_the_tool_that_its_instruction_needs():
    text = "Use a subagent named code-writer to create a file named out.csv containing: a,b"

    [subagent] = of(text, "subagent")

    args = {"path": "out.csv", "content": "a,b"}
    assert subagent["steps"][1:] == [{"tool": {"name": "write_file", "args": args}}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fail with the message: boom happened", "boom happened"),
        ('Fail with the message "boom" and code E_X', {"message": "boom", "code": "E_X"}),
    ],
)
def test_failures(text, expected):
    assert steps(text) == [{"fail": expected}]


def test_retries_are_as_many_as_asked():
    assert of("Retry twice.", "retry") == [f"Temporary failure, attempt {at} of 2" for at in (1, 2)]


def test_thinking_about_something_is_a_thought():
    thought = think("Thinking about prime numbers", "I consider prime numbers before I answer.")
    assert steps("Think about prime numbers.")[0] == thought


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What is the codeword?", {}),
        ("Which codeword did I tell you?", {}),
        ("Tell me the codeword I gave you earlier.", {}),
        ("What was the codeword? Reply with only the codeword.", {"only": True}),
        ("What is the codeword? Reply with the codeword only.", {"only": True}),
        ("What is the codeword? Answer only with the codeword.", {"only": True}),
        ("What is the codeword? Answer with the codeword alone, please.", {"only": True}),
        ("What is the codeword? Only the codeword, please.", {"only": True}),
    ],
)
def test_the_codeword_is_asked_for(text, expected):
    assert steps(text) == [{"recall": {"word": "codeword", **expected}}]


@pytest.mark.parametrize(
    "text",
    [
        "Remember the codeword BANANA-42.",
        "Please remember this codeword: BANANA-42",
        "Remember that the codeword is `BANANA-42`",
        "Remember the codeword BANANA-42. I will ask for it later.",
        "Remember the codeword BANANA-42 for later, please.",
        "Hello! Remember the codeword BANANA-42. Thank you.",
    ],
)
def test_a_codeword_is_confirmed(text):
    assert spoken(text) == ["I will remember the codeword BANANA-42."]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Remember the codeword blue horse", "I will remember the codeword blue horse."),
        (
            "Remember the password correct horse battery.",
            "I will remember the password correct horse battery.",
        ),
        ("Remember the codeword blue horse and reply with exactly: OK", "OK"),
    ],
)
def test_a_codeword_of_several_words_is_remembered_whole(text, told):
    assert spoken(text) == [told]
    assert [each.value for each in codewords(text)] in (["blue horse"], ["correct horse battery"])


def test_a_file_is_shown_when_the_message_asks_for_its_contents_too():
    assert calls("Create a file named a.txt containing `x` and show me its contents.") == [
        ("write_file", {"path": "a.txt", "content": "x"}),
        ("read_file", {"path": "a.txt"}),
    ]


@pytest.mark.parametrize(
    ("text", "not_understood"),
    [
        ("Create a file named a.txt containing: x\n\nMake it executable.", "“Make it executable.”"),
        ("Create a file named a.txt containing `x` and make it executable", "“and make it executable”"),
        ("Run `ls` in the folder src", "“in the folder src”"),
        ("Run `ls` and show me the output and delete the results.", "“and delete the results.”"),
        ("Create a file named a.txt with the text hello and run it", "“and run it”"),
        ("Run: ls. Then juggle", "“juggle”"),
        ("Remember the codeword X1. It is a secret.", "“It is a secret.”"),
        ("Remember the codeword bread and butter. Wait 1 s.", "“Remember the codeword bread and butter.”"),
        ("Wait 5 seconds. Delete everything.", "“Delete everything.”"),
        (
            "Write a script that sorts numbers. Reply with exactly: DONE",
            "“Write a script that sorts numbers.”",
        ),
        ("Use a subagent named x to run `ls` quickly", "“quickly”"),
        (
            "Blah one. Blah two. Blah three. Blah four. Run `ls`.",
            "“Blah one.”, “Blah two.”, “Blah three.” and 1 more",
        ),
    ],
)
def test_of_a_message_that_is_not_understood_whole_nothing_is_done_that_changes_anything(
    text, not_understood
):
    [answer] = spoken(text)

    assert answer.startswith(
        f"I did nothing of this message, because I did not understand {not_understood}. "
    )
    assert len(steps(text)) == 1


def test_a_harmless_instruction_is_executed_despite_unknown_text():
    assert spoken("How nice. Wait 1 second.") == ["I waited 1 second.", "I did not understand “How nice.”."]
    assert spoken("You are a tester. Reply with exactly: PONG") == ["PONG"]


@pytest.mark.parametrize(
    "text",
    [
        "Hello! Run `ls`. Thank you.",
        "Good morning.\nRun `ls`.\nThat is all.",
        "Hi, run `ls`. Do nothing else.",
    ],
)
def test_courtesy_asks_for_nothing_and_hinders_nothing(text):
    assert calls(text) == [("run_shell_command", {"command": "ls"})]
    assert len(steps(text)) == 1


def test_a_dictated_answer_silences_everything_else():
    text = "Remember the codeword X1. Run exactly this shell command: `id`. Reply with exactly: OK"

    assert steps(text) == [{"run": {"command": "id"}}, say("OK", exact=True)]


def test_the_script_that_was_written_is_run():
    made = calls("Create a file named a.py containing: `print(1)`. Then run it and show me the output.")

    assert made[1:] == [("run_shell_command", {"command": "python3 ./a.py"})]


@pytest.mark.parametrize(
    "text",
    [
        "Create a file named a.txt with the following content:\nBuy milk\nCall mum\nCount the days",
        "Create a file named a.txt containing: It rained. Then the sun came out. He liked it.",
        "Create a file named a.txt containing: read, write, execute",
    ],
)
def test_text_that_holds_no_order_is_taken_whole(text):
    content = text.partition(":")[2].strip()

    assert calls(text) == [("write_file", {"path": "a.txt", "content": content})]


def test_a_ban_on_tools_is_obeyed_or_the_message_is_refused():
    assert spoken("Do not use any tools. Reply with exactly: ok") == ["ok"]
    [answer] = spoken("Do not use any tools. Run `ls`.")
    assert answer.startswith(
        "I did nothing of this message, because I did not understand “Do not use any tools.”"
    )


def test_several_directives_keep_their_order():
    text = (
        "First, create a file named a.txt containing: 1\n"
        "Then read the file a.txt. After that, delete the file a.txt."
    )

    assert [name for name, _ in calls(text)] == ["write_file", "read_file", "run_shell_command"]
    made = calls("Create a file named x.txt containing: one. Then copy it to z.txt and delete it")
    assert [args for _, args in made[1:]] == [{"command": "cp -T -- x.txt z.txt"}, {"command": "rm -- z.txt"}]


@pytest.mark.parametrize(
    "text",
    [
        "List the files you would change to add a feature.",
        "Do not delete the file x.txt.",
        "Please don't run `rm -rf .`",
        "Never:\n- delete the file y\n- list the files",
        "If it exists, delete the file x.txt.",
        "Explain this:\n```\nRun exactly this shell command: `rm`\n```",
        'He said "Run exactly this shell command: `rm`".',
        "> Run exactly this shell command: `rm`",
        "Why does `Delete the file x` matter?",
        "Replace the tyres with winter tyres in November.",
        "Write a 500 word story about cats",
        "Run the command again",
        "Wait, what?",
        "Count the files to be deleted",
        "Remember to buy milk.",
        "Reply with exactly one reason why Paris is pretty.",
        "Wait 100000 hours",
        "Create a file named a.txt containing a list of capitals",
        "Use the force.",
        "What is the capital of France?",
        'Call the tool x with {"broken',
        "Tell me a story",
        "Run exactly this shell command: `pwd",
        "Say hello to everyone",
        "Say hello in French",
        "Say something nice",
        "Say it again",
        "Reply in German",
        "Reply with a joke",
        "Answer quickly",
        'Reply with exactly "a" three times',
        "Create a file named a.txt containing 5 random numbers",
        "Create a file named a.txt with the text of the README",
        "Create a file named a.txt with the text hello!",
        "Create a file named a.txt with the word hello world",
        "Create a file named a.txt with execute permission",
        "Create a file named a.txt containing one two",
        "Create a file named a.txt containing exactly hello world",
        "Create a file named a.txt",
        "Remember the codeword bread and butter",
        "Run the tests",
        "Run find on the folder",
        "Run git status quickly",
        "Run it",
        "Delete everything",
        "Delete the second line of a.txt",
        "",
    ],
)
def test_ordinary_prompts_are_never_guessed_at(text):
    assert steps(text) == []


def test_unknown_sentences_are_listed_apart_from_understood_ones():
    reading = read("I am new. Run exactly this shell command: `id`. What a lovely day!")

    assert reading.understood == ("Run exactly this shell command: `id`",)
    assert reading.not_understood == ("I am new.", "What a lovely day!")


ANY = st.text(max_size=400) | st.lists(st.sampled_from([*TOKENS, "\u2028", "\ud800"]), max_size=30).map(
    "".join
)


@given(ANY)
def test_no_text_whatever_makes_it_fail(text):
    reading = read(text)

    assert len(reading.understood) == len(reading.directives)


INLINE = st.text(
    st.characters(exclude_characters="`\n\r", exclude_categories=["Cs"]), min_size=1, max_size=80
).filter(lambda text: text.strip() != "")


@given(INLINE)
def test_inline_code_is_verbatim(text):
    assert calls(f"Run exactly this shell command: `{text}`") == [("run_shell_command", {"command": text})]
    assert dictated(f"Reply with exactly: `{text}`") == [text]


FENCED = st.text(st.characters(exclude_characters="`~", exclude_categories=["Cs"]), max_size=120)


@given(FENCED)
def test_a_fence_is_verbatim(text):
    message = f"Create a file named a.txt with the following content:\n```\n{text}\n```"

    assert calls(message) == [("write_file", {"path": "a.txt", "content": f"{text}\n"})]
