"""Approve or reject a waiting tool call."""

from sigmic_mock.domain.model import Outcome
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer


async def approve_tool_call(ctx: RequestContext) -> Answer:
    """Answer an approval request. An unknown task takes precedence over a bad body (G-98)."""
    tasks = ctx.platform.tasks
    await tasks.get(ctx.caller, ctx.task_id)
    body = await ctx.body().json()
    approved = await tasks.approve(ctx.caller, ctx.task_id, ctx.path["callId"], Outcome(body["outcome"]))
    return Answer(data={"approved": approved})
