"""The files of a task's workspace."""

from aiohttp import web

from mock_server.api.call import Call
from mock_server.api.downloads import send_file
from mock_server.api.envelope import Answer
from mock_server.api.wire import artifact_json


async def list_artifacts(call: Call) -> Answer:
    """List uploads, outputs and whatever the agent made."""
    files = await call.platform.artifacts.list(call.caller, call.task_id)
    return Answer(data={"files": [artifact_json(file) for file in files]})


async def download_artifact(call: Call) -> web.StreamResponse:
    """Send one file."""
    artifact = await call.platform.artifacts.open(call.caller, call.task_id, call.query["path"])
    return await send_file(call.request, artifact, call.headers)
