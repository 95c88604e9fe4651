"""The agent of a server: loaded once the server answers, or when it is first asked for.

Its modules and playbooks take a good part of a start, and they are not needed before the first message.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from sigmic_mock.agent.turn import Turn
from sigmic_mock.config.settings import Settings
from sigmic_mock.runtime.pace import OFF

if TYPE_CHECKING:
    from sigmic_mock.agent.agent import Agent
    from sigmic_mock.agent.steps.kind import StepKinds
    from sigmic_mock.model.model import Model

log = logging.getLogger(__name__)


class LoadedAgent:
    """Loads the agent once, in a thread. Call it for the agent, which waits until it is there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: Model | None = None
        self._loading: asyncio.Task[Agent] | None = None

    async def __call__(self) -> "Agent":
        """Return the agent; raises `PlaybookError` for a folder with a mistake."""
        return await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[Agent]":
        """Start to load it, unless that was done before; return the task that loads it."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load), name="load the agent")
            self._loading.add_done_callback(_tell)
        return self._loading

    async def perform(self, turn: Turn) -> None:
        """Perform the agent's part of a turn."""
        agent = await self()
        await agent.perform(turn)

    async def close(self) -> None:
        """Wait for a load that is under way: a thread cannot be stopped."""
        if self._loading is not None:
            await asyncio.wait([self._loading])
        if self._model is not None:
            await self._model.close()

    def _load(self) -> "Agent":
        from sigmic_mock.agent.agent import Agent
        from sigmic_mock.agent.answers import BUNDLED, Answers
        from sigmic_mock.agent.playbooks.files import PlaybookReader
        from sigmic_mock.agent.playbooks.library import Library

        playbooks = self._settings.playbooks
        reader = PlaybookReader(_step_kinds(with_faults=not self._settings.no_faults))
        library = Library([] if playbooks is None else [playbooks], reader=reader)
        answers = Answers(self._settings.answers or BUNDLED, reader=reader, seed=self._settings.seed or 0)
        self._model = _load_model(self._settings)
        return Agent(
            library,
            answers=answers,
            model=None if self._model is None else self._model.perform,
            strict=self._settings.strict_agent,
            pace=self._settings.pace or OFF,
        )


def _load_model(settings: Settings) -> "Model | None":
    if settings.model is None:
        return None
    from sigmic_mock.model.endpoint import Endpoint
    from sigmic_mock.model.model import Limits, Model

    limits = Limits(
        steps=settings.model_steps, seconds=settings.model_seconds, characters=settings.model_characters
    )
    return Model(Endpoint(settings.model, settings.model_name, settings.model_key), limits)


def _step_kinds(*, with_faults: bool) -> "StepKinds":
    """Return the kinds of steps that playbooks may use."""
    if with_faults:
        from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS

        return ALL_STEP_KINDS
    from sigmic_mock.agent.steps.catalogue import KINDS
    from sigmic_mock.agent.steps.kind import StepKinds

    return StepKinds(KINDS, missing={"fault": "this server has no faults: it was started with --no-faults"})


def _tell(loading: "asyncio.Task[Agent]") -> None:
    """Log that the agent could not be loaded, unless the start reports it: a mistake in a playbook."""
    from sigmic_mock.agent.playbooks.files import PlaybookError

    problem = None if loading.cancelled() else loading.exception()
    if problem is not None and not isinstance(problem, PlaybookError):
        log.error("the agent could not be loaded: %s", problem)
