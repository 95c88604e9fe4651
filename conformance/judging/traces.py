"""Traces of tasks and tool calls through the two state machines, step by step. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.state_machines import CALL, TASK, Step
from sigmic_conformance.conformance.judging.status_samples import actions, samples
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """Two neighbouring samples of one life and the path between them; None when no path leads there."""

    life: str
    before: str
    after: str
    path: tuple[Step, ...] | None
    exchange: Exchange
    offset: int | None = None


def task_transitions(record: Record) -> Iterator[Transition]:
    """The statuses told by the API, two by two. Answers that overlap in time have no order and are left."""
    done = actions(record)
    for task, statuses in samples(record).items():
        last = None
        for sample in statuses:
            if last is not None and sample.started < last.ended:
                continue
            if shapes.one_of(sample.status, TASK.states):
                since = 0 if last is None else last.started
                before = TASK.start if last is None else last.status
                # An act that was sent before the older sample was answered may take effect after it.
                asked = [each for each in done.get(task, []) if each.started <= sample.ended]
                causes = {each.operation for each in asked if each.ended >= since or _waits(each)}
                path = TASK.path(before, sample.status, causes)
                yield Transition(
                    life=task, before=before, after=sample.status, path=path, exchange=sample.exchange
                )
                last = sample


def _waits(act: Exchange) -> bool:
    """A follow-up to a task at work is kept until the turn is over."""
    return act.operation == "send_message"


def call_transitions(record: Record) -> Iterator[Transition]:
    """The statuses of each tool call in each stream, in the order of its events.

    Who joins late is told a call as it stands; the path to there from its beginning must exist all the same.
    """
    answers, cancelled = _answers(record), cancellations(record)
    for stream in record.streams():
        task = stream.exchange.task
        state: dict[Any, str] = {}
        for event in stream.live:
            call, status = event.call, event.get("status")
            if event.type not in {"tool_call", "tool_result"} or not shapes.one_of(status, CALL.states):
                continue
            causes = {cause for cause, at in answers.get((task, call), []) if at <= event.at}
            if cancelled.get(task, event.at + 1) <= event.at:
                causes.add("cancel_task")
            before = state.get(call, CALL.start)
            path = CALL.path(before, str(status), causes)
            yield Transition(
                life=str(call),
                before=before,
                after=str(status),
                path=path,
                exchange=stream.exchange,
                offset=event.offset,
            )
            state[call] = str(status)


def _answers(record: Record) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """Answers to approvals that were not refused: (task, callId) to cause and time of sending."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for task, done in actions(record).items():
        for exchange in done:
            if exchange.operation == "approve_tool_call":
                call = unquote(exchange.sent.target.split("/")[-2])
                try:
                    outcome = json.loads(exchange.sent.text or "")["outcome"]
                except (ValueError, KeyError, TypeError):
                    continue
                cause = "proceed" if str(outcome).startswith("proceed") else "cancel"
                found.setdefault((task, call), []).append((cause, exchange.started))
    return found


def cancellations(record: Record) -> dict[str, int]:
    """When each task was first asked to cancel."""
    return {
        task: min(each.started for each in done if each.operation == "cancel_task")
        for task, done in actions(record).items()
        if any(each.operation == "cancel_task" for each in done)
    }


def steps_seen(record: Record) -> dict[str, set[str]]:
    """By automaton, the names of the steps that some trace of the run took."""
    return {
        TASK.name: {step.name for transition in task_transitions(record) for step in transition.path or ()},
        CALL.name: {step.name for transition in call_transitions(record) for step in transition.path or ()},
    }


def add_transition(observations: Observations, transition: Transition) -> None:
    """Observe a transition: it holds when some path leads there."""
    steps = " → ".join(step.after for step in transition.path or ())
    through = (
        f" by {transition.before} → {steps}"
        if transition.path is not None and len(transition.path) > 1
        else ""
    )
    observed = f"{transition.before}, then {transition.after}{through}"
    observations.add(transition.path is not None, transition.exchange, observed, offset=transition.offset)
