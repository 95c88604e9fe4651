"""State shared by the drivers of a run: rate limiter, stream timeouts, finished tasks, exchange observer."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sigmic_conformance.traffic.closing import Closing
from sigmic_conformance.traffic.finished_tasks import FinishedTasks
from sigmic_conformance.traffic.pace import Pace
from sigmic_conformance.wire.transcript import Exchange


@dataclass(frozen=True, slots=True)
class Conduct:
    """`see` is called with each exchange when it is recorded, on its own event loop."""

    pace: Pace = field(default_factory=Pace)
    closing: Closing = field(default_factory=Closing)
    finished: FinishedTasks = field(default_factory=FinishedTasks)
    see: Callable[[Exchange], None] = lambda _: None
