"""The step that sends a raw event, for one task and on purpose."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sigmic_mock.agent.steps.kind import StepKind
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.steps.schemas import described, record


async def _send(performance: Performance, name: str, data: Mapping[str, Any] = MappingProxyType({})) -> None:
    await performance.turn.send_raw(name, data)


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
                        "patternErrorMessage": "lowercase letters and underscores, for example tool_call",
                    },
                ),
                data=described("The object of its data line.", {"type": "object"}),
            ),
        ),
        perform=_send,
        examples=({"name": "usage", "data": {"tokens": 12}}, {"name": "content", "data": {"text": 5}}),
    ),
)
