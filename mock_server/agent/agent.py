"""Decides what a message makes the agent do: playbook, else directives, else the default answer.

No model and no chance: the same prompt always compiles to the same steps, and `explain` shows them.
"""

from collections.abc import Callable
from typing import Any

from sigmic_conformance.mock_server.agent.answers.default import plan_answer
from sigmic_conformance.mock_server.agent.directives.grammar import plan_directives
from sigmic_conformance.mock_server.agent.explanation import explanation
from sigmic_conformance.mock_server.agent.playbooks.library import Library
from sigmic_conformance.mock_server.agent.playbooks.usage import Usage
from sigmic_conformance.mock_server.agent.prompt import Prompt, ResponseStyle, style_of
from sigmic_conformance.mock_server.agent.steps.performance import PlanPerformance
from sigmic_conformance.mock_server.agent.steps.step import Plan
from sigmic_conformance.mock_server.agent.turn import Turn


class Agent:
    """The agent with the playbooks it knows."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.usage = Usage(library.kinds)

    def plan(self, prompt: Prompt) -> Plan:
        """Compile a prompt to steps. Never fails, never gives an empty plan."""
        self.library.refresh()
        playbooks = self.library.of(prompt.project_id)
        plan = playbooks.plan(prompt) or playbooks.plan_unknown_name(prompt)
        return plan or plan_directives(prompt) or plan_answer(prompt)

    async def perform(self, turn: Turn) -> None:
        """Do what the message makes the agent do; raises `TurnFailed` or `TurnCancelled` where scripted."""
        plan, style = self.prepare(Prompt.of(turn))
        performance = PlanPerformance(turn, style, self.library.kinds)
        await performance.follow(plan, self.watch(turn.project_id, plan))

    def prepare(self, prompt: Prompt) -> tuple[Plan, ResponseStyle]:
        """Return the plan and the style; no system prompt changes a playbook, unless that says so."""
        plan = self.plan(prompt)
        dictated = plan.source == "playbook" and not plan.follows_system_prompt
        return plan, ResponseStyle() if dictated else style_of(prompt.system_prompt)

    def watch(self, project_id: str, plan: Plan) -> Callable[[int], None]:
        """A turn begins with `plan`; return what is told the position of each step that is reached."""
        playbook = self.library.of(project_id).get(plan.name) if plan.source == "playbook" else None
        if playbook is None:
            return lambda _at: None
        return self.usage.chosen(project_id, playbook, plan)

    def explain(self, prompt: Prompt) -> dict[str, Any]:
        """Return, as JSON data, what a prompt compiles to and why; see `explanation`."""
        plan, style = self.prepare(prompt)
        return explanation(prompt, plan, style, self.library)
