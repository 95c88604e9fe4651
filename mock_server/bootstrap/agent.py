"""The agent of a server: loaded once the server answers, or when it is first asked for.

Its modules and playbooks take a good part of a start, and nobody needs them before there is a message.
"""

import asyncio
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.runtime.pace import OFF, Pace

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.agent.agent import Agent
    from sigmic_conformance.mock_server.agent.steps.kind import StepKinds

log = logging.getLogger(__name__)


class LoadedAgent:
    """Loads the agent once, in a thread. Call it for the agent, which waits until it is there."""

    def __init__(
        self, playbooks: Path | None, *, with_faults: bool = True, strict: bool = False, pace: Pace = OFF
    ) -> None:
        """`playbooks` is a folder of somebody's own; `with_faults` says whether they may arm faults."""
        self._load = partial(_load, playbooks, with_faults=with_faults, strict=strict, pace=pace)
        self._loading: asyncio.Task[Agent] | None = None

    async def __call__(self) -> "Agent":
        """Return the agent; raises `PlaybookError` for a folder with a mistake."""
        return await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[Agent]":
        """Load it, unless that has begun; return what is done then."""
        if self._loading is None:
            self._loading = asyncio.create_task(
                asyncio.to_thread(self._load),
                name="load the agent",
            )
            self._loading.add_done_callback(_tell)
        return self._loading

    async def perform(self, turn: Turn) -> None:
        """Do what the agent does on a turn."""
        agent = await self()
        await agent.perform(turn)

    async def close(self) -> None:
        """Wait for a load that is under way: a thread cannot be stopped."""
        if self._loading is not None:
            await asyncio.wait([self._loading])


def _load(playbooks: Path | None, *, with_faults: bool, strict: bool, pace: Pace) -> "Agent":
    from sigmic_conformance.mock_server.agent.agent import Agent
    from sigmic_conformance.mock_server.agent.playbooks.files import PlaybookReader
    from sigmic_conformance.mock_server.agent.playbooks.library import Library

    reader = PlaybookReader(_step_kinds(with_faults=with_faults))
    library = Library([] if playbooks is None else [playbooks], reader=reader)
    return Agent(library, strict=strict, pace=pace)


def _step_kinds(*, with_faults: bool) -> "StepKinds":
    """Return what playbooks may use."""
    if with_faults:
        from sigmic_conformance.mock_server.faults.playbook_step import ALL_STEP_KINDS

        return ALL_STEP_KINDS
    from sigmic_conformance.mock_server.agent.steps.catalogue import KINDS
    from sigmic_conformance.mock_server.agent.steps.kind import StepKinds

    return StepKinds(KINDS, missing={"fault": "this server has no faults: it was started with --no-faults"})


def _tell(loading: "asyncio.Task[Agent]") -> None:
    """Say that there is no agent, to whoever reads the log; who asks for it is told as well."""
    if not loading.cancelled() and loading.exception() is not None:
        log.error("the agent could not be loaded: %s", loading.exception())
