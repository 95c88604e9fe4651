"""One load test in one process: its options, what users need, and what they measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from weakref import WeakKeyDictionary

from locust.env import Environment

from sigmic_conformance.load.measures.recorder import Numbers, Recorder, Wire
from sigmic_conformance.load.measures.timeline import Reading
from sigmic_conformance.load.run.options import Options
from sigmic_conformance.load.settings.workload import Workload
from sigmic_conformance.load.streams.own_lag import OwnLag
from sigmic_conformance.load.verdicts.objectives import Objective


@dataclass(slots=True, kw_only=True)
class Run:
    """Shared by all users of the process."""

    options: Options
    workload: Workload
    objectives: tuple[Objective, ...]
    headers: Mapping[str, str]
    """The credential of every request."""
    recorder: Recorder
    lag: OwnLag
    random: Random = field(default_factory=Random)
    wave: int = 0
    """Grows when all held streams are to be dropped."""
    is_over: bool = False
    """Users open nothing any more; what they hold is let go."""
    readings: list[Reading] = field(default_factory=list)
    """What the target told of itself."""
    window: Numbers = field(default_factory=Numbers)
    """The numbers at the beginning of the step that is being judged."""
    window_streams: int = 0
    """The streams open then."""
    workers: dict[str, Wire] = field(default_factory=dict)
    """What each worker says it measured in all, by its name; only a master has some."""
    began: float = 0.0
    """Epoch time of the start; 0 before it."""
    answer: str = ""
    """What the step shape found."""


_RUNS: WeakKeyDictionary[Environment, Run] = WeakKeyDictionary()


def begin_run(environment: Environment, run: Run) -> None:
    """Bind a run to Locust's environment."""
    _RUNS[environment] = run


def run_of(environment: Environment) -> Run:
    """Return the run of an environment; raises KeyError before it began."""
    return _RUNS[environment]
