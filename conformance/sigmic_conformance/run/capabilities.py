"""The capabilities of a target: declared, and found.

Declared is what its profile does not list under `without`. Declared and absent: the rows that need it fail.
Undeclared and present: its rows are information, but its safety rows are checked as for all targets. `tools`
and `sessions` show only in what an agent does, so they are not searched for beforehand.
"""

import io
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Iterator

from sigmic_conformance.traffic.callers import NOBODY
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Throttled
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.wire.bodies import FilePart, Form, as_json
from sigmic_conformance.wire.transcript import Exchange, Transcript

USED_BY = {
    "artifacts": frozenset({"list_artifacts", "download_artifact"}),
    "approvals": frozenset({"approve_tool_call"}),
    "widget": frozenset({"create_token"}),
}
NOT_THERE = frozenset({401, 403, 404, 405, 501})
"""Statuses of an operation that a target lacks; any other refusal comes from the operation itself."""
OF_THE_ACCOUNT = frozenset({402, 429})
"""Statuses that refuse any request: they don't show that a capability is absent."""
ENTRY = "inside.txt"
USUAL_BYTES = 64 << 10
"""Longer messages (G-11) or variables (G-17), and empty files (G-29), are not documented as accepted."""


def uses(exchange: Exchange, capability: str) -> bool:
    """True for a request that uses a capability, and nothing that a target may refuse."""
    if capability in USED_BY:
        return exchange.operation in USED_BY[capability]
    if exchange.operation != "create_task":
        return False
    if exchange.sent.size > USUAL_BYTES or any(not file.size for file in exchange.sent.files):
        return False
    if capability in {"files", "zip"}:
        return any(part.startswith("files: ") for part in exchange.sent.parts)
    text = exchange.sent.text or ""
    return capability == "environment" and ('"env": {"' in text or '"secrets": {"' in text)


def absence(transcripts: Iterable[Transcript], capability: str) -> tuple[Exchange, ...]:
    """The requests for a capability if all were refused; empty if one was accepted, or none was sent.

    Requests about a task after its cancellation are left out, because a refusal may be due to its state.
    """
    asked = [
        exchange
        for transcript in transcripts
        for exchange in _before_cancellation(transcript)
        if not exchange.transient and exchange.role in {"owner", "nobody"} and uses(exchange, capability)
    ]
    answered = tuple(each for each in asked if each.status not in {None, *OF_THE_ACCOUNT})
    if capability in USED_BY and any(exchange.status not in NOT_THERE for exchange in answered):
        return ()
    return () if any(exchange.succeeded for exchange in asked) else answered


def _before_cancellation(transcript: Transcript) -> Iterator[Exchange]:
    cancelled: set[str] = set()
    for exchange in transcript.exchanges:
        if exchange.task not in cancelled:
            yield exchange
        if exchange.operation == "cancel_task" and exchange.succeeded:
            cancelled.add(exchange.task)


async def found(driver: Driver, undeclared: Iterable[str]) -> frozenset[str]:
    """Which of the undeclared capabilities the target has all the same; one test each."""
    here = set()
    for capability in sorted(set(undeclared) & set(_QUESTIONS)):
        try:
            if await _QUESTIONS[capability](driver):
                here.add(capability)
        except Throttled:
            continue
    return frozenset(here)


def _id(exchange: Exchange) -> str:
    data = exchange.data if isinstance(exchange.data, dict) else {}
    return str(data.get("id") or "none")


async def _task(driver: Driver) -> str:
    """Create a task for these tests."""
    return _id(await driver.call("create_task", label="a task", body=as_json({"message": EASY})))


async def _approvals(driver: Driver) -> bool:
    """Whether an unknown call of a task is refused differently from an unknown path."""
    path, body = {"id": await _task(driver), "callId": "none"}, as_json({"outcome": "proceed_once"})
    call = await driver.call("approve_tool_call", label="approvals", path=path, body=body)
    target = driver.writer.target("approve_tool_call", path, {}) + "-nothing"
    other = await driver.request("POST", target, operation="approve_tool_call", label="no path", body=body)
    told = [(each.status, each.code, each.message) for each in (call, other)]
    return call.status not in {None, 405, 501} and told[0] != told[1]


async def _artifacts(driver: Driver) -> bool:
    return (await driver.call("list_artifacts", label="artifacts", path={"id": await _task(driver)})).ok


async def _environment(driver: Driver) -> bool:
    body = as_json({"message": EASY, "env": {"WORD": "here"}})
    made = await driver.call("create_task", label="environment", body=body)
    read = await driver.call("get_task", label="environment: read", path={"id": _id(made)})
    return isinstance(read.data, dict) and bool(read.data.get("env"))


async def _upload(driver: Driver, name: str, content: bytes) -> list[str]:
    """The paths of a task created with a file; only the file's name if files cannot be listed."""
    body = Form({"message": EASY}, [FilePart(name, content)])
    made = await driver.call("create_task", label=f"upload {name}", body=body)
    if not made.ok:
        return []
    page = await driver.call("list_artifacts", label=f"upload {name}: files", path={"id": _id(made)})
    data = page.data if isinstance(page.data, dict) else {"files": [{"path": name}]}
    listed = data.get("files")
    return [str(each.get("path")) for each in (listed or []) if isinstance(each, dict)]


async def _files(driver: Driver) -> bool:
    return any(path.endswith("a.txt") for path in await _upload(driver, "a.txt", b"a"))


async def _zip(driver: Driver) -> bool:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(ENTRY, "a")
    return any(path.endswith(ENTRY) for path in await _upload(driver, "a.zip", buffer.getvalue()))


async def _widget(driver: Driver) -> bool:
    asked = await driver.call("create_token", label="widget", caller=NOBODY, body=as_json({}))
    return asked.succeeded or (asked.refused and asked.status not in {401, 403, 404, 405})


_QUESTIONS: dict[str, Callable[[Driver], Awaitable[bool]]] = {
    "approvals": _approvals,
    "artifacts": _artifacts,
    "environment": _environment,
    "files": _files,
    "widget": _widget,
    "zip": _zip,
}
