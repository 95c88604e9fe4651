"""Create, list, read and cancel tasks."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.variables import as_secrets, check_variables
from sigmic_conformance.mock_server.http.careless_reading import (
    handed_on,
    refuse_any_body,
    refuse_beside_commands,
    refuse_media,
)
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import Fields, read_fields
from sigmic_conformance.mock_server.http.serializers import (
    history_json,
    pagination_json,
    summary_json,
    task_json,
)
from sigmic_conformance.mock_server.service.tasks import CreateTask


async def create_task(call: Call) -> Answer:
    """Start an agent on a message; answered before the work (C-11)."""
    refuse_media(call)
    fields = await read_fields(call)
    task = await call.platform.tasks.create(call.caller, _request(call, fields))
    return Answer(status=201, data={"id": task.id, "status": "pending"})


def _request(call: Call, fields: Fields) -> CreateTask:
    values = fields.values
    return CreateTask(
        message=values["message"],
        system_prompt=values.get("systemPrompt"),
        show_in_history=values.get("showInHistory", True),
        auto_execute=values.get("autoExecute", True),
        env=_variables(call, "env", values),
        secrets=as_secrets({**(_variables(call, "secrets", values) or {}), **handed_on(call)}),
        upload=fields.upload,
    )


def _variables(call: Call, name: str, values: Mapping[str, Any]) -> dict[str, str] | None:
    variables = values.get(name)
    if variables is None:
        return None
    checked = check_variables(name, variables)
    if (
        not all(map(str.isalpha, checked))
        and call.deviation.wrongly(call, "variables.letters-only") is not None
    ):
        raise ApiError(ErrorCode.INVALID_ENV, f"A name in {name} may hold letters only")
    return checked


async def list_tasks(call: Call) -> Answer:
    """Return one page of the caller's tasks, most recent activity first."""
    refuse_beside_commands(call)
    page = await call.platform.tasks.list(call.caller, call.query["limit"], call.query["offset"])
    return Answer(
        data=[summary_json(summary) for summary in page.items], beside={"pagination": pagination_json(page)}
    )


async def get_task(call: Call) -> Answer:
    """Return one task with what it has produced."""
    return Answer(data=task_json(await call.platform.tasks.get(call.caller, call.task_id)))


async def get_task_history(call: Call) -> Answer:
    """Return the saved conversation."""
    return Answer(data=history_json(await call.platform.tasks.history(call.caller, call.task_id)))


async def cancel_task(call: Call) -> Answer:
    """Stop a task that has not finished."""
    refuse_any_body(call)
    await call.platform.tasks.cancel(call.caller, call.task_id)
    return Answer(data={"message": "Task cancelled"})
