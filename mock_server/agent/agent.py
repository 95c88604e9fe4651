"""Decides what a message makes the agent do: playbook, else directives, else the default answer.

No model and no chance: the same prompt always compiles to the same steps, and `explain` shows them.
"""

from dataclasses import replace
from typing import Any

from mock_server.agent.answers import plan_answer
from mock_server.agent.directives import plan_directives
from mock_server.agent.manner import Manner, manner_of
from mock_server.agent.playbooks import Playbooks
from mock_server.agent.prompt import Prompt
from mock_server.agent.steps import Plan, as_data


class Agent:
    """The agent with the playbooks it knows."""

    def __init__(self, playbooks: Playbooks) -> None:
        self._playbooks = playbooks

    def plan(self, prompt: Prompt) -> Plan:
        """Compile a prompt to steps. Never fails, never gives an empty plan."""
        plan = self._playbooks.plan(prompt) or plan_directives(prompt)
        return plan or plan_answer(prompt)

    def prepare(self, prompt: Prompt) -> tuple[Plan, Manner]:
        """Return the plan and the manner of saying it; no system prompt changes a playbook."""
        plan = self.plan(prompt)
        return plan, Manner() if plan.source == "playbook" else manner_of(prompt.system_prompt)

    def explain(self, prompt: Prompt) -> dict[str, Any]:
        """Return, as JSON data, what a prompt compiles to and what of it was not understood."""
        plan, manner = self.prepare(prompt)
        return {
            "seen": prompt.seen,
            "systemPrompt": {"text": prompt.system_prompt, "followed": list(manner.followed)},
            **{key: value for key, value in as_data(replace(plan)).items() if key != "kind"},
        }
