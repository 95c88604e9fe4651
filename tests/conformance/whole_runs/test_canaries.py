"""Dead and wrong targets: nothing passes, it ends, and the exit code says why.

How soon it ends is measured by `sigmic-conformance prove --part canaries`, which has more of them.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.wire_server import answering, hanging, wire_server

KEY = "sigmic_" + "0" * 64


def http(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


CANARIES = {
    "hangs": hanging,
    "500 in the envelope": answering(
        http(
            "500 Internal Server Error",
            "application/json",
            b'{"success":false,"error":{"code":"INTERNAL_ERROR","message":"x"}}',
        )
    ),
    "another API that succeeds": answering(
        http("200 OK", "application/json", b'{"items":[],"success":true}')
    ),
    "no HTTP": answering(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    "rejects the key": answering(
        http(
            "401 Unauthorized",
            "application/json",
            b'{"success":false,"error":{"code":"INVALID_API_KEY","message":"x"}}',
        )
    ),
}


def judge(url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "sigmic_conformance.conformance",
        "run",
        "--target",
        url,
        "--report-dir",
        str(folder),
        *more,
    ]
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={"SIGMIC_API_KEY": KEY, "PATH": ""},
    )


async def run(url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(judge, url, folder, *more)


@pytest.mark.parametrize("name", CANARIES)
async def test_a_wrong_target_gets_exit_code_12_and_not_one_pass(name: str, tmp_path: Path):
    async with wire_server(CANARIES[name]) as url:
        done = await run(url, tmp_path)

    found = json.loads((tmp_path / "result.json").read_text())
    assert done.returncode == 12, done.stderr + done.stdout
    assert found["counts"]["passed"] == 0
    assert (found["complete"], found["exit_code"]) == (True, 12)
    assert "Not judged: " in done.stdout


async def test_a_closed_port_gets_exit_code_12(tmp_path: Path):
    async with wire_server(hanging) as url:
        pass

    done = await run(url, tmp_path)

    assert done.returncode == 12
    assert "cannot be reached" in done.stdout


@pytest.mark.parametrize(
    ("more", "code", "line"),
    [
        (["-k", "NOSUCH-001"], 5, "no row is selected"),
        (["--api-key-env", "NOT_SET_ANYWHERE"], 4, "the environment variable NOT_SET_ANYWHERE is not set"),
        (["--profile", "/nonexistent.yaml"], 4, "cannot read the profile /nonexistent.yaml"),
    ],
)
async def test_a_mistake_of_the_caller_is_one_clear_line(
    more: list[str], code: int, line: str, tmp_path: Path
):
    done = await run("http://127.0.0.1:1", tmp_path, *more)

    assert done.returncode == code, done.stderr
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "result.json").exists()
