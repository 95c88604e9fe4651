"""`sigmic-mock record`."""

import asyncio
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sigmic_mock.recording.session import UpstreamRefused, read_upstream
from tests.fakes.own_certificate import own_certificate
from tests.fakes.upstream import answer, ok, upstream
from tests.fakes.wire_server import answering, wire_server

PATIENCE = 30


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("api.example.com", "try https://api.example.com"),
        ("localhost:8787", "try http://localhost:8787"),
        ("htps://api.example.com", "try https://api.example.com"),
        ("ftp://api.example.com", "http or https"),
        ("https://", "http or https"),
        ("https://api.example.com/api/v1/tasks", "try https://api.example.com"),
        ("https://key:word@api.example.com", "without a password"),
        ("https://api.example.com?a=1", "try https://api.example.com"),
        ("http://a:port", "is not an address"),
    ],
)
def test_an_invalid_address_is_refused_with_a_hint(url: str, told: str) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        read_upstream(url)

    assert told in str(refused.value)
    assert "word" not in str(refused.value).replace("password", "")


def test_an_address_keeps_its_path_before_the_api() -> None:
    assert str(read_upstream("https://a.example/base/").url("/api/v1/tasks?x=%2F")) == (
        "https://a.example/base/api/v1/tasks?x=%2F"
    )


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((), 2, "--upstream"),
        (("--upstraem", "http://127.0.0.1:9"), 2, "--upstream"),
        (("--upstream", "127.0.0.1:9"), 2, "try http://127.0.0.1:9"),
        (("--upstream", "http://127.0.0.1:9"), 1, "can't reach 127.0.0.1:9: "),
        (("--upstream", "http://127.0.0.1:9", "--port", "x"), 2, "--port must be a port number"),
        (("--upstream", "http://127.0.0.1:9", "--port", "0" * 5000), 2, "--port must be a port number"),
        (("--upstream", "http://nowhere.invalid"), 1, "try curl -i http://nowhere.invalid/api/v1/tasks"),
    ],
)
async def test_a_start_that_cannot_be_is_one_line(verb, words, code, told) -> None:
    ended, said, complaint = await verb("record", *words)

    assert (ended, said) == (code, "")
    assert told in complaint
    assert complaint.count("\n") == 1


PAGE = answer(b"<html>", "200 OK", {"Content-Type": "text/html", "Connection": "close"})
MOVED = answer(b"", "301 Moved", {"Location": "https://new.example/api/v1/tasks", "Connection": "close"})


@asynccontextmanager
async def untrusted(folder: Path) -> AsyncIterator[str]:
    """Serve over TLS with an untrusted certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(folder))
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def fitting(_folder: Path) -> AsyncIterator[str]:
    async with upstream({}) as far:
        yield far.url


@pytest.mark.parametrize(
    ("far", "words", "told"),
    [
        (untrusted, "--output {here}/r", "its TLS certificate is not trusted"),
        (lambda _: wire_server(answering(PAGE)), "--output {here}/r", "is not this API"),
        (lambda _: wire_server(answering(MOVED)), "--output {here}/r", "try --upstream https://new.example"),
        (fitting, "--output {here}/used", "is not empty; name a new folder"),
        (fitting, "--output {here}/used/mine.yaml", "file exists; name another folder"),
        (fitting, "--port {port} --output {here}/free", "Try --port 0"),
    ],
    ids=["certificate", "another API", "moved", "folder in use", "file", "port taken"],
)
async def test_a_recording_that_cannot_start_says_what_to_change(
    verb, tmp_path: Path, far, words: str, told: str
) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.yaml").write_text("kept")
    async with far(tmp_path) as url:
        given = words.format(here=tmp_path, port=url.rpartition(":")[2]).split()
        code, _, complaint = await verb("record", "--upstream", url, *given)

    assert (code, told.format(here=tmp_path) in complaint) == (1, True), complaint
    assert not (tmp_path / "r").exists()
    assert (tmp_path / "used" / "mine.yaml").read_text() == "kept"


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--strict",), 1)])
async def test_a_signal_ends_it_in_order(tmp_path: Path, flags, code) -> None:
    reply = ok({"not": "a list"}, Connection="close")
    async with upstream({"GET /api/v1/tasks": reply}) as far:
        process = _start(far.url, tmp_path, *flags)
        try:
            ready = json.loads(await _line(process))
            async with aiohttp.ClientSession() as http, http.get(f"{ready['base_url']}/api/v1/tasks") as got:
                assert got.status == 200
            process.send_signal(signal.SIGINT)
            lines = [json.loads(line) for line in (await _rest(process)).splitlines()]
        finally:
            process.kill()
            process.wait()

    assert process.returncode == code
    assert [line["event"] for line in lines if line["event"] != "note"][-1] == "summary"
    assert {"finding": "list_tasks  answer 200  data: must be a list", "count": 1} in lines[-1]["findings"]
    assert (tmp_path / "r" / "exchanges.ndjson").read_text().count("\n") == 1


def _start(url: str, folder: Path, *flags: str) -> "subprocess.Popen[str]":
    words = ["record", "--upstream", url, "--port=0", f"--output={folder / 'r'}", "--json", *flags]
    return subprocess.Popen([sys.executable, "-m", "sigmic_mock", *words], stdout=subprocess.PIPE, text=True)


async def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), PATIENCE)


async def _rest(process: "subprocess.Popen[str]") -> str:
    said, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    return said
