"""A request that may meet faults: it asks for them, and hands out misbehaving readers and senders."""

from dataclasses import dataclass
from functools import partial

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.downloads import FaultyFileSender
from sigmic_conformance.mock_server.faults.behaviour.fields import FaultyBodyReader
from sigmic_conformance.mock_server.faults.behaviour.refused_uploads import RefusedUploads
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.wire.answer_faults import AnswerFaults
from sigmic_conformance.mock_server.http.context import RequestContext, Services
from sigmic_conformance.mock_server.http.downloads import FileSender
from sigmic_conformance.mock_server.http.fields import BodyReader
from sigmic_conformance.mock_server.ports import Background


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyServices(Services):
    """What every request works with, and the faults."""

    faults: Faults
    background: Background
    """Owns what a fault does after the answer."""


@dataclass(slots=True, kw_only=True)
class FaultyContext(RequestContext):
    """A request that may meet faults."""

    services: FaultyServices
    reader: FaultyBodyReader | None = None
    """Who reads its body, as soon as somebody does."""

    @classmethod
    def of(cls, ctx: RequestContext) -> "FaultyContext":
        """Return a request as what it is when faults are on."""
        if not isinstance(ctx, FaultyContext):
            raise TypeError("a request that knows no faults has come to a faulty handler")
        return ctx

    def asker(self, project_id: str | None = None) -> Asker:
        """Return who asks for the faults of this request; `project_id` while its project is not known yet."""
        return Asker(
            self.services.faults,
            project_id or self.project_id,
            task=self.task,
            operation=None if self.matched is None else self.matched.operation_id,
        )

    def answer_faults(self) -> AnswerFaults:
        """Return what alters the answer of this request."""
        return AnswerFaults(
            self.services.faults,
            self.request,
            self.observer,
            project=self.project_id,
            operation=self.operation.operation_id,
            task=self.task,
        )

    # A dataclass with slots is made anew, which `super()` would not know.

    def body(self) -> BodyReader:
        if self.services.faults.is_at_rest:
            return RequestContext.body(self)
        asker = self.asker()
        salvage = partial(
            RefusedUploads,
            asker,
            self.platform.tasks,
            self.principal,
            task_id=self.task,
            creates=self.operation.operation_id == "create_task",
        )
        self.reader = FaultyBodyReader(
            self.request,
            self.operation,
            self.services.document,
            self.services.uploads,
            self.observer,
            asker=asker,
            salvage=salvage,
        )
        return self.reader

    def files(self) -> FileSender:
        if self.services.faults.is_at_rest:
            return RequestContext.files(self)
        return FaultyFileSender(self.request, self.headers, self.asker(), self.answer_faults())
