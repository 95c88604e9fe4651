"""Faults that alter one complete answer, after the mock has checked it."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from weakref import WeakKeyDictionary

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.faults.dry_run import Acts
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.trigger import FaultContext
from sigmic_mock.faults.wire.answers import alter
from sigmic_mock.faults.wire.delivery import deliver
from sigmic_mock.faults.wire.drafts import Draft
from sigmic_mock.http.context import RequestContext

_ANSWERED: WeakKeyDictionary[asyncio.BaseTransport, Callable[[Acts], None]] = WeakKeyDictionary()
"""By connection, the function to call, in a dry run, when another request follows its last answer."""


def _hangs_up(spec: FaultSpec) -> bool:
    return bool(spec.params.get("hang_up"))


def _would_act(draft: Draft, spec: FaultSpec) -> bool:
    return alter(spec.fault.effect, deepcopy(draft), spec.params)


class AnswerFaults:
    """Alters the answer to one request."""

    def __init__(self, faults: Faults, ctx: RequestContext) -> None:
        self._faults = faults
        self._ctx = ctx

    async def altered(self, draft: Draft) -> web.StreamResponse | None:
        """Return the answer as altered, maybe already being sent; None if no fault acted."""
        if not self._apply(draft):
            return None
        return await deliver(self._ctx.request, self._ctx.observer, draft)

    def head(self, headers: "CIMultiDict[str]", status: int) -> int:
        """Alter the head of an answer whose body is written elsewhere; return its status."""
        draft = Draft(status=status, headers=headers)
        if self._ctx.method != "HEAD":
            self._apply(draft)
        return draft.status

    def about(self, code: str | None = None) -> FaultContext:
        """Return the context for a fault: the request, and the `code` of its refusal."""
        return FaultContext(
            operation=None if self._ctx.matched is None else self._ctx.name,
            method=self._ctx.request.method,
            path=self._ctx.request.rel_url.raw_path,
            task=self._ctx.task,
            code=code,
        )

    def _apply(self, draft: Draft) -> bool:
        about = self.about(draft.code)
        draft.is_last = not self._ctx.request.keep_alive
        has_acted = False
        self._dry_run(draft, about)
        for armed in self._faults.matching("answer", self._ctx.project_id, about):
            if alter(armed.spec.fault.effect, draft, armed.params):
                self._faults.count(armed, about, self._ctx.project_id)
                has_acted = True
        return has_acted

    def _dry_run(self, draft: Draft, about: FaultContext) -> None:
        """Record which faults would act; only the next request on the connection shows a hang-up."""

        def acts(spec: FaultSpec) -> bool:
            return not _hangs_up(spec) and _would_act(draft, spec)

        self._faults.occasion("answer", about, self._ctx.project_id)(acts)
        connection = self._ctx.request.transport
        if connection is None:
            return
        if (confirm := _ANSWERED.pop(connection, None)) is not None:
            confirm(_hangs_up)
        if not draft.is_last:
            _ANSWERED[connection] = self._faults.occasion("answer", about, self._ctx.project_id)
