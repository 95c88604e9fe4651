"""The faults that alter one answer, once it is made: the check of our own answers comes before."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from weakref import WeakKeyDictionary

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from sigmic_conformance.mock_server.faults.wire.answers import ANSWER_EFFECTS
from sigmic_conformance.mock_server.faults.wire.delivery import deliver
from sigmic_conformance.mock_server.faults.wire.drafts import Draft
from sigmic_conformance.mock_server.http.observer import RequestObserver

_ANSWERED: WeakKeyDictionary[asyncio.BaseTransport, Callable[[Acts], None]] = WeakKeyDictionary()
"""By connection whom to tell, in a rehearsal, that its last answer was followed by another request."""


def _hangs_up(spec: FaultSpec) -> bool:
    return bool(spec.params.get("hang_up"))


def _would_act(draft: Draft, spec: FaultSpec) -> bool:
    return ANSWER_EFFECTS[spec.fault.effect](deepcopy(draft), spec.params)


class AnswerFaults:
    """What alters the answer to one request."""

    def __init__(
        self,
        faults: Faults,
        request: web.BaseRequest,
        observer: RequestObserver | None,
        *,
        project: str | None,
        operation: str,
        task: str | None,
    ) -> None:
        self._faults = faults
        self._request = request
        self._observer = observer
        self._project = project
        self._operation = operation
        self._task = task

    @property
    def is_idle(self) -> bool:
        """True when the answer stays as it is; the answer to HEAD always does."""
        return self._faults.is_idle("answer") or self._request.method == "HEAD"

    async def altered(self, draft: Draft) -> web.StreamResponse | None:
        """Return the answer as the faults will have it, maybe under way already; None when none acted."""
        if not self._apply(draft):
            return None
        return await deliver(self._request, self._observer, draft)

    def head(self, headers: "CIMultiDict[str]", status: int) -> int:
        """Alter the head of an answer whose body is written elsewhere; return its status."""
        if self.is_idle:
            return status
        draft = Draft(status=status, headers=headers)
        self._apply(draft)
        return draft.status

    def about(self, code: str | None = None) -> FaultContext:
        """Return what a fault is told of the request, and of the `code` of its refusal."""
        return FaultContext(
            operation=self._operation,
            method=self._request.method,
            path=self._request.rel_url.raw_path,
            task=self._task,
            code=code,
        )

    def _apply(self, draft: Draft) -> bool:
        about = self.about(draft.code)
        draft.is_last = not self._request.keep_alive
        has_acted = False
        self._rehearse(draft, about)
        for armed in self._faults.matching("answer", self._project, about):
            if ANSWER_EFFECTS[armed.spec.fault.effect](draft, armed.params):
                self._faults.count(armed, about, self._project)
                has_acted = True
        return has_acted

    def _rehearse(self, draft: Draft, about: FaultContext) -> None:
        """Tell what would act; a hang-up is noticed by whoever asks again on the connection alone."""

        def acts(spec: FaultSpec) -> bool:
            return not _hangs_up(spec) and _would_act(draft, spec)

        self._faults.rehearse("answer", self._project, about, acts)
        connection = self._request.transport
        if connection is None:
            return
        if (tell := _ANSWERED.pop(connection, None)) is not None:
            tell(_hangs_up)
        later = self._faults.rehearse_later("answer", self._project, about)
        if later is not None and not draft.is_last:
            _ANSWERED[connection] = later
