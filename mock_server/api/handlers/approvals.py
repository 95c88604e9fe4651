"""Approve or reject a tool call that waits."""

from mock_server.api.call import Call
from mock_server.api.envelope import Answer
from mock_server.api.fields import read_json
from mock_server.core.model import Outcome


async def approve_tool_call(call: Call) -> Answer:
    """Answer an approval request. An unknown task is said before a bad body (G-98)."""
    tasks = call.platform.tasks
    await tasks.get(call.caller, call.task_id)
    body = await read_json(call)
    approved = await tasks.approve(call.caller, call.task_id, call.path["callId"], Outcome(body["outcome"]))
    return Answer(data={"approved": approved})
