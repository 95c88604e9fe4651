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
from sigmic_conformance.conformance.labels.auth import UnknownTask
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.labels.isolation import Neighbours, OtherKey, Strange
from sigmic_conformance.conformance.labels.isolation_commands import LeftBehind, SideBySide, Which
from sigmic_conformance.conformance.labels.isolation_load import Greed
from sigmic_conformance.conformance.labels.session_end import SecretsRestored
from sigmic_conformance.conformance.labels.token import Asked, EndUsers
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import TaskLabel
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

SLOW_SECONDS = 5.0
READS: tuple[Strange, ...] = ("get_task", "get_task_history", "list_artifacts", "download_artifact")
CHANGES: tuple[Strange, ...] = ("send_message", "approve_tool_call", "cancel_task", "cancel running")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def strange(record: Record, names: tuple[Strange, ...]) -> list[Exchange]:
    """What the stranger asked."""
    return [record.exchange(OtherKey.STRANGER.of(name)) for name in names]


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


def noted_stream(record: Record, fact: Fact[TaskLabel]) -> Stream:
    """The stream of the run that a fact names."""
    return record.stream(record.fact(fact).stream)


@judge("ISOLATION-001", OtherKey.PROBE)
def cannot_read(record: Record) -> Verdict:
    asked = strange(record, READS)
    return kept_out(asked, lambda: record.exchange(OtherKey.TWIN.of("get_task")), "403 or 404 for every read")


@judge("ISOLATION-002", OtherKey.PROBE)
def cannot_stream(record: Record) -> Verdict:
    asked = strange(record, ("stream_task",))
    return kept_out(asked, lambda: record.exchange(OtherKey.TWIN.of("stream_task")), "403 or 404, no stream")


@judge("ISOLATION-003", OtherKey.PROBE)
def cannot_change(record: Record) -> Verdict:
    verdict = refusals(
        strange(record, CHANGES),
        control=lambda: record.exchange(OtherKey.TWIN.of("get_task")),
        expected="refused, and without effect",
    )
    if verdict.outcome != "passed":
        return verdict
    observations = Observations("effect-by-a-stranger", "the task is as before")
    before, after = record.exchange(OtherKey.HISTORY_BEFORE), record.exchange(OtherKey.HISTORY_AFTER)
    observations.add(messages(before) == messages(after), after, f"{plural(len(messages(after)), 'message')}")
    one, other = record.exchange(OtherKey.BEFORE), record.exchange(OtherKey.AFTER)
    told, then = one.fields.get("status"), other.fields.get("status")
    observations.add(told == then, other, f"status {then}, before {told}")
    running = record.exchange(OtherKey.RUNNING_AFTER)
    ended = running.fields.get("status")
    observations.add(ended == "completed", running, f"the running task is {ended} in the end")
    return observations.verdict()


@judge("ISOLATION-004", OtherKey.PROBE)
def not_in_the_list(record: Record) -> Verdict:
    observations = Observations("listed-to-a-stranger", "neither listed nor counted")
    mine, theirs = record.fact(OtherKey.TASK), record.fact(OtherKey.STRANGERS_TASK)
    page = record.exchange(OtherKey.STRANGERS_LIST)
    ids = list(_ids(page))
    if theirs not in ids:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the other caller's own task is not in that caller's list", cite(page)
        )
    observations.add(mine not in ids, page, f"{plural(len(ids), 'task')}, not the other's")
    own = record.exchange(OtherKey.LIST)
    observations.add(theirs not in list(_ids(own)), own, "and the reverse")
    return observations.verdict()


@judge("ISOLATION-005", EndUsers.PROBE)
def other_end_user_cannot_read(record: Record) -> Verdict:
    names: tuple[Asked, ...] = ("get_task", "get_task_history", "list_artifacts", "stream_task")
    asked = [record.exchange(EndUsers.OTHER.of(name)) for name in names]
    verdict = kept_out(
        asked, lambda: record.exchange(EndUsers.OWN.of("get_task")), "403 or 404 for another end user"
    )
    if verdict.outcome != "passed":
        return verdict
    observations = Observations("listed-to-a-stranger", "not in the other end user's list")
    page, own = (record.accepted(whose.of("list_tasks")) for whose in (EndUsers.OTHER, EndUsers.OWN))
    task = record.fact(EndUsers.TASK)
    is_listed = task in list(_ids(page))
    if not is_listed and task not in list(_ids(own)):
        return inconclusive(Unproven.CONTROL_FAILED, "the list of the task's user lacks the task", cite(own))
    observations.add(not is_listed, page, f"{plural(len(list(_ids(page))), 'task')}")
    return observations.verdict()


@judge("ISOLATION-006", EndUsers.PROBE)
def other_end_user_cannot_change(record: Record) -> Verdict:
    asked = [record.exchange(EndUsers.OTHER.of(name)) for name in ("send_message", "cancel_task")]
    return refusals(asked, control=lambda: record.exchange(EndUsers.OWN.of("get_task")), expected="a refusal")


@judge("ISOLATION-007", OtherKey.PROBE, UnknownTask.PROBE)
def looks_unknown(record: Record) -> Verdict:
    observations = Observations("existence-revealed", "404 NOT_FOUND, exactly as for an unknown task")
    for exchange in strange(record, ("get_task", "get_task_history", "list_artifacts", "stream_task")):
        unknown = next(
            (each for each in record.labelled(UnknownTask.UNKNOWN) if each.operation == exchange.operation),
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


@judge("ISOLATION-008", Neighbours.PROBE)
def neighbours_file(record: Record) -> Verdict:
    observations = Observations("neighbour-read", "no workspace file of another task")
    word = record.fact(Neighbours.WORD)
    made = record.stream(record.fact(Neighbours.MADE).stream)
    outputs = " ".join(str(event.get("output")) for event in made.of("tool_result"))
    if f"SEEN-{word}" not in outputs:
        return inconclusive(Unproven.CONTROL_FAILED, "the owner's own command does not see the file")
    stream = record.stream(record.fact(Neighbours.SEARCHED).stream)
    found = " ".join(str(event.get("output")) for event in stream.of("tool_result"))
    if "end-of-search" not in found:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the search did not run to its end")
    observations.add(
        f"SEEN-{word}" not in found, stream.exchange, f"the search printed {found.strip()[-80:]!r}"
    )
    return observations.verdict()


def _ends_a_line(mark: str, printed: str) -> bool:
    return any(line.endswith(mark) for line in printed.splitlines())


@judge("ISOLATION-009", SideBySide.PROBE)
def processes_of_a_neighbour(record: Record) -> Verdict:
    stream = noted_stream(record, SideBySide.LOOKED)
    found = outputs(stream)
    if "end-of-look" not in found or f"OWN-{record.fact(SideBySide.OTHER)}" not in found:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the command does not see its own process", cite(stream.exchange)
        )
    observations = Observations("process-seen", "neither seen nor ended by another task's command")
    # The first mark may stand behind what a process printed without a line end; in an echo more follows it.
    seen = [mark for mark in ("found-process", "ended-process") if _ends_a_line(mark, found)]
    observations.add(not seen, stream.exchange, f"the look printed {seen or 'nothing of it'}")
    task = record.exchange(SideBySide.WAITING_TASK)
    state = task.data.get("status") if isinstance(task.data, dict) else None
    if not seen and state != "running":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the other task was {state} by then", cite(task))
    observations.add(record.fact(SideBySide.WENT_ON) is True, task, f"the other task is {state}")
    return observations.verdict()


@judge("ISOLATION-010", LeftBehind.PROBE)
def nothing_is_left(record: Record) -> Verdict:
    mark = f"LEFT-{record.fact(LeftBehind.WORD)}"
    before, stream = (
        noted_stream(record, LeftBehind.LEFT),
        noted_stream(record, LeftBehind.LOOKED),
    )
    found = outputs(stream)
    if mark not in outputs(before):
        return inconclusive(Unproven.CONTROL_FAILED, "the first task made no file", cite(before.exchange))
    if "end-of-look" not in found or "variable=[" not in found:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the look did not run to its end", cite(stream.exchange)
        )
    observations = Observations("left-behind", "no file and no variable of the task before")
    places = sorted(set(re.findall(rf"^/.*/{record.fact(LeftBehind.WORD)}\.txt$", found, re.MULTILINE)))
    told = (", ".join(places) or "found") if mark in found else "none"
    observations.add(mark not in found, stream.exchange, f"files: {told}")
    observations.add("variable=[]" in found, stream.exchange, "the variable is not set")
    return observations.verdict()


@judge("ISOLATION-011", LeftBehind.PROBE)
def nothing_of_the_server(record: Record) -> Verdict:
    stream = noted_stream(record, LeftBehind.LOOKED)
    found = outputs(stream)
    digests = set(DIGEST.findall(found))
    if record.fact(LeftBehind.OWN_DIGEST) not in digests:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the look does not see its own variables", cite(stream.exchange)
        )
    observations = Observations("server-seen", "no credential of the server's, and no data file of its")
    credentials = record.fact(LeftBehind.DIGESTS)
    leaked = digests.intersection(credentials)
    observations.add(
        not leaked, stream.exchange, f"{plural(len(digests), 'value')}, {len(leaked)} of them credentials"
    )
    files = [line for line in found.splitlines() if line.startswith("data-file=")]
    observations.add(not files, stream.exchange, f"data files: {files or 'none'}")
    return observations.verdict()


@judge("ISOLATION-012", SideBySide.PROBE, EasyTask.PROBE)
def nothing_of_a_neighbour(record: Record) -> Verdict:
    observations = Observations("foreign-content", "no text, tool call or message of the other task")
    words = {"one": record.fact(SideBySide.ONE), "other": record.fact(SideBySide.OTHER)}
    streams: dict[Which, Stream] = {
        "one": noted_stream(record, SideBySide.WAITED),
        "other": noted_stream(record, SideBySide.LOOKED),
    }
    for name, stream in streams.items():
        # The word of the waiting task stands in the message of the one that looks for it.
        foreign = words["other"] if name == "one" else f": PROCESS-{words['one']}"
        seen: list[Exchange] = [stream.exchange]
        seen += [record.exchange(labels.of(name)) for labels in (SideBySide.HISTORY, SideBySide.TASK)]
        for exchange in seen:
            observations.add(foreign.encode() not in exchange.body, exchange, f"searched {exchange.label}")
        _own_texts(observations, stream, record.exchange(SideBySide.HISTORY.of(name)))
    with contextlib.suppress(NotRecorded):
        _own_texts(observations, record.stream(EasyTask.FIRST_READER), record.exchange(EasyTask.HISTORY))
    return observations.verdict()


def _own_texts(observations: Observations, stream: Stream, saved: Exchange) -> None:
    """What a completed run said after its last tool is its answer, and so in what was saved of it.

    Of what it said before, or when it was cancelled, no document tells that it is saved (G-74).
    """
    done = stream.terminal is not None and stream.terminal.type == "done"
    if stream.terminal is None or not done or saved.fields.get("status") != "completed":
        return
    answer = [str(stream.terminal.get("finalResponse"))]
    known = _dense(" ".join([*answer, *(str(each.get("content")) for each in messages(saved))]))
    for event, words in stream.closing_words:
        text = str(event.get("text"))
        own = all(_dense(each) in known for each in words)
        observed = f"{brief(text)!r} is {'' if own else 'not '}of its own conversation"
        observations.add(own, stream.exchange, observed, offset=event.offset)


def _dense(text: str) -> str:
    return "".join(text.split())


@judge("ISOLATION-013", LeftBehind.PROBE)
def workspace_root(record: Record) -> Verdict:
    observations = Observations("other-root", "/workspace")
    stream = noted_stream(record, LeftBehind.LOOKED)
    lines = outputs(stream).splitlines()
    if lines:
        observations.add("/workspace" in lines[:3], stream.exchange, f"pwd prints {lines[0]!r}")
    return observations.verdict()


@judge("ISOLATION-014", SecretsRestored.PROBE)
def processes_end_with_the_session(record: Record) -> Verdict:
    first = record.exchange(SecretsRestored.BEAT_AT_FIRST)
    if not first.ok or b"beat" not in first.body:
        return inconclusive(Unproven.CONTROL_FAILED, "the process left nothing in its file", cite(first))
    observations = Observations("still-running", "nothing runs on when the session has ended")
    one, two = (
        record.accepted(SecretsRestored.BEAT_EXPIRED),
        record.accepted(SecretsRestored.BEAT_STILL_EXPIRED),
    )
    observations.add(
        one.body == two.body, two, f"{plural(one.size, 'byte')}, 1.5 s later {plural(two.size, 'byte')}"
    )
    return observations.verdict()


@judge("ISOLATION-015", Greed.PROBE)
def greed_harms_nobody(record: Record) -> Verdict:
    observations = Observations("unreachable", "others are answered within 5 s, and their tasks end")
    for exchange in record.labelled(Greed.BESIDE_IT):
        took = exchange.ended - exchange.started
        compared = compare(record, took, Greed.PROBE, over=round(SLOW_SECONDS * NANO))
        observed = f"{summary(exchange)} after {took / NANO:.2f} s"
        if exchange.ok and compared is Comparison.UNDECIDED:
            return inconclusive(Unproven.TIMING_NOISE, f"{observed}, in a noisy run", cite(exchange))
        observations.add(exchange.ok and compared is Comparison.WITHIN, exchange, observed)
    task = record.exchange(Greed.BYSTANDER_TASK)
    status = task.data.get("status") if isinstance(task.data, dict) else None
    observations.add(status == "completed", task, f"a concurrent task is {status}")
    return observations.verdict()
