"""The resources of the console, put together."""

import secrets
from collections.abc import Awaitable, Callable

from sigmic_mock.console import (
    access,
    projects,
    session,
    settings,
    tasks,
    widget_apps,
)
from sigmic_mock.console.router import Console, ConsoleAnswer, ConsoleCall, console_table
from sigmic_mock.control.openapi import document_of
from sigmic_mock.service.platform import Platform


def console(platform: Platform, *, remove_project: Callable[[str], Awaitable[None]]) -> Console:
    """Return the console of a server."""
    people, accounts = platform.people, platform.accounts
    return Console(
        people,
        accounts,
        {
            "document": _document,
            **session.handlers(people, accounts),
            **projects.handlers(platform.minting, people, remove_project),
            **widget_apps.handlers(platform.minting),
            **tasks.handlers(platform),
            **settings.handlers(platform.project_settings, platform.mcp_trials, secrets.token_bytes(32)),
            **access.key_handlers(platform.minting),
            **access.member_handlers(people),
        },
    )


async def _document(_call: ConsoleCall) -> ConsoleAnswer:
    return ConsoleAnswer(data=document_of(console_table()))
