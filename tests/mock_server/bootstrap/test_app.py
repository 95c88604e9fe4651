"""The parts of a server: with faults, and without any fault code."""

import sys
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.bootstrap import app
from sigmic_mock.bootstrap.app import UsageError
from tests.fakes.command import ended
from tests.fakes.served import serving

ROOT = Path(__file__).parents[3]
_A_LIFE = """
import asyncio, pathlib, sys
from tests.fakes.served import serving

async def live():
    async with serving(pathlib.Path(sys.argv[1]), no_faults=True) as mock:
        task = await mock.finished()
        await mock.call("GET", f"/api/v1/tasks/{task}")
        await mock.call("GET", "/__mock/v1/faults", headers=mock.control)

asyncio.run(live())
rooms = ("faults", "console", "mcp.connection", "model.")
ours = (f"sigmic_mock.{room}" for room in rooms)
unused = (*ours, "mcp.", "openai", "pydantic", "anyio")
print(*(name for name in sys.modules if name.startswith(unused)))
"""


def test_unused_modules_are_not_imported(tmp_path: Path):
    """No module of faults, of the console's users, of MCP servers, of models, or of their SDKs."""
    done = ended([sys.executable, "-c", _A_LIFE, str(tmp_path)], cwd=ROOT)

    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


async def test_a_model_without_its_client_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app, "find_spec", lambda _: None)

    with pytest.raises(UsageError, match=r"run: .*pip install .*\[model\]"):
        async with serving(tmp_path, model="http://127.0.0.1:9/v1", model_name="small"):
            pass


@pytest.mark.parametrize("without", [False, True])
async def test_a_server_has_faults_unless_it_is_started_without(tmp_path: Path, *, without: bool):
    async with serving(tmp_path, no_faults=without) as mock:
        assert (mock.application.base.faults is None) is without


async def test_without_faults_the_control_plane_refuses_to_arm_one(tmp_path: Path):
    async with serving(tmp_path, no_faults=True) as mock:
        answers = [
            await mock.call(method, f"/__mock/v1{path}", headers=mock.control, json=body)
            for method, path, body in (
                ("GET", "/faults", None),
                ("GET", "/faults/catalogue/sse.crlf", None),
                ("GET", "/faults/active", None),
                ("POST", "/faults", {"fault": "sse.crlf"}),
                ("POST", "/faults/next", {"fault": "sse.crlf"}),
                ("DELETE", "/faults", {}),
            )
        ]

    assert [(reply.status, reply.code) for reply in answers] == [(409, "CONFLICT")] * 6
    assert all("--no-faults" in reply.message for reply in answers)


async def test_without_faults_a_project_is_kept_restored_and_reset_as_ever(tmp_path: Path):
    async with serving(tmp_path, no_faults=True) as mock:
        task = await mock.finished()
        asked = [("/snapshots", {"name": "a"}), ("/snapshots/a/restore", {}), ("/reset", {})]
        statuses = [
            (await mock.call("POST", f"/__mock/v1{path}", headers=mock.control, json=body)).status
            for path, body in asked
        ]
        gone = await mock.call("GET", f"/api/v1/tasks/{task}")

    assert (statuses, gone.status) == ([200, 200, 200], 404)


async def test_without_faults_the_header_means_nothing(tmp_path: Path):
    async with serving(tmp_path, no_faults=True) as mock:
        asked = mock.key | {"X-Mock-Fault": "http.internal-error"}

        assert (await mock.call("GET", "/api/v1/tasks", headers=asked)).status == 200


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"no_faults": True, "fault": "net.slow"}, "--no-faults can't be combined with --fault"),
        ({"no_faults": True, "header_faults": True}, "--no-faults can't be combined"),
        ({"fault": "net.slwo"}, "did you mean net.slow?"),
    ],
)
async def test_faults_that_cannot_be_armed_refuse_the_start(tmp_path: Path, flags: dict[str, Any], told: str):
    with pytest.raises(UsageError) as refused:
        async with serving(tmp_path, **flags):
            pass

    assert told in str(refused.value)
    assert not (tmp_path / "data").exists()
