"""The request that is being answered, as far as a situation asks about it; a run belongs to its message's.

It is noted only while some armed fault is confined to a situation. Whatever works for the request finds it,
and so does the run that it starts: both are of its context.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from sigmic_conformance.mock_server.domain.model import Principal, Task
from sigmic_conformance.mock_server.faults.sent_message import SentMessage

SENDING = frozenset({"create_task", "send_message"})
"""The operations that send a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """How its task was when a request arrived."""

    messages: int
    state: str | None
    is_over: bool


@dataclass(slots=True, kw_only=True)
class RequestInHand:
    """One request."""

    operation: str | None = None
    task: str | None = None
    caller: str | None = None
    arrival: Arrival | None = None
    sent: SentMessage = field(default_factory=SentMessage)
    page: str | None = None
    is_coming: bool = False
    """It opens a stream that its task's timeline does not tell of yet."""
    in_run: bool = False
    """What happens is of the run that it has started, no longer of the request."""

    @property
    def sends(self) -> bool:
        """True for a request that sends a message."""
        return self.operation in SENDING


_IN_HAND: ContextVar[RequestInHand | None] = ContextVar("request in hand", default=None)


def in_hand() -> RequestInHand | None:
    """Return the request that is being answered, or whose run is at work; None when it is not noted."""
    return _IN_HAND.get()


@contextmanager
def taking() -> Iterator[RequestInHand]:
    """Inside, a request is in hand of which nothing is known yet."""
    request = RequestInHand()
    token = _IN_HAND.set(request)
    try:
        yield request
    finally:
        _IN_HAND.reset(token)


def go_on_in_run() -> None:
    """From here on, in this context, it is the run that acts: call it where a run begins."""
    request = _IN_HAND.get()
    if request is not None:
        _IN_HAND.set(replace(request, in_run=True))


def caller_of(principal: Principal, *, by_header: bool, task: Task | None) -> str | None:
    """Return the value of `caller`; `by_header` says that the key came as `Authorization`.

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
