"""The keywords of `mock_server()` and of `project()`, so that a type checker and an editor know them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypedDict

Duration: TypeAlias = str | float
"""For example "30s" or "1h30m"; a number is seconds."""
Fault: TypeAlias = str | tuple[str, Mapping[str, Any]]
"""An id of the catalogue, alone or with its parameters and conditions."""
Playbook: TypeAlias = Mapping[str, Any] | str | Path
"""A mapping, YAML text, or a file."""


class Wishes(TypedDict, total=False):
    """The settings of a project before its test; one fault or playbook alone needs no list."""

    settings: Mapping[str, Any] | None
    members: Mapping[str, str] | None
    faults: Iterable[Fault] | str
    playbooks: Iterable[Playbook] | Playbook


class Flags(TypedDict, total=False):
    """The flags of `sigmic-mock` for a server in a test: docs/reference/flags.md."""

    # generated: flags-of-a-server-in-a-test
    allow_host: str
    session_idle: Duration
    heartbeat: Duration
    journal: int
    sandbox: str
    spare_sandboxes: int
    answers: str | Path
    strict_agent: bool
    pace: str
    model: str
    model_name: str
    model_steps: int
    model_seconds: Duration
    model_characters: int
    mcp_tools: str | Path
    jwt: bool
    no_faults: bool
    fault: str
    header_faults: bool
    config: str | Path
    check_responses: bool
    public_control: bool
    no_ui: bool
    until_stdin_ends: bool
    # end of generated
