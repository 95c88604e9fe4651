"""What faults make of a request that must be refused, and of one that must not be.

A server that does not look at what it is sent really does what was asked: the task is made, the message is
saved. That is done here, with what the body has, read as loosely as such a server would.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.paging import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from sigmic_conformance.mock_server.http.body import has_body, media_type
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import JSON, read_json
from sigmic_conformance.mock_server.service.tasks import MOST_CHARACTERS
from sigmic_conformance.mock_server.service.values import CreateTask

_MOST = 1000
_MOST_DIGITS = len(str(MAX_OFFSET))
_NOTHING_SAID = "undefined"


def _wrong(call: Call, decision: str, code: str) -> Mapping[str, Any] | None:
    about = {"task": call.path.get("id"), "operation": call.operation.operation_id, "code": code}
    return call.deviation.faults.deviates(decision, call.project, **about)


def refuse_media(call: Call) -> None:
    """Refuse a right media type, when a fault wants it. Raises UNSUPPORTED_MEDIA_TYPE."""
    if call.deviation.faults.is_quiet("body.refuse"):
        return
    media, _charset = media_type(call.request)
    if media in call.operation.bodies and _wrong(call, "body.refuse", media) is not None:
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send no {media}")


def refuse_any_body(call: Call) -> None:
    """Refuse a body where none is asked for and none matters, when a fault wants it."""
    if has_body(call.request) and _wrong(call, "cancel.body-matters", "body") is not None:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "Send no body")


def call_id(call: Call) -> str:
    """Return the tool call in the address; percent-encoded as it was sent, when a fault wants it."""
    decoded = call.path["callId"]
    sent = call.request.rel_url.raw_path.split("/")[-2]
    if sent != decoded and _wrong(call, "approval.encoded-id", "encoded") is not None:
        return sent
    return decoded


def handed_on(call: Call) -> Mapping[str, str]:
    """Return the caller's own key as a variable for the agent, when a fault hands it on; else nothing."""
    headers = call.request.headers
    key = headers.get("X-API-Key") or headers.get("Authorization", "").partition(" ")[2]
    return {} if _wrong(call, "variables.callers-key", "key") is None else {"SIGMIC_API_KEY": key.strip()}


def refuse_beside_commands(call: Call) -> None:
    """Find no room for a request while some task's command runs, when a fault wants it. INTERNAL_ERROR."""
    is_busy = call.platform.counters.commands_running > 0
    if is_busy and _wrong(call, "sandbox.starves-server", "command") is not None:
        raise ApiError(ErrorCode.INTERNAL_ERROR)


def take_any_page(call: Call) -> bool:
    """Take a bad `limit` or `offset` for the default, or fall over it, when a fault wants it."""
    if call.operation.operation_id != "list_tasks":
        return False
    wrong = _wrong(call, "list.nonsense", "page")
    if wrong is None:
        return take_long_page(call)
    call.query = {"limit": DEFAULT_LIMIT, "offset": 0}
    if wrong["as"] == "crash":
        call.query |= {name: int(value) for name, value in call.request.rel_url.query.items()}
    return True


def take_long_page(call: Call) -> bool:
    """Take a `limit` above the highest one, when a fault wants it."""
    asked = call.request.rel_url.query
    limit, offset = asked.get("limit", str(DEFAULT_LIMIT)), asked.get("offset", "0")
    are_numbers = all(text.isdecimal() and len(text) <= _MOST_DIGITS for text in (limit, offset))
    if call.operation.operation_id != "list_tasks" or not are_numbers:
        return False
    if not MAX_LIMIT < int(limit) <= _MOST or _wrong(call, "list.long-page", "edge") is None:
        return False
    call.query = {"limit": int(limit), "offset": int(offset)}
    return True


async def take_anyway(call: Call, refusal: ApiError) -> Answer:
    """Do what a refused request asked for, when a fault wants it; else, or as well, raise the refusal."""
    answer = None
    if call.operation.operation_id == "create_task":
        answer = await _create_anyway(call, refusal)
    elif call.operation.operation_id == "send_message":
        answer = await _send_anyway(call, refusal)
    if answer is None:
        raise refusal
    return answer


async def _create_anyway(call: Call, refusal: ApiError) -> Answer | None:
    body, code = call.sent, refusal.code.value
    if not isinstance(body, dict):
        return None
    files = body.get("files")
    if isinstance(files, list) and files and _wrong(call, "create.takes-files", code) is not None:
        return await _created(call, body, _JsonUpload(files))
    if _wrong(call, "create.unchecked", code) is not None:
        return await _created(call, body)
    flaw = _flaw(body, call)
    if flaw is not None and _wrong(call, "create.lenient", flaw) is not None:
        return await _created(call, body)
    if isinstance(body.get("message"), str) and _wrong(call, "create.half-done", code) is not None:
        with suppress(ApiError):
            await _created(call, body)
    return None


def _flaw(body: Mapping[str, Any], call: Call) -> str | None:
    """Name what is wrong with a creation, as far as some servers would overlook it."""
    known = call.document.schema(call.operation.bodies[JSON].schema)["properties"]
    message = body.get("message")
    if body.keys() - known.keys():
        return "unknown-field"
    if any(not isinstance(body.get(name, True), bool) for name in ("showInHistory", "autoExecute")):
        return "no-boolean"
    if not isinstance(message, str):
        return "no-text" if "message" in body else None
    return "blank" if not message.strip() else "long" if len(message) > MOST_CHARACTERS else None


async def _created(call: Call, body: Mapping[str, Any], upload: "_JsonUpload | None" = None) -> Answer:
    prompt = body.get("systemPrompt")
    request = CreateTask(
        message=_text(body.get("message", _NOTHING_SAID)),
        system_prompt=None if prompt is None else _text(prompt),
        upload=upload,
        unchecked=True,
    )
    task = await call.platform.tasks.create(call.caller, request)
    return Answer(status=201, data={"id": task.id, "status": "pending"})


async def _send_anyway(call: Call, refusal: ApiError) -> Answer | None:
    tasks, code = call.platform.tasks, refusal.code.value
    is_quiet = call.deviation.faults.is_quiet
    if refusal.code is ErrorCode.CONFLICT and not (
        is_quiet("follow-up.half-done") and is_quiet("follow-up.unchecked")
    ):
        with suppress(ApiError):  # it was refused before its body was read
            await read_json(call)
    body = call.sent
    if not isinstance(body, dict):
        return None
    text = _text(body.get("message", _NOTHING_SAID))
    if len(body) > 1 and "message" in body and _wrong(call, "follow-up.takes-more", code) is not None:
        await tasks.send_message(call.caller, call.task_id, text)
        return Answer(data={"status": "running"})
    if _wrong(call, "follow-up.unchecked", code) is not None:
        await tasks.slips.keep_message(call.task_id, text)
        return Answer(data={"status": "running"})
    if _wrong(call, "follow-up.half-done", code) is not None:
        await tasks.slips.keep_message(call.task_id, text)
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class _JsonUpload:
    """Files that a JSON body carries, which no platform takes."""

    def __init__(self, files: Sequence[object]) -> None:
        named = [file for file in files if isinstance(file, dict)]
        self._content = {
            Path(_text(file.get("name", "file"))).name: _text(file.get("content", "")) for file in named
        }
        self.files = [(name, f"uploads/{name}") for name in self._content]

    async def commit(self, workspace: Path, number: int | None = None) -> None:  # noqa: ARG002 - a fault's
        folder = workspace / "uploads"
        folder.mkdir(exist_ok=True)
        for name, content in self._content.items():
            (folder / name).write_text(content, "utf-8")

    async def keep(self) -> None:
        """What was committed stays."""

    async def take_back(self) -> None:
        """What was committed stays: whoever takes such files is careless."""

    async def discard(self) -> None:
        """Nothing is on disk before the commit."""
