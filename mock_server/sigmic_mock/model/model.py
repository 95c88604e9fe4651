"""A model performs a turn: its answers are shown, its tool calls run by the platform, until it calls none."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.tools.output import CUT
from sigmic_mock.agent.turn import PLAIN, ToolOrder, ToolOutcome, Turn, TurnFailed
from sigmic_mock.model.answer import Answer, Call, ModelFailed
from sigmic_mock.model.conversation import Messages, Toolbox, conversation
from sigmic_mock.model.thoughts import Thoughts
from sigmic_spec.plural import plural

MOST_TRIES = 3
"""Of one answer, while nothing of it was shown."""
MOST_ALIKE = 4
"""Answers in a row with the same calls and the same results."""
MOST_INVALID = 3
"""Answers in a row with arguments that are not a JSON object."""
MOST_SENT = 1_000_000
"""Characters of a turn's conversation."""
_SHOWN_OF_A_RESULT = 30_000


class Endpoint(Protocol):
    """Where answers come from; see `endpoint.Endpoint`."""

    def chunks(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> AbstractAsyncContextManager[AsyncIterator[Mapping[str, Any]]]:
        """Ask for an answer and give its chunks; on leaving, the request ends. Raises `ModelFailed`."""

    async def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of a model's work on one message."""

    steps: int
    """Answers; an answer may call tools."""
    seconds: float
    """Time that the endpoint takes for all, with pauses before retries; tools and approvals do not count."""
    characters: int
    """What the model writes: text, reasoning and arguments."""


class Model:
    """A second agent behind the same `Turn` as the scripted one."""

    def __init__(self, endpoint: Endpoint, limits: Limits) -> None:
        self._endpoint = endpoint
        self._limits = limits

    async def perform(self, turn: Turn) -> None:
        """Do what the model decides; raises `TurnFailed` with a sentence when it can't."""
        try:
            await _Work(turn, self._endpoint, self._limits, Toolbox(await turn.tools())).do()
        except ModelFailed as problem:
            raise TurnFailed(problem.message, problem.code) from None

    async def close(self) -> None:
        """Close the connections to the endpoint."""
        await self._endpoint.close()


class _Work:
    """One message."""

    def __init__(self, turn: Turn, endpoint: Endpoint, limits: Limits, toolbox: Toolbox) -> None:
        self._turn = turn
        self._endpoint = endpoint
        self._limits = limits
        self._toolbox = toolbox
        self._messages = conversation(Prompt.of(turn))
        self._sent = 0
        self._said = False
        self._characters = 0
        self._seconds = limits.seconds
        self._round: object = None
        self._alike = self._invalid = 0

    async def do(self) -> None:
        for _ in range(self._limits.steps):
            answer = await self._answer()
            self._characters += answer.size
            self._said |= bool(answer.text.strip())
            if not answer.calls:
                if not self._said:
                    raise ModelFailed("The model answered nothing.", "MODEL_INCOMPLETE")
                return
            self._add(answer.as_message(), *await self._call(answer.calls))
        raise ModelFailed(
            f"The model still called tools in its answer {self._limits.steps}, the last that is allowed.",
            "MODEL_LIMIT",
        )

    def _add(self, *messages: dict[str, Any]) -> None:
        self._messages += messages
        self._sent += sum(len(str(message)) for message in messages)
        if self._sent > MOST_SENT:
            raise ModelFailed(
                f"The model's conversation has grown beyond {MOST_SENT:,} characters.", "MODEL_LIMIT"
            )

    # --- an answer ------------------------------------------------------------------------------------------

    async def _answer(self) -> Answer:
        tried, answer = 1, Answer()
        while True:
            try:
                await self._stream(answer)
            except ModelFailed as problem:
                pause = problem.retry_after or 2.0 ** (tried - 1)
                is_final = problem.retry_after is None or pause > self._seconds
                if is_final or answer.size or tried >= MOST_TRIES:
                    raise
                self._seconds -= pause
                await self._turn.status("retrying", problem.message)
                await self._turn.sleep(pause)
                await self._turn.status("processing")
                tried, answer = tried + 1, Answer()
            else:
                return answer

    async def _stream(self, answer: Answer) -> None:
        """Show an answer while it arrives."""
        loop = asyncio.get_running_loop()
        begun, thoughts = loop.time(), Thoughts()
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._endpoint.chunks(self._messages, self._toolbox.as_functions()) as chunks,
            ):
                async for chunk in chunks:
                    await self._show(answer, chunk, thoughts)
                    if answer.reason is not None:
                        break
        except TimeoutError:
            message = f"The model took more than {self._limits.seconds:g} s for this message."
            raise ModelFailed(message, "MODEL_TIMEOUT") from None
        finally:
            self._seconds -= loop.time() - begun
        await self._think(thoughts.rest())
        answer.check_complete()

    async def _show(self, answer: Answer, chunk: Mapping[str, Any], thoughts: Thoughts) -> None:
        is_first = not answer.has_text
        piece = answer.add(chunk)
        if self._characters + answer.size > self._limits.characters:
            most = plural(self._limits.characters, "character")
            raise ModelFailed(f"The model wrote more than {most}.", "MODEL_LIMIT")
        await self._think(thoughts.add(piece.reasoning))
        if piece.text:
            await self._think(thoughts.rest())
            is_joined = is_first and self._said and not piece.text.startswith("\n")
            await self._turn.say(f"\n\n{piece.text}" if is_joined else piece.text)

    async def _think(self, thoughts: Sequence[tuple[str, str]]) -> None:
        for subject, description in thoughts:
            await self._turn.think(subject, description)

    # --- tool calls -----------------------------------------------------------------------------------------

    async def _call(self, calls: Sequence[Call]) -> Messages:
        """Run the calls of an answer; return their results as messages."""
        results: dict[int, str] = {}
        orders: dict[int, ToolOrder] = {}
        for at, call in enumerate(calls):
            try:
                orders[at] = (self._toolbox.own_name(call.name), call.args(), PLAIN)
            except ValueError:
                results[at] = "The arguments are not a JSON object, so the tool was not called."
                await self._turn.status("retrying", f"The model called {call.name} with invalid arguments")
                await self._turn.status("processing")
        self._count_invalid(calls, results)
        for at, outcome in zip(orders, await self._outcomes(list(orders.values())), strict=True):
            results[at] = _shown(outcome)
        self._count_alike(calls, results)
        return [
            {"role": "tool", "tool_call_id": call.id, "content": results[at]} for at, call in enumerate(calls)
        ]

    async def _outcomes(self, orders: Sequence[ToolOrder]) -> Sequence[ToolOutcome]:
        if len(orders) == 1:  # a snapshot can be taken while one call alone waits
            return [await self._turn.call_tool(*orders[0])]
        return await self._turn.together(orders) if orders else ()

    def _count_invalid(self, calls: Sequence[Call], invalid: Mapping[int, str]) -> None:
        self._invalid = self._invalid + 1 if invalid else 0
        if self._invalid == MOST_INVALID:
            name = calls[min(invalid)].name
            message = (
                f"The model called {name} with arguments that are not a JSON object, {MOST_INVALID} times."
            )
            raise ModelFailed(message, "MODEL_MALFORMED")

    def _count_alike(self, calls: Sequence[Call], results: Mapping[int, str]) -> None:
        this = [(call.name, call.arguments, results[at]) for at, call in enumerate(calls)]
        self._alike = self._alike + 1 if this == self._round else 1
        self._round = this
        if self._alike == MOST_ALIKE:
            raise ModelFailed(
                f"The model called {calls[0].name} {MOST_ALIKE} times in a row with the same arguments and"
                " the same result.",
                "MODEL_LOOP",
            )


def _shown(outcome: ToolOutcome) -> str:
    """Return a tool's outcome as the model reads it."""
    text = outcome.output
    text = text if len(text) <= _SHOWN_OF_A_RESULT else f"{text[:_SHOWN_OF_A_RESULT]}\n{CUT}"
    return f"{outcome.status.value}: {text}"
