import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sigmic_conformance.target.profile import Credentials, ExpiryCommand, ExpiryHook, Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.session_expiry import expire
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import ENDED
from tests.fakes.wire_server import answering, hanging, wire_server

GONE = b"HTTP/1.1 204 No Content\r\n\r\n"


def driver(expiry: ExpiryCommand | ExpiryHook | None) -> Driver:
    profile = Profile(base_url="http://127.0.0.1:9", session_expiry_seconds=0.01)
    return Driver(
        probe="restore",
        client=Client(profile.base_url),
        profile=replace(profile, session_expiry_by="waiting" if expiry is None else "a command"),
        credentials=Credentials(api_key="k", expiry=expiry),
        redactor=Redactor(),
    )


def python(text: str, *arguments: str, seconds: float = 20.0) -> ExpiryCommand:
    return ExpiryCommand(argv=(sys.executable, "-c", text, *arguments), timeout_seconds=seconds)


async def test_a_command_gets_the_target_and_the_ids_and_no_shell(tmp_path: Path):
    said = tmp_path / "said"
    text = (
        "import os,sys;names=('TARGET','TASK_ID','SESSION_ID');"
        "ids=' '.join(os.environ[f'SIGMIC_{each}'] for each in names);"
        "open(sys.argv[1],'w').write(ids+sys.argv[2])"
    )
    made = driver(python(text, str(said), "$HOME; `id`"))

    await expire(made, "task-1", "session-2")

    assert said.read_text() == "http://127.0.0.1:9 task-1 session-2$HOME; `id`"
    assert made.facts["session expired by"] == "a command"
    assert [task for task, _ in json_values.items(made.facts[ENDED])] == ["task-1"]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (
            python("import sys; print('warming up', flush=True); sys.exit('no such session')"),
            "exited with 1: no such session",
        ),
        (python("import sys; sys.exit(7)"), "exited with 7: it said nothing"),
        (ExpiryCommand(argv=("/nonexistent/expire",), timeout_seconds=1), "can't be run: no such file"),
        (python("import time; time.sleep(60)", seconds=0.3), "did not end within 0.3 s"),
    ],
)
async def test_a_command_that_does_not_do_it_ends_the_probe(way, words):
    with pytest.raises(Interrupted, match=words):
        await expire(driver(way), "t", "s")


async def test_a_command_leaves_no_child_behind(tmp_path: Path):
    text = (
        "import subprocess,sys,time;"
        "p=subprocess.Popen([sys.executable,'-c','import time;time.sleep(60)']);"
        "open(sys.argv[1],'w').write(str(p.pid));time.sleep(60)"
    )
    written = tmp_path / "pid"

    with pytest.raises(Interrupted):
        await expire(driver(python(text, str(written), seconds=2.0)), "t", "s")

    # The kernel reaps it a moment after the kill: its new parent is not our process.
    end = time.monotonic() + 5
    while time.monotonic() < end and _lives(int(written.read_text())):
        pass
    assert not _lives(int(written.read_text()))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_hook_gets_the_ids_and_its_token():
    heard: list[bytes] = []

    async def script(head, reader, writer):
        heard.append(
            head + await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split()[0]))
        )
        writer.write(GONE)

    async with wire_server(script) as url:
        await expire(
            driver(ExpiryHook(url=f"{url}/admin/expire?now=1", token="t-1", timeout_seconds=5)),
            "task-1",
            "session-2",
        )

    assert heard[0].startswith(b"POST /admin/expire?now=1 HTTP/1.1")
    assert b"Authorization: Bearer t-1" in heard[0]
    assert heard[0].endswith(b'{"taskId": "task-1", "sessionId": "session-2"}')


@pytest.mark.parametrize(
    ("script", "seconds", "words"),
    [
        (answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), 60, "answered 403"),
        (hanging, 0.3, "gave no answer"),
    ],
)
async def test_a_hook_that_does_not_do_it_ends_the_probe(script, seconds, words):
    async with wire_server(script) as url:
        with pytest.raises(Interrupted, match=words):
            await expire(driver(ExpiryHook(url=url, timeout_seconds=seconds)), "t", "s")


async def test_without_another_way_it_waits():
    made = driver(None)

    await expire(made, "t", "s")

    assert made.facts["session expired by"] == "waiting"
    assert ENDED not in made.facts
