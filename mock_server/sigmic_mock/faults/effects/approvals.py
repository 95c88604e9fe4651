"""Approvals that are lost, misread or applied to other calls; policies and tools with another effect."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.events import ToolCallEvent, ToolResult
from sigmic_mock.domain.mcp_servers import PREFIX
from sigmic_mock.domain.model import Outcome, ToolStatus
from sigmic_mock.domain.policy import Policy
from sigmic_mock.faults.dry_run import Confirm
from sigmic_mock.faults.effect import after, before, effect
from sigmic_mock.faults.engine import Here
from sigmic_mock.service.approvals import Approvals
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.service.sessions import Session
from sigmic_mock.service.tool_calls import ToolCalls
from sigmic_mock.service.tool_runner import ToolRunner

_NEXT_CALLS: WeakKeyDictionary[Session, dict[str, list[Confirm]]] = WeakKeyDictionary()
"""By tool, the functions for its next call in a session, which shows how long an answer applies."""
_RAN = frozenset({ToolStatus.EXECUTING, ToolStatus.SUCCESS, ToolStatus.ERROR})


@effect("approve.lost", at=Approvals.decide)
async def lost(here: Here, self: Approvals, call_id: str, outcome: Outcome) -> bool:
    if call_id in self._open and here.fires():
        return outcome is not Outcome.CANCEL
    return await here.step(call_id, outcome)


@effect("approval.outcome", at=Approvals._answer)
def misheard(here: Here, self: Approvals, call_id: str, outcome: Outcome) -> bool:
    wanted, confirm = here.later(outcome.value)
    # If the answer lets its own call run, only the next call shows what the answer means for others.
    confirm(lambda spec: (outcome is Outcome.CANCEL) != (spec.params["as"] == Outcome.CANCEL.value))
    call, _ = self._open[call_id]
    _NEXT_CALLS.setdefault(self._session, {}).setdefault(call.tool_name, []).append(confirm)
    return here.step(call_id, outcome if wanted is None else Outcome(wanted["as"]))


@before("approval.outcome", at=ToolCalls._policy)
def misheard_shows(_here: Here, self: ToolCalls, tool: str) -> None:
    for confirm in _NEXT_CALLS.get(self._session, {}).pop(tool, ()):
        confirm()


@before("approve.cancel-executes", at=Approvals._answer)
def cancel_executes(here: Here, self: Approvals, call_id: str, outcome: Outcome) -> None:
    if outcome is Outcome.CANCEL and here.fires():
        call, _ = self._open[call_id]
        self._show(ToolCallEvent(call.call_id, call.tool_name, ToolStatus.EXECUTING, call.args))


@effect("approve.runs-twice", at=RunningTurns.decide)
async def runs_twice(here: Here, self: RunningTurns, task_id: str, call_id: str, outcome: Outcome) -> bool:
    try:
        return await here.step(task_id, call_id, outcome)
    except ApiError:
        run = self._active.get(task_id)
        calls = () if run is None else run.actions.events.output.snapshot().tool_calls
        call = next((each for each in calls if each.call_id == call_id), None)
        is_approved = call is not None and call.status in _RAN and outcome is not Outcome.CANCEL
        if run is None or call is None or not is_approved or not here.about(run).fires():
            raise
        again = await self._deps.tools.run(run._session, call.tool_name, call.args)
        await run.actions.events.emit(ToolResult(call_id, again.status, again.output))
        return True


def _mode(calls: ToolCalls) -> str:
    return "automatic" if calls._cached.task.auto_execute else "asking"


def _decides(
    point: str, wrong: Policy, instead: Policy, variant: Callable[[ToolCalls, str], str | None]
) -> None:
    """Register another policy for a tool; `variant` returns the code, or None if the call is not meant."""

    @after(point, at=ToolCalls._policy)
    def decide(here: Here, self: ToolCalls, policy: Policy, tool: str) -> Policy:
        code = variant(self, tool) if policy is wrong else None
        return policy if code is None or not here.fires(code) else instead


def _of_mcp(calls: ToolCalls, tool: str) -> str | None:
    return _mode(calls) if tool.startswith(PREFIX) else None


_decides("approval.always-asked", Policy.ALLOW, Policy.ASK, lambda calls, _tool: _mode(calls))
_decides("mcp.approval-ignored", Policy.ASK, Policy.ALLOW, _of_mcp)
_decides("approval.ignored", Policy.ASK, Policy.ALLOW, lambda _calls, tool: tool)


Args = Mapping[str, Any]


@after("tool.errors-ignored", at=ToolRunner.run)
def errors_ignored(
    here: Here, _self: ToolRunner, outcome: ToolOutcome, _session: Session, name: str, *_: object
) -> ToolOutcome:
    kind = "mcp" if name.startswith(PREFIX) else "built-in"
    if outcome.status is ToolStatus.ERROR and here.fires(kind):
        return replace(outcome, status=ToolStatus.SUCCESS)
    return outcome


@effect("agent.writes-otherwise", at=ToolRunner.run)
async def writes_other_content(
    here: Here, _self: ToolRunner, session: Session, name: str, args: Args
) -> ToolOutcome:
    if name == "write_file" and here.fires():
        args = {**args, "content": "something else"}
    return await here.step(session, name, args)


@effect("isolation.other-root", at=ToolRunner.run)
async def works_in_the_root(
    here: Here, _self: ToolRunner, session: Session, name: str, args: Args
) -> ToolOutcome:
    if name == "run_shell_command" and here.fires():
        args = {**args, "command": f"cd / && {args.get('command', '')}"}
    return await here.step(session, name, args)
