"""httpx with httpx-sse reads the mock, live and late, and receives the same."""

import httpx
import httpx_sse

from tests.e2e.process import MockProcess


def read(mock: MockProcess, task: str) -> list[tuple[str, object]]:
    with (
        httpx.Client(base_url=mock.url, headers=mock.headers, timeout=30) as client,
        httpx_sse.connect_sse(client, "GET", f"/api/v1/tasks/{task}/stream") as source,
    ):
        return [(event.event, event.json()) for event in source.iter_sse()]


def test_a_late_reader_gets_the_saved_conversation_and_the_stream_ends(mock: MockProcess):
    task = mock.create("What is 2+2?")
    live = read(mock, task)

    late = read(mock, task)

    assert [name for name, _ in late] == ["history_message", "history_message", "history_done"]
    # Both are JSON objects here, though their types are wider.
    assert late[1][1]["content"] == live[-1][1]["finalResponse"]  # type: ignore[index]  # a JSON value
    assert late[-1][1] == {"messageCount": 2, "isStreaming": False}
