"""The files of a task's workspace."""

import asyncio
from functools import partial

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.faults.drafts import Draft
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.downloads import file_head, send_file
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.serializers import artifact_json
from sigmic_conformance.mock_server.storage.workspaces import OpenArtifact


async def list_artifacts(call: Call) -> Answer:
    """List uploads, outputs and whatever the agent made."""
    files = await call.platform.artifacts.list(call.caller, call.task_id)
    return Answer(data={"files": [artifact_json(file) for file in files]})


async def download_artifact(call: Call) -> web.StreamResponse:
    """Send one file."""
    artifact = await call.platform.artifacts.open(call.caller, call.task_id, call.query["path"])
    if call.deviation.concerns(call):
        return await _altered(call, artifact)
    if call.request.method == "HEAD" and call.deviation.wrongly(call, "head.length") is not None:
        return await _as_if_empty(call, artifact)
    return await send_file(call.request, artifact, call.headers, partial(_takes_any_range, call))


async def _as_if_empty(call: Call, artifact: OpenArtifact) -> web.StreamResponse:
    """Answer HEAD with the length of the body that it has not, as a careless framework does."""
    answer, _ = file_head(call.request, artifact, call.headers)
    await asyncio.to_thread(artifact.file.close)
    answer.headers["Content-Length"] = "0"
    await answer.prepare(call.request)
    await answer.write_eof()
    return answer


def _takes_any_range(call: Call) -> bool:
    return call.deviation.wrongly(call, "range.beyond") is not None


async def _altered(call: Call, artifact: OpenArtifact) -> web.StreamResponse:
    """Send the file as the armed faults will have it; it is read whole, which only a test pays for."""
    answer, span = file_head(call.request, artifact, call.headers)
    if span is not None:
        await asyncio.to_thread(artifact.file.seek, span.start)
        body = await asyncio.to_thread(artifact.file.read, span.length)
        draft = Draft(status=answer.status, headers=CIMultiDict(answer.headers), body=body)
        try:
            altered = await call.deviation.alter(call, draft)
        except BaseException:
            artifact.file.close()
            raise
        if altered is not None:
            artifact.file.close()
            return altered
    return await send_file(call.request, artifact, call.headers)
