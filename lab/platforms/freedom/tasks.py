"""Values and views of a task: ids, fields, messages, tools, secrets: legal answers (see `table`)."""

import itertools
import secrets
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence

from lab.platforms.agent import Say, Step, Use
from lab.platforms.platform import FINAL, Event, Platform, Run, Task
from lab.platforms.refusal import missing
from lab.platforms.server import Edge
from lab.platforms.tokens import Caller

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Ulids(Platform):
    """Tasks have ULIDs."""

    def new_id(self) -> str:
        return "01" + "".join(secrets.choice(CROCKFORD) for _ in range(24))


class OpaqueIds(Platform):
    """Ids have characters that need percent-encoding."""

    def new_id(self) -> str:
        return f"task:{secrets.token_hex(20)}~ü"

    def new_call_id(self) -> str:
        return f"{secrets.token_hex(4)}#0-1/a b%2F"


class SlowStart(Platform):
    """A task is pending for three seconds."""

    start_seconds = 3.0


class Instant(Platform):
    """A simple task is finished immediately."""

    start_seconds = 0.0


class LooksAround(Platform):
    """Before each answer the agent calls a read-only tool, which never needs an approval."""

    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        yield Use("count_words", {"text": message})
        yield from super().steps(message, uploaded=uploaded, memory=memory)

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        return step.tool != "count_words" and super().asks(task, run, step)

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        if step.tool == "count_words":
            return "success", str(len(step.args["text"].split()))
        return super().use(task, run, step)


class PendingAgain(Platform):
    """A task whose follow-up was accepted is pending until its agent starts."""

    def reopen(self, task: Task) -> None:
        super().reopen(task)
        task.status = "pending"


class Chatty(Platform):
    """The agent announces what it does."""

    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        yield Say("Sure! 😊 One moment.\n\n")
        yield from super().steps(message, uploaded=uploaded, memory=memory)


class KeepsCompletedAt(Platform):
    """`completedAt` stays until the next run has completed."""

    def reopen(self, task: Task) -> None:
        kept = task.completed
        super().reopen(task)
        task.completed = kept


class NoOutputUnlessDone(Platform):
    """A failed or cancelled task has no `output`."""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if shown["status"] in ("failed", "cancelled"):
            shown.pop("output", None)
        return shown


class HiddenFromLists(Platform):
    """A task with `showInHistory` false is in no list."""

    def listed(self, caller: Caller, task: Task) -> bool:
        return task.in_history and super().listed(caller, task)


class OutputOfAllTurns(Platform):
    """`output` accumulates over the turns of a task."""

    def reopen(self, task: Task) -> None:
        task.notes["output"] = self.view(task).get("output", {})
        super().reopen(task)

    def view(self, task: Task) -> dict:
        shown, earlier = super().view(task), task.notes.get("output", {})
        if earlier and "output" in shown:
            for name in ("content", "thoughts", "toolCalls"):
                if name in earlier:
                    shown["output"][name] = earlier[name] + shown["output"].get(name, type(earlier[name])())
        return shown


class WidgetTasks(Platform):
    """A task of a token has the app in place of a key, and no `env`."""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | ({"username": "widget", "env": None} if task.caller.user is not None else {})


class FilesNamedInMessage(Platform):
    """A message with files is saved with their list in front."""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        names = [file["path"] for file in more.get("attachedFiles", ())]
        super().remember(task, role, f"[Files: {', '.join(names)}]\n\n{content}" if names else content, more)


class NoConversationYet(Platform):
    """A task that has not started has no conversation, and its stream waits for it."""

    def fields(self, task: Task) -> dict:
        return super().fields(task) | ({"conversationId": None} if task.started is None else {})

    def history(self, task: Task) -> dict:
        return super().history(task) | ({"conversationId": None} if task.started is None else {})

    def conversation(self, task: Task) -> list[dict]:
        waits = task.started is None and task.status not in FINAL
        return [] if waits else super().conversation(task)

    def summary(self, task: Task) -> dict:
        return super().summary(task) | ({"messageCount": 0} if task.started is None else {})

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        with task.changed:
            task.changed.wait_for(lambda: task.started is not None or task.status in FINAL, 10)
        return super().join(task)


class NoHistoryYet(Edge):
    """A task that has not started has no conversation: requests for it are 404."""

    def get_task_history(self, id: str) -> None:
        if self.task(id).started is None:
            raise missing()
        super().get_task_history(id)


class LastWordsCount(Platform):
    """The saved answer is the text since the last tool."""

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        if not run.over:
            run.notes["said before"] = len(run.text)
        super().end_call(task, run, call, status, output)

    def last_words(self, run: Run) -> str:
        return run.text[run.notes.get("said before", 0) :]

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        kept = self.last_words(task.run) if role == "assistant" else content
        super().remember(task, role, kept, more)

    def finish(self, task: Task, status: str, last: Event) -> None:
        if status == "completed":
            last = ("done", {"finalResponse": self.last_words(task.run)})
        super().finish(task, status, last)

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if task.status == "completed" and "output" in shown:
            shown["output"]["content"] = self.last_words(task.run)
        return shown


class SameSession(Platform):
    """A restored session keeps its id."""

    def restore(self, task: Task) -> None:
        task.always.clear()


class SessionOfOneTurn(Platform):
    """A session ends with its turn."""

    idle_seconds = 0.0


class VariablesOnce(Platform):
    """Only the first run of a task has its variables."""

    def environment(self, task: Task) -> dict[str, str]:
        return super().environment(task) if len(said_by_user(task)) == 1 else {}


def said_by_user(task: Task) -> list[dict]:
    return [message for message in task.messages if message["role"] == "user"]


class Stars(Platform):
    """A secret that a tool prints is replaced by stars."""

    def masked(self, task: Task, text: str) -> str:
        return super().masked(task, text).replace("[hidden]", "***")


class Bare(Platform):
    """The output of a tool is not masked."""

    def masked(self, task: Task, text: str) -> str:
        return text


class CutOut(Platform):
    """A secret that a tool prints is cut out."""

    def masked(self, task: Task, text: str) -> str:
        return super().masked(task, text).replace("[hidden]", "")


class SaidInPieces(Platform):
    """The agent repeats a printed secret in three pieces, unmasked."""

    def masked(self, task: Task, text: str) -> str:
        found = [value for value in task.hidden.values() if value and value in text]
        task.run.notes.setdefault("printed", []).extend(found)
        return super().masked(task, text)

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        for value in run.notes.pop("printed", ()):
            for piece in pieces(f"value={value}. "):
                self.say(task, run, piece, partial=True)


class SaidInPiecesSavedMasked(SaidInPieces):
    """The agent repeats a printed secret in three pieces; it is masked in the saved message."""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, Platform.masked(self, task, content), more)


class SaidInPiecesMaskedWhole(SaidInPiecesSavedMasked):
    """The agent repeats a printed secret in three pieces; it is masked in the whole answer."""

    def finish(self, task: Task, status: str, last: Event) -> None:
        name, payload = last
        if "finalResponse" in payload:
            payload = payload | {"finalResponse": Platform.masked(self, task, payload["finalResponse"])}
        super().finish(task, status, (name, payload))

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if "content" in shown.get("output", {}):
            content = Platform.masked(self, task, shown["output"]["content"])
            shown["output"] = shown["output"] | {"content": content}
        return shown


def pieces(text: str) -> list[str]:
    first, second = len(text) * 2 // 5, len(text) * 4 // 5
    return [text[:first], text[first:second], text[second:]]


class TellsOutputsInPieces(Platform):
    """The agent repeats the output of a tool in small pieces, including secrets."""

    def masked(self, task: Task, text: str) -> str:
        return text

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        super().end_call(task, run, call, status, output)
        with task.changed:
            size = max(7, len(output) // 500)
            for begin in range(0, len(output), size):
                self.say(task, run, output[begin : begin + size], partial=True)


SHOWN = (Bare, SaidInPieces, SaidInPiecesSavedMasked, SaidInPiecesMaskedWhole, TellsOutputsInPieces)
"""Answers that show a printed secret somewhere."""


class NumbersAsIds(Platform):
    """Tasks are numbered."""

    numbers = itertools.count(100_001)

    def new_id(self) -> str:
        return str(next(self.numbers))


class PrefixedIds(Platform):
    """Ids of tasks, calls and conversations have a prefix for their kind."""

    def new_id(self) -> str:
        return f"task_{secrets.token_urlsafe(12)}"

    def new_call_id(self) -> str:
        return f"run_shell_command__run_shell_command_{time.time_ns() // 10**6}_{secrets.randbelow(10**9)}"


class NumbersOfMessages(Platform):
    """Messages of a conversation are numbered."""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, content, more)
        task.messages[-1]["id"] = str(len(task.messages))


class UuidConversations(Platform):
    """Conversations have UUIDs."""

    def create(self, caller: Caller, fields: Mapping, parts: Sequence[tuple[str, bytes]]) -> Task:
        task = super().create(caller, fields, parts)
        task.conversation = str(uuid.uuid5(uuid.NAMESPACE_OID, task.conversation))
        return task


class LazySession(Platform):
    """A session is created by the first command, or at the end of a turn without one."""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        begun = task.run.over or task.run.processes or "session" in task.notes
        if begun:
            task.notes["session"] = True
        return shown | ({} if begun else {"sessionId": None})


class UploadsNeedASession(Platform):
    """A pending task has a session only if files came with its message."""

    def fields(self, task: Task) -> dict:
        early = task.status == "pending" and not any(each.get("attachedFiles") for each in task.messages)
        return super().fields(task) | ({"sessionId": None} if early else {})


class TiesById(Platform):
    """Of tasks with the same time the one with the smaller id comes first."""

    def ordered(self, items: list[dict]) -> list[dict]:
        return super().ordered(sorted(items, key=lambda item: str(item["id"])))


class EmptyLists(Platform):
    """An output without thoughts or calls has empty lists."""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        if "output" in shown:
            shown["output"] = {"thoughts": [], "toolCalls": []} | shown["output"]
        return shown


class EmailNames(Platform):
    """A user's name is an email address."""

    def fields(self, task: Task) -> dict:
        shown = super().fields(task)
        return shown | {"username": f"{shown['username']}@example.com"}


class LatestMessage(Platform):
    """`message` is the latest message."""

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        task.message = message
        super().begin(task, message, uploaded)


class TimesOfTask(Platform):
    """The first two messages have the times at which their task was created and started."""

    def conversation(self, task: Task) -> list[dict]:
        said = super().conversation(task)
        times = filter(None, (task.created, task.notes.get("first start", task.started)))
        first = [message | {"createdAt": moment} for message, moment in zip(said, times, strict=False)]
        return first + said[len(first) :]

    def reopen(self, task: Task) -> None:
        task.notes.setdefault("first start", task.started)
        super().reopen(task)


class BareCalls(Platform):
    """The calls of a saved message have neither args nor output."""

    def conversation(self, task: Task) -> list[dict]:
        return [self.bare(message) for message in super().conversation(task)]

    def bare(self, message: dict) -> dict:
        calls = [
            {key: call[key] for key in ("callId", "toolName", "status")}
            for call in message.get("toolCalls", ())
        ]
        return message | ({"toolCalls": calls} if calls else {})


class OutputsUntold(Platform):
    """The calls in get_task have no output."""

    def view(self, task: Task) -> dict:
        shown = super().view(task)
        for call in shown.get("output", {}).get("toolCalls", ()):
            call.pop("output", None)
        return shown


class OtherTools(Platform):
    """Tools and their arguments have other names."""

    def named(self, step: Use) -> dict:
        if step.tool == "run_shell_command":
            return {"toolName": "bash", "args": {"cmd": step.args["command"], "description": "A command"}}
        if step.tool == "write_file":
            return {
                "toolName": "create",
                "args": {"filePath": step.args["path"], "text": step.args["content"]},
            }
        return super().named(step)


class ListsCommands(Platform):
    """A command is shown as a list of words."""

    def named(self, step: Use) -> dict:
        shown = super().named(step)
        command = shown["args"].get("command")
        return shown | {"args": {"argv": ["bash", "-lc", command]}} if command else shown


class WrapsCommands(Platform):
    """A command is shown as the shell receives it."""

    def named(self, step: Use) -> dict:
        shown = super().named(step)
        if "command" not in shown["args"]:
            return shown
        return shown | {"args": {"command": f"cd /workspace && {shown['args']['command']}", "timeout": 60}}


class FramedOutput(Platform):
    """The output of a command also contains the command and its exit code."""

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        status, output = super().use(task, run, step)
        if step.tool != "run_shell_command":
            return status, output
        command = self.masked(task, step.args["command"])
        code = 0 if status == "success" else 1
        return status, f"Command: {command}\nOutput: {output.strip()}\nExit Code: {code}"


class CutOutput(Platform):
    """A result has the beginning and the end of a long output."""

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        status, output = super().use(task, run, step)
        more = len(output) - 2000
        return status, f"{output[:1000]}\n[{more} characters]\n{output[-1000:]}" if more > 0 else output


class TrimsAnswers(Platform):
    """An answer ends with a line feed, which is not saved."""

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        super().say(task, run, text if partial else f"{text} \n", partial=partial)

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        super().remember(task, role, content.strip() if role == "assistant" else content, more)

    def finish(self, task: Task, status: str, last: Event) -> None:
        name, payload = last
        if "finalResponse" in payload:
            payload = payload | {"finalResponse": payload["finalResponse"].strip()}
        super().finish(task, status, (name, payload))


class DownloadsFolder(Platform):
    """Files that the agent makes are saved in `downloads/`."""

    def made_path(self, name: str) -> str:
        return f"downloads/{super().made_path(name)}"


class SecretsGoWithSession(Platform):
    """A restored session has no secrets."""

    def restore(self, task: Task) -> None:
        super().restore(task)
        task.hidden = {}
