"""The settings of a project, which apply to all its tasks (api-facts section 10)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sigmic_mock.domain.mcp_servers import McpServer
from sigmic_mock.domain.policy import ProjectRules


@dataclass(frozen=True, slots=True, kw_only=True)
class SubagentSettings:
    """Which subagents may work: those in `named` by their value, all others by the default."""

    others: bool = True
    named: Mapping[str, bool] = field(default_factory=dict)

    def may_work(self, name: str) -> bool:
        """Tell whether a subagent is switched on."""
        return self.named.get(name, self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """All settings of a project. The defaults change nothing."""

    rules: ProjectRules = field(default_factory=ProjectRules)
    prompts: tuple[str, ...] = ()
    subagents: SubagentSettings = field(default_factory=SubagentSettings)
    mcp_servers: tuple[McpServer, ...] = ()

    def system_prompt(self, of_task: str | None) -> str | None:
        """Return the agent's system prompt: the project's prompts in their order, then the task's own."""
        told = [*self.prompts, *([of_task] if of_task else [])]
        return "\n\n".join(told) or of_task


DEFAULT_SETTINGS = ProjectSettings()
