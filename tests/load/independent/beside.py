"""The load tests and the second client on one target at one time, their figures side by side.

`python -m tests.load.independent.beside --streams 500 --others 500 --seconds 60 [--fault ID[,NAME=VALUE…] …]`
"""

import argparse
import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.process import MockProcess
from tests.load.independent.client import Client, follow_on, hold
from tests.load.independent.figures import Figures, compare, of_held, quantile
from tests.load.process import ROOT, Loaded, Locust, write_workload

EACH = 100
"""Streams of one user of ours, and of ten tasks."""
READERS = 2
PROMPT = "Count slowly from 1 to 20, 10 numbers per second"
DROPS, STAY = 2, 0.5
AFTER = 8.0
"""Seconds that our run goes on after the second client has left: none of its last moments are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`streams` are ours, `others` the second client's; times in seconds."""

    streams: int
    others: int
    seconds: float
    period: float
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Our run, and what the second client saw."""

    ours: Loaded
    other: Figures


async def side_by_side(asked: Asked, folder: Path) -> Beside:
    """Start a target with the faults, load it with both, stop it."""
    (folder / "mock").mkdir()
    flags = [flag for fault in asked.faults for flag in ("--fault", fault)]
    with MockProcess(
        folder / "mock", "--log-level", "warning", "--heartbeat", f"{asked.period:g}", *flags
    ) as target:
        ours = asyncio.create_task(asyncio.to_thread(_load, asked, folder, target))
        try:
            client = Client(target.url, target.key)
            async with asyncio.TaskGroup() as group:
                held = group.create_task(hold(client, asked.others, EACH // 10, asked.seconds))
                followed = [
                    group.create_task(follow_on(client, PROMPT, DROPS, STAY, asked.seconds))
                    for _ in range(READERS)
                ]
        finally:
            loaded = await ours
    figures = of_held(held.result(), asked.period)
    for each in followed:
        compare(figures, each.result())
    return Beside(loaded, figures)


def _load(asked: Asked, folder: Path, target: MockProcess) -> Loaded:
    users = max(1, asked.streams // EACH)
    readers = {"prompts": [PROMPT], "drops": DROPS, "stay": {"least": STAY, "most": STAY}}
    workload = write_workload(
        folder / "workload.yaml",
        {
            "StreamUser": {"weight": users, "streams": min(EACH, asked.streams)},
            "ReconnectUser": {"weight": READERS, **readers},
        },
        warm_up=asked.seconds / 2,
    )
    everybody = str(users + READERS)
    seconds = asked.seconds + AFTER
    return Locust(folder, seconds + 120)(
        *("--workload", str(workload), "--slo", str(ROOT / "load" / "slo.yaml")),
        *("-u", everybody, "-r", str(max(2, users // 4)), "-t", f"{seconds:g}s"),
        *("--heartbeat-period", f"{asked.period:g}", "--exit-code-on-error", "0"),
        *("StreamUser", "ReconnectUser"),
        url=target.url,
        key=target.key,
    )


def rows(both: Beside) -> list[tuple[str, float | None, float | None]]:
    """Return every measure that both have: its name, ours, the other's; times in seconds."""
    distributions: dict[str, Any] = both.ours.report["distributions"]
    other = both.other

    def ours(name: str, statistic: str) -> float | None:
        return distributions.get(name, {}).get(statistic)

    found: list[tuple[str, float | None, float | None]] = [
        ("streams opened", both.ours.count("streams_opened"), other.streams),
        ("streams cut", both.ours.count("streams_cut"), other.cut),
        ("heartbeats", both.ours.count("heartbeats"), other.beats),
        ("heartbeats missed", both.ours.count("heartbeats_missed"), other.missed),
    ]
    for what, name, values in (
        ("lateness", "heartbeat_lateness", other.late),
        ("gap", "heartbeat_gap", other.gaps),
        ("own lag", "client_lag", other.lag),
    ):
        for statistic, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0)):
            found.append((f"{what} {statistic}, s", ours(name, statistic), quantile(values, share)))
    return [
        *found,
        ("connections compared", both.ours.count("connections_checked"), other.compared),
        ("events lost", both.ours.count("events_lost"), other.lost),
        ("events doubled", both.ours.count("events_doubled"), other.doubled),
    ]


def render(both: Beside) -> str:
    """Return the table, and how our run ended."""
    lines = [f"{'':24}{'load tests':>12}{'second client':>15}"]
    for what, ours, other in rows(both):
        left, right = ("-" if value is None else f"{value:.4g}" for value in (ours, other))
        lines.append(f"{what:24}{left:>12}{right:>15}")
    broken = ", ".join(both.ours.verdicts("broken")) or "nothing"
    return "\n".join(
        [*lines, f"load tests: exit code {both.ours.code}, broken: {broken}", *both.ours.failures]
    )


def main() -> None:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.independent.beside", description=__doc__)
    parser.add_argument("--streams", type=int, default=500, help="of the load tests (500)")
    parser.add_argument("--others", type=int, default=500, help="of the second client (500)")
    parser.add_argument("--seconds", type=float, default=60.0, help="that both listen at one time (60)")
    parser.add_argument("--heartbeat", type=float, default=15.0, help="seconds (15)")
    parser.add_argument("--fault", action="append", default=[], help="as with sigmic-mock")
    parsed = parser.parse_args()
    asked = Asked(
        streams=parsed.streams,
        others=parsed.others,
        seconds=parsed.seconds,
        period=parsed.heartbeat,
        faults=tuple(parsed.fault),
    )
    with tempfile.TemporaryDirectory() as folder:
        print(render(asyncio.run(side_by_side(asked, Path(folder)))))  # noqa: T201 - what the command is for


if __name__ == "__main__":
    main()
