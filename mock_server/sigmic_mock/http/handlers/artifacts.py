"""The files of a task's workspace."""

from aiohttp import web

from sigmic_mock.domain.payloads import payload
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer
from sigmic_mock.runtime.slices import in_slices


async def list_artifacts(ctx: RequestContext) -> Answer:
    """List uploads, outputs and files that the agent created."""
    files = await ctx.platform.artifacts.list(ctx.caller, ctx.task_id)
    return Answer(data={"files": await in_slices(payload, files)})


async def download_artifact(ctx: RequestContext) -> web.StreamResponse:
    """Send one file."""
    artifact = await ctx.platform.artifacts.open(ctx.caller, ctx.task_id, ctx.query["path"])
    return await ctx.files().send(artifact)
