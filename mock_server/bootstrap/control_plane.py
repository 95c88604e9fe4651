"""What the control plane offers: the composition root's second half, for `/__mock/v1`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.http.control import (
    accounts,
    clock,
    contract,
    faults,
    health,
    journal,
    playbooks,
    seed,
    snapshots,
    state,
    tasks,
)
from sigmic_conformance.mock_server.http.control.guard import Guard
from sigmic_conformance.mock_server.http.control.router import ControlPlane, ControlRoute
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.mock_server.version import VERSION
from sigmic_conformance.spec.document import Document

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.agent.agent import Agent


def control_plane(
    base: Foundation, platform: Platform, token: Secret, agent: "Agent", document: Document
) -> ControlPlane:
    """Put the control plane together."""
    return ControlPlane(
        Guard(token, public=base.settings.public_control),
        platform.accounts,
        _routes(base, platform, agent, document),
    )


def _routes(
    base: Foundation, platform: Platform, agent: "Agent", document: Document
) -> Iterable[ControlRoute]:
    """One line a resource."""
    yield from health.routes(VERSION)
    yield from contract.routes()
    clocks = base.clocks
    yield from clock.routes(clocks)
    yield from faults.routes(base.faults)
    yield from accounts.routes(platform.minting, clocks, base.ids, _removals(base, platform))
    yield from seed.routes(base.ids)
    yield from playbooks.routes(agent)
    yield from journal.routes(base.journal, VERSION)
    yield from tasks.routes(platform, document)
    yield from snapshots.routes(platform.snapshots, platform.minting)
    yield from state.routes(platform, _resets(base, platform, agent))


def _removals(base: Foundation, platform: Platform) -> Sequence[state.Part]:
    """Everything of a project that goes with it, in that order: first nobody gets in any more."""

    async def rest(project_id: str) -> None:
        base.faults.clear(project_id)
        platform.streams.heartbeats.forget(project_id)
        base.ids.forget(project_id)
        base.clocks.forget(project_id)

    return (platform.accounts.remove, platform.resetting.reset, platform.snapshots.forget, rest)


def _resets(base: Foundation, platform: Platform, agent: "Agent") -> Mapping[str, state.Part]:
    """Everything of a project that POST /reset can put back, in that order."""

    async def clock(project_id: str) -> None:
        base.clocks.reset(project_id)

    async def faults(project_id: str) -> None:
        base.faults.clear(project_id)

    async def journal(project_id: str) -> None:
        if base.journal is not None:
            base.journal.reset(project_id)

    async def seed(project_id: str) -> None:
        base.ids.rewind(project_id)

    async def playbooks(project_id: str) -> None:
        agent.library.remove(project_id)
        agent.usage.forget(project_id)

    return {
        "faults": faults,
        "playbooks": playbooks,
        "state": platform.resetting.reset,
        "clock": clock,
        "seed": seed,
        # Last: what the reset itself brought about is not noted either.
        "journal": journal,
    }
