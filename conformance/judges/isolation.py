"""ISOLATION: other keys, other end users, tasks side by side, and what a task leaves to the next."""

import contextlib
import re
from collections.abc import Callable, Iterator

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.timing import NANO, Comparison, compare
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

END_USERS = "end_users"
LEFT_BEHIND = "left_behind"
OTHER_KEY = "other_key"
SECRETS_RESTORED = "secrets_restored"
SIDE_BY_SIDE = "side_by_side"
SLOW_SECONDS = 5.0
READS = ("get_task", "get_task_history", "list_artifacts", "download_artifact")
CHANGES = ("send_message", "approve_tool_call", "cancel_task", "cancel running")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def strange(record: Record, names: tuple[str, ...]) -> list[Exchange]:
    """What the stranger asked."""
    return [record.exchange(OTHER_KEY, f"stranger: {name}") for name in names]


def kept_out(asked: list[Exchange], control: Callable[[], Exchange], expected: str) -> Verdict:
    """403 or 404, while the owner is let in."""
    verdict = refusals(asked, control=control, expected=expected)
    odd = [each for each in asked if each.status not in {403, 404}]
    if verdict.outcome == "passed" and odd:
        observations = Observations("wrong-status", expected)
        observations.broken(odd[0], summary(odd[0]))
        return observations.verdict()
    return verdict


def _ids(page: Exchange) -> Iterator[object]:
    return (entry.get("id") for entry in page.entries)


def outputs(stream: Stream) -> str:
    """All outputs of the run's tools."""
    return "\n".join(str(event.get("output")) for event in stream.of("tool_result"))


def noted_stream(record: Record, probe: str, fact: str) -> Stream:
    """The stream of the run that a fact names."""
    return record.stream(probe, f"{record.fact(probe, fact)}: stream")


@judge("ISOLATION-001", OTHER_KEY)
def cannot_read(record: Record) -> Verdict:
    asked = strange(record, READS)
    return kept_out(asked, lambda: record.exchange(OTHER_KEY, "twin: get_task"), "403 or 404 for every read")


@judge("ISOLATION-002", OTHER_KEY)
def cannot_stream(record: Record) -> Verdict:
    asked = strange(record, ("stream_task",))
    return kept_out(asked, lambda: record.exchange(OTHER_KEY, "twin: stream_task"), "403 or 404, no stream")


@judge("ISOLATION-003", OTHER_KEY)
def cannot_change(record: Record) -> Verdict:
    verdict = refusals(
        strange(record, CHANGES),
        control=lambda: record.exchange(OTHER_KEY, "twin: get_task"),
        expected="refused, and without effect",
    )
    if verdict.outcome != "passed":
        return verdict
    observations = Observations("effect-by-a-stranger", "the task is as before")
    before, after = record.exchange(OTHER_KEY, "history before"), record.exchange(OTHER_KEY, "history after")
    observations.add(messages(before) == messages(after), after, f"{len(messages(after))} messages")
    one, other = record.exchange(OTHER_KEY, "before"), record.exchange(OTHER_KEY, "after")
    observations.add(one.fields.get("status") == other.fields.get("status"), other, "the same status")
    running = record.exchange(OTHER_KEY, "running after")
    observations.add(
        running.fields.get("status") == "completed", running, "the running task was not cancelled"
    )
    return observations.verdict()


@judge("ISOLATION-004", OTHER_KEY)
def not_in_the_list(record: Record) -> Verdict:
    observations = Observations("listed-to-a-stranger", "neither listed nor counted")
    mine, theirs = record.fact(OTHER_KEY, "task"), record.fact(OTHER_KEY, "stranger's task")
    page = record.exchange(OTHER_KEY, "stranger's list")
    ids = list(_ids(page))
    if theirs not in ids:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the stranger's own task is not in the stranger's list", cite(page)
        )
    observations.add(mine not in ids, page, f"{len(ids)} tasks, not the other's")
    own = record.exchange(OTHER_KEY, "list")
    observations.add(theirs not in list(_ids(own)), own, "and the reverse")
    return observations.verdict()


@judge("ISOLATION-005", END_USERS)
def other_end_user_cannot_read(record: Record) -> Verdict:
    names = ("get_task", "get_task_history", "list_artifacts", "stream_task")
    asked = [record.exchange(END_USERS, f"other: {name}") for name in names]
    verdict = kept_out(
        asked, lambda: record.exchange(END_USERS, "own: get_task"), "403 or 404 for another end user"
    )
    if verdict.outcome != "passed":
        return verdict
    observations = Observations("listed-to-a-stranger", "not in the other end user's list")
    page = record.exchange(END_USERS, "other: list_tasks")
    task = record.fact(END_USERS, "task")
    observations.add(page.ok and task not in list(_ids(page)), page, f"{len(list(_ids(page)))} tasks")
    own = record.exchange(END_USERS, "own: list_tasks")
    observations.add(task in list(_ids(own)), own, "and in the own list")
    return observations.verdict()


@judge("ISOLATION-006", END_USERS)
def other_end_user_cannot_change(record: Record) -> Verdict:
    asked = [record.exchange(END_USERS, f"other: {name}") for name in ("send_message", "cancel_task")]
    return refusals(asked, control=lambda: record.exchange(END_USERS, "own: get_task"), expected="a refusal")


@judge("ISOLATION-007", OTHER_KEY, "unknown_task")
def looks_unknown(record: Record) -> Verdict:
    observations = Observations("existence-revealed", "404 NOT_FOUND, exactly as for an unknown task")
    for exchange in strange(record, ("get_task", "get_task_history", "list_artifacts", "stream_task")):
        unknown = next(
            (
                each
                for each in record.transcript("unknown_task").labelled("unknown")
                if each.operation == exchange.operation
            ),
            None,
        )
        if unknown is None:
            raise NotRecorded(f"unknown_task: {exchange.operation} was not asked")
        same = (exchange.status, exchange.code, exchange.message) == (
            unknown.status,
            unknown.code,
            unknown.message,
        )
        observations.add(same and exchange.status == 404, exchange, summary(exchange))
    return observations.verdict()


@judge("ISOLATION-008", "neighbours")
def neighbours_file(record: Record) -> Verdict:
    observations = Observations("neighbour-read", "no workspace file of another task")
    word = record.fact("neighbours", "word")
    made = record.stream("neighbours", f"{record.fact('neighbours', 'mine')}: stream")
    outputs = " ".join(str(event.get("output")) for event in made.of("tool_result"))
    if f"SEEN-{word}" not in outputs:
        return inconclusive(Unproven.CONTROL_FAILED, "the owner's own command does not see the file")
    stream = record.stream("neighbours", f"{record.fact('neighbours', 'search')}: stream")
    found = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if "end-of-search" not in found:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the search did not run to its end")
    observations.add(
        f"SEEN-{word}" not in found, stream.exchange, f"the search printed {found.strip()[-80:]!r}"
    )
    return observations.verdict()


@judge("ISOLATION-009", SIDE_BY_SIDE)
def processes_of_a_neighbour(record: Record) -> Verdict:
    stream = noted_stream(record, SIDE_BY_SIDE, "looks")
    found = outputs(stream)
    if "end-of-look" not in found or f"OWN-{record.fact(SIDE_BY_SIDE, 'other')}" not in found:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the command does not see its own process", cite(stream.exchange)
        )
    observations = Observations("process-seen", "neither seen nor ended by another task's command")
    seen = [line for line in ("found-process", "ended-process") if line in found.splitlines()]
    observations.add(not seen, stream.exchange, f"the look printed {seen or 'nothing of it'}")
    task = record.exchange(SIDE_BY_SIDE, "waiting: task")
    state = task.data.get("status") if isinstance(task.data, dict) else None
    if not seen and state != "running":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the other task was {state} by then", cite(task))
    observations.add(record.fact(SIDE_BY_SIDE, "went on") is True, task, f"the other task is {state}")
    return observations.verdict()


@judge("ISOLATION-010", LEFT_BEHIND)
def nothing_is_left(record: Record) -> Verdict:
    mark = f"LEFT-{record.fact(LEFT_BEHIND, 'word')}"
    before, stream = noted_stream(record, LEFT_BEHIND, "leaves"), noted_stream(record, LEFT_BEHIND, "looks")
    found = outputs(stream)
    if mark not in outputs(before):
        return inconclusive(Unproven.CONTROL_FAILED, "the first task made no file", cite(before.exchange))
    if "end-of-look" not in found or "variable=[" not in found:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the look did not run to its end", cite(stream.exchange)
        )
    observations = Observations("left-behind", "no file and no variable of the task before")
    observations.add(mark not in found, stream.exchange, f"files: {'found' if mark in found else 'none'}")
    observations.add("variable=[]" in found, stream.exchange, "the variable is not set")
    return observations.verdict()


@judge("ISOLATION-011", LEFT_BEHIND)
def nothing_of_the_server(record: Record) -> Verdict:
    stream = noted_stream(record, LEFT_BEHIND, "looks")
    found = outputs(stream)
    digests = set(DIGEST.findall(found))
    if record.fact(LEFT_BEHIND, "own digest") not in digests:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the look does not see its own variables", cite(stream.exchange)
        )
    observations = Observations("server-seen", "no credential of the server's, and no data file of its")
    leaked = digests & set(record.fact(LEFT_BEHIND, "digests"))
    observations.add(not leaked, stream.exchange, f"{len(digests)} values, {len(leaked)} of them credentials")
    files = [line for line in found.splitlines() if line.startswith("data-file=")]
    observations.add(not files, stream.exchange, f"data files: {files or 'none'}")
    return observations.verdict()


@judge("ISOLATION-012", SIDE_BY_SIDE, "easy_task")
def nothing_of_a_neighbour(record: Record) -> Verdict:
    observations = Observations("foreign-content", "no text, tool call or message of the other task")
    words = {"one": record.fact(SIDE_BY_SIDE, "one"), "other": record.fact(SIDE_BY_SIDE, "other")}
    streams = {
        "one": noted_stream(record, SIDE_BY_SIDE, "waits"),
        "other": noted_stream(record, SIDE_BY_SIDE, "looks"),
    }
    for name, stream in streams.items():
        # The word of the waiting task stands in the message of the one that looks for it.
        foreign = words["other"] if name == "one" else f": PROCESS-{words['one']}"
        seen: list[Exchange] = [stream.exchange]
        seen += [record.exchange(SIDE_BY_SIDE, f"{name}: {what}") for what in ("history", "task")]
        for exchange in seen:
            observations.add(foreign.encode() not in exchange.body, exchange, f"searched {exchange.label}")
        _own_texts(observations, stream, record.exchange(SIDE_BY_SIDE, f"{name}: history"))
    with contextlib.suppress(NotRecorded):
        _own_texts(
            observations, record.stream("easy_task", "first reader"), record.exchange("easy_task", "history")
        )
    return observations.verdict()


def _own_texts(observations: Observations, stream: Stream, saved: Exchange) -> None:
    """What a finished run said after its last tool is its answer, and so in what was saved of it.

    Of what it said before, no document tells that it is saved.
    """
    if stream.terminal is None or stream.terminal.type != "done":
        return
    answer = [str(stream.terminal.get("finalResponse"))]
    known = _dense(" ".join([*answer, *(str(each.get("content")) for each in messages(saved))]))
    for event in stream.closing:
        text = str(event.get("text"))
        own = _dense(text) in known
        observed = f"{brief(text)!r} is {'' if own else 'not '}of its own conversation"
        observations.add(own, stream.exchange, observed, offset=event.offset)


def _dense(text: str) -> str:
    return "".join(text.split())


@judge("ISOLATION-013", LEFT_BEHIND)
def workspace_root(record: Record) -> Verdict:
    observations = Observations("other-root", "/workspace")
    stream = noted_stream(record, LEFT_BEHIND, "looks")
    lines = outputs(stream).splitlines()
    if lines:
        observations.add("/workspace" in lines[:3], stream.exchange, f"pwd prints {lines[0]!r}")
    return observations.verdict()


@judge("ISOLATION-014", SECRETS_RESTORED)
def processes_end_with_the_session(record: Record) -> Verdict:
    first = record.exchange(SECRETS_RESTORED, "beat at first")
    if not first.ok or b"beat" not in first.body:
        return inconclusive(Unproven.CONTROL_FAILED, "the process left nothing in its file", cite(first))
    observations = Observations("still-running", "nothing runs on when the session has ended")
    one, two = (
        record.exchange(SECRETS_RESTORED, "beat expired"),
        record.exchange(SECRETS_RESTORED, "beat still expired"),
    )
    observations.add(
        one.ok and two.ok and one.body == two.body, two, f"{one.size} bytes, 1.5 s later {two.size} bytes"
    )
    return observations.verdict()


@judge("ISOLATION-015", "greed")
def greed_harms_nobody(record: Record) -> Verdict:
    observations = Observations("unreachable", "others are answered within 5 s, and their tasks end")
    for exchange in record.transcript("greed").labelled("beside it"):
        took = exchange.ended - exchange.started
        compared = compare(record, took, "greed", over=round(SLOW_SECONDS * NANO))
        observed = f"{summary(exchange)} after {took / NANO:.2f} s"
        if exchange.ok and compared is Comparison.UNDECIDED:
            return inconclusive(Unproven.TIMING_NOISE, f"{observed}, in a noisy run", cite(exchange))
        observations.add(exchange.ok and compared is Comparison.WITHIN, exchange, observed)
    task = record.exchange("greed", "bystander: task")
    status = task.data.get("status") if isinstance(task.data, dict) else None
    observations.add(status == "completed", task, f"a task beside it is {status}")
    return observations.verdict()
