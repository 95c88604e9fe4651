"""Measure how cost grows with the work: `python -m tools.bench growth [--quick] [--plots FOLDER]`.

Streams that are open, tasks in the database, messages of a conversation. Cost is the server's processor time;
each series gets the slope of its logarithms (1 is linear) and a plot. Exit code 1 when one is worse.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_conformance.load.report.plots import Axis, Series, line_plot
from tools.bench.children import mock
from tools.bench.fit import LINEAR, slope, worst_step
from tools.bench.history import open_cost
from tools.bench.idle_streams import hold, waiting_task
from tools.bench.listing import PAGE
from tools.bench.seeding import fill, task_id
from tools.bench.wire import TASKS, get, many

_TURNS = 3
_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#57606a}.grid{stroke:#d0d7de}.tick,.axis{stroke:#57606a}"
    ".line{fill:none;stroke-width:2}.line.a{stroke:#0969da}.line.b{stroke:#bc4c00}"
    "circle.a{fill:#0969da}circle.b{fill:#bc4c00}rect.paper{fill:#fff}</style>"
    '<rect class="paper" width="640" height="300"/>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Points of work and cost. `name` is also the name of a file."""

    name: str
    work: str
    cost: str
    unit: str
    points: list[tuple[float, float]]
    least: float = 1.0
    """Points with less work are not fitted: there the fixed cost hides the growth."""

    @property
    def fitted(self) -> list[tuple[float, float]]:
        """Return the points that the slope is computed from."""
        return [point for point in self.points if point[0] >= self.least]

    @property
    def is_linear(self) -> bool:
        """Return whether the cost grows at most as fast as the work."""
        return slope(self.fitted) <= LINEAR

    def line(self) -> str:
        """Return the result as one line."""
        told = ", ".join(f"{work:,.0f}: {cost:,.4g}" for work, cost in self.points)
        return (
            f"{self.name}: slope {slope(self.fitted):.2f} (steepest step {worst_step(self.fitted):.2f});"
            f" {self.cost}, {self.unit}, by {self.work}: {told}"
        )

    def plot(self) -> str:
        """Return an SVG file."""
        series = Series(name=self.name, points=self.points, dots=True)
        up = Axis(label=self.cost, unit=self.unit, logarithmic=True)
        drawn = line_plot([series], Axis(label=self.work, logarithmic=True), up)
        head, _, rest = drawn.partition(">")
        return f'{head} xmlns="http://www.w3.org/2000/svg">{_STYLE}{rest}\n'


async def streams(sizes: list[int]) -> list[Growth]:
    """Hold N streams with a heartbeat every 2 s, on a new server each time."""
    cpu: list[tuple[float, float]] = []
    late: list[tuple[float, float]] = []
    for count in sizes:
        async with mock("--heartbeat=2") as server:
            held = await hold(server, await waiting_task(server), count, 2.0)
        cpu.append((count, held.cpu_share * 100))
        late.append((count, held.lateness_p99_ms))
    return [
        Growth(name=name, work="open streams", cost=cost, unit=unit, points=points, least=300)
        for name, cost, unit, points in (
            ("streams-cpu", "CPU with a 2 s heartbeat", "% of a core", cpu),
            ("streams-lateness", "lateness p99", "ms", late),
        )
    ]


async def tasks(sizes: list[int]) -> list[Growth]:
    """List 100 of N tasks and get one of them, on one folder that grows."""
    series: dict[str, list[tuple[float, float]]] = {"list": [], "get": []}
    with tempfile.TemporaryDirectory() as name:
        folder, there = Path(name), 0
        for count in sizes:
            await fill(folder, count - there, first=there)
            there = count
            requests = {"list": (PAGE, 96), "get": (get(f"{TASKS}/{task_id(count // 2)}"), 480)}
            async with mock(data=folder) as server:
                for which, (request, asked) in requests.items():
                    await many(server, request, asked)
                    rates = [(await many(server, request, asked))[1] for _ in range(_TURNS)]
                    series[which].append((count, 1e6 / max(rates)))
    return [
        Growth(
            name=f"tasks-{which}", work="tasks in the database", cost=cost, unit="us", points=series[which]
        )
        for which, cost in (("list", "CPU to list 100"), ("get", "CPU to get one"))
    ]


async def messages(sizes: list[int]) -> list[Growth]:
    """Open the stream of a conversation with N messages."""
    points: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name:
        for number, count in enumerate(sizes):
            await fill(Path(name), 1, messages=count, first=number)
        async with mock(data=Path(name)) as server:
            for number, count in enumerate(sizes):
                opens = max(5, min(50, 100_000 // count))
                costs = [await open_cost(server, task_id(number), count, opens) for _ in range(_TURNS)]
                points.append((count, min(costs)))
    return [
        Growth(name="history-open", work="messages", cost="CPU to open a stream", unit="us", points=points)
    ]


_Series = tuple[Callable[[list[int]], Coroutine[Any, Any, list[Growth]]], list[int], list[int]]
SERIES: dict[str, _Series] = {
    "streams": (streams, [100, 300, 1000, 3000], [100, 300, 1000, 3000, 10_000]),
    "tasks": (tasks, [100, 1000, 10_000], [100, 1000, 10_000, 100_000]),
    "messages": (messages, [10, 100, 1000, 10_000], [10, 100, 1000, 10_000]),
}


def main(arguments: list[str]) -> None:
    """Measure, print, plot."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench growth", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(SERIES), default=list(SERIES))
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="write an SVG a series there")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every point there")
    given = parser.parse_args(arguments)
    found: list[Growth] = []
    for name in given.only:
        work, small, whole = SERIES[name]
        found += asyncio.run(work(small if given.quick else whole))
    for each in found:
        sys.stdout.write(each.line() + "\n")
        if given.plots is not None:
            given.plots.mkdir(parents=True, exist_ok=True)
            (given.plots / f"{each.name}.svg").write_text(each.plot())
    sys.stdout.write(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end\n")
    if given.json is not None:
        told = {each.name: {"slope": slope(each.fitted), "points": each.points} for each in found}
        given.json.write_text(json.dumps(told, indent=1) + "\n")
    raise SystemExit(not all(each.is_linear for each in found))
