"""Decides what a message makes the agent do: playbook, else directives, else the default answer.

No model and no chance: the same prompt always compiles to the same steps, and `explain` shows them.
"""

from collections.abc import Callable
from typing import Any

from sigmic_conformance.mock_server.agent.answers import plan_answer
from sigmic_conformance.mock_server.agent.directives import plan_directives
from sigmic_conformance.mock_server.agent.explanation import explanation
from sigmic_conformance.mock_server.agent.library import Library
from sigmic_conformance.mock_server.agent.manner import Manner, manner_of
from sigmic_conformance.mock_server.agent.prompt import Prompt
from sigmic_conformance.mock_server.agent.steps import Plan
from sigmic_conformance.mock_server.agent.usage import Usage


class Agent:
    """The agent with the playbooks it knows."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.usage = Usage()

    def plan(self, prompt: Prompt) -> Plan:
        """Compile a prompt to steps. Never fails, never gives an empty plan."""
        self.library.refresh()
        playbooks = self.library.of(prompt.project_id)
        plan = playbooks.plan(prompt) or playbooks.plan_unknown_name(prompt)
        return plan or plan_directives(prompt) or plan_answer(prompt)

    def prepare(self, prompt: Prompt) -> tuple[Plan, Manner]:
        """Return the plan and the manner; no system prompt changes a playbook, unless that says so."""
        plan = self.plan(prompt)
        dictated = plan.source == "playbook" and not plan.follows_system_prompt
        return plan, Manner() if dictated else manner_of(prompt.system_prompt)

    def watch(self, project_id: str, plan: Plan) -> Callable[[int], None]:
        """A turn begins with `plan`; return what is told the position of each step that is reached."""
        playbook = self.library.of(project_id).get(plan.name) if plan.source == "playbook" else None
        if playbook is None:
            return lambda _at: None
        return self.usage.chosen(project_id, playbook, plan)

    def explain(self, prompt: Prompt) -> dict[str, Any]:
        """Return, as JSON data, what a prompt compiles to and why; see `explanation`."""
        plan, manner = self.prepare(prompt)
        return explanation(prompt, plan, manner, self.library)
