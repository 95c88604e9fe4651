"""The playbook step `fault`: arms a fault of the catalogue for the task at work."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.agent.steps.catalogue import FAMILIES, StepKinds
from sigmic_conformance.mock_server.agent.steps.kind import (
    Compile,
    Performance,
    Performer,
    StepFamily,
    StepKind,
    Steps,
    Write,
)
from sigmic_conformance.mock_server.agent.steps.schemas import described, record, short_or
from sigmic_conformance.mock_server.agent.steps.step import Step
from sigmic_conformance.mock_server.faults.catalogue import BadFaultSpec, specify

KEY = "fault"
_ID = {
    "type": "string",
    "pattern": "^[a-z0-9.-]{1,80}$",
    "patternErrorMessage": "the id of a fault, for example stream.cut-inside-event",
}


@dataclass(frozen=True, slots=True)
class ArmFault(Step):
    """Arm a fault of the catalogue for this task alone; unless it is to `stay`, it ends with the turn."""

    id: str
    values: Mapping[str, Any]
    stay: bool = False


def _read(value: Any, _: Compile) -> Steps:
    given = value if isinstance(value, dict) else {"id": value}
    return (ArmFault(given["id"], given.get("with", {}), given.get("stay", False)),)


async def _arm(performance: Performance, step: ArmFault) -> None:
    # What reads playbooks does not load the platform.
    from sigmic_conformance.mock_server.faults.effects.runs import arm_for_turn  # noqa: PLC0415 - see above

    await arm_for_turn(performance.turn, step.id, step.values, stay=step.stay)


def _write(step: ArmFault, _: Write) -> dict[str, Any]:
    more = ({"with": dict(step.values)} if step.values else {}) | ({"stay": True} if step.stay else {})
    return {KEY: {"id": step.id} | more if more else step.id}


def _check(value: Any) -> str | None:
    given = value if isinstance(value, dict) else {"id": value}
    fault, values = given.get("id"), given.get("with", {})
    if not isinstance(fault, str) or not isinstance(values, dict):
        return None  # the schema has said so
    try:
        specify(fault, values)
    except BadFaultSpec as problem:
        return str(problem)
    return None


FAMILY = StepFamily(
    kinds=(
        StepKind(
            key=KEY,
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
            read=_read,
            examples=({"id": "sse.crlf", "with": {"times": 3}, "stay": True}, "stream.cut-inside-event"),
            check=_check,
        ),
    ),
    performers=(Performer(step=ArmFault, perform=_arm, write=_write),),
)

ALL_STEP_KINDS = StepKinds((*FAMILIES, FAMILY))
"""What an agent can do on a server with faults, and what every tool that reads playbooks knows."""
