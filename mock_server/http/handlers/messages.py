"""Follow-ups, with or without files."""

from sigmic_conformance.mock_server.http.careless_reading import refuse_media
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import read_fields


async def send_message(call: Call) -> Answer:
    """Continue a conversation. Whether the task can take a message is asked before its files are received."""
    tasks = call.platform.tasks
    await tasks.check_sendable(call.caller, call.task_id)
    refuse_media(call)
    fields = await read_fields(call)
    await tasks.send_message(call.caller, call.task_id, fields.values["message"], fields.upload)
    return Answer(data={"status": "running"})
