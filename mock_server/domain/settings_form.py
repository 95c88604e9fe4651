"""Project settings as JSON values, as the configuration file, the control plane and the database hold them.

A mistake is told with the way to it, such as ("tool_policies", "write_file"), so that whoever read the text
can name its line.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from sigmic_conformance.mock_server.domain.policy import Policy, ProjectRules
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings, SubagentSettings

T = TypeVar("T")

Way: TypeAlias = tuple[str | int, ...]
"""The names and positions that lead to a value."""

MOST_PROMPTS = 20
MOST_POLICIES = 500
LONGEST_PROMPT = 20_000
_TOOL_PATTERN = re.compile(r"[A-Za-z0-9_.*-]{1,128}")
_SUBAGENT = re.compile(r"\S(?:.{0,62}\S)?")


class BadSettings(Exception):
    """The settings cannot be used; `way` leads to what is wrong, and the message says what."""

    def __init__(self, way: Way, message: str) -> None:
        self.way = way
        self.message = message
        super().__init__(f"{'.'.join(map(str, way))}: {message}" if way else message)


def read_settings(value: object) -> ProjectSettings:
    """Return the settings that a JSON value stands for; raises `BadSettings`."""
    given = mapping((), value)
    require_known((), given, SETTINGS)
    return ProjectSettings(
        rules=ProjectRules(
            auto_execute=_read(given, "auto_execute", boolean, default=True),
            tools=_read(given, "tool_policies", _policies, default={}),
        ),
        prompts=_read(given, "prompts", _prompts, default=()),
        subagents=_read(given, "subagents", _subagents, default=SubagentSettings()),
    )


def write_settings(settings: ProjectSettings) -> dict[str, Any]:
    """Return the JSON value from which `read_settings` makes the same again."""
    subagents = settings.subagents
    return {
        "auto_execute": settings.rules.auto_execute,
        "tool_policies": {name: policy.value for name, policy in settings.rules.tools.items()},
        "prompts": list(settings.prompts),
        "subagents": {"*": subagents.others, **subagents.named} if subagents.named else subagents.others,
    }


SETTINGS = ("auto_execute", "tool_policies", "prompts", "subagents")
"""Their names."""


def _read(given: Mapping[str, Any], name: str, read: Callable[[Way, Any], T], *, default: T) -> T:
    return read((name,), given[name]) if name in given else default


def _policies(way: Way, value: Any) -> dict[str, Policy]:
    policies = {}
    for name, said in limited(way, mapping(way, value), MOST_POLICIES).items():
        if not _TOOL_PATTERN.fullmatch(name):
            raise BadSettings(way, f"{name[:80]!r} is no name of a tool, nor a pattern such as mcp_time_*")
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
    named = {name: boolean((*way, name), said) for name, said in mapping(way, value).items()}
    for name in named:
        if not _SUBAGENT.fullmatch(name):
            raise BadSettings(way, f"{name[:80]!r} is no name of a subagent")
    others = named.pop("*", True)
    return SubagentSettings(others=others, named=named)


def mapping(way: Way, value: Any) -> Mapping[str, Any]:
    """Return a mapping with names; raises `BadSettings`, as the others here do."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise BadSettings(way, "must be a mapping of names" if way else "settings must be a mapping of names")
    return value


def items(way: Way, value: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list | tuple):
        raise BadSettings(way, "must be a list")
    return list(value)


def text(way: Way, value: Any, *, longest: int) -> str:
    """Return a text that can be sent and is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise BadSettings(way, "must be a text that is not empty")
    if len(value) > longest:
        raise BadSettings(way, f"must have at most {longest} characters")
    if any("\ud800" <= character <= "\udfff" for character in value) or "\0" in value:
        raise BadSettings(way, "is not valid Unicode")
    return value


def boolean(way: Way, value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise BadSettings(way, "must be true or false")
    return value


def one_of(way: Way, value: Any, choices: Iterable[str]) -> str:
    """Return one of the choices."""
    names = list(choices)
    if value not in names:
        raise BadSettings(way, f"must be one of {', '.join(names)}{_hint(value, names)}")
    return str(value)


def limited(way: Way, value: T, most: int) -> T:
    """Return a list or mapping that has not too many entries."""
    if len(value) > most:  # type: ignore[arg-type] # lists and mappings alone are given
        raise BadSettings(way, f"must have at most {most} entries")
    return value


def require_known(way: Way, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a name that means nothing."""
    names = list(known)
    for name in given:
        if name not in names:
            hint = _hint(name, names) or f"; known are {', '.join(names)}"
            raise BadSettings(way, f"unknown name {name[:80]!r}{hint}")


def _hint(value: Any, names: list[str]) -> str:
    close = difflib.get_close_matches(value, names, n=1) if isinstance(value, str) else []
    return f"; did you mean {close[0]}?" if close else ""
