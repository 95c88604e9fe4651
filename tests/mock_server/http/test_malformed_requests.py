"""Every malformed request gets a 4xx in the envelope, and leaves nothing behind."""

import itertools

import pytest

from sigmic_mock.config import defaults
from sigmic_mock.http.multipart import MOST_PREAMBLE_BYTES, MOST_PREAMBLE_LINES
from tests.fakes.served import Served, reply_of
from tests.fakes.waiting import eventually

TASKS = "/api/v1/tasks"
HOST = b"Host: localhost\r\n"
MESSAGE = b'--X\r\nContent-Disposition: form-data; name="message"\r\n\r\nhi\r\n'
END = b"--X--\r\n"


NOT_HTTP = [
    b"\x16\x03\x01\x00TLS?\r\n\r\n",
    b"FOO /x HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 60_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: a\r\n" % n for n in range(500)) + b"\r\n",
    b"GET /healthz HTTP/1.1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -5\r\n\r\n{}",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
]


async def test_http_that_is_not_http_is_answered_in_the_envelope_and_closed(
    mock: Served, caplog: pytest.LogCaptureFixture
):
    for sent in NOT_HTTP:
        answer = await mock.raw(sent)

        reply = reply_of(answer)
        assert answer.startswith(b"HTTP/1.1 "), sent[:80]
        assert (reply.status, reply.code) == (400, "VALIDATION_ERROR"), sent[:80]
        assert reply.headers["X-Request-Id"]
        assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == [], sent[:80]


@pytest.mark.parametrize(
    ("which", "message"),
    [
        (slice(2, 5), "The request line or a header is longer than 8190 bytes"),
        (slice(6, 7), "The request is not well-formed HTTP"),
    ],
    ids=["line", "malformed"],
)
async def test_a_head_that_is_too_large_is_named_as_the_cause(mock: Served, which: slice, message: str):
    for sent in NOT_HTTP[which]:
        assert reply_of(await mock.raw(sent)).json["error"]["message"] == message


@pytest.mark.parametrize("path", [TASKS, "/__mock/v1/reset", "/console/api/session", "/docs"])
async def test_a_content_type_of_nested_comments_is_refused_before_it_is_parsed(
    mock: Served, path: str, caplog: pytest.LogCaptureFixture
):
    reply = await mock.call("POST", path, data=b"{}", headers={**mock.key, "Content-Type": "[x](" * 1600})

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert "512 characters" in reply.json["error"]["message"]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


BAD_JSON = [
    b"",
    b"  ",
    b"{",
    b"\xef\xbb\xbf{}",
    b'{"message":"\xe9"}',
    b"[" * 200_000,
    b'{"message":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"message":' + b"[" * 300 + b"]" * 300 + b"}",
    b'{"message":"hi","env":' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}",
    b'{"message":"hi","x":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"message":NaN}',
    b'{"message":-Infinity}',
    b'{"message":"a","message":"b"}',
    b'{"message":"\\ud800"}',
    b'{"\\udfff":"x","message":"hi"}',
    b"[]",
    b"null",
    b'"text"',
    b'{"message":' + b"9" * 5000 + b"}",
    b'{"message":1e999}',
    b'{"message":"\\u00a0\\u2003"}',
    b'{"message":null}',
    b'{"message":"hi","autoExecute":"true"}',
    b'{"message":"hi","files":[]}',
    b'{"message":"hi"} trailing',
]


def part(headers: bytes, content: bytes = b"hi") -> bytes:
    return b"--X\r\n" + headers + b"\r\n\r\n" + content + b"\r\n"


FILE = b'Content-Disposition: form-data; name="files"; filename="a.txt"'


BAD_MULTIPART = [
    b"",
    b"hello",
    MESSAGE,
    MESSAGE + b"--X\r\n",
    MESSAGE + part(FILE)[:-2],
    MESSAGE + part(FILE),
    MESSAGE + part(FILE) + b"--Xy\r\n" + END,
    MESSAGE + part(FILE) + b"--X-\r\n",
    MESSAGE + part(FILE, b"hi\r\n--X"),
    END,
    MESSAGE.replace(b"\r\n", b"\n") + END,
    MESSAGE + part(b"Content-Disposition: form-data") + END,
    MESSAGE + part(b"X: y") + END,
    MESSAGE + part(FILE + b"\r\n" + FILE) + END,
    part(b'Content-Disposition: attachment; name="message"') + END,
    part(b'Content-Disposition: form-data; name="mes\x01sage"') + END,
    part(b"nocolon") + END,
    part(b"\r\n".join(b"A%d: b" % n for n in range(5000))) + END,
    part(b'Content-Disposition: form-data; name="' + b"a" * 100_000 + b'"') + END,
    part(b'Content-Disposition: form-data; name="message"\r\nContent-Transfer-Encoding: base64', b"aGk=")
    + END,
    part(b'Content-Disposition: form-data; name="message"', b"\xe9") + END,
    part(b'Content-Disposition: form-data; name="_charset_"', b"utf-16" * 20) + MESSAGE + END,
    MESSAGE + MESSAGE + END,
    MESSAGE + part(b'Content-Disposition: form-data; name="colour"') + END,
    MESSAGE + part(b'Content-Disposition: form-data; name="autoExecute"', b"1") + END,
    MESSAGE + part(b'Content-Disposition: form-data; name="secrets"', b"{}") + END,
    MESSAGE + part(b'Content-Disposition: form-data; name="files"') + END,
    MESSAGE + part(b'Content-Disposition: form-data; name="file"; filename="a.txt"') + END,
    MESSAGE + part(b'Content-Disposition: form-data; name="files"; filename="../../etc/x"') + END,
    MESSAGE + part(b"Content-Disposition: form-data; name=\"files\"; filename*=UTF-8''%ff.txt") + END,
    MESSAGE + part(FILE + b"\r\nContent-Type: multipart/mixed; boundary=Y", b"--Y\r\n\r\nhi\r\n--Y--") + END,
    part(FILE) + END,
]


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("multipart/form-data", MESSAGE + END, "Content-Type has no boundary; let your HTTP library write"),
        ("application/json", b'{"message":"a","message":"b"}', "An object has the name 'message' twice"),
        ("application/json", b'{"a":1,"b":{"c":1,"d":1,"c":2}}', "An object has the name 'c' twice"),
    ],
)
async def test_a_refusal_names_the_cause(mock: Served, kind: str, body: bytes, told: str):
    reply = await mock.call("POST", TASKS, data=body, headers={**mock.key, "Content-Type": kind})

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert told in reply.message


async def test_multipart_that_is_only_unusual_is_taken(mock: Served):
    headers = {**mock.key, "Content-Type": "multipart/form-data; boundary=X"}

    for body in (
        MESSAGE + END,
        MESSAGE + b"--X--",
        MESSAGE + b"--X-- \t\r\n",
        MESSAGE.replace(b"--X", b"--X \t") + END,
        b"preamble\r\n" + MESSAGE + END + b"epilogue",
    ):
        assert (await mock.call("POST", TASKS, data=body, headers=headers)).status == 201, body


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"text " * 100 + b"\r\n"])
async def test_only_so_much_may_stand_before_the_first_boundary(mock: Served, line: bytes):
    headers = {**mock.key, "Content-Type": "multipart/form-data; boundary=X"}
    lines = min((MOST_PREAMBLE_BYTES - len(b"--X\r\n")) // len(line), MOST_PREAMBLE_LINES - 1)
    most = line * lines

    taken = await mock.call("POST", TASKS, data=most + MESSAGE + END, headers=headers)
    refused = await mock.call("POST", TASKS, data=most + line + MESSAGE + END, headers=headers)
    endless = await mock.call("POST", TASKS, data=most * 2, headers=headers)

    assert taken.status == 201
    assert [(reply.status, reply.code) for reply in (refused, endless)] == [(400, "VALIDATION_ERROR")] * 2
    assert "64 KiB or 256 lines" in refused.message
    assert endless.message == refused.message


BAD_FORMS = [
    b"message=%ff",
    b"abc",
    b"message=a&message=b",
    b"message=hi&colour=red",
    b"m=x&" * 200,
    b"\xff=1",
    b"",
]


@pytest.mark.parametrize(
    ("bodies", "kind"),
    [
        (BAD_JSON, "application/json"),
        (BAD_MULTIPART, "multipart/form-data; boundary=X"),
        (BAD_FORMS, "application/x-www-form-urlencoded"),
    ],
    ids=["JSON", "multipart", "form"],
)
async def test_what_is_not_a_valid_request_is_refused_and_nothing_of_it_is_kept(
    mock: Served, bodies: list[bytes], kind: str
):
    taken = []
    for body in bodies:
        reply = await mock.call("POST", TASKS, data=body, headers={**mock.key, "Content-Type": kind})
        if (reply.status, reply.code if reply.status >= 400 else "") != (400, "VALIDATION_ERROR"):
            taken.append((body[:200], reply.status))
    assert taken == []
    await nothing_was_kept(mock)


async def test_a_page_is_refused_however_long_its_number_is(mock: Served):
    for name, digits in itertools.product(("limit", "offset"), (17, 4300, 4301, 8000)):
        reply = await mock.call("GET", f"{TASKS}?{name}={'9' * digits}")

        assert (reply.status, reply.code) == (400, "VALIDATION_ERROR"), (name, digits)
        assert reply.message.startswith(name)


async def test_a_refusal_names_the_field_but_never_its_value(mock: Served):
    secret = "hunter2-and-more"

    answers = [
        await mock.call("POST", TASKS, json={"message": "hi", "secrets": {"TOKEN": [secret]}}),
        await mock.call("POST", TASKS, json={"message": "hi", "secrets": {"A-B": secret}}),
        await mock.call("POST", TASKS, json={"message": "hi", "systemPrompt": [secret]}),
        await mock.call("POST", TASKS, json={"message": "hi", "autoExecute": secret}),
    ]

    assert [secret in reply.message for reply in answers] == [False] * 4
    assert [reply.message.split(" ")[0] for reply in answers] == [
        "secrets.TOKEN",
        "secrets",
        "systemPrompt",
        "autoExecute",
    ]


async def test_a_client_that_leaves_in_the_middle_of_an_upload_leaves_nothing(
    mock: Served, caplog: pytest.LogCaptureFixture
):
    body = MESSAGE + b"--X\r\n" + FILE + b"\r\n\r\n" + b"x" * 300_000
    head = mock.head(
        "POST", TASKS, "Content-Type: multipart/form-data; boundary=X", "Content-Length: 1000000"
    )

    assert await mock.raw(head + body, then_close=True) == b""

    await nothing_was_kept(mock)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def nothing_was_kept(mock: Served) -> None:
    """Check that there is no task and no file."""
    listed = await mock.call("GET", TASKS, headers={"X-API-Key": defaults.API_KEY})
    assert listed.json["pagination"]["total"] == 0
    folders = (mock.application.base.data_dir / "staging", mock.application.base.data_dir / "workspaces")
    await eventually(lambda: not any(any(folder.glob("*")) for folder in folders))
