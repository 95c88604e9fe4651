"""The resources of the control plane, one line each, and the parts of a project that a reset empties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sigmic_mock.control import (
    accounts,
    clock,
    coverage,
    health,
    journal,
    mcp_servers,
    members,
    playbook_text,
    playbooks,
    replies,
    seed,
    settings,
    snapshots,
    state,
    tasks,
)
from sigmic_mock.control.guard import Guard
from sigmic_mock.control.router import ControlHandler, ControlPlane
from sigmic_mock.domain.secret import Secret
from sigmic_mock.journal.ring import Journal
from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.service.platform import Platform
from sigmic_mock.version import VERSION
from sigmic_spec.document import Document

if TYPE_CHECKING:
    from sigmic_mock.faults.engine import Faults

_NO_JOURNAL = "The journal is off; start the server with --journal 5000"
_NO_FAULTS = "Faults are off; start the server without --no-faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlledServer:
    """What of a server the control plane reaches. Without `journal` or `faults` their resources refuse."""

    token: Secret
    is_public: bool
    platform: Platform
    document: Document
    agent: playbooks.AgentSource
    clocks: Clocks
    ids: ProjectIds
    journal: Journal | None
    faults: "Faults | None"


async def remove_project(server: ControlledServer, project_id: str) -> None:
    """Remove a minted project with everything of it. Raises CONFLICT for a declared one."""
    for part in _removals(server):
        await part(project_id)


def control_plane(server: ControlledServer) -> ControlPlane:
    """Put the control plane of a server together."""
    guard = Guard(server.token, public=server.is_public)
    handlers, off = _handlers(server), dict[str, str]()
    if server.journal is None:
        off |= dict.fromkeys(("/journal", "/coverage"), _NO_JOURNAL)
    else:
        handlers |= journal.handlers(server.journal, VERSION)
        handlers |= coverage.handlers(server.journal, server.document)
    if server.faults is None:
        off |= dict.fromkeys(("/faults", "/breakpoints"), _NO_FAULTS)
    else:
        from sigmic_mock.control import breakpoints, faults

        handlers |= breakpoints.handlers(server.faults.breakpoints, server.document)
        handlers |= {**faults.handlers(server.faults), **faults.dry_run_handlers(server.faults)}
    return ControlPlane(guard, server.platform.accounts, handlers, off)


def _handlers(server: ControlledServer) -> dict[str, ControlHandler]:
    platform, clocks = server.platform, server.clocks
    return {
        **health.handlers(VERSION),
        **clock.handlers(clocks),
        **accounts.handlers(platform.minting, clocks, server.ids, _removals(server)),
        **seed.handlers(server.ids),
        **settings.handlers(platform.project_settings),
        **members.handlers(platform.people),
        **mcp_servers.handlers(platform.project_settings, platform.mcp_trials),
        **playbooks.handlers(server.agent),
        **playbook_text.handlers(server.agent),
        **replies.handlers(server.agent),
        **tasks.handlers(platform, server.document),
        **snapshots.handlers(platform.snapshots, platform.minting),
        **state.handlers(platform, _resets(server)),
    }


def _removals(server: ControlledServer) -> Sequence[state.Part]:
    """Everything of a project that goes with it, in that order: first its keys stop working."""
    platform = server.platform

    async def rest(project_id: str) -> None:
        if server.faults is not None:
            server.faults.clear(project_id)
            server.faults.breakpoints.clear(project_id)
        platform.streams.heartbeats.forget(project_id)
        server.ids.forget(project_id)
        server.clocks.forget(project_id)

    return (
        platform.accounts.remove,
        platform.resetting.reset,
        platform.snapshots.forget,
        platform.project_settings.forget,
        platform.people.forget,
        rest,
    )


def _resets(server: ControlledServer) -> Mapping[str, state.Part]:
    """Everything of a project that POST /reset can restore, in that order."""

    async def clock(project_id: str) -> None:
        server.clocks.reset(project_id)

    async def faults(project_id: str) -> None:
        if server.faults is not None:
            server.faults.clear(project_id)
            server.faults.breakpoints.clear(project_id)

    async def journal(project_id: str) -> None:
        if server.journal is not None:
            server.journal.reset(project_id)

    async def seed(project_id: str) -> None:
        server.ids.rewind(project_id)

    async def own_playbooks(project_id: str) -> None:
        agent = await server.agent()
        agent.library.remove(project_id)
        agent.usage.forget(project_id)
        agent.replies.forget(project_id)

    return {
        "faults": faults,
        "playbooks": own_playbooks,
        "settings": server.platform.project_settings.reset,
        "members": server.platform.people.reset,
        "state": server.platform.resetting.reset,
        "clock": clock,
        "seed": seed,
        # Last: what the reset itself brought about is not noted either.
        "journal": journal,
    }
