"""The options that `locust -f load/locustfile.py` adds to Locust's own. None of them is a credential."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sigmic_load.settings import workload
from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.streams.rhythm import PERIOD
from sigmic_load.verdicts import objectives
from sigmic_spec.arguments import as_argument
from sigmic_spec.units import read_seconds

SHAPES = ("steady", "ramp", "step", "soak", "storm")
KEY_VARIABLE = "SIGMIC_API_KEY"
RESERVED = frozenset({"id", "quantile", "verdict", "state"})
"""Labels that metrics already have."""
_LABEL = re.compile(r"([a-z][a-z0-9_]{0,62})=([!-~]{1,200})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Locust's own options about users and time; None if not given on the command line."""

    users: int | None
    rate: float | None
    seconds: float | None


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add our options to Locust's parser."""
    group = parser.add_argument_group("sigmic load tests", f"The API key is read from {KEY_VARIABLE}.")
    group.add_argument(
        "--shape",
        choices=SHAPES,
        default="steady",
        help="load shape; its parameters are in the workload file",
    )
    group.add_argument("--workload", metavar="FILE", default=str(workload.DEFAULT), help="workload file")
    group.add_argument("--slo", metavar="FILE", default=str(objectives.DEFAULT), help="the objectives")
    group.add_argument(
        "--load-report", metavar="FOLDER", default="", help="write load.json and load.html there"
    )
    group.add_argument(
        "--heartbeat-period",
        metavar="TIME",
        type=as_argument(read_seconds),
        default=PERIOD,
        help="of the target's streams; the platform's is 15",
    )
    group.add_argument(
        "--load-metrics-port",
        metavar="PORT",
        type=int,
        default=None,
        help="expose live Prometheus metrics on this loopback port",
    )
    group.add_argument(
        "--no-stream-events",
        action="store_true",
        help="leave the openings and heartbeats of streams out of Locust's own statistics",
    )
    group.add_argument(
        "--label",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="put a label on the report and on every metric, for example region=eu; may be repeated",
    )
    group.add_argument(
        "--i-may-load-test-this-host",
        metavar="NAME",
        default="",
        help="the exact host name of a target that is not this machine",
    )
    for action in group._group_actions:  # noqa: SLF001 - a group of argparse does not tell them otherwise
        action.include_in_web_ui = False  # type: ignore[attr-defined]  # Locust's: the page can't change them


def asked_of(parsed: argparse.Namespace) -> Asked:
    """Return Locust's own --users, --spawn-rate and --run-time."""
    return Asked(users=parsed.num_users, rate=parsed.spawn_rate, seconds=parsed.run_time)


def labels_of(texts: Sequence[str]) -> Mapping[str, str]:
    """Return the labels by name, sorted; raises `BadFile`."""
    labels: dict[str, str] = {}
    for text in texts:
        found = _LABEL.fullmatch(text)
        if found is None:
            raise BadFile(f"--label {text!r}: write NAME=VALUE, NAME of a-z, 0-9 and _, VALUE without spaces")
        name, value = found.groups()
        if name in RESERVED or name in labels:
            raise BadFile(f"--label {text}: the name {name} is taken; choose another")
        labels[name] = value
    return dict(sorted(labels.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Our options of a run."""

    shape: str
    workload: Path
    slo: Path
    report: Path | None
    period: float
    permitted_host: str
    has_stream_events: bool
    metrics_port: int | None
    asked: Asked
    labels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parsed: argparse.Namespace) -> "Options":
        """Return our options from all that Locust parsed."""
        return cls(
            shape=parsed.shape,
            workload=Path(parsed.workload),
            slo=Path(parsed.slo),
            report=Path(parsed.load_report) if parsed.load_report else None,
            period=parsed.heartbeat_period,
            permitted_host=parsed.i_may_load_test_this_host,
            has_stream_events=not parsed.no_stream_events,
            metrics_port=parsed.load_metrics_port,
            asked=asked_of(parsed),
            labels=labels_of(parsed.label),
        )
