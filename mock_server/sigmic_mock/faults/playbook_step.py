"""The playbook step `fault`: arms a fault of the catalogue for the running task."""

from typing import Any

from sigmic_mock.agent.steps.catalogue import KINDS
from sigmic_mock.agent.steps.kind import StepKind, StepKinds
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.schemas import described, record, short_or
from sigmic_mock.faults.catalogue import BadFaultSpec, specify

KEY = "fault"
_ID = {
    "type": "string",
    "pattern": "^[a-z0-9.-]{1,80}$",
    "patternErrorMessage": "the id of a fault, for example stream.cut-inside-event",
}


async def _arm(performance: Performance, id: str, *, stay: bool = False, **more: Any) -> None:
    # Readers of playbooks do not load the platform.
    from sigmic_mock.faults.effects.runs import arm_for_turn

    await arm_for_turn(performance.turn, id, more.get("with", {}), stay=stay)


def _check(value: Any) -> str | None:
    given = value if isinstance(value, dict) else {"id": value}
    fault, values = given.get("id"), given.get("with", {})
    if not isinstance(fault, str) or not isinstance(values, dict):
        return None  # already a schema error
    try:
        specify(fault, values)
    except BadFaultSpec as problem:
        return str(problem)
    return None


ALL_STEP_KINDS = StepKinds(
    (
        *KINDS,
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
            perform=_arm,
            short="id",
            examples=({"id": "sse.crlf", "with": {"times": 3}, "stay": True}, "stream.cut-inside-event"),
            check=_check,
        ),
    )
)
"""All steps on a server with faults; every tool that reads playbooks knows them."""
