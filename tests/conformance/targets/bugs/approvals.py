"""Bugs of approvals: whom an answer reaches, how long it holds, and what becomes of a rejected call."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.conformance.targets.agent import Together, Use
from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.platform import Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge

ALWAYS = "proceed_always approves this and similar calls later in this session"
WAITING = "pendingApprovals are the tool calls that await an approval"
REJECTED = "cancel rejects the call"
CALL = "an approval is for the call that its path names"


@bug(
    "2.10/proceed_always",
    "2.2/autoExecute",
    sentence=ALWAYS,
    situation={"approval": "always", "caller": "Bearer"},
    because="the rule is saved for the key, so that users need not repeat themselves",
)
class AlwaysForTheKey(Platform):
    """proceed_always in one task lets the tool run unasked in all tasks of the key"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        approved = super().approve(task, call, outcome)
        self.notes.setdefault(task.caller.key, set()).update(task.always)
        return approved

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return super().asks(task, run, step) and step.tool not in self.notes.get(task.caller.key, ())


@bug(
    "2.10/proceed_always",
    sentence=ALWAYS,
    situation={"approval": "always", "turn": "2nd"},
    because="the rules are kept in the run, and each turn has a run of its own",
)
class AlwaysUntilTheTurnEnds(Platform):
    """proceed_always is forgotten when the turn ends"""

    def reopen(self, task: Task) -> None:
        super().reopen(task)
        task.always.clear()


@bug(
    "2.10/approved",
    sentence="approved is true if the call was approved",
    situation={"approval": "always"},
    because='the answer is `outcome == "proceed_once"`, from when that was the only yes',
)
class AlwaysIsNoApproval(Platform):
    """approved is false after proceed_always"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        super().approve(task, call, outcome)
        return outcome == "proceed_once"


@bug(
    "2.10/proceed_once",
    sentence="proceed_once approves this call only",
    situation={"approval": ("once", "several")},
    because="the waiting calls are looked up by the name of their tool",
)
class OnceForAllThatWait(Platform):
    """proceed_once approves all waiting calls of the same tool"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            tools = {each["callId"]: each["toolName"] for each in task.run.waits}
            approved = super().approve(task, call, outcome)
            for other in tools.keys() - {call} if outcome == "proceed_once" else ():
                if tools[other] == tools[call]:
                    super().approve(task, other, outcome)
        return approved


@bug(
    "2.10/callId",
    sentence=CALL,
    situation={"approval": "several"},
    because="the run takes the next call off its queue when an answer comes",
)
class FirstInFirstApproved(Platform):
    """Of several waiting calls the oldest is approved, whichever was named"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            waiting = [each["callId"] for each in task.run.waits]
            return super().approve(task, waiting[0] if call in waiting else call, outcome)


@bug(
    "1/status",
    sentence="awaiting_approval is the status of a task that waits for an approval",
    situation={"approval": ("several", "once"), "state": "awaiting approval"},
    because="an answer sets the status, and does not look who else waits",
)
class OneAnswerIsEnough(Platform):
    """A task says running when one of two waiting calls was answered"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        approved = super().approve(task, call, outcome)
        with task.changed:
            if task.status == "awaiting_approval":
                task.status = "running"
        return approved


@bug(
    "3.2/catch-up",
    sentence="whoever connects hears the current state of a task that goes on",
    situation={"approval": "several", "readers": "joined late", "state": "awaiting approval"},
    because="the run has one field for the call that waits, not a list",
)
class CatchUpShowsOneWaiting(Platform):
    """Who joins late hears of one waiting call alone"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        with task.changed:
            hidden = [each["callId"] for each in run.waits[1:]]
        for item in super().listen(task, run, interval):
            if item is None or item[0] != "tool_call" or item[1]["callId"] not in hidden:
                yield item


@bug(
    "2.4/pendingApprovals",
    sentence=WAITING,
    situation={"approval": "rejected", "state": "completed"},
    because="a call is struck off the list where it is approved, and only there",
)
class RejectedStaysPending(Platform):
    """A completed task still lists the call that was rejected"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        waiting = [each for each in task.run.waits if each["callId"] == call]
        approved = super().approve(task, call, outcome)
        task.run.notes.setdefault("rejected", []).extend(() if approved else waiting)
        return approved

    def view(self, task: Task) -> dict:
        shown, rejected = super().view(task), task.run.notes.get("rejected", [])
        calls = [{key: each[key] for key in ("callId", "toolName", "args")} for each in rejected]
        return shown | {"pendingApprovals": shown.get("pendingApprovals", []) + calls} if calls else shown


@bug(
    "2.10/cancel",
    sentence=REJECTED,
    situation={"approval": "rejected", "turn": "2nd"},
    because="an answered call leaves the list, a rejected one stays in the queue of work",
)
class RejectedRunsNextTurn(Platform):
    """A command that was rejected runs when the next turn begins"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        waiting = [each for each in task.run.waits if each["callId"] == call]
        approved = super().approve(task, call, outcome)
        task.notes.setdefault("queue", []).extend(() if approved else waiting)
        return approved

    def work(
        self, task: Task, run: Run, message: str, memory: Sequence[dict], uploaded: Sequence[str]
    ) -> None:
        for call in task.notes.pop("queue", ()):
            self.use(task, run, Use(call["toolName"], call["args"]))
        super().work(task, run, message, memory, uploaded)


@bug(
    "2.11/cancels",
    "2.11/releases",
    sentence="DELETE stops the execution of a task",
    situation={"approval": "late", "state": "cancelled"},
    because="the calls that wait are kept by their id, and a cancellation does not look there",
)
class LateApprovalRuns(Platform):
    """A call that waited can still be approved when its task is cancelled, and runs"""

    def cancel(self, task: Task) -> None:
        waiting = {each["callId"]: each for each in task.run.waits}
        super().cancel(task)
        task.notes["kept"] = waiting

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        kept = task.notes.get("kept", {}).pop(call, None)
        if kept is None or outcome == "cancel":
            return super().approve(task, call, outcome)
        self.use(task, Run(), Use(kept["toolName"], kept["args"]))
        return True


@bug(
    "2.11/cancels",
    "2.11/releases",
    sentence="DELETE stops the execution of a task",
    situation={"state": ("awaiting approval", "cancelled"), "approval": "once"},
    because="a cancellation wakes what waits, and what is woken without an answer goes on",
)
class WokenMeansApproved(Platform):
    """A call that waits runs when its task is cancelled"""

    def cancel(self, task: Task) -> None:
        waiting = list(task.run.waits)
        super().cancel(task)
        for call in waiting:
            self.use(task, Run(), Use(call["toolName"], call["args"]))


@bug(
    "2.10/workflow",
    "3.2/disconnect",
    sentence="a call can be approved by who polls pendingApprovals, whatever readers do",
    situation={"approval": "late", "readers": ("only one", "dropped"), "state": "awaiting approval"},
    because="what waits is kept with the connection that was told of it",
)
class ApprovalNeedsItsReader(Platform):
    """A waiting call cannot be approved any more when a reader has dropped"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        try:
            yield from super().listen(task, run, interval)
        finally:
            if not run.over:
                run.waits.clear()


@bug(
    "2.10/only-manual",
    sentence="approvals are needed only for tasks created with autoExecute false",
    situation={"approval": ("automatic", "several")},
    because="calls that come together take another path, which knows no mode",
)
class TogetherAlwaysAsks(Platform):
    """Calls that come at the same time ask though autoExecute is true"""

    def together(self, task: Task, run: Run, step: Together) -> None:
        run.notes["together"] = True
        super().together(task, run, step)

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return bool(run.notes.get("together")) or super().asks(task, run, step)


@bug(
    "2.4/pendingApprovals",
    sentence=WAITING,
    situation={"approval": "once", "turn": "2nd", "state": "awaiting approval"},
    because="the query asks for all calls of the task that ever waited, when one does",
)
class ApprovalsOfAllTurns(Platform):
    """While a call of a second turn waits, those of the first are listed too"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        task.run.notes.setdefault("answered", []).extend(w for w in task.run.waits if w["callId"] == call)
        return super().approve(task, call, outcome)

    def reopen(self, task: Task) -> None:
        task.notes.setdefault("answered", []).extend(task.run.notes.get("answered", ()))
        super().reopen(task)

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        old = [{k: w[k] for k in ("callId", "toolName", "args")} for w in task.notes.get("answered", ())]
        return shown | {"pendingApprovals": old + shown["pendingApprovals"]} if task.run.waits else shown


@bug(
    "10/scoped",
    "2.10/errors",
    sentence="a call that is not of this task is NOT_FOUND",
    situation={"approval": "once", "caller": "second key, other project"},
    because="call ids are unique, so the task in the path is checked and not used",
)
class ApprovedByIdAlone(Platform):
    """Any call of any task can be approved by the path of a task of one's own"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        for other in list(self.tasks.values()):
            if any(each["callId"] == call for each in other.run.waits):
                return super().approve(other, call, outcome)
        return super().approve(task, call, outcome)


@bug(
    "A-09",
    "2.10/errors",
    sentence="an end user's conversations are that user's alone",
    situation={"approval": "once", "caller": ("end user's token", "another end user")},
    because="the handler of approvals checks the project, as it did before there were tokens",
)
class AnyUserApproves(Edge):
    """An end user approves another's call"""

    def approve_tool_call(self, id: str, call: str) -> None:
        self.caller = replace(self.caller, user=None)
        super().approve_tool_call(id, call)


@bug(
    "2.10/cancel",
    sentence=REJECTED,
    situation={"approval": ("rejected", "several"), "state": "awaiting approval"},
    because="the loop over the waiting calls ends with `else: approve`",
)
class RejectingOneApprovesTheOthers(Platform):
    """When one of two waiting calls is rejected, the other runs"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            approved = super().approve(task, call, outcome)
            for other in [] if approved else list(task.run.waits):
                super().approve(task, other["callId"], "proceed_once")
        return approved


@bug(
    "2.10/errors",
    "4/NOT_FOUND",
    sentence="a tool call that is not known is NOT_FOUND",
    situation={"approval": "late", "state": "completed"},
    because="the run is over, so the answer can do no harm and is taken",
)
class UnknownCallTakenWhenOver(Platform):
    """Any call of a completed task can be approved, even one that never was"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        try:
            return super().approve(task, call, outcome)
        except Refusal:
            if task.status != "completed":
                raise
            return outcome != "cancel"


@bug(
    "2.10/cancel",
    "2.2/approval-flow",
    sentence="cancel rejects the call that it names, and later ones ask again",
    situation={"approval": ("rejected", "several")},
    because="proceed_always has an opposite in the code that the API does not have",
)
class RejectionIsRemembered(Platform):
    """After a rejected call, later calls of the tool are rejected without asking"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        tools = [each["toolName"] for each in task.run.waits if each["callId"] == call]
        approved = super().approve(task, call, outcome)
        task.run.notes.setdefault("rejected", []).extend(() if approved else tools)
        return approved

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        super().emit(task, run, name, payload)
        if run.waits and payload.get("toolName") in run.notes.get("rejected", ()):
            super().approve(task, payload["callId"], "cancel")


@bug(
    "2.10/callId",
    "2.10/errors",
    sentence=CALL,
    situation={"approval": ("once", "late")},
    because="when one call waits there seems to be no need to look at its id",
)
class DoubleClickApprovesTheNext(Platform):
    """A second approval of a call approves the next one that waits"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        only = task.run.waits[0]["callId"] if len(task.run.waits) == 1 else call
        return super().approve(task, only, outcome)


@bug(
    "2.10/proceed_once",
    sentence="proceed_once approves this call only",
    situation={"turn": "2nd", "approval": ("once", "automatic")},
    because="approvals are kept by tool and arguments, so that a repeated request does not ask twice",
)
class OnceForTheSameCommand(Platform):
    """A command that was approved once runs unasked in a later turn"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        for waiting in task.run.waits:
            if waiting["callId"] == call and outcome == "proceed_once":
                task.notes.setdefault("approved", []).append((task.run, waiting["args"]))
        return super().approve(task, call, outcome)

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        known = any(
            args == step.args and before is not run for before, args in task.notes.get("approved", ())
        )
        return super().asks(task, run, step) and not known
