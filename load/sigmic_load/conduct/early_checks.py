"""Refuse an invalid start early: before Locust forks, binds a port or opens its page.

For some of these, Locust itself would exit with 1 or a traceback, or fail only after the run.
"""

import math
import os
import socket
import ssl
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from sigmic_load.report.files import FILES
from sigmic_load.run.kinds import kinds, loaded_classes
from sigmic_load.run.options import KEY_VARIABLE, Options
from sigmic_load.run.settings import settings_wire
from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.settings.extra_headers import VARIABLE, read_headers
from sigmic_load.settings.permitted_target import refusal
from sigmic_spec.nearest import hint_of_known

ASKED_WRONGLY = 2
MOST_USERS = 100_000
LONGEST_PERIOD = 3600.0
LOOPBACK = "127.0.0.1"
TOLD = "sigmic_settings"
"""The name of the settings among Locust's options."""
_LAST_PORT = 65535


def check_early(parser: ArgumentParser, **_: Any) -> None:
    """Let the parser refuse invalid options in one line. Locust has no event after it has parsed."""
    parse: Callable[..., Namespace] = parser.parse_args

    def refuse(message: str) -> NoReturn:
        parser.exit(ASKED_WRONGLY, f"locust: {message}\n")

    def checked(*args: Any, **kwargs: Any) -> Namespace:
        parsed = parse(*args, **kwargs)
        only_shows = parsed.list_commands or parsed.show_task_ratio or parsed.show_task_ratio_json
        if not only_shows and (problem := first_problem(parsed, os.environ)):
            refuse(problem)
        return parsed

    parser.parse_args = checked  # type: ignore[assignment]  # see above
    parser.error = refuse  # type: ignore[method-assign]  # argparse would print the usage as well


def first_problem(parsed: Namespace, environ: Mapping[str, str]) -> str:
    """Return what is wrong with a command line and its environment, in one line; empty if nothing is."""
    try:
        return next(_problems(parsed, environ), "")
    except BadFile as problem:
        return str(problem)


def _problems(parsed: Namespace, environ: Mapping[str, str]) -> Iterator[str]:
    yield from _credential(environ)
    read_headers(environ.get(VARIABLE, ""))
    yield from _roles(parsed)
    yield from _numbers(parsed)
    yield from _classes(parsed.user_classes or ())
    options = Options.of(parsed)
    if getattr(parsed, "otel", False) and not all(map(find_spec, ("opentelemetry", "opentelemetry.sdk"))):
        yield "--otel needs the OpenTelemetry SDK: pip install 'locust[otel]'"
    if parsed.worker:
        return  # the target, files and ports of the master count
    yield from _target(parsed, environ)
    yield from _tags(parsed)
    vars(parsed)[TOLD] = settings_wire(options, kinds(loaded_classes()))
    yield from _locusts_files(parsed)
    if parsed.load_report:
        yield from _folder(Path(parsed.load_report))
    yield from _ports(parsed)


def _credential(environ: Mapping[str, str]) -> Iterator[str]:
    key = environ.get(KEY_VARIABLE, "")
    if not key:
        yield f"no credential: put an API key of the target into the variable {KEY_VARIABLE}"
    elif not key.isascii() or not key.isprintable() or " " in key:
        yield f"{KEY_VARIABLE} has a space, a line break or non-ASCII: put only the key there"


def _roles(parsed: Namespace) -> Iterator[str]:
    if parsed.master and parsed.worker:
        yield "--master and --worker exclude each other: start a process for each"
    if parsed.processes is not None and (parsed.processes < -1 or parsed.processes == 0):
        yield f"--processes {parsed.processes}: give a number of processes from 1, or -1 for one per core"
    if parsed.processes and parsed.worker:
        yield "--worker and --processes exclude each other: start a worker for each core"
    if parsed.class_picker:
        yield "--class-picker would remove the shape that judges: name the classes on the command line"
    if parsed.processes and parsed.master:
        yield "--master and --processes exclude each other: --processes starts its own master"


def _numbers(parsed: Namespace) -> Iterator[str]:
    yield from wrong_load(parsed.num_users, parsed.spawn_rate)
    period = parsed.heartbeat_period
    if parsed.run_time is not None and not 0 < parsed.run_time < math.inf:
        yield f"--run-time {parsed.run_time:g}: give a time above 0, for example 60s or 10m"
    users, rate = parsed.num_users or 1, parsed.spawn_rate or 1
    if parsed.shape == "steady" and parsed.run_time and users / rate >= parsed.run_time:
        yield (
            f"nothing can be judged: {users} users take {users / rate:.0f} s to start, and the run lasts "
            f"{parsed.run_time:g} s"
        )
    if not 0 < period <= LONGEST_PERIOD:
        yield f"--heartbeat-period {period:g}: give seconds, above 0 and up to {LONGEST_PERIOD:g}"


def wrong_load(users: float | None, rate: float | None) -> Iterator[str]:
    """Yield what is wrong with a number of users and their start rate per second; None if not given."""
    if users is not None and not 1 <= users <= MOST_USERS:
        yield f"--users {users:g}: give a number from 1 to {MOST_USERS}"
    if rate is not None and not 0 < rate <= MOST_USERS:
        yield f"--spawn-rate {rate:g}: give users per second, above 0 and up to {MOST_USERS}"


def _classes(named: tuple[str, ...]) -> Iterator[str]:
    known = sorted(each.__name__ for each in loaded_classes())
    for name in named:
        if name not in known:
            yield f"unknown user class {name}{hint_of_known(name, known)}"


def _tags(parsed: Namespace) -> Iterator[str]:
    wanted, unwanted = set(parsed.tags or ()), set(parsed.exclude_tags or ())
    for each in loaded_classes() if wanted or unwanted else ():
        if parsed.user_classes and each.__name__ not in parsed.user_classes:
            continue
        tags: list[set[str]] = [getattr(task, "locust_tag_set", set()) for task in each.tasks]
        if not any((not wanted or wanted & its) and not unwanted & its for its in tags):
            option = "--tags" if wanted else "--exclude-tags"
            yield f"{option} {' '.join(sorted(wanted or unwanted))} leaves {each.__name__} without a task"


def _locusts_files(parsed: Namespace) -> Iterator[str]:
    """Locust writes these after the run."""
    for option, name in (
        ("--html", parsed.html_file),
        ("--csv", parsed.csv_prefix),
        ("--json-file", getattr(parsed, "json_file", None)),
    ):
        if name and not Path(name).absolute().parent.is_dir():
            yield f"{option} {name}: there is no folder {Path(name).absolute().parent}"


def _target(parsed: Namespace, environ: Mapping[str, str]) -> Iterator[str]:
    if not parsed.host and not parsed.headless:
        return  # the web page will ask for it
    problem = refusal(parsed.host, parsed.i_may_load_test_this_host)
    if problem:
        yield problem
    authority = environ.get("SSL_CERT_FILE", "")
    if authority and parsed.host.startswith("https:"):
        try:
            ssl.create_default_context(cafile=authority)
        except OSError as error:
            yield f"SSL_CERT_FILE {authority}: {error.strerror or 'no certificates in it'}"


def _folder(folder: Path) -> Iterator[str]:
    try:
        for name in FILES:
            if (folder / name).is_dir():
                yield f"--load-report {folder}: {name} in it is a folder"
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
        if not there.is_dir():
            yield f"--load-report {folder}: {there} is a file, not a folder"
        with TemporaryDirectory(prefix=".load-", dir=there):
            pass  # it can be written
    except (OSError, ValueError) as error:
        yield f"--load-report {folder}: {getattr(error, 'strerror', None) or error}"


def _ports(parsed: Namespace) -> Iterator[str]:
    asked = []
    if parsed.load_metrics_port is not None:
        asked.append(("--load-metrics-port", LOOPBACK, parsed.load_metrics_port))
    if parsed.master or parsed.processes:
        asked.append(("--master-bind-port", parsed.master_bind_host, parsed.master_bind_port))
    if not parsed.headless:
        asked.append(("--web-port", parsed.web_host, parsed.web_port))
    for option, host, port in asked:
        if not 0 <= port <= _LAST_PORT:
            yield f"{option} {port}: give a port from 0 to {_LAST_PORT}"
            continue
        try:
            socket.create_server(("" if host == "*" else host, port)).close()
        except OSError as error:
            other = "--master-port and --master-bind-port" if "master" in option else option
            yield f"{option} {port}: {error.strerror or error}; give another run another {other}"
