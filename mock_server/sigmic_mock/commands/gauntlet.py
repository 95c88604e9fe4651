"""`sigmic-mock gauntlet -- CMD`: run a client's test command under each transient and variation fault.

First against a healthy server, where the command must pass. Then once per fault, with its own project and
API key, on a server that no other run uses at the same time. The fault is armed for all callers of
this server, and on every server that the command starts: it fires whatever the tests use.
"""

import argparse
import asyncio
import json
import os
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sigmic_mock.commands.command import USAGE, CommandRefused, Console, write
from sigmic_mock.commands.env import client_variables
from sigmic_mock.commands.own_server import own_servers, server_arguments, server_flags
from sigmic_mock.config.flags import read_interval, whole
from sigmic_mock.config.settings import RUN_FOLDER
from sigmic_mock.domain.secret import Secret
from sigmic_mock.faults.catalogue import BadFaultSpec, load_catalogue
from sigmic_mock.faults.fault import Fault
from sigmic_mock.faults.grammar import written
from sigmic_mock.gauntlet.card import Card
from sigmic_mock.gauntlet.child import adopt_orphans, run_child
from sigmic_mock.gauntlet.outcome import Ended, FaultOutcome, Passage, judge
from sigmic_mock.gauntlet.plan import chosen, may_repeat, values
from sigmic_mock.gauntlet.run_folder import RunFolder, Totals
from sigmic_mock.gauntlet.server import Lane
from sigmic_mock.stop_signals import StopSignals
from sigmic_mock.testing.control_client import ControlClient, MockRefused
from sigmic_spec.arguments import as_argument
from sigmic_spec.plural import plural

_CLASSES = "transient,variation"
_MOST_JOBS = 4
_LEAST_PATIENCE = 60.0
_PATIENCE = 10
"""Timeout of a run as a multiple of the healthy run, in addition to the minimum."""
_INTERRUPTED = 130
_WEAK = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "--class", dest="classes", metavar="LIST", default=_CLASSES, help=f"classes (default: {_CLASSES})"
    )
    parser.add_argument("--only", metavar="GLOB", help="ids of the faults to run, for example 'sse.*|http.*'")
    parser.add_argument("--exclude", metavar="GLOB", help="ids of the faults not to run")
    parser.add_argument(
        "--timeout",
        type=as_argument(read_interval),
        metavar="TIME",
        help="timeout per run (default: 60 s plus ten times the healthy run)",
    )
    parser.add_argument(
        "--longest",
        type=as_argument(read_interval),
        metavar="TIME",
        help="maximum wait of a fault (default: as in the catalogue)",
    )
    parser.add_argument(
        "--jobs",
        type=as_argument(whole("a number of runs", 64, least=1)),
        metavar="N",
        default=min(_MOST_JOBS, os.cpu_count() or 1),
        help="parallel runs (default: number of CPUs, at most 4)",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the outcome as JUnit XML")
    server_arguments(parser)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Run the gauntlet; 0 if every fault that fired was survived, 1 for weaknesses, 2 if nothing is known."""
    if not given.command:
        raise CommandRefused("nothing to run; write it after --: sigmic-mock gauntlet -- pytest", USAGE)
    if given.junit is not None and not given.junit.absolute().parent.is_dir():
        raise CommandRefused(f"can't write {given.junit}: its folder does not exist", USAGE)
    try:
        faults = chosen(load_catalogue().values(), given.classes.split(","), given.only, given.exclude)
    except BadFaultSpec as problem:
        raise CommandRefused(str(problem), USAGE) from None
    adopt_orphans()
    count = min(given.jobs, len(faults))
    # A gauntlet within a run of another one has its own faults.
    alone = {name: value for name, value in environment.items() if name != RUN_FOLDER}
    flags = _server_flags(given, count, environment)
    with own_servers(count, flags, alone) as (servers, signals, folder):
        lanes = [
            Lane(
                ready=each.ready,
                reports=each.run,
                control=ControlClient(each.ready["control_url"], Secret(each.ready["control_token"])),
            )
            for each in servers
        ]
        gauntlet = _Gauntlet(given, flags, console, environment, lanes, folder)
        try:
            card = asyncio.run(_until_stopped(gauntlet.run(faults), signals))
        except asyncio.CancelledError:
            raise CommandRefused("interrupted: all runs were stopped", _INTERRUPTED) from None
        except MockRefused as problem:
            raise CommandRefused(str(problem), USAGE) from None
        except OSError as problem:
            what, why = problem.filename or given.command[0], (problem.strerror or str(problem)).lower()
            raise CommandRefused(f"can't run {what}: {why}", USAGE) from None
    if given.junit is not None:
        write(given.junit, card.as_junit().encode())
    console.say(json.dumps(card.as_json()) if given.json else card.as_text())
    if card.weaknesses:
        return _WEAK
    if card.count(FaultOutcome.SURVIVED) == 0:
        raise CommandRefused(
            "no fault fired, so nothing was tested: your tests do nothing that these faults affect", USAGE
        )
    return 0


def _server_flags(given: argparse.Namespace, count: int, environment: Mapping[str, str]) -> list[str]:
    if given.port not in {None, "0"} and count > 1:
        raise CommandRefused(f"--port {given.port} is for one server; add --jobs 1", USAGE)
    return server_flags(given, environment)


async def _until_stopped(work: Coroutine[Any, Any, Card], signals: StopSignals) -> Card:
    """Run it until the first signal. Ending the runs takes seconds, which another signal does not shorten."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    with signals.telling(lambda: loop.call_soon_threadsafe(task.cancel)):
        return await task


@dataclass(frozen=True, slots=True)
class _Gauntlet:
    given: argparse.Namespace
    server: Sequence[str]
    """Flags of the servers."""
    console: Console
    environment: Mapping[str, str]
    free: list[Lane]
    """The servers that no run is using."""
    folder: Path

    async def run(self, faults: Sequence[Fault]) -> Card:
        """Run the command against the healthy server, then through every fault."""
        patience = self.given.timeout or _LEAST_PATIENCE * _PATIENCE
        healthy, totals = await self._pass(None, patience)
        self._require_health(healthy, totals)
        patience = self.given.timeout or _LEAST_PATIENCE + _PATIENCE * healthy.seconds
        self.console.note(
            f"healthy run: passed in {healthy.seconds:.1f} s; {plural(len(faults), 'fault')} to come"
        )
        slots = asyncio.Semaphore(len(self.free))
        done: list[Passage] = []

        async def through(fault: Fault) -> Passage:
            async with slots:
                ended, done_there = await self._pass(fault, patience)
            outcome, why = judge(ended, done_there, totals, may_repeat=may_repeat(fault))
            passage = Passage(fault=fault, outcome=outcome, why=why, ended=ended, totals=done_there)
            done.append(passage)
            self.console.note(f"[{len(done)}/{len(faults)}] {fault.id}: {outcome} ({ended.seconds:.1f} s)")
            return passage

        async with asyncio.TaskGroup() as group:
            runs = [group.create_task(through(fault)) for fault in faults]
        return Card(
            healthy=healthy,
            totals=totals,
            passages=[each.result() for each in runs],
            flags=[*self._flags(), *self.server],
            command=self.given.command,
        )

    def _require_health(self, ended: Ended, totals: Totals) -> None:
        if ended.code == 0 and totals.requests:
            return
        if ended.code == 0:
            raise CommandRefused(
                "the command passed, but no request reached a server. It must use SIGMIC_BASE_URL and"
                " SIGMIC_API_KEY, the fixture sigmic_project, or a sigmic-mock that it starts itself",
                USAGE,
            )
        if ended.last:
            self.console.note(ended.last)
        how = "did not end in time" if ended.code is None else f"ended with {ended.code}"
        raise CommandRefused(
            f"the command {how} against a healthy server. It must pass first: sigmic-mock exec -- COMMAND",
            USAGE,
        )

    async def _pass(self, fault: Fault | None, patience: float) -> tuple[Ended, Totals]:
        """Run the command once; return how it ended, and its totals on all servers that it used."""
        name, given = ("healthy", {}) if fault is None else (fault.id, values(fault, self.given.longest))
        run = RunFolder(self.folder / f"{name}.run")
        run.make("" if fault is None else written(name, given))
        lane = self.free.pop()
        key = await asyncio.to_thread(lane.begin, None if fault is None else name, given)
        variables = client_variables({**lane.ready, "api_key": key.reveal()})
        variables |= {"SIGMIC_GAUNTLET_FAULT": name, RUN_FOLDER: str(run.path)}
        ended = await run_child(
            self.given.command, {**self.environment, **variables}, self.folder / f"{name}.txt", patience
        )
        totals = sum(run.totals().values(), await asyncio.to_thread(lane.end))
        self.free.append(lane)
        last, failed = (each.replace(key.reveal(), "[api key]") for each in (ended.last, ended.failed))
        return replace(ended, last=last, failed=failed), totals

    def _flags(self) -> list[str]:
        """Return the flags that change the result of a run, for the command to repeat it."""
        words: list[str] = []
        for name in ("timeout", "longest"):
            value = getattr(self.given, name)
            words += [] if value is None else [f"--{name}", f"{value:g}"]
        return words
