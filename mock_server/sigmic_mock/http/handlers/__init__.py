"""The handlers of operations, one module per tag of the document.

They are bound by name: a handler has the name of its operationId.
"""

from collections.abc import Mapping

from sigmic_mock.http.handlers import approvals, artifacts, messages, stream, tasks, tokens
from sigmic_mock.http.routing import OperationHandler

HANDLERS: Mapping[str, OperationHandler] = {
    handler.__name__: handler
    for handler in (
        tokens.create_token,
        tasks.create_task,
        tasks.list_tasks,
        tasks.get_task,
        tasks.get_task_history,
        tasks.cancel_task,
        stream.stream_task,
        messages.send_message,
        artifacts.list_artifacts,
        artifacts.download_artifact,
        approvals.approve_tool_call,
    )
}
