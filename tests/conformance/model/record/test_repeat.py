"""Every printed command sends the bytes that the transcript has, apart from secrets, which are variables."""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.platforms.server import serve
from sigmic_conformance.model.record.repeat import FRAMING, curl
from sigmic_conformance.results import saved
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Closed, Exchange
from tests.conformance.commands.test_run import run_against
from tests.conformance.kit import exchange
from tests.fakes.request_recorder import Recorder, recording

EVERY = 5
"""The part of the commands that a test runs: each takes some hundredths of a second."""
SECRET = "secret-of-the-reader"
VARIABLES = (
    "SIGMIC_API_KEY",
    "SIGMIC_SECOND_API_KEY",
    "SIGMIC_VIEWER_API_KEY",
    "SIGMIC_ANOTHER_API_KEY",
    "SIGMIC_MCP_API_KEY",
    "SIGMIC_APP_SECRET",
    "SIGMIC_TOKEN",
)
TOKEN = re.compile(rf"eyJ[\w-]+\.[\w-]*\.{PLACEHOLDER.pattern}|{PLACEHOLDER.pattern}")
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
PLAIN = (("Authorization", "Bearer [secret:00112233]"), ("Accept", "application/json"))
JSON = (*PLAIN, ("Content-Type", "application/json"))


def asking(method: str = "GET", *, headers: Iterable[tuple[str, str]] = PLAIN, body: bytes = b"", **more):
    made = exchange(method=method, asked=tuple(headers), **more)
    text = body.decode("utf-8", "replace") if body else None
    sent = replace(
        made.sent, size=len(body), text=text, body=body or None, sha256=hashlib.sha256(body).hexdigest()
    )
    return replace(made, sent=sent)


def ran(seen: Exchange, server: Recorder) -> tuple[list[str], bytes]:
    """What the command of an exchange sends, with the server's address in place of the target's."""
    base = seen.url.removesuffix(seen.sent.target)
    command = curl(seen).replace(base, server.url, 1)
    environment = {"PATH": os.environ["PATH"], **dict.fromkeys(VARIABLES, SECRET)}
    done = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 0, (command, done.stderr)
    return server.requests[-1]


def with_secrets(text: str) -> str:
    return TOKEN.sub(SECRET, text)


def assert_same(seen: Exchange, sent: tuple[list[str], bytes]) -> None:
    (first, *lines), body = sent
    told = seen.sent
    assert first == f"{told.method} {with_secrets(told.target)} HTTP/{told.version}"
    others = [line for line in lines if line.partition(":")[0].lower() not in FRAMING]
    assert others == [
        f"{name}: {with_secrets(value)}".rstrip() if value.strip() else f"{name}:"
        for name, value in told.headers
    ]
    content = told.content or b""
    if seen.operation == "create_token":
        content = with_secrets(content.decode()).encode()
    assert body == content


@needs_curl
@pytest.mark.parametrize(
    "seen",
    [
        asking(),
        asking("HEAD"),
        asking("DELETE", headers=(("authorization", "bearer [secret:00112233]"),)),
        asking(headers=(("X-API-Key", "[secret:00112233]"), ("Accept", "*/*"))),
        asking(headers=(("AUTHORIZATION", "[secret:00112233]"), ("X-Empty", ""))),
        asking(headers=(*PLAIN, ("Origin", 'https://a.test!"$x`y`\\'))),
        asking(headers=(("Authorization", 'Bearer !"$x[secret:00112233]tail'),)),
        asking(headers=(("Authorization", "Bearer eyJhIjoxfQ.eyJiIjoyfQ.[secret:00112233]"),)),
        asking(headers=(*PLAIN, ("X-Twice", "1"), ("x-twice", "2"))),
        asking(version="1.0"),
        asking(target="/api/v1/tasks/../%2e%2e/a//b"),
        asking(target="/api/v1/tasks?limit=[1]&x={2}#part"),
        asking(target="/api/v1/tasks?"),
        asking("POST", headers=PLAIN),
        asking("POST", headers=JSON, body=b'{"message": "it\'s $HOME `id` @/etc/passwd"}'),
        asking("POST", headers=JSON, body='{"message": "é名😀"}'.encode()),
        asking("POST", headers=JSON, body=b"@/etc/passwd"),
        asking("POST", headers=JSON, body=b"{\r\n\t\x00\xff\n}\n\n"),
        asking("POST", headers=PLAIN, body=b"no type"),
        asking("POST", headers=JSON, body=b"::error::x ##[group]"),
        asking("POST", headers=JSON, body=b'{"secrets": {"A": "[secret:00112233]"}}'),
        asking(
            "POST",
            headers=JSON,
            body=b'{"appId": "a", "appSecret": "[secret:00112233]", "x": 1}',
            operation="create_token",
        ),
        asking("GET", headers=JSON, body=b"{}"),
    ],
)
def test_a_command_sends_what_was_sent(seen: Exchange):
    with recording() as server:
        assert_same(seen, ran(seen, server))


@pytest.mark.parametrize(
    "seen",
    [
        replace(asking("POST", body=b"{}"), sent=replace(asking("POST", body=b"{}").sent, by_hand=True)),
        *(
            replace(asking(), sent=replace(asking().sent, spelling=each))
            for each in (Spelling.CHUNKED, Spelling.HEADER_CASE, Spelling.HEADER_ORDER)
        ),
        asking("POST", headers=(*JSON, ("Content-Length", "5")), body=b"{}"),
        asking("POST", headers=JSON, body=b"x" * 20_000),
        asking(version="2"),
        asking(target="/a b"),
        asking(target="/é"),
        asking(headers=(("A\nB", "c"),)),
        asking(headers=(("A", "b\x1b[2J"),)),
        replace(
            asking("POST", body=b"{}"),
            sent=replace(asking("POST", body=b"{}").sent, whole=False),
            closed=Closed.HUNG_UP,
        ),
    ],
)
def test_what_curl_cannot_send_has_no_command(seen: Exchange):
    assert curl(seen) == ""


def test_a_hostile_saved_run_adds_no_words_and_names_no_file():
    evil = "$(touch x)`touch y`;touch z"
    seen = asking(
        "POST",
        headers=((("X-A"), f"Bearer [secret:1]{evil}"), ("X-B", evil)),
        target=f"/{evil.replace(' ', '')}",
        body=f"@/etc/passwd{evil}".encode(),
    )

    words = shlex.split(curl(seen))

    assert f"X-A: Bearer $SIGMIC_API_KEY{evil}" in words
    assert words[words.index("--data-raw") + 1] == f"@/etc/passwd{evil}"
    assert not {"-F", "-d", "--data", "-K", "-T", "-o"} & set(words)
    unquoted = re.sub(r"'[^']*'", "", curl(seen))
    assert not set("`;(\n") & set(unquoted)


@needs_curl
@pytest.mark.nightly
def test_every_command_of_a_run_sends_what_the_transcript_has(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        run_against(target, tmp_path, "-k", "AUTH or CREATE or HTTP or TOKEN or LIST or ERROR")
    made = [
        each for transcript in saved.read(tmp_path).transcripts().values() for each in transcript.exchanges
    ]
    with_curl = [each for each in made if curl(each)]

    with recording() as server:
        for each in with_curl[::EVERY]:
            assert_same(each, ran(each, server))

    assert len(with_curl) > len(made) / 2
