"""The tool policy: which calls run, ask first, or are refused (G-20, G-66, G-70c, G-100)."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class Policy(StrEnum):
    """The policy of a project for a tool, from the mildest to the strictest."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRules:
    """A project's rules for tool calls: they can only be stricter than the task asks for (G-20)."""

    auto_execute: bool = True
    tools: Mapping[str, Policy] = field(default_factory=dict)
    """By a tool's name, or by a pattern in which `*` matches any number of characters, including none."""

    def of(self, tool_name: str) -> Policy:
        """Return the policy for a tool: by its name, else the strictest of the matching patterns."""
        if tool_name in self.tools:
            return self.tools[tool_name]
        fitting = [said for pattern, said in self.tools.items() if fnmatchcase(tool_name, pattern)]
        return max(fitting, key=list(Policy).index, default=Policy.ALLOW)


def decide(
    tool_name: str, *, auto_execute: bool, rules: ProjectRules, always_allowed: AbstractSet[str]
) -> Policy:
    """Return what happens to a call of `tool_name`.

    Without auto-execute every tool asks; `always_allowed` are those answered with `proceed_always` in this
    session. A denied tool is denied whatever was answered before.
    """
    policy = rules.of(tool_name)
    if policy is Policy.DENY:
        return Policy.DENY
    asks = policy is Policy.ASK or not (auto_execute and rules.auto_execute)
    return Policy.ASK if asks and tool_name not in always_allowed else Policy.ALLOW
