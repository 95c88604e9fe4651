"""Steps that no healthy platform shows: raw events and faults, for one task and on purpose."""

from typing import Any

from sigmic_conformance.mock_server.agent.step_kinds.kind import (
    Compile,
    Deed,
    Performance,
    StepKind,
    Steps,
    Write,
)
from sigmic_conformance.mock_server.agent.step_kinds.schemas import described, record, short_or
from sigmic_conformance.mock_server.agent.steps import ArmFault, SendEvent

_ID = {
    "type": "string",
    "pattern": "^[a-z0-9.-]{1,80}$",
    "patternErrorMessage": "the id of a fault, such as stream.cut-inside-event",
}


def _read_event(value: Any, _: Compile) -> Steps:
    return (SendEvent(value["name"], value.get("data", {})),)


async def _send(performance: Performance, step: SendEvent) -> None:
    await performance.turn.send_raw(step.name, step.data)


def _write_event(step: SendEvent, _: Write) -> dict[str, Any]:
    return {"event": {"name": step.name, "data": dict(step.data)}}


def _read_fault(value: Any, _: Compile) -> Steps:
    given = value if isinstance(value, dict) else {"id": value}
    return (ArmFault(given["id"], given.get("with", {}), given.get("stay", False)),)


async def _arm(performance: Performance, step: ArmFault) -> None:
    await performance.turn.arm_fault(step.id, step.values, stay=step.stay)


def _write_fault(step: ArmFault, _: Write) -> dict[str, Any]:
    more = ({"with": dict(step.values)} if step.values else {}) | ({"stay": True} if step.stay else {})
    return {"fault": {"id": step.id} | more if more else step.id}


KINDS = (
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
                        "patternErrorMessage": "a name of small letters and underscores, such as tool_call",
                    },
                ),
                data=described("The object of its data line.", {"type": "object"}),
            ),
        ),
        read=_read_event,
        examples=({"name": "usage", "data": {"tokens": 12}}, {"name": "content", "data": {"text": 5}}),
    ),
    StepKind(
        key="fault",
        schema=described(
            "Arm a fault (see sigmic-mock faults list) for this task alone, until the turn ends.",
            short_or(
                record(
                    ("id",),
                    id=described("Its id.", _ID),
                    **{
                        "with": described(
                            "Its parameters, and the conditions of its trigger but `task`.",
                            {"type": "object", "not": {"required": ["task"]}},
                        )
                    },
                    stay=described("true: it stays armed when the turn is over.", {"type": "boolean"}),
                ),
                **_ID,
            ),
        ),
        read=_read_fault,
        examples=({"id": "sse.crlf", "with": {"times": 3}, "stay": True}, "stream.cut-inside-event"),
    ),
)

DEEDS = (
    Deed(step=SendEvent, perform=_send, write=_write_event),
    Deed(step=ArmFault, perform=_arm, write=_write_fault),
)
