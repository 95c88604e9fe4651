"""A secret in one MCP server's header and one in another's env reach those servers only."""

import json
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.e2e.process import MockProcess
from tests.fakes.mcp_http_server import mcp_over_http
from tests.fakes.mcp_server import configured

PLANTED = ("planted-header-5d1e", "planted-env-7c0a", "planted-token-93bf", "planted-dsn-44e1", "planted7")
DSN = f"postgres://shop:{PLANTED[3]}@db/orders"
KEY = f"sigmic_{'7c' * 32}"
# The third is a secret of the task, so the shell has it in its environment.
KEYED = {"API_TOKEN": PLANTED[1], "DSN": DSN, "PGPASS": PLANTED[4]}
LOOK = "cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c 'plant[e]d-[he]' ; env"
# Every split of the secret over two lines.
BY_LINES = 'for at in $(seq 1 $((${#TOKEN} - 1))); do echo $TOKEN | sed "s/^.\\{$at\\}/&\\n/"; echo; done'

SHOWN = (
    *("/journal", "/journal/export?format=har", "/journal/export?format=ndjson", "/snapshots/kept"),
    *("/settings", "/faults/active", "/projects"),
)
"""The responses of the control API, exports included."""


def told(mock: MockProcess, message: str) -> tuple[str, str]:
    """Run a task with a secret to its end; return its stream, and the text of all responses about it."""
    tasks, headers = f"{mock.url}/api/v1/tasks", {"Authorization": f"Bearer {KEY}"}
    body = {"message": message, "secrets": {"TOKEN": PLANTED[2]}}
    made = requests.post(tasks, headers=headers, json=body, timeout=30)
    task = f"{tasks}/{made.json()['data']['id']}"
    stream = requests.get(f"{task}/stream", headers=headers, timeout=60).text
    later = [
        requests.get(f"{task}{part}", headers=headers, timeout=30).text
        for part in ("", "/history", "/stream", "/artifacts")
    ]
    return stream, "".join([made.text, stream, *later])


def contents(path: Path) -> bytes:
    """Return the bytes of a file, or of all files in a folder."""
    found = path.rglob("*") if path.is_dir() else [path]
    return b"".join(each.read_bytes() for each in found if each.is_file())


def test_a_planted_secret_is_nowhere_else(tmp_path: Path) -> None:
    with mcp_over_http() as server:
        keyed = configured("good", env=KEYED | {"MORE_TOKEN": "{{mcp.TOKEN}}"})
        crm = {"url": f"{server.url}/mcp", "headers": {"Authorization": f"Bearer {PLANTED[0]}"}}
        servers: dict[str, Any] = {"keyed": keyed, "crm": crm, "bare": configured("good")}
        project = {"id": "p", "api_keys": [{"key": KEY}], "mcp_servers": servers}
        (tmp_path / "mock.yaml").write_text(yaml.safe_dump({"projects": [project]}))
        with MockProcess(tmp_path, "--config", str(tmp_path / "mock.yaml"), "--log-level=debug") as mock:
            names = json.dumps({"names": ["API_TOKEN", "MORE_TOKEN", "DSN", "PGPASS"]})
            calls = [f"Call the tool mcp_{each}_env with {names}" for each in ("keyed", "bare")]
            calls.append("Call the tool mcp_crm_echo with {}")

            commands = [
                LOOK,
                BY_LINES,
                *(f"printf %s $TOKEN | cut -c{part}" for part in ("1-6", "7-9", "10-")),
                "echo made > made.txt",
            ]
            calls += [f"Run exactly this shell command: `{command}`" for command in commands]
            stream, said = told(mock, "\n".join(calls))
            _, said_after = told(mock, f"Run exactly this shell command: `{LOOK}`")

            control = {"Authorization": f"Bearer {mock.ready['control_token']}"}
            asked: dict[str, Any] = {"headers": control, "params": {"project": "p"}, "timeout": 30}
            root = f"{mock.url}/__mock/v1"
            taken = requests.post(f"{root}/snapshots", json={"name": "kept"}, **asked)
            shown = [requests.get(f"{root}{path}", **asked) for path in SHOWN]
            said += said_after + taken.text + "".join(each.text for each in shown)
            argv = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)]
            snapshot = contents(mock.data_dir / "snapshots")
            held = contents(mock.data_dir)
        held += contents(mock.data_dir) + contents(mock.log)

    results = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith('data: {"callId"')]
    outputs = [each["output"] for each in results if "output" in each]
    assert json.loads(outputs[0]) == {
        "API_TOKEN": "[secret API_TOKEN]",
        "MORE_TOKEN": "[secret TOKEN]",
        "DSN": "[secret DSN]",
        "PGPASS": "[secret PGPASS]",
    }
    assert json.loads(outputs[1]) == {"API_TOKEN": None, "MORE_TOKEN": None, "DSN": None, "PGPASS": None}
    assert outputs[3].splitlines()[0] == "0"
    assert server.requests[-1][1]["Authorization"] == f"Bearer {PLANTED[0]}"
    assert outputs[4].count("[secret TOKEN]") == len(PLANTED[2]) - 1
    assert [each.strip() for each in outputs[5:8]] == ["plante", "d-t", "[secret TOKEN]"]
    assert {each.status_code for each in (taken, *shown)} == {200}
    assert all("[secret TOKEN]" in journal.text for journal in shown[:3])
    assert b"made" in snapshot
    for secret in PLANTED:
        assert secret not in said
        assert secret not in said.replace("\\n", "")
        assert secret not in "".join(outputs).replace("\n", "")
        assert secret.encode() not in held
        assert [each for each in argv if secret.encode() in each] == []


def readable(path: Path) -> bool:
    """Return whether the file can be read: its process may have ended."""
    try:
        path.read_bytes()
    except OSError:
        return False
    return True
