"""Write events of a recording in a short form."""

from typing import Any

from sigmic_mock.recording.exchange import SeenEvent


def seen(*told: tuple[Any, ...]) -> list[SeenEvent]:
    """Return events from (name, data) or (name, data, seconds)."""
    return [SeenEvent(each[2] if len(each) > 2 else 0.0, each[0], each[1]) for each in told]


def said(*texts: str, at: float = 0.0, pace: float = 0.0) -> list[SeenEvent]:
    return [
        SeenEvent(at + number * pace, "content", {"text": text, "isPartial": True})
        for number, text in enumerate(texts)
    ]


DONE = SeenEvent(0.0, "done", {"finalResponse": ""})


def call(
    id: str,
    name: str,
    /,
    *statuses: str,
    at: float = 0.0,
    took: float = 0.0,
    output: str = "out",
    **args: Any,
):
    """Return the events of a call: its statuses as `tool_call`, the last one as `tool_result`."""
    *begun, ended = statuses
    events = [
        SeenEvent(at, "tool_call", {"callId": id, "toolName": name, "status": each, "args": args})
        for each in begun
    ]
    result = {"callId": id, "status": ended, "output": output}
    return [*events, SeenEvent(at + took, "tool_result", result)]
