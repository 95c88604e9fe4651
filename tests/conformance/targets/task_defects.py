"""Targets that are broken in tasks, lists, conversations, approvals, cancellation and sessions."""

from collections.abc import Mapping, Sequence

from tests.conformance.targets.agent import Agent, Use
from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.platform import FINAL, Platform, Run, Task
from tests.conformance.targets.refusal import Refusal
from tests.conformance.targets.server import Edge
from tests.conformance.targets.wire import Wire

# --- envelope


@broken("ENVELOPE-002")
class ErrorAsText(Wire):
    """error is a string"""

    def failure(self, code: str, message: str) -> dict:
        return {"success": False, "error": message, "code": code}


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


# --- conversation


@broken("FOLLOWUP-008")
class NoMemory(Agent):
    """The agent forgets what it was told"""

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        return super().answer(message, uploaded, [])


@broken("HISTORY-015")
class NoAnswer(Platform):
    """The answer never becomes a message"""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "user":
            super().remember(task, role, content, more)


# --- approvals


@broken("APPROVE-001")
class ApprovalIgnored(Platform):
    """Tools run although autoExecute is false"""

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        task.always |= {"run_shell_command", "write_file"}
        super().begin(task, message, uploaded)


@broken("APPROVE-006")
class RefusedButRun(Platform):
    """A call that was answered with cancel runs"""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        if status == "cancelled":
            self.use(task, run, Use(call["toolName"], call["args"]))
        super().end_call(task, run, call, status, output)


@broken("ERROR-014", "APPROVE-010")
class AnyOutcome(Platform):
    """An unknown outcome approves"""

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        return super().approve(task, call, outcome if outcome == "cancel" else "proceed_once")


# --- cancellation


@broken("CANCEL-001", "CANCEL-003")
class CancelIgnored(Platform):
    """Cancelling is answered and does nothing"""

    def cancel(self, task: Task) -> None:
        if task.status in FINAL:
            raise Refusal(409, "CONFLICT", "The task is finished")


# --- sessions


@broken("SESSION-004", "SESSION-005")
class RestoreLosesFiles(Platform):
    """A restored session has an empty workspace"""

    def restore(self, task: Task) -> None:
        super().restore(task)
        for path in sorted(task.folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


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
