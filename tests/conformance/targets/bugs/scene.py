"""A target to be looked at, with its callers; and how a bug is seen in it."""

import contextlib
import functools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.conformance.targets.bugs.catalogue import BUGS
from tests.conformance.targets.bugs.client import Client, Event
from tests.conformance.targets.server import Target, serve

HEARTBEAT = 0.02
LONG, SHORT = 8.0, 0.4
"""Seconds to wait for what is to come, and for what is not."""
WAIT = "until [ -e go ]; do sleep 0.01; done"
"""A shell command that runs until it is let go."""
BUSY = f"Run exactly this shell command: `{WAIT}`"


@dataclass
class Scene:
    """A running target and those who call it, of whom each connects when it is first asked for."""

    target: Target
    broken: bool = False
    opened: list[Client] = field(default_factory=list)

    def client(self, key: str | None, header: str = "Authorization", **more: str) -> Client:
        made = Client(self.target.url, key, header, more)
        self.opened.append(made)
        return made

    @functools.cached_property
    def owner(self) -> Client:
        """The first key, as a bearer."""
        return self.client(next(iter(self.target.accounts.keys)))

    @functools.cached_property
    def by_header(self) -> Client:
        """The first key in X-API-Key."""
        return self.client(self.owner.key, "X-API-Key")

    @functools.cached_property
    def colleague(self) -> Client:
        """Another key of the first project."""
        return self.client(self.target.accounts.colleague_key)

    @functools.cached_property
    def stranger(self) -> Client:
        """A key of another project."""
        return self.client(list(self.target.accounts.keys)[1])

    @functools.cached_property
    def backend(self) -> Client:
        """Nobody yet: exchanges an app's credentials for tokens."""
        return self.client(None)

    def exchange(self, user: str, **more: object) -> dict:
        accounts = self.target.accounts
        app = {"appId": accounts.app_id, "appSecret": accounts.app_secret}
        return self.backend.exchange(**app, endUserId=user, **more).data

    def user(self, user: str, **more: str) -> Client:
        """An end user of the app, with a token; `more` are headers."""
        return self.client(self.exchange(user)["token"], **more)

    def follow_up(self, task: str, message: str) -> list[Event]:
        """Send the owner's follow-up and hear its run from the start; no run starts meanwhile."""
        self.hold()
        self.owner.post(f"/tasks/{task}/messages", {"message": message})
        reader = self.owner.stream(task)
        before = reader.until("history_done")
        self.release()
        return before + reader.rest()

    def expire(self, task: str) -> None:
        """The session of a finished task expires."""
        self.target.platform.tasks[task].touched = -math.inf

    def hold(self) -> None:
        """No run starts from now on."""
        self.target.platform.start_seconds = 60.0

    def release(self) -> None:
        """The runs that were held start."""
        self.target.platform.start_seconds = 0.0
        for task in self.target.platform.tasks.values():
            with task.changed:
                task.changed.notify_all()

    def let_go(self, task: str, name: str = "go") -> None:
        """The commands of a task that `WAIT` go on."""
        (self.target.platform.tasks[task].folder / name).touch()

    def beats(self, count: int = 5) -> None:
        """So many heartbeats go by, in which a target notices that a reader has gone."""
        reader = self.owner.stream(self.witness)
        for _ in range(count):
            reader.until("heartbeat")

    @functools.cached_property
    def witness(self) -> str:
        """A task that waits for ever."""
        return self.owner.create(BUSY)

    def comes(self, true: Callable[[], bool]) -> bool:
        """Whether this becomes true, as it has to without a bug."""
        return within(SHORT if self.broken else LONG, true)

    def comes_wrongly(self, true: Callable[[], bool]) -> bool:
        """Whether this becomes true, as it may with a bug alone."""
        return within(LONG if self.broken else SHORT, true)

    def speak_slowly(self) -> None:
        """Each piece of text from now on takes its time."""
        self.target.platform.pace_seconds = 0.05


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Ask until the answer is yes, for so long at most; the last answer."""
    ends = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < ends:
        pass
    return found


@contextlib.contextmanager
def scene(*parts: type) -> Iterator[Scene]:
    """A target of these parts, in a hurry."""
    with serve(*parts, heartbeat=HEARTBEAT) as target:
        target.platform.start_seconds = target.platform.pace_seconds = 0.0
        made = Scene(target, broken=bool(parts))
        try:
            yield made
        finally:
            for client in made.opened:
                client.close()


Scenario = Callable[[Scene], object]


@dataclass(frozen=True)
class Seen:
    """What somebody outside sees in a situation: of the platform as it should be, and of one with a bug."""

    scenario: Scenario
    right: object
    wrong: object


@functools.cache
def without_bugs(scenario: Scenario) -> object:
    """What is seen of the platform as it is; once for all bugs that are looked at in this way."""
    with scene() as healthy:
        return scenario(healthy)


def look(bug: str, seen: Seen) -> None:
    """Hold the platform with and without a bug against what is to be seen of them."""
    assert without_bugs(seen.scenario) == seen.right
    with scene(BUGS[bug].part) as broken:
        assert seen.scenario(broken) == seen.wrong
