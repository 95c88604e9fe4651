"""ISOLATION: tasks that run at the same time, what one leaves to the next, and the server itself."""

import contextlib
import re

from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.evidence import brief, cite
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

BOTH, LEFT = "side_by_side", "left_behind"
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def outputs(stream: Stream) -> str:
    """All outputs of the run's tools."""
    return "\n".join(str(event.get("output")) for event in stream.of("tool_result"))


def told(record: Record, probe: str, fact: str) -> Stream:
    """The stream of the run that a fact names."""
    return record.stream(probe, f"{record.fact(probe, fact)}: stream")


@judge("ISOLATION-009", BOTH)
def processes_of_a_neighbour(record: Record) -> Verdict:
    stream = told(record, BOTH, "looks")
    found = outputs(stream)
    if "end-of-look" not in found or f"OWN-{record.fact(BOTH, 'other')}" not in found:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the command does not see its own process", cite(stream.exchange)
        )
    claim = Claim("process-seen", "neither seen nor ended by another task's command")
    seen = [line for line in ("found-process", "ended-process") if line in found.splitlines()]
    claim.see(not seen, stream.exchange, f"the look printed {seen or 'nothing of it'}")
    task = record.exchange(BOTH, "waiting: task")
    state = task.data.get("status") if isinstance(task.data, dict) else None
    if not seen and state != "running":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the other task was {state} by then", cite(task))
    claim.see(record.fact(BOTH, "went on") is True, task, f"the other task is {state}")
    return claim.verdict()


@judge("ISOLATION-012", BOTH, "easy_task")
def nothing_of_a_neighbour(record: Record) -> Verdict:
    claim = Claim("foreign-content", "no text, tool call or message of the other task")
    words = {"one": record.fact(BOTH, "one"), "other": record.fact(BOTH, "other")}
    streams = {"one": told(record, BOTH, "waits"), "other": told(record, BOTH, "looks")}
    for name, stream in streams.items():
        # The word of the waiting task stands in the message of the one that looks for it.
        foreign = words["other"] if name == "one" else f": PROCESS-{words['one']}"
        seen: list[Exchange] = [stream.exchange]
        seen += [record.exchange(BOTH, f"{name}: {what}") for what in ("history", "task")]
        for exchange in seen:
            claim.see(foreign.encode() not in exchange.body, exchange, f"searched {exchange.label}")
        _own_texts(claim, stream, record.exchange(BOTH, f"{name}: history"))
    with contextlib.suppress(NotRecorded):
        _own_texts(claim, record.stream("easy_task", "first reader"), record.exchange("easy_task", "history"))
    return claim.verdict()


def _own_texts(claim: Claim, stream: Stream, saved: Exchange) -> None:
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
        claim.see(own, stream.exchange, observed, offset=event.offset)


def _dense(text: str) -> str:
    return "".join(text.split())


@judge("ISOLATION-010", LEFT)
def nothing_is_left(record: Record) -> Verdict:
    mark = f"LEFT-{record.fact(LEFT, 'word')}"
    before, stream = told(record, LEFT, "leaves"), told(record, LEFT, "looks")
    found = outputs(stream)
    if mark not in outputs(before):
        return inconclusive(Unproven.CONTROL_FAILED, "the first task made no file", cite(before.exchange))
    if "end-of-look" not in found or "variable=[" not in found:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the look did not run to its end", cite(stream.exchange)
        )
    claim = Claim("left-behind", "no file and no variable of the task before")
    claim.see(mark not in found, stream.exchange, f"files: {'found' if mark in found else 'none'}")
    claim.see("variable=[]" in found, stream.exchange, "the variable is not set")
    return claim.verdict()


@judge("ISOLATION-011", LEFT)
def nothing_of_the_server(record: Record) -> Verdict:
    stream = told(record, LEFT, "looks")
    found = outputs(stream)
    digests = set(DIGEST.findall(found))
    if record.fact(LEFT, "own digest") not in digests:
        return inconclusive(
            Unproven.CONTROL_FAILED, "the look does not see its own variables", cite(stream.exchange)
        )
    claim = Claim("server-seen", "no credential of the server's, and no data file of its")
    leaked = digests & set(record.fact(LEFT, "digests"))
    claim.see(not leaked, stream.exchange, f"{len(digests)} values, {len(leaked)} of them credentials")
    files = [line for line in found.splitlines() if line.startswith("data-file=")]
    claim.see(not files, stream.exchange, f"data files: {files or 'none'}")
    return claim.verdict()


@judge("ISOLATION-013", LEFT)
def workspace_root(record: Record) -> Verdict:
    claim = Claim("other-root", "/workspace")
    stream = told(record, LEFT, "looks")
    lines = outputs(stream).splitlines()
    if lines:
        claim.see("/workspace" in lines[:3], stream.exchange, f"pwd prints {lines[0]!r}")
    return claim.verdict()
