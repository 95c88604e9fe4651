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
