"""/projects/{project}/tasks: what was asked of a project, what happened to it; and a token to chat with."""

from sigmic_mock.console.router import ConsoleAnswer, ConsoleCall, Handlers
from sigmic_mock.control.router import by_name
from sigmic_mock.control.tasks import timeline_of
from sigmic_mock.domain.model import Principal
from sigmic_mock.domain.paging import MAX_LIMIT
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.domain.tokens import DEFAULT_LIFETIME, lifetime_seconds
from sigmic_mock.service.platform import Platform


def handlers(platform: Platform) -> Handlers:
    """Return the handlers."""

    async def list_tasks(call: ConsoleCall) -> ConsoleAnswer:
        reader = Principal(
            project_id=call.project_id, api_key_id="console", username=call.caller.name, role=call.role
        )
        page = await platform.tasks.list(reader, MAX_LIMIT, 0)
        tasks = [
            {
                "id": row.task.id,
                "status": row.task.status.value,
                "message": row.task.message,
                "username": row.task.username,
                "endUserId": row.task.end_user_id,
                "createdAt": timestamp(row.task.created_at),
                "messageCount": row.message_count,
            }
            for row in page.items
        ]
        return ConsoleAnswer(data={"tasks": tasks, "total": page.total})

    async def read_timeline(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer(data=await timeline_of(platform, call.project_id, call.path["task"]))

    async def create_chat_token(call: ConsoleCall) -> ConsoleAnswer:
        issued = await platform.minting.token(
            call.project_id,
            call.caller.name,
            app_id=None,
            lifetime_seconds=lifetime_seconds(DEFAULT_LIFETIME),
            maker=call.caller.name,
        )
        return ConsoleAnswer(data={"token": issued.token, "expiresAt": timestamp(issued.expires_at)})

    return by_name(list_tasks, read_timeline, create_chat_token)
