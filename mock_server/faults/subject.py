"""Which project and task something belongs to: what an armed fault and its trigger are compared with."""

from dataclasses import dataclass, replace
from functools import singledispatch

from sigmic_conformance.mock_server.domain.access import Scope
from sigmic_conformance.mock_server.domain.model import Principal, Task
from sigmic_conformance.mock_server.faults.current_request import current_request
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.event_stream import EventStream
from sigmic_conformance.mock_server.http.handlers.stream import TaskStream
from sigmic_conformance.mock_server.http.handlers.tokens import TokenExchange
from sigmic_conformance.mock_server.service.approvals import Approvals
from sigmic_conformance.mock_server.service.run import Run
from sigmic_conformance.mock_server.service.sessions import Session
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from sigmic_conformance.mock_server.service.tool_calls import ToolCalls
from sigmic_conformance.mock_server.service.turn import RunningTurn
from sigmic_conformance.mock_server.service.turn_events import TurnEvents


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A project and a task, None if unknown; and the operation of the request, None in a run."""

    project: str | None = None
    task: str | None = None
    operation: str | None = None

    def context(self, code: str | None) -> FaultContext:
        """Return what a trigger is compared with."""
        return FaultContext(task=self.task, operation=self.operation, code=code)


@singledispatch
def subject_of_thing(_thing: object) -> Subject | None:
    """Return the project and task that a thing belongs to; None if it belongs to none."""
    return None


@subject_of_thing.register(Principal)
@subject_of_thing.register(Scope)
def _(of: Principal | Scope) -> Subject:
    return Subject(project=of.project_id)


@subject_of_thing.register
def _(of: Task) -> Subject:
    return Subject(project=of.project_id, task=of.id)


@subject_of_thing.register
def _(of: CachedTask) -> Subject:
    return Subject(project=of.task.project_id, task=of.task.id)


@subject_of_thing.register
def _(of: Session) -> Subject:
    return Subject(project=of.project_id, task=of.task_id)


@subject_of_thing.register(Run)
@subject_of_thing.register(RunningTurn)
@subject_of_thing.register(Approvals)
@subject_of_thing.register(ToolCalls)
def _(of: Run | RunningTurn | Approvals | ToolCalls) -> Subject | None:
    return subject_of_thing(of._session)


@subject_of_thing.register
def _(of: TurnEvents) -> Subject | None:
    return subject_of_thing(of._cached)


@subject_of_thing.register
def _(of: EventStream) -> Subject:
    return Subject(project=of.project_id, task=of.task_id, operation="stream_task")


@subject_of_thing.register
def _(of: RequestContext) -> Subject:
    operation = None if of.matched is None else of.matched.operation_id
    return Subject(project=of.project_id, task=of.task, operation=operation)


@subject_of_thing.register(TaskStream)
@subject_of_thing.register(TokenExchange)
def _(of: TaskStream | TokenExchange) -> Subject | None:
    return subject_of_thing(of.ctx)


def subject_of_call(instance: object, given: tuple[object, ...]) -> Subject:
    """Return what a call of a step is about, by its object, its arguments and the current request or run."""
    found = [subject for each in (instance, *given) if (subject := subject_of_thing(each)) is not None]
    best = next((each for each in found if each.task is not None), found[0] if found else None)
    current = current_request()
    if current is None:
        return best or Subject()
    operation = None if current.in_run else current.operation
    if best is None or best.project is None:
        return Subject(project=current.project, task=current.task, operation=operation)
    is_same = best.project == current.project
    return replace(
        best,
        task=current.task if best.task is None and is_same else best.task,
        operation=best.operation or operation,
    )
