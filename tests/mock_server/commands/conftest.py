"""A running mock, and the command line that finds it by its ready file."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from sigmic_mock.cli import main
from sigmic_mock.config import defaults
from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.served import Served, serving

Verb = Callable[..., Awaitable[tuple[int, str, str]]]


def outcome(*words: str) -> int:
    """Run `sigmic-mock` with these words; return its exit code."""
    try:
        main(words)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the servers of the person who runs the tests."""
    for name in ("READY_FILE", "CONTROL_URL", "CONTROL_TOKEN", "DATA_DIR"):
        monkeypatch.delenv(f"SIGMIC_MOCK_{name}", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
async def mock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    async with serving(tmp_path, clock=MANUAL) as served:
        ready = tmp_path / "ready.json"
        ready.write_text(
            json.dumps(
                {
                    "base_url": served.url,
                    "api_key": defaults.API_KEY,
                    "control_url": f"{served.url}/__mock/v1",
                    "control_token": served.application.control_token.reveal(),
                }
            )
        )
        monkeypatch.setenv("SIGMIC_MOCK_READY_FILE", str(ready))
        yield served


@pytest.fixture
def verb(capsys: pytest.CaptureFixture[str]) -> Verb:
    """Return a function that runs a verb while the server runs: (exit code, stdout, stderr)."""

    async def run(*words: object) -> tuple[int, str, str]:
        code = await asyncio.to_thread(outcome, *map(str, words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
