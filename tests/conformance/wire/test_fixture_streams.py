from pathlib import Path

import pytest

from sigmic_conformance.model.record import sample_clients as clients
from sigmic_conformance.wire import sse

STREAMS = Path(__file__).parents[3] / "fixtures" / "streams"
WHOLE = ["history_message", "history_done", "content", "done"]
# file: (event types that a browser dispatches, defects, whether the Node sample reads it)
MEANINGS = {
    "quickstart.sse": (WHOLE, [], True),
    "crlf.sse": (WHOLE, [], False),
    "bare-cr.sse": (WHOLE, [], False),
    "byte-order-mark.sse": (WHOLE, [], False),
    "no-space-after-colon.sse": (WHOLE, [], False),
    "heartbeats.sse": (WHOLE, [], True),
    "heartbeat-inside-an-event.sse": (["history_message", "history_done", "message", "done"], [], False),
    "ids-and-retry.sse": (WHOLE, [], False),
    "invalid-utf-8.sse": (WHOLE, ["invalid-utf-8"], True),
    "unterminated.sse": (WHOLE[:3], [], False),
    "line-separators.sse": (WHOLE, [], True),
}


def test_every_file_has_a_meaning():
    assert {path.name for path in STREAMS.glob("*.sse")} == set(MEANINGS)


@pytest.mark.parametrize("name", MEANINGS)
def test_a_sample_stream_has_the_events_and_defects_of_the_table(name: str):
    types, defects, node_reads_it = MEANINGS[name]
    raw = (STREAMS / name).read_bytes()

    body = sse.decode(raw)

    assert [event.type for event in body.events] == types
    assert [defect.kind for defect in body.defects] == defects
    assert ([kind for kind, _ in clients.node_sample(raw)] == WHOLE) == node_reads_it
