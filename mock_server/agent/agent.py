"""Decides what a message makes the agent do: reply, else playbook, else directives, else the default answer.

No chance: the same prompt always compiles to the same steps, and `explain` shows them. A model, if the server
has one, replaces directives and default answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sigmic_conformance.mock_server.agent.answers.default import plan_answer
from sigmic_conformance.mock_server.agent.directives.grammar import plan_directives
from sigmic_conformance.mock_server.agent.explanation import explanation
from sigmic_conformance.mock_server.agent.long_text import TextWork
from sigmic_conformance.mock_server.agent.playbooks.collection import Playbooks
from sigmic_conformance.mock_server.agent.playbooks.library import Library
from sigmic_conformance.mock_server.agent.playbooks.usage import Usage
from sigmic_conformance.mock_server.agent.prompt import Prompt, ResponseStyle, style_of
from sigmic_conformance.mock_server.agent.replies import Replies, plan_of_reply
from sigmic_conformance.mock_server.agent.steps.performance import Performance
from sigmic_conformance.mock_server.agent.steps.step import Plan
from sigmic_conformance.mock_server.agent.turn import Turn

MODEL = "model"
"""The source of a plan that is up to the model."""


class Agent:
    """The agent with the playbooks it knows, and with a model that answers what none of them is for."""

    def __init__(self, library: Library, *, model: Callable[[Turn], Awaitable[None]] | None = None) -> None:
        self.library = library
        self.replies = Replies(library.reader)
        self._model = model
        self.usage = Usage()
        self._text_work = TextWork()

    def _playbooks(self, prompt: Prompt) -> Playbooks:
        self.library.refresh()
        return self.library.of(prompt.project_id)

    async def perform(self, turn: Turn) -> None:
        """Do what the message makes the agent do; raises `TurnFailed` or `TurnCancelled` where scripted."""
        prompt = Prompt.of(turn)
        playbooks = self._playbooks(prompt)
        reply = await turn.once("reply", lambda: self.replies.take(turn.project_id))
        plan, style = await self._text_work.do(
            prompt.characters, lambda: self._prepared(prompt, playbooks, reply)
        )
        if plan.source == MODEL and self._model is not None:
            await self._model(turn)
            return
        performance = Performance(turn, style, self.library.kinds, self._text_work)
        playbook = playbooks.get(plan.name) if plan.source == "playbook" else None
        reached = self.usage.chosen(turn.project_id, playbook, plan) if playbook else lambda _at: None
        await performance.follow(plan, reached)

    def explain(self, prompt: Prompt) -> dict[str, Any]:
        """Return, as JSON data, what a prompt compiles to and why; see `explanation`."""
        return self._explained(prompt, self._playbooks(prompt))

    async def explain_to_caller(self, prompt: Prompt) -> dict[str, Any]:
        """Do as `explain`; a long prompt holds up no other caller."""
        playbooks = self._playbooks(prompt)
        return await self._text_work.do(prompt.characters, lambda: self._explained(prompt, playbooks))

    def _explained(self, prompt: Prompt, playbooks: Playbooks) -> dict[str, Any]:
        return explanation(prompt, *self._prepared(prompt, playbooks), self.library)

    def _prepared(self, prompt: Prompt, playbooks: Playbooks, reply: str = "") -> tuple[Plan, ResponseStyle]:
        """Return the plan and the style; no system prompt changes a playbook, unless that says so."""
        if replied := plan_of_reply(reply):
            return replied, ResponseStyle()
        if self._model is None:
            plan = plan_of(prompt, playbooks)
        else:
            plan = planned(prompt, playbooks) or Plan(source=MODEL, steps=())
        dictated = plan.source == "playbook" and not plan.follows_system_prompt
        return plan, ResponseStyle() if dictated else style_of(prompt.system_prompt)


def planned(prompt: Prompt, playbooks: Playbooks) -> Plan | None:
    """Return what the playbooks make of a prompt, None if none is for it."""
    return playbooks.plan(prompt) or playbooks.plan_unknown_name(prompt)


def plan_of(prompt: Prompt, playbooks: Playbooks) -> Plan:
    """Return what a prompt makes the agent do. Never fails, never gives an empty plan."""
    return planned(prompt, playbooks) or plan_directives(prompt) or plan_answer(prompt)
