"""Extra headers of every request: what is read and refused, and which outputs must not show them."""

import asyncio

import pytest

from sigmic_conformance.target.extra_headers import HeaderRefused, read_headers
from sigmic_conformance.target.profile import ProfileError, resolve
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Request

GATE = "open-sesame-please"
ENVIRONMENT = {"SIGMIC_API_KEY": "sigmic_key", "GATE": GATE, "ODD": "two\nlines"}
TARGET = {"base_url": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("X-Gate: literal", "literal"),
        ("X-Gate:  $GATE ", GATE),
        ("X-Gate: ${GATE}", GATE),
        ("X-Gate: $2b$10$abc", "$2b$10$abc"),
        ("X-Gate: a: b", "a: b"),
    ],
)
def test_a_header_value_is_literal_or_from_a_variable(text, value):
    assert read_headers([text], ENVIRONMENT) == (("X-Gate", value),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GATE, "1 is not of the form 'Name: value'"),
        (f"two words: {GATE}", "1 is not of the form"),
        ("X-Gate: $NONE", "the variable NONE is not set"),
        ("X-Gate:", "the value must be non-empty"),
        ("X-Gate: $ODD", "printable ASCII"),
        (f"X-Gate: {GATE}\r\nHost: elsewhere", "printable ASCII"),
        (f"Authorization: {GATE}", "not allowed, the suite sets this header"),
    ],
)
def test_an_invalid_header_is_refused_without_showing_its_value(text, words):
    with pytest.raises(HeaderRefused, match=words) as refused:
        read_headers([text], ENVIRONMENT)

    assert GATE not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_credentials_have_them_of_the_environment_and_count_them_among_the_secrets():
    lines = {"SIGMIC_HEADERS": "X-Gate: $GATE\n\nX-Region: eu\n"}

    profile, credentials = resolve(TARGET, environment=ENVIRONMENT | lines)

    assert credentials.headers == (("X-Gate", GATE), ("X-Region", "eu"))
    assert GATE in credentials.secrets()
    assert "eu" not in credentials.secrets()
    assert GATE not in f"{credentials!r}{profile!r}{profile.public()}"
    with pytest.raises(ProfileError, match="not of the form"):
        resolve(TARGET, environment=ENVIRONMENT | {"SIGMIC_HEADERS": "nonsense"})


async def test_every_request_has_them_on_the_wire():
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = Client(f"http://127.0.0.1:{port}", headers=(("X-Gate", GATE),))
        capture = await client.exchange(Request(method="GET", target="/"), Bounds())

    assert capture.status == 204
    assert f"\r\nX-Gate: {GATE}\r\n".encode() in heard[0]
