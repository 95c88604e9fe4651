"""A run for tests."""

from pathlib import Path

from sigmic_load.measures.recorder import Recorder
from sigmic_load.run.options import Asked, Options
from sigmic_load.run.run import Run
from sigmic_load.run.settings import Settings, settings_wire
from sigmic_load.settings import workload
from sigmic_load.streams.own_lag import OwnLag
from sigmic_load.verdicts import objectives


def options(report: Path | None = None, *, metrics_port: int | None = None, **labels: str) -> Options:
    """Return the options of a steady run of the default workload and objectives."""
    return Options(
        shape="steady",
        workload=workload.DEFAULT,
        slo=objectives.DEFAULT,
        report=report,
        period=15.0,
        permitted_host="",
        has_stream_events=True,
        metrics_port=metrics_port,
        asked=Asked(users=None, rate=None, seconds=None),
        labels=labels,
    )


def made(report: Path | None = None, *, metrics_port: int | None = None, **labels: str) -> Run:
    """Return a run before its start, with the default workload and objectives."""
    recorder = Recorder()
    asked = options(report, metrics_port=metrics_port, **labels)
    return Run(
        options=asked,
        told=Settings.of_wire(settings_wire(asked)),
        headers={},
        recorder=recorder,
        lag=OwnLag(recorder),
    )
