"""The agent of a server: loaded once the server answers, or when it is first asked for.

Its modules and playbooks take a good part of a start, and nobody needs them before there is a message.
"""

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.agent.turn import Turn

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.agent.agent import Agent

log = logging.getLogger(__name__)


class LoadedAgent:
    """Loads the agent once, in a thread. Call it for the agent, which waits until it is there."""

    def __init__(self, playbooks: Path | None) -> None:
        """`playbooks` is a folder of somebody's own."""
        self._playbooks = playbooks
        self._loading: asyncio.Task[Agent] | None = None

    async def __call__(self) -> "Agent":
        """Return the agent; raises `PlaybookError` for a folder with a mistake."""
        return await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[Agent]":
        """Load it, unless that has begun; return what is done then."""
        if self._loading is None:
            self._loading = asyncio.create_task(
                asyncio.to_thread(_load, self._playbooks), name="load the agent"
            )
            self._loading.add_done_callback(_tell)
        return self._loading

    async def work(self, turn: Turn) -> None:
        """Do what the agent does on a turn."""
        agent = await self()
        from sigmic_conformance.mock_server.agent.perform import perform  # noqa: PLC0415 - loaded with the agent

        await perform(turn, agent)

    async def close(self) -> None:
        """Wait for a load that is under way: a thread cannot be stopped."""
        if self._loading is not None:
            await asyncio.wait([self._loading])


def _load(playbooks: Path | None) -> "Agent":
    from sigmic_conformance.mock_server.agent.agent import Agent  # noqa: PLC0415 - see the module docstring
    from sigmic_conformance.mock_server.agent.library import Library  # noqa: PLC0415 - see the module docstring
    from sigmic_conformance.mock_server.agent.perform import perform  # noqa: F401, PLC0415 - as above

    return Agent(Library([] if playbooks is None else [playbooks]))


def _tell(loading: "asyncio.Task[Agent]") -> None:
    """Say that there is no agent, to whoever reads the log; who asks for it is told as well."""
    if not loading.cancelled() and loading.exception() is not None:
        log.error("the agent could not be loaded: %s", loading.exception())
