"""/projects/{project}/settings: read them, replace them if they are unchanged since; test a server."""

import hashlib
import json

from sigmic_conformance.mock_server.console.router import ConsoleCall, Handlers, Said
from sigmic_conformance.mock_server.control.mcp_servers import named_server, trial_data
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.form import BadSettings
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings
from sigmic_conformance.mock_server.domain.settings_form import (
    read_settings,
    show_settings,
    write_settings,
)
from sigmic_conformance.mock_server.domain.variables import check_variables
from sigmic_conformance.mock_server.service.mcp_trial import McpTrials
from sigmic_conformance.mock_server.service.project_settings import AllSettings

_PRECONDITION_FAILED = 412
_PRECONDITION_REQUIRED = 428


class _Unconditional(ApiError):
    """A change that does not say, or says wrongly, what it is a change of."""

    def __init__(self, status: int, code: ErrorCode, message: str) -> None:
        super().__init__(code, message)
        self.status = status


def handlers(settings: AllSettings, trials: McpTrials, secret: bytes) -> Handlers:
    """Return the handlers. `secret` keeps a tag from revealing the settings that it is made from."""

    def said(now: ProjectSettings) -> Said:
        return Said(data=show_settings(now), headers={"ETag": _tag(now, secret)})

    async def show(call: ConsoleCall) -> Said:
        return said(settings.of(call.project_id))

    async def replace(call: ConsoleCall) -> Said:
        now = settings.of(call.project_id)
        matching = call.request.headers.get("If-Match")
        if matching is None:
            message = "Send If-Match with the ETag of what you have read"
            raise _Unconditional(_PRECONDITION_REQUIRED, ErrorCode.VALIDATION_ERROR, message)
        if not {"*", _tag(now, secret)} & {each.strip() for each in matching.split(",")}:
            message = "The settings have changed since you read them: read them again"
            raise _Unconditional(_PRECONDITION_FAILED, ErrorCode.CONFLICT, message)
        try:
            wanted = read_settings(call.body, before=now)
        except BadSettings as problem:
            raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
        await settings.change(call.project_id, wanted)
        return said(wanted)

    async def test(call: ConsoleCall) -> Said:
        server = named_server(settings.of(call.project_id).mcp_servers, call.path["name"])
        trial = await trials.run(call.project_id, server, check_variables("env", call.body.get("env", {})))
        return Said(data=trial_data(server, trial))

    return {
        "read_settings": show,
        "replace_settings": replace,
        "test_mcp_server": test,
    }


def _tag(settings: ProjectSettings, secret: bytes) -> str:
    written = json.dumps(write_settings(settings), sort_keys=True).encode()
    return f'"{hashlib.blake2b(written, key=secret, digest_size=16).hexdigest()}"'
