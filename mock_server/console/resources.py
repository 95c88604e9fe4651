"""The resources of the console, put together."""

import secrets
from collections.abc import Awaitable, Callable

from sigmic_conformance.mock_server.console import (
    access,
    contract,
    projects,
    session,
    settings,
    tasks,
    widget_apps,
)
from sigmic_conformance.mock_server.console.router import Console
from sigmic_conformance.mock_server.service.platform import Platform


def console(platform: Platform, *, remove_project: Callable[[str], Awaitable[None]]) -> Console:
    """Return the console of a server."""
    people, accounts = platform.people, platform.accounts
    return Console(
        people,
        accounts,
        (
            *contract.routes(),
            *session.routes(people, accounts),
            *projects.routes(platform.minting, people, remove_project),
            *widget_apps.routes(platform.minting),
            *tasks.routes(platform),
            *settings.routes(platform.project_settings, platform.mcp_trials, secrets.token_bytes(32)),
            *access.key_routes(platform.minting),
            *access.member_routes(people),
        ),
    )
