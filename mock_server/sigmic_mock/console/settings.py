"""/projects/{project}/settings: read them, replace them if they are unchanged since; test a server."""

import hashlib
import json

from sigmic_mock.console.router import ConsoleAnswer, ConsoleCall, Handlers
from sigmic_mock.control.mcp_servers import named_server, trial_data
from sigmic_mock.control.router import by_name
from sigmic_mock.control.settings import wanted
from sigmic_mock.domain import settings_form
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.domain.variables import check_variables
from sigmic_mock.service.mcp_trial import McpTrials
from sigmic_mock.service.project_settings import AllSettings

_PRECONDITION_FAILED = 412
_PRECONDITION_REQUIRED = 428


class _Unconditional(ApiError):
    """A change that does not say, or says wrongly, what it is a change of."""

    def __init__(self, status: int, code: ErrorCode, message: str) -> None:
        super().__init__(code, message)
        self.status = status


def handlers(settings: AllSettings, trials: McpTrials, secret: bytes) -> Handlers:
    """Return the handlers. `secret` keeps a tag from revealing the settings that it is computed from."""

    def said(now: ProjectSettings) -> ConsoleAnswer:
        return ConsoleAnswer(data=settings_form.show_settings(now), headers={"ETag": _tag(now, secret)})

    async def read_settings(call: ConsoleCall) -> ConsoleAnswer:
        return said(settings.of(call.project_id))

    async def replace_settings(call: ConsoleCall) -> ConsoleAnswer:
        now = settings.of(call.project_id)
        matching = call.request.headers.get("If-Match")
        if matching is None:
            message = "Send If-Match with the ETag of what you have read"
            raise _Unconditional(_PRECONDITION_REQUIRED, ErrorCode.VALIDATION_ERROR, message)
        if not {"*", _tag(now, secret)} & {each.strip() for each in matching.split(",")}:
            message = "The settings have changed since you read them: read them again"
            raise _Unconditional(_PRECONDITION_FAILED, ErrorCode.CONFLICT, message)
        changed = wanted(call.body, now)
        await settings.change(call.project_id, changed)
        return said(changed)

    async def test_mcp_server(call: ConsoleCall) -> ConsoleAnswer:
        server = named_server(settings.of(call.project_id).mcp_servers, call.path["name"])
        trial = await trials.run(call.project_id, server, check_variables("env", call.body.get("env", {})))
        return ConsoleAnswer(data=trial_data(server, trial))

    return by_name(read_settings, replace_settings, test_mcp_server)


def _tag(settings: ProjectSettings, secret: bytes) -> str:
    written = json.dumps(settings_form.write_settings(settings), sort_keys=True).encode()
    return f'"{hashlib.blake2b(written, key=secret, digest_size=16).hexdigest()}"'
