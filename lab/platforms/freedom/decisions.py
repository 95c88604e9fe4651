"""After decisions, cancellations, ends, and messages to running tasks: legal answers (see `table`)."""

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence

from lab.platforms.agent import Together, Use
from lab.platforms.platform import FINAL, Event, Platform, Run, Task
from lab.platforms.refusal import Refusal

OUTCOMES = ("proceed_once", "proceed_always", "cancel")
REFUSED = "The call was refused."


class SecondDecision(Platform):
    """The response to a second decision about a call; subclasses define `again`."""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        decided = task.notes.setdefault("decided", {})
        if call in decided and outcome in OUTCOMES:
            return self.again(standing=decided[call], outcome=str(outcome))
        decided[call] = super().approve(task, call, outcome)
        return decided[call]

    def again(self, *, standing: bool, outcome: str) -> bool:
        raise NotImplementedError


class SecondConflicts(SecondDecision):
    """A second decision is 409."""

    def again(self, *, standing: bool, outcome: str) -> bool:
        raise Refusal(409, "CONFLICT", "The call was decided already")


class FirstStands(SecondDecision):
    """A second decision is accepted, and the response contains the first."""

    def again(self, *, standing: bool, outcome: str) -> bool:
        return standing


class SecondEchoes(SecondDecision):
    """A second decision is accepted, and the response contains the second, which has no effect."""

    def again(self, *, standing: bool, outcome: str) -> bool:
        return outcome != "cancel"


class SimilarCommands(Platform):
    """`proceed_always` applies to calls of the same tool with the same program or file."""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            waiting = next((each for each in task.run.waits if each["callId"] == call), None)
            before = set(task.always)
            approved = super().approve(task, call, outcome)
            if waiting is not None:
                task.always.clear()
                task.always |= before | ({similar(waiting)} if outcome == "proceed_always" else set())
            return approved

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        allowed = similar(self.named(step)) in task.always
        return super().asks(task, run, step) and not allowed


def similar(call: Mapping) -> str:
    first = str(next(iter(call["args"].values()))).split()[:1]
    return f"{call['toolName']} {first}"


class StatusRejected(Platform):
    """A rejected call ends with the status `rejected`."""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, "rejected" if output == REFUSED else status, output)


class RefusalEndsRun(Platform):
    """A rejected call is the last of its run, which is completed."""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        with task.changed:
            if output == REFUSED and not run.over:
                self.say(task, run, "The call was refused.", partial=False)
                self.end_refused(task, run)

    def end_refused(self, task: Task, run: Run) -> None:
        self.remember(task, "assistant", run.text, self.traces(run))
        self.finish(task, "completed", ("done", {"finalResponse": run.text}))


class RefusalCancelsRun(RefusalEndsRun):
    """A rejected call is the last of its run, which is cancelled."""

    def end_refused(self, task: Task, run: Run) -> None:
        self.finish(task, "cancelled", ("error", {"message": "A call was refused", "code": "CANCELLED"}))


class CancelledThenDone(Platform):
    """The stream of a cancelled task ends with `cancelled` and `done`."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        if status == "cancelled":
            self.emit(task, task.run, "cancelled", {"message": "The task was cancelled"})
            last = ("done", {"finalResponse": "", "status": "cancelled"})
        super().finish(task, status, last)


class CancelledIsDone(Platform):
    """The stream of a cancelled task ends with `done` and the text so far."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        if status == "cancelled":
            last = ("done", {"finalResponse": task.run.text})
        super().finish(task, status, last)


class CancelledSilently(Platform):
    """The stream of a cancelled task ends without a last event."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        super().finish(task, status, ("", {}) if status == "cancelled" else last)

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        if name:
            super().emit(task, run, name, payload)


class ErrorThenDone(Platform):
    """The stream of a failed run ends with `error` and `done`."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        if status == "failed":
            self.emit(task, task.run, *last)
            last = ("done", {"finalResponse": ""})
        super().finish(task, status, last)


class CancelledFields(Platform):
    """A cancelled task has no `completedAt`, and an `error`."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        super().finish(task, status, last)
        if status == "cancelled":
            task.completed, task.error = None, "Cancelled by its owner"


class CancelTwice(Platform):
    """A finished task can be cancelled, without effect."""

    def cancel(self, task: Task) -> None:
        if task.status not in ("completed", "failed", "cancelled"):
            super().cancel(task)


class FinishedIsGone(Platform):
    """Cancelling a finished task is 404."""

    def cancel(self, task: Task) -> None:
        if task.status in FINAL:
            raise Refusal(404, "NOT_FOUND", "There is no such task to cancel")
        super().cancel(task)


class OnlyRunningIsCancelled(Platform):
    """A task that awaits an approval cannot be cancelled."""

    def cancel(self, task: Task) -> None:
        if task.status == "awaiting_approval":
            raise Refusal(409, "CONFLICT", "The task waits for an approval")
        super().cancel(task)


class Queueing(Platform):
    """A follow-up to an unfinished task waits until the task is finished."""

    saves_at_once = True

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            if task.status in FINAL:
                super().follow_up(task, message, parts)
                return
            uploaded = self.admit(task, parts)
            self.files.save(task.folder, uploaded)
            attached = self.attached(task, uploaded)
            saved = (task, "user", message, {"attachedFiles": attached} if attached else {})
            if self.saves_at_once:
                self.remember(*saved)
            task.notes.setdefault("queue", []).append((message, uploaded, saved))

    def finish(self, task: Task, status: str, last: Event) -> None:
        super().finish(task, status, last)
        if status != "cancelled" and (queue := task.notes.get("queue")):
            self.reopen(task)
            message, uploaded, saved = queue.pop(0)
            if not self.saves_at_once:
                self.remember(*saved)
            self.start(task, message, uploaded)


class QueueingUnsaved(Queueing):
    """The same, and a message is saved when its run begins."""

    saves_at_once = False


class CompletedOnly(Platform):
    """Only a completed task accepts a follow-up."""

    def check_sendable(self, task: Task) -> None:
        super().check_sendable(task)
        if task.status != "completed":
            raise Refusal(409, "CONFLICT", "The task did not complete")


class NoResultOfRefused(Platform):
    """A rejected call has no result."""

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        if name != "tool_result" or payload["output"] != REFUSED:
            super().emit(task, run, name, payload)


class OneQuestionAtATime(Platform):
    """Parallel calls run in sequence."""

    def together(self, task: Task, run: Run, step: Together) -> None:
        for use in step.uses:
            self.call(task, run, use)


def later(task: Task, run: Run, act: Callable[[], object]) -> None:
    """Call `act` in 0.3 s, unless the run is over by then."""

    def still() -> None:
        with task.changed, contextlib.suppress(Refusal):
            if task.run is run and not run.over:
                act()

    timer = threading.Timer(0.3, still)
    timer.daemon = True
    timer.start()


class DecisionsLag(Platform):
    """A decision is accepted, and takes effect 0.3 s later."""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            run, lagging = task.run, task.run.notes.setdefault("lagging", set())
            waits = call not in lagging and any(each["callId"] == call for each in run.waits)
            if not waits or outcome not in OUTCOMES:
                return super().approve(task, "" if call in lagging else call, outcome)
            lagging.add(call)
        later(task, run, lambda: super(DecisionsLag, self).approve(task, call, outcome))
        return outcome != "cancel"


class CancelLags(Platform):
    """A cancellation is accepted, and takes effect 0.3 s later."""

    def cancel(self, task: Task) -> None:
        with task.changed:
            if task.status in FINAL:
                super().cancel(task)
        later(task, task.run, lambda: super(CancelLags, self).cancel(task))


class RefusesTheBatch(Platform):
    """A rejected call rejects the other waiting calls."""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        with task.changed:
            approved = super().approve(task, call, outcome)
            waiting = [each["callId"] for each in task.run.waits if each["callId"] != call]
            for other in waiting if outcome == "cancel" else ():
                super().approve(task, other, outcome)
            return approved


class PartOfAnswerSaved(Platform):
    """The text before a cancellation or a failure is saved."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        if status != "completed" and task.run.text:
            self.remember(task, "assistant", task.run.text, self.traces(task.run))
        super().finish(task, status, last)


class Interrupting(Platform):
    """A follow-up ends the running turn, which is completed with its text so far."""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            if task.status not in FINAL:
                self.stop(task)
                self.remember(task, "assistant", task.run.text, self.traces(task.run))
                self.finish(task, "completed", ("done", {"finalResponse": task.run.text}))
            super().follow_up(task, message, parts)
