"""Follow-ups, with or without files."""

from mock_server.api.call import Call
from mock_server.api.careless_reading import refuse_media
from mock_server.api.envelope import Answer
from mock_server.api.fields import read_fields


async def send_message(call: Call) -> Answer:
    """Continue a conversation. Whether the task can take a message is asked before its files are received."""
    tasks = call.platform.tasks
    await tasks.check_sendable(call.caller, call.task_id)
    refuse_media(call)
    fields = await read_fields(call)
    await tasks.send_message(call.caller, call.task_id, fields.values["message"], fields.upload)
    return Answer(data={"status": "running"})
