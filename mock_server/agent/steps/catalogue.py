"""The kinds of steps there are, and the three things done with them: compile, write back, perform.

To add one, give a module of this package a `StepKind` and, if it compiles to something new, a class in
`steps.step` and its `Performer`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sigmic_conformance.mock_server.agent.steps import calls, delegation, endings, events, files, speech
from sigmic_conformance.mock_server.agent.steps.kind import Listed, Performance, StepFamily, StepKind, Steps
from sigmic_conformance.mock_server.agent.steps.step import Step


class StepKinds:
    """A set of kinds, by their keys. `missing` are keys that others know, and why they are not here."""

    def __init__(
        self, families: Iterable[StepFamily], missing: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        families = tuple(families)
        self.by_key: Mapping[str, StepKind] = {kind.key: kind for each in families for kind in each.kinds}
        self.performers = {performer.step: performer for each in families for performer in each.performers}
        self.missing = missing

    def compile(self, listed: Listed) -> Steps:
        """Turn the steps of a playbook that fits the schema into the agent's; a `retry` becomes two."""
        return tuple(step for _, steps in self.compile_each(listed) for step in steps)

    def compile_each(self, listed: Listed) -> list[tuple[int, Steps]]:
        """Return, for each listed step, its position and what it compiles to."""
        return [
            (at, self.by_key[key].read(value, self.compile))
            for at, each in enumerate(listed)
            for key, value in each.items()
        ]

    def write(self, steps: Steps) -> list[dict[str, Any]]:
        """Return the steps as a playbook lists them: read again they are the same."""
        return [self.performers[type(step)].write(step, self.write) for step in steps]

    async def perform(self, performance: Performance, step: Step) -> None:
        """Perform one step."""
        await self.performers[type(step)].perform(performance, step)


FAMILIES = (speech.FAMILY, calls.FAMILY, files.FAMILY, delegation.FAMILY, endings.FAMILY, events.FAMILY)
STEP_KINDS = StepKinds(FAMILIES)
"""What every agent can do."""
