"""Acknowledged data is saved: the server is killed while tasks run, or after changes.

A follow-up that is killed after each of its changes, and a database that was emptied, are tested in
`tests/mock_server/service/test_recovery.py`.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from tests.e2e.process import MockProcess, descendants, wait_until

TASKS = 20


def data(mock: MockProcess, path: str) -> Any:
    answer = requests.get(f"{mock.url}/api/v1{path}", headers=mock.headers, timeout=10)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def test_a_crash_in_the_middle_of_twenty_running_tasks_loses_none(tmp_path: Path):
    marker = f"86399.{abs(hash(tmp_path)) % 10**6:06d}"
    with MockProcess(tmp_path) as mock:
        ids = [
            mock.create(
                f"Run exactly this shell command: `sleep {marker}`",
                files=[("files", (f"{number}.txt", b"kept", "text/plain"))],
            )
            for number in range(TASKS)
        ]
        for task in ids:
            with requests.get(
                f"{mock.url}/api/v1/tasks/{task}/stream", headers=mock.headers, stream=True, timeout=30
            ) as stream:
                assert any(line == b"event: tool_call" for line in stream.iter_lines())
        half_open = threading.Thread(target=upload_that_never_ends, args=(mock,), daemon=True)
        half_open.start()

        mock.kill()
        half_open.join(30)

        wait_until(lambda: not descendants(marker))
        mock.start()
        assert list((mock.data_dir / "staging").iterdir()) == []
        for number, task in enumerate(ids):
            seen = data(mock, f"/tasks/{task}")
            assert seen["status"] == "failed"
            assert "restart" in seen["error"]
            assert [file["path"] for file in data(mock, f"/tasks/{task}/artifacts")["files"]] == [
                f"uploads/{number}.txt"
            ]
            assert data(mock, f"/tasks/{task}/history")["messages"][0]["content"].endswith(
                f"`sleep {marker}`"
            )
        for task in ids:
            answer = requests.post(
                f"{mock.url}/api/v1/tasks/{task}/messages",
                headers=mock.headers,
                json={"message": "What is 2+2?"},
                timeout=10,
            )
            assert answer.status_code == 200, answer.text
        for task in ids:
            requests.get(f"{mock.url}/api/v1/tasks/{task}/stream", headers=mock.headers, timeout=30)
            assert data(mock, f"/tasks/{task}")["status"] == "completed"


def upload_that_never_ends(mock: MockProcess) -> None:
    def body() -> Iterator[bytes]:
        yield (
            b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\nnever\r\n'
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="half.bin"\r\n\r\n'
        )
        while True:
            yield b"x" * 65536

    try:
        requests.post(
            f"{mock.url}/api/v1/tasks",
            headers={**mock.headers, "Content-Type": "multipart/form-data; boundary=b"},
            data=body(),
            timeout=20,
        )
    except requests.RequestException:
        return


def test_sigterm_ends_streams_at_an_event_boundary_and_leaves_no_process(tmp_path: Path):
    marker = f"86398.{abs(hash(tmp_path)) % 10**6:06d}"
    with MockProcess(tmp_path) as mock:
        task = mock.create(f"Run exactly this shell command: `sleep {marker}`")
        with requests.get(
            f"{mock.url}/api/v1/tasks/{task}/stream", headers=mock.headers, stream=True, timeout=30
        ) as stream:
            received = b""
            code = None
            for chunk in stream.iter_content(None):
                received += chunk
                if b"event: tool_call" in received and mock.process and mock.process.poll() is None:
                    code = mock.stop()

        assert code == 0
        assert received.endswith(b"\n\n")
        wait_until(lambda: not descendants(marker))


def console(mock: MockProcess) -> Callable[..., Any]:
    """Sign in as the owner; return a function that calls the console's API as its pages do."""
    page = requests.Session()
    page.headers["Origin"] = mock.url

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = page.request(method, f"{mock.url}/console/api{path}", json=body, headers=headers, timeout=10)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["data"]

    call("POST", "/session", {"name": "ada"})
    return call


def test_a_change_acknowledged_by_the_console_survives_a_crash(tmp_path: Path):
    secret = "planted-0e7b1c"
    settings = {
        "auto_execute": False,
        "tool_policies": {"mcp_crm_*": "ask"},
        "prompts": ["Be brief."],
        "mcp_servers": {"crm": {"url": "https://crm.example/mcp", "headers": {"Authorization": secret}}},
    }
    parts = ("", "/settings", "/api-keys", "/widget-apps", "/members")
    with MockProcess(tmp_path) as mock:
        ask = console(mock)
        here = f"/projects/{ask('POST', '/projects', {'name': 'Kept'})['id']}"
        key = ask("POST", f"{here}/api-keys", {"name": "CI", "expiresIn": "7d"})["key"]
        app = ask("POST", f"{here}/widget-apps", {"name": "Shop", "allowedOrigins": ["https://a.example"]})
        app |= ask("POST", f"{here}/widget-apps/{app['appId']}/secret", {})
        ask("PUT", f"{here}/members/linus", {"role": "viewer"})
        before = [ask("GET", here + part) for part in parts[2:]]
        ask("PUT", f"{here}/settings", settings, **{"If-Match": "*"})

        mock.kill()
        mock.start()

        ask = console(mock)
        told, kept, *after = [ask("GET", here + part) for part in parts]
        assert (told["name"], told["role"]) == ("Kept", "owner")
        assert after == before
        shown = {"Authorization": {"set": True}}
        assert {name: kept[name] for name in ("auto_execute", "tool_policies", "prompts")} == {
            name: settings[name] for name in ("auto_execute", "tool_policies", "prompts")
        }
        assert kept["mcp_servers"]["crm"]["headers"] == shown
        bearer = {"Authorization": f"Bearer {key}"}
        assert requests.get(f"{mock.url}/api/v1/tasks", headers=bearer, timeout=10).status_code == 200
        exchange = {"appId": app["appId"], "appSecret": app["appSecret"], "endUserId": "u"}
        assert requests.post(f"{mock.url}/api/v1/auth/token", json=exchange, timeout=10).status_code == 200
    assert [path.name for path in mock.data_dir.rglob("*") if path.is_file() and holds(path, secret)] == []


def holds(path: Path, text: str) -> bool:
    return text.encode() in path.read_bytes()
