"""Decide whether an authorised caller's read was refused. Pure.

Other refusals concern the request itself: a parameter, a header, too many requests.
"""

from sigmic_conformance.model.observation.seen import NO_ORIGIN, Seen
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.statuses import AWAITING, COMPLETED, FAILED, RUNNING

_BEGUN = frozenset({RUNNING, AWAITING, COMPLETED, FAILED})
DENIALS = frozenset({403, 404, 409, 410})
"""Statuses that say that the task is the reason (RFC 9110); refused credentials have their own rows."""


def has_begun(seen: Seen) -> bool:
    """Whether the agent was known to have started a task before a request.

    Before that there may be neither a conversation nor a workspace (X-14, G-82).
    """
    task = seen.task
    if task is None:
        return False
    told = any(each.status in _BEGUN and each.ended <= seen.began for each in task.statuses)
    return told or any(event.at < seen.began for stream in task.streams for event in stream.live)


def not_refused(seen: Seen) -> Findings:
    """The owner of a created task gets neither a denial nor a "not found".

    Whether a token needs an origin is open (G-90).
    """
    task, exchange = seen.task, seen.exchange
    if exchange.code == NO_ORIGIN:
        return
    if task is None or task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    if exchange.succeeded or exchange.status in DENIALS:
        known = f"the task is the caller's own, created by {task.creation.exchange.label}"
        yield says(exchange.succeeded, known, summary(exchange))
