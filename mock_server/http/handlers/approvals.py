"""Approve or reject a tool call that waits."""

from contextlib import suppress

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import Outcome
from sigmic_conformance.mock_server.http.careless_reading import call_id
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import read_json


async def approve_tool_call(call: Call) -> Answer:
    """Answer an approval request. An unknown task is said before a bad body (G-98)."""
    tasks = call.platform.tasks
    await tasks.get(call.caller, call.task_id)
    try:
        body = await read_json(call)
    except ApiError:
        await _drop(call)
        raise
    approved = await tasks.approve(call.caller, call.task_id, call_id(call), Outcome(body["outcome"]))
    return Answer(data={"approved": approved})


async def _drop(call: Call) -> None:
    """Refuse the waiting call because of a bad answer, when a fault wants it."""
    if call.deviation.wrongly(call, "approval.bad-answer-drops") is not None:
        with suppress(ApiError):
            await call.platform.tasks.approve(call.caller, call.task_id, call.path["callId"], Outcome.CANCEL)
