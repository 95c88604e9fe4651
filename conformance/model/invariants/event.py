"""EVENT and AGENT: what every stream tells of subagents and of tools has one form."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import StreamEvent
from sigmic_conformance.spec.plural import plural

STREAM, GET = "stream_task", "get_task"
OF_SUBAGENTS = frozenset({"subagent_thought", "subagent_tool", "subagent_end"})
STATUSES = frozenset({"connecting", "processing", "retrying"})
SEVERAL = 4
START_END = frozenset({"start", "end"})


def _told(seen: Seen, kind: str) -> Iterator[StreamEvent]:
    return (event for event in seen.stream.events if event.type == kind) if seen.stream else iter(())


def _has(seen: Seen, kind: str, *names: str) -> Findings:
    """Every event of a type has these members, each a string."""
    for event in _told(seen, kind):
        wrong = [name for name in names if not shapes.text(event.get(name))]
        shown = f"wrong or missing: {', '.join(wrong)}" if wrong else "all are there"
        yield says(not wrong, f"{kind} carries {', '.join(names)}", shown, offset=event.offset)


@invariant("EVENT-004", STREAM, reason="unknown-status", expected="connecting, processing or retrying")
def statuses_are_known(seen: Seen) -> Findings:
    """Every status event has one of the three values, whether its reader stayed or not."""
    for event in _told(seen, "status"):
        told = event.get("status") or event.get("message")
        known = "three values are documented"
        yield says(shapes.one_of(told, STATUSES), known, f"status {told!r}", offset=event.offset)


@invariant("EVENT-009", STREAM, reason="wrong-payload", expected="four strings in subagent_start")
def starts_of_subagents(seen: Seen) -> Findings:
    """Every subagent_start names and describes its agent."""
    yield from _has(seen, "subagent_start", "agentName", "displayName", "description", "objective")


@invariant("EVENT-010", STREAM, reason="wrong-payload", expected="agentName and text in subagent_thought")
def thoughts_of_subagents(seen: Seen) -> Findings:
    """Every subagent_thought has a text."""
    yield from _has(seen, "subagent_thought", "agentName", "text")


@invariant("EVENT-011", STREAM, reason="wrong-payload", expected="three strings in subagent_tool")
def tools_of_subagents(seen: Seen) -> Findings:
    """Every subagent_tool names agent and tool."""
    yield from _has(seen, "subagent_tool", "agentName", "status", "toolName")


@invariant("EVENT-012", STREAM, reason="wrong-payload", expected="three strings in subagent_end")
def ends_of_subagents(seen: Seen) -> Findings:
    """Every subagent_end has a reason and a result."""
    yield from _has(seen, "subagent_end", "agentName", "terminateReason", "result")


@invariant("EVENT-018", STREAM, reason="two-readings", expected="a delta or the text so far, throughout")
def deltas_stay_deltas(seen: Seen) -> Findings:
    """Whether a text continues the one before or repeats it is the same in all streams of the run."""
    stream = seen.stream
    texts = stream.texts if stream is not None and stream.is_streaming else ()
    if stream is None or len(texts) < 2:  # noqa: PLR2004  one text is both
        return
    growing = bool(texts[0]) and all(later.startswith(earlier) for earlier, later in pairwise(texts))
    if growing and not stream.complete and len(texts) < SEVERAL:
        # Two pieces of an answer may begin alike; of a whole answer more is known.
        return
    reading = "the text so far" if growing else "a delta"
    first = seen.model.first_reading("EVENT-018", reading)
    yield says(reading == first, f"content was {first} before", f"here it is {reading}")


@invariant("EVENT-024", STREAM, reason="outside", expected="between subagent_start and subagent_end")
def subagents_work_between_start_and_end(seen: Seen) -> Findings:
    """What is told of a subagent live stands between its start and its end."""
    stream = seen.stream
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if stream is None or seen.task is None or turn is None or not seen.task.is_from_the_start(turn, stream):
        return
    working: dict[str, int] = {}
    for event in stream.live:
        name = shapes.word(event.get("agentName"))
        if event.type == "subagent_start":
            working[name] = working.get(name, 0) + 1
        elif event.type in OF_SUBAGENTS:
            at_work = working.get(name, 0) > 0
            yield says(at_work, f"{name} is a subagent", f"{event.type}", offset=event.offset)
            if event.type == "subagent_end":
                working[name] = working.get(name, 0) - 1


@invariant("EVENT-025", STREAM, reason="two-readings", expected="one vocabulary, of subagents or of tools")
def subagents_have_one_vocabulary(seen: Seen) -> Findings:
    """The statuses of subagent_tool are of one vocabulary in the whole run."""
    for event in _told(seen, "subagent_tool"):
        reading = "of subagents" if shapes.one_of(event.get("status"), START_END) else "of tools"
        first = seen.model.first_reading("EVENT-025", reading)
        shown = f"status {event.get('status')!r} is {reading}"
        yield says(reading == first, f"statuses were {first} before", shown, offset=event.offset)


@invariant("EVENT-027", GET, reason="not-failed", expected="failed, with a text, after an error event")
def error_means_failed(seen: Seen) -> Findings:
    """get_task after the error that ended a turn's stream tells it failed, with a text; or cancelled."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not turn.is_clear or not turn.holds(seen.began, seen.ended):
        return
    ends = [
        stream
        for stream in task.streams
        if stream.exchange.started >= turn.taken and stream.complete and stream.exchange.ended < seen.began
    ]
    said = [each for each in ends if each.terminal is not None and each.terminal.type == "error"]
    if not said or not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    if task.may_end_by_rejection(turn.began, seen.ended):
        return  # whether that ends the run as cancelled, no page says (G-65)
    status, text = seen.fields.get("status"), seen.fields.get("error")
    holds = status == "failed" and shapes.filled(text)
    yield says(
        holds, f"{said[0].exchange.label} ended with error", f"{status}, error {shapes.word(text)[:60]}"
    )


@invariant(
    "EVENT-027", GET, reason="earlier-error", expected="the text of this run's error, not an earlier one's"
)
def error_is_of_this_run(seen: Seen) -> Findings:
    """A target that tells the text of the error event as `error` does not tell that of an earlier run."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not turn.is_clear or not turn.holds(seen.began, seen.ended):
        return
    now, text = task.broke_off(turn), shapes.word(seen.fields.get("error"))
    failed = seen.exchange.ok and seen.fields.get("status") == "failed"
    if now is None or not failed or task.may_be_cancelled(seen.began, seen.ended):
        return
    earlier = {shapes.word(each.fields.get("error")) for each in task.read if each.ended < turn.began}
    if seen.model.choices.tells_errors_as_streamed and earlier - {now, "null"}:
        known = f"this run ended with the error {now[:60]!r}"
        yield says(text == now or text not in earlier, known, f"error {text[:60]!r}")


@invariant("AGENT-005", STREAM, reason="other-name", expected="read_file, write_file and list_directory")
def file_tools_have_their_names(seen: Seen) -> Findings:
    """A tool whose arguments are a path, and perhaps a content, has one of the three names.

    One that goes through folders as well, and whose result names an upload, lists files.
    """
    for event in _told(seen, "tool_call"):
        args = event.get("args")
        listed = _names_an_upload(seen, event.call)
        wanted = _names_for(args, listed=listed) if isinstance(args, dict) else None
        if wanted is not None:
            told = shapes.word(event.get("toolName"))
            yield says(
                told in wanted, f"its arguments are {sorted(args)}", f"toolName {told}", offset=event.offset
            )


def _names_an_upload(seen: Seen, call: str) -> bool:
    outputs = [shapes.word(each.get("output")) for each in _told(seen, "tool_result") if each.call == call]
    brought = seen.task.brought if seen.task else ()
    names = {re.split(r"[/\\\\]", each.file.name)[-1] for each in brought}
    return any(name and name in output for name in names for output in outputs)


def _names_for(args: Mapping[str, object], *, listed: bool) -> frozenset[str] | None:
    """What a tool with nothing but a path, or a path and a content, may be called."""
    words = {name.lower() for name in args}
    if listed and "recursive" in words and len(words) == 2:  # noqa: PLR2004  a path, and how far
        return frozenset({"list_directory"}) if any("path" in name for name in words) else None
    path = {name for name in words if "path" in name}
    content = {name for name in words if "content" in name}
    if len(path) != 1 or words - path - content:
        return None
    return frozenset({"write_file"} if content else {"read_file", "list_directory"})


@invariant("AGENT-008", STREAM, reason="told-as-own", expected="a subagent's tools in subagent_tool events")
def subagents_tell_their_own_tools(seen: Seen) -> Findings:
    """No tool_call is of a subagent: by its agentName, or by the callId that a subagent_tool has."""
    used = {event.call for event in _told(seen, "subagent_tool") if event.get("callId") is not None}
    calls = list(_told(seen, "tool_call"))
    if not used and not any(True for _ in _told(seen, "subagent_start")):
        return
    for event in calls:
        own = event.get("agentName") is None and event.call not in used
        known = f"subagents used {plural(len(used), 'call')}, reported by id"
        shown = f"tool_call {event.call}" + ("" if own else f" of {event.get('agentName') or 'a subagent'}")
        yield says(own, known, shown, offset=event.offset)
    if not calls:
        yield says(True, "a subagent was running", "no tool_call is reported")  # noqa: FBT003  nothing was told as own
