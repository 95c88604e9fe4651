"""The Locust shape that follows a plan of `shapes`, chosen by --shape."""

from dataclasses import asdict
from typing import ClassVar

from locust import LoadTestShape
from locust.env import Environment
from locust.runners import MasterRunner

from sigmic_load.measures.recorder import Phase
from sigmic_load.run.kinds import kinds, streams_of
from sigmic_load.run.options import Asked, asked_of
from sigmic_load.run.run import Run, run_of
from sigmic_load.shapes.forecast import Running, forecast
from sigmic_load.shapes.judged_window import JudgedWindow
from sigmic_load.shapes.plans import Level, Plan, Steps, answer, plan_for
from sigmic_load.shapes.step_window import begin_window, judge_window, lateness_limit


class SigmicShape(LoadTestShape):
    """Queries its plan every second. --users, --spawn-rate and --run-time override the workload's numbers."""

    use_common_options: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Locust is typed in part only
        self._plan: Plan | None = None
        self._window = JudgedWindow(patience=0.0)

    def reset_time(self) -> None:
        """Start over, on request of the web interface."""
        super().reset_time()  # type: ignore[no-untyped-call]  # see above
        self._plan = None

    def tick(self) -> tuple[int, float] | None:
        run = run_of(self._environment)
        asked, settings = self._asked(run), run.settings
        if self._plan is None:
            self._plan = self._make_plan(run, asked)
            self._tell(run, self._plan, asked)
            # A step settles before it is held, so its window does not wait for streams.
            workload = settings.workload
            waits = (0.0, 0.0) if isinstance(self._plan, Steps) else (workload.warm_up, workload.settle)
            self._window = JudgedWindow(*waits)
        seconds = self.get_run_time()  # type: ignore[no-untyped-call]  # see above
        level = self._plan.at(seconds)
        if isinstance(self._plan, Steps):
            run.answer = answer(self._plan.stands, lateness_limit(settings.objectives))
        if level is None or (asked.seconds and seconds >= asked.seconds):
            run.has_ended = True
            return None
        if run.recorder.phase is not Phase.LEAVING:  # a master waits for its workers before it ends its shape
            self._send_wave(run, level)
            self._mind_window(run, level, seconds)
        return level.users, level.rate

    def _mind_window(self, run: Run, level: Level, seconds: float) -> None:
        runner = self._environment.runner
        if runner is None:
            return
        counts = (
            runner.reported_user_classes_count
            if isinstance(runner, MasterRunner)
            else runner.user_classes_count
        )
        running = sum(counts.values())
        run.most_users = max(run.most_users, running)
        run.started |= {name for name, count in counts.items() if count}
        workload = run.settings.workload
        wanted = sum(
            counts.get(each.__name__, 0) * streams_of(each, workload)
            for each in self._environment.user_classes
        )
        run.most_asked = max(run.most_asked, level.users)
        if running <= level.users:  # else a worker that returned has users that were assigned to others
            run.most_streams = max(run.most_streams, wanted)
        is_judged = self._window.look(
            seconds,
            is_rising=level.is_rising,
            has_users=running >= level.users,
            has_streams=run.recorder.streams_open >= wanted,
        )
        phase = Phase.JUDGED if is_judged else Phase.RISING
        if phase is not run.recorder.phase:
            run.enter(phase)
            if isinstance(runner, MasterRunner):
                runner.send_message("load_phase", {"phase": phase.value})

    def _asked(self, run: Run) -> Asked:
        environment = self._environment
        # Locust writes its own defaults into the options after the start. Only its page changes them later.
        if environment.web_ui is None or environment.parsed_options is None:
            return run.options.asked
        return asked_of(environment.parsed_options)

    def _make_plan(self, run: Run, asked: Asked) -> Plan:
        return plan_for(
            run.settings.shape,
            run.settings.workload.shapes,
            asked,
            begin=lambda: begin_window(run),
            stand=lambda: judge_window(run, self._ran()),
        )

    def _tell(self, run: Run, plan: Plan, asked: Asked) -> None:
        workload = run.settings.workload
        classes = [
            Running(each.weight, streams_of(each, workload)) for each in self._environment.user_classes
        ]
        found = forecast(plan, workload, classes, run.settings.period, asked.seconds)
        planned = asdict(found) | {"heartbeats": found.heartbeats}
        if planned != run.planned:  # Locust creates the plan twice
            print("\n".join(found.lines()), flush=True)  # noqa: T201 - for the one at the terminal
        run.planned = planned

    def _ran(self) -> list[str]:
        return kinds(self._environment.user_classes)

    @property
    def _environment(self) -> Environment:
        if self.runner is None:
            raise RuntimeError("Locust gives a shape its runner before it asks it")
        return self.runner.environment

    def _send_wave(self, run: Run, level: Level) -> None:
        if level.wave == run.wave:
            return
        run.drop_all(level.wave)
        if isinstance(self.runner, MasterRunner):
            self.runner.send_message("load_wave", {"wave": level.wave})
