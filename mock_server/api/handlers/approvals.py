"""Approve or reject a tool call that waits."""

from contextlib import suppress

from mock_server.api.call import Call
from mock_server.api.careless_reading import call_id
from mock_server.api.envelope import Answer
from mock_server.api.fields import read_json
from mock_server.core.errors import ApiError
from mock_server.core.model import Outcome


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
