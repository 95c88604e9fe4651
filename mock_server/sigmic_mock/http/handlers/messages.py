"""Follow-ups, with or without files."""

from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer


async def send_message(ctx: RequestContext) -> Answer:
    """Continue a conversation. Check that the task accepts a message before receiving its files."""
    tasks = ctx.platform.tasks
    await tasks.check_sendable(ctx.caller, ctx.task_id)
    fields = await ctx.body().fields()
    await tasks.send_message(ctx.caller, ctx.task_id, fields.values["message"], fields.upload)
    return Answer(data={"status": "running"})
