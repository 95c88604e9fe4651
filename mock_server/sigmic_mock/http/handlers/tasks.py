"""Create, list, read and cancel tasks."""

from collections.abc import Mapping
from typing import Any

from sigmic_mock.domain.variables import as_secrets, check_variables
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer, EncodedAnswer
from sigmic_mock.http.fields import Fields
from sigmic_mock.http.serializers import history_json, pagination_json, summary_json
from sigmic_mock.runtime.slices import in_slices
from sigmic_mock.service.tasks import CreateTask


async def create_task(ctx: RequestContext) -> Answer:
    """Start an agent on a message; answer before it runs (C-11)."""
    fields = await ctx.body().fields()
    task = await ctx.platform.tasks.create(ctx.caller, creation(fields))
    return Answer(status=201, data={"id": task.id, "status": "pending"})


def creation(fields: Fields) -> CreateTask:
    """Return the request in the fields of a body. Raises INVALID_ENV."""
    values = fields.values
    return CreateTask(
        message=values["message"],
        system_prompt=values.get("systemPrompt"),
        show_in_history=values.get("showInHistory", True),
        auto_execute=values.get("autoExecute", True),
        env=_variables("env", values),
        secrets=as_secrets(_variables("secrets", values) or {}),
        upload=fields.upload,
    )


def _variables(name: str, values: Mapping[str, Any]) -> dict[str, str] | None:
    variables = values.get(name)
    return None if variables is None else check_variables(name, variables)


async def list_tasks(ctx: RequestContext) -> Answer:
    """Return one page of the caller's tasks, most recent activity first."""
    page = await ctx.platform.tasks.list(ctx.caller, ctx.query["limit"], ctx.query["offset"])
    return Answer(
        data=await in_slices(summary_json, page.items), beside={"pagination": pagination_json(page)}
    )


async def get_task(ctx: RequestContext) -> EncodedAnswer:
    """Return one task with its output."""
    return await ctx.services.task_answers.of(await ctx.platform.tasks.get(ctx.caller, ctx.task_id))


async def get_task_history(ctx: RequestContext) -> Answer:
    """Return the saved conversation."""
    history = await ctx.platform.tasks.history(ctx.caller, ctx.task_id)
    return Answer(data=await history_json(history))


async def cancel_task(ctx: RequestContext) -> Answer:
    """Stop a task that has not finished."""
    await ctx.platform.tasks.cancel(ctx.caller, ctx.task_id)
    return Answer(data={"message": "Task cancelled"})
