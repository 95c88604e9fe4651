"""Kill the mock, or a process of its sandboxes, at random moments through every operation.

Nothing that the mock acknowledged may be lost, doubled or damaged. At the end the mock is stopped, and
another reader looks: `sqlite3` at the database, and this program at the files.
"""

import hashlib
import http.client
import json
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.campaigns.server import Server, left_of

CALLERS = 4
_FINAL = frozenset({"completed", "failed", "cancelled"})
_SETTLE_SECONDS = 30.0


@dataclass
class Acknowledged:
    """Everything that the mock confirmed."""

    messages: dict[str, list[str]] = field(default_factory=dict)
    """The texts of each task, in no order."""
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    """The digest of each file, by task and name."""
    sent: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Outcome:
    """What a campaign found. `problems` is empty if the mock kept its promises."""

    kills: Counter[str]
    sent: Counter[str]
    tasks: int
    messages: int
    files: int
    slowest_start: float
    problems: list[str]

    def lines(self) -> list[str]:
        """Return the figures."""
        return [
            f"kills: {dict(self.kills)}; slowest start {self.slowest_start:.1f} s",
            f"sent: {dict(self.sent)}",
            f"acknowledged: {self.tasks} tasks, {self.messages} messages, {self.files} files",
            f"problems: {len(self.problems)}",
            *(f"  {problem}" for problem in self.problems[:20]),
        ]


class Caller(threading.Thread):
    """One client. It notes only what was acknowledged."""

    def __init__(
        self, number: int, seed: int, server: Server, noted: Acknowledged, stop: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self._drawn = random.Random(f"{seed}:{number}")
        self._name = f"c{number}"
        self._server = server
        self._noted = noted
        self._stop_now = stop
        self._tasks: list[str] = []

    def run(self) -> None:
        """Call until told to stop. A call without an answer proves nothing, and is only counted."""
        count = 0
        while not self._stop_now.is_set():
            count += 1
            try:
                self._one(f"{self._name}-{count}-x")
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                self._noted.sent["without an answer"] += 1
                time.sleep(0.02)
                self._server.answers.wait(60)

    def _one(self, tag: str) -> None:
        drawn = self._drawn.random()
        if drawn < 0.3 or not self._tasks:
            self._create(tag, f"Say {tag}")
        elif drawn < 0.4:
            self._create(
                tag, f"Run exactly this shell command: `echo {tag}; sleep 0.2; echo {tag} > downloads.txt`"
            )
        elif drawn < 0.65:
            self._upload(tag)
        elif drawn < 0.85:
            self._follow_up(tag)
        elif drawn < 0.93:
            self._noted.sent["cancel"] += 1
            self._server.call("DELETE", f"/tasks/{self._drawn.choice(self._tasks)}")
        else:
            self._noted.sent["read"] += 1
            self._server.call("GET", f"/tasks/{self._drawn.choice(self._tasks)}/history")

    def _create(self, tag: str, message: str) -> None:
        self._noted.sent["create"] += 1
        reply = self._server.call("POST", "/tasks", json.dumps({"message": message}).encode())
        if reply.status == http.HTTPStatus.CREATED:
            self._keep(reply.data["id"], tag)

    def _upload(self, tag: str) -> None:
        self._noted.sent["upload"] += 1
        content = self._drawn.randbytes(self._drawn.choice([0, 10, 5_000, 400_000]))
        body = form(f"Keep {tag}", f"{tag}.bin", content)
        reply = self._server.call("POST", "/tasks", body, "multipart/form-data; boundary=B")
        if reply.status == http.HTTPStatus.CREATED:
            self._keep(reply.data["id"], tag)
            self._noted.files[reply.data["id"], f"{tag}.bin"] = hashlib.sha256(content).hexdigest()

    def _follow_up(self, tag: str) -> None:
        self._noted.sent["follow-up"] += 1
        task = self._drawn.choice(self._tasks)
        body = json.dumps({"message": f"More {tag}"}).encode()
        if self._server.call("POST", f"/tasks/{task}/messages", body).status == http.HTTPStatus.OK:
            self._noted.messages[task].append(tag)

    def _keep(self, task: str, tag: str) -> None:
        self._noted.messages[task] = [tag]
        self._tasks = [*self._tasks[-7:], task]


def form(message: str, name: str, content: bytes) -> bytes:
    """Return a form with a message and a file."""
    parts = (('name="message"', message.encode()), (f'name="files"; filename="{name}"', content))
    body = b"".join(
        b"--B\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), text)
        for head, text in parts
    )
    return body + b"--B--\r\n"


def campaign(folder: Path, *, seed: int, number: int, seconds: float) -> Outcome:
    """Kill up to `number` times, for `seconds` at most; then verify. The folder must be empty."""
    drawn, server, noted = random.Random(seed), Server(folder), Acknowledged()
    kills, problems, stop = Counter[str](), list[str](), threading.Event()
    slowest = server.start()
    callers = [Caller(each, seed, server, noted, stop) for each in range(CALLERS)]
    try:
        for caller in callers:
            caller.start()
        until = time.monotonic() + seconds
        while kills.total() < number and time.monotonic() < until:
            time.sleep(drawn.uniform(0.05, 0.8))
            family = server.family()
            if family and drawn.random() < 0.4:  # the zygote, a sandbox, or something in it
                server.kill_one(drawn.choice(list(family)))
                kills["process of a sandbox"] += 1
                continue
            server.kill()
            kills["server"] += 1
            problems += _orphans(family)
            slowest = max(slowest, server.start())
        stop.set()
        for caller in callers:
            caller.join(30)
        problems += unended(server, noted, _SETTLE_SECONDS)
    finally:
        stop.set()
        server.stop()
    problems += verify(server, noted)
    return Outcome(
        kills=kills,
        sent=noted.sent,
        tasks=len(noted.messages),
        messages=sum(map(len, noted.messages.values())),
        files=len(noted.files),
        slowest_start=slowest,
        problems=problems,
    )


def _orphans(family: dict[int, str]) -> list[str]:
    """Return the processes that outlive a killed server by more than a moment."""
    until = time.monotonic() + 2.0
    while left := left_of(family):
        if time.monotonic() > until:
            return [f"process {pid} outlived its server" for pid in left]
        time.sleep(0.02)
    return []


def unended(server: Server, noted: Acknowledged, seconds: float) -> list[str]:
    """Return tasks that do not end within this time, or can't be read, while the server runs."""
    problems, until = list[str](), time.monotonic() + seconds
    for task in noted.messages:
        while (status := _status(server, task)) not in _FINAL:
            if time.monotonic() > until or status.startswith("HTTP"):
                problems.append(f"task {task} is {status}")
                break
            time.sleep(0.05)
    return problems


def _status(server: Server, task: str) -> str:
    reply = server.call("GET", f"/tasks/{task}")
    return reply.data["status"] if reply.status == http.HTTPStatus.OK else f"HTTP {reply.status}"


def verify(server: Server, noted: Acknowledged) -> list[str]:
    """Return every difference between what a stopped mock acknowledged and what is on its disk."""
    with sqlite3.connect(f"file:{server.data / 'platform.db'}?mode=ro", uri=True) as database:
        problems = [*_of_database(database), *_of_messages(database, noted)]
    return [*problems, *_of_files(server.data / "workspaces", noted), *_left_over(server)]


def _of_database(database: sqlite3.Connection) -> Iterator[str]:
    if (said := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
        yield f"the database is damaged: {said}"
    if dangling := database.execute("PRAGMA foreign_key_check").fetchall():
        yield f"{len(dangling)} rows refer to nothing"
    [(unfinished,)] = database.execute(
        "SELECT count(*) FROM tasks WHERE status NOT IN ('completed', 'failed', 'cancelled')"
    )
    if unfinished:
        yield f"{unfinished} tasks are unfinished on disk"


def _of_messages(database: sqlite3.Connection, noted: Acknowledged) -> Iterator[str]:
    saved: dict[str, list[str]] = {row[0]: [] for row in database.execute("SELECT id FROM tasks")}
    for task, text in database.execute("SELECT task_id, content FROM messages WHERE role = 'user'"):
        saved[task].append(text)
    for task, tags in noted.messages.items():
        for tag in tags:
            count = sum(tag in text for text in saved.get(task, ()))
            if count != 1:
                yield f"message {tag} of task {task} is saved {count} times"


def _of_files(workspaces: Path, noted: Acknowledged) -> Iterator[str]:
    for (task, name), digest in noted.files.items():
        path = workspaces / task / "uploads" / name
        if not path.is_file():
            yield f"file {name} of task {task} is lost"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"file {name} of task {task} is damaged"


def _left_over(server: Server) -> Iterator[str]:
    for folder in (server.data / "staging", server.temporary):
        for each in folder.glob("*"):
            yield f"{each.name} is left in {folder.name}"
    if server.tracebacks:
        yield f"{server.tracebacks} tracebacks in the log"
