"""The answer to an invalid input says what is wrong, and what to write instead."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.process import MockProcess
from tests.fakes.command import ended

COMMANDS = {
    "--port {port} --ephemeral": (
        "can't listen on 127.0.0.1:{port}: address already in use by the mock {url} (process {pid},"
        " ready file {data}/ready.json). Try --port 0"
    ),
    "--port 0 --data-dir {data}": (
        "the server at {url} (process {pid}) is using the data folder {data}."
        " Use that server, or start another one with --ephemeral --port 0"
    ),
    "clock advance 31m": "mode real. First set it to manual: `sigmic-mock clock set manual`",
    "clock advance soon": "by must be a time, for example 30s, 1h30m or 250ms; a number alone is seconds",
    "clock": "clock needs an action: show, set, advance, timers",
    "reset clocks": (
        "PART 'clocks' is not one of state, faults, clock, seed, playbooks, settings, members,"
        " journal; did you mean clock?"
    ),
    "--fault net.slwo": "--fault (SIGMIC_MOCK_FAULTS): no fault named 'net.slwo'; did you mean net.slow?",
    "--clock scaled": (
        "--clock must be one of real, scaled:N, manual, autojump, not 'scaled'; did you mean scaled:60?"
    ),
    "--session-idle soon": "--session-idle must be a time, for example 30s, 1h30m or 250ms, not 'soon'",
    "--config {config}": "projects.0.mcp_servers.t: unknown name 'comand'; did you mean command?",
    "--config {faults}": "server.fault: no fault named 'net.slwo'; did you mean net.slow?",
    "--ephemeral --port 0 --playbooks {config}": "{config}: is a file, not a folder of YAML files",
    "--port 0 --data-dir {config}": "can't use {config}: it is a file, not a folder",
    "clock show --server 1": "no server of yours runs at 1; running: http://",
    "gauntlet -- nosuchprogram": "can't run nosuchprogram: no such file or directory",
    "gauntlet --junit {data}/no/x.xml -- true": "can't write {data}/no/x.xml: its folder does not exist",
    "gauntlet --longest never -- true": "--longest must be a time, for example 30s, 1h30m or 250ms, not",
    "gauntlet --jobs two -- true": "--jobs must be a number of runs, 1 to 64, not 'two'",
    "gauntlet --class trensient -- true": "did you mean transient?",
    "gauntlet --only ss.crlf -- true": "no fault matches 'ss.crlf'; did you mean sse.crlf?; see",
    "gauntlet --timeot 1 -- true": "did you mean --timeout?",
    "gauntlet --port 8000 --jobs 2 -- true": "--port 8000 is for one server; add --jobs 1",
    "exec --hartbeat 1 -- true": "unrecognized arguments: --hartbeat; did you mean --heartbeat?",
    "exec --heartbeat soon -- true": "--heartbeat must be a time, for example 30s, 1h30m or 250ms, not",
    "exec --seed -- true": "--seed needs a value: --seed=NUMBER",
    "exec --data-dir {data} -- true": "unrecognized arguments: --data-dir; see --help",
    "--project ID clock show": "the command comes first: sigmic-mock clock show --project ID",
}
MOCK_YAML = "projects:\n  - id: a\n    mcp_servers: {t: {comand: uvx}}\n"


@pytest.mark.parametrize("words", COMMANDS)
def test_a_mistaken_command_gives_the_correction_in_one_line(mock: MockProcess, tmp_path: Path, words: str):
    config = tmp_path / "mock.yaml"
    config.write_text(MOCK_YAML)
    faults = tmp_path / "faults.yaml"
    faults.write_text("server: {fault: [net.slwo], ephemeral: true, port: 0}\n")
    here = {
        "port": mock.url.rpartition(":")[2],
        "url": mock.url,
        "pid": mock.pid,
        "data": mock.data_dir,
        "config": config,
        "faults": faults,
    }
    done = ended(
        [sys.executable, "-m", "sigmic_mock", *words.format(**here).split()],
        env={
            **os.environ,
            "SIGMIC_MOCK_CONTROL_URL": mock.ready["control_url"],
            "SIGMIC_MOCK_CONTROL_TOKEN": mock.ready["control_token"],
        },
        cwd=tmp_path,
    )

    assert done.returncode in {1, 2}
    assert done.stderr.count("\n") == 1
    assert COMMANDS[words].format(**here) in done.stderr


PLAYBOOK = "name: a\nsummary: x\nwhen: {message: hi}\nsteps:\n- saay: x\n- wait: soon\n- 3\n"
PROBLEMS = [
    "a.yaml:5: steps/0/saay: unknown key 'saay'; did you mean say?",
    "a.yaml:6: steps/1/wait: ",
    "a.yaml:7: steps/2: 3 is a whole number; it must be a mapping of say, think, ",
]


@pytest.mark.parametrize(
    "words",
    [
        "--ephemeral --port 0 --playbooks .",
        "exec --playbooks . -- true",
        "gauntlet --playbooks . -- true",
        "playbooks validate .",
        "playbooks explain --playbooks . hello",
    ],
)
def test_each_mistake_of_a_playbook_has_a_line(tmp_path: Path, words: str):
    (tmp_path / "a.yaml").write_text(PLAYBOOK)

    done = ended([sys.executable, "-m", "sigmic_mock", *words.split()], cwd=tmp_path)

    assert done.returncode in {1, 2}
    lines = (done.stdout + done.stderr).strip().split("\n")
    assert [problem in line for problem, line in zip(PROBLEMS, lines, strict=True)] == [True] * 3, lines


TASK = {"message": "x"}
CALLS: list[tuple[str, dict[str, Any] | None, str, str]] = [
    ("POST /tasks", {"mesage": "x"}, "VALIDATION_ERROR", "message is required; 'mesage' is not a field"),
    (
        "POST /tasks",
        TASK | {"env": {"a b": "1"}},
        "INVALID_ENV",
        "env has the name 'a b'; a name has",
    ),
    ("POST /tasks", TASK | {"env": {"PATH": "1"}}, "INVALID_ENV", "env.PATH is reserved by the sandbox"),
    ("POST /auth/token", {"expiresIn": "soon"}, "INVALID_EXPIRES_IN", "must look like 30m, 1h or 7d"),
    ("POST /auth/token", {"expiresIn": "31d"}, "INVALID_EXPIRES_IN", "expiresIn may be at most 30d"),
    ("GET /tasks/ID/artifacts/download?path=nope.txt", None, "NOT_FOUND", "This task has no file 'nope.txt'"),
    ("POST /tasks", {"text": "x"}, "VALIDATION_ERROR", "message is required; 'text' is not a field"),
    ("POST /tasks", TASK | {"autoExecute": "no"}, "VALIDATION_ERROR", "autoExecute must be true or false"),
    ("GET /tasks?limit=0", None, "VALIDATION_ERROR", "limit must be at least 1"),
    ("PATCH /tasks/ID", {}, "METHOD_NOT_ALLOWED", "Method not allowed; use DELETE, GET, HEAD, OPTIONS"),
    ("GET /task", None, "NOT_FOUND", "did you mean /api/v1/tasks?"),
    ("POST /tasks/ID/cancel", {}, "NOT_FOUND", "did you mean DELETE /api/v1/tasks/{id}?"),
    (
        "POST /tasks/ID/approve",
        {},
        "NOT_FOUND",
        "did you mean POST /api/v1/tasks/{id}/tools/{callId}/approve?",
    ),
    ("GET /tasks/ID/nothing", None, "NOT_FOUND", "did you mean /api/v1/tasks/{id}?"),
    ("GET /tasks/ID/message", None, "NOT_FOUND", "did you mean /api/v1/tasks/{id}/messages?"),
]


@pytest.mark.parametrize(("call", "body", "code", "told"), CALLS)
def test_the_api_names_the_error_of_a_bad_request(
    mock: MockProcess, call: str, body: dict[str, Any] | None, code: str, told: str
):
    method, path = call.split(" ")
    if path == "/auth/token":
        app = mock.ready["widget_app"]
        needed = {"appId": app["app_id"], "appSecret": app["app_secret"], "endUserId": "ada"}
        body = needed | (body or {})
    task = mock.create("Hello") if "ID" in path else ""
    address = f"{mock.url}/api/v1{path.replace('ID', task)}"
    answer = requests.request(method, address, headers=mock.headers, json=body, timeout=30)

    error = answer.json()["error"]
    assert (error["code"], told in error["message"]) == (code, True), error
