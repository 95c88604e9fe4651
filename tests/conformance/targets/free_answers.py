"""Legal answers of an independent platform where the documentation is silent; `free_choices` has the table.

Each class is one answer. Those of one choice exclude one another. Those of different choices combine: a
method passes on what it does not decide.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from tests.conformance.targets.agent import Use
from tests.conformance.targets.forms import Forms, Piece, Uploads
from tests.conformance.targets.platform import FINAL, Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, bad
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Accounts, Caller

OUTCOMES = ("proceed_once", "proceed_always", "cancel")
HOSTILE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^/|\\|:|\x00|%(2e|2f|5c|00)", re.IGNORECASE)
REFUSED = "The call was refused."
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# --- how requests are read


class NoUrlencodedForms(Forms):
    """`application/x-www-form-urlencoded` is not taken by any operation."""

    def urlencoded(self, body: bytes) -> dict:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "This content type is not taken")


class BlankMessages(Forms):
    """A message of blanks is taken as it is."""

    def checked(self, fields: object) -> dict:
        said = dict(fields).get("message") if isinstance(fields, dict) else None
        if isinstance(fields, dict) and isinstance(said, str) and said and not said.strip():
            return super().checked(fields | {"message": "."}) | {"message": said}
        return super().checked(fields)


class KnownFieldsOnly(Forms):
    """A field that no page names is refused."""

    def checked(self, fields: object) -> dict:
        known = {"message", "systemPrompt", "showInHistory", "autoExecute", "env", "secrets"}
        if isinstance(fields, dict) and (more := fields.keys() - known):
            raise bad(f"There is no field {min(more)}")
        return super().checked(fields)


class OneRefusalCode(Forms):
    """A creation with a bad variable is refused as any other invalid one."""

    def checked(self, fields: object) -> dict:
        try:
            return super().checked(fields)
        except Refusal as refusal:
            raise bad(refusal.message) from refusal


class EmptyMapIsNone(Forms):
    """`env` without a variable is told as null."""

    def checked(self, fields: object) -> dict:
        found = super().checked(fields)
        return found | ({"env": None} if found.get("env") == {} else {})


class OtherPartsIgnored(Forms):
    """A file in a part of another name than `files` is ignored."""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        return super().gathered(piece for piece in pieces if piece.file_name is None or piece.name == "files")


class Unprocessable(Edge):
    """A request that is understood and invalid is 422."""

    def refuse(self, refusal: Refusal) -> None:
        invalid = refusal.status == 400 and refusal.code == "VALIDATION_ERROR"
        super().refuse(Refusal(422, refusal.code, refusal.message) if invalid else refusal)


class NoHead(Edge):
    """No operation takes HEAD."""

    def dispatch(self) -> None:
        if self.command == "HEAD":
            self.allowed = "GET, POST, DELETE"
            raise Refusal(405, "METHOD_NOT_ALLOWED", "HEAD is not taken")
        super().dispatch()


class BodyFirst(Edge):
    """The body of a follow-up is checked before the task is looked for."""

    def send_message(self, id: str) -> None:
        self.fields()
        super().send_message(id)


class ForgivingPages(Edge):
    """A limit or an offset that cannot be used is as if it was not given."""

    def number(self, name: str, default: int) -> int:
        try:
            return super().number(name, default) or default
        except Refusal:
            return default


class MalformedIds(Platform):
    """An id that cannot be one of a task is 400."""

    def find(self, caller: Caller, id: str) -> Task:
        if id not in self.tasks and len(id) != len(self.new_id()):
            raise bad("The task id is malformed")
        return super().find(caller, id)


class CapitalBearer(Accounts):
    """The scheme is `Bearer`, in no other case."""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        if authorization is not None and not authorization.startswith("Bearer "):
            raise Refusal(401, "INVALID_AUTH_FORMAT", "The token format is not recognised")
        return super().caller(authorization, api_key, origin)


class KeyHeaderFirst(Accounts):
    """Of two credentials the X-API-Key counts."""

    def caller(self, authorization: str | None, api_key: str | None, origin: str | None) -> Caller:
        return super().caller(authorization if api_key is None else None, api_key, origin)


# --- decisions about calls


class SecondDecision(Platform):
    """What a second decision about a call gets is asked of `again`."""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        decided = task.notes.setdefault("decided", {})
        if call in decided and outcome in OUTCOMES:
            return self.again(standing=decided[call], outcome=str(outcome))
        decided[call] = super().approve(task, call, outcome)
        return decided[call]

    def again(self, *, standing: bool, outcome: str) -> bool:
        raise NotImplementedError


class SecondConflicts(SecondDecision):
    """It is 409."""

    def again(self, *, standing: bool, outcome: str) -> bool:
        raise Refusal(409, "CONFLICT", "The call was decided already")


class FirstStands(SecondDecision):
    """It is accepted, and answers what stands."""

    def again(self, *, standing: bool, outcome: str) -> bool:
        return standing


class SecondEchoes(SecondDecision):
    """It is accepted, answers what it says itself, and changes nothing."""

    def again(self, *, standing: bool, outcome: str) -> bool:
        return outcome != "cancel"


class SimilarCommands(Platform):
    """`proceed_always` is for calls of the same tool with the same program or file."""

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
        allowed = similar({"toolName": step.tool, "args": step.args}) in task.always
        return super().asks(task, run, step) and not allowed


def similar(call: Mapping) -> str:
    words = str(call["args"].get("command") or call["args"].get("path")).split()
    return f"{call['toolName']} {words[0]}"


class StatusRejected(Platform):
    """A call that was refused ends as `rejected`."""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, "rejected" if output == REFUSED else status, output)


class RefusalEndsRun(Platform):
    """A call that was refused is the last of its run, which is completed."""

    last_status = "completed"

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        with task.changed:
            if output == REFUSED and not run.over:
                self.say(task, run, "The call was refused.", partial=False)
                self.remember(task, "assistant", run.text, self.traces(run))
                self.end_refused(task, run)

    def end_refused(self, task: Task, run: Run) -> None:
        self.finish(task, "completed", ("done", {"finalResponse": run.text}))


class RefusalCancelsRun(RefusalEndsRun):
    """A call that was refused is the last of its run, which is cancelled."""

    def end_refused(self, task: Task, run: Run) -> None:
        self.finish(task, "cancelled", ("error", {"message": "A call was refused", "code": "CANCELLED"}))


# --- ends


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


class NoOutputUnlessDone(Platform):
    """A failed or cancelled task has no `output`."""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if shown["status"] in ("failed", "cancelled"):
            shown.pop("output", None)
        return shown


class FinishedIsGone(Platform):
    """Cancelling what is finished is 404."""

    def cancel(self, task: Task) -> None:
        if task.status in FINAL:
            raise Refusal(404, "NOT_FOUND", "There is no such task to cancel")
        super().cancel(task)


class OnlyRunningIsCancelled(Platform):
    """A task that waits for an approval cannot be cancelled."""

    def cancel(self, task: Task) -> None:
        if task.status == "awaiting_approval":
            raise Refusal(409, "CONFLICT", "The task waits for an approval")
        super().cancel(task)


# --- follow-ups


class Queueing(Platform):
    """A follow-up to a task that is not finished waits for its turn."""

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            if task.status in FINAL:
                super().follow_up(task, message, parts)
                return
            uploaded = self.admit(task, parts)
            self.files.save(task.folder, uploaded)
            attached = self.attached(task, uploaded)
            self.remember(task, "user", message, {"attachedFiles": attached} if attached else {})
            task.notes.setdefault("queue", []).append((message, uploaded))

    def finish(self, task: Task, status: str, last: Event) -> None:
        super().finish(task, status, last)
        if status != "cancelled" and (queue := task.notes.get("queue")):
            self.reopen(task)
            self.start(task, *queue.pop(0))


class CompletedOnly(Platform):
    """Only a completed task takes a follow-up."""

    def check_sendable(self, task: Task) -> None:
        super().check_sendable(task)
        if task.status != "completed":
            raise Refusal(409, "CONFLICT", "The task did not complete")


class KeepsCompletedAt(Platform):
    """`completedAt` stays until the next run has completed."""

    def reopen(self, task: Task) -> None:
        kept = task.completed
        super().reopen(task)
        task.completed = kept
