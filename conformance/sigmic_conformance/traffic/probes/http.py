"""Requests that no client library sends: several on one connection, two lengths, HTTP/1.0, half a request."""

import asyncio
from http import HTTPStatus
from urllib.parse import urlencode

from sigmic_conformance.traffic.callers import NOBODY, Caller, api_key
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.auth import UNKNOWN_TASK
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.raw_connection import RawConnection
from sigmic_conformance.traffic.steps import created, files, follow, get, history, task_id
from sigmic_conformance.wire.bodies import Body, FilePart, Form, Plain, as_json
from sigmic_conformance.wire.connection import Request
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import NO_OPERATION

LIST = Request(method="GET", target="/api/v1/tasks?limit=1", headers=(("Accept", "application/json"),))
JSON = ("Content-Type", "application/json")
JSON_FORMS = (
    Spelling.CHUNKED,
    Spelling.QUOTED_PARAMETER,
    Spelling.TYPE_CASE,
    Spelling.TYPE_CHARSET,
    Spelling.JSON_ESCAPES,
    Spelling.JSON_SPACES,
    Spelling.JSON_ORDER,
)
FORM_FORMS = (Spelling.TYPE_CASE, Spelling.QUOTED_PARAMETER, Spelling.FORM_BOUNDARY, Spelling.FORM_ORDER)
_OF_SEVERAL = {Spelling.JSON_ORDER, Spelling.FORM_ORDER}
"""Forms that a body with one field does not have."""
READ_FORMS = (
    Spelling.HEADER_CASE,
    Spelling.HEADER_ORDER,
    Spelling.ACCEPT_ANY,
    Spelling.ACCEPT_LIST,
    Spelling.ACCEPT_ABSENT,
)
SECOND_SECONDS = 1.0
IDLE = 24


@probe(seconds=1, requires=())
async def one_connection(driver: Driver) -> None:
    """Requests in sequence on one connection, as long as the server keeps it; some have a body.

    The owner's key is sent in either header. The messages go to a nonexistent task: none costs a turn.
    """
    connection = await RawConnection.open(driver)
    by_api_key = api_key(driver.owner.role, driver.credentials.api_key)
    asked: list[tuple[str, str, Caller, Body | None]] = [
        ("first", "list_tasks", driver.owner, None),
        ("second", "list_tasks", by_api_key, None),
        ("third", "list_tasks", driver.owner, None),
    ]
    for caller, (form, message) in zip((driver.owner, by_api_key) * 2, _messages(), strict=True):
        asked.append((f"then {form}", "send_message", caller, message))
        asked.append((f"then a list behind {form}", "list_tasks", caller, None))
    asked.append(("then a list without credentials", "list_tasks", NOBODY, None))
    # A server that refuses a request before it reads the body takes the body for the next request.
    asked.append(("JSON without credentials", "send_message", NOBODY, as_json({"message": EASY})))
    asked.append(("a list behind a refused body", "list_tasks", driver.owner, None))
    for label, operation, caller, body in asked:
        request = LIST if body is None else _message(driver, body)
        await connection.say(request, caller=caller, body=b"" if body is None else b"".join(body.portions()))
        answer = await connection.answer(request, label=label, operation=operation, role=caller.role)
        if (answer.header("connection") or "").lower() == "close" or answer.status is None:
            break
    connection.close()


def _messages() -> list[tuple[str, Body]]:
    """A message in every form of body, by the form's name."""
    fields, file = {"message": EASY}, FilePart("one.txt", b"one")
    return [
        ("JSON", as_json(fields)),
        ("a form", Form(fields, [file])),
        ("a form, its file first", Form(fields, [file], files_first=True)),
        ("a urlencoded form", Plain(urlencode(fields).encode(), "application/x-www-form-urlencoded")),
    ]


def _message(driver: Driver, body: Body) -> Request:
    headers = (("Content-Type", body.content_type), ("Content-Length", str(body.size)))
    target = driver.writer.target("send_message", {"id": UNKNOWN_TASK}, {})
    return Request(method="POST", target=target, headers=headers)


@probe(seconds=4)
async def two_lengths(driver: Driver) -> None:
    """Requests whose body is a whole request, with one length, with chunks and a length, with two lengths."""
    inner = f"GET {LIST.target} HTTP/1.1\r\nHost: inner\r\n"
    inner += "".join(f"{name}: {value}\r\n" for name, value in driver.owner.headers) + "\r\n"
    body = inner.encode()
    chunked = b"0\r\n\r\n" + body
    kinds = {
        "one length": ([("Content-Length", str(len(body)))], body),
        "chunks and a length": (
            [("Content-Length", str(len(chunked))), ("Transfer-Encoding", "chunked")],
            chunked,
        ),
        "nothing, then a length": (
            [("Content-Length", "0"), ("Content-Length", str(len(body)))],
            body,
        ),
        "a length, then nothing": (
            [("Content-Length", str(len(body))), ("Content-Length", "0")],
            body,
        ),
    }
    for label, (headers, content) in kinds.items():
        connection = await RawConnection.open(driver)
        request = Request(method="POST", target="/api/v1/tasks", headers=(JSON, *headers))
        await connection.say(request, caller=driver.owner, body=content)
        await connection.answer(request, label=label, operation="create_task")
        # An additional answer belongs to the inner request: no other request was sent.
        await connection.answer(
            request, label=f"{label}: more", operation="list_tasks", seconds=SECOND_SECONDS
        )
        connection.close()


@probe(seconds=2, concurrency=Concurrency.AGENT)
async def outdated_client(driver: Driver) -> None:
    """Read the stream of a finished task as a client of HTTP/1.0, and as one of HTTP/1.1."""
    task = await created(driver, EASY, label="create_task")
    await follow(driver, task, label="run")
    target = driver.writer.target("stream_task", {"id": task}, {})
    accept = ("Accept", "text/event-stream")
    request = Request(method="GET", target=target, version="1.0", headers=(accept,))
    connection = await RawConnection.open(driver)
    await connection.say(request, caller=driver.owner)
    await connection.answer(request, label="old stream", operation="stream_task")
    connection.close()


@probe(seconds=2)
async def expecting(driver: Driver) -> None:
    """Announce a body with `Expect: 100-continue`, wait for a word, and then send a body that is refused."""
    connection = await RawConnection.open(driver)
    headers = (JSON, ("Expect", "100-continue"), ("Content-Length", "2"))
    request = Request(method="POST", target="/api/v1/tasks", headers=headers)
    await connection.say(request, caller=driver.owner)
    early = await connection.answer(
        request, label="before the body", operation="create_task", seconds=5, interim=True
    )
    if early.status == HTTPStatus.CONTINUE:
        await connection.send(b"{}")
        await connection.answer(request, label="final", operation="create_task")
    connection.close()


@probe(seconds=3)
async def idle_clients(driver: Driver) -> None:
    """Ask a few times alone, and again while many connections say nothing or half a request."""
    for _ in range(3):
        await driver.call("list_tasks", label="alone", query={"limit": "1"})
    connections = await asyncio.gather(*(RawConnection.open(driver) for _ in range(IDLE)))
    halves = (b"", b"GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST /api/v1/tasks HTTP/1.1\r\n")
    for number, connection in enumerate(connections):
        await connection.send(halves[number % len(halves)])
    for _ in range(5):
        await driver.call("list_tasks", label="beside idle clients", query={"limit": "1"})
    for connection in connections:
        connection.close(abruptly=True)


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["files"])
async def cut_uploads(driver: Driver) -> None:
    """Break off requests with a message in the middle, and look for what they left."""
    mark = driver.note("mark", f"marked {nonce()}")
    task = await created(driver, EASY, systemPrompt=f"{mark} whole", label="create_task")
    await follow(driver, task, label="run")
    await history(driver, task, label="history before")
    fields = {"message": f"{EASY} {mark}", "systemPrompt": f"{mark} cut"}
    form = Form(fields, [FilePart("cut.bin", size=1_000_000)])
    in_json = as_json(fields | {"env": {"CUT": "x" * 100}})
    for label, body in (("cut", form), ("cut in JSON", in_json)):
        connection = await RawConnection.open(driver)
        await connection.break_off("create_task", body, caller=driver.owner, label=label)
    connection = await RawConnection.open(driver)
    await connection.break_off("send_message", form, caller=driver.owner, label="cut follow-up", id=task)
    await asyncio.sleep(1.0)
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    await history(driver, task, label="history after")
    await files(driver, task, label="files after")
    await get(driver, task, label="after")


@probe(seconds=10, concurrency=Concurrency.AGENT)
async def spellings(driver: Driver) -> None:
    """Creations, follow-ups and reads in each of their equivalent forms; each task's message is read."""
    message = f"{EASY} \u00e9\u4e16\U0001f600 {nonce()}"
    as_form = Form({"message": message, "systemPrompt": "Be brief."})
    in_json = as_json({"message": message, "env": {}})
    more = {"message": f"{message} again"}
    tasks: list[str] = []
    for what, forms, body, again in (
        ("JSON", JSON_FORMS, in_json, as_json(more)),
        ("a form", FORM_FORMS, as_form, Form(more)),
    ):
        for form in (Spelling.PLAIN, *forms):
            made = await driver.call("create_task", label=f"create: {what}", body=body, spelling=form)
            if not made.succeeded:
                continue
            task = task_id(driver, made)
            tasks.append(task)
            await follow(driver, task, label="run")
            await driver.call(
                "send_message",
                label=f"follow up: {what}",
                path={"id": task},
                body=again,
                spelling=Spelling.PLAIN if form in _OF_SEVERAL else form,
            )
            await follow(driver, task, label="run of the follow-up")
            await history(driver, task, label="history")
    by_api_key = api_key(driver.owner.role, driver.credentials.api_key)
    for caller in (driver.owner, by_api_key):
        for form in (Spelling.PLAIN, *READ_FORMS, Spelling.PATH_ESCAPES):
            await driver.call("get_task", label="a task", path={"id": tasks[0]}, caller=caller, spelling=form)
        for form in (Spelling.PLAIN, *READ_FORMS, Spelling.QUERY_ESCAPES):
            page = {"limit": "5", "offset": "0"}
            await driver.call("list_tasks", label="a page", query=page, caller=caller, spelling=form)


@probe(seconds=2, concurrency=Concurrency.AGENT)
async def encoded_ids(driver: Driver) -> None:
    """Ids with an encoded slash or dot segment, which spell another operation once they are decoded."""
    task = await created(driver, EASY, label="create_task")
    await follow(driver, task, label="run")
    await get(driver, task, label="twin")
    await history(driver, task, label="twin: history")
    base = "/api/v1/tasks"
    for method, target in (
        ("GET", f"{base}/{task}%2Fhistory"),
        ("GET", f"{base}/{task}%2fartifacts"),
        ("GET", f"{base}/x%2F..%2F{task}"),
        ("GET", f"{base}/x%2F%2E%2E%2F{task}/history"),
        ("GET", f"{base}/{task}%2Fstream"),
        ("POST", f"{base}/{task}%2Fcancel"),
        ("POST", f"{base}/{task}/tools/x%2F..%2Fy/approve"),
    ):
        await driver.request(
            method,
            target,
            operation=NO_OPERATION,
            label="encoded",
            body=Plain(b'{"outcome":"proceed_once"}') if method == "POST" else None,
        )
    await get(driver, task, label="after")
    await driver.call("list_tasks", label="nobody", caller=NOBODY)
