"""The life of a few tasks: what a client does with them, step by step, and a look at all views in between."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.prompts import EASY, count, create_file, nonce, shell
from sigmic_conformance.traffic.session_expiry import expire
from sigmic_conformance.traffic.steps import (
    decide,
    download,
    files,
    get,
    history,
    paths_of,
    status_of,
    task_id,
)
from sigmic_conformance.wire.bodies import Body, FilePart, Form, as_json
from sigmic_conformance.wire.json_values import FINAL

ORDERS: Mapping[str, Callable[[str], str]] = {
    "an easy question": lambda _: EASY,
    "a count": lambda _: count(40),
    "a command": lambda word: shell(f"echo {word}; echo {word} >> all.txt"),
    "a file": lambda word: create_file(f"{word}.txt", word),
    "two commands": lambda word: shell(f"echo {word}", f"echo {word} > {word}.txt"),
    "a slow command": lambda word: shell(f"sleep 0.5; echo {word}"),
    "a failure": lambda word: f"{shell(f'echo {word}')}\nThen fail with the message: stopped {word}",
}
"""What a message asks for, simplest first; the argument is a word that cannot be guessed."""
TALK = ("an easy question", "a count")
"""Those that need no tools."""
ATTACHED: Mapping[str, str] = {"no file": "", "a file": "{word}.dat", "a file of one name": "same.dat"}
OUTCOMES = ("proceed_once", "proceed_always", "cancel")
LENGTH = (3, 11)
"""The number of steps after the first."""
MOST_TASKS, OFTEN = 3, 0.5
MOST_DOWNLOADS = 3
MOST_REFUSALS = 8


@dataclass(frozen=True, slots=True)
class Create:
    """Create a task; with `asks`, its calls wait for an answer."""

    order: str
    attached: str
    asks: bool


@dataclass(frozen=True, slots=True)
class _OnTask:
    task: int


@dataclass(frozen=True, slots=True)
class Say(_OnTask):
    """Send a follow-up, whatever the task does."""

    order: str
    attached: str


@dataclass(frozen=True, slots=True)
class Decide(_OnTask):
    """Answer the first waiting call, if one waits."""

    outcome: str


class Cancel(_OnTask):
    """Cancel the task, whatever it does."""


class Listen(_OnTask):
    """Open a stream that stays open until the life is over."""


class Settle(_OnTask):
    """Read a stream until the turn is over, or a call waits."""


class Rest(_OnTask):
    """Let the session of a finished task end."""


Step = Create | Say | Decide | Cancel | Listen | Settle | Rest
"""What a client does. `task` is a number that counts around the tasks of the life."""
_KINDS: tuple[tuple[type[Step], int], ...] = (
    (Create, 2),
    (Say, 5),
    (Settle, 5),
    (Decide, 4),
    (Cancel, 2),
    (Listen, 2),
    (Rest, 2),
)
"""How often each is drawn, relative to the others."""


def drawn(chance: Random, left_out: Collection[type[Step]] = ()) -> list[Step]:
    """The steps of a life: a creation, and some more."""
    kinds, weights = zip(*(each for each in _KINDS if each[0] not in left_out), strict=True)
    rest = chance.choices(kinds, weights, k=chance.randint(*LENGTH))
    return [_drawn(kind, chance) for kind in (Create, *rest)]


def _drawn(kind: type[Step], chance: Random) -> Step:
    task, order, attached = chance.randrange(MOST_TASKS), chance.choice([*ORDERS]), chance.choice([*ATTACHED])
    if issubclass(kind, Create):
        return Create(order, attached, asks=chance.random() < OFTEN)
    if issubclass(kind, Say):
        return Say(task, order, attached)
    if issubclass(kind, Decide):
        return Decide(task, chance.choice(OUTCOMES))
    return kind(task)


def simpler(step: Step) -> Iterator[Step]:
    """Simpler forms of a step, the simplest first."""
    easy, none = next(iter(ORDERS)), next(iter(ATTACHED))
    found: list[Step] = []
    if isinstance(step, Create):
        found = [Create(easy, none, asks=False), replace(step, asks=False), replace(step, order=easy)]
    elif isinstance(step, Say):
        found = [Say(step.task, easy, none), replace(step, order=easy)]
    if isinstance(step, Create | Say):
        found.append(replace(step, attached=none))
    yield from (each for each in dict.fromkeys(found) if each != step)


class Life:
    """Takes the steps of one life. `steps` has what was done, in words; `tasks` the tasks so far."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver
        self.steps: list[str] = []
        self.tasks: list[str] = []

    async def take(self, step: Step) -> None:
        """Take a step, and look; a step about a task is left out while there is none."""
        if isinstance(step, Create):
            label = await self._create(step)
        elif self.tasks:
            label = await self._do(step, step.task % len(self.tasks))
        else:
            return
        for number, task in enumerate(self.tasks, 1):
            await get(self.driver, task, label=f"after {label}: task {number}")
            await history(self.driver, task, label=f"after {label}: history of task {number}")
        await self.driver.call("list_tasks", label=f"after {label}: list", query={"limit": "5"})

    async def end(self) -> None:
        """Wait for all tasks, refuse what still waits, and read everything that shows them."""
        for number, task in enumerate(self.tasks, 1):
            label = f"end of task {number}"
            await self._follow(task, label)
            for _ in range(MOST_REFUSALS):
                waiting = (await get(self.driver, task, label=f"{label}: task")).pending_calls
                if not waiting:
                    break
                await decide(self.driver, task, waiting[0], "cancel", label=f"{label}: refuse")
                await self._follow(task, label)
        for number, task in enumerate(self.tasks, 1):
            await self._look(task, f"at the end, task {number}")
        await self.driver.call("list_tasks", label="list at the end", query={"limit": "100"})

    async def _create(self, step: Create) -> str:
        offers = self.driver.profile.offers
        asks = step.asks and offers("approvals") and offers("tools")
        fields: dict[str, object] = {"autoExecute": False} if asks else {}
        told, body = self._message(step.order, step.attached, fields)
        label = self._begin(f"create a task: {told}" + (", calls ask" if asks else ""))
        made = await self.driver.call("create_task", label=label, body=body)
        if made.ok:
            self.tasks.append(task_id(self.driver, made))
        return label

    async def _do(self, step: Say | Decide | Cancel | Listen | Settle | Rest, place: int) -> str:
        task, name, label = self.tasks[place], f"task {place + 1}", ""
        match step:
            case Say():
                told, body = self._message(step.order, step.attached, {})
                label = self._begin(f"send {name} a message: {told}")
                await self.driver.call("send_message", label=label, path={"id": task}, body=body)
            case Decide():
                label = self._begin(f"answer the call of {name}: {step.outcome}")
                waiting = (await get(self.driver, task, label=f"{label}: task")).pending_calls
                for call in waiting[:1]:
                    await decide(self.driver, task, call, step.outcome, label=label)
            case Cancel():
                label = self._begin(f"cancel {name}")
                await self.driver.call("cancel_task", label=label, path={"id": task})
            case Listen():
                label = self._begin(f"open a stream of {name}")
                await self.driver.open_another(task, label=label)
            case Settle():
                label = self._begin(f"wait for {name}")
                await self._follow(task, label)
            case Rest():
                label = self._begin(f"let the session of {name} end")
                await self._follow(task, label)
                shown = await get(self.driver, task, label=f"{label}: before")
                if status_of(shown) in FINAL:
                    await expire(self.driver, task, str(shown.fields.get("sessionId")))
        return label

    def _begin(self, what: str) -> str:
        self.steps.append(what)
        return f"step {len(self.steps)}"

    def _message(self, order: str, attached: str, fields: dict[str, object]) -> tuple[str, Body]:
        """What a message asks for, in words, and its body: the nearest to it that the target offers."""
        offers = self.driver.profile.offers
        order = order if offers("tools") or order in TALK else TALK[0]
        attached = attached if offers("files") else "no file"
        word = nonce()
        text, name = ORDERS[order](word), ATTACHED[attached].format(word=word)
        if not name:
            return order, as_json({"message": text} | fields)
        words = {key: str(value).lower() for key, value in fields.items()}
        form = Form({"message": text} | words, [FilePart(name, f"content {word}\n".encode())])
        return f"{order}, with {attached}", form

    async def _follow(self, task: str, label: str) -> None:
        """Read a stream until its turn is over, or a call waits."""
        live = await self.driver.open_stream(task, label=f"{label}: stream")
        await self.driver.await_first_byte(live)
        end = self.driver.profile.task_seconds
        await live.until(lambda _: bool(live.waiting) or live.settled, end)
        if live.settled:
            await live.end(end)
        live.hang_up()

    async def _look(self, task: str, label: str) -> None:
        """Read everything that shows a task."""
        await get(self.driver, task, label=f"{label}: task")
        await history(self.driver, task, label=f"{label}: history")
        if self.driver.profile.offers("artifacts"):
            listed = await files(self.driver, task, label=f"{label}: files")
            for path in paths_of(listed)[:MOST_DOWNLOADS]:
                await download(self.driver, task, path, label=f"{label}: {path}")
        await self._follow(task, f"{label}: late")
