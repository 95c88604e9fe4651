"""The settings of a run: made and checked once by the master, and sent to its workers with the start."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from sigmic_load.run.options import Options
from sigmic_load.settings.checked_yaml import BadFile, bytes_of
from sigmic_load.settings.workload import Workload, check_files, digest, read_workload
from sigmic_load.verdicts.objectives import Objective, objectives_of, read_slo

VERSION = version("sigmic-load")
MOST_UNMEASURED = 0.05
"""The share of the judged seconds that one process may fail to measure. One second is always allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What every process of a run does and judges by."""

    shape: str
    period: float
    permitted_host: str
    has_stream_events: bool
    workload: Workload
    objectives: tuple[Objective, ...]
    most_unmeasured: float
    workload_digest: str
    slo_digest: str

    @classmethod
    def of_wire(cls, wire: Mapping[str, Any], code: str = "") -> Self:
        """Return the settings of `settings_wire`. Raises `BadFile` if this process can't run them.

        `code` is the hash of the locust files that this worker loaded.
        """
        if wire["version"] != VERSION:
            raise BadFile(f"this worker has sigmic-load {VERSION}, its master {wire['version']}")
        if code and wire.get("code", code) != code:
            raise BadFile("this worker has other locust files than its master: copy those of the master")
        workload = Workload.of(wire["workload"])
        check_files(workload)
        return cls(
            shape=wire["shape"],
            period=wire["period"],
            permitted_host=wire["permitted_host"],
            has_stream_events=wire["stream_events"],
            workload=workload,
            objectives=objectives_of(wire["slo"]),
            most_unmeasured=float(wire["slo"].get("most_unmeasured", MOST_UNMEASURED)),
            workload_digest=digest(wire["workload"]),
            slo_digest=digest(wire["slo"]),
        )


def settings_wire(options: Options, classes: Collection[str] = ()) -> dict[str, Any]:
    """Read and check the files of the options; return the settings as plain values. Raises `BadFile`.

    `classes` are the loaded user classes.
    """
    return {
        "version": VERSION,
        "shape": options.shape,
        "period": options.period,
        "permitted_host": options.permitted_host,
        "stream_events": options.has_stream_events,
        "workload": read_workload(options.workload, classes),
        "slo": read_slo(options.slo, classes),
    }


def code_digest(files: Iterable[str]) -> str:
    """Return a hash of the locust files of this process; empty if there are none."""
    hashes = sorted(sha256(bytes_of(Path(each))).hexdigest() for each in files if Path(each).is_file())
    return sha256("".join(hashes).encode()).hexdigest()[:16] if hashes else ""
