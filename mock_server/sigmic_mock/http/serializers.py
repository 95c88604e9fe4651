"""Convert values to the documented JSON.

A key typed `| null` is always present, a key typed `| undefined` only if it applies (C-09).
"""

from typing import Any

from sigmic_mock.domain.model import Task, ToolCall
from sigmic_mock.domain.paging import Page
from sigmic_mock.domain.payloads import payload, timestamp
from sigmic_mock.runtime.slices import in_slices
from sigmic_mock.service.tasks import History, TaskView
from sigmic_mock.storage.tasks import StoredTask


def task_json(view: TaskView) -> dict[str, Any]:
    """Return `data` of `get_task`."""
    data = _record(view.task)
    if view.output is not None:
        data["output"] = payload(view.output)
    if view.pending_approvals:
        data["pendingApprovals"] = [_pending(call) for call in view.pending_approvals]
    return data


def summary_json(summary: StoredTask) -> dict[str, Any]:
    """Return one item of `list_tasks`."""
    return {
        **_record(summary.task),
        "lastActivityAt": timestamp(summary.task.last_activity_at),
        "messageCount": summary.message_count,
    }


def pagination_json(page: Page[Any]) -> dict[str, Any]:
    """Return `pagination`, which is next to `data` (C-03)."""
    return {"total": page.total, "limit": page.limit, "offset": page.offset, "hasMore": page.has_more}


async def history_json(history: History) -> dict[str, Any]:
    """Return `data` of `get_task_history`; a long conversation is converted in slices."""
    return {
        "taskId": history.task.id,
        "conversationId": history.task.conversation_id,
        "status": history.task.status.value,
        "messages": await in_slices(payload, history.messages),
    }


def _record(task: Task) -> dict[str, Any]:
    # Env from a widget token is never shown; the service excludes it from `task.env`.
    return {
        "id": task.id,
        "apiKeyId": task.api_key_id,
        "username": task.username,
        "sessionId": task.session_id,
        "conversationId": task.conversation_id,
        "status": task.status.value,
        "message": task.message,
        "systemPrompt": task.system_prompt,
        "showInHistory": task.show_in_history,
        "autoExecute": task.auto_execute,
        "env": None if task.env is None else dict(task.env),
        "error": task.error,
        "createdAt": timestamp(task.created_at),
        "startedAt": _moment(task.started_at),
        "completedAt": _moment(task.completed_at),
    }


def _pending(call: ToolCall) -> dict[str, Any]:
    return {"callId": call.call_id, "toolName": call.tool_name, "args": dict(call.args)}


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else timestamp(milliseconds)
