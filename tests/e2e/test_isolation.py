"""Two projects on one server: no command the agent is told to run reaches the other's files or variables."""

import hashlib

import pytest
import requests

from tests.e2e.process import MockProcess

OTHER_KEY = "sigmic_" + hashlib.sha256(b"another project").hexdigest()
SECRET = "canary-" + hashlib.sha256(b"a secret").hexdigest()


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("two-projects")
    config = folder / "config.yaml"
    config.write_text(
        f"""
projects:
  - id: other
    api_keys:
      - key: {OTHER_KEY}
        username: other
"""
    )
    with MockProcess(folder, "--config", str(config)) as running:
        yield running


def run(mock: MockProcess, key: str, command: str, **fields: object) -> tuple[str, str]:
    headers = {"Authorization": f"Bearer {key}"}
    task = requests.post(
        f"{mock.url}/api/v1/tasks",
        headers=headers,
        json={"message": f"Run exactly this shell command:\n```sh\n{command}\n```", **fields},
        timeout=10,
    ).json()["data"]["id"]
    stream = requests.get(f"{mock.url}/api/v1/tasks/{task}/stream", headers=headers, timeout=60).text
    return task, stream


def test_a_stranger_sees_neither_task_nor_files_nor_variables_nor_processes(mock: MockProcess):
    owner, _ = run(
        mock,
        mock.key,
        "echo treasure-4711 > treasure.txt; (sleep 300 &) ; echo started",
        secrets={"API_TOKEN": SECRET},
    )
    stranger = {"Authorization": f"Bearer {OTHER_KEY}"}

    for method, path in [
        ("GET", ""),
        ("GET", "/stream"),
        ("GET", "/history"),
        ("GET", "/artifacts"),
        ("GET", "/artifacts/download?path=treasure.txt"),
        ("POST", "/messages"),
        ("DELETE", ""),
    ]:
        answer = requests.request(
            method,
            f"{mock.url}/api/v1/tasks/{owner}{path}",
            headers=stranger,
            json={"message": "x"},
            timeout=10,
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND"), path

    _, seen = run(
        mock,
        OTHER_KEY,
        f"""
        echo "[$API_TOKEN]"
        cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a canary
        ls -d /proc/[0-9]* | wc -l
        cat "{mock.data_dir}"/workspaces/{owner}/treasure.txt ../{owner}/treasure.txt
        cat "/proc/1/root"/../{owner}/treasure.txt
        find / -name treasure.txt -not -path '/proc/*' 2>/dev/null
        grep -ra treasure-4711 / --include=treasure.txt 2>/dev/null
        ps aux 2>/dev/null | grep -c 'sleep 30[0]'
        true
        """,
    )
    assert "event: done" in seen
    for leak in ("treasure-4711", SECRET, "canary-"):
        assert leak not in seen.split("event: tool_result", 1)[1], leak


def test_a_secret_reaches_the_sandbox_and_nothing_else(mock: MockProcess):
    digest = hashlib.sha256(SECRET.encode()).hexdigest()

    task, stream = run(
        mock,
        mock.key,
        'printf %s "$API_TOKEN" | sha256sum; echo "printed: $API_TOKEN"; env',
        env={"TENANT": "acme"},
        secrets={"API_TOKEN": SECRET},
    )

    assert digest in stream
    assert SECRET not in stream
    view = requests.get(f"{mock.url}/api/v1/tasks/{task}", headers=mock.headers, timeout=10)
    assert view.json()["data"]["env"] == {"TENANT": "acme"}
    for path in ("", "/history", "/artifacts"):
        answer = requests.get(f"{mock.url}/api/v1/tasks/{task}{path}", headers=mock.headers, timeout=10)
        assert SECRET not in answer.text
    kept = [
        path for path in mock.data_dir.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()
    ]
    assert kept == []
    assert SECRET not in mock.log.read_text()
