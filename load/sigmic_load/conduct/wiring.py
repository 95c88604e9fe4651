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
from sigmic_load.conduct.early_checks import ASKED_WRONGLY, TOLD
from sigmic_load.conduct.even_dispatcher import EvenDispatcher
from sigmic_load.conduct.live import show_live
from sigmic_load.conduct.preflight import obstacle
from sigmic_load.conduct.publishing import publish
from sigmic_load.conduct.revocation import watch_key
from sigmic_load.conduct.single_stop import stop_once
from sigmic_load.conduct.standing import StandingWatch
from sigmic_load.conduct.workers import connect_master, connect_worker
from sigmic_load.measures.recorder import WAITED, Recorder
from sigmic_load.run.kinds import kind_of, kinds, loaded_classes
from sigmic_load.run.options import KEY_VARIABLE, Options
from sigmic_load.run.run import Run, begin_run
from sigmic_load.run.settings import Settings, code_digest, settings_wire
from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.settings.extra_headers import VARIABLE as EXTRA_VARIABLE
from sigmic_load.settings.extra_headers import read_headers, secrets_of
from sigmic_load.streams.own_lag import OwnLag, relax_collector
from sigmic_load.verdicts.conclusion import CANNOT_BE_LOADED_EXIT, WITHOUT_ANSWER_EXIT, worst

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
    events, runner = environment.events, environment.runner
    if not isinstance(runner, WorkerRunner):
        weigh(environment, run.settings.workload.weights)
    if runner is not None:
        stop_once(runner, run.leave)
    events.request.add_listener(lambda **request: record_request(run.recorder, request))
    events.test_start.add_listener(lambda **_: _started(run))
    if isinstance(runner, WorkerRunner):
        events.test_start.add_listener(lambda environment, **_: _follow_master(environment, run))
        connect_worker(environment, runner, run)
    elif isinstance(runner, MasterRunner):
        environment.dispatcher_class = partial(EvenDispatcher, is_member=run.is_member)  # type: ignore[assignment]  # Locust only calls it
        connect_master(environment, runner, run)
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
    if any(it.abort_after is not None for it in run.settings.objectives):
        watch = AbortWatch(environment, run)
        events.test_start.add_listener(lambda **_: watch.start())
        events.test_stop.add_listener(lambda **_: watch.stop())
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
    """Take the settings that the master sent with its start; refuse to run with other code or other files."""
    try:
        told: dict[str, Any] = vars(environment.parsed_options).get(TOLD, {"version": "another version"})
        run.told = Settings.of_wire(told, code_digest(environment.parsed_locustfiles or ()))
    except BadFile as problem:
        assert environment.runner is not None  # noqa: S101 - a worker has one
        environment.runner.send_message("load_refused", {"why": str(problem)})
        gevent.sleep(0)  # the message leaves
        _refuse(str(problem))


def _run(environment: Environment) -> Run:
    if environment.parsed_options is None:
        _refuse("this file is for the command `locust`")
    options, parsed = Options.of(environment.parsed_options), vars(environment.parsed_options)
    told = None
    if not isinstance(environment.runner, WorkerRunner):
        wire = parsed.get(TOLD) or settings_wire(options, kinds(loaded_classes()))
        told = Settings.of_wire(wire)
        # Locust sends the options of a master with each start.
        parsed[TOLD] = wire | {"code": code_digest(environment.parsed_locustfiles or ())}
    key = os.environ[KEY_VARIABLE]
    extra = read_headers(os.environ.get(EXTRA_VARIABLE, ""))
    recorder = Recorder(hidden=(key, *secrets_of(extra)))
    return Run(
        options=options,
        told=told,
        headers={**extra, "Authorization": f"Bearer {key}"},
        recorder=recorder,
        lag=OwnLag(recorder),
    )


def _refuse(problem: str, code: int = ASKED_WRONGLY) -> NoReturn:
    print(f"locust: {problem}", file=sys.stderr)  # noqa: T201 - a refusal is for the one at the terminal
    raise SystemExit(code)


def weigh(environment: Environment, weights: Mapping[str, int]) -> None:
    """Give classes the workload's weights, unless they have their own. One that is named always runs."""
    named = getattr(environment.parsed_options, "user_classes", None) or []
    for user_class in environment.user_classes:
        has_own = "weight" in vars(user_class)
        weight = user_class.weight if has_own else weights.get(kind_of(user_class), user_class.weight)
        user_class.weight = max(weight, 1) if user_class.__name__ in named else weight
    environment.user_classes = [each for each in environment.user_classes if each.weight]


def record_request(recorder: Recorder, request: Mapping[str, Any]) -> None:
    """Record one request from Locust's event, whose `response_time` is exact, in milliseconds."""
    if request["request_type"] == "SSE":
        return  # the stream's reader measures it
    teller = recorder.of(request.get("context", {}).get("user", ""))
    teller.count("requests")
    name, seconds = _TIMES.get(request["name"], ""), (request["response_time"] or 0) / 1000
    has_answer = bool(getattr(request.get("response"), "status_code", 0))
    if request.get("exception") is not None:
        teller.count("requests_failed", seconds=None if has_answer else seconds)
        if name and not has_answer and seconds >= WAITED:
            teller.sample(name, seconds)  # the answer would have taken longer
    elif name and request["response_time"] is not None:
        teller.sample(name, seconds)


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
