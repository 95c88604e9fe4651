"""A table of healthy and broken runs, with the load test's verdict on each.

Too long for CI: a run takes half a minute. Use `python -m tests.load.verdict_table` if you change a verdict.
Arguments are parts of names; `--repeat 3` runs each case three times. The exit code is 1 if any verdict was
wrong. *Busy* is a run on a machine too slow to measure, although the case itself did not cause that.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import psutil
import requests

from sigmic_load.verdicts import objectives
from tests.e2e.process import MockProcess
from tests.load.fake_target import Fake, Habits
from tests.load.process import ROOT, Loaded, Locust, freeze, open_streams

STREAMS, BUSY_SECONDS = 60, 12
WARM_UP = 4
"""A busy machine needs longer to open a stream."""
WRONG = "**no**"
HELD, BROKEN, INCOMPLETE, UNPROVEN = ("held", 0), ("broken", 3), ("incomplete", 4), ("unproven", 4)
Verdict = tuple[str, int]
STEADY = ("-u", "3", "-r", "3", "-t", "18", "--heartbeat-period", "1", "StreamUser")
TWO = ("-u", "4", "-r", "4", "-t", "18", "--heartbeat-period", "1", "--processes", "2", "StreamUser")
TURNS = ("-u", "3", "-r", "3", "-t", "15", "--heartbeat-period", "1", "ChatUser", "ReconnectUser", "PollUser")


@dataclass
class Scene:
    """A run in progress: Locust, its target, and the processes that an action has started."""

    locust: Locust
    target: "MockProcess | Fake"
    beside: ExitStack

    @property
    def pid(self) -> int:
        assert self.locust.process is not None
        return self.locust.process.pid


Action = Callable[[Scene], None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run. `then` runs the given number of seconds after all streams are open."""

    name: str
    right: tuple[Verdict, ...]
    target: tuple[str, ...] | Habits = ("--heartbeat", "1")
    arguments: tuple[str, ...] = STEADY
    then: tuple[tuple[float, Action], ...] = ()
    prompt: str = "Wait 24 hours"
    names: str = ""
    """Pattern that the reasons of a verdict must match, unless the verdict is BROKEN."""
    env: dict[str, str] = field(default_factory=dict)


def frozen(seconds: float, who: Callable[[Scene], Sequence[int]] = lambda scene: [scene.pid]) -> Action:
    """Stop processes, and continue them."""

    return lambda scene: freeze(seconds, *who(scene))


def first_worker(scene: Scene) -> Sequence[int]:
    return scene.locust.workers[:1]


def all_workers(scene: Scene) -> Sequence[int]:
    return scene.locust.workers


def the_target(scene: Scene) -> Sequence[int]:
    assert scene.target.process is not None
    return [scene.target.process.pid]


def kill(who: Callable[[Scene], Sequence[int]]) -> Action:
    """Kill processes."""

    def act(scene: Scene) -> None:
        for pid in who(scene):
            os.kill(pid, signal.SIGKILL)

    return act


def burn(core: int, times: int, scene: Scene) -> None:
    """Keep one core busy for a while."""
    code = f"import time\nend = time.monotonic() + {BUSY_SECONDS}\nwhile time.monotonic() < end: pass"
    for _ in range(times):
        burner = subprocess.Popen([sys.executable, "-c", code])
        psutil.Process(burner.pid).cpu_affinity([core])
        scene.beside.callback(burner.wait)
        scene.beside.callback(burner.kill)


def busy_beside(scene: Scene) -> None:
    """Keep both cores busy."""
    burn(0, 1, scene)
    burn(1, 1, scene)


def starve(scene: Scene) -> None:
    """Give the load generator the rest of a core that three processes load; the target has the other core."""
    mine = psutil.Process(scene.pid)
    mine.cpu_affinity([0])
    mine.nice(19)
    for pid in the_target(scene):
        psutil.Process(pid).cpu_affinity([1])
    burn(0, 3, scene)


def join_late(scene: Scene) -> None:
    """Start another worker after the master has started its run."""
    command = psutil.Process(scene.pid).cmdline()
    port = command[command.index("--master-port") + 1]
    worker = subprocess.Popen(
        [*command[:5], "--worker", "--master-port", port],
        env={**os.environ, "SIGMIC_API_KEY": scene.target.key, "LOCUST_SKIP_MONKEY_PATCH": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    scene.beside.callback(worker.wait)
    scene.beside.callback(worker.kill)


def fault(name: str) -> tuple[str, ...]:
    return ("--heartbeat", "1", "--fault", name)


STOOD = "stood still"
OWN = ROOT / "tests" / "load" / "own_locustfile.py"
"""Classes of others."""
MEASURED_OR_NOT = (INCOMPLETE, HELD)
HEALTHY = (
    Case(name="idle streams", right=(HELD,)),
    Case(name="idle streams of two processes", right=(HELD,), arguments=TWO),
    Case(name="all users", right=(HELD,), arguments=("-u", "6", "-r", "6", *STEADY[4:-1])),
    Case(name="turns", right=(HELD,), arguments=TURNS),
    Case(name="fake target", right=(HELD,), target=Habits()),
    Case(name="heartbeats 0.5 s late", right=(HELD,), target=Habits(late=0.5)),
    Case(name="every answer after 1 s", right=(HELD,), target=Habits(answers_after=1.0)),
    Case(name="every creation after 1 s", right=(HELD,), target=Habits(creates_after=1.0)),
    Case(name="storm", right=(HELD,), arguments=("--shape", "storm", *STEADY[6:])),
    Case(name="step", right=(HELD,), arguments=("--shape", "step", *STEADY[6:])),
    Case(
        name="ramp",
        right=(HELD,),
        arguments=("--shape", "ramp", "-u", "3", "-r", "1", "-t", "20", *STEADY[6:]),
    ),
    Case(
        name="tasks over at once",
        right=(INCOMPLETE,),
        prompt="Reply with exactly: ready.",
        names="of 60 streams were open at one time",
    ),
    Case(name="tasks of 4 s", right=(HELD,), prompt="Wait 4 seconds", names="ended early"),
    Case(name="done after 6 s", right=(HELD,), target=Habits(ends_after=6.5), names="ended early"),
    Case(
        name="every 10th done early",
        right=(HELD,),
        target=Habits(ends_after=6.5, every=10),
        names="ended early",
    ),
    *(
        Case(name=f"frozen {seconds} s", right=MEASURED_OR_NOT, then=((4, frozen(seconds)),), names=STOOD)
        for seconds in (2, 6, 9)
    ),
    Case(name="frozen beyond the end", right=MEASURED_OR_NOT, then=((6, frozen(25)),), names=STOOD),
    Case(name="frozen while users come", right=(HELD, UNPROVEN, INCOMPLETE), then=((-1, frozen(3)),)),
    Case(
        name="frozen five times 0.4 s",
        right=MEASURED_OR_NOT,
        then=tuple((4 + 2 * number, frozen(0.4)) for number in range(5)),
        names=STOOD,
    ),
    Case(
        name="frozen 2 s in turns",
        right=MEASURED_OR_NOT,
        arguments=TURNS,
        then=((6, frozen(2)),),
        names=STOOD,
    ),
    Case(
        name="frozen 2 s of 60 s",
        right=(HELD, INCOMPLETE),
        arguments=("-u", "3", "-r", "3", "-t", "60", *STEADY[6:]),
        then=((9, frozen(2)),),
        names=STOOD,
    ),
    Case(
        name="frozen 2 s, fake target",
        right=MEASURED_OR_NOT,
        target=Habits(),
        then=((4, frozen(2)),),
        names=STOOD,
    ),
    *(
        Case(
            name=f"a worker frozen {seconds} s",
            right=MEASURED_OR_NOT,
            arguments=TWO,
            then=((4, frozen(seconds, first_worker)),),
            names=f"{STOOD}|was lost",
        )
        for seconds in (2, 6, 9)
    ),
    Case(
        name="both workers frozen 2 s",
        right=MEASURED_OR_NOT,
        arguments=TWO,
        then=((4, frozen(2, all_workers)),),
        names=STOOD,
    ),
    Case(name="the master frozen 3 s", right=MEASURED_OR_NOT, arguments=TWO, then=((4, frozen(3)),)),
    Case(
        name="a blocking call of 2 s",
        right=MEASURED_OR_NOT,
        arguments=("-f", str(ROOT / "tests" / "load" / "stopped_locustfile.py"), *STEADY),
        env={"BLOCK_SECONDS": "2"},
        names=STOOD,
    ),
    Case(name="starved on one core", right=(INCOMPLETE,), then=((4, starve),), names=STOOD),
    Case(
        name="two processes busy beside",
        right=MEASURED_OR_NOT,
        then=((1, busy_beside),),
    ),
    Case(
        name="a worker killed",
        right=(INCOMPLETE,),
        arguments=TWO,
        then=((4, kill(first_worker)),),
        names="was lost",
    ),
    Case(
        name="both workers killed",
        right=(INCOMPLETE,),
        arguments=TWO,
        then=((4, kill(all_workers)),),
        names="was lost",
    ),
    Case(
        name="a worker that comes late",
        right=MEASURED_OR_NOT,  # a process that starts beside takes a core
        arguments=(*TWO[:5], "45", *TWO[6:]),
        then=((0, join_late),),
        names="joined after the start",
    ),
)


def broken(name: str, **how: Any) -> Case:
    """Return a case that must be broken."""
    return Case(name=name, right=(BROKEN,), **how)


BROKEN_CASES = (
    broken("heartbeats 2 s late", target=fault("heartbeat.late,seconds=2,times=100000")),
    broken("fake: heartbeats 2 s late", target=Habits(late=2.0)),
    broken("every 20th stream 2 s late", target=Habits(late=2.0, every=20)),
    broken("every second heartbeat missing", target=Habits(drops=2)),
    broken("every 20th stream silent", target=Habits(silent_after=0, every=20)),
    broken("all silent after 8 s", target=Habits(silent_after=8)),
    broken("heartbeats in pairs", target=Habits(pairs=True, period=1.5)),
    broken("error after 6 s", target=Habits(ends_after=6.5, ends_with="error")),
    broken("every 20th ends with error", target=Habits(ends_after=6.5, ends_with="error", every=20)),
    broken("one stream of 60 ends with error", target=Habits(ends_after=6.5, ends_with="error", every=60)),
    broken("tasks that fail after 4 s", prompt="Wait 4 seconds. Then fail with the message: boom"),
    broken("tasks that fail at once", target=fault("agent.fails,times=100000")),
    broken("every 20th never answered", target=Habits(answers_after=100, every=20)),
    broken("one stream never answered", target=Habits(answers_after=100, every=60)),
    broken(
        "net.slow on every 20th",
        target=fault("net.slow,seconds=60,every=20,operation=stream_task,times=1000"),
    ),
    broken("every 10th answered after 10 s", target=Habits(answers_after=10, every=10)),
    broken("every stream refused, 503", target=Habits(status=503)),
    broken("every stream refused, 429", target=Habits(status=429)),
    broken("every 10th refused, 404", target=Habits(status=404, every=10)),
    broken("cut after 6 s", target=Habits(ends_after=6.5, ends_with="cut")),
    broken("every 20th cut", target=Habits(ends_after=6.5, ends_with="cut", every=20)),
    broken("streams reset", target=fault("net.reset-once,operation=stream_task,times=5")),
    broken("creations refused", target=Habits(create_status=503)),
    broken("every third creation never answered", target=Habits(creates_after=100, every=3)),
    broken("killed target", then=((5, kill(the_target)),)),
    broken("killed target, two processes", arguments=TWO, then=((5, kill(the_target)),)),
    broken("frozen target", then=((4, frozen(5, the_target)),)),
    broken("catch-up missing", target=fault("phase.catch-up-missing,times=3"), arguments=TURNS),
    broken("history missing", target=fault("phase.history-message-missing,times=3"), arguments=TURNS),
    broken("tasks that fail in chats", target=fault("agent.fails,times=100000"), arguments=TURNS),
    broken("error, two processes", arguments=TWO, target=Habits(ends_after=6.5, ends_with="error", every=20)),
    broken("never answered, two processes", arguments=TWO, target=Habits(answers_after=100, every=20)),
    Case(
        name="2 s late, and frozen 0.3 s",
        right=(BROKEN, INCOMPLETE),
        target=Habits(late=2.0),
        then=((4, frozen(0.3)),),
    ),
    Case(
        name="every 20th ends with error, and frozen 3 s",
        right=(BROKEN, INCOMPLETE),
        target=Habits(ends_after=6.5, ends_with="error", every=20),
        then=((4, frozen(3)),),
    ),
)


ERROR = 'event: error\ndata: {"message":"No more","code":"OVERLOADED"}\n\n'
DONE = 'event: done\ndata: {"status":"completed"}\n\n'
HISTORY_DONE = 'event: history_done\ndata: {"messageCount":1,"isStreaming":true}\n\n'
OVER = 'event: history_done\ndata: {"messageCount":1,"isStreaming":false}\n\n'
THREE = ("-u", "3", "-r", "3", "-t", "24", "--heartbeat-period", "3", "StreamUser")
POLLS = ("-u", "6", "-r", "6", "-t", "42", "PollUser")


def ended(sent: signal.Signals) -> Action:
    """Send a signal to the run."""
    return lambda scene: os.kill(scene.pid, sent)


def incomplete(name: str, names: str, **how: Any) -> Case:
    """Return a case that must be incomplete."""
    return Case(name=name, right=(INCOMPLETE,), names=names, **how)


# What a third operator found "held", and its neighbours.
STEP_22 = (
    incomplete("ended by SIGTERM after 6 s", r"ended after \d+ of 18 s", then=((5, ended(signal.SIGTERM)),)),
    incomplete("ended by Ctrl+C after 6 s", r"ended after \d+ of 18 s", then=((5, ended(signal.SIGINT)),)),
    incomplete(
        "two processes ended by SIGTERM",
        r"ended after \d+ of 18 s",
        arguments=TWO,
        then=((5, ended(signal.SIGTERM)),),
    ),
    broken("every 4th creation takes 12 s", target=Habits(creates_after=12.0, every=4), arguments=POLLS),
    broken(
        "every 4th creation takes 12 s, and frozen four times 0.33 s",
        target=Habits(creates_after=12.0, every=4),
        arguments=POLLS,
        then=tuple((5 + 8 * number, frozen(0.33)) for number in range(4)),
    ),
    broken(
        "one stream never answered, and frozen 0.7 s",
        target=Habits(answers_after=100, every=60),
        arguments=("-u", "3", "-r", "3", "-t", "40", "--heartbeat-period", "1", "StreamUser"),
        then=((15, frozen(0.7)),),
    ),
    broken("error on every stream, which stays", target=Habits(says_after=6, says=ERROR)),
    broken("error on every 20th stream, which stays", target=Habits(says_after=6, says=ERROR, every=20)),
    broken("done, then error", target=Habits(says_after=6, says=DONE + ERROR)),
    broken(
        "reset after history_done {}",
        target=Habits(history=HISTORY_DONE.replace('"isStreaming":true', ""), cuts_after=7),
    ),
    broken("reset after isStreaming false", target=Habits(history=OVER, cuts_after=7)),
    broken("reset after done", target=Habits(says_after=4, says=DONE, cuts_after=7)),
    broken("closed in order without done", target=Habits(ends_after=6.5, ends_with="nothing")),
    broken("all reset, and frozen 0.7 s elsewhere", target=Habits(cuts_after=7), then=((2, frozen(0.7)),)),
    broken("all reset, and frozen 1.3 s elsewhere", target=Habits(cuts_after=8), then=((2, frozen(1.3)),)),
    broken(
        "events of another task", target=Habits(says_after=5, says='event: content\ndata: {"taskId":"x"}\n\n')
    ),
    broken("history repeated", target=Habits(says_after=5, says=HISTORY_DONE)),
    broken("no history", target=Habits(history="")),
    broken("text/html", target=Habits(media_type="text/html")),
    broken("text/html on every 20th", target=Habits(media_type="text/html", every=20)),
    Case(
        name="period 3.06 s",
        right=(HELD,),
        target=Habits(period=3.06),
        arguments=THREE,
        names="period is 3.0",
    ),
    Case(
        name="period 3.06 s for 60 s",
        right=(HELD,),
        target=Habits(period=3.06),
        arguments=(*THREE[:5], "60", *THREE[6:]),
        names="period is 3.0",
    ),
    Case(
        name="period 3.3 s for 45 s",
        right=(HELD,),
        target=Habits(period=3.3),
        arguments=(*THREE[:5], "45", *THREE[6:]),
        names="period is 3.[23]",
    ),
    broken("one stream of 60 late", target=Habits(late=2.5, every=60, period=3.0, drops=4), arguments=THREE),
    incomplete("heartbeats every 1 s against 3", "apart", arguments=THREE),
    broken("one stream floods", target=Habits(flood=True, every=60), names="read slowly"),
    broken("2 s late, and frozen 0.9 s", target=Habits(late=2.0), then=((4, frozen(0.9)),)),
    broken(
        "error on every 20th, and frozen 0.9 s",
        target=Habits(says_after=6, says=ERROR, every=20),
        then=((4, frozen(0.9)),),
    ),
    Case(name="frozen 0.3 s", right=(HELD,), then=((4, frozen(0.3)),), names=STOOD),
    Case(name="frozen 0.7 s", right=(HELD,), then=((4, frozen(0.7)),), names=STOOD),
    broken("silent after 8 s, and frozen 0.9 s", target=Habits(silent_after=8), then=((4, frozen(0.9)),)),
    broken(
        "every second heartbeat missing, and frozen 0.9 s", target=Habits(drops=2), then=((4, frozen(0.9)),)
    ),
    broken(
        "every 20th cut, and frozen 0.3 s", target=Habits(cuts_after=7, every=20), then=((2, frozen(0.3)),)
    ),
    broken("error on every stream, two processes", arguments=TWO, target=Habits(says_after=6, says=ERROR)),
    broken("text/html, two processes", arguments=TWO, target=Habits(media_type="text/html", every=20)),
    broken(
        "reset after done, two processes", arguments=TWO, target=Habits(says_after=4, says=DONE, cuts_after=7)
    ),
    Case(
        name="a class that extends StreamUser",
        right=(HELD,),
        arguments=("-f", str(OWN), *STEADY[:-1], "IdleUser"),
    ),
    broken(
        "a class that extends StreamUser, one stream with error",
        target=Habits(says_after=6, says=ERROR, every=60),
        arguments=("-f", str(OWN), *STEADY[:-1], "IdleUser"),
    ),
    broken(
        "an own measure and objective",
        arguments=("-f", str(OWN), "--slo", str(OWN.with_suffix(".yaml")), *STEADY[:-1], "CartUser"),
    ),
    Case(
        name="an own class without objectives",
        right=(HELD,),
        arguments=("-f", str(OWN), *STEADY[:-1], "CartUser"),
    ),
    broken("every stream answered after 9 s", target=Habits(answers_after=9)),
)


def scripted(case: Case, scene: Scene) -> Callable[[], Literal[False]]:
    """Return a function for `Locust` to poll: it runs the actions that are due."""
    left = list(case.then)
    opened: list[float] = []
    enough = STREAMS * 0.3 if "StreamUser" in case.arguments else 1

    def seen() -> int:
        try:
            return open_streams(scene.target)
        except requests.RequestException:
            return 0  # it is too busy to answer

    def look() -> Literal[False]:
        if not left:
            return False
        if not opened and (left[0][0] < 0 or seen() >= enough):
            opened.append(time.monotonic())
        if opened and time.monotonic() - opened[0] >= left[0][0]:
            left.pop(0)[1](scene)
        return False

    return look


@contextmanager
def started(target: tuple[str, ...] | Habits, folder: Path) -> Iterator[MockProcess | Fake]:
    """Start a target."""
    if isinstance(target, Habits):
        made: MockProcess | Fake = Fake(target)
    else:
        folder.mkdir()
        made = MockProcess(folder, "--log-level", "warning", *target).start()
    try:
        yield made
    finally:
        made.stop()


def run(case: Case) -> tuple[str, str]:
    """Run one case; return whether its verdict is right, and the verdict."""
    try:
        return _run(case)
    except subprocess.TimeoutExpired as problem:
        return "busy", f"none | - | {problem}"
    except AssertionError as problem:
        return WRONG, f"none | - | {' '.join(str(problem).split())}"


def _run(case: Case) -> tuple[str, str]:
    with TemporaryDirectory() as name, ExitStack() as beside:
        folder = Path(name)
        target = beside.enter_context(started(case.target, folder / "mock"))
        locust = Locust(folder, prompt=case.prompt, warm_up=WARM_UP)
        loaded = locust(
            *("--slo", str(objectives.DEFAULT), "--exit-code-on-error", "0", *case.arguments),
            url=target.url,
            key=target.key,
            stop=scripted(case, Scene(locust, target, beside)),
            env=case.env,
        )
        return judged(case, loaded)


def judged(case: Case, loaded: Loaded) -> tuple[str, str]:
    """Return whether a verdict is right, and the verdict."""
    if not (loaded.folder / "load.json").exists():
        return WRONG, f"none | {loaded.code} | {loaded.said.strip().splitlines()[-1]}"
    report = loaded.report
    verdict = (report["verdict"], loaded.code)
    says = "; ".join(report["reasons"])
    named = verdict == BROKEN or re.search(case.names, says)
    # If a worker is killed, the whole run reports its signal.
    is_right = any(verdict[0] == right and verdict[1] in {code, 137} for right, code in case.right)
    is_busy = verdict == INCOMPLETE and report["generator"]["verdict"] == "unsound" and not case.then
    answer = "yes" if is_right and named else "busy" if is_busy else WRONG
    return answer, f"{verdict[0]} | {verdict[1]} | {says}"


def main() -> int:
    """Run the cases, and print one line per case."""
    parser = argparse.ArgumentParser("tests.load.verdict_table")
    parser.add_argument("names", nargs="*", help="parts of names; all without")
    parser.add_argument("--repeat", type=int, default=1)
    asked = parser.parse_args()
    wrong = 0
    sys.stdout.write("| run | right | verdict | exit | why |\n|---|---|---|---|---|\n")
    for case in (*HEALTHY, *BROKEN_CASES, *STEP_22):
        if asked.names and not any(name in case.name for name in asked.names):
            continue
        for _ in range(asked.repeat):
            answer, says = run(case)
            wrong += answer == WRONG
            sys.stdout.write(f"| {case.name} | {answer} | {says} |\n")
            sys.stdout.flush()
    sys.stdout.write(f"{wrong} wrong\n")
    return min(wrong, 1)


if __name__ == "__main__":
    raise SystemExit(main())
