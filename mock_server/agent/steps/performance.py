"""Performs a plan against a turn. The agent goes on after a refused or failed call and says so (G-65).

A task fails only where a playbook or a directive says so. The answer is never empty.
"""

from collections.abc import Callable

from sigmic_conformance.mock_server.agent.long_text import TextWork
from sigmic_conformance.mock_server.agent.prompt import ResponseStyle
from sigmic_conformance.mock_server.agent.steps.catalogue import StepKinds
from sigmic_conformance.mock_server.agent.steps.step import Plan, Say, Step, in_pieces
from sigmic_conformance.mock_server.agent.turn import Turn


class PlanPerformance:
    """One run through a plan: what was said so far, and whether the rest was called off."""

    def __init__(self, turn: Turn, style: ResponseStyle, kinds: StepKinds, text_work: TextWork) -> None:
        self.turn = turn
        self.text_work = text_work
        self.style = style
        self._kinds = kinds
        self._said: list[str] = []
        self._own_words = False
        self._over = False

    @property
    def said(self) -> str:
        """The answer so far."""
        return "".join(self._said)

    async def follow(self, plan: Plan, reached: Callable[[int], None]) -> None:
        """Perform the plan and close the answer; tells of each step that it was reached."""
        for at, step in enumerate(plan.steps):
            if self._over:
                break
            reached(at)
            await self._kinds.perform(self, step)
        await self._close()

    async def play(self, steps: tuple[Step, ...]) -> None:
        """Perform steps in order, until a branch replaced the rest."""
        for step in steps:
            if self._over:
                return
            await self._kinds.perform(self, step)

    def call_off(self) -> None:
        """Perform nothing after this."""
        self._over = True

    async def say(self, step: Say) -> None:
        """Add to the answer."""
        pieces = step.pieces if step.exact else tuple(map(self.style.cased, step.pieces))
        for at, piece in enumerate(pieces):
            if at and step.pace:
                await self.turn.sleep(step.pace)
            await self._add(self._opening(step) + piece if at == 0 else piece)

    async def tell(self, text: str) -> None:
        """Say a paragraph in the agent's own words."""
        await self.say(Say(in_pieces(text)))

    async def _close(self) -> None:
        """End the answer: something was said, and the system prompt's last words with it."""
        if not self.said.strip():
            await self.tell("Done.")
        if self._own_words and self.style.suffix:
            await self._add(f" {self.style.suffix}")

    def _opening(self, step: Say) -> str:
        gap = "\n\n" if self._said and step.paragraph else ""
        if step.exact or self._said:
            self._own_words |= not step.exact
            return gap
        self._own_words = True
        return f"{self.style.prefix} " if self.style.prefix else ""

    async def _add(self, text: str) -> None:
        if text:
            self._said.append(text)
            await self.turn.say(text)
