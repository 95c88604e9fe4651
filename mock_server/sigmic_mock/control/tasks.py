"""/tasks: what happened to a task, and an event sent by hand to its open streams."""

from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.events import RawEvent
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.domain.sse import encode
from sigmic_mock.service.platform import Platform
from sigmic_spec.document import Document
from sigmic_spec.nearest import hint_of_known


def handlers(platform: Platform, document: Document) -> Handlers:
    """Return the handlers. `document` says what an event must look like."""

    async def show_timeline(call: ControlCall) -> dict[str, Any]:
        return await timeline_of(platform, call.project_id, call.path["task"])

    async def inject_event(call: ControlCall) -> dict[str, Any]:
        name, data = call.body["event"], call.body["data"]
        if not call.body["unchecked"]:
            _check(document, name, data)
        try:
            frame = encode(RawEvent(name, data))
        except ValueError:
            message = "event must be lower-case letters and underscores: anything else breaks the framing"
            raise ApiError(ErrorCode.VALIDATION_ERROR, message) from None
        loaded = await platform.streams.of_project(call.project_id, call.path["task"])
        heard = platform.streams.inject(loaded, name, frame)
        if not heard:
            raise ApiError(ErrorCode.CONFLICT, "The task has no open stream")
        return {"task": call.path["task"], "event": name, "streams": heard}

    return by_name(show_timeline, inject_event)


async def timeline_of(platform: Platform, project_id: str, task_id: str) -> dict[str, Any]:
    """Return the timeline of a task of the project; raises NOT_FOUND."""
    await platform.streams.of_project(project_id, task_id)
    known = platform.streams.timelines.of(task_id)
    entries = [{"at": timestamp(each.at), "what": each.what, **each.about} for each in known.entries]
    return {"task": task_id, "timeline": entries, "dropped": known.dropped}


def _check(document: Document, name: str, data: dict[str, Any]) -> None:
    schema = document.event_schemas.get(name)
    escape = 'Set "unchecked": true to send it anyway'
    if schema is None:
        known = hint_of_known(name, document.event_schemas)
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"Unknown event {name[:80]!r}{known}. {escape}")
    for error in document.validator(schema).iter_errors(data):
        where = "/".join(str(step) for step in error.instance_path) or "data"
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{where}: {error.message[:200]}. {escape}")
