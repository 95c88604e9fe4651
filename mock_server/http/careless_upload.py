"""One upload that armed faults may spoil; fulfils `storage.careless.Carelessness`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.service.tasks import CreateTask
from sigmic_conformance.mock_server.storage.uploads import Received

POINTS = ("zip.extraction", "upload.names", "upload.parts", "upload.refused", "upload.replaces")


class CarelessUpload:
    """Asks the faults about one call. What they want is done for its caller, as the platform would."""

    def __init__(self, call: Call, faults: Faults) -> None:
        self._call = call
        self._faults = faults
        self._loop = asyncio.get_running_loop()

    def wrongly(self, decision: str, code: str) -> Mapping[str, Any] | None:
        """Return what a fault wants here, or None. Extraction asks from its thread, the faults live here."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(self._asked(decision, code), self._loop).result()
        return self._ask(decision, code)

    async def _asked(self, decision: str, code: str) -> Mapping[str, Any] | None:
        return self._ask(decision, code)

    def _ask(self, decision: str, code: str) -> Mapping[str, Any] | None:
        return self._faults.deviates(
            decision,
            self._call.project,
            operation=self._call.operation.operation_id,
            task=self._call.path.get("id"),
            code=code,
        )

    async def salvage(self, code: str, finish: Callable[[], Awaitable[Received]]) -> bool:
        """Do half of what the request asked for that was refused or cut off, when a fault wants it so."""
        wrong = self._ask("upload.refused", code)
        if wrong is None:
            return False
        try:
            await self._do(str(wrong["leaves"]), await finish())
        except ApiError:  # what cannot be done is left undone: the answer is the refusal anyway
            return False
        return True

    async def _do(self, leaves: str, received: Received) -> None:
        call, tasks = self._call, self._call.deviation.tasks
        fields = dict(received.fields)
        text = fields.get("message", "")
        if call.operation.operation_id == "create_task":
            request = CreateTask(
                message=text, system_prompt=fields.get("systemPrompt"), upload=received.upload
            )
            await tasks.create(call.caller, request)
        elif leaves == "files":
            await tasks.keep_refused_files(call.task_id, received.upload)
        else:
            await received.upload.discard()
            await tasks.keep_refused_message(call.task_id, text)
