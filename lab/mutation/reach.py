"""Record which probes execute which line of a platform, and the answers of an unchanged platform to them.

Probes run one at a time, against a server that records its lines (coverage.py) under the name of the probe.
A few such servers run in parallel, because a probe mostly waits. Lines in other processes, as in sandboxes,
are not recorded: a module without recorded lines is reached by every probe that reaches its package.
"""

import os
import signal
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import coverage

from lab.mutation.copies import Copy
from lab.mutation.traffic import Traffic
from sigmic_conformance.wire.transcript import Transcript

SERVERS = 4
SETTLE_SECONDS = 0.2
"""Effects of a probe continue for this long."""
NOTED_SECONDS = 20.0
LOOK_SECONDS = 0.01
START = "start"
NOTING = """
import os, signal
if os.environ.get("REACH"):
    import coverage
    place = os.environ["REACH"]
    only = [os.environ["REACH_OF"] + "/*"]
    noted = coverage.Coverage(data_file=place + "/data", include=only, config_file=False)
    noted.start()
    noted.switch_context("start")

    def turn(*_):
        with open(f"{place}/context") as file:
            name = file.read()
        if name:
            noted.switch_context(name)
        else:
            noted.stop()
            noted.save()
        os.replace(f"{place}/context", f"{place}/done")

    signal.signal(signal.SIGUSR1, turn)
    with open(f"{place}/pid", "w") as file:
        file.write(str(os.getpid()))
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """The probes that execute each line of each module, by its path from the root of the repository."""

    by_line: Mapping[tuple[str, int], frozenset[str]]

    def of(self, path: str, lines: Iterable[int]) -> frozenset[str]:
        """Return the probes that execute one of these lines.

        If a line runs only at the start, every probe of the module counts. If it runs in another process,
        every probe of the package counts.
        """
        found = frozenset[str]().union(*(self.by_line.get((path, line), frozenset()) for line in lines))
        if found - {START}:
            return found - {START}
        if found or not self._noted(path):
            near = path if self._noted(path) else path.rpartition("/")[0]
            return frozenset[str]().union(
                *(probes for (other, _), probes in self.by_line.items() if other.startswith(near))
            ) - {START}
        return frozenset()

    def _noted(self, path: str) -> bool:
        return any(other == path and probes - {START} for (other, _), probes in self.by_line.items())


def reach(platform: str) -> tuple[Reach, dict[str, Transcript]]:
    """Run every probe and journey alone; record which lines each executes, and its transcript."""
    with tempfile.TemporaryDirectory(prefix="reach-") as place:
        with Copy.of(platform, Path(place) / "first").served() as (profile, _):
            cost = Traffic(profile).cost
        longest = sorted(cost, key=lambda name: -cost[name])
        shares = [longest[number::SERVERS] for number in range(SERVERS)]
        with ProcessPoolExecutor(SERVERS) as pool:
            parts = list(pool.map(_walked, [platform] * SERVERS, shares))
    by_line: dict[tuple[str, int], frozenset[str]] = {}
    transcripts: dict[str, Transcript] = {}
    for lines, recorded in parts:
        transcripts |= recorded
        for place_, probes in lines.items():
            by_line[place_] = by_line.get(place_, frozenset()) | probes
    return Reach(by_line), transcripts


def _walked(
    platform: str, probes: Sequence[str]
) -> tuple[dict[tuple[str, int], frozenset[str]], dict[str, Transcript]]:
    """Run some of the probes in sequence against one server."""
    with tempfile.TemporaryDirectory(prefix="reach-") as name:
        copy = Copy.of(platform, Path(name) / "copy")
        (copy.folder / "sitecustomize.py").write_text(NOTING)
        place = Path(name) / "place"
        place.mkdir()
        recorded: dict[str, Transcript] = {}
        with copy.served(REACH=str(place), REACH_OF=str(copy.file(""))) as (profile, accounts):
            traffic = Traffic(profile)
            for probe in probes:
                _turned(place, probe)
                recorded |= traffic.record(profile, accounts, [probe])
                time.sleep(SETTLE_SECONDS)
            _turned(place, "")
        return _lines(place / "data", copy.file("")), recorded


def _turned(place: Path, context: str) -> None:
    """Let the server record the next lines under another name; without a name, let it save its record."""
    (place / "done").unlink(missing_ok=True)
    (place / "draft").write_text(context)
    (place / "draft").rename(place / "context")
    os.kill(int((place / "pid").read_text()), signal.SIGUSR1)
    deadline = time.monotonic() + NOTED_SECONDS
    while not (place / "done").exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server does not note {context!r}")
        time.sleep(LOOK_SECONDS)


def _lines(data: Path, root: Path) -> dict[tuple[str, int], frozenset[str]]:
    found = coverage.CoverageData(str(data))
    found.read()
    return {
        (str(Path(name).relative_to(root)), line): frozenset(contexts)
        for name in found.measured_files()
        for line, contexts in found.contexts_by_lineno(name).items()
    }
