"""Ends a run of any shape when an objective with `abort_after` is broken."""

import logging
from collections.abc import Iterable

import gevent
from locust.env import Environment

from sigmic_load.conduct.publishing import judge_now
from sigmic_load.conduct.watch import Watch, end_early
from sigmic_load.measures.clock import now
from sigmic_load.run.run import Run
from sigmic_load.verdicts.objectives import Outcome, Verdict

log = logging.getLogger(__name__)
EVERY = 1.0
"""Seconds between two checks."""


class AbortWatch(Watch):
    """Checks the objectives regularly; at least one has `abort_after`."""

    def __init__(self, environment: Environment, run: Run) -> None:
        self._environment = environment
        self._run = run

    def _watch(self) -> None:
        run = self._run
        while not run.is_over:
            gevent.sleep(EVERY)
            judged = judge_now(self._environment, run)
            seconds = sum(end - start for start, end in judged.spans)
            if (broken := to_abort(judged.outcomes, seconds)) and not run.is_over:
                after = f"ended after {now() - run.began:.0f} s"
                run.has_ended = True  # so it was asked
                run.gaps.append(f"{after}, as asked, because {broken.objective.id} was broken")
                log.error("%s: %s", after, broken.line)
                # In a new greenlet, because the end of the run kills this one.
                gevent.spawn(end_early, self._environment)
                return


def to_abort(outcomes: Iterable[Outcome], judged: float) -> Outcome | None:
    """Return the objective that ends a run after `judged` judged seconds; None if none does."""
    for outcome in outcomes:
        after = outcome.objective.abort_after
        if outcome.verdict is Verdict.BROKEN and after is not None and judged >= after:
            return outcome
    return None
