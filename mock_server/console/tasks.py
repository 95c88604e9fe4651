"""/projects/{project}/tasks: what was asked of a project, what happened to it; and a token to chat with."""

from sigmic_conformance.mock_server.console.router import ConsoleCall, Handlers, Said
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.domain.paging import MAX_LIMIT
from sigmic_conformance.mock_server.domain.payloads import timestamp
from sigmic_conformance.mock_server.domain.tokens import DEFAULT_LIFETIME, lifetime_seconds
from sigmic_conformance.mock_server.service.platform import Platform


def handlers(platform: Platform) -> Handlers:
    """Return the handlers."""

    async def newest(call: ConsoleCall) -> Said:
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
        return Said(data={"tasks": tasks, "total": page.total})

    async def timeline(call: ConsoleCall) -> Said:
        task_id = call.path["task"]
        await platform.streams.of_project(call.project_id, task_id)
        known = platform.streams.timelines.of(task_id)
        entries = [{"at": timestamp(each.at), "what": each.what, **each.about} for each in known.entries]
        return Said(data={"task": task_id, "timeline": entries, "dropped": known.dropped})

    async def chat_token(call: ConsoleCall) -> Said:
        issued = await platform.minting.token(
            call.project_id,
            call.caller.name,
            app_id=None,
            lifetime_seconds=lifetime_seconds(DEFAULT_LIFETIME),
        )
        return Said(data={"token": issued.token, "expiresAt": timestamp(issued.expires_at)})

    return {
        "list_tasks": newest,
        "read_timeline": timeline,
        "create_chat_token": chat_token,
    }
