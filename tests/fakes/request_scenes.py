"""Scenes of faults in reading requests: bodies, paths, methods and origins. See `fault_scenes`."""

import asyncio

from tests.fakes.door_scenes import coded, listed
from tests.fakes.fault_scenes import (
    BAD_TOKEN,
    NOBODY,
    SCENES,
    TASKS,
    ask,
    deciding,
    fixed,
    form,
    status_of,
    with_file,
)
from tests.fakes.served import ORIGIN, Served

JSON = {"Content-Type": "application/json"}
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
FOREIGN = "https://foreign.example"
MULTIPART = "multipart/form-data"
CUT_SHORT = (
    b'--X\r\nContent-Disposition: form-data; name="message"\r\n\r\nlook\r\n'
    b'--X\r\nContent-Disposition: form-data; name="systemPrompt"\r\n\r\nhal'
)

SCENES |= {
    "refused-broken-json": fixed("POST", TASKS, headers=JSON, body=b"{"),
    "refused-PAYLOAD_TOO_LARGE": fixed("POST", TASKS, headers={**JSON, "Content-Length": "999999999"}),
    "artifacts-forged": fixed("GET", f"{TASKS}/{NOBODY}/artifacts", by=BAD_TOKEN),
}

for _name, _body in {
    "creates-blank": {"message": " \n "},
    "creates-number": {"message": 7},
    "creates-unknown-field": {"message": "hi", "nonsense": 1},
    "creates-maybe": {"message": "hi", "autoExecute": "maybe"},
    "creates-long": {"message": "x" * 100_001},
    "vars-too-many": {"message": "hi", "env": {f"V{number}": "x" for number in range(101)}},
    "vars-reserved": {"message": "hi", "env": {"PATH": "/nowhere"}},
    "vars-letters": {"message": "hi", "env": {"GR\u00d6SSE": "x"}},
}.items():

    @deciding(_name, "400", "201")
    async def _(mock: Served, body: object = _body) -> str:
        return str((await ask(mock, "POST", TASKS, json=body)).status)


async def formed(mock: Served, name: str, value: str) -> str:
    """Create from a form with one more field; return the status, or what the task says of the field."""
    headers, body = form()
    part = f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--X--'
    seen = await ask(mock, "POST", TASKS, headers=headers, body=body.replace(b"--X--", part.encode()))
    if seen.status != 201:
        return str(seen.status)
    return str((await mock.call("GET", f"{TASKS}/{seen.json['data']['id']}")).data.get(name))


deciding("form-false", "False", "True")(lambda mock: formed(mock, "showInHistory", "false"))
deciding("form-maybe", "400", "True")(lambda mock: formed(mock, "showInHistory", "maybe"))
deciding("form-capitals", "False", "400")(lambda mock: formed(mock, "showInHistory", "False"))
deciding("form-variables", "400", "None")(lambda mock: formed(mock, "env", '{"A": "1"}'))
deciding("creates-urlencoded", "201", "415")(
    lambda mock: status_of(mock, "POST", TASKS, headers=URLENCODED, body=b"message=hi")
)
deciding("form-without-boundary", "400", "500")(
    lambda mock: status_of(mock, "POST", TASKS, headers={"Content-Type": MULTIPART}, body=b"--x\r\n")
)


@deciding("form-cut-short", "0", "1")
async def _(mock: Served) -> str:
    before = (await mock.call("GET", TASKS)).json["pagination"]["total"]
    headers = {"Content-Type": f"{MULTIPART}; boundary=X"}
    assert (await ask(mock, "POST", TASKS, headers=headers, body=CUT_SHORT)).status == 400
    return str((await mock.call("GET", TASKS)).json["pagination"]["total"] - before)


deciding("creates-from-two", "400", "201")(
    lambda mock: status_of(mock, "POST", TASKS, headers=JSON, body=b'{"message":"a"} {"message":"b"}')
)


@deciding("expects", "100", "silence")
async def _(mock: Served) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    try:
        lines = ("Content-Type: application/json", "Expect: 100-continue", "Content-Length: 2")
        writer.write(mock.head("POST", TASKS, *lines))
        async with asyncio.timeout(0.5):
            return (await reader.readline()).split()[1].decode()
    except TimeoutError:
        return "silence"
    finally:
        writer.close()


@deciding("asks-twice-on-one-connection", "200, 200", "200, gone")
async def _(mock: Served) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    told = []
    try:
        async with asyncio.timeout(5):
            for _number in range(2):
                writer.write(asking_to_stay(mock))
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split()[0])
                await reader.readexactly(length)
                assert b"connection: close" not in head.lower()
                told.append(head.split()[1].decode())
    except (asyncio.IncompleteReadError, ConnectionError):
        told.append("gone")
    finally:
        writer.close()
    return ", ".join(told)


def asking_to_stay(mock: Served) -> bytes:
    """The head of a request whose connection is to be used again."""
    return mock.head("GET", TASKS).replace(b"Connection: close\r\n", b"")


@deciding("asks-beside-silent-clients", "answered", "kept waiting")
async def _(mock: Served) -> str:
    silent = [await asyncio.open_connection("127.0.0.1", mock.port) for _ in range(12)]
    try:
        async with asyncio.timeout(1.5):
            await ask(mock, "GET", TASKS)
        return "answered"
    except TimeoutError:
        return "kept waiting"
    finally:
        for _, writer in silent:
            writer.close()


# --- paths and methods -------------------------------------------------------------------------------------


@deciding("puts-allow", "allowed", "untold")
async def _(mock: Served) -> str:
    seen = await ask(mock, "PUT", TASKS)
    assert seen.status == 405
    return "allowed" if "GET" in seen.headers.get("allow", "") else "untold"


@deciding("puts-static", "GET, HEAD, OPTIONS, POST", "GET, HEAD")
async def _(mock: Served) -> str:
    return str((await ask(mock, "PUT", TASKS)).headers["allow"])


@deciding("gets-nothing-bare", "404 application/json", "404 text/plain; charset=utf-8")
async def _(mock: Served) -> str:
    seen = await ask(mock, "GET", "/api/v1/nothing")
    return f"{seen.status} {seen.headers['content-type']}"


deciding("puts", "405 METHOD_NOT_ALLOWED", "404 NOT_FOUND")(lambda mock: coded(mock, "PUT", TASKS))


@deciding("gets-nothing", "404 application/json", "200 text/html; charset=utf-8")
async def _(mock: Served) -> str:
    seen = await ask(mock, "GET", "/api/v1/nothing")
    return f"{seen.status} {seen.headers['content-type']}"


deciding("gets-nonsense", "404", "500")(lambda mock: listed(mock, path=f"{TASKS}/nonsense"))


@deciding("head-of-download", "8", "0")
async def _(mock: Served) -> str:
    path = f"{TASKS}/{await with_file(mock)}/artifacts/download?path=uploads/data.csv"
    return (await mock.call("HEAD", path)).headers["Content-Length"]


@deciding("stream-to-old-client", "plain", "chunks")
async def _(mock: Served) -> str:
    head = mock.head("GET", f"{TASKS}/{await mock.finished()}/stream").replace(b"HTTP/1.1", b"HTTP/1.0")
    raw = await mock.raw(head)
    assert b"event: history_done" in raw
    is_chunked = b"transfer-encoding: chunked" in raw.lower() and raw.endswith(b"\r\n0\r\n\r\n")
    return "chunks" if is_chunked else "plain"


# --- origins -----------------------------------------------------------------------------------------------


async def granted(mock: Served, path: str, origin: str, header: str) -> str:
    """Return a header of the answer to a preflight."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    seen = await ask(mock, "OPTIONS", path, by=None, headers=headers)
    return str(seen.headers.get(header, "none"))


@deciding("preflight", "named", "*")
async def _(mock: Served) -> str:
    told = await granted(mock, TASKS, ORIGIN, "access-control-allow-headers")
    return "named" if "Authorization" in told else told


deciding("preflight-foreign", "none", FOREIGN)(
    lambda mock: granted(mock, "/api/v1/auth/token", FOREIGN, "access-control-allow-origin")
)
