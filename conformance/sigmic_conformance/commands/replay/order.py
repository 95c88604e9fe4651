"""The order of resent exchanges: a request waits for those that were over before it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_conformance.wire.transcript import Exchange

LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Resend:
    """An exchange, the numbers of those that must be over first, and the seconds to wait after them."""

    exchange: Exchange
    after: tuple[int, ...]
    pause: float


def resends(exchanges: Sequence[Exchange], last: int, *, of_its_task: bool = False) -> tuple[Resend, ...]:
    """What to send to reach the exchange of this number; exchanges that were retried are left out.

    With `of_its_task`, only exchanges about the task of that exchange are sent. Pauses keep their recorded
    length: an agent may have worked during them.
    """
    wanted = next(each for each in exchanges if each.number == last)
    sent = [each for each in exchanges if not each.transient and each.started <= wanted.started]
    if of_its_task and wanted.task:
        sent = [each for each in sent if wanted.task in {each.task, each.fields.get("id")}]
    sent.sort(key=lambda each: each.started)
    found = []
    for each in sent:
        over = [other for other in sent if other.ended and other.ended <= each.started]
        began = max([other.ended for other in over], default=sent[0].started)
        pause = min(LONGEST_PAUSE, max(0, each.started - began) / 1e9)
        found.append(Resend(each, tuple(other.number for other in over), round(pause, 3)))
    return tuple(found)
