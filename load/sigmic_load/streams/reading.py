"""Read one stream to its end, or until a time, blocking the calling greenlet."""

from dataclasses import dataclass
from time import monotonic

from sigmic_load.measures.accounting import End
from sigmic_load.measures.evidence import Kind, around
from sigmic_load.measures.recorder import UserRecorder
from sigmic_load.streams.connection import StreamConnection, failure, payload
from sigmic_load.streams.continuity import Heard
from sigmic_load.streams.life import Life

KEPT = 65536
"""Bytes of a turn that are stored, to show those around a violation."""


@dataclass(slots=True)
class Listened:
    """What was received, and when. Times are monotonic; None if the event never came."""

    heard: Heard
    life: Life
    first_content: float | None = None
    ended: float | None = None
    """When `done` or `error` came."""
    stream: str = ""
    raw: bytes = b""
    """Our end of the connection, and the bytes that came last."""

    @property
    def failed(self) -> bool:
        """True if an `error` came."""
        return bool(self.life.failure)


def listen(
    connection: StreamConnection, recorder: UserRecorder, until: float, *, is_return: bool
) -> Listened:
    """Read until the server ends the stream or `until` passes, then close it. Records what it sees."""
    listened = Listened(Heard(), connection.life, stream=connection.ours)
    connection.kept = KEPT
    recorder.stream_opened()
    try:
        _listen(connection, recorder, until, listened, is_return=is_return)
    finally:
        listened.raw = connection.raw
        connection.close()
        end, reason = _end(connection, listened.life)
        recorder.stream_closed(end, reason)
    if end in {End.CUT, End.CLOSED}:
        says = f"the stream was {reason} {monotonic() - connection.opened:.3g} s after it opened"
        recorder.whole.incident(
            Kind.CUT,
            task=connection.life.task,
            stream=listened.stream,
            says=says,
            near=around(listened.raw, ""),
        )
    return listened


def _end(connection: StreamConnection, life: Life) -> tuple[End, str]:
    if connection.at_end or life.failure:
        end = life.ended(is_whole=connection.is_whole)
    else:
        end = End.DONE if life.is_over else life.left()
    reasons = {
        End.FAILED: f"ended with error {life.failure}",
        End.CLOSED: "closed without done or error",
        End.CUT: "cut",
    }
    return end, reasons.get(end, "")


def _listen(
    connection: StreamConnection, recorder: UserRecorder, until: float, listened: Listened, *, is_return: bool
) -> None:
    is_new = True
    while blocks := connection.read(until):
        at = monotonic()
        for block in blocks:
            if block.event is None:
                continue
            name = block.event.type
            recorder.count("events")
            if is_new:
                is_new = False
                recorder.sample("first_event", at - connection.asked)
            if name == "history_done" and is_return:
                recorder.sample("catch_up", at - connection.asked)
            if name == "content" and listened.first_content is None:
                listened.first_content = at
            if name in {"done", "error"}:
                listened.ended = at
            told = payload(block)
            listened.life.event(name, told, failure(block))
            listened.heard.note(name, told, at)
