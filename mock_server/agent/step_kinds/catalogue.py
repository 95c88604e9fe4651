"""Every kind of step, and the three things done with them: compile, write back, perform.

To add one, give a module of this package a `StepKind` and, if it compiles to something new, a class in
`agent.steps` and its `Deed`.
"""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.agent.step_kinds import (
    calls,
    delegation,
    endings,
    files,
    oddities,
    speech,
)
from sigmic_conformance.mock_server.agent.step_kinds.kind import Deed, Listed, Performance, StepKind, Steps
from sigmic_conformance.mock_server.agent.steps import Step

_FAMILIES = (speech, calls, files, delegation, endings, oddities)
KINDS: Mapping[str, StepKind] = {kind.key: kind for family in _FAMILIES for kind in family.KINDS}
DEEDS: Mapping[type, Deed] = {deed.step: deed for family in _FAMILIES for deed in family.DEEDS}


def compile_steps(listed: Listed) -> Steps:
    """Turn the steps of a playbook that fits the schema into the agent's; a `retry` becomes two."""
    return tuple(step for _, steps in compile_each(listed) for step in steps)


def compile_each(listed: Listed) -> list[tuple[int, Steps]]:
    """Return, for each listed step, its position and what it compiles to."""
    return [
        (at, KINDS[key].read(value, compile_steps))
        for at, each in enumerate(listed)
        for key, value in each.items()
    ]


def write_steps(steps: Steps) -> list[dict[str, Any]]:
    """Return the steps as a playbook lists them: read again they are the same."""
    return [DEEDS[type(step)].write(step, write_steps) for step in steps]


async def perform_step(performance: Performance, step: Step) -> None:
    """Perform one step."""
    await DEEDS[type(step)].perform(performance, step)
