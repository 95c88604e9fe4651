"""The results of tool calls that an observation reports: live, or in the output of an idle task. Pure.

If no client read the stream, the results come from get_task, which lists the calls of the last run
(EVENT-028), with their outputs if the target reports them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_conformance.model.calls import SUCCESS, Call, went_on
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import digests_read, lacks_uploads
from sigmic_conformance.wire import json_values

_CUT = ("…", "...", "truncated", "omitted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a call ended: its status and output, and a time at which its turn was running."""

    call: Call
    status: str
    output: str | None
    at: int
    offset: int | None = None

    @property
    def is_left_out(self) -> bool:
        """Whether the call succeeded and its output is not told, which does not mean that it is empty."""
        return self.status == SUCCESS and self.output is None


def results(seen: Seen) -> Iterator[Result]:
    """The results that a stream reports live, or those of the last turn in get_task of an idle task."""
    if seen.task is None:
        return
    for event in seen.stream.of("tool_result") if seen.stream is not None else ():
        call, output = seen.task.calls.get(event.call), event.get("output")
        if call is not None:
            yield Result(
                call=call,
                status=json_values.word(event.get("status")),
                output=output if isinstance(output, str) else None,
                at=event.at,
                offset=event.offset,
            )
    rest = seen.rest if seen.operation == "get_task" and seen.exchange.ok else None
    if rest is not None:
        yield from _of_output(seen, seen.task, rest)


def good_results(seen: Seen) -> Iterator[Result]:
    """The successful results that have an output."""
    return (each for each in results(seen) if each.status == SUCCESS and not each.is_left_out)


def uploads_printed(seen: Seen) -> Iterator[tuple[Result, dict[str, str]]]:
    """The results of commands that print the digests of all uploads, with these by path below uploads/.

    Only if some command of the run printed one: a sandbox may lack the tools, or have the files elsewhere.
    """
    for result in good_results(seen) if seen.model.reads_uploads else ():
        output = result.output or ""
        whole = went_on(output) and not any(mark in output for mark in _CUT)
        read = digests_read(result.call.command, output)
        if read is not None and whole and not lacks_uploads(result.call.command, output):
            yield result, read


def _of_output(seen: Seen, task: Task, rest: Turn) -> Iterator[Result]:
    earlier = task.calls_before(rest)
    for told in json_values.objects(json_values.fields(seen.fields.get("output")).get("toolCalls")):
        name, output = json_values.word(told.get("callId")), told.get("output")
        if name not in earlier:
            yield Result(
                call=task.calls.get(name) or Call(name, read=[told]),
                status=json_values.word(told.get("status")),
                output=output if isinstance(output, str) else None,
                at=rest.taken + 1,
            )
