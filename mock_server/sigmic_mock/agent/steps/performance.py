"""Performs a plan against a turn. The agent continues after a refused or failed call and reports it (G-65).

A task fails only if a playbook or a directive asks for it. The answer is never empty.
"""

import asyncio
from collections.abc import Callable, Iterable

from sigmic_mock.agent.long_text import TextWork
from sigmic_mock.agent.plan import Plan, Step, Steps
from sigmic_mock.agent.prompt import Prompt, ResponseStyle
from sigmic_mock.agent.steps.kind import StepKinds
from sigmic_mock.agent.steps.pacing import Pacer
from sigmic_mock.agent.templates import Values, failed, file_paths, filled
from sigmic_mock.agent.turn import Turn
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.runtime.pace import OFF, Pace


class Performance:
    """One run through a plan: the text so far, and whether the rest was cancelled."""

    def __init__(
        self, turn: Turn, style: ResponseStyle, kinds: StepKinds, text_work: TextWork, pace: Pace = OFF
    ) -> None:
        self.turn = turn
        self.text_work = text_work
        self._pacer = Pacer(turn, pace)
        self._shown = False
        self.last_output = ""
        """Of the latest tool call."""
        self._style = style
        self._kinds = kinds
        self._said: list[str] = []
        self._own_words = False
        self._over = False
        self._is_refused = False

    async def follow(self, plan: Plan, reached: Callable[[int], None]) -> None:
        """Perform the plan and close the answer; report each step that was reached.

        The rest after a refused call, or after a caller's cancel, counts as reached.
        """
        try:
            await self._pacer.before_anything()
            for at, step in enumerate(plan.steps):
                if self._over and not self._is_refused:
                    break
                reached(at)
                if not self._over:
                    await self._kinds.perform(self, await self._filled(step) if plan.templates else step)
        except asyncio.CancelledError:
            for at in range(len(plan.steps)):
                reached(at)
            raise
        await self._close()

    async def _filled(self, step: Step) -> Step:
        """Return a step with its templates filled in."""
        files: dict[str, str] = {}
        for path in file_paths(step):
            outcome = await self.turn.run_subagent_tool("read_file", {"path": path})
            if outcome.status is not ToolStatus.SUCCESS:
                raise failed(f"{{{{file:{path}}}}}: {outcome.output}")
            files[path] = outcome.output
        done: Step = filled(step, Values(Prompt.of(self.turn), self.last_output, files))
        return done

    async def play(self, steps: Steps) -> None:
        """Perform steps in order, until a branch replaced the rest."""
        for step in steps:
            if self._over:
                return
            await self._kinds.perform(self, step)

    def call_off(self, *, refused: bool) -> None:
        """Perform nothing after this: a branch of a call, failed or `refused`, has replaced the rest."""
        self._over, self._is_refused = True, refused

    async def say(
        self, pieces: Iterable[str], *, pace: float = 0.0, paragraph: bool = True, exact: bool = False
    ) -> None:
        """Add to the answer, one `content` event per piece, `pace` seconds of platform time between them.

        A `paragraph` starts after a blank line unless the answer is empty. `exact` text was dictated: the
        system prompt does not change it.
        """
        gap = self._opening(paragraph=paragraph, exact=exact)
        for at, piece in enumerate(pieces if exact else map(self._style.cased, pieces)):
            if at and pace:
                await self.turn.sleep(pace)
            await self._add(gap + piece if at == 0 else piece)

    async def say_text(self, text: str, *, paragraph: bool = True, exact: bool = False) -> None:
        """Add a text to the answer, in the deltas and at the pace of a model; see `say`."""
        gap = self._opening(paragraph=paragraph, exact=exact)
        if self._shown:
            await self._pacer.before_more()
        for at, piece in enumerate(self._pacer.pieces(text if exact else self._style.cased(text))):
            if at:
                await self._pacer.before_piece(piece)
            await self._add(piece if at else gap + piece)

    async def tell(self, text: str) -> None:
        """Add a paragraph in the agent's own words."""
        await self.say_text(text)

    async def think(self, subject: str, description: str) -> None:
        """Think aloud."""
        if self._shown:
            await self._pacer.before_thought(description)
        self._shown = True
        await self.turn.think(subject, description)

    async def _close(self) -> None:
        """End the answer: it is never empty, and gets the last words that the system prompt asks for."""
        if not "".join(self._said).strip():
            await self.tell("Done.")
        if self._own_words and self._style.suffix:
            await self._add(f" {self._style.suffix}")

    def _opening(self, *, paragraph: bool, exact: bool) -> str:
        gap = "\n\n" if self._said and paragraph else ""
        if exact or self._said:
            self._own_words |= not exact
            return gap
        self._own_words = True
        return f"{self._style.prefix} " if self._style.prefix else ""

    async def _add(self, text: str) -> None:
        if text:
            self._shown = True
            self._said.append(text)
            await self.turn.say(text)
