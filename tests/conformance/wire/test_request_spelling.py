"""Each form of a request has the same meaning as the plain form, for the harness and by the standards."""

import asyncio
import json
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl, unquote

import h11
import pytest

from sigmic_conformance.model.requests import asked, operation_of, query_of
from sigmic_conformance.traffic.recording import sent
from sigmic_conformance.wire.bodies import FilePart, Form, Plain, as_json
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Request
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.request_spelling import has, spelled
from sigmic_conformance.wire.spelling import Spelling
from tests.fakes.wire_server import wire_server

TASKS = "/api/v1/tasks"
HEADERS = (("User-Agent", "x"), ("Accept", "application/json"), ("Authorization", "Bearer k"))
MESSAGE = 'Say \u00e9\u4e16\U0001f600 / " \\'
BODY = {"message": MESSAGE, "env": {"B": "2", "A": "1"}, "autoExecute": True}
REQUESTS = {
    "json": (Request(method="POST", target=TASKS, headers=HEADERS, body=as_json(BODY)), TASKS),
    "form": (
        Request(
            method="POST",
            target=TASKS,
            headers=HEADERS,
            body=Form({"message": MESSAGE, "systemPrompt": "Be brief"}, [FilePart("a.txt", b"a")]),
        ),
        TASKS,
    ),
    "page": (Request(method="GET", target=f"{TASKS}?limit=5&offset=0", headers=HEADERS), TASKS),
    "file": (
        Request(method="GET", target=f"{TASKS}/7f3a/artifacts/download?path=a%2Fb+c.txt", headers=HEADERS),
        f"{TASKS}/{{id}}/artifacts/download",
    ),
}
FORMS = [
    pytest.param(*REQUESTS[name], form, id=f"{name} {form.name}")
    for name in REQUESTS
    for form in Spelling
    if has(REQUESTS[name][0], form, REQUESTS[name][1])
]


def test_every_form_is_one_of_some_request():
    assert {form.values[2] for form in FORMS} == set(Spelling)


@pytest.mark.parametrize(("plain", "path", "form"), FORMS)
def test_the_harness_reads_each_form_as_the_plain_one(plain: Request, path: str, form: Spelling):
    told, usual = (sent(each, Redactor(), whole=True) for each in (spelled(plain, form, path), plain))

    assert told.spelling is form
    assert asked(told) == asked(usual)
    assert query_of(told) == query_of(usual)
    assert operation_of(told, path) == operation_of(usual, path)


async def read_by_the_standards(request: Request) -> dict[str, object]:
    """Parse a request as a server does: h11 reads the framing, the standard library reads the rest."""
    server, events = h11.Connection(h11.SERVER), list[h11.Event]()

    async def script(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.receive_data(head)
        while not isinstance(event := server.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                server.receive_data(await reader.read(100))
            elif isinstance(event, h11.Event):
                events.append(event)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with wire_server(script) as url:
        assert (await Client(url).exchange(request, Bounds())).status == 204
    head, *rest = events
    assert isinstance(head, h11.Request)
    fields = {name.decode(): value.decode() for name, value in head.headers}
    path, _, query = head.target.decode().partition("?")
    body = b"".join(bytes(each.data) for each in rest if isinstance(each, h11.Data))
    accept = fields.get("accept", "*/*")
    return {
        "path": unquote(path),
        "query": parse_qsl(query),
        "key": fields["authorization"],
        "json": "json" in accept or "*/*" in accept,
        "body": _value(fields.get("content-type", ""), body),
    }


def _value(kind: str, body: bytes) -> object:
    if not body:
        return None
    if "json" in kind.lower():
        return json.loads(body)
    parts = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    return sorted((part["content-disposition"], part.get_content()) for part in parts.iter_parts())


@pytest.mark.parametrize(("plain", "path", "form"), FORMS)
async def test_a_server_reads_each_form_as_the_plain_one(plain: Request, path: str, form: Spelling):
    written = spelled(plain, form, path)

    assert await read_by_the_standards(written) == await read_by_the_standards(plain)


@pytest.mark.parametrize(
    "body",
    [
        Plain(b'{"message": "a", "message": "b"}'),
        Plain(b"{"),
        Plain(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"),
        Plain(b"{}", "text/plain"),
        as_json({"message": "x" * 20_000}),
        None,
    ],
)
def test_a_body_that_a_probe_wrote_in_its_own_way_stays_as_it_is(body: Plain | None):
    request = Request(method="POST", target=TASKS, headers=HEADERS, body=body)
    of_json = [form for form in Spelling if form.name.startswith("JSON") and has(request, form, TASKS)]

    assert of_json == []
    with pytest.raises(ValueError, match="cannot be written with JSON"):
        spelled(request, Spelling.JSON_ORDER, TASKS)


def test_a_request_with_its_own_framing_is_not_sent_in_chunks():
    request = replace(REQUESTS["json"][0], headers=(*HEADERS, ("Expect", "100-continue")))

    assert not has(request, Spelling.CHUNKED, TASKS)
