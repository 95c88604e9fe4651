"""The eleven operations of the API, by the names of the contract."""

TOKEN = "create_token"  # noqa: S105  an operation
CREATE = "create_task"
LIST = "list_tasks"
GET = "get_task"
STREAM = "stream_task"
HISTORY = "get_task_history"
SAY = "send_message"
FILES = "list_artifacts"
DOWNLOAD = "download_artifact"
APPROVE = "approve_tool_call"
CANCEL = "cancel_task"
OF_A_TASK = (GET, HISTORY, STREAM, SAY, FILES, DOWNLOAD, APPROVE, CANCEL)
TASKS = (*OF_A_TASK, LIST, CREATE)
CHANGES = (CREATE, SAY, APPROVE, CANCEL)
READS = (GET, HISTORY, FILES, STREAM, LIST)
"""The operations that read tasks, without downloads of files."""
