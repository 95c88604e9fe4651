"""The step that sends a raw event, for one task and on purpose."""

from typing import Any

from sigmic_conformance.mock_server.agent.steps.kind import (
    Compile,
    Performance,
    Performer,
    StepFamily,
    StepKind,
    Steps,
    Write,
)
from sigmic_conformance.mock_server.agent.steps.schemas import described, record
from sigmic_conformance.mock_server.agent.steps.step import SendEvent


def _read_event(value: Any, _: Compile) -> Steps:
    return (SendEvent(value["name"], value.get("data", {})),)


async def _send(performance: Performance, step: SendEvent) -> None:
    await performance.turn.send_raw(step.name, step.data)


def _write_event(step: SendEvent, _: Write) -> dict[str, Any]:
    return {"event": {"name": step.name, "data": dict(step.data)}}


_KINDS = (
    StepKind(
        key="event",
        schema=described(
            "A raw event on the stream. It leaves no trace in the answer, the task or the history.",
            record(
                ("name",),
                name=described(
                    "Its name.",
                    {
                        "type": "string",
                        "pattern": "^[a-z][a-z_]{0,99}$",
                        "patternErrorMessage": "lowercase letters and underscores, for example tool_call",
                    },
                ),
                data=described("The object of its data line.", {"type": "object"}),
            ),
        ),
        read=_read_event,
        examples=({"name": "usage", "data": {"tokens": 12}}, {"name": "content", "data": {"text": 5}}),
    ),
)

_PERFORMERS = (Performer(step=SendEvent, perform=_send, write=_write_event),)

FAMILY = StepFamily(kinds=_KINDS, performers=_PERFORMERS)
