"""Node's fetch with eventsource-parser reads the mock."""

import json
import os
from pathlib import Path

import pytest

from tests.e2e.process import MockProcess
from tests.fakes.command import ended

SCRIPT = Path(__file__).parent / "node" / "stream.mjs"


@pytest.fixture
def modules() -> str:
    folder = os.environ.get("SIGMIC_NODE_MODULES", "")
    if not (Path(folder) / "eventsource-parser").is_dir():
        pytest.skip("SIGMIC_NODE_MODULES does not hold eventsource-parser: run this through tox -e e2e")
    return folder


def test_a_browser_like_client_reads_every_event(mock: MockProcess, modules: str):
    message = "Reply with exactly: naïve 日本語 🎈 \u2028 end"

    done = ended(["node", str(SCRIPT), modules, mock.url, mock.key, message])

    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["status"], seen["type"]) == (200, "text/event-stream")
    names = [event["event"] for event in seen["events"]]
    assert names[:2] == ["history_message", "history_done"]
    assert names[-1] == "done"
    assert "naïve 日本語 🎈 \u2028 end" in seen["events"][-1]["data"]["finalResponse"]
