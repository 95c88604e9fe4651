"""The resources of the console, put together."""

import secrets

from sigmic_conformance.mock_server.console import access, contract, session, settings
from sigmic_conformance.mock_server.console.guard import ConsoleGuard
from sigmic_conformance.mock_server.console.router import Console
from sigmic_conformance.mock_server.service.platform import Platform


def console(platform: Platform, *, local_only: bool) -> Console:
    """Return the console of a server; `local_only` is one that only this machine can reach."""
    people, accounts = platform.people, platform.accounts
    return Console(
        ConsoleGuard(local_only=local_only),
        people,
        accounts,
        (
            *contract.routes(),
            *session.routes(people, accounts),
            *settings.routes(platform.project_settings, platform.mcp_trials, secrets.token_bytes(32)),
            *access.key_routes(platform.minting),
            *access.member_routes(people),
        ),
    )
