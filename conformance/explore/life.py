"""A task's life as a state machine for Hypothesis: create, read, follow up, upload, approve, cancel, leave.

The machine claims nothing and notes nothing but what was sent and answered; the invariants of the model
judge the transcripts afterwards: a walk is therefore never repeated to be shrunk, which would cost a model's
time. The seed of a run repeats its walks.
"""

import contextlib
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from sigmic_conformance.conformance.client.bodies import FilePart, Form
from sigmic_conformance.conformance.explore.hands import Hands
from sigmic_conformance.conformance.model.statuses import AWAITING
from sigmic_conformance.conformance.probing.driver import Driver, as_json
from sigmic_conformance.conformance.probing.live_stream import LiveStream
from sigmic_conformance.conformance.probing.prompts import EASY, PARIS, RECALL, create_file, remember, shell
from sigmic_conformance.conformance.probing.steps import files, get, history, poll, status_of
from sigmic_conformance.conformance.transcript.json_values import FINAL
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.conformance.transcript.transcript import Exchange

STEPS = 12
LISTENING_SECONDS = 0.5
PATIENCE_SECONDS = 1.5
END_SECONDS = 20
STILL = FINAL | {AWAITING}
"""The statuses in which a task does nothing of itself."""

WORDS = st.text("0123456789abcdef", min_size=10, max_size=10).map(lambda text: f"n{text}")
MESSAGES = st.one_of(
    st.sampled_from([EASY, PARIS, RECALL]),
    WORDS.map(lambda word: shell(f"echo {word}")),
    WORDS.map(lambda word: shell(f"sleep 1; echo {word}")),
    WORDS.map(lambda word: create_file(f"{word}.txt", word)),
    WORDS.map(remember),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200).filter(str.strip),
)
NAMES = st.text("abcdefghij-_ .\u00e9\u4e2d", min_size=1, max_size=20).map(
    lambda text: f"f{text.strip()}.txt"
)


class Life(RuleBasedStateMachine):
    """One walk. `hands` is set by `walk` before Hypothesis makes any."""

    hands: Hands

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[str] = []
        self.streams: list[LiveStream] = []
        self.hands.begin()

    def teardown(self) -> None:
        for task in self.tasks:
            self._do(self._ended(task))
            self._do(history(self._driver, task, label=self._label("history at the end")))
            self._do(files(self._driver, task, label=self._label("files at the end")))
            self._do(self._heard(task))
        self.hands.end()

    @rule(message=MESSAGES, asks=st.booleans())
    def create(self, message: str, asks: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Create a task; one that asks stops before its first command."""
        if self.hands.take_turn():
            body = {"message": message} | ({"autoExecute": False} if asks else {})
            self._made(
                self._do(
                    self._driver.call("create_task", label=self._label("create_task"), body=as_json(body))
                )
            )

    @rule(
        message=MESSAGES,
        names=st.lists(NAMES, min_size=1, max_size=3, unique=True),
        data=st.binary(max_size=99),
    )
    def create_with_files(self, message: str, names: list[str], data: bytes) -> None:
        """Create a task from a form."""
        if self.hands.take_turn():
            form = Form({"message": message}, [FilePart(name, data or b"x") for name in names])
            self._made(
                self._do(self._driver.call("create_task", label=self._label("create with files"), body=form))
            )

    @precondition(lambda self: self.tasks)
    @rule(word=WORDS, pick=st.integers(0, 99))
    def follow_up(self, word: str, pick: int) -> None:
        """Say something more, whatever the task is doing."""
        task = self.tasks[pick % len(self.tasks)]
        if not self.hands.take_turn():
            return
        body = as_json({"message": f"Reply with exactly this word: {word}"})
        self._do(
            self._driver.call("send_message", label=self._label("follow up"), path={"id": task}, body=body)
        )

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99), what=st.sampled_from(["task", "history", "files", "list"]))
    def read(self, pick: int, what: str) -> None:
        """Read one of the things that can be read."""
        task = self.tasks[pick % len(self.tasks)]
        match what:
            case "task":
                self._do(get(self._driver, task, label=self._label("get_task")))
            case "history":
                self._do(history(self._driver, task, label=self._label("history")))
            case "files":
                self._do(files(self._driver, task, label=self._label("files")))
            case _:
                self._do(
                    self._driver.call("list_tasks", label=self._label("list_tasks"), query={"limit": "5"})
                )

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99))
    def listen(self, pick: int) -> None:
        """Open a stream and stay for a moment."""
        if self.hands.has_time:
            opened = self._driver.open_stream(self.tasks[pick % len(self.tasks)], label=self._label("stream"))
            live = self._do(opened)
            if live is not None:
                self._do(live.end(LISTENING_SECONDS))
                self.streams.append(live)

    @precondition(lambda self: self.streams)
    @rule(pick=st.integers(0, 99), abruptly=st.booleans())
    def leave(self, pick: int, abruptly: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Hang up."""
        live = self.streams.pop(pick % len(self.streams))

        async def hang_up() -> None:
            live.hang_up(abruptly=abruptly)

        self._do(hang_up())

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99), outcome=st.sampled_from(["proceed_once", "proceed_always", "cancel"]))
    def decide(self, pick: int, outcome: str) -> None:
        """Answer the first call that waits, if one does."""
        task = self.tasks[pick % len(self.tasks)]
        seen = self._do(get(self._driver, task, label=self._label("get_task")))
        data = seen.data if seen is not None else None
        pending = data.get("pendingApprovals") if isinstance(data, dict) else None
        first = pending[0] if isinstance(pending, list) and pending else None
        call = first.get("callId") if isinstance(first, dict) else None
        if isinstance(call, str) and call:
            path, body = {"id": task, "callId": call}, as_json({"outcome": outcome})
            self._do(
                self._driver.call("approve_tool_call", label=self._label("decide"), path=path, body=body)
            )

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99))
    def cancel(self, pick: int) -> None:
        """Cancel, whatever the task is doing."""
        task = self.tasks[pick % len(self.tasks)]
        self._do(self._driver.call("cancel_task", label=self._label("cancel"), path={"id": task}))

    @precondition(lambda self: self.tasks)
    @rule(pick=st.integers(0, 99))
    def wait(self, pick: int) -> None:
        """Wait for a task to finish, or to wait itself for somebody."""
        if self.hands.has_time:
            self._do(
                poll(
                    self._driver,
                    self.tasks[pick % len(self.tasks)],
                    STILL,
                    label=self._label("waited"),
                    timeout=8,
                )
            )

    @property
    def _driver(self) -> Driver:
        return self.hands.driver

    def _label(self, text: str) -> Label:
        return Label(self._driver.probe, text)

    def _do(self, step: Any) -> Any:
        return self.hands.do(step)

    async def _ended(self, task: str) -> None:
        """Wait for a task's end; nobody will answer one that asks for an approval, so it is cancelled."""
        at_the_end = self._label("at the end")
        seen = await poll(self._driver, task, STILL, label=at_the_end, timeout=END_SECONDS)
        if status_of(seen) == AWAITING:
            label = self._label("cancel at the end")
            await self._driver.call("cancel_task", label=label, path={"id": task})
            await poll(self._driver, task, FINAL, label=at_the_end, timeout=END_SECONDS)

    async def _heard(self, task: str) -> None:
        """Listen to what a task at rest replays."""
        live = await self._driver.open_stream(task, label=self._label("stream at the end"))
        await live.end(PATIENCE_SECONDS)
        live.hang_up()

    def _made(self, made: Exchange | None) -> None:
        data = made.data if made is not None else None
        task = data.get("id") if isinstance(data, dict) else None
        if isinstance(task, str) and task:
            self.tasks.append(task)


def walk(hands: Hands, *, number: int, walks: int) -> None:
    """Make `walks` walks at most, drawn from the seed `number`; what was recorded is in `hands.walks`.

    Hypothesis gives up when the same choices lead elsewhere, as with a budget that ends or a target that
    answers otherwise: the walks that are left are drawn from the next number.
    """
    machine = type("Walk", (Life,), {"hands": hands})
    for again in range(walks):
        with contextlib.suppress(FlakyStrategyDefinition):
            _walk(seed(number + again)(machine), walks - len(hands.walks))
            return
        if not hands.has_time or len(hands.walks) >= walks:
            return


def _walk(machine: type[Life], walks: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        ),
    )
