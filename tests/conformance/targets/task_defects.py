"""Targets that are broken in tasks, lists, conversations, approvals, cancellation and sessions."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence

from tests.conformance.targets.agent import Agent, Use
from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import FINAL, Event, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal, missing
from tests.conformance.targets.server import Edge
from tests.conformance.targets.tokens import Caller
from tests.conformance.targets.wire import Wire

# --- envelope


@broken("ENVELOPE-002")
class ErrorAsText(Wire):
    """error is a string"""

    def failure(self, code: str, message: str) -> dict:
        return {"success": False, "error": message, "code": code}


@broken("ENVELOPE-001")
class NoEnvelope(Wire):
    """Answers are bare but for the list"""

    def success(self, data: object, more: Mapping) -> dict:
        return data if isinstance(data, dict) and not more else super().success(data, more)


@broken("ENVELOPE-014")
class JsonAsHtml(Wire):
    """JSON is labelled text/html"""

    json_type = "text/html"


@broken("HTTP-006", "CREATE-028")
class ServerErrors(Edge):
    """A malformed body is a server error"""

    def refuse(self, refusal: Refusal) -> None:
        if refusal.code == "VALIDATION_ERROR" and "JSON" in refusal.message:
            refusal = Refusal(500, "INTERNAL_ERROR", "Something went wrong")
        super().refuse(refusal)


@broken("ENVELOPE-016")
class StackTrace(Edge):
    """A refusal shows where in the server it was raised"""

    def refuse(self, refusal: Refusal) -> None:
        place = f'Traceback (most recent call last):\n  File "/srv/app/{refusal.code}.py", line 7, in take'
        super().refuse(Refusal(refusal.status, refusal.code, f"{refusal.message}\n{place}"))


# --- creation and reading


@broken("CREATE-008", "CREATE-009")
class NoMessageNeeded(Edge):
    """A message is not required"""

    def create_task(self) -> None:
        if b'"message"' not in self.body and b'name="message"' not in self.body:
            self.body = b'{"message": "x"}'
            self.headers.replace_header("Content-Type", "application/json")
        super().create_task()


@broken("CREATE-007")
class WaitsForTheEnd(Edge):
    """Creation answers when the agent has finished"""

    def succeed(self, data: object, status: int = 200, **more: object) -> None:
        if self.command == "POST" and isinstance(data, dict) and data.get("status") == "pending":
            task = self.server.platform.tasks[data["id"]]
            for _ in range(200):
                if task.status in (*FINAL, "awaiting_approval"):
                    break
                time.sleep(0.05)
        super().succeed(data, status, **more)


@broken("CREATE-006", "STATE-003", "FOLLOWUP-001")
class NeverStarts(Platform):
    """A task stays pending"""

    start_seconds = 3600.0


@broken("CREATE-011")
class RefusedButMade(Edge):
    """A refused creation leaves a task behind"""

    def create_task(self) -> None:
        try:
            super().create_task()
        except Refusal:
            prompt = re.search(rb'"systemPrompt": "([^"]*)"', self.body)
            kept = {"message": "refused", "systemPrompt": prompt[1].decode() if prompt else None}
            self.server.platform.create(self.caller, kept, [])
            raise


@broken("CREATE-013")
class PromptLost(Platform):
    """systemPrompt reads back as null"""

    def fields(self, task: Task) -> dict:
        return super().fields(task) | {"systemPrompt": None}


@broken("CREATE-020", "CREATE-017")
class FormFalseIsTrue(Platform):
    """The form value false means true"""

    def create(self, caller: Caller, fields: Mapping, parts: Sequence) -> Task:
        changed = dict(fields) | ({} if "env" in fields or "message" not in fields else {"autoExecute": True})
        return super().create(caller, changed, parts)


@broken("CREATE-026")
class MessageMangled(Platform):
    """A message loses what is beyond ASCII"""

    def create(self, caller: Caller, fields: Mapping, parts: Sequence) -> Task:
        plain = fields["message"].encode("ascii", "replace").decode()
        return super().create(caller, {**fields, "message": plain}, parts)


@broken("GET-005")
class OtherStatusWords(Platform):
    """A completed task is called succeeded"""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"status": shown["status"].replace("completed", "succeeded")}


@broken("STATE-005", "PHASE-023", "STATE-003")
class StaysRunning(Platform):
    """get_task says running for ever"""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        return shown | {"status": shown["status"].replace("completed", "running")}


@broken("GET-011", "GET-013")
class NoOutput(Platform):
    """A completed task has no output"""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        shown.pop("output", None)
        return shown


@broken("ENVELOPE-007")
class LocalTimes(Platform):
    """Timestamps have an offset instead of Z"""

    def fields(self, task: Task) -> dict:
        return {
            key: value.replace("Z", "+00:00") if key.endswith("At") and value else value
            for key, value in super().fields(task).items()
        }


# --- the list


@broken("LIST-006")
class OldestFirst(Platform):
    """The list begins with the oldest activity"""

    def ordered(self, items: list[dict]) -> list[dict]:
        return super().ordered(items)[::-1]


@broken("LIST-006")
class ByCreation(Platform):
    """The list is in order of creation, whatever happened since"""

    def ordered(self, items: list[dict]) -> list[dict]:
        return sorted(items, key=lambda item: item["createdAt"], reverse=True)


@broken("LIST-003")
class LimitIgnored(Platform):
    """limit has no effect on the items"""

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        items, pages = super().page(caller, 1000, offset)
        return items, pages | {"limit": limit}


@broken("LIST-004")
class NoUpperLimit(Edge):
    """A limit above 100 is granted"""

    def list_tasks(self) -> None:
        limit, offset = self.number("limit", 50), self.number("offset", 0)
        caller, platform = self.caller, self.server.platform
        while limit > 100 and platform.page(caller, 1, 0)[1]["total"] < 102:
            platform.create(caller, {"message": "Hello"}, [])
        items, pages = platform.page(caller, limit, offset)
        self.succeed(items, pagination=pages)


@broken("LIST-013", "LIST-016")
class AlwaysMore(Platform):
    """hasMore is always true"""

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        items, pages = super().page(caller, limit, offset)
        return items, pages | {"hasMore": True}


@broken("LIST-012")
class TotalOfThePage(Platform):
    """total counts the page"""

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        items, pages = super().page(caller, limit, offset)
        return items, pages | {"total": len(items), "hasMore": False}


# --- conversation


@broken("FOLLOWUP-008")
class NoMemory(Agent):
    """The agent forgets what it was told"""

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        return super().answer(message, uploaded, [])


@broken("FOLLOWUP-005", "FOLLOWUP-007", "HISTORY-016")
class FollowUpForgotten(Platform):
    """A follow-up is not in the history"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "assistant" or not task.messages:
            super().remember(task, role, content, more)


@broken("FOLLOWUP-015")
class HalfTaken(Platform):
    """A follow-up that is refused as too early is in the history all the same"""

    def follow_up(self, task: Task, message: str, parts: Sequence) -> None:
        if task.status not in FINAL:
            self.remember(task, "user", message, {})
        super().follow_up(task, message, parts)


@broken("HISTORY-015")
class NoAnswer(Platform):
    """The answer never becomes a message"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user":
            super().remember(task, role, content, more)


@broken("HISTORY-016")
class HistoryRewritten(Platform):
    """A follow-up shortens what was said before"""

    def follow_up(self, task: Task, message: str, parts: Sequence) -> None:
        super().follow_up(task, message, parts)
        task.messages[0] = task.messages[0] | {"content": task.messages[0]["content"][:3]}


# --- approvals


@broken("APPROVE-001")
class ApprovalIgnored(Platform):
    """Tools run although autoExecute is false"""

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        task.always |= {"run_shell_command", "write_file"}
        super().begin(task, message, uploaded)


@broken("APPROVE-001")
class RunsBeforeApproval(Platform):
    """A command runs while its approval is still awaited"""

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        super().emit(task, run, name, payload)
        if name == "tool_call" and payload["status"] == "awaiting_approval":
            self.use(task, Run(), Use(payload["toolName"], payload["args"]))


@broken("APPROVE-006")
class RefusedButRun(Platform):
    """A call that was answered with cancel runs"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        if status == "cancelled":
            self.use(task, run, Use(call["toolName"], call["args"]))
        super().end_call(task, run, call, status, output)


@broken("APPROVE-006")
class RefusedButSuccess(Platform):
    """A call that was answered with cancel has a result of success"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status.replace("cancelled", "success"), output)


@broken("APPROVE-013")
class ApprovedTwiceRunsTwice(Platform):
    """A second approval runs the call again"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        try:
            return super().approve(task, call, outcome)
        except Refusal:
            done = next((each for each in task.run.calls if each["callId"] == call), None)
            if done is None or outcome != "proceed_once":
                raise
            step = Use(done["toolName"], done["args"])
            self.end_call(task, task.run, done, *self.use(task, Run(), step))
            return True


@broken("APPROVE-007")
class OnceMeansAlways(Platform):
    """proceed_once holds for later calls too"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        return super().approve(task, call, "proceed_always" if outcome == "proceed_once" else outcome)


@broken("APPROVE-008")
class AlwaysMeansOnce(Platform):
    """proceed_always holds for one call"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        return super().approve(task, call, "proceed_once" if outcome == "proceed_always" else outcome)


@broken("APPROVE-005")
class ApprovedAnyway(Platform):
    """approved is true after cancel"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        super().approve(task, call, outcome)
        return True


@broken("ERROR-014", "APPROVE-010")
class AnyOutcome(Platform):
    """An unknown outcome approves"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        return super().approve(task, call, outcome if outcome == "cancel" else "proceed_once")


@broken("APPROVE-002", "GET-019")
class NotWaiting(Platform):
    """A task that awaits an approval says running and lists nothing"""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        shown.pop("pendingApprovals", None)
        return shown | {"status": shown["status"].replace("awaiting_approval", "running")}


@broken("APPROVE-011")
class OtherCallIds(Platform):
    """pendingApprovals names the call otherwise than the stream"""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        for call in shown.get("pendingApprovals", []):
            call["callId"] = f"pending-{call['callId']}"
        return shown


@broken("APPROVE-012")
class WaitingCallHidden(Platform):
    """Who joins while a call waits is not told of it"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        hidden = run.waits and run.waits[0]["callId"]
        for item in super().listen(task, run, interval):
            if item is None or item[0] != "tool_call" or item[1]["callId"] != hidden:
                yield item


# --- cancellation


@broken("CANCEL-001", "CANCEL-003")
class CancelIgnored(Platform):
    """Cancelling is answered and does nothing"""

    def cancel(self, task: Task) -> None:
        if task.status in FINAL:
            raise Refusal(409, "CONFLICT", "The task is finished")


@broken("CANCEL-003")
class CancelledButRunning(Platform):
    """A cancelled task's command runs on"""

    def stop(self, task: Task) -> None:
        """Nothing is stopped."""


@broken("CANCEL-001")
class CancelForgets(Platform):
    """A cancelled task is gone"""

    def cancel(self, task: Task) -> None:
        super().cancel(task)
        del self.tasks[task.id]


@broken("CANCEL-009")
class CancelLeavesOpen(Platform):
    """The streams of a cancelled task stay open"""

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        for item in super().listen(task, run, interval):
            while item is not None and item[0] == "error":
                time.sleep(0.5)
                yield None
            yield item


@broken("CANCEL-008")
class CancelledAfterTheEnd(Platform):
    """Cancelling a completed task makes it cancelled"""

    def cancel(self, task: Task) -> None:
        if task.status in FINAL:
            task.status = "cancelled"
        else:
            super().cancel(task)


# --- sessions


@broken("SESSION-004", "SESSION-005")
class RestoreLosesFiles(Platform):
    """A restored session has an empty workspace"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        for path in sorted(task.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


@broken("SESSION-002")
class RestoreLosesHistory(Platform):
    """A restored session begins a new conversation"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.messages.clear()


@broken("SESSION-003")
class RestoreForgets(Platform):
    """The agent of a restored session does not know what was said"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.notes["hushed"] = len(task.messages)

    def work(
        self, task: Task, run: Run, message: str, memory: Sequence[dict], uploaded: Sequence[str]
    ) -> None:
        super().work(task, run, message, memory[task.notes.get("hushed", 0) :], uploaded)


@broken("SESSION-001")
class ExpiryShown(Platform):
    """A follow-up on an expired session is refused"""

    def restore(self, task: Task) -> None:
        raise Refusal(410, "SESSION_EXPIRED", "The session has expired")


@broken("ARTIFACT-010")
class FilesGoneAfterExpiry(Edge):
    """Files cannot be read once the session has expired"""

    def task(self, id: str) -> Task:
        task = super().task(id)
        old = time.monotonic() - task.touched > self.server.platform.idle_seconds
        if "artifacts" in self.path and old and task.status in FINAL:
            raise missing()
        return task


@broken("AGENT-002")
class OutputLost(Platform):
    """A command's output is not in its result"""

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        return super().use(task, run, step)[0], "done"


@broken("AGENT-003")
class Clueless(Agent):
    """The agent does not answer what it was asked"""

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        return ["I do not ", "know."]


@broken("HTTP-007", "CANCEL-008", "STATE-001")
class BackToRunning(Platform):
    """A cancelled task comes back to life when it is cancelled again"""

    def cancel(self, task: Task) -> None:
        if task.status == "cancelled":
            task.status = "running"
        else:
            super().cancel(task)
