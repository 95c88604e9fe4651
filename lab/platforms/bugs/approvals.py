"""Bugs of approvals: which call an answer affects, how long it is valid, and the state of a rejected call."""

from lab.platforms.agent import Use
from lab.platforms.catalogue import broken
from lab.platforms.platform import Platform, Run, Task


@broken("APPROVE-001", "APPROVE-002", approval="always", caller="Bearer")
class AlwaysForTheKey(Platform):
    """proceed_always in one task lets the tool run unasked in all tasks of the key"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        approved = super().approve(task, call, outcome)
        self.notes.setdefault(task.caller.key, set()).update(task.always)
        return approved

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return super().asks(task, run, step) and step.tool not in self.notes.get(task.caller.key, ())


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
