"""Project settings as JSON values, as the configuration file, the control plane and the database hold them.

An error carries the path of its value, for example ("tool_policies", "write_file"), so that a reader of the
text can name its line.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sigmic_mock.domain.form import (
    BadSettings,
    Way,
    boolean,
    items,
    limited,
    mapping,
    one_of,
    require_known,
    text,
)
from sigmic_mock.domain.mcp_form import read_servers, show_server, write_server
from sigmic_mock.domain.policy import Policy, ProjectRules
from sigmic_mock.domain.project_settings import ProjectSettings, SubagentSettings

T = TypeVar("T")

MOST_PROMPTS = 20
MOST_POLICIES = 500
LONGEST_PROMPT = 20_000
_MOST_SUBAGENTS = 500
_TOOL_PATTERN = re.compile(r"[A-Za-z0-9_.*-]{1,128}")
_SUBAGENT = re.compile(r"\S(?:.{0,62}\S)?")


def read_settings(value: object, *, before: ProjectSettings | None = None) -> ProjectSettings:
    """Return the settings for a JSON value; raises `BadSettings`.

    `before` has the previous settings, for values that are only shown as set.
    """
    servers_before = () if before is None else before.mcp_servers
    given = mapping((), value)
    require_known((), given, SETTINGS)
    return ProjectSettings(
        rules=ProjectRules(
            auto_execute=_read(given, "auto_execute", boolean, default=True),
            tools=_read(given, "tool_policies", _policies, default={}),
        ),
        prompts=_read(given, "prompts", _prompts, default=()),
        subagents=_read(given, "subagents", _subagents, default=SubagentSettings()),
        mcp_servers=_read(
            given, "mcp_servers", lambda way, servers: read_servers(way, servers, servers_before), default=()
        ),
    )


def write_settings(settings: ProjectSettings) -> dict[str, Any]:
    """Return the JSON value that `read_settings` turns back into these settings. It holds secrets."""
    return {**_plain(settings), "mcp_servers": {it.name: write_server(it) for it in settings.mcp_servers}}


def show_settings(settings: ProjectSettings) -> dict[str, Any]:
    """Return the JSON value for people: values that may be secrets are only shown as set."""
    return {**_plain(settings), "mcp_servers": {it.name: show_server(it) for it in settings.mcp_servers}}


def _plain(settings: ProjectSettings) -> dict[str, Any]:
    subagents = settings.subagents
    return {
        "auto_execute": settings.rules.auto_execute,
        "tool_policies": {name: policy.value for name, policy in settings.rules.tools.items()},
        "prompts": list(settings.prompts),
        "subagents": {"*": subagents.others, **subagents.named} if subagents.named else subagents.others,
    }


SETTINGS = ("auto_execute", "tool_policies", "prompts", "subagents", "mcp_servers")
"""Their names."""


def _read(given: Mapping[str, Any], name: str, read: Callable[[Way, Any], T], *, default: T) -> T:
    return read((name,), given[name]) if name in given else default


def _policies(way: Way, value: Any) -> dict[str, Policy]:
    policies = {}
    for name, said in limited(way, mapping(way, value), MOST_POLICIES).items():
        if not _TOOL_PATTERN.fullmatch(name):
            raise BadSettings(
                way, f"{name[:80]!r} is neither a tool name nor a pattern, for example mcp_time_*"
            )
        policies[name] = Policy(one_of((*way, name), said, [policy.value for policy in Policy]))
    return policies


def _prompts(way: Way, value: Any) -> tuple[str, ...]:
    return tuple(
        text((*way, at), prompt, longest=LONGEST_PROMPT)
        for at, prompt in enumerate(limited(way, items(way, value), MOST_PROMPTS))
    )


def _subagents(way: Way, value: Any) -> SubagentSettings:
    if isinstance(value, bool):
        return SubagentSettings(others=value)
    if not isinstance(value, Mapping):
        raise BadSettings(way, "must be true, false, or a mapping of names to true or false")
    given = limited(way, mapping(way, value), _MOST_SUBAGENTS)
    named = {name: boolean((*way, name), said) for name, said in given.items()}
    for name in named:
        if not _SUBAGENT.fullmatch(name):
            raise BadSettings(way, f"{name[:80]!r} is not a subagent name")
    others = named.pop("*", True)
    return SubagentSettings(others=others, named=named)
