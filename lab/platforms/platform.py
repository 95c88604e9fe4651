"""Tasks, runs, approvals and sessions of the independent target: in memory, with one thread per run.

A run's events are one list; a new reader gets the saved messages, the marker, then that list from its start.
All fields of a task change under its condition `changed`; events are added only until its run is over.
"""

import secrets
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lab.platforms.agent import Agent, Break, Delegate, Say, Step, Think, Together, Use
from lab.platforms.refusal import Refusal, bad, missing
from lab.platforms.tokens import Accounts, Caller
from lab.platforms.workspace import Files

FINAL = ("completed", "failed", "cancelled")
Event = tuple[str, dict]


def stamp(seconds: float | None = None) -> str:
    moment = datetime.fromtimestamp(time.time() if seconds is None else seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(eq=False)
class Run:
    feed: list[Event] = field(default_factory=list)
    over: bool = False
    text: str = ""
    thoughts: list[dict] = field(default_factory=list)
    calls: list[dict] = field(default_factory=list)
    waits: list[dict] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen] = field(default_factory=list)
    updated: str = field(default_factory=stamp)
    notes: dict = field(default_factory=dict)  # for a variation or defect; the platform itself uses none

    @property
    def process(self) -> subprocess.Popen | None:
        """The running command that was started last, if any."""
        return self.processes[-1] if self.processes else None


@dataclass(eq=False)
class Task:
    caller: Caller
    message: str
    system_prompt: str | None
    in_history: bool
    automatic: bool
    env: dict | None
    hidden: dict
    folder: Path
    id: str
    created: str = field(default_factory=stamp)
    status: str = "pending"
    started: str | None = None
    completed: str | None = None
    session: str | None = None
    conversation: str = field(default_factory=lambda: f"{time.time_ns() // 10**6}-{secrets.token_hex(5)[:9]}")
    error: str | None = None
    messages: list[dict] = field(default_factory=list)
    run: Run = field(default_factory=Run)
    always: set[str] = field(default_factory=set)
    touched: float = field(default_factory=time.monotonic)
    notes: dict = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)


class Platform:
    """Use cases. Callers pass values that the edge has already parsed. Raises Refusal."""

    start_seconds = 0.2
    pace_seconds = 0.004
    idle_seconds = 1.5

    def __init__(self, agent: Agent, files: Files, accounts: Accounts) -> None:
        self.agent, self.files, self.accounts = agent, files, accounts
        self.tasks: dict[str, Task] = {}
        self.lock = threading.Lock()
        self.notes: dict = {}  # likewise

    # --- use cases

    def create(self, caller: Caller, fields: Mapping, parts: Sequence[tuple[str, bytes]]) -> Task:
        uploaded = self.files.unpack(parts)
        task_id = self.new_id()
        task = Task(
            id=task_id,
            caller=caller,
            message=fields["message"],
            system_prompt=fields.get("systemPrompt"),
            in_history=fields.get("showInHistory", True),
            automatic=fields.get("autoExecute", True),
            env=fields.get("env"),
            hidden=fields.get("secrets") or {},
            folder=self.files.folder(task_id),
        )
        with self.lock:
            self.tasks[task_id] = task
        with task.changed:
            self.begin(task, fields["message"], uploaded)
        return task

    def follow_up(self, task: Task, message: str, parts: Sequence[tuple[str, bytes]]) -> None:
        with task.changed:
            self.check_sendable(task)
            uploaded = self.admit(task, parts)
            if self.expired(task):
                self.restore(task)
            self.reopen(task)
            self.begin(task, message, uploaded)

    def admit(self, task: Task, parts: Sequence[tuple[str, bytes]]) -> dict[str, bytes]:
        """Return the files of a follow-up, under unused names."""
        return self.files.beside(task.folder, self.files.unpack(parts))

    def reopen(self, task: Task) -> None:
        """Start a new turn."""
        task.status, task.completed, task.error, task.run = "running", None, None, Run()

    def expired(self, task: Task) -> bool:
        return time.monotonic() - task.touched > self.idle_seconds

    def check_sendable(self, task: Task) -> None:
        if task.status not in FINAL:
            raise Refusal(409, "CONFLICT", "The task is not finished")

    def restore(self, task: Task) -> None:
        """Replace an expired session by a new one, with copies of its files and the conversation."""
        task.session = str(uuid.uuid4())
        task.always.clear()
        kept, task.folder = task.folder, self.files.folder(task.session)
        shutil.copytree(kept, task.folder, symlinks=True, dirs_exist_ok=True)

    def approve(self, task: Task, call: str, outcome: object) -> bool:
        if outcome not in ("proceed_once", "proceed_always", "cancel"):
            raise bad("outcome must be proceed_once, proceed_always or cancel")
        with task.changed:
            run = task.run
            waiting = next((each for each in run.waits if each["callId"] == call), None)
            if waiting is None:
                raise Refusal(404, "NOT_FOUND", "Tool call not found")
            run.waits.remove(waiting)
            run.outcomes[call] = str(outcome)
            task.status = "awaiting_approval" if run.waits else "running"
            if outcome == "proceed_always":
                task.always.add(waiting["toolName"])
            task.changed.notify_all()
        return outcome != "cancel"

    def cancel(self, task: Task) -> None:
        with task.changed:
            if task.status in FINAL:
                raise Refusal(409, "CONFLICT", "The task is finished")
            self.stop(task)
            task.error = None
            self.finish(
                task, "cancelled", ("error", {"message": "The task was cancelled", "code": "CANCELLED"})
            )

    def stop(self, task: Task) -> None:
        for process in list(task.run.processes):
            self.files.stop(process)

    def close(self) -> None:
        """End the runs that are still active, with their commands."""
        for task in list(self.tasks.values()):
            with task.changed:
                for process in list(task.run.processes):
                    self.files.stop(process)
                task.run.over = True
                task.changed.notify_all()

    def find(self, caller: Caller, id: str) -> Task:
        task = self.tasks.get(id)
        if task is None or not self.owns(caller, task):
            raise missing()
        return task

    def owns(self, caller: Caller, task: Task) -> bool:
        return task.caller.project == caller.project and caller.user in (None, task.caller.user)

    def page(self, caller: Caller, limit: int, offset: int) -> tuple[list[dict], dict]:
        with self.lock:
            mine = [task for task in self.tasks.values() if self.listed(caller, task)]
        items = self.ordered([self.summary(task) for task in mine])
        shown = items[offset : offset + limit]
        more = offset + len(shown) < len(items)
        return shown, {"total": len(items), "limit": limit, "offset": offset, "hasMore": more}

    def listed(self, caller: Caller, task: Task) -> bool:
        return self.owns(caller, task)

    def ordered(self, items: list[dict]) -> list[dict]:
        return sorted(items, key=lambda item: item["lastActivityAt"], reverse=True)

    # --- views of a task

    def last_activity(self, task: Task) -> str:
        return max(filter(None, (task.created, task.started, task.completed)))

    def fields(self, task: Task) -> dict:
        return {
            "id": task.id,
            "apiKeyId": task.caller.key,
            "username": task.caller.user or task.caller.name,
            "sessionId": task.session,
            "conversationId": task.conversation,
            "status": task.status,
            "message": task.message,
            "systemPrompt": task.system_prompt,
            "showInHistory": task.in_history,
            "autoExecute": task.automatic,
            "env": task.env,
            "error": task.error,
            "createdAt": task.created,
            "startedAt": task.started,
            "completedAt": task.completed,
        }

    def summary(self, task: Task) -> dict:
        with task.changed:
            return self.fields(task) | {
                "lastActivityAt": self.last_activity(task),
                "messageCount": len(task.messages),
            }

    def view(self, task: Task) -> dict:
        with task.changed:
            shown, run = self.fields(task), task.run
            if task.started is not None:
                shown["output"] = {"content": run.text, "updatedAt": run.updated} | self.traces(run)
            if run.waits:
                shown["pendingApprovals"] = [
                    {key: each[key] for key in ("callId", "toolName", "args")} for each in run.waits
                ]
            return shown

    def history(self, task: Task) -> dict:
        with task.changed:
            return {
                "taskId": task.id,
                "conversationId": task.conversation,
                "status": task.status,
                "messages": self.conversation(task),
            }

    def conversation(self, task: Task) -> list[dict]:
        """Return the saved messages in order."""
        return list(task.messages)

    def traces(self, run: Run) -> dict:
        found = {"thoughts": list(run.thoughts), "toolCalls": [dict(call) for call in run.calls]}
        return {key: value for key, value in found.items() if value}

    # --- streams

    def join(self, task: Task) -> tuple[list[Event], Run | None]:
        """Return the events that a new reader gets before live ones, and the current run, if any."""
        with task.changed:
            live = task.run if task.status not in FINAL else None
            saved = self.replay(task)
            return [*saved, *self.marker(len(saved), live=live is not None)], live

    def replay(self, task: Task) -> list[Event]:
        return [("history_message", message) for message in self.conversation(task)]

    def marker(self, count: int, *, live: bool) -> list[Event]:
        return [("history_done", {"messageCount": count, "isStreaming": live})]

    def listen(self, task: Task, run: Run, interval: float) -> Iterator[Event | None]:
        """Yield the events of a run from its first to its last; None when a heartbeat is due."""
        heard, due = 0, time.monotonic() + interval
        while True:
            with task.changed:
                while heard == len(run.feed) and not run.over and time.monotonic() < due:
                    task.changed.wait(max(0.0, due - time.monotonic()))
                fresh, over = run.feed[heard:], run.over
            heard += len(fresh)
            yield from fresh
            if over:
                return
            if time.monotonic() >= due:
                yield None
                due += interval

    # --- runs

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def begin(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        """Save files and message, and start a run. The caller holds the task's `changed`."""
        self.files.save(task.folder, uploaded)
        attached = self.attached(task, uploaded)
        self.remember(task, "user", message, {"attachedFiles": attached} if attached else {})
        self.start(task, message, uploaded)

    def start(self, task: Task, message: str, uploaded: Mapping[str, bytes]) -> None:
        """Start the run for a saved message. The caller holds the task's `changed`."""
        args = (task, task.run, message, self.memory(task), list(uploaded))
        threading.Thread(target=self.work, args=args, daemon=True).start()

    def attached(self, task: Task, uploaded: Mapping[str, bytes]) -> list[dict]:
        return [{"name": Path(path).name, "path": path} for path in uploaded]

    def memory(self, task: Task) -> list[dict]:
        """Return the messages that the agent knows, without the current one."""
        return task.messages[:-1]

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        task.messages.append(
            {"id": secrets.token_hex(8), "role": role, "content": content, "createdAt": stamp(), **more}
        )

    def work(
        self, task: Task, run: Run, message: str, memory: Sequence[dict], uploaded: Sequence[str]
    ) -> None:
        began = time.monotonic()
        with task.changed:
            task.changed.wait_for(
                lambda: run.over or time.monotonic() - began >= self.start_seconds, self.start_seconds
            )
            if run.over:
                return
            task.status, task.started = "running", stamp()
            task.session = task.session or str(uuid.uuid4())
        steps = self.steps(message, uploaded=uploaded, memory=memory)
        coming = next(steps, None)
        while coming is not None and not run.over:
            step, coming = coming, next(steps, None)
            match step:
                case Think():
                    run.thoughts.append({"subject": step.subject, "description": step.description})
                    self.emit(task, run, "thought", run.thoughts[-1])
                case Say():
                    self.say(task, run, step.text, partial=coming is not None)
                    self.pause(task, run)
                case Use():
                    self.call(task, run, step)
                case Delegate():
                    self.delegate(task, run, step)
                case Together():
                    self.together(task, run, step)
                case Break():
                    self.break_off(task, run, step.message)
        with task.changed:
            if not run.over:
                self.remember(task, "assistant", run.text, self.traces(run))
                self.finish(task, "completed", ("done", {"finalResponse": run.text}))

    def delegate(self, task: Task, run: Run, step: Delegate) -> None:
        """Run a subagent: start, thought, tool, end."""
        who = {"agentName": step.name}
        told = {"displayName": step.name, "description": "Helps", "objective": str(step.use.args)}
        self.emit(task, run, "subagent_start", who | told)
        self.emit(task, run, "subagent_thought", who | {"text": "I have a command to run."})
        tool = who | {"toolName": self.named(step.use)["toolName"]}
        self.emit(task, run, "subagent_tool", tool | {"status": "start"})
        _, output = self.use(task, run, step.use)
        self.emit(task, run, "subagent_tool", tool | {"status": "end"})
        self.emit(task, run, "subagent_end", who | {"terminateReason": "GOAL", "result": output})

    def together(self, task: Task, run: Run, step: Together) -> None:
        """Run several calls in parallel; each one that needs an approval waits."""
        calls = [threading.Thread(target=self.call, args=(task, run, use)) for use in step.uses]
        for each in calls:
            each.start()
        for each in calls:
            each.join()

    def break_off(self, task: Task, run: Run, message: str) -> None:
        """Fail the run."""
        with task.changed:
            if not run.over:
                task.error = message
                self.finish(task, "failed", ("error", {"message": message, "code": "AGENT_FAILED"}))

    def say(self, task: Task, run: Run, text: str, *, partial: bool) -> None:
        with task.changed:
            if not run.over:
                run.text += text
                self.emit(task, run, "content", {"text": text, "isPartial": partial})

    def pause(self, task: Task, run: Run) -> None:
        """Wait as a model does after each piece of text. A cancellation ends the wait."""
        with task.changed:
            task.changed.wait_for(lambda: run.over, self.pace_seconds)

    def emit(self, task: Task, run: Run, name: str, payload: dict) -> None:
        with task.changed:
            if not run.over:
                run.updated = stamp()
                run.feed.append((name, dict(payload)))
                task.changed.notify_all()

    def finish(self, task: Task, status: str, last: Event) -> None:
        """Set the task's final status and send the last event to its streams. The caller holds `changed`."""
        run = task.run
        task.status, task.completed, task.touched = status, stamp(), time.monotonic()
        run.waits.clear()
        self.emit(task, run, *last)
        run.over = True
        task.changed.notify_all()

    def call(self, task: Task, run: Run, step: Use) -> None:
        """Run one tool call, after its approval if it needs one."""
        call = {"callId": self.new_call_id(), "status": "executing", **self.named(step)}
        asks = self.asks(task, run, step)
        with task.changed:
            if run.over:
                return
            run.calls.append(call)
            if asks:
                call["status"] = task.status = "awaiting_approval"
                run.waits.append(dict(call))
            self.emit(task, run, "tool_call", call)
            while asks and call["callId"] not in run.outcomes and not run.over:
                task.changed.wait()
            outcome = run.outcomes.pop(str(call["callId"]), None)
        if outcome == "cancel":
            self.end_call(task, run, call, "cancelled", "The call was refused.")
        elif not run.over:
            call["status"] = "executing"
            self.end_call(task, run, call, *self.use(task, run, step))

    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        """Yield the agent's steps for a message in order."""
        return self.agent.steps(message, uploaded=uploaded, memory=memory)

    def asks(self, task: Task, run: Run, step: Use) -> bool:
        """Return True for a call that needs an approval."""
        return not task.automatic and self.named(step)["toolName"] not in task.always

    def named(self, step: Use) -> dict:
        """Return a tool and its arguments as callers see them."""
        return {"toolName": step.tool, "args": step.args}

    def end_call(self, task: Task, run: Run, call: dict, status: str, output: str) -> None:
        with task.changed:
            call["status"], call["output"] = status, output
            self.emit(
                task, run, "tool_result", {"callId": call["callId"], "status": status, "output": output}
            )

    def new_call_id(self) -> str:
        return uuid.uuid4().hex

    def use(self, task: Task, run: Run, step: Use) -> tuple[str, str]:
        """Run a tool; return its status, and its output with masked secrets."""
        if step.tool == "write_file":
            name = self.made_path(self.files.base_name(step.args["path"]))
            self.files.save(task.folder, {name: step.args["content"].encode()})
            return "success", f"Wrote {name}"
        with task.changed:
            if run.over:
                return "cancelled", ""
            process = self.files.start(task.folder, step.args["command"], self.environment(task))
            run.processes.append(process)
        output = self.files.output(process).decode("utf-8", "replace")
        run.processes.remove(process)
        return ("success" if process.returncode == 0 else "error"), self.masked(task, output)

    def made_path(self, name: str) -> str:
        """Return the path at which a file of the agent is saved."""
        return name

    def environment(self, task: Task) -> dict[str, str]:
        return (task.env or {}) | task.hidden

    def masked(self, task: Task, text: str) -> str:
        for value in sorted(filter(None, task.hidden.values()), key=len, reverse=True):
            text = text.replace(value, "[hidden]")
        return text
