"""Bugs of approvals: which call an answer affects, how long it is valid, and the state of a rejected call."""

from collections.abc import Iterator

from tests.conformance.targets.agent import Together, Use
from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import Event, Platform, Run, Task


@broken("APPROVE-001", "APPROVE-002", approval="always", caller="Bearer")
class AlwaysForTheKey(Platform):
    """proceed_always in one task lets the tool run unasked in all tasks of the key"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        approved = super().approve(task, call, outcome)
        self.notes.setdefault(task.caller.key, set()).update(task.always)
        return approved

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return super().asks(task, run, step) and step.tool not in self.notes.get(task.caller.key, ())


@broken("APPROVE-001", "APPROVE-011", approval="several")
class FirstInFirstApproved(Platform):
    """Of several waiting calls the oldest is approved, whichever was named"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            waiting = [each["callId"] for each in task.run.waits]
            return super().approve(task, waiting[0] if call in waiting else call, outcome)


@broken("PHASE-007", "APPROVE-012", approval="several", readers="joined late", state="awaiting approval")
class CatchUpShowsOneWaiting(Platform):
    """A reader that joins late receives one waiting call only"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        with task.changed:
            hidden = [each["callId"] for each in run.waits[1:]]
        for item in super().listen(task, run, interval):
            if item is None or item[0] != "tool_call" or item[1]["callId"] not in hidden:
                yield item


@broken("CANCEL-003", approval="late", state="cancelled")
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


@broken(
    "APPROVE-011",
    "APPROVE-010",
    "GET-019",
    approval="late",
    readers=("only one", "dropped"),
    state="awaiting approval",
)
class ApprovalNeedsItsReader(Platform):
    """A waiting call cannot be approved after a reader has dropped"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        try:
            yield from super().listen(task, run, interval)
        finally:
            if not run.over:
                run.waits.clear()


@broken("CREATE-019", approval=("automatic", "several"))
class TogetherAlwaysAsks(Platform):
    """Calls that come at the same time ask though autoExecute is true"""

    def together(self, task: Task, run: Run, step: Together) -> None:
        run.notes["together"] = True
        super().together(task, run, step)

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return bool(run.notes.get("together")) or super().asks(task, run, step)


@broken("ERROR-030", "APPROVE-001", approval="once", caller="second key, other project")
class ApprovedByIdAlone(Platform):
    """Any call of any task can be approved by the path of the caller's own task"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        for other in list(self.tasks.values()):
            if any(each["callId"] == call for each in other.run.waits):
                return super().approve(other, call, outcome)
        return super().approve(task, call, outcome)
