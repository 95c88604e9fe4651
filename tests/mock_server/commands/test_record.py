"""`sigmic-mock record`."""

import asyncio
import json
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from sigmic_conformance.mock_server.recording.session import UpstreamRefused, read_upstream
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
def test_an_address_that_is_none_says_what_to_type(url: str, told: str) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        read_upstream(url)

    assert told in str(refused.value)
    assert "word" not in str(refused.value).replace("password", "")


def test_an_address_is_taken_with_what_stands_before_the_api() -> None:
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


async def test_a_certificate_that_nobody_vouches_for_is_refused(verb, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path))
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        code, _, complaint = await verb("record", "--upstream", url, "--output", str(tmp_path / "r"))

    assert code == 1
    assert "its TLS certificate is not trusted" in complaint


async def test_another_api_is_refused(verb, tmp_path: Path) -> None:
    page = answer(b"<html>", "200 OK", {"Content-Type": "text/html", "Connection": "close"})
    async with wire_server(answering(page)) as url:
        code, _, complaint = await verb("record", "--upstream", url, "--output", str(tmp_path / "r"))

    assert code == 1
    assert "is not this API" in complaint
    assert not (tmp_path / "r").exists()


async def test_an_upstream_that_moved_is_named(verb, tmp_path: Path) -> None:
    moved = answer(b"", "301 Moved", {"Location": "https://new.example/api/v1/tasks", "Connection": "close"})
    async with wire_server(answering(moved)) as url:
        _, _, complaint = await verb("record", "--upstream", url, "--output", str(tmp_path / "r"))

    assert "try --upstream https://new.example" in complaint


async def test_a_folder_in_use_names_a_free_one(verb, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine.yaml").write_text("kept")
    async with upstream({}) as far:
        code, _, complaint = await verb("record", "--upstream", far.url, "--output", str(tmp_path / "r"))
    async with upstream({}) as far:
        _, _, other = await verb(
            "record", "--upstream", far.url, "--output", str(tmp_path / "r" / "mine.yaml")
        )

    assert code == 1
    assert f"is not empty; try --output {tmp_path / 'r'}-2" in complaint
    assert "is a file; name a folder" in other
    assert (tmp_path / "r" / "mine.yaml").read_text() == "kept"


async def test_a_taken_port_is_said_with_what_to_try(verb, tmp_path: Path) -> None:
    async with upstream({}) as far:
        port = far.url.rpartition(":")[2]
        code, _, complaint = await verb(
            "record", "--upstream", far.url, "--port", port, "--output", str(tmp_path / "r")
        )

    assert code == 1
    assert "try --port 0" in complaint


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
    assert {found["what"] for found in lines[-1]["findings"]} >= {"must be of type array"}
    assert (tmp_path / "r" / "exchanges.ndjson").read_text().count("\n") == 1


def _start(url: str, folder: Path, *flags: str) -> "subprocess.Popen[str]":
    words = ["record", "--upstream", url, "--port=0", f"--output={folder / 'r'}", "--json", *flags]
    return subprocess.Popen(
        [sys.executable, "-m", "sigmic_conformance.mock_server", *words], stdout=subprocess.PIPE, text=True
    )


async def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), PATIENCE)


async def _rest(process: "subprocess.Popen[str]") -> str:
    said, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    return said
