"""Binds a run to Locust's events: what starts when, and what is handed over at the end."""

import os
import signal
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from sigmic_load.conduct.abort import AbortWatch
from sigmic_load.conduct.early_checks import ASKED_WRONGLY
from sigmic_load.conduct.even_dispatcher import EvenDispatcher
from sigmic_load.conduct.live import show_live
from sigmic_load.conduct.preflight import obstacle
from sigmic_load.conduct.publishing import publish
from sigmic_load.conduct.revocation import watch_key
from sigmic_load.conduct.single_stop import stop_once
from sigmic_load.conduct.standing import StandingWatch
from sigmic_load.conduct.target_metrics import TargetMetrics
from sigmic_load.conduct.watch import Watch
from sigmic_load.conduct.workers import connect_master, connect_worker
from sigmic_load.measures.recorder import Phase, Recorder
from sigmic_load.run.options import KEY_VARIABLE, Options
from sigmic_load.run.run import Run, begin_run
from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.settings.extra_headers import VARIABLE as EXTRA_VARIABLE
from sigmic_load.settings.extra_headers import read_headers, secrets_of
from sigmic_load.settings.workload import Workload
from sigmic_load.streams.own_lag import OwnLag, relax_collector
from sigmic_load.verdicts.conclusion import CANNOT_BE_LOADED_EXIT, WITHOUT_ANSWER_EXIT, worst
from sigmic_load.verdicts.fitness import read_most_unmeasured
from sigmic_load.verdicts.objectives import read_objectives

_TIMES = {
    "create_task": "create",
    "send_message": "send_message",
    "get_task": "get_task",
    "list_tasks": "list_tasks",
}


def wire(environment: Environment, **_: Any) -> None:
    """Start a run in this process. If it was requested wrongly, end the process with one line."""
    try:
        run = _run(environment)
    except BadFile as problem:
        _refuse(str(problem))
    begin_run(environment, run)
    weigh(environment, run.workload.weights)
    events, runner = environment.events, environment.runner
    if runner is not None:
        stop_once(runner)
    events.request.add_listener(lambda **request: record_request(run.recorder, request))
    events.test_start.add_listener(lambda **_: _started(run))
    if isinstance(runner, WorkerRunner):
        events.test_start.add_listener(lambda environment, **_: _follow_master(environment, run))
        connect_worker(environment, runner, run)
    elif isinstance(runner, MasterRunner):
        environment.dispatcher_class = partial(EvenDispatcher, is_member=run.is_member)  # type: ignore[assignment]  # Locust only calls it
        connect_master(environment, runner, run)
    else:
        events.test_stopping.add_listener(lambda **_: run.enter(Phase.LEAVING))
    watch_key(environment, run)
    if not isinstance(runner, MasterRunner):  # a master runs no users
        standing = StandingWatch(run)
        for watch in (run.lag, standing):
            events.test_start.add_listener(lambda watch=watch, **_: watch.start())
            events.test_stop.add_listener(lambda watch=watch, **_: watch.stop())
    if not isinstance(runner, WorkerRunner):
        if environment.host and (found := obstacle(environment.host, run.headers)):
            _refuse(found, CANNOT_BE_LOADED_EXIT)
        _lead(environment, run)


def _lead(environment: Environment, run: Run) -> None:
    """Do what is done once per run, not by every worker: watch the target and publish the result.

    The web interface may start several runs in sequence. Each has a separate report.
    """
    try:
        shown = show_live(environment, run)
    except (OSError, OverflowError) as problem:
        _refuse(f"--load-metrics-port {run.options.metrics_port}: {problem}")
    if shown is not None:
        environment.events.quit.add_listener(lambda **_: shown.shutdown())
    events = environment.events
    watches: list[Watch] = [TargetMetrics(environment, run)]
    if any(it.abort_after is not None for it in run.objectives):
        watches.append(AbortWatch(environment, run))
    for watch in watches:
        events.test_start.add_listener(lambda watch=watch, **_: watch.start())
        events.test_stop.add_listener(lambda watch=watch, **_: watch.stop())
    events.test_stop.add_listener(lambda environment, **_: publish(environment, run))
    events.quitting.add_listener(lambda environment, **_: finish(environment, run))
    if environment.runner is not None and environment.web_ui is None:
        # Locust itself minds SIGTERM only after a shape has ended, and Ctrl+C with a traceback at times.
        for number in (signal.SIGINT, signal.SIGTERM):
            gevent.signal_handler(number, end, environment.runner, run)


def _started(run: Run) -> None:
    relax_collector()
    run.begin()


def _follow_master(environment: Environment, run: Run) -> None:
    """Use the master's options in this worker. Their files must exist on the worker's machine too."""
    if environment.parsed_options is None:
        return
    run.options = Options.of(environment.parsed_options)
    try:
        run.workload = Workload.read(run.options.workload)
    except BadFile as problem:
        _refuse(f"the master's workload can't be read here: {problem}")


def _run(environment: Environment) -> Run:
    if environment.parsed_options is None:
        _refuse("this file is for the command `locust`")
    options = Options.of(environment.parsed_options)
    key = os.environ[KEY_VARIABLE]
    extra = read_headers(os.environ.get(EXTRA_VARIABLE, ""))
    recorder = Recorder(hidden=(key, *secrets_of(extra)))
    return Run(
        options=options,
        workload=Workload.read(options.workload),
        objectives=read_objectives(options.slo),
        most_unmeasured=read_most_unmeasured(options.slo),
        headers={**extra, "Authorization": f"Bearer {key}"},
        recorder=recorder,
        lag=OwnLag(recorder),
    )


def _refuse(problem: str, code: int = ASKED_WRONGLY) -> NoReturn:
    print(f"locust: {problem}", file=sys.stderr)  # noqa: T201 - a refusal is for the one at the terminal
    raise SystemExit(code)


def weigh(environment: Environment, weights: Mapping[str, int]) -> None:
    """Give the user classes the workload's weights. A class named on the command line always runs."""
    named = getattr(environment.parsed_options, "user_classes", None) or []
    for user_class in environment.user_classes:
        weight = weights.get(user_class.__name__, user_class.weight)
        user_class.weight = max(weight, 1) if user_class.__name__ in named else weight
    environment.user_classes = [each for each in environment.user_classes if each.weight]


def record_request(recorder: Recorder, request: Mapping[str, Any]) -> None:
    """Record one request from Locust's event, whose `response_time` is exact, in milliseconds."""
    if request["request_type"] == "SSE":
        return  # the stream's reader measures it
    teller = recorder.of(request.get("context", {}).get("user", ""))
    teller.count("requests")
    if request.get("exception") is not None:
        teller.count("requests_failed", seconds=(request["response_time"] or 0) / 1000)
    elif request["name"] in _TIMES and request["response_time"] is not None:
        teller.sample(_TIMES[request["name"]], request["response_time"] / 1000)


def end(runner: Runner, run: Run) -> None:
    """End the run, and thereby the process. If no run has started, end only the process."""
    runner.quit()
    if not run.began:
        _refuse("ended before the run started", WITHOUT_ANSWER_EXIT)


def finish(environment: Environment, run: Run) -> None:
    """Give the process the exit code of its runs, when the result of the last one is published."""
    if environment.runner is not None:
        environment.runner.stop()
    if run.exit_codes:
        environment.process_exit_code = worst(run.exit_codes)
