"""Hand-written saved runs of a hostile and of a plain target, as input for the reports."""

from pathlib import Path
from typing import Any

from sigmic_conformance.reports.material import Material, gather
from sigmic_conformance.results import saved
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript
from tests.conformance.kit import event, exchange, stream
from tests.conformance.saving import save, verdict

HOSTILE = "<script>alert(1)</script>\x00\u202eevil\u202c\x1b[31m`|![x](http://evil.test/x.png)&amp;"
HOSTILE_BYTES = b'event: content\ndata: <script src=//evil.test></script>\x00\xff\xfe\xe2\x80\xae"\n\n'


def piece(exchange: Exchange, **more: Any) -> dict:
    shown: dict[str, Any] = {"note": "seen", "excerpt": "", "curl": "curl http://127.0.0.1:1/"}
    return {"probe": exchange.probe, "exchange": exchange.number, "label": exchange.label} | shown | more


def live_stream(probe: str = "easy_task", number: int = 1, closed: Closed = Closed.COMPLETE) -> Exchange:
    """History, the marker, catch-up, four live seconds with heartbeats and events, the end."""
    chunks = [
        (0.001, event("history_message", id="1", role="user", content="Hi", createdAt="x")),
        (0.002, event("history_done", messageCount=1, isStreaming=True)),
        (0.003, event("content", text="A", isPartial=True)),
        (1.0, b":heartbeat\n\n"),
        (2.0, b":heartbeat\n\n"),
        (2.5, event("tool_call", callId="c", toolName="shell", status="executing", args={})),
        (3.0, event("surprise", text="B")),
        (4.0, event("done", finalResponse="A")),
    ]
    return stream(chunks, probe=probe, number=number, label="first reader", ended=4.1, closed=closed)


def hostile_stream() -> Exchange:
    chunks = [(0.5, HOSTILE_BYTES), (1.0, f":{HOSTILE}\n\n".encode())]
    return stream(chunks, probe="tool_task", number=7, label=HOSTILE, ended=2.0)


def hostile_run(folder: Path) -> Path:
    """A run in which every text from the target is hostile."""
    bad, answer = hostile_stream(), exchange(probe="unknown_task", number=2, body={"error": HOSTILE})
    said: dict[str, Any] = {"expected": HOSTILE, "observed": HOSTILE}
    rows = [
        verdict("STREAM-005", "failed", "x", slices=[piece(bad, offset=15, note=HOSTILE)], **said),
        verdict("GET-001", "inconclusive", "control-failed", slices=[piece(answer, excerpt=HOSTILE)], **said),
        verdict("GET-002", slices=[piece(answer, excerpt=HOSTILE, curl=HOSTILE)], **said),
    ]
    transcripts = [
        Transcript(probe="tool_task", ending=Ending.DEADLINE, detail=HOSTILE, exchanges=(bad,)),
        Transcript(probe="unknown_task", ending=Ending.COMPLETE, exchanges=(answer,)),
    ]
    return save(folder, rows, transcripts, exit_code=1, selection=HOSTILE)


def plain_run(folder: Path, rows: list[dict] | None = None, **more: Any) -> Path:
    """A run with one row per outcome, over one good stream."""
    heard = live_stream()
    rows = rows or [
        verdict("PHASE-001", slices=[piece(heard)]),
        verdict("BEAT-002", "failed", "other-comment", slices=[piece(heard, offset=0)]),
        verdict("BEAT-001", "inconclusive", "timing-noise", slices=[]),
        verdict("STREAM-014", "warned", "has-ids", level="should"),
        verdict("EVENT-018", "info", None, slices=[]),
        verdict("ZIP-001", "inapplicable", None, slices=[]),
    ]
    transcripts = [Transcript(probe="easy_task", ending=Ending.COMPLETE, exchanges=(heard,))]
    return save(folder, rows, transcripts, **{"exit_code": 1, "counts": {"failed": 1}, **more})


def material(folder: Path) -> Material:
    return gather(saved.read(folder))
