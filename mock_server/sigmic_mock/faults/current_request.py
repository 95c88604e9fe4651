"""The request being answered, as far as a fault or a situation asks about it; a run belongs to its message's.

It is recorded only while a fault is armed. All work for the request finds it, and so does the run that it
starts: both are of its context.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sigmic_mock.domain.model import Principal, Task
from sigmic_mock.faults.sent_message import SentMessage

if TYPE_CHECKING:
    from sigmic_mock.http.context import RequestContext
    from sigmic_mock.service.sessions import Session

SENDING = frozenset({"create_task", "send_message"})
"""The operations that send a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How its task was when a request arrived."""

    messages: int
    state: str | None
    is_over: bool


@dataclass(slots=True, kw_only=True)
class CurrentRequest:
    """One request."""

    ctx: "RequestContext | None" = None
    operation: str | None = None
    task: str | None = None
    run_project: str | None = None
    caller: str | None = None
    arrival: Arrival | None = None
    sent: SentMessage = field(default_factory=SentMessage)
    body: Any = None
    """Its JSON value, set once it was read, even if it is invalid."""
    page: str | None = None
    is_coming: bool = False
    """It opens a stream that its task's timeline does not show yet."""
    in_run: bool = False
    """True once events belong to the run that the request started, no longer to the request."""

    @property
    def sends(self) -> bool:
        """True for a request that sends a message."""
        return self.operation in SENDING

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers that are known at this point."""
        return {} if self.ctx is None else self.ctx.request.headers

    @property
    def project(self) -> str | None:
        """The project of the run, or of the request once it is known."""
        if self.in_run:
            return self.run_project
        return None if self.ctx is None else self.ctx.project_id


_CURRENT: ContextVar[CurrentRequest | None] = ContextVar("current request", default=None)


def current_request() -> CurrentRequest:
    """Return the request being answered, or whose run is running; if none is recorded, an empty one."""
    return _CURRENT.get() or CurrentRequest(in_run=True)


@contextmanager
def track_request(ctx: "RequestContext | None" = None) -> Iterator[CurrentRequest]:
    """Context manager: track a request that is being answered, with no details known yet."""
    request = CurrentRequest(ctx=ctx)
    token = _CURRENT.set(request)
    try:
        yield request
    finally:
        _CURRENT.reset(token)


def continue_in_run(session: "Session") -> None:
    """From here on, in this context, a run of this session acts: call it where a run begins."""
    run = replace(current_request(), in_run=True, run_project=session.project_id, task=session.task_id)
    _CURRENT.set(run)


def caller_of(principal: Principal, *, by_header: bool, task: Task | None) -> str | None:
    """Return the value of `caller`; `by_header` is True if the key came as `Authorization`.

    None for an end user and a task that belongs to no end user of the same app.
    """
    if task is not None and task.project_id != principal.project_id:
        return "other_project"
    if not principal.is_end_user:
        return "bearer" if by_header else "api_key"
    if task is None or task.end_user_id == principal.end_user_id:
        return "end_user"
    return "other_end_user" if task.app_id == principal.app_id and task.end_user_id else None


def page_of(*, shown: int, limit: int, offset: int, total: int) -> str:
    """Return the value of `page`: where in the list a page lies."""
    if offset >= total > 0:
        return "beyond"
    if shown < limit:
        return "last"
    return "exact" if offset + shown >= total else "inside"
