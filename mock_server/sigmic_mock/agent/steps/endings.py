"""Steps about the course of a turn: again, and the ways to end a task or its session."""

from sigmic_mock.agent.plan import Steps
from sigmic_mock.agent.steps.kind import StepKind
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.schemas import STEPS, TEXT, described, record, short_or
from sigmic_mock.agent.turn import TurnCancelled, TurnFailed

_ONLY_TRUE = {"const": True}


async def _repeat(performance: Performance, times: int, steps: Steps) -> None:
    for _ in range(times):
        await performance.play(steps)


async def _fail(_: Performance, message: str, code: str = "AGENT_ERROR") -> None:
    raise TurnFailed(message, code)


async def _cancel(_: Performance) -> None:
    raise TurnCancelled


async def _expire(performance: Performance) -> None:
    performance.turn.expire_session()


KINDS = (
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
        perform=_repeat,
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
        perform=_fail,
        short="message",
        examples=({"message": "The table is missing", "code": "NO_TABLE"}, "It went wrong"),
    ),
    StepKind(
        key="cancel",
        schema=described("The task becomes cancelled, as if its owner had done it here.", _ONLY_TRUE),
        perform=_cancel,
        examples=(True,),
    ),
    StepKind(
        key="expire_session",
        schema=described(
            "The session expires as soon as this turn is over: the next message restores it.", _ONLY_TRUE
        ),
        perform=_expire,
        examples=(True,),
    ),
)
