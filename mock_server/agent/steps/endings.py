"""Steps about the course of a turn: again, and the ways to end a task or its session."""

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
from sigmic_conformance.mock_server.agent.steps.schemas import STEPS, TEXT, described, record, short_or
from sigmic_conformance.mock_server.agent.steps.step import CancelTask, ExpireSession, Fail, Repeat
from sigmic_conformance.mock_server.agent.turn import TurnCancelled, TurnFailed

_ONLY_TRUE = {"const": True}


def _read_repeat(value: Any, compile: Compile) -> Steps:
    return (Repeat(value["times"], compile(value["steps"])),)


async def _repeat(performance: Performance, step: Repeat) -> None:
    for _ in range(step.times):
        await performance.play(step.steps)


def _write_repeat(step: Repeat, write: Write) -> dict[str, Any]:
    return {"repeat": {"times": step.times, "steps": write(step.steps)}}


def _read_fail(value: Any, _: Compile) -> Steps:
    return (Fail(**(value if isinstance(value, dict) else {"message": value})),)


async def _fail(_: Performance, step: Fail) -> None:
    raise TurnFailed(step.message, step.code)


def _write_fail(step: Fail, _: Write) -> dict[str, Any]:
    if step.code == Fail(step.message).code:
        return {"fail": step.message}
    return {"fail": {"message": step.message, "code": step.code}}


def _read_cancel(_: Any, __: Compile) -> Steps:
    return (CancelTask(),)


async def _cancel(_: Performance, __: CancelTask) -> None:
    raise TurnCancelled


def _write_cancel(_: CancelTask, __: Write) -> dict[str, Any]:
    return {"cancel": True}


def _read_expire(_: Any, __: Compile) -> Steps:
    return (ExpireSession(),)


async def _expire(performance: Performance, _: ExpireSession) -> None:
    performance.turn.expire_session()


def _write_expire(_: ExpireSession, __: Write) -> dict[str, Any]:
    return {"expire_session": True}


_KINDS = (
    StepKind(
        key="repeat",
        schema=described(
            "Steps several times.",
            record(
                ("times", "steps"),
                times=described("How often.", {"type": "integer", "minimum": 1, "maximum": 100_000}),
                steps=STEPS,
            ),
        ),
        read=_read_repeat,
        examples=({"times": 3, "steps": [{"say": "tick "}, {"wait": 1}]},),
    ),
    StepKind(
        key="fail",
        schema=described(
            "The task fails; nothing after it is done.",
            short_or(
                record(
                    ("message",),
                    message=described("Why, as the error event and the task say.", TEXT),
                    code=described(
                        "The code of the error event.",
                        {
                            "type": "string",
                            "pattern": "^[A-Za-z0-9_]{1,60}$",
                            "patternErrorMessage": (
                                "a code of at most 60 letters, digits and underscores, for example NO_TABLE"
                            ),
                        },
                    ),
                )
            ),
        ),
        read=_read_fail,
        examples=({"message": "The table is missing", "code": "NO_TABLE"}, "It went wrong"),
    ),
    StepKind(
        key="cancel",
        schema=described("The task becomes cancelled, as if its owner had done it here.", _ONLY_TRUE),
        read=_read_cancel,
        examples=(True,),
    ),
    StepKind(
        key="expire_session",
        schema=described(
            "The session expires as soon as this turn is over: the next message restores it.", _ONLY_TRUE
        ),
        read=_read_expire,
        examples=(True,),
    ),
)

_PERFORMERS = (
    Performer(step=Repeat, perform=_repeat, write=_write_repeat),
    Performer(step=Fail, perform=_fail, write=_write_fail),
    Performer(step=CancelTask, perform=_cancel, write=_write_cancel),
    Performer(step=ExpireSession, perform=_expire, write=_write_expire),
)

FAMILY = StepFamily(kinds=_KINDS, performers=_PERFORMERS)
