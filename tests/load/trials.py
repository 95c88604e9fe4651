"""Trials of the load tests: a healthy target must hold, a broken one must break, what dies must be named.

`python -m tests.load.trials [--times 5] [--only NAME …]` prints a line for each run and a table; not in CI:
it takes 45 minutes. Runs are short (300 streams, heartbeats every 3 s) and judged by `load/slo.yaml`.
"""

import argparse
import asyncio
import os
import signal
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import inf
from pathlib import Path
from typing import Any, Literal

import psutil

from tests.e2e.process import MockProcess
from tests.fakes.tcp_server import tcp_server
from tests.load.process import ROOT, Loaded, Locust, open_streams, write_workload

PERIOD = 3.0
STREAMS = 300
ALL = ("StreamUser", "ChatUser", "ReconnectUser", "UploadUser", "PollUser", "ArrivalUser")
SETTLED, LONG = 4.0, 8.0
"""Seconds: so long after all streams are open something is done to a process; so long a target is stopped."""

Stop = Callable[[], signal.Signals | Literal[False]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One of them. `breaks` is an objective that must be broken; `codes` are the right exit codes."""

    name: str
    codes: tuple[int, ...] = (0,)
    breaks: str = ""
    says: str = ""
    """A text that the verdict of the run must hold."""
    fault: str = ""
    shape: str = "steady"
    options: tuple[str, ...] = ()
    users: tuple[str, ...] = ALL
    disturb: Callable[[MockProcess, Locust], Stop] | None = None
    resets: bool = False
    """A proxy in between resets every tenth stream."""


def when_settled(target: MockProcess, *acts: Callable[[], None]) -> Stop:
    """Return a `stop` for `Locust` that stops nothing: it acts when all is going on, again after `LONG`."""
    due = inf
    left = iter(acts)

    def look() -> Literal[False]:
        nonlocal due
        if due == inf and open_streams(target) >= STREAMS:
            due = time.monotonic() + SETTLED
        if time.monotonic() >= due:
            due = time.monotonic() + LONG
            next(left, lambda: None)()
        return False

    return look


def kill_target(target: MockProcess, _locust: Locust) -> Stop:
    """Kill the target."""
    return when_settled(target, target.kill)


def freeze_target(target: MockProcess, _locust: Locust) -> Stop:
    """Stop the target for a while."""
    signals = (signal.SIGSTOP, signal.SIGCONT)
    return when_settled(target, *(partial(os.kill, target.pid, each) for each in signals))


def kill_worker(target: MockProcess, locust: Locust) -> Stop:
    """Kill one worker."""
    return when_settled(target, lambda: os.kill(max(processes_of(locust)), signal.SIGKILL))


def kill_master(target: MockProcess, locust: Locust) -> Stop:
    """Kill the master, and wait for its workers to end by themselves."""

    def kill() -> None:
        assert locust.process is not None
        workers = [psutil.Process(pid) for pid in processes_of(locust)]
        locust.process.kill()
        # Our `Locust` waits for the master alone: its workers are looked after here.
        gone, alive = psutil.wait_procs(workers, timeout=40)
        for worker in alive:
            worker.kill()
        with locust.log.open("a") as log:
            log.write(f"\n{len(gone)} of {len(workers)} workers ended by themselves\n")

    return when_settled(target, kill)


def processes_of(locust: Locust) -> list[int]:
    """Return the workers that a Locust of several processes has started."""
    assert locust.process is not None
    return [child.pid for child in psutil.Process(locust.process.pid).children()]


STREAMS_ALONE = ("StreamUser",)
THREE = ("-u", "3", "-r", "3", "-t")
FAULTS = (
    ("heartbeat.late", "seconds=2", "heartbeat-lateness"),
    ("heartbeat.missing", "", "heartbeats-missed"),
    ("phase.catch-up-missing", "", "nothing-lost"),
    ("phase.history-message-missing", "", "nothing-lost"),
    ("phase.text-repeated", "", "nothing-doubled"),
    ("stream.cut-after-history", "", "streams-cut"),
    ("stream.half-open", "event=history_done", "streams-held"),
    ("proxy.stream-refused", "", "streams-refused"),
    ("net.slow-create", "seconds=3", "create"),
    ("agent.fails", "", "turns-failed"),
)
TRIALS: Mapping[str, tuple[Trial, ...]] = {
    "healthy": (
        Trial(name="steady", options=("-u", "10", "-r", "10", "-t", "22")),
        Trial(name="ramp", shape="ramp"),
        Trial(name="soak", shape="soak"),
        Trial(name="step", shape="step", users=STREAMS_ALONE),
        Trial(name="storm", shape="storm", users=STREAMS_ALONE),
    ),
    "faults": tuple(
        Trial(
            name=fault,
            codes=(3,),
            breaks=objective,
            fault=",".join(filter(None, (fault, "times=100000", parameters))),
            options=("-u", "10", "-r", "10", "-t", "20"),
        )
        for fault, parameters, objective in FAULTS
    ),
    "killed": (
        Trial(
            name="worker killed",
            codes=(4, 137),  # Locust tells the worst code of its processes
            says="was lost after",
            options=(*THREE, "25", "--processes", "2"),
            users=STREAMS_ALONE,
            disturb=kill_worker,
        ),
        Trial(
            name="master killed",
            codes=(-9,),
            options=(*THREE, "60", "--processes", "2"),
            users=STREAMS_ALONE,
            disturb=kill_master,
        ),
        Trial(
            name="target killed",
            codes=(3,),
            breaks="streams-held",
            options=(*THREE, "25"),
            users=STREAMS_ALONE,
            disturb=kill_target,
        ),
        Trial(
            name="target stopped",
            codes=(3,),
            breaks="streams-held",
            options=(*THREE, "30"),
            users=STREAMS_ALONE,
            disturb=freeze_target,
        ),
        Trial(
            name="every 10th reset",
            codes=(3,),
            breaks="streams-cut",
            options=(*THREE, "25"),
            users=STREAMS_ALONE,
            resets=True,
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Came:
    """What came of one run."""

    trial: Trial
    is_right: bool
    says: str


def attempt(trial: Trial, folder: Path) -> Came:
    """Make one run of a trial."""
    (folder / "mock").mkdir()
    fault = ("--fault", trial.fault) if trial.fault else ()
    flags = ("--log-level", "error", "--heartbeat", f"{PERIOD:g}", *fault)
    target = MockProcess(folder / "mock", *flags).start()
    try:
        with resetting_proxy(target.url) if trial.resets else nullcontext(target.url) as url:
            locust = Locust(folder, 150)
            return judge(trial, run(trial, folder, locust, target, url))
    finally:
        target.stop()


def run(trial: Trial, folder: Path, locust: Locust, target: MockProcess, url: str) -> Loaded:
    """Load the target as the trial wants."""
    weights = dict(zip(ALL, (STREAMS // 100, 2, 2, 1, 1, 1), strict=True))
    users: dict[str, dict[str, Any]] = {
        name: {"weight": weights[name] if name in trial.users else 0} for name in ALL
    }
    users["UploadUser"] |= {"sizes": [1024, 262144], "archives": [{"files": 20, "bytes": 1000}]}
    users["ReconnectUser"] |= {"prompts": ["Count slowly from 1 to 20, 5 numbers per second"]}
    shapes = {
        "ramp": {"users": 10, "seconds": 8, "hold": 14},
        "soak": {"users": 10, "rate": 5, "seconds": 22},
        "step": {"start": 1, "step": 1, "most": 3, "rate": 3, "settle": 3, "hold": 7},
        "storm": {"users": 3, "rate": 3, "every": 7, "waves": 3},
    }
    workload = write_workload(folder / "workload.yaml", users, shapes)
    arguments = ["--workload", str(workload), "--slo", str(ROOT / "load" / "slo.yaml")]
    arguments += ["--shape", trial.shape, "--heartbeat-period", f"{PERIOD:g}", "--exit-code-on-error", "0"]
    stop = None if trial.disturb is None else trial.disturb(target, locust)
    return locust(*arguments, *trial.options, *trial.users, url=url, key=target.key, stop=stop)


def judge(trial: Trial, loaded: Loaded) -> Came:
    """Say whether the run came out as it must."""
    if not (loaded.folder / "load.json").exists():
        (*_, last) = loaded.said.strip().splitlines() or [""]
        return Came(trial, loaded.code in trial.codes, f"exit {loaded.code}, no report; {last}")
    broken, report = loaded.verdicts("broken"), loaded.report
    is_right = (
        loaded.code in trial.codes
        and (trial.breaks in broken if trial.breaks else not broken)
        and trial.says in "; ".join(report["reasons"])
    )
    told = f"exit {loaded.code}, {report['verdict']}"
    if broken or report["verdict"] != "held":
        told += ": " + "; ".join([*report["reasons"], *loaded.failures])
    return Came(trial, is_right, told)


@contextmanager
def resetting_proxy(url: str) -> Iterator[str]:
    """Stand in front of a target, in a thread, and reset every tenth stream a second after it opened."""
    port = int(url.rpartition(":")[2])
    numbers = count(1)
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, str]] = Future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        far, to_far = await asyncio.open_connection("127.0.0.1", port)
        to_far.write(head)
        is_doomed = b"/stream " in head.splitlines()[0] and next(numbers) % 10 == 0
        try:
            async with asyncio.timeout(1.0 if is_doomed else None):
                await asyncio.gather(pump(reader, to_far), pump(far, writer))
        except TimeoutError:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        finally:
            to_far.transport.abort()

    async def stand() -> None:
        over = asyncio.Event()
        async with tcp_server(serve) as address:
            ready.set_result((asyncio.get_running_loop(), over, address))
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(stand(),))
    thread.start()
    loop, over, address = ready.result(10)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hand over what comes, and its end."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


def main() -> None:
    """Run the trials round by round, and print what came of them."""
    names = [trial.name for trials in TRIALS.values() for trial in trials]
    parser = argparse.ArgumentParser(prog="python -m tests.load.trials", description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="rounds (5)")
    parser.add_argument("--only", nargs="+", choices=[*TRIALS, *names], default=list(TRIALS), metavar="NAME")
    asked = parser.parse_args()
    chosen = [it for kind, trials in TRIALS.items() for it in trials if {kind, it.name} & set(asked.only)]
    came: list[Came] = []
    for number in range(1, asked.times + 1):
        for trial in chosen:
            with tempfile.TemporaryDirectory() as folder:
                came.append(attempt(trial, Path(folder)))
            word = "right" if came[-1].is_right else "WRONG"
            print(f"{number}  {trial.name:30}{word}  {came[-1].says}", flush=True)  # noqa: T201 - a command
    for trial in chosen:
        right = sum(it.is_right for it in came if it.trial is trial)
        print(f"{trial.name:32}{right} of {asked.times} right")  # noqa: T201 - see above
    raise SystemExit(not all(it.is_right for it in came))


if __name__ == "__main__":
    main()
