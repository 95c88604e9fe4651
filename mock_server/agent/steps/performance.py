"""Performs a plan against a turn. The agent goes on after a refused or failed call and says so (G-65).

A task fails only where a playbook or a directive says so. The answer is never empty.
"""

from collections.abc import Callable, Iterable

from sigmic_conformance.mock_server.agent.long_text import TextWork
from sigmic_conformance.mock_server.agent.prompt import Prompt, ResponseStyle
from sigmic_conformance.mock_server.agent.steps.kind import StepKinds
from sigmic_conformance.mock_server.agent.steps.step import Plan, Step, Steps
from sigmic_conformance.mock_server.agent.templates import Values, failed, file_paths, filled
from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.domain.model import ToolStatus

PIECE_CHARACTERS = 24
MOST_PIECES = 200


class Performance:
    """One run through a plan: what was said so far, and whether the rest was called off."""

    def __init__(self, turn: Turn, style: ResponseStyle, kinds: StepKinds, text_work: TextWork) -> None:
        self.turn = turn
        self.text_work = text_work
        self.last_output = ""
        """Of the latest tool call."""
        self._style = style
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
            await self._kinds.perform(self, await self._filled(step) if plan.templates else step)
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

    def call_off(self) -> None:
        """Perform nothing after this: a branch has replaced the rest."""
        self._over = True

    async def say(
        self, pieces: Iterable[str], *, pace: float = 0.0, paragraph: bool = True, exact: bool = False
    ) -> None:
        """Add to the answer, one `content` event a piece, `pace` seconds of platform time between them.

        A `paragraph` starts after a blank line when something was said before. `exact` text was dictated: the
        system prompt does not change it.
        """
        gap = self._opening(paragraph=paragraph, exact=exact)
        for at, piece in enumerate(pieces if exact else map(self._style.cased, pieces)):
            if at and pace:
                await self.turn.sleep(pace)
            await self._add(gap + piece if at == 0 else piece)

    async def tell(self, text: str) -> None:
        """Say a paragraph in the agent's own words."""
        await self.say(in_pieces(text))

    async def _close(self) -> None:
        """End the answer: something was said, and the system prompt's last words with it."""
        if not self.said.strip():
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
            self._said.append(text)
            await self.turn.say(text)


def in_pieces(text: str) -> tuple[str, ...]:
    """Cut a text into the pieces it is streamed in; joined they are the very same text."""
    size = max(PIECE_CHARACTERS, -(-len(text) // MOST_PIECES))
    pieces = []
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        space = text.rfind(" ", start + 1, end) if end < len(text) else -1
        end = space + 1 if space > start + size // 2 else end
        pieces.append(text[start:end])
        start = end
    return tuple(pieces)
