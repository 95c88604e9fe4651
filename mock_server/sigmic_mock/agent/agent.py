"""Compiles a message to a plan: a reply, else a playbook, else directives, else an answer of the library.

No chance: the same prompt always compiles to the same steps, and `explain` shows them. A model, if the server
has one, replaces directives and answers.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from sigmic_mock.agent.answers import Answers
from sigmic_mock.agent.directives.plans import plan_directives
from sigmic_mock.agent.explanation import explanation
from sigmic_mock.agent.long_text import TextWork
from sigmic_mock.agent.plan import Plan, Steps
from sigmic_mock.agent.playbooks.collection import Playbooks
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.usage import Usage
from sigmic_mock.agent.prompt import Prompt, ResponseStyle, style_of
from sigmic_mock.agent.replies import Replies, plan_of_reply
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.turn import Turn, TurnFailed
from sigmic_mock.runtime.pace import OFF, Pace

NOT_UNDERSTOOD = "NOT_UNDERSTOOD"

MODEL = "model"
"""The source of a plan that is up to the model."""


class Agent:
    """The agent with its playbooks, and with a model for messages that no playbook is for."""

    def __init__(
        self,
        library: Library,
        *,
        answers: Answers | None = None,
        model: Callable[[Turn], Awaitable[None]] | None = None,
        strict: bool = False,
        pace: Pace = OFF,
    ) -> None:
        """Without `answers` there are the bundled ones; `pace` is the pace of all answers.

        `strict` fails a task whose message is neither for a playbook nor completely directives.
        """
        self.library = library
        self._answers = answers or Answers(reader=library.reader)
        self.replies = Replies(library.reader)
        self._model = model
        self._strict = strict
        self._pace = pace
        self.usage = Usage()
        self._text_work = TextWork()

    def _playbooks(self, prompt: Prompt) -> Playbooks:
        self.library.refresh()
        return self.library.of(prompt.project_id)

    async def perform(self, turn: Turn) -> None:
        """Perform what the message asks for; raises `TurnFailed` or `TurnCancelled` if scripted."""
        prompt = Prompt.of(turn)
        playbooks = self._playbooks(prompt)
        reply = self.replies.take(turn.project_id)
        plan, style = await self._text_work.do(
            prompt.characters, lambda: self._prepared(prompt, playbooks, reply)
        )
        if plan.source == MODEL and self._model is not None:
            await self._model(turn)
            return
        if self._strict and plan.not_understood:
            raise _misunderstood(plan)
        performance = Performance(turn, style, self.library.kinds, self._text_work, self._pace)
        playbook = playbooks.get(plan.name) if plan.source == "playbook" else None
        reached = self.usage.chosen(turn.project_id, playbook, plan) if playbook else lambda _at: None
        await performance.follow(plan, reached)

    def explain(self, prompt: Prompt) -> dict[str, Any]:
        """Return the plan of a prompt and its reasons, as JSON data; see `explanation`."""
        return self._explained(prompt, self._playbooks(prompt))

    async def explain_to_caller(self, prompt: Prompt) -> dict[str, Any]:
        """Do as `explain`; a long prompt holds up no other caller."""
        playbooks = self._playbooks(prompt)
        return await self._text_work.do(prompt.characters, lambda: self._explained(prompt, playbooks))

    def _explained(self, prompt: Prompt, playbooks: Playbooks) -> dict[str, Any]:
        reply = self.replies.next(prompt.project_id)
        return explanation(prompt, *self._prepared(prompt, playbooks, reply), self.library)

    def _prepared(
        self, prompt: Prompt, playbooks: Playbooks, reply: Steps | None
    ) -> tuple[Plan, ResponseStyle]:
        """Return the plan and the style. A playbook ignores the system prompt unless it asks to follow it."""
        if replied := plan_of_reply(reply):
            return replied, ResponseStyle()
        if self._model is None:
            plan = plan_of(prompt, playbooks, self._answers)
        else:
            plan = planned(prompt, playbooks) or Plan(source=MODEL, steps=())
        dictated = plan.source == "playbook" and not plan.follows_system_prompt
        return plan, ResponseStyle() if dictated else style_of(prompt.system_prompt)


def planned(prompt: Prompt, playbooks: Playbooks) -> Plan | None:
    """Return the playbooks' plan for a prompt, None if no playbook is for it."""
    return playbooks.plan(prompt) or playbooks.plan_unknown_name(prompt)


def plan_of(prompt: Prompt, playbooks: Playbooks, answers: Answers) -> Plan:
    """Return the plan for a prompt. Never fails, and the plan is never empty."""
    return planned(prompt, playbooks) or plan_directives(prompt) or answers.plan(prompt)


def _misunderstood(plan: Plan) -> TurnFailed:
    """Return the failure of a message that a strict agent does not execute."""
    message = (
        f"The message is neither for a playbook nor completely directives: “{plan.not_understood[0]}”."
        " Nothing was done: the agent is strict (--strict-agent). Send `What can you do?` for the directives."
    )
    return TurnFailed(message, NOT_UNDERSTOOD)
