"""AGENT and ISOLATION: a tool did what its call asked for, in the workspace of its task."""

import hashlib
from dataclasses import replace
from functools import partial
from typing import Any

from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.traffic.journeys.material import KEYS, NEIGHBOURS, UPLOADS
from sigmic_conformance.wire.numbered_text import FILL, printing
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange
from tests.conformance.handwritten import DONE, HI, Traffic, agent, cases, heard, stories, user
from tests.conformance.kit import (
    IDLE,
    LIVE,
    USER,
    call,
    content,
    done,
    download,
    event,
    judged,
    result,
    stream,
    verdicts,
)

UPLOAD = SentFile.of("a.txt", b"one\n")
READ = {"path": "uploads/a.txt"}


def ran(command: str, output: str) -> Traffic:
    return Traffic().create("Hi").ran(command, output)


def beside(output: str) -> Traffic:
    """A command of one task, next to a task with an uploaded file."""
    traffic = Traffic().create_form(SentFile.of("of-another-1234.txt", b"x"), task="u")
    return traffic.create("Hi").ran("ls", output)


def after(output: str) -> Traffic:
    """A command of one task, after a command of another task created a file."""
    traffic = Traffic().create("First", task="u")
    make = "sleep 1; echo x > made-by-u-1234.txt; ls 2>/dev/null"
    traffic.ran(make, "made-by-u-1234.txt", shown=[user(1, "First")], task="u")
    return traffic.create("Hi").ran("ls", output)


def exported(output: str) -> Traffic:
    """A command that prints a variable which a command of another task exported."""
    traffic = Traffic().create("First", task="u")
    traffic.ran("export LEFT_w=set; echo done", "done\n", shown=[user(1, "First")], task="u")
    return traffic.create("Hi").ran('pwd; echo "variable=[$LEFT_w]"', output)


def read(output: str) -> Traffic:
    traffic = Traffic().create_form(UPLOAD)
    return traffic.stream(call("c", toolName="read_file", args=READ), result("c", output), DONE, shown=[HI])


TOLD = f"{UPLOAD.sha256}  uploads/a.txt\ndone"
ARCHIVE = SentFile("a.zip", 9, "0" * 64, (UPLOAD,))
CLIMBING = SentFile("a.zip", 9, "0" * 64, (replace(UPLOAD, name="../a.txt"),))


def told(*outputs: str, upload: SentFile = UPLOAD) -> Traffic:
    """Commands in sequence that should print the digests of all uploads."""
    traffic = Traffic().create_form(upload)
    args = {"command": f"{UPLOADS}; echo done"}
    ran = [
        event
        for n, output in enumerate(outputs)
        for event in (call(f"c{n}", args=args), result(f"c{n}", output))
    ]
    return traffic.stream(*ran, DONE, shown=[HI])


def used(name: str, *args: str) -> Traffic:
    """A call of the tool `name` with these arguments."""
    traffic = Traffic().create("Hi")
    return traffic.stream(call("c", toolName=name, args=dict.fromkeys(args, "a")), DONE, shown=[HI])


test_a_tool = stories(
    ("AGENT-002", lambda output: ran("echo one > a.txt; echo two", output), "two\n", "2", "no-output"),
    ("AGENT-002", lambda output: ran("sleep 1; echo one", output), "one\n", "", "no-output"),
    ("ISOLATION-013", lambda output: ran("pwd", output), "/workspace\n", "/tmp/x\n", "other-root"),
    (
        "ISOLATION-013",
        lambda output: ran("pwd", output),
        "Command: pwd\nOutput: /workspace",
        "Command: pwd\nOutput: /tmp/workspace",
        "other-root",
    ),
    (
        "ISOLATION-013",
        lambda output: ran("pwd; ls", output),
        "$ pwd\n\n/workspace",
        "a\nb\nc\n/workspace",
        "other-root",
    ),
    ("ISOLATION-010", exported, "variable=[]\n", "variable=[set]\n", "left-behind"),
    (
        "ISOLATION-013",
        lambda output: ran(NEIGHBOURS, output),
        "at=/workspace\na.txt",
        "at=/tmp",
        "other-root",
    ),
    ("ISOLATION-008", beside, "a.txt", "of-another-1234.txt", "foreign-file"),
    ("ISOLATION-008", after, "a.txt", "made-by-u-1234.txt", "foreign-file"),
    ("ISOLATION-010", after, "a.txt", "a.txt\nmade-by-u-1234.txt", "left-behind"),
    ("ISOLATION-011", lambda output: ran(KEYS, output), "keys=0\n", "keys=1\n", "server-seen"),
    ("AGENT-004", read, "one", "two", "not-read"),
    ("AGENT-004", partial(told, TOLD), TOLD, "done", "not-read"),
    # A platform may append text to the command's output.
    ("AGENT-004", partial(told, TOLD), f"{TOLD}\n[S is not set]", "done\n[S is not set]", "not-read"),
    ("AGENT-004", partial(told, TOLD, upload=ARCHIVE), TOLD, "done", "not-read"),
    ("AGENT-005", lambda name: used(name, "path"), "read_file", "open_file", "other-name"),
    ("AGENT-005", lambda name: used(name, "file_path", "content"), "write_file", "read_file", "other-name"),
)


def test_a_command_that_ran_has_a_result():
    def together(*results: bytes, last: bytes = DONE) -> Traffic:
        calls = [call(name, args={"command": f"sleep 1; echo {name}"}) for name in ("one", "two")]
        return Traffic().begun("Hi", *calls, *results, last)

    both = result("two", "two"), result("one", "one")

    assert together(*both).reasons("AGENT-002") == set()
    assert together(both[0]).reasons("AGENT-002") == {"no-result"}
    assert not together(last=event("error", message="no")).spoke("AGENT-002")
    asking = call("c", status="awaiting_approval", args={"command": "echo one"})
    assert not Traffic().begun("Hi", asking, DONE).spoke("AGENT-002")


@cases("AGENT-002", ("one\n", "success", None), ("", "error", "no-output"))
def test_bytes_that_are_no_text_can_be_printed(output: str, status: str) -> Traffic:
    odd = call("b", args={"command": r"printf '\377'; echo one"})
    plain = [call("a", args={"command": "echo two"}), result("a", "two\n")]
    return heard(*plain, odd, result("b", output, status), DONE)


@cases("AGENT-002", (409, "no-result"), (200, "unjudged"))
def test_a_message_may_end_the_command_that_runs(status: int) -> Traffic:
    traffic = Traffic().create()
    works = call("one", args={"command": "sleep 1; echo one"})
    traffic.stream(works, DONE, shown=[HI], took=2.0, step=1.0)
    return traffic.at(traffic.now - 1.0).say(status=status)


def test_what_is_not_spoken_of():
    assert not ran('echo "$A"', "").spoke("AGENT-002")
    for args in ((), ("command",), ("command", "path"), ("depth",), ("filePath", "depth")):
        assert not used("odd", *args).spoke("AGENT-005")
    assert not used("list_files", "path").reasons("AGENT-005")
    nothing_plain = told("done", f"{'1' * 64}  uploads/b.txt\ndone", upload=CLIMBING)
    for said_nothing in (read("1: one (of 1 line)"), told("done"), told(""), nothing_plain):
        assert not said_nothing.spoke("AGENT-004")
    for cut in (told(TOLD, "[... 4 lines omitted]\ndone"), told(TOLD, "")):
        assert cut.reasons("AGENT-004") == set()


def run(probe: str, *events: bytes) -> Exchange:
    return stream([(1.0, b"".join([LIVE, *events, done("x")]))], probe=probe, label="run: stream")


def called(name: str, **args: Any) -> bytes:
    return event("tool_call", callId="c", toolName=name, args=args)


def gave(output: str, status: str = "success") -> bytes:
    return event("tool_result", callId="c", status=status, output=output)


def test_a_turn_without_a_reader_shows_no_tool():
    late = stream([(1.0, USER + IDLE)], probe="read_upload", label="run: stream")
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}

    assert judged("AGENT-004", late, facts=facts).reason == "stimulus-not-reached"


def test_the_agent_reads_what_was_uploaded():
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}

    def seen(output: str) -> Verdict:
        made = run("read_upload", called("read_file", path="uploads/a.txt"), gave(output))
        return judged("AGENT-004", made, facts=facts)

    assert seen("secret\n").outcome is Outcome.PASSED
    assert seen("a.txt: not found").reason == "not-read"


def test_an_agent_that_never_reads_the_file_is_not_blamed():
    facts = {"read_upload": {"run": "run", "word": "secret", "name": "a.txt"}}
    refuses = run("read_upload", content("I would rather not."))
    cut = stream(
        [(1.0, LIVE + called("read_file", path="uploads/a.txt"))], probe="read_upload", label="run: stream"
    )
    again = stream(
        [(1.0, LIVE + called("read_file", path="uploads/a.txt") + gave("secret"))],
        probe="read_upload",
        label="run: stream again",
    )

    counts = run("read_upload", called("count_words", text="Read uploads/a.txt, and repeat it."), gave("5"))

    assert judged("AGENT-004", counts, facts=facts).reason == "stimulus-not-reached"
    assert judged("AGENT-004", refuses, facts=facts).reason == "stimulus-not-reached"
    assert judged("AGENT-004", cut, facts=facts).reason == "stimulus-not-reached"
    assert judged("AGENT-004", cut, again, facts=facts).outcome is Outcome.PASSED


@cases("AGENT-004", (b"one\n", None), (b"two\n", None), (b"x", "not-read"))
def test_one_of_several_uploads_of_a_name_can_be_read(kept: bytes) -> Traffic:
    both = [SentFile.of("a.txt", content) for content in (b"one\n", b"two\n")]
    traffic = Traffic().create_form(*both)
    printed = f"{hashlib.sha256(kept).hexdigest()}  uploads/a.txt\ndone"
    command = f"{UPLOADS}; echo done"
    return traffic.ran(command, f"{TOLD}\ndone", name="c0").say("More").ran(command, printed)


def test_a_subagent_that_uses_no_tool_shows_nothing():
    heard = stream([(0.0, USER + LIVE + content("Hi") + done("Hi"))], probe="subagents", label="s")

    assert judged("AGENT-008", heard, facts={"subagents": {"stream": "s"}}).reason == "zero-observations"


@cases("AGENT-005", "unjudged")
def test_a_tool_of_its_own_has_a_name_of_its_own() -> Traffic:
    return Traffic().begun("Hi", call("c", toolName="search", args={"path": "a", "pattern": "b"}), DONE)


LINES = [f"{number}{FILL}" for number in range(1, 501)]


def printed(*lines: str, end: str = "\n") -> Traffic:
    return ran(printing(len(LINES)), "\n".join(lines) + end)


@cases(
    "AGENT-002",
    (LINES, None),
    ([*LINES[:256], *LINES[300:]], "output-damaged"),
    ([*LINES[:256], LINES[256][:-1] + "\ufffd\ufffd", *LINES[257:]], "output-damaged"),
    ([*LINES[:256], LINES[256][:-1], *LINES[257:]], "output-damaged"),
    ([*LINES[:300], *LINES[200:]], "output-damaged"),
    ([*LINES[:256], LINES[256][:2]], "output-damaged"),
    ids=["whole", "a gap", "broken character", "lost character", "twice", "cut in silence"],
)
def test_a_printed_text_is_not_damaged(shown: list[str]) -> Traffic:
    return printed(*shown)


@cases(
    "AGENT-002",
    ([*LINES[:256], "[244 lines omitted]"], "unjudged"),
    ([*LINES[:256], "257é名… (cut)"], "unjudged"),
    ([*LINES[:256], "... 200 lines ...", *LINES[456:]], "unjudged"),
    ([*LINES[:158], "15", "... (1392 characters) ...", LINES[357][1:], *LINES[358:]], "unjudged"),
    (["(the last lines)", *LINES[400:]], "unjudged"),
    ([line.replace("é", "?") for line in LINES], "unjudged"),
    ids=[
        "cut",
        "cut in a line",
        "cut in the middle",
        "cut in two lines",
        "its end",
        "no letters beyond ASCII",
    ],
)
def test_an_output_may_say_that_it_is_cut(shown: list[str]) -> Traffic:
    return printed(*shown)


def test_only_samples_show_that_the_end_of_an_output_is_kept():
    cut = printed(*LINES[:256])
    judged = cut.verdict("AGENT-002")

    assert (judged.outcome, judged.premises) == (Outcome.WARNED, (Premise.OUTPUTS_ARE_WHOLE,))
    assert printed(*LINES[:256], *LINES[300:]).verdict("AGENT-002").outcome is Outcome.FAILED


def test_a_platform_may_cut_a_long_output_anywhere():
    shown = "".join(f"{number}{FILL}\n" for number in range(1, 4001))

    assert not ran(printing(6000), shown).spoke("AGENT-002")


def saved_as(output: str) -> Traffic:
    """A call whose result is saved with an output."""
    traffic = Traffic().create("Hi").stream(call("c"), result("c", "one"), DONE, shown=[HI])
    return traffic.history(HI, agent(1, "4", toolCalls=[{"callId": "c", "output": output}]))


START = event("subagent_start", agentName="a", displayName="A", description="d", objective="o")


def beside_a_subagent(**fields: Any) -> Traffic:
    return heard(START, call("c", **fields), DONE)


test_what_tools_and_subagents_tell = stories(
    ("AGENT-006", saved_as, "one", "two", "other-output"),
    ("AGENT-008", lambda more: beside_a_subagent(**more), {}, {"agentName": "a"}, "reported-as-own"),
)


@verdicts(("w0rd", "passed"), ("other", "other-content"))
def test_the_agent_writes_what_it_was_asked_for(text: str) -> Verdict:
    return judged("AGENT-001", download("created_file", "download", text), noted={"content": "w0rd"})


@verdicts(("Paris.", "passed"), ("I do not know.", "no-answer"))
def test_the_agent_knows_the_capital_of_france(answer: str) -> Verdict:
    heard_it = stream([(1.0, LIVE + content(answer) + done(answer))], probe="easy_task", label="first reader")
    return judged("AGENT-003", heard_it)
