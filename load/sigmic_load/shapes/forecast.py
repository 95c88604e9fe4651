"""What a run can show at most, known before its first user: the plan printed at the start. Pure."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sigmic_load.settings.workload import Workload
from sigmic_load.shapes.plans import Plan, Ramp, Steady, Steps, Storm
from sigmic_spec.plural import plural


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Times in seconds. `judged` is the judged part of `lasts` if every stream opens immediately."""

    users: int
    rise: float
    lasts: float
    judged: float
    streams: int
    period: float

    @property
    def heartbeats(self) -> int:
        """The heartbeats of one stream while the target is judged."""
        return int(self.judged / self.period)

    def lines(self) -> Iterator[str]:
        """Yield the plan as text."""
        users, streams = plural(self.users, "user"), plural(self.streams, "idle stream")
        yield f"plan: {users} in {self.rise:.0f} s, {streams}"
        yield f"  judged: at most {self.judged:.0f} of {self.lasts:.0f} s"
        if self.streams:
            yield f"  heartbeats: {self.heartbeats} per stream, one every {self.period:g} s{self._too_few()}"

    def _too_few(self) -> str:
        if self.heartbeats:
            return ""
        return f"; for one, add {math.ceil(self.period - self.judged)} s to --run-time"


@dataclass(frozen=True, slots=True)
class Running:
    """A user class that runs: its weight, and the streams that one of its users holds."""

    weight: float
    streams: int = 0


def forecast(
    plan: Plan, workload: Workload, classes: Collection[Running], period: float, asked: float | None
) -> Forecast:
    """Return the forecast of a plan. `classes` are those that run, `asked` is --run-time."""
    users, rise, lasts = _course(plan)
    lasts = min(lasts, asked or math.inf)
    judged = plan.hold if isinstance(plan, Steps) else lasts - rise - workload.settle
    weights = sum(it.weight for it in classes) or 1
    return Forecast(
        users=users,
        rise=rise,
        lasts=lasts,
        judged=max(0.0, judged),
        streams=sum(round(users * it.weight / weights) * it.streams for it in classes),
        period=period,
    )


def _course(plan: Plan) -> tuple[int, float, float]:
    """Return the users, the seconds until all have started, and the seconds in all."""
    match plan:
        case Steady():
            return plan.users, plan.users / plan.rate, plan.seconds
        case Ramp():
            return plan.users, plan.seconds, plan.seconds + plan.hold
        case Storm():
            return plan.users, plan.users / plan.rate, plan.every * (plan.waves + 1)
        case Steps():
            steps = 1 + (plan.most - plan.start) // plan.step
            return plan.most, plan.most / plan.rate, steps * (plan.settle + plan.hold)
        case _:
            raise TypeError(f"no forecast of a {type(plan).__name__}")
