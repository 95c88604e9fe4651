"""Random walks through a task's lifecycle: create, read, follow up, upload, approve, cancel, hang up.

A walk varies its steps: a step twice or in parallel with itself, texts and
files as large as a buffer, names that differ slightly.

A walk sends and records; the invariants of the model check the transcripts afterwards. It is therefore never
shrunk, which would cost a model's time (ADR 12). The same seed makes the same choices.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

from sigmic_conformance.conformance.client.bodies import Body, FilePart, Form, as_json
from sigmic_conformance.conformance.explore.request_budget import RequestBudget
from sigmic_conformance.conformance.model.statuses import AWAITING
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.endings import Throttled
from sigmic_conformance.conformance.probing.live_stream import LiveStream
from sigmic_conformance.conformance.probing.prompts import EASY, PARIS, RECALL, create_file, remember, shell
from sigmic_conformance.conformance.probing.steps import files, get, history, poll, status_of
from sigmic_conformance.conformance.transcript.json_values import FINAL

T = TypeVar("T")
BUFFER = 4096
STEPS = 12
STEP_SECONDS = 120.0
LISTENING_SECONDS = 0.5
PATIENCE_SECONDS = 1.5
WAITING_SECONDS = 8.0
END_SECONDS = 20.0
STILL = FINAL | {AWAITING}
"""The statuses in which a task does nothing without a request."""
OUTCOMES = ("proceed_once", "proceed_always", "cancel")
EDGES = (BUFFER - 1, BUFFER)
IN_NAMES = "abcdefghij-_ .\u00e9\u4e2d"
IN_MESSAGES = (
    "abc XYZ 0189 .,:;!?-_/\\'\"`<>{}[]()%&=+$#@ \u00e4\u00df\u20ac\u05d0\u4e2d\u200d\u202e\u2028\U0001f600"
)
"""Letters of one to four bytes, and characters that are special to a parser, a shell or a page."""


class Walk:
    """One walk: its next steps depend on the tasks that it created and the streams that it reads."""

    def __init__(self, driver: Driver, chance: Random, budget: RequestBudget) -> None:
        self._driver = driver
        self._chance = chance
        self._budget = budget
        self._tasks: list[str] = []
        self._streams: list[LiveStream] = []

    async def make(self) -> None:
        """Run the steps, then wait for each task's end and read it once more."""
        for _ in range(STEPS):
            if self._budget.seconds_left:
                await self._within(self._step(self._chance.choice(self._possible())))
        for task in self._tasks:
            await self._within(self._end(task))
            await self._within(history(self._driver, task, label="history at the end"))
            await self._within(files(self._driver, task, label="files at the end"))
            await self._within(self._replay(task))
        self._driver.finish()

    def _possible(self) -> list[Callable[[], Awaitable[object]]]:
        of_tasks = (self._follow_up, self._read, self._listen, self._decide, self._cancel, self._wait)
        return [
            self._create,
            self._create_with_files,
            *(of_tasks if self._tasks else ()),
            *((self._leave,) if self._streams else ()),
        ]

    async def _step(self, step: Callable[[], Awaitable[object]]) -> None:
        """Run a step: three of five times alone, else twice or in parallel with itself."""
        how = self._chance.choice(("alone", "alone", "alone", "twice", "together"))
        if how == "together":
            await asyncio.gather(step(), step())
            return
        for _ in range(2 if how == "twice" else 1):
            await step()

    async def _within(self, step: Awaitable[T]) -> T | None:
        """Run one step; None if the target always answered 429 or took too long."""
        try:
            async with asyncio.timeout(STEP_SECONDS):
                return await step
        except (Throttled, TimeoutError):
            return None

    # --- steps

    async def _create(self) -> None:
        """A task that asks stops before its first command."""
        asks = {"autoExecute": False} if self._chance.choice((True, False)) else {}
        await self._made("create_task", as_json({"message": self._message()} | asks))

    async def _create_with_files(self) -> None:
        names = {
            f"f{self._text(IN_NAMES, self._chance.randint(1, 20)).strip()}.txt"
            for _ in range(self._chance.randint(1, 3))
        }
        names |= {self._chance.choice((name.upper(), f"{name}2", name)) for name in sorted(names)}
        parts = [FilePart(name, self._chance.randbytes(self._length(99))) for name in sorted(names)]
        await self._made("create with files", Form({"message": self._message()}, parts))

    async def _made(self, label: str, body: Body) -> None:
        if not self._budget.take_turn():
            return
        made = await self._driver.call("create_task", label=label, body=body)
        task = made.fields.get("id")
        if isinstance(task, str) and task:
            self._tasks.append(task)

    async def _follow_up(self) -> None:
        """Send a follow-up, whatever the task is doing."""
        if self._budget.take_turn():
            body = as_json({"message": f"Reply with exactly this word: {self._word()}"})
            await self._driver.call("send_message", label="follow up", path={"id": self._task()}, body=body)

    async def _read(self) -> None:
        """Read a random resource of a task."""
        task, what = self._task(), self._chance.choice((get, history, files, None))
        if what is not None:
            await what(self._driver, task, label=f"read: {what.__name__}")
        else:
            await self._driver.call("list_tasks", label="list_tasks", query={"limit": "5"})

    async def _listen(self) -> None:
        """Open a stream and read it for a moment."""
        live = await self._driver.open_stream(self._task(), label="stream")
        await live.end(LISTENING_SECONDS)
        self._streams.append(live)

    async def _leave(self) -> None:
        if self._streams:
            live = self._streams.pop(self._chance.randrange(len(self._streams)))
            live.hang_up(abruptly=self._chance.choice((True, False)))

    async def _decide(self) -> None:
        """Answer the first call that waits, if one does."""
        task, outcome = self._task(), self._chance.choice(OUTCOMES)
        seen = await get(self._driver, task, label="get_task")
        pending = seen.fields.get("pendingApprovals")
        first = pending[0] if isinstance(pending, list) and pending else None
        call = first.get("callId") if isinstance(first, dict) else None
        if isinstance(call, str) and call:
            path, body = {"id": task, "callId": call}, as_json({"outcome": outcome})
            await self._driver.call("approve_tool_call", label="decide", path=path, body=body)

    async def _cancel(self) -> None:
        """Cancel, whatever the task is doing."""
        await self._driver.call("cancel_task", label="cancel", path={"id": self._task()})

    async def _wait(self) -> None:
        """Wait for a task to finish, or to ask for an approval."""
        await poll(self._driver, self._task(), STILL, label="waited", timeout=WAITING_SECONDS)

    # --- the end of a task

    async def _end(self, task: str) -> None:
        """Wait for a task's end; no client will answer one that asks for an approval, so it is cancelled."""
        at_the_end = "at the end"
        seen = await poll(self._driver, task, STILL, label=at_the_end, timeout=END_SECONDS)
        if status_of(seen) == AWAITING:
            await self._driver.call("cancel_task", label="cancel at the end", path={"id": task})
            await poll(self._driver, task, FINAL, label=at_the_end, timeout=END_SECONDS)

    async def _replay(self, task: str) -> None:
        live = await self._driver.open_stream(task, label="stream at the end")
        await live.finish(PATIENCE_SECONDS)

    # --- what is drawn

    def _task(self) -> str:
        return self._chance.choice(self._tasks)

    def _word(self) -> str:
        return f"n{self._chance.getrandbits(40):010x}"

    def _length(self, usual: int) -> int:
        """One time in three the smallest length, or that of a buffer."""
        return self._chance.choice((*[self._chance.randint(1, usual)] * 6, 1, *EDGES))

    def _text(self, letters: str, length: int) -> str:
        return "".join(self._chance.choices(letters, k=length))

    def _message(self) -> str:
        word = self._word()
        return self._chance.choice(
            (
                self._chance.choice((EASY, PARIS, RECALL)),
                shell(f"echo {word}"),
                shell(f"sleep 1; echo {word}"),
                create_file(f"{word}.txt", word),
                remember(word),
                self._text(IN_MESSAGES, self._length(200)).strip() or word,
            )
        )
