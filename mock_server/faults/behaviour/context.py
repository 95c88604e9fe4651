"""A request that may meet faults: it asks for them, and hands out misbehaving readers and senders."""

from dataclasses import dataclass
from functools import partial

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.accounts import FaultyAccounts
from sigmic_conformance.mock_server.faults.behaviour.downloads import FaultyFileSender
from sigmic_conformance.mock_server.faults.behaviour.event_stream import FaultyEventStream
from sigmic_conformance.mock_server.faults.behaviour.fields import FaultyBodyReader
from sigmic_conformance.mock_server.faults.behaviour.tasks import FaultyTasks
from sigmic_conformance.mock_server.faults.behaviour.tool_runner import FaultyToolRunner
from sigmic_conformance.mock_server.faults.choice import FaultInjecting
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.situation import Situations
from sigmic_conformance.mock_server.faults.wire.answer_faults import AnswerFaults
from sigmic_conformance.mock_server.faults.wire.stream import FaultyStream, Outlet
from sigmic_conformance.mock_server.http.context import RequestContext, Services
from sigmic_conformance.mock_server.http.downloads import FileSender
from sigmic_conformance.mock_server.http.event_stream import EventStream
from sigmic_conformance.mock_server.http.fields import BodyReader
from sigmic_conformance.mock_server.ports import Background, Subscriber
from sigmic_conformance.mock_server.service.tasks import CreateTask
from sigmic_conformance.mock_server.storage.uploads import Received


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyServices(Services):
    """What every request works with, the faults, and what they need of the service layer."""

    faults: Faults
    situations: Situations
    accounts: FaultyAccounts
    tasks: FaultyTasks
    tools: FaultyToolRunner
    background: Background
    """Owns what a fault does after the answer."""


@dataclass(slots=True, kw_only=True)
class FaultyContext(FaultInjecting, RequestContext, always={"subscriber"}):
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

    @property
    def may_fault(self) -> bool:
        faults = self.services.faults
        return not faults.is_at_rest if self.project_id is None else faults.may_act(self.project_id)

    def body(self) -> BodyReader:
        self.reader = FaultyBodyReader(
            self.request,
            self.operation,
            self.services.document,
            self.services.uploads,
            self.observer,
            asker=self.asker(),
            half_done=partial(_half_do, self),
        )
        return self.reader

    def files(self) -> FileSender:
        return FaultyFileSender(self.request, self.headers, self.asker(), self.answer_faults())

    def subscriber(self, stream: EventStream) -> Subscriber:
        if not isinstance(stream, FaultyEventStream):
            raise TypeError("an honest stream cannot send what faults make of it")
        return self.faulty_stream(stream, stream)

    def faulty_stream(self, stream: EventStream, outlet: Outlet) -> FaultyStream:
        """Return what stands between the service and `stream`; what faults make of it goes to `outlet`."""
        faulty = FaultyStream(
            outlet, self.services.faults, self.clock, project=self.caller.project_id, task=self.task_id
        )
        stream.ended.add_done_callback(lambda _ended: faulty.close())
        return faulty


async def _half_do(ctx: FaultyContext, leaves: str, received: Received) -> None:
    """Do half of what a request asked for that was refused: `leaves` is `task`, `message` or `files`."""
    tasks, fields = ctx.services.tasks, dict(received.fields)
    text = fields.get("message", "")
    if ctx.operation.operation_id == "create_task":
        prompt = fields.get("systemPrompt")
        await tasks.create(ctx.caller, CreateTask(message=text, system_prompt=prompt, upload=received.upload))
    elif leaves == "files":
        await tasks.keep_refused_files(ctx.task_id, received.upload)
    else:
        await tasks.keep_refused_message(ctx.task_id, text)
