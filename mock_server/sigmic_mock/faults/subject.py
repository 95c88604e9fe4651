"""The project and task of an occasion: the trigger of an armed fault is compared with them."""

from dataclasses import dataclass, replace

from sigmic_mock.domain.access import Scope
from sigmic_mock.domain.model import Principal, Task
from sigmic_mock.faults.current_request import current_request
from sigmic_mock.faults.trigger import FaultContext
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.event_stream import EventStream
from sigmic_mock.http.handlers.stream import TaskStream
from sigmic_mock.http.handlers.tokens import TokenExchange
from sigmic_mock.service.approvals import Approvals
from sigmic_mock.service.running_turn import RunningTurn
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.task_cache import CachedTask
from sigmic_mock.service.tool_calls import ToolCalls
from sigmic_mock.service.turn_actions import TurnActions
from sigmic_mock.service.turn_events import TurnEvents


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A project and a task, None if unknown; and the operation of the request, None in a run."""

    project: str | None = None
    task: str | None = None
    operation: str | None = None

    def context(self, code: str | None) -> FaultContext:
        """Return the context that a trigger is compared with."""
        return FaultContext(task=self.task, operation=self.operation, code=code)


_OWNERS: dict[type, str] = {
    **dict.fromkeys((RunningTurn, TurnActions, Approvals, ToolCalls), "_session"),
    **dict.fromkeys((TaskStream, TokenExchange), "ctx"),
    TurnEvents: "_cached",
    CachedTask: "task",
}
"""By class, the attribute that has the object's project and task."""


def subject_of_thing(thing: object) -> Subject | None:
    """Return the project and task of an object; None if it has none."""
    while type(thing) in _OWNERS:
        thing = getattr(thing, _OWNERS[type(thing)])
    match thing:
        case Principal() | Scope():
            return Subject(project=thing.project_id)
        case Task():
            return Subject(project=thing.project_id, task=thing.id)
        case Session():
            return Subject(project=thing.project_id, task=thing.task_id)
        case EventStream():
            return Subject(project=thing.project_id, task=thing.task_id, operation="stream_task")
        case RequestContext():
            operation = None if thing.matched is None else thing.matched.operation_id
            return Subject(project=thing.project_id, task=thing.task, operation=operation)
        case _:
            return None


def subject_of_call(instance: object, given: tuple[object, ...]) -> Subject:
    """Return the subject of a call, by its object, its arguments and the current request or run."""
    found = [subject for each in (instance, *given) if (subject := subject_of_thing(each)) is not None]
    best = next((each for each in found if each.task is not None), found[0] if found else None)
    current = current_request()
    operation = None if current.in_run else current.operation
    if best is None or best.project is None:
        return Subject(project=current.project, task=current.task, operation=operation)
    is_same = best.project == current.project
    return replace(
        best,
        task=current.task if best.task is None and is_same else best.task,
        operation=best.operation or operation,
    )
