"""What becomes of an upload that armed faults may meet; fulfils `storage.careless.Carelessness`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.service.tasks import Tasks
from sigmic_conformance.mock_server.service.values import CreateTask
from sigmic_conformance.mock_server.storage.uploads import Received

POINTS = ("zip.extraction", "upload.names", "upload.parts", "upload.refused", "upload.replaces")


class RefusedUploads:
    """Asks the faults about one upload. What they want is done for its caller, as the platform would."""

    def __init__(
        self, asker: Asker, tasks: Tasks, caller: Principal | None, *, task_id: str | None, creates: bool
    ) -> None:
        """`creates` tells an upload that comes with a new task from one that comes with a follow-up."""
        self._asker = asker
        self._tasks = tasks
        self._caller = caller
        self._task_id = task_id
        self._creates = creates
        self._loop = asyncio.get_running_loop()

    def wrongly(self, decision: str, code: str) -> Mapping[str, Any] | None:
        """Return what a fault wants here, or None. Extraction asks from its thread, the faults live here."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run_coroutine_threadsafe(self._asked(decision, code), self._loop).result()
        return self._asker.parameters(decision, code)

    async def _asked(self, decision: str, code: str) -> Mapping[str, Any] | None:
        return self._asker.parameters(decision, code)

    async def salvage(self, code: str, finish: Callable[[], Awaitable[Received]]) -> bool:
        """Do half of what the request asked for that was refused or cut off, when a fault wants it so."""
        wanted = self._asker.parameters("upload.refused", code)
        if wanted is None:
            return False
        try:
            await self._do(str(wanted["leaves"]), await finish())
        except ApiError:  # what cannot be done is left undone: the answer is the refusal anyway
            return False
        return True

    async def _do(self, leaves: str, received: Received) -> None:
        fields = dict(received.fields)
        text = fields.get("message", "")
        if self._creates and self._caller is not None:
            request = CreateTask(
                message=text, system_prompt=fields.get("systemPrompt"), upload=received.upload
            )
            await self._tasks.create(self._caller, request)
        elif leaves == "files":
            await self._tasks.misdeeds.leave_files(self._task_id or "", received.upload)
        else:
            await received.upload.discard()
            await self._tasks.misdeeds.leave_message(self._task_id or "", text)
