"""A run for tests."""

from pathlib import Path

from sigmic_load.measures.recorder import Recorder
from sigmic_load.run.options import Asked, Options
from sigmic_load.run.run import Run
from sigmic_load.settings import workload
from sigmic_load.streams.own_lag import OwnLag
from sigmic_load.verdicts import objectives


def made(report: Path | None = None, *, metrics_port: int | None = None, **labels: str) -> Run:
    """Return a run before its start, with the default workload and objectives."""
    recorder = Recorder()
    options = Options(
        shape="steady",
        workload=workload.DEFAULT,
        slo=objectives.DEFAULT,
        report=report,
        period=15.0,
        permitted_host="",
        metrics_port=metrics_port,
        asked=Asked(users=None, rate=None, seconds=None),
        labels=labels,
    )
    return Run(
        options=options,
        workload=workload.Workload.read(),
        objectives=objectives.read_objectives(),
        headers={},
        recorder=recorder,
        lag=OwnLag(recorder),
    )
